#include <openssl/evp.h>
#include "attest/keys.h"

#include "attest/keys.h"
#include <openssl/evp.h>

/* Debian's static libgit2 wants Kerberos for "Negotiate" HTTP logins, and Debian has no static Kerberos. Sluice opens
 * local repositories only, so nothing here is ever reached; each entry says GSS_S_UNAVAILABLE (RFC 2744, 3.9.1). */
#include <stddef.h>

enum { k_gss_s_unavailable = 16 << 16 };

void *GSS_C_NT_HOSTBASED_SERVICE = NULL;

unsigned gss_delete_sec_context(void) { return k_gss_s_unavailable; }
unsigned gss_display_status(void) { return k_gss_s_unavailable; }
unsigned gss_import_name(void) { return k_gss_s_unavailable; }
unsigned gss_indicate_mechs(void) { return k_gss_s_unavailable; }
unsigned gss_init_sec_context(void) { return k_gss_s_unavailable; }
unsigned gss_release_buffer(void) { return k_gss_s_unavailable; }
unsigned gss_release_name(void) { return k_gss_s_unavailable; }
unsigned gss_release_oid_set(void) { return k_gss_s_unavailable; }

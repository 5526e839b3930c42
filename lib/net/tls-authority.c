/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/tls-authority.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <string.h>

static int read_authorities(gnutls_certificate_credentials_t credentials, const char *file)
{
    return file != NULL
               ? gnutls_certificate_set_x509_trust_file(credentials, file, GNUTLS_X509_FMT_PEM)
               : gnutls_certificate_set_x509_system_trust(credentials);
}

static char *reason_of(unsigned int status)
{
    gnutls_datum_t text = { 0 };
    if (gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &text, 0) < 0)
        return g_strdup("its certificate is not good");
    char *reason = g_strchomp(g_strdup((const char *)text.data));
    gnutls_free(text.data);
    return reason;
}

gboolean hth_tls_authority_vouches(struct gnutls_session_int *session,
                                   struct gnutls_certificate_credentials_st *credentials,
                                   const char *file, const char *name, char **out_reason)
{
    gnutls_typed_vdata_st asked[] = {
        { .type = GNUTLS_DT_DNS_HOSTNAME,
          .data = (unsigned char *)name,
          .size = (unsigned int)strlen(name) },
        { .type = GNUTLS_DT_KEY_PURPOSE_OID, .data = (unsigned char *)GNUTLS_KP_TLS_WWW_SERVER },
    };
    unsigned int status = 0;
    const int n_authorities = read_authorities(credentials, file);
    if (n_authorities <= 0) {
        *out_reason = g_strdup("no certificate authorities are known on this computer");
        return FALSE;
    }
    const int result =
        gnutls_certificate_verify_peers(session, asked, G_N_ELEMENTS(asked), &status);
    if (result >= 0 && status == 0)
        return TRUE;
    *out_reason = result < 0 ? g_strdup(gnutls_strerror(result)) : reason_of(status);
    return FALSE;
}

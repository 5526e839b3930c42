/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/tls-key.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

gboolean hth_tls_peer_key(struct gnutls_session_int *session, HthKeyId *out_key)
{
    unsigned int n_certificates = 0;
    const gnutls_datum_t *certificates = gnutls_certificate_get_peers(session, &n_certificates);
    gnutls_x509_crt_t certificate = NULL;
    size_t size = sizeof out_key->bytes;
    if (certificates == NULL || n_certificates == 0 || gnutls_x509_crt_init(&certificate) < 0)
        return FALSE;
    const gboolean is_read =
        gnutls_x509_crt_import(certificate, &certificates[0], GNUTLS_X509_FMT_DER) >= 0 &&
        gnutls_x509_crt_get_key_id(certificate, GNUTLS_KEYID_USE_SHA256, out_key->bytes, &size) >=
            0 &&
        size == sizeof out_key->bytes;
    gnutls_x509_crt_deinit(certificate);
    return is_read;
}

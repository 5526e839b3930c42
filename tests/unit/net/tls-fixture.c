/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tls-fixture.h"

#include <glib/gstdio.h>

HthDeviceIdentity *tls_identity_new(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *dir = g_dir_make_tmp("hearth-tls-XXXXXX", NULL);
    HthDeviceIdentity *identity = hth_device_identity_open(dir, &error);
    g_assert_no_error(error);
    g_autofree char *key = g_build_filename(dir, "key.pem", NULL);
    g_autofree char *certificate = g_build_filename(dir, "certificate.pem", NULL);
    g_remove(key);
    g_remove(certificate);
    g_assert_cmpint(g_rmdir(dir), ==, 0);
    return identity;
}

static gboolean is_peer(const HthKeyId *key, gpointer data)
{
    return hth_key_id_equal(key, data);
}

HthTlsTarget tls_target(guint16 port, const HthDeviceIdentity *own, const HthKeyId *peer)
{
    return (HthTlsTarget){
        .host = "127.0.0.1",
        .port = port,
        .certificate = hth_device_identity_certificate(own),
        .key = hth_device_identity_key(own),
        .check = is_peer,
        .check_data = (gpointer)peer,
    };
}

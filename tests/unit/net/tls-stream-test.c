/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/tls-stream.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "net/http-listen.h"
#include "tls-fixture.h"

#define NAME "locker.example"

typedef struct {
    const char *name;       /* whom the certificate is for */
    gboolean is_self_made;  /* signed by its own key */
    gboolean is_over;       /* it was good until an hour ago */
    gboolean is_for_client; /* it does not serve for a server */
    guint key_bits;         /* of RSA; 0: ECDSA with P-256 */
    int alert;              /* answers with this alert alone; -1: serves */
} Server;

typedef struct {
    HthDeviceIdentity *device;
    char *dir;
    char *authorities; /* PEM file */
    gnutls_x509_crt_t authority;
    gnutls_x509_privkey_t authority_key;
    /* The server that is running. */
    const Server *server;
    gnutls_x509_crt_t certificate;
    gnutls_x509_privkey_t key;
    int listener;
    guint16 port;
    GThread *thread;
    char *heard_name; /* the server name that came; NULL: none */
    gboolean has_seen_certificate;
} Fixture;

/* ---- Certificates ---- */

static void good(int result)
{
    g_assert_cmpstr(result >= 0 ? "" : gnutls_strerror(result), ==, "");
}

static gnutls_x509_privkey_t make_key(guint rsa_bits)
{
    gnutls_x509_privkey_t key;
    good(gnutls_x509_privkey_init(&key));
    good(rsa_bits > 0
             ? gnutls_x509_privkey_generate(key, GNUTLS_PK_RSA, rsa_bits, 0)
             : gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA,
                                            GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0));
    return key;
}

static gnutls_x509_crt_t make_certificate(gnutls_x509_privkey_t key, const char *name,
                                          gboolean is_over)
{
    const time_t now = time(NULL);
    gnutls_x509_crt_t certificate;
    good(gnutls_x509_crt_init(&certificate));
    good(gnutls_x509_crt_set_version(certificate, 3));
    good(gnutls_x509_crt_set_key(certificate, key));
    good(gnutls_x509_crt_set_serial(certificate, name, strlen(name)));
    good(gnutls_x509_crt_set_dn(certificate, "CN=test", NULL));
    good(gnutls_x509_crt_set_activation_time(certificate, now - 7200));
    good(gnutls_x509_crt_set_expiration_time(certificate, is_over ? now - 3600 : now + 3600));
    return certificate;
}

static void make_authority(Fixture *fixture)
{
    gnutls_datum_t pem;
    fixture->authority_key = make_key(0);
    fixture->authority = make_certificate(fixture->authority_key, "authority", FALSE);
    good(gnutls_x509_crt_set_dn(fixture->authority, "CN=authority", NULL));
    good(gnutls_x509_crt_set_basic_constraints(fixture->authority, 1, -1));
    good(gnutls_x509_crt_set_key_usage(fixture->authority, GNUTLS_KEY_KEY_CERT_SIGN));
    good(gnutls_x509_crt_sign2(fixture->authority, fixture->authority, fixture->authority_key,
                               GNUTLS_DIG_SHA256, 0));
    good(gnutls_x509_crt_export2(fixture->authority, GNUTLS_X509_FMT_PEM, &pem));
    g_assert_true(
        g_file_set_contents(fixture->authorities, (const char *)pem.data, (gssize)pem.size, NULL));
    gnutls_free(pem.data);
}

static void make_leaf(Fixture *fixture)
{
    const Server *server = fixture->server;
    fixture->key = make_key(server->key_bits);
    fixture->certificate = make_certificate(fixture->key, server->name, server->is_over);
    good(gnutls_x509_crt_set_subject_alt_name(fixture->certificate, GNUTLS_SAN_DNSNAME,
                                              server->name, (unsigned int)strlen(server->name),
                                              GNUTLS_FSAN_SET));
    good(gnutls_x509_crt_set_key_purpose_oid(
        fixture->certificate,
        server->is_for_client ? GNUTLS_KP_TLS_WWW_CLIENT : GNUTLS_KP_TLS_WWW_SERVER, 0));
    good(gnutls_x509_crt_sign2(
        fixture->certificate, server->is_self_made ? fixture->certificate : fixture->authority,
        server->is_self_made ? fixture->key : fixture->authority_key, GNUTLS_DIG_SHA256, 0));
}

static HthKeyId key_of(Fixture *fixture)
{
    HthKeyId id;
    size_t size = sizeof id.bytes;
    good(
        gnutls_x509_crt_get_key_id(fixture->certificate, GNUTLS_KEYID_USE_SHA256, id.bytes, &size));
    return id;
}

/* ---- The server ---- */

static void serve_tls(Fixture *fixture, int fd)
{
    gnutls_certificate_credentials_t credentials;
    gnutls_session_t session;
    char name[256];
    size_t size = sizeof name;
    unsigned int type = 0;
    int result;
    good(gnutls_certificate_allocate_credentials(&credentials));
    good(gnutls_certificate_set_x509_key(credentials, &fixture->certificate, 1, fixture->key));
    good(gnutls_init(&session, GNUTLS_SERVER));
    good(gnutls_priority_set_direct(session, "NORMAL:-VERS-ALL:+VERS-TLS1.3", NULL));
    good(gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials));
    gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUIRE);
    gnutls_transport_set_int(session, fd);
    do
        result = gnutls_handshake(session);
    while (result < 0 && !gnutls_error_is_fatal(result));
    if (gnutls_server_name_get(session, name, &size, &type, 0) == 0)
        fixture->heard_name = g_strndup(name, size);
    fixture->has_seen_certificate = gnutls_certificate_get_peers(session, NULL) != NULL;
    gnutls_deinit(session);
    gnutls_certificate_free_credentials(credentials);
}

static void serve_alert(int fd, int alert)
{
    const guint8 record[] = { 0x15, 3, 3, 0, 2, 2, (guint8)alert };
    guint8 hello[4096];
    g_assert_cmpint(recv(fd, hello, sizeof hello, MSG_PEEK), >, 0); /* as a relay reads it */
    g_assert_cmpint(send(fd, record, sizeof record, MSG_NOSIGNAL), ==, sizeof record);
    shutdown(fd, SHUT_WR);
    while (recv(fd, hello, sizeof hello, 0) > 0)
        ;
}

static gpointer serve(gpointer data)
{
    Fixture *fixture = data;
    struct pollfd polled = { .fd = fixture->listener, .events = POLLIN };
    g_assert_cmpint(poll(&polled, 1, 10000), ==, 1);
    const int fd = accept(fixture->listener, NULL, NULL);
    g_assert_cmpint(fd, >=, 0);
    if (fixture->server->alert >= 0)
        serve_alert(fd, fixture->server->alert);
    else
        serve_tls(fixture, fd);
    close(fd);
    return NULL;
}

static void start(Fixture *fixture, const Server *server)
{
    fixture->server = server;
    make_leaf(fixture);
    fixture->listener = hth_http_listen_tcp("127.0.0.1", 0, &fixture->port, NULL);
    g_assert_cmpint(fixture->listener, >=, 0);
    fixture->thread = g_thread_new("server", serve, fixture);
}

static void set_up(Fixture *fixture, gconstpointer data)
{
    fixture->device = tls_identity_new();
    fixture->dir = g_dir_make_tmp("hearth-tls-XXXXXX", NULL);
    fixture->authorities = g_build_filename(fixture->dir, "authorities.pem", NULL);
    make_authority(fixture);
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
    close(fixture->listener);
    gnutls_x509_crt_deinit(fixture->certificate);
    gnutls_x509_privkey_deinit(fixture->key);
    gnutls_x509_crt_deinit(fixture->authority);
    gnutls_x509_privkey_deinit(fixture->authority_key);
    g_remove(fixture->authorities);
    g_rmdir(fixture->dir);
    g_free(fixture->authorities);
    g_free(fixture->dir);
    g_free(fixture->heard_name);
    hth_device_identity_free(fixture->device);
}

/* ---- The client ---- */

static const HthKeyId nobody = { { 0 } };

/* Opens one connection and waits for the server to be done with it. */
static void meet(Fixture *fixture, const HthTlsTarget *target, GError **error)
{
    const HthPatience patience = hth_patience_for(10000, NULL);
    HthTlsStream *stream = hth_tls_stream_open(target, &patience, error);
    hth_tls_stream_free(stream);
    g_thread_join(fixture->thread);
}

static HthTlsTarget web_target(Fixture *fixture, const HthKeyId *known)
{
    HthTlsTarget target = tls_target(fixture->port, fixture->device, known);
    target.server_name = NAME;
    target.trusts_authorities = TRUE;
    target.authorities = fixture->authorities;
    return target;
}

static void test_the_server_name_is_sent(Fixture *fixture, gconstpointer data)
{
    static const Server server = { .name = NAME, .is_self_made = TRUE, .alert = -1 };
    g_autoptr(GError) error = NULL;
    start(fixture, &server);
    const HthKeyId key = key_of(fixture);
    HthTlsTarget target = tls_target(fixture->port, fixture->device, &key);
    target.server_name = "abcdefghijklmnopqrstuvwxyz." NAME;
    meet(fixture, &target, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(fixture->heard_name, ==, "abcdefghijklmnopqrstuvwxyz." NAME);
    g_assert_true(fixture->has_seen_certificate);
}

static void test_no_name_is_sent_unasked(Fixture *fixture, gconstpointer data)
{
    static const Server server = { .name = NAME, .is_self_made = TRUE, .alert = -1 };
    g_autoptr(GError) error = NULL;
    start(fixture, &server);
    const HthKeyId key = key_of(fixture);
    const HthTlsTarget target = tls_target(fixture->port, fixture->device, &key);
    meet(fixture, &target, &error);
    g_assert_no_error(error);
    g_assert_null(fixture->heard_name);
}

static void test_an_authority_vouches(Fixture *fixture, gconstpointer data)
{
    static const Server server = { .name = NAME, .alert = -1 };
    g_autoptr(GError) error = NULL;
    start(fixture, &server);
    const HthTlsTarget target = web_target(fixture, &nobody);
    meet(fixture, &target, &error);
    g_assert_no_error(error);
    g_assert_true(fixture->has_seen_certificate);
}

static void test_an_authority_vouches_for_rsa(Fixture *fixture, gconstpointer data)
{
    static const Server server = { .name = NAME, .key_bits = 2048, .alert = -1 };
    g_autoptr(GError) error = NULL;
    start(fixture, &server);
    const HthTlsTarget target = web_target(fixture, &nobody);
    meet(fixture, &target, &error);
    g_assert_no_error(error);
}

static void test_a_known_key_needs_no_authority(Fixture *fixture, gconstpointer data)
{
    static const Server server = {
        .name = "elsewhere.example", .is_self_made = TRUE, .is_over = TRUE, .alert = -1
    };
    g_autoptr(GError) error = NULL;
    start(fixture, &server);
    const HthKeyId key = key_of(fixture);
    const HthTlsTarget target = web_target(fixture, &key);
    meet(fixture, &target, &error);
    g_assert_no_error(error);
}

static void test_authorities_count_only_when_asked(Fixture *fixture, gconstpointer data)
{
    static const Server server = { .name = NAME, .alert = -1 };
    g_autoptr(GError) error = NULL;
    start(fixture, &server);
    HthTlsTarget target = web_target(fixture, &nobody);
    target.trusts_authorities = FALSE;
    meet(fixture, &target, &error);
    g_assert_error(error, HTH_ERROR, HTH_ERROR_REFUSED);
    g_assert_false(fixture->has_seen_certificate);
}

static void test_a_bad_certificate_is_refused(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    start(fixture, data);
    const HthTlsTarget target = web_target(fixture, &nobody);
    meet(fixture, &target, &error);
    g_assert_error(error, HTH_ERROR, HTH_ERROR_REFUSED);
    g_assert_false(fixture->has_seen_certificate);
}

static void test_the_system_does_not_know_ours(Fixture *fixture, gconstpointer data)
{
    static const Server server = { .name = NAME, .alert = -1 };
    g_autoptr(GError) error = NULL;
    start(fixture, &server);
    HthTlsTarget target = web_target(fixture, &nobody);
    target.authorities = NULL;
    meet(fixture, &target, &error);
    g_assert_error(error, HTH_ERROR, HTH_ERROR_REFUSED);
}

static void meet_alert(Fixture *fixture, const Server *server, const char *server_name,
                       HthError expected)
{
    g_autoptr(GError) error = NULL;
    start(fixture, server);
    HthTlsTarget target = tls_target(fixture->port, fixture->device, &nobody);
    target.server_name = server_name;
    meet(fixture, &target, &error);
    g_assert_error(error, HTH_ERROR, (int)expected);
}

static void test_a_relay_does_not_know_the_name(Fixture *fixture, gconstpointer data)
{
    static const Server server = { .name = NAME, .alert = 112 };
    meet_alert(fixture, &server, NAME, HTH_ERROR_NOT_FOUND);
}

static void test_a_relay_finds_the_home_asleep(Fixture *fixture, gconstpointer data)
{
    static const Server server = { .name = NAME, .alert = 80 };
    meet_alert(fixture, &server, NAME, HTH_ERROR_ASLEEP);
}

static void test_a_relay_has_a_limit(Fixture *fixture, gconstpointer data)
{
    static const Server server = { .name = NAME, .alert = 49 };
    meet_alert(fixture, &server, NAME, HTH_ERROR_BUSY);
}

static void test_other_alerts_are_told(Fixture *fixture, gconstpointer data)
{
    static const Server server = { .name = NAME, .alert = 50 };
    meet_alert(fixture, &server, NAME, HTH_ERROR_UNAVAILABLE);
}

static void test_without_a_name_there_is_no_relay(Fixture *fixture, gconstpointer data)
{
    static const Server server = { .name = NAME, .alert = 80 };
    meet_alert(fixture, &server, NULL, HTH_ERROR_UNAVAILABLE);
}

/* What makes a certificate bad, one thing at a time. */
static const struct {
    const char *path;
    Server server;
} bad[] = {
    { "/tls-stream/another-name-is-refused", { .name = "elsewhere.example", .alert = -1 } },
    { "/tls-stream/a-self-made-certificate-is-refused",
      { .name = NAME, .is_self_made = TRUE, .alert = -1 } },
    { "/tls-stream/an-old-certificate-is-refused", { .name = NAME, .is_over = TRUE, .alert = -1 } },
    { "/tls-stream/a-clients-certificate-is-refused",
      { .name = NAME, .is_for_client = TRUE, .alert = -1 } },
    { "/tls-stream/a-weak-key-is-refused", { .name = NAME, .key_bits = 1024, .alert = -1 } },
};

#define ADD(name, function)                                                                        \
    g_test_add("/tls-stream/" name, Fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("the-server-name-is-sent", test_the_server_name_is_sent);
    ADD("no-name-is-sent-unasked", test_no_name_is_sent_unasked);
    ADD("an-authority-vouches", test_an_authority_vouches);
    ADD("an-authority-vouches-for-rsa", test_an_authority_vouches_for_rsa);
    ADD("a-known-key-needs-no-authority", test_a_known_key_needs_no_authority);
    ADD("authorities-count-only-when-asked", test_authorities_count_only_when_asked);
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++)
        g_test_add(bad[i].path, Fixture, &bad[i].server, set_up, test_a_bad_certificate_is_refused,
                   tear_down);
    ADD("the-system-does-not-know-ours", test_the_system_does_not_know_ours);
    ADD("a-relay-does-not-know-the-name", test_a_relay_does_not_know_the_name);
    ADD("a-relay-finds-the-home-asleep", test_a_relay_finds_the_home_asleep);
    ADD("a-relay-has-a-limit", test_a_relay_has_a_limit);
    ADD("other-alerts-are-told", test_other_alerts_are_told);
    ADD("without-a-name-there-is-no-relay", test_without_a_name_there_is_no_relay);
    return g_test_run();
}

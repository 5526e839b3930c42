/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "identity"
#include "store/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <gnutls/abstract.h>
#include <gnutls/x509.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"

/* Every hearth has this name: a server may then ask for certificates "of its issuer", and nobody
 * learns more from it than that here is a hearth. */
#define COMMON_NAME "hearth"

#define MAX_FILE_BYTES (16 * 1024)

struct HthDeviceIdentity {
    HthKeyId id;
    char *certificate;
    char *key;
};

static gboolean fail(GError **error, const char *what, int result)
{
    g_set_error(error, HTH_ERROR, HTH_ERROR_FAILED, "%s: %s", what, gnutls_strerror(result));
    return FALSE;
}

static gboolean fail_by_errno(GError **error, const char *what)
{
    const int code = errno;
    g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(code), "%s: %s", what,
                g_strerror(code));
    return FALSE;
}

static void clear_text(char *text)
{
    if (text != NULL)
        explicit_bzero(text, strlen(text));
    g_free(text);
}

void hth_device_identity_free(HthDeviceIdentity *self)
{
    if (self == NULL)
        return;
    clear_text(self->key);
    g_free(self->certificate);
    g_free(self);
}

const HthKeyId *hth_device_identity_id(const HthDeviceIdentity *self)
{
    return &self->id;
}

const char *hth_device_identity_certificate(const HthDeviceIdentity *self)
{
    return self->certificate;
}

const char *hth_device_identity_key(const HthDeviceIdentity *self)
{
    return self->key;
}

/* ---- The folder ---- */

/* What others could read is closed to them. */
static void close_to_others(int fd, const char *path, mode_t mode)
{
    struct stat status;
    if (fstat(fd, &status) != 0 || (status.st_mode & 077) == 0)
        return;
    hth_log_warning("%s could be read by others; now it cannot", path);
    if (fchmod(fd, mode) != 0)
        hth_log_warning("the rights of %s cannot be changed: %s", path, g_strerror(errno));
}

/* Returns: a descriptor of the folder, locked until it is closed; -1 with @error. */
static int open_dir(const char *dir, GError **error)
{
    if (g_mkdir_with_parents(dir, 0700) != 0) {
        fail_by_errno(error, dir);
        return -1;
    }
    const int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || flock(fd, LOCK_EX) != 0) {
        fail_by_errno(error, dir);
        if (fd >= 0)
            close(fd);
        return -1;
    }
    close_to_others(fd, dir, 0700);
    return fd;
}

/* Returns: the file's text; NULL without @error when there is none. */
static char *read_file(const char *path, GError **error)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        if (errno != ENOENT)
            fail_by_errno(error, path);
        return NULL;
    }
    close_to_others(fd, path, 0600);
    char *text = g_malloc0(MAX_FILE_BYTES + 1);
    gsize n_bytes = 0;
    gssize n_read = 1;
    while (n_read > 0 && n_bytes < MAX_FILE_BYTES) {
        n_read = read(fd, text + n_bytes, MAX_FILE_BYTES - n_bytes);
        n_bytes += n_read > 0 ? (gsize)n_read : 0;
    }
    if (n_read < 0) {
        fail_by_errno(error, path);
        g_clear_pointer(&text, clear_text);
    }
    close(fd);
    return text;
}

static gboolean write_file(const char *path, const char *text, GError **error)
{
    return g_file_set_contents_full(
        path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600, error);
}

/* ---- Key and certificate ---- */

static char *export_key(gnutls_x509_privkey_t key)
{
    gnutls_datum_t datum = { 0 };
    if (gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN,
                                          &datum) < 0)
        return NULL;
    char *text = g_strndup((const char *)datum.data, datum.size);
    explicit_bzero(datum.data, datum.size);
    gnutls_free(datum.data);
    return text;
}

static gboolean import_key(gnutls_x509_privkey_t key, const char *text, const char *path,
                           GError **error)
{
    const gnutls_datum_t datum = { (unsigned char *)text, (unsigned int)strlen(text) };
    const int result = gnutls_x509_privkey_import(key, &datum, GNUTLS_X509_FMT_PEM);
    if (result >= 0)
        return TRUE;
    g_set_error(error, HTH_ERROR, HTH_ERROR_CORRUPT,
                "%s is no key (%s); put it back from a copy, or remove it to be somebody new, who "
                "has to be paired again",
                path, gnutls_strerror(result));
    return FALSE;
}

static gboolean load_or_make_key(HthDeviceIdentity *self, gnutls_x509_privkey_t key,
                                 const char *path, GError **error)
{
    g_autoptr(GError) problem = NULL;
    self->key = read_file(path, &problem);
    if (problem != NULL) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return FALSE;
    }
    if (self->key != NULL)
        return import_key(key, self->key, path, error);
    const int result = gnutls_x509_privkey_generate(key, GNUTLS_PK_EDDSA_ED25519, 0, 0);
    if (result < 0)
        return fail(error, "making a key", result);
    self->key = export_key(key);
    if (self->key == NULL)
        return fail(error, "making a key", GNUTLS_E_MEMORY_ERROR);
    return write_file(path, self->key, error);
}

static int fill_certificate(gnutls_x509_crt_t certificate, gnutls_x509_privkey_t key)
{
    static const guint8 serial[] = { 1 };
    const struct {
        int result;
    } steps[] = {
        { gnutls_x509_crt_set_version(certificate, 3) },
        { gnutls_x509_crt_set_serial(certificate, serial, sizeof serial) },
        { gnutls_x509_crt_set_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0, COMMON_NAME,
                                        sizeof COMMON_NAME - 1) },
        { gnutls_x509_crt_set_activation_time(certificate, 0) },
        { gnutls_x509_crt_set_expiration_time(certificate, (time_t)-1) }, /* the end of 9999 */
        { gnutls_x509_crt_set_key(certificate, key) },
    };
    for (guint i = 0; i < G_N_ELEMENTS(steps); i++) {
        if (steps[i].result < 0)
            return steps[i].result;
    }
    return gnutls_x509_crt_sign2(certificate, certificate, key, GNUTLS_DIG_SHA512, 0);
}

static char *make_certificate(gnutls_x509_privkey_t key, GError **error)
{
    gnutls_x509_crt_t certificate = NULL;
    gnutls_datum_t datum = { 0 };
    int result = gnutls_x509_crt_init(&certificate);
    if (result >= 0)
        result = fill_certificate(certificate, key);
    if (result >= 0)
        result = gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_PEM, &datum);
    gnutls_x509_crt_deinit(certificate);
    if (result < 0) {
        fail(error, "making a certificate", result);
        return NULL;
    }
    char *text = g_strndup((const char *)datum.data, datum.size);
    gnutls_free(datum.data);
    return text;
}

/* Whether @text is a certificate of the key that has this id. */
static gboolean is_certificate_of(const char *text, const HthKeyId *id)
{
    const gnutls_datum_t datum = { (unsigned char *)text, (unsigned int)strlen(text) };
    HthKeyId found;
    size_t size = sizeof found.bytes;
    gnutls_x509_crt_t certificate = NULL;
    const gboolean is_so =
        gnutls_x509_crt_init(&certificate) >= 0 &&
        gnutls_x509_crt_import(certificate, &datum, GNUTLS_X509_FMT_PEM) >= 0 &&
        gnutls_x509_crt_get_key_id(certificate, GNUTLS_KEYID_USE_SHA256, found.bytes, &size) >= 0 &&
        hth_key_id_equal(&found, id);
    gnutls_x509_crt_deinit(certificate);
    return is_so;
}

static gboolean load_or_make_certificate(HthDeviceIdentity *self, gnutls_x509_privkey_t key,
                                         const char *path, GError **error)
{
    size_t size = sizeof self->id.bytes;
    const int result =
        gnutls_x509_privkey_get_key_id(key, GNUTLS_KEYID_USE_SHA256, self->id.bytes, &size);
    if (result < 0)
        return fail(error, "the key's id", result);
    self->certificate = read_file(path, NULL);
    if (self->certificate != NULL && is_certificate_of(self->certificate, &self->id))
        return TRUE;
    g_free(self->certificate);
    self->certificate = make_certificate(key, error);
    return self->certificate != NULL && write_file(path, self->certificate, error);
}

HthDeviceIdentity *hth_device_identity_open(const char *dir, GError **error)
{
    g_autoptr(HthDeviceIdentity) self = g_new0(HthDeviceIdentity, 1);
    g_autofree char *key_path = g_build_filename(dir, "key.pem", NULL);
    g_autofree char *certificate_path = g_build_filename(dir, "certificate.pem", NULL);
    gnutls_x509_privkey_t key = NULL;
    const int dir_fd = open_dir(dir, error);
    if (dir_fd < 0)
        return NULL;
    gboolean is_done = gnutls_x509_privkey_init(&key) >= 0
                           ? load_or_make_key(self, key, key_path, error)
                           : fail(error, "making a key", GNUTLS_E_MEMORY_ERROR);
    is_done = is_done && load_or_make_certificate(self, key, certificate_path, error);
    gnutls_x509_privkey_deinit(key);
    close(dir_fd);
    return is_done ? g_steal_pointer(&self) : NULL;
}

/* What our TLS can sign with: tls-key.h. */
static gboolean is_key_kind_good(gnutls_x509_privkey_t key)
{
    unsigned int n_bits = 0;
    const int kind = gnutls_x509_privkey_get_pk_algorithm2(key, &n_bits);
    return kind == GNUTLS_PK_EDDSA_ED25519 || (kind == GNUTLS_PK_ECDSA && n_bits == 256);
}

static gboolean learn_id(HthDeviceIdentity *self, gnutls_x509_privkey_t key, const char *key_path,
                         GError **error)
{
    size_t size = sizeof self->id.bytes;
    const gnutls_datum_t datum = { (unsigned char *)self->key, (unsigned int)strlen(self->key) };
    int result = gnutls_x509_privkey_import(key, &datum, GNUTLS_X509_FMT_PEM);
    if (result >= 0)
        result =
            gnutls_x509_privkey_get_key_id(key, GNUTLS_KEYID_USE_SHA256, self->id.bytes, &size);
    if (result < 0) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_CORRUPT, "%s is no key: %s", key_path,
                    gnutls_strerror(result));
        return FALSE;
    }
    if (is_key_kind_good(key))
        return TRUE;
    g_set_error(error, HTH_ERROR, HTH_ERROR_UNSUPPORTED,
                "%s is neither an ECDSA key on P-256 nor an Ed25519 key: ask for a certificate of "
                "such a key (certbot: --key-type ecdsa --elliptic-curve secp256r1)",
                key_path);
    return FALSE;
}

HthDeviceIdentity *hth_device_identity_read(const char *certificate_path, const char *key_path,
                                            GError **error)
{
    g_autoptr(HthDeviceIdentity) self = g_new0(HthDeviceIdentity, 1);
    gnutls_x509_privkey_t key = NULL;
    if (!g_file_get_contents(certificate_path, &self->certificate, NULL, error) ||
        !g_file_get_contents(key_path, &self->key, NULL, error))
        return NULL;
    const int result = gnutls_x509_privkey_init(&key);
    const gboolean is_learned =
        result >= 0 ? learn_id(self, key, key_path, error) : fail(error, "reading a key", result);
    gnutls_x509_privkey_deinit(key);
    if (!is_learned)
        return NULL;
    if (is_certificate_of(self->certificate, &self->id))
        return g_steal_pointer(&self);
    g_set_error(error, HTH_ERROR, HTH_ERROR_CORRUPT, "%s is no certificate of the key in %s",
                certificate_path, key_path);
    return NULL;
}

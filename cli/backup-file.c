/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "backup-file.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COPY_BYTES (256 * 1024)

typedef struct archive Archive;
typedef struct archive_entry ArchiveEntry;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ArchiveEntry, archive_entry_free)

static const char *const known_names[] = { "manifest.json", "state.db", "settings.conf",
                                           "hearth.conf",   "identity.pem", "locker.pem",
                                           NULL };

static gboolean fail(GError **error, const char *what, const char *why)
{
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %s", what,
                why != NULL ? why : "unknown error");
    return FALSE;
}

/* The SHA-256 and size of a file. */
static char *digest_file(const char *path, gint64 *out_size, GError **error)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        fail(error, path, g_strerror(errno));
        return NULL;
    }
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    g_autofree guchar *buffer = g_malloc(COPY_BYTES);
    ssize_t n;
    *out_size = 0;
    while ((n = read(fd, buffer, COPY_BYTES)) > 0) {
        g_checksum_update(checksum, buffer, n);
        *out_size += n;
    }
    close(fd);
    if (n < 0) {
        fail(error, path, g_strerror(errno));
        return NULL;
    }
    return g_strdup(g_checksum_get_string(checksum));
}

/* ---- Writing ---- */

static gboolean write_manifest(const char *dir, const char *const *names, GError **error)
{
    JsonArray *parts = json_array_new();
    g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);
    JsonObject *manifest = json_object_new();
    json_node_take_object(node, manifest);
    json_object_set_int_member(manifest, "format", HTH_BACKUP_FILE_FORMAT);
    json_object_set_string_member(manifest, "version", HTH_VERSION);
    json_object_set_int_member(manifest, "made_unix_s", g_get_real_time() / G_USEC_PER_SEC);
    json_object_set_array_member(manifest, "parts", parts);
    for (const char *const *name = names; *name != NULL; name++) {
        g_autofree char *path = g_build_filename(dir, *name, NULL);
        gint64 size = 0;
        g_autofree char *digest = digest_file(path, &size, error);
        if (digest == NULL)
            return FALSE;
        JsonObject *part = json_object_new();
        json_object_set_string_member(part, "name", *name);
        json_object_set_int_member(part, "size_bytes", size);
        json_object_set_string_member(part, "sha256", digest);
        json_array_add_object_element(parts, part);
    }
    g_autofree char *text = json_to_string(node, TRUE);
    g_autofree char *path = g_build_filename(dir, "manifest.json", NULL);
    return g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, error);
}

static gboolean copy_in(Archive *archive, const char *path, GError **error)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fail(error, path, g_strerror(errno));
    g_autofree guchar *buffer = g_malloc(COPY_BYTES);
    ssize_t n;
    gboolean is_good = TRUE;
    while (is_good && (n = read(fd, buffer, COPY_BYTES)) > 0)
        is_good = archive_write_data(archive, buffer, (gsize)n) == n;
    close(fd);
    return is_good || fail(error, "writing the backup", archive_error_string(archive));
}

static gboolean add_part(Archive *archive, const char *dir, const char *name, GError **error)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);
    struct stat info;
    if (stat(path, &info) != 0)
        return fail(error, path, g_strerror(errno));
    g_autoptr(ArchiveEntry) entry = archive_entry_new();
    archive_entry_set_pathname(entry, name);
    archive_entry_set_size(entry, info.st_size);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0600);
    archive_entry_set_mtime(entry, info.st_mtime, 0);
    if (archive_write_header(archive, entry) != ARCHIVE_OK)
        return fail(error, "writing the backup", archive_error_string(archive));
    return copy_in(archive, path, error);
}

static gboolean write_parts(int fd, const char *dir, const char *const *names, GError **error)
{
    Archive *archive = archive_write_new();
    archive_write_set_format_pax_restricted(archive);
    gboolean is_good = archive_write_open_fd(archive, fd) == ARCHIVE_OK;
    if (!is_good)
        fail(error, "writing the backup", archive_error_string(archive));
    is_good = is_good && add_part(archive, dir, "manifest.json", error);
    for (const char *const *name = names; is_good && *name != NULL; name++)
        is_good = add_part(archive, dir, *name, error);
    if (is_good && archive_write_close(archive) != ARCHIVE_OK)
        is_good = fail(error, "writing the backup", archive_error_string(archive));
    archive_write_free(archive);
    return is_good;
}

/* The name is safe on disk, too: a backup that is gone after a power cut is none. */
static void sync_folder_of(const char *path)
{
    g_autofree char *folder = g_path_get_dirname(path);
    const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)fsync(fd); /* some network file systems cannot */
    close(fd);
}

gboolean hth_backup_file_write(const char *path, const char *dir, const char *const *names,
                               GError **error)
{
    if (!write_manifest(dir, names, error))
        return FALSE;
    g_autofree char *temporary = g_strconcat(path, ".XXXXXX", NULL);
    const int fd = g_mkstemp_full(temporary, O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0)
        return fail(error, path, g_strerror(errno));
    gboolean is_good = write_parts(fd, dir, names, error);
    if (is_good && fsync(fd) != 0)
        is_good = fail(error, path, g_strerror(errno));
    close(fd);
    if (is_good && rename(temporary, path) != 0)
        is_good = fail(error, path, g_strerror(errno));
    if (!is_good)
        (void)unlink(temporary);
    else
        sync_folder_of(path);
    return is_good;
}

/* ---- Reading ---- */

static gboolean copy_out(Archive *archive, const char *path, GError **error)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return fail(error, path, g_strerror(errno));
    g_autofree guchar *buffer = g_malloc(COPY_BYTES);
    gint64 total = 0;
    gboolean is_good = TRUE;
    la_ssize_t n;
    while (is_good && (n = archive_read_data(archive, buffer, COPY_BYTES)) != 0) {
        if (n < 0)
            is_good = fail(error, "reading the backup", archive_error_string(archive));
        else if ((total += n) > HTH_BACKUP_FILE_PART_MAX_BYTES)
            is_good = fail(error, "reading the backup", "a part is larger than any can be");
        else if (write(fd, buffer, (gsize)n) != n)
            is_good = fail(error, path, g_strerror(errno));
    }
    if (is_good && fsync(fd) != 0)
        is_good = fail(error, path, g_strerror(errno));
    close(fd);
    return is_good;
}

static gboolean take_entry(Archive *archive, ArchiveEntry *entry, const char *dir, GError **error)
{
    const char *name = archive_entry_pathname(entry);
    if (name == NULL || !g_strv_contains(known_names, name) ||
        archive_entry_filetype(entry) != AE_IFREG)
        return fail(error, "this is no backup of hearth's",
                    "it holds something that none of them has");
    g_autofree char *path = g_build_filename(dir, name, NULL);
    return copy_out(archive, path, error);
}

static gboolean unpack(const char *path, const char *dir, GError **error)
{
    Archive *archive = archive_read_new();
    archive_read_support_format_tar(archive);
    gboolean is_good = archive_read_open_filename(archive, path, COPY_BYTES) == ARCHIVE_OK;
    if (!is_good)
        fail(error, "the backup cannot be read", archive_error_string(archive));
    ArchiveEntry *entry = NULL;
    int code = ARCHIVE_OK;
    while (is_good && (code = archive_read_next_header(archive, &entry)) == ARCHIVE_OK)
        is_good = take_entry(archive, entry, dir, error);
    if (is_good && code != ARCHIVE_EOF)
        is_good = fail(error, "the backup is damaged", archive_error_string(archive));
    archive_read_free(archive);
    return is_good;
}

gboolean hth_backup_file_is_newer(const char *made, const char *own)
{
    g_auto(GStrv) theirs = g_strsplit(made, ".", 4);
    g_auto(GStrv) ours = g_strsplit(own, ".", 4);
    for (guint i = 0; theirs[i] != NULL && ours[i] != NULL; i++) {
        const gint64 a = g_ascii_strtoll(theirs[i], NULL, 10);
        const gint64 b = g_ascii_strtoll(ours[i], NULL, 10);
        if (a != b)
            return a > b;
    }
    return g_strv_length(theirs) > g_strv_length(ours);
}

static JsonObject *read_manifest(const char *dir, GError **error)
{
    g_autofree char *path = g_build_filename(dir, "manifest.json", NULL);
    g_autofree char *text = NULL;
    g_autoptr(JsonNode) node = NULL;
    if (g_file_get_contents(path, &text, NULL, NULL) && strlen(text) < 65536)
        node = json_from_string(text, NULL);
    if (node == NULL || !JSON_NODE_HOLDS_OBJECT(node)) {
        fail(error, "this is no backup of hearth's", "it has no manifest");
        return NULL;
    }
    JsonObject *manifest = json_node_get_object(node);
    const char *version = json_object_get_string_member_with_default(manifest, "version", "");
    if (json_object_get_int_member_with_default(manifest, "format", 0) > HTH_BACKUP_FILE_FORMAT ||
        hth_backup_file_is_newer(version, HTH_VERSION)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                    "the backup was made by hearth %s, and this is %s; update hearth first",
                    version, HTH_VERSION);
        return NULL;
    }
    return json_object_ref(manifest);
}

static gboolean check_part(JsonObject *part, const char *dir, GError **error)
{
    const char *name = json_object_get_string_member_with_default(part, "name", "");
    if (!g_strv_contains(known_names, name))
        return fail(error, "the backup is damaged", "its manifest names an unknown part");
    g_autofree char *path = g_build_filename(dir, name, NULL);
    gint64 size = 0;
    g_autofree char *digest = digest_file(path, &size, error);
    if (digest == NULL)
        return FALSE;
    if (strcmp(digest, json_object_get_string_member_with_default(part, "sha256", "")) != 0 ||
        size != json_object_get_int_member_with_default(part, "size_bytes", -1)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                    "the backup is damaged: %s is not what was written", name);
        return FALSE;
    }
    return TRUE;
}

static char **check_parts(JsonObject *manifest, const char *dir, GError **error)
{
    g_autoptr(GStrvBuilder) names = g_strv_builder_new();
    JsonNode *list = json_object_get_member(manifest, "parts");
    JsonArray *parts =
        list != NULL && JSON_NODE_HOLDS_ARRAY(list) ? json_node_get_array(list) : NULL;
    gboolean has_state = FALSE;
    for (guint i = 0; parts != NULL && i < json_array_get_length(parts); i++) {
        JsonNode *node = json_array_get_element(parts, i);
        if (!JSON_NODE_HOLDS_OBJECT(node) || !check_part(json_node_get_object(node), dir, error)) {
            if (error != NULL && *error == NULL)
                fail(error, "the backup is damaged", "its manifest makes no sense");
            return NULL;
        }
        const char *name = json_object_get_string_member(json_node_get_object(node), "name");
        has_state |= strcmp(name, "state.db") == 0;
        g_strv_builder_add(names, name);
    }
    if (!has_state) {
        fail(error, "the backup is damaged", "it holds no state.db");
        return NULL;
    }
    return g_strv_builder_end(names);
}

char **hth_backup_file_read(const char *path, const char *dir, GError **error)
{
    if (!unpack(path, dir, error))
        return NULL;
    g_autoptr(JsonObject) manifest = read_manifest(dir, error);
    return manifest != NULL ? check_parts(manifest, dir, error) : NULL;
}

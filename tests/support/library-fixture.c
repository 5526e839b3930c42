/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "library-fixture.h"

#include <glib/gstdio.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#define DEADLINE_US (20 * G_USEC_PER_SEC)

LibraryFixture *library_fixture_new(void)
{
    LibraryFixture *self = g_new0(LibraryFixture, 1);
    g_autoptr(GError) error = NULL;
    self->dir = g_dir_make_tmp("hearth-library-XXXXXX", &error);
    g_assert_no_error(error);
    self->media = g_build_filename(self->dir, "media", NULL);
    self->other = g_build_filename(self->dir, "other", NULL);
    self->state = g_build_filename(self->dir, "state", NULL);
    self->cache = g_build_filename(self->dir, "cache", NULL);
    self->worker = g_getenv("HEARTH_WORKER");
    g_assert_cmpint(g_mkdir(self->media, 0700), ==, 0);
    g_assert_cmpint(g_mkdir(self->other, 0700), ==, 0);
    return self;
}

static void remove_tree(const char *path)
{
    if (!g_file_test(path, G_FILE_TEST_IS_SYMLINK)) {
        g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
        for (const char *name; dir != NULL && (name = g_dir_read_name(dir)) != NULL;) {
            g_autofree char *child = g_build_filename(path, name, NULL);
            remove_tree(child);
        }
    }
    (void)g_remove(path);
}

void library_fixture_free(LibraryFixture *self)
{
    if (self == NULL)
        return;
    library_fixture_close(self);
    remove_tree(self->dir);
    g_clear_pointer(&self->flac, g_bytes_unref);
    g_clear_pointer(&self->jpeg, g_bytes_unref);
    g_clear_pointer(&self->mp4, g_bytes_unref);
    g_free(self->dir);
    g_free(self->media);
    g_free(self->other);
    g_free(self->state);
    g_free(self->cache);
    g_free(self);
}

/* ---- Opening and waiting ---- */

void library_fixture_wait_idle(LibraryFixture *self, gint64 since_unix_ms)
{
    const gint64 deadline = g_get_monotonic_time() + DEADLINE_US;
    for (guint n_idle = 0;; g_usleep(2000)) {
        g_auto(HthScanStatus) status = { 0 };
        hth_library_scan_status(self->library, &status);
        const gboolean is_idle = status.phase == HTH_SCAN_IDLE;
        if (is_idle && status.started_unix_ms >= since_unix_ms)
            return;
        g_assert_cmpint(g_get_monotonic_time(), <, deadline);
        /* A request that came while an event was looked into has become a part of that. */
        n_idle = is_idle ? n_idle + 1 : 0;
        if (n_idle > 0 && n_idle % 100 == 0)
            hth_library_scan(self->library, FALSE);
    }
}

void library_fixture_open(LibraryFixture *self)
{
    const char *const roots[] = { self->media, NULL };
    const HthLibraryOptions options = { .state_dir = self->state,
                                        .cache_dir = self->cache,
                                        .roots = roots,
                                        .worker_program = self->worker,
                                        .n_workers = 1,
                                        .settle_ms = 50,
                                        .has_no_watch = !self->is_watched };
    g_autoptr(GError) error = NULL;
    const gint64 now_ms = g_get_real_time() / 1000;
    self->library = hth_library_open(&options, &error);
    g_assert_no_error(error);
    hth_library_start(self->library);
    library_fixture_wait_idle(self, now_ms);
}

void library_fixture_close(LibraryFixture *self)
{
    g_clear_pointer(&self->library, hth_library_close);
}

void library_fixture_scan(LibraryFixture *self)
{
    const gint64 now_ms = g_get_real_time() / 1000;
    hth_library_scan(self->library, FALSE);
    library_fixture_wait_idle(self, now_ms);
}

/* ---- Files ---- */

char *library_fixture_path(LibraryFixture *self, const char *path)
{
    return g_build_filename(self->media, path, NULL);
}

static void put(LibraryFixture *self, const char *path, gconstpointer bytes, gsize size)
{
    g_autofree char *full = library_fixture_path(self, path);
    g_autofree char *dir = g_path_get_dirname(full);
    g_autoptr(GError) error = NULL;
    g_assert_cmpint(g_mkdir_with_parents(dir, 0700), ==, 0);
    g_file_set_contents_full(full, bytes, (gssize)size, G_FILE_SET_CONTENTS_NONE, 0600, &error);
    g_assert_no_error(error);
}

void library_fixture_write(LibraryFixture *self, const char *path, const char *text)
{
    put(self, path, text, strlen(text));
}

void library_fixture_move(LibraryFixture *self, const char *from, const char *to)
{
    g_autofree char *source = library_fixture_path(self, from);
    g_autofree char *target = library_fixture_path(self, to);
    g_autofree char *dir = g_path_get_dirname(target);
    g_assert_cmpint(g_mkdir_with_parents(dir, 0700), ==, 0);
    g_assert_cmpint(g_rename(source, target), ==, 0);
}

void library_fixture_remove(LibraryFixture *self, const char *path)
{
    g_autofree char *full = library_fixture_path(self, path);
    remove_tree(full);
}

/* What ffmpeg makes of @source ("sine", "color"), as bytes. */
static GBytes *encode(LibraryFixture *self, const char *source, const char *codec, const char *name)
{
    g_autofree char *path = g_build_filename(self->dir, name, NULL);
    const char *arguments[] = { "ffmpeg", "-v",       "fatal", "-y", "-nostdin", "-f",
                                "lavfi",  "-i",       source,  "-t", "0.2",      "-c:a",
                                codec,    "-threads", "1",     path, NULL };
    if (strstr(name, ".flac") == NULL)
        arguments[11] = "-c:v";
    g_autoptr(GError) error = NULL;
    int status;
    g_spawn_sync(NULL, (char **)arguments, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL,
                 &status, &error);
    g_assert_no_error(error);
    g_assert_cmpint(status, ==, 0);
    char *bytes;
    gsize size;
    g_file_get_contents(path, &bytes, &size, &error);
    g_assert_no_error(error);
    return g_bytes_new_take(bytes, size);
}

static void append_le32(GByteArray *to, guint32 number)
{
    const guint32 little = GUINT32_TO_LE(number);
    g_byte_array_append(to, (const guint8 *)&little, 4);
}

static void append_comment(GByteArray *to, const char *comment)
{
    append_le32(to, (guint32)strlen(comment));
    g_byte_array_append(to, (const guint8 *)comment, (guint)strlen(comment));
}

/* Where the sound begins: behind the metadata blocks (RFC 9639, section 8). */
static gsize flac_sound(const guint8 *bytes)
{
    gsize at = 4;
    for (gboolean is_last = FALSE; !is_last;) {
        is_last = (bytes[at] & 0x80) != 0;
        at += 4 + ((gsize)bytes[at + 1] << 16 | (gsize)bytes[at + 2] << 8 | bytes[at + 3]);
    }
    return at;
}

void library_fixture_track(LibraryFixture *self, const char *path, ...)
{
    if (self->flac == NULL)
        self->flac = encode(self, "sine", "flac", "base.flac");
    g_autoptr(GByteArray) comments = g_byte_array_new();
    append_comment(comments, "a test");
    const guint count_at = comments->len;
    append_le32(comments, 0);
    guint32 n = 0;
    va_list list;
    va_start(list, path);
    for (const char *tag; (tag = va_arg(list, const char *)) != NULL; n++)
        append_comment(comments, tag);
    va_end(list);
    n = GUINT32_TO_LE(n);
    memcpy(comments->data + count_at, &n, 4);

    gsize size;
    const guint8 *base = g_bytes_get_data(self->flac, &size);
    const gsize sound = flac_sound(base);
    g_autoptr(GByteArray) file = g_byte_array_new();
    g_byte_array_append(file, base, 4 + 4 + 34); /* "fLaC" and STREAMINFO, which is first */
    file->data[4] &= 0x7f;
    const guint8 head[4] = { 0x84, (guint8)(comments->len >> 16), (guint8)(comments->len >> 8),
                             (guint8)comments->len };
    g_byte_array_append(file, head, 4);
    g_byte_array_append(file, comments->data, comments->len);
    g_byte_array_append(file, base + sound, (guint)(size - sound));
    put(self, path, file->data, file->len);
}

static void append_be16(GByteArray *to, guint number)
{
    const guint8 bytes[2] = { (guint8)(number >> 8), (guint8)number };
    g_byte_array_append(to, bytes, 2);
}

static void append_field(GByteArray *to, guint tag, guint type, guint count, guint value)
{
    append_be16(to, tag);
    append_be16(to, type);
    append_be16(to, count >> 16);
    append_be16(to, count);
    append_be16(to, value >> 16);
    append_be16(to, value);
}

/* An Exif segment (CIPA DC-008) with a model and a date. */
static GByteArray *make_exif(const char *taken, const char *camera)
{
    const guint model_at = 8 + 2 + 2 * 12 + 4, model_size = (guint)strlen(camera) + 1;
    const guint ifd_at = model_at + model_size + model_size % 2;
    GByteArray *exif = g_byte_array_new();
    g_byte_array_append(exif, (const guint8 *)"Exif\0\0MM\0*\0\0\0\10", 14);
    append_be16(exif, 2);
    append_field(exif, 0x0110, 2, model_size, model_at);
    append_field(exif, 0x8769, 4, 1, ifd_at);
    append_field(exif, 0, 0, 0, 0);
    g_byte_array_set_size(exif, exif->len - 8); /* the next IFD's offset is 4 bytes of 0 */
    g_byte_array_append(exif, (const guint8 *)camera, model_size);
    if (model_size % 2 != 0)
        g_byte_array_append(exif, (const guint8 *)"", 1);
    append_be16(exif, 1);
    append_field(exif, 0x9003, 2, (guint)strlen(taken) + 1, ifd_at + 2 + 12 + 4);
    append_be16(exif, 0);
    append_be16(exif, 0);
    g_byte_array_append(exif, (const guint8 *)taken, (guint)strlen(taken) + 1);
    return exif;
}

void library_fixture_photo(LibraryFixture *self, const char *path, const char *taken,
                           const char *camera)
{
    if (self->jpeg == NULL)
        self->jpeg = encode(self, "color=red:size=64x48:rate=5:duration=0.2", "mjpeg", "base.jpg");
    gsize size;
    const guint8 *base = g_bytes_get_data(self->jpeg, &size);
    g_autoptr(GByteArray) file = g_byte_array_new();
    g_byte_array_append(file, base, 2);
    if (taken != NULL) {
        g_autoptr(GByteArray) exif = make_exif(taken, camera);
        g_byte_array_append(file, (const guint8 *)"\xff\xe1", 2);
        append_be16(file, exif->len + 2);
        g_byte_array_append(file, exif->data, exif->len);
    }
    g_byte_array_append(file, base + 2, (guint)size - 2);
    put(self, path, file->data, file->len);
}

void library_fixture_video(LibraryFixture *self, const char *path)
{
    if (self->mp4 == NULL)
        self->mp4 = encode(self, "color=blue:size=64x48", "mpeg4", "base.mp4");
    gsize size;
    const guint8 *base = g_bytes_get_data(self->mp4, &size);
    put(self, path, base, size);
}

/* ---- What the library says ---- */

static HthListing *children(HthReader *reader, const char *container_id)
{
    g_autoptr(GError) error = NULL;
    HthListing *listing = hth_reader_children(reader, container_id, NULL, &error);
    g_assert_no_error(error);
    return listing;
}

char *library_fixture_list(LibraryFixture *self, const char *container_id)
{
    g_autoptr(HthReader) reader = hth_library_acquire_reader(self->library);
    g_autoptr(HthListing) listing = children(reader, container_id);
    g_autoptr(GString) titles = g_string_new(NULL);
    for (guint i = 0; i < listing->n_refs; i++) {
        g_autoptr(HthObject) object = hth_reader_object_by_ref(reader, listing->refs[i]);
        g_string_append_printf(titles, "%s%s", i > 0 ? "|" : "",
                               object != NULL ? object->title : "(gone)");
    }
    return g_string_free(g_steal_pointer(&titles), FALSE);
}

char *library_fixture_child(LibraryFixture *self, const char *container_id, const char *title)
{
    g_autoptr(HthReader) reader = hth_library_acquire_reader(self->library);
    g_autoptr(HthListing) listing = children(reader, container_id);
    for (guint i = 0; i < listing->n_refs; i++) {
        g_autoptr(HthObject) object = hth_reader_object_by_ref(reader, listing->refs[i]);
        if (object != NULL && strcmp(object->title, title) == 0)
            return g_strdup(object->leaf_id);
    }
    g_autofree char *titles = library_fixture_list(self, container_id);
    g_error("%s lists %s, and no %s", container_id, titles, title);
}

HthObject *library_fixture_object(LibraryFixture *self, const char *id)
{
    g_autoptr(HthReader) reader = hth_library_acquire_reader(self->library);
    g_autoptr(GError) error = NULL;
    HthObject *object = hth_reader_object(reader, id, NULL, &error);
    g_assert_no_error(error);
    return object;
}

guint32 library_fixture_update_id(LibraryFixture *self, const char *container_id)
{
    g_autoptr(HthObject) object = library_fixture_object(self, container_id);
    return object->update_id;
}

void library_fixture_expect(LibraryFixture *self, const char *container_id, const char *titles)
{
    const gint64 deadline = g_get_monotonic_time() + DEADLINE_US / 2;
    for (;; g_usleep(5000)) {
        g_autofree char *found = library_fixture_list(self, container_id);
        if (strcmp(found, titles) == 0)
            return;
        if (g_get_monotonic_time() > deadline)
            g_assert_cmpstr(found, ==, titles);
    }
}

static void walk(HthReader *reader, const char *id, GPtrArray *lines, guint depth)
{
    g_assert_cmpuint(depth, <, 12);
    g_autoptr(GError) error = NULL;
    g_autoptr(HthListing) listing = children(reader, id);
    g_autoptr(HthObject) self = hth_reader_object(reader, id, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(self->child_count, ==, listing->n_refs);
    for (guint i = 0; i < listing->n_refs; i++) {
        g_autoptr(HthObject) child = hth_reader_object_by_ref(reader, listing->refs[i]);
        g_assert_nonnull(child);
        g_autofree char *child_id = hth_listing_child_id(listing, child->leaf_id);
        g_autofree char *parent_id = NULL;
        g_autoptr(HthObject) found = hth_reader_object(reader, child_id, &parent_id, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(parent_id, ==, id);
        g_ptr_array_add(lines, g_strdup_printf("%s %s %s", id, child_id, child->title));
        if (hth_object_is_container(child))
            walk(reader, child_id, lines, depth + 1);
    }
}

static int by_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

GPtrArray *library_fixture_walk(LibraryFixture *self)
{
    g_autoptr(HthReader) reader = hth_library_acquire_reader(self->library);
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    walk(reader, "0", lines, 0);
    g_ptr_array_sort(lines, by_text);
    return lines;
}

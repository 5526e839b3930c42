/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Real files, the real hearth-convert; what comes out is read again. */
#include "rendition.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "probe.h"

#define WAIT_S 60

typedef struct {
    char *dir;
    char *files; /* DIR/files: an item is a file's name in it */
    HthRenditions *renditions;
    guint n_done;
    GBytes *head;
    GError *head_error;
} Fixture;

static HthMediaFormat format_of(const char *name)
{
    static const struct {
        const char *end;
        HthMediaFormat format;
    } formats[] = {
        { ".flac", HTH_FORMAT_FLAC }, { ".mp3", HTH_FORMAT_MP3 },   { ".ogg", HTH_FORMAT_OGG },
        { ".opus", HTH_FORMAT_OGG },  { ".m4a", HTH_FORMAT_MP4 },   { ".mp4", HTH_FORMAT_MP4 },
        { ".wav", HTH_FORMAT_WAV },   { ".aiff", HTH_FORMAT_AIFF }, { ".mkv", HTH_FORMAT_MATROSKA },
        { ".webm", HTH_FORMAT_WEBM }, { ".avi", HTH_FORMAT_AVI },   { ".ts", HTH_FORMAT_MPEG_TS },
        { ".wma", HTH_FORMAT_ASF },   { ".aac", HTH_FORMAT_AAC },   { ".jpg", HTH_FORMAT_JPEG },
        { ".png", HTH_FORMAT_PNG },
    };
    for (guint i = 0; i < G_N_ELEMENTS(formats); i++) {
        if (g_str_has_suffix(name, formats[i].end))
            return formats[i].format;
    }
    return HTH_FORMAT_UNKNOWN;
}

static int open_item(const char *item, HthMediaFormat *out_format, guint64 *out_revision,
                     gpointer data, GError **error)
{
    const Fixture *fixture = data;
    g_autofree char *path = g_build_filename(fixture->files, item, NULL);
    *out_format = format_of(item);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        g_set_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND, "no %s", item);
    return fd;
}

static void on_done(const char *item, const char *profile, const GError *error, gpointer data)
{
    ((Fixture *)data)->n_done++;
}

static void start(Fixture *fixture, const char *program, guint stall_ms)
{
    g_autoptr(GError) error = NULL;
    const HthRenditionsOptions options = {
        .program = program != NULL ? program : g_getenv("HEARTH_CONVERT"),
        .state_dir = fixture->dir,
        .cache_dir = fixture->dir,
        .n_running = 2,
        .stall_ms = stall_ms,
        .open = open_item,
        .done = on_done,
        .data = fixture,
    };
    fixture->renditions = hth_renditions_new(&options, &error);
    g_assert_no_error(error);
}

static void set_up(Fixture *fixture, gconstpointer data)
{
    fixture->dir = g_dir_make_tmp("hearth-rendition-XXXXXX", NULL);
    fixture->files = g_build_filename(fixture->dir, "files", NULL);
    g_assert_cmpint(g_mkdir(fixture->files, 0700), ==, 0);
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
    hth_renditions_free(fixture->renditions);
    while (g_main_context_iteration(NULL, FALSE))
        ;
    const char *const argv[] = { "rm", "-rf", fixture->dir, NULL };
    g_assert_true(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
                               NULL, NULL, NULL));
    g_clear_pointer(&fixture->head, g_bytes_unref);
    g_clear_error(&fixture->head_error);
    g_free(fixture->files);
    g_free(fixture->dir);
}

/* Runs a command line in the folder of files; the test ends when it fails. */
static void shell(Fixture *fixture, const char *line)
{
    const char *const argv[] = { "sh", "-c", line, NULL };
    g_autoptr(GError) error = NULL;
    g_autofree char *said = NULL;
    int status = 0;
    g_assert_true(g_spawn_sync(fixture->files, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL,
                               NULL, &said, &status, &error));
    if (status != 0)
        g_error("%s: %s", line, said);
}

#define TAGS                                                                                       \
    " -metadata title='Löwe & Maus' -metadata artist='Anna B' -metadata album='Zoo'"              \
    " -metadata album_artist='Various' -metadata genre='Folk' -metadata date='1999-05-31'"         \
    " -metadata track='3/12' -metadata disc='1/2' -metadata composer='C. D.'"                      \
    " -metadata comment='a word' "
#define SOUND "ffmpeg -v error -y -f lavfi -i 'sine=frequency=330:duration=7.3:sample_rate=44100' "

static void essence_of(const char *name, HthDigest *out)
{
    hth_digest_of(name, strlen(name), out);
}

static gboolean request(Fixture *fixture, const char *item, const char *profile,
                        const char *essence, gboolean is_lookup, HthRendition *out, GError **error)
{
    HthDigest digest;
    if (essence != NULL)
        essence_of(essence, &digest);
    const HthRenditionWish wish = {
        .item_id = item,
        .profile = profile,
        .essence = essence != NULL ? &digest : NULL,
        .is_lookup = is_lookup,
        .is_urgent = !is_lookup,
    };
    return hth_renditions_request(fixture->renditions, &wish, out, error);
}

/* Asks until it is there or has failed. */
static void obtain(Fixture *fixture, const char *item, const char *profile, const char *essence,
                   HthRendition *out)
{
    const gint64 until = g_get_monotonic_time() + WAIT_S * G_USEC_PER_SEC;
    for (;;) {
        g_autoptr(GError) error = NULL;
        const gboolean is_answered = request(fixture, item, profile, essence, FALSE, out, &error);
        g_assert_no_error(error);
        g_assert_true(is_answered);
        if (out->state == HTH_RENDITION_READY || out->state == HTH_RENDITION_FAILED)
            return;
        hth_rendition_clear(out);
        g_assert_cmpint(g_get_monotonic_time(), <, until);
        g_main_context_iteration(NULL, FALSE);
        g_usleep(5000);
    }
}

static HthMediaInfo *probe(int fd, HthMediaFormat format, GBytes **out_picture)
{
    g_autoptr(GError) error = NULL;
    g_auto(HthSource) source = { 0 };
    g_auto(HthProbe) found = { 0 };
    g_assert_true(hth_source_open(&source, fd, HTH_PROBE_BUDGET_BYTES, &error));
    g_assert_true(hth_probe_run(&found, &source, format, &error));
    g_assert_no_error(error);
    if (out_picture != NULL)
        *out_picture = found.picture != NULL ? g_bytes_ref(found.picture) : NULL;
    return g_steal_pointer(&found.info);
}

static HthMediaInfo *probe_item(Fixture *fixture, const char *item, GBytes **out_picture)
{
    HthMediaFormat format;
    guint64 revision = 0;
    const int fd = open_item(item, &format, &revision, fixture, NULL);
    g_assert_cmpint(fd, >=, 0);
    HthMediaInfo *info = probe(fd, format, out_picture);
    close(fd);
    return info;
}

static GBytes *read_fd(int fd)
{
    struct stat status;
    g_assert_cmpint(fstat(fd, &status), ==, 0);
    guint8 *bytes = g_malloc((gsize)status.st_size);
    g_assert_cmpint(pread(fd, bytes, (gsize)status.st_size, 0), ==, status.st_size);
    return g_bytes_new_take(bytes, (gsize)status.st_size);
}

/* As ffprobe sees it, which decodes nothing but knows what players will say. */
static double seconds_of(Fixture *fixture, int fd, const char *extension)
{
    g_autofree char *copy = g_strdup_printf("%s/files/copy.%s", fixture->dir, extension);
    g_autoptr(GBytes) bytes = read_fd(fd);
    gsize size = 0;
    const char *data = g_bytes_get_data(bytes, &size);
    g_assert_true(g_file_set_contents(copy, data, (gssize)size, NULL));
    g_autofree char *line = g_strdup_printf(
        "ffmpeg -v error -xerror -i %s -f null - 2> heard; ffprobe -v error -of csv=p=0"
        " -show_entries format=duration,start_time %s | tr ',' ' ' |"
        " awk '{ print $2 - $1 }' > length; test ! -s heard",
        copy, copy);
    shell(fixture, line);
    g_autofree char *path = g_build_filename(fixture->files, "length", NULL);
    g_autofree char *text = NULL;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    return g_ascii_strtod(text, NULL);
}

static void assert_same_list(const GPtrArray *a, const GPtrArray *b)
{
    g_assert_cmpuint(a->len, ==, b->len);
    for (guint i = 0; i < a->len; i++)
        g_assert_cmpstr(a->pdata[i], ==, b->pdata[i]);
}

static void assert_same_tags(const HthMediaInfo *a, const HthMediaInfo *b)
{
    g_assert_cmpstr(a->title, ==, b->title);
    g_assert_cmpstr(a->album, ==, b->album);
    g_assert_cmpstr(a->date, ==, b->date);
    g_assert_cmpstr(a->comment, ==, b->comment);
    g_assert_cmpstr(a->musicbrainz_recording_id, ==, b->musicbrainz_recording_id);
    g_assert_cmpstr(a->musicbrainz_album_id, ==, b->musicbrainz_album_id);
    assert_same_list(a->artists, b->artists);
    assert_same_list(a->album_artists, b->album_artists);
    assert_same_list(a->composers, b->composers);
    assert_same_list(a->genres, b->genres);
    g_assert_cmpuint(a->track, ==, b->track);
    g_assert_cmpuint(a->track_total, ==, b->track_total);
    g_assert_cmpuint(a->disc, ==, b->disc);
    g_assert_cmpuint(a->disc_total, ==, b->disc_total);
    g_assert_cmpint(a->is_compilation, ==, b->is_compilation);
    g_assert_cmpint(isnan(a->replaygain_track_db), ==, isnan(b->replaygain_track_db));
    if (!isnan(a->replaygain_track_db))
        g_assert_cmpfloat_with_epsilon(a->replaygain_track_db, b->replaygain_track_db, 0.02);
}

/* ---- Sound ---- */

/* Converts @item; the result plays as long as @seconds, and says what the original says. */
static void assert_converts(Fixture *fixture, const char *item, const char *profile,
                            const char *essence, double seconds)
{
    g_auto(HthRendition) got = HTH_RENDITION_INIT;
    const HthRenditionProfile *known = hth_rendition_profile_find(profile);
    obtain(fixture, item, profile, essence, &got);
    g_test_message("%s as %s: %s", item, profile, got.problem != NULL ? got.problem : got.encoder);
    g_assert_cmpint(got.state, ==, HTH_RENDITION_READY);
    g_autoptr(GBytes) bytes = read_fd(got.fd);
    HthDigest hash;
    hth_digest_of(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), &hash);
    g_assert_true(hth_digest_equal(&hash, &got.hash));
    g_assert_cmpint((gint64)g_bytes_get_size(bytes), ==, got.size_bytes);
    const double heard = seconds_of(fixture, got.fd, known->extension);
    g_assert_cmpfloat_with_epsilon(heard, seconds, 0.05);
    g_autoptr(HthMediaInfo) before = probe_item(fixture, item, NULL);
    g_autofree char *name = g_strdup_printf("x.%s", known->extension);
    g_autoptr(HthMediaInfo) after = probe(got.fd, format_of(name), NULL);
    assert_same_tags(after, before);
}

static void test_every_kind_of_sound(Fixture *fixture, gconstpointer data)
{
    static const char *const lines[] = {
        SOUND "-ac 2" TAGS "a.flac",
        SOUND "-ac 2 -ar 96000 -sample_fmt s32 -f flac" TAGS "hi.flac",
        SOUND "-ac 2 -b:a 128k" TAGS "b.mp3",
        SOUND "-c:a libvorbis" TAGS "c.ogg",
        SOUND "-c:a libopus" TAGS "d.opus",
        SOUND "-c:a aac" TAGS "e.m4a",
        SOUND "-c:a alac -ac 2" TAGS "f.m4a",
        SOUND TAGS "g.wav",
        SOUND "-ar 22050 -ac 1" TAGS "h.aiff",
        SOUND "-c:a wmav2" TAGS "i.wma",
    };
    static const char *const items[] = { "a.flac", "hi.flac", "b.mp3", "c.ogg",  "d.opus",
                                         "e.m4a",  "f.m4a",   "g.wav", "h.aiff", "i.wma" };
    start(fixture, NULL, 0);
    for (guint i = 0; i < G_N_ELEMENTS(lines); i++) {
        shell(fixture, lines[i]);
        assert_converts(fixture, items[i], "opus-128", NULL, 7.3);
    }
}

static void test_every_profile(Fixture *fixture, gconstpointer data)
{
    guint n = 0;
    const HthRenditionProfile *profiles = hth_rendition_profiles(&n);
    shell(fixture, SOUND "-ac 2" TAGS "a.flac");
    shell(fixture,
          "metaflac --set-tag='ARTIST=Second one' --set-tag='MUSICBRAINZ_ALBUMID=1234-abcd'"
          " --set-tag='MUSICBRAINZ_TRACKID=77-88' --set-tag='COMPILATION=1'"
          " --set-tag='REPLAYGAIN_TRACK_GAIN=-6.25 dB' a.flac");
    start(fixture, NULL, 0);
    for (guint i = 0; i < n; i++) {
        if (profiles[i].kind == HTH_MEDIA_AUDIO)
            assert_converts(fixture, "a.flac", profiles[i].name, NULL, 7.3);
    }
}

static void test_the_cover_comes_along(Fixture *fixture, gconstpointer data)
{
    static const char *const profiles[] = { "opus-96", "aac-128", "mp3-192" };
    static const char *const names[] = { "x.opus", "x.m4a", "x.mp3" };
    shell(fixture, SOUND "-ac 2" TAGS "plain.flac");
    shell(fixture, "ffmpeg -v error -f lavfi -i testsrc2=s=700x700:d=1 -frames:v 1 cover.jpg &&"
                   " cp plain.flac a.flac && metaflac --import-picture-from=cover.jpg a.flac");
    start(fixture, NULL, 0);
    g_autoptr(GBytes) cover = NULL;
    g_autoptr(HthMediaInfo) before = probe_item(fixture, "a.flac", &cover);
    g_assert_nonnull(cover);
    for (guint i = 0; i < G_N_ELEMENTS(profiles); i++) {
        assert_converts(fixture, "a.flac", profiles[i], "a.flac", 7.3);
        g_auto(HthRendition) got = HTH_RENDITION_INIT;
        obtain(fixture, "a.flac", profiles[i], "a.flac", &got);
        g_autoptr(GBytes) same = NULL;
        g_autoptr(HthMediaInfo) after = probe(got.fd, format_of(names[i]), &same);
        g_assert_true(same != NULL && g_bytes_equal(same, cover));
    }
}

static void test_the_same_comes_out_twice(Fixture *fixture, gconstpointer data)
{
    static const char *const profiles[] = { "opus-128", "aac-192", "mp3-320" };
    shell(fixture, SOUND "-ac 2" TAGS "a.flac && cp a.flac b.flac");
    start(fixture, NULL, 0);
    for (guint i = 0; i < G_N_ELEMENTS(profiles); i++) {
        g_auto(HthRendition) a = HTH_RENDITION_INIT;
        g_auto(HthRendition) b = HTH_RENDITION_INIT;
        obtain(fixture, "a.flac", profiles[i], "one", &a);
        obtain(fixture, "b.flac", profiles[i], "another", &b); /* so that it is made for itself */
        g_assert_true(hth_digest_equal(&a.hash, &b.hash));
    }
    g_auto(HthRenditionsStatus) status = { 0 };
    hth_renditions_status(fixture->renditions, &status);
    g_assert_cmpuint(status.n_done, ==, 6);
}

/* ---- Pictures ---- */

static void test_a_film_fits_into_720p(Fixture *fixture, gconstpointer data)
{
    static const char *const makes[] = {
        " -c:v libx264 -preset ultrafast -c:a aac v.mp4",
        " -c:v libvpx -deadline realtime -c:a libvorbis v.webm",
        " -c:v libx264 -preset ultrafast -c:a libmp3lame v.mkv",
        " -c:v mpeg4 -c:a libmp3lame v.avi",
        " -c:v libx264 -preset ultrafast -c:a aac v.ts",
    };
    static const char *const items[] = { "v.mp4", "v.webm", "v.mkv", "v.avi", "v.ts" };
    start(fixture, NULL, 0);
    for (guint i = 0; i < G_N_ELEMENTS(makes); i++) {
        g_autofree char *line = g_strdup_printf(
            "ffmpeg -v error -f lavfi -i testsrc2=s=1440x900:r=25:d=1 -f lavfi -i sine=d=1%s",
            makes[i]);
        shell(fixture, line);
        g_auto(HthRendition) got = HTH_RENDITION_INIT;
        obtain(fixture, items[i], "h264-720p", NULL, &got);
        g_test_message("%s: %s", items[i], got.problem != NULL ? got.problem : got.encoder);
        g_assert_cmpint(got.state, ==, HTH_RENDITION_READY);
        g_autoptr(HthMediaInfo) info = probe(got.fd, HTH_FORMAT_MP4, NULL);
        g_assert_cmpuint(info->width, ==, 1152);
        g_assert_cmpuint(info->height, ==, 720);
        g_assert_cmpstr(info->video_codec, ==, "h264");
        g_assert_cmpstr(info->audio_codec, ==, "aac");
        g_assert_cmpfloat_with_epsilon(seconds_of(fixture, got.fd, "mp4"), 1.0, 0.09);
    }
}

static void test_a_photo_is_made_smaller(Fixture *fixture, gconstpointer data)
{
    static const guint8 exif[] = "\xff\xe1\0\x5a"
                                 "Exif\0\0MM\0\x2a\0\0\0\x8\0\x2"
                                 "\x1\x12\0\x3\0\0\0\x1\0\x6\0\0"
                                 "\x87\x69\0\x4\0\0\0\x1\0\0\0\x26\0\0\0\0"
                                 "\0\x1\x90\x3\0\x2\0\0\0\x14\0\0\0\x38\0\0\0\0"
                                 "2019:05:06 07:08:09";
    shell(fixture, "ffmpeg -v error -f lavfi -i testsrc2=s=3000x2000:d=1 -frames:v 1 bare.jpg");
    g_autofree char *bare = g_build_filename(fixture->files, "bare.jpg", NULL);
    g_autofree char *path = g_build_filename(fixture->files, "p.jpg", NULL);
    g_autofree char *bytes = NULL;
    gsize size = 0;
    g_assert_true(g_file_get_contents(bare, &bytes, &size, NULL));
    g_autoptr(GByteArray) photo = g_byte_array_new();
    g_byte_array_append(photo, (const guint8 *)bytes, 2);
    g_byte_array_append(photo, exif, sizeof exif);
    while (photo->len < 2 + 2 + 0x5a)
        g_byte_array_append(photo, (const guint8 *)"", 1);
    g_byte_array_append(photo, (const guint8 *)bytes + 2, (guint)size - 2);
    g_assert_true(g_file_set_contents(path, (char *)photo->data, photo->len, NULL));
    start(fixture, NULL, 0);
    g_autoptr(HthMediaInfo) before = probe_item(fixture, "p.jpg", NULL);
    g_assert_cmpstr(before->date, ==, "2019-05-06T07:08:09");
    g_assert_cmpuint(before->orientation, ==, 6);
    g_auto(HthRendition) got = HTH_RENDITION_INIT;
    obtain(fixture, "p.jpg", "photo-1080", NULL, &got);
    g_assert_cmpint(got.state, ==, HTH_RENDITION_READY);
    g_autoptr(HthMediaInfo) info = probe(got.fd, HTH_FORMAT_JPEG, NULL);
    g_assert_cmpuint(info->width, ==, 720);
    g_assert_cmpuint(info->height, ==, 1080);
    g_assert_cmpuint(info->orientation, ==, 1);
    g_assert_cmpstr(info->date, ==, before->date);
}

/* ---- Retags ---- */

static void test_a_retag_converts_nothing(Fixture *fixture, gconstpointer data)
{
    static const char *const profiles[] = { "opus-128", "aac-192", "mp3-320" };
    start(fixture, NULL, 0);
    for (guint i = 0; i < G_N_ELEMENTS(profiles); i++) {
        shell(fixture, SOUND "-ac 2" TAGS "a.flac");
        g_auto(HthRendition) before = HTH_RENDITION_INIT;
        g_auto(HthRendition) after = HTH_RENDITION_INIT;
        obtain(fixture, "a.flac", profiles[i], "sound", &before);
        shell(fixture, "metaflac --remove-tag=TITLE --set-tag='TITLE=Another name' a.flac");
        obtain(fixture, "a.flac", profiles[i], "sound", &after);
        g_assert_cmpint(after.state, ==, HTH_RENDITION_READY);
        g_assert_false(hth_digest_equal(&before.hash, &after.hash));
        g_assert_true(hth_digest_equal(&before.payload_hash, &after.payload_hash));
        g_assert_cmpint(before.payload_offset, ==, after.payload_offset);
        g_assert_cmpint(before.size_bytes, ==, after.size_bytes);
        assert_converts(fixture, "a.flac", profiles[i], "sound", 7.3);
        g_auto(HthRenditionsStatus) status = { 0 };
        hth_renditions_status(fixture->renditions, &status);
        g_assert_cmpuint(status.n_files, ==, i + 1);
        g_assert_cmpuint(status.n_done, ==, i + 1);
        g_assert_cmpuint(status.n_wrapped, ==, i + 1);
    }
}

static void on_head(GBytes *head, const GError *error, gpointer data)
{
    Fixture *fixture = data;
    fixture->head = head != NULL ? g_bytes_ref(head) : NULL;
    fixture->head_error = error != NULL ? g_error_copy(error) : NULL;
}

static void test_the_head_outlives_the_bytes(Fixture *fixture, gconstpointer data)
{
    static const char *const profiles[] = { "opus-128", "aac-192", "mp3-320" };
    start(fixture, NULL, 0);
    for (guint i = 0; i < G_N_ELEMENTS(profiles); i++) {
        shell(fixture, SOUND "-ac 2" TAGS "a.flac");
        g_auto(HthRendition) old = HTH_RENDITION_INIT;
        obtain(fixture, "a.flac", profiles[i], "sound", &old);
        g_autoptr(GBytes) old_bytes = read_fd(old.fd);
        hth_renditions_set_limit(fixture->renditions, 1);
        hth_renditions_set_limit(fixture->renditions, 1 << 30);
        shell(fixture, "metaflac --remove-tag=TITLE --set-tag='TITLE=Another name' a.flac");

        g_auto(HthRendition) known = HTH_RENDITION_INIT;
        g_assert_true(request(fixture, "a.flac", profiles[i], "sound", TRUE, &known, NULL));
        g_assert_cmpint(known.state, ==, HTH_RENDITION_KNOWN);
        g_assert_true(known.is_stale);
        g_assert_true(hth_digest_equal(&known.hash, &old.hash));

        HthDigest essence;
        essence_of("sound", &essence);
        const HthRenditionWish wish = { .item_id = "a.flac",
                                        .profile = profiles[i],
                                        .essence = &essence };
        g_clear_pointer(&fixture->head, g_bytes_unref);
        hth_renditions_head(fixture->renditions, &wish, on_head, fixture);
        while (fixture->head == NULL && fixture->head_error == NULL)
            g_main_context_iteration(NULL, TRUE);
        g_assert_no_error(fixture->head_error);

        /* The head, and the payload that a device has, are what a new conversion makes. */
        g_auto(HthRendition) anew = HTH_RENDITION_INIT;
        obtain(fixture, "a.flac", profiles[i], "sound", &anew);
        g_autoptr(GBytes) wanted = read_fd(anew.fd);
        const gsize head_size = g_bytes_get_size(fixture->head);
        const gsize payload_at = (gsize)old.payload_offset;
        const gsize payload_size = g_bytes_get_size(old_bytes) - payload_at;
        g_assert_cmpuint(head_size + payload_size, ==, g_bytes_get_size(wanted));
        const guint8 *bytes = g_bytes_get_data(wanted, NULL);
        g_assert_cmpint(memcmp(bytes, g_bytes_get_data(fixture->head, NULL), head_size), ==, 0);
        g_assert_cmpint(memcmp(bytes + head_size,
                               (const guint8 *)g_bytes_get_data(old_bytes, NULL) + payload_at,
                               payload_size),
                        ==, 0);
    }
}

/* ---- The cache ---- */

static void test_the_least_recently_used_goes_first(Fixture *fixture, gconstpointer data)
{
    start(fixture, NULL, 0);
    g_auto(HthRendition) a = HTH_RENDITION_INIT;
    g_auto(HthRendition) b = HTH_RENDITION_INIT;
    g_auto(HthRendition) again = HTH_RENDITION_INIT;
    shell(fixture, SOUND "a.flac && cp a.flac b.flac");
    obtain(fixture, "a.flac", "opus-96", NULL, &a);
    obtain(fixture, "b.flac", "opus-96", NULL, &b);
    obtain(fixture, "a.flac", "opus-96", NULL, &again); /* now b is the older one */
    hth_renditions_set_limit(fixture->renditions, (guint64)a.size_bytes);
    g_auto(HthRenditionsStatus) status = { 0 };
    hth_renditions_status(fixture->renditions, &status);
    g_assert_cmpuint(status.n_files, ==, 1);
    g_assert_cmpuint(status.size_bytes, ==, (guint64)a.size_bytes);
    g_assert_cmpuint(status.n_known, ==, 2);
    g_assert_cmpuint(status.n_dropped, ==, 1);
    g_auto(HthRendition) left = HTH_RENDITION_INIT;
    g_auto(HthRendition) gone = HTH_RENDITION_INIT;
    g_assert_true(request(fixture, "a.flac", "opus-96", NULL, TRUE, &left, NULL));
    g_assert_true(request(fixture, "b.flac", "opus-96", NULL, TRUE, &gone, NULL));
    g_assert_cmpint(left.state, ==, HTH_RENDITION_READY);
    g_assert_cmpint(gone.state, ==, HTH_RENDITION_KNOWN);
    g_assert_false(gone.is_stale);
    g_autoptr(GBytes) open = read_fd(b.fd); /* who has it open reads on */
    g_assert_cmpint((gint64)g_bytes_get_size(open), ==, b.size_bytes);
}

static void test_a_restart_keeps_it_and_clears_up(Fixture *fixture, gconstpointer data)
{
    start(fixture, NULL, 0);
    shell(fixture, SOUND "a.flac");
    g_auto(HthRendition) before = HTH_RENDITION_INIT;
    obtain(fixture, "a.flac", "opus-96", NULL, &before);
    g_clear_pointer(&fixture->renditions, hth_renditions_free);
    shell(fixture, "echo half > ../renditions/new-abcdef; echo lost > ../renditions/999");
    start(fixture, NULL, 0);
    g_auto(HthRendition) after = HTH_RENDITION_INIT;
    g_assert_true(request(fixture, "a.flac", "opus-96", NULL, FALSE, &after, NULL));
    g_assert_cmpint(after.state, ==, HTH_RENDITION_READY);
    g_assert_true(hth_digest_equal(&before.hash, &after.hash));
    shell(fixture, "test $(ls ../renditions | wc -l) = 1");
}

/* ---- What goes wrong ---- */

static void test_what_is_no_media_is_refused_once(Fixture *fixture, gconstpointer data)
{
    start(fixture, NULL, 0);
    shell(fixture, "head -c 300000 /dev/urandom > a.flac");
    g_auto(HthRendition) got = HTH_RENDITION_INIT;
    obtain(fixture, "a.flac", "opus-96", NULL, &got);
    g_assert_cmpint(got.state, ==, HTH_RENDITION_FAILED);
    g_assert_nonnull(got.problem);
    g_auto(HthRenditionsStatus) status = { 0 };
    hth_renditions_status(fixture->renditions, &status);
    g_assert_cmpuint(status.n_failed, ==, 1);
    shell(fixture, SOUND "a.flac"); /* mended, it is tried again */
    g_auto(HthRendition) mended = HTH_RENDITION_INIT;
    obtain(fixture, "a.flac", "opus-96", NULL, &mended);
    g_assert_cmpint(mended.state, ==, HTH_RENDITION_READY);
}

static void test_a_profile_of_another_kind_is_refused(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    start(fixture, NULL, 0);
    shell(fixture, SOUND "a.flac");
    g_auto(HthRendition) got = HTH_RENDITION_INIT;
    obtain(fixture, "a.flac", "h264-720p", NULL, &got);
    g_assert_cmpint(got.state, ==, HTH_RENDITION_FAILED);
    g_auto(HthRendition) none = HTH_RENDITION_INIT;
    g_assert_false(request(fixture, "a.flac", "opus-1", NULL, FALSE, &none, &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_INVALID);
}

/* A converter that offers one profile and then does @act. */
static char *write_program(Fixture *fixture, const char *act)
{
    char *path = g_build_filename(fixture->dir, "program", NULL);
    g_autofree char *text =
        g_strdup_printf("#!/bin/sh\nif [ $1 = profiles ]; then echo 'offer opus-96 fake' >&3;"
                        " echo 'missing mp3-320 LAME is missing: install it' >&3; exit; fi\n%s\n",
                        act);
    g_assert_true(g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_NONE, 0700, NULL));
    return path;
}

static void test_a_stalled_or_dying_converter_costs_its_file(Fixture *fixture, gconstpointer data)
{
    static const struct {
        const char *act;
        guint n_killed;
    } cases[] = {
        { "exec sleep 60", 2 },
        { "kill -9 $$", 0 },
        { "echo rubbish >&3; exec sleep 60", 0 },
        { "echo done 5 5 5 5 >&3", 0 },
    };
    shell(fixture, SOUND "a.flac");
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *program = write_program(fixture, cases[i].act);
        start(fixture, program, 400);
        g_auto(HthRendition) got = HTH_RENDITION_INIT;
        g_autofree char *item = g_strdup_printf("%u.flac", i);
        g_autofree char *copy = g_strdup_printf("cp a.flac %s", item);
        shell(fixture, copy);
        obtain(fixture, item, "opus-96", NULL, &got);
        g_assert_cmpint(got.state, ==, HTH_RENDITION_FAILED);
        g_auto(HthRenditionsStatus) status = { 0 };
        hth_renditions_status(fixture->renditions, &status);
        g_assert_cmpuint(status.n_killed, ==, cases[i].n_killed);
        g_assert_cmpuint(status.n_failed, ==, 2); /* it gets a second chance, and no third */
        g_clear_pointer(&fixture->renditions, hth_renditions_free);
        shell(fixture, "test -z \"$(ls ../renditions)\"");
    }
}

static void test_a_missing_encoder_is_named(Fixture *fixture, gconstpointer data)
{
    g_autofree char *program = write_program(fixture, "exit 1");
    g_autoptr(GError) error = NULL;
    start(fixture, program, 0);
    shell(fixture, SOUND "a.flac");
    GPtrArray *offers = NULL;
    while ((offers = hth_renditions_offers(fixture->renditions)) == NULL)
        g_usleep(5000);
    guint n_offered = 0;
    for (guint i = 0; i < offers->len; i++)
        n_offered += ((HthRenditionOffer *)offers->pdata[i])->is_offered;
    g_assert_cmpuint(n_offered, ==, 1);
    g_ptr_array_unref(offers);
    g_auto(HthRendition) got = HTH_RENDITION_INIT;
    g_assert_false(request(fixture, "a.flac", "mp3-320", NULL, FALSE, &got, &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_UNSUPPORTED);
    g_assert_nonnull(strstr(error->message, "LAME is missing: install it"));
}

static void test_an_older_encoders_file_stays(Fixture *fixture, gconstpointer data)
{
    shell(fixture, SOUND "a.flac");
    start(fixture, NULL, 0);
    g_auto(HthRendition) before = HTH_RENDITION_INIT;
    obtain(fixture, "a.flac", "opus-96", "sound", &before);
    g_clear_pointer(&fixture->renditions, hth_renditions_free);
    g_autofree char *program = write_program(fixture, "exit 1"); /* offers an encoder "fake" */
    start(fixture, program, 0);
    g_auto(HthRendition) after = HTH_RENDITION_INIT;
    obtain(fixture, "a.flac", "opus-96", "sound", &after);
    g_assert_cmpint(after.state, ==, HTH_RENDITION_READY);
    g_assert_cmpstr(after.encoder, ==, before.encoder);
    g_assert_true(hth_digest_equal(&before.hash, &after.hash));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name, function) g_test_add(name, Fixture, NULL, set_up, function, tear_down)
    TEST("/rendition/every-kind-of-sound-keeps-its-length-and-tags", test_every_kind_of_sound);
    TEST("/rendition/every-profile-keeps-length-and-tags", test_every_profile);
    TEST("/rendition/the-cover-comes-along", test_the_cover_comes_along);
    TEST("/rendition/the-same-comes-out-twice", test_the_same_comes_out_twice);
    TEST("/rendition/a-film-fits-into-720p", test_a_film_fits_into_720p);
    TEST("/rendition/a-photo-is-made-smaller", test_a_photo_is_made_smaller);
    TEST("/rendition/a-retag-converts-nothing", test_a_retag_converts_nothing);
    TEST("/rendition/the-head-outlives-the-bytes", test_the_head_outlives_the_bytes);
    TEST("/rendition/the-least-recently-used-goes-first", test_the_least_recently_used_goes_first);
    TEST("/rendition/a-restart-keeps-it-and-clears-up", test_a_restart_keeps_it_and_clears_up);
    TEST("/rendition/what-is-no-media-is-refused-once", test_what_is_no_media_is_refused_once);
    TEST("/rendition/a-profile-of-another-kind-is-refused",
         test_a_profile_of_another_kind_is_refused);
    TEST("/rendition/a-stalled-or-dying-converter-costs-its-file",
         test_a_stalled_or_dying_converter_costs_its_file);
    TEST("/rendition/a-missing-encoder-is-named", test_a_missing_encoder_is_named);
    TEST("/rendition/an-older-encoders-file-stays", test_an_older_encoders_file_stays);
    return g_test_run();
}

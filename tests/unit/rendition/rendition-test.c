/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Real files, the real hearth-convert; what comes out is read again. */
#include "rendition-fixture.h"

#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "probe.h"

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

static HthMediaInfo *probe_item(RenditionFixture *fixture, const char *item, GBytes **out_picture)
{
    HthMediaFormat format;
    guint64 revision = 0;
    const int fd = rendition_open_item(item, &format, &revision, fixture, NULL);
    g_assert_cmpint(fd, >=, 0);
    HthMediaInfo *info = probe(fd, format, out_picture);
    close(fd);
    return info;
}

/* As ffprobe sees it, which decodes nothing but knows what players will say. */
static double seconds_of(RenditionFixture *fixture, int fd, const char *extension)
{
    g_autofree char *copy = g_strdup_printf("%s/files/copy.%s", fixture->dir, extension);
    g_autoptr(GBytes) bytes = rendition_read(fd);
    gsize size = 0;
    const char *data = g_bytes_get_data(bytes, &size);
    g_assert_true(g_file_set_contents(copy, data, (gssize)size, NULL));
    g_autofree char *line = g_strdup_printf(
        "ffmpeg -v error -xerror -i %s -f null - 2> heard; ffprobe -v error -of csv=p=0"
        " -show_entries format=duration,start_time %s | tr ',' ' ' |"
        " awk '{ print $2 - $1 }' > length; test ! -s heard",
        copy, copy);
    rendition_shell(fixture, line);
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
static void assert_converts(RenditionFixture *fixture, const char *item, const char *profile,
                            const char *essence, double seconds)
{
    g_auto(HthRendition) got = HTH_RENDITION_INIT;
    const HthRenditionProfile *known = hth_rendition_profile_find(profile);
    rendition_obtain(fixture, item, profile, essence, &got);
    g_test_message("%s as %s: %s", item, profile, got.problem != NULL ? got.problem : got.encoder);
    g_assert_cmpint(got.state, ==, HTH_RENDITION_READY);
    g_autoptr(GBytes) bytes = rendition_read(got.fd);
    HthDigest hash;
    hth_digest_of(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), &hash);
    g_assert_true(hth_digest_equal(&hash, &got.hash));
    g_assert_cmpint((gint64)g_bytes_get_size(bytes), ==, got.size_bytes);
    const double heard = seconds_of(fixture, got.fd, known->extension);
    g_assert_cmpfloat_with_epsilon(heard, seconds, 0.05);
    g_autoptr(HthMediaInfo) before = probe_item(fixture, item, NULL);
    g_autofree char *name = g_strdup_printf("x.%s", known->extension);
    g_autoptr(HthMediaInfo) after = probe(got.fd, rendition_format_of(name), NULL);
    assert_same_tags(after, before);
}

static void test_every_kind_of_sound(RenditionFixture *fixture, gconstpointer data)
{
    static const char *const lines[] = {
        RENDITION_SOUND "-ac 2" RENDITION_TAGS "a.flac",
        RENDITION_SOUND "-ac 2 -ar 96000 -sample_fmt s32 -f flac" RENDITION_TAGS "hi.flac",
        RENDITION_SOUND "-ac 2 -b:a 128k" RENDITION_TAGS "b.mp3",
        RENDITION_SOUND "-c:a libvorbis" RENDITION_TAGS "c.ogg",
        RENDITION_SOUND "-c:a libopus" RENDITION_TAGS "d.opus",
        RENDITION_SOUND "-c:a aac" RENDITION_TAGS "e.m4a",
        RENDITION_SOUND "-c:a alac -ac 2" RENDITION_TAGS "f.m4a",
        RENDITION_SOUND RENDITION_TAGS "g.wav",
        RENDITION_SOUND "-ar 22050 -ac 1" RENDITION_TAGS "h.aiff",
        RENDITION_SOUND "-c:a wmav2" RENDITION_TAGS "i.wma",
    };
    static const char *const items[] = { "a.flac", "hi.flac", "b.mp3", "c.ogg",  "d.opus",
                                         "e.m4a",  "f.m4a",   "g.wav", "h.aiff", "i.wma" };
    rendition_start(fixture, NULL, 0);
    for (guint i = 0; i < G_N_ELEMENTS(lines); i++) {
        rendition_shell(fixture, lines[i]);
        assert_converts(fixture, items[i], "opus-128", NULL, 7.3);
    }
}

static void test_every_profile(RenditionFixture *fixture, gconstpointer data)
{
    guint n = 0;
    const HthRenditionProfile *profiles = hth_rendition_profiles(&n);
    rendition_shell(fixture, RENDITION_SOUND "-ac 2" RENDITION_TAGS "a.flac");
    rendition_shell(
        fixture, "metaflac --set-tag='ARTIST=Second one' --set-tag='MUSICBRAINZ_ALBUMID=1234-abcd'"
                 " --set-tag='MUSICBRAINZ_TRACKID=77-88' --set-tag='COMPILATION=1'"
                 " --set-tag='REPLAYGAIN_TRACK_GAIN=-6.25 dB' a.flac");
    rendition_start(fixture, NULL, 0);
    for (guint i = 0; i < n; i++) {
        if (profiles[i].kind == HTH_MEDIA_AUDIO)
            assert_converts(fixture, "a.flac", profiles[i].name, NULL, 7.3);
    }
}

static void test_the_cover_comes_along(RenditionFixture *fixture, gconstpointer data)
{
    static const char *const profiles[] = { "opus-96", "aac-128", "mp3-192" };
    static const char *const names[] = { "x.opus", "x.m4a", "x.mp3" };
    rendition_shell(fixture, RENDITION_SOUND "-ac 2" RENDITION_TAGS "plain.flac");
    rendition_shell(fixture,
                    "ffmpeg -v error -f lavfi -i testsrc2=s=700x700:d=1 -frames:v 1 cover.jpg &&"
                    " cp plain.flac a.flac && metaflac --import-picture-from=cover.jpg a.flac");
    rendition_start(fixture, NULL, 0);
    g_autoptr(GBytes) cover = NULL;
    g_autoptr(HthMediaInfo) before = probe_item(fixture, "a.flac", &cover);
    g_assert_nonnull(cover);
    for (guint i = 0; i < G_N_ELEMENTS(profiles); i++) {
        assert_converts(fixture, "a.flac", profiles[i], "a.flac", 7.3);
        g_auto(HthRendition) got = HTH_RENDITION_INIT;
        rendition_obtain(fixture, "a.flac", profiles[i], "a.flac", &got);
        g_autoptr(GBytes) same = NULL;
        g_autoptr(HthMediaInfo) after = probe(got.fd, rendition_format_of(names[i]), &same);
        g_assert_true(same != NULL && g_bytes_equal(same, cover));
    }
}

static void test_the_same_comes_out_twice(RenditionFixture *fixture, gconstpointer data)
{
    static const char *const profiles[] = { "opus-128", "aac-192", "mp3-320" };
    rendition_shell(fixture, RENDITION_SOUND "-ac 2" RENDITION_TAGS "a.flac && cp a.flac b.flac");
    rendition_start(fixture, NULL, 0);
    for (guint i = 0; i < G_N_ELEMENTS(profiles); i++) {
        g_auto(HthRendition) a = HTH_RENDITION_INIT;
        g_auto(HthRendition) b = HTH_RENDITION_INIT;
        rendition_obtain(fixture, "a.flac", profiles[i], "one", &a);
        rendition_obtain(fixture, "b.flac", profiles[i], "another",
                         &b); /* so that it is made for itself */
        g_assert_true(hth_digest_equal(&a.hash, &b.hash));
    }
    g_auto(HthRenditionsStatus) status = { 0 };
    hth_renditions_status(fixture->renditions, &status);
    g_assert_cmpuint(status.n_done, ==, 6);
}

/* ---- Pictures ---- */

static void test_a_film_fits_into_720p(RenditionFixture *fixture, gconstpointer data)
{
    static const char *const makes[] = {
        " -c:v libx264 -preset ultrafast -c:a aac v.mp4",
        " -c:v libvpx -deadline realtime -c:a libvorbis v.webm",
        " -c:v libx264 -preset ultrafast -c:a libmp3lame v.mkv",
        " -c:v mpeg4 -c:a libmp3lame v.avi",
        " -c:v libx264 -preset ultrafast -c:a aac v.ts",
    };
    static const char *const items[] = { "v.mp4", "v.webm", "v.mkv", "v.avi", "v.ts" };
    rendition_start(fixture, NULL, 0);
    for (guint i = 0; i < G_N_ELEMENTS(makes); i++) {
        g_autofree char *line = g_strdup_printf(
            "ffmpeg -v error -f lavfi -i testsrc2=s=1440x900:r=25:d=1 -f lavfi -i sine=d=1%s",
            makes[i]);
        rendition_shell(fixture, line);
        g_auto(HthRendition) got = HTH_RENDITION_INIT;
        rendition_obtain(fixture, items[i], "h264-720p", NULL, &got);
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

static void test_a_photo_is_made_smaller(RenditionFixture *fixture, gconstpointer data)
{
    static const guint8 exif[] = "\xff\xe1\0\x5a"
                                 "Exif\0\0MM\0\x2a\0\0\0\x8\0\x2"
                                 "\x1\x12\0\x3\0\0\0\x1\0\x6\0\0"
                                 "\x87\x69\0\x4\0\0\0\x1\0\0\0\x26\0\0\0\0"
                                 "\0\x1\x90\x3\0\x2\0\0\0\x14\0\0\0\x38\0\0\0\0"
                                 "2019:05:06 07:08:09";
    rendition_shell(fixture,
                    "ffmpeg -v error -f lavfi -i testsrc2=s=3000x2000:d=1 -frames:v 1 bare.jpg");
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
    rendition_start(fixture, NULL, 0);
    g_autoptr(HthMediaInfo) before = probe_item(fixture, "p.jpg", NULL);
    g_assert_cmpstr(before->date, ==, "2019-05-06T07:08:09");
    g_assert_cmpuint(before->orientation, ==, 6);
    g_auto(HthRendition) got = HTH_RENDITION_INIT;
    rendition_obtain(fixture, "p.jpg", "photo-1080", NULL, &got);
    g_assert_cmpint(got.state, ==, HTH_RENDITION_READY);
    g_autoptr(HthMediaInfo) info = probe(got.fd, HTH_FORMAT_JPEG, NULL);
    g_assert_cmpuint(info->width, ==, 720);
    g_assert_cmpuint(info->height, ==, 1080);
    g_assert_cmpuint(info->orientation, ==, 1);
    g_assert_cmpstr(info->date, ==, before->date);
}

/* ---- Retags ---- */

static void test_a_retag_converts_nothing(RenditionFixture *fixture, gconstpointer data)
{
    static const char *const profiles[] = { "opus-128", "aac-192", "mp3-320" };
    rendition_start(fixture, NULL, 0);
    for (guint i = 0; i < G_N_ELEMENTS(profiles); i++) {
        rendition_shell(fixture, RENDITION_SOUND "-ac 2" RENDITION_TAGS "a.flac");
        g_auto(HthRendition) before = HTH_RENDITION_INIT;
        g_auto(HthRendition) after = HTH_RENDITION_INIT;
        rendition_obtain(fixture, "a.flac", profiles[i], "sound", &before);
        rendition_shell(fixture,
                        "metaflac --remove-tag=TITLE --set-tag='TITLE=Another name' a.flac");
        rendition_obtain(fixture, "a.flac", profiles[i], "sound", &after);
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
    RenditionFixture *fixture = data;
    fixture->head = head != NULL ? g_bytes_ref(head) : NULL;
    fixture->head_error = error != NULL ? g_error_copy(error) : NULL;
}

static void test_the_head_outlives_the_bytes(RenditionFixture *fixture, gconstpointer data)
{
    static const char *const profiles[] = { "opus-128", "aac-192", "mp3-320" };
    rendition_start(fixture, NULL, 0);
    for (guint i = 0; i < G_N_ELEMENTS(profiles); i++) {
        rendition_shell(fixture, RENDITION_SOUND "-ac 2" RENDITION_TAGS "a.flac");
        g_auto(HthRendition) old = HTH_RENDITION_INIT;
        rendition_obtain(fixture, "a.flac", profiles[i], "sound", &old);
        g_autoptr(GBytes) old_bytes = rendition_read(old.fd);
        hth_renditions_set_limit(fixture->renditions, 1);
        hth_renditions_set_limit(fixture->renditions, 1 << 30);
        rendition_shell(fixture,
                        "metaflac --remove-tag=TITLE --set-tag='TITLE=Another name' a.flac");

        g_auto(HthRendition) known = HTH_RENDITION_INIT;
        g_assert_true(
            rendition_request(fixture, "a.flac", profiles[i], "sound", TRUE, &known, NULL));
        g_assert_cmpint(known.state, ==, HTH_RENDITION_KNOWN);
        g_assert_true(known.is_stale);
        g_assert_true(hth_digest_equal(&known.hash, &old.hash));

        HthDigest essence;
        rendition_essence("sound", &essence);
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
        rendition_obtain(fixture, "a.flac", profiles[i], "sound", &anew);
        g_autoptr(GBytes) wanted = rendition_read(anew.fd);
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

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name, function)                                                                       \
    g_test_add(name, RenditionFixture, NULL, rendition_set_up, function, rendition_tear_down)
    TEST("/rendition/every-kind-of-sound-keeps-its-length-and-tags", test_every_kind_of_sound);
    TEST("/rendition/every-profile-keeps-length-and-tags", test_every_profile);
    TEST("/rendition/the-cover-comes-along", test_the_cover_comes_along);
    TEST("/rendition/the-same-comes-out-twice", test_the_same_comes_out_twice);
    TEST("/rendition/a-film-fits-into-720p", test_a_film_fits_into_720p);
    TEST("/rendition/a-photo-is-made-smaller", test_a_photo_is_made_smaller);
    TEST("/rendition/a-retag-converts-nothing", test_a_retag_converts_nothing);
    TEST("/rendition/the-head-outlives-the-bytes", test_the_head_outlives_the_bytes);
    return g_test_run();
}

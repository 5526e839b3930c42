/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/reframe.h"

#include "base/error.h"
#include "media/packet-cursors.h"
#include "tool-fixture.h"

#include <string.h>

#define SOUND TOOL_FFMPEG "-f lavfi -i anoisesrc=d=20:r=48000:a=0.3,lowpass=2000 -c:a aac -b:a 64k "
#define FILM                                                                                       \
    TOOL_FFMPEG "-f lavfi -i testsrc2=s=64x48:r=24:d=10 -f lavfi -i sine=d=10 -c:a aac "           \
                "-c:v libx264 -bf 2 -g 48 -preset ultrafast "

static HthMediaFormat format_of(const char *name)
{
    return strstr(name, ".mk") != NULL ? HTH_FORMAT_MATROSKA : HTH_FORMAT_MP4;
}

static gboolean append(const guint8 *bytes, gsize n, gpointer data, GError **error)
{
    g_byte_array_append(data, bytes, (guint)n);
    return TRUE;
}

static GByteArray *make_program(HthByteSource *source, const char *name)
{
    GByteArray *program = g_byte_array_new();
    g_autoptr(HthReframeMaker) maker = hth_reframe_maker_new(source, format_of(name));
    g_assert_nonnull(maker);
    g_assert_true(hth_reframe_maker_range(maker, 0, hth_byte_source_size(source), program));
    return program;
}

/* Makes the file @to out of @from and checks it; returns the size of the program. */
static guint reframe(ToolFixture *fixture, const char *from, const char *to)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HthByteSource) old = tool_fixture_open(fixture, from);
    g_autoptr(HthByteSource) new = tool_fixture_open(fixture, to);
    g_autoptr(GBytes) expected = tool_fixture_read(fixture, to);
    g_autoptr(GByteArray) program = make_program(new, to);
    g_autoptr(HthReframe) run = hth_reframe_new(old, format_of(from), &error);
    g_assert_no_error(error);
    GByteArray *made = g_byte_array_new();
    hth_reframe_run(run, program->data, program->len, g_bytes_get_size(expected), append, made,
                    &error);
    g_autoptr(GBytes) result = g_byte_array_free_to_bytes(made);
    g_assert_no_error(error);
    g_assert_true(g_bytes_equal(result, expected));
    g_test_message("%s -> %s: %zu bytes by a program of %u", from, to, g_bytes_get_size(expected),
                   program->len);
    return program->len;
}

static void test_sound(ToolFixture *fixture, gconstpointer data)
{
    tool_fixture_run(fixture, SOUND "a.m4a");
    tool_fixture_run(fixture, TOOL_FFMPEG "-i a.m4a -c copy a.mka");
    tool_fixture_run(fixture, TOOL_FFMPEG "-i a.mka -c copy b.m4a");
    tool_fixture_run(fixture, TOOL_FFMPEG "-i a.mka -c copy b.mka");
    g_assert_cmpuint(reframe(fixture, "a.m4a", "a.mka"), <, 4096);
    g_assert_cmpuint(reframe(fixture, "a.mka", "b.m4a"), <, 2048);
    g_assert_cmpuint(reframe(fixture, "a.mka", "b.mka"), <, 4096);
    g_assert_cmpuint(reframe(fixture, "a.m4a", "a.m4a"), <, 2048);
}

static void test_film(ToolFixture *fixture, gconstpointer data)
{
    tool_fixture_run(fixture, FILM "a.mp4");
    tool_fixture_run(fixture, TOOL_FFMPEG "-i a.mp4 -c copy a.mkv");
    tool_fixture_run(fixture, TOOL_FFMPEG "-i a.mkv -c copy b.mp4");
    g_assert_cmpuint(reframe(fixture, "a.mp4", "a.mkv"), <, 8192);
    g_assert_cmpuint(reframe(fixture, "a.mkv", "b.mp4"), <, 16384);
}

static void test_laces(ToolFixture *fixture, gconstpointer data)
{
    if (!tool_fixture_has("mkvmerge"))
        return;
    tool_fixture_run(fixture, SOUND "a.m4a");
    tool_fixture_run(fixture, "mkvmerge -q -o laced.mka a.m4a");
    tool_fixture_run(fixture, TOOL_FFMPEG "-i laced.mka -c copy plain.mka");
    g_assert_cmpuint(reframe(fixture, "laced.mka", "plain.mka"), <, 4096);
    g_assert_cmpuint(reframe(fixture, "plain.mka", "laced.mka"), <, 16384);
}

/* Where the first cluster at or after @from begins; @size: there is none. */
static guint64 next_cluster(const guint8 *bytes, guint64 from, guint64 size)
{
    for (; from + 4 <= size; from++)
        if (memcmp(bytes + from, "\x1F\x43\xB6\x75", 4) == 0)
            return from;
    return size;
}

/* Ranges that are left out or rejected have packets that later programs must not use. */
static void test_ranges(ToolFixture *fixture, gconstpointer data)
{
    tool_fixture_run(fixture, FILM "a.mp4");
    tool_fixture_run(fixture, TOOL_FFMPEG "-i a.mp4 -c copy -cluster_time_limit 800 a.mkv");
    g_autoptr(HthByteSource) old = tool_fixture_open(fixture, "a.mp4");
    g_autoptr(HthByteSource) new = tool_fixture_open(fixture, "a.mkv");
    g_autoptr(GBytes) expected = tool_fixture_read(fixture, "a.mkv");
    const guint8 *bytes = g_bytes_get_data(expected, NULL);
    g_autoptr(HthReframeMaker) maker = hth_reframe_maker_new(new, HTH_FORMAT_MATROSKA);
    g_autoptr(HthReframe) run = hth_reframe_new(old, HTH_FORMAT_MP4, NULL);
    const guint64 size = hth_byte_source_size(new);
    guint n_used = 0;
    guint64 offset = next_cluster(bytes, 0, size);
    for (guint i = 0; offset < size; i++) {
        const guint64 end = next_cluster(bytes, offset + 4, size);
        g_autoptr(GByteArray) program = g_byte_array_new();
        g_autoptr(GByteArray) made = g_byte_array_new();
        if (i % 4 == 1) /* inside of a packet */
            g_assert_false(hth_reframe_maker_range(maker, offset, end - 7, program));
        else if (i % 4 != 2)
            g_assert_true(hth_reframe_maker_range(maker, offset, end, program));
        if (i % 4 < 2)
            hth_reframe_maker_reject(maker);
        else if (i % 4 == 3) {
            g_assert_true(hth_reframe_run(run, program->data, program->len, end - offset, append,
                                          made, NULL));
            g_assert_cmpmem(made->data, made->len, bytes + offset, end - offset);
            n_used++;
        }
        offset = end;
    }
    g_assert_cmpuint(n_used, >, 1);
}

static void test_other_file(ToolFixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    tool_fixture_run(fixture, SOUND "-t 2 a.m4a");
    tool_fixture_run(fixture, SOUND "-t 1 shorter.m4a");
    g_autoptr(HthByteSource) new = tool_fixture_open(fixture, "a.m4a");
    g_autoptr(HthByteSource) old = tool_fixture_open(fixture, "shorter.m4a");
    g_autoptr(GByteArray) program = make_program(new, "a.m4a");
    g_autoptr(HthReframe) run = hth_reframe_new(old, HTH_FORMAT_MP4, &error);
    g_autoptr(GByteArray) made = g_byte_array_new();
    g_assert_false(hth_reframe_run(run, program->data, program->len, hth_byte_source_size(new),
                                   append, made, &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_CORRUPT);
    g_assert_cmpuint(made->len, <=, hth_byte_source_size(new));

    g_clear_error(&error);
    g_assert_null(hth_reframe_new(old, HTH_FORMAT_MATROSKA, &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_CORRUPT);
}

static void test_hostile_programs(ToolFixture *fixture, gconstpointer data)
{
    static const struct {
        const char *bytes;
        gsize n;
    } programs[] = {
        { "\x00\x05"
          "abc",
          5 },                                              /* a literal longer than the program */
        { "\x10\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 10 }, /* 2^63 packets */
        { "\x20\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 10 }, /* their lengths */
        { "\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11 }, /* a number of 64 bits */
        { "\x1f\x01", 2 },                                      /* a stream that is not there */
        { "\x70\x01", 2 },                                      /* no such operation */
        { "\x30", 1 },                                          /* no number */
        { "\x30\xff\xff\xff\x7f", 5 },                          /* a time beyond 16 bits */
        { "\x00\x01z", 3 },                                     /* too short */
        { "", 0 },
    };
    tool_fixture_run(fixture, SOUND "-t 1 a.m4a");
    g_autoptr(HthByteSource) old = tool_fixture_open(fixture, "a.m4a");
    for (guint i = 0; i < G_N_ELEMENTS(programs); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GByteArray) made = g_byte_array_new();
        g_autoptr(HthReframe) run = hth_reframe_new(old, HTH_FORMAT_MP4, NULL);
        g_assert_false(hth_reframe_run(run, (const guint8 *)programs[i].bytes, programs[i].n, 1000,
                                       append, made, &error));
        g_assert_error(error, HTH_ERROR, HTH_ERROR_CORRUPT);
        g_assert_cmpuint(made->len, <=, 1000);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, test)                                                                            \
    g_test_add("/reframe/" name, ToolFixture, NULL, tool_fixture_set_up, test,                     \
               tool_fixture_tear_down)
    ADD("sound-moves-between-containers-without-its-packets", test_sound);
    ADD("film-moves-between-containers-without-its-packets", test_film);
    ADD("laced-blocks-are-the-same-packets", test_laces);
    ADD("what-is-left-out-is-passed", test_ranges);
    ADD("another-file-than-the-old-one-is-refused", test_other_file);
    ADD("a-program-from-anyone-ends", test_hostile_programs);
#undef ADD
    return g_test_run();
}

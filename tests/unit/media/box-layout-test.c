/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Layouts of MP4 and Matroska files as tools make them. */
#include "media/recipe.h"

#include "tool-fixture.h"

#include <string.h>

#define SOUND TOOL_FFMPEG "-f lavfi -i anoisesrc=d=20:r=48000:a=0.3,lowpass=2000 -c:a aac "
#define FILM                                                                                       \
    TOOL_FFMPEG "-f lavfi -i testsrc2=s=64x48:r=24:d=10 -f lavfi -i sine=d=10 -c:a aac "           \
                "-c:v libx264 -g 48 -preset ultrafast "

static HthLayout *read_layout(ToolFixture *fixture, const char *name)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HthByteSource) source = tool_fixture_open(fixture, name);
    const HthMediaFormat format =
        strstr(name, ".mk") != NULL ? HTH_FORMAT_MATROSKA : HTH_FORMAT_MP4;
    HthLayout *layout = hth_layout_read(source, format, NULL, NULL, &error);
    g_assert_no_error(error);
    return layout;
}

static guint count_regions(const HthLayout *layout, HthRegionKind kind)
{
    guint n = 0;
    for (guint i = 0; i < layout->regions->len; i++)
        n += g_array_index(layout->regions, HthRegion, i).kind == kind;
    return n;
}

static void assert_same_essence(ToolFixture *fixture, const char *a, const char *b)
{
    g_autoptr(HthLayout) first = read_layout(fixture, a);
    g_autoptr(HthLayout) second = read_layout(fixture, b);
    g_test_message("%s, %s", a, b);
    g_assert_true(first->has_essence && second->has_essence);
    g_assert_true(hth_digest_equal(&first->essence, &second->essence));
    g_assert_false(hth_digest_equal(&first->file_digest, &second->file_digest));
}

static void test_essence(ToolFixture *fixture, gconstpointer data)
{
    tool_fixture_run(fixture, FILM "a.mp4");
    tool_fixture_run(fixture, TOOL_FFMPEG "-i a.mp4 -c copy -movflags +faststart first.mp4");
    tool_fixture_run(fixture, TOOL_FFMPEG "-i a.mp4 -c copy -movflags frag_keyframe+empty_moov "
                                          "fragments.mp4");
    tool_fixture_run(fixture, TOOL_FFMPEG "-i a.mp4 -c copy -movflags "
                                          "frag_keyframe+empty_moov+default_base_moof base.mp4");
    tool_fixture_run(fixture, TOOL_FFMPEG "-i a.mp4 -c copy a.mkv");
    tool_fixture_run(fixture, TOOL_FFMPEG "-i a.mp4 -c copy -f matroska - | cat > unknown.mkv");
    assert_same_essence(fixture, "a.mp4", "first.mp4");
    assert_same_essence(fixture, "a.mp4", "fragments.mp4");
    assert_same_essence(fixture, "a.mp4", "base.mp4");
    assert_same_essence(fixture, "a.mp4", "a.mkv");
    assert_same_essence(fixture, "a.mp4", "unknown.mkv");
}

static void test_codecs(ToolFixture *fixture, gconstpointer data)
{
    static const char *const codecs[] = { "libopus", "flac -strict -2", "alac", "ac3",
                                          "libmp3lame" };
    for (guint i = 0; i < G_N_ELEMENTS(codecs); i++) {
        tool_fixture_run(fixture, TOOL_FFMPEG "-f lavfi -i sine=d=2:r=48000 -c:a %s -f mp4 a.mp4",
                         codecs[i]);
        tool_fixture_run(fixture, TOOL_FFMPEG "-i a.mp4 -c copy a.mka");
        assert_same_essence(fixture, "a.mp4", "a.mka");
    }
}

/* Packets as before, but one byte of one of them. */
static void test_other_packets(ToolFixture *fixture, gconstpointer data)
{
    tool_fixture_run(fixture, SOUND "a.m4a");
    tool_fixture_run(fixture, "cp a.m4a b.m4a; printf x | "
                              "dd of=b.m4a bs=1 seek=50000 conv=notrunc status=none");
    g_autoptr(HthLayout) first = read_layout(fixture, "a.m4a");
    g_autoptr(HthLayout) second = read_layout(fixture, "b.m4a");
    g_assert_true(first->has_essence && second->has_essence);
    g_assert_false(hth_digest_equal(&first->essence, &second->essence));
}

static void test_tables(ToolFixture *fixture, gconstpointer data)
{
    tool_fixture_run(fixture, FILM "-movflags +faststart a.mp4");
    tool_fixture_run(fixture, FILM "-t 10 -g 2 -cluster_time_limit 100 a.mkv");
    g_autoptr(HthLayout) mp4 = read_layout(fixture, "a.mp4");
    g_assert_cmpuint(count_regions(mp4, HTH_REGION_OFFSETS), ==, 2); /* a track's each */
    g_assert_cmpuint(mp4->metadata->len, <, 8192);
    g_autoptr(HthLayout) mkv = read_layout(fixture, "a.mkv");
    g_assert_cmpuint(count_regions(mkv, HTH_REGION_OFFSETS), ==, 1);
}

static void test_picture(ToolFixture *fixture, gconstpointer data)
{
    if (!tool_fixture_has("mkvpropedit"))
        return;
    tool_fixture_run(fixture, TOOL_FFMPEG "-f lavfi -i mandelbrot=s=200x200 -frames:v 1 c.png");
    tool_fixture_run(fixture, SOUND "plain.m4a");
    tool_fixture_run(fixture, TOOL_FFMPEG "-i plain.m4a -i c.png -map 0 -map 1 -c copy "
                                          "-disposition:v attached_pic a.m4a");
    tool_fixture_run(fixture, TOOL_FFMPEG "-i plain.m4a -c copy a.mka");
    tool_fixture_run(fixture, "mkvpropedit -q a.mka --attachment-mime-type image/png "
                              "--add-attachment c.png");
    g_autoptr(GBytes) picture = tool_fixture_read(fixture, "c.png");
    HthDigest digest;
    hth_digest_of(g_bytes_get_data(picture, NULL), g_bytes_get_size(picture), &digest);
    static const char *const names[] = { "a.m4a", "a.mka" };
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(HthLayout) layout = read_layout(fixture, names[i]);
        g_assert_cmpuint(count_regions(layout, HTH_REGION_PICTURE), ==, 1);
        const HthPicturePart *part = &g_array_index(layout->parts, HthPicturePart, 0);
        g_assert_true(hth_digest_equal(&part->digest, &digest));
    }
    assert_same_essence(fixture, "plain.m4a", "a.m4a");
    assert_same_essence(fixture, "plain.m4a", "a.mka");
}

/* Cut short they are no whole files: MP4 is cut by content, Matroska is read as far as it goes. */
static void test_cut_short(ToolFixture *fixture, gconstpointer data)
{
    tool_fixture_run(fixture, SOUND "a.m4a");
    tool_fixture_run(fixture, TOOL_FFMPEG "-i a.m4a -c copy a.mka");
    tool_fixture_run(fixture, "head -c 100000 a.m4a > cut.m4a; head -c 100000 a.mka > cut.mka");
    g_autoptr(HthLayout) mp4 = read_layout(fixture, "cut.m4a");
    g_assert_cmpint(mp4->cutter.id, !=, 0);
    g_assert_false(mp4->has_essence);
    g_autoptr(HthLayout) mkv = read_layout(fixture, "cut.mka");
    g_assert_cmpuint(mkv->regions->len, >, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, test)                                                                            \
    g_test_add("/box-layout/" name, ToolFixture, NULL, tool_fixture_set_up, test,                  \
               tool_fixture_tear_down)
    ADD("the-essence-is-the-same-in-every-framing", test_essence);
    ADD("codecs-are-the-same-in-both-containers", test_codecs);
    ADD("other-packets-are-another-essence", test_other_packets);
    ADD("tables-of-positions-are-not-kept", test_tables);
    ADD("artwork-is-a-picture-and-no-essence", test_picture);
    ADD("a-file-cut-short-has-a-layout", test_cut_short);
#undef ADD
    return g_test_run();
}

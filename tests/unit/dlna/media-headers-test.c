/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media-headers.h"

#include <string.h>

#include "fake-home.h"

typedef struct {
    const char *object;
    const char *type;
    const char *header; /* "NAME: VALUE", or several joined by "; and " */
    guint status;       /* 0: let through */
} Rule;

static const Rule rules[] = {
    { "song", "audio/mpeg", NULL, 0 },
    { "song", "audio/mpeg", "getcontentFeatures.dlna.org: 1", 0 },
    { "song", "audio/mpeg", "getcontentFeatures.dlna.org: 0", 400 },
    { "song", "audio/mpeg", "getcontentFeatures.dlna.org: yes", 400 },
    { "song", "audio/mpeg", "transferMode.dlna.org: Streaming", 0 },
    { "song", "audio/mpeg", "transferMode.dlna.org: streaming", 0 },
    { "song", "audio/mpeg", "transferMode.dlna.org: Background", 0 },
    { "song", "audio/mpeg", "transferMode.dlna.org: Interactive", 406 },
    { "song", "audio/mpeg", "transferMode.dlna.org: Slow", 400 },
    { "jpeg", "image/jpeg", "transferMode.dlna.org: Interactive", 0 },
    { "jpeg", "image/jpeg", "transferMode.dlna.org: Streaming", 406 },
    { "jpeg", "image/jpeg", "realTimeInfo.dlna.org: DLNA.ORG_TLAG=*", 400 },
    { "song", "audio/mpeg", "realTimeInfo.dlna.org: DLNA.ORG_TLAG=*", 0 },
    { "song", "audio/mpeg", "TimeSeekRange.dlna.org: npt=10-", 406 },
    { "song", "audio/mpeg", "TimeSeekRange.dlna.org: npt=10-; and Range: bytes=0-", 0 },
    { "song", "audio/mpeg", "PlaySpeed.dlna.org: speed=2", 406 },
    { "song", "audio/mpeg", "PlaySpeed.dlna.org: speed=1", 0 },
    { "song", "audio/mpeg", "PlaySpeed.dlna.org: fast", 400 },
    { "film", "video/mp4", "User-Agent: SEC_HHP_[TV]; and transferMode.dlna.org: Interactive", 0 },
};

static void add_headers(HthHttpRequest *request, const char *headers)
{
    g_auto(GStrv) lines = g_strsplit(headers != NULL ? headers : "", "; and ", -1);
    for (guint i = 0; lines[i] != NULL; i++) {
        g_auto(GStrv) parts = g_strsplit(lines[i], ": ", 2);
        fake_request_header(request, parts[0], parts[1]);
    }
}

/* Asks as HEAD and as GET: what comes back must be the same. */
static HthHttpRequest *ask(FakeHome *home, const char *method, const char *path, const char *object,
                           const char *type, const char *headers)
{
    HthHttpRequest *request = fake_request_new(method, path);
    add_headers(request, headers);
    HthMediaAnswer answer = { .content_type = type,
                              .object = object != NULL ? fake_home_object(home, object) : NULL,
                              .route =
                                  object != NULL ? HTH_MEDIA_ROUTE_ITEM : HTH_MEDIA_ROUTE_ARTWORK };
    const gboolean is_passed = fake_home_media(home, request, &answer);
    g_assert_true(is_passed == (request->status == 0));
    g_free(answer.replaced_content_type);
    return request;
}

static void test_keeps_the_rules(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(rules); i++) {
        static const char *const methods[] = { "HEAD", "GET" };
        for (guint m = 0; m < G_N_ELEMENTS(methods); m++) {
            g_autoptr(FakeHome) home = fake_home_new();
            g_autoptr(HthHttpRequest) request =
                ask(home, methods[m], "/m/x/original.x", rules[i].object, rules[i].type,
                    rules[i].header);
            if (request->status != rules[i].status)
                g_error("%s: %u, not %u", rules[i].header, request->status, rules[i].status);
        }
    }
}

static void assert_header(HthHttpRequest *request, const char *name, const char *value)
{
    g_assert_cmpstr(fake_request_answer_header(request, name), ==, value);
}

static void test_av_streams(void)
{
    g_autoptr(FakeHome) home = fake_home_new();
    g_autoptr(HthHttpRequest) request =
        ask(home, "HEAD", "/m/song/original.mp3", "song", "audio/mpeg", NULL);
    assert_header(request, "transferMode.dlna.org", "Streaming");
    assert_header(request, "realTimeInfo.dlna.org", "DLNA.ORG_TLAG=*");
    assert_header(request, "contentFeatures.dlna.org",
                  "DLNA.ORG_PN=MP3;DLNA.ORG_OP=01;DLNA.ORG_CI=0;"
                  "DLNA.ORG_FLAGS=01700000000000000000000000000000");
}

typedef struct {
    const char *path;
    const char *profile;
    char conversion;
} Picture;

static const Picture pictures[] = {
    { "/m/jpeg/jpeg-160.jpg", "JPEG_TN", '1' },   { "/m/jpeg/jpeg-1024.jpg", "JPEG_MED", '1' },
    { "/m/heic/jpeg-1024.jpg", "JPEG_LRG", '1' }, { "/m/heic/jpeg-4096.jpg", "JPEG_LRG", '1' },
    { "/a/art1/160.jpg", "JPEG_TN", '1' },        { "/a/art1/640.jpg", "JPEG_MED", '1' },
    { "/a/art1/4096.jpg", "JPEG_LRG", '1' },
};

static void test_pictures_are_fetched(void)
{
    g_autoptr(FakeHome) home = fake_home_new();
    for (guint i = 0; i < G_N_ELEMENTS(pictures); i++) {
        g_autoptr(HthHttpRequest) request =
            ask(home, "GET", pictures[i].path, NULL, "image/jpeg", NULL);
        assert_header(request, "transferMode.dlna.org", "Interactive");
        assert_header(request, "realTimeInfo.dlna.org", NULL);
        g_autofree char *features =
            g_strdup_printf("DLNA.ORG_PN=%s;DLNA.ORG_OP=01;DLNA.ORG_CI=%c;"
                            "DLNA.ORG_FLAGS=00F00000000000000000000000000000",
                            pictures[i].profile, pictures[i].conversion);
        assert_header(request, "contentFeatures.dlna.org", features);
    }
}

static void test_subtitles_have_the_type_of_their_res(void)
{
    g_autoptr(FakeHome) home = fake_home_new();
    HthObject object = { .class = HTH_OBJECT_VIDEO,
                         .kind = HTH_MEDIA_SUBTITLE,
                         .format = HTH_FORMAT_SRT };
    g_autoptr(HthHttpRequest) request = fake_request_new("GET", "/m/subsubsubsub1/original.srt");
    HthMediaAnswer answer = { .object = &object, .content_type = "application/x-subrip" };
    g_assert_true(fake_home_media(home, request, &answer));
    g_assert_cmpstr(answer.replaced_content_type, ==, "text/srt");
    g_free(answer.replaced_content_type);
}

static void test_the_mode_asked_for_comes_back(void)
{
    g_autoptr(FakeHome) home = fake_home_new();
    g_autoptr(HthHttpRequest) request = ask(home, "GET", "/m/song/original.mp3", "song",
                                            "audio/mpeg", "transferMode.dlna.org: Background");
    assert_header(request, "transferMode.dlna.org", "Background");
}

/* For every item of the home and several clients: the fourth field and the type of the first res
 * are what the file is served with. */
static void test_headers_equal_the_didl(void)
{
    static const char *const items[] = { "song", "ogg", "wav", "film", "mkv", "avi",
                                         "ts",   "ps",  "mov", "ts2",  "jpeg" };
    static const char *const agents[] = { NULL, "User-Agent: SEC_HHP_[TV]",
                                          "User-Agent: LGE_DLNA_SDK/1.6.0",
                                          "User-Agent: PLAYSTATION 3",
                                          "User-Agent: fbxupnpav/1.0" };
    for (guint i = 0; i < G_N_ELEMENTS(items) * G_N_ELEMENTS(agents); i++) {
        const char *item = items[i % G_N_ELEMENTS(items)];
        const char *agent = agents[i / G_N_ELEMENTS(items)];
        g_autoptr(FakeHome) home = fake_home_new();
        g_autofree char *didl = fake_home_metadata(home, agent, item);
        g_autoptr(HthHttpRequest) request = fake_request_new("HEAD", "/m/x/original.x");
        add_headers(request, agent);
        HthMediaAnswer answer = { .content_type = strcmp(item, "jpeg") == 0 ? "image/x" : "video/x",
                                  .object = fake_home_object(home, item) };
        g_assert_true(fake_home_media(home, request, &answer));
        g_autofree char *expected =
            g_strdup_printf("<res protocolInfo=\"http-get:*:%s:%s\"", answer.replaced_content_type,
                            fake_request_answer_header(request, "contentFeatures.dlna.org"));
        if (strstr(didl, expected) == NULL)
            g_error("%s is not in %s", expected, didl);
        g_free(answer.replaced_content_type);
    }
}

static void test_captions_and_length_are_told(void)
{
    g_autoptr(FakeHome) home = fake_home_new();
    static const char *const methods[] = { "HEAD", "GET" };
    for (guint i = 0; i < G_N_ELEMENTS(methods); i++) {
        g_autoptr(HthHttpRequest) request =
            ask(home, methods[i], "/m/film/original.mp4", "film", "video/mp4",
                "getCaptionInfo.sec: 1; and getMediaInfo.sec: 1");
        assert_header(request, "CaptionInfo.sec",
                      "http://192.0.2.5:8200/m/subsubsubsub1/original.srt");
        assert_header(request, "MediaInfo.sec", "SEC_Duration=3725004;");
    }
    g_autoptr(HthHttpRequest) without =
        ask(home, "HEAD", "/m/mkv/original.mkv", "mkv", "video/x", "getCaptionInfo.sec: 1");
    assert_header(without, "CaptionInfo.sec", NULL);
}

static void test_hidden_devices_are_refused(void)
{
    g_autoptr(FakeHome) home = fake_home_new();
    fake_home_set_policy(home, HTH_DEVICE_HIDDEN);
    g_autoptr(HthHttpRequest) hidden =
        ask(home, "GET", "/m/song/original.mp3", "song", "audio/mpeg", NULL);
    g_assert_cmpuint(hidden->status, ==, 403);
    fake_home_set_policy(home, HTH_DEVICE_WAITING);
    g_autoptr(HthHttpRequest) waiting =
        ask(home, "GET", "/a/art1/160.jpg", NULL, "image/jpeg", NULL);
    g_assert_cmpuint(waiting->status, ==, 403);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/media-headers/keeps-the-rules", test_keeps_the_rules);
    g_test_add_func("/media-headers/av-streams", test_av_streams);
    g_test_add_func("/media-headers/pictures-are-fetched", test_pictures_are_fetched);
    g_test_add_func("/media-headers/subtitles-have-the-type-of-their-res",
                    test_subtitles_have_the_type_of_their_res);
    g_test_add_func("/media-headers/the-mode-asked-for-comes-back",
                    test_the_mode_asked_for_comes_back);
    g_test_add_func("/media-headers/headers-equal-the-didl", test_headers_equal_the_didl);
    g_test_add_func("/media-headers/captions-and-length-are-told",
                    test_captions_and_length_are_told);
    g_test_add_func("/media-headers/hidden-devices-are-refused", test_hidden_devices_are_refused);
    return g_test_run();
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every file of data/clients.d: how its client is told, and how its answer differs from everyone's.
 */
#include "client-table.h"

#include <glib/gstdio.h>
#include <string.h>

#include "fake-home.h"

/* The answers in which a difference can show. */
typedef enum {
    AT_BROWSE,   /* DIDL of the container's children */
    AT_METADATA, /* DIDL of the object */
    AT_RAW,      /* the whole SOAP answer to Browse of the container's children */
    AT_DEVICE,   /* the description */
    AT_MEDIA,    /* headers of the item's original, one a line */
} Place;

typedef struct {
    const char *client; /* the file's name */
    const char *header; /* by which it is told; NULL: by its model name */
    const char *model;
    Place place;
    const char *object;
    const char *has;     /* in this client's answer and not in the default; NULL: none */
    const char *has_not; /* in the default and not in this client's; NULL: none */
} Difference;

#define SAMSUNG   "User-Agent: SEC_HHP_[TV] UE40D7000/1.0"
#define SAMSUNG_Q "User-Agent: SEC_HHP_[TV] Samsung Q7 Series (65)/1.0 UPnP/1.0"
#define BRAVIA                                                                                     \
    "X-AV-Client-Info: av=\"5.0\"; cn=\"Sony Corporation\"; mn=\"BRAVIA KDL-40HX750\"; mv=\"1.7\""
#define SONY_BDP                                                                                   \
    "X-AV-Client-Info: av=\"5.0\"; cn=\"Sony Computer\"; mn=\"Blu-ray Disc Player\"; mv=\"2.0\""
#define LG        "User-Agent: Linux/3.10.19 UPnP/1.0 LGE_DLNA_SDK/1.6.0"
#define XBOX      "User-Agent: Xbox/2.0.17559.0 UPnP/1.0 Xbox/2.0.17559.0"
#define XBOX_ONE  "User-Agent: NSPlayer/12.00.9600.16384 WMFSDK/12.00"
#define PANASONIC "User-Agent: Panasonic MIL DLNA CP UPnP/1.0 DLNADOC/1.50"
#define HYUNDAI   "FriendlyName.DLNA.ORG: HYUNDAITV"
#define KODI      "User-Agent: UPnP/1.0 DLNADOC/1.50 Kodi"
#define FRONTIER  "User-Agent: FSL DLNADOC/1.50 UPnP Stack/1.0"

static const Difference differences[] = {
    { "asus-oplay", "User-Agent: O!Play", NULL, AT_BROWSE, "music-all",
      "<dc:title>Freddie Freeloader.mp3</dc:title>", "<dc:title>Freddie Freeloader</dc:title>" },
    { "asus-oplay", "User-Agent: O!Play", NULL, AT_METADATA, "film",
      "<dc:title>A film with a long .mp4</dc:title>", NULL },
    { "bose", "User-Agent: Allegro-Software-WebClient/4.61 DLNADOC/1.00", NULL, AT_DEVICE, NULL,
      "<modelName>Windows Media Player Sharing</modelName>", "<modelName>hearth</modelName>" },
    { "bubbleupnp", "User-Agent: BubbleUPnP UPnP/1.1", NULL, AT_METADATA, "film",
      "<sec:CaptionInfoEx sec:type=\"srt\">http://192.0.2.5:8200/m/subsubsubsub1/original.srt",
      NULL },
    { "denon-marantz", "User-Agent: Allegro-Software-RomPlug/4.34", NULL, AT_BROWSE, "0",
      "id=\"music-all\" parentID=\"0\"", "id=\"video\"" },
    { "denon-marantz", NULL, "Marantz SR7005", AT_METADATA, "0", "childCount=\"2\"",
      "childCount=\"3\"" },
    { "freebox", "User-Agent: fbxupnpav/1.0", NULL, AT_METADATA, "heic",
      "JPEG_LRG;DLNA.ORG_OP=01;DLNA.ORG_CI=0", "DLNA.ORG_CI=1" },
    { "freebox", "User-Agent: fbxupnpav/1.0", NULL, AT_METADATA, "ts",
      "http-get:*:video/mp2t:", "DLNA.ORG_PN=AVC_TS" },
    { "frontier-silicon", FRONTIER, NULL, AT_METADATA, "jpeg", "<dc:date>2020-05-31</dc:date>",
      "2020-05-31T" },
    { "frontier-silicon", FRONTIER, NULL, AT_RAW, "music-all", NULL, "<?xml" },
    { "hyundai", HYUNDAI, NULL, AT_METADATA, "film", "<dc:title>A film with a long .mp4</dc:title>",
      NULL },
    { "kodi", KODI, NULL, AT_METADATA, "film",
      "<upnp:lastPlaybackPosition>61</upnp:lastPlaybackPosition>",
      "<upnp:lastPlaybackPosition>0:01:01.500</upnp:lastPlaybackPosition>" },
    { "kodi", KODI, NULL, AT_METADATA, "film", NULL, "JPEG_TN" },
    { "lg", LG, NULL, AT_METADATA, "film", NULL, "DLNA.ORG_PN=" },
    { "lg", LG, NULL, AT_METADATA, "ogg", "http-get:*:application/ogg:", "http-get:*:audio/ogg:" },
    { "lg", LG, NULL, AT_METADATA, "film", "<dc:title>A film with a long title of many words.mp4<",
      NULL },
    { "lg", LG, NULL, AT_MEDIA, "ogg", "type: application/ogg", NULL },
    { "lg", NULL, "OLED55C5", AT_METADATA, "film", NULL, "DLNA.ORG_PN=" },
    { "movian", "User-Agent: Movian/5.0 Linux", NULL, AT_RAW, "0&sort=+foo:bar",
      "<NumberReturned>3</NumberReturned>", "<errorCode>709</errorCode>" },
    { "panasonic", PANASONIC, NULL, AT_METADATA, "film",
      "pv:subtitleFileType=\"SRT\" "
      "pv:subtitleFileUri=\"http://192.0.2.5:8200/m/subsubsubsub1/original.srt\"",
      "http-get:*:text/srt:*" },
    { "panasonic", PANASONIC, NULL, AT_METADATA, "plain", "<dc:date>2020-09-13</dc:date>", NULL },
    { "panasonic", PANASONIC, NULL, AT_BROWSE, "music-all&first", "All Blues", "Sō" },
    { "panasonic", PANASONIC, NULL, AT_METADATA, "mkv", "http-get:*:image/jpeg:DLNA.ORG_PN=JPEG_TN",
      NULL },
    { "philips", "User-Agent: IPI/1.0 UPnP/1.0 DLNADOC/1.50", NULL, AT_BROWSE, "music-all&first",
      "All Blues", "Sō" },
    { "philips", "User-Agent: IPI/1.0 UPnP/1.0 DLNADOC/1.50", NULL, AT_METADATA, "avi",
      "http-get:*:video/avi:", NULL },
    { "playstation", "User-Agent: PLAYSTATION 3", NULL, AT_METADATA, "avi",
      "http-get:*:video/divx:", NULL },
    { "roku", "User-Agent: Roku/SoundBridge", NULL, AT_BROWSE, "0",
      "id=\"music-all\" parentID=\"0\"", "id=\"photo\"" },
    { "samsung-a", "User-Agent: SamsungWiselinkPro/1.0", NULL, AT_METADATA, "avi",
      "http-get:*:video/mpeg:", NULL },
    { "samsung-allshare", "User-Agent: SEC_HHP_[PC]LPC001/1.0", NULL, AT_METADATA, "film", NULL,
      "http-get:*:text/srt:*" },
    { "samsung-b", NULL, "Samsung DTV DMR", AT_METADATA, "mkv",
      "http-get:*:video/x-mkv:", "http-get:*:video/x-matroska:" },
    { "samsung-bd", "User-Agent: SEC_HHP_BD-D5100/1.0", NULL, AT_METADATA, "mkv",
      "http-get:*:video/x-mkv:", "http-get:*:video/x-matroska:" },
    { "samsung-bd-j5500", "User-Agent: [BD]J5500 UPnP/1.0", NULL, AT_METADATA, "song", NULL,
      "DLNA.ORG_PN=" },
    { "samsung-q", SAMSUNG_Q, NULL, AT_METADATA, "film",
      "<sec:CaptionInfoEx sec:type=\"srt\" protocolInfo=\"http-get:*:smi/caption:*\">", NULL },
    { "samsung-q", SAMSUNG_Q, NULL, AT_METADATA, "film", ",BM=61500</sec:dcmInfo>", NULL },
    { "samsung-q", SAMSUNG_Q, NULL, AT_BROWSE, "A_T", "id=\"song\" parentID=\"A_T\"", NULL },
    { "samsung-tv", SAMSUNG, NULL, AT_METADATA, "mkv",
      "http-get:*:video/x-mkv:", "http-get:*:video/x-matroska:" },
    { "samsung-tv", SAMSUNG, NULL, AT_METADATA, "film", ",BM=61</sec:dcmInfo>", NULL },
    { "samsung-tv", SAMSUNG, NULL, AT_METADATA, "film", "<sec:CaptionInfoEx sec:type=\"srt\">",
      NULL },
    { "samsung-tv", SAMSUNG, NULL, AT_METADATA, "jpeg", NULL, "JPEG_MED" },
    { "samsung-tv", SAMSUNG, NULL, AT_DEVICE, NULL,
      "<sec:ProductCap>smi,DCM10,getMediaInfo.sec,getCaptionInfo.sec</sec:ProductCap>", NULL },
    { "samsung-tv", SAMSUNG, NULL, AT_MEDIA, "mkv", "type: video/x-mkv", NULL },
    { "sonos", "User-Agent: Linux UPnP/1.0 Sonos/63.2-90210 (ZPS1)", NULL, AT_METADATA, "song",
      NULL, "DLNA.ORG_PN=MP3" },
    { "sony-bdp", SONY_BDP, NULL, AT_METADATA, "mkv",
      "http-get:*:video/divx:", "http-get:*:video/x-matroska:" },
    { "sony-bdp", SONY_BDP, NULL, AT_METADATA, "ps", "DLNA.ORG_PN=MPEG_PS_NTSC", NULL },
    { "sony-bravia", BRAVIA, NULL, AT_METADATA, "ts", "DLNA.ORG_PN=AVC_TS_HD_60_AC3_ISO", NULL },
    { "sony-bravia", BRAVIA, NULL, AT_METADATA, "ts2", "DLNA.ORG_PN=MPEG_TS_SD_NA_ISO", NULL },
    { "sony-bravia", BRAVIA, NULL, AT_BROWSE, "0", "<av:mediaClass>V</av:mediaClass>", NULL },
    { "sony-bravia", BRAVIA, NULL, AT_METADATA, "mkv", "http-get:*:image/jpeg:DLNA.ORG_PN=JPEG_TN",
      NULL },
    { "toshiba", "User-Agent: UPnP/1.0 DLNADOC/1.50 Intel_SDK_for_UPnP_devices/1.2", NULL,
      AT_METADATA, "ts", "DLNA.ORG_PN=MPEG_PS_NTSC", NULL },
    { "vlc", "User-Agent: VLC/3.0.18 LibVLC/3.0.18", NULL, AT_METADATA, "film",
      "<sec:CaptionInfoEx sec:type=\"srt\">http://192.0.2.5:8200/m/subsubsubsub1/original.srt",
      NULL },
    { "windows", "User-Agent: FDSSDP", NULL, AT_DEVICE, NULL,
      "<modelName>Windows Media Connect compatible (hearth)</modelName>",
      "<modelName>hearth</modelName>" },
    { "windows",
      "User-Agent: Microsoft-Windows/6.1 UPnP/1.0 Windows-Media-Player-DMS/12.0 "
      "Windows-Media-Player/12.0",
      NULL, AT_RAW, "0&sort=+microsoft:sourceURL", "<NumberReturned>3</NumberReturned>",
      "<errorCode>709</errorCode>" },
    { "xbox-360", XBOX, NULL, AT_DEVICE, NULL, "<friendlyName>Our &lt;home&gt;: 1</friendlyName>",
      NULL },
    { "xbox-360", XBOX, NULL, AT_DEVICE, NULL, "<modelNumber>12</modelNumber>",
      "<modelNumber>0.1.0</modelNumber>" },
    { "xbox-360", XBOX, NULL, AT_BROWSE, "4", "id=\"song\" parentID=\"4\"", NULL },
    { "xbox-360", XBOX, NULL, AT_BROWSE, "0",
      "<upnp:class>object.container.storageFolder</upnp:class>",
      "<upnp:class>object.container</upnp:class>" },
    { "xbox-one", XBOX_ONE, NULL, AT_METADATA, "song", NULL, "/a/art1/640.jpg" },
    { "xbox-one", XBOX_ONE, NULL, AT_RAW, "0&sort=+microsoft:sourceURL",
      "<NumberReturned>3</NumberReturned>", "<errorCode>709</errorCode>" },
    { "yamaha", "User-Agent: KnOS/3.2 UPnP/1.0 DMP/3.5", NULL, AT_METADATA, "song",
      "<dc:title>So &lt;What&gt;", "Bj\303\266rk" },
};

/* ---- Answers ---- */

static void set_header(HthHttpRequest *request, const char *header)
{
    if (header == NULL)
        return;
    g_auto(GStrv) parts = g_strsplit(header, ": ", 2);
    fake_request_header(request, parts[0], parts[1]);
}

static char *description_for(FakeHome *home, const char *header)
{
    g_autoptr(HthHttpRequest) request = fake_request_new("GET", "/dlna/description.xml");
    set_header(request, header);
    fake_home_handle(home, request);
    return g_strdup(fake_request_answer(request));
}

static char *headers_for(FakeHome *home, const char *header, const char *object)
{
    g_autofree char *path = g_strdup_printf("/m/%s/original.x", object);
    g_autoptr(HthHttpRequest) request = fake_request_new("HEAD", path);
    set_header(request, header);
    HthMediaAnswer answer = { .object = fake_home_object(home, object),
                              .content_type = "video/x-unknown" };
    g_assert_true(fake_home_media(home, request, &answer));
    g_autoptr(GString) text = g_string_new(NULL);
    g_string_append_printf(text, "type: %s\n", answer.replaced_content_type);
    for (guint i = 0; i < request->answer_headers->len; i++) {
        const FakeHeader *line = g_ptr_array_index(request->answer_headers, i);
        g_string_append_printf(text, "%s: %s\n", line->name, line->value);
    }
    g_free(answer.replaced_content_type);
    return g_string_free(g_steal_pointer(&text), FALSE);
}

/* "ID&sort=KEYS" sorts; "ID&first" gives the first child alone. */
static char *soap_for(FakeHome *home, const char *header, const char *object, const char *flag)
{
    g_auto(GStrv) parts = g_strsplit(object, "&", 2);
    const char *option = parts[1] != NULL ? parts[1] : "";
    const char *keys = g_str_has_prefix(option, "sort=") ? option + 5 : "";
    g_autofree char *arguments =
        g_strdup_printf("<ObjectID>%s</ObjectID><BrowseFlag>%s</BrowseFlag><Filter>*</Filter>"
                        "<StartingIndex>0</StartingIndex><RequestedCount>%d</RequestedCount>"
                        "<SortCriteria>%s</SortCriteria>",
                        parts[0], flag, strcmp(option, "first") == 0 ? 1 : 0, keys);
    g_autoptr(HthHttpRequest) request =
        fake_home_soap(home, header, "content", "Browse", arguments);
    return g_strdup(fake_request_answer(request));
}

static char *answer_for(FakeHome *home, const Difference *row, const char *header)
{
    if (row->place == AT_DEVICE)
        return description_for(home, header);
    if (row->place == AT_MEDIA)
        return headers_for(home, header, row->object);
    const char *flag = row->place == AT_METADATA ? "BrowseMetadata" : "BrowseDirectChildren";
    g_autofree char *answer = soap_for(home, header, row->object, flag);
    char *result = row->place != AT_RAW ? fake_text(answer, "Result") : NULL;
    return result != NULL ? result : g_steal_pointer(&answer);
}

static void check(const Difference *row, const char *own, const char *common)
{
    if (row->has != NULL && (strstr(own, row->has) == NULL || strstr(common, row->has) != NULL))
        g_error("%s: “%s” must be in the first alone:\n%s\n%s", row->client, row->has, own, common);
    if (row->has_not != NULL &&
        (strstr(own, row->has_not) != NULL || strstr(common, row->has_not) == NULL))
        g_error("%s: “%s” must be in the second alone:\n%s\n%s", row->client, row->has_not, own,
                common);
}

static void test_each_client_gets_its_own_answer(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(differences); i++) {
        const Difference *row = &differences[i];
        g_autoptr(FakeHome) home = fake_home_new();
        g_autofree char *common = answer_for(home, row, "User-Agent: somebody/1.0");
        const HthClient *learned = NULL;
        if (row->model != NULL)
            hth_client_table_learn(fake_home_clients(home), "192.0.2.7", NULL, row->model,
                                   &learned);
        g_autofree char *own = answer_for(home, row, row->header);
        check(row, own, common);
        const HthClient *client = hth_client_table_find(fake_home_clients(home), row->client);
        if (row->header != NULL)
            g_assert_cmpstr(fake_home_last_client(home), ==,
                            row->place == AT_MEDIA ? NULL : client->label);
    }
}

/* A file without a row above is a file that nobody has shown to do anything. */
static void test_each_file_has_a_difference(void)
{
    g_autofree char *folder = g_build_filename(g_getenv("HEARTH_SOURCE"), "data/clients.d", NULL);
    g_autoptr(HthClientTable) table = hth_client_table_new(folder);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    guint n_files = 0;
    const char *name = NULL;
    while ((name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *stem = g_strndup(name, strcspn(name, "."));
        if (!g_str_has_suffix(name, ".conf") || strcmp(stem, "default") == 0)
            continue;
        n_files++;
        g_assert_nonnull(hth_client_table_find(table, stem)); /* it was read without an error */
        gboolean is_shown = FALSE;
        for (guint i = 0; i < G_N_ELEMENTS(differences); i++)
            is_shown |= strcmp(differences[i].client, stem) == 0;
        if (!is_shown)
            g_error("%s has no test", name);
    }
    g_assert_cmpuint(n_files, >=, 28);
    g_assert_cmpuint(hth_client_table_size(table), ==, n_files);
}

/* ---- Who asks ---- */

static void test_samsung_players_get_no_dcm10(void)
{
    g_autoptr(FakeHome) home = fake_home_new();
    g_autofree char *tv = description_for(home, SAMSUNG);
    g_assert_nonnull(strstr(tv, "DCM10"));
    static const char *const others[] = { "User-Agent: SEC_HHP_BD-D5100/1.0",
                                          "User-Agent: SEC_HHP_[PC]LPC001/1.0" };
    for (guint i = 0; i < G_N_ELEMENTS(others); i++) {
        g_autofree char *other = description_for(home, others[i]);
        g_assert_null(strstr(other, "DCM10"));
    }
}

static void test_bookmarks_have_the_clients_unit(void)
{
    g_autoptr(FakeHome) home = fake_home_new();
    static const char arguments[] = "<ObjectID>film</ObjectID><PosSecond>42000</PosSecond>";
    g_autoptr(HthHttpRequest) q =
        fake_home_soap(home, SAMSUNG_Q, "content", "X_SetBookmark", arguments);
    g_assert_cmpstr(fake_home_last_position(home), ==, "film 42000");
    g_autoptr(HthHttpRequest) old =
        fake_home_soap(home, SAMSUNG, "content", "X_SetBookmark",
                       "<ObjectID>film</ObjectID><PosSecond>42</PosSecond>");
    g_assert_cmpstr(fake_home_last_position(home), ==, "film 42000");
}

static void test_media_requests_are_known_by_their_address(void)
{
    g_autoptr(FakeHome) home = fake_home_new();
    g_autofree char *didl = fake_home_browse(home, SAMSUNG, "0");
    g_autofree char *headers = headers_for(home, "User-Agent: GStreamer souphttpsrc", "mkv");
    g_assert_nonnull(strstr(headers, "type: video/x-mkv"));
}

/* What a device says of itself tells one whose requests say nothing, and names it to the registry
 * once it asks; a header that a more particular file names wins. */
static void test_descriptions_tell_who_asks(void)
{
    g_autoptr(FakeHome) home = fake_home_new();
    HthClientTable *table = fake_home_clients(home);
    const HthClient *client = NULL;
    g_assert_false(
        hth_client_table_learn(table, "192.0.2.7", "Living room", "Samsung DTV DMR", &client));
    g_assert_null(fake_home_last_client(home)); /* it has not asked for anything */
    g_autofree char *didl = fake_home_browse(home, "User-Agent: Linux/2.6", "0");
    g_assert_cmpstr(fake_home_last_client(home), ==, "Samsung TV, series B");
    g_assert_cmpstr(fake_home_last_name(home), ==, "Living room");
    g_autofree char *vlc = fake_home_browse(home, "User-Agent: VLC/3.0.18 LibVLC/3.0.18", "0");
    g_assert_cmpstr(fake_home_last_client(home), ==, "Samsung TV, series B"); /* 54 is above 45 */
    g_autofree char *disc = fake_home_browse(home, "User-Agent: SEC_HHP_BD-D5100/1.0", "0");
    g_assert_cmpstr(fake_home_last_client(home), ==, "Samsung Blu-ray player");
    g_autofree char *headers = headers_for(home, "User-Agent: GStreamer souphttpsrc", "mkv");
    g_assert_nonnull(strstr(headers, "type: video/x-mkv"));
}

static void test_what_was_learned_last_counts(void)
{
    g_autoptr(FakeHome) home = fake_home_new();
    HthClientTable *table = fake_home_clients(home);
    const HthClient *client = NULL;
    g_autofree char *before = fake_home_browse(home, "User-Agent: Linux/2.6", "0");
    g_assert_cmpstr(fake_home_last_client(home), ==, "Any DLNA or UPnP AV device");
    g_assert_true(hth_client_table_learn(table, "192.0.2.7", NULL, "Samsung DTV DMR", &client));
    g_assert_cmpstr(client->name, ==, "samsung-b");
    g_autofree char *tv = headers_for(home, "User-Agent: Linux/2.6", "mkv");
    g_assert_nonnull(strstr(tv, "type: video/x-mkv"));

    /* The address has gone to a speaker that no file is about. */
    g_assert_true(hth_client_table_learn(table, "192.0.2.7", "Kitchen", "Speaker 3", &client));
    g_autofree char *name = NULL;
    g_autofree char *model = NULL;
    hth_client_table_names(table, "192.0.2.7", &name, &model);
    g_assert_cmpstr(client->name, ==, "default");
    g_autofree char *speaker = headers_for(home, "User-Agent: Linux/2.6", "mkv");
    g_assert_null(strstr(speaker, "type: video/x-mkv"));
    g_assert_cmpstr(name, ==, "Kitchen");
    g_assert_cmpstr(model, ==, "Speaker 3");
    g_autofree char *no_name = NULL;
    g_autofree char *no_model = NULL;
    hth_client_table_names(table, "192.0.2.8", &no_name, &no_model);
    g_assert_null(no_name);
    g_assert_null(no_model);
}

static void test_a_bad_file_is_left_out(void)
{
    g_autofree char *folder = g_dir_make_tmp("hearth-clients-XXXXXX", NULL);
    static const struct {
        const char *name, *text;
    } files[] = {
        { "good.conf", "[Match]\nUserAgent=Good*\n" },
        { "group.conf", "[Magic]\nx=1\n" },
        { "key.conf", "[Art]\nLarge=true\n" },
        { "value.conf", "[Art]\nSmall=perhaps\n" },
        { "format.conf", "[Mime]\nbetamax=video/x\n" },
        { "sort.conf", "[Sort]\nForce=+foo\n" },
        { "syntax.conf", "what\n" },
        { "loop.conf", "[Client]\nExtends=loop\n" },
        { "orphan.conf", "[Client]\nExtends=nobody\n" },
    };
    for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = g_build_filename(folder, files[i].name, NULL);
        g_assert_true(g_file_set_contents(path, files[i].text, -1, NULL));
    }
    g_autoptr(HthClientTable) table = hth_client_table_new(folder);
    g_assert_cmpuint(hth_client_table_size(table), ==, 1);
    g_assert_nonnull(hth_client_table_find(table, "good"));
    for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = g_build_filename(folder, files[i].name, NULL);
        g_assert_cmpint(g_remove(path), ==, 0);
    }
    g_assert_cmpint(g_rmdir(folder), ==, 0);
}

static void test_many_peers_are_not_all_remembered(void)
{
    g_autoptr(FakeHome) home = fake_home_new();
    for (guint i = 0; i < 2000; i++) {
        g_autofree char *agent = g_strdup_printf("User-Agent: somebody/%u", i);
        g_autofree char *address = g_strdup_printf("198.51.%u.%u", i / 250, i % 250);
        g_autoptr(HthHttpRequest) request = fake_request_new("GET", "/dlna/description.xml");
        set_header(request, agent);
        fake_request_peer(request, address);
        fake_home_handle(home, request);
        g_assert_cmpuint(request->status, ==, 200);
    }
    g_assert_cmpuint(hth_client_table_n_kept(fake_home_clients(home)), <=, 4 * 512);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/client-table/each-client-gets-its-own-answer",
                    test_each_client_gets_its_own_answer);
    g_test_add_func("/client-table/each-file-has-a-difference", test_each_file_has_a_difference);
    g_test_add_func("/client-table/samsung-players-get-no-dcm10",
                    test_samsung_players_get_no_dcm10);
    g_test_add_func("/client-table/bookmarks-have-the-clients-unit",
                    test_bookmarks_have_the_clients_unit);
    g_test_add_func("/client-table/media-requests-are-known-by-their-address",
                    test_media_requests_are_known_by_their_address);
    g_test_add_func("/client-table/descriptions-tell-who-asks", test_descriptions_tell_who_asks);
    g_test_add_func("/client-table/what-was-learned-last-counts",
                    test_what_was_learned_last_counts);
    g_test_add_func("/client-table/a-bad-file-is-left-out", test_a_bad_file_is_left_out);
    g_test_add_func("/client-table/many-peers-are-not-all-remembered",
                    test_many_peers_are_not_all_remembered);
    return g_test_run();
}

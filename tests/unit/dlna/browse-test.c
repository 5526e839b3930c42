/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "browse.h"

#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>

#include "fake-home.h"
#include "record.h"

/* Parses @didl strictly and evaluates @expression as a string: d: is DIDL-Lite. */
static char *evaluate(const char *didl, const char *expression)
{
    xmlDoc *doc = xmlReadMemory(didl, (int)strlen(didl), NULL, NULL, XML_PARSE_NONET);
    g_assert_nonnull(doc);
    xmlXPathContext *context = xmlXPathNewContext(doc);
    xmlXPathRegisterNs(context, BAD_CAST "d",
                       BAD_CAST "urn:schemas-upnp-org:metadata-1-0/DIDL-Lite/");
    xmlXPathRegisterNs(context, BAD_CAST "dc", BAD_CAST "http://purl.org/dc/elements/1.1/");
    xmlXPathRegisterNs(context, BAD_CAST "upnp",
                       BAD_CAST "urn:schemas-upnp-org:metadata-1-0/upnp/");
    xmlXPathRegisterNs(context, BAD_CAST "dlna", BAD_CAST "urn:schemas-dlna-org:metadata-1-0/");
    g_autofree char *as_string = g_strdup_printf("string(%s)", expression);
    xmlXPathObject *object = xmlXPathEvalExpression(BAD_CAST as_string, context);
    g_assert_nonnull(object);
    char *text = g_strdup((const char *)object->stringval);
    xmlXPathFreeObject(object);
    xmlXPathFreeContext(context);
    xmlFreeDoc(doc);
    return text;
}

static void assert_value(const char *didl, const char *expression, const char *expected)
{
    g_autofree char *value = evaluate(didl, expression);
    if (g_strcmp0(value, expected) != 0)
        g_error("%s is “%s”, not “%s”, in %s", expression, value, expected, didl);
}

static void assert_fault(HthHttpRequest *request, const char *code)
{
    g_assert_cmpuint(request->status, ==, 500);
    g_autofree char *found = fake_text(fake_request_answer(request), "errorCode");
    g_assert_cmpstr(found, ==, code);
}

static void assert_argument(HthHttpRequest *request, const char *name, const char *expected)
{
    g_assert_cmpuint(request->status, ==, 200);
    g_autofree char *found = fake_text(fake_request_answer(request), name);
    g_assert_cmpstr(found, ==, expected);
}

static HthHttpRequest *browse(FakeHome *home, const char *arguments)
{
    return fake_home_soap(home, NULL, "content", "Browse", arguments);
}

#define CHILDREN(id) "<ObjectID>" id "</ObjectID><BrowseFlag>BrowseDirectChildren</BrowseFlag>"

static void test_children_are_valid_didl(void)
{
    g_autoptr(FakeHome) home = fake_home_new();
    g_autofree char *didl = fake_home_browse(home, NULL, "0");
    assert_value(didl, "count(/d:DIDL-Lite/d:container)", "3");
    assert_value(didl, "/d:DIDL-Lite/d:container[1]/@id", "music");
    assert_value(didl, "/d:DIDL-Lite/d:container[1]/@parentID", "0");
    assert_value(didl, "/d:DIDL-Lite/d:container[1]/@restricted", "1");
    assert_value(didl, "/d:DIDL-Lite/d:container[1]/@searchable", "1");
    assert_value(didl, "/d:DIDL-Lite/d:container[1]/@childCount", "2");
    assert_value(didl, "/d:DIDL-Lite/d:container[1]/dc:title", "Music");
    assert_value(didl, "/d:DIDL-Lite/d:container[1]/upnp:class", "object.container");
    assert_value(didl, "name(/d:DIDL-Lite/d:container[1]/*[1])", "dc:title");
    assert_value(didl, "name(/d:DIDL-Lite/d:container[1]/*[2])", "upnp:class");
}

static void test_a_track_has_all_its_properties(void)
{
    g_autoptr(FakeHome) home = fake_home_new();
    g_autofree char *didl = fake_home_browse(home, NULL, "music-all");
    assert_value(didl, "count(//d:item)", "4");
    assert_value(didl, "//d:item[1]/@id", "song");
    assert_value(didl, "//d:item[1]/@refID", "");
    assert_value(didl, "//d:item[1]/dc:title", "Sō <What> & \"x\"");
    assert_value(didl, "//d:item[1]/upnp:class", "object.item.audioItem.musicTrack");
    assert_value(didl, "//d:item[1]/dc:creator", "Miles Davis");
    assert_value(didl, "//d:item[1]/upnp:artist[2]", "Björk");
    assert_value(didl, "//d:item[1]/upnp:artist[@role='AlbumArtist']", "Miles Davis");
    assert_value(didl, "//d:item[1]/upnp:album", "Kind of <Blue> & \"Green\"");
    assert_value(didl, "//d:item[1]/upnp:genre", "Jazz");
    assert_value(didl, "//d:item[1]/dc:date", "1959-01-01");
    assert_value(didl, "//d:item[1]/upnp:originalTrackNumber", "3");
    assert_value(didl, "//d:item[1]/upnp:albumArtURI[1]", "http://192.0.2.5:8200/a/art1/160.jpg");
    assert_value(didl, "//d:item[1]/upnp:albumArtURI[1]/@dlna:profileID", "JPEG_TN");
    assert_value(didl, "//d:item[1]/d:res", "http://192.0.2.5:8200/m/song/original.mp3");
    assert_value(didl, "//d:item[1]/d:res/@protocolInfo",
                 "http-get:*:audio/mpeg:DLNA.ORG_PN=MP3;DLNA.ORG_OP=01;DLNA.ORG_CI=0;"
                 "DLNA.ORG_FLAGS=01700000000000000000000000000000");
    assert_value(didl, "//d:item[1]/d:res/@size", "5123456");
    assert_value(didl, "//d:item[1]/d:res/@duration", "0:03:25.120");
    assert_value(didl, "//d:item[1]/d:res/@bitrate", "24000");
    assert_value(didl, "//d:item[1]/d:res/@sampleFrequency", "44100");
    assert_value(didl, "//d:item[1]/d:res/@nrAudioChannels", "2");
}

static void test_a_track_in_an_album_is_a_reference(void)
{
    g_autoptr(FakeHome) home = fake_home_new();
    g_autofree char *didl = fake_home_browse(home, NULL, "album-kind");
    assert_value(didl, "//d:item/@id", "song.album-kind");
    assert_value(didl, "//d:item/@refID", "song");
    assert_value(didl, "//d:item/@parentID", "album-kind");
    g_autofree char *metadata = fake_home_metadata(home, NULL, "song.album-kind");
    assert_value(metadata, "//d:item/@id", "song.album-kind");
    assert_value(metadata, "//d:item/@refID", "song");
    assert_value(metadata, "//d:item/@parentID", "album-kind");
}

static void test_the_root_describes_itself(void)
{
    g_autoptr(FakeHome) home = fake_home_new();
    g_autofree char *didl = fake_home_metadata(home, NULL, "0");
    assert_value(didl, "//d:container/@id", "0");
    assert_value(didl, "//d:container/@parentID", "-1");
    assert_value(didl, "//d:container/@childCount", "3");
}

static void test_pages_count_exactly(void)
{
    g_autoptr(FakeHome) home = fake_home_new();
    g_autoptr(HthHttpRequest) middle =
        browse(home, CHILDREN("music-all") "<StartingIndex>1</StartingIndex>"
                                           "<RequestedCount>2</RequestedCount>");
    assert_argument(middle, "NumberReturned", "2");
    assert_argument(middle, "TotalMatches", "4");
    assert_argument(middle, "UpdateID", "1");
    g_assert_cmpstr(fake_home_last_note(home), ==, "Browse music-all 1+2 → 2 of 4");
    g_autoptr(HthHttpRequest) past =
        browse(home, CHILDREN("music-all") "<StartingIndex>99</StartingIndex>");
    assert_argument(past, "NumberReturned", "0");
    assert_argument(past, "TotalMatches", "4");
    g_autoptr(HthHttpRequest) all =
        browse(home, CHILDREN("music-all") "<RequestedCount>0</RequestedCount>");
    assert_argument(all, "NumberReturned", "4");
}

static void test_what_has_gone_is_left_out_and_not_counted(void)
{
    g_autoptr(FakeHome) home = fake_home_new();
    fake_home_forget(home, "plain");
    g_autoptr(HthHttpRequest) request = browse(home, CHILDREN("music-all"));
    assert_argument(request, "NumberReturned", "3");
}

static void test_an_answer_has_a_largest_size(void)
{
    g_autoptr(FakeHome) home = fake_home_new();
    for (guint i = 0; i < 3000; i++) {
        g_autofree char *id = g_strdup_printf("many%u", i);
        HthObject *object = fake_object_new(HTH_OBJECT_MUSIC_TRACK, id, "x");
        g_free(object->title);
        object->title = g_strnfill(HTH_RECORD_MAX_TITLE + 100, '&');
        object->kind = HTH_MEDIA_AUDIO;
        object->format = HTH_FORMAT_FLAC;
        fake_home_add(home, "music-all", object);
    }
    g_autoptr(HthHttpRequest) request = browse(home, CHILDREN("music-all"));
    const gsize size = g_bytes_get_size(request->answer);
    g_assert_cmpuint(size, >=, HTH_BROWSE_MAX_ANSWER_BYTES);
    g_assert_cmpuint(size, <, HTH_BROWSE_MAX_ANSWER_BYTES + 16384);
    g_autofree char *result = fake_text(fake_request_answer(request), "Result");
    g_autofree char *returned = fake_text(fake_request_answer(request), "NumberReturned");
    assert_value(result, "count(//d:item)", returned);
    assert_argument(request, "TotalMatches", "3004");
}

static void test_filter_leaves_out_what_was_not_asked(void)
{
    g_autoptr(FakeHome) home = fake_home_new();
    g_autoptr(HthHttpRequest) request =
        browse(home, CHILDREN("music-all") "<Filter>dc:creator,res@size</Filter>");
    g_autofree char *didl = fake_text(fake_request_answer(request), "Result");
    assert_value(didl, "//d:item[1]/dc:creator", "Miles Davis");
    assert_value(didl, "//d:item[1]/d:res/@size", "5123456");
    assert_value(didl, "count(//d:res/@duration)", "0");
    assert_value(didl, "count(//upnp:artist|//upnp:album|//dc:date|//upnp:albumArtURI)", "0");
    g_autoptr(HthHttpRequest) bare = browse(home, CHILDREN("music-all") "<Filter></Filter>");
    g_autofree char *bare_didl = fake_text(fake_request_answer(bare), "Result");
    assert_value(bare_didl, "count(//d:item[1]/*)", "2");
}

static void test_sort_orders_and_refuses_unknown_keys(void)
{
    g_autoptr(FakeHome) home = fake_home_new();
    g_autoptr(HthHttpRequest) down =
        browse(home, CHILDREN("music-all") "<SortCriteria>-dc:title</SortCriteria>");
    g_autofree char *didl = fake_text(fake_request_answer(down), "Result");
    assert_value(didl, "//d:item[4]/dc:title", "All Blues");
    g_autoptr(HthHttpRequest) unknown =
        browse(home, CHILDREN("0") "<SortCriteria>+foo:bar</SortCriteria>");
    assert_fault(unknown, "709");
    g_autoptr(HthHttpRequest) unsigned_key =
        browse(home, CHILDREN("0") "<SortCriteria>dc:title</SortCriteria>");
    assert_fault(unsigned_key, "709");
    g_autoptr(HthHttpRequest) beyond_library =
        browse(home, CHILDREN("0") "<SortCriteria>+upnp:rating</SortCriteria>");
    assert_fault(beyond_library, "709");
}

static void test_errors_have_their_codes(void)
{
    g_autoptr(FakeHome) home = fake_home_new();
    g_autoptr(HthHttpRequest) none = browse(home, CHILDREN("nothing"));
    assert_fault(none, "701");
    g_autoptr(HthHttpRequest) item = browse(home, CHILDREN("song"));
    assert_fault(item, "710");
    g_autoptr(HthHttpRequest) flag =
        browse(home, "<ObjectID>0</ObjectID><BrowseFlag>x</BrowseFlag>");
    assert_fault(flag, "402");
    g_autoptr(HthHttpRequest) no_id = browse(home, "<BrowseFlag>BrowseMetadata</BrowseFlag>");
    assert_fault(no_id, "402");
    g_autoptr(HthHttpRequest) number =
        browse(home, CHILDREN("0") "<StartingIndex>-1</StartingIndex>");
    assert_fault(number, "402");
    g_autoptr(HthHttpRequest) action = fake_home_soap(home, NULL, "content", "Bake", "");
    assert_fault(action, "401");
    g_autoptr(HthHttpRequest) search =
        fake_home_soap(home, NULL, "content", "Search",
                       "<ContainerID>0</ContainerID><SearchCriteria>a = </SearchCriteria>");
    assert_fault(search, "708");
    g_autoptr(HthHttpRequest) nowhere =
        fake_home_soap(home, NULL, "content", "Search",
                       "<ContainerID>nothing</ContainerID><SearchCriteria>*</SearchCriteria>");
    assert_fault(nowhere, "710");
}

static void test_search_finds_things_in_their_own_place(void)
{
    g_autoptr(FakeHome) home = fake_home_new();
    g_autoptr(HthHttpRequest) request = fake_home_soap(
        home, NULL, "content", "Search",
        "<ContainerID>0</ContainerID><SearchCriteria>upnp:class derivedfrom "
        "\"object.item.audioItem\" and @refID exists false</SearchCriteria><Filter>*</Filter>"
        "<StartingIndex>0</StartingIndex><RequestedCount>2</RequestedCount><SortCriteria/>");
    assert_argument(request, "TotalMatches", "4");
    assert_argument(request, "NumberReturned", "2");
    assert_argument(request, "UpdateID", "7");
    g_autofree char *didl = fake_text(fake_request_answer(request), "Result");
    assert_value(didl, "//d:item[1]/@id", "song");
    assert_value(didl, "//d:item[1]/@parentID", "music-all");
}

static void test_a_change_is_seen_at_once(void)
{
    g_autoptr(FakeHome) home = fake_home_new();
    g_autofree char *before = fake_home_browse(home, NULL, "music-all");
    const guint loads = fake_home_loads(home);
    g_autofree char *again = fake_home_browse(home, NULL, "music-all");
    g_assert_cmpuint(fake_home_loads(home), ==, loads); /* kept */
    HthObject *object = fake_home_object(home, "plain");
    g_free(object->title);
    object->title = g_strdup("Renamed");
    fake_home_changed(home, &object->ref, 1, NULL);
    g_autofree char *after = fake_home_browse(home, NULL, "music-all");
    assert_value(after, "//d:item[2]/dc:title", "Renamed");
    g_assert_cmpuint(fake_home_loads(home), ==, loads + 1);
}

static void change_plain(FakeHome *home)
{
    HthObject *object = fake_home_object(home, "plain");
    g_free(object->title);
    object->title = g_strdup("Changed meanwhile");
    fake_home_changed(home, &object->ref, 1, NULL);
}

/* The reader has the old object in hand while the writer commits a new one. */
static void test_a_change_during_a_read_is_not_kept_out(void)
{
    g_autoptr(FakeHome) home = fake_home_new();
    g_autoptr(HthHttpRequest) first = browse(
        home,
        CHILDREN("music-all") "<StartingIndex>0</StartingIndex><RequestedCount>1</RequestedCount>");
    fake_home_interrupt(home, change_plain);
    g_autoptr(HthHttpRequest) stale = browse(
        home,
        CHILDREN("music-all") "<StartingIndex>1</StartingIndex><RequestedCount>1</RequestedCount>");
    g_autofree char *after = fake_home_browse(home, NULL, "music-all");
    assert_value(after, "//d:item[2]/dc:title", "Changed meanwhile");
}

static void test_a_hidden_device_sees_an_empty_home(void)
{
    g_autoptr(FakeHome) home = fake_home_new();
    fake_home_set_policy(home, HTH_DEVICE_HIDDEN);
    g_autofree char *root = fake_home_metadata(home, NULL, "0");
    assert_value(root, "//d:container/@childCount", "0");
    g_autoptr(HthHttpRequest) children = browse(home, CHILDREN("0"));
    assert_argument(children, "TotalMatches", "0");
    g_autoptr(HthHttpRequest) below = browse(home, CHILDREN("music-all"));
    assert_fault(below, "701");
    g_autoptr(HthHttpRequest) search =
        fake_home_soap(home, NULL, "content", "Search",
                       "<ContainerID>0</ContainerID><SearchCriteria>*</SearchCriteria>");
    assert_argument(search, "TotalMatches", "0");
    g_autoptr(HthHttpRequest) bookmark =
        fake_home_soap(home, NULL, "content", "X_SetBookmark",
                       "<ObjectID>film</ObjectID><PosSecond>3</PosSecond>");
    assert_fault(bookmark, "801");
    g_assert_null(fake_home_last_position(home));
}

static void test_photos_come_as_jpeg_in_sizes(void)
{
    g_autoptr(FakeHome) home = fake_home_new();
    g_autofree char *didl = fake_home_browse(home, NULL, "photo-all");
    assert_value(didl, "//d:item[@id='jpeg']/d:res[1]",
                 "http://192.0.2.5:8200/m/jpeg/original.jpg");
    assert_value(didl, "//d:item[@id='jpeg']/d:res[1]/@resolution", "4000x3000");
    assert_value(didl, "//d:item[@id='jpeg']/d:res[1]/@protocolInfo",
                 "http-get:*:image/jpeg:DLNA.ORG_PN=JPEG_LRG;DLNA.ORG_OP=01;DLNA.ORG_CI=0;"
                 "DLNA.ORG_FLAGS=00F00000000000000000000000000000");
    assert_value(didl, "//d:item[@id='jpeg']/d:res[2]/@protocolInfo",
                 "http-get:*:image/jpeg:DLNA.ORG_PN=JPEG_MED;DLNA.ORG_OP=01;DLNA.ORG_CI=1;"
                 "DLNA.ORG_FLAGS=00F00000000000000000000000000000");
    assert_value(didl, "//d:item[@id='jpeg']/d:res[2]/@resolution", "1024x768");
    assert_value(didl, "//d:item[@id='heic']/d:res[1]",
                 "http://192.0.2.5:8200/m/heic/jpeg-4096.jpg");
    /* 768x1024 is more lines than JPEG_MED may have. */
    assert_value(didl, "contains(//d:item[@id='heic']/d:res[2]/@protocolInfo, 'JPEG_LRG')", "true");
    assert_value(didl, "//d:item[@id='heic']/d:res[4]",
                 "http://192.0.2.5:8200/m/heic/original.heic");
    assert_value(didl, "//d:item[@id='jpeg']/dc:date", "2020-05-31T12:30:00");
}

static void test_bookmarks_are_stored(void)
{
    g_autoptr(FakeHome) home = fake_home_new();
    g_autoptr(HthHttpRequest) samsung =
        fake_home_soap(home, NULL, "content", "X_SetBookmark",
                       "<CategoryType>V</CategoryType><RID>1</RID><ObjectID>film</"
                       "ObjectID><PosSecond>42</PosSecond>");
    g_assert_cmpuint(samsung->status, ==, 200);
    g_assert_cmpstr(fake_home_last_position(home), ==, "film 42000");
    g_autoptr(HthHttpRequest) kodi = fake_home_soap(
        home, NULL, "content", "UpdateObject",
        "<ObjectID>film</ObjectID><CurrentTagValue>&lt;upnp:playbackCount&gt;2&lt;/"
        "upnp:playbackCount&gt;"
        "</CurrentTagValue><NewTagValue>&lt;upnp:playbackCount&gt;3&lt;/upnp:playbackCount&gt;,"
        "&lt;upnp:lastPlaybackPosition&gt;77&lt;/upnp:lastPlaybackPosition&gt;</NewTagValue>");
    g_assert_cmpuint(kodi->status, ==, 200);
    g_assert_cmpstr(fake_home_last_position(home), ==, "film 77000");
    g_assert_cmpstr(fake_home_last_play(home), ==, "film");
    g_autoptr(HthHttpRequest) none =
        fake_home_soap(home, NULL, "content", "X_SetBookmark",
                       "<ObjectID>nothing</ObjectID><PosSecond>42</PosSecond>");
    assert_fault(none, "701");
}

static void test_capabilities_are_what_is_understood(void)
{
    g_autoptr(FakeHome) home = fake_home_new();
    g_autoptr(HthHttpRequest) sort =
        fake_home_soap(home, NULL, "content", "GetSortCapabilities", "");
    g_autofree char *keys = fake_text(fake_request_answer(sort), "SortCaps");
    g_auto(GStrv) names = g_strsplit(keys, ",", -1);
    for (guint i = 0; names[i] != NULL; i++) {
        g_autofree char *arguments =
            g_strdup_printf("<ContainerID>0</ContainerID><SearchCriteria>*</SearchCriteria>"
                            "<SortCriteria>+%s</SortCriteria>",
                            names[i]);
        g_autoptr(HthHttpRequest) request =
            fake_home_soap(home, NULL, "content", "Search", arguments);
        g_autofree char *code = fake_text(fake_request_answer(request), "errorCode");
        g_assert_true(code == NULL || strcmp(code, "709") != 0);
    }
    g_autoptr(HthHttpRequest) id = fake_home_soap(home, NULL, "content", "GetSystemUpdateID", "");
    assert_argument(id, "Id", "7");
    g_autoptr(HthHttpRequest) list = fake_home_soap(home, NULL, "content", "X_GetFeatureList", "");
    g_autofree char *features = fake_text(fake_request_answer(list), "FeatureList");
    g_assert_nonnull(strstr(features, "samsung.com_BASICVIEW"));
    g_assert_nonnull(strstr(features, "type=\"object.item.audioItem\""));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/browse/children-are-valid-didl", test_children_are_valid_didl);
    g_test_add_func("/browse/a-track-has-all-its-properties", test_a_track_has_all_its_properties);
    g_test_add_func("/browse/a-track-in-an-album-is-a-reference",
                    test_a_track_in_an_album_is_a_reference);
    g_test_add_func("/browse/the-root-describes-itself", test_the_root_describes_itself);
    g_test_add_func("/browse/pages-count-exactly", test_pages_count_exactly);
    g_test_add_func("/browse/what-has-gone-is-left-out-and-not-counted",
                    test_what_has_gone_is_left_out_and_not_counted);
    g_test_add_func("/browse/an-answer-has-a-largest-size", test_an_answer_has_a_largest_size);
    g_test_add_func("/browse/filter-leaves-out-what-was-not-asked",
                    test_filter_leaves_out_what_was_not_asked);
    g_test_add_func("/browse/sort-orders-and-refuses-unknown-keys",
                    test_sort_orders_and_refuses_unknown_keys);
    g_test_add_func("/browse/errors-have-their-codes", test_errors_have_their_codes);
    g_test_add_func("/browse/search-finds-things-in-their-own-place",
                    test_search_finds_things_in_their_own_place);
    g_test_add_func("/browse/a-change-is-seen-at-once", test_a_change_is_seen_at_once);
    g_test_add_func("/browse/a-change-during-a-read-is-not-kept-out",
                    test_a_change_during_a_read_is_not_kept_out);
    g_test_add_func("/browse/a-hidden-device-sees-an-empty-home",
                    test_a_hidden_device_sees_an_empty_home);
    g_test_add_func("/browse/photos-come-as-jpeg-in-sizes", test_photos_come_as_jpeg_in_sizes);
    g_test_add_func("/browse/bookmarks-are-stored", test_bookmarks_are_stored);
    g_test_add_func("/browse/capabilities-are-what-is-understood",
                    test_capabilities_are_what_is_understood);
    return g_test_run();
}

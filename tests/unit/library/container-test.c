/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "library/container.h"

#include "base/error.h"
#include "library-fixture.h"

#define assert_list(home_, id_, text_)                                                             \
    do {                                                                                           \
        g_autofree char *found_ = library_fixture_list(home_, id_);                                \
        g_assert_cmpstr(found_, ==, text_);                                                        \
    } while (0)

static LibraryFixture *home_with_all(void)
{
    LibraryFixture *home = library_fixture_new();
    library_fixture_track(home, "The Band/2.flac", "TITLE=Track 10", "ARTIST=The Band",
                          "ALBUM=Álbum", "GENRE=Rock", "COMPOSER=Cee", "DATE=1999",
                          "TRACKNUMBER=10", NULL);
    library_fixture_track(home, "The Band/1.flac", "TITLE=Track 9", "ARTIST=The Band",
                          "ALBUM=Álbum", "GENRE=Rock", "COMPOSER=Cee", "DATE=1999", "TRACKNUMBER=9",
                          NULL);
    library_fixture_track(home, "Abba/x.flac", "TITLE=A Song", "ARTIST=Abba", "ALBUM=Zed",
                          "GENRE=Jazz", "DATE=2001-05-03", "DISCNUMBER=2", "TRACKNUMBER=1", NULL);
    library_fixture_track(home, "Abba/y.flac", "TITLE=Zebra", "ARTIST=Abba", "ALBUM=Zed",
                          "GENRE=Jazz", "DATE=2001", "DISCNUMBER=1", "TRACKNUMBER=2", NULL);
    library_fixture_photo(home, "pics/b.jpg", "1999:05:31 12:30:00", "Cam 10");
    library_fixture_photo(home, "pics/a.jpg", "1999:05:31 13:30:00", "Cam 9");
    library_fixture_photo(home, "pics/c.jpg", "1999:12:01 00:00:00", "Cam 9");
    library_fixture_photo(home, "pics/plain.jpg", NULL, NULL);
    library_fixture_video(home, "films/Film.mp4");
    library_fixture_write(home, "films/Film.en.srt", "1\n00:00:00,500 --> 00:00:02,000\nHello.\n");
    library_fixture_write(home, "mix.m3u8",
                          "Abba/y.flac\nThe Band/1.flac\nnowhere.flac\nmix.m3u8\n");
    library_fixture_open(home);
    return home;
}

static void assert_below(LibraryFixture *home, const char *container, const char *child,
                         const char *text)
{
    g_autofree char *id = library_fixture_child(home, container, child);
    assert_list(home, id, text);
}

static void test_every_kind_lists_its_children_in_order(void)
{
    g_autoptr(LibraryFixture) home = home_with_all();
    assert_list(home, "0", "Music|Videos|Photos");
    assert_list(home, "music-artists", "Abba|The Band");
    assert_list(home, "music-album-artists", "Abba|The Band");
    assert_list(home, "music-albums", "Álbum|Zed");
    assert_list(home, "music-genres", "Jazz|Rock");
    assert_list(home, "music-composers", "Cee");
    assert_list(home, "music-years", "2001|1999");
    assert_list(home, "music-all", "A Song|Track 9|Track 10|Zebra");
    assert_list(home, "music-playlists", "mix");
    assert_list(home, "video-all", "Film");
    assert_list(home, "photo-dates", "1999");
    assert_list(home, "photo-cameras", "Cam 9|Cam 10");
    assert_list(home, "photo-all", "plain|b|a|c");
    assert_below(home, "music-albums", "Zed", "Zebra|A Song"); /* by disc, then track */
    assert_below(home, "music-albums", "Álbum", "Track 9|Track 10");
    assert_below(home, "music-artists", "The Band", "All tracks|Álbum");
    assert_below(home, "music-genres", "Jazz", "All tracks|Zed");
    assert_below(home, "music-composers", "Cee", "All tracks|Álbum");
    assert_below(home, "music-years", "2001", "All tracks|Zed");
    assert_below(home, "music-playlists", "mix", "Zebra|Track 9");
    assert_below(home, "photo-dates", "1999", "May 1999|December 1999");
    assert_below(home, "music-folders", "media", "Abba|The Band");
    g_autoptr(GPtrArray) lines = library_fixture_walk(home);
    g_assert_cmpuint(lines->len, >, 60);
}

static void sorted(LibraryFixture *home, HthProperty property, gboolean is_descending,
                   const char *first)
{
    const HthSort sort = { 1, { { property, is_descending } } };
    g_autoptr(HthReader) reader = hth_library_acquire_reader(home->library);
    g_autoptr(GError) error = NULL;
    g_autoptr(HthListing) listing = hth_reader_children(reader, "music-all", &sort, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(listing->n_refs, ==, 4);
    g_autoptr(HthObject) object = hth_reader_object_by_ref(reader, listing->refs[0]);
    g_assert_cmpstr(object->title, ==, first);
}

static void test_sorts_by_what_is_asked(void)
{
    g_autoptr(LibraryFixture) home = home_with_all();
    sorted(home, HTH_PROPERTY_TITLE, TRUE, "Zebra");
    sorted(home, HTH_PROPERTY_TRACK, FALSE, "Track 9");
    sorted(home, HTH_PROPERTY_TRACK, TRUE, "A Song");
    sorted(home, HTH_PROPERTY_DATE, TRUE, "A Song");
    sorted(home, HTH_PROPERTY_COMPOSER, TRUE, "Track 9") /* the row decides between equals */;
    const HthSort bad = { 1, { { HTH_PROPERTY_MIME_TYPE, FALSE } } };
    g_autoptr(HthReader) reader = hth_library_acquire_reader(home->library);
    g_autoptr(GError) error = NULL;
    g_assert_null(hth_reader_children(reader, "music-all", &bad, &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_UNSUPPORTED);
}

static void test_bad_ids_are_refused(void)
{
    g_autoptr(LibraryFixture) home = home_with_all();
    g_autoptr(HthReader) reader = hth_library_acquire_reader(home->library);
    g_autofree char *track = library_fixture_child(home, "music-all", "Zebra");
    g_autofree char *good = g_strconcat(track, ".music-all", NULL);
    g_autofree char *unknown = g_strconcat(track, ".nonsense", NULL);
    g_autofree char *in_item = g_strconcat("music-all.", track, NULL);
    g_autofree char *empty = g_strconcat(track, ".", NULL);
    g_autofree char *deep = g_strconcat(track, ".music.music.music.music.music.music", NULL);
    const char *const bad[] = { "", ".", "nothing", unknown, empty, deep, in_item, "year-1234" };
    g_autoptr(HthObject) object = library_fixture_object(home, good);
    g_assert_cmpstr(object->leaf_id, ==, track);
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(hth_reader_object(reader, bad[i], NULL, &error));
        g_assert_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND);
    }
    g_autoptr(GError) error = NULL;
    g_assert_null(hth_reader_children(reader, track, NULL, &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_NOT_CONTAINER);
}

static void test_a_retag_moves_the_update_ids_of_what_it_concerns_only(void)
{
    g_autoptr(LibraryFixture) home = home_with_all();
    g_autofree char *album = library_fixture_child(home, "music-albums", "Zed");
    g_autofree char *other_album = library_fixture_child(home, "music-albums", "Álbum");
    g_autofree char *other_artist = library_fixture_child(home, "music-artists", "The Band");
    g_autofree char *root = library_fixture_child(home, "music-folders", "media");
    g_autofree char *other_folder = library_fixture_child(home, root, "The Band");
    const char *const still[] = { other_album, other_artist, other_folder,
                                  "video-all", "photo-all",  "music-playlists" };
    guint32 before[G_N_ELEMENTS(still)];
    for (guint i = 0; i < G_N_ELEMENTS(still); i++)
        before[i] = library_fixture_update_id(home, still[i]);
    const guint32 album_before = library_fixture_update_id(home, album);
    library_fixture_track(home, "Abba/x.flac", "TITLE=A Song anew", "ARTIST=Abba", "ALBUM=Zed",
                          "GENRE=Jazz", "DATE=2001-05-03", "DISCNUMBER=2", "TRACKNUMBER=1", NULL);
    library_fixture_scan(home);
    assert_list(home, album, "Zebra|A Song anew");
    g_assert_cmpuint(library_fixture_update_id(home, album), >, album_before);
    for (guint i = 0; i < G_N_ELEMENTS(still); i++)
        g_assert_cmpuint(library_fixture_update_id(home, still[i]), ==, before[i]);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name_, function_) g_test_add_func("/container/" name_, function_)
    ADD("every-kind-lists-its-children-in-order", test_every_kind_lists_its_children_in_order);
    ADD("sorts-by-what-is-asked", test_sorts_by_what_is_asked);
    ADD("bad-ids-are-refused", test_bad_ids_are_refused);
    ADD("a-retag-moves-the-update-ids-of-what-it-concerns-only",
        test_a_retag_moves_the_update_ids_of_what_it_concerns_only);
    return g_test_run();
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "library-fixture.h"

static const char *const first_names[] = { "Jóga",         "Hunter", "Unravel",
                                           "Bachelorette", "a",      "The Öld 100%" };
static const char *const artists[] = { "Björk", "Bjork Guest", "The Band", "x' OR '1'='1" };
static const char *const genres[] = { "Rock", "Jazz", "Électro" };

static LibraryFixture *home_with_music(void)
{
    LibraryFixture *home = library_fixture_new();
    for (guint i = 0; i < 24; i++) {
        g_autofree char *path = g_strdup_printf("%u/%u.flac", i % 3, i);
        g_autofree char *title = g_strdup_printf("TITLE=%s", first_names[i % 6]);
        g_autofree char *artist = g_strdup_printf("ARTIST=%s", artists[i % 4]);
        g_autofree char *album = g_strdup_printf("ALBUM=Album %u", i % 5);
        g_autofree char *genre = g_strdup_printf("GENRE=%s", genres[i % 3]);
        g_autofree char *track = g_strdup_printf("TRACKNUMBER=%u", i + 1);
        g_autofree char *date = g_strdup_printf("DATE=%u", 1990 + i % 4);
        library_fixture_track(home, path, title, artist, album, i % 7 == 0 ? "X=y" : genre, track,
                              date, NULL);
    }
    library_fixture_photo(home, "p/one.jpg", "1999:05:31 12:30:00", "Camera");
    library_fixture_photo(home, "p/two.jpg", "2000:06:01 08:00:00", "Camera");
    library_fixture_video(home, "v/Hunter film.mp4");
    library_fixture_write(home, "list.m3u", "0/0.flac\n");
    library_fixture_open(home);
    return home;
}

static HthListing *search(LibraryFixture *home, const char *container, HthQuery *query)
{
    g_autoptr(HthReader) reader = hth_library_acquire_reader(home->library);
    g_autoptr(HthQuery) owned = query;
    g_autoptr(GError) error = NULL;
    HthListing *listing = hth_reader_search(reader, container, query, NULL, &error);
    g_assert_no_error(error);
    return listing;
}

static HthQuery *class_is(const char *class)
{
    return hth_query_new_compare(HTH_QUERY_DERIVED_FROM, HTH_PROPERTY_CLASS, class);
}

static guint count(LibraryFixture *home, const char *container, HthQuery *query)
{
    g_autoptr(HthListing) listing = search(home, container, query);
    return listing->n_refs;
}

static guint count_of(LibraryFixture *home, HthQueryKind kind, HthProperty property,
                      const char *value)
{
    return count(home, "0", hth_query_new_compare(kind, property, value));
}

/* Any of several values may fit; of none, nothing fits (ContentDirectory:1, 2.5.5.1). */
static gboolean fits(HthQueryKind kind, const char *text, const char *value)
{
    g_autofree char *a = hth_text_fold(text);
    g_autofree char *b = hth_text_fold(value);
    switch (kind) {
    case HTH_QUERY_EQUAL:
        return strcmp(a, b) == 0;
    case HTH_QUERY_NOT_EQUAL:
        return strcmp(a, b) != 0;
    case HTH_QUERY_CONTAINS:
        return strstr(a, b) != NULL;
    case HTH_QUERY_DOES_NOT_CONTAIN:
        return strstr(a, b) == NULL;
    case HTH_QUERY_STARTS_WITH:
        return g_str_has_prefix(a, b);
    case HTH_QUERY_LESS:
        return strcmp(a, b) < 0;
    default:
        return strcmp(a, b) >= 0;
    }
}

static gboolean any_fits(HthQueryKind kind, const GPtrArray *texts, const char *value)
{
    for (guint i = 0; texts != NULL && i < texts->len; i++) {
        if (fits(kind, texts->pdata[i], value))
            return TRUE;
    }
    return FALSE;
}

static gboolean object_fits(const HthObject *object, HthQueryKind kind, HthProperty property,
                            const char *value)
{
    switch (property) {
    case HTH_PROPERTY_TITLE:
        return fits(kind, object->title, value);
    case HTH_PROPERTY_ARTIST:
        return any_fits(kind, object->artists, value);
    case HTH_PROPERTY_GENRE:
        return any_fits(kind, object->genres, value);
    case HTH_PROPERTY_DATE:
        return object->date != NULL && fits(kind, object->date, value);
    default:
        return object->album != NULL && fits(kind, object->album, value);
    }
}

static void test_text_operators_equal_a_look_at_every_track(void)
{
    g_autoptr(LibraryFixture) home = home_with_music();
    static const HthProperty properties[] = { HTH_PROPERTY_TITLE, HTH_PROPERTY_ARTIST,
                                              HTH_PROPERTY_GENRE, HTH_PROPERTY_ALBUM,
                                              HTH_PROPERTY_DATE };
    static const HthQueryKind kinds[] = { HTH_QUERY_EQUAL,        HTH_QUERY_NOT_EQUAL,
                                          HTH_QUERY_CONTAINS,     HTH_QUERY_DOES_NOT_CONTAIN,
                                          HTH_QUERY_STARTS_WITH,  HTH_QUERY_LESS,
                                          HTH_QUERY_GREATER_EQUAL };
    static const char *const values[] = { "joga",         "JÓGA", "b",    "Björk",
                                          "bjork",        "rock", "elec", "album 3",
                                          "199",          "1991", "%",    "_",
                                          "x' or '1'='1", "zzz",  "a",    "\"; --" };
    g_autoptr(HthReader) reader = hth_library_acquire_reader(home->library);
    g_autoptr(HthListing) all = hth_reader_children(reader, "music-all", NULL, NULL);
    g_assert_cmpuint(all->n_refs, ==, 24);
    for (guint p = 0; p < G_N_ELEMENTS(properties); p++) {
        for (guint k = 0; k < G_N_ELEMENTS(kinds); k++) {
            for (guint v = 0; v < G_N_ELEMENTS(values); v++) {
                guint wanted = 0;
                for (guint i = 0; i < all->n_refs; i++) {
                    g_autoptr(HthObject) object = hth_reader_object_by_ref(reader, all->refs[i]);
                    wanted += object_fits(object, kinds[k], properties[p], values[v]);
                }
                const guint found = count(
                    home, "0",
                    hth_query_new_pair(HTH_QUERY_AND, class_is("object.item.audioItem"),
                                       hth_query_new_compare(kinds[k], properties[p], values[v])));
                if (found != wanted)
                    g_error("property %d operator %d \"%s\": %u found, %u wanted", properties[p],
                            kinds[k], values[v], found, wanted);
            }
        }
    }
}

static void test_classes_are_found_at_every_level(void)
{
    g_autoptr(LibraryFixture) home = home_with_music();
    static const struct {
        const char *class;
        guint n;
    } rows[] = { { "object.item", 27 },
                 { "object.item.audioItem", 24 },
                 { "object.item.audioItem.musicTrack", 24 },
                 { "object.item.audio", 0 }, /* a word cut short is another class */
                 { "object.item.videoItem", 1 },
                 { "object.item.imageItem.photo", 2 },
                 { "object.container.person.musicArtist", 5 }, /* and Various Artists */
                 { "object.container.genre.musicGenre", 3 },
                 { "object.container.playlistContainer", 1 },
                 { "object.container.nothing", 0 } };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
        g_assert_cmpuint(count(home, "0", class_is(rows[i].class)), ==, rows[i].n);
    g_assert_cmpuint(count(home, "0", hth_query_new_all()), ==,
                     count(home, "0", class_is("object")));
}

static void test_a_scope_holds_what_lies_below_it(void)
{
    g_autoptr(LibraryFixture) home = home_with_music();
    g_autofree char *folder = library_fixture_child(home, "music-folders", "media");
    g_autofree char *sub = library_fixture_child(home, folder, "1");
    g_autofree char *artist = library_fixture_child(home, "music-artists", "Björk");
    g_autofree char *album = library_fixture_child(home, "music-albums", "Album 2");
    g_autofree char *year = library_fixture_child(home, "photo-dates", "1999");
    const char *const items = "object.item";
    g_assert_cmpuint(count(home, folder, class_is(items)), ==, 24);
    g_assert_cmpuint(count(home, sub, class_is(items)), ==, 8);
    g_assert_cmpuint(count(home, artist, class_is(items)), ==, 6);
    g_autoptr(HthObject) object = library_fixture_object(home, album);
    g_assert_cmpuint(count(home, album, class_is(items)), ==, object->child_count);
    g_assert_cmpuint(count(home, year, class_is(items)), ==, 1);
    g_assert_cmpuint(count(home, "video", class_is(items)), ==, 1);
    g_assert_cmpuint(count(home, "photo-all", class_is(items)), ==, 2);
    g_autoptr(HthReader) reader = hth_library_acquire_reader(home->library);
    g_autoptr(HthQuery) all = hth_query_new_all();
    g_autoptr(GError) error = NULL;
    g_assert_null(hth_reader_search(reader, "nonsense", all, NULL, &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND);
    g_clear_error(&error);
    g_assert_null(hth_reader_search(reader, "music.nonsense", all, NULL, &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND);
}

static void test_ids_and_parents_are_found(void)
{
    g_autoptr(LibraryFixture) home = home_with_music();
    g_autofree char *album = library_fixture_child(home, "music-albums", "Album 2");
    g_autofree char *track = library_fixture_child(home, "music-all", "a");
    g_assert_cmpuint(count_of(home, HTH_QUERY_EQUAL, HTH_PROPERTY_ID, track), ==, 1);
    g_assert_cmpuint(count_of(home, HTH_QUERY_EQUAL, HTH_PROPERTY_ID, album), ==, 1);
    g_assert_cmpuint(count_of(home, HTH_QUERY_EQUAL, HTH_PROPERTY_ID, "music"), ==, 1);
    g_assert_cmpuint(count_of(home, HTH_QUERY_EQUAL, HTH_PROPERTY_PARENT_ID, "0"), ==, 3);
    g_assert_cmpuint(count_of(home, HTH_QUERY_EQUAL, HTH_PROPERTY_PARENT_ID, "music-genres"), ==,
                     3);
    g_assert_cmpuint(count_of(home, HTH_QUERY_EQUAL, HTH_PROPERTY_ID, "' OR 1=1 --"), ==, 0);
    const guint all = count(home, "0", hth_query_new_all());
    g_assert_cmpuint(count_of(home, HTH_QUERY_NOT_EQUAL, HTH_PROPERTY_ID, track), ==, all - 1);
    g_assert_cmpuint(count_of(home, HTH_QUERY_EXISTS, HTH_PROPERTY_REF_ID, "true"), ==, 0);
    g_assert_cmpuint(count_of(home, HTH_QUERY_EXISTS, HTH_PROPERTY_REF_ID, "false"), ==, all);
}

static void test_own_playlists_are_found(void)
{
    g_autoptr(LibraryFixture) home = home_with_music();
    g_autofree char *track = library_fixture_child(home, "music-all", "a");
    const char *const items[] = { track, NULL };
    g_autofree char *id = NULL;
    g_assert_true(hth_library_save_playlist(home->library, NULL, "Mïne", items, &id, NULL));
    library_fixture_expect(home, "music-playlists", "Mïne|list");
    library_fixture_expect(home, id, "a");
    g_assert_cmpuint(count(home, "0", class_is("object.container.playlistContainer")), ==, 2);
    g_assert_cmpuint(count_of(home, HTH_QUERY_EQUAL, HTH_PROPERTY_ID, id), ==, 1);
    g_autoptr(HthListing) found = search(
        home, "0",
        hth_query_new_pair(HTH_QUERY_AND, class_is("object.container"),
                           hth_query_new_compare(HTH_QUERY_CONTAINS, HTH_PROPERTY_TITLE, "MINE")));
    g_assert_cmpuint(found->n_refs, ==, 1);
}

static void test_trees_are_followed_to_the_bottom(void)
{
    g_autoptr(LibraryFixture) home = home_with_music();
    HthQuery *deep = hth_query_new_compare(HTH_QUERY_CONTAINS, HTH_PROPERTY_TITLE, "hunter");
    for (guint i = 0; i + 2 < HTH_QUERY_MAX_DEPTH; i++)
        deep = hth_query_new_pair(i % 2 == 0 ? HTH_QUERY_AND : HTH_QUERY_OR, deep,
                                  hth_query_new_compare(HTH_QUERY_CONTAINS, HTH_PROPERTY_TITLE,
                                                        i % 2 == 0 ? "u" : "joga"));
    const guint n =
        count(home, "0", hth_query_new_pair(HTH_QUERY_AND, deep, class_is("object.item")));
    g_assert_cmpuint(n, ==, 4 + 4 + 1); /* hunter, joga, and the film */
    HthQuery *not = hth_query_new_pair(HTH_QUERY_NOT, class_is("object.item.audioItem"), NULL);
    g_assert_cmpuint(
        count(home, "0", hth_query_new_pair(HTH_QUERY_AND, not, class_is("object.item"))), ==, 3);
}

static void test_numbers_are_compared_as_numbers(void)
{
    g_autoptr(LibraryFixture) home = home_with_music();
    g_assert_cmpuint(count_of(home, HTH_QUERY_GREATER, HTH_PROPERTY_TRACK, "9"), ==, 15);
    g_assert_cmpuint(count_of(home, HTH_QUERY_EQUAL, HTH_PROPERTY_TRACK, "10"), ==, 1);
    g_assert_cmpuint(count_of(home, HTH_QUERY_LESS_EQUAL, HTH_PROPERTY_PLAY_COUNT, "0"), ==, 27);
    g_autofree char *track = library_fixture_child(home, "music-all", "a");
    g_assert_true(hth_library_add_play(home->library, track, NULL, NULL));
    library_fixture_expect(home, "music-most-played", "a");
    g_assert_cmpuint(count_of(home, HTH_QUERY_GREATER, HTH_PROPERTY_PLAY_COUNT, "0"), ==, 1);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name_, function_) g_test_add_func("/search/" name_, function_)
    ADD("text-operators-equal-a-look-at-every-track",
        test_text_operators_equal_a_look_at_every_track);
    ADD("classes-are-found-at-every-level", test_classes_are_found_at_every_level);
    ADD("a-scope-holds-what-lies-below-it", test_a_scope_holds_what_lies_below_it);
    ADD("ids-and-parents-are-found", test_ids_and_parents_are_found);
    ADD("own-playlists-are-found", test_own_playlists_are_found);
    ADD("trees-are-followed-to-the-bottom", test_trees_are_followed_to_the_bottom);
    ADD("numbers-are-compared-as-numbers", test_numbers_are_compared_as_numbers);
    return g_test_run();
}

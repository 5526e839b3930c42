/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "library/album-grouping.h"

#include "library-fixture.h"

/* "TITLE by ARTIST (N)" of every album, in the order of the list. */
static char *albums(LibraryFixture *home)
{
    g_autoptr(HthReader) reader = hth_library_acquire_reader(home->library);
    g_autoptr(HthListing) listing = hth_reader_children(reader, "music-albums", NULL, NULL);
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < listing->n_refs; i++) {
        g_autoptr(HthObject) album = hth_reader_object_by_ref(reader, listing->refs[i]);
        g_string_append_printf(text, "%s%s by %s (%u)", i > 0 ? "|" : "", album->title,
                               album->artists != NULL ? (char *)album->artists->pdata[0] : "nobody",
                               album->child_count);
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

#define assert_albums(home_, text_)                                                                \
    do {                                                                                           \
        g_autofree char *found_ = albums(home_);                                                   \
        g_assert_cmpstr(found_, ==, text_);                                                        \
    } while (0)

#define assert_list(home_, id_, text_)                                                             \
    do {                                                                                           \
        g_autofree char *found_ = library_fixture_list(home_, id_);                                \
        g_assert_cmpstr(found_, ==, text_);                                                        \
    } while (0)

static void test_knows_the_folder_of_a_disc(void)
{
    static const struct {
        const char *path;
        guint disc;
    } rows[] = { { "A/CD1", 1 },  { "A/cd 02", 2 }, { "A/Disc 3", 3 },
                 { "Disk-4", 4 }, { "A/CD", 0 },    { "A/CD123", 0 },
                 { "A", 0 },      { "", 0 },        { "A/Discovery", 0 } };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
        g_assert_cmpuint(hth_album_disc_of_folder(rows[i].path), ==, rows[i].disc);
    g_assert_cmpint(hth_album_group_digest(1, "A/CD1", "T"), ==,
                    hth_album_group_digest(1, "A/CD2", "t"));
    g_assert_cmpint(hth_album_group_digest(1, "A", "T"), ==,
                    hth_album_group_digest(1, "A/CD2", "T"));
    g_assert_cmpint(hth_album_group_digest(1, "A", "T"), !=, hth_album_group_digest(2, "A", "T"));
    g_assert_cmpint(hth_album_group_digest(1, "A", "T"), !=, hth_album_group_digest(1, "B", "T"));
}

static void test_discs_in_folders_are_one_album_in_their_order(void)
{
    g_autoptr(LibraryFixture) home = library_fixture_new();
    for (int disc = 1; disc <= 2; disc++) {
        for (int track = 1; track <= 2; track++) {
            g_autofree char *path = g_strdup_printf("Box/CD %d/%d.flac", disc, track);
            g_autofree char *title = g_strdup_printf("TITLE=d%dt%d", disc, track);
            g_autofree char *number = g_strdup_printf("TRACKNUMBER=%d", track);
            library_fixture_track(home, path, title, number, "ARTIST=Band", "ALBUM=Box", NULL);
        }
    }
    library_fixture_open(home);
    assert_albums(home, "Box by Band (4)");
    g_autofree char *id = library_fixture_child(home, "music-albums", "Box");
    assert_list(home, id, "d1t1|d1t2|d2t1|d2t2");
}

static void test_an_album_artist_joins_folders(void)
{
    g_autoptr(LibraryFixture) home = library_fixture_new();
    library_fixture_track(home, "x/1.flac", "TITLE=One", "ARTIST=A", "ALBUMARTIST=Band", "ALBUM=T",
                          NULL);
    library_fixture_track(home, "y/2.flac", "TITLE=Two", "ARTIST=B", "ALBUMARTIST=BAND", "ALBUM=t",
                          NULL);
    library_fixture_track(home, "y/3.flac", "TITLE=Three", "ARTIST=Other", "ALBUMARTIST=Other",
                          "ALBUM=T", NULL);
    library_fixture_open(home);
    assert_albums(home, "T by Band (2)|T by Other (1)");
    assert_list(home, "music-album-artists", "Band|Other");
    assert_list(home, "music-artists", "A|B|Other");
}

static void test_numbers_that_never_meet_make_a_compilation(void)
{
    g_autoptr(LibraryFixture) home = library_fixture_new();
    library_fixture_track(home, "c/1.flac", "TITLE=One", "ARTIST=A", "ALBUM=Hits", "TRACKNUMBER=1",
                          NULL);
    library_fixture_track(home, "c/2.flac", "TITLE=Two", "ARTIST=B", "ALBUM=Hits", "TRACKNUMBER=2",
                          NULL);
    library_fixture_open(home);
    assert_albums(home, "Hits by Various Artists (2)");
}

static void test_a_flag_makes_a_compilation_without_numbers(void)
{
    g_autoptr(LibraryFixture) home = library_fixture_new();
    library_fixture_track(home, "c/1.flac", "TITLE=One", "ARTIST=A", "ALBUM=Hits", "COMPILATION=1",
                          NULL);
    library_fixture_track(home, "c/2.flac", "TITLE=Two", "ARTIST=B", "ALBUM=Hits", "COMPILATION=1",
                          NULL);
    library_fixture_open(home);
    assert_albums(home, "Hits by Various Artists (2)");
}

static void test_two_bands_of_one_title_stay_apart(void)
{
    g_autoptr(LibraryFixture) home = library_fixture_new();
    library_fixture_track(home, "c/a1.flac", "TITLE=A1", "ARTIST=A", "ALBUM=Hits", "TRACKNUMBER=1",
                          NULL);
    library_fixture_track(home, "c/b1.flac", "TITLE=B1", "ARTIST=B", "ALBUM=Hits", "TRACKNUMBER=1",
                          NULL);
    library_fixture_track(home, "d/c1.flac", "TITLE=C1", "ARTIST=C", "ALBUM=Hits", "TRACKNUMBER=2",
                          NULL);
    library_fixture_open(home);
    assert_albums(home, "Hits by A (1)|Hits by B (1)|Hits by C (1)");
}

/* The other tracks of the group come along: their artists' lists change with a file that is not
 * theirs. */
static void test_a_new_track_makes_an_album_a_compilation(void)
{
    g_autoptr(LibraryFixture) home = library_fixture_new();
    library_fixture_track(home, "c/1.flac", "TITLE=One", "ARTIST=A", "ALBUM=Hits", "TRACKNUMBER=1",
                          NULL);
    library_fixture_open(home);
    assert_albums(home, "Hits by A (1)");
    g_autofree char *artist = library_fixture_child(home, "music-artists", "A");
    g_autofree char *before = library_fixture_child(home, artist, "Hits");
    library_fixture_track(home, "c/2.flac", "TITLE=Two", "ARTIST=B", "ALBUM=Hits", "TRACKNUMBER=2",
                          NULL);
    library_fixture_scan(home);
    assert_albums(home, "Hits by Various Artists (2)");
    assert_list(home, artist, "All tracks|Hits");
    g_autofree char *after = library_fixture_child(home, artist, "Hits");
    g_assert_cmpstr(before, !=, after);
    g_autoptr(GPtrArray) lines = library_fixture_walk(home); /* every count equals its list */
    g_assert_cmpuint(lines->len, >, 10);
}

static void test_a_retag_moves_a_track_and_the_empty_album_goes(void)
{
    g_autoptr(LibraryFixture) home = library_fixture_new();
    library_fixture_track(home, "1.flac", "TITLE=One", "ARTIST=A", "ALBUM=Old", "GENRE=Jazz",
                          "COMPOSER=K", "DATE=1999", NULL);
    library_fixture_open(home);
    assert_albums(home, "Old by A (1)");
    assert_list(home, "music-years", "1999");
    library_fixture_track(home, "1.flac", "TITLE=One", "ARTIST=B", "ALBUM=New", "GENRE=Rock", NULL);
    library_fixture_scan(home);
    assert_albums(home, "New by B (1)");
    assert_list(home, "music-artists", "B");
    assert_list(home, "music-genres", "Rock");
    assert_list(home, "music-composers", "");
    assert_list(home, "music-years", "");
    library_fixture_track(home, "1.flac", "TITLE=One", "ARTIST=A", NULL);
    library_fixture_scan(home);
    assert_albums(home, "");
    assert_list(home, "music-artists", "A"); /* removed and added again */
    HthLibraryCounts counts;
    hth_library_counts(home->library, &counts);
    g_assert_cmpuint(counts.n_albums, ==, 0);
    g_assert_cmpuint(counts.n_artists, ==, 1);
    g_assert_cmpuint(counts.n_genres, ==, 0);
}

static void test_one_name_written_twice_is_listed_once(void)
{
    g_autoptr(LibraryFixture) home = library_fixture_new();
    library_fixture_track(home, "1.flac", "TITLE=One", "ARTIST=Band", "ARTIST=BAND", "ARTIST=Guest",
                          "GENRE=Rock", "GENRE=rock", NULL);
    library_fixture_open(home);
    g_autofree char *genre = library_fixture_child(home, "music-genres", "Rock");
    g_autofree char *tracks = library_fixture_child(home, genre, "All tracks");
    assert_list(home, tracks, "One");
    assert_list(home, "music-artists", "Band|Guest");
    g_autoptr(GPtrArray) lines = library_fixture_walk(home);
}

static void test_a_cover_added_later_reaches_the_album(void)
{
    g_autoptr(LibraryFixture) home = library_fixture_new();
    library_fixture_track(home, "a/1.flac", "TITLE=One", "ARTIST=A", "ALBUM=T", NULL);
    library_fixture_open(home);
    g_autofree char *id = library_fixture_child(home, "music-albums", "T");
    g_autoptr(HthObject) plain = library_fixture_object(home, id);
    g_assert_null(plain->artwork_id);
    library_fixture_photo(home, "a/cover.jpg", NULL, NULL);
    library_fixture_scan(home);
    g_autoptr(HthObject) covered = library_fixture_object(home, id);
    g_assert_nonnull(covered->artwork_id);
    library_fixture_remove(home, "a/cover.jpg");
    library_fixture_scan(home);
    g_autoptr(HthObject) again = library_fixture_object(home, id);
    g_assert_null(again->artwork_id);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name_, function_) g_test_add_func("/album-grouping/" name_, function_)
    ADD("knows-the-folder-of-a-disc", test_knows_the_folder_of_a_disc);
    ADD("discs-in-folders-are-one-album-in-their-order",
        test_discs_in_folders_are_one_album_in_their_order);
    ADD("an-album-artist-joins-folders", test_an_album_artist_joins_folders);
    ADD("numbers-that-never-meet-make-a-compilation",
        test_numbers_that_never_meet_make_a_compilation);
    ADD("a-flag-makes-a-compilation-without-numbers",
        test_a_flag_makes_a_compilation_without_numbers);
    ADD("two-bands-of-one-title-stay-apart", test_two_bands_of_one_title_stay_apart);
    ADD("a-new-track-makes-an-album-a-compilation", test_a_new_track_makes_an_album_a_compilation);
    ADD("a-retag-moves-a-track-and-the-empty-album-goes",
        test_a_retag_moves_a_track_and_the_empty_album_goes);
    ADD("one-name-written-twice-is-listed-once", test_one_name_written_twice_is_listed_once);
    ADD("a-cover-added-later-reaches-the-album", test_a_cover_added_later_reaches_the_album);
    return g_test_run();
}

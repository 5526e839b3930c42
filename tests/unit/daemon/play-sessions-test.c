/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "play-sessions.h"

#include <string.h>

#define MIB      G_GUINT64_CONSTANT(1048576)
#define SONG     (4 * MIB)
#define SONG_MS  (240 * 1000)
#define MOVIE    (4096 * MIB)
#define MOVIE_MS (2 * 60 * 60 * 1000)
#define TV       "192.0.2.7"

typedef struct {
    HthPlaySessions *sessions;
    gint64 now_us;
} Fixture;

static void set_up(Fixture *self, gconstpointer data)
{
    self->sessions = hth_play_sessions_new();
    self->now_us = G_USEC_PER_SEC;
}

static void tear_down(Fixture *self, gconstpointer data)
{
    hth_play_sessions_free(self->sessions);
}

static HthObject *object_new(const char *id, gint64 duration_ms)
{
    HthObject *object = g_new0(HthObject, 1);
    object->class = HTH_OBJECT_MUSIC_TRACK;
    object->leaf_id = g_strdup(id);
    object->parent_id = g_strdup("0");
    object->title = g_strdup(id);
    object->duration_ms = duration_ms;
    return object;
}

static HthPlayFetch *begin_of(Fixture *self, const char *device, const char *item, guint64 first,
                              guint64 size, gint64 duration_ms)
{
    g_autoptr(HthObject) object = object_new(item, duration_ms);
    const HthPlayWhat what = { .device = device, .object = object, .size_bytes = size };
    gboolean is_first;
    return hth_play_sessions_begin(self->sessions, &what, first, NULL, self->now_us, &is_first);
}

static void end(Fixture *self, HthPlayFetch *fetch, guint64 sent)
{
    hth_play_sessions_end(self->sessions, fetch, sent, self->now_us);
}

/* A request that takes no time. */
static void fetch(Fixture *self, const char *item, guint64 first, guint64 sent)
{
    end(self, begin_of(self, TV, item, first, SONG, SONG_MS), sent);
}

static void fetch_movie(Fixture *self, guint64 first, guint64 sent)
{
    end(self, begin_of(self, TV, "film", first, MOVIE, MOVIE_MS), sent);
}

static gboolean wait_s(Fixture *self, gint64 seconds)
{
    guint64 generation;
    self->now_us += seconds * G_USEC_PER_SEC;
    return hth_play_sessions_sweep(self->sessions, self->now_us, &generation);
}

/* What is played by the one device that plays; "" for nothing. */
static HthPlaySession *only(Fixture *self)
{
    g_autoptr(GPtrArray) list = hth_play_sessions_list(self->sessions, self->now_us);
    g_assert_cmpuint(list->len, ==, 1);
    return g_ptr_array_steal_index(list, 0);
}

static void assert_plays(Fixture *self, const char *item, gint64 position_ms)
{
    HthPlaySession *session = only(self);
    g_assert_cmpstr(session->object->leaf_id, ==, item);
    g_assert_cmpint(ABS(session->position_ms - position_ms), <=, 1000);
    hth_play_session_free(session);
}

static void assert_quiet(Fixture *self)
{
    g_autoptr(GPtrArray) list = hth_play_sessions_list(self->sessions, self->now_us);
    g_assert_cmpuint(list->len, ==, 0);
}

static void test_a_song_read_ahead_whole_plays_to_its_end(Fixture *self, gconstpointer data)
{
    fetch(self, "song", 0, SONG);
    assert_plays(self, "song", 0);
    g_assert_true(wait_s(self, 60));
    assert_plays(self, "song", 60 * 1000);
    g_assert_true(wait_s(self, 180));
    assert_plays(self, "song", SONG_MS);
    g_assert_false(wait_s(self, HTH_PLAY_GRACE_S / 3 + 1));
    assert_quiet(self);
}

static void test_many_ranges_are_one_session(Fixture *self, gconstpointer data)
{
    for (guint i = 0; i < 64; i++) {
        fetch(self, "song", i * SONG / 64, SONG / 64);
        (void)wait_s(self, 3);
    }
    HthPlaySession *session = only(self);
    g_assert_cmpuint(session->sent_bytes, ==, SONG);
    g_assert_cmpuint(session->position_bytes, ==, SONG);
    g_assert_cmpint(session->since_us, ==, G_USEC_PER_SEC);
    hth_play_session_free(session);
    assert_plays(self, "song", 64 * 3 * 1000);
}

static void test_a_look_into_a_head_is_no_play(Fixture *self, gconstpointer data)
{
    fetch(self, "song", 0, 64 * 1024);
    fetch(self, "other", 0, 100 * 1024);
    (void)wait_s(self, 1);
    assert_quiet(self);
    g_assert_false(wait_s(self, HTH_PLAY_UNKNOWN_S));
}

static void test_another_song_ends_the_first(Fixture *self, gconstpointer data)
{
    fetch(self, "song", 0, SONG);
    (void)wait_s(self, 10);
    fetch(self, "other", 0, SONG);
    (void)wait_s(self, 1);
    assert_plays(self, "other", 1000);
}

static void test_two_devices_do_not_end_each_other(Fixture *self, gconstpointer data)
{
    fetch(self, "song", 0, SONG);
    end(self, begin_of(self, "192.0.2.8", "other", 0, SONG, SONG_MS), SONG);
    (void)wait_s(self, 1);
    g_autoptr(GPtrArray) list = hth_play_sessions_list(self->sessions, self->now_us);
    g_assert_cmpuint(list->len, ==, 2);
}

/* What it holds is played, then it waits: it plays no further than it could. */
static void test_who_stops_asking_is_paused_and_then_gone(Fixture *self, gconstpointer data)
{
    fetch(self, "song", 0, SONG / 4);
    (void)wait_s(self, 80);
    assert_plays(self, "song", 60 * 1000);
    fetch(self, "song", SONG / 4, SONG / 4);
    (void)wait_s(self, 10);
    assert_plays(self, "song", 70 * 1000);
    g_assert_false(wait_s(self, 50 + HTH_PLAY_GRACE_S));
    assert_quiet(self);
}

static void test_a_request_under_way_keeps_it(Fixture *self, gconstpointer data)
{
    fetch(self, "song", 0, SONG / 2);
    HthPlayFetch *rest = begin_of(self, TV, "song", SONG / 2, SONG, SONG_MS);
    g_assert_true(wait_s(self, 3600));
    assert_plays(self, "song", SONG_MS / 2);
    end(self, rest, 0);
    g_assert_false(wait_s(self, 1));
}

static void test_an_index_at_the_end_is_no_jump(Fixture *self, gconstpointer data)
{
    fetch_movie(self, 0, 2 * MIB);
    fetch_movie(self, MOVIE - 8 * MIB, 8 * MIB);
    fetch_movie(self, 2 * MIB, 64 * MIB);
    assert_plays(self, "film", 0);
    (void)wait_s(self, 30);
    assert_plays(self, "film", 30 * 1000);
}

static void test_a_jump_moves_the_clock_both_ways(Fixture *self, gconstpointer data)
{
    fetch_movie(self, 0, 64 * MIB);
    (void)wait_s(self, 20);
    fetch_movie(self, MOVIE / 2, 64 * MIB);
    (void)wait_s(self, 5);
    assert_plays(self, "film", MOVIE_MS / 2 + 5000);
    fetch_movie(self, MOVIE / 4, 64 * MIB);
    (void)wait_s(self, 5);
    assert_plays(self, "film", MOVIE_MS / 4 + 5000);
}

/* The new request is there before the end of the old one is. */
static void test_asking_anew_in_the_middle_is_no_jump(Fixture *self, gconstpointer data)
{
    HthPlayFetch *whole = begin_of(self, TV, "film", 0, MOVIE, MOVIE_MS);
    HthPlayFetch *probe = begin_of(self, TV, "film", MOVIE - 10000, MOVIE, MOVIE_MS);
    end(self, probe, 10000);
    (void)wait_s(self, 10);
    HthPlayFetch *rest = begin_of(self, TV, "film", 64 * MIB, MOVIE, MOVIE_MS);
    end(self, whole, 64 * MIB);
    end(self, rest, 64 * MIB);
    assert_plays(self, "film", 10 * 1000);
}

static void test_without_a_length_there_is_no_position(Fixture *self, gconstpointer data)
{
    end(self, begin_of(self, TV, "noise", 0, SONG, 0), SONG);
    HthPlaySession *session = only(self);
    g_assert_cmpint(session->position_ms, ==, -1);
    hth_play_session_free(session);
    g_assert_false(wait_s(self, HTH_PLAY_UNKNOWN_S));
}

static void test_the_table_is_bounded(Fixture *self, gconstpointer data)
{
    fetch(self, "song", 0, SONG);
    for (guint i = 0; i < 4 * HTH_PLAY_SESSIONS_MAX; i++) {
        g_autofree char *item = g_strdup_printf("item %u", i);
        fetch(self, item, 0, 1000);
    }
    assert_plays(self, "song", 0); /* those that only look go first */
    for (guint i = 0; i < 4 * HTH_PLAY_SESSIONS_MAX; i++) {
        g_autofree char *device = g_strdup_printf("198.51.100.%u", i % 250);
        g_autofree char *item = g_strdup_printf("item %u", i);
        end(self, begin_of(self, device, item, 0, SONG, SONG_MS), SONG);
    }
    g_autoptr(GPtrArray) list = hth_play_sessions_list(self->sessions, self->now_us);
    g_assert_cmpuint(list->len, <=, HTH_PLAY_SESSIONS_MAX);
}

static void test_many_requests_at_once_end_well(Fixture *self, gconstpointer data)
{
    HthPlayFetch *fetches[100];
    for (guint i = 0; i < G_N_ELEMENTS(fetches); i++)
        fetches[i] = begin_of(self, TV, "song", i * 1000, SONG, SONG_MS);
    for (guint i = 0; i < G_N_ELEMENTS(fetches); i++)
        end(self, fetches[i], SONG - i * 1000);
    assert_plays(self, "song", 0);
    g_assert_false(wait_s(self, SONG_MS / 1000 + HTH_PLAY_GRACE_S));
}

static void test_a_player_that_tells_is_believed(Fixture *self, gconstpointer data)
{
    g_autoptr(HthObject) object = object_new("song", SONG_MS);
    const HthPlayWhat what = { .kind = HTH_PLAYER_TOLD, .device = "hearth", .object = object };
    gboolean is_first = FALSE;
    hth_play_sessions_tell(self->sessions, &what, HTH_SESSION_PLAYING, 5000, self->now_us,
                           &is_first);
    g_assert_true(is_first);
    (void)wait_s(self, 10);
    assert_plays(self, "song", 15 * 1000);
    hth_play_sessions_tell(self->sessions, &what, HTH_SESSION_PAUSED, 9000, self->now_us,
                           &is_first);
    (void)wait_s(self, 20);
    assert_plays(self, "song", 9000);
    hth_play_sessions_tell(self->sessions, &what, HTH_SESSION_STOPPED, 0, self->now_us, &is_first);
    assert_quiet(self);
    hth_play_sessions_tell(self->sessions, &what, HTH_SESSION_PLAYING, 0, self->now_us, &is_first);
    g_assert_false(wait_s(self, HTH_PLAY_TOLD_S));
}

static void test_the_generation_tells_of_changes_alone(Fixture *self, gconstpointer data)
{
    guint64 before, after;
    (void)hth_play_sessions_sweep(self->sessions, self->now_us, &before);
    fetch(self, "song", 0, SONG / 2);
    (void)hth_play_sessions_sweep(self->sessions, self->now_us, &after);
    g_assert_cmpuint(after, !=, before);
    before = after;
    fetch(self, "song", SONG / 2, SONG / 2);
    (void)hth_play_sessions_sweep(self->sessions, self->now_us, &after);
    g_assert_cmpuint(after, ==, before);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*test)(Fixture *, gconstpointer);
    } rows[] = {
        { "a-song-read-ahead-whole-plays-to-its-end",
          test_a_song_read_ahead_whole_plays_to_its_end },
        { "many-ranges-are-one-session", test_many_ranges_are_one_session },
        { "a-look-into-a-head-is-no-play", test_a_look_into_a_head_is_no_play },
        { "another-song-ends-the-first", test_another_song_ends_the_first },
        { "two-devices-do-not-end-each-other", test_two_devices_do_not_end_each_other },
        { "who-stops-asking-is-paused-and-then-gone",
          test_who_stops_asking_is_paused_and_then_gone },
        { "a-request-under-way-keeps-it", test_a_request_under_way_keeps_it },
        { "an-index-at-the-end-is-no-jump", test_an_index_at_the_end_is_no_jump },
        { "a-jump-moves-the-clock-both-ways", test_a_jump_moves_the_clock_both_ways },
        { "asking-anew-in-the-middle-is-no-jump", test_asking_anew_in_the_middle_is_no_jump },
        { "without-a-length-there-is-no-position", test_without_a_length_there_is_no_position },
        { "the-table-is-bounded", test_the_table_is_bounded },
        { "many-requests-at-once-end-well", test_many_requests_at_once_end_well },
        { "a-player-that-tells-is-believed", test_a_player_that_tells_is_believed },
        { "the-generation-tells-of-changes-alone", test_the_generation_tells_of_changes_alone },
    };
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strconcat("/play-sessions/", rows[i].name, NULL);
        g_test_add(path, Fixture, NULL, set_up, rows[i].test, tear_down);
    }
    return g_test_run();
}

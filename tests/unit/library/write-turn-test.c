/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "library/write-turn.h"

/* A thread that takes one long turn after the other, as the library's writer does. */
typedef struct {
    HthWriteTurn *turn;
    gint n_long, n_asked, is_ending; /* atomic */
} Writer;

static gpointer write_for_long(gpointer data)
{
    Writer *writer = data;
    while (!g_atomic_int_get(&writer->is_ending)) {
        hth_write_turn_take_long(writer->turn);
        g_atomic_int_inc(&writer->n_long);
        while (!hth_write_turn_is_wanted(writer->turn) && !g_atomic_int_get(&writer->is_ending))
            g_thread_yield();
        g_atomic_int_inc(&writer->n_asked);
        hth_write_turn_give(writer->turn);
    }
    return NULL;
}

/* The long writer never ends its turn by itself and takes the next at once: without fairness this
 * would not return. */
static void test_a_short_turn_comes_before_the_next_long_one(void)
{
    Writer writer = { .turn = hth_write_turn_new() };
    GThread *thread = g_thread_new("writer", write_for_long, &writer);
    while (g_atomic_int_get(&writer.n_long) == 0)
        g_thread_yield();
    for (int i = 0; i < 1000; i++) {
        hth_write_turn_take(writer.turn);
        /* At most the turn that was under way, and no other, was in between. */
        g_assert_cmpint(g_atomic_int_get(&writer.n_long), ==, g_atomic_int_get(&writer.n_asked));
        hth_write_turn_give(writer.turn);
    }
    g_atomic_int_set(&writer.is_ending, 1);
    g_thread_join(thread);
    g_assert_cmpint(g_atomic_int_get(&writer.n_asked), >, 0);
    hth_write_turn_free(writer.turn);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/write-turn/a-short-turn-comes-before-the-next-long-one",
                    test_a_short_turn_comes_before_the_next_long_one);
    return g_test_run();
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Chance that can be had again: the same seed gives the same numbers (splitmix64).
 *
 * Threads: an object belongs to one thread at a time.
 */
#pragma once

#include <glib.h>

typedef struct {
    guint64 state;
} Chance;

static inline guint64 chance_next(Chance *self)
{
    guint64 z = self->state += G_GUINT64_CONSTANT(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* 0 to @n - 1; 0 for 0. */
static inline guint64 chance_below(Chance *self, guint64 n)
{
    return n > 0 ? chance_next(self) % n : 0;
}

/* TRUE once in @n times. */
static inline gboolean chance_one_in(Chance *self, guint64 n)
{
    return chance_below(self, n) == 0;
}

/* Another generator, whose numbers do not depend on how many are taken of this one later. */
static inline Chance chance_fork(Chance *self)
{
    return (Chance){ chance_next(self) };
}

static inline void chance_fill(Chance *self, void *out, gsize size)
{
    guint8 *bytes = out;
    for (gsize i = 0; i < size; i++)
        bytes[i] = (guint8)(chance_next(self) >> 32);
}

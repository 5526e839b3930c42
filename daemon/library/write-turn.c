/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "write-turn.h"

struct HthWriteTurn {
    GMutex lock;
    GCond given;
    gboolean is_taken;
    guint n_waiting; /* for a short turn */
};

HthWriteTurn *hth_write_turn_new(void)
{
    HthWriteTurn *self = g_new0(HthWriteTurn, 1);
    g_mutex_init(&self->lock);
    g_cond_init(&self->given);
    return self;
}

void hth_write_turn_free(HthWriteTurn *self)
{
    if (self == NULL)
        return;
    g_cond_clear(&self->given);
    g_mutex_clear(&self->lock);
    g_free(self);
}

void hth_write_turn_take(HthWriteTurn *self)
{
    g_mutex_lock(&self->lock);
    self->n_waiting++;
    while (self->is_taken)
        g_cond_wait(&self->given, &self->lock);
    self->n_waiting--;
    self->is_taken = TRUE;
    g_mutex_unlock(&self->lock);
}

void hth_write_turn_take_long(HthWriteTurn *self)
{
    g_mutex_lock(&self->lock);
    while (self->is_taken || self->n_waiting > 0)
        g_cond_wait(&self->given, &self->lock);
    self->is_taken = TRUE;
    g_mutex_unlock(&self->lock);
}

void hth_write_turn_give(HthWriteTurn *self)
{
    g_mutex_lock(&self->lock);
    self->is_taken = FALSE;
    g_cond_broadcast(&self->given);
    g_mutex_unlock(&self->lock);
}

gboolean hth_write_turn_is_wanted(HthWriteTurn *self)
{
    g_mutex_lock(&self->lock);
    const gboolean is_wanted = self->n_waiting > 0;
    g_mutex_unlock(&self->lock);
    return is_wanted;
}

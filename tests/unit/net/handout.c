/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "handout.h"

#include <pthread.h>

struct Handout {
    pthread_mutex_t lock;
    pthread_cond_t is_filled;
    GQueue items;
};

Handout *handout_new(void)
{
    Handout *self = g_new0(Handout, 1);
    pthread_mutex_init(&self->lock, NULL);
    pthread_cond_init(&self->is_filled, NULL);
    g_queue_init(&self->items);
    return self;
}

void handout_free(Handout *self)
{
    pthread_cond_destroy(&self->is_filled);
    pthread_mutex_destroy(&self->lock);
    g_queue_clear(&self->items);
    g_free(self);
}

void handout_push(Handout *self, gpointer item)
{
    pthread_mutex_lock(&self->lock);
    g_queue_push_tail(&self->items, item);
    pthread_cond_signal(&self->is_filled);
    pthread_mutex_unlock(&self->lock);
}

gpointer handout_pop(Handout *self)
{
    pthread_mutex_lock(&self->lock);
    while (self->items.length == 0)
        pthread_cond_wait(&self->is_filled, &self->lock);
    gpointer item = g_queue_pop_head(&self->items);
    pthread_mutex_unlock(&self->lock);
    return item;
}

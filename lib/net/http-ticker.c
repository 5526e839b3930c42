/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The locks of lib/net are POSIX mutexes, because the thread sanitizer cannot see into GMutex. */
#include "net/http-ticker.h"

#include <pthread.h>
#include <time.h>

struct HthHttpTicker {
    pthread_t thread;
    pthread_cond_t is_wanted;
    pthread_mutex_t lock; /* guards the fields below */
    GHashTable *entries;  /* object → const HthHttpTickable */
    gboolean is_ending;
};

typedef struct {
    gpointer object;
    const HthHttpTickable *type;
} Entry;

static GArray *take_entries(HthHttpTicker *self)
{
    GArray *entries = g_array_sized_new(FALSE, FALSE, sizeof(Entry), 16);
    pthread_mutex_lock(&self->lock);
    GHashTableIter iter;
    gpointer object;
    gpointer type;
    g_hash_table_iter_init(&iter, self->entries);
    while (g_hash_table_iter_next(&iter, &object, &type)) {
        const Entry entry = { .object = object, .type = type };
        entry.type->ref(object);
        g_array_append_val(entries, entry);
    }
    pthread_mutex_unlock(&self->lock);
    return entries;
}

void hth_http_ticker_run(HthHttpTicker *self, gint64 now_us)
{
    g_autoptr(GArray) entries = take_entries(self);
    for (guint i = 0; i < entries->len; i++) {
        const Entry entry = g_array_index(entries, Entry, i);
        entry.type->tick(entry.object, now_us);
        entry.type->unref(entry.object);
    }
}

/* FALSE when it is time to end. */
static gboolean wait_for_tick(HthHttpTicker *self)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += HTH_HTTP_TICK_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;

    pthread_mutex_lock(&self->lock);
    while (g_hash_table_size(self->entries) == 0 && !self->is_ending)
        pthread_cond_wait(&self->is_wanted, &self->lock);
    while (!self->is_ending && pthread_cond_timedwait(&self->is_wanted, &self->lock, &until) == 0)
        ;
    const gboolean is_ending = self->is_ending;
    pthread_mutex_unlock(&self->lock);
    return !is_ending;
}

static void *run_thread(void *data)
{
    HthHttpTicker *self = data;
    while (wait_for_tick(self))
        hth_http_ticker_run(self, g_get_monotonic_time());
    return NULL;
}

HthHttpTicker *hth_http_ticker_new(void)
{
    HthHttpTicker *self = g_new0(HthHttpTicker, 1);
    self->entries = g_hash_table_new(NULL, NULL);
    pthread_mutex_init(&self->lock, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&self->is_wanted, &attributes);
    pthread_condattr_destroy(&attributes);
    if (pthread_create(&self->thread, NULL, run_thread, self) != 0)
        g_error("no thread can be made"); /* GLib's own threads would end the process as well */
    return self;
}

void hth_http_ticker_free(HthHttpTicker *self)
{
    if (self == NULL)
        return;
    pthread_mutex_lock(&self->lock);
    self->is_ending = TRUE;
    pthread_cond_signal(&self->is_wanted);
    pthread_mutex_unlock(&self->lock);
    pthread_join(self->thread, NULL);

    GHashTableIter iter;
    gpointer object;
    gpointer type;
    g_hash_table_iter_init(&iter, self->entries);
    while (g_hash_table_iter_next(&iter, &object, &type))
        ((const HthHttpTickable *)type)->unref(object);
    g_hash_table_unref(self->entries);
    pthread_cond_destroy(&self->is_wanted);
    pthread_mutex_destroy(&self->lock);
    g_free(self);
}

void hth_http_ticker_add(HthHttpTicker *self, gpointer object, const HthHttpTickable *type)
{
    pthread_mutex_lock(&self->lock);
    if (g_hash_table_insert(self->entries, object, (gpointer)type))
        type->ref(object);
    pthread_cond_signal(&self->is_wanted);
    pthread_mutex_unlock(&self->lock);
}

void hth_http_ticker_remove(HthHttpTicker *self, gpointer object)
{
    pthread_mutex_lock(&self->lock);
    const HthHttpTickable *type = g_hash_table_lookup(self->entries, object);
    if (type != NULL)
        g_hash_table_remove(self->entries, object);
    pthread_mutex_unlock(&self->lock);
    if (type != NULL)
        type->unref(object);
}

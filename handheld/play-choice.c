/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "play"
#include "play-choice.h"

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "media/rendition-profile.h"

/* Beyond so many that were asked for of late, one of them has to be forgotten first. */
#define MAX_CHOICES 4096

/* What an item needs on the average, of what comes through. */
#define USABLE_TENTHS 8

/* When a conversion was waited for in vain, the first byte of the original needs some time, too. */
#define LEFT_FOR_ORIGINAL_US (5 * G_USEC_PER_SEC)

struct HthPlayChoice {
    HthPlayFetch *fetch;
    HthReach *reach;
    GCancellable *cancellable;
    guint wait_ms;
    guint keep_ms;
    GMutex mutex; /* guards what is below */
    GCond condition;
    GHashTable *choices; /* (element guint64 Choice) */
};

typedef struct {
    guint64 item;
    const HthRenditionProfile *profile; /* NULL: as it is */
    gboolean is_settled;                /* FALSE: somebody is finding out */
    guint n_users;
    gint64 ended_us; /* when the last of them went */
} Choice;

/* ---- The object ---- */

HthPlayChoice *hth_play_choice_new(HthPlayFetch *fetch, HthReach *reach, GCancellable *cancellable)
{
    HthPlayChoice *self = g_new0(HthPlayChoice, 1);
    self->fetch = fetch;
    self->reach = hth_reach_ref(reach);
    self->cancellable = g_object_ref(cancellable);
    self->wait_ms = HTH_PLAY_CHOICE_WAIT_MS;
    self->keep_ms = HTH_PLAY_CHOICE_KEEP_MS;
    self->choices = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
    g_mutex_init(&self->mutex);
    g_cond_init(&self->condition);
    return self;
}

void hth_play_choice_free(HthPlayChoice *self)
{
    if (self == NULL)
        return;
    g_hash_table_unref(self->choices);
    g_object_unref(self->cancellable);
    hth_reach_unref(self->reach);
    g_mutex_clear(&self->mutex);
    g_cond_clear(&self->condition);
    g_free(self);
}

void hth_play_choice_set_times(HthPlayChoice *self, guint wait_ms, guint keep_ms)
{
    self->wait_ms = wait_ms;
    self->keep_ms = keep_ms;
}

/* ---- Asking at home ---- */

/* FALSE: all is over. */
static gboolean pause_for(HthPlayChoice *self, guint pause_ms)
{
    GPollFD poll_fd;
    if (g_cancellable_make_pollfd(self->cancellable, &poll_fd)) {
        (void)g_poll(&poll_fd, 1, (gint)pause_ms);
        g_cancellable_release_fd(self->cancellable);
    }
    return !g_cancellable_is_cancelled(self->cancellable);
}

static gboolean ask_patiently(HthPlayChoice *self, const char *path, gint64 until_us,
                              HthPlayFacts *facts, HthPath *out_way, GError **error)
{
    for (guint pause_ms = 100;; pause_ms = MIN(pause_ms * 2, 2000)) {
        g_autoptr(GError) problem = NULL;
        hth_play_facts_clear(facts);
        if (hth_play_ask(self->fetch, path, facts, out_way, &problem))
            return TRUE;
        if (!hth_play_error_is_passing(problem) || g_get_monotonic_time() > until_us ||
            !pause_for(self, pause_ms)) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return FALSE;
        }
    }
}

/* Of bytes in a second; 0: nothing is known that would be in the way. What was said of the relay
 * holds also while the path is just being looked for again. */
static guint64 rate_of_relay(HthPlayChoice *self)
{
    g_autoptr(HthAway) away = hth_reach_away(self->reach);
    const guint64 limit = hth_away_rate(away);
    if (limit != 0)
        return limit;
    HthReachState state;
    hth_reach_state(self->reach, &state);
    return state.path == HTH_PATH_RELAY ? state.rate : 0;
}

static const HthRenditionProfile *smaller_of(const HthPlayFacts *facts)
{
    HthMediaKind kind = HTH_MEDIA_NONE;
    if (g_str_has_prefix(facts->content_type, "audio/"))
        kind = HTH_MEDIA_AUDIO;
    else if (g_str_has_prefix(facts->content_type, "video/"))
        kind = HTH_MEDIA_VIDEO;
    return hth_rendition_profile_small(kind);
}

/* It can be had, soon, and is smaller indeed. */
static gboolean is_there(HthPlayChoice *self, const char *path, const HthPlayFacts *original,
                         gint64 until_us)
{
    g_auto(HthPlayFacts) facts = { 0 };
    g_autoptr(GError) error = NULL;
    HthPath way = HTH_PATH_NONE;
    const gint64 wait_until_us = g_get_monotonic_time() + (gint64)self->wait_ms * 1000;
    if (ask_patiently(self, path, MIN(wait_until_us, until_us - LEFT_FOR_ORIGINAL_US), &facts, &way,
                      &error))
        return way == HTH_PATH_RELAY && facts.size < original->size;
    hth_log_info("an item plays as it is, though the relay is thin for it: %s", error->message);
    return FALSE;
}

static char *path_of(guint64 item, const HthRenditionProfile *profile, const char *original)
{
    char id[HTH_TEXT_ID_LENGTH + 1];
    if (profile == NULL)
        return g_strdup(original);
    hth_text_id_encode(item, id);
    return g_strdup_printf("/m/%s/%s.%s", id, profile->name, profile->extension);
}

/* FALSE: the home does not say what the item is. */
static gboolean find_out(HthPlayChoice *self, guint64 item, const char *original, gint64 until_us,
                         const HthRenditionProfile **out_profile, GError **error)
{
    g_auto(HthPlayFacts) facts = { 0 };
    HthPath way = HTH_PATH_NONE;
    *out_profile = NULL;
    if (!ask_patiently(self, original, until_us, &facts, &way, error))
        return FALSE;
    if (way != HTH_PATH_RELAY || facts.duration_ms <= 0)
        return TRUE;
    const guint64 rate = rate_of_relay(self);
    const double needed = (double)facts.size * 1000 / (double)facts.duration_ms;
    const HthRenditionProfile *profile = smaller_of(&facts);
    if (profile == NULL || rate == 0 || needed * 10 <= (double)rate * USABLE_TENTHS)
        return TRUE;
    g_autofree char *path = path_of(item, profile, NULL);
    if (!is_there(self, path, &facts, until_us))
        return TRUE;
    *out_profile = profile;
    hth_log_info("an item needs %.0f bytes a second and the relay has %" G_GUINT64_FORMAT
                 ": it plays as %s",
                 needed, rate, profile->name);
    return TRUE;
}

/* ---- What was chosen ---- */

static gboolean is_old(gpointer key, gpointer value, gpointer data)
{
    const Choice *choice = value;
    const gint64 *before_us = data;
    return choice->n_users == 0 && choice->ended_us <= *before_us;
}

/* Locking: held. Returns: the choice for @item, which is settled or the caller's to settle; NULL
 * with @error. */
static Choice *obtain(HthPlayChoice *self, guint64 item, gint64 until_us, GError **error)
{
    Choice *choice;
    gint64 before_us = g_get_monotonic_time() - (gint64)self->keep_ms * 1000;
    g_hash_table_foreach_remove(self->choices, is_old, &before_us);
    while ((choice = g_hash_table_lookup(self->choices, &item)) != NULL && !choice->is_settled) {
        if (!g_cond_wait_until(&self->condition, &self->mutex, until_us)) {
            g_set_error_literal(error, HTH_ERROR, HTH_ERROR_BUSY, "the home is getting it ready");
            return NULL;
        }
    }
    if (choice == NULL && g_hash_table_size(self->choices) >= MAX_CHOICES) {
        g_set_error_literal(error, HTH_ERROR, HTH_ERROR_BUSY, "too much was asked for of late");
        return NULL;
    }
    if (choice == NULL) {
        choice = g_new0(Choice, 1);
        choice->item = item;
        g_hash_table_insert(self->choices, &choice->item, choice);
    }
    return choice;
}

char *hth_play_choice_begin(HthPlayChoice *self, guint64 item, const char *original,
                            gint64 until_us, GError **error)
{
    g_mutex_lock(&self->mutex);
    Choice *choice = obtain(self, item, until_us, error);
    gboolean is_known = choice != NULL;
    if (choice != NULL)
        choice->n_users++;
    if (choice != NULL && !choice->is_settled) {
        g_mutex_unlock(&self->mutex);
        const HthRenditionProfile *profile = NULL;
        is_known = find_out(self, item, original, until_us, &profile, error);
        g_mutex_lock(&self->mutex);
        choice->profile = profile;
        choice->is_settled = TRUE;
        if (!is_known)
            g_hash_table_remove(self->choices, &item);
        g_cond_broadcast(&self->condition);
    }
    char *path = is_known ? path_of(item, choice->profile, original) : NULL;
    g_mutex_unlock(&self->mutex);
    return path;
}

void hth_play_choice_end(HthPlayChoice *self, guint64 item)
{
    g_mutex_lock(&self->mutex);
    Choice *choice = g_hash_table_lookup(self->choices, &item);
    choice->n_users--;
    choice->ended_us = g_get_monotonic_time();
    g_mutex_unlock(&self->mutex);
}

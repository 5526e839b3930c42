/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "play"
#include "play-stream.h"

#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "net/http-range.h"

/* Without a byte for so long a player is told that it is over. Most give up earlier. */
#define PATIENCE_US (60 * G_USEC_PER_SEC)

typedef struct {
    gatomicrefcount references; /* of the thread, and of the answer */
    HthHttpRequest *request;    /* NULL: it is answered */
    const char *path;           /* the thread's */
    HthPlayFetch *fetch;
    HthPlayCache *cache;
    GCancellable *cancellable;
    HthPlayFacts facts;
    char *key;     /* in the cache; NULL: nothing is known yet */
    guint64 first; /* of the file, what the player asked for */
    guint64 end;
    GMutex mutex; /* guards what is below */
    GCond condition;
    guint64 position; /* of the file, what the player takes next */
    gboolean is_gone; /* the player */
    gboolean has_failed;
    HthHttpFeed *feed; /* NULL: not answered yet */
} Stream;

static void stream_unref(gpointer data)
{
    Stream *self = data;
    if (!g_atomic_ref_count_dec(&self->references))
        return;
    hth_play_facts_clear(&self->facts);
    g_free(self->key);
    g_mutex_clear(&self->mutex);
    g_cond_clear(&self->condition);
    g_free(self);
}

static gboolean is_wanted(Stream *self)
{
    g_mutex_lock(&self->mutex);
    const gboolean is_gone = self->is_gone;
    g_mutex_unlock(&self->mutex);
    return !is_gone && !g_cancellable_is_cancelled(self->cancellable);
}

/* ---- The player's side, on HTTP threads ---- */

static gssize read_for_player(gpointer data, guint64 position, char *buffer, gsize max_bytes)
{
    Stream *self = data;
    const guint64 at = self->first + position;
    if (at >= self->end)
        return HTH_HTTP_STREAM_END;
    const gsize n_bytes = hth_play_cache_read(self->cache, self->key, at, buffer,
                                              (gsize)MIN(max_bytes, self->end - at));
    g_mutex_lock(&self->mutex);
    const gboolean has_failed = self->has_failed;
    self->position = at + n_bytes;
    g_cond_signal(&self->condition);
    g_mutex_unlock(&self->mutex);
    if (n_bytes > 0)
        return (gssize)n_bytes;
    return has_failed ? HTH_HTTP_STREAM_FAILED : HTH_HTTP_STREAM_WAIT;
}

static void player_gone(gpointer data)
{
    Stream *self = data;
    g_mutex_lock(&self->mutex);
    self->is_gone = TRUE;
    g_cond_signal(&self->condition);
    g_mutex_unlock(&self->mutex);
    stream_unref(self);
}

/* ---- The answer ---- */

static void answer_error(HthHttpRequest *request, guint64 size, const GError *error)
{
    guint status = 504;
    if (g_error_matches(error, HTH_ERROR, HTH_ERROR_NOT_FOUND))
        status = 404;
    else if (g_error_matches(error, HTH_ERROR, HTH_ERROR_REFUSED))
        status = 403;
    else if (g_error_matches(error, HTH_ERROR, HTH_ERROR_INVALID))
        status = 416;
    else if (g_error_matches(error, HTH_ERROR, HTH_ERROR_BUSY) ||
             g_error_matches(error, HTH_ERROR, HTH_ERROR_ASLEEP))
        status = 503;
    g_autofree char *range = g_strdup_printf("bytes */%" G_GUINT64_FORMAT, size);
    g_autofree char *sentence = g_strdup_printf("It can't be played: %s.", error->message);
    if (status == 416)
        hth_http_request_add_header(request, "Content-Range", range);
    if (status == 503)
        hth_http_request_add_header(request, "Retry-After", "5");
    hth_http_request_respond_error(request, status, sentence);
}

/* Where in the file the player will begin, as far as its header says so before the size is known.
 */
static guint64 guess_first(const char *range)
{
    if (range == NULL || !g_str_has_prefix(range, "bytes=") || !g_ascii_isdigit(range[6]))
        return 0;
    const guint64 first = g_ascii_strtoull(range + 6, NULL, 10);
    return first <= G_MAXINT64 ? first : 0;
}

static void add_range(HthHttpRequest *request, Stream *self)
{
    g_autofree char *range =
        g_strdup_printf("bytes %" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT,
                        self->first, self->end - 1, self->facts.size);
    hth_http_request_add_header(request, "Content-Range", range);
}

/* Returns: the status. Several ranges at once are answered by the whole (RFC 9110, section 14.2).
 */
static guint choose_range(Stream *self, HthHttpRequest *request)
{
    HthHttpRanges ranges = { 0 };
    const char *if_range = hth_http_request_header(request, "If-Range");
    const gboolean is_same = if_range == NULL || strcmp(if_range, self->facts.etag) == 0;
    const HthHttpRangeKind kind =
        hth_http_range_parse(is_same ? hth_http_request_header(request, "Range") : NULL,
                             (gint64)self->facts.size, &ranges);
    self->first = 0;
    self->end = self->facts.size;
    if (kind == HTH_HTTP_RANGE_UNSATISFIABLE)
        return 416;
    if (kind != HTH_HTTP_RANGE_PARTIAL || ranges.n_ranges != 1)
        return 200;
    self->first = (guint64)ranges.ranges[0].first_byte;
    self->end = self->first + (guint64)ranges.ranges[0].n_bytes;
    return 206;
}

/* As soon as anything is known of the file. */
static void answer(Stream *self)
{
    HthHttpRequest *request = g_steal_pointer(&self->request);
    const guint status = choose_range(self, request);
    hth_http_request_add_header(request, "ETag", self->facts.etag);
    hth_http_request_add_header(request, "Accept-Ranges", "bytes");
    if (status == 416) {
        const GError behind = { .domain = HTH_ERROR,
                                .code = HTH_ERROR_INVALID,
                                .message = (char *)"that is behind its end" };
        answer_error(request, self->facts.size, &behind);
        return;
    }
    if (status == 206)
        add_range(request, self);
    g_mutex_lock(&self->mutex);
    self->position = self->first;
    g_mutex_unlock(&self->mutex);
    g_atomic_ref_count_inc(&self->references);
    self->feed = hth_http_request_respond_feed(request, status, self->facts.content_type,
                                               (gint64)(self->end - self->first), read_for_player,
                                               self, player_gone);
}

/* ---- From home into the cache ---- */

static void learn_key(Stream *self)
{
    if (self->key == NULL)
        self->key = g_strconcat(self->path, " ", self->facts.etag, NULL);
}

static gboolean take(guint64 offset, const guint8 *bytes, gsize n_bytes, gpointer data)
{
    Stream *self = data;
    learn_key(self);
    while (n_bytes > 0) {
        const gsize part = MIN(n_bytes, HTH_PLAY_BLOCK_BYTES - offset % HTH_PLAY_BLOCK_BYTES);
        /* What is not kept is missed, and fetched once more. */
        if (!hth_play_cache_put(self->cache, self->key, offset, bytes, part))
            hth_log_debug("a part of a block was not kept");
        offset += part;
        bytes += part;
        n_bytes -= part;
    }
    if (self->feed != NULL)
        hth_http_feed_wake(self->feed);
    else if (self->request != NULL)
        answer(self);
    return is_wanted(self);
}

/* @first_block and as many after it, while they are missing. */
static gboolean fetch_blocks(Stream *self, guint64 first_block, guint n_blocks, GError **error)
{
    return hth_play_fetch(self->fetch, self->path, first_block * HTH_PLAY_BLOCK_BYTES,
                          (guint64)n_blocks * HTH_PLAY_BLOCK_BYTES, &self->facts, take, self,
                          error);
}

/* Waits so long, or until the player has gone. */
static void rest(Stream *self, gint64 duration_us)
{
    const gint64 until_us = g_get_monotonic_time() + duration_us;
    g_mutex_lock(&self->mutex);
    while (!self->is_gone && !g_cancellable_is_cancelled(self->cancellable) &&
           g_cond_wait_until(&self->condition, &self->mutex, until_us))
        ;
    g_mutex_unlock(&self->mutex);
}

/* Goes on trying while that may help. */
static gboolean fetch_patiently(Stream *self, guint64 first_block, guint n_blocks, gint64 until_us,
                                GError **error)
{
    for (guint pause_ms = 0;; pause_ms = MIN(pause_ms * 2 + 100, 2000)) {
        g_autoptr(GError) problem = NULL;
        if (fetch_blocks(self, first_block, n_blocks, &problem))
            return TRUE;
        if (!hth_play_error_is_passing(problem) || !is_wanted(self) ||
            g_get_monotonic_time() > until_us) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return FALSE;
        }
        hth_log_debug("again: %s", problem->message);
        rest(self, (gint64)pause_ms * 1000);
    }
}

/* ---- Reading ahead ---- */

/* What is missing near the player. 0: nothing; it is then waited for the player to come nearer. */
static guint find_gap(Stream *self, guint64 *out_block)
{
    const guint64 last = (self->end - 1) / HTH_PLAY_BLOCK_BYTES;
    g_mutex_lock(&self->mutex);
    const guint64 here = self->position / HTH_PLAY_BLOCK_BYTES;
    g_mutex_unlock(&self->mutex);
    guint n_blocks = 0;
    for (guint64 block = here; block <= MIN(last, here + HTH_PLAY_AHEAD_BLOCKS - 1); block++) {
        const guint64 size = self->facts.size - block * HTH_PLAY_BLOCK_BYTES;
        const gboolean is_missing = !hth_play_cache_has(self->cache, self->key, block,
                                                        (gsize)MIN(size, HTH_PLAY_BLOCK_BYTES));
        if (is_missing && n_blocks == 0)
            *out_block = block;
        if (!is_missing && n_blocks > 0)
            break;
        n_blocks += is_missing;
    }
    /* A few at once, so that a long way there and back counts less; at the player's feet any. */
    const gboolean is_urgent = n_blocks > 0 && *out_block < here + 2;
    const gboolean is_end = n_blocks > 0 && *out_block + n_blocks > last;
    return is_urgent || is_end || n_blocks >= HTH_PLAY_AHEAD_BLOCKS / 2 ? n_blocks : 0;
}

/* Until it has taken something, or gone. */
static void wait_for_player(Stream *self)
{
    const gint64 until_us = g_get_monotonic_time() + G_USEC_PER_SEC / 4;
    g_mutex_lock(&self->mutex);
    if (!self->is_gone)
        g_cond_wait_until(&self->condition, &self->mutex, until_us);
    g_mutex_unlock(&self->mutex);
    hth_http_feed_wake(self->feed);
}

static void fail_player(Stream *self, const GError *error)
{
    hth_log_warning("a player does not get the rest: %s", error->message);
    g_mutex_lock(&self->mutex);
    self->has_failed = TRUE;
    g_mutex_unlock(&self->mutex);
    hth_http_feed_wake(self->feed);
}

static void run_ahead(Stream *self)
{
    g_autoptr(GError) error = NULL;
    while (is_wanted(self) && error == NULL) {
        guint64 block = 0;
        const guint n_blocks = find_gap(self, &block);
        if (n_blocks > 0)
            (void)fetch_patiently(self, block, n_blocks, g_get_monotonic_time() + PATIENCE_US,
                                  &error);
        else
            wait_for_player(self);
    }
    if (error != NULL && is_wanted(self))
        fail_player(self, error);
}

/* ---- All of it ---- */

void hth_play_stream_refuse(HthHttpRequest *request, const GError *error)
{
    answer_error(request, 0, error);
}

void hth_play_stream_serve(HthHttpRequest *request, const char *path, HthPlayFetch *fetch,
                           HthPlayCache *cache, gint64 until_us, GCancellable *cancellable)
{
    Stream *self = g_new0(Stream, 1);
    g_autoptr(GError) error = NULL;
    g_atomic_ref_count_init(&self->references);
    g_mutex_init(&self->mutex);
    g_cond_init(&self->condition);
    self->request = request;
    self->path = path;
    self->fetch = fetch;
    self->cache = cache;
    self->cancellable = cancellable;
    const guint64 first = guess_first(hth_http_request_header(request, "Range"));
    const gboolean has_come =
        fetch_patiently(self, first / HTH_PLAY_BLOCK_BYTES, 1, until_us, &error);
    if (!has_come && self->request != NULL) {
        answer_error(g_steal_pointer(&self->request), self->facts.size, error);
    } else {
        learn_key(self); /* an empty file has no bytes by which it was learnt */
        if (self->request != NULL)
            answer(self);
        if (self->feed != NULL && self->end > self->first)
            run_ahead(self);
    }
    if (self->feed != NULL)
        hth_http_feed_unref(self->feed);
    stream_unref(self);
}

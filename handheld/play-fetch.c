/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "play-fetch.h"

#include <string.h>

#include "base/error.h"

/* Players open few streams at once. */
#define MAX_IDLE 2

#define DEAD_AFTER_MS 6000
#define STALL_MS      20000
#define PUMP_BYTES    (64 * 1024)

/* Whoever does not want the rest of an answer takes it all the same when it is this little: a new
 * connection by a relay takes three times as long as the way there and back. */
#define MAX_DRAINED_BYTES (256 * 1024)

#define MAX_DURATION_MS (G_GINT64_CONSTANT(10) * 366 * 24 * 3600 * 1000)

struct HthPlayFetch {
    HthReach *reach;
    GCancellable *cancellable;
    GMutex mutex;
    GPtrArray *idle; /* (element HthReachLink) guarded by mutex */
};

HthPlayFetch *hth_play_fetch_new(HthReach *reach, GCancellable *cancellable)
{
    HthPlayFetch *self = g_new0(HthPlayFetch, 1);
    self->reach = hth_reach_ref(reach);
    self->cancellable = g_object_ref(cancellable);
    self->idle = g_ptr_array_new_with_free_func((GDestroyNotify)hth_reach_link_free);
    g_mutex_init(&self->mutex);
    return self;
}

void hth_play_fetch_free(HthPlayFetch *self)
{
    if (self == NULL)
        return;
    g_ptr_array_unref(self->idle);
    g_object_unref(self->cancellable);
    hth_reach_unref(self->reach);
    g_mutex_clear(&self->mutex);
    g_free(self);
}

void hth_play_facts_clear(HthPlayFacts *facts)
{
    g_clear_pointer(&facts->etag, g_free);
    g_clear_pointer(&facts->content_type, g_free);
}

/* ---- Connections ---- */

static HthReachLink *take_idle(HthPlayFetch *self)
{
    g_mutex_lock(&self->mutex);
    HthReachLink *link =
        self->idle->len > 0 ? g_ptr_array_steal_index(self->idle, self->idle->len - 1) : NULL;
    g_mutex_unlock(&self->mutex);
    return link;
}

static HthReachLink *open_link(HthPlayFetch *self, GError **error)
{
    HthReachLink *link;
    while ((link = take_idle(self)) != NULL) {
        if (!hth_reach_link_should_move(link) &&
            hth_http_client_is_connected(hth_reach_link_client(link)))
            return link;
        hth_reach_link_free(link);
    }
    return hth_reach_connect(self->reach, self->cancellable, FALSE, error);
}

static void give_back(HthPlayFetch *self, HthReachLink *link)
{
    g_mutex_lock(&self->mutex);
    const gboolean is_kept = self->idle->len < MAX_IDLE;
    if (is_kept)
        g_ptr_array_add(self->idle, link);
    g_mutex_unlock(&self->mutex);
    if (!is_kept)
        hth_reach_link_free(link);
}

/* ---- One range ---- */

typedef struct {
    HthPlayTake take;
    gpointer data;
    guint64 at;
    guint64 end; /* what was asked for ends here */
    gboolean has_enough;
} Sink;

static gboolean on_bytes(const guint8 *bytes, gsize n_bytes, gpointer data, GError **error)
{
    Sink *sink = data;
    if (n_bytes > sink->end - sink->at) {
        g_set_error_literal(error, HTH_ERROR, HTH_ERROR_CORRUPT, "more came than was asked for");
        return FALSE;
    }
    sink->has_enough = sink->has_enough || !sink->take(sink->at, bytes, n_bytes, sink->data);
    sink->at += n_bytes;
    return TRUE;
}

/* "bytes 0-99/1234", or "bytes * /1234" without the space (RFC 9110, section 14.4). */
static gboolean parse_content_range(const char *text, guint64 *out_first, guint64 *out_last,
                                    guint64 *out_size)
{
    char *end = NULL;
    if (text == NULL || !g_str_has_prefix(text, "bytes "))
        return FALSE;
    text += strlen("bytes ");
    const char *slash = strchr(text, '/');
    if (slash == NULL || !g_ascii_isdigit(slash[1]))
        return FALSE;
    *out_size = g_ascii_strtoull(slash + 1, &end, 10);
    if (*text == '*')
        return *out_size <= G_MAXINT64;
    *out_first = g_ascii_strtoull(text, &end, 10);
    *out_last = *end == '-' ? g_ascii_strtoull(end + 1, NULL, 10) : 0;
    return *end == '-' && *out_last >= *out_first && *out_size > *out_last &&
           *out_size <= G_MAXINT64;
}

/* Returns: 0 when it is not said, or makes no sense. */
static gint64 parse_duration(const char *text)
{
    gint64 duration_ms = 0;
    return text != NULL &&
                   g_ascii_string_to_signed(text, 10, 1, MAX_DURATION_MS, &duration_ms, NULL)
               ? duration_ms
               : 0;
}

static gboolean fail(GError **error, HthError code, const char *sentence)
{
    g_set_error_literal(error, HTH_ERROR, (int)code, sentence);
    return FALSE;
}

static gboolean refuse(guint status, GError **error)
{
    switch (status) {
    case 404:
        return fail(error, HTH_ERROR_NOT_FOUND, "the home has no such item");
    case 403:
        return fail(error, HTH_ERROR_REFUSED, "the home does not give this item to this device");
    case 503:
        return fail(error, HTH_ERROR_BUSY, "the home is getting it ready");
    default:
        g_set_error(error, HTH_ERROR, HTH_ERROR_NETWORK, "the home answers with status %u", status);
        return FALSE;
    }
}

/* Compares the head of an answer with what was asked, and learns from it. */
static gboolean take_head(HthHttpClient *client, guint status, HthPlayFacts *facts, Sink *sink,
                          GError **error)
{
    guint64 first = 0;
    guint64 last = 0;
    guint64 size = 0;
    const char *etag = hth_http_client_header(client, "ETag");
    if (status == 200 && facts->etag != NULL)
        return fail(error, HTH_ERROR_CHANGED, "the file at home has changed");
    const gboolean has_range =
        parse_content_range(hth_http_client_header(client, "Content-Range"), &first, &last, &size);
    if (status == 416 && has_range) {
        facts->size = size;
        return fail(error, HTH_ERROR_INVALID, "that is behind the end of the file");
    }
    if (status == 200 && sink->at == 0 &&
        g_strcmp0(hth_http_client_header(client, "Content-Length"), "0") == 0)
        sink->end = 0; /* an empty file has no ranges */
    else if (status != 206)
        return refuse(status, error);
    else if (!has_range || first != sink->at || last >= sink->end || etag == NULL ||
             strlen(etag) > 128)
        return fail(error, HTH_ERROR_CORRUPT, "the home gives another range than was asked for");
    else
        sink->end = last + 1;
    if (facts->etag != NULL)
        return (strcmp(facts->etag, etag) == 0 && facts->size == size) ||
               fail(error, HTH_ERROR_CHANGED, "the file at home has changed");
    const char *type = hth_http_client_header(client, "Content-Type");
    facts->size = size;
    facts->etag = g_strdup(etag != NULL ? etag : "\"\"");
    facts->content_type = g_strdup(type != NULL ? type : "application/octet-stream");
    facts->duration_ms = parse_duration(hth_http_client_header(client, "Hearth-Duration-Ms"));
    return TRUE;
}

static gboolean pump_all(HthReachLink *link, Sink *sink, GError **error)
{
    HthHttpClient *client = hth_reach_link_client(link);
    gboolean has_ended = FALSE;
    guint64 before = hth_http_client_bytes_received(client);
    gint64 since_us = g_get_monotonic_time();
    while (!has_ended) {
        if (sink->has_enough && sink->end - sink->at > MAX_DRAINED_BYTES)
            return TRUE; /* the connection is closed by the caller's end() */
        if (!hth_http_client_pump(client, PUMP_BYTES, on_bytes, sink, &has_ended, error))
            return FALSE;
        const guint64 received = hth_http_client_bytes_received(client);
        const gint64 now_us = g_get_monotonic_time();
        hth_reach_link_measure(link, received - before, now_us - since_us);
        before = received;
        since_us = now_us;
    }
    return sink->at == sink->end || fail(error, HTH_ERROR_NETWORK, "the answer ended too soon");
}

static gboolean fetch_by(HthReachLink *link, const char *path, HthPlayFacts *facts, Sink *sink,
                         GError **error)
{
    HthHttpClient *client = hth_reach_link_client(link);
    g_autoptr(GString) headers = g_string_new(NULL);
    g_string_append_printf(headers, "Range: bytes=%" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT "\r\n",
                           sink->at, sink->end - 1);
    if (facts->etag != NULL)
        g_string_append_printf(headers, "If-Range: %s\r\n", facts->etag);
    const HthHttpCall call = {
        .path = path,
        .headers = headers->str,
        .dead_after_ms = DEAD_AFTER_MS,
        .stall_timeout_ms = STALL_MS,
        .cancellable = hth_reach_link_cancellable(link),
    };
    guint status = 0;
    if (!hth_http_client_begin(client, &call, &status, error))
        return FALSE;
    const gboolean is_fine =
        take_head(client, status, facts, sink, error) && pump_all(link, sink, error);
    hth_http_client_end(client);
    return is_fine;
}

/* What a path has done is the network's, unless all is over. */
static void translate(HthPlayFetch *self, GError *error)
{
    const gboolean is_ours = error->domain == HTH_ERROR && error->code != HTH_ERROR_UNAVAILABLE &&
                             error->code != HTH_ERROR_TIMEOUT && error->code != HTH_ERROR_CORRUPT;
    if (is_ours)
        return;
    const gboolean is_over = g_cancellable_is_cancelled(self->cancellable);
    error->domain = HTH_ERROR;
    error->code = is_over ? HTH_ERROR_CANCELLED : HTH_ERROR_NETWORK;
}

/* Takes back @link after a call on it. */
static gboolean finish(HthPlayFetch *self, HthReachLink *link, gboolean is_fine, GError *problem,
                       GError **error)
{
    if (link != NULL && hth_http_client_is_connected(hth_reach_link_client(link)))
        give_back(self, link);
    else
        hth_reach_link_free(link);
    if (problem == NULL)
        return is_fine;
    translate(self, problem);
    g_propagate_error(error, problem);
    return FALSE;
}

gboolean hth_play_fetch(HthPlayFetch *self, const char *path, guint64 first, guint64 n_bytes,
                        HthPlayFacts *facts, HthPlayTake take, gpointer data, GError **error)
{
    Sink sink = { .take = take, .data = data, .at = first, .end = first + n_bytes };
    GError *problem = NULL;
    HthReachLink *link = open_link(self, &problem);
    const gboolean is_fine = link != NULL && fetch_by(link, path, facts, &sink, &problem);
    return finish(self, link, is_fine, problem, error);
}

static gboolean ignore(guint64 offset, const guint8 *bytes, gsize n_bytes, gpointer data)
{
    return TRUE;
}

gboolean hth_play_ask(HthPlayFetch *self, const char *path, HthPlayFacts *facts, HthPath *out_path,
                      GError **error)
{
    Sink sink = { .take = ignore, .end = 1 };
    GError *problem = NULL;
    HthReachLink *link = open_link(self, &problem);
    *out_path = link != NULL ? hth_reach_link_path(link) : HTH_PATH_NONE;
    const gboolean is_fine = link != NULL && (*out_path != HTH_PATH_RELAY ||
                                              fetch_by(link, path, facts, &sink, &problem));
    return finish(self, link, is_fine, problem, error);
}

gboolean hth_play_error_is_passing(const GError *error)
{
    return g_error_matches(error, HTH_ERROR, HTH_ERROR_NETWORK) ||
           g_error_matches(error, HTH_ERROR, HTH_ERROR_ASLEEP) ||
           g_error_matches(error, HTH_ERROR, HTH_ERROR_BUSY);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fetcher.h"

#include <curl/curl.h>
#include <glib-unix.h>

#include "base/error.h"

typedef struct {
    HthFetcher *fetcher;
    CURL *easy;
    GByteArray *body;
    gsize head_bytes;
    gboolean is_too_large;
    HthFetched callback;
    gpointer data;
} Transfer;

struct HthFetcher {
    char *user_agent;
    gsize max_bytes;
    guint timeout_ms;
    CURLM *multi;
    guint timer;
    GHashTable *watches;  /* socket → id of its source */
    GPtrArray *transfers; /* (element Transfer) under way */
};

/* ---- libcurl's wishes to the main loop ---- */

static void finish_done(HthFetcher *self);

static void act(HthFetcher *self, curl_socket_t fd, int events)
{
    int n_running = 0;
    curl_multi_socket_action(self->multi, fd, events, &n_running);
    finish_done(self);
}

static gboolean on_socket(int fd, GIOCondition condition, gpointer data)
{
    int events = 0;
    if (condition & G_IO_IN)
        events |= CURL_CSELECT_IN;
    if (condition & G_IO_OUT)
        events |= CURL_CSELECT_OUT;
    if (condition & (G_IO_ERR | G_IO_HUP))
        events |= CURL_CSELECT_ERR;
    act(data, fd, events);
    return G_SOURCE_CONTINUE; /* it has been removed when libcurl said so */
}

static gboolean on_timer(gpointer data)
{
    HthFetcher *self = data;
    self->timer = 0;
    act(self, CURL_SOCKET_TIMEOUT, 0);
    return G_SOURCE_REMOVE;
}

static void remove_watch(gpointer id)
{
    g_source_remove(GPOINTER_TO_UINT(id));
}

static int want_socket(CURL *easy, curl_socket_t fd, int what, void *data, void *unused)
{
    HthFetcher *self = data;
    g_hash_table_remove(self->watches, GINT_TO_POINTER(fd));
    if (what == CURL_POLL_REMOVE)
        return 0;
    GIOCondition condition = 0;
    if (what & CURL_POLL_IN)
        condition |= G_IO_IN;
    if (what & CURL_POLL_OUT)
        condition |= G_IO_OUT;
    const guint id = g_unix_fd_add(fd, condition, on_socket, self);
    g_hash_table_insert(self->watches, GINT_TO_POINTER(fd), GUINT_TO_POINTER(id));
    return 0;
}

/* libcurl may not be called from here, not even for a time of 0. */
static int want_timer(CURLM *multi, long after_ms, void *data)
{
    HthFetcher *self = data;
    g_clear_handle_id(&self->timer, g_source_remove);
    if (after_ms >= 0)
        self->timer = g_timeout_add((guint)after_ms, on_timer, self);
    return 0;
}

/* ---- A transfer ---- */

static void transfer_free(Transfer *transfer)
{
    curl_multi_remove_handle(transfer->fetcher->multi, transfer->easy);
    curl_easy_cleanup(transfer->easy);
    g_byte_array_unref(transfer->body);
    g_free(transfer);
}

static gsize on_head(char *bytes, gsize size, gsize n, void *data)
{
    Transfer *transfer = data;
    transfer->head_bytes += size * n;
    transfer->is_too_large |= transfer->head_bytes > HTH_FETCHER_MAX_HEAD_BYTES;
    return transfer->is_too_large ? 0 : size * n;
}

static gsize on_body(char *bytes, gsize size, gsize n, void *data)
{
    Transfer *transfer = data;
    transfer->is_too_large |= transfer->body->len + size * n > transfer->fetcher->max_bytes;
    if (transfer->is_too_large)
        return 0;
    g_byte_array_append(transfer->body, (const guint8 *)bytes, (guint)(size * n));
    return size * n;
}

static void set_error(const Transfer *transfer, CURLcode result, long status, GError **error)
{
    if (transfer->is_too_large || result == CURLE_FILESIZE_EXCEEDED)
        g_set_error_literal(error, HTH_ERROR, HTH_ERROR_TOO_LARGE, "the answer is too large");
    else if (result == CURLE_OPERATION_TIMEDOUT)
        g_set_error_literal(error, HTH_ERROR, HTH_ERROR_TIMEOUT, "the answer takes too long");
    else if (result != CURLE_OK)
        g_set_error_literal(error, HTH_ERROR, HTH_ERROR_NETWORK, curl_easy_strerror(result));
    else
        g_set_error(error, HTH_ERROR, HTH_ERROR_REFUSED, "the answer has status %ld", status);
}

/* Room is made before the callback, which may ask for more. */
static void finish(HthFetcher *self, Transfer *transfer, CURLcode result)
{
    long status = 0;
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) body = NULL;
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    if (result == CURLE_OK && status == 200)
        body = g_bytes_new(transfer->body->data, transfer->body->len);
    else
        set_error(transfer, result, status, &error);
    const HthFetched callback = transfer->callback;
    const gpointer data = transfer->data;
    g_ptr_array_remove_fast(self->transfers, transfer);
    callback(body, error, data);
}

static void finish_done(HthFetcher *self)
{
    int n_left = 0;
    const CURLMsg *message = NULL;
    while ((message = curl_multi_info_read(self->multi, &n_left)) != NULL) {
        Transfer *transfer = NULL;
        const CURLcode result = message->data.result; /* @message goes with its handle */
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&transfer);
        finish(self, transfer, result);
    }
}

static void set_options(const HthFetcher *self, CURL *easy, const char *url)
{
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_HTTPAUTH, CURLAUTH_NONE);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)self->timeout_ms);
    curl_easy_setopt(easy, CURLOPT_MAXFILESIZE, (long)self->max_bytes);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, self->user_agent);
}

gboolean hth_fetcher_is_free(const HthFetcher *self)
{
    return self->transfers->len < HTH_FETCHER_MAX_AT_ONCE;
}

void hth_fetcher_get(HthFetcher *self, const char *url, HthFetched callback, gpointer data)
{
    g_return_if_fail(hth_fetcher_is_free(self));

    Transfer *transfer = g_new(Transfer, 1);
    *transfer = (Transfer){
        .fetcher = self,
        .easy = curl_easy_init(),
        .body = g_byte_array_new(),
        .callback = callback,
        .data = data,
    };
    set_options(self, transfer->easy, url);
    curl_easy_setopt(transfer->easy, CURLOPT_PRIVATE, transfer);
    curl_easy_setopt(transfer->easy, CURLOPT_HEADERFUNCTION, on_head);
    curl_easy_setopt(transfer->easy, CURLOPT_HEADERDATA, transfer);
    curl_easy_setopt(transfer->easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(transfer->easy, CURLOPT_WRITEDATA, transfer);
    g_ptr_array_add(self->transfers, transfer);
    curl_multi_add_handle(self->multi, transfer->easy);
}

/* ---- Life ---- */

HthFetcher *hth_fetcher_new(const HthFetcherOptions *options)
{
    HthFetcher *self = g_new(HthFetcher, 1);
    curl_global_init(CURL_GLOBAL_NOTHING); /* no TLS */
    *self = (HthFetcher){
        .user_agent = g_strdup(options->user_agent),
        .max_bytes = options->max_bytes,
        .timeout_ms = options->timeout_ms,
        .multi = curl_multi_init(),
        .watches = g_hash_table_new_full(NULL, NULL, NULL, remove_watch),
        .transfers = g_ptr_array_new_with_free_func((GDestroyNotify)transfer_free),
    };
    curl_multi_setopt(self->multi, CURLMOPT_SOCKETFUNCTION, want_socket);
    curl_multi_setopt(self->multi, CURLMOPT_SOCKETDATA, self);
    curl_multi_setopt(self->multi, CURLMOPT_TIMERFUNCTION, want_timer);
    curl_multi_setopt(self->multi, CURLMOPT_TIMERDATA, self);
    return self;
}

void hth_fetcher_free(HthFetcher *self)
{
    if (self == NULL)
        return;
    g_ptr_array_unref(self->transfers);
    curl_multi_cleanup(self->multi);
    curl_global_cleanup();
    g_hash_table_unref(self->watches);
    g_clear_handle_id(&self->timer, g_source_remove);
    g_free(self->user_agent);
    g_free(self);
}

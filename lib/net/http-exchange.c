/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/http-exchange.h"

#include <gnutls/gnutls.h>
#include <microhttpd.h>

#include "net/tls-key.h"

const char *hth_http_exchange_header(HthHttpExchange *self, const char *name)
{
    return MHD_lookup_connection_value(self, MHD_HEADER_KIND, name);
}

typedef struct {
    HthHttpEachHeader each;
    gpointer data;
} EachCall;

static enum MHD_Result on_header(void *data, enum MHD_ValueKind kind, const char *name,
                                 const char *value)
{
    const EachCall *call = data;
    call->each(name, value != NULL ? value : "", call->data);
    return MHD_YES;
}

void hth_http_exchange_each_header(HthHttpExchange *self, HthHttpEachHeader each, gpointer data)
{
    EachCall call = { .each = each, .data = data };
    MHD_get_connection_values(self, MHD_HEADER_KIND, on_header, &call);
}

int hth_http_exchange_fd(HthHttpExchange *self)
{
    return MHD_get_connection_info(self, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
}

static gnutls_session_t tls_session(HthHttpExchange *self)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(self, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    return info != NULL ? info->tls_session : NULL;
}

void hth_http_exchange_demand_certificate(HthHttpExchange *self)
{
    gnutls_session_t session = tls_session(self);
    if (session == NULL)
        return;
    gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUIRE);
    gnutls_certificate_send_x509_rdn_sequence(session, 1); /* 1: no list of issuers */
}

gboolean hth_http_exchange_peer_key(HthHttpExchange *self, HthKeyId *out_key)
{
    gnutls_session_t session = tls_session(self);
    return session != NULL && hth_tls_peer_key(session, out_key);
}

void hth_http_exchange_suspend(HthHttpExchange *self)
{
    MHD_suspend_connection(self);
}

void hth_http_exchange_resume(HthHttpExchange *self)
{
    MHD_resume_connection(self);
}

gboolean hth_http_exchange_send(HthHttpExchange *self, guint status, HthHttpAnswer *answer)
{
    const enum MHD_Result result = MHD_queue_response(self, status, answer);
    MHD_destroy_response(answer);
    return result == MHD_YES;
}

HthHttpAnswer *hth_http_answer_new_take(char *body, gsize size_bytes)
{
    return MHD_create_response_from_buffer_with_free_callback(size_bytes, body, g_free);
}

static void unref_bytes(void *data)
{
    g_bytes_unref(data);
}

HthHttpAnswer *hth_http_answer_new_bytes(GBytes *body)
{
    gsize size_bytes = 0;
    const void *bytes = g_bytes_get_data(body, &size_bytes);
    return MHD_create_response_from_buffer_with_free_callback_cls(size_bytes, (void *)bytes,
                                                                  unref_bytes, g_bytes_ref(body));
}

HthHttpAnswer *hth_http_answer_new_file(int fd, gint64 first_byte, gint64 n_bytes)
{
    return MHD_create_response_from_fd_at_offset64((guint64)n_bytes, fd, (guint64)first_byte);
}

typedef struct {
    HthHttpRead read;
    gpointer data;
    GDestroyNotify destroy;
} Reader;

static ssize_t on_read(void *data, uint64_t position, char *buffer, size_t max_bytes)
{
    const Reader *reader = data;
    const gssize n_bytes = reader->read(reader->data, position, buffer, max_bytes);
    if (n_bytes == HTH_HTTP_READ_END)
        return MHD_CONTENT_READER_END_OF_STREAM;
    return n_bytes < 0 ? MHD_CONTENT_READER_END_WITH_ERROR : n_bytes;
}

static void on_reader_free(void *data)
{
    Reader *reader = data;
    reader->destroy(reader->data);
    g_free(reader);
}

HthHttpAnswer *hth_http_answer_new_reader(gint64 n_bytes, gsize block_bytes, HthHttpRead read,
                                          gpointer data, GDestroyNotify destroy)
{
    Reader *reader = g_new(Reader, 1);
    *reader = (Reader){ .read = read, .data = data, .destroy = destroy };
    return MHD_create_response_from_callback(n_bytes < 0 ? MHD_SIZE_UNKNOWN : (guint64)n_bytes,
                                             block_bytes, on_read, reader, on_reader_free);
}

void hth_http_answer_add_header(HthHttpAnswer *self, const char *name, const char *value)
{
    MHD_add_response_header(self, name, value);
}

void hth_http_answer_free(HthHttpAnswer *self)
{
    MHD_destroy_response(self);
}

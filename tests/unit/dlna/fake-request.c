/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "fake-home.h"

static void header_free(gpointer data)
{
    FakeHeader *header = data;
    g_free(header->name);
    g_free(header->value);
    g_free(header);
}

HthHttpRequest *fake_request_new(const char *method, const char *path)
{
    HthHttpRequest *self = g_new0(HthHttpRequest, 1);
    self->method = g_strdup(method);
    self->path = g_strdup(path);
    self->headers = g_ptr_array_new_with_free_func(header_free);
    self->answer_headers = g_ptr_array_new_with_free_func(header_free);
    self->base_url = "http://192.0.2.5:8200";
    fake_request_peer(self, "192.0.2.7");
    return self;
}

void fake_request_free(HthHttpRequest *self)
{
    g_free(self->method);
    g_free(self->path);
    g_free(self->body);
    g_free(self->peer_text);
    g_free(self->content_type);
    g_clear_object(&self->peer);
    g_ptr_array_unref(self->headers);
    g_ptr_array_unref(self->answer_headers);
    g_clear_pointer(&self->answer, g_bytes_unref);
    g_free(self);
}

static void add(GPtrArray *headers, const char *name, const char *value)
{
    FakeHeader *header = g_new(FakeHeader, 1);
    *header = (FakeHeader){ g_strdup(name), g_strdup(value) };
    g_ptr_array_add(headers, header);
}

static const char *find(GPtrArray *headers, const char *name)
{
    for (guint i = 0; i < headers->len; i++) {
        const FakeHeader *header = g_ptr_array_index(headers, i);
        if (g_ascii_strcasecmp(header->name, name) == 0)
            return header->value;
    }
    return NULL;
}

void fake_request_header(HthHttpRequest *self, const char *name, const char *value)
{
    add(self->headers, name, value);
}

void fake_request_peer(HthHttpRequest *self, const char *address)
{
    g_clear_object(&self->peer);
    g_free(self->peer_text);
    self->peer = g_inet_address_new_from_string(address);
    self->peer_text = g_strdup(address);
}

const char *fake_request_answer_header(HthHttpRequest *self, const char *name)
{
    return find(self->answer_headers, name);
}

const char *fake_request_answer(HthHttpRequest *self)
{
    return g_bytes_get_data(self->answer, NULL);
}

/* ---- net/http-server.h ---- */

const char *hth_http_request_method(HthHttpRequest *self)
{
    return self->method;
}

gboolean hth_http_request_is_head(HthHttpRequest *self)
{
    return strcmp(self->method, "HEAD") == 0;
}

const char *hth_http_request_path(HthHttpRequest *self)
{
    return self->path;
}

const char *hth_http_request_header(HthHttpRequest *self, const char *name)
{
    return find(self->headers, name);
}

const char *hth_http_request_body(HthHttpRequest *self, gsize *out_size)
{
    *out_size = self->body_size;
    return self->body != NULL ? self->body : "";
}

GInetAddress *hth_http_request_peer(HthHttpRequest *self)
{
    return self->peer;
}

const char *hth_http_request_peer_text(HthHttpRequest *self)
{
    return self->peer_text;
}

GInetAddress *hth_http_request_local(HthHttpRequest *self)
{
    return self->peer;
}

const char *hth_http_request_base_url(HthHttpRequest *self)
{
    return self->base_url;
}

void hth_http_request_add_header(HthHttpRequest *self, const char *name, const char *value)
{
    g_assert_null(strpbrk(value, "\r\n"));
    g_assert_cmpuint(self->status, ==, 0);
    add(self->answer_headers, name, value);
}

/* With a NUL after it, for the tests' sake. */
static void answer(HthHttpRequest *self, guint status, const char *type, const char *body,
                   gsize size)
{
    g_assert_cmpuint(self->status, ==, 0); /* exactly one answer */
    self->status = status;
    self->content_type = g_strdup(type);
    char *copy = g_malloc(size + 1);
    if (size > 0)
        memcpy(copy, body, size);
    copy[size] = '\0';
    self->answer = g_bytes_new_take(copy, size + 1);
}

void hth_http_request_respond_take(HthHttpRequest *self, guint status, const char *content_type,
                                   char *body, gsize size_bytes)
{
    answer(self, status, content_type, body, size_bytes);
    g_free(body);
}

void hth_http_request_respond_bytes(HthHttpRequest *self, guint status, const char *content_type,
                                    GBytes *body)
{
    gsize size = 0;
    const char *bytes = g_bytes_get_data(body, &size);
    answer(self, status, content_type, bytes, size);
}

void hth_http_request_respond(HthHttpRequest *self, guint status, const char *content_type,
                              const char *body)
{
    answer(self, status, content_type, body, body != NULL ? strlen(body) : 0);
}

void hth_http_request_respond_error(HthHttpRequest *self, guint status, const char *sentence)
{
    answer(self, status, "text/plain", sentence, strlen(sentence));
}

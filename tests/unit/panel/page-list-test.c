/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list against a daemon of ten lines, on a real socket. */
#include "model/page-list.h"

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

#define TOTAL 10000

typedef enum { ANSWERS, ANSWERS_NONSENSE, SAYS_NOTHING } Manner;

typedef struct {
    GSocketService *service;
    HthApiClient *client;
    char *dir;
    char *path;
    Manner manner;
    int n_requests; /* atomic */
    guint n_failed;
} Fixture;

static char *objects(guint start)
{
    g_autoptr(GString) body = g_string_new("{\"objects\": [");
    for (guint i = start; i < MIN(start + 100, TOTAL); i++)
        g_string_append_printf(body, "%s{\"id\": \"%u\", \"title\": \"t%u\"}", i > start ? "," : "",
                               i, i);
    g_string_append_printf(body, "], \"total\": %d}", TOTAL);
    return g_string_free(g_steal_pointer(&body), FALSE);
}

/* On a thread of the service's. */
static gboolean on_run(GThreadedSocketService *service, GSocketConnection *connection,
                       GObject *source, gpointer data)
{
    Fixture *self = data;
    char request[4096] = { 0 };
    GInputStream *input = g_io_stream_get_input_stream(G_IO_STREAM(connection));
    g_input_stream_read(input, request, sizeof request - 1, NULL, NULL);
    g_atomic_int_inc(&self->n_requests);
    if (self->manner == SAYS_NOTHING) {
        /* Until the other side gives up. */
        g_input_stream_read(input, request, sizeof request - 1, NULL, NULL);
        return TRUE;
    }
    const char *start = strstr(request, "start=");
    g_autofree char *body = self->manner == ANSWERS
                                ? objects(start != NULL ? (guint)atoi(start + 6) : 0)
                                : g_strdup("[\"what?\"]");
    g_autofree char *answer =
        g_strdup_printf("HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s", strlen(body), body);
    GOutputStream *output = g_io_stream_get_output_stream(G_IO_STREAM(connection));
    g_output_stream_write_all(output, answer, strlen(answer), NULL, NULL, NULL);
    return TRUE;
}

static void set_up(Fixture *self, gconstpointer manner)
{
    self->manner = GPOINTER_TO_UINT(manner);
    self->dir = g_dir_make_tmp("hearth-panel-XXXXXX", NULL);
    self->path = g_build_filename(self->dir, "socket", NULL);
    self->service = g_threaded_socket_service_new(16);
    g_autoptr(GSocketAddress) address = g_unix_socket_address_new(self->path);
    g_assert_true(g_socket_listener_add_address(G_SOCKET_LISTENER(self->service), address,
                                                G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT,
                                                NULL, NULL, NULL));
    g_signal_connect(self->service, "run", G_CALLBACK(on_run), self);
    self->client = hth_api_client_new(self->path);
    hth_api_client_set_deadline(self->client, 300);
}

static void tear_down(Fixture *self, gconstpointer manner)
{
    while (g_main_context_iteration(NULL, FALSE))
        ;
    g_socket_service_stop(self->service);
    g_socket_listener_close(G_SOCKET_LISTENER(self->service));
    g_object_unref(self->service);
    g_object_unref(self->client);
    g_unlink(self->path);
    g_rmdir(self->dir);
    g_free(self->path);
    g_free(self->dir);
}

static void wait_until_loaded(HthPageList *list, guint position)
{
    const gint64 deadline = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
    for (;;) {
        g_autoptr(HthLibraryItem) item = g_list_model_get_item(G_LIST_MODEL(list), position);
        if (item != NULL && hth_library_item_json(item) != NULL)
            return;
        g_assert_cmpint(g_get_monotonic_time(), <, deadline);
        g_main_context_iteration(NULL, TRUE);
    }
}

static void test_keeps_a_window_of_pages(Fixture *self, gconstpointer manner)
{
    g_autoptr(HthPageList) list = hth_page_list_new(self->client);
    hth_page_list_set_path(list, "search?q=&kind=album");
    wait_until_loaded(list, 0);
    g_assert_cmpuint(g_list_model_get_n_items(G_LIST_MODEL(list)), ==, TOTAL);
    for (guint i = 0; i < TOTAL; i += 150) {
        wait_until_loaded(list, i);
        g_autoptr(HthLibraryItem) item = g_list_model_get_item(G_LIST_MODEL(list), i);
        g_autofree char *title = g_strdup_printf("t%u", i);
        g_assert_cmpstr(hth_library_item_title(item), ==, title);
        g_assert_cmpuint(hth_page_list_n_pages(list), <=, HTH_PAGE_LIST_PAGES);
    }
    g_assert_cmpuint(hth_page_list_n_pages(list), ==, HTH_PAGE_LIST_PAGES);
}

static void on_items_changed(GListModel *model, guint position, guint n_removed, guint n_added,
                             gpointer data)
{
    g_assert_not_reached();
}

static void test_a_refresh_moves_nothing(Fixture *self, gconstpointer manner)
{
    g_autoptr(HthPageList) list = hth_page_list_new(self->client);
    hth_page_list_set_path(list, "browse/0");
    wait_until_loaded(list, 50);
    g_autoptr(HthLibraryItem) before = g_list_model_get_item(G_LIST_MODEL(list), 50);
    const int n_requests = g_atomic_int_get(&self->n_requests);
    g_signal_connect(list, "items-changed", G_CALLBACK(on_items_changed), NULL);
    hth_page_list_refresh(list);
    while (g_atomic_int_get(&self->n_requests) == n_requests)
        g_main_context_iteration(NULL, TRUE);
    wait_until_loaded(list, 50);
    g_autoptr(HthLibraryItem) after = g_list_model_get_item(G_LIST_MODEL(list), 50);
    g_assert_true(before == after);
}

static void on_failed(HthPageList *list, const GError *error, Fixture *self)
{
    self->n_failed++;
}

/* A daemon that talks nonsense, or not at all, is an error in time and nothing else. */
static void test_a_bad_daemon_is_an_error(Fixture *self, gconstpointer manner)
{
    g_autoptr(HthPageList) list = hth_page_list_new(self->client);
    g_signal_connect(list, "failed", G_CALLBACK(on_failed), self);
    hth_page_list_set_path(list, "browse/0");
    const gint64 deadline = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
    while (self->n_failed == 0) {
        g_assert_cmpint(g_get_monotonic_time(), <, deadline);
        g_main_context_iteration(NULL, TRUE);
    }
    g_assert_false(hth_page_list_is_loaded(list));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/page-list/keeps-a-window-of-pages", Fixture, GUINT_TO_POINTER(ANSWERS), set_up,
               test_keeps_a_window_of_pages, tear_down);
    g_test_add("/page-list/a-refresh-moves-nothing", Fixture, GUINT_TO_POINTER(ANSWERS), set_up,
               test_a_refresh_moves_nothing, tear_down);
    g_test_add("/page-list/nonsense-is-an-error", Fixture, GUINT_TO_POINTER(ANSWERS_NONSENSE),
               set_up, test_a_bad_daemon_is_an_error, tear_down);
    g_test_add("/page-list/silence-is-an-error", Fixture, GUINT_TO_POINTER(SAYS_NOTHING), set_up,
               test_a_bad_daemon_is_an_error, tear_down);
    return g_test_run();
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dlna.h"

/* About 100,000 tracks at 200 bytes and a slot each; what is over is read from the index again. */
#define CACHE_BYTES (24 * 1024 * 1024)

struct HthDlna {
    HthHost *host;
    HthLibrary *library;
    HthClientTable *clients;
    HthRecordCache *records;
    guint watch;
};

/* On the writer's thread. */
static void on_library_changed(const HthLibraryChange *change, gpointer data)
{
    HthDlna *self = data;
    hth_record_cache_forget(self->records, change);
}

static void on_idle(gpointer data)
{
    HthDlna *self = data;
    const HthLibraryChange all = { .is_everything = TRUE }; /* as old as can be: later records stay good */
    hth_record_cache_forget(self->records, &all);
}

HthDlna *hth_dlna_new(HthHost *host, const char *clients_folder)
{
    HthDlna *self = g_new0(HthDlna, 1);
    self->host = host;
    self->library = hth_host_library(host);
    self->clients = hth_client_table_new(clients_folder);
    self->records = hth_record_cache_new(CACHE_BYTES);
    self->watch = hth_library_add_watch(self->library, on_library_changed, self);
    hth_host_add_idle(host, on_idle, self);
    return self;
}

void hth_dlna_free(HthDlna *self)
{
    if (self == NULL)
        return;
    hth_library_remove_watch(self->library, self->watch);
    hth_record_cache_free(self->records);
    hth_client_table_free(self->clients);
    g_free(self);
}

HthHost *hth_dlna_host(HthDlna *self)
{
    return self->host;
}

HthLibrary *hth_dlna_library(HthDlna *self)
{
    return self->library;
}

HthRecordCache *hth_dlna_records(HthDlna *self)
{
    return self->records;
}

HthClientTable *hth_dlna_clients(HthDlna *self)
{
    return self->clients;
}

const HthClient *hth_dlna_client(HthDlna *self, HthHttpRequest *request)
{
    gboolean is_new = FALSE;
    const HthClient *client = hth_client_table_of_request(self->clients, request, &is_new);
    if (is_new)
        hth_host_device_seen(self->host, hth_http_request_peer(request),
                             hth_http_request_header(request, "FriendlyName.DLNA.ORG"), NULL,
                             client->name, hth_http_request_header(request, "User-Agent"));
    return client;
}

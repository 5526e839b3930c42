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
    const HthLibraryChange all = { .is_everything =
                                       TRUE }; /* as old as can be: later records stay good */
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

static const char *label_of(const HthClient *client)
{
    return client->label != NULL ? client->label : client->name;
}

/* The name that a request carries is the newer one. */
static void introduce(HthDlna *self, HthHttpRequest *request, const HthClient *client)
{
    g_autofree char *friendly_name = NULL;
    g_autofree char *model_name = NULL;
    hth_client_table_names(self->clients, hth_http_request_peer_text(request), &friendly_name,
                           &model_name);
    const char *told = hth_http_request_header(request, "FriendlyName.DLNA.ORG");
    hth_host_device_seen(self->host, hth_http_request_peer(request),
                         told != NULL ? told : friendly_name, model_name, label_of(client),
                         hth_http_request_header(request, "User-Agent"));
}

const HthClient *hth_dlna_client(HthDlna *self, HthHttpRequest *request)
{
    gboolean is_new = FALSE;
    const HthClient *client = hth_client_table_of_request(self->clients, request, &is_new);
    if (is_new)
        introduce(self, request, client);
    return client;
}

void hth_dlna_learn(HthDlna *self, GInetAddress *peer, const char *friendly_name,
                    const char *model_name)
{
    g_autofree char *address = g_inet_address_to_string(peer);
    const HthClient *client = NULL;
    if (hth_client_table_learn(self->clients, address, friendly_name, model_name, &client))
        hth_host_device_seen(self->host, peer, friendly_name, model_name, label_of(client), NULL);
}

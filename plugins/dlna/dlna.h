/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The plugin's state: what its parts share.
 *
 * Threads: any thread between start and stop, unless it says otherwise.
 */
#pragma once

#include "client-table.h"
#include "plugin/host.h"
#include "record-cache.h"

G_BEGIN_DECLS

typedef struct HthDlna HthDlna;

/* Main thread. Reads the client files of @clients_folder. */
HthDlna *hth_dlna_new(HthHost *host, const char *clients_folder);
void hth_dlna_free(HthDlna *self); /* main thread; NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthDlna, hth_dlna_free)

HthHost *hth_dlna_host(HthDlna *self);
HthLibrary *hth_dlna_library(HthDlna *self);
HthRecordCache *hth_dlna_records(HthDlna *self);
HthClientTable *hth_dlna_clients(HthDlna *self);

/* Who sends this SOAP request or fetches the description; the registry is told when that is news.
 */
const HthClient *hth_dlna_client(HthDlna *self, HthHttpRequest *request);

/* Main thread. What the device at @peer says of itself; NULL: nothing. The registry is told as soon
 * as the device has asked for something. */
void hth_dlna_learn(HthDlna *self, GInetAddress *peer, const char *friendly_name,
                    const char *model_name);

G_END_DECLS

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All clients that the files of a folder describe, and which of them is asking.
 *
 * The rule with the highest priority wins, whether it matches the headers of a request or what the
 * device says of itself in its description. What has been learned of a peer by its SOAP requests
 * or its names serves its media requests too, which often carry another User-Agent.
 *
 * Threads: new and free on the main thread, the rest on any.
 */
#pragma once

#include "client.h"
#include "net/http-server.h"

G_BEGIN_DECLS

typedef struct HthClientTable HthClientTable;

/* Reads every *.conf of @folder; a bad file is logged and left out. "default.conf" is laid under
 * all. @folder: NULL or missing leaves the built-in default alone. */
HthClientTable *hth_client_table_new(const char *folder);
void hth_client_table_free(HthClientTable *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthClientTable, hth_client_table_free)

guint hth_client_table_size(const HthClientTable *self); /* without the default */

/* By the file's name; NULL: none. */
const HthClient *hth_client_table_find(const HthClientTable *self, const char *name);

/* Who asks by SOAP or for the description; remembered for its address.
 * @out_is_new: TRUE when this peer was not known as this client before. */
const HthClient *hth_client_table_of_request(HthClientTable *self, HthHttpRequest *request,
                                             gboolean *out_is_new);

/* Who asks for media: by its own headers when they tell, else as remembered. */
const HthClient *hth_client_table_of_media(HthClientTable *self, HthHttpRequest *request);

/* Tells the names by which a device describes itself (a renderer seen by SSDP), in place of what
 * was told of @peer before. NULL: not known. Returns: whether @peer has asked for something
 * already; then @out_client is the client that it counts as now. One that has not is introduced by
 * hth_client_table_names() when it does. */
gboolean hth_client_table_learn(HthClientTable *self, const char *peer, const char *friendly_name,
                                const char *model_name, const HthClient **out_client);

/* New strings; NULL for what was never told of @peer. */
void hth_client_table_names(HthClientTable *self, const char *peer, char **out_friendly_name,
                            char **out_model_name);

/* Entries remembered of headers and addresses; bounded. */
guint hth_client_table_n_kept(HthClientTable *self);

G_END_DECLS

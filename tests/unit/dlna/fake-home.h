/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A small home in memory that keeps the contracts of plugin/host.h, plugin/library.h and of
 * requests in net/http-server.h: what a plugin sees, without a daemon.
 *
 *   g_autoptr(FakeHome) home = fake_home_new(clients_folder);
 *   g_autofree char *body = fake_home_soap(home, "content", "Browse", arguments);
 *
 * The tree: 0 > music > music-albums > album-… > tracks (references; canonical in music-all),
 * video > video-all, photo > photo-all.
 */
#pragma once

#include "client-table.h"
#include "plugin/host.h"
#include "record-cache.h"

G_BEGIN_DECLS

typedef struct {
    char *name;
    char *value;
} FakeHeader;

struct HthHttpRequest {
    char *method;
    char *path;
    char *body;
    gsize body_size;
    GPtrArray *headers; /* (element FakeHeader) of the request */
    GInetAddress *peer;
    char *peer_text;
    const char *base_url;

    guint status; /* of the answer; 0: none yet */
    GPtrArray *answer_headers;
    char *content_type;
    GBytes *answer;
};

HthHttpRequest *fake_request_new(const char *method, const char *path);
void fake_request_free(HthHttpRequest *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthHttpRequest, fake_request_free)
void fake_request_header(HthHttpRequest *self, const char *name, const char *value);
void fake_request_peer(HthHttpRequest *self, const char *address);
const char *fake_request_answer_header(HthHttpRequest *self, const char *name); /* NULL: none */
const char *fake_request_answer(HthHttpRequest *self);

typedef struct FakeHome FakeHome;

/* Starts the plugin in a home whose data folder is that of the source tree. */
FakeHome *fake_home_new(void);
void fake_home_free(FakeHome *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FakeHome, fake_home_free)

HthHost *fake_home_host(FakeHome *self);
HthLibrary *fake_home_library(FakeHome *self);
HthClientTable *fake_home_clients(FakeHome *self);
HthRecordCache *fake_home_records(FakeHome *self);

/* Adds an object, which is taken. Its ref is given to it; returned. @parent_id is its canonical
 * place. */
HthObjectRef fake_home_add(FakeHome *self, const char *parent_id, HthObject *object);
/* Lists an object in a second place. */
void fake_home_add_reference(FakeHome *self, const char *container_id, HthObjectRef ref);
HthObject *fake_home_object(FakeHome *self, const char *leaf_id);
HthObject *fake_object_new(HthObjectClass class, const char *leaf_id, const char *title);

/* Takes an object away while listings still have it. */
void fake_home_forget(FakeHome *self, const char *leaf_id);

/* Tells the watchers, as the writer does after a commit. */
void fake_home_changed(FakeHome *self, const HthObjectRef *refs, guint n_refs,
                       const char *container_id);
/* How often an object was read by its ref. */
guint fake_home_loads(FakeHome *self);
/* Runs in the middle of the next read by ref: what another thread might do meanwhile. */
void fake_home_interrupt(FakeHome *self, void (*call)(FakeHome *self));

void fake_home_set_policy(FakeHome *self, HthDevicePolicy policy);
/* What the plugin told the host last: "song 42000", "song played", "client". */
const char *fake_home_last_position(FakeHome *self);
const char *fake_home_last_play(FakeHome *self);
const char *fake_home_last_client(FakeHome *self);
const char *fake_home_last_name(FakeHome *self);
const char *fake_home_last_note(FakeHome *self);

/* Hands @request to the route that serves its path, or to the media hook. */
void fake_home_handle(FakeHome *self, HthHttpRequest *request);
gboolean fake_home_media(FakeHome *self, HthHttpRequest *request, HthMediaAnswer *answer);

/* A SOAP request of @action with @arguments ("<ObjectID>0</ObjectID>…") by a client with @header
 * ("User-Agent: x", or NULL); the answer is in the request. */
HthHttpRequest *fake_home_soap(FakeHome *self, const char *header, const char *service,
                               const char *action, const char *arguments);
/* The same for Browse of children; the DIDL-Lite document out of the answer, unescaped. */
char *fake_home_browse(FakeHome *self, const char *header, const char *id);
char *fake_home_metadata(FakeHome *self, const char *header, const char *id);
/* The text of the first <@name>, unescaped once; NULL when there is none. */
char *fake_text(const char *xml, const char *name);

G_END_DECLS

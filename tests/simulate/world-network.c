/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "world-network.h"

#include <string.h>

#include "base/error.h"

#define GHOSTS_MAX 4

typedef struct {
    SimDevice *device;
    HthSyncDataReader *reader; /* NULL: refused, or the home has gone */
    gboolean is_broken;
    guint64 left; /* bytes until it is cut; G_MAXUINT64: never */
} SimStream;

typedef struct {
    char *device;
    char *route;
    GBytes *body;
} Ghost;

static void ghost_free(gpointer data)
{
    Ghost *ghost = data;
    g_free(ghost->device);
    g_free(ghost->route);
    g_bytes_unref(ghost->body);
    g_free(ghost);
}

static gboolean happens(World *world, guint one_in)
{
    return one_in != 0 && chance_one_in(&world->chance, one_in);
}

static void set_broken(GError **error, const char *what)
{
    g_set_error_literal(error, HTH_ERROR, HTH_ERROR_NETWORK, what);
}

static GBytes *ask_home(World *world, const char *device, const char *route, GBytes *body,
                        guint *out_status)
{
    g_autoptr(GError) refusal = NULL;
    GBytes *answer = hth_sync_home_exchange(world->home, device, route, body, out_status, &refusal);
    world_say(world, "home: %s -> %u %" G_GSIZE_FORMAT "%s%s", route, *out_status,
              answer != NULL ? g_bytes_get_size(answer) : 0, refusal != NULL ? " " : "",
              refusal != NULL ? refusal->message : "");
    return answer;
}

static void remember_ghost(World *world, SimDevice *device, const char *route, GBytes *body)
{
    if (world->ghosts->len >= GHOSTS_MAX)
        return;
    Ghost *ghost = g_new(Ghost, 1);
    *ghost = (Ghost){ g_strdup(device->id), g_strdup(route), g_bytes_ref(body) };
    g_ptr_array_add(world->ghosts, ghost);
}

void world_network_ghost(World *self)
{
    if (self->ghosts == NULL || self->ghosts->len == 0 || self->home == NULL)
        return;
    Ghost *ghost = g_ptr_array_steal_index(self->ghosts, 0);
    guint status = 0;
    world_say(self, "a request of before comes once more");
    g_autoptr(GBytes) answer = ask_home(self, ghost->device, ghost->route, ghost->body, &status);
    ghost_free(ghost);
    world_count(self, "ghosts");
}

/* Once told, an operation is in the journal for sure: after a crash no less may be told. */
static void check_told(SimDevice *device, GBytes *body)
{
    g_autoptr(HthSyncRequest) request = hth_sync_request_decode(body, NULL);
    if (request == NULL || (request->says & HTH_SYNC_SAYS_HAS_VOLUME) == 0)
        return;
    const gsize size = HTH_SYNC_EPOCH_BYTES;
    const gboolean is_same = memcmp(device->told_epochs[0], request->device_epoch, size) == 0 &&
                             memcmp(device->told_epochs[1], request->home_epoch, size) == 0;
    if (is_same && request->sequence < device->told_sequence)
        world_fail(device->world, "device %u: it told of an operation before its journal had it",
                   device->index);
    memcpy(device->told_epochs[0], request->device_epoch, size);
    memcpy(device->told_epochs[1], request->home_epoch, size);
    device->told_sequence = request->sequence;
}

static GBytes *network_exchange(gpointer data, const char *route, GBytes *body, guint *out_status,
                                GError **error)
{
    SimDevice *device = data;
    World *world = device->world;
    if (strcmp(route, HTH_SYNC_ROUTE_SYNC) == 0)
        check_told(device, body);
    if (world->home == NULL || happens(world, world->network.lose_request)) {
        world_count(world, "requests lost");
        set_broken(error, "the request was lost");
        return NULL;
    }
    if (happens(world, world->network.ghost))
        remember_ghost(world, device, route, body);
    GBytes *answer = ask_home(world, device->id, route, body, out_status);
    if (happens(world, world->network.duplicate)) {
        world_count(world, "requests doubled");
        g_clear_pointer(&answer, g_bytes_unref);
        answer = ask_home(world, device->id, route, body, out_status);
    }
    if (happens(world, world->network.lose_answer)) {
        world_count(world, "answers lost");
        g_clear_pointer(&answer, g_bytes_unref);
        set_broken(error, "the answer was lost");
    }
    return answer;
}

static guint64 cut_after(Chance *chance)
{
    static const guint64 reach[] = { 100, 60000, 60000, 700 * 1024 };
    return chance_below(chance, reach[chance_below(chance, G_N_ELEMENTS(reach))]);
}

static gpointer network_stream(gpointer data, const char *route, GBytes *body, guint *out_status,
                               GError **error)
{
    SimDevice *device = data;
    World *world = device->world;
    if (world->home == NULL || happens(world, world->network.lose_request)) {
        set_broken(error, "the request was lost");
        return NULL;
    }
    g_autoptr(GError) refusal = NULL;
    SimStream *stream = g_new0(SimStream, 1);
    stream->device = device;
    stream->left = G_MAXUINT64;
    stream->reader = hth_sync_home_open_data(world->home, device->id, body, &refusal);
    *out_status = stream->reader != NULL ? 200 : 403;
    if (happens(world, world->network.cut))
        stream->left = cut_after(&world->chance);
    if (refusal != NULL)
        world_say(world, "home: no stream: %s", refusal->message);
    g_ptr_array_add(world->streams, stream);
    return stream;
}

static gssize network_read(gpointer data, guint8 *buffer, gsize size, GError **error)
{
    SimStream *stream = data;
    World *world = stream->device->world;
    if (stream->left == 0 || stream->is_broken) {
        world_count(world, "streams cut");
        world->n_cut++;
        set_broken(error, "the stream was cut");
        return -1;
    }
    if (stream->reader == NULL)
        return 0;
    if (happens(world, world->network.library))
        model_library_change(world->library);
    /* As the kernel hands them out: pieces of any size. */
    gsize max = MIN(size, stream->left);
    if (chance_one_in(&world->chance, 3))
        max = 1 + chance_below(&world->chance, max);
    const gsize n = hth_sync_data_reader_read(stream->reader, buffer, max);
    if (stream->left != G_MAXUINT64)
        stream->left -= n;
    if (n > 0 && happens(world, world->network.corrupt)) {
        world_count(world, "bytes spoiled");
        buffer[chance_below(&world->chance, n)] ^= 0x40;
    }
    return (gssize)n;
}

static void network_end(gpointer data)
{
    SimStream *stream = data;
    (void)g_ptr_array_remove(stream->device->world->streams, stream);
    hth_sync_data_reader_free(stream->reader);
    g_free(stream);
}

void world_network_cut(World *self)
{
    for (guint i = 0; i < self->streams->len; i++)
        ((SimStream *)self->streams->pdata[i])->left = 0;
}

void world_network_heal(World *self)
{
    for (guint i = 0; i < self->streams->len; i++)
        ((SimStream *)self->streams->pdata[i])->left = G_MAXUINT64;
}

void world_network_break(World *self)
{
    for (guint i = 0; i < self->streams->len; i++) {
        SimStream *stream = self->streams->pdata[i];
        g_clear_pointer(&stream->reader, hth_sync_data_reader_free);
        stream->is_broken = TRUE;
    }
    while (self->ghosts->len > 0)
        ghost_free(g_ptr_array_steal_index(self->ghosts, 0));
}

const ModelNetwork world_network = {
    .exchange = network_exchange,
    .stream = network_stream,
    .read = network_read,
    .end = network_end,
};

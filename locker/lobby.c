/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lobby.h"

#include "door.h"

typedef struct {
    GQueue parked;  /* heard of last first */
    GQueue waiting; /* waiting longest first */
} Lobby;

struct HthLobbies {
    GHashTable *lobbies; /* HthHousehold, its guests' reference → Lobby */
};

HthLobbies *hth_lobbies_new(void)
{
    HthLobbies *self = g_new0(HthLobbies, 1);
    self->lobbies = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    return self;
}

void hth_lobbies_free(HthLobbies *self)
{
    if (self == NULL)
        return;
    g_hash_table_unref(self->lobbies);
    g_free(self);
}

gboolean hth_lobbies_enter(HthLobbies *self, HthGuest *guest)
{
    Lobby *lobby = g_hash_table_lookup(self->lobbies, guest->household);
    if (lobby == NULL) {
        lobby = g_new0(Lobby, 1);
        g_hash_table_insert(self->lobbies, guest->household, lobby);
    }
    const gboolean is_parked = guest->state == HTH_GUEST_PARKED;
    GQueue *queue = is_parked ? &lobby->parked : &lobby->waiting;
    if (queue->length >= (is_parked ? HTH_DOOR_MAX_PARKED : HTH_DOOR_MAX_WAITING))
        return FALSE;
    if (is_parked)
        g_queue_push_head_link(queue, &guest->lobby_link);
    else
        g_queue_push_tail_link(queue, &guest->lobby_link);
    return TRUE;
}

void hth_lobbies_leave(HthLobbies *self, HthGuest *guest)
{
    Lobby *lobby = g_hash_table_lookup(self->lobbies, guest->household);
    g_queue_unlink(guest->state == HTH_GUEST_PARKED ? &lobby->parked : &lobby->waiting,
                   &guest->lobby_link);
    if (lobby->parked.length == 0 && lobby->waiting.length == 0)
        g_hash_table_remove(self->lobbies, guest->household);
}

HthGuest *hth_lobbies_parked(HthLobbies *self, HthHousehold *household)
{
    const Lobby *lobby = g_hash_table_lookup(self->lobbies, household);
    return lobby != NULL && lobby->parked.head != NULL ? lobby->parked.head->data : NULL;
}

HthGuest *hth_lobbies_waiting(HthLobbies *self, HthHousehold *household)
{
    const Lobby *lobby = g_hash_table_lookup(self->lobbies, household);
    return lobby != NULL && lobby->waiting.head != NULL ? lobby->waiting.head->data : NULL;
}

void hth_lobbies_heard(HthLobbies *self, HthGuest *guest)
{
    Lobby *lobby = g_hash_table_lookup(self->lobbies, guest->household);
    g_queue_unlink(&lobby->parked, &guest->lobby_link);
    g_queue_push_head_link(&lobby->parked, &guest->lobby_link);
}

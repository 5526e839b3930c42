/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A device of the world: its program, its card, and what befalls them. */
#include <string.h>

#include "base/error.h"
#include "world-check.h"

/* The folder is opened by its path: what is there now is what the program has. */
static void look_anew(SimDevice *self)
{
    if (self->has_next)
        self->env->disk = g_steal_pointer(&self->next);
    self->has_next = FALSE;
    if (self->feed != NULL)
        hth_play_feed_close(self->feed);
}

static void end_program(SimDevice *self)
{
    g_clear_pointer(&self->engine, hth_sync_device_free);
    g_clear_pointer(&self->feed, hth_play_feed_free);
}

void sim_device_wake(SimDevice *self, gboolean with_scan)
{
    if (self->engine == NULL)
        return;
    hth_play_feed_close(self->feed);
    hth_sync_device_wake(self->engine, with_scan);
}

void sim_device_start(SimDevice *self)
{
    if (self->engine != NULL)
        return;
    world_say(self->world, "device %u: its program starts", self->index);
    look_anew(self);
    self->options.may_set_up = self->options.may_set_up && !self->has_volume;
    self->engine = hth_sync_device_new(&self->env->env, &self->options);
    self->feed = hth_play_feed_new(&self->env->env, self->engine);
}

void sim_device_stop(SimDevice *self)
{
    if (self->engine == NULL)
        return;
    world_say(self->world, "device %u: its program ends", self->index);
    end_program(self);
}

/* As hearth-handheld keeps the folder's id in its settings, once it knows it. */
static void keep_volume_id(SimDevice *self)
{
    static const guint8 none[HTH_SYNC_EPOCH_BYTES];
    const guint8 *id = hth_sync_device_volume_id(self->engine);
    if (self->has_volume || memcmp(id, none, sizeof none) == 0)
        return;
    memcpy(self->options.volume_id, id, sizeof self->options.volume_id);
    self->has_volume = TRUE;
}

HthSyncStep sim_device_step(SimDevice *self)
{
    sim_device_start(self);
    g_autoptr(GError) error = NULL;
    HthSyncProgress progress = { 0 };
    self->n_steps++;
    const HthSyncStep step = hth_sync_device_step(self->engine, &progress, &error);
    world_say(self->world, "device %u: %s%s%s%s%s", self->index,
              hth_sync_phase_name(progress.phase), step == HTH_SYNC_STEP_IDLE ? " idle" : "",
              step == HTH_SYNC_STEP_WAIT ? " waits for " : "",
              step == HTH_SYNC_STEP_WAIT ? hth_sync_wait_name(progress.wait) : "",
              error != NULL ? error->message : "");
    if (step == HTH_SYNC_STEP_FAILED || step == HTH_SYNC_STEP_WAIT)
        look_anew(self);
    if (step != HTH_SYNC_STEP_WAIT)
        self->is_settled = step != HTH_SYNC_STEP_FAILED;
    self->wait = progress.wait;
    self->n_held_back = progress.n_held_back;
    if (step == HTH_SYNC_STEP_FAILED && error == NULL)
        world_fail(self->world, "device %u: a step failed without an error", self->index);
    if (!self->env->has_crashed)
        keep_volume_id(self);
    return step;
}

void sim_device_after_crash(SimDevice *self, gboolean keeps_all)
{
    world_say(self->world, "device %u: %s", self->index,
              keeps_all ? "its program was killed" : "the power went");
    world_count(self->world, keeps_all ? "kills" : "power cuts");
    end_program(self);
    self->is_settled = FALSE;
    g_hash_table_remove_all(self->seen);
    if (keeps_all)
        model_env_resume(self->env);
    else
        model_env_restart(self->env);
}

gboolean sim_device_has_card(const SimDevice *self)
{
    return self->drawer == NULL && !self->has_next;
}

/* What a program that runs has of a card that is gone: errors, or a folder without a file. */
static ModelDisk *what_is_left(SimDevice *self)
{
    if (chance_one_in(&self->world->chance, 2))
        return NULL;
    ModelDisk *empty = model_disk_new(MODEL_DISK_PLAIN, self->capacity_bytes);
    g_ptr_array_add(self->world->cards, empty);
    return empty;
}

static void change_card(SimDevice *self, ModelDisk *card)
{
    self->env->disk = self->engine != NULL ? what_is_left(self) : card;
    self->next = self->engine != NULL ? card : NULL;
    self->has_next = self->engine != NULL;
    g_hash_table_remove_all(self->seen);
}

void sim_device_insert(SimDevice *self, ModelDisk *card)
{
    self->drawer = self->env->disk;
    self->is_settled = FALSE;
    change_card(self, card);
    if (card == NULL)
        return;
    g_ptr_array_add(self->world->cards, card); /* who has files of it open may go on */
    self->card_hash = world_check_card_hash(card);
}

void sim_device_put_card_back(SimDevice *self)
{
    if (self->drawer == NULL)
        return;
    look_anew(self);
    world_check_untouched(self);
    change_card(self, g_steal_pointer(&self->drawer));
}

void sim_device_accept_card(SimDevice *self)
{
    world_say(self->world, "device %u: the person says that this card is to be used", self->index);
    sim_device_stop(self);
    memset(self->options.volume_id, 0, sizeof self->options.volume_id);
    self->has_volume = FALSE;
    self->options.may_set_up = TRUE;
}

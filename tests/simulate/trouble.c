/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trouble.h"

#include <string.h>

#include "device-play.h"
#include "device-trouble.h"
#include "world-check.h"
#include "world-network.h"

#define ACTIONS_MIN  15
#define ACTIONS_MORE 40
#define STEPS_MAX    40
#define KEPT_BYTES   (20 * 1024) /* so much is gone on with */
#define DAY_MS       (24 * 60 * 60 * 1000)

/* ---- Rules ---- */

static const char *const sources[] = {
    "\"everything\": true",
    "\"everything\": true, \"playlists\": [\"Running\", \"running\", \"Late: night\"]",
    "\"artists\": [\"Band\", \"BAND\"], \"playlists\": [\"Late: night\"]",
    "\"newest\": 5, \"favourites\": true",
    "\"playlists\": [\"Running\"]",
    "\"everything\": true, \"max_bytes\": 120000",
    "\"everything\": true, \"max_bytes\": 300000, \"order\": [\"playlists\", \"newest\"], "
    "\"newest\": 3, \"playlists\": [\"running\"]",
    "\"newest\": 2",
};
static const char *const limits[] = {
    "", "", "", "", "", ", \"only_on_power\": true", ", \"only_unmetered\": true",
};

/* What the person took off the device stays so in a new rule. */
static char *excluded_of(World *self, const char *device)
{
    g_autofree char *old = hth_sync_home_rule(self->home, device);
    g_autoptr(HthSyncRule) rule = hth_sync_rule_parse(old, NULL);
    g_autoptr(HthSyncRule) bare = hth_sync_rule_new();
    GHashTableIter each;
    gpointer item;
    g_hash_table_iter_init(&each, rule->excluded);
    while (g_hash_table_iter_next(&each, &item, NULL))
        hth_sync_rule_exclude(bare, *(guint64 *)item);
    g_autofree char *printed = hth_sync_rule_print(bare);
    const char *found = strstr(printed, "\"excluded\"");
    return g_strconcat(found != NULL ? ", " : "", found != NULL ? found : "}", NULL);
}

void trouble_new_rule(World *self, guint device)
{
    const char *source = sources[chance_below(&self->chance, G_N_ELEMENTS(sources))];
    const char *limit = limits[chance_below(&self->chance, G_N_ELEMENTS(limits))];
    const char *id = self->devices[device].id;
    g_autofree char *excluded = excluded_of(self, id);
    g_autofree char *json = g_strconcat("{", source, limit, excluded, NULL);
    world_say(self, "device %u: its rule is %s", device, json);
    g_autoptr(GError) error = NULL;
    if (!hth_sync_home_set_rule(self->home, id, json, &error))
        world_fail(self, "a rule is refused: %s", error->message);
}

/* ---- Trouble at home and on the way ---- */

static void change_library(World *self, SimDevice *device)
{
    const guint n = 1 + (guint)chance_below(&self->chance, 4);
    for (guint i = 0; i < n; i++)
        model_library_change(self->library);
    if (chance_one_in(&self->chance, 2))
        hth_sync_home_wake(self->home);
}

static void change_rule(World *self, SimDevice *device)
{
    trouble_new_rule(self, device->index);
}

static void restart_home(World *self, SimDevice *device)
{
    world_say(self, "home: it starts anew");
    world_home_stop(self);
    world_home_start(self);
}

static void keep_home(World *self, SimDevice *device)
{
    world_home_keep(self);
}

static void put_back_home(World *self, SimDevice *device)
{
    world_home_put_back(self);
}

static void send_ghost(World *self, SimDevice *device)
{
    world_network_ghost(self);
}

static gint64 jump(Chance *chance)
{
    static const gint64 reach_ms[] = { 60 * 1000, DAY_MS, G_GINT64_CONSTANT(4000) * DAY_MS };
    const gint64 reach = reach_ms[chance_below(chance, G_N_ELEMENTS(reach_ms))];
    return (gint64)chance_below(chance, (guint64)reach * 2) - reach;
}

static void jump_clock(World *self, SimDevice *device)
{
    gint64 *clock = chance_one_in(&self->chance, 3) ? &self->home_wall_ms : &device->env->wall_ms;
    *clock = MAX(*clock + jump(&self->chance), 1000);
    world_say(self, "a clock is set to %" G_GINT64_FORMAT, *clock);
}

static guint rate(Chance *chance, guint one_in)
{
    return chance_one_in(chance, 2) ? 0 : one_in;
}

/* The weather of the next while. */
static void change_network(World *self, SimDevice *device)
{
    Chance *chance = &self->chance;
    self->network = (NetworkTrouble){
        .lose_request = rate(chance, 6),
        .lose_answer = rate(chance, 6),
        .duplicate = rate(chance, 8),
        .ghost = rate(chance, 10),
        .cut = rate(chance, 2),
        .corrupt = rate(chance, 30),
        .library = rate(chance, 20),
    };
    self->library->not_yet_one_in = rate(chance, 4);
    self->library->never_one_in = rate(chance, 6);
    self->library->fail_one_in = rate(chance, 30);
    self->library->change_one_in = rate(chance, 12);
}

/* ---- Devices at work ---- */

static void arm(World *self, SimDevice *device)
{
    static const guint reach[] = { 4, 40, 400, 1500 };
    ModelEnv *env = device->env;
    const guint64 call =
        env->n_calls + 1 +
        chance_below(&self->chance, reach[chance_below(&self->chance, G_N_ELEMENTS(reach))]);
    model_env_disarm(env);
    env->crash_is_after = chance_one_in(&self->chance, 2);
    switch (chance_below(&self->chance, 12)) {
    case 0:
        env->crash_at = call;
        break;
    case 1:
        env->fail_at = call;
        break;
    case 2:
        env->crash_in_writes = 1 + (guint)chance_below(&self->chance, 60);
        break;
    case 3:
    case 4:
        env->crash_in_syncs = 1 + (guint)chance_below(&self->chance, 20);
        break;
    case 5:
    case 6:
        env->crash_in_changes = 1 + (guint)chance_below(&self->chance, 4);
        model_library_retag_padded(self->library);
        break;
    case 7:
    case 8:
        env->crash_in_exchanges = 1 + (guint)chance_below(&self->chance, 3);
        break;
    default:
        break; /* nothing goes wrong */
    }
}

/* Steps until it rests, a crash comes or it is enough. */
static void step_device(World *self, SimDevice *device)
{
    const guint n_cut = self->n_cut;
    arm(self, device);
    const guint n = 1 + (guint)chance_below(&self->chance, STEPS_MAX);
    for (guint i = 0; i < n && self->failure == NULL; i++) {
        const HthSyncStep step = sim_device_step(device);
        if (device->env->has_crashed) {
            sim_device_after_crash(device, chance_one_in(&self->chance, 4));
            continue;
        }
        if (step == HTH_SYNC_STEP_FAILED)
            break;
        if (step != HTH_SYNC_STEP_WAIT) /* what a crash left may not be looked at yet */
            world_check_versions(device);
        if (step == HTH_SYNC_STEP_MORE)
            continue;
        if (!chance_one_in(&self->chance, 4))
            break;
        sim_device_wake(device, chance_one_in(&self->chance, 2));
    }
    model_env_disarm(device->env);
    /* What has come in part may be another file by the time that the rest of it comes. */
    if (self->n_cut != n_cut && chance_one_in(&self->chance, 2))
        device_trouble_overtake(self, device);
}

/* How much has come of this item's file. */
static guint part_bytes(const SimDevice *device, guint64 item)
{
    g_autofree char *begin = g_strdup_printf(".hearth/tmp/%016" G_GINT64_MODIFIER "x-", item);
    g_autoptr(GPtrArray) files = model_disk_files(device->env->disk, ".hearth/tmp");
    for (guint i = 0; i < files->len; i++) {
        if (g_str_has_prefix(files->pdata[i], begin))
            return model_disk_peek(device->env->disk, files->pdata[i])->len;
    }
    return 0;
}

/* A device is cut off in the middle of a file, and meets another one when it comes back. */
static void replace_download(World *self, SimDevice *device)
{
    if (!sim_device_has_card(device))
        return;
    const guint64 item = model_library_add_large(self->library);
    hth_sync_home_wake(self->home);
    sim_device_start(device);
    sim_device_wake(device, FALSE);
    for (guint i = 0; i < STEPS_MAX && self->failure == NULL; i++) {
        const HthSyncStep step = sim_device_step(device);
        if (step == HTH_SYNC_STEP_IDLE || step == HTH_SYNC_STEP_WAIT)
            return;
        if (part_bytes(device, item) < KEPT_BYTES)
            continue;
        world_count(self, "downloads replaced");
        world_network_cut(self);
        (void)sim_device_step(device);
        model_library_replace(self->library, item);
        hth_sync_home_wake(self->home);
        step_device(self, device);
        return;
    }
}

/* ---- The table ---- */

typedef struct {
    guint weight;
    void (*happen)(World *self, SimDevice *device);
} Trouble;

static const Trouble troubles[] = {
    { 60, step_device },
    { 14, change_library },
    { 6, change_rule },
    { 6, change_network },
    { 2, replace_download },
    { 2, restart_home },
    { 2, keep_home },
    { 1, put_back_home },
    { 2, send_ghost },
    { 3, jump_clock },
    { 3, device_trouble_delete },
    { 2, device_trouble_add_own },
    { 3, device_trouble_fill },
    { 3, device_trouble_card },
    { 2, device_trouble_keep },
    { 1, device_trouble_put_back },
    { 1, device_trouble_clone },
    { 3, device_trouble_stop },
    { 3, device_trouble_overtake },
    { 2, device_trouble_conditions },
    { 1, device_trouble_verify },
    { 8, device_play },
};

static const Trouble *choose(Chance *chance)
{
    guint sum = 0;
    for (guint i = 0; i < G_N_ELEMENTS(troubles); i++)
        sum += troubles[i].weight;
    guint at = (guint)chance_below(chance, sum);
    const Trouble *trouble = troubles;
    while (at >= trouble->weight)
        at -= (trouble++)->weight;
    return trouble;
}

void trouble_round(World *self)
{
    change_network(self, &self->devices[0]);
    const guint n = ACTIONS_MIN + (guint)chance_below(&self->chance, ACTIONS_MORE);
    for (guint i = 0; i < n && self->failure == NULL; i++) {
        self->home_wall_ms += 1000;
        for (guint d = 0; d < N_DEVICES; d++)
            self->devices[d].env->wall_ms += 1000;
        SimDevice *device = &self->devices[chance_below(&self->chance, N_DEVICES)];
        choose(&self->chance)->happen(self, device);
    }
}

void trouble_end(World *self)
{
    self->network = (NetworkTrouble){ 0 };
    world_network_heal(self);
    self->library->not_yet_one_in = self->library->never_one_in = 0;
    self->library->fail_one_in = self->library->change_one_in = 0;
    for (guint i = 0; i < N_DEVICES; i++)
        device_trouble_end(&self->devices[i]);
}

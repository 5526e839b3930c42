/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "device-play.h"

#include <string.h>

#include "sync/inbox.h"
#include "world-check.h"

/* A rename, a sync or two: the calls of one note. */
#define CALLS_OF_A_NOTE 12

typedef struct {
    const char *word;
    HthSyncPlayKind kind;
    guint values; /* 0: the word says it all */
    guint unit;
} Note;

static const Note notes[] = {
    { "played", HTH_SYNC_PLAY_COUNT, 0, 0 },           { "played", HTH_SYNC_PLAY_COUNT, 0, 0 },
    { "position", HTH_SYNC_PLAY_POSITION, 100, 1000 }, { "rating", HTH_SYNC_PLAY_RATING, 6, 20 },
    { "favourite", HTH_SYNC_PLAY_FAVOURITE, 2, 1 },
};

/* Music of ours that lies there; NULL: none. New. */
static char *some_song(World *self, SimDevice *device, guint64 *out_item)
{
    g_autoptr(GPtrArray) files = world_check_files(device);
    for (guint i = files->len; i-- > 0;) {
        const char *path = files->pdata[i];
        const GByteArray *bytes = model_disk_peek(device->env->disk, path);
        if (world_check_own_file(device, path) != NULL || g_str_has_suffix(path, ".lrc") ||
            world_check_owner(self, bytes) == 0)
            g_ptr_array_remove_index(files, i);
    }
    if (files->len == 0)
        return NULL;
    const char *path = files->pdata[chance_below(&self->chance, files->len)];
    *out_item = world_check_owner(self, model_disk_peek(device->env->disk, path));
    return g_strdup(path);
}

/* FALSE: it may have been noted all the same. */
static gboolean put(World *self, SimDevice *device, const char *word, const char *line)
{
    ModelEnv *env = device->env;
    g_autoptr(GError) error = NULL;
    g_autofree char *name = g_strdup_printf("%u-%u-%s", self->n_notes, device->index, word);
    if (chance_one_in(&self->chance, 5)) {
        env->crash_at = env->n_calls + 1 + chance_below(&self->chance, CALLS_OF_A_NOTE);
        env->crash_is_after = chance_one_in(&self->chance, 2);
    }
    const gboolean is_noted = hth_inbox_put(&env->env, name, line, &error);
    world_say(self, "device %u: the person: %s%s%s", device->index, line, error != NULL ? ": " : "",
              error != NULL ? error->message : "");
    const gboolean is_sure = is_noted && device->is_settled;
    model_env_disarm(env);
    if (env->has_crashed)
        sim_device_after_crash(device, chance_one_in(&self->chance, 4));
    return is_sure;
}

void device_play(World *self, SimDevice *device)
{
    guint64 item = 0;
    if (!sim_device_has_card(device))
        return;
    g_autofree char *path = some_song(self, device, &item);
    if (path == NULL)
        return;
    const Note *note = &notes[chance_below(&self->chance, G_N_ELEMENTS(notes))];
    const gint64 value = (gint64)chance_below(&self->chance, note->values) * note->unit;
    const guint64 order = ++self->n_notes;
    /* Plays come at any time, however clocks jump. Of values the order is known: when it was noted,
     * shortly after the beginning of all time, which no clock of the home is behind. */
    g_autoptr(GString) line = g_string_new(NULL);
    g_string_printf(line, "%" G_GINT64_FORMAT "\t%s\t%s",
                    note->values == 0 ? device->env->wall_ms : (gint64)order, note->word, path);
    if (note->values > 0)
        g_string_append_printf(line, "\t%" G_GINT64_FORMAT, value);
    const gboolean is_sure = put(self, device, note->word, line->str);
    world_count(self, is_sure ? "notes" : "doubtful notes");
    if (note->values == 0)
        play_book_note(self->plays, item, is_sure);
    else
        play_book_note_value(self->plays, item, note->kind, order, value, is_sure);
}

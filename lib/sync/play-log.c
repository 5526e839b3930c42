/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/play-log.h"

#include "base/error.h"
#include "sync/device-path.h"
#include "sync/folder-files.h"
#include "sync/hlc.h"
#include "sync/journal.h"
#include "sync/message-parts.h"

#define LOG_PATH ".hearth/plays"

/* A transaction is one of these. Written on cards: new ones go to the end. */
typedef enum { ENTRY_PLAYS, ENTRY_CONFIRM, ENTRY_RENUMBER } EntryKind;

struct HthPlayLog {
    const HthSyncEnv *env;
    HthJournal *journal;
    GArray *entries; /* (element HthSyncPlay) not confirmed */
    guint64 last;    /* number given last */
    HthHlc clock;
};

static void renumber(HthPlayLog *self)
{
    for (guint i = 0; i < self->entries->len; i++)
        g_array_index(self->entries, HthSyncPlay, i).number = i + 1;
    self->last = self->entries->len;
}

static void drop_until(HthPlayLog *self, guint64 number)
{
    guint count = 0;
    while (count < self->entries->len &&
           g_array_index(self->entries, HthSyncPlay, count).number <= number)
        count++;
    if (count > 0)
        g_array_remove_range(self->entries, 0, count);
}

static void replay_plays(HthPlayLog *self, HthWireReader *reader)
{
    while (!reader->has_failed && reader->position < reader->size_bytes) {
        HthSyncPlay entry = { 0 };
        hth_sync_read_play(reader, &entry);
        self->last = entry.number;
        self->clock.last = MAX(self->clock.last, entry.stamp);
        g_array_append_val(self->entries, entry);
    }
}

static gboolean replay(gconstpointer payload, gsize size, gpointer data, GError **error)
{
    HthPlayLog *self = data;
    HthWireReader reader = HTH_WIRE_READER(payload, size);
    const guint kind = hth_wire_read_u8(&reader);
    if (kind == ENTRY_PLAYS)
        replay_plays(self, &reader);
    else if (kind == ENTRY_CONFIRM)
        drop_until(self, hth_wire_read_u64(&reader));
    else if (kind == ENTRY_RENUMBER)
        renumber(self);
    else
        reader.has_failed = TRUE;
    return hth_sync_read_done(&reader, "the play log", error);
}

HthPlayLog *hth_play_log_open(const HthSyncEnv *env, GError **error)
{
    g_autoptr(HthPlayLog) self = g_new0(HthPlayLog, 1);
    self->env = env;
    self->entries = hth_sync_plays_new();
    /* The base, known before the first entry is: the number given last when the log was emptied. */
    self->journal = hth_journal_open(env, LOG_PATH, &self->last, replay, self, error);
    return self->journal != NULL ? g_steal_pointer(&self) : NULL;
}

gboolean hth_play_log_reset(const HthSyncEnv *env, GError **error)
{
    return hth_folder_unlink(env, LOG_PATH, error) &&
           env->funcs->sync_dir(env->data, HTH_DEVICE_OWN_DIR, error);
}

void hth_play_log_free(HthPlayLog *self)
{
    if (self == NULL)
        return;
    hth_journal_free(self->journal);
    g_array_unref(self->entries);
    g_free(self);
}

/* Writes one transaction for good, and does it in memory. */
static gboolean commit(HthPlayLog *self, const GByteArray *payload, GError **error)
{
    return hth_journal_append(self->journal, payload->data, payload->len, error) &&
           hth_journal_sync(self->journal, error) &&
           replay(payload->data, payload->len, self, error);
}

static gboolean is_known(const HthPlayLog *self, const HthSyncPlay *entry)
{
    if (entry->stamp == 0 || entry->nonce == 0)
        return FALSE;
    for (guint i = 0; i < self->entries->len; i++) {
        const HthSyncPlay *other = &g_array_index(self->entries, HthSyncPlay, i);
        if (other->stamp == entry->stamp && other->nonce == entry->nonce)
            return TRUE;
    }
    return FALSE;
}

gboolean hth_play_log_add(HthPlayLog *self, const GArray *entries, GError **error)
{
    if (entries->len == 0)
        return TRUE;
    if (self->entries->len + entries->len > HTH_PLAY_LOG_MAX_ENTRIES) {
        g_set_error_literal(error, HTH_ERROR, HTH_ERROR_BUSY,
                            "the play log is full; it is emptied at the next sync");
        return FALSE;
    }
    g_autoptr(GByteArray) payload = g_byte_array_new();
    HthHlc clock = self->clock;
    guint64 number = self->last;
    hth_wire_write_u8(payload, ENTRY_PLAYS);
    for (guint i = 0; i < entries->len; i++) {
        HthSyncPlay entry = g_array_index(entries, HthSyncPlay, i);
        if (is_known(self, &entry))
            continue;
        entry.number = ++number;
        if (entry.stamp == 0)
            entry.stamp = hth_hlc_now(&clock, self->env->funcs->wall_ms(self->env->data));
        if (entry.nonce == 0)
            self->env->funcs->random(self->env->data, &entry.nonce, sizeof entry.nonce);
        hth_sync_write_play(payload, &entry);
    }
    return number == self->last || commit(self, payload, error);
}

void hth_play_log_unconfirmed(HthPlayLog *self, guint max, GArray *out)
{
    for (guint i = 0; i < MIN(max, self->entries->len); i++) {
        HthSyncPlay copy = g_array_index(self->entries, HthSyncPlay, i);
        copy.text = g_strdup(copy.text);
        g_array_append_val(out, copy);
    }
    if (hth_sync_env_has_fault(self->env, HTH_SYNC_FAULT_PLAYS_DROPPED))
        (void)hth_play_log_confirm(self, self->last, NULL);
}

gboolean hth_play_log_confirm(HthPlayLog *self, guint64 number, GError **error)
{
    if (self->entries->len == 0 || g_array_index(self->entries, HthSyncPlay, 0).number > number)
        return TRUE;
    g_autoptr(GByteArray) payload = g_byte_array_new();
    hth_wire_write_u8(payload, ENTRY_CONFIRM);
    hth_wire_write_u64(payload, number);
    if (!commit(self, payload, error))
        return FALSE;
    /* An empty log begins anew; its base says which number comes next. */
    return self->entries->len > 0 || hth_journal_restart(self->journal, self->last, error);
}

gboolean hth_play_log_renumber(HthPlayLog *self, GError **error)
{
    g_autoptr(GByteArray) payload = g_byte_array_new();
    hth_wire_write_u8(payload, ENTRY_RENUMBER);
    return commit(self, payload, error);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the household said and keeps: plays, ratings, playlists, settings, devices. */
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "library/library-private.h"
#include "library/play-write.h"

/* ---- Play state ---- */

static gboolean change_play(HthLibrary *self, const char *leaf_id, const char *person,
                            HthPlayChange change, gint64 value, GError **error)
{
    guint64 id;
    if (!hth_text_id_decode(leaf_id, &id)) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND, "there is no item %s", leaf_id);
        return FALSE;
    }
    HthPlayWrite *write = g_new(HthPlayWrite, 1);
    write->permanent_id = id;
    const char *whose = person != NULL ? person : "";
    if (!hth_state_change_play(self->state, id, whose, change, value, &write->play, error)) {
        g_free(write);
        return FALSE;
    }
    if (*whose == '\0')
        hth_writer_post(self->writer, hth_write_play, write, g_free);
    else
        g_free(write); /* a person's own state is not in listings that all share */
    return TRUE;
}

gboolean hth_library_add_play(HthLibrary *self, const char *leaf_id, const char *person,
                              GError **error)
{
    return change_play(self, leaf_id, person, HTH_PLAY_ADD, g_get_real_time() / G_USEC_PER_SEC,
                       error);
}

gboolean hth_library_set_position(HthLibrary *self, const char *leaf_id, const char *person,
                                  gint64 position_ms, GError **error)
{
    return change_play(self, leaf_id, person, HTH_PLAY_POSITION, MAX(position_ms, 0), error);
}

gboolean hth_library_set_rating(HthLibrary *self, const char *leaf_id, const char *person,
                                guint rating, GError **error)
{
    if (rating > 5) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID, "a rating is 1 to 5, or 0 for none");
        return FALSE;
    }
    return change_play(self, leaf_id, person, HTH_PLAY_RATING, rating, error);
}

gboolean hth_library_set_favourite(HthLibrary *self, const char *leaf_id, const char *person,
                                   gboolean is_favourite, GError **error)
{
    return change_play(self, leaf_id, person, HTH_PLAY_FAVOURITE, is_favourite ? 1 : 0, error);
}

gboolean hth_library_merge_plays(HthLibrary *self, const HthPlayMerge *merges, guint n_merges,
                                 GError **error)
{
    g_autofree HthPlayState *plays = g_new0(HthPlayState, n_merges);
    if (!hth_state_merge_plays(self->state, merges, n_merges, plays, error))
        return FALSE;
    for (guint i = 0; i < n_merges; i++) {
        HthPlayWrite *write = g_new(HthPlayWrite, 1);
        *write = (HthPlayWrite){ merges[i].permanent_id, plays[i] };
        hth_writer_post(self->writer, hth_write_play, write, g_free);
    }
    return TRUE;
}

gboolean hth_library_merge_playlist(HthLibrary *self, guint64 playlist_id, const char *title,
                                    const guint64 *items, guint n_items, gboolean exists,
                                    GError **error)
{
    gboolean existed;
    if (!exists) {
        if (!hth_state_remove_playlist(self->state, playlist_id, &existed, error))
            return FALSE;
        hth_writer_post(self->writer, hth_write_own_playlist_removal,
                        g_memdup2(&playlist_id, sizeof playlist_id), g_free);
        return TRUE;
    }
    g_autofree char *clean = hth_text_clean(title, HTH_MEDIA_STRING_MAX);
    if (!hth_state_merge_playlist(self->state, playlist_id, clean, items, n_items, error))
        return FALSE;
    hth_writer_post(self->writer, hth_write_own_playlists, NULL, NULL);
    return TRUE;
}

/* ---- Settings, devices, copies ---- */

char *hth_library_load(HthLibrary *self, const char *key)
{
    return hth_state_load(self->state, key);
}

gboolean hth_library_store(HthLibrary *self, const char *key, const char *value, GError **error)
{
    return hth_state_store(self->state, key, value, error);
}

void hth_library_devices(HthLibrary *self, HthDeviceRow callback, gpointer data)
{
    hth_state_devices(self->state, callback, data);
}

gboolean hth_library_store_device(HthLibrary *self, const char *id, const char *json,
                                  GError **error)
{
    return hth_state_store_device(self->state, id, json, error);
}

char *hth_library_state_path(HthLibrary *self)
{
    return hth_state_path(self->state);
}

void hth_library_take_state_turn(HthLibrary *self)
{
    hth_state_take_turn(self->state);
}

void hth_library_give_state_turn(HthLibrary *self)
{
    hth_state_give_turn(self->state);
}

gboolean hth_library_backup_state(HthLibrary *self, const char *path, GError **error)
{
    return hth_state_copy(self->state, path, error);
}

/* ---- Playlists of the household ---- */

static gboolean parse_playlist_id(const char *text, guint64 *out_id, GError **error)
{
    HthLeafId id;
    if (hth_leaf_id_parse(text, strlen(text), &id) && id.kind == HTH_REF_OWN_PLAYLIST) {
        *out_id = id.key;
        return TRUE;
    }
    g_set_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND, "there is no playlist %s that hearth keeps",
                text);
    return FALSE;
}

gboolean hth_library_save_playlist(HthLibrary *self, const char *playlist_id, const char *title,
                                   const char *const *item_ids, char **out_playlist_id,
                                   GError **error)
{
    guint64 id = 0;
    if (playlist_id != NULL && !parse_playlist_id(playlist_id, &id, error))
        return FALSE;
    if (id == 0)
        id = (guint64)hth_state_random_id();
    g_autoptr(GArray) items = g_array_new(FALSE, FALSE, sizeof(guint64));
    for (guint i = 0; item_ids[i] != NULL; i++) {
        guint64 item;
        if (!hth_text_id_decode(item_ids[i], &item)) {
            g_set_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND, "there is no item %s", item_ids[i]);
            return FALSE;
        }
        g_array_append_val(items, item);
    }
    g_autofree char *clean = hth_text_clean(title, HTH_MEDIA_STRING_MAX);
    if (clean == NULL) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID, "a playlist needs a title");
        return FALSE;
    }
    if (!hth_state_save_playlist(self->state, id, clean, (const guint64 *)(void *)items->data,
                                 items->len, error))
        return FALSE;
    hth_writer_post(self->writer, hth_write_own_playlists, NULL, NULL);
    if (out_playlist_id != NULL)
        *out_playlist_id = hth_leaf_id_format(HTH_REF_OWN_PLAYLIST, id);
    return TRUE;
}

gboolean hth_library_remove_playlist(HthLibrary *self, const char *playlist_id, GError **error)
{
    guint64 id;
    gboolean existed;
    if (!parse_playlist_id(playlist_id, &id, error) ||
        !hth_state_remove_playlist(self->state, id, &existed, error))
        return FALSE;
    if (!existed) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND, "there is no playlist %s", playlist_id);
        return FALSE;
    }
    hth_writer_post(self->writer, hth_write_own_playlist_removal, g_memdup2(&id, sizeof id),
                    g_free);
    return TRUE;
}

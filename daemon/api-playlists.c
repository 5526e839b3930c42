/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Playlists that belong to the household: create, replace, delete. Reading them is browse/:. */
#include <string.h>

#include "api.h"
#include "base/error.h"
#include "base/json.h"
#include "base/text.h"

#define TITLE_MAX_BYTES 200
#define ITEMS_MAX       1024

static JsonObject *save(HthApiCall *call, const char *playlist_id, GError **error)
{
    g_autofree char *title = hth_text_clean(hth_api_text(call, "title"), TITLE_MAX_BYTES);
    if (title == NULL) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID, "a playlist needs a title");
        return NULL;
    }
    JsonArray *given = json_object_get_array_member(call->body, "items");
    if (json_array_get_length(given) > ITEMS_MAX) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_TOO_LARGE, "a playlist holds at most %d items",
                    ITEMS_MAX);
        return NULL;
    }
    g_auto(GStrv) items = hth_json_get_texts(call->body, "items");
    for (char **item = items; *item != NULL; item++) {
        char *dot = strchr(*item, '.'); /* a track inside an album is that track */
        if (dot != NULL)
            *dot = '\0';
    }
    g_autofree char *id = NULL;
    if (!hth_library_save_playlist(call->parts->library, playlist_id, title,
                                   (const char *const *)items, &id, error))
        return NULL;
    JsonObject *answer = hth_api_done();
    hth_json_set_text(answer, "id", id != NULL ? id : playlist_id);
    return answer;
}

static JsonObject *create(HthApiCall *call, GError **error)
{
    return save(call, NULL, error);
}

static JsonObject *replace(HthApiCall *call, GError **error)
{
    return save(call, call->argument, error);
}

static JsonObject *remove_playlist(HthApiCall *call, GError **error)
{
    if (!hth_library_remove_playlist(call->parts->library, call->argument, error))
        return NULL;
    return hth_api_done();
}

static const HthApiRow rows[] = {
    { HTH_HTTP_POST, "playlists", HTH_ROLE_OWNER, HTH_API_TASK, create, "title:s! items:as!" },
    { HTH_HTTP_PUT, "playlists/:", HTH_ROLE_OWNER, HTH_API_TASK, replace, "title:s! items:as!" },
    { HTH_HTTP_DELETE, "playlists/:", HTH_ROLE_OWNER, HTH_API_TASK, remove_playlist, NULL },
};

const HthApiRow *hth_api_playlist_rows(guint *out_n)
{
    *out_n = G_N_ELEMENTS(rows);
    return rows;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who plays what right now; and players of this computer that tell what they play. */
#include <string.h>

#include "api.h"
#include "base/error.h"
#include "base/text.h"
#include "session-part.h"

#define PLAYER_MAX_BYTES 60
#define POSITION_MAX_MS  (G_GINT64_CONSTANT(1000) * 60 * 60 * 24 * 30)

static JsonObject *list_sessions(HthApiCall *call, GError **error)
{
    JsonObject *object = json_object_new();
    json_object_set_array_member(object, "sessions", hth_session_part_array(call->parts));
    return object;
}

static gboolean parse_state(const char *name, HthSessionState *out_state, GError **error)
{
    static const char *const names[] = {
        [HTH_SESSION_PLAYING] = "playing",
        [HTH_SESSION_PAUSED] = "paused",
        [HTH_SESSION_STOPPED] = "stopped",
    };
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        if (strcmp(names[i], name) == 0) {
            *out_state = i;
            return TRUE;
        }
    }
    g_set_error_literal(error, HTH_ERROR, HTH_ERROR_INVALID,
                        "“state” has to be playing, paused or stopped");
    return FALSE;
}

static JsonObject *tell_session(HthApiCall *call, GError **error)
{
    HthSessionState state = HTH_SESSION_PLAYING;
    const gint64 position_ms =
        json_object_get_int_member_with_default(call->body, "position_ms", 0);
    g_autofree char *player = hth_text_clean(hth_api_text(call, "player"), PLAYER_MAX_BYTES);
    if (player == NULL || position_ms < 0 || position_ms > POSITION_MAX_MS) {
        g_set_error_literal(error, HTH_ERROR, HTH_ERROR_INVALID,
                            "“player” has to be a name, and “position_ms” milliseconds from the "
                            "start");
        return NULL;
    }
    if (!parse_state(hth_api_text(call, "state"), &state, error))
        return NULL;
    g_autoptr(HthReader) reader = hth_library_acquire_reader(call->parts->library);
    g_autoptr(HthObject) object =
        hth_reader_object(reader, hth_api_text(call, "item"), NULL, error);
    if (object == NULL)
        return NULL;
    if (object->class != HTH_OBJECT_MUSIC_TRACK && object->class != HTH_OBJECT_VIDEO) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID, "“%s” is no track and no video",
                    object->title);
        return NULL;
    }
    const HthPlayWhat what = { .kind = HTH_PLAYER_TOLD, .device = player, .object = object };
    hth_session_part_tell(call->parts, &what, state, position_ms);
    return hth_api_done();
}

static const HthApiRow rows[] = {
    { HTH_HTTP_GET, "sessions", HTH_ROLE_OWNER, HTH_API_HERE, list_sessions, NULL },
    { HTH_HTTP_POST, "sessions", HTH_ROLE_OWNER, HTH_API_HERE, tell_session,
      "player:s! item:s! state:s! position_ms:i" },
};

const HthApiRow *hth_api_session_rows(guint *out_n)
{
    *out_n = G_N_ELEMENTS(rows);
    return rows;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The locker by which devices come from elsewhere: show, join, leave. */
#include "api.h"
#include "base/json.h"
#include "locker/locker-part.h"

static JsonObject *show_locker(HthApiCall *call, GError **error)
{
    return hth_locker_part_status(call->parts->locker);
}

static JsonObject *join_locker(HthApiCall *call, GError **error)
{
    if (!hth_locker_part_join(call->parts->locker, hth_api_text(call, "url"),
                              hth_api_text(call, "code"), error))
        return NULL;
    return hth_locker_part_status(call->parts->locker);
}

static JsonObject *leave_locker(HthApiCall *call, GError **error)
{
    g_autofree char *problem = NULL;
    if (!hth_locker_part_leave(call->parts->locker, &problem, error))
        return NULL;
    JsonObject *object = hth_api_done();
    hth_json_set_text(object, "problem", problem);
    return object;
}

static const HthApiRow rows[] = {
    { HTH_HTTP_GET, "locker", HTH_ROLE_OWNER, HTH_API_TASK, show_locker, NULL },
    { HTH_HTTP_POST, "locker", HTH_ROLE_OWNER, HTH_API_TASK, join_locker, "url:s! code:s!" },
    { HTH_HTTP_DELETE, "locker", HTH_ROLE_OWNER, HTH_API_TASK, leave_locker, NULL },
};

const HthApiRow *hth_api_locker_rows(guint *out_n)
{
    *out_n = G_N_ELEMENTS(rows);
    return rows;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/json.h"
#include "ledger.h"
#include "locker.h"
#include "verbs.h"

typedef struct {
    gboolean is_running;
    char *url;
    guint n_households;
    guint n_invitations;
    guint64 month_bytes;
    guint64 month_sessions;
    JsonNode *live; /* NULL: it does not run */
} Status;

static void status_clear(Status *status)
{
    g_free(status->url);
    g_clear_pointer(&status->live, json_node_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Status, status_clear)

static gboolean collect(HthCatalogue *catalogue, const char *data_dir, Status *status,
                        GError **error)
{
    const guint month = hth_month_of(g_get_real_time() / G_USEC_PER_SEC);
    g_autoptr(GPtrArray) accounts = hth_catalogue_accounts(catalogue, month, error);
    if (accounts == NULL)
        return FALSE;
    status->is_running = hth_locker_is_running(data_dir);
    status->url = hth_catalogue_note(catalogue, HTH_NOTE_URL);
    status->n_households = accounts->len;
    status->n_invitations = hth_catalogue_open_invitations(catalogue);
    for (guint i = 0; i < accounts->len; i++) {
        const HthAccount *account = accounts->pdata[i];
        status->month_bytes += account->month_bytes_used;
        status->month_sessions += account->month_sessions;
    }
    g_autofree char *live = hth_catalogue_note(catalogue, HTH_LEDGER_LIVE_NOTE);
    if (status->is_running && live != NULL)
        status->live = json_from_string(live, NULL);
    return TRUE;
}

static gint64 live_number(const Status *status, const char *name)
{
    if (status->live == NULL || !JSON_NODE_HOLDS_OBJECT(status->live))
        return 0;
    return json_object_get_int_member_with_default(json_node_get_object(status->live), name, 0);
}

static const char *const live_names[] = { "homes", "parked", "sessions", "waiting" };

static void print_json(const Status *status)
{
    JsonObject *object = json_object_new();
    json_object_set_boolean_member(object, "running", status->is_running);
    json_object_set_string_member(object, "url", status->url != NULL ? status->url : "");
    json_object_set_int_member(object, "households", status->n_households);
    json_object_set_int_member(object, "invitations", status->n_invitations);
    json_object_set_int_member(object, "month_bytes", (gint64)status->month_bytes);
    json_object_set_int_member(object, "month_sessions", (gint64)status->month_sessions);
    for (gsize i = 0; i < G_N_ELEMENTS(live_names); i++)
        json_object_set_int_member(object, live_names[i], live_number(status, live_names[i]));
    g_autofree char *text = hth_json_print_object(object);
    g_print("%s\n", text);
}

static void print_text(const Status *status)
{
    g_autofree char *bytes = g_format_size(status->month_bytes);
    g_print("%s %s\n", status->url != NULL ? status->url : "this locker",
            status->is_running ? "is running" : "is not running");
    g_print("households   %u, and %u invitation%s not used yet\n", status->n_households,
            status->n_invitations, status->n_invitations == 1 ? "" : "s");
    if (status->is_running)
        g_print("now          %d homes connected, %d connections parked, %d devices relayed\n",
                (int)live_number(status, "homes"), (int)live_number(status, "parked"),
                (int)live_number(status, "sessions"));
    g_print("this month   %s in %d connections of devices\n", bytes, (int)status->month_sessions);
}

int hth_locker_verb_status(int argc, char **argv)
{
    g_auto(HthLockerCommon) common = { 0 };
    g_auto(Status) status = { 0 };
    g_autoptr(GError) error = NULL;
    if (!hth_locker_parse(&common, "status", NULL, &argc, &argv, 0, 0))
        return HTH_LOCKER_USAGE;
    g_autoptr(HthCatalogue) catalogue = hth_locker_open_catalogue(&common);
    if (catalogue == NULL)
        return HTH_LOCKER_PROBLEM;
    if (!collect(catalogue, common.data_dir, &status, &error))
        return hth_locker_fail(error);
    if (common.is_json)
        print_json(&status);
    else
        print_text(&status);
    return HTH_LOCKER_OK;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/json.h"
#include "invitation.h"
#include "locker.h"
#include "verbs.h"

#define DAY_S      (24 * 60 * 60)
#define MAX_DAYS   365
#define VALID_DAYS 7

static int print_invitation(const HthLockerCommon *common, const char *code, const char *url,
                            int n_days, gint64 expires_unix_s)
{
    if (common->is_json) {
        JsonObject *object = json_object_new();
        json_object_set_string_member(object, "code", code);
        json_object_set_string_member(object, "url", url);
        json_object_set_int_member(object, "expires", expires_unix_s);
        g_autofree char *text = hth_json_print_object(object);
        g_print("%s\n", text);
    } else {
        g_print("code  %s\nurl   %s\n\nAt home, within %d day%s, once:\n\n"
                "  hearth locker join %s %s\n",
                code, url, n_days, n_days == 1 ? "" : "s", url, code);
    }
    return HTH_LOCKER_OK;
}

int hth_locker_verb_invite(int argc, char **argv)
{
    g_auto(HthLockerCommon) common = { 0 };
    int n_days = VALID_DAYS;
    const GOptionEntry entries[] = {
        { "days", 0, 0, G_OPTION_ARG_INT, &n_days, "For how long the code is good (7)", "N" },
        { NULL },
    };
    if (!hth_locker_parse(&common, "invite", entries, &argc, &argv, 0, 0))
        return HTH_LOCKER_USAGE;
    if (n_days < 1 || n_days > MAX_DAYS) {
        g_printerr("hearth-locker: --days is from 1 to %d\n", MAX_DAYS);
        return HTH_LOCKER_USAGE;
    }
    g_autoptr(HthCatalogue) catalogue = hth_locker_open_catalogue(&common);
    if (catalogue == NULL)
        return HTH_LOCKER_PROBLEM;
    g_autofree char *url = hth_catalogue_note(catalogue, HTH_NOTE_URL);
    g_autofree char *key_text = hth_catalogue_note(catalogue, HTH_NOTE_KEY);
    HthKeyId key;
    HthKeyId hash;
    if (url == NULL || key_text == NULL || !hth_key_id_from_text(key_text, &key)) {
        g_printerr("hearth-locker: this locker has not run yet: hearth-locker serve\n");
        return HTH_LOCKER_PROBLEM;
    }
    g_autoptr(GError) error = NULL;
    g_autofree char *code = hth_invitation_new(&key, &hash);
    const gint64 expires_unix_s = g_get_real_time() / G_USEC_PER_SEC + (gint64)n_days * DAY_S;
    if (!hth_catalogue_invite(catalogue, &hash, expires_unix_s, &error))
        return hth_locker_fail(error);
    return print_invitation(&common, code, url, n_days, expires_unix_s);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>
#include <unistd.h>

#include "handheld.h"
#include "pair.h"

static char *own_name(void)
{
    char host[256] = "";
    (void)gethostname(host, sizeof host - 1); /* the home has a name for who has none */
    return g_strdup(host);
}

static char *absolute(const char *path)
{
    return path != NULL ? g_canonicalize_filename(path, NULL) : NULL;
}

static void say_paired(const HthHandheld *handheld, const HthPairedHome *home)
{
    if (handheld->is_json) {
        g_autofree char *name = hth_handheld_json_text(home->name);
        g_autofree char *device =
            hth_handheld_json_text(home->device_name != NULL ? home->device_name : "");
        g_autofree char *id = hth_key_id_to_text(&home->id);
        g_print("{\"home\":%s,\"id\":\"%s\",\"device\":%s,\"address\":\"%s\",\"port\":%u}\n", name,
                id, device, home->addresses[0], home->port);
        return;
    }
    g_print("Paired with “%s”, where this device is called “%s”.\n", home->name,
            home->device_name != NULL ? home->device_name : "?");
}

int hth_handheld_verb_pair(HthHandheld *handheld, int argc, char **argv)
{
    g_autofree char *name = NULL;
    const GOptionEntry entries[] = {
        { "name", 0, 0, G_OPTION_ARG_STRING, &name, "What this device calls itself", "NAME" },
        { NULL },
    };
    if (!hth_handheld_parse(handheld, entries, &argc, &argv, 1, 6))
        return HTH_HANDHELD_USAGE;
    g_autoptr(GError) error = NULL;
    g_auto(HthPairingCode) code = { 0 };
    g_autofree char *typed = g_strjoinv(" ", argv + 1); /* groups may be words */
    if (!hth_pairing_code_parse(typed, &code, &error))
        return hth_handheld_fail(handheld, error, HTH_HANDHELD_USAGE);
    g_autofree char *dir = g_build_filename(handheld->state_dir, "identity", NULL);
    g_autoptr(HthDeviceIdentity) identity = hth_device_identity_open(dir, &error);
    if (identity == NULL)
        return hth_handheld_fail(handheld, error, HTH_HANDHELD_PROBLEM);
    if (name == NULL)
        name = own_name();
    g_autofree char *folder = absolute(handheld->folder);
    const HthPairRequest request = {
        .code = &code,
        .identity = identity,
        .state_dir = handheld->state_dir,
        .own_name = name,
        .address = handheld->address,
        .interface = handheld->interface,
        .folder = folder,
    };
    g_autoptr(HthPairedHome) home = hth_pair(&request, &error);
    if (home == NULL)
        return hth_handheld_fail(handheld, error, HTH_HANDHELD_PROBLEM);
    say_paired(handheld, home);
    return HTH_HANDHELD_OK;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "handheld.h"
#include "paired-home.h"

static void print_json(const HthPairedHome *home)
{
    g_autofree char *name = hth_handheld_json_text(home->name);
    g_autofree char *id = hth_key_id_to_text(&home->id);
    g_autofree char *folder = hth_handheld_json_text(home->folder != NULL ? home->folder : "");
    g_print("{\"home\":%s,\"id\":\"%s\",\"folder\":%s,\"port\":%u}\n", name, id, folder,
            home->port);
}

int hth_handheld_verb_homes(HthHandheld *handheld, int argc, char **argv)
{
    if (!hth_handheld_parse(handheld, NULL, &argc, &argv, 0, 0))
        return HTH_HANDHELD_USAGE;
    g_autoptr(GPtrArray) homes = hth_paired_home_list(handheld->state_dir);
    for (guint i = 0; i < homes->len; i++) {
        const HthPairedHome *home = homes->pdata[i];
        if (handheld->is_json)
            print_json(home);
        else
            g_print("%s  %s\n", home->name, home->folder != NULL ? home->folder : "");
    }
    if (homes->len == 0 && !handheld->is_json)
        g_print("This device is paired with no home.\n");
    return homes->len > 0 ? HTH_HANDHELD_OK : HTH_HANDHELD_NO_HOME;
}

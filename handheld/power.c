/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "power.h"

#include <gio/gio.h>
#include <string.h>

#include "sync/sync-env.h"

#define SUPPLIES "/sys/class/power_supply"

static gboolean file_says(const char *supply, const char *name, const char *word)
{
    g_autofree char *path = g_build_filename(SUPPLIES, supply, name, NULL);
    g_autofree char *text = NULL;
    return g_file_get_contents(path, &text, NULL, NULL) && strcmp(g_strchomp(text), word) == 0;
}

/* A battery that empties, and nothing that is plugged in. Batteries of mice and pens are not ours:
 * their scope is "Device". */
static gboolean is_on_battery(void)
{
    g_autoptr(GDir) dir = g_dir_open(SUPPLIES, 0, NULL);
    gboolean empties = FALSE;
    for (const char *name = dir != NULL ? g_dir_read_name(dir) : NULL; name != NULL;
         name = g_dir_read_name(dir)) {
        if (file_says(name, "scope", "Device"))
            continue;
        if (!file_says(name, "type", "Battery") && file_says(name, "online", "1"))
            return FALSE;
        empties |= file_says(name, "type", "Battery") && file_says(name, "status", "Discharging");
    }
    return empties;
}

guint hth_power_conditions(void)
{
    guint conditions = is_on_battery() ? HTH_SYNC_ON_BATTERY : 0;
    if (g_network_monitor_get_network_metered(g_network_monitor_get_default()))
        conditions |= HTH_SYNC_METERED;
    return conditions;
}

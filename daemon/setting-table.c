/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "setting-table.h"

#include <string.h>

#include "base/error.h"

#define TEXT(group, key, default, live, meaning)                                                   \
    {                                                                                              \
        group, key, HTH_SETTING_STRING, default, NULL, 0, 0, live, meaning                         \
    }
#define LIST(group, key, live, meaning)                                                            \
    {                                                                                              \
        group, key, HTH_SETTING_LIST, "", NULL, 0, 0, live, meaning                                \
    }
#define BOOL(group, key, default, live, meaning)                                                   \
    {                                                                                              \
        group, key, HTH_SETTING_BOOLEAN, default, NULL, 0, 0, live, meaning                        \
    }
#define NUMBER(group, key, default, unit, min, max, live, meaning)                                 \
    {                                                                                              \
        group, key, HTH_SETTING_INTEGER, default, unit, min, max, live, meaning                    \
    }

static const HthSetting settings[] = {
    TEXT("hearth", "name", "", FALSE,
         "The name that televisions and phones show. Empty: this computer's name."),
    NUMBER("hearth", "port", "8200", NULL, 0, 65535, FALSE,
           "TCP port on the network. 0 lets the system choose; a busy port is replaced by a free "
           "one, and said."),
    NUMBER("hearth", "device-port", "8201", NULL, 0, 65535, FALSE,
           "TCP port for paired devices. 0 lets the system choose; a busy port is replaced by a "
           "free one, and said."),
    LIST("hearth", "media", TRUE,
         "Folders to share, absolute. Empty: your music, videos and pictures folders."),
    LIST("hearth", "interfaces", FALSE,
         "Network interfaces to use, whatever they are called. Empty: all that are up, without "
         "those of containers, virtual machines and VPNs."),
    LIST("hearth", "allow-subnets", FALSE,
         "Further networks whose devices are served, such as a routed VLAN: 10.8.0.0/24. Without "
         "this only devices on networks attached to this computer are."),
    LIST("hearth", "host-names", FALSE,
         "Further names under which devices may address this computer. Its own name and addresses "
         "always are."),
    NUMBER("library", "settle-ms", "300", "milliseconds", 0, 60000, FALSE,
           "After its last change a file is left alone for so long before it is read."),
    NUMBER(
        "library", "poll-seconds", "300", "seconds", 10, 86400, FALSE,
        "Where the kernel cannot tell of changes (network mounts), folders are listed so often."),
    NUMBER("library", "workers", "0", NULL, 0, 64, FALSE,
           "How many files are read at a time. 0: as many as there are processor cores."),
    BOOL("library", "watch", "true", FALSE,
         "Notice changes by itself. false: only `hearth scan` looks."),
    NUMBER("http", "threads", "0", NULL, 0, 64, FALSE,
           "Threads that answer the network. 0: as many as there are processor cores."),
    NUMBER("http", "max-connections", "8192", NULL, 16, 100000, FALSE,
           "Connections at a time, all devices together."),
    NUMBER("http", "max-connections-per-device", "64", NULL, 4, 10000, FALSE,
           "Connections at a time from one address; this computer itself is exempt."),
    NUMBER("http", "head-seconds", "10", "seconds", 1, 600, FALSE,
           "Time for the whole head of a request to arrive."),
    NUMBER("http", "body-seconds", "30", "seconds", 1, 600, FALSE,
           "Time for the whole body of a request to arrive."),
    NUMBER("http", "idle-seconds", "60", "seconds", 5, 3600, FALSE,
           "A connection without a request is closed after so long; a reader that takes nothing, "
           "after ten times as long."),
    BOOL("dlna", "new-devices-wait", "false", TRUE,
         "A device that is new sees nothing until it is allowed to."),
    TEXT("sync", "uploads", "", FALSE,
         "Folder into which photos and recordings from handhelds are brought, a folder a device. "
         "Empty: none are taken."),
    NUMBER("renditions", "cache-megabytes", "4096", "megabytes", 1, 100000000, TRUE,
           "Room for what was converted for devices. The least recently used goes first."),
    NUMBER("renditions", "conversions", "0", NULL, 0, 16, FALSE,
           "How many files are converted at a time. 0: half as many as there are processor cores."),
    TEXT("log", "levels", "info", TRUE,
         "What is written to the log: error, warning, info or debug; by topic as in "
         "info,scanner=debug."),
    LIST("plugins", "enable", FALSE, "Plugins to start although their manifest says not to."),
    LIST("plugins", "disable", FALSE, "Plugins not to start."),
};

static const char *const type_names[] = {
    [HTH_SETTING_STRING] = "text",
    [HTH_SETTING_BOOLEAN] = "boolean",
    [HTH_SETTING_INTEGER] = "integer",
    [HTH_SETTING_LIST] = "list",
};
G_STATIC_ASSERT(G_N_ELEMENTS(type_names) == HTH_N_SETTING_TYPES);

const HthSetting *hth_setting_table(guint *out_n_settings)
{
    *out_n_settings = G_N_ELEMENTS(settings);
    return settings;
}

const HthSetting *hth_setting_find(const char *group, const char *key)
{
    for (guint i = 0; i < G_N_ELEMENTS(settings); i++) {
        if (strcmp(settings[i].group, group) == 0 && strcmp(settings[i].key, key) == 0)
            return &settings[i];
    }
    return NULL;
}

const char *hth_setting_type_name(HthSettingType type)
{
    g_return_val_if_fail(type < HTH_N_SETTING_TYPES, "text");
    return type_names[type];
}

/* Levenshtein's distance; names are cut at 40 bytes, longer ones are near nothing. */
static guint distance(const char *a, const char *b)
{
    enum { MAX = 40 };
    guint row[MAX + 1];
    const guint n_a = (guint)MIN(strlen(a), MAX);
    const guint n_b = (guint)MIN(strlen(b), MAX);
    for (guint j = 0; j <= n_b; j++)
        row[j] = j;
    for (guint i = 1; i <= n_a; i++) {
        guint diagonal = row[0];
        row[0] = i;
        for (guint j = 1; j <= n_b; j++) {
            const guint above = row[j];
            const guint change = diagonal + (a[i - 1] != b[j - 1]);
            row[j] = MIN(change, MIN(above, row[j - 1]) + 1);
            diagonal = above;
        }
    }
    return row[n_b];
}

const HthSetting *hth_setting_nearest(const char *group, const char *key)
{
    const HthSetting *best = NULL;
    guint best_distance = 4;
    for (guint i = 0; i < G_N_ELEMENTS(settings); i++) {
        guint d = distance(settings[i].key, key);
        if (strcmp(settings[i].group, group) != 0)
            d++;
        if (d < best_distance && d < strlen(settings[i].key)) {
            best = &settings[i];
            best_distance = d;
        }
    }
    return best;
}

static gboolean check_integer(const HthSetting *setting, const char *text, GError **error)
{
    gint64 value;
    if (g_ascii_string_to_signed(text, 10, setting->minimum, setting->maximum, &value, NULL))
        return TRUE;
    g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID,
                "%s.%s takes a whole number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT
                ", not “%s”",
                setting->group, setting->key, setting->minimum, setting->maximum, text);
    return FALSE;
}

gboolean hth_setting_check(const HthSetting *setting, const char *text, GError **error)
{
    if (strlen(text) > 4096 || !g_utf8_validate(text, -1, NULL) || strpbrk(text, "\r\n") != NULL) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID,
                    "%s.%s takes one line of UTF-8 of at most 4,096 bytes", setting->group,
                    setting->key);
        return FALSE;
    }
    if (setting->type == HTH_SETTING_INTEGER)
        return check_integer(setting, text, error);
    if (setting->type == HTH_SETTING_BOOLEAN && strcmp(text, "true") != 0 &&
        strcmp(text, "false") != 0) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID, "%s.%s takes true or false, not “%s”",
                    setting->group, setting->key, text);
        return FALSE;
    }
    return TRUE;
}

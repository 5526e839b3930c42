/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The configuration: list, get, set, unset. */
#define HTH_LOG_TOPIC "api"
#include <string.h>

#include "api.h"
#include "base/error.h"
#include "base/json.h"
#include "base/log.h"

static JsonObject *setting_object(const HthSettings *settings, const HthSetting *setting)
{
    JsonObject *object = json_object_new();
    g_autofree char *name = g_strconcat(setting->group, ".", setting->key, NULL);
    g_autofree char *value = setting->type == HTH_SETTING_LIST
                                 ? NULL
                                 : hth_settings_string(settings, setting->group, setting->key);
    json_object_set_string_member(object, "name", name);
    if (setting->type == HTH_SETTING_LIST) {
        g_auto(GStrv) list = hth_settings_list(settings, setting->group, setting->key);
        hth_json_set_texts(object, "value", (const char *const *)list);
    } else if (setting->type == HTH_SETTING_INTEGER) {
        json_object_set_int_member(object, "value", g_ascii_strtoll(value, NULL, 10));
    } else if (setting->type == HTH_SETTING_BOOLEAN) {
        json_object_set_boolean_member(object, "value", strcmp(value, "true") == 0);
    } else {
        json_object_set_string_member(object, "value", value);
    }
    json_object_set_string_member(object, "type", hth_setting_type_name(setting->type));
    json_object_set_string_member(object, "default", setting->default_text);
    hth_json_set_text(object, "unit", setting->unit);
    json_object_set_string_member(object, "source",
                                  hth_settings_source(settings, setting->group, setting->key));
    json_object_set_boolean_member(object, "needs_restart", !setting->is_live);
    json_object_set_boolean_member(
        object, "awaits_restart",
        hth_settings_awaits_restart(settings, setting->group, setting->key));
    json_object_set_string_member(object, "meaning", setting->meaning);
    return object;
}

static JsonObject *list_settings(HthApiCall *call, GError **error)
{
    guint n = 0;
    const HthSetting *table = hth_setting_table(&n);
    JsonArray *array = json_array_sized_new(n);
    for (guint i = 0; i < n; i++)
        json_array_add_object_element(array, setting_object(call->parts->settings, &table[i]));
    JsonObject *answer = json_object_new();
    json_object_set_array_member(answer, "settings", array);
    g_autoptr(GPtrArray) warnings = hth_settings_warnings(call->parts->settings);
    hth_json_set_text_list(answer, "warnings", warnings);
    return answer;
}

/* "dlna.new-devices-wait" of the path. */
static const HthSetting *named_setting(HthApiCall *call, GError **error)
{
    g_auto(GStrv) words = g_strsplit(call->argument, ".", 2);
    const char *group = words[0] != NULL && words[1] != NULL ? words[0] : "hearth";
    const char *key = words[0] != NULL && words[1] != NULL ? words[1] : call->argument;
    const HthSetting *setting = hth_setting_find(group, key);
    if (setting != NULL)
        return setting;
    const HthSetting *nearest = hth_setting_nearest(group, key);
    if (nearest != NULL)
        g_set_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND,
                    "there is no setting “%s”; did you mean %s.%s?", call->argument, nearest->group,
                    nearest->key);
    else
        g_set_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND,
                    "there is no setting “%s”; `hearth config list` shows all", call->argument);
    return NULL;
}

static JsonObject *get_setting(HthApiCall *call, GError **error)
{
    const HthSetting *setting = named_setting(call, error);
    return setting != NULL ? setting_object(call->parts->settings, setting) : NULL;
}

/* What can change while we run does so now. */
static void apply(HthParts *parts, const HthSetting *setting)
{
    if (strcmp(setting->group, "log") == 0) {
        g_autofree char *levels = hth_settings_string(parts->settings, "log", "levels");
        hth_log_set_levels(levels);
    }
    if (strcmp(setting->key, "new-devices-wait") == 0)
        hth_device_registry_set_new_wait(
            parts->devices, hth_settings_boolean(parts->settings, "dlna", "new-devices-wait"));
}

static JsonObject *change(HthApiCall *call, const char *text, GError **error)
{
    const HthSetting *setting = named_setting(call, error);
    if (setting == NULL)
        return NULL;
    if (strcmp(setting->key, "media") == 0) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_REFUSED,
                    "shared folders are changed with `hearth roots add` and `remove`");
        return NULL;
    }
    if (!hth_settings_set(call->parts->settings, setting->group, setting->key, text, error))
        return NULL;
    apply(call->parts, setting);
    return setting_object(call->parts->settings, setting);
}

static JsonObject *set_setting(HthApiCall *call, GError **error)
{
    return change(call, hth_api_text(call, "value"), error);
}

static JsonObject *unset_setting(HthApiCall *call, GError **error)
{
    return change(call, NULL, error);
}

static const HthApiRow rows[] = {
    { HTH_HTTP_GET, "config", HTH_ROLE_OWNER, HTH_API_MAIN, list_settings, NULL },
    { HTH_HTTP_GET, "config/:", HTH_ROLE_OWNER, HTH_API_MAIN, get_setting, NULL },
    { HTH_HTTP_PUT, "config/:", HTH_ROLE_OWNER, HTH_API_MAIN, set_setting, "value:s!" },
    { HTH_HTTP_DELETE, "config/:", HTH_ROLE_OWNER, HTH_API_MAIN, unset_setting, NULL },
};

const HthApiRow *hth_api_setting_rows(guint *out_n)
{
    *out_n = G_N_ELEMENTS(rows);
    return rows;
}

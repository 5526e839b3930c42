/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "settings"
#include "settings.h"

#include <string.h>

#include "base/error.h"
#include "base/log.h"

#define MAX_DROP_INS 100

struct HthSettings {
    char *config_file;
    char *set_file;
    GKeyFile *overrides; /* the command line */
    GKeyFile *values;    /* what is set; only keys of the table with values they may have */
    GKeyFile *started;   /* the same when this was loaded: in force where a key is not live */
    GHashTable *sources; /* "group.key" → file; what is not here is a default */
    GMutex lock;         /* guards the pointer warnings alone */
    GPtrArray *warnings; /* never changed once it is here */
};

/* One reading of all files, before it replaces what is in force. */
typedef struct {
    GKeyFile *values;
    GHashTable *sources;
    GPtrArray *warnings;
} Reading;

static Reading reading_new(void)
{
    return (Reading){
        .values = g_key_file_new(),
        .sources = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
        .warnings = g_ptr_array_new_with_free_func(g_free),
    };
}

static void reading_clear(Reading *self)
{
    g_clear_pointer(&self->values, g_key_file_unref);
    g_clear_pointer(&self->sources, g_hash_table_unref);
    g_clear_pointer(&self->warnings, g_ptr_array_unref);
}

static void warn_unknown(Reading *to, const char *file, const char *group, const char *key)
{
    const HthSetting *nearest = hth_setting_nearest(group, key);
    char *text = nearest != NULL ? g_strdup_printf("%s: there is no key %s in [%s]; did you mean "
                                                   "%s in [%s]?",
                                                   file, key, group, nearest->key, nearest->group)
                                 : g_strdup_printf("%s: there is no key %s in [%s]; `hearth config "
                                                   "list` shows all",
                                                   file, key, group);
    g_ptr_array_add(to->warnings, text);
}

static void take_key(Reading *to, GKeyFile *from, const char *file, const char *group,
                     const char *key)
{
    const HthSetting *setting = hth_setting_find(group, key);
    if (setting == NULL) {
        warn_unknown(to, file, group, key);
        return;
    }
    g_autoptr(GError) error = NULL;
    /* A list has escapes that a plain string has not: it is checked as it stands. */
    g_autofree char *text = setting->type == HTH_SETTING_LIST
                                ? g_key_file_get_value(from, group, key, &error)
                                : g_key_file_get_string(from, group, key, &error);
    if (text == NULL || !hth_setting_check(setting, text, &error)) {
        g_ptr_array_add(to->warnings,
                        g_strdup_printf("%s: %s; it is left out", file, error->message));
        return;
    }
    g_autofree char *raw = g_key_file_get_value(from, group, key, NULL);
    g_key_file_set_value(to->values, group, key, raw);
    g_hash_table_replace(to->sources, g_strconcat(group, ".", key, NULL), g_strdup(file));
}

static void take_keys(Reading *to, GKeyFile *from, const char *file)
{
    g_auto(GStrv) groups = g_key_file_get_groups(from, NULL);
    for (char **group = groups; *group != NULL; group++) {
        g_auto(GStrv) keys = g_key_file_get_keys(from, *group, NULL, NULL);
        for (char **key = keys; key != NULL && *key != NULL; key++)
            take_key(to, from, file, *group, *key);
    }
}

static gboolean take_file(Reading *to, const char *file, GError **error)
{
    g_autoptr(GKeyFile) from = g_key_file_new();
    g_autoptr(GError) problem = NULL;
    if (!g_key_file_load_from_file(from, file, G_KEY_FILE_NONE, &problem)) {
        if (g_error_matches(problem, G_FILE_ERROR, G_FILE_ERROR_NOENT))
            return TRUE;
        g_propagate_prefixed_error(error, g_steal_pointer(&problem), "reading %s: ", file);
        return FALSE;
    }
    take_keys(to, from, file);
    return TRUE;
}

static int by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static gboolean take_drop_ins(Reading *to, const char *config_file, GError **error)
{
    g_autofree char *folder = g_strconcat(config_file, ".d", NULL);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    const char *name;
    while (dir != NULL && names->len < MAX_DROP_INS && (name = g_dir_read_name(dir)) != NULL) {
        if (g_str_has_suffix(name, ".conf"))
            g_ptr_array_add(names, g_build_filename(folder, name, NULL));
    }
    g_ptr_array_sort(names, by_name);
    for (guint i = 0; i < names->len; i++) {
        if (!take_file(to, names->pdata[i], error))
            return FALSE;
    }
    return TRUE;
}

gboolean hth_settings_reload(HthSettings *self, GError **error)
{
    Reading reading = reading_new();
    if (!take_file(&reading, self->config_file, error) ||
        !take_drop_ins(&reading, self->config_file, error) ||
        !take_file(&reading, self->set_file, error)) {
        reading_clear(&reading);
        return FALSE;
    }
    take_keys(&reading, self->overrides, "command line");
    g_mutex_lock(&self->lock);
    Reading old = { self->values, self->sources, self->warnings };
    self->values = reading.values;
    self->sources = reading.sources;
    self->warnings = reading.warnings;
    g_mutex_unlock(&self->lock);
    reading_clear(&old);
    for (guint i = 0; i < self->warnings->len; i++)
        hth_log_warning("%s", (const char *)self->warnings->pdata[i]);
    return TRUE;
}

HthSettings *hth_settings_load(const char *config_file, const char *set_file, GError **error)
{
    g_autoptr(HthSettings) self = g_new0(HthSettings, 1);
    g_mutex_init(&self->lock);
    self->config_file = g_strdup(config_file);
    self->set_file = g_strdup(set_file);
    self->overrides = g_key_file_new();
    if (!hth_settings_reload(self, error))
        return NULL;
    self->started = g_key_file_ref(self->values);
    return g_steal_pointer(&self);
}

void hth_settings_free(HthSettings *self)
{
    if (self == NULL)
        return;
    Reading last = { self->values, self->sources, self->warnings };
    reading_clear(&last);
    g_clear_pointer(&self->started, g_key_file_unref);
    g_key_file_unref(self->overrides);
    g_mutex_clear(&self->lock);
    g_free(self->config_file);
    g_free(self->set_file);
    g_free(self);
}

static void mark_overridden(HthSettings *self, const char *group, const char *key)
{
    g_autofree char *raw = g_key_file_get_value(self->overrides, group, key, NULL);
    g_key_file_set_value(self->values, group, key, raw);
    g_key_file_set_value(self->started, group, key, raw);
    g_hash_table_replace(self->sources, g_strconcat(group, ".", key, NULL),
                         g_strdup("command line"));
}

void hth_settings_override(HthSettings *self, const char *group, const char *key, const char *text)
{
    g_return_if_fail(hth_setting_find(group, key) != NULL);
    g_key_file_set_string(self->overrides, group, key, text);
    mark_overridden(self, group, key);
}

void hth_settings_override_list(HthSettings *self, const char *group, const char *key,
                                const char *const *values)
{
    g_return_if_fail(hth_setting_find(group, key) != NULL);
    g_key_file_set_string_list(self->overrides, group, key, values, g_strv_length((char **)values));
    mark_overridden(self, group, key);
}

static char *string_of(GKeyFile *values, const char *group, const char *key)
{
    char *text = g_key_file_get_string(values, group, key, NULL);
    if (text != NULL)
        return text;
    const HthSetting *setting = hth_setting_find(group, key);
    g_return_val_if_fail(setting != NULL, NULL);
    return g_strdup(setting->default_text);
}

char *hth_settings_string(const HthSettings *self, const char *group, const char *key)
{
    return string_of(self->values, group, key);
}

gboolean hth_settings_boolean(const HthSettings *self, const char *group, const char *key)
{
    g_autofree char *text = hth_settings_string(self, group, key);
    return g_strcmp0(text, "true") == 0;
}

gint64 hth_settings_integer(const HthSettings *self, const char *group, const char *key)
{
    g_autofree char *text = hth_settings_string(self, group, key);
    return text != NULL ? g_ascii_strtoll(text, NULL, 10) : 0;
}

static char **list_of(GKeyFile *values, const char *group, const char *key)
{
    char **list = g_key_file_get_string_list(values, group, key, NULL, NULL);
    return list != NULL ? list : g_new0(char *, 1);
}

char **hth_settings_list(const HthSettings *self, const char *group, const char *key)
{
    return list_of(self->values, group, key);
}

gboolean hth_settings_awaits_restart(const HthSettings *self, const char *group, const char *key)
{
    const HthSetting *setting = hth_setting_find(group, key);
    g_return_val_if_fail(setting != NULL, FALSE);
    if (setting->is_live)
        return FALSE;
    if (setting->type == HTH_SETTING_LIST) {
        g_auto(GStrv) now = list_of(self->values, group, key);
        g_auto(GStrv) before = list_of(self->started, group, key);
        return !g_strv_equal((const char *const *)now, (const char *const *)before);
    }
    g_autofree char *now = string_of(self->values, group, key);
    g_autofree char *before = string_of(self->started, group, key);
    return strcmp(now, before) != 0;
}

const char *hth_settings_source(const HthSettings *self, const char *group, const char *key)
{
    g_autofree char *name = g_strconcat(group, ".", key, NULL);
    const char *source = g_hash_table_lookup(self->sources, name);
    return source != NULL ? source : "default";
}

GPtrArray *hth_settings_warnings(HthSettings *self)
{
    g_mutex_lock(&self->lock);
    GPtrArray *warnings = g_ptr_array_ref(self->warnings);
    g_mutex_unlock(&self->lock);
    return warnings;
}

static const HthSetting *find_settable(HthSettings *self, const char *group, const char *key,
                                       GError **error)
{
    const HthSetting *setting = hth_setting_find(group, key);
    if (setting == NULL) {
        const HthSetting *nearest = hth_setting_nearest(group, key);
        g_set_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND, "there is no setting %s.%s%s%s%s%s%s",
                    group, key, nearest != NULL ? "; did you mean " : "",
                    nearest != NULL ? nearest->group : "", nearest != NULL ? "." : "",
                    nearest != NULL ? nearest->key : "", nearest != NULL ? "?" : "");
        return NULL;
    }
    if (g_key_file_has_key(self->overrides, group, key, NULL)) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_REFUSED,
                    "%s.%s was given on hearthd's command line; start it without that option to "
                    "set it here",
                    group, key);
        return NULL;
    }
    return setting;
}

/* Replaces the set file durably by one with @raw for the key, or without the key. */
static gboolean write_set_file(HthSettings *self, const char *group, const char *key,
                               const char *raw, GError **error)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    (void)g_key_file_load_from_file(file, self->set_file, G_KEY_FILE_KEEP_COMMENTS, NULL);
    if (raw != NULL)
        g_key_file_set_value(file, group, key, raw);
    else
        (void)g_key_file_remove_key(file, group, key, NULL); /* not being there is what is wanted */
    gsize size = 0;
    g_autofree char *text = g_key_file_to_data(file, &size, NULL);
    return g_file_set_contents_full(self->set_file, text, (gssize)size,
                                    G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                                    0600, error) &&
           hth_settings_reload(self, error);
}

gboolean hth_settings_set(HthSettings *self, const char *group, const char *key, const char *text,
                          GError **error)
{
    const HthSetting *setting = find_settable(self, group, key, error);
    if (setting == NULL || (text != NULL && !hth_setting_check(setting, text, error)))
        return FALSE;
    g_autofree char *raw = NULL;
    if (text != NULL) {
        g_autoptr(GKeyFile) one = g_key_file_new();
        g_key_file_set_string(one, group, key, text);
        raw = g_key_file_get_value(one, group, key, NULL);
    }
    return write_set_file(self, group, key, raw, error);
}

gboolean hth_settings_set_list(HthSettings *self, const char *group, const char *key,
                               const char *const *values, GError **error)
{
    const HthSetting *setting = find_settable(self, group, key, error);
    if (setting == NULL)
        return FALSE;
    for (const char *const *value = values; *value != NULL; value++) {
        if (!hth_setting_check(setting, *value, error))
            return FALSE;
    }
    g_autoptr(GKeyFile) one = g_key_file_new();
    g_key_file_set_string_list(one, group, key, values, g_strv_length((char **)values));
    g_autofree char *raw = g_key_file_get_value(one, group, key, NULL);
    return write_set_file(self, group, key, raw, error);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "plugins"
#include "plugin-loader.h"

#include <gmodule.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/log.h"

#define MAX_PLUGINS 64

typedef enum { STATE_DISABLED, STATE_FAILED, STATE_RUNNING } PluginState;

typedef struct {
    char *name;
    char *description;
    char *module_path;
    PluginState state;
    char *problem; /* why it failed */
    const HthPlugin *plugin;
    gpointer running; /* its own state */
} Loaded;

struct HthPluginLoader {
    GPtrArray *plugins; /* (element Loaded) by name; while @loading runs, its own */
    GThread *loading;   /* NULL once it was waited for */
};

static void loaded_free(Loaded *self)
{
    g_free(self->name);
    g_free(self->description);
    g_free(self->module_path);
    g_free(self->problem);
    g_free(self);
}

static gboolean is_wanted(GKeyFile *manifest, const char *name, const char *const *enable,
                          const char *const *disable)
{
    if (g_strv_contains(disable, name))
        return FALSE;
    if (g_strv_contains(enable, name))
        return TRUE;
    g_autoptr(GError) error = NULL;
    const gboolean is_enabled = g_key_file_get_boolean(manifest, "Plugin", "Enabled", &error);
    return error != NULL || is_enabled;
}

static Loaded *read_manifest(const char *dir, const char *file, const char *const *enable,
                             const char *const *disable)
{
    g_autofree char *path = g_build_filename(dir, file, NULL);
    g_autoptr(GKeyFile) manifest = g_key_file_new();
    g_autoptr(GError) error = NULL;
    if (!g_key_file_load_from_file(manifest, path, G_KEY_FILE_NONE, &error)) {
        hth_log_warning("manifest %s: %s", file, error->message);
        return NULL;
    }
    g_autofree char *name = g_key_file_get_string(manifest, "Plugin", "Name", NULL);
    g_autofree char *module = g_key_file_get_string(manifest, "Plugin", "Module", NULL);
    if (name == NULL || module == NULL || strchr(module, '/') != NULL) {
        hth_log_warning("manifest %s: [Plugin] needs Name= and Module=, a file beside it", file);
        return NULL;
    }
    Loaded *self = g_new0(Loaded, 1);
    self->module_path = g_build_filename(dir, module, NULL);
    self->description = g_key_file_get_locale_string(manifest, "Plugin", "Description", NULL, NULL);
    self->state = is_wanted(manifest, name, enable, disable) ? STATE_FAILED : STATE_DISABLED;
    self->name = g_steal_pointer(&name);
    return self;
}

static gboolean has_plugin(const HthPluginLoader *self, const char *name)
{
    for (guint i = 0; i < self->plugins->len; i++) {
        if (strcmp(((Loaded *)self->plugins->pdata[i])->name, name) == 0)
            return TRUE;
    }
    return FALSE;
}

static void read_manifests(HthPluginLoader *self, const char *dir, const char *const *enable,
                           const char *const *disable)
{
    g_autoptr(GDir) entries = g_dir_open(dir, 0, NULL);
    const char *file;
    while (entries != NULL && self->plugins->len < MAX_PLUGINS &&
           (file = g_dir_read_name(entries)) != NULL) {
        if (!g_str_has_suffix(file, ".plugin"))
            continue;
        Loaded *plugin = read_manifest(dir, file, enable, disable);
        if (plugin != NULL && !has_plugin(self, plugin->name))
            g_ptr_array_add(self->plugins, plugin);
        else if (plugin != NULL)
            loaded_free(plugin);
    }
}

static int by_name(gconstpointer a, gconstpointer b)
{
    return strcmp((*(Loaded *const *)a)->name, (*(Loaded *const *)b)->name);
}

/* Opens the module and finds its constant; the module stays for the life of the process. */
static gboolean load(Loaded *self, GError **error)
{
    GModule *module = g_module_open(self->module_path, G_MODULE_BIND_LOCAL);
    if (module == NULL) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_FAILED, "cannot be loaded: %s", g_module_error());
        return FALSE;
    }
    g_module_make_resident(module);
    gpointer symbol = NULL;
    if (!g_module_symbol(module, HTH_PLUGIN_SYMBOL, &symbol) || symbol == NULL) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID, "it is not a plugin of hearth's (no %s)",
                    HTH_PLUGIN_SYMBOL);
        return FALSE;
    }
    const HthPlugin *plugin = symbol;
    if (plugin->abi != HTH_PLUGIN_ABI) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_UNSUPPORTED,
                    "it was built for another hearth (interface %u, this is %u); build it anew",
                    plugin->abi, (guint)HTH_PLUGIN_ABI);
        return FALSE;
    }
    if (g_strcmp0(plugin->name, self->name) != 0) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID,
                    "its manifest calls it %s and its module %s", self->name, plugin->name);
        return FALSE;
    }
    self->plugin = plugin;
    return TRUE;
}

static void set_problem(Loaded *self, const GError *error)
{
    g_free(self->problem);
    self->problem = g_strdup(error->message);
    hth_log_error("%s does not run: %s", self->name, error->message);
}

static gpointer load_thread(gpointer data)
{
    HthPluginLoader *self = data;
    for (guint i = 0; i < self->plugins->len; i++) {
        Loaded *plugin = self->plugins->pdata[i];
        g_autoptr(GError) error = NULL;
        if (plugin->state != STATE_DISABLED && !load(plugin, &error))
            set_problem(plugin, error);
    }
    return NULL;
}

static void wait_loaded(HthPluginLoader *self)
{
    if (self->loading != NULL)
        g_thread_join(g_steal_pointer(&self->loading));
}

HthPluginLoader *hth_plugin_loader_new(const char *const *dirs, const char *const *enable,
                                       const char *const *disable)
{
    HthPluginLoader *self = g_new0(HthPluginLoader, 1);
    self->plugins = g_ptr_array_new_with_free_func((GDestroyNotify)loaded_free);
    for (const char *const *dir = dirs; *dir != NULL; dir++)
        read_manifests(self, *dir, enable, disable);
    g_ptr_array_sort(self->plugins, by_name);
    self->loading = g_thread_new("hearth-plugins", load_thread, self);
    return self;
}

void hth_plugin_loader_free(HthPluginLoader *self)
{
    if (self == NULL)
        return;
    wait_loaded(self);
    hth_plugin_loader_stop(self);
    g_ptr_array_unref(self->plugins);
    g_free(self);
}

static void start_one(Loaded *self, HthHost *host)
{
    g_autoptr(GError) error = NULL;
    self->running = self->plugin->start(host, &error);
    if (self->running != NULL || error == NULL)
        self->state = STATE_RUNNING;
    else
        set_problem(self, error);
}

void hth_plugin_loader_start(HthPluginLoader *self, HthHost *host)
{
    wait_loaded(self);
    for (guint i = 0; i < self->plugins->len; i++) {
        Loaded *plugin = self->plugins->pdata[i];
        if (plugin->plugin != NULL && plugin->state != STATE_DISABLED)
            start_one(plugin, host);
    }
}

void hth_plugin_loader_serving(HthPluginLoader *self)
{
    for (guint i = 0; i < self->plugins->len; i++) {
        const Loaded *plugin = self->plugins->pdata[i];
        if (plugin->state == STATE_RUNNING && plugin->plugin->serving != NULL)
            plugin->plugin->serving(plugin->running);
    }
}

void hth_plugin_loader_stop(HthPluginLoader *self)
{
    for (guint i = self->plugins->len; i > 0; i--) {
        Loaded *plugin = self->plugins->pdata[i - 1];
        if (plugin->state != STATE_RUNNING)
            continue;
        plugin->plugin->stop(plugin->running);
        plugin->running = NULL;
        plugin->state = STATE_DISABLED;
    }
}

static JsonObject *describe_one(const Loaded *self, HthHost *host)
{
    static const char *const state_names[] = {
        [STATE_DISABLED] = "disabled",
        [STATE_FAILED] = "failed",
        [STATE_RUNNING] = "running",
    };
    JsonObject *object = json_object_new();
    json_object_set_string_member(object, "name", self->name);
    hth_json_set_text(object, "description", self->description);
    json_object_set_string_member(object, "state", state_names[self->state]);
    HthPluginStatus *status =
        self->state == STATE_RUNNING ? hth_host_plugin_status(host, self->name) : NULL;
    json_object_set_boolean_member(object, "is_working",
                                   self->state == STATE_RUNNING &&
                                       (status == NULL || status->is_working));
    hth_json_set_text(object, "sentence", status != NULL ? status->sentence : self->problem);
    hth_plugin_status_free(status);
    return object;
}

JsonArray *hth_plugin_loader_describe(HthPluginLoader *self, HthHost *host)
{
    JsonArray *array = json_array_new();
    for (guint i = 0; i < self->plugins->len; i++)
        json_array_add_object_element(array, describe_one(self->plugins->pdata[i], host));
    return array;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "handheld"
#include "paired-home.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#include "base/base32.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"

#define GROUP          "home"
#define SUFFIX         ".home"
#define NAME_MAX_BYTES 64
#define MAX_HOMES      32

void hth_paired_home_free(HthPairedHome *self)
{
    if (self == NULL)
        return;
    g_free(self->name);
    g_free(self->device_name);
    g_strfreev(self->addresses);
    g_free(self->folder);
    hth_away_free(self->away);
    explicit_bzero(self, sizeof *self);
    g_free(self);
}

static char *homes_dir(const char *state_dir)
{
    return g_build_filename(state_dir, "homes", NULL);
}

static char *file_of(const char *state_dir, const char *name)
{
    g_autofree char *file = g_strconcat(name, SUFFIX, NULL);
    return g_build_filename(state_dir, "homes", file, NULL);
}

/* ---- Reading ---- */

static gboolean is_good_name(const char *name)
{
    return *name != '\0' && *name != '.' && strchr(name, '/') == NULL &&
           strlen(name) <= NAME_MAX_BYTES && g_utf8_validate(name, -1, NULL);
}

/* NULL: it makes no sense. */
static HthPairedHome *from_key_file(GKeyFile *file, const char *name)
{
    g_autoptr(HthPairedHome) self = g_new0(HthPairedHome, 1);
    g_autofree char *id = g_key_file_get_string(file, GROUP, "id", NULL);
    g_autofree char *key = g_key_file_get_string(file, GROUP, "discovery-key", NULL);
    const int port = g_key_file_get_integer(file, GROUP, "port", NULL);
    if (!hth_key_id_from_text(id, &self->id) || key == NULL ||
        !hth_base32_decode(key, self->discovery_key, sizeof self->discovery_key) || port < 1 ||
        port > G_MAXUINT16)
        return NULL;
    self->name = g_strdup(name);
    self->port = (guint16)port;
    self->device_name = g_key_file_get_string(file, GROUP, "device-name", NULL);
    self->folder = g_key_file_get_string(file, GROUP, "folder", NULL);
    self->addresses = g_key_file_get_string_list(file, GROUP, "addresses", NULL, NULL);
    self->away = hth_away_from_key_file(file);
    if (self->addresses == NULL)
        self->addresses = g_new0(char *, 1);
    return g_steal_pointer(&self);
}

static HthPairedHome *load(const char *state_dir, const char *file_name)
{
    g_autofree char *name = g_strndup(file_name, strlen(file_name) - strlen(SUFFIX));
    g_autofree char *path = file_of(state_dir, name);
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autoptr(GError) error = NULL;
    HthPairedHome *self = NULL;
    if (is_good_name(name) && g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, &error))
        self = from_key_file(file, name);
    if (self == NULL)
        hth_log_warning("%s makes no sense and is left out%s%s", path, error != NULL ? ": " : "",
                        error != NULL ? error->message : "");
    return self;
}

static int compare_names(gconstpointer a, gconstpointer b)
{
    const HthPairedHome *left = *(HthPairedHome *const *)a;
    const HthPairedHome *right = *(HthPairedHome *const *)b;
    return strcmp(left->name, right->name);
}

GPtrArray *hth_paired_home_list(const char *state_dir)
{
    GPtrArray *homes = g_ptr_array_new_with_free_func((GDestroyNotify)hth_paired_home_free);
    g_autofree char *dir_path = homes_dir(state_dir);
    g_autoptr(GDir) dir = g_dir_open(dir_path, 0, NULL);
    const char *name;
    while (dir != NULL && homes->len < MAX_HOMES && (name = g_dir_read_name(dir)) != NULL) {
        HthPairedHome *home = g_str_has_suffix(name, SUFFIX) ? load(state_dir, name) : NULL;
        if (home != NULL)
            g_ptr_array_add(homes, home);
    }
    g_ptr_array_sort(homes, compare_names);
    return homes;
}

static gboolean is_called(const HthPairedHome *home, const char *name)
{
    g_autofree char *left = g_utf8_casefold(home->name, -1);
    g_autofree char *right = g_utf8_casefold(name, -1);
    return strcmp(left, right) == 0;
}

HthPairedHome *hth_paired_home_find(const char *state_dir, const char *name, GError **error)
{
    g_autoptr(GPtrArray) homes = hth_paired_home_list(state_dir);
    if (name == NULL && homes->len == 1)
        return g_ptr_array_steal_index(homes, 0);
    for (guint i = 0; name != NULL && i < homes->len; i++) {
        if (is_called(homes->pdata[i], name))
            return g_ptr_array_steal_index(homes, i);
    }
    if (homes->len == 0)
        g_set_error_literal(error, HTH_ERROR, HTH_ERROR_NOT_FOUND,
                            "this device is paired with no home; type `hearth pair` at home, and "
                            "`hearth-handheld pair CODE` here");
    else if (name == NULL)
        g_set_error_literal(error, HTH_ERROR, HTH_ERROR_NOT_FOUND,
                            "this device is paired with several homes; say which: --home NAME "
                            "(`hearth-handheld homes` lists them)");
    else
        g_set_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND,
                    "no home is called “%s”; `hearth-handheld homes` lists them", name);
    return NULL;
}

/* ---- Writing ---- */

static void set_text(GKeyFile *file, const char *key, const char *text)
{
    if (text != NULL)
        g_key_file_set_string(file, GROUP, key, text);
}

gboolean hth_paired_home_save(const HthPairedHome *self, const char *state_dir, GError **error)
{
    g_return_val_if_fail(is_good_name(self->name), FALSE);
    g_autofree char *dir = homes_dir(state_dir);
    g_autofree char *path = file_of(state_dir, self->name);
    g_autofree char *id = hth_key_id_to_text(&self->id);
    g_autofree char *key = hth_base32_encode(self->discovery_key, sizeof self->discovery_key);
    g_autoptr(GKeyFile) file = g_key_file_new();
    if (g_mkdir_with_parents(dir, 0700) != 0) {
        g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(errno), "%s: %s", dir,
                    g_strerror(errno));
        return FALSE;
    }
    set_text(file, "id", id);
    set_text(file, "device-name", self->device_name);
    set_text(file, "discovery-key", key);
    set_text(file, "folder", self->folder);
    g_key_file_set_integer(file, GROUP, "port", self->port);
    g_key_file_set_string_list(file, GROUP, "addresses", (const char *const *)self->addresses,
                               g_strv_length(self->addresses));
    if (self->away != NULL)
        hth_away_to_key_file(self->away, file);
    g_autofree char *text = g_key_file_to_data(file, NULL, NULL);
    return g_file_set_contents_full(
        path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600, error);
}

gboolean hth_paired_home_remove(const HthPairedHome *self, const char *state_dir, GError **error)
{
    g_autofree char *path = file_of(state_dir, self->name);
    if (g_unlink(path) == 0 || errno == ENOENT)
        return TRUE;
    g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(errno), "%s: %s", path,
                g_strerror(errno));
    return FALSE;
}

void hth_paired_home_add_address(HthPairedHome *self, const char *address)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    g_strv_builder_add(builder, address);
    guint n = 1;
    for (char **old = self->addresses; old != NULL && *old != NULL; old++) {
        if (strcmp(*old, address) != 0 && n++ < HTH_PAIRED_HOME_ADDRESSES)
            g_strv_builder_add(builder, *old);
    }
    g_strfreev(self->addresses);
    self->addresses = g_strv_builder_end(builder);
}

static const HthPairedHome *find_name(GPtrArray *homes, const char *name)
{
    for (guint i = 0; i < homes->len; i++) {
        if (is_called(homes->pdata[i], name))
            return homes->pdata[i];
    }
    return NULL;
}

char *hth_paired_home_free_name(const char *state_dir, const char *wanted, const HthKeyId *id)
{
    g_autoptr(GPtrArray) homes = hth_paired_home_list(state_dir);
    for (guint i = 0; i < homes->len; i++) {
        const HthPairedHome *home = homes->pdata[i];
        if (hth_key_id_equal(&home->id, id))
            return g_strdup(home->name);
    }
    g_autofree char *clean = hth_text_clean(wanted, NAME_MAX_BYTES - 8);
    if (clean != NULL) {
        g_strdelimit(clean, "/", '-');
        *clean = *clean == '.' ? '_' : *clean;
    }
    const char *base = clean != NULL ? clean : "Home";
    char *name = g_strdup(base);
    for (guint i = 2; find_name(homes, name) != NULL; i++) {
        g_free(name);
        name = g_strdup_printf("%s %u", base, i);
    }
    return name;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roots.h"

#include <string.h>

#include "base/error.h"

#define ROOTS_MAX 256

gboolean hth_root_contains(const char *folder, const char *path)
{
    const gsize n = strlen(folder);
    if (strcmp(folder, "/") == 0)
        return TRUE;
    return strncmp(folder, path, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

static gboolean is_empty_folder(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    return dir == NULL || g_dir_read_name(dir) == NULL;
}

/* XDG user folders; a person without them configured has them under their usual names. */
static void add_defaults(GPtrArray *to)
{
    static const struct {
        GUserDirectory directory;
        const char *usual_name;
    } rows[] = {
        { G_USER_DIRECTORY_MUSIC, "Music" },
        { G_USER_DIRECTORY_VIDEOS, "Videos" },
        { G_USER_DIRECTORY_PICTURES, "Pictures" },
    };
    const char *home = g_get_home_dir();
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        const char *special = g_get_user_special_dir(rows[i].directory);
        g_autofree char *path = special != NULL && strcmp(special, home) != 0
                                    ? g_strdup(special)
                                    : g_build_filename(home, rows[i].usual_name, NULL);
        if (!is_empty_folder(path))
            g_ptr_array_add(to, g_steal_pointer(&path));
    }
}

/* A folder inside another is shared by it already. Keeps the given order. */
static char **without_doubles(GPtrArray *paths)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    for (guint i = 0; i < paths->len && i < ROOTS_MAX; i++) {
        gboolean is_covered = FALSE;
        for (guint j = 0; j < paths->len && !is_covered; j++) {
            const gboolean is_same = strcmp(paths->pdata[i], paths->pdata[j]) == 0;
            is_covered = is_same ? j < i : hth_root_contains(paths->pdata[j], paths->pdata[i]);
        }
        if (!is_covered)
            g_strv_builder_add(builder, paths->pdata[i]);
    }
    return g_strv_builder_end(builder);
}

char **hth_roots_from_settings(const HthSettings *settings, gboolean *out_are_defaults)
{
    g_auto(GStrv) configured = hth_settings_list(settings, "hearth", "media");
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    for (char **path = configured; *path != NULL; path++) {
        if (**path != '\0')
            g_ptr_array_add(paths, g_canonicalize_filename(*path, g_get_home_dir()));
    }
    const char *source = hth_settings_source(settings, "hearth", "media");
    *out_are_defaults = strcmp(source, "default") == 0;
    if (*out_are_defaults)
        add_defaults(paths);
    return without_doubles(paths);
}

char *hth_root_check(const char *path, const char *const *roots, GError **error)
{
    if (!g_path_is_absolute(path)) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID, "“%s” is not an absolute path", path);
        return NULL;
    }
    g_autofree char *full = g_canonicalize_filename(path, NULL);
    if (!g_file_test(full, G_FILE_TEST_IS_DIR)) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND,
                    "there is no folder %s, or hearthd may not look into the folder above it",
                    full);
        return NULL;
    }
    for (const char *const *root = roots; *root != NULL; root++) {
        const gboolean is_inside = hth_root_contains(*root, full);
        if (!is_inside && !hth_root_contains(full, *root))
            continue;
        if (is_inside)
            g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID, "%s is shared already, with %s", full,
                        *root);
        else
            g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID,
                        "%s holds %s, which is shared; remove that first", full, *root);
        return NULL;
    }
    return g_steal_pointer(&full);
}

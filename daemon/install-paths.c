/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "install-paths.h"

#include <string.h>

/* The build folder's top when this program runs from there, else NULL. */
static char *build_dir(void)
{
    g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
    if (program == NULL)
        return NULL;
    g_autofree char *dir = g_path_get_dirname(program);
    for (guint i = 0; i < 4; i++) {
        g_autofree char *mark = g_build_filename(dir, "build.ninja", NULL);
        if (g_file_test(mark, G_FILE_TEST_EXISTS))
            return g_steal_pointer(&dir);
        char *up = g_path_get_dirname(dir);
        g_free(dir);
        dir = up;
    }
    return NULL;
}

/* @path lies below the prefix that was built for. A tree that was installed elsewhere, or moved,
 * has the same folders beside its bin: those are taken where they exist. */
static char *installed(const char *path)
{
    static const char bin[] = HTH_BIN_DIR;
    static const char prefix[] = HTH_PREFIX;
    g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *dir = program != NULL ? g_path_get_dirname(program) : NULL;
    if (dir != NULL && g_str_has_prefix(bin, prefix) && g_str_has_prefix(path, prefix) &&
        g_str_has_suffix(dir, bin + strlen(prefix))) {
        dir[strlen(dir) - strlen(bin + strlen(prefix))] = '\0';
        char *moved = g_strconcat(dir, path + strlen(prefix), NULL);
        if (g_file_test(moved, G_FILE_TEST_EXISTS))
            return moved;
        g_free(moved);
    }
    return g_strdup(path);
}

/* @dir/@program, or in the folders below @dir down to @depth. */
static char *find_below(const char *dir, const char *program, guint depth)
{
    g_autofree char *here = g_build_filename(dir, program, NULL);
    if (g_file_test(here, G_FILE_TEST_IS_EXECUTABLE) && !g_file_test(here, G_FILE_TEST_IS_DIR))
        return g_steal_pointer(&here);
    g_autoptr(GDir) entries = depth > 0 ? g_dir_open(dir, 0, NULL) : NULL;
    const char *name;
    while (entries != NULL && (name = g_dir_read_name(entries)) != NULL) {
        g_autofree char *below = g_build_filename(dir, name, NULL);
        if (!g_file_test(below, G_FILE_TEST_IS_DIR) || g_str_has_suffix(name, ".p"))
            continue;
        char *found = find_below(below, program, depth - 1);
        if (found != NULL)
            return found;
    }
    return NULL;
}

char *hth_install_program(const char *program)
{
    const char *given = g_getenv("HEARTH_LIBEXEC");
    char *found = given != NULL ? find_below(given, program, 0) : NULL;
    if (found != NULL)
        return found;
    static const char *const folders[] = { "worker", "plugins", "daemon" };
    g_autofree char *build = build_dir();
    for (guint i = 0; build != NULL && i < G_N_ELEMENTS(folders); i++) {
        g_autofree char *dir = g_build_filename(build, folders[i], NULL);
        found = find_below(dir, program, 3);
        if (found != NULL)
            return found;
    }
    g_autofree char *dir = installed(HTH_LIBEXEC_DIR);
    return g_build_filename(dir, program, NULL);
}

char *hth_install_data(const char *name)
{
    const char *given = g_getenv("HEARTH_DATA");
    if (given != NULL)
        return g_build_filename(given, name, NULL);
    g_autofree char *build = build_dir();
    if (build != NULL) {
        /* The build writes down where its sources are. */
        g_autofree char *note = g_build_filename(build, "daemon", "data.path", NULL);
        g_autofree char *dir = NULL;
        if (g_file_get_contents(note, &dir, NULL, NULL))
            return g_build_filename(g_strstrip(dir), name, NULL);
    }
    g_autofree char *dir = installed(HTH_DATA_DIR);
    return g_build_filename(dir, name, NULL);
}

char **hth_install_plugin_dirs(void)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    const char *given = g_getenv("HEARTH_PLUGINS");
    g_autofree char *build = build_dir();
    if (given != NULL) {
        g_auto(GStrv) dirs = g_strsplit(given, ":", 32);
        g_strv_builder_addv(builder, (const char **)dirs);
    } else if (build != NULL) {
        g_autofree char *top = g_build_filename(build, "plugins", NULL);
        g_autoptr(GDir) entries = g_dir_open(top, 0, NULL);
        const char *name;
        while (entries != NULL && (name = g_dir_read_name(entries)) != NULL) {
            g_autofree char *dir = g_build_filename(top, name, NULL);
            if (g_file_test(dir, G_FILE_TEST_IS_DIR))
                g_strv_builder_add(builder, dir);
        }
    } else {
        g_autofree char *dir = installed(HTH_PLUGIN_DIR);
        g_strv_builder_add(builder, dir);
    }
    return g_strv_builder_end(builder);
}

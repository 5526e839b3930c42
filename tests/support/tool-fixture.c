/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tool-fixture.h"

#include <glib/gstdio.h>

void tool_fixture_set_up(ToolFixture *self, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    self->dir = g_dir_make_tmp("hearth-tools-XXXXXX", &error);
    g_assert_no_error(error);
}

void tool_fixture_tear_down(ToolFixture *self, gconstpointer data)
{
    const char *name;
    g_autoptr(GDir) dir = g_dir_open(self->dir, 0, NULL);
    while ((name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(self->dir, name, NULL);
        g_unlink(path);
    }
    g_rmdir(self->dir);
    g_free(self->dir);
}

void tool_fixture_run(ToolFixture *self, const char *command, ...)
{
    va_list arguments;
    va_start(arguments, command);
    g_autofree char *line = g_strdup_vprintf(command, arguments);
    va_end(arguments);

    const char *argv[] = { "sh", "-ec", line, NULL };
    g_autoptr(GError) error = NULL;
    g_autofree char *messages = NULL;
    int status = 0;
    g_spawn_sync(self->dir, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, &messages,
                 &status, &error);
    g_assert_no_error(error);
    if (status != 0)
        g_test_message("%s: %s", line, messages);
    g_assert_cmpint(status, ==, 0);
}

GBytes *tool_fixture_read(ToolFixture *self, const char *name)
{
    g_autofree char *path = g_build_filename(self->dir, name, NULL);
    g_autoptr(GError) error = NULL;
    char *bytes = NULL;
    gsize size = 0;
    g_file_get_contents(path, &bytes, &size, &error);
    g_assert_no_error(error);
    return g_bytes_new_take(bytes, size);
}

HthByteSource *tool_fixture_open(ToolFixture *self, const char *name)
{
    g_autoptr(GBytes) bytes = tool_fixture_read(self, name);
    return hth_byte_source_new_for_bytes(bytes);
}

gboolean tool_fixture_has(const char *program)
{
    g_autofree char *path = g_find_program_in_path(program);
    if (path == NULL)
        g_test_skip("a tool is not installed");
    return path != NULL;
}

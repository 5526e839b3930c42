/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "net/http-server.h"

/* What a daemon that was killed leaves behind. */
static void leave_stale_socket(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    g_strlcpy(address.sun_path, path, sizeof address.sun_path);
    const int stale = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(bind(stale, (struct sockaddr *)&address, sizeof address), ==, 0);
    close(stale);
}

static void test_replaces_a_stale_socket(void)
{
    g_autofree char *dir = g_dir_make_tmp("hearth-http-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(dir, "socket", NULL);
    leave_stale_socket(path);
    const struct group *group = getgrgid(getgid());
    const HthHttpOptions options = { .socket_path = path,
                                     .socket_group = group != NULL ? group->gr_name : NULL };
    g_autoptr(GError) error = NULL;
    HthHttpServer *server = hth_http_server_new(&options);
    g_assert_true(hth_http_server_start(server, &error));
    g_assert_no_error(error);
    struct stat status;
    g_assert_cmpint(stat(path, &status), ==, 0);
    g_assert_cmpint(status.st_mode & 0777, ==, group != NULL ? 0660 : 0600);
    hth_http_server_stop(server);
    hth_http_server_free(server);
    g_rmdir(dir);
}

static void test_leaves_a_file_that_is_no_socket(void)
{
    g_autofree char *dir = g_dir_make_tmp("hearth-http-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(dir, "socket", NULL);
    g_file_set_contents(path, "precious", -1, NULL);
    const HthHttpOptions options = { .socket_path = path };
    g_autoptr(HthHttpServer) server = hth_http_server_new(&options);
    g_autoptr(GError) error = NULL;
    g_assert_false(hth_http_server_start(server, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_EXISTS);
    g_assert_cmpint(g_unlink(path), ==, 0);
    g_rmdir(dir);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/http-listen/replaces-a-stale-socket", test_replaces_a_stale_socket);
    g_test_add_func("/http-listen/leaves-a-file-that-is-no-socket",
                    test_leaves_a_file_that_is_no_socket);
    return g_test_run();
}

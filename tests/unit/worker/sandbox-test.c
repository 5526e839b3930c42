/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Each act runs in a child behind the closed door: it is killed by SIGSYS, or returns whether it
 * was refused. */
typedef gboolean (*Act)(int fd);

#define REFUSED     0
#define NOT_REFUSED 1
#define NO_SANDBOX  2

static int run_behind_door(Act act)
{
    const pid_t pid = fork();
    if (pid == 0) {
        int keep = open("/dev/null", O_RDONLY);
        if (keep < 4)
            keep = dup2(keep, 4);
        g_autofree char *text = hth_sandbox_enter(keep, NULL);
        if (text == NULL)
            _exit(NO_SANDBOX);
        _exit(act(keep) ? REFUSED : NOT_REFUSED);
    }
    int status = 0;
    g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    return status;
}

static gboolean act_open(int fd)
{
    return open("/etc/passwd", O_RDONLY) < 0 && errno == EACCES;
}

static gboolean act_create(int fd)
{
    return open("/tmp/hearth-sandbox-test", O_RDWR | O_CREAT, 0600) < 0 && errno == EACCES;
}

static gboolean act_socket(int fd)
{
    (void)socket(AF_INET, SOCK_STREAM, 0);
    return FALSE;
}

static gboolean act_exec(int fd)
{
    char *const argv[] = { (char *)"/bin/true", NULL };
    execv(argv[0], argv);
    return FALSE;
}

static gboolean act_fork(int fd)
{
    (void)fork();
    return FALSE;
}

static gboolean act_kill(int fd)
{
    (void)kill(getpid(), 0);
    return FALSE;
}

static gboolean act_unlink(int fd)
{
    (void)unlink("/tmp/hearth-sandbox-test");
    return FALSE;
}

static gboolean act_raise_limit(int fd)
{
    const struct rlimit limit = { 1000, 1000 };
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    return FALSE;
}

static gboolean act_read_kept(int fd)
{
    char byte;
    return pread(fd, &byte, 1, 0) >= 0 || errno == ESPIPE; /* allowed: it came back at all */
}

static gboolean act_use_other_fd(int fd)
{
    char byte;
    return read(3, &byte, 1) < 0 && errno == EBADF;
}

static void test_paths_are_refused(void)
{
    g_assert_cmpint(run_behind_door(act_open), ==, 0);
    g_assert_cmpint(run_behind_door(act_create), ==, 0);
    g_assert_false(g_file_test("/tmp/hearth-sandbox-test", G_FILE_TEST_EXISTS));
}

static void test_what_reaches_outside_ends_the_process(void)
{
    static const Act acts[] = { act_socket, act_exec,   act_fork,
                                act_kill,   act_unlink, act_raise_limit };
    for (guint i = 0; i < G_N_ELEMENTS(acts); i++) {
        const int status = run_behind_door(acts[i]);
        g_test_message("act %u: status %d", i, status);
        g_assert_true(WIFSIGNALED(status));
        g_assert_cmpint(WTERMSIG(status), ==, SIGSYS);
    }
}

static void test_only_the_kept_descriptor_stays_open(void)
{
    const int other = dup2(0, 3);
    g_assert_cmpint(other, ==, 3);
    g_assert_cmpint(run_behind_door(act_use_other_fd), ==, 0);
    g_assert_cmpint(run_behind_door(act_read_kept), ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sandbox/paths-are-refused", test_paths_are_refused);
    g_test_add_func("/sandbox/what-reaches-outside-ends-the-process",
                    test_what_reaches_outside_ends_the_process);
    g_test_add_func("/sandbox/only-the-kept-descriptor-stays-open",
                    test_only_the_kept_descriptor_stays_open);
    return g_test_run();
}

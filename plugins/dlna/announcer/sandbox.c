/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "announcer"
#include "sandbox.h"

#include <linux/landlock.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"

/* libupnp makes up to 40 threads; their stacks are the largest part. */
#define STACK_BYTES  (256 * 1024)
#define MEMORY_BYTES (512UL * 1024 * 1024)
#define MAX_FDS      256

/* The address sanitizer reserves terabytes. */
#if defined(__SANITIZE_ADDRESS__)
#define IS_SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define IS_SANITIZED
#endif
#endif

/* Every file right of Landlock's first ABI (Linux 5.13); the kernel refuses rights it doesn't know.
 */
#define ALL_FILE_RIGHTS ((1ULL << 13) - 1)

static void on_parent_died(int signal_number)
{
    alarm(2); /* its default action ends the process, should byebye hang */
}

void hth_sandbox_follow_parent(void)
{
    const struct sigaction action = { .sa_handler = on_parent_died, .sa_flags = SA_RESTART };
    sigaction(SIGUSR1, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGUSR1);
}

static void limit(__rlimit_resource_t resource, rlim_t value)
{
    const struct rlimit both = { .rlim_cur = value, .rlim_max = value };
    if (setrlimit(resource, &both) < 0)
        hth_log_warning("limit %d could not be set", (int)resource);
}

static void set_limits(void)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    pthread_setattr_default_np(&attributes);
    pthread_attr_destroy(&attributes);
    mallopt(M_ARENA_MAX, 2);

    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_NOFILE, MAX_FDS);
#ifndef IS_SANITIZED
    limit(RLIMIT_AS, MEMORY_BYTES);
#endif
}

gboolean hth_sandbox_enter(void)
{
    set_limits();
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        hth_log_warning("no_new_privs could not be set");

    const struct landlock_ruleset_attr rules = { .handled_access_fs = ALL_FILE_RIGHTS };
    const int fd = (int)syscall(SYS_landlock_create_ruleset, &rules, sizeof rules, 0U);
    const gboolean is_closed = fd >= 0 && syscall(SYS_landlock_restrict_self, fd, 0U) == 0;
    if (fd >= 0)
        close(fd);
    if (!is_closed)
        hth_log_info("this kernel has no Landlock: libupnp keeps the right to read files");
    return is_closed;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"

#if defined(__SANITIZE_ADDRESS__)
#define HAVE_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAVE_ASAN 1
#endif
#endif

#define ADDRESS_SPACE_BYTES (2048ULL * 1024 * 1024)
#define FILE_BYTES          (64ULL * 1024 * 1024) /* answers in memfds */
#define OPEN_FILES          64

/* What decoding and answering needs. Nothing in it takes a path, an address or a program. */
static const int allowed[] = {
    SCMP_SYS(recvmsg),
    SCMP_SYS(sendmsg),
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(pread64),
    SCMP_SYS(lseek),
    SCMP_SYS(close),
    SCMP_SYS(fstat),
    SCMP_SYS(memfd_create),
    SCMP_SYS(fcntl),
    SCMP_SYS(mmap),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(mprotect),
    SCMP_SYS(madvise),
    SCMP_SYS(brk),
    SCMP_SYS(futex),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(sched_setaffinity),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(getrandom),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
#ifdef HAVE_ASAN
    SCMP_SYS(sigaltstack),
    SCMP_SYS(getrusage),
    SCMP_SYS(getuid),
    SCMP_SYS(getppid),
#endif
};

/* What threads that wait for each other need, beside: GStreamer's.
 * A pair of sockets is how GstPoll wakes a thread; it leads nowhere else. */
static const int allowed_with_loops[] = {
    SCMP_SYS(socketpair),   SCMP_SYS(getppid),   SCMP_SYS(poll),   SCMP_SYS(ppoll),
    SCMP_SYS(eventfd2),     SCMP_SYS(pwrite64),  SCMP_SYS(fsync),  SCMP_SYS(set_robust_list),
    SCMP_SYS(clock_getres), SCMP_SYS(getrusage), SCMP_SYS(getuid), SCMP_SYS(membarrier),
};

/* Refused with EPERM there: GLib asks how threads are scheduled, Orc would keep its code in a file.
 */
static const int refused_with_loops[] = {
    SCMP_SYS(sched_getattr),
    SCMP_SYS(sched_setattr),
    SCMP_SYS(umask),
};

/* Refused with an error instead of the end, for libraries ask for them as a matter of course and
 * live with a no: a locale, /proc/cpuinfo, the name of a thread, whether stderr is a terminal. */
static const struct {
    int syscall;
    int error;
} refused[] = {
    { SCMP_SYS(openat), EACCES },
    { SCMP_SYS(open), EACCES },
    { SCMP_SYS(access), EACCES },
    { SCMP_SYS(faccessat), EACCES },
    { SCMP_SYS(readlink), EACCES },
    { SCMP_SYS(readlinkat), EACCES },
    { SCMP_SYS(stat), EACCES },
    { SCMP_SYS(lstat), EACCES },
    { SCMP_SYS(ioctl), ENOTTY },
    { SCMP_SYS(prctl), EPERM },
    { SCMP_SYS(clone3), ENOSYS }, /* glibc then takes clone, whose flags can be seen */
    { SCMP_SYS(sysinfo), EPERM },
    { SCMP_SYS(getcpu), EPERM },
    { SCMP_SYS(sched_setscheduler), EPERM },
    { SCMP_SYS(sched_getparam), EPERM },
    { SCMP_SYS(sched_getscheduler), EPERM },
    { SCMP_SYS(uname), EPERM },
};

#define THREAD_FLAGS (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD)

static gboolean fail_errno(GError **error, const char *what, int number)
{
    g_set_error(error, HTH_ERROR, HTH_ERROR_FAILED, "%s: %s", what, g_strerror(number));
    return FALSE;
}

/* ---- Landlock ---- */

/* All that version @abi of Landlock knows to forbid in the file system: each bit, none allowed
 * anywhere. */
static guint64 all_file_access(int abi)
{
    static const guint bits_by_abi[] = { 13, 14, 15, 15, 16 };
    const guint bits = bits_by_abi[MIN(abi, (int)G_N_ELEMENTS(bits_by_abi)) - 1];
    return (1ULL << bits) - 1;
}

/* struct landlock_ruleset_attr of a newer kernel than the headers here may know. */
typedef struct {
    guint64 access_fs;
    guint64 access_net; /* ABI 4: bind and connect of TCP */
    guint64 scoped;     /* ABI 6: abstract sockets and signals to outside */
} Ruleset;

/* Returns: the ABI in force; 0: this kernel has none. */
static int enter_landlock(void)
{
    const int abi =
        (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (abi < 1)
        return 0;
    const Ruleset ruleset = {
        .access_fs = all_file_access(abi),
        .access_net = abi >= 4 ? 3 : 0,
        .scoped = abi >= 6 ? 3 : 0,
    };
    const gsize size = abi >= 6 ? sizeof ruleset : abi >= 4 ? 16 : 8;
    const int fd = (int)syscall(SYS_landlock_create_ruleset, &ruleset, size, 0);
    if (fd < 0)
        return 0;
    const gboolean is_set = syscall(SYS_landlock_restrict_self, fd, 0) == 0;
    close(fd);
    return is_set ? abi : 0;
}

/* ---- Limits ---- */

static gboolean set_limits(const HthSandboxDoor *door, GError **error)
{
    const struct {
        int resource;
        rlim_t value;
    } limits[] = {
#ifndef HAVE_ASAN /* whose shadow is 16 TB of address space */
        { RLIMIT_AS, door->memory_bytes },  { RLIMIT_DATA, door->memory_bytes },
#endif
        { RLIMIT_FSIZE, door->file_bytes }, { RLIMIT_NOFILE, door->n_files },    { RLIMIT_CORE, 0 },
    };
    for (guint i = 0; i < G_N_ELEMENTS(limits); i++) {
        const struct rlimit limit = { limits[i].value, limits[i].value };
        if (setrlimit(limits[i].resource, &limit) != 0)
            return fail_errno(error, "setrlimit", errno);
    }
    return TRUE;
}

/* 0 and 1 lead nowhere; 2 stays for messages, and the door's; all others are closed. */
static gboolean close_others(const HthSandboxDoor *door, GError **error)
{
    const int null_fd = open("/dev/null", O_RDWR);
    if (null_fd < 0 || dup2(null_fd, 0) < 0 || dup2(null_fd, 1) < 0)
        return fail_errno(error, "/dev/null", errno);
    if ((door->first_fd > 3 && close_range(3, (unsigned)door->first_fd - 1, 0) != 0) ||
        close_range((unsigned)door->last_fd + 1, ~0U, 0) != 0)
        return fail_errno(error, "close_range", errno);
    return TRUE;
}

/* ---- seccomp ---- */

/* Rules that look at arguments. */
static int add_conditional(scmp_filter_ctx filter)
{
    int status = 0;
    /* fstat() in glibc: by descriptor, with an empty path. */
    status |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(newfstatat), 1,
                               SCMP_A3_64(SCMP_CMP_EQ, AT_EMPTY_PATH));
    status |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(newfstatat), 1,
                               SCMP_A3_64(SCMP_CMP_NE, AT_EMPTY_PATH));
    /* Threads, which libheif's decoder makes, but no process. */
    status |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
                               SCMP_A0_64(SCMP_CMP_MASKED_EQ, THREAD_FLAGS, THREAD_FLAGS));
    /* Reading a limit, which pthread does; not setting one. */
    status |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1,
                               SCMP_A2_64(SCMP_CMP_EQ, 0));
    /* abort() sends a signal to itself. */
    status |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
                               SCMP_A0_64(SCMP_CMP_EQ, (scmp_datum_t)getpid()));
    return status;
}

static gboolean enter_seccomp(const HthSandboxDoor *door, GError **error)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (filter == NULL)
        return fail_errno(error, "seccomp", ENOMEM);
    int status = add_conditional(filter);
    /* Landlock and the filter are a thread's own and are inherited: with loops a library may have
     * started one already. */
    if (door->has_loops)
        status |= seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    for (guint i = 0; door->has_loops && i < G_N_ELEMENTS(allowed_with_loops); i++)
        status |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed_with_loops[i], 0);
    for (guint i = 0; door->has_loops && i < G_N_ELEMENTS(refused_with_loops); i++)
        status |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), refused_with_loops[i], 0);
    for (guint i = 0; i < G_N_ELEMENTS(allowed); i++)
        status |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
    for (guint i = 0; i < G_N_ELEMENTS(refused); i++)
        status |= seccomp_rule_add(filter, SCMP_ACT_ERRNO((guint16)refused[i].error),
                                   refused[i].syscall, 0);
    if (status == 0)
        status = seccomp_load(filter);
    seccomp_release(filter);
    return status == 0 || fail_errno(error, "seccomp", status < 0 ? -status : EINVAL);
}

char *hth_sandbox_close(const HthSandboxDoor *door, GError **error)
{
    if (!close_others(door, error) || !set_limits(door, error))
        return NULL;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0) != 0) {
        (void)fail_errno(error, "prctl", errno);
        return NULL;
    }
    const int abi = enter_landlock();
    if (!enter_seccomp(door, error))
        return NULL;
    return abi > 0 ? g_strdup_printf("seccomp, Landlock ABI %d, rlimits", abi)
                   : g_strdup("seccomp, rlimits (this kernel offers no Landlock)");
}

char *hth_sandbox_enter(int keep_fd, GError **error)
{
    const HthSandboxDoor door = {
        .first_fd = keep_fd,
        .last_fd = keep_fd,
        .memory_bytes = ADDRESS_SPACE_BYTES,
        .file_bytes = FILE_BYTES,
        .n_files = OPEN_FILES,
    };
    return hth_sandbox_close(&door, error);
}

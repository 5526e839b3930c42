/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tells ThreadSanitizer of GLib's locks, which are futexes inside a library that was built without
 * it: without this everything that they guard looks unguarded. Linked into tests in a build with
 * -Db_sanitize=thread. */
#include <dlfcn.h>
#include <glib.h>
#include <sanitizer/tsan_interface.h>

static void *real(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

void(g_mutex_lock)(GMutex *mutex)
{
    void (*lock)(GMutex *) = (void (*)(GMutex *))real("g_mutex_lock");
    __tsan_mutex_pre_lock(mutex, 0);
    lock(mutex);
    __tsan_mutex_post_lock(mutex, 0, 0);
}

gboolean(g_mutex_trylock)(GMutex *mutex)
{
    gboolean (*lock)(GMutex *) = (gboolean(*)(GMutex *))real("g_mutex_trylock");
    __tsan_mutex_pre_lock(mutex, __tsan_mutex_try_lock);
    const gboolean is_locked = lock(mutex);
    __tsan_mutex_post_lock(mutex,
                           is_locked ? __tsan_mutex_try_lock
                                     : __tsan_mutex_try_lock | __tsan_mutex_try_lock_failed,
                           0);
    return is_locked;
}

void(g_mutex_unlock)(GMutex *mutex)
{
    void (*unlock)(GMutex *) = (void (*)(GMutex *))real("g_mutex_unlock");
    __tsan_mutex_pre_unlock(mutex, 0);
    unlock(mutex);
    __tsan_mutex_post_unlock(mutex, 0);
}

void(g_cond_wait)(GCond *cond, GMutex *mutex)
{
    void (*wait)(GCond *, GMutex *) = (void (*)(GCond *, GMutex *))real("g_cond_wait");
    __tsan_mutex_pre_unlock(mutex, 0);
    __tsan_mutex_post_unlock(mutex, 0);
    wait(cond, mutex);
    __tsan_mutex_pre_lock(mutex, 0);
    __tsan_mutex_post_lock(mutex, 0, 0);
}

gboolean(g_cond_wait_until)(GCond *cond, GMutex *mutex, gint64 until)
{
    gboolean (*wait)(GCond *, GMutex *, gint64) =
        (gboolean(*)(GCond *, GMutex *, gint64))real("g_cond_wait_until");
    __tsan_mutex_pre_unlock(mutex, 0);
    __tsan_mutex_post_unlock(mutex, 0);
    const gboolean is_signalled = wait(cond, mutex, until);
    __tsan_mutex_pre_lock(mutex, 0);
    __tsan_mutex_post_lock(mutex, 0, 0);
    return is_signalled;
}

/* What the last holder frees happened after what every other did with it. */
gboolean(g_atomic_ref_count_dec)(gatomicrefcount *count)
{
    gboolean (*dec)(gatomicrefcount *) =
        (gboolean(*)(gatomicrefcount *))real("g_atomic_ref_count_dec");
    __tsan_release(count);
    const gboolean is_last = dec(count);
    if (is_last)
        __tsan_acquire(count);
    return is_last;
}

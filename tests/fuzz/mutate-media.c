/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sends mutated copies of the files of a folder through the worker, as probes and as pictures.
 *
 *     mutate-media WORKER FOLDER COUNT SEED [SAVE-FOLDER]
 *
 * Succeeds when every one is answered, and this process, which stands for hearthd, did not grow
 * with their number. Files that a worker died of are counted, and kept in SAVE-FOLDER. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/error.h"
#include "media/media-type.h"
#include "worker-pool.h"

/* This process holds the seeds and one file at a time; the rest would be a leak. */
#define RSS_MAX_KB     (400 * 1024)
#define FILES_MAX      400
#define SEED_BYTES_MAX (1024 * 1024)

typedef struct {
    char *name;
    GBytes *bytes;
} Seed;

typedef struct {
    HthWorkerPool *pool;
    GRand *random;
    GPtrArray *seeds;
    const char *save_folder;
    guint n_wanted, n_sent, n_answered, n_good, n_refused, n_died, n_late;
} Run;

typedef struct {
    Run *run;
    int fd; /* for saving what kills */
    guint number;
} Slot;

static void seed_free(gpointer data)
{
    Seed *seed = data;
    g_free(seed->name);
    g_bytes_unref(seed->bytes);
    g_free(seed);
}

static void load_seeds(Run *run, const char *folder)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL && run->seeds->len < FILES_MAX) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        char *bytes = NULL;
        gsize size = 0;
        if (hth_media_kind_from_name(name) == HTH_MEDIA_NONE ||
            !g_file_get_contents(path, &bytes, &size, NULL))
            continue;
        Seed *seed = g_new(Seed, 1);
        *seed = (Seed){ g_strdup(name), g_bytes_new_take(bytes, MIN(size, SEED_BYTES_MAX)) };
        g_ptr_array_add(run->seeds, seed);
    }
}

/* Half of the changes go to the first 4 KiB, where headers are. */
static guint32 pick_offset(GRand *random, guint size)
{
    const guint limit = g_rand_boolean(random) ? MIN(size, 4096) : size;
    return (guint32)g_rand_int_range(random, 0, (gint32)MAX(limit, 1));
}

static void mutate(GRand *random, GByteArray *bytes)
{
    static const guint8 edges[] = { 0x00, 0xff, 0x7f, 0x80, 0x01 };
    const gint32 n = g_rand_int_range(random, 1, 30);
    for (gint32 i = 0; i < n && bytes->len > 8; i++) {
        const guint32 at = pick_offset(random, bytes->len - 8);
        switch (g_rand_int_range(random, 0, 6)) {
        case 0:
            bytes->data[at] ^= (guint8)(1 << g_rand_int_range(random, 0, 8));
            break;
        case 1:
            memset(bytes->data + at, edges[g_rand_int_range(random, 0, 5)],
                   (gsize)g_rand_int_range(random, 1, 9));
            break;
        case 2:
            g_byte_array_remove_range(bytes, at, (guint)g_rand_int_range(random, 1, 9));
            break;
        case 3:
            memmove(bytes->data + at, bytes->data + pick_offset(random, bytes->len - 8), 8);
            break;
        case 4:
            if (i == 0 && g_rand_int_range(random, 0, 4) == 0)
                g_byte_array_set_size(bytes, at + 1);
            break;
        default:
            bytes->data[at] = (guint8)g_rand_int_range(random, 0, 256);
            break;
        }
    }
}

static void save(const Slot *slot)
{
    if (slot->run->save_folder == NULL)
        return;
    g_autofree char *path = g_strdup_printf("%s/killer-%u", slot->run->save_folder, slot->number);
    g_autofree char *from = g_strdup_printf("/proc/self/fd/%d", slot->fd);
    char *bytes = NULL;
    gsize size = 0;
    if (g_file_get_contents(from, &bytes, &size, NULL))
        (void)g_file_set_contents(path, bytes, (gssize)size, NULL);
    g_free(bytes);
}

static void count_answer(Slot *slot, const GError *error)
{
    Run *run = slot->run;
    run->n_answered++;
    if (error == NULL)
        run->n_good++;
    else if (g_error_matches(error, HTH_ERROR, HTH_ERROR_TIMEOUT))
        run->n_late++;
    else if (g_str_has_suffix(error->message, "died of it"))
        run->n_died++;
    else
        run->n_refused++;
    if (error != NULL &&
        (error->code == HTH_ERROR_TIMEOUT || g_str_has_suffix(error->message, "died of it")))
        save(slot);
    close(slot->fd);
    g_free(slot);
}

static void on_probed(HthMediaInfo *info, const GError *error, gpointer data)
{
    g_autoptr(HthMediaInfo) owned = info;
    count_answer(data, error);
}

static void on_pictured(GBytes *jpeg, const GError *error, gpointer data)
{
    count_answer(data, error);
}

static void send_one(Run *run)
{
    const Seed *seed = run->seeds->pdata[g_rand_int_range(run->random, 0, (gint32)run->seeds->len)];
    gsize size = 0;
    const guint8 *data = g_bytes_get_data(seed->bytes, &size);
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    g_byte_array_append(bytes, data, (guint)size);
    mutate(run->random, bytes);
    const int fd = memfd_create("mutated", MFD_CLOEXEC);
    if (fd < 0 || write(fd, bytes->data, bytes->len) != (gssize)bytes->len)
        exit(1);
    Slot *slot = g_new(Slot, 1);
    *slot = (Slot){ run, dup(fd), run->n_sent++ };
    const HthMediaFormat format = hth_media_format_from_name(seed->name);
    if (g_rand_int_range(run->random, 0, 3) == 0)
        hth_worker_pool_picture(run->pool, fd, format, 160, on_pictured, slot);
    else
        hth_worker_pool_probe(run->pool, fd, format, on_probed, slot);
}

int main(int argc, char **argv)
{
    if (argc < 5)
        return 1;
    g_autoptr(GPtrArray) seeds = g_ptr_array_new_with_free_func(seed_free);
    Run run = { .seeds = seeds,
                .n_wanted = (guint)atoi(argv[3]),
                .random = g_rand_new_with_seed((guint32)atoi(argv[4])),
                .save_folder = argc > 5 ? argv[5] : NULL };
    load_seeds(&run, argv[2]);
    if (seeds->len == 0)
        return 1;
    const HthWorkerPoolOptions options = { .program = argv[1] };
    run.pool = hth_worker_pool_new(&options);
    while (run.n_answered < run.n_wanted) {
        while (run.n_sent < run.n_wanted && run.n_sent - run.n_answered < 40)
            send_one(&run);
        g_main_context_iteration(NULL, TRUE);
    }
    hth_worker_pool_free(run.pool);
    g_rand_free(run.random);
    struct rusage self, workers;
    getrusage(RUSAGE_SELF, &self);
    getrusage(RUSAGE_CHILDREN, &workers);
    printf("files=%u good=%u refused=%u died=%u late=%u rss_kb=%ld worker_rss_kb=%ld\n",
           run.n_answered, run.n_good, run.n_refused, run.n_died, run.n_late, self.ru_maxrss,
           workers.ru_maxrss);
    return self.ru_maxrss < RSS_MAX_KB ? 0 : 1;
}

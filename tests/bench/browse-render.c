/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How long a page of Browse takes from the request's body to the answer's, without a network: 100
 * tracks a page, random containers, four kinds of clients, one change a second.
 *
 *   browse-render [TRACKS [THREADS]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "fake-home.h"

#define PAGE    100
#define SECONDS 3

static const char *const agents[] = {
    "User-Agent: SEC_HHP_[TV] UE40D7000/1.0",
    "User-Agent: Linux/3.10.19 UPnP/1.0 LGE_DLNA_SDK/1.6.0",
    "User-Agent: UPnP/1.0 DLNADOC/1.50 Kodi",
    "User-Agent: somebody/1.0",
};

static HthObject *new_track(guint number)
{
    g_autofree char *id = g_strdup_printf("track%08u", number);
    g_autofree char *title = g_strdup_printf("Someone to Watch Over Me, take %u", number);
    HthObject *object = fake_object_new(HTH_OBJECT_MUSIC_TRACK, id, title);
    object->kind = HTH_MEDIA_AUDIO;
    object->format = HTH_FORMAT_FLAC;
    object->size_bytes = 20000000 + number;
    object->duration_ms = 200000 + number;
    object->bitrate_bps = 800000;
    object->sample_rate_hz = 44100;
    object->channels = 2;
    object->bits_per_sample = 16;
    object->track = (guint16)(number % 20 + 1);
    object->disc = 1;
    object->date = g_strdup("1950");
    object->album = g_strdup("Ella Sings Gershwin & Others");
    object->artwork_id = g_strdup("nopqrstuvwxyz");
    object->artists = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(object->artists, g_strdup("Ella Fitzgerald"));
    object->genres = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(object->genres, g_strdup("Jazz"));
    return object;
}

static void fill(FakeHome *home, guint n_tracks)
{
    for (guint i = 0; i < n_tracks; i++) {
        g_autofree char *folder = g_strdup_printf("folder-%u", i / PAGE);
        if (i % PAGE == 0)
            fake_home_add(home, "video-folders",
                          fake_object_new(HTH_OBJECT_FOLDER, folder, folder));
        fake_home_add(home, folder, new_track(i));
    }
}

typedef struct {
    FakeHome *home;
    guint n_folders;
    guint seed;
    guint n_pages;
    guint64 n_bytes;
    double cpu_s;
} Work;

/* Of this thread: other work on the machine does not count. */
static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static gpointer browse_for_a_while(gpointer data)
{
    Work *work = data;
    g_autoptr(GRand) random = g_rand_new_with_seed(work->seed);
    const gint64 end_us = g_get_monotonic_time() + SECONDS * G_USEC_PER_SEC;
    while (g_get_monotonic_time() < end_us) {
        const guint folder = (guint)g_rand_int_range(random, 0, (gint)work->n_folders);
        char arguments[320];
        g_snprintf(arguments, sizeof arguments,
                   "<ObjectID>folder-%u</ObjectID><BrowseFlag>BrowseDirectChildren</BrowseFlag>"
                   "<Filter>*</Filter><StartingIndex>0</StartingIndex>"
                   "<RequestedCount>%u</RequestedCount><SortCriteria></SortCriteria>",
                   folder, PAGE);
        g_autoptr(HthHttpRequest) request =
            fake_home_soap(work->home, agents[work->n_pages % G_N_ELEMENTS(agents)], "content",
                           "Browse", arguments);
        g_assert_cmpuint(request->status, ==, 200);
        work->n_pages++;
        work->n_bytes += g_bytes_get_size(request->answer);
    }
    work->cpu_s = cpu_seconds();
    return NULL;
}

static void run(FakeHome *home, guint n_folders, guint n_threads)
{
    g_autofree Work *works = g_new0(Work, n_threads);
    g_autofree GThread **threads = g_new0(GThread *, n_threads);
    for (guint i = 0; i < n_threads; i++) {
        works[i] = (Work){ .home = home, .n_folders = n_folders, .seed = i + 1 };
        threads[i] = g_thread_new("browser", browse_for_a_while, &works[i]);
    }
    for (guint i = 1; i < SECONDS; i++) {
        g_usleep(G_USEC_PER_SEC);
        const HthObjectRef changed = 100;
        fake_home_changed(home, &changed, 1, "folder-0");
    }
    Work sum = { 0 };
    for (guint i = 0; i < n_threads; i++) {
        g_thread_join(threads[i]);
        sum.n_pages += works[i].n_pages;
        sum.n_bytes += works[i].n_bytes;
        sum.cpu_s += works[i].cpu_s;
    }
    printf("%u threads: %u pages/s, %.1f us of CPU a page, %" G_GUINT64_FORMAT " bytes a page\n",
           n_threads, sum.n_pages / SECONDS, sum.cpu_s * 1e6 / sum.n_pages,
           sum.n_bytes / sum.n_pages);
}

int main(int argc, char **argv)
{
    const guint n_tracks = argc > 1 ? (guint)atoi(argv[1]) : 10000;
    const guint n_threads = argc > 2 ? (guint)atoi(argv[2]) : 1;
    g_autoptr(FakeHome) home = fake_home_new();
    fill(home, n_tracks);
    const guint loads = fake_home_loads(home);
    run(home, n_tracks / PAGE, n_threads); /* fills the cache */
    const guint filled = fake_home_loads(home);
    run(home, n_tracks / PAGE, n_threads);
    printf("%u tracks; read from the library: %u while filling, %u afterwards; kept: %.1f MB\n",
           n_tracks, filled - loads, fake_home_loads(home) - filled,
           (double)hth_record_cache_size_bytes(fake_home_records(home)) / 1e6);
    return 0;
}

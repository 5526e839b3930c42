/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Moves bytes over pairs of connected sockets whose two ends are both ours, with whatever is to be
 * measured in between:
 *
 *   relay-flow rate SECONDS FROM TO [FROM TO …]   → {"bytes": n, "seconds": s, "least": n}
 *   relay-flow echo COUNT A B                     → {"median_us": x, "p99_us": x}
 *
 * The numbers are descriptors that it inherits. Everything is written by one thread and read by
 * another, which discards in the kernel (MSG_TRUNC): the client should cost less than the relay. */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define BLOCK_BYTES (256 * 1024)

typedef struct {
    GArray *fds;
    guint64 *n_bytes; /* of each, read */
    _Atomic gboolean is_over;
    gboolean is_writer;
} Side;

static void move(Side *self, guint index, char *block)
{
    const int fd = g_array_index(self->fds, int, index);
    gssize n = 1;
    for (guint turn = 0; n > 0 && turn < 8; turn++) {
        n = self->is_writer ? send(fd, block, BLOCK_BYTES, MSG_NOSIGNAL | MSG_DONTWAIT)
                            : recv(fd, block, 4 * BLOCK_BYTES, MSG_TRUNC | MSG_DONTWAIT);
        if (n > 0)
            self->n_bytes[index] += (guint64)n;
    }
    if (n == 0 || (n < 0 && errno != EAGAIN))
        g_error("a connection broke: %s", n == 0 ? "ended" : g_strerror(errno));
}

static gpointer run(gpointer data)
{
    Side *self = data;
    struct epoll_event events[64];
    g_autofree char *block = g_malloc0(4 * BLOCK_BYTES);
    const int epoll_fd = epoll_create1(0);
    for (guint i = 0; i < self->fds->len; i++) {
        struct epoll_event event = { .events = self->is_writer ? EPOLLOUT : EPOLLIN,
                                     .data.u32 = i };
        epoll_ctl(epoll_fd, EPOLL_CTL_ADD, g_array_index(self->fds, int, i), &event);
    }
    while (!atomic_load(&self->is_over)) {
        const int n = epoll_wait(epoll_fd, events, G_N_ELEMENTS(events), 100);
        for (int i = 0; i < n; i++)
            move(self, events[i].data.u32, block);
    }
    close(epoll_fd);
    return NULL;
}

static void init(Side *self, gboolean is_writer, char **fds, int n)
{
    *self = (Side){ .is_writer = is_writer, .n_bytes = g_new0(guint64, n / 2) };
    self->fds = g_array_new(FALSE, FALSE, sizeof(int));
    for (int i = is_writer ? 0 : 1; i < n; i += 2) {
        const int fd = atoi(fds[i]);
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
        g_array_append_val(self->fds, fd);
    }
}

static void clear(Side *self)
{
    g_array_unref(self->fds);
    g_free(self->n_bytes);
}

static int rate(double seconds, char **fds, int n)
{
    Side writer;
    Side reader;
    init(&writer, TRUE, fds, n);
    init(&reader, FALSE, fds, n);
    const gint64 begun_us = g_get_monotonic_time();
    GThread *threads[] = { g_thread_new("writer", run, &writer),
                           g_thread_new("reader", run, &reader) };
    g_usleep((gulong)(seconds * 1e6));
    atomic_store(&writer.is_over, TRUE);
    atomic_store(&reader.is_over, TRUE);
    g_thread_join(threads[0]);
    g_thread_join(threads[1]);
    const double passed_s = (double)(g_get_monotonic_time() - begun_us) / 1e6;
    guint64 n_bytes = 0;
    guint64 least = G_MAXUINT64;
    for (int i = 0; i < n / 2; i++) {
        n_bytes += reader.n_bytes[i];
        least = MIN(least, reader.n_bytes[i]);
    }
    g_print("{\"bytes\": %" G_GUINT64_FORMAT ", \"seconds\": %.3f, \"least\": %" G_GUINT64_FORMAT
            "}\n",
            n_bytes, passed_s, least);
    clear(&writer);
    clear(&reader);
    return 0;
}

static gpointer answer(gpointer data)
{
    const int fd = GPOINTER_TO_INT(data);
    char block[512];
    gssize n;
    while ((n = recv(fd, block, sizeof block, 0)) > 0)
        (void)!send(fd, block, (size_t)n, MSG_NOSIGNAL);
    return NULL;
}

static int compare(gconstpointer a, gconstpointer b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

static int echo(guint count, int a, int b)
{
    char block[256] = { 0 };
    g_autofree double *times = g_new0(double, count);
    fcntl(a, F_SETFL, fcntl(a, F_GETFL) & ~O_NONBLOCK);
    fcntl(b, F_SETFL, fcntl(b, F_GETFL) & ~O_NONBLOCK);
    g_thread_unref(g_thread_new("answer", answer, GINT_TO_POINTER(b)));
    for (guint i = 0; i < count; i++) {
        const gint64 begun_us = g_get_monotonic_time();
        (void)!send(a, block, sizeof block, MSG_NOSIGNAL);
        if (recv(a, block, sizeof block, MSG_WAITALL) != sizeof block)
            g_error("the connection broke");
        times[i] = (double)(g_get_monotonic_time() - begun_us);
    }
    qsort(times, count, sizeof *times, compare);
    g_print("{\"median_us\": %.1f, \"p99_us\": %.1f}\n", times[count / 2], times[count * 99 / 100]);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc >= 5 && strcmp(argv[1], "rate") == 0)
        return rate(g_ascii_strtod(argv[2], NULL), argv + 3, argc - 3);
    if (argc == 5 && strcmp(argv[1], "echo") == 0)
        return echo((guint)atoi(argv[2]), atoi(argv[3]), atoi(argv[4]));
    g_printerr("usage: relay-flow rate SECONDS FROM TO … | echo COUNT A B\n");
    return 2;
}

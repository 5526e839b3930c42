/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/worker-protocol.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/wire.h"

#define TEXT_MAX 1024

/* A body that nobody can change or shorten any more, and whose reading never waits. */
#define BODY_SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

void hth_worker_message_clear(HthWorkerMessage *message)
{
    g_clear_pointer(&message->text, g_free);
    g_clear_pointer(&message->body, g_bytes_unref);
    if (message->fd >= 0)
        close(message->fd);
    message->fd = -1;
}

static gboolean fail_errno(GError **error, const char *what)
{
    g_set_error(error, HTH_ERROR, HTH_ERROR_FAILED, "%s: %s", what, g_strerror(errno));
    return FALSE;
}

static gboolean write_all(int fd, const guint8 *bytes, gsize size)
{
    for (gsize done = 0; done < size;) {
        const ssize_t n = write(fd, bytes + done, size - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return FALSE;
        done += (gsize)n;
    }
    return TRUE;
}

/* Returns: a sealed memfd that holds @body; -1 with errno. */
static int body_to_memfd(GBytes *body)
{
    const int fd = memfd_create("hearth-answer", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return -1;
    gsize size = 0;
    const guint8 *bytes = g_bytes_get_data(body, &size);
    if (!write_all(fd, bytes, size) || fcntl(fd, F_ADD_SEALS, BODY_SEALS) != 0) {
        const int saved = errno;
        close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}

/* Of one packet: the file, and the body. */
#define FDS_MAX 2

static gboolean send_packet(int socket_fd, const GByteArray *packet, const int *fds, guint n_fds,
                            int flags)
{
    struct iovec part = { .iov_base = packet->data, .iov_len = packet->len };
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(FDS_MAX * sizeof(int))];
    } control = { 0 };
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
    if (n_fds > 0) {
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(n_fds * sizeof *fds);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(n_fds * sizeof *fds);
        memcpy(CMSG_DATA(header), fds, n_fds * sizeof *fds);
    }
    ssize_t n;
    do {
        n = sendmsg(socket_fd, &message, flags | MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    return n >= 0;
}

gboolean hth_worker_send(int socket_fd, const HthWorkerMessage *message, int flags, GError **error)
{
    const gsize body_size = message->body != NULL ? g_bytes_get_size(message->body) : 0;
    const gboolean is_inline = body_size <= HTH_WORKER_INLINE_MAX;
    int fds[FDS_MAX];
    guint n_fds = 0;
    if (message->fd >= 0)
        fds[n_fds++] = message->fd;
    const int body_fd = is_inline ? -1 : body_to_memfd(message->body);
    if (!is_inline && body_fd < 0)
        return fail_errno(error, "a message could not be stored");
    if (body_fd >= 0)
        fds[n_fds++] = body_fd;

    g_autoptr(GByteArray) packet = g_byte_array_new();
    hth_wire_write_u8(packet, (guint8)message->type);
    hth_wire_write_u64(packet, message->job);
    hth_wire_write_u8(packet, (guint8)message->format);
    hth_wire_write_u32(packet, message->max_pixels);
    hth_wire_write_u32(packet, message->code);
    g_autofree char *text = message->text != NULL ? g_strndup(message->text, TEXT_MAX) : NULL;
    hth_wire_write_string(packet, text);
    hth_wire_write_blob(packet,
                        is_inline && body_size > 0 ? g_bytes_get_data(message->body, NULL) : NULL,
                        is_inline ? body_size : 0);

    const gboolean is_sent = send_packet(socket_fd, packet, fds, n_fds, flags);
    const int saved = errno;
    if (body_fd >= 0)
        close(body_fd);
    errno = saved;
    if (!is_sent && (errno == EAGAIN || errno == EWOULDBLOCK || errno == ETOOMANYREFS)) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_BUSY, "the socket is full");
        return FALSE;
    }
    return is_sent || fail_errno(error, "a message could not be sent");
}

/* A packet's descriptors; more than @fds has room for are closed. */
typedef struct {
    int fds[FDS_MAX];
    guint n;
} Fds;

static void fds_close(Fds *self)
{
    while (self->n > 0)
        close(self->fds[--self->n]);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Fds, fds_close)

static void take_fds(struct msghdr *message, Fds *to)
{
    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header != NULL;
         header = CMSG_NXTHDR(message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
            continue;
        const gsize n = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (gsize i = 0; i < n; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(header) + i * sizeof fd, sizeof fd);
            if (to->n < FDS_MAX)
                to->fds[to->n++] = fd;
            else
                close(fd);
        }
    }
}

/* Returns: bytes received; -1 with errno. */
static ssize_t receive_packet(int socket_fd, guint8 *buffer, gsize size, int flags, Fds *out_fds,
                              gboolean *out_is_cut)
{
    struct iovec part = { .iov_base = buffer, .iov_len = size };
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(4 * sizeof(int))];
    } control;
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control
    };
    ssize_t n;
    /* A peer that ends with requests unread leaves one ECONNRESET ahead of the answers it sent. */
    do {
        n = recvmsg(socket_fd, &message, flags | MSG_CMSG_CLOEXEC);
    } while (n < 0 && (errno == EINTR || errno == ECONNRESET));
    if (n >= 0)
        take_fds(&message, out_fds);
    *out_is_cut = n >= 0 && (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0;
    return n;
}

/* Only a sealed memfd is read: it cannot shrink under us, and it never waits. */
static GBytes *body_from_memfd(int fd, gsize max_bytes)
{
    const int seals = fcntl(fd, F_GET_SEALS);
    struct stat stat_buffer;
    if (seals < 0 || (seals & BODY_SEALS) != BODY_SEALS || fstat(fd, &stat_buffer) != 0 ||
        stat_buffer.st_size < 0 || (guint64)stat_buffer.st_size > max_bytes)
        return NULL;
    const gsize size = (gsize)stat_buffer.st_size;
    g_autofree guint8 *bytes = g_malloc(size);
    for (gsize done = 0; done < size;) {
        const ssize_t n = pread(fd, bytes + done, size - done, (off_t)done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return NULL;
        done += (gsize)n;
    }
    return g_bytes_new_take(g_steal_pointer(&bytes), size);
}

/* What a message of each type carries. */
static const struct {
    gboolean has_file;
    gsize body_max; /* 0: it has none */
} shapes[HTH_N_WORKER_MESSAGES] = {
    [HTH_WORKER_PROBE] = { .has_file = TRUE },
    [HTH_WORKER_PICTURE] = { .has_file = TRUE },
    [HTH_WORKER_LAYOUT] = { .has_file = TRUE },
    [HTH_WORKER_RECIPE] = { .has_file = TRUE, .body_max = HTH_WORKER_LAYOUTS_MAX },
    [HTH_WORKER_PROBED] = { .body_max = HTH_WORKER_RECORD_MAX },
    [HTH_WORKER_PICTURED] = { .body_max = HTH_WORKER_PICTURE_MAX },
    [HTH_WORKER_LAYOUT_READ] = { .body_max = HTH_WORKER_LAYOUTS_MAX },
    [HTH_WORKER_RECIPE_MADE] = { .body_max = HTH_WORKER_LAYOUTS_MAX },
};

/* Takes the file out of @fds. */
static gboolean decode_packet(const guint8 *packet, gsize size, Fds *fds, HthWorkerMessage *out)
{
    HthWireReader reader = HTH_WIRE_READER(packet, size);
    out->type = hth_wire_read_u8(&reader);
    out->job = hth_wire_read_u64(&reader);
    out->format = hth_wire_read_u8(&reader);
    out->max_pixels = hth_wire_read_u32(&reader);
    out->code = hth_wire_read_u32(&reader);
    out->text = hth_wire_read_string(&reader, TEXT_MAX);
    gsize body_size = 0;
    const guint8 *body = hth_wire_read_blob(&reader, HTH_WORKER_INLINE_MAX, &body_size);
    if (!hth_wire_reader_is_done(&reader) || (guint)out->type >= HTH_N_WORKER_MESSAGES ||
        (guint)out->format >= HTH_N_FORMATS || out->max_pixels > HTH_WORKER_PIXELS_MAX)
        return FALSE;
    const guint n_files = shapes[out->type].has_file ? 1 : 0;
    const gsize body_max = shapes[out->type].body_max;
    if (fds->n < n_files || fds->n > n_files + (body_max > 0 ? 1 : 0))
        return FALSE;
    if (body_max > 0) {
        out->body = fds->n > n_files ? body_from_memfd(fds->fds[n_files], body_max)
                                     : g_bytes_new(body, body_size);
        if (out->body == NULL)
            return FALSE;
    }
    if (n_files > 0) {
        out->fd = fds->fds[0];
        fds->fds[0] = fds->fds[--fds->n];
    }
    return TRUE;
}

gboolean hth_worker_receive(int socket_fd, HthWorkerMessage *out_message, int flags, GError **error)
{
    *out_message = (HthWorkerMessage)HTH_WORKER_MESSAGE_INIT;
    guint8 packet[HTH_WORKER_PACKET_MAX];
    gboolean is_cut = FALSE;
    g_auto(Fds) fds = { 0 };
    const ssize_t n = receive_packet(socket_fd, packet, sizeof packet, flags, &fds, &is_cut);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_BUSY, "nothing to receive");
        return FALSE;
    }
    if (n <= 0) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND, "the other side closed the socket");
        return FALSE;
    }
    if (is_cut || !decode_packet(packet, (gsize)n, &fds, out_message)) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_CORRUPT, "a message makes no sense");
        return FALSE;
    }
    return TRUE;
}

GBytes *hth_worker_pair(GBytes *first, GBytes *second)
{
    GByteArray *body = g_byte_array_new();
    gsize size = 0;
    const guint8 *bytes = g_bytes_get_data(first, &size);
    hth_wire_write_blob(body, bytes, size);
    if (second != NULL) {
        bytes = g_bytes_get_data(second, &size);
        g_byte_array_append(body, bytes, (guint)size);
    }
    return g_byte_array_free_to_bytes(body);
}

gboolean hth_worker_unpair(GBytes *body, GBytes **out_first, GBytes **out_second)
{
    gsize size = 0;
    const guint8 *bytes = g_bytes_get_data(body, &size);
    HthWireReader reader = HTH_WIRE_READER(bytes, size);
    gsize first_size = 0;
    (void)hth_wire_read_blob(&reader, size, &first_size);
    if (reader.has_failed)
        return FALSE;
    const gsize rest = reader.position;
    *out_first = g_bytes_new_from_bytes(body, rest - first_size, first_size);
    *out_second = rest < size ? g_bytes_new_from_bytes(body, rest, size - rest) : NULL;
    return TRUE;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A worker without a sandbox or a decoder that does what its file says: for tests of the pool. */
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "media/worker-protocol.h"

static void answer(const HthWorkerMessage *request, const char *text, int socket_fd)
{
    g_autoptr(HthMediaInfo) info = hth_media_info_new();
    info->title = g_strdup(text);
    g_autoptr(GByteArray) record = g_byte_array_new();
    hth_media_info_encode(info, record);
    const gboolean is_probe = request->type == HTH_WORKER_PROBE;
    g_autoptr(GBytes) body =
        is_probe ? g_bytes_new(record->data, record->len) : g_bytes_new(text, strlen(text));
    const HthWorkerMessage message = {
        .type = is_probe ? HTH_WORKER_PROBED : HTH_WORKER_PICTURED,
        .job = request->job,
        .body = body,
        .fd = -1,
    };
    (void)hth_worker_send(socket_fd, &message, 0, NULL);
}

static void obey(HthWorkerMessage *request, const char *text)
{
    const int fd = HTH_WORKER_SOCKET_FD;
    if (g_str_has_prefix(text, "crash"))
        raise(SIGKILL);
    if (g_str_has_prefix(text, "exit"))
        _exit(0);
    if (g_str_has_prefix(text, "stall"))
        pause();
    if (g_str_has_prefix(text, "garbage"))
        (void)send(fd, "garbage", 7, 0);
    if (g_str_has_prefix(text, "slow"))
        g_usleep(20000);
    if (g_str_has_prefix(text, "wrong-job"))
        request->job += 1000;
    if (g_str_has_prefix(text, "wrong-kind"))
        request->type = HTH_WORKER_PICTURE;
    if (g_str_has_prefix(text, "huge")) {
        g_autofree char *huge = g_strnfill(3 * 1024 * 1024, 'h');
        answer(request, huge, fd);
        return;
    }
    if (g_str_has_prefix(text, "error")) {
        const HthWorkerMessage message = { .type = HTH_WORKER_FAILED,
                                           .job = request->job,
                                           .code = HTH_ERROR_CORRUPT,
                                           .text = (char *)"not media",
                                           .fd = -1 };
        (void)hth_worker_send(fd, &message, 0, NULL);
        return;
    }
    answer(request, text, fd);
    if (g_str_has_prefix(text, "twice"))
        answer(request, text, fd);
}

int main(void)
{
    const HthWorkerMessage hello = { .type = HTH_WORKER_HELLO,
                                     .code = HTH_WORKER_PROTOCOL_VERSION,
                                     .text = (char *)"none, for a test",
                                     .fd = -1 };
    (void)hth_worker_send(HTH_WORKER_SOCKET_FD, &hello, 0, NULL);
    for (;;) {
        g_auto(HthWorkerMessage) request = HTH_WORKER_MESSAGE_INIT;
        if (!hth_worker_receive(HTH_WORKER_SOCKET_FD, &request, 0, NULL))
            return 0;
        char text[256] = "";
        (void)!pread(request.fd, text, sizeof text - 1, 0);
        obey(&request, text);
    }
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What hearthd and hearth-worker say to each other.
 *
 * The worker is started with one end of an AF_UNIX SOCK_SEQPACKET pair as descriptor 3. A message
 * is one packet, so that a descriptor travels with exactly the message that it belongs to, and
 * neither side ever has half a message in hand.
 *
 *     worker → hearthd   HELLO(sandbox)                  once, when the sandbox is closed
 *     hearthd → worker   PROBE(job, format) + file       any number may be on their way
 *     hearthd → worker   PICTURE(job, format, max_pixels) + file
 *     hearthd → worker   LAYOUT(job, format) + file      reads the file whole
 *     hearthd → worker   RECIPE(job, format, old and new layout) + file
 *     worker → hearthd   PROBED(job, record)             the record of media-info.h
 *     worker → hearthd   PICTURED(job, jpeg)
 *     worker → hearthd   LAYOUT_READ(job, layout)        encoded, as layout.h says
 *     worker → hearthd   RECIPE_MADE(job, recipe and new layout)
 *     worker → hearthd   FAILED(job, code, sentence)
 *
 * The worker does one job after the other, in the order they came, and answers each once: so the
 * oldest unanswered job is the one in hand, and it is that job's fault when the worker dies.
 * A body over HTH_WORKER_INLINE_MAX travels in a memfd sealed against change, the last descriptor
 * of the packet, beside an empty body. At the end of the socket the worker exits.
 *
 * hearthd believes nothing: a packet that does not decode, an answer to a job that is not in hand,
 * a descriptor that is not a sealed memfd, and the worker is killed.
 */
#pragma once

#include "media/media-info.h"

G_BEGIN_DECLS

#define HTH_WORKER_SOCKET_FD 3

/* Raised with every change of a message: hearthd and worker are installed together. */
#define HTH_WORKER_PROTOCOL_VERSION 2

#define HTH_WORKER_INLINE_MAX  (32 * 1024)
#define HTH_WORKER_PACKET_MAX  (HTH_WORKER_INLINE_MAX + 4096)
#define HTH_WORKER_RECORD_MAX  (48 * 1024 * 1024) /* a playlist with every entry at its limit */
#define HTH_WORKER_PICTURE_MAX (32 * 1024 * 1024)
#define HTH_WORKER_LAYOUTS_MAX (16 * 1024 * 1024) /* a layout, or two, or one and a recipe */
#define HTH_WORKER_PIXELS_MAX  4096               /* the largest max_pixels */

typedef enum {
    HTH_WORKER_HELLO,
    HTH_WORKER_PROBE,
    HTH_WORKER_PICTURE,
    HTH_WORKER_PROBED,
    HTH_WORKER_PICTURED,
    HTH_WORKER_FAILED,
    HTH_WORKER_LAYOUT,
    HTH_WORKER_RECIPE,
    HTH_WORKER_LAYOUT_READ,
    HTH_WORKER_RECIPE_MADE,
    HTH_N_WORKER_MESSAGES,
} HthWorkerMessageType;

typedef struct {
    HthWorkerMessageType type;
    guint64 job;           /* all but HELLO */
    HthMediaFormat format; /* of a request: by the file's name */
    guint32 max_pixels;    /* PICTURE; 0: the picture as it is */
    guint32 code;          /* FAILED: an HthError; HELLO: the version */
    char *text;            /* HELLO: what is in force; FAILED: a sentence; owned */
    GBytes *body;          /* of an answer, and of RECIPE: with both layouts; owned */
    int fd;                /* of a request: the file; -1: none; owned */
} HthWorkerMessage;

#define HTH_WORKER_MESSAGE_INIT                                                                    \
    {                                                                                              \
        .fd = -1                                                                                   \
    }

void hth_worker_message_clear(HthWorkerMessage *message);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HthWorkerMessage, hth_worker_message_clear)

/* Sends one packet; the descriptor and the body stay the caller's. A body over
 * HTH_WORKER_INLINE_MAX is sent in a memfd.
 *
 * Errors: HTH_ERROR_BUSY    the socket is full, and @flags has MSG_DONTWAIT
 *         HTH_ERROR_FAILED  the other side is gone, or no memfd could be made */
gboolean hth_worker_send(int socket_fd, const HthWorkerMessage *message, int flags, GError **error);

/* Receives one packet into @out_message, which the caller clears. A body in a memfd is read, so
 * that @body is always there where the type has one.
 *
 * Errors: HTH_ERROR_BUSY       nothing is there, and @flags has MSG_DONTWAIT
 *         HTH_ERROR_NOT_FOUND  the other side closed the socket
 *         HTH_ERROR_CORRUPT    nonsense */
gboolean hth_worker_receive(int socket_fd, HthWorkerMessage *out_message, int flags,
                            GError **error);

/* Two blobs in one body; the second may be empty, and is NULL then. */
GBytes *hth_worker_pair(GBytes *first, GBytes *second);
/* FALSE: @body is none. */
gboolean hth_worker_unpair(GBytes *body, GBytes **out_first, GBytes **out_second);

G_END_DECLS

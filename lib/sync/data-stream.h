/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The answer to POST /sync/data: for each part that was asked for, in that order,
 *
 *   frames    [u32 length > 0][length bytes]…   at most HTH_SYNC_FRAME_MAX_BYTES each
 *   its end   [u32 0][u8 HthSyncStatus][u32 CRC-32C of the part's bytes]
 *
 * The sum finds mistakes of ours; against others TLS keeps the stream, and what a file is to be is
 * said by its SHA-256 in the operation. Where the home has not read the file yet, the device says
 * what it hashes to, and the home compares that when it has read it for the file's layout.
 *
 * A status that is not OK may come after any number of frames: they are worth nothing then
 * (CHANGED: the file became another while it was read).
 *
 * Threads: an object belongs to one thread at a time.
 */
#pragma once

#include <glib.h>

#include "sync/message.h"

G_BEGIN_DECLS

#define HTH_SYNC_FRAME_MAX_BYTES  (1024 * 1024)
#define HTH_SYNC_FRAME_HEAD_BYTES 4
#define HTH_SYNC_PART_END_BYTES   (4 + 1 + 4)

/* ---- The home's half ---- */

void hth_sync_frame_head(guint32 length, guint8 out[HTH_SYNC_FRAME_HEAD_BYTES]);
void hth_sync_part_end(HthSyncStatus status, guint32 sum, guint8 out[HTH_SYNC_PART_END_BYTES]);

/* ---- The device's half ---- */

typedef struct {
    /* The next bytes of part @index, borrowed from what was fed. */
    gboolean (*bytes)(guint index, gconstpointer bytes, gsize size, gpointer data, GError **error);
    /* Part @index is over. */
    gboolean (*end)(guint index, HthSyncStatus status, guint32 sum, gpointer data, GError **error);
} HthSyncDataFuncs;

/* Takes the stream apart as it comes, in pieces of any size, without a copy. */
typedef struct {
    const HthSyncDataFuncs *funcs;
    gpointer data;
    guint n_parts; /* that were asked for; more is an error */
    guint index;
    guint32 frame_left;                   /* bytes of the frame under way */
    guint n_head;                         /* of head, that are there */
    guint8 head[HTH_SYNC_PART_END_BYTES]; /* a frame's head, or a part's end */
} HthSyncDataParser;

#define HTH_SYNC_DATA_PARSER(parser_funcs, parser_data, parts)                                     \
    ((HthSyncDataParser){ .funcs = (parser_funcs), .data = (parser_data), .n_parts = (parts) })

/* Errors: HTH_ERROR_CORRUPT, and what the callbacks say. */
gboolean hth_sync_data_parser_feed(HthSyncDataParser *self, gconstpointer bytes, gsize size,
                                   GError **error);

/* TRUE when all parts have ended. */
gboolean hth_sync_data_parser_is_done(const HthSyncDataParser *self);

G_END_DECLS

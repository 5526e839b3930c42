/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts that messages are made of, as fields: shared by the sources of message.h only. */
#pragma once

#include "base/wire.h"
#include "sync/message.h"

G_BEGIN_DECLS

void hth_sync_write_hash(GByteArray *to, const HthDigest *hash);
void hth_sync_read_hash(HthWireReader *reader, HthDigest *out);
void hth_sync_write_fixed(GByteArray *to, gconstpointer bytes, gsize size);
void hth_sync_read_fixed(HthWireReader *reader, gpointer out, gsize size);
void hth_sync_write_bytes(GByteArray *to, GBytes *bytes); /* NULL is kept apart from empty */
GBytes *hth_sync_read_bytes(HthWireReader *reader, gsize max_bytes);

/* Reads a string that must be there and be exactly as it was sent: no NUL, valid UTF-8. */
char *hth_sync_read_text(HthWireReader *reader, gsize max_bytes);
/* The same, or NULL as written. */
char *hth_sync_read_optional_text(HthWireReader *reader, gsize max_bytes);
guint hth_sync_read_enum(HthWireReader *reader, guint n_values);
gboolean hth_sync_read_boolean(HthWireReader *reader);
/* The count of a list of things of at least @min_bytes each. */
guint hth_sync_read_count(HthWireReader *reader, guint max, gsize min_bytes);

void hth_sync_write_operation(GByteArray *to, const HthSyncOperation *self);
void hth_sync_read_operation(HthWireReader *reader, HthSyncOperation *self);
void hth_sync_write_result(GByteArray *to, const HthSyncResult *self);
void hth_sync_read_result(HthWireReader *reader, HthSyncResult *self);
void hth_sync_write_play(GByteArray *to, const HthSyncPlay *self);
void hth_sync_read_play(HthWireReader *reader, HthSyncPlay *self);

/* TRUE when all fields were read and nothing is left; else sets the error. */
gboolean hth_sync_read_done(const HthWireReader *reader, const char *what, GError **error);

G_END_DECLS

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shared by the sources of sync-device.h only. */
#pragma once

#include "sync/apply.h"
#include "sync/data-stream.h"
#include "sync/device-store.h"
#include "sync/folder-files.h"
#include "sync/sync-device.h"

G_BEGIN_DECLS

#define HTH_SYNC_SLICE_BYTES (4 * 1024 * 1024)

/* A part of the data that is asked for, and what becomes of it. */
typedef struct {
    HthSyncPart part;
    guint operation;    /* index in the answer */
    char *path;         /* of the file that it goes into */
    guint64 write_from; /* where in that file */
    guint64 resumed;    /* bytes of the new file that are there already */
    gboolean is_ended;
} HthFetchPart;

/* The stream of data under way. */
typedef struct {
    HthSyncStream *stream;
    HthSyncDataParser parser;
    GArray *parts; /* (element HthFetchPart) */
    HthSyncFile *file;
    guint64 written;      /* of the current part */
    guint64 kept;         /* length of the last partial that was journaled */
    gint64 kept_ms;
    HthDigester *whole;   /* of a file that was resumed: from its beginning */
    HthDigester *digester; /* of the current part */
    HthDigest digest;     /* of the last file that was ended */
    guint64 size;
    HthSyncStatus status; /* not OK: the rest of the part is thrown away */
    char *sentence;
} HthFetch;

struct HthSyncDevice {
    const HthSyncEnv *env;
    HthSyncDeviceOptions options;
    HthSyncDevicePlays plays;
    HthSyncPhase phase;
    HthSyncWait wait;
    gboolean wants_verify;
    HthDeviceStore *store;
    HthApply *apply;
    /* scan, verify, manifest, wipe: where the walk is */
    guint64 walk_from;
    guint64 n_missing;
    GArray *absent; /* (element guint64) */
    guint n_held_back;
    guint n_damaged;
    guint32 page;
    HthSyncFile *verify_file;
    HthSyncHeld verify_held;
    guint64 verify_at;
    HthDigester *verify_digester;
    /* ask, work */
    HthSyncAnswer *answer;
    guint index; /* of the operation that is next */
    guint layout_index;
    gboolean was_told; /* the last request said something that an answer should confirm */
    guint n_quiet;     /* answers in a row that brought nothing */
    HthFetch *fetch;
    gboolean is_wiped;
    gboolean told_away;
    guint64 bytes_fetched;
    guint64 bytes_written;
    guint64 applied_before; /* by an earlier HthApply */
    guint64 refused_before;
    char *path;
};

void hth_sync_device_enter(HthSyncDevice *self, HthSyncPhase phase);

/* Each does one step of its phase and enters the next one when it is through. */
gboolean hth_sync_step_volume(HthSyncDevice *self, GError **error);
gboolean hth_sync_step_scan(HthSyncDevice *self, GError **error);
gboolean hth_sync_step_verify(HthSyncDevice *self, GError **error);
gboolean hth_sync_step_ask(HthSyncDevice *self, GError **error);
gboolean hth_sync_step_manifest(HthSyncDevice *self, GError **error);
gboolean hth_sync_step_layouts(HthSyncDevice *self, GError **error);
gboolean hth_sync_step_work(HthSyncDevice *self, GError **error);
gboolean hth_sync_step_wipe(HthSyncDevice *self, GError **error);

/* TRUE when the folder is ours; FALSE without error: it is away. */
gboolean hth_sync_volume_is_here(HthSyncDevice *self, GError **error);
void hth_sync_verify_clear(HthSyncDevice *self);
gboolean hth_sync_new_epoch(HthSyncDevice *self, gboolean is_unsure, GError **error);
gboolean hth_sync_may_fetch(HthSyncDevice *self);

/* ---- sync-fetch.c ---- */
HthSyncOperation *hth_sync_operation_at(HthSyncDevice *self, guint index);
gboolean hth_fetch_begin(HthSyncDevice *self, GError **error);
gboolean hth_fetch_pump(HthSyncDevice *self, GError **error);
/* Ends the stream; what came of a file is kept for later. */
gboolean hth_fetch_end(HthSyncDevice *self, GError **error);
/* Appends what @index needs that is not here to @parts. *out_needs: whether anything is missing. */
gboolean hth_fetch_needs(HthSyncDevice *self, guint index, GArray *parts, GError **error);
char *hth_picture_path(const HthDigest *hash);
char *hth_ranges_path(guint64 sequence);

/* ---- retag.c ---- */
gboolean hth_retag(HthSyncDevice *self, const HthSyncOperation *operation, GError **error);

G_END_DECLS

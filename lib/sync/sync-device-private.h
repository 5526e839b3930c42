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

typedef enum {
    HTH_WORK_NEW,
    HTH_WORK_CHECKED, /* may go */
    HTH_WORK_FETCHED, /* all bytes that it needs are here */
    HTH_WORK_FAILED,  /* they could not be had: status and sentence say why */
} HthWorkState;

/* How far one operation of the answer is. */
typedef struct {
    HthWorkState state;
    HthSyncStatus status;
    char *sentence;
    HthSyncFile *file; /* of a PUT: the temporary file, complete */
    HthDigest digest;
    guint64 size;
} HthWork;

/* A part of the data that is asked for, and what becomes of it. */
typedef struct {
    HthSyncPart part;
    guint operation;    /* index in the answer */
    gboolean is_last;   /* of this operation's parts */
    char *path;         /* of the file that it goes into */
    guint64 write_from; /* where in that file */
    HthDigester *whole; /* over the file so far, where it counts; NULL: not begun */
} HthFetchPart;

/* The stream of data under way. */
typedef struct {
    HthSyncStream *stream;
    HthSyncDataParser parser;
    GArray *parts; /* (element HthFetchPart) */
    guint index;   /* of the part that is_begun */
    gboolean is_begun;
    HthSyncFile *file; /* that it is written to */
    guint64 written;   /* of the current part */
    guint64 kept;      /* length of the file when a partial was journaled last */
    guint kept_of;     /* index + 1 of the operation whose file that is */
    gint64 kept_ms;
    guint32 sum;          /* of the current part */
    HthSyncStatus status; /* not OK: the rest of the part is thrown away */
    char *sentence;
} HthFetch;

struct HthSyncDevice {
    const HthSyncEnv *env;
    HthSyncDeviceOptions options;
    HthSyncDevicePlays plays;
    guint64 told_play; /* the number of the last entry that the last request told; 0: none */
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
    GArray *work; /* (element HthWork) as answer->operations */
    guint index;  /* of the operation that is next */
    guint layout_index;
    gboolean was_told; /* the last request said something that an answer should confirm */
    guint n_quiet;     /* answers in a row that brought nothing */
    HthFetch *fetch;
    gboolean is_wiped;
    gboolean told_away;
    gboolean says_away; /* the two below are told */
    guint32 away_revision;
    guint16 play_port;
    gboolean wants_away;
    guint64 bytes_fetched;
    guint64 session_from; /* bytes_fetched when this session began */
    guint64 bytes_written;
    guint64 applied_before; /* by an earlier HthApply */
    guint64 refused_before;
    guint64 refused_looked; /* of this HthApply, when missing files were looked for */
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

/* ---- sync-work.c ---- */
HthSyncOperation *hth_sync_operation_at(HthSyncDevice *self, guint index);
HthWork *hth_work_at(HthSyncDevice *self, guint index);
GArray *hth_work_new(guint n_operations);
void hth_work_close(HthSyncDevice *self); /* forgets the answer and closes its files */
/* Does what can be done without more data. */
gboolean hth_work_run_ready(HthSyncDevice *self, GError **error);

/* ---- sync-fetch.c ---- */
/* Asks for the data of the next operation and as many after it as there is room for. */
gboolean hth_fetch_begin(HthSyncDevice *self, GError **error);
gboolean hth_fetch_pump(HthSyncDevice *self, GError **error);
/* Ends the stream; what came of a file is kept for later. */
gboolean hth_fetch_end(HthSyncDevice *self, GError **error);
/* Appends to @parts what operation @index needs and is not here. */
gboolean hth_fetch_needs(HthSyncDevice *self, guint index, GArray *parts, GError **error);
GArray *hth_fetch_parts_new(void);
/* Empties the cache of pictures when it has grown over its limit. */
gboolean hth_pictures_prune(HthSyncDevice *self, GError **error);
char *hth_picture_path(const HthDigest *hash);
/* The file in which a RETAG gathers what its recipe fetches. New string. */
char *hth_ranges_path(const HthSyncOperation *operation);

/* ---- retag.c ---- */
gboolean hth_retag(HthSyncDevice *self, const HthSyncOperation *operation, GError **error);

G_END_DECLS

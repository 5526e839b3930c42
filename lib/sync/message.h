/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a device and its home say to each other, as bytes.
 *
 *   POST /sync            HthSyncRequest      -> 200 HthSyncAnswer, or 204: nothing changed
 *   POST /sync/manifest   HthSyncManifestPage -> 204
 *   POST /sync/layout     HthSyncLayout       -> 204
 *   POST /sync/data       HthSyncDataRequest  -> 200 and a stream of frames (data-stream.h)
 *   POST /sync/upload     HthSyncUpload       -> 200 HthSyncUploadAnswer
 *
 * A body is one byte, 0 (raw) or 1 (zstd, one frame that names its size), then the fields one
 * after another as lib/base/wire.h writes them: little-endian, each list after its 32-bit count,
 * each string and blob after its 32-bit length, a hash after a byte that says whether it is there
 * (absent: all zeros). The fields are in the order of the structs below; what HTH_SYNC_SAYS_AWAY
 * announces comes last.
 *
 * Neither side trusts the other's bytes. decode() accepts nothing over the limits named here,
 * nothing left over at the end, and no enum value it does not know; paths, recipes, layouts and
 * contents are the caller's to judge (device-path.h, lib/media).
 * Errors of all decode(): HTH_ERROR_CORRUPT, HTH_ERROR_TOO_LARGE, HTH_ERROR_NEWER (version).
 *
 * An item is 64 bits: the permanent id that the home gives it. Whatever lies on a device as a file
 * of its own has one: a track, its lyrics, a folder's picture, a playlist.
 *
 * Threads: any thread, any time; an object belongs to one thread at a time.
 */
#pragma once

#include <glib.h>

#include "base/digest.h"

G_BEGIN_DECLS

#define HTH_SYNC_VERSION        1
#define HTH_SYNC_EPOCH_BYTES    16
#define HTH_SYNC_ROUTE_SYNC     "/sync"
#define HTH_SYNC_ROUTE_MANIFEST "/sync/manifest"
#define HTH_SYNC_ROUTE_LAYOUT   "/sync/layout"
#define HTH_SYNC_ROUTE_DATA     "/sync/data"
#define HTH_SYNC_ROUTE_UPLOAD   "/sync/upload"

/* Limits. A body is measured after decompression. */
#define HTH_SYNC_BODY_MAX_BYTES     (1024 * 1024)
#define HTH_SYNC_LAYOUT_MAX_BYTES   (8 * 1024 * 1024)
#define HTH_SYNC_UPLOAD_MAX_BYTES   (4 * 1024 * 1024) /* of one slice */
#define HTH_SYNC_RECIPE_MAX_BYTES   (512 * 1024)
#define HTH_SYNC_CONTENT_MAX_BYTES  (256 * 1024) /* inline; what is longer is fetched */
#define HTH_SYNC_PATH_MAX_BYTES     3072
#define HTH_SYNC_SENTENCE_MAX_BYTES 240
#define HTH_SYNC_MAX_OPERATIONS     256
#define HTH_SYNC_MAX_RESULTS        512
#define HTH_SYNC_MAX_ABSENT         1000
#define HTH_SYNC_MAX_PLAYS          1000
#define HTH_SYNC_MAX_LAYOUT_ITEMS   256
#define HTH_SYNC_MAX_PARTS          256
#define HTH_SYNC_MAX_HELD           4000 /* entries of a manifest page */

/* ---- Parts of messages ---- */

typedef enum {
    HTH_SYNC_PUT,      /* a file comes, or comes anew */
    HTH_SYNC_RETAG,    /* the file becomes another by a recipe */
    HTH_SYNC_MOVE,     /* the file gets another path */
    HTH_SYNC_REMOVE,   /* the file goes */
    HTH_SYNC_PLAYLIST, /* as PUT; its bytes are inline when they are few */
    HTH_SYNC_ART,      /* as PUT; its bytes are those of the picture new_hash */
    HTH_SYNC_N_OPERATION_KINDS,
} HthSyncOperationKind;

typedef struct {
    guint64 sequence; /* counts up for each device; gaps are fine */
    HthSyncOperationKind kind;
    guint64 item;
    char *path;         /* where it is to lie; of a MOVE: the new path */
    HthDigest old_hash; /* of the device's file; zeros: there is none */
    HthDigest new_hash; /* zeros: known only when it has been read */
    guint64 size;       /* of the new file */
    guint64 revision;   /* of the home's file; goes into HthSyncPart */
    GBytes *recipe;     /* RETAG only, else NULL */
    GBytes *content;    /* the file's bytes, or NULL: to be fetched */
} HthSyncOperation;

typedef enum {
    HTH_SYNC_OK,
    HTH_SYNC_GONE,     /* the home has it no more, or the device had nothing to change */
    HTH_SYNC_CHANGED,  /* the home's file is another by now: it is planned anew */
    HTH_SYNC_NO_SPACE, /* no room on the device, or not within its budget */
    HTH_SYNC_MISMATCH, /* the device's file is not what old_hash says, or the outcome not new_hash
                        */
    HTH_SYNC_BAD_PATH, /* the path is not one to write to, or is taken */
    HTH_SYNC_FAILED,   /* anything else; the sentence says what */
    HTH_SYNC_N_STATUSES,
} HthSyncStatus;

const char *hth_sync_status_name(HthSyncStatus status); /* "ok", "no-space" … */

/* How an operation went. The home may believe hash: it is what now lies at the operation's path. */
typedef struct {
    guint64 sequence;
    HthSyncStatus status;
    HthDigest hash; /* of the file now there; zeros: none, or not changed */
    char *sentence; /* for people; NULL for OK */
} HthSyncResult;

typedef enum {
    HTH_SYNC_PLAY_COUNT,     /* value: plays (of a merged state: of all devices); 1 in a log */
    HTH_SYNC_PLAY_SKIP,      /* value: skips, likewise */
    HTH_SYNC_PLAY_POSITION,  /* value: milliseconds; 0: from the start */
    HTH_SYNC_PLAY_RATING,    /* value: 0 (none) to 100 */
    HTH_SYNC_PLAY_FAVOURITE, /* value: 0 or 1 */
    HTH_SYNC_LIST_MADE,      /* list; text: its name */
    HTH_SYNC_LIST_RENAMED,   /* list; text: its name */
    HTH_SYNC_LIST_REMOVED,   /* list */
    HTH_SYNC_LIST_ADDED,     /* list, item; value: the item it follows, or 0: at the end */
    HTH_SYNC_LIST_TAKEN,     /* list, item */
    HTH_SYNC_N_PLAY_KINDS,
} HthSyncPlayKind;

/* An entry of the play log (play-log.h), or a merged value on its way to a device (number 0). */
typedef struct {
    guint64 number; /* counts from 1 without gaps in the device's epoch */
    guint64 stamp;  /* hybrid logical clock (hlc.h) */
    guint32 nonce;  /* by chance; (device, stamp, nonce) is an entry's identity for ever */
    HthSyncPlayKind kind;
    guint64 item;
    guint64 list;
    gint64 value;
    char *text; /* NULL but where said above */
} HthSyncPlay;

/* Moves @from's contents to @to or makes an own copy; clear() frees what a struct points at. */
void hth_sync_operation_copy(const HthSyncOperation *from, HthSyncOperation *to);
void hth_sync_operation_clear(HthSyncOperation *self);
void hth_sync_result_clear(HthSyncResult *self);
void hth_sync_play_clear(HthSyncPlay *self);

/* Arrays of these that free their elements' contents. */
GArray *hth_sync_operations_new(void); /* (element HthSyncOperation) */
GArray *hth_sync_results_new(void);    /* (element HthSyncResult) */
GArray *hth_sync_plays_new(void);      /* (element HthSyncPlay) */

/* ---- POST /sync ---- */

typedef enum {
    HTH_SYNC_SAYS_METERED = 1 << 0,
    HTH_SYNC_SAYS_ON_BATTERY = 1 << 1,
    HTH_SYNC_SAYS_HAS_VOLUME = 1 << 2, /* without it nothing else is said: the card is away */
    HTH_SYNC_SAYS_ALL_PLAYS = 1 << 3,  /* the device asks for all merged values from the start */
    HTH_SYNC_SAYS_AWAY = 1 << 4,       /* away_revision and play_port are there */
} HthSyncSays;

typedef struct {
    guint8 device_epoch[HTH_SYNC_EPOCH_BYTES];
    guint8 home_epoch[HTH_SYNC_EPOCH_BYTES]; /* as last seen; zeros: none yet */
    guint64 sequence;                        /* the last operation that was applied or refused */
    guint64 n_files;                         /* held by the device */
    HthDigest set_digest;                    /* of them: set-digest.h */
    guint64 free_bytes;  /* that may be used: what is to stay free is left out */
    guint64 byte_budget; /* that this session may still fetch; 0: no limit */
    guint64 plays_seen;  /* answer's plays_until as last kept */
    guint says;          /* HthSyncSays */
    guint n_held_back;   /* absent files that wait for a person's word */
    guint max_operations;
    guint32
        away_revision; /* of what it knows of the way home from elsewhere (GET /away); 0: none */
    guint16 play_port; /* of its own 127.0.0.1, for playlists; 0: none */
    GArray *results;   /* (element HthSyncResult) not confirmed yet, in order */
    GArray *absent;    /* (element guint64) items that the user deleted from the device */
    GArray *plays;     /* (element HthSyncPlay) not confirmed yet, in order */
} HthSyncRequest;

HthSyncRequest *hth_sync_request_new(void); /* empty lists */
void hth_sync_request_free(HthSyncRequest *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthSyncRequest, hth_sync_request_free)
GBytes *hth_sync_request_encode(const HthSyncRequest *self);
HthSyncRequest *hth_sync_request_decode(GBytes *body, GError **error);

typedef enum {
    HTH_SYNC_SEND_MANIFEST = 1 << 0,  /* all that is held, to /sync/manifest */
    HTH_SYNC_SEND_LAYOUTS = 1 << 1,   /* of layout_items, to /sync/layout */
    HTH_SYNC_NEW_EPOCH = 1 << 2,      /* the device's state is behind, or not the only one */
    HTH_SYNC_WIPE = 1 << 3,           /* remove every file of ours, then forget the home */
    HTH_SYNC_CONFIRM_ABSENT = 1 << 4, /* a person said at home: what is held back is meant */
    HTH_SYNC_ONLY_ON_POWER = 1 << 5,  /* of the rule: no data while on battery */
    HTH_SYNC_ONLY_UNMETERED = 1 << 6, /* of the rule: no data while metered */
    HTH_SYNC_AWAY = 1 << 7,           /* GET /away has another revision than the device */
} HthSyncDemands;

typedef struct {
    guint8 home_epoch[HTH_SYNC_EPOCH_BYTES];
    guint64 confirmed_sequence; /* results up to here need not be said again */
    guint64 confirmed_play;     /* likewise entries of the play log */
    guint64 confirmed_absent;   /* how many of this request's absent items were noted */
    guint64 rest_operations;    /* still to come after these, or being made first, */
    guint64 rest_files;         /* the files among them, */
    guint64 rest_bytes;         /* and their bytes */
    guint64 plays_until;        /* says which merged values the device has with these */
    guint demands;              /* HthSyncDemands */
    GArray *layout_items;       /* (element guint64) */
    GArray *operations;         /* (element HthSyncOperation) in the order to apply them */
    GArray *plays;              /* (element HthSyncPlay) merged values; number is 0 */
} HthSyncAnswer;

HthSyncAnswer *hth_sync_answer_new(void);
void hth_sync_answer_free(HthSyncAnswer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthSyncAnswer, hth_sync_answer_free)
GBytes *hth_sync_answer_encode(const HthSyncAnswer *self);
HthSyncAnswer *hth_sync_answer_decode(GBytes *body, GError **error);

/* What @operation adds to an encoded answer before compression: a home stops adding before
 * HTH_SYNC_BODY_MAX_BYTES. */
gsize hth_sync_operation_encoded_size(const HthSyncOperation *operation);

/* ---- POST /sync/manifest ---- */

typedef struct {
    guint64 item;
    char *path;
    HthDigest hash;
    guint64 size;
} HthSyncHeld;

typedef struct {
    guint8 device_epoch[HTH_SYNC_EPOCH_BYTES];
    guint32 page; /* from 0, which begins anew */
    gboolean is_last;
    GArray *held; /* (element HthSyncHeld), by item, growing over all pages */
} HthSyncManifestPage;

HthSyncManifestPage *hth_sync_manifest_page_new(void);
void hth_sync_manifest_page_free(HthSyncManifestPage *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthSyncManifestPage, hth_sync_manifest_page_free)
GBytes *hth_sync_manifest_page_encode(const HthSyncManifestPage *self);
HthSyncManifestPage *hth_sync_manifest_page_decode(GBytes *body, GError **error);

/* ---- POST /sync/layout ---- */

typedef struct {
    guint64 item;
    HthDigest hash; /* of the file that has this layout */
    GBytes *layout; /* as lib/media encodes it */
} HthSyncLayout;

HthSyncLayout *hth_sync_layout_new(void);
void hth_sync_layout_free(HthSyncLayout *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthSyncLayout, hth_sync_layout_free)
GBytes *hth_sync_layout_encode(const HthSyncLayout *self);
HthSyncLayout *hth_sync_layout_decode(GBytes *body, GError **error);

/* ---- POST /sync/data ---- */

typedef enum {
    HTH_SYNC_RANGE,   /* of the home's file */
    HTH_SYNC_PICTURE, /* the bytes that hash to hash */
    HTH_SYNC_N_PART_KINDS,
} HthSyncPartKind;

typedef struct {
    guint64 sequence; /* the operation that needs it */
    guint64 item;
    guint64 revision;
    HthSyncPartKind kind;
    guint64 offset;
    guint64 length; /* 0: to the end of the file */
    HthDigest hash; /* of a PICTURE; of a RANGE: of all bytes before offset, or zeros */
} HthSyncPart;

typedef struct {
    guint8 device_epoch[HTH_SYNC_EPOCH_BYTES];
    GArray *parts; /* (element HthSyncPart) */
} HthSyncDataRequest;

HthSyncDataRequest *hth_sync_data_request_new(void);
void hth_sync_data_request_free(HthSyncDataRequest *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthSyncDataRequest, hth_sync_data_request_free)
GBytes *hth_sync_data_request_encode(const HthSyncDataRequest *self);
HthSyncDataRequest *hth_sync_data_request_decode(GBytes *body, GError **error);

/* ---- POST /sync/upload: a photo or recording made on the device, slice by slice ---- */

typedef struct {
    HthDigest hash; /* of the whole file: its identity */
    guint64 size;
    gint64 mtime_ms;
    char *name;     /* relative path below the chosen folder; the home judges it */
    guint64 offset; /* of slice */
    GBytes *slice;  /* empty: only asks how far the home has it */
} HthSyncUpload;

typedef struct {
    HthSyncStatus status;
    guint64 have_bytes; /* the next slice begins here */
    gboolean is_stored; /* complete, its hash compared, durable: the device may free its file */
    char *sentence;     /* NULL for OK */
} HthSyncUploadAnswer;

HthSyncUpload *hth_sync_upload_new(void);
void hth_sync_upload_free(HthSyncUpload *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthSyncUpload, hth_sync_upload_free)
GBytes *hth_sync_upload_encode(const HthSyncUpload *self);
HthSyncUpload *hth_sync_upload_decode(GBytes *body, GError **error);

HthSyncUploadAnswer *hth_sync_upload_answer_new(void);
void hth_sync_upload_answer_free(HthSyncUploadAnswer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthSyncUploadAnswer, hth_sync_upload_answer_free)
GBytes *hth_sync_upload_answer_encode(const HthSyncUploadAnswer *self);
HthSyncUploadAnswer *hth_sync_upload_answer_decode(GBytes *body, GError **error);

G_END_DECLS

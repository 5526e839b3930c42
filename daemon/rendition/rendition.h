/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Renditions: originals converted for devices, kept in a cache that forgets their bytes before it
 * forgets what they were.
 *
 * A rendition is identified by the item's essence, the profile and the version of the encoder. Its
 * sound and picture are converted once; tags and cover are the original's of the moment and are
 * laid around the converted payload without converting again. A file is always
 *
 *     head (tags, cover, room for later tags, tables) | payload (to the end of the file)
 *
 * and a retag changes the head alone. The cache's bytes have a limit, and the least recently used
 * go first; a row in renditions.db stays, with the payload's hash and the head without its tags, so
 * that a later retag still knows the new head (hth_renditions_head()).
 *
 * hearthd parses nothing of this: hearth-convert, in a sandbox, reads originals and renditions.
 *
 * Threads: new, free and the callback on the thread that runs the main context; everything else on
 * any thread. Conversions are looked after by a thread of their own. Nothing here blocks for longer
 * than a look into a small database.
 */
#pragma once

#include <gio/gio.h>

#include "base/digest.h"
#include "media/rendition-profile.h"

G_BEGIN_DECLS

typedef struct HthRenditions HthRenditions;

#define HTH_RENDITION_ENCODER_MAX 64

/* Opens the original of an item. Called on any thread. @out_revision: the number that wishes give
 * for that file as it is now; left at 0 it is worked out here.
 * Returns: a descriptor, the caller's; -1 and an error, as hth_library_open_item(). */
typedef int (*HthRenditionOpen)(const char *item_id, HthMediaFormat *out_format,
                                guint64 *out_revision, gpointer data, GError **error);

/* A request that was being made has come to an end: it is worth asking again. On the main context.
 */
typedef void (*HthRenditionDone)(const char *item_id, const char *profile, const GError *error,
                                 gpointer data);

typedef struct {
    const char *program;   /* path of hearth-convert */
    const char *state_dir; /* holds renditions.db */
    const char *cache_dir; /* its folder renditions/ holds the bytes */
    guint64 limit_bytes;   /* of the cache; 0: 4 GiB */
    guint n_running;       /* conversions at a time; 0: half of the cores */
    guint stall_ms;        /* a conversion that tells of no progress for so long; 0: 120,000 */
    guint deadline_ms;     /* the longest that one may take at all; 0: 12 hours */
    HthRenditionOpen open;
    HthRenditionDone done; /* may be NULL */
    gpointer data;         /* of both */
    GMainContext *context; /* NULL: the default one */
} HthRenditionsOptions;

/* Errors: as hth_db_open(); G_FILE_ERROR_* when a folder can't be made. */
HthRenditions *hth_renditions_new(const HthRenditionsOptions *options, GError **error);
/* Kills what runs; what it had made so far is dropped. NULL is fine. */
void hth_renditions_free(HthRenditions *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthRenditions, hth_renditions_free)

/* ---- Profiles ---- */

typedef struct {
    const HthRenditionProfile *profile;
    gboolean is_offered;
    char *encoder; /* its version, part of a rendition's identity; "" when not offered */
    char *problem; /* NULL, or a sentence: the element that is missing, and the package with it */
} HthRenditionOffer;

void hth_rendition_offer_free(HthRenditionOffer *self);

/* Returns: (element HthRenditionOffer) a new array that frees its elements, one for each profile;
 * NULL while hearth-convert has not said yet what it can do: it is asked when this or a request
 * first is, and takes half a second. */
GPtrArray *hth_renditions_offers(HthRenditions *self);

/* Replaces the callback of the options. On the thread that runs the main context. */
void hth_renditions_set_done(HthRenditions *self, HthRenditionDone done, gpointer data);

/* ---- Asking for one ---- */

typedef enum {
    HTH_RENDITION_READY,   /* the bytes are there */
    HTH_RENDITION_KNOWN,   /* made before; its bytes are gone from the cache */
    HTH_RENDITION_WAITING, /* in the queue */
    HTH_RENDITION_CONVERTING,
    HTH_RENDITION_WRAPPING, /* tags are laid around the payload: moments */
    HTH_RENDITION_FAILED,   /* of this original it can't be made; asked again after it changes */
} HthRenditionState;

typedef struct {
    const char *item_id;
    const char *profile;
    const HthDigest *essence; /* NULL: as hth_renditions_learn() was told; not even that: the item
                               * and its size and mtime are used, and a retag of such an original
                               * converts again */
    guint64 revision;    /* of the original: another one whenever size, mtime, ctime or inode are
                          * others;    0: the original is opened to see */
    const char *encoder; /* NULL: whatever there is, an older one before a new conversion; else the
                          * version that a device holds */
    gboolean is_lookup;  /* only say what is known; nothing is started */
    gboolean is_urgent;  /* a device waits for it: ahead of what is made in advance */
} HthRenditionWish;

typedef struct {
    HthRenditionState state;
    int fd;                /* READY: open for reading, owned; else -1. It stays good after the cache
                            * has dropped or replaced the file */
    gint64 size_bytes;     /* READY, KNOWN; else an estimate, or 0 */
    HthDigest hash;        /* READY, KNOWN: SHA-256 of the whole file */
    guint64 revision;      /* READY, KNOWN: of the first bytes of @hash: same bytes, same number */
    gint64 payload_offset; /* READY, KNOWN: to the end of the file */
    HthDigest payload_hash;                  /* READY, KNOWN */
    char encoder[HTH_RENDITION_ENCODER_MAX]; /* READY, KNOWN */
    gboolean
        is_stale;    /* KNOWN: the original was retagged since: hth_renditions_head() knows more */
    double progress; /* CONVERTING: 0 to 1 */
    char *problem;   /* FAILED: a sentence; owned */
} HthRendition;

#define HTH_RENDITION_INIT                                                                         \
    {                                                                                              \
        .fd = -1                                                                                   \
    }

void hth_rendition_clear(HthRendition *rendition);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HthRendition, hth_rendition_clear)

/* Says how @wish stands and, unless it is a look-up, starts what is missing. Asked in order of a
 * device's wants it is made in that order. KNOWN is the answer to a look-up alone.
 *
 * @out: cleared by the caller, also after an error.
 * Errors: HTH_ERROR_INVALID      there is no such profile, or it is of another kind
 *         HTH_ERROR_UNSUPPORTED  this computer has not got the encoder; the message says what to
 *                                install
 *         HTH_ERROR_NOT_FOUND    a look-up of what is not known; no such item; the bytes of an
 * older encoder's are gone, and it can't be had again HTH_ERROR_BUSY         the queue is full: ask
 * again later others                 as the original's opening says */
gboolean hth_renditions_request(HthRenditions *self, const HthRenditionWish *wish,
                                HthRendition *out, GError **error);

/* ---- Originals ---- */

/* The essence of the original at @revision; it is kept. @essence: NULL: it has none. */
void hth_renditions_learn(HthRenditions *self, const char *item_id, guint64 revision,
                          const HthDigest *essence);
/* Whether that was learnt. */
gboolean hth_renditions_knows(HthRenditions *self, const char *item_id, guint64 revision);

/* Whether a rendition that somebody holds, by its revision, is of the original as @wish has it:
 * made by whatever encoder, with the tags of now. */
gboolean hth_renditions_is_current(HthRenditions *self, const HthRenditionWish *wish,
                                   guint64 rendition_revision);

/* ---- The head alone, for a retag after the bytes have gone ---- */

/* @head: NULL with @error. The new file is @head and, behind it, the payload that @wish's rendition
 * always had (HthRendition.payload_hash and size_bytes - payload_offset), byte for byte. */
typedef void (*HthRenditionHead)(GBytes *head, const GError *error, gpointer data);

/* Makes the head with the original's tags of now. @callback: on the main context.
 * Errors of the callback: HTH_ERROR_NOT_FOUND    nothing is known of such a rendition
 *                         HTH_ERROR_UNSUPPORTED  the payload can't stay as it is (an Opus file
 * whose new tags take another number of pages) */
void hth_renditions_head(HthRenditions *self, const HthRenditionWish *wish,
                         HthRenditionHead callback, gpointer data);

/* ---- The whole ---- */

typedef struct {
    guint64 limit_bytes;
    guint64 size_bytes; /* of the cache, as its files say */
    guint n_files;      /* in the cache */
    guint n_known;      /* rows, with and without bytes */
    guint n_waiting;
    guint n_running;
    double progress;   /* of those that run, 0 to 1 together */
    guint64 n_done;    /* since the start: converted */
    guint64 n_wrapped; /* since the start: retagged without a conversion */
    guint64 n_failed;
    guint64 n_killed;  /* stalled or late */
    guint64 n_dropped; /* files that the limit took */
    char *sandbox;     /* what is in force around hearth-convert; NULL: none has run; owned */
    char *problem;     /* NULL, or why nothing can be made: the disk is full …; owned */
} HthRenditionsStatus;

void hth_renditions_status(HthRenditions *self, HthRenditionsStatus *out_status);
void hth_renditions_status_clear(HthRenditionsStatus *status);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HthRenditionsStatus, hth_renditions_status_clear)

/* The cache is made to fit at once. */
void hth_renditions_set_limit(HthRenditions *self, guint64 limit_bytes);

G_END_DECLS

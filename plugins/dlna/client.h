/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What one family of clients needs, read from a file of data/clients.d (docs/clients.md has every
 * key).
 *
 * The code names no client: it knows needs, and the files say who has which. A client is made
 * by laying the files it extends and its own over the defaults, and never changes afterwards.
 *
 * Threads: any thread once made.
 */
#pragma once

#include <glib.h>

#include "media/media-info.h"
#include "plugin/query.h"

G_BEGIN_DECLS

#define HTH_CLIENT_MAX_ROOTS     24
#define HTH_CLIENT_MAX_EXTRA_RES 4

/* How the files name what a video was encoded with. */
typedef enum {
    HTH_VIDEO_CODEC_NONE,
    HTH_VIDEO_CODEC_OTHER,
    HTH_VIDEO_CODEC_H264,
    HTH_VIDEO_CODEC_HEVC,
    HTH_VIDEO_CODEC_MPEG2,
    HTH_VIDEO_CODEC_MPEG4,
    HTH_N_VIDEO_CODECS,
} HthVideoCodec;

HthVideoCodec hth_video_codec_from_name(const char *ffmpeg_name); /* NULL is none */

/* What a file can be as seen by a MIME type: MP4 is audio or video. */
typedef enum { HTH_FACE_AUDIO, HTH_FACE_VIDEO, HTH_FACE_PHOTO, HTH_N_FACES } HthMediaFace;

typedef enum { HTH_BOOKMARK_NONE, HTH_BOOKMARK_SECONDS, HTH_BOOKMARK_MILLISECONDS } HthBookmarkUnit;

typedef struct {
    char *asked; /* the id that the client asks for */
    char *id;    /* ours */
} HthClientRoot;

typedef struct {
    char *name; /* of the file, without .conf */
    char *label;
    gint64 priority;

    struct {
        GStrv user_agent; /* patterns with * and ?; any of any kind is enough */
        GStrv av_client_info;
        GStrv physical_unit_info;
        GStrv friendly_name;
        GStrv model_name;
    } match;

    struct {
        char *friendly_name; /* with %s for ours */
        char *manufacturer;
        char *model_name;
        char *model_description;
        char *model_number;
        char *serial_number; /* NULL: our uuid */
        char *dlna_doc;
        char *sec_capabilities; /* NULL: none */
    } device;

    char *mime_type[HTH_N_FORMATS][HTH_N_FACES];     /* never NULL */
    char *protocol_head[HTH_N_FORMATS][HTH_N_FACES]; /* "http-get:*:MIME:", escaped twice */
    gboolean omits_profile[HTH_N_FORMATS];
    char *extra_profiles[HTH_N_FORMATS][HTH_N_VIDEO_CODECS][HTH_CLIENT_MAX_EXTRA_RES];

    char *caption_res_type; /* MIME type of a res for subtitles; NULL: none */
    gboolean caption_element;
    gboolean caption_element_has_protocol;
    gboolean caption_attributes;
    gboolean caption_header;

    HthSort forced_sort;        /* when the client does not say one; n_keys 0: none */
    gboolean is_sort_overruled; /* the forced sort is used whatever the client says */
    gboolean ignores_unknown_sort;

    gboolean has_art_small;  /* 160 pixels */
    gboolean has_art_medium; /* 640 pixels */
    gboolean has_thumbnail_res;
    gboolean has_photo_sizes;

    gboolean title_has_extension;
    gboolean title_has_dot;
    gint64 title_max_bytes; /* 0: no rule */
    gint64 title_max_bytes_with_captions;
    gboolean has_title_rules;         /* one that every title must be looked at for */
    gboolean has_caption_title_rules; /* one for titles of videos with captions */

    gboolean is_date_short; /* never a time of day */
    gboolean is_date_always;
    gboolean has_declaration;
    gboolean is_ascii;
    gboolean has_sec_namespace;
    gboolean has_media_class;
    gboolean is_conversion_hidden;     /* CI=0 */
    gboolean is_position_raw;          /* upnp:lastPlaybackPosition in plain seconds */
    gboolean is_transfer_mode_lenient; /* Interactive for AV is taken as Streaming */
    char *container_class;             /* NULL: as it is */
    HthBookmarkUnit bookmark;

    guint n_roots;
    HthClientRoot roots[HTH_CLIENT_MAX_ROOTS];
} HthClient;

/* The client that nothing is known of. */
HthClient *hth_client_new(const char *name);
void hth_client_free(HthClient *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthClient, hth_client_free)

/* Lays one file over what @self has. A list of matches, roots and the like replaces the one before.
 * Errors: HTH_ERROR_INVALID  an unknown group, key or word, or a bad number; which one is said */
gboolean hth_client_apply(HthClient *self, GKeyFile *file, GError **error);

/* Works out what follows from the rest; after the last hth_client_apply(). */
void hth_client_finish(HthClient *self);

HthMediaFace hth_client_face(HthMediaKind kind);

/* Our id for what the client asked, or @asked itself. */
const char *hth_client_root(const HthClient *self, const char *asked);

G_END_DECLS

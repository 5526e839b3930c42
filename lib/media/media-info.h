/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a probe found out about one media file, and its form on the pipe from the worker.
 *
 * Everything in it came from a foreign file: strings are valid UTF-8 without control characters
 * and at most HTH_MEDIA_STRING_MAX bytes, lists have at most HTH_MEDIA_LIST_MAX entries, numbers
 * are in range; hth_media_info_decode() makes that so, whatever the worker sent.
 *
 * Threads: an object belongs to one thread at a time.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Raised whenever the probe learns to read something new: files that an older version read are
 * read again, in the background. */
#define HTH_MEDIA_PROBE_VERSION 1

#define HTH_MEDIA_STRING_MAX 1024
#define HTH_MEDIA_LIST_MAX   32

/* A playlist's entries beyond this many, and entries longer than this, are left out. */
#define HTH_MEDIA_ENTRIES_MAX     10000
#define HTH_MEDIA_ENTRY_BYTES_MAX 4096

typedef enum {
    HTH_MEDIA_NONE, /* not a file that hearth shares */
    HTH_MEDIA_AUDIO,
    HTH_MEDIA_VIDEO,
    HTH_MEDIA_PHOTO,
    HTH_MEDIA_PLAYLIST,
    HTH_MEDIA_SUBTITLE, /* shown with its video */
    HTH_MEDIA_PICTURE,  /* cover.jpg and the like: artwork of its folder, not a photo */
    HTH_N_MEDIA_KINDS,
} HthMediaKind;

/* The container, by what the probe found in it or, before the probe, by the file's extension. */
typedef enum {
    HTH_FORMAT_UNKNOWN,
    HTH_FORMAT_MP3,
    HTH_FORMAT_FLAC,
    HTH_FORMAT_OGG, /* Vorbis, Opus or FLAC inside: see audio_codec */
    HTH_FORMAT_MP4, /* M4A, MP4, M4B, 3GP */
    HTH_FORMAT_MOV,
    HTH_FORMAT_WAV,
    HTH_FORMAT_AIFF,
    HTH_FORMAT_ASF, /* WMA, WMV */
    HTH_FORMAT_AAC, /* ADTS */
    HTH_FORMAT_MATROSKA,
    HTH_FORMAT_WEBM,
    HTH_FORMAT_AVI,
    HTH_FORMAT_MPEG_TS,     /* 188-byte packets */
    HTH_FORMAT_MPEG_TS_192, /* with a 4-byte timestamp before each (M2TS) */
    HTH_FORMAT_MPEG_PS,
    HTH_FORMAT_JPEG,
    HTH_FORMAT_PNG,
    HTH_FORMAT_WEBP,
    HTH_FORMAT_GIF,
    HTH_FORMAT_TIFF,
    HTH_FORMAT_HEIF,
    HTH_FORMAT_BMP,
    HTH_FORMAT_M3U,
    HTH_FORMAT_M3U8,
    HTH_FORMAT_PLS,
    HTH_FORMAT_SRT,
    HTH_FORMAT_VTT,
    HTH_FORMAT_ASS,
    HTH_N_FORMATS,
} HthMediaFormat;

/* Codecs are named as FFmpeg names them ("mp3", "aac", "h264"), so that no table of ours must
 * follow theirs; "" when there is no such stream. */

typedef struct {
    HthMediaKind kind;
    HthMediaFormat format;

    /* Tags. NULL or 0: the file does not say. Lists are never NULL. */
    char *title;
    GPtrArray *artists;       /* (element utf8) several values stay several */
    GPtrArray *album_artists; /* (element utf8) */
    GPtrArray *composers;     /* (element utf8) */
    GPtrArray *genres;        /* (element utf8) ID3v1 numbers spelled out */
    char *album;
    char *date; /* "1999", "1999-05" or "1999-05-31"; for photos "1999-05-31T12:30:00" */
    char *original_date;
    char *comment;
    guint16 track;
    guint16 track_total;
    guint16 disc;
    guint16 disc_total;
    gboolean is_compilation;
    gboolean has_lyrics;
    double replaygain_track_db; /* NAN: not known */
    double replaygain_album_db;
    char *musicbrainz_recording_id;
    char *musicbrainz_album_id; /* the release */
    char *musicbrainz_artist_id;
    char *musicbrainz_album_artist_id;

    /* Technical properties. */
    gint64 duration_ms; /* 0: not known */
    guint32 bitrate_bps;
    char audio_codec[24];
    char video_codec[24];
    char video_profile[24]; /* "High", "Main", "Constrained Baseline" …, as FFmpeg names it */
    guint16 video_level;    /* 41 for 4.1 */
    guint32 sample_rate_hz;
    guint8 channels;
    guint8 bits_per_sample;
    guint32 width; /* as shown, after the orientation is applied */
    guint32 height;
    double frame_rate;
    guint8 n_audio_streams;
    gboolean is_interlaced;

    /* Photos. */
    guint8 orientation; /* EXIF 1 to 8; 0: not known */
    char *camera;       /* maker and model */
    double latitude;    /* NAN: not known */
    double longitude;

    /* Whether the file has a picture of its own inside, and the SHA-256 of its bytes. */
    gboolean has_artwork;
    guint8 artwork_digest[32];

    /* Playlists: (element filename) the files named, in their order, as the playlist writes them
     * but with '/' between folders and file:// URLs decoded: absolute, or relative to the
     * playlist's folder. They name files, so they are raw bytes (no NUL), not cleaned text; other
     * URLs are left out. Never NULL. */
    GPtrArray *playlist_entries;
} HthMediaInfo;

HthMediaInfo *hth_media_info_new(void);
void hth_media_info_free(HthMediaInfo *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthMediaInfo, hth_media_info_free)

/* Appends @self to @to. */
void hth_media_info_encode(const HthMediaInfo *self, GByteArray *to);

/* Returns: NULL and HTH_ERROR_CORRUPT when @bytes are not a whole record. */
HthMediaInfo *hth_media_info_decode(const guint8 *bytes, gsize size_bytes, GError **error);

G_END_DECLS

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small real media files: tags as taggers write them around a payload that is chance, in frames
 * and pages that a parser takes apart. The same arguments give the same bytes.
 *
 * Threads: any thread, any time.
 */
#pragma once

#include <glib.h>

typedef enum {
    MEDIA_MP3,
    MEDIA_FLAC,
    MEDIA_OGG, /* Opus */
    N_MEDIA_KINDS,
} MediaKind;

extern const char *const media_extensions[N_MEDIA_KINDS];

typedef struct {
    const char *title;
    const char *artist;
    const char *album;
    guint padding;   /* bytes of room for longer tags, where the format has such */
    GBytes *picture; /* NULL: none */
} MediaTags;

/* @payload: another number, another recording. Returns: a new file of about @size bytes. */
GBytes *media_make(MediaKind kind, const MediaTags *tags, guint64 payload, guint size);

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The real hearth-convert over a folder of real files, in which an item is a file's name. */
#pragma once

#include "rendition.h"

G_BEGIN_DECLS

#define RENDITION_TAGS                                                                             \
    " -metadata title='Löwe & Maus' -metadata artist='Anna B' -metadata album='Zoo'"              \
    " -metadata album_artist='Various' -metadata genre='Folk' -metadata date='1999-05-31'"         \
    " -metadata track='3/12' -metadata disc='1/2' -metadata composer='C. D.'"                      \
    " -metadata comment='a word' "
#define RENDITION_SOUND                                                                            \
    "ffmpeg -v error -y -f lavfi -i 'sine=frequency=330:duration=7.3:sample_rate=44100' "

typedef struct {
    char *dir;
    char *files; /* DIR/files: an item is a file's name in it */
    HthRenditions *renditions;
    guint n_done;
    GBytes *head;
    GError *head_error;
} RenditionFixture;

/* For g_test_add(); nothing is started yet. */
void rendition_set_up(RenditionFixture *fixture, gconstpointer data);
void rendition_tear_down(RenditionFixture *fixture, gconstpointer data);

/* @program: NULL: hearth-convert. @stall_ms: 0: as it is by itself. */
void rendition_start(RenditionFixture *fixture, const char *program, guint stall_ms);

/* Runs a command line in the folder of files; the test ends when it fails. */
void rendition_shell(RenditionFixture *fixture, const char *line);

HthMediaFormat rendition_format_of(const char *name); /* by its extension */

int rendition_open_item(const char *item, HthMediaFormat *out_format, guint64 *out_revision,
                        gpointer fixture, GError **error);

void rendition_essence(const char *name, HthDigest *out);
/* @essence: a name for it; NULL: none is known. */
gboolean rendition_request(RenditionFixture *fixture, const char *item, const char *profile,
                           const char *essence, gboolean is_lookup, HthRendition *out,
                           GError **error);
/* Asks until it is there or has failed. */
void rendition_obtain(RenditionFixture *fixture, const char *item, const char *profile,
                      const char *essence, HthRendition *out);

/* All of the file. */
GBytes *rendition_read(int fd);

G_END_DECLS

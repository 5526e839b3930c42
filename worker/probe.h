/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds out what a media file is and what it says about itself. */
#pragma once

#include "media/media-info.h"
#include "source.h"

G_BEGIN_DECLS

/* What may be read of one file. */
#define HTH_PROBE_BUDGET_BYTES (128LL * 1024 * 1024)
/* A picture inside a file, and a tag that holds it, are read up to here. */
#define HTH_PROBE_PICTURE_MAX (24 * 1024 * 1024)

/* A probe in progress: the readers of the formats fill it. */
typedef struct {
    HthSource *source;  /* borrowed */
    HthMediaInfo *info; /* owned */
    GBytes *picture;    /* the best one found, as it is; NULL: none */
    guint picture_rank;
} HthProbe;

void hth_probe_clear(HthProbe *probe);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HthProbe, hth_probe_clear)

/* Looks at @source, by its content, with the format of its name as a hint.
 *
 * Errors: HTH_ERROR_CORRUPT      it is not what its name says
 *         HTH_ERROR_UNSUPPORTED  a format that this build can't read */
gboolean hth_probe_run(HthProbe *probe, HthSource *source, HthMediaFormat hint, GError **error);

/* For the readers: offers a picture of ID3's type @type (3: front cover). Copies the bytes of the
 * best one. */
void hth_probe_offer_picture(HthProbe *probe, guint type, const guint8 *bytes, gsize size_bytes);

G_END_DECLS

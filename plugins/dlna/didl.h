/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DIDL-Lite (ContentDirectory:1, section 2.3 and its schema), written for one client into
 * the text of a SOAP argument, in one pass.
 *
 * Threads: any thread, any time.
 */
#pragma once

#include "client.h"
#include "record.h"
#include "xml-out.h"

G_BEGIN_DECLS

typedef struct {
    const HthClient *client;
    guint32 filter;       /* of HthFilterBits */
    const char *base_url; /* "http://192.0.2.5:8200" */
    gsize base_length;
} HthDidlStyle;

/* Where an object stands in this answer; escaped twice. */
typedef struct {
    const char *id;        /* NULL: the leaf id, or LEAF.REFERENCE */
    const char *reference; /* the container's id when it is not the object's own place, else NULL */
    const char *parent_id; /* NULL: the canonical parent */
    gsize reference_length;
    gsize parent_length;
} HthDidlPlace;

void hth_didl_begin(HthXmlOut *out, const HthDidlStyle *style);
void hth_didl_object(HthXmlOut *out, const HthDidlStyle *style, const HthRecord *record,
                     const HthDidlPlace *place);
void hth_didl_end(HthXmlOut *out);

/* The fourth field of protocolInfo (DLNA Guidelines, part 1-1, 7.4.1.3.17). @profile: a name, "" or
 * NULL for none. For contentFeatures.dlna.org as well, so that the two are always equal. */
void hth_didl_fourth_field(HthXmlOut *out, const char *profile, gboolean is_photo,
                           gboolean is_converted);

/* The profile name that @client is told for a file, "" for none. */
const char *hth_didl_profile_name(const HthClient *client, HthMediaFormat format, HthMediaFace face,
                                  guint profile);

/* The size of a picture that has been made to fit in a square of @side pixels. */
void hth_didl_fit(guint *width, guint *height, guint side);

G_END_DECLS

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The res elements and captions of one item in DIDL-Lite: where its bytes are and what they are.
 *
 * Threads: any thread, any time.
 */
#pragma once

#include "didl.h"

G_BEGIN_DECLS

void hth_didl_append_resources(HthXmlOut *out, const HthDidlStyle *style, const HthRecord *record,
                               const HthRecordStrings *strings);
void hth_didl_append_caption_elements(HthXmlOut *out, const HthDidlStyle *style,
                                      const HthRecord *record, const HthRecordStrings *strings);

/* "0:03:25.120" */
void hth_didl_append_duration(HthXmlOut *out, guint32 duration_ms);

/* What URLs of this item end in, without a dot. */
const char *hth_didl_extension(const HthRecord *record);

HthMediaFace hth_didl_face(const HthRecord *record);

G_END_DECLS

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Renditions as a part of hearthd: from its settings and library, and what its status shows.
 *
 * Threads: main thread.
 */
#pragma once

#include <json-glib/json-glib.h>

#include "parts.h"

G_BEGIN_DECLS

/* Opens parts->renditions. Where it can't be, that is logged, nothing is converted, and it stays
 * NULL. */
void hth_rendition_part_open(HthParts *parts);
void hth_rendition_part_close(HthParts *parts);

/* The settings have changed. */
void hth_rendition_part_apply(HthParts *parts);

/* The member "renditions" of the status; new. */
JsonObject *hth_rendition_part_object(HthParts *parts);

G_END_DECLS

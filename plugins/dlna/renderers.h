/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Renderers that SSDP tells of: their descriptions are fetched and what they say is learned.
 *
 *   announcer ── SEEN sender, location ──▶ checked ──▶ waiting ──▶ fetched ──▶ learned
 *                                             │           ▲            │
 *                                             ▼           └─ 5, 20 s ──┤ failed
 *                                          forgotten ◀── 10 min ───────┴── third time
 *
 * A location is looked at only when it is an http URL with a literal address that is the sender's,
 * on the subnet of the interface it was heard on, and not this computer's. Whoever forges a sender
 * can therefore make hearthd ask that very neighbour for one path, six times an hour and address
 * and no more than HTH_RENDERERS_A_PEER paths.
 *
 * Bounds: HTH_RENDERERS_MAX locations are remembered, HTH_RENDERERS_A_PEER of one address; while
 * they are, others are not looked at. Each is asked again only after HTH_RENDERERS_KEEP_US.
 *
 * Threads: main thread.
 */
#pragma once

#include "dlna.h"

G_BEGIN_DECLS

#define HTH_RENDERERS_MAX          64
#define HTH_RENDERERS_A_PEER       4
#define HTH_RENDERERS_KEEP_US      (10 * 60 * G_USEC_PER_SEC)
#define HTH_RENDERERS_MAX_LOCATION 512

typedef struct HthRenderers HthRenderers;

HthRenderers *hth_renderers_new(HthDlna *dlna);
void hth_renderers_free(HthRenderers *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthRenderers, hth_renderers_free)

/* What an announcer heard (announcer/announcers.h). */
void hth_renderers_seen(HthRenderers *self, const char *local, const char *sender,
                        const char *location);

/* The URL that may be fetched for @location, told by @sender; a new string, written from its parts.
 * Whether the sender is a neighbour is not asked here.
 * Errors: HTH_ERROR_TOO_LARGE, HTH_ERROR_INVALID, HTH_ERROR_REFUSED: not at the sender's address */
char *hth_renderer_url(const char *location, GInetAddress *sender, GError **error);

G_END_DECLS

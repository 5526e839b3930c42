/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a person is told: the plugin's one line, and the findings of `hearth doctor`. Pure text.
 *
 * Threads: any thread; a snapshot never changes.
 */
#pragma once

#include <glib.h>

#include "offer.h"
#include "plugin/host.h"
#include "publication.h"
#include "turn.h"

G_BEGIN_DECLS

typedef struct HthMdnsFindings HthMdnsFindings;

/* Copies what it needs; @publication: NULL while nobody publishes. */
HthMdnsFindings *hth_mdns_findings_new(const HthMdnsTurn *turn, const HthMdnsOffer *offer,
                                       const HthMdnsPublication *publication);
HthMdnsFindings *hth_mdns_findings_ref(HthMdnsFindings *self);
void hth_mdns_findings_unref(HthMdnsFindings *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthMdnsFindings, hth_mdns_findings_unref)

gboolean hth_mdns_findings_is_working(const HthMdnsFindings *self);
const char *hth_mdns_findings_sentence(const HthMdnsFindings *self);

/* Reports everything to the doctor. @port_holder: who else holds UDP 5353, or NULL. */
void hth_mdns_findings_report(const HthMdnsFindings *self, HthDoctor *doctor,
                              const char *port_holder);

G_END_DECLS

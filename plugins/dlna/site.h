/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Everything that the plugin serves below /dlna/: the description, the services' documents, control
 * and icons; and the DLNA headers of media.
 *
 * Threads: main thread.
 */
#pragma once

#include "dlna.h"

G_BEGIN_DECLS

typedef struct HthSite HthSite;

/* Adds its routes and its media hook to @host, for as long as the host serves. */
HthSite *hth_site_new(HthHost *host);
void hth_site_free(HthSite *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthSite, hth_site_free)

/* CONFIGID.UPNP.ORG: 24 bits that differ when a document does. */
guint32 hth_site_config_id(const HthSite *self);

HthDlna *hth_site_dlna(HthSite *self);

G_END_DECLS

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The device description (UPnP Device Architecture 1.0, section 2.1), as one client wants it.
 *
 * Threads: any thread, any time.
 */
#pragma once

#include "client.h"
#include "plugin/host.h"
#include "xml-out.h"

G_BEGIN_DECLS

/* Where the plugin's documents are served. */
#define HTH_DLNA_DESCRIPTION_PATH "/dlna/description.xml"
#define HTH_DLNA_SCPD_PATH        "/dlna/scpd/"
#define HTH_DLNA_CONTROL_PATH     "/dlna/control/"
#define HTH_DLNA_EVENT_PATH       "/dlna/event/"
#define HTH_DLNA_ICON_PATH        "/dlna/icon/"

#define HTH_N_DLNA_ICONS 4

typedef struct {
    const char *file; /* in data/icons, and the last part of the URL */
    const char *mime_type;
    guint pixels;
} HthDlnaIcon;

extern const HthDlnaIcon hth_dlna_icons[HTH_N_DLNA_ICONS];

/* @base_url: as the client reached us. @config_id: as announced. */
void hth_description_append(HthXmlOut *out, HthHost *host, const HthClient *client,
                            const char *base_url, guint32 config_id);

G_END_DECLS

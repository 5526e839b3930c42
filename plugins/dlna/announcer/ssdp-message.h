/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The text of SSDP messages: what libupnp leaves out is put in before a message leaves.
 *
 * libupnp 1.8 knows no BOOTID.UPNP.ORG and CONFIGID.UPNP.ORG (UPnP Device Architecture 1.1, section
 * 1.2.2), writes a SERVER field with commas, and adds fields that nobody reads.
 *
 * Threads: any thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
    guint32 boot_id;
    guint32 config_id;
    const char *server; /* "Linux/6.1 UPnP/1.0 hearth/0.1.0" */
} HthSsdpIdentity;

typedef enum {
    HTH_SSDP_OTHER, /* not ours to touch */
    HTH_SSDP_ALIVE,
    HTH_SSDP_BYEBYE,
    HTH_SSDP_REPLY,
} HthSsdpKind;

HthSsdpKind hth_ssdp_message_kind(const char *message, gsize size_bytes);

/* Returns: a new string: @message with our SERVER, BOOTID.UPNP.ORG and CONFIGID.UPNP.ORG, and
 * without OPT, 01-NLS and X-User-Agent; NULL when it is not a message that we know. */
char *hth_ssdp_message_finish(const char *message, gsize size_bytes,
                              const HthSsdpIdentity *identity);

/* Returns: a new string: the byebye that goes with a finished alive message. */
char *hth_ssdp_message_byebye(const char *alive);

/* Returns: a new string: the value of field @name, or NULL. */
char *hth_ssdp_message_field(const char *message, const char *name);

G_END_DECLS

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What hearthd and a hearth-announcer say to each other: one record a datagram, on a SOCK_SEQPACKET
 * socket pair that is the child's descriptor 3.
 *
 *   hearthd                                    hearth-announcer
 *      START interface, address, URL, …  ──▶   fences itself, starts libupnp, registers
 *      VALUES service, variables         ──▶   (what the first event to a subscriber carries)
 *                                        ◀──   READY port
 *                                        ◀──   ANNOUNCED        (the first set has gone out)
 *                                        ◀──   SEEN sender, location   (a renderer was heard of)
 *      ACCEPT sid                        ──▶   its first event may go: the client has the SID
 *      NOTIFY service, variables         ──▶   an event to every subscriber; VALUES are updated
 *      STOP, or end of file              ──▶   byebye, and exits with 0
 *                                        ◀──   FAILED sentence, and exits with 1
 *
 * Neither side trusts the other: lengths and counts are bounded, and a record that does not read
 * to its very end is refused whole.
 *
 * Threads: any thread; a message belongs to one at a time.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define HTH_ANNOUNCE_FD            3
#define HTH_ANNOUNCE_MAX_BYTES     (96 * 1024)
#define HTH_ANNOUNCE_MAX_VARIABLES 16
#define HTH_ANNOUNCE_MAX_NAME      64
#define HTH_ANNOUNCE_MAX_VALUE     (32 * 1024)
#define HTH_ANNOUNCE_MAX_SENDER    15 /* "255.255.255.255" */
#define HTH_ANNOUNCE_MAX_LOCATION  512

typedef enum {
    HTH_ANNOUNCE_START = 1,
    HTH_ANNOUNCE_VALUES,
    HTH_ANNOUNCE_NOTIFY,
    HTH_ANNOUNCE_ACCEPT,
    HTH_ANNOUNCE_STOP,
    HTH_ANNOUNCE_READY,
    HTH_ANNOUNCE_ANNOUNCED,
    HTH_ANNOUNCE_FAILED,
    HTH_ANNOUNCE_SEEN,
} HthAnnounceKind;

/* An evented state variable: its name in the service description, its value as plain text. */
typedef struct {
    const char *name;
    const char *value;
} HthEventVariable;

/* Only the fields of its kind are used; the strings belong to the message. */
typedef struct {
    HthAnnounceKind kind;
    struct {
        char *interface;       /* "eth0" */
        char *address;         /* "192.0.2.5": what libupnp's sockets may be reached from */
        char *description_url; /* on hearthd's own HTTP server */
        guint32 max_age_s;
        guint32 boot_id;   /* 31 bits, larger at each start (UPnP Device Architecture 1.1, 1.2.2) */
        guint32 config_id; /* 24 bits, changes with the description */
    } start;
    struct {
        char *service_id;
        GArray *variables; /* (element HthEventVariable) with strings of their own */
    } event;               /* VALUES and NOTIFY */
    struct {
        char *sender;   /* the address that the message came from: "192.0.2.7" */
        char *location; /* where it says that its description is; not looked at by anybody yet */
    } seen;
    guint16 port; /* READY: libupnp's TCP port on the loopback interface */
    char *text;   /* FAILED: a sentence; ACCEPT: a SID */
} HthAnnounceMessage;

HthAnnounceMessage *hth_announce_message_new(HthAnnounceKind kind);
void hth_announce_message_free(HthAnnounceMessage *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthAnnounceMessage, hth_announce_message_free)

/* An array of variables with copies of what @variables says; unref with g_array_unref(). */
GArray *hth_event_variables_copy(const HthEventVariable *variables, guint n_variables);

/* Returns: a new array of bytes, or NULL when the message is over a limit:
 * HTH_ERROR_TOO_LARGE. */
GByteArray *hth_announce_message_encode(const HthAnnounceMessage *self, GError **error);

/* Errors: HTH_ERROR_CORRUPT. */
HthAnnounceMessage *hth_announce_message_decode(const guint8 *bytes, gsize size_bytes,
                                                GError **error);

G_END_DECLS

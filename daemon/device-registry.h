/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The devices of the household that have asked for something, what each may see, and what it did.
 *
 * A device is told apart by its hardware address where the kernel's neighbour table has it, else by
 * its network address: a convenience for the household, never proof of who asks.
 *
 * Bounds: HTH_DEVICES_MAX devices (the one not seen for longest that has no policy or name of its
 * own is forgotten), 16 addresses each, the last HTH_DEVICE_NOTES_MAX notes each, in memory only.
 *
 * Threads: new, free, load and set_watch on the main thread, before others use it; all else on any
 * thread. policy() of a known address costs one hash lookup under a read lock.
 */
#pragma once

#include <gio/gio.h>

#include "plugin/host.h"

G_BEGIN_DECLS

#define HTH_DEVICES_MAX      256
#define HTH_DEVICE_NOTES_MAX 200

/* The id of what asks from this computer itself: one device, and always allowed. */
#define HTH_DEVICE_THIS_COMPUTER "this-computer"

typedef struct HthDeviceRegistry HthDeviceRegistry;

/* Given back by list and find: a copy. */
typedef struct {
    gint64 unix_s;
    char *asked;
    char *got;
} HthDeviceNote;

typedef struct {
    char *id;         /* "52:54:00:12:34:56", or "192.0.2.7" */
    char *given_name; /* by the household; NULL: none */
    char *name;       /* that it told; NULL: none */
    char *model;
    char *client; /* the family it was taken for */
    char *user_agent;
    char **addresses;
    gint64 first_seen_unix_s;
    gint64 last_seen_unix_s; /* 0: not since hearthd started */
    HthDevicePolicy policy;
    gboolean has_own_policy; /* set by the household, not by the rule for new devices */
    guint64 n_requests;      /* since hearthd started */
    GPtrArray *notes;        /* (element HthDeviceNote) oldest first; find only, else NULL */
} HthDevice;

void hth_device_free(HthDevice *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthDevice, hth_device_free)

/* What people call it: the given name, the told one, the model, the id. Borrowed. */
const char *hth_device_label(const HthDevice *self);

const char *hth_device_policy_name(HthDevicePolicy policy); /* "allowed", "hidden", "waiting" */
gboolean hth_device_policy_from_name(const char *name, HthDevicePolicy *out_policy);

/* @library keeps the rows; NULL: nothing is kept (tests). */
HthDeviceRegistry *hth_device_registry_new(HthLibrary *library);
/* Writes what has not been written yet. NULL is fine. */
void hth_device_registry_free(HthDeviceRegistry *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthDeviceRegistry, hth_device_registry_free)

/* Told on the thread that caused it: a device is new, or its policy or name changed. */
typedef void (*HthDeviceChanged)(const HthDevice *device, gpointer data);
void hth_device_registry_set_watch(HthDeviceRegistry *self, HthDeviceChanged callback,
                                   gpointer data);

/* Whether a device that is new has to wait for the household's word. */
void hth_device_registry_set_new_wait(HthDeviceRegistry *self, gboolean new_devices_wait);

HthDevicePolicy hth_device_registry_policy(HthDeviceRegistry *self, GInetAddress *peer);
void hth_device_registry_seen(HthDeviceRegistry *self, GInetAddress *peer, const char *name,
                              const char *model, const char *client, const char *user_agent);
void hth_device_registry_note(HthDeviceRegistry *self, GInetAddress *peer, const char *asked,
                              const char *got);

/* (element HthDevice) copies without notes, last seen first. */
GPtrArray *hth_device_registry_list(HthDeviceRegistry *self);

/* By id, address or name, case ignored. NULL: no such device. */
HthDevice *hth_device_registry_find(HthDeviceRegistry *self, const char *name);

/* @id: a device's id, exactly. A policy is in force when these return; whoever serves closes the
 * device's connections. @name NULL takes the given name away.
 * Errors: HTH_ERROR_NOT_FOUND */
gboolean hth_device_registry_set_policy(HthDeviceRegistry *self, const char *id,
                                        HthDevicePolicy policy, GError **error);
gboolean hth_device_registry_set_name(HthDeviceRegistry *self, const char *id, const char *name,
                                      GError **error);
gboolean hth_device_registry_forget(HthDeviceRegistry *self, const char *id, GError **error);

/* Looks at the neighbour table again, so that an address that went to another device (DHCP) is that
 * device's; and writes what changed. Called every 30 s; may block, so not on the main thread. */
void hth_device_registry_refresh(HthDeviceRegistry *self);

/* "52:54:00:12:34:56" of an address, instead of asking the kernel: for tests. */
typedef char *(*HthHardwareLookup)(GInetAddress *address, gpointer data);
void hth_device_registry_set_lookup(HthDeviceRegistry *self, HthHardwareLookup lookup,
                                    gpointer data);

G_END_DECLS

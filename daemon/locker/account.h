/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a home keeps of the locker that it has joined, and what the locker allows it.
 *
 * Threads: an object belongs to one thread at a time.
 */
#pragma once

#include <json-glib/json-glib.h>

#include "base/key-id.h"

G_BEGIN_DECLS

#define HTH_LOCKER_NAME_MAX_BYTES 253

/* 0 stands for "no limit" everywhere. */
typedef struct {
    guint64 household_rate; /* bytes a second, all sessions together */
    guint64 session_rate;
    guint64 month_bytes;
    guint64 month_used;
    guint sessions;
    guint routes;
} HthLockerLimits;

typedef struct {
    char *host; /* where it is connected to */
    guint16 port;
    char *name;       /* by which it is spoken to, and under which our routes are */
    gboolean has_key; /* @key is the locker's; else the authorities of the web vouch for @name */
    HthKeyId key;
    char *household;
    guint interval_s; /* of pings, as it was found to be good; 0: not known */
} HthLockerAccount;

HthLockerAccount *hth_locker_account_copy(const HthLockerAccount *self);
void hth_locker_account_free(HthLockerAccount *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthLockerAccount, hth_locker_account_free)

char *hth_locker_account_print(const HthLockerAccount *self);
HthLockerAccount *hth_locker_account_parse(const char *text); /* NULL: it makes no sense */

/* Adds to @object what the household may see of it; @self NULL: that none is joined. */
void hth_locker_account_show(const HthLockerAccount *self, JsonObject *object);

/* "https://NAME[:PORT]"; the scheme may be left out. Errors: HTH_ERROR_INVALID. */
gboolean hth_locker_url_parse(const char *url, char **out_host, guint16 *out_port, GError **error);

/* A host name as it stands in a certificate: lower case, no address. */
gboolean hth_locker_name_is_good(const char *name);

/* Numbers that are missing, negative or no numbers are 0. */
void hth_locker_limits_parse(JsonObject *object, HthLockerLimits *out_limits);
JsonObject *hth_locker_limits_to_json(const HthLockerLimits *self);
/* But for what was used. */
gboolean hth_locker_limits_equal(const HthLockerLimits *a, const HthLockerLimits *b);

G_END_DECLS

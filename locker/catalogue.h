/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a locker knows for good: its households, their routes, limits and use, and invitations.
 *
 * This is the whole interface; nothing outside the implementation knows how it is kept. The one
 * that there is keeps DATA/locker.sqlite; other programs with the same DATA may use it at the same
 * time. What returns TRUE survives a power cut.
 *
 * Threads: an object belongs to one thread at a time; calls block.
 */
#pragma once

#include "household.h"

G_BEGIN_DECLS

typedef struct HthCatalogue HthCatalogue;

/* Makes what is not there yet. Errors: HTH_ERROR_NEWER, HTH_ERROR_CORRUPT, HTH_ERROR_FAILED … */
HthCatalogue *hth_catalogue_open(const char *data_dir, GError **error);
void hth_catalogue_free(HthCatalogue *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthCatalogue, hth_catalogue_free)

/* A number that changes when another program has changed something. 0: not known. */
gint64 hth_catalogue_version(HthCatalogue *self);

/* ---- Households ---- */

typedef struct {
    guint64 id;
    HthKeyId key;
    char *name; /* as the home calls itself; may be "" */
    gint64 joined_unix_s;
    HthLimits limits;
    guint64 month_bytes_used;
    guint64 month_sessions;
    guint n_routes;
} HthAccount;

void hth_account_free(HthAccount *account);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthAccount, hth_account_free)

/* As people and programs write it: 13 letters. New string. */
char *hth_account_id_text(guint64 id);

/* @month: 202611. (element HthAccount) A new array, those that joined first first. */
GPtrArray *hth_catalogue_accounts(HthCatalogue *self, guint month, GError **error);

/* @text: the id, the beginning of one, or a name, when there is only one such.
 * Errors: HTH_ERROR_NOT_FOUND, HTH_ERROR_INVALID (several) */
HthAccount *hth_catalogue_find(HthCatalogue *self, const char *text, guint month, GError **error);

gboolean hth_catalogue_set_limits(HthCatalogue *self, guint64 id, const HthLimits *limits,
                                  GError **error);
/* With everything that belongs to it. */
gboolean hth_catalogue_remove(HthCatalogue *self, guint64 id, GError **error);

/* ---- Routes ---- */

/* Replaces the routes of a household. */
gboolean hth_catalogue_set_routes(HthCatalogue *self, guint64 id, const char *const *routes,
                                  GError **error);
/* NULL-terminated, new. */
char **hth_catalogue_routes(HthCatalogue *self, guint64 id, GError **error);

/* ---- Invitations ---- */

/* @secret_hash: what is kept of the code. */
gboolean hth_catalogue_invite(HthCatalogue *self, const HthKeyId *secret_hash,
                              gint64 expires_unix_s, GError **error);

/* Makes a household of the one who has the code and the key. The same two a second time (the answer
 * was lost) find the same household.
 *
 * Errors: HTH_ERROR_REFUSED  no such code, or it is used or expired
 *         HTH_ERROR_INVALID  the key is that of a household already, by another code */
gboolean hth_catalogue_redeem(HthCatalogue *self, const HthKeyId *secret_hash, const HthKeyId *key,
                              const char *name, guint64 *out_id, GError **error);
/* Of those that may still be used. */
guint hth_catalogue_open_invitations(HthCatalogue *self);

/* ---- Use ---- */

typedef struct {
    guint64 id;
    guint64 n_bytes;
    guint64 n_sessions;
} HthUse;

/* Adds all of it, or nothing. */
gboolean hth_catalogue_add_use(HthCatalogue *self, guint month, const HthUse *use, guint n_use,
                               GError **error);

/* 202611 for a moment in UTC. */
guint hth_month_of(gint64 unix_s);

/* ---- Notes: small texts by name, as that of the locker itself ---- */

char *hth_catalogue_note(HthCatalogue *self, const char *name); /* new string, or NULL */
gboolean hth_catalogue_set_note(HthCatalogue *self, const char *name, const char *text,
                                GError **error);

G_END_DECLS

/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "ledger"
#include "ledger.h"

#include "base/error.h"
#include "base/log.h"

#define LOOK_MS      1000
#define SAVE_EVERY_S 5

struct HthLedger {
    HthCatalogue *catalogue;
    HthSwitchboard *switchboard;
    const HthLedgerEvents *events;
    gpointer data;
    guint timer;
    guint n_looks;
    gint64 version; /* of the catalogue, as it was read */
    guint month;
    char *live; /* as it was written */
};

static guint month_now(void)
{
    return hth_month_of(g_get_real_time() / G_USEC_PER_SEC);
}

/* ---- From the catalogue ---- */

static gboolean add_household(HthLedger *self, const HthAccount *account, GError **error)
{
    g_auto(GStrv) routes = hth_catalogue_routes(self->catalogue, account->id, error);
    g_autoptr(GPtrArray) gone = NULL;
    if (routes == NULL)
        return FALSE;
    g_autoptr(HthHousehold) household =
        hth_household_new(account->id, &account->key, &account->limits, account->month_bytes_used);
    hth_switchboard_add(self->switchboard, household);
    (void)hth_switchboard_set_routes(self->switchboard, household, (const char *const *)routes,
                                     &gone); /* the catalogue has each route once */
    return TRUE;
}

static gboolean take_account(HthLedger *self, const HthAccount *account, GError **error)
{
    g_autoptr(HthHousehold) household = hth_switchboard_by_id(self->switchboard, account->id);
    if (household == NULL)
        return add_household(self, account, error);
    HthLimits limits;
    hth_household_limits(household, &limits);
    if (!hth_limits_equal(&limits, &account->limits)) {
        hth_household_set_limits(household, &account->limits);
        self->events->limits_changed(household, self->data);
    }
    return TRUE;
}

static void end_household(HthLedger *self, HthHousehold *household)
{
    g_autofree char *id = hth_account_id_text(hth_household_id(household));
    hth_log_info("household=%s is no more", id);
    hth_switchboard_remove(self->switchboard, household);
    self->events->ended(household, self->data);
}

static void end_missing(HthLedger *self, const GPtrArray *accounts)
{
    g_autoptr(GHashTable) ids = g_hash_table_new(g_int64_hash, g_int64_equal);
    for (guint i = 0; i < accounts->len; i++)
        g_hash_table_add(ids, &((HthAccount *)accounts->pdata[i])->id);
    g_autoptr(GPtrArray) households = hth_switchboard_households(self->switchboard);
    for (guint i = 0; i < households->len; i++) {
        const guint64 id = hth_household_id(households->pdata[i]);
        if (!g_hash_table_contains(ids, &id))
            end_household(self, households->pdata[i]);
    }
}

static gboolean load(HthLedger *self, GError **error)
{
    self->version = hth_catalogue_version(self->catalogue);
    g_autoptr(GPtrArray) accounts = hth_catalogue_accounts(self->catalogue, self->month, error);
    if (accounts == NULL)
        return FALSE;
    for (guint i = 0; i < accounts->len; i++) {
        if (!take_account(self, accounts->pdata[i], error))
            return FALSE;
    }
    end_missing(self, accounts);
    return TRUE;
}

/* ---- To the catalogue ---- */

static void return_use(HthLedger *self, const HthUse *use, guint n_use)
{
    for (guint i = 0; i < n_use; i++) {
        g_autoptr(HthHousehold) household = hth_switchboard_by_id(self->switchboard, use[i].id);
        if (household != NULL)
            hth_household_return_unsaved(household, use[i].n_bytes, use[i].n_sessions);
    }
}

static void save_use(HthLedger *self, const GPtrArray *households)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) use = g_array_new(FALSE, FALSE, sizeof(HthUse));
    for (guint i = 0; i < households->len; i++) {
        HthUse one = { .id = hth_household_id(households->pdata[i]) };
        hth_household_take_unsaved(households->pdata[i], &one.n_bytes, &one.n_sessions);
        if (one.n_bytes > 0 || one.n_sessions > 0)
            g_array_append_val(use, one);
    }
    const HthUse *all = (const HthUse *)(gpointer)use->data;
    if (hth_catalogue_add_use(self->catalogue, self->month, all, use->len, &error))
        return;
    hth_log_warning("what was used is written later: %s", error->message);
    return_use(self, all, use->len);
}

static void begin_month(HthLedger *self, const GPtrArray *households, guint month)
{
    self->month = month;
    for (guint i = 0; i < households->len; i++) {
        hth_household_begin_month(households->pdata[i]);
        self->events->limits_changed(households->pdata[i], self->data);
    }
}

static void save_live(HthLedger *self)
{
    g_autofree char *live = self->events->live_note(self->data);
    if (live == NULL || g_strcmp0(live, self->live) == 0)
        return;
    if (hth_catalogue_set_note(self->catalogue, HTH_LEDGER_LIVE_NOTE, live, NULL)) {
        g_free(self->live);
        self->live = g_steal_pointer(&live);
    }
}

static void save(HthLedger *self)
{
    g_autoptr(GPtrArray) households = hth_switchboard_households(self->switchboard);
    const guint month = month_now();
    save_use(self, households);
    if (month != self->month)
        begin_month(self, households, month);
    save_live(self);
}

static gboolean on_look(gpointer data)
{
    HthLedger *self = data;
    g_autoptr(GError) error = NULL;
    if (hth_catalogue_version(self->catalogue) != self->version && !load(self, &error))
        hth_log_warning("the catalogue cannot be read now: %s", error->message);
    if (++self->n_looks % SAVE_EVERY_S == 0)
        save(self);
    return G_SOURCE_CONTINUE;
}

HthLedger *hth_ledger_new(HthCatalogue *catalogue, HthSwitchboard *switchboard,
                          const HthLedgerEvents *events, gpointer data, GError **error)
{
    HthLedger *self = g_new0(HthLedger, 1);
    self->catalogue = catalogue;
    self->switchboard = switchboard;
    self->events = events;
    self->data = data;
    self->month = month_now();
    if (!load(self, error)) {
        g_free(self);
        return NULL;
    }
    self->timer = g_timeout_add(LOOK_MS, on_look, self);
    return self;
}

void hth_ledger_free(HthLedger *self)
{
    if (self == NULL)
        return;
    g_source_remove(self->timer);
    save(self);
    g_free(self->live);
    g_free(self);
}

/* ---- What homes ask for ---- */

static HthHousehold *welcome(HthLedger *self, guint64 id, const HthKeyId *key)
{
    HthHousehold *known = hth_switchboard_by_id(self->switchboard, id);
    if (known != NULL)
        return known;
    const HthLimits no_limits = { 0 };
    g_autofree char *text = hth_account_id_text(id);
    hth_log_info("household=%s has joined", text);
    known = hth_household_new(id, key, &no_limits, 0);
    hth_switchboard_add(self->switchboard, known);
    return known;
}

HthHousehold *hth_ledger_join(HthLedger *self, const HthKeyId *secret_hash, const HthKeyId *key,
                              const char *name, GError **error)
{
    guint64 id = 0;
    if (!hth_catalogue_redeem(self->catalogue, secret_hash, key, name, &id, error))
        return NULL;
    return welcome(self, id, key);
}

/* Written first: what a home was told survives. Only the main thread changes routes, so nobody
 * comes between. */
gboolean hth_ledger_set_routes(HthLedger *self, HthHousehold *household, const char *const *routes,
                               GError **error)
{
    g_autoptr(GPtrArray) gone = NULL;
    if (!hth_switchboard_may_have_routes(self->switchboard, household, routes)) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_REFUSED,
                    "a route belongs to another household: choose another");
        return FALSE;
    }
    if (!hth_catalogue_set_routes(self->catalogue, hth_household_id(household), routes, error))
        return FALSE;
    if (hth_switchboard_set_routes(self->switchboard, household, routes, &gone) && gone->len > 0)
        self->events->routes_gone(household, gone, self->data);
    return TRUE;
}

gboolean hth_ledger_remove(HthLedger *self, HthHousehold *household, GError **error)
{
    if (!hth_catalogue_remove(self->catalogue, hth_household_id(household), error))
        return FALSE;
    end_household(self, household);
    return TRUE;
}

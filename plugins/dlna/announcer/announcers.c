/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "announcer"
#include "announcers.h"

#include <string.h>

#include "announcer.h"
#include "base/log.h"
#include "base/wake-watch.h"
#include "event-moderator.h"

#define DEFAULT_MAX_AGE_S 1800
#define JOIN_MAX_US       (2 * G_USEC_PER_SEC)
#define CONTENT_DIRECTORY "urn:upnp-org:serviceId:ContentDirectory"

struct HthAnnouncers {
    HthAnnouncersOptions options; /* its strings are ours */
    GHashTable *values;           /* service id → GArray of HthEventVariable */
    GPtrArray *announcers;        /* at most one an interface, those that are leaving included */
    HthEventModerator *moderator;
    guint watch;
    HthWakeWatch *wake_watch;
    guint event_timer;
    guint sync_source;
};

/* ---- Which interface is announced on ---- */

/* The first IPv4 address that is ready, or NULL. Borrowed. */
static GInetAddress *usable_address(const HthInterface *interface)
{
    if (!interface->is_used || interface->is_loopback || !interface->has_multicast)
        return NULL;
    for (guint i = 0; i < interface->addresses->len; i++) {
        const HthInterfaceAddress *address = interface->addresses->pdata[i];
        if (g_inet_address_get_family(address->address) == G_SOCKET_FAMILY_IPV4 &&
            !address->is_tentative)
            return address->address;
    }
    return NULL;
}

static const HthInterface *find_interface(GPtrArray *interfaces, const char *name)
{
    for (guint i = 0; i < interfaces->len; i++) {
        const HthInterface *interface = interfaces->pdata[i];
        if (strcmp(interface->name, name) == 0)
            return interface;
    }
    return NULL;
}

static gboolean is_announced(HthAnnouncers *self, const char *interface)
{
    for (guint i = 0; i < self->announcers->len; i++) {
        if (strcmp(hth_announcer_interface(self->announcers->pdata[i]), interface) == 0)
            return TRUE;
    }
    return FALSE;
}

/* An address that an interface has is good as long as it has it, even if another now comes first.
 */
static gboolean is_still_good(GPtrArray *interfaces, const HthAnnouncer *announcer)
{
    const HthInterface *interface = find_interface(interfaces, hth_announcer_interface(announcer));
    if (interface == NULL || usable_address(interface) == NULL)
        return FALSE;
    for (guint i = 0; i < interface->addresses->len; i++) {
        const HthInterfaceAddress *address = interface->addresses->pdata[i];
        g_autofree char *text = g_inet_address_to_string(address->address);
        if (strcmp(text, hth_announcer_address(announcer)) == 0)
            return TRUE;
    }
    return FALSE;
}

static gboolean on_sync(gpointer data);

/* An announcer may not be freed while it tells its change: later, from the loop. */
static void on_announcer_changed(HthAnnouncer *announcer, gpointer data)
{
    HthAnnouncers *self = data;
    if (hth_announcer_is_stopped(announcer) && self->sync_source == 0)
        self->sync_source = g_idle_add(on_sync, self);
    if (self->options.changed != NULL)
        self->options.changed(self, self->options.data);
}

static void on_seen(HthAnnouncer *announcer, const HthAnnounceMessage *message, gpointer data)
{
    HthAnnouncers *self = data;
    if (self->options.seen != NULL)
        self->options.seen(hth_announcer_address(announcer), message->seen.sender,
                           message->seen.location, self->options.data);
}

static void announce_on(HthAnnouncers *self, const char *interface, GInetAddress *address)
{
    g_autofree char *text = g_inet_address_to_string(address);
    g_autofree char *url =
        g_strdup_printf("http://%s:%u%s", text, self->options.port, self->options.description_path);
    const HthAnnouncerOptions options = {
        .program = self->options.program,
        .interface = interface,
        .address = text,
        .description_url = url,
        .max_age_s = self->options.max_age_s,
        .boot_id = self->options.boot_id,
        .config_id = self->options.config_id,
        .values = self->values,
        .seen = on_seen,
    };
    g_ptr_array_add(self->announcers, hth_announcer_new(&options, on_announcer_changed, self));
}

static void remove_stopped(HthAnnouncers *self)
{
    for (guint i = self->announcers->len; i > 0; i--) {
        if (hth_announcer_is_stopped(self->announcers->pdata[i - 1]))
            g_ptr_array_remove_index_fast(self->announcers, i - 1);
    }
}

/* Makes the announcers what the interfaces ask for. Each start of a child adds one to its boot id;
 * a new announcer begins beyond what its predecessor can have reached. */
static void sync_with_interfaces(HthAnnouncers *self)
{
    g_autoptr(GPtrArray) interfaces = hth_interfaces_list(self->options.interfaces);
    for (guint i = 0; i < self->announcers->len; i++) {
        if (!is_still_good(interfaces, self->announcers->pdata[i]))
            hth_announcer_stop(self->announcers->pdata[i]);
    }
    remove_stopped(self);
    for (guint i = 0; i < interfaces->len; i++) {
        const HthInterface *interface = interfaces->pdata[i];
        GInetAddress *address = usable_address(interface);
        if (address == NULL || is_announced(self, interface->name))
            continue;
        self->options.boot_id = (self->options.boot_id + 100) & G_MAXINT32;
        announce_on(self, interface->name, address);
    }
}

static gboolean on_sync(gpointer data)
{
    HthAnnouncers *self = data;
    self->sync_source = 0;
    sync_with_interfaces(self);
    return G_SOURCE_REMOVE;
}

static void on_interfaces_changed(HthInterfaces *interfaces, gpointer data)
{
    sync_with_interfaces(data);
}

/* While this computer slept nothing was announced, subscriptions ran out, and who was told "alive"
 * may have given it up: it comes anew, as after a start. */
static void on_woken(gint64 slept_us, gpointer data)
{
    HthAnnouncers *self = data;
    hth_log_info("awake again, announcing anew slept_s=%" G_GINT64_FORMAT,
                 slept_us / G_USEC_PER_SEC);
    for (guint i = 0; i < self->announcers->len; i++)
        hth_announcer_stop(self->announcers->pdata[i]);
    sync_with_interfaces(self);
}

/* ---- Events ---- */

static void remember_variable(GArray *variables, const HthEventVariable *variable)
{
    for (guint i = 0; i < variables->len; i++) {
        HthEventVariable *known = &g_array_index(variables, HthEventVariable, i);
        if (strcmp(known->name, variable->name) == 0) {
            g_free((char *)known->value);
            known->value = g_strdup(variable->value);
            return;
        }
    }
    const HthEventVariable copy = { g_strdup(variable->name), g_strdup(variable->value) };
    g_return_if_fail(variables->len < HTH_ANNOUNCE_MAX_VARIABLES);
    g_array_append_val(variables, copy);
}

static void remember(HthAnnouncers *self, const char *service_id, const HthEventVariable *variables,
                     guint n_variables)
{
    GArray *known = g_hash_table_lookup(self->values, service_id);
    if (known == NULL) {
        known = hth_event_variables_copy(NULL, 0);
        g_hash_table_insert(self->values, g_strdup(service_id), known);
    }
    for (guint i = 0; i < n_variables; i++)
        remember_variable(known, &variables[i]);
}

void hth_announcers_set_values(HthAnnouncers *self, const char *service_id,
                               const HthEventVariable *variables, guint n_variables)
{
    remember(self, service_id, variables, n_variables);
    for (guint i = 0; i < self->announcers->len; i++)
        hth_announcer_set_values(self->announcers->pdata[i], service_id, variables, n_variables);
}

void hth_announcers_notify(HthAnnouncers *self, const char *service_id,
                           const HthEventVariable *variables, guint n_variables)
{
    remember(self, service_id, variables, n_variables);
    for (guint i = 0; i < self->announcers->len; i++)
        hth_announcer_notify(self->announcers->pdata[i], service_id, variables, n_variables);
}

static void set_event_timer(HthAnnouncers *self);

static gboolean on_event_due(gpointer data)
{
    HthAnnouncers *self = data;
    guint32 system_update_id = 0;
    g_autofree char *container_ids = NULL;
    self->event_timer = 0;
    if (hth_event_moderator_take(self->moderator, g_get_monotonic_time(), &system_update_id,
                                 &container_ids)) {
        g_autofree char *system_text = g_strdup_printf("%u", system_update_id);
        const HthEventVariable variables[] = {
            { "SystemUpdateID", system_text },
            { "ContainerUpdateIDs", container_ids },
        };
        hth_announcers_notify(self, CONTENT_DIRECTORY, variables, G_N_ELEMENTS(variables));
    }
    set_event_timer(self);
    return G_SOURCE_REMOVE;
}

static void set_event_timer(HthAnnouncers *self)
{
    const gint64 now_us = g_get_monotonic_time();
    const gint64 due_us = hth_event_moderator_due_us(self->moderator, now_us);
    if (due_us < 0 || self->event_timer != 0)
        return;
    self->event_timer = g_timeout_add((guint)((due_us - now_us + 999) / 1000), on_event_due, self);
}

void hth_announcers_system_changed(HthAnnouncers *self, guint32 system_update_id)
{
    hth_event_moderator_system_changed(self->moderator, system_update_id);
    set_event_timer(self);
}

void hth_announcers_container_changed(HthAnnouncers *self, const char *container_id,
                                      guint32 update_id)
{
    hth_event_moderator_container_changed(self->moderator, container_id, update_id);
    set_event_timer(self);
}

/* ---- Life ---- */

HthAnnouncers *hth_announcers_new(const HthAnnouncersOptions *options)
{
    HthAnnouncers *self = g_new(HthAnnouncers, 1);
    *self = (HthAnnouncers){
        .options = *options,
        .values =
            g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_array_unref),
        .announcers = g_ptr_array_new_with_free_func((GDestroyNotify)hth_announcer_free),
        .moderator = hth_event_moderator_new(),
    };
    self->options.program = g_strdup(options->program);
    self->options.description_path = g_strdup(options->description_path);
    if (self->options.max_age_s == 0)
        self->options.max_age_s = DEFAULT_MAX_AGE_S;
    if (self->options.boot_id == 0)
        self->options.boot_id = (guint32)(g_get_real_time() / G_USEC_PER_SEC) & G_MAXINT32;
    self->watch = hth_interfaces_add_watch(options->interfaces, on_interfaces_changed, self);
    self->wake_watch = hth_wake_watch_new(on_woken, self, NULL);
    sync_with_interfaces(self);
    return self;
}

void hth_announcers_free(HthAnnouncers *self)
{
    if (self == NULL)
        return;
    hth_interfaces_remove_watch(self->options.interfaces, self->watch);
    hth_wake_watch_free(self->wake_watch);
    self->options.changed = NULL;
    self->options.seen = NULL;
    for (guint i = 0; i < self->announcers->len; i++)
        hth_announcer_stop(self->announcers->pdata[i]);
    const gint64 deadline_us = g_get_monotonic_time() + JOIN_MAX_US;
    for (guint i = 0; i < self->announcers->len; i++)
        hth_announcer_join(self->announcers->pdata[i], deadline_us);
    g_clear_handle_id(&self->sync_source, g_source_remove);
    g_clear_handle_id(&self->event_timer, g_source_remove);
    g_ptr_array_unref(self->announcers);
    g_hash_table_unref(self->values);
    hth_event_moderator_free(self->moderator);
    g_free((char *)self->options.program);
    g_free((char *)self->options.description_path);
    g_free(self);
}

/* ---- Questions ---- */

static gboolean has_address(const HthInterface *interface, GInetAddress *address)
{
    for (guint i = 0; i < interface->addresses->len; i++) {
        const HthInterfaceAddress *own = interface->addresses->pdata[i];
        if (g_inet_address_equal(own->address, address))
            return TRUE;
    }
    return FALSE;
}

guint16 hth_announcers_port(HthAnnouncers *self, GInetAddress *local, guint64 *out_generation)
{
    g_autoptr(GPtrArray) interfaces = hth_interfaces_list(self->options.interfaces);
    for (guint i = 0; i < self->announcers->len; i++) {
        const HthAnnouncer *announcer = self->announcers->pdata[i];
        const HthInterface *interface =
            find_interface(interfaces, hth_announcer_interface(announcer));
        if (interface == NULL || !has_address(interface, local))
            continue;
        *out_generation = hth_announcer_generation(announcer);
        return hth_announcer_port(announcer);
    }
    return 0;
}

static HthAnnouncer *find_generation(HthAnnouncers *self, guint64 generation)
{
    for (guint i = 0; i < self->announcers->len && generation != 0; i++) {
        if (hth_announcer_generation(self->announcers->pdata[i]) == generation)
            return self->announcers->pdata[i];
    }
    return NULL;
}

gboolean hth_announcers_is_alive(HthAnnouncers *self, guint64 generation)
{
    return find_generation(self, generation) != NULL;
}

void hth_announcers_accept(HthAnnouncers *self, guint64 generation, const char *sid)
{
    HthAnnouncer *announcer = find_generation(self, generation);
    if (announcer != NULL)
        hth_announcer_accept(announcer, sid);
}

char *hth_announcers_sentence(HthAnnouncers *self, gboolean *out_is_working)
{
    g_autoptr(GString) ready = g_string_new(NULL);
    g_autoptr(GString) waiting = g_string_new(NULL);
    for (guint i = 0; i < self->announcers->len; i++) {
        const HthAnnouncer *announcer = self->announcers->pdata[i];
        GString *to = hth_announcer_port(announcer) != 0 ? ready : waiting;
        g_string_append_printf(to, "%s%s (%s)", to->len > 0 ? ", " : "",
                               hth_announcer_interface(announcer),
                               hth_announcer_address(announcer));
    }
    *out_is_working = ready->len > 0 && waiting->len == 0;
    if (self->announcers->len == 0)
        return g_strdup("no network interface to announce on");
    if (waiting->len == 0)
        return g_strdup_printf("announcing on %s", ready->str);
    if (ready->len == 0)
        return g_strdup_printf("not yet announcing on %s", waiting->str);
    return g_strdup_printf("announcing on %s; not yet on %s", ready->str, waiting->str);
}

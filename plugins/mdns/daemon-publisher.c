/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "mdns"
#include "daemon-publisher.h"

#include <avahi-common/address.h>
#include <avahi-common/defs.h>
#include <string.h>

#include "base/log.h"

#define ENTRY_GROUP "org.freedesktop.Avahi.EntryGroup"

struct HthMdnsDaemonPublisher {
    GDBusConnection *connection;
    char *owner;
    HthMdnsOffer *offer;
    HthMdnsChanged changed;
    gpointer data;
    HthMdnsPublication publication;
    GPtrArray *groups;         /* (element Group) */
    GCancellable *cancellable; /* cancelled by free: a reply after that touches nothing */
    guint subscription;
    guint rename_source;
    guint retry_source;
    guint retry_s;
};

/* avahi-daemon's object for one interface. It is freed once it is removed and no reply is awaited.
 */
typedef struct {
    HthMdnsDaemonPublisher *publisher;
    int link_index;
    char *path; /* NULL until avahi-daemon has made it */
    int state;  /* AvahiEntryGroupState */
    guint n_awaited;
    gboolean is_removed;
} Group;

static void group_free(Group *group)
{
    g_free(group->path);
    g_free(group);
}

/* ---- How it stands ---- */

const HthMdnsPublication *hth_mdns_daemon_publisher_publication(HthMdnsDaemonPublisher *self)
{
    return &self->publication;
}

static void set_publication(HthMdnsDaemonPublisher *self, HthMdnsCondition condition,
                            const char *detail)
{
    self->publication.condition = condition;
    g_strlcpy(self->publication.detail, detail, sizeof self->publication.detail);
    self->changed(self->data);
}

/* Every group established: published. A failure stays until the next try. */
static void review(HthMdnsDaemonPublisher *self)
{
    if (self->retry_source != 0)
        return;
    gboolean is_established = TRUE;
    for (guint i = 0; i < self->groups->len; i++) {
        const Group *group = self->groups->pdata[i];
        if (!group->is_removed && group->state != AVAHI_ENTRY_GROUP_ESTABLISHED)
            is_established = FALSE;
    }
    if (is_established)
        self->retry_s = HTH_MDNS_RETRY_FIRST_S;
    set_publication(self, is_established ? HTH_MDNS_PUBLISHED : HTH_MDNS_STARTING, "");
}

/* ---- Failures and collisions ---- */

static void remove_group(Group *group);

static gboolean on_retry(gpointer data)
{
    HthMdnsDaemonPublisher *self = data;
    self->retry_source = 0;
    hth_mdns_daemon_publisher_update(self);
    review(self);
    return G_SOURCE_REMOVE;
}

static void remove_all_groups(HthMdnsDaemonPublisher *self)
{
    for (guint i = self->groups->len; i > 0; i--)
        remove_group(self->groups->pdata[i - 1]);
}

static void fail(HthMdnsDaemonPublisher *self, HthMdnsCondition condition, const char *detail)
{
    if (self->retry_source != 0)
        return; /* the first reason is the telling one */
    hth_log_warning("avahi-daemon does not publish for us, trying again in %u s: %s", self->retry_s,
                    detail);
    self->retry_source = g_timeout_add_seconds(self->retry_s, on_retry, self);
    self->retry_s = MIN(self->retry_s * 2, HTH_MDNS_RETRY_MAX_S);
    remove_all_groups(self);
    set_publication(self, condition, detail);
}

static gboolean on_rename(gpointer data)
{
    HthMdnsDaemonPublisher *self = data;
    self->rename_source = 0;
    g_autofree char *old = g_strdup(self->offer->name);
    hth_mdns_offer_rename(self->offer);
    hth_log_info("the name “%s” is taken on this network; now “%s”", old, self->offer->name);
    remove_all_groups(self);
    hth_mdns_daemon_publisher_update(self);
    review(self);
    return G_SOURCE_REMOVE;
}

/* Several groups may meet the same collision: one rename for all. */
static void collide(HthMdnsDaemonPublisher *self)
{
    if (self->rename_source == 0)
        self->rename_source =
            g_timeout_add(hth_mdns_offer_rename_delay_ms(self->offer), on_rename, self);
}

static void take_error(HthMdnsDaemonPublisher *self, GError *error)
{
    g_autofree char *name = g_dbus_error_get_remote_error(error);
    g_dbus_error_strip_remote_error(error);
    if (g_strcmp0(name, "org.freedesktop.Avahi.CollisionError") == 0)
        collide(self);
    else if (g_strcmp0(name, "org.freedesktop.Avahi.NotPermittedError") == 0)
        fail(self, HTH_MDNS_NOT_PERMITTED, error->message);
    else if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
        fail(self, HTH_MDNS_NO_ANSWER, error->message);
    else
        fail(self, HTH_MDNS_FAILED, error->message);
}

/* ---- Groups ---- */

static void on_reply(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) reply =
        g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return; /* the publisher and its groups have gone */

    Group *group = data;
    HthMdnsDaemonPublisher *self = group->publisher;
    group->n_awaited--;
    if (group->is_removed) {
        if (group->n_awaited == 0)
            g_ptr_array_remove_fast(self->groups, group);
    } else if (error != NULL) {
        take_error(self, error);
    }
}

static void call_group(Group *group, const char *method, GVariant *arguments)
{
    HthMdnsDaemonPublisher *self = group->publisher;
    group->n_awaited++;
    g_dbus_connection_call(self->connection, self->owner, group->path, ENTRY_GROUP, method,
                           arguments, NULL, G_DBUS_CALL_FLAGS_NONE, HTH_MDNS_CALL_TIMEOUT_MS,
                           self->cancellable, on_reply, group);
}

/* Nothing awaits the answer: also for the goodbye of a publisher that is being freed. */
static void free_group_object(HthMdnsDaemonPublisher *self, const char *path)
{
    g_dbus_connection_call(self->connection, self->owner, path, ENTRY_GROUP, "Free", NULL, NULL,
                           G_DBUS_CALL_FLAGS_NONE, HTH_MDNS_CALL_TIMEOUT_MS, NULL, NULL, NULL);
}

static void remove_group(Group *group)
{
    if (group->is_removed)
        return;
    group->is_removed = TRUE;
    if (group->path != NULL)
        free_group_object(group->publisher, group->path);
    if (group->n_awaited == 0)
        g_ptr_array_remove_fast(group->publisher->groups, group);
}

/* D-Bus keeps the order of one connection's messages, so nothing has to wait for an answer. */
static void fill_group(Group *group)
{
    const HthMdnsOffer *offer = group->publisher->offer;
    for (guint service = 0; service < HTH_MDNS_N_SERVICES; service++) {
        const guint16 port = hth_mdns_offer_port(offer, service);
        if (port == 0)
            continue;
        g_auto(GStrv) txt = hth_mdns_offer_txt(offer, service);
        GVariantBuilder records;
        g_variant_builder_init(&records, G_VARIANT_TYPE("aay"));
        for (guint i = 0; txt[i] != NULL; i++)
            g_variant_builder_add_value(
                &records,
                g_variant_new_fixed_array(G_VARIANT_TYPE_BYTE, txt[i], strlen(txt[i]), 1));
        call_group(group, "AddService",
                   g_variant_new("(iiussssqaay)", group->link_index, AVAHI_PROTO_UNSPEC, 0,
                                 offer->name, hth_mdns_service_type(service), "", "", port,
                                 &records));
    }
    call_group(group, "Commit", NULL);
}

static void on_group_made(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) reply =
        g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return; /* the publisher and its groups have gone */

    Group *group = data;
    HthMdnsDaemonPublisher *self = group->publisher;
    group->n_awaited--;
    if (reply != NULL)
        g_variant_get(reply, "(o)", &group->path);
    if (group->is_removed) {
        if (group->path != NULL)
            free_group_object(self, group->path);
        g_ptr_array_remove_fast(self->groups, group);
    } else if (error != NULL) {
        take_error(self, error);
    } else {
        fill_group(group);
    }
}

static void add_group(HthMdnsDaemonPublisher *self, int link_index)
{
    Group *group = g_new0(Group, 1);
    group->publisher = self;
    group->link_index = link_index;
    group->n_awaited = 1;
    g_ptr_array_add(self->groups, group);
    g_dbus_connection_call(self->connection, self->owner, "/", "org.freedesktop.Avahi.Server",
                           "EntryGroupNew", NULL, G_VARIANT_TYPE("(o)"), G_DBUS_CALL_FLAGS_NONE,
                           HTH_MDNS_CALL_TIMEOUT_MS, self->cancellable, on_group_made, group);
}

static gboolean has_group(const HthMdnsDaemonPublisher *self, int link_index)
{
    for (guint i = 0; i < self->groups->len; i++) {
        const Group *group = self->groups->pdata[i];
        if (!group->is_removed && group->link_index == link_index)
            return TRUE;
    }
    return FALSE;
}

void hth_mdns_daemon_publisher_update(HthMdnsDaemonPublisher *self)
{
    if (self->retry_source != 0)
        return; /* the next try takes the interfaces of that time */

    for (guint i = self->groups->len; i > 0; i--) {
        Group *group = self->groups->pdata[i - 1];
        if (hth_mdns_offer_find_link(self->offer, group->link_index) == NULL)
            remove_group(group);
    }
    for (guint i = 0; i < self->offer->links->len; i++) {
        const HthMdnsLink *link = self->offer->links->pdata[i];
        if (!has_group(self, link->index))
            add_group(self, link->index);
    }
}

static void on_group_state(GDBusConnection *connection, const char *sender, const char *path,
                           const char *interface, const char *signal, GVariant *arguments,
                           gpointer data)
{
    HthMdnsDaemonPublisher *self = data;
    if (!g_variant_is_of_type(arguments, G_VARIANT_TYPE("(is)")))
        return;
    int state = 0;
    const char *error_name = NULL;
    g_variant_get(arguments, "(i&s)", &state, &error_name);

    for (guint i = 0; i < self->groups->len; i++) {
        Group *group = self->groups->pdata[i];
        if (group->is_removed || g_strcmp0(group->path, path) != 0)
            continue;
        group->state = state;
        if (state == AVAHI_ENTRY_GROUP_COLLISION)
            collide(self);
        else if (state == AVAHI_ENTRY_GROUP_FAILURE)
            fail(self, HTH_MDNS_FAILED, error_name);
        else
            review(self);
        return;
    }
}

/* ---- Life ---- */

HthMdnsDaemonPublisher *hth_mdns_daemon_publisher_new(GDBusConnection *connection,
                                                      const char *owner, HthMdnsOffer *offer,
                                                      HthMdnsChanged changed, gpointer data)
{
    HthMdnsDaemonPublisher *self = g_new0(HthMdnsDaemonPublisher, 1);
    self->connection = g_object_ref(connection);
    self->owner = g_strdup(owner);
    self->offer = offer;
    self->changed = changed;
    self->data = data;
    self->publication.condition = HTH_MDNS_STARTING;
    self->groups = g_ptr_array_new_with_free_func((GDestroyNotify)group_free);
    self->cancellable = g_cancellable_new();
    self->retry_s = HTH_MDNS_RETRY_FIRST_S;
    self->subscription = g_dbus_connection_signal_subscribe(
        connection, owner, ENTRY_GROUP, "StateChanged", NULL, NULL, G_DBUS_SIGNAL_FLAGS_NONE,
        on_group_state, self, NULL);
    hth_mdns_daemon_publisher_update(self);
    return self;
}

void hth_mdns_daemon_publisher_free(HthMdnsDaemonPublisher *self)
{
    if (self == NULL)
        return;
    g_cancellable_cancel(self->cancellable);
    g_dbus_connection_signal_unsubscribe(self->connection, self->subscription);
    g_clear_handle_id(&self->rename_source, g_source_remove);
    g_clear_handle_id(&self->retry_source, g_source_remove);
    remove_all_groups(self);
    g_ptr_array_unref(self->groups);
    g_object_unref(self->cancellable);
    g_object_unref(self->connection);
    g_free(self->owner);
    g_free(self);
}

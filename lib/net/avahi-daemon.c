/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "mdns"
#include "net/avahi-daemon.h"

#include "base/log.h"

#define BUS_RETRY_FIRST_S 1
#define BUS_RETRY_MAX_S   30

/* AvahiServerState, as it is sent on the bus (avahi-common/defs.h). */
#define AVAHI_SERVER_RUNNING 2

struct HthMdnsAvahi {
    HthMdnsChanged changed;
    gpointer data;
    HthMdnsDaemonState state;
    GCancellable *connecting; /* cancelled by free, so that a late answer touches nothing */
    GDBusConnection *connection;
    gulong closed_handler;
    guint name_watch;
    guint retry_source;
    guint retry_s;
    char *owner;
    GCancellable *asking; /* cancelled when the owner goes */
    guint state_subscription;
    guint ask_source;
};

static void connect_bus(HthMdnsAvahi *self);
static void ask_state(HthMdnsAvahi *self);

HthMdnsDaemonState hth_mdns_avahi_state(const HthMdnsAvahi *self)
{
    return self->state;
}

GDBusConnection *hth_mdns_avahi_connection(const HthMdnsAvahi *self)
{
    return self->owner != NULL ? self->connection : NULL;
}

const char *hth_mdns_avahi_owner(const HthMdnsAvahi *self)
{
    return self->owner;
}

static void set_state(HthMdnsAvahi *self, HthMdnsDaemonState state)
{
    if (state == self->state)
        return;
    self->state = state;
    self->changed(self->data);
}

/* ---- The server's state ---- */

static void forget_owner(HthMdnsAvahi *self)
{
    if (self->owner == NULL)
        return;
    g_cancellable_cancel(self->asking);
    g_clear_object(&self->asking);
    g_clear_handle_id(&self->ask_source, g_source_remove);
    g_dbus_connection_signal_unsubscribe(self->connection, self->state_subscription);
    g_clear_pointer(&self->owner, g_free);
}

static void take_server_state(HthMdnsAvahi *self, int server_state)
{
    set_state(self, server_state == AVAHI_SERVER_RUNNING ? HTH_MDNS_DAEMON_READY
                                                         : HTH_MDNS_DAEMON_PRESENT);
}

static void on_state_changed(GDBusConnection *connection, const char *sender, const char *path,
                             const char *interface, const char *signal, GVariant *arguments,
                             gpointer data)
{
    if (!g_variant_is_of_type(arguments, G_VARIANT_TYPE("(is)")))
        return;
    int server_state = 0;
    g_variant_get_child(arguments, 0, "i", &server_state);
    take_server_state(data, server_state);
}

static gboolean on_ask_again(gpointer data)
{
    HthMdnsAvahi *self = data;
    self->ask_source = 0;
    ask_state(self);
    return G_SOURCE_REMOVE;
}

static void on_state_reply(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) reply =
        g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return; /* the owner has gone, and perhaps all of us */

    HthMdnsAvahi *self = data;
    if (reply == NULL) {
        hth_log_warning("avahi-daemon does not tell its state, asking again: %s", error->message);
        self->ask_source = g_timeout_add_seconds(HTH_MDNS_RETRY_FIRST_S, on_ask_again, self);
        return;
    }
    int server_state = 0;
    g_variant_get(reply, "(i)", &server_state);
    take_server_state(self, server_state);
}

static void ask_state(HthMdnsAvahi *self)
{
    g_dbus_connection_call(self->connection, self->owner, "/", "org.freedesktop.Avahi.Server",
                           "GetState", NULL, G_VARIANT_TYPE("(i)"), G_DBUS_CALL_FLAGS_NONE,
                           HTH_MDNS_CALL_TIMEOUT_MS, self->asking, on_state_reply, self);
}

/* ---- The name on the bus ---- */

static void on_appeared(GDBusConnection *connection, const char *name, const char *owner,
                        gpointer data)
{
    HthMdnsAvahi *self = data;
    forget_owner(self);
    self->owner = g_strdup(owner);
    self->asking = g_cancellable_new();
    self->state_subscription = g_dbus_connection_signal_subscribe(
        connection, owner, "org.freedesktop.Avahi.Server", "StateChanged", "/", NULL,
        G_DBUS_SIGNAL_FLAGS_NONE, on_state_changed, self, NULL);
    set_state(self, HTH_MDNS_DAEMON_PRESENT);
    ask_state(self);
}

/* Also called once when the name has no owner at the start. */
static void on_vanished(GDBusConnection *connection, const char *name, gpointer data)
{
    HthMdnsAvahi *self = data;
    forget_owner(self);
    set_state(self, HTH_MDNS_DAEMON_ABSENT);
}

/* ---- The bus ---- */

static gboolean on_retry(gpointer data)
{
    HthMdnsAvahi *self = data;
    self->retry_source = 0;
    connect_bus(self);
    return G_SOURCE_REMOVE;
}

static void retry_later(HthMdnsAvahi *self)
{
    self->retry_source = g_timeout_add_seconds(self->retry_s, on_retry, self);
    self->retry_s = MIN(self->retry_s * 2, BUS_RETRY_MAX_S);
}

static void drop_connection(HthMdnsAvahi *self)
{
    if (self->connection == NULL)
        return;
    forget_owner(self);
    g_clear_handle_id(&self->name_watch, g_bus_unwatch_name);
    g_clear_signal_handler(&self->closed_handler, self->connection);
    /* With its client gone avahi-daemon withdraws whatever is left of ours. */
    g_dbus_connection_close(self->connection, NULL, NULL, NULL);
    g_clear_object(&self->connection);
}

static void on_closed(GDBusConnection *connection, gboolean is_remote, GError *error, gpointer data)
{
    HthMdnsAvahi *self = data;
    hth_log_info("the system bus has gone; trying again in %u s", self->retry_s);
    drop_connection(self);
    set_state(self, HTH_MDNS_DAEMON_ABSENT);
    retry_later(self);
}

static void on_connected(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GDBusConnection) connection =
        g_dbus_connection_new_for_address_finish(result, &error);
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;

    HthMdnsAvahi *self = data;
    if (connection == NULL) {
        hth_log_debug("no system bus: %s", error->message);
        retry_later(self);
        set_state(self, HTH_MDNS_DAEMON_ABSENT);
        return;
    }
    self->retry_s = BUS_RETRY_FIRST_S;
    self->connection = g_steal_pointer(&connection);
    self->closed_handler =
        g_signal_connect(self->connection, "closed", G_CALLBACK(on_closed), self);
    self->name_watch = g_bus_watch_name_on_connection(self->connection, "org.freedesktop.Avahi",
                                                      G_BUS_NAME_WATCHER_FLAGS_NONE, on_appeared,
                                                      on_vanished, self, NULL);
}

/* A connection of our own: the one that g_bus_get() shares would end the process with the bus. */
static void connect_bus(HthMdnsAvahi *self)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *address = g_dbus_address_get_for_bus_sync(G_BUS_TYPE_SYSTEM, NULL, &error);
    if (address == NULL) {
        hth_log_warning("no address of the system bus: %s", error->message);
        retry_later(self);
        return;
    }
    g_dbus_connection_new_for_address(address,
                                      G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                          G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                      NULL, self->connecting, on_connected, self);
}

HthMdnsAvahi *hth_mdns_avahi_new(HthMdnsChanged changed, gpointer data)
{
    HthMdnsAvahi *self = g_new0(HthMdnsAvahi, 1);
    self->changed = changed;
    self->data = data;
    self->connecting = g_cancellable_new();
    self->retry_s = BUS_RETRY_FIRST_S;
    connect_bus(self);
    return self;
}

void hth_mdns_avahi_free(HthMdnsAvahi *self)
{
    if (self == NULL)
        return;
    g_cancellable_cancel(self->connecting);
    g_object_unref(self->connecting);
    g_clear_handle_id(&self->retry_source, g_source_remove);
    drop_connection(self);
    g_free(self);
}

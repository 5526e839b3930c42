/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "discovery"
#include "base/log.h"
#include "browser.h"

#define SERVER      "org.freedesktop.Avahi.Server"
#define BROWSER     "org.freedesktop.Avahi.ServiceBrowser"
#define UNSPECIFIED (-1) /* any interface, any protocol */
/* avahi-daemon gives up on a service that does not answer after 5 s. */
#define CALL_MS 8000
/* Of one service. */
#define MAX_TXT 16

struct HthDaemonBrowser {
    GDBusConnection *connection;
    char *owner;
    HthServiceFound found;
    gpointer data;
    GCancellable *asking; /* cancelled by free, so that a late answer touches nothing */
    guint subscription;
};

static char **read_txt(GVariant *records)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    const gsize n = MIN(g_variant_n_children(records), MAX_TXT);
    for (gsize i = 0; i < n; i++) {
        g_autoptr(GVariant) record = g_variant_get_child_value(records, i);
        gsize size = 0;
        const char *bytes = g_variant_get_fixed_array(record, &size, 1);
        g_autofree char *text = g_strndup(bytes, size);
        if (text != NULL)
            g_strv_builder_add(builder, text);
    }
    return g_strv_builder_end(builder);
}

static void on_resolved(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) reply =
        g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    if (reply == NULL) {
        hth_log_debug("a service is not resolved: %s", error->message);
        return;
    }
    HthDaemonBrowser *self = data;
    gint32 link_index = 0;
    guint16 port = 0;
    const char *name = NULL;
    const char *address = NULL;
    g_autoptr(GVariant) records = NULL;
    g_variant_get(reply, "(ii&s&s&s&si&sq@aayu)", &link_index, NULL, &name, NULL, NULL, NULL, NULL,
                  &address, &port, &records, NULL);
    g_auto(GStrv) txt = read_txt(records);
    self->found(link_index, name, address, port, (const char *const *)txt, self->data);
}

/* ItemNew of our browser, or of another program's, which does no harm. */
static void on_item(GDBusConnection *connection, const char *sender, const char *path,
                    const char *interface, const char *signal, GVariant *arguments, gpointer data)
{
    HthDaemonBrowser *self = data;
    if (!g_variant_is_of_type(arguments, G_VARIANT_TYPE("(iisssu)")))
        return;
    gint32 link_index = 0;
    gint32 protocol = 0;
    const char *name = NULL;
    const char *type = NULL;
    const char *domain = NULL;
    g_variant_get(arguments, "(ii&s&s&su)", &link_index, &protocol, &name, &type, &domain, NULL);
    if (g_strcmp0(type, HTH_BROWSE_TYPE) != 0)
        return;
    g_dbus_connection_call(
        self->connection, self->owner, "/", SERVER, "ResolveService",
        g_variant_new("(iisssiu)", link_index, protocol, name, type, domain, UNSPECIFIED, 0),
        G_VARIANT_TYPE("(iissssisqaayu)"), G_DBUS_CALL_FLAGS_NONE, CALL_MS, self->asking,
        on_resolved, self);
}

static void on_started(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) reply =
        g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);
    if (reply == NULL && !g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        hth_log_warning("avahi-daemon does not look for homes: %s", error->message);
}

HthDaemonBrowser *hth_daemon_browser_new(GDBusConnection *connection, const char *owner,
                                         int link_index, HthServiceFound found, gpointer data)
{
    HthDaemonBrowser *self = g_new0(HthDaemonBrowser, 1);
    self->connection = g_object_ref(connection);
    self->owner = g_strdup(owner);
    self->found = found;
    self->data = data;
    self->asking = g_cancellable_new();
    /* Before the browser is made, whose first findings come ahead of its own path. */
    self->subscription =
        g_dbus_connection_signal_subscribe(connection, owner, BROWSER, "ItemNew", NULL, NULL,
                                           G_DBUS_SIGNAL_FLAGS_NONE, on_item, self, NULL);
    g_dbus_connection_call(connection, owner, "/", SERVER, "ServiceBrowserNew",
                           g_variant_new("(iissu)", link_index > 0 ? link_index : UNSPECIFIED,
                                         UNSPECIFIED, HTH_BROWSE_TYPE, "local", 0),
                           G_VARIANT_TYPE("(o)"), G_DBUS_CALL_FLAGS_NONE, CALL_MS, self->asking,
                           on_started, self);
    return self;
}

/* The browser itself ends with the connection, which belongs to whoever watches the daemon. */
void hth_daemon_browser_free(HthDaemonBrowser *self)
{
    if (self == NULL)
        return;
    g_cancellable_cancel(self->asking);
    g_dbus_connection_signal_unsubscribe(self->connection, self->subscription);
    g_object_unref(self->asking);
    g_object_unref(self->connection);
    g_free(self->owner);
    g_free(self);
}

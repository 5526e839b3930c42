/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hearth-announcer: the process that holds libupnp for one network interface.
 *
 * It is started by hearthd and is told everything by descriptor 3 (protocol.h). libupnp announces
 * the device (SSDP), delivers events (GENA) and hears of renderers (renderer-watch.h). It serves no
 * file, no description and no SOAP: those are hearthd's. It fetches nothing but our own description
 * from there. fence.h says how its sockets are closed off, sandbox.h what the process
 * gives up.
 *
 * Threads: the main thread owns everything here. libupnp's threads call on_upnp_event(), which
 * copies a subscription's names into a pipe and leaves.
 */
#define HTH_LOG_TOPIC "announcer"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <upnp/upnp.h>
#include <upnp/upnptools.h>

#include <glib-unix.h>

#include "base/log.h"
#include "fence.h"
#include "protocol.h"
#include "renderer-watch.h"
#include "sandbox.h"
#include "seen-filter.h"

#define FIRST_MESSAGE_MAX_MS 10000
#define MAX_SERVICES         16
#define MAX_WAITING          256

/* A new subscription, from libupnp's thread to ours. Smaller than PIPE_BUF, so written whole. */
typedef struct {
    char udn[128];
    char service_id[128];
    char sid[64];
} Subscriber;

typedef struct {
    HthAnnounceMessage *start;
    UpnpDevice_Handle device;
    gboolean is_registered;
    char *udn;
    GHashTable *values;  /* service id → GArray of HthEventVariable, already escaped for XML */
    int subscribers[2];  /* a pipe of Subscriber */
    GHashTable *waiting; /* SID → Subscriber that libupnp told of, not yet accepted */
    GHashTable *granted; /* SIDs that hearthd lets be accepted, not yet told of by libupnp */
    HthRendererWatch renderers;
    HthSeenFilter *seen;
} Announcer;

static void send_message(const HthAnnounceMessage *message)
{
    g_autoptr(GByteArray) bytes = hth_announce_message_encode(message, NULL);
    if (bytes != NULL)
        (void)send(HTH_ANNOUNCE_FD, bytes->data, bytes->len,
                   MSG_NOSIGNAL); /* parent gone: we end */
}

static void send_kind(HthAnnounceKind kind)
{
    g_autoptr(HthAnnounceMessage) message = hth_announce_message_new(kind);
    message->port = hth_fence_port();
    send_message(message);
}

static int fail(const char *step, int upnp_error)
{
    g_autoptr(HthAnnounceMessage) message = hth_announce_message_new(HTH_ANNOUNCE_FAILED);
    message->text =
        g_strdup_printf("%s: %s (%d)", step, UpnpGetErrorMessage(upnp_error), upnp_error);
    send_message(message);
    return 1;
}

/* Returns: the next message, or NULL at the end of the pipe, after @timeout_ms, or when it
 * makes no sense: hearthd and this program are of one version, so that is the end too. */
static HthAnnounceMessage *receive(int timeout_ms)
{
    struct pollfd wait = { .fd = HTH_ANNOUNCE_FD, .events = POLLIN };
    int n_ready = 0;
    do {
        n_ready = poll(&wait, 1, timeout_ms);
    } while (n_ready < 0 && errno == EINTR);
    if (n_ready <= 0)
        return NULL;
    g_autofree guint8 *bytes = g_malloc(HTH_ANNOUNCE_MAX_BYTES);
    const gssize size = recv(HTH_ANNOUNCE_FD, bytes, HTH_ANNOUNCE_MAX_BYTES, 0);
    if (size <= 0)
        return NULL;
    g_autoptr(GError) error = NULL;
    HthAnnounceMessage *message = hth_announce_message_decode(bytes, (gsize)size, &error);
    if (message == NULL)
        hth_log_error("the message from hearthd is refused: %s", error->message);
    return message;
}

/* On libupnp's thread: copy, post, leave. A full pipe means 100 unanswered subscriptions; the
 * subscriber then gets no first event and asks again. */
static int on_upnp_event(Upnp_EventType type, const void *event, void *cookie)
{
    if (type != UPNP_EVENT_SUBSCRIPTION_REQUEST)
        return 0;
    const UpnpSubscriptionRequest *request = event;
    const int *to = cookie;
    Subscriber subscriber = { 0 };
    g_strlcpy(subscriber.udn, UpnpSubscriptionRequest_get_UDN_cstr(request), sizeof subscriber.udn);
    g_strlcpy(subscriber.service_id, UpnpSubscriptionRequest_get_ServiceId_cstr(request),
              sizeof subscriber.service_id);
    g_strlcpy(subscriber.sid, UpnpSubscriptionRequest_get_SID_cstr(request), sizeof subscriber.sid);
    if (write(*to, &subscriber, sizeof subscriber) != sizeof subscriber)
        hth_log_warning("a subscription was dropped: too many at once");
    return 0;
}

/* UpnpNotify and UpnpAcceptSubscription want two arrays of strings, written into XML as they are.
 */
typedef struct {
    const char *names[HTH_ANNOUNCE_MAX_VARIABLES];
    const char *values[HTH_ANNOUNCE_MAX_VARIABLES];
    int n;
} Columns;

static Columns columns_of(const GArray *variables)
{
    Columns columns = { .n = 0 };
    for (guint i = 0; i < variables->len && i < HTH_ANNOUNCE_MAX_VARIABLES; i++) {
        const HthEventVariable *variable = &g_array_index(variables, HthEventVariable, i);
        columns.names[columns.n] = variable->name;
        columns.values[columns.n++] = variable->value;
    }
    return columns;
}

static void escape_values(GArray *variables)
{
    for (guint i = 0; i < variables->len; i++) {
        HthEventVariable *variable = &g_array_index(variables, HthEventVariable, i);
        char *escaped = g_markup_escape_text(variable->value, -1);
        g_free((char *)variable->value);
        variable->value = escaped;
    }
}

static void accept_subscriber(Announcer *self, const Subscriber *subscriber)
{
    g_autoptr(GArray) none = g_array_new(FALSE, FALSE, sizeof(HthEventVariable));
    const GArray *variables = g_hash_table_lookup(self->values, subscriber->service_id);
    Columns columns = columns_of(variables != NULL ? variables : none);
    const int result =
        UpnpAcceptSubscription(self->device, subscriber->udn, subscriber->service_id, columns.names,
                               columns.values, columns.n, subscriber->sid);
    g_free(self->udn);
    self->udn = g_strdup(subscriber->udn);
    hth_log_debug("subscription to %s: %s", subscriber->service_id, UpnpGetErrorMessage(result));
}

/* libupnp's word and hearthd's come in either order; both tables stay small, because what has no
 * match for long has none at all. */
static void take_subscriber(Announcer *self)
{
    Subscriber subscriber;
    if (read(self->subscribers[0], &subscriber, sizeof subscriber) != sizeof subscriber)
        return;
    if (g_hash_table_remove(self->granted, subscriber.sid)) {
        accept_subscriber(self, &subscriber);
        return;
    }
    if (g_hash_table_size(self->waiting) >= MAX_WAITING)
        g_hash_table_remove_all(self->waiting);
    g_hash_table_replace(self->waiting, g_strdup(subscriber.sid),
                         g_memdup2(&subscriber, sizeof subscriber));
}

static void grant(Announcer *self, const char *sid)
{
    const Subscriber *subscriber = g_hash_table_lookup(self->waiting, sid);
    if (subscriber != NULL) {
        accept_subscriber(self, subscriber);
        g_hash_table_remove(self->waiting, sid);
        return;
    }
    if (g_hash_table_size(self->granted) >= MAX_WAITING)
        g_hash_table_remove_all(self->granted);
    g_hash_table_add(self->granted, g_strdup(sid));
}

static void replace_value(GArray *variables, const HthEventVariable *new_variable)
{
    for (guint i = 0; i < variables->len; i++) {
        HthEventVariable *variable = &g_array_index(variables, HthEventVariable, i);
        if (strcmp(variable->name, new_variable->name) == 0) {
            g_free((char *)variable->value);
            variable->value = g_strdup(new_variable->value);
            return;
        }
    }
    const HthEventVariable copy = { g_strdup(new_variable->name), g_strdup(new_variable->value) };
    if (variables->len < HTH_ANNOUNCE_MAX_VARIABLES)
        g_array_append_val(variables, copy);
    else
        hth_log_warning("a variable was dropped: a service has %d at most",
                        HTH_ANNOUNCE_MAX_VARIABLES);
}

static void set_values(Announcer *self, const HthAnnounceMessage *message)
{
    GArray *variables = g_hash_table_lookup(self->values, message->event.service_id);
    if (variables == NULL) {
        if (g_hash_table_size(self->values) >= MAX_SERVICES)
            return;
        variables = hth_event_variables_copy(NULL, 0);
        g_hash_table_insert(self->values, g_strdup(message->event.service_id), variables);
    }
    for (guint i = 0; i < message->event.variables->len; i++)
        replace_value(variables, &g_array_index(message->event.variables, HthEventVariable, i));
}

static void notify(Announcer *self, const HthAnnounceMessage *message)
{
    set_values(self, message);
    if (self->udn == NULL)
        return; /* nobody has ever subscribed */
    Columns columns = columns_of(message->event.variables);
    const int result = UpnpNotify(self->device, self->udn, message->event.service_id, columns.names,
                                  columns.values, columns.n);
    if (result != UPNP_E_SUCCESS)
        hth_log_warning("event of %s: %s", message->event.service_id, UpnpGetErrorMessage(result));
}

/* Returns: FALSE when it is time to go. */
static gboolean handle_message(Announcer *self)
{
    g_autoptr(HthAnnounceMessage) message = receive(0);
    if (message == NULL || message->kind == HTH_ANNOUNCE_STOP)
        return FALSE;
    if (message->kind == HTH_ANNOUNCE_ACCEPT)
        grant(self, message->text);
    if (message->kind != HTH_ANNOUNCE_VALUES && message->kind != HTH_ANNOUNCE_NOTIFY)
        return TRUE;
    escape_values(message->event.variables);
    if (message->kind == HTH_ANNOUNCE_VALUES)
        set_values(self, message);
    else
        notify(self, message);
    return TRUE;
}

static void take_sighting(Announcer *self)
{
    HthSighting sighting;
    if (!hth_renderer_watch_take(&self->renderers, &sighting) ||
        !hth_seen_filter_passes(self->seen, sighting.sender, sighting.location,
                                g_get_monotonic_time()))
        return;
    g_autoptr(HthAnnounceMessage) message = hth_announce_message_new(HTH_ANNOUNCE_SEEN);
    message->seen.sender = g_strdup(sighting.sender);
    message->seen.location = g_strdup(sighting.location);
    send_message(message);
}

/* The pipe from hearthd is looked at first: values that it sent before READY are known before the
 * first subscriber is accepted. */
static void serve(Announcer *self)
{
    struct pollfd waits[] = {
        { .fd = HTH_ANNOUNCE_FD, .events = POLLIN },
        { .fd = self->subscribers[0], .events = POLLIN },
        { .fd = hth_renderer_watch_fd(&self->renderers), .events = POLLIN },
    };
    for (;;) {
        if (poll(waits, G_N_ELEMENTS(waits), -1) < 0) {
            if (errno == EINTR)
                continue;
            return;
        }
        if (waits[0].revents != 0 && !handle_message(self))
            return;
        if (waits[0].revents == 0 && waits[1].revents != 0)
            take_subscriber(self);
        if (waits[2].revents != 0)
            take_sighting(self);
    }
}

/* libupnp fetches the description from hearthd here, to learn the names to announce. */
static int start_upnp(Announcer *self)
{
    int result = UpnpInit2(self->start->start.interface, 0);
    if (result != UPNP_E_SUCCESS)
        return fail("libupnp does not start", result);
    UpnpEnableWebserver(FALSE);
    result = UpnpRegisterRootDevice2(UPNPREG_URL_DESC, self->start->start.description_url, 0, 0,
                                     on_upnp_event, &self->subscribers[1], &self->device);
    if (result != UPNP_E_SUCCESS)
        return fail("the device is not registered", result);
    self->is_registered = TRUE;
    send_kind(HTH_ANNOUNCE_READY);

    /* Two copies, 100 ms apart; again after half of max-age less 30 s, without end. */
    result = UpnpSendAdvertisement(self->device, (int)self->start->start.max_age_s);
    if (result != UPNP_E_SUCCESS)
        return fail("the device is not announced", result);
    send_kind(HTH_ANNOUNCE_ANNOUNCED);
    (void)hth_renderer_watch_start(&self->renderers,
                                   self->start->start.address); /* it has said why */
    return 0;
}

static int run(Announcer *self)
{
    struct utsname system;
    uname(&system);
    g_autofree char *server =
        g_strdup_printf("%s/%s UPnP/1.0 hearth/%s", system.sysname, system.release, HTH_VERSION);
    const HthFence fence = {
        .interface = self->start->start.interface,
        .address = self->start->start.address,
        .identity = { self->start->start.boot_id, self->start->start.config_id, server },
    };
    hth_fence_raise(&fence);
    hth_sandbox_enter();

    const int result = start_upnp(self);
    if (result == 0)
        serve(self);
    if (self->is_registered)
        UpnpUnRegisterRootDevice(self->device); /* byebye, twice */
    return result;
}

/* Leaves without UpnpFinish(), which sleeps for a second: the kernel closes what is open. */
int main(void)
{
    /* Ctrl+C in hearthd's terminal reaches this program too: goodbye is said when hearthd says so.
     */
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    hth_sandbox_follow_parent();
    Announcer self = {
        .values =
            g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_array_unref),
        .waiting = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
        .granted = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
        .renderers = { .pipe = { -1, -1 } },
        .seen = hth_seen_filter_new(),
        .start = receive(FIRST_MESSAGE_MAX_MS),
    };
    if (self.start == NULL || self.start->kind != HTH_ANNOUNCE_START ||
        !g_unix_open_pipe(self.subscribers, FD_CLOEXEC, NULL))
        _exit(2);
    g_unix_set_fd_nonblocking(self.subscribers[1], TRUE, NULL);
    _exit(run(&self));
}

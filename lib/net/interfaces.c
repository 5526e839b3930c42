/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "interfaces"
#include "net/interfaces.h"

#include <glib-unix.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "net/interface-reader.h"
#include "net/interface-rule.h"
#include "net/subnet.h"

/* Changes come in bursts: a link comes up, its addresses one by one. */
#define SETTLE_MS 100

typedef struct {
    HthSubnet subnet; /* the address with its prefix, host bits and all */
    int index;
    gboolean is_used;
} Attachment;

/* What the any-thread functions read; never changes once it is published. */
typedef struct {
    GPtrArray *interfaces; /* (element HthInterface) */
    GArray *attachments;   /* (element Attachment) one for each address */
} Snapshot;

typedef struct {
    guint id;
    HthInterfacesChanged callback;
    gpointer data;
} Watch;

struct HthInterfaces {
    char **only;     /* or NULL */
    GArray *allowed; /* (element HthSubnet) */
    int fd;
    guint fd_source;
    guint settle_source;
    GArray *watches; /* (element Watch) */
    guint last_watch_id;
    GMutex lock; /* guards the pointer below */
    Snapshot *snapshot;
};

static void snapshot_clear(gpointer data)
{
    Snapshot *self = data;
    g_clear_pointer(&self->interfaces, g_ptr_array_unref);
    g_clear_pointer(&self->attachments, g_array_unref);
}

static void snapshot_unref(Snapshot *self)
{
    g_atomic_rc_box_release_full(self, snapshot_clear);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Snapshot, snapshot_unref)

static Snapshot *take_snapshot(HthInterfaces *self)
{
    g_mutex_lock(&self->lock);
    Snapshot *snapshot = g_atomic_rc_box_acquire(self->snapshot);
    g_mutex_unlock(&self->lock);
    return snapshot;
}

static void add_attachments(GArray *attachments, const HthInterface *interface)
{
    for (guint i = 0; i < interface->addresses->len; i++) {
        const HthInterfaceAddress *address = g_ptr_array_index(interface->addresses, i);
        Attachment attachment = { .index = interface->index, .is_used = interface->is_used };
        hth_address_bytes_init(&attachment.subnet.address, address->address);
        attachment.subnet.prefix_bits = address->prefix_bits;
        g_array_append_val(attachments, attachment);
    }
}

static Snapshot *snapshot_read(char **only, GError **error)
{
    g_autoptr(GPtrArray) interfaces = hth_interface_reader_read(error);
    if (interfaces == NULL)
        return NULL;
    Snapshot *self = g_atomic_rc_box_new0(Snapshot);
    self->attachments = g_array_new(FALSE, FALSE, sizeof(Attachment));
    for (guint i = 0; i < interfaces->len; i++) {
        HthInterface *interface = g_ptr_array_index(interfaces, i);
        interface->skip_reason =
            hth_interface_rule_skip_reason(interface, (const char *const *)only);
        interface->is_used = interface->skip_reason == NULL;
        add_attachments(self->attachments, interface);
    }
    self->interfaces = g_steal_pointer(&interfaces);
    return self;
}

static gboolean same_address(const HthInterfaceAddress *a, const HthInterfaceAddress *b)
{
    return g_inet_address_equal(a->address, b->address) && a->prefix_bits == b->prefix_bits &&
           a->is_tentative == b->is_tentative;
}

static gboolean same_interface(const HthInterface *a, const HthInterface *b)
{
    if (a->index != b->index || strcmp(a->name, b->name) != 0 || a->is_up != b->is_up ||
        a->is_used != b->is_used || a->has_multicast != b->has_multicast ||
        memcmp(a->hardware_address, b->hardware_address, sizeof a->hardware_address) != 0 ||
        a->addresses->len != b->addresses->len)
        return FALSE;
    for (guint i = 0; i < a->addresses->len; i++) {
        if (!same_address(g_ptr_array_index(a->addresses, i), g_ptr_array_index(b->addresses, i)))
            return FALSE;
    }
    return TRUE;
}

static gboolean same_snapshot(const Snapshot *a, const Snapshot *b)
{
    if (a->interfaces->len != b->interfaces->len)
        return FALSE;
    for (guint i = 0; i < a->interfaces->len; i++) {
        if (!same_interface(g_ptr_array_index(a->interfaces, i),
                            g_ptr_array_index(b->interfaces, i)))
            return FALSE;
    }
    return TRUE;
}

/* Watches may be added and removed by the callbacks. */
static void call_watches(HthInterfaces *self)
{
    g_autoptr(GArray) watches = g_array_copy(self->watches);
    for (guint i = 0; i < watches->len; i++) {
        const Watch watch = g_array_index(watches, Watch, i);
        gboolean is_there = FALSE;
        for (guint k = 0; k < self->watches->len; k++)
            is_there |= g_array_index(self->watches, Watch, k).id == watch.id;
        if (is_there)
            watch.callback(self, watch.data);
    }
}

static gboolean on_settled(gpointer data)
{
    HthInterfaces *self = data;
    self->settle_source = 0;
    g_autoptr(GError) error = NULL;
    g_autoptr(Snapshot) fresh = snapshot_read(self->only, &error);
    if (fresh == NULL) {
        hth_log_warning("the network interfaces cannot be read: %s", error->message);
        self->settle_source = g_timeout_add_seconds(1, on_settled, self);
        return G_SOURCE_REMOVE;
    }
    if (same_snapshot(self->snapshot, fresh))
        return G_SOURCE_REMOVE;
    g_mutex_lock(&self->lock);
    Snapshot *old = g_steal_pointer(&self->snapshot);
    self->snapshot = g_steal_pointer(&fresh);
    g_mutex_unlock(&self->lock);
    snapshot_unref(old);
    call_watches(self);
    return G_SOURCE_REMOVE;
}

static gboolean on_netlink(int fd, GIOCondition condition, gpointer data)
{
    HthInterfaces *self = data;
    if (hth_interface_reader_drain(fd) && self->settle_source == 0)
        self->settle_source = g_timeout_add(SETTLE_MS, on_settled, self);
    return G_SOURCE_CONTINUE;
}

static gboolean parse_allowed(const char *const *texts, GArray *subnets, GError **error)
{
    for (; texts != NULL && *texts != NULL; texts++) {
        HthSubnet subnet;
        if (!hth_subnet_parse(*texts, &subnet, error))
            return FALSE;
        g_array_append_val(subnets, subnet);
    }
    return TRUE;
}

HthInterfaces *hth_interfaces_new(const char *const *only, const char *const *allowed,
                                  GError **error)
{
    g_autoptr(HthInterfaces) self = g_new0(HthInterfaces, 1);
    g_mutex_init(&self->lock);
    self->only = g_strdupv((char **)only);
    self->allowed = g_array_new(FALSE, FALSE, sizeof(HthSubnet));
    self->watches = g_array_new(FALSE, FALSE, sizeof(Watch));
    self->fd = -1;
    if (!parse_allowed(allowed, self->allowed, error))
        return NULL;
    /* Watched before it is read, so that no change falls between the two. */
    self->fd = hth_interface_reader_watch(error);
    if (self->fd < 0)
        return NULL;
    self->snapshot = snapshot_read(self->only, error);
    if (self->snapshot == NULL)
        return NULL;
    self->fd_source = g_unix_fd_add(self->fd, G_IO_IN, on_netlink, self);
    return g_steal_pointer(&self);
}

void hth_interfaces_free(HthInterfaces *self)
{
    if (self == NULL)
        return;
    if (self->fd_source != 0)
        g_source_remove(self->fd_source);
    if (self->settle_source != 0)
        g_source_remove(self->settle_source);
    if (self->fd >= 0)
        close(self->fd);
    g_clear_pointer(&self->snapshot, snapshot_unref);
    g_array_unref(self->watches);
    g_array_unref(self->allowed);
    g_strfreev(self->only);
    g_mutex_clear(&self->lock);
    g_free(self);
}

guint hth_interfaces_add_watch(HthInterfaces *self, HthInterfacesChanged callback, gpointer data)
{
    const Watch watch = { .id = ++self->last_watch_id, .callback = callback, .data = data };
    g_array_append_val(self->watches, watch);
    return watch.id;
}

void hth_interfaces_remove_watch(HthInterfaces *self, guint id)
{
    for (guint i = 0; i < self->watches->len; i++) {
        if (g_array_index(self->watches, Watch, i).id == id) {
            g_array_remove_index(self->watches, i);
            return;
        }
    }
}

GPtrArray *hth_interfaces_list(HthInterfaces *self)
{
    g_autoptr(Snapshot) snapshot = take_snapshot(self);
    return g_ptr_array_ref(snapshot->interfaces);
}

static gboolean is_loopback(const HthAddressBytes *address)
{
    static const guint8 ipv6_loopback[16] = { [15] = 1 };
    if (address->family == G_SOCKET_FAMILY_IPV4)
        return address->bytes[0] == 127;
    return memcmp(address->bytes, ipv6_loopback, sizeof ipv6_loopback) == 0;
}

/* fe80::/10 never comes through a router (RFC 4291, section 2.5.6). */
static gboolean is_ipv6_link_local(const HthAddressBytes *address)
{
    return address->family == G_SOCKET_FAMILY_IPV6 && address->bytes[0] == 0xfe &&
           (address->bytes[1] & 0xc0) == 0x80;
}

static gboolean is_allowed(const HthInterfaces *self, const HthAddressBytes *address)
{
    for (guint i = 0; i < self->allowed->len; i++) {
        if (hth_subnet_contains(&g_array_index(self->allowed, HthSubnet, i), address))
            return TRUE;
    }
    return FALSE;
}

gboolean hth_interfaces_is_attached(HthInterfaces *self, GInetAddress *peer)
{
    HthAddressBytes address;
    hth_address_bytes_init(&address, peer);
    if (is_loopback(&address) || is_ipv6_link_local(&address) || is_allowed(self, &address))
        return TRUE;
    g_autoptr(Snapshot) snapshot = take_snapshot(self);
    for (guint i = 0; i < snapshot->attachments->len; i++) {
        const Attachment *at = &g_array_index(snapshot->attachments, Attachment, i);
        if ((at->is_used && hth_subnet_contains(&at->subnet, &address)) ||
            hth_address_bytes_equal(&at->subnet.address, &address))
            return TRUE;
    }
    return FALSE;
}

gboolean hth_interfaces_is_same_subnet(HthInterfaces *self, GInetAddress *local, GInetAddress *peer)
{
    HthAddressBytes ours;
    HthAddressBytes theirs;
    hth_address_bytes_init(&ours, local);
    hth_address_bytes_init(&theirs, peer);
    if (is_loopback(&ours))
        return is_loopback(&theirs);

    g_autoptr(Snapshot) snapshot = take_snapshot(self);
    int index = -1;
    for (guint i = 0; i < snapshot->attachments->len; i++) {
        const Attachment *at = &g_array_index(snapshot->attachments, Attachment, i);
        if (at->is_used && hth_address_bytes_equal(&at->subnet.address, &ours))
            index = at->index;
    }
    for (guint i = 0; index >= 0 && i < snapshot->attachments->len; i++) {
        const Attachment *at = &g_array_index(snapshot->attachments, Attachment, i);
        if (at->index == index && hth_subnet_contains(&at->subnet, &theirs))
            return TRUE;
    }
    return FALSE;
}

gboolean hth_interfaces_has_address(HthInterfaces *self, GInetAddress *address)
{
    HthAddressBytes bytes;
    hth_address_bytes_init(&bytes, address);
    if (is_loopback(&bytes))
        return TRUE;
    g_autoptr(Snapshot) snapshot = take_snapshot(self);
    for (guint i = 0; i < snapshot->attachments->len; i++) {
        const Attachment *at = &g_array_index(snapshot->attachments, Attachment, i);
        if (hth_address_bytes_equal(&at->subnet.address, &bytes))
            return TRUE;
    }
    return FALSE;
}

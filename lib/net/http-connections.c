/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "http"
#include "net/http-connections.h"

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <pthread.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/log.h"

struct HthHttpConnections {
    const HthHttpOptions *options;
    HthHttpTally *tally;
    HthHttpTicker *ticker;
    pthread_mutex_t lock; /* guards the fields below */
    GQueue live;          /* (element HthHttpConnection) */
    GHashTable *n_a_peer; /* HthAddressBytes → count */
};

static guint hash_address(gconstpointer key)
{
    const HthAddressBytes *address = key;
    guint hash = 5381;
    for (guint i = 0; i < sizeof address->bytes; i++)
        hash = hash * 33 + address->bytes[i];
    return hash;
}

static gboolean equal_address(gconstpointer a, gconstpointer b)
{
    return hth_address_bytes_equal(a, b);
}

HthHttpConnections *hth_http_connections_new(const HthHttpOptions *options, HthHttpTally *tally,
                                             HthHttpTicker *ticker)
{
    HthHttpConnections *self = g_new0(HthHttpConnections, 1);
    self->options = options;
    self->tally = tally;
    self->ticker = ticker;
    g_queue_init(&self->live);
    self->n_a_peer = g_hash_table_new_full(hash_address, equal_address, g_free, NULL);
    pthread_mutex_init(&self->lock, NULL);
    return self;
}

void hth_http_connections_free(HthHttpConnections *self)
{
    if (self == NULL)
        return;
    g_assert(self->live.length == 0);
    g_hash_table_unref(self->n_a_peer);
    pthread_mutex_destroy(&self->lock);
    g_free(self);
}

/* Returns: the plain address of an IP socket, NULL of any other; its port. */
static GInetAddress *plain_address(const struct sockaddr *address, gsize size, guint16 *out_port)
{
    if (address->sa_family != AF_INET && address->sa_family != AF_INET6)
        return NULL;
    g_autoptr(GSocketAddress) native = g_socket_address_new_from_native((gpointer)address, size);
    if (native == NULL)
        return NULL;
    GInetSocketAddress *internet = G_INET_SOCKET_ADDRESS(native);
    *out_port = g_inet_socket_address_get_port(internet);
    return hth_address_plain(g_inet_socket_address_get_address(internet));
}

/* Why not, or NULL. Loopback is exempt from the limit a peer, so that one machine can measure; so
 * are sockets that are handed over: what they come from may be one address for all. */
static const char *refusal(HthHttpConnections *self, GInetAddress *peer)
{
    guint n_of_peer = 0;
    pthread_mutex_lock(&self->lock);
    const guint n_live = self->live.length;
    if (peer != NULL && !self->options->is_handed_sockets &&
        !g_inet_address_get_is_loopback(peer)) {
        HthAddressBytes bytes;
        hth_address_bytes_init(&bytes, peer);
        n_of_peer = GPOINTER_TO_UINT(g_hash_table_lookup(self->n_a_peer, &bytes));
    }
    pthread_mutex_unlock(&self->lock);
    if (n_live >= self->options->max_connections)
        return "there are too many connections";
    if (n_of_peer >= self->options->max_connections_a_peer)
        return "this address has too many connections";
    return NULL;
}

gboolean hth_http_connections_admit(HthHttpConnections *self, const struct sockaddr *peer,
                                    gsize peer_size)
{
    guint16 port = 0;
    g_autoptr(GInetAddress) address = plain_address(peer, peer_size, &port);
    if (address != NULL && self->options->peer_rule != NULL &&
        !self->options->peer_rule(address, self->options->rule_data)) {
        atomic_fetch_add(&self->tally->refused_peer, 1);
        return FALSE;
    }
    const char *reason = refusal(self, address);
    if (reason == NULL)
        return TRUE;
    atomic_fetch_add(&self->tally->refused_limit, 1);
    hth_log_debug("a connection is refused: %s", reason);
    return FALSE;
}

static char *make_base_url(GInetAddress *local, guint16 port, gboolean is_tls)
{
    g_autofree char *text = g_inet_address_to_string(local);
    const gboolean is_ipv6 = g_inet_address_get_family(local) == G_SOCKET_FAMILY_IPV6;
    return g_strdup_printf(is_ipv6 ? "%s://[%s]:%u" : "%s://%s:%u", is_tls ? "https" : "http", text,
                           port);
}

static gsize address_size(const struct sockaddr *address)
{
    return address->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                          : sizeof(struct sockaddr_in);
}

static void learn_addresses(HthHttpConnection *self, const struct sockaddr *peer)
{
    guint16 port = 0;
    self->peer = plain_address(peer, address_size(peer), &port);
    if (self->peer == NULL) {
        self->peer_text = g_strdup("unix");
        self->base_url = g_strdup("http://localhost");
        return;
    }
    self->peer_text = g_inet_address_to_string(self->peer);
    hth_address_bytes_init(&self->peer_bytes, self->peer);

    struct sockaddr_storage local = { 0 };
    socklen_t local_size = sizeof local;
    if (getsockname(self->fd, (struct sockaddr *)&local, &local_size) == 0)
        self->local = plain_address((struct sockaddr *)&local, local_size, &port);
    if (self->local == NULL) /* the peer is gone already */
        self->local = g_inet_address_new_any(G_SOCKET_FAMILY_IPV4);
    self->local_port = port;
    self->base_url = make_base_url(self->local, port, self->is_tls);
}

static void learn_uid(HthHttpConnection *self)
{
    struct ucred credentials = { .uid = G_MAXUINT };
    socklen_t size = sizeof credentials;
    self->peer_uid = G_MAXUINT;
    if (self->peer == NULL &&
        getsockopt(self->fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0)
        self->peer_uid = credentials.uid;
}

/* Locking: self->lock is held. */
static void count_peer(HthHttpConnections *self, const HthHttpConnection *connection, int change)
{
    if (connection->peer == NULL)
        return;
    const guint n = GPOINTER_TO_UINT(g_hash_table_lookup(self->n_a_peer, &connection->peer_bytes));
    if (n + (guint)change == 0)
        g_hash_table_remove(self->n_a_peer, &connection->peer_bytes);
    else
        g_hash_table_insert(self->n_a_peer,
                            g_memdup2(&connection->peer_bytes, sizeof connection->peer_bytes),
                            GUINT_TO_POINTER(n + (guint)change));
}

static void no_reference(gpointer object)
{
}

/* libmicrohttpd 0.9.75 does not see an end of stream that arrives together with data (it takes a
 * short read for the end of what there is, and the edge has passed). Twice in a row, because what
 * was peeked at once may be a whole request that is about to be answered.
 *
 * Locking: the table's lock is held; ticker's thread. */
static gboolean has_gone_unseen(HthHttpConnection *connection)
{
    char byte;
    const gboolean has_gone = recv(connection->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
    const gboolean was_gone = connection->was_gone;
    connection->was_gone = has_gone;
    return has_gone && was_gone;
}

/* Runs on the ticker's thread. The descriptor cannot be closed, and its number used anew, before
 * the connection has left the table. */
static void keep_deadlines(gpointer object, gint64 now_us)
{
    HthHttpConnections *self = object;
    pthread_mutex_lock(&self->lock);
    for (GList *link = self->live.head; link != NULL; link = link->next) {
        HthHttpConnection *connection = link->data;
        const gint64 deadline_us = atomic_load(&connection->deadline_us);
        if (deadline_us == 0)
            continue;
        const gboolean is_late = deadline_us <= now_us;
        if (!is_late && !has_gone_unseen(connection))
            continue;
        atomic_store(&connection->deadline_us, 0);
        if (is_late && now_us != G_MAXINT64)
            atomic_fetch_add(&self->tally->timed_out, 1);
        shutdown(connection->fd, SHUT_RDWR);
    }
    pthread_mutex_unlock(&self->lock);
}

/* The table outlives the ticker. */
static const HthHttpTickable table_type = {
    .tick = keep_deadlines,
    .ref = no_reference,
    .unref = no_reference,
};

HthHttpConnection *hth_http_connections_add(HthHttpConnections *self, int fd,
                                            const struct sockaddr *peer)
{
    HthHttpConnection *connection = g_new0(HthHttpConnection, 1);
    connection->fd = fd;
    connection->references = 1;
    connection->link.data = connection;
    connection->is_tls = self->options->tls_certificate != NULL;
    learn_addresses(connection, peer);
    learn_uid(connection);
    hth_http_connection_set_timeout(connection, self->options->head_timeout_s);

    pthread_mutex_lock(&self->lock);
    g_queue_push_head_link(&self->live, &connection->link);
    count_peer(self, connection, 1);
    if (self->live.length == 1)
        hth_http_ticker_add(self->ticker, self, &table_type);
    pthread_mutex_unlock(&self->lock);
    return connection;
}

void hth_http_connections_remove(HthHttpConnections *self, HthHttpConnection *connection)
{
    pthread_mutex_lock(&self->lock);
    g_queue_unlink(&self->live, &connection->link);
    count_peer(self, connection, -1);
    if (self->live.length == 0)
        hth_http_ticker_remove(self->ticker, self);
    pthread_mutex_unlock(&self->lock);
    hth_http_connection_unref(connection);
}

guint hth_http_connections_count(HthHttpConnections *self)
{
    pthread_mutex_lock(&self->lock);
    const guint n = self->live.length;
    pthread_mutex_unlock(&self->lock);
    return n;
}

void hth_http_connections_close_peer(HthHttpConnections *self, GInetAddress *peer)
{
    HthAddressBytes bytes;
    hth_address_bytes_init(&bytes, peer);
    pthread_mutex_lock(&self->lock);
    for (GList *link = self->live.head; link != NULL; link = link->next) {
        HthHttpConnection *connection = link->data;
        if (connection->peer != NULL && hth_address_bytes_equal(&connection->peer_bytes, &bytes))
            shutdown(connection->fd, SHUT_RDWR);
    }
    pthread_mutex_unlock(&self->lock);
}

void hth_http_connections_set_key(HthHttpConnections *self, HthHttpConnection *connection,
                                  const HthKeyId *key)
{
    pthread_mutex_lock(&self->lock);
    connection->peer_key = *key;
    connection->has_peer_key = TRUE;
    pthread_mutex_unlock(&self->lock);
}

void hth_http_connections_close_key(HthHttpConnections *self, const HthKeyId *key)
{
    pthread_mutex_lock(&self->lock);
    for (GList *link = self->live.head; link != NULL; link = link->next) {
        HthHttpConnection *connection = link->data;
        if (connection->has_peer_key && hth_key_id_equal(&connection->peer_key, key))
            shutdown(connection->fd, SHUT_RDWR);
    }
    pthread_mutex_unlock(&self->lock);
}

HthHttpConnection *hth_http_connection_ref(HthHttpConnection *self)
{
    atomic_fetch_add(&self->references, 1);
    return self;
}

void hth_http_connection_unref(HthHttpConnection *self)
{
    if (self == NULL || atomic_fetch_sub(&self->references, 1) > 1)
        return;
    g_clear_object(&self->peer);
    g_clear_object(&self->local);
    g_free(self->base_url);
    g_free(self->peer_text);
    g_free(self);
}

void hth_http_connection_set_timeout(HthHttpConnection *self, guint timeout_s)
{
    const gint64 deadline_us =
        timeout_s > 0 ? g_get_monotonic_time() + (gint64)timeout_s * G_USEC_PER_SEC : 0;
    atomic_store(&self->deadline_us, deadline_us);
}

guint64 hth_http_connection_written(const HthHttpConnection *self)
{
    struct tcp_info info = { 0 };
    socklen_t size = sizeof info;
    int n_queued = 0;
    if (self->peer == NULL || getsockopt(self->fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0)
        return 0;
    if (ioctl(self->fd, SIOCOUTQ, &n_queued) != 0)
        n_queued = 0;
    return info.tcpi_bytes_acked + (guint64)n_queued;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/tls-stream.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "net/tls-authority.h"
#include "net/tls-key.h"

/* Addresses of one name that are tried. */
#define MAX_ADDRESSES 8
/* An address that does not answer within so long gives way to the next one. */
#define CONNECT_MS 4000

/* Taken from the socket at once: eight records of TLS. */
#define RECEIVED_BYTES (128 * 1024)

struct HthTlsStream {
    int fd;
    gnutls_session_t session;
    gnutls_certificate_credentials_t credentials;
    const HthTlsTarget *target; /* while it is opened */
    gboolean is_stranger;       /* the check said no */
    char *stranger_reason;      /* why its certificate did not help; NULL: it was not asked for */
    gboolean is_broken;
    HthKeyId peer_key;
    guint64 bytes_sent;
    guint64 bytes_received;
    gsize received_start; /* of what came from the socket and GnuTLS has not taken */
    gsize received_end;
    guint8 received[RECEIVED_BYTES];
};

HthPatience hth_patience_for(guint64 timeout_ms, GCancellable *cancellable)
{
    return (HthPatience){
        .deadline_us = timeout_ms > 0 ? g_get_monotonic_time() + (gint64)timeout_ms * 1000 : 0,
        .cancellable = cancellable,
    };
}

/* ---- Waiting ---- */

static int ms_left(const HthPatience *patience)
{
    if (patience->deadline_us == 0)
        return -1;
    const gint64 left_us = patience->deadline_us - g_get_monotonic_time();
    return left_us > 0 ? (int)MIN(left_us / 1000 + 1, G_MAXINT) : 0;
}

/* Waits until @fd is ready. */
static gboolean wait_for(int fd, short events, const HthPatience *patience, GError **error)
{
    GPollFD cancel = { .fd = -1 };
    const gboolean has_cancel =
        patience->cancellable != NULL && g_cancellable_make_pollfd(patience->cancellable, &cancel);
    int n_ready;
    do {
        struct pollfd polled[] = { { .fd = fd, .events = events },
                                   { .fd = cancel.fd, .events = POLLIN } };
        n_ready = poll(polled, has_cancel ? 2 : 1, ms_left(patience));
    } while (n_ready < 0 && errno == EINTR);
    if (has_cancel)
        g_cancellable_release_fd(patience->cancellable);
    if (g_cancellable_set_error_if_cancelled(patience->cancellable, error))
        return FALSE;
    if (n_ready > 0)
        return TRUE;
    g_set_error(error, HTH_ERROR, HTH_ERROR_TIMEOUT, "no answer in time");
    return FALSE;
}

/* Bytes that are always there already are no reason to go on. */
static gboolean has_patience(const HthPatience *patience, GError **error)
{
    if (g_cancellable_set_error_if_cancelled(patience->cancellable, error))
        return FALSE;
    if (ms_left(patience) != 0)
        return TRUE;
    g_set_error(error, HTH_ERROR, HTH_ERROR_TIMEOUT, "no answer in time");
    return FALSE;
}

/* ---- The socket ---- */

static gboolean start_connect(int fd, const struct addrinfo *address, const char *interface)
{
    const int on = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (interface != NULL &&
        setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface, (socklen_t)strlen(interface)) != 0)
        return FALSE;
    return connect(fd, address->ai_addr, address->ai_addrlen) == 0 || errno == EINPROGRESS;
}

static gboolean finish_connect(int fd, const HthPatience *patience, GError **error)
{
    int problem = 0;
    socklen_t size = sizeof problem;
    if (!wait_for(fd, POLLOUT, patience, error))
        return FALSE;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &problem, &size) != 0)
        problem = errno;
    if (problem == 0)
        return TRUE;
    g_set_error(error, HTH_ERROR, HTH_ERROR_UNAVAILABLE, "%s", g_strerror(problem));
    return FALSE;
}

static HthPatience patience_for_one(const HthPatience *patience)
{
    HthPatience one = hth_patience_for(CONNECT_MS, patience->cancellable);
    if (patience->deadline_us != 0)
        one.deadline_us = MIN(one.deadline_us, patience->deadline_us);
    return one;
}

static int connect_to(const HthTlsTarget *target, const struct addrinfo *addresses,
                      const HthPatience *patience, GError **error)
{
    g_autoptr(GError) problem = NULL;
    guint n_tried = 0;
    for (const struct addrinfo *each = addresses; each != NULL && n_tried < MAX_ADDRESSES;
         each = each->ai_next, n_tried++) {
        const HthPatience one = patience_for_one(patience);
        g_clear_error(&problem);
        const int fd = socket(each->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0 || !start_connect(fd, each, target->interface))
            g_set_error(&problem, HTH_ERROR, HTH_ERROR_UNAVAILABLE, "%s", g_strerror(errno));
        else if (finish_connect(fd, &one, &problem))
            return fd;
        if (fd >= 0)
            close(fd);
        if (g_cancellable_is_cancelled(patience->cancellable) || ms_left(patience) == 0)
            break;
    }
    g_propagate_prefixed_error(error, g_steal_pointer(&problem), "%s port %u: ", target->host,
                               target->port);
    return -1;
}

static int open_socket(const HthTlsTarget *target, const HthPatience *patience, GError **error)
{
    const struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
                                    .ai_flags = AI_NUMERICSERV | AI_ADDRCONFIG };
    struct addrinfo numeric = hints;
    numeric.ai_flags = AI_NUMERICSERV | AI_NUMERICHOST;
    struct addrinfo *addresses = NULL;
    char port[8];
    g_snprintf(port, sizeof port, "%u", target->port);
    int result = getaddrinfo(target->host, port, &numeric, &addresses);
    if (result != 0)
        result = getaddrinfo(target->host, port, &hints, &addresses);
    if (result != 0) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_UNAVAILABLE, "%s: %s", target->host,
                    gai_strerror(result));
        return -1;
    }
    const int fd = connect_to(target, addresses, patience, error);
    freeaddrinfo(addresses);
    return fd;
}

/* ---- TLS ---- */

static ssize_t push(gnutls_transport_ptr_t pointer, const giovec_t *pieces, int n_pieces)
{
    HthTlsStream *self = pointer;
    const struct msghdr message = { .msg_iov = (struct iovec *)(gpointer)pieces,
                                    .msg_iovlen = (size_t)n_pieces };
    const ssize_t n_bytes = sendmsg(self->fd, &message, MSG_NOSIGNAL);
    if (n_bytes > 0)
        self->bytes_sent += (guint64)n_bytes;
    else
        gnutls_transport_set_errno(self->session, errno);
    return n_bytes;
}

static gboolean has_received(const HthTlsStream *self)
{
    return self->received_start < self->received_end;
}

/* GnuTLS asks for the five bytes of a record's head and then for its body: many records come with
 * one call here. */
static ssize_t pull(gnutls_transport_ptr_t pointer, void *buffer, size_t max_bytes)
{
    HthTlsStream *self = pointer;
    if (!has_received(self)) {
        const ssize_t n_bytes = recv(self->fd, self->received, RECEIVED_BYTES, 0);
        if (n_bytes < 0)
            gnutls_transport_set_errno(self->session, errno);
        if (n_bytes <= 0)
            return n_bytes;
        self->bytes_received += (guint64)n_bytes;
        self->received_start = 0;
        self->received_end = (gsize)n_bytes;
    }
    const gsize n_taken = MIN(max_bytes, self->received_end - self->received_start);
    memcpy(buffer, self->received + self->received_start, n_taken);
    self->received_start += n_taken;
    return (ssize_t)n_taken;
}

/* Not used: the socket does not block. GnuTLS asks for one beside a pull function. */
static int pull_timeout(gnutls_transport_ptr_t pointer, unsigned int ms)
{
    HthTlsStream *self = pointer;
    struct pollfd polled = { .fd = self->fd, .events = POLLIN };
    return poll(&polled, 1, (int)ms);
}

/* In the handshake, when the peer has proved to have its key, and nothing of ours has been said. */
static int check_peer(gnutls_session_t session)
{
    HthTlsStream *self = gnutls_session_get_ptr(session);
    const HthTlsTarget *target = self->target;
    self->is_stranger =
        !hth_tls_peer_key(session, &self->peer_key) ||
        (!target->check(&self->peer_key, target->check_data) &&
         !(target->trusts_authorities &&
           hth_tls_authority_vouches(session, self->credentials, target->authorities,
                                     target->server_name, &self->stranger_reason)));
    return self->is_stranger ? GNUTLS_E_CERTIFICATE_ERROR : 0;
}

static gboolean fail(GError **error, const char *what, int result)
{
    g_set_error(error, HTH_ERROR, HTH_ERROR_UNAVAILABLE, "%s: %s", what, gnutls_strerror(result));
    return FALSE;
}

/* What a relay says in the clear in place of an answer (RFC 8446, section 6). */
static const struct {
    gnutls_alert_description_t alert;
    HthError code;
    const char *sentence;
} relay_alerts[] = {
    { GNUTLS_A_UNRECOGNIZED_NAME, HTH_ERROR_NOT_FOUND,
      "the relay does not know this way to the home" },
    { GNUTLS_A_INTERNAL_ERROR, HTH_ERROR_ASLEEP, "the home is asleep or off" },
    { GNUTLS_A_ACCESS_DENIED, HTH_ERROR_BUSY, "a limit of the relay is reached" },
};

static void set_alert(HthTlsStream *self, GError **error)
{
    const gnutls_alert_description_t alert = gnutls_alert_get(self->session);
    const gboolean is_opening = self->target != NULL && self->target->server_name != NULL;
    for (guint i = 0; is_opening && i < G_N_ELEMENTS(relay_alerts); i++) {
        if (relay_alerts[i].alert == alert) {
            g_set_error_literal(error, HTH_ERROR, (int)relay_alerts[i].code,
                                relay_alerts[i].sentence);
            return;
        }
    }
    const char *name = gnutls_alert_get_name(alert);
    g_set_error(error, HTH_ERROR, HTH_ERROR_UNAVAILABLE, "the other side ended it: %s",
                name != NULL ? name : "an alert that is not known");
}

/* Waits for what the session waits for. FALSE when it is not a matter of waiting. */
static gboolean wait_for_session(HthTlsStream *self, int result, const HthPatience *patience,
                                 GError **error)
{
    if (result == GNUTLS_E_INTERRUPTED)
        return TRUE;
    if (result == GNUTLS_E_AGAIN)
        return wait_for(self->fd, gnutls_record_get_direction(self->session) ? POLLOUT : POLLIN,
                        patience, error);
    if (self->is_stranger)
        g_set_error(error, HTH_ERROR, HTH_ERROR_REFUSED,
                    "who answers there is somebody else: its key is not the one that is known%s%s",
                    self->stranger_reason != NULL ? ". " : "",
                    self->stranger_reason != NULL ? self->stranger_reason : "");
    else if (result == GNUTLS_E_FATAL_ALERT_RECEIVED)
        set_alert(self, error);
    else
        fail(error, "the connection broke", result);
    return FALSE;
}

static int prepare_session(HthTlsStream *self, const HthTlsTarget *target)
{
    const gnutls_datum_t certificate = { (unsigned char *)target->certificate,
                                         (unsigned int)strlen(target->certificate) };
    const gnutls_datum_t key = { (unsigned char *)target->key, (unsigned int)strlen(target->key) };
    int result = gnutls_certificate_allocate_credentials(&self->credentials);
    if (result >= 0)
        result = gnutls_certificate_set_x509_key_mem2(self->credentials, &certificate, &key,
                                                      GNUTLS_X509_FMT_PEM, NULL, 0);
    if (result >= 0)
        result = gnutls_init(&self->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL |
                                                 GNUTLS_NO_TICKETS | GNUTLS_KEY_SHARE_TOP);
    if (result >= 0)
        result = gnutls_priority_set_direct(
            self->session, target->trusts_authorities ? HTH_TLS_WEB_PRIORITIES : HTH_TLS_PRIORITIES,
            NULL);
    if (result >= 0 && target->server_name != NULL)
        result = gnutls_server_name_set(self->session, GNUTLS_NAME_DNS, target->server_name,
                                        strlen(target->server_name));
    if (result >= 0)
        result = gnutls_credentials_set(self->session, GNUTLS_CRD_CERTIFICATE, self->credentials);
    if (result < 0)
        return result;
    gnutls_session_set_ptr(self->session, self);
    gnutls_session_set_verify_function(self->session, check_peer);
    gnutls_transport_set_ptr(self->session, self);
    gnutls_transport_set_vec_push_function(self->session, push);
    gnutls_transport_set_pull_function(self->session, pull);
    gnutls_transport_set_pull_timeout_function(self->session, pull_timeout);
    gnutls_handshake_set_timeout(self->session, 0);
    return 0;
}

static gboolean handshake(HthTlsStream *self, const HthPatience *patience, GError **error)
{
    int result = gnutls_handshake(self->session);
    while (result < 0) {
        if (result != GNUTLS_E_WARNING_ALERT_RECEIVED &&
            !wait_for_session(self, result, patience, error)) {
            if (self->is_stranger)
                (void)gnutls_alert_send_appropriate(self->session, GNUTLS_E_CERTIFICATE_ERROR);
            return FALSE;
        }
        result = gnutls_handshake(self->session);
    }
    return TRUE;
}

HthTlsStream *hth_tls_stream_open(const HthTlsTarget *target, const HthPatience *patience,
                                  GError **error)
{
    g_return_val_if_fail(!target->trusts_authorities || target->server_name != NULL, NULL);
    g_autoptr(HthTlsStream) self = g_new0(HthTlsStream, 1);
    self->target = target;
    self->is_broken = TRUE;
    self->fd = open_socket(target, patience, error);
    if (self->fd < 0)
        return NULL;
    const int result = prepare_session(self, target);
    if (result < 0) {
        fail(error, "TLS does not start", result);
        return NULL;
    }
    if (!handshake(self, patience, error)) {
        g_prefix_error(error, "%s port %u: ", target->host, target->port);
        return NULL;
    }
    self->target = NULL;
    self->is_broken = FALSE;
    return g_steal_pointer(&self);
}

void hth_tls_stream_free(HthTlsStream *self)
{
    if (self == NULL)
        return;
    if (!self->is_broken)
        (void)gnutls_bye(self->session, GNUTLS_SHUT_WR); /* a courtesy */
    if (self->session != NULL)
        gnutls_deinit(self->session);
    if (self->credentials != NULL)
        gnutls_certificate_free_credentials(self->credentials);
    if (self->fd >= 0)
        close(self->fd);
    g_free(self->stranger_reason);
    g_free(self);
}

const HthKeyId *hth_tls_stream_peer_key(const HthTlsStream *self)
{
    return &self->peer_key;
}

/* The records that are here already. An end or an error comes again at the next call. */
static gssize read_more(HthTlsStream *self, guint8 *buffer, gsize max_bytes)
{
    gsize n_read = 0;
    while (n_read < max_bytes &&
           (has_received(self) || gnutls_record_check_pending(self->session) > 0)) {
        const ssize_t n_bytes =
            gnutls_record_recv(self->session, buffer + n_read, max_bytes - n_read);
        if (n_bytes <= 0)
            break;
        n_read += (gsize)n_bytes;
    }
    return (gssize)n_read;
}

gssize hth_tls_stream_read(HthTlsStream *self, gpointer buffer, gsize max_bytes,
                           const HthPatience *patience, GError **error)
{
    gboolean may_go_on = has_patience(patience, error);
    while (may_go_on) {
        const ssize_t n_bytes = gnutls_record_recv(self->session, buffer, max_bytes);
        if (n_bytes >= 0)
            return n_bytes + read_more(self, (guint8 *)buffer + n_bytes, max_bytes - n_bytes);
        may_go_on = wait_for_session(self, (int)n_bytes, patience, error);
    }
    self->is_broken = TRUE;
    return -1;
}

gboolean hth_tls_stream_write(HthTlsStream *self, gconstpointer bytes, gsize size_bytes,
                              const HthPatience *patience, GError **error)
{
    const guint8 *from = bytes;
    while (size_bytes > 0) {
        if (!has_patience(patience, error)) {
            self->is_broken = TRUE;
            return FALSE;
        }
        /* After "again" GnuTLS wants the same call with the same bytes. */
        const ssize_t n_bytes = gnutls_record_send(self->session, from, size_bytes);
        if (n_bytes < 0 && !wait_for_session(self, (int)n_bytes, patience, error)) {
            self->is_broken = TRUE;
            return FALSE;
        }
        if (n_bytes > 0) {
            from += n_bytes;
            size_bytes -= (gsize)n_bytes;
        }
    }
    return TRUE;
}

void hth_tls_stream_watch(HthTlsStream *self, guint dead_after_ms)
{
    const int on = dead_after_ms > 0;
    const int seconds = 2; /* until the first question, and between questions */
    (void)setsockopt(self->fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    (void)setsockopt(self->fd, IPPROTO_TCP, TCP_KEEPIDLE, &seconds, sizeof seconds);
    (void)setsockopt(self->fd, IPPROTO_TCP, TCP_KEEPINTVL, &seconds, sizeof seconds);
    (void)setsockopt(self->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &dead_after_ms, sizeof dead_after_ms);
}

void hth_tls_stream_local_address(const HthTlsStream *self, struct sockaddr_storage *out)
{
    socklen_t size = sizeof *out;
    memset(out, 0, sizeof *out);
    (void)getsockname(self->fd, (struct sockaddr *)out, &size); /* zeros: of no family */
}

/* Nothing is expected: whatever can be read is the end, or should not be there. */
gboolean hth_tls_stream_is_open(HthTlsStream *self)
{
    struct pollfd polled = { .fd = self->fd, .events = POLLIN | POLLRDHUP };
    return !self->is_broken && gnutls_record_check_pending(self->session) == 0 &&
           !has_received(self) && poll(&polled, 1, 0) == 0;
}

guint64 hth_tls_stream_bytes_sent(const HthTlsStream *self)
{
    return self->bytes_sent;
}

guint64 hth_tls_stream_bytes_received(const HthTlsStream *self)
{
    return self->bytes_received;
}

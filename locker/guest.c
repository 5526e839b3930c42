/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "guest.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#define JOIN_BYTES   17
#define JOIN_VERSION 1

/* So many pings may come at once; one more is allowed each second. */
#define MAX_PINGS 16

/* What was peeked at is read first: closing a socket with bytes unread sends a reset, which may
 * overtake the alert. */
void hth_guest_send_alert(int fd, HthAlert alert)
{
    char scrap[HTH_HELLO_MAX_PEEK_BYTES];
    const guint8 record[] = { 21, 3, 3, 0, 2, 2 /* fatal */, (guint8)alert };
    (void)!recv(fd, scrap, sizeof scrap, MSG_DONTWAIT);
    (void)!send(fd, record, sizeof record, MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)shutdown(fd, SHUT_WR);
}

void hth_guest_want_bytes(int fd, gsize n_bytes)
{
    const int low_water = (int)n_bytes;
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &low_water, sizeof low_water);
}

gboolean hth_guest_read_park(int fd, char out_ticket[HTH_ROUTE_LENGTH + 1])
{
    static const char verb[] = "PARK ";
    char line[HTH_PARK_LINE_BYTES];
    G_STATIC_ASSERT(sizeof verb - 1 + HTH_ROUTE_LENGTH + 1 == HTH_PARK_LINE_BYTES);
    if (recv(fd, line, sizeof line, MSG_DONTWAIT) != sizeof line ||
        memcmp(line, verb, sizeof verb - 1) != 0 || line[sizeof line - 1] != '\n')
        return FALSE;
    memcpy(out_ticket, line + sizeof verb - 1, HTH_ROUTE_LENGTH);
    out_ticket[HTH_ROUTE_LENGTH] = '\0';
    return strlen(out_ticket) == HTH_ROUTE_LENGTH;
}

static gboolean are_too_many(HthGuest *self, guint n_pings, gint64 now_us)
{
    const gint64 seconds = (now_us - self->pinged_us) / G_USEC_PER_SEC;
    if (seconds > 0) {
        self->n_pings -= (guint)MIN((gint64)self->n_pings, seconds);
        self->pinged_us = now_us;
    }
    self->n_pings += n_pings;
    return self->n_pings > MAX_PINGS;
}

gboolean hth_guest_answer_pings(HthGuest *self, gint64 now_us)
{
    char bytes[64];
    const gssize n = recv(self->fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    guint n_pings = 0;
    for (gssize i = 0; i < n; i++) {
        if (bytes[i] != 'p' && bytes[i] != 'q')
            return FALSE;
        n_pings += bytes[i] == 'p';
    }
    if (n == 0 || are_too_many(self, (guint)n, now_us))
        return FALSE;
    memset(bytes, 'q', n_pings);
    return send(self->fd, bytes, n_pings, MSG_NOSIGNAL | MSG_DONTWAIT) == (gssize)n_pings;
}

gboolean hth_guest_send_join(int fd, guint64 session_rate, guint64 number)
{
    const guint32 rate_kib = GUINT32_TO_LE((guint32)MIN((session_rate + 1023) / 1024, G_MAXUINT32));
    guint8 header[JOIN_BYTES] = { 'J', JOIN_VERSION };
    memcpy(header + 5, &rate_kib, sizeof rate_kib);
    memcpy(header + 9, &number, sizeof number);
    return send(fd, header, sizeof header, MSG_NOSIGNAL | MSG_DONTWAIT) == sizeof header;
}

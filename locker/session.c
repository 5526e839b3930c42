/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

/* So much in each direction, then the others have their turn. */
#define TURN_BYTES (1024 * 1024)

HthSession *hth_session_new(const HthJoin *join)
{
    HthSession *self = g_new0(HthSession, 1);
    HthLimits limits;
    hth_household_limits(join->household, &limits);
    hth_token_bucket_init(&self->bucket, limits.session_rate);
    self->join = *join;
    self->device = (HthSessionEnd){ .session = self, .fd = join->device_fd };
    self->home = (HthSessionEnd){ .session = self, .fd = join->home_fd };
    self->up = (HthSessionFlow){ &self->device, &self->home, HTH_NO_PIPE, FALSE, FALSE };
    self->down = (HthSessionFlow){ &self->home, &self->device, HTH_NO_PIPE, FALSE, FALSE };
    self->link.data = self;
    self->all_link.data = self;
    return self;
}

void hth_session_clear(HthSession *self, HthPipePool *pipes)
{
    hth_pipe_pool_return(pipes, &self->up.pipe);
    hth_pipe_pool_return(pipes, &self->down.pipe);
    close(self->device.fd);
    close(self->home.fd);
    hth_token_bucket_clear(&self->bucket);
    hth_household_end_session(self->join.household);
    g_clear_pointer(&self->join.household, hth_household_unref);
    self->is_over = TRUE;
}

/* How much may be read now, by the limits. */
static gsize allowance(HthSession *self, gint64 now_us)
{
    HthTokenBucket *household = hth_household_bucket(self->join.household);
    const gsize n_own = hth_token_bucket_take(&self->bucket, HTH_PIPE_BYTES, now_us);
    const gsize n_both = n_own > 0 ? hth_token_bucket_take(household, n_own, now_us) : 0;
    hth_token_bucket_return(&self->bucket, n_own - n_both);
    return n_both;
}

static void give_back(HthSession *self, gsize n_bytes)
{
    hth_token_bucket_return(&self->bucket, n_bytes);
    hth_token_bucket_return(hth_household_bucket(self->join.household), n_bytes);
}

/* Reads into the pipe, which is empty: so EAGAIN means that the socket is. */
static HthSessionState fill(HthSession *self, HthSessionFlow *flow, HthPipePool *pipes,
                            gint64 now_us)
{
    const gsize n_allowed = allowance(self, now_us);
    if (n_allowed == 0)
        return HTH_SESSION_THROTTLED;
    if (!hth_pipe_pool_lend(pipes, &flow->pipe)) {
        give_back(self, n_allowed);
        return HTH_SESSION_THROTTLED; /* until there are descriptors again */
    }
    const gssize n = splice(flow->from->fd, NULL, flow->pipe.write_fd, NULL, n_allowed,
                            SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    const int code = errno;
    give_back(self, n_allowed - (gsize)MAX(n, 0));
    if (n < 0 && code != EAGAIN && code != EINTR)
        return HTH_SESSION_OVER;
    if (n < 0 && code == EAGAIN)
        flow->from->is_readable = FALSE;
    if (n == 0)
        flow->has_ended = TRUE;
    flow->pipe.n_bytes = (gsize)MAX(n, 0);
    return n > 0 ? HTH_SESSION_HAS_MORE : HTH_SESSION_WAITS;
}

static HthSessionState drain(HthSession *self, HthSessionFlow *flow, gsize *moved)
{
    const gssize n = splice(flow->pipe.read_fd, NULL, flow->to->fd, NULL, flow->pipe.n_bytes,
                            SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (n < 0 && errno != EAGAIN && errno != EINTR)
        return HTH_SESSION_OVER;
    if (n < 0 && errno == EAGAIN)
        flow->to->is_writable = FALSE;
    if (n <= 0)
        return HTH_SESSION_WAITS;
    flow->pipe.n_bytes -= (gsize)n;
    *moved += (gsize)n;
    return hth_household_count(self->join.household, (gsize)n) ? HTH_SESSION_HAS_MORE
                                                               : HTH_SESSION_OVER;
}

/* An end of stream is passed on behind the last byte. */
static void pass_end(HthSessionFlow *flow)
{
    if (!flow->has_ended || flow->is_shut || flow->pipe.n_bytes > 0)
        return;
    (void)shutdown(flow->to->fd, SHUT_WR); /* fails when it has gone altogether: that is seen */
    flow->is_shut = TRUE;
}

static HthSessionState move(HthSession *self, HthSessionFlow *flow, HthPipePool *pipes,
                            gint64 now_us, gsize *moved)
{
    HthSessionState state = HTH_SESSION_HAS_MORE;
    gsize n_turn = 0;
    while (state == HTH_SESSION_HAS_MORE && n_turn < TURN_BYTES) {
        if (flow->pipe.n_bytes > 0)
            state = flow->to->is_writable ? drain(self, flow, &n_turn) : HTH_SESSION_WAITS;
        else if (flow->from->is_readable && !flow->has_ended)
            state = fill(self, flow, pipes, now_us);
        else
            state = HTH_SESSION_WAITS;
    }
    *moved += n_turn;
    if (flow->pipe.n_bytes == 0)
        hth_pipe_pool_return(pipes, &flow->pipe);
    pass_end(flow);
    return state;
}

/* Leaves out the pings that crossed the joining. */
static HthSessionState hear_home(HthSession *self)
{
    char bytes[64];
    while (self->home.is_readable && !self->has_home_spoken) {
        const gssize n = recv(self->home.fd, bytes, sizeof bytes, MSG_PEEK | MSG_DONTWAIT);
        if (n < 0 && errno == EAGAIN)
            self->home.is_readable = FALSE;
        else if (n < 0 && errno != EINTR)
            return HTH_SESSION_OVER;
        gssize n_pings = 0;
        while (n_pings < n && (bytes[n_pings] == 'p' || bytes[n_pings] == 'q'))
            n_pings++;
        if (n_pings > 0)
            (void)!recv(self->home.fd, bytes, (gsize)n_pings, MSG_DONTWAIT);
        self->has_home_spoken = n >= 0 && (n_pings < n || n == 0);
    }
    return HTH_SESSION_WAITS;
}

HthSessionState hth_session_step(HthSession *self, HthPipePool *pipes, gint64 now_us,
                                 gsize *out_moved)
{
    *out_moved = 0;
    if (!self->has_home_spoken && hear_home(self) == HTH_SESSION_OVER)
        return HTH_SESSION_OVER;
    const HthSessionState up = move(self, &self->up, pipes, now_us, out_moved);
    if (up == HTH_SESSION_OVER)
        return up;
    const HthSessionState down = self->has_home_spoken
                                     ? move(self, &self->down, pipes, now_us, out_moved)
                                     : HTH_SESSION_WAITS;
    if (down == HTH_SESSION_OVER || (self->up.is_shut && self->down.is_shut))
        return HTH_SESSION_OVER;
    if (up == HTH_SESSION_HAS_MORE || down == HTH_SESSION_HAS_MORE)
        return HTH_SESSION_HAS_MORE;
    return MAX(up, down);
}

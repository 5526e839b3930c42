/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "rendition"
#include "convert-child.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/hex.h"
#include "base/log.h"
#include "media/convert-protocol.h"

struct HthConvertChild {
    HthConvertChildOptions options;
    GPid pid;
    int pipe_fd;
    GSource *pipe_source, *child_source, *stall, *deadline;
    char line[HTH_CONVERT_LINE_MAX];
    gsize line_bytes;
    char sandbox[128];
    double progress;
    gboolean is_done;       /* it has said how it went */
    gboolean is_distrusted; /* killed for nonsense */
    gboolean is_late;
    gboolean has_died;
    HthConverted result;
    GError *error; /* what it said, or why it was killed */
};

static void clear_source(GSource **source)
{
    if (*source != NULL) {
        g_source_destroy(*source);
        g_clear_pointer(source, g_source_unref);
    }
}

static void end(HthConvertChild *self)
{
    clear_source(&self->stall);
    clear_source(&self->deadline);
    if (self->pid != 0)
        kill(self->pid, SIGKILL);
}

static gboolean on_late(gpointer data)
{
    HthConvertChild *self = data;
    hth_log_warning("a conversion is killed: it took too long; pid=%d", (int)self->pid);
    g_clear_error(&self->error);
    g_set_error(&self->error, HTH_ERROR, HTH_ERROR_TIMEOUT, "the conversion took too long");
    self->is_late = TRUE;
    end(self);
    return G_SOURCE_REMOVE;
}

static GSource *add_timer(HthConvertChild *self, guint ms)
{
    GSource *source = g_timeout_source_new(ms);
    g_source_set_callback(source, on_late, self, NULL);
    g_source_attach(source, self->options.context);
    return source;
}

/* ---- Its lines ---- */

/* "SIZE HASH PAYLOAD_OFFSET PAYLOAD_HASH" */
static gboolean take_done(HthConvertChild *self, const char *text)
{
    g_auto(GStrv) words = g_strsplit(text, " ", 5);
    HthConverted *to = &self->result;
    self->is_done =
        g_strv_length(words) == 4 &&
        g_ascii_string_to_signed(words[0], 10, 1, G_MAXINT64, &to->size_bytes, NULL) &&
        hth_hex_decode(words[1], to->hash.bytes, sizeof to->hash.bytes) &&
        g_ascii_string_to_signed(words[2], 10, 1, to->size_bytes, &to->payload_offset, NULL) &&
        hth_hex_decode(words[3], to->payload_hash.bytes, sizeof to->payload_hash.bytes);
    return self->is_done;
}

static gboolean take_failed(HthConvertChild *self, const char *text)
{
    char *sentence = NULL;
    const guint64 code = g_ascii_strtoull(text, &sentence, 10);
    if (sentence == text || *sentence != ' ' || code > HTH_ERROR_CHANGED)
        return FALSE;
    g_autofree char *valid = g_utf8_make_valid(sentence + 1, -1);
    self->error = g_error_new_literal(HTH_ERROR, (gint)code, valid);
    return TRUE;
}

static gboolean take_progress(HthConvertChild *self, const char *text)
{
    guint64 permille = 0;
    if (!g_ascii_string_to_unsigned(text, 10, 0, 1000, &permille, NULL))
        return FALSE;
    self->progress = (double)permille / 1000;
    clear_source(&self->stall);
    self->stall = add_timer(self, self->options.stall_ms);
    if (self->options.events->progress != NULL)
        self->options.events->progress(self->options.data);
    return TRUE;
}

/* Returns: FALSE for nonsense. */
static gboolean take_line(HthConvertChild *self, const char *line)
{
    const char *space = strchr(line, ' ');
    if (space == NULL || self->is_done || self->error != NULL)
        return FALSE;
    g_autofree char *word = g_strndup(line, (gsize)(space - line));
    const char *text = space + 1;
    if (strcmp(word, "done") == 0)
        return take_done(self, text);
    if (strcmp(word, "failed") == 0)
        return take_failed(self, text);
    if (strcmp(word, "progress") == 0)
        return take_progress(self, text);
    if (strcmp(word, "sandbox") == 0) {
        g_autofree char *valid = g_utf8_make_valid(text, -1);
        g_strlcpy(self->sandbox, valid, sizeof self->sandbox);
        return TRUE;
    }
    if ((strcmp(word, "offer") != 0 && strcmp(word, "missing") != 0) ||
        self->options.events->line == NULL)
        return FALSE;
    self->options.events->line(word, text, self->options.data);
    return TRUE;
}

static gboolean take_byte(HthConvertChild *self, char byte)
{
    if (byte != '\n') {
        self->line[self->line_bytes++] = byte;
        return self->line_bytes < sizeof self->line && byte != '\0';
    }
    self->line[self->line_bytes] = '\0';
    self->line_bytes = 0;
    return take_line(self, self->line);
}

/* Returns: FALSE at the end of the pipe, or after nonsense. */
static gboolean read_some(HthConvertChild *self)
{
    char bytes[4096];
    const gssize n = read(self->pipe_fd, bytes, sizeof bytes);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return TRUE;
    for (gssize i = 0; i < n; i++) {
        if (!take_byte(self, bytes[i])) {
            hth_log_warning("a conversion is killed: it makes no sense; pid=%d", (int)self->pid);
            self->is_distrusted = TRUE;
            return FALSE;
        }
    }
    return n > 0;
}

static gboolean on_pipe(int fd, GIOCondition condition, gpointer data)
{
    HthConvertChild *self = data;
    if (read_some(self))
        return G_SOURCE_CONTINUE;
    if (self->is_distrusted)
        end(self);
    return G_SOURCE_REMOVE; /* on_exit() follows */
}

/* ---- Its end ---- */

static void on_exit_of(GPid pid, gint status, gpointer data)
{
    HthConvertChild *self = data;
    g_spawn_close_pid(pid);
    self->pid = 0;
    clear_source(&self->pipe_source);
    clear_source(&self->stall);
    clear_source(&self->deadline);
    clear_source(&self->child_source);
    /* What it wrote before its end counts; the pipe holds 64 KiB, and nobody else writes. */
    for (guint i = 0; i < 32 && !self->is_distrusted && !self->is_late && read_some(self); i++)
        ;
    clear_source(&self->stall);
    const gboolean is_good = self->is_done && !self->is_distrusted && !self->is_late &&
                             self->error == NULL && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    const gboolean is_list = self->options.events->line != NULL && WIFEXITED(status);
    if (!is_good && self->error == NULL && !is_list) {
        self->has_died = TRUE;
        hth_log_warning("a conversion died; pid=%d wait_status=%d", (int)pid, status);
        g_set_error(&self->error, HTH_ERROR, HTH_ERROR_FAILED,
                    "converting the file failed: the converter died of it");
    }
    /* Copies, for the callee may free the child. */
    const HthConverted result = self->result;
    g_autoptr(GError) error = g_steal_pointer(&self->error);
    self->options.events->ended(is_good ? &result : NULL, error, self->options.data);
}

/* ---- Start ---- */

static gboolean spawn(HthConvertChild *self, int report_fd, GError **error)
{
    int sources[5] = { report_fd };
    int targets[5] = { HTH_CONVERT_REPORT_FD };
    int n = 1;
    for (int i = 0; i < (int)G_N_ELEMENTS(self->options.fds); i++) {
        if (self->options.fds[i] >= 0) {
            sources[n] = self->options.fds[i];
            targets[n++] = HTH_CONVERT_ORIGINAL_FD + i;
        }
    }
    return g_spawn_async_with_pipes_and_fds(
        NULL, self->options.arguments, NULL, G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL,
        NULL, NULL, -1, -1, -1, sources, targets, (gsize)n, &self->pid, NULL, NULL, NULL, error);
}

static GSource *attach(HthConvertChild *self, GSource *source, GSourceFunc callback)
{
    g_source_set_callback(source, callback, self, NULL);
    g_source_attach(source, self->options.context);
    return source;
}

HthConvertChild *hth_convert_child_new(const HthConvertChildOptions *options, GError **error)
{
    int pipe_fds[2];
    if (!g_unix_open_pipe(pipe_fds, FD_CLOEXEC, error))
        return NULL;
    g_autoptr(HthConvertChild) self = g_new0(HthConvertChild, 1);
    self->options = *options;
    self->pipe_fd = pipe_fds[0];
    g_autoptr(GError) cause = NULL;
    const gboolean is_started =
        g_unix_set_fd_nonblocking(self->pipe_fd, TRUE, &cause) && spawn(self, pipe_fds[1], &cause);
    close(pipe_fds[1]);
    if (!is_started) {
        self->pid = 0;
        g_set_error(error, HTH_ERROR, HTH_ERROR_UNAVAILABLE, "hearth-convert can't be started: %s",
                    cause->message);
        return NULL;
    }
    self->pipe_source = attach(self, g_unix_fd_source_new(self->pipe_fd, G_IO_IN | G_IO_HUP),
                               G_SOURCE_FUNC(on_pipe));
    self->child_source =
        attach(self, g_child_watch_source_new(self->pid), G_SOURCE_FUNC(on_exit_of));
    self->stall = add_timer(self, options->stall_ms);
    self->deadline = add_timer(self, options->deadline_ms);
    return g_steal_pointer(&self);
}

void hth_convert_child_free(HthConvertChild *self)
{
    if (self == NULL)
        return;
    clear_source(&self->child_source);
    clear_source(&self->pipe_source);
    end(self);
    /* SIGKILL was sent: this waits for the kernel at most. */
    while (self->pid != 0 && waitpid(self->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    if (self->pipe_fd >= 0)
        close(self->pipe_fd);
    g_clear_error(&self->error);
    g_free(self);
}

double hth_convert_child_progress(const HthConvertChild *self)
{
    return self->progress;
}

const char *hth_convert_child_sandbox(const HthConvertChild *self)
{
    return self->sandbox;
}

gboolean hth_convert_child_has_died(const HthConvertChild *self)
{
    return self->has_died;
}

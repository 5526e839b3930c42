/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The operational log, for the person at three in the morning.
 *
 * error: something was lost. warning: something will be retried. info: a state changed.
 * debug: everything else. One line an event, with fields (device=, bytes=, took_ms=). Never a
 * key, a token or a full path of someone's media above debug.
 *
 * g_warning() and g_critical() remain for programming errors: the tests make those fatal.
 *
 * Each .c file says its topic before it includes this header: #define HTH_LOG_TOPIC "scanner"
 *
 * Threads: any thread, any time.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum {
    HTH_LOG_ERROR,
    HTH_LOG_WARNING,
    HTH_LOG_INFO,
    HTH_LOG_DEBUG,
} HthLogLevel;

/* Lines kept in memory for `hearth logs`. */
#define HTH_LOG_KEPT_LINES 2000

typedef struct {
    guint64 sequence; /* counts from 1, without gaps */
    gint64 unix_us;
    HthLogLevel level;
    char *topic;
    char *message;
} HthLogLine;

void hth_log_line_free(HthLogLine *line);

/* Sets what is written to stderr: "info" for everything, or a list "info,scanner=debug".
 * NULL reads HEARTH_LOG from the environment, else "info". An unknown word is ignored and said. */
void hth_log_set_levels(const char *levels);

/* Whether a line of @topic at @level would be written or kept; for costly arguments. */
gboolean hth_log_wants(const char *topic, HthLogLevel level);

void hth_log(HthLogLevel level, const char *topic, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* The kept lines with a sequence above @after, oldest first.
 * Returns: (element HthLogLine) a new array that frees its lines. */
GPtrArray *hth_log_read(guint64 after, guint max_lines);

const char *hth_log_level_name(HthLogLevel level);

#define hth_log_error(...)   hth_log(HTH_LOG_ERROR, HTH_LOG_TOPIC, __VA_ARGS__)
#define hth_log_warning(...) hth_log(HTH_LOG_WARNING, HTH_LOG_TOPIC, __VA_ARGS__)
#define hth_log_info(...)    hth_log(HTH_LOG_INFO, HTH_LOG_TOPIC, __VA_ARGS__)
#define hth_log_debug(...)                                                                         \
    G_STMT_START                                                                                   \
    {                                                                                              \
        if (hth_log_wants(HTH_LOG_TOPIC, HTH_LOG_DEBUG))                                           \
            hth_log(HTH_LOG_DEBUG, HTH_LOG_TOPIC, __VA_ARGS__);                                    \
    }                                                                                              \
    G_STMT_END

G_END_DECLS

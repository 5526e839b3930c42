/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/log.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Topics named in one level list; a list with more is cut, and said. */
#define MAX_TOPICS 64

static const char *const level_names[] = {
    [HTH_LOG_ERROR] = "error",
    [HTH_LOG_WARNING] = "warning",
    [HTH_LOG_INFO] = "info",
    [HTH_LOG_DEBUG] = "debug",
};

/* The one state at file scope in hearth: a log belongs to the process, as stderr does. The lock
 * guards every field, and nothing is called out to while it is held. */
static struct {
    GMutex lock;
    gboolean is_set_up;
    gboolean
        is_journal; /* stderr goes to the journal: prefix lines with a priority (sd-daemon(3)) */
    HthLogLevel level;
    guint n_topics;
    struct {
        char name[24];
        HthLogLevel level;
    } topics[MAX_TOPICS];
    HthLogLine *kept[HTH_LOG_KEPT_LINES];
    guint64 sequence;
} the_log;

const char *hth_log_level_name(HthLogLevel level)
{
    g_return_val_if_fail(level < G_N_ELEMENTS(level_names), "error");
    return level_names[level];
}

void hth_log_line_free(HthLogLine *line)
{
    if (line == NULL)
        return;
    g_free(line->topic);
    g_free(line->message);
    g_free(line);
}

static gboolean level_from_name(const char *name, HthLogLevel *out_level)
{
    for (guint i = 0; i < G_N_ELEMENTS(level_names); i++) {
        if (strcmp(name, level_names[i]) == 0) {
            *out_level = i;
            return TRUE;
        }
    }
    return FALSE;
}

/* Locking: the_log.lock is held. */
static void set_one_level(const char *word)
{
    g_auto(GStrv) parts = g_strsplit(word, "=", 2);
    HthLogLevel level;
    if (parts[0] != NULL && parts[1] == NULL && level_from_name(parts[0], &level)) {
        the_log.level = level;
    } else if (parts[0] != NULL && parts[1] != NULL && level_from_name(parts[1], &level) &&
               the_log.n_topics < MAX_TOPICS) {
        g_strlcpy(the_log.topics[the_log.n_topics].name, parts[0],
                  sizeof the_log.topics[the_log.n_topics].name);
        the_log.topics[the_log.n_topics++].level = level;
    } else {
        fprintf(stderr, "log levels: '%s' is not understood; use for example info,scanner=debug\n",
                word);
    }
}

/* Locking: the_log.lock is held. */
static void set_levels_locked(const char *levels)
{
    the_log.is_set_up = TRUE;
    the_log.is_journal = g_getenv("JOURNAL_STREAM") != NULL;
    the_log.level = HTH_LOG_INFO;
    the_log.n_topics = 0;

    g_auto(GStrv) words = g_strsplit(levels != NULL ? levels : "", ",", MAX_TOPICS);
    for (guint i = 0; words[i] != NULL; i++) {
        if (*g_strstrip(words[i]) != '\0')
            set_one_level(words[i]);
    }
}

void hth_log_set_levels(const char *levels)
{
    const char *wanted = levels != NULL ? levels : g_getenv("HEARTH_LOG");
    g_mutex_lock(&the_log.lock);
    set_levels_locked(wanted);
    g_mutex_unlock(&the_log.lock);
}

/* Locking: the_log.lock is held. */
static gboolean wants_locked(const char *topic, HthLogLevel level)
{
    if (!the_log.is_set_up)
        set_levels_locked(g_getenv("HEARTH_LOG"));
    for (guint i = 0; i < the_log.n_topics; i++) {
        if (strcmp(the_log.topics[i].name, topic) == 0)
            return level <= the_log.topics[i].level;
    }
    return level <= the_log.level;
}

gboolean hth_log_wants(const char *topic, HthLogLevel level)
{
    g_mutex_lock(&the_log.lock);
    const gboolean wants = wants_locked(topic, level);
    g_mutex_unlock(&the_log.lock);
    return wants;
}

static void write_line(const HthLogLine *line, gboolean is_journal)
{
    /* Priorities as in syslog(3); the journal strips the prefix. */
    static const char *const priorities[] = { "<3>", "<4>", "<6>", "<7>" };
    fprintf(stderr, "%s%s %s: %s\n", is_journal ? priorities[line->level] : "",
            level_names[line->level], line->topic, line->message);
}

/* A message may quote a file name or a header: a line stays one line of valid text. */
static char *one_line(char *message)
{
    g_autofree char *owned = message;
    char *valid = g_utf8_make_valid(owned, -1);
    for (char *c = valid; *c != '\0'; c++) {
        if ((guchar)*c < 0x20 || *c == 0x7f)
            *c = ' ';
    }
    return valid;
}

void hth_log(HthLogLevel level, const char *topic, const char *format, ...)
{
    if (!hth_log_wants(topic, level))
        return;

    va_list args;
    va_start(args, format);
    char *message = one_line(g_strdup_vprintf(format, args));
    va_end(args);

    HthLogLine *line = g_new(HthLogLine, 1);
    *line = (HthLogLine){
        .unix_us = g_get_real_time(),
        .level = level,
        .topic = g_strdup(topic),
        .message = message,
    };

    g_mutex_lock(&the_log.lock);
    write_line(line, the_log.is_journal);
    line->sequence = ++the_log.sequence;
    HthLogLine **slot = &the_log.kept[line->sequence % HTH_LOG_KEPT_LINES];
    HthLogLine *oldest = g_steal_pointer(slot);
    *slot = line;
    g_mutex_unlock(&the_log.lock);

    hth_log_line_free(oldest);
}

static HthLogLine *line_copy(const HthLogLine *line)
{
    HthLogLine *copy = g_new(HthLogLine, 1);
    *copy = *line;
    copy->topic = g_strdup(line->topic);
    copy->message = g_strdup(line->message);
    return copy;
}

GPtrArray *hth_log_read(guint64 after, guint max_lines)
{
    GPtrArray *lines = g_ptr_array_new_with_free_func((GDestroyNotify)hth_log_line_free);
    g_mutex_lock(&the_log.lock);
    guint64 first = after + 1;
    if (the_log.sequence >= HTH_LOG_KEPT_LINES)
        first = MAX(first, the_log.sequence - HTH_LOG_KEPT_LINES + 1);
    for (guint64 i = first; i <= the_log.sequence && lines->len < max_lines; i++)
        g_ptr_array_add(lines, line_copy(the_log.kept[i % HTH_LOG_KEPT_LINES]));
    g_mutex_unlock(&the_log.lock);
    return lines;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "print.h"

#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define GAP "  "

static const char *const style_codes[HTH_N_STYLES] = {
    [HTH_STYLE_PLAIN] = "",        [HTH_STYLE_BOLD] = "\033[1m",  [HTH_STYLE_DIM] = "\033[2m",
    [HTH_STYLE_GOOD] = "\033[32m", [HTH_STYLE_WARN] = "\033[33m", [HTH_STYLE_BAD] = "\033[31m",
};

gboolean hth_print_is_terminal(void)
{
    return isatty(STDOUT_FILENO) != 0;
}

static gboolean has_colours(void)
{
    const char *no_color = g_getenv("NO_COLOR");
    return hth_print_is_terminal() && (no_color == NULL || *no_color == '\0') &&
           g_strcmp0(g_getenv("TERM"), "dumb") != 0;
}

char *hth_print_styled(HthStyle style, const char *text)
{
    if (style == HTH_STYLE_PLAIN || !has_colours())
        return g_strdup(text);
    return g_strconcat(style_codes[style], text, "\033[0m", NULL);
}

char *hth_print_number(gint64 number)
{
    g_autofree char *digits = g_strdup_printf("%" G_GINT64_FORMAT, ABS(number));
    const gsize n = strlen(digits);
    GString *text = g_string_new(number < 0 ? "-" : NULL);
    for (gsize i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0)
            g_string_append_c(text, ',');
        g_string_append_c(text, digits[i]);
    }
    return g_string_free(text, FALSE);
}

char *hth_print_size(gint64 size_bytes)
{
    static const char *const units[] = { "B", "kB", "MB", "GB", "TB", "PB" };
    double value = (double)size_bytes;
    guint unit = 0;
    while (value >= 999.5 && unit + 1 < G_N_ELEMENTS(units)) {
        value /= 1000;
        unit++;
    }
    return g_strdup_printf(unit > 0 && value < 9.95 ? "%.1f %s" : "%.0f %s", value, units[unit]);
}

char *hth_print_duration(gint64 duration_ms)
{
    const gint64 seconds = (duration_ms + 500) / 1000;
    const int s = (int)(seconds % 60);
    const int m = (int)(seconds / 60 % 60);
    if (seconds >= 3600)
        return g_strdup_printf("%" G_GINT64_FORMAT ":%02d:%02d", seconds / 3600, m, s);
    return g_strdup_printf("%d:%02d", m, s);
}

char *hth_print_count(gint64 n, const char *one, const char *many)
{
    g_autofree char *number = hth_print_number(n);
    return g_strconcat(number, " ", n == 1 ? one : many, NULL);
}

char *hth_print_span(gint64 seconds)
{
    if (seconds < 60)
        return hth_print_count(MAX(seconds, 0), "second", "seconds");
    if (seconds < 3600)
        return hth_print_count(seconds / 60, "minute", "minutes");
    if (seconds < 48 * 3600)
        return hth_print_count(seconds / 3600, "hour", "hours");
    return hth_print_count(seconds / 86400, "day", "days");
}

char *hth_print_ago(gint64 unix_s)
{
    if (unix_s <= 0)
        return g_strdup("never");
    g_autofree char *span = hth_print_span(g_get_real_time() / G_USEC_PER_SEC - unix_s);
    return g_strconcat(span, " ago", NULL);
}

char *hth_print_bar(gint64 done, gint64 total, guint width)
{
    const gint64 known = CLAMP(done, 0, MAX(total, 0));
    const guint filled = total > 0 ? (guint)(known * width / total) : 0;
    GString *text = g_string_new("[");
    for (guint i = 0; i < width; i++)
        g_string_append(text, i < filled ? "█" : "·");
    g_string_append_printf(text, "] %3d %%", total > 0 ? (int)(known * 100 / total) : 0);
    return g_string_free(text, FALSE);
}

static guint letter_width(gunichar letter)
{
    if (g_unichar_iszerowidth(letter))
        return 0;
    return g_unichar_iswide(letter) ? 2 : 1;
}

guint hth_print_width(const char *text)
{
    guint width = 0;
    for (; *text != '\0'; text = g_utf8_next_char(text))
        width += letter_width(g_utf8_get_char(text));
    return width;
}

/* ---- Tables ---- */

typedef struct {
    guint width;
    gboolean is_right;
    HthStyle style;
} Column;

struct HthTable {
    guint n_columns;
    Column *columns;
    GPtrArray *cells;
};

HthTable *hth_table_new(guint n_columns)
{
    HthTable *self = g_new0(HthTable, 1);
    self->n_columns = n_columns;
    self->columns = g_new0(Column, n_columns);
    self->cells = g_ptr_array_new_with_free_func(g_free);
    return self;
}

void hth_table_free(HthTable *self)
{
    if (self == NULL)
        return;
    g_ptr_array_unref(self->cells);
    g_free(self->columns);
    g_free(self);
}

void hth_table_align_right(HthTable *self, guint column)
{
    self->columns[column].is_right = TRUE;
}

void hth_table_style(HthTable *self, guint column, HthStyle style)
{
    self->columns[column].style = style;
}

void hth_table_add(HthTable *self, ...)
{
    va_list cells;
    va_start(cells, self);
    for (guint i = 0; i < self->n_columns; i++) {
        const char *text = va_arg(cells, const char *);
        char *copy = g_utf8_make_valid(text != NULL ? text : "", -1);
        self->columns[i].width = MAX(self->columns[i].width, hth_print_width(copy));
        g_ptr_array_add(self->cells, copy);
    }
    va_end(cells);
}

/* No limit when the output is no terminal: a program reads it. */
static guint terminal_width(void)
{
    struct winsize size = { 0 };
    if (!hth_print_is_terminal() || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 ||
        size.ws_col == 0)
        return G_MAXUINT;
    return size.ws_col;
}

/* @text cut to @width cells, with "…" at the end when something is missing. */
static char *fit(const char *text, guint width)
{
    if (hth_print_width(text) <= width)
        return g_strdup(text);
    guint used = 0;
    const char *end = text;
    while (*end != '\0' && used + letter_width(g_utf8_get_char(end)) + 1 <= width) {
        used += letter_width(g_utf8_get_char(end));
        end = g_utf8_next_char(end);
    }
    return g_strdup_printf("%.*s…", (int)(end - text), text);
}

static void append_cell(const HthTable *self, GString *line, guint column, const char *text,
                        guint room)
{
    const Column *form = &self->columns[column];
    const gboolean is_last = column + 1 == self->n_columns;
    g_autofree char *shown = is_last ? fit(text, MAX(room, 10)) : g_strdup(text);
    g_autofree char *styled = hth_print_styled(form->style, shown);
    const guint n_spaces = form->width - MIN(form->width, hth_print_width(shown));
    if (form->is_right)
        g_string_append_printf(line, "%*s", (int)n_spaces, "");
    g_string_append(line, styled);
    if (!form->is_right && !is_last)
        g_string_append_printf(line, "%*s", (int)n_spaces, "");
    if (!is_last)
        g_string_append(line, GAP);
}

void hth_table_print(HthTable *self)
{
    guint used = 0;
    for (guint i = 0; i + 1 < self->n_columns; i++)
        used += self->columns[i].width + (guint)strlen(GAP);
    const guint terminal = terminal_width();
    const guint room = terminal > used ? terminal - used : 10;
    for (guint row = 0; row < self->cells->len; row += self->n_columns) {
        g_autoptr(GString) line = g_string_new(NULL);
        for (guint i = 0; i < self->n_columns; i++)
            append_cell(self, line, i, self->cells->pdata[row + i], room);
        g_print("%s\n", g_strchomp(line->str));
    }
}

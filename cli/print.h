/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Words, numbers and tables for a terminal. Colours only on a terminal and without NO_COLOR
 * (https://no-color.org). */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum {
    HTH_STYLE_PLAIN,
    HTH_STYLE_BOLD,
    HTH_STYLE_DIM,
    HTH_STYLE_GOOD,
    HTH_STYLE_WARN,
    HTH_STYLE_BAD,
    HTH_N_STYLES,
} HthStyle;

gboolean hth_print_is_terminal(void);

/* @text between the codes of @style, or just @text. New string. */
char *hth_print_styled(HthStyle style, const char *text);

char *hth_print_number(gint64 number);        /* "12,345" */
char *hth_print_size(gint64 size_bytes);      /* "1.2 GB" */
char *hth_print_duration(gint64 duration_ms); /* "3:45", "1:02:03" */
char *hth_print_span(gint64 seconds);         /* "12 seconds", "3 minutes", "2 hours", "5 days" */
char *hth_print_ago(gint64 unix_s);           /* "3 minutes ago", "never" for 0 */

/* "1 track", "1,234 tracks". */
char *hth_print_count(gint64 n, const char *one, const char *many);

/* "[█████·····]  52 %" of @width cells. */
char *hth_print_bar(gint64 done, gint64 total, guint width);

/* The cells that @text takes on a terminal; wide letters take two, combining ones none. */
guint hth_print_width(const char *text);

/* Rows of text with columns of one width. The last column is cut to the terminal, others are not.
 */
typedef struct HthTable HthTable;
HthTable *hth_table_new(guint n_columns);
void hth_table_free(HthTable *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthTable, hth_table_free)
void hth_table_align_right(HthTable *self, guint column);
void hth_table_style(HthTable *self, guint column, HthStyle style);
/* Exactly as many texts as columns; NULL is an empty cell. Copied. */
void hth_table_add(HthTable *self, ...);
void hth_table_print(HthTable *self);

G_END_DECLS

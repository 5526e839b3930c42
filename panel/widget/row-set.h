/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of a group that follow data which is read again and again: what stays keeps its row, with
 * its focus and what is open in it; what is new gets one; what has gone loses it.
 *
 *     hth_row_set_begin(set);
 *     for each thing:
 *         row = hth_row_set_row(set, key, make_row, data);   then update it
 *     hth_row_set_end(set);
 *
 * Threads: the main thread only.
 */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/* No home has as many; a list that is longer would hold up the window. */
#define HTH_ROW_SET_MAX 250

typedef struct HthRowSet HthRowSet;
typedef GtkWidget *(*HthRowMaker)(gpointer data);

/* @group: borrowed for the set's life. */
HthRowSet *hth_row_set_new(AdwPreferencesGroup *group);
void hth_row_set_free(HthRowSet *self); /* the rows stay; NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthRowSet, hth_row_set_free)

void hth_row_set_begin(HthRowSet *self);
/* The row for @key, made by @maker if there is none yet. It belongs to the group. The same key
 * again has the same row; past HTH_ROW_SET_MAX the row is one that nobody sees. */
GtkWidget *hth_row_set_row(HthRowSet *self, const char *key, HthRowMaker maker, gpointer data);
/* Returns: how many rows there are. */
guint hth_row_set_end(HthRowSet *self);

/* ---- Rows ---- */

/* More letters than a row, or a label of several lines, shows. It is cut here and not by the label:
 * GTK 4.8 miscounts the width of labels that wrap and are cut ("reports a minimum width of…"). */
#define HTH_ROW_TEXT_LETTERS 400
char *hth_row_text(const char *text); /* new string */

/* An AdwActionRow that takes its texts as they are, not as markup. */
GtkWidget *hth_row_new(const char *title, const char *subtitle);
/* A row below another that shows how far that has come. */
GtkWidget *hth_row_new_progress(GtkProgressBar *progress);
void hth_row_set_texts(GtkWidget *row, const char *title, const char *subtitle);
/* An icon in front. */
GtkWidget *hth_row_add_icon(GtkWidget *row, const char *icon_name);
/* Makes it lead somewhere: an arrow at its end. */
void hth_row_add_arrow(GtkWidget *row);

/* A button with a label that has a mnemonic; its name for others is the label alone (GTK 4.8 says
 * both, the underscore included). */
GtkWidget *hth_button_new(const char *mnemonic);

/* Does the same for all buttons in @top, which a form or libadwaita has made; those with a tooltip
 * alone, and fields for searching, get a name too. */
void hth_mend_button_names(GtkWidget *top);

/* A button with an icon and a name for those who do not see it. */
GtkWidget *hth_icon_button(const char *icon_name, const char *name);

/* Sets the name that a screen reader says. */
void hth_name_widget(GtkWidget *widget, const char *name);

G_END_DECLS

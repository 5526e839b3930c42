/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A page of groups in the middle of the window, which scrolls: how all pages but the library look.
 */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/* A box in a clamp in a scrolled window. *@out_box: where groups are appended. */
GtkWidget *hth_sheet_new(GtkBox **out_box);

/* Appends a large icon, a title and a description (NULL: none) in the middle. The title and the
 * icon may be changed later: *@out_title and *@out_icon, each NULL where nobody will. */
void hth_sheet_add_head(GtkBox *box, const char *icon_name, const char *title,
                        const char *description, GtkLabel **out_title, GtkImage **out_icon);

/* Appends a group with a title (NULL: none) and a description (NULL: none). */
AdwPreferencesGroup *hth_sheet_add_group(GtkBox *box, const char *title, const char *description);

/* A row with what something is, and that: for facts. Long values wrap and can be copied. */
void hth_sheet_add_fact(AdwPreferencesGroup *group, const char *name, const char *value);

/* Asks "@heading? @body" with Cancel and @verb, and calls @confirmed when @verb is chosen.
 * @is_destructive: the button warns. */
void hth_sheet_ask(GtkWindow *parent, const char *heading, const char *body, const char *verb,
                   gboolean is_destructive, GFunc confirmed, gpointer data, gpointer more);

/* Escape closes @window, wherever in it the keyboard is. */
void hth_sheet_close_by_escape(GtkWindow *window);

/* Tells, over the window in front, what went wrong: a sentence, and the daemon's own words. */
void hth_sheet_tell(const char *heading, const GError *error);

G_END_DECLS

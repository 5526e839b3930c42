/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every page of the panel works with. main() makes one and hands it on; everything in it lives
 * as long as the window.
 */
#pragma once

#include <adwaita.h>

#include "model/home.h"
#include "model/household.h"
#include "model/pictures.h"
#include "player.h"

G_BEGIN_DECLS

#define HTH_PANEL_ID        "org.hearth.Panel"
#define HTH_PANEL_RESOURCES "/org/hearth/Panel/"

typedef struct _HthWindow HthWindow;

typedef struct HthPanel {
    HthHome *home;
    HthHousehold *household;
    HthPictures *pictures;
    HthPlayer *player;
    HthWindow *window;
    char *daemon_program; /* hearthd, where there is no user service */
} HthPanel;

/* ---- What a page asks of the window ---- */

/* Shows @content over the pages, below a header with @title and a way back. @end: something for
 * the end of that header, or NULL. Takes both. */
void hth_window_push(HthWindow *self, const char *title, GtkWidget *content, GtkWidget *end);
void hth_window_pop(HthWindow *self);
/* Goes back to the pages, from however deep. */
void hth_window_show_pages(HthWindow *self);

/* A word at the lower edge that goes by itself. */
void hth_window_toast(HthWindow *self, const char *text);
/* The same for what did not work; nothing for what was cancelled. */
void hth_window_fail(HthWindow *self, const GError *error);

G_END_DECLS

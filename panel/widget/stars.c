/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "widget/stars.h"

#include <glib/gi18n.h>

#include "widget/row-set.h"

struct _HthStars {
    GtkBox parent;
    guint rating;
    GtkButton *buttons[HTH_STARS_MAX];
};

G_DEFINE_FINAL_TYPE(HthStars, hth_stars, GTK_TYPE_BOX)

static guint chosen_signal; /* set once, by class_init */

void hth_stars_set(HthStars *self, guint rating)
{
    self->rating = MIN(rating, HTH_STARS_MAX);
    for (guint i = 0; i < HTH_STARS_MAX; i++)
        gtk_button_set_icon_name(self->buttons[i],
                                 i < self->rating ? "starred-symbolic" : "non-starred-symbolic");
}

static void on_star(GtkButton *button, HthStars *self)
{
    guint rating = 0;
    for (guint i = 0; i < HTH_STARS_MAX; i++)
        rating = self->buttons[i] == button ? i + 1 : rating;
    hth_stars_set(self, rating == self->rating ? 0 : rating);
    g_signal_emit(self, chosen_signal, 0, self->rating);
}

static void hth_stars_init(HthStars *self)
{
    for (guint i = 0; i < HTH_STARS_MAX; i++) {
        g_autofree char *name = g_strdup_printf(ngettext("%u star", "%u stars", i + 1), i + 1);
        GtkWidget *button = hth_icon_button("non-starred-symbolic", name);
        gtk_widget_add_css_class(button, "flat");
        gtk_widget_add_css_class(button, "circular");
        self->buttons[i] = GTK_BUTTON(button);
        g_signal_connect(button, "clicked", G_CALLBACK(on_star), self);
        gtk_box_append(GTK_BOX(self), button);
    }
}

static void hth_stars_class_init(HthStarsClass *class)
{
    chosen_signal = g_signal_new("chosen", HTH_TYPE_STARS, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                 G_TYPE_NONE, 1, G_TYPE_UINT);
}

GtkWidget *hth_stars_new(void)
{
    return g_object_new(HTH_TYPE_STARS, "valign", GTK_ALIGN_CENTER, NULL);
}

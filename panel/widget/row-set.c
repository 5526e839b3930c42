/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "widget/row-set.h"

#include <glib/gi18n.h>
#include <string.h>

struct HthRowSet {
    AdwPreferencesGroup *group;
    GPtrArray *rows;  /* (element Row) as shown */
    GPtrArray *next;  /* (element Row) as it is to be; NULL outside begin() and end() */
    GtkWidget *spare; /* what is one too many goes into this, which nobody sees */
};

typedef struct {
    char *key;
    GtkWidget *widget;
} Row;

static void row_free(gpointer data)
{
    Row *row = data;
    g_free(row->key);
    g_object_unref(row->widget);
    g_free(row);
}

HthRowSet *hth_row_set_new(AdwPreferencesGroup *group)
{
    HthRowSet *self = g_new0(HthRowSet, 1);
    self->group = group;
    self->rows = g_ptr_array_new_with_free_func(row_free);
    return self;
}

void hth_row_set_free(HthRowSet *self)
{
    if (self == NULL)
        return;
    g_ptr_array_unref(self->rows);
    g_clear_pointer(&self->next, g_ptr_array_unref);
    g_clear_object(&self->spare);
    g_free(self);
}

void hth_row_set_begin(HthRowSet *self)
{
    g_return_if_fail(self->next == NULL);
    self->next = g_ptr_array_new_with_free_func(row_free);
}

static Row *find(GPtrArray *rows, const char *key)
{
    for (guint i = 0; i < rows->len; i++) {
        Row *row = rows->pdata[i];
        if (strcmp(row->key, key) == 0)
            return row;
    }
    return NULL;
}

GtkWidget *hth_row_set_row(HthRowSet *self, const char *key, HthRowMaker maker, gpointer data)
{
    const Row *twice = find(self->next, key);
    if (twice != NULL)
        return twice->widget;
    if (self->next->len >= HTH_ROW_SET_MAX) {
        if (self->spare == NULL)
            self->spare = g_object_ref_sink(maker(data));
        return self->spare;
    }
    Row *old = find(self->rows, key);
    GtkWidget *widget = old != NULL ? g_object_ref(old->widget) : g_object_ref_sink(maker(data));
    Row *row = g_new(Row, 1);
    *row = (Row){ .key = g_strdup(key), .widget = widget };
    g_ptr_array_add(self->next, row);
    return widget;
}

static gboolean is_same(const HthRowSet *self)
{
    if (self->rows->len != self->next->len)
        return FALSE;
    for (guint i = 0; i < self->rows->len; i++) {
        if (((Row *)self->rows->pdata[i])->widget != ((Row *)self->next->pdata[i])->widget)
            return FALSE;
    }
    return TRUE;
}

guint hth_row_set_end(HthRowSet *self)
{
    if (!is_same(self)) {
        for (guint i = 0; i < self->rows->len; i++)
            adw_preferences_group_remove(self->group, ((Row *)self->rows->pdata[i])->widget);
        for (guint i = 0; i < self->next->len; i++)
            adw_preferences_group_add(self->group, ((Row *)self->next->pdata[i])->widget);
    }
    g_ptr_array_unref(self->rows);
    self->rows = g_steal_pointer(&self->next);
    return self->rows->len;
}

/* ---- Rows ---- */

GtkWidget *hth_row_new(const char *title, const char *subtitle)
{
    GtkWidget *row = adw_action_row_new();
    adw_preferences_row_set_use_markup(ADW_PREFERENCES_ROW(row), FALSE);
    hth_row_set_texts(row, title, subtitle);
    return row;
}

char *hth_row_text(const char *text)
{
    if (g_utf8_strlen(text, -1) <= HTH_ROW_TEXT_LETTERS)
        return g_strdup(text);
    const char *end = g_utf8_offset_to_pointer(text, HTH_ROW_TEXT_LETTERS);
    return g_strdup_printf("%.*s…", (int)(end - text), text);
}

void hth_row_set_texts(GtkWidget *row, const char *title, const char *subtitle)
{
    g_autofree char *title_text = hth_row_text(title);
    g_autofree char *subtitle_text = hth_row_text(subtitle != NULL ? subtitle : "");
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), title_text);
    if (subtitle != NULL)
        adw_action_row_set_subtitle(ADW_ACTION_ROW(row), subtitle_text);
}

GtkWidget *hth_row_new_progress(GtkProgressBar *progress)
{
    GtkWidget *row = adw_preferences_row_new();
    gtk_list_box_row_set_child(GTK_LIST_BOX_ROW(row), GTK_WIDGET(progress));
    gtk_list_box_row_set_activatable(GTK_LIST_BOX_ROW(row), FALSE);
    gtk_widget_set_focusable(row, FALSE);
    gtk_widget_add_css_class(row, "progress-row");
    return row;
}

GtkWidget *hth_row_add_icon(GtkWidget *row, const char *icon_name)
{
    GtkWidget *icon = gtk_image_new_from_icon_name(icon_name);
    adw_action_row_add_prefix(ADW_ACTION_ROW(row), icon);
    return icon;
}

void hth_row_add_arrow(GtkWidget *row)
{
    GtkWidget *arrow = gtk_image_new_from_icon_name("go-next-symbolic");
    gtk_widget_add_css_class(arrow, "dim-label");
    adw_action_row_add_suffix(ADW_ACTION_ROW(row), arrow);
    gtk_list_box_row_set_activatable(GTK_LIST_BOX_ROW(row), TRUE);
}

/* One of ours says what is searched, in it and by its name; libadwaita's says nothing. */
static void name_search(GtkWidget *entry)
{
    g_autofree char *placeholder = NULL;
    g_object_get(entry, "placeholder-text", &placeholder, NULL);
    if (placeholder == NULL)
        hth_name_widget(entry, _("Search"));
}

void hth_mend_button_names(GtkWidget *top)
{
    if (GTK_IS_BUTTON(top) && gtk_button_get_use_underline(GTK_BUTTON(top)))
        gtk_accessible_reset_property(GTK_ACCESSIBLE(top), GTK_ACCESSIBLE_PROPERTY_LABEL);
    else if (GTK_IS_BUTTON(top) && gtk_button_get_icon_name(GTK_BUTTON(top)) != NULL &&
             gtk_widget_get_tooltip_text(top) != NULL)
        hth_name_widget(top, gtk_widget_get_tooltip_text(top));
    else if (GTK_IS_SEARCH_ENTRY(top))
        name_search(top);
    GtkWidget *child = gtk_widget_get_first_child(top);
    for (; child != NULL; child = gtk_widget_get_next_sibling(child))
        hth_mend_button_names(child);
}

GtkWidget *hth_icon_button(const char *icon_name, const char *name)
{
    GtkWidget *button = gtk_button_new_from_icon_name(icon_name);
    gtk_widget_set_valign(button, GTK_ALIGN_CENTER);
    gtk_widget_set_tooltip_text(button, name);
    hth_name_widget(button, name);
    return button;
}

GtkWidget *hth_button_new(const char *mnemonic)
{
    GtkWidget *button = gtk_button_new_with_mnemonic(mnemonic);
    gtk_accessible_reset_property(GTK_ACCESSIBLE(button), GTK_ACCESSIBLE_PROPERTY_LABEL);
    return button;
}

void hth_name_widget(GtkWidget *widget, const char *name)
{
    gtk_accessible_update_property(GTK_ACCESSIBLE(widget), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
}

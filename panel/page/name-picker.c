/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "page/name-picker.h"

#include <glib/gi18n.h>

#include "api/member.h"
#include "widget/row-set.h"
#include "widget/sheet.h"

/* Names shown for one search; more words narrow it. */
#define SHOWN_MAX 100

typedef struct {
    HthPanel *panel;
    const char *kind;
    GHashTable *chosen; /* (element utf8) */
    HthNamesChosen done;
    gpointer data;
    GObject *alive; /* weak */
    GCancellable *cancellable;
    AdwPreferencesGroup *group;
    HthRowSet *rows;
} Picker;

static void picker_free(gpointer data)
{
    Picker *self = data;
    g_cancellable_cancel(self->cancellable);
    g_object_unref(self->cancellable);
    g_hash_table_unref(self->chosen);
    g_clear_weak_pointer(&self->alive);
    hth_row_set_free(self->rows);
    g_free(self);
}

static void tell(Picker *self)
{
    if (self->alive == NULL)
        return;
    g_autofree gpointer *keys = g_hash_table_get_keys_as_array(self->chosen, NULL);
    self->done((GStrv)keys, self->data);
}

static void on_toggled(GtkCheckButton *check, Picker *self)
{
    const char *name = g_object_get_data(G_OBJECT(check), "name");
    const gboolean is_chosen = gtk_check_button_get_active(check);
    if (is_chosen == g_hash_table_contains(self->chosen, name))
        return;
    if (is_chosen)
        g_hash_table_add(self->chosen, g_strdup(name));
    else
        g_hash_table_remove(self->chosen, name);
    tell(self);
}

typedef struct {
    Picker *picker;
    const char *name;
} RowData;

static GtkWidget *make_row(gpointer data)
{
    const RowData *row_data = data;
    GtkWidget *row = hth_row_new(row_data->name, NULL);
    GtkWidget *check = gtk_check_button_new();
    gtk_widget_set_valign(check, GTK_ALIGN_CENTER);
    g_object_set_data_full(G_OBJECT(check), "name", g_strdup(row_data->name), g_free);
    gtk_check_button_set_active(GTK_CHECK_BUTTON(check),
                                g_hash_table_contains(row_data->picker->chosen, row_data->name));
    g_signal_connect(check, "toggled", G_CALLBACK(on_toggled), row_data->picker);
    adw_action_row_add_prefix(ADW_ACTION_ROW(row), check);
    adw_action_row_set_activatable_widget(ADW_ACTION_ROW(row), check);
    return row;
}

static void add(Picker *self, const char *name)
{
    RowData data = { self, name };
    (void)hth_row_set_row(self->rows, name, make_row, &data);
}

static void show(Picker *self, JsonObject *page)
{
    GHashTableIter iter;
    gpointer name;
    hth_row_set_begin(self->rows);
    g_hash_table_iter_init(&iter, self->chosen);
    while (g_hash_table_iter_next(&iter, &name, NULL))
        add(self, name);
    for (guint i = 0; i < hth_member_length(page, "objects"); i++) {
        const char *title = hth_member_text(hth_member_at(page, "objects", i), "title");
        if (*title != '\0' && !g_hash_table_contains(self->chosen, title))
            add(self, title);
    }
    (void)hth_row_set_end(self->rows);
}

static void on_found(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonObject) page = hth_api_client_call_finish(HTH_API_CLIENT(source), result, &error);
    if (page != NULL)
        show(data, page);
}

static void search(GtkSearchEntry *entry, Picker *self)
{
    g_cancellable_cancel(self->cancellable);
    g_object_unref(self->cancellable);
    self->cancellable = g_cancellable_new();
    g_autofree char *words =
        g_uri_escape_string(gtk_editable_get_text(GTK_EDITABLE(entry)), NULL, FALSE);
    g_autofree char *path =
        g_strdup_printf("search?q=%s&kind=%s&sort=title&count=%d", words, self->kind, SHOWN_MAX);
    hth_api_client_call(hth_home_client(self->panel->home), "GET", path, NULL, self->cancellable,
                        on_found, self);
}

static Picker *make_picker(HthPanel *panel, const char *kind, GStrv chosen, GObject *alive)
{
    Picker *self = g_new0(Picker, 1);
    self->panel = panel;
    self->kind = kind;
    self->cancellable = g_cancellable_new();
    self->chosen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; chosen[i] != NULL; i++)
        g_hash_table_add(self->chosen, g_strdup(chosen[i]));
    g_set_weak_pointer(&self->alive, alive);
    return self;
}

void hth_name_picker_open(HthPanel *panel, const char *title, const char *kind, GStrv chosen,
                          HthNamesChosen done, gpointer data, GObject *alive)
{
    Picker *self = make_picker(panel, kind, chosen, alive);
    self->done = done;
    self->data = data;
    GtkWidget *window = adw_window_new();
    gtk_window_set_transient_for(GTK_WINDOW(window), GTK_WINDOW(panel->window));
    gtk_window_set_modal(GTK_WINDOW(window), TRUE);
    gtk_window_set_default_size(GTK_WINDOW(window), 400, 560);
    gtk_window_set_title(GTK_WINDOW(window), title);
    GtkBox *box = NULL;
    GtkWidget *sheet = hth_sheet_new(&box);
    GtkWidget *entry = gtk_search_entry_new();
    hth_name_widget(entry, _("Search"));
    gtk_widget_add_css_class(entry, "below-header");
    self->group = hth_sheet_add_group(box, NULL, NULL);
    self->rows = hth_row_set_new(self->group);
    GtkWidget *all = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);
    gtk_box_append(GTK_BOX(all), adw_header_bar_new());
    gtk_box_append(GTK_BOX(all), entry);
    gtk_widget_set_vexpand(sheet, TRUE);
    gtk_box_append(GTK_BOX(all), sheet);
    adw_window_set_content(ADW_WINDOW(window), all);
    g_object_set_data_full(G_OBJECT(window), "picker", self, picker_free);
    g_signal_connect(entry, "search-changed", G_CALLBACK(search), self);
    search(GTK_SEARCH_ENTRY(entry), self);
    hth_sheet_close_by_escape(GTK_WINDOW(window));
    gtk_window_present(GTK_WINDOW(window));
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "page/playlist-editor.h"

#include <glib/gi18n.h>
#include <string.h>

#include "api/member.h"
#include "widget/row-set.h"
#include "widget/sheet.h"

/* As many as the daemon takes. */
#define ITEMS_MAX 1000

typedef struct {
    HthPanel *panel;
    char *id;         /* NULL: it is new */
    GPtrArray *items; /* (element HthLibraryItem) */
    AdwEntryRow *title;
    AdwPreferencesGroup *group;
    GPtrArray *rows; /* (element GtkWidget), as many as items */
    GtkWidget *save;
} Editor;

static void editor_free(gpointer data)
{
    Editor *self = data;
    g_free(self->id);
    g_ptr_array_unref(self->items);
    g_ptr_array_unref(self->rows);
    g_free(self);
}

static void show(Editor *self);

static guint index_of(GtkWidget *button)
{
    return GPOINTER_TO_UINT(g_object_get_data(G_OBJECT(button), "index"));
}

static void on_up(GtkWidget *button, Editor *self)
{
    const guint index = index_of(button);
    if (index == 0)
        return;
    gpointer above = self->items->pdata[index - 1];
    self->items->pdata[index - 1] = self->items->pdata[index];
    self->items->pdata[index] = above;
    show(self);
}

static void on_remove(GtkWidget *button, Editor *self)
{
    g_ptr_array_remove_index(self->items, index_of(button));
    show(self);
}

static void add_button(Editor *self, GtkWidget *row, guint index, const char *icon_name,
                       const char *name, GCallback callback)
{
    GtkWidget *button = hth_icon_button(icon_name, name);
    gtk_widget_add_css_class(button, "flat");
    g_object_set_data(G_OBJECT(button), "index", GUINT_TO_POINTER(index));
    g_signal_connect(button, "clicked", callback, self);
    adw_action_row_add_suffix(ADW_ACTION_ROW(row), button);
}

static void show(Editor *self)
{
    for (guint i = 0; i < self->rows->len; i++)
        adw_preferences_group_remove(self->group, self->rows->pdata[i]);
    g_ptr_array_set_size(self->rows, 0);
    for (guint i = 0; i < self->items->len; i++) {
        HthLibraryItem *item = self->items->pdata[i];
        g_autofree char *artists = hth_library_item_artists(item);
        GtkWidget *row = hth_row_new(hth_library_item_title(item), artists);
        add_button(self, row, i, "go-up-symbolic", _("Move up"), G_CALLBACK(on_up));
        add_button(self, row, i, "list-remove-symbolic", _("Take out"), G_CALLBACK(on_remove));
        adw_preferences_group_add(self->group, row);
        g_ptr_array_add(self->rows, row);
    }
    const char *title = gtk_editable_get_text(GTK_EDITABLE(self->title));
    gtk_widget_set_sensitive(self->save, *title != '\0');
}

/* ---- Saving ---- */

static void on_saved(GObject *source, GAsyncResult *result, gpointer data)
{
    HthPanel *panel = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonObject) answer =
        hth_api_client_call_finish(HTH_API_CLIENT(source), result, &error);
    if (panel->window == NULL)
        return;
    if (answer == NULL) {
        hth_window_fail(panel->window, error);
        return;
    }
    hth_window_toast(panel->window, _("The playlist is saved"));
}

static void send(HthPanel *panel, const char *method, const char *id, const char *title,
                 GPtrArray *items)
{
    JsonArray *ids = json_array_new();
    for (guint i = 0; items != NULL && i < MIN(items->len, ITEMS_MAX); i++)
        json_array_add_string_element(ids, hth_library_item_id(items->pdata[i]));
    JsonObject *body = json_object_new();
    json_object_set_string_member(body, "title", title);
    json_object_set_array_member(body, "items", ids);
    g_autofree char *escaped = id != NULL ? g_uri_escape_string(id, NULL, FALSE) : NULL;
    g_autofree char *path =
        id != NULL ? g_strconcat("playlists/", escaped, NULL) : g_strdup("playlists");
    hth_api_client_call(hth_home_client(panel->home), method, path, body, NULL, on_saved, panel);
}

static void on_save(GtkButton *button, Editor *self)
{
    const char *title = gtk_editable_get_text(GTK_EDITABLE(self->title));
    send(self->panel, self->id != NULL ? "PUT" : "POST", self->id, title, self->items);
    hth_window_pop(self->panel->window);
}

/* ---- Deleting ---- */

static void on_deleted(GObject *source, GAsyncResult *result, gpointer data)
{
    HthPanel *panel = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonObject) answer =
        hth_api_client_call_finish(HTH_API_CLIENT(source), result, &error);
    if (panel->window == NULL)
        return;
    if (answer == NULL)
        hth_window_fail(panel->window, error);
    else
        hth_window_show_pages(panel->window);
}

static void delete_playlist(gpointer data, gpointer more)
{
    Editor *self = data;
    g_autofree char *escaped = g_uri_escape_string(self->id, NULL, FALSE);
    g_autofree char *path = g_strconcat("playlists/", escaped, NULL);
    hth_api_client_call(hth_home_client(self->panel->home), "DELETE", path, NULL, NULL, on_deleted,
                        self->panel);
}

static void on_delete(GtkButton *button, Editor *self)
{
    hth_sheet_ask(GTK_WINDOW(self->panel->window), _("Delete This Playlist?"),
                  _("The tracks stay in the library."), _("_Delete"), TRUE, delete_playlist, self,
                  NULL);
}

/* ---- Opening ---- */

static void take_items(Editor *self, JsonObject *page)
{
    for (guint i = 0; i < hth_member_length(page, "objects"); i++) {
        JsonObject *json = hth_member_at(page, "objects", i);
        if (json != NULL)
            g_ptr_array_add(self->items, hth_library_item_new(json));
    }
    show(self);
}

static void on_items(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GtkWidget) sheet = data;
    Editor *self = g_object_get_data(G_OBJECT(sheet), "editor");
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonObject) page = hth_api_client_call_finish(HTH_API_CLIENT(source), result, &error);
    if (page != NULL)
        take_items(self, page);
    else if (self->panel->window != NULL)
        hth_window_fail(self->panel->window, error);
}

static void on_title(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GtkWidget) sheet = data;
    Editor *self = g_object_get_data(G_OBJECT(sheet), "editor");
    g_autoptr(JsonObject) playlist =
        hth_api_client_call_finish(HTH_API_CLIENT(source), result, NULL);
    gtk_editable_set_text(GTK_EDITABLE(self->title), hth_member_text(playlist, "title"));
    show(self);
}

static void ask(Editor *self, GtkWidget *sheet)
{
    g_autofree char *escaped = g_uri_escape_string(self->id, NULL, FALSE);
    g_autofree char *what = g_strconcat("item/", escaped, NULL);
    g_autofree char *holds = g_strdup_printf("browse/%s?count=%d", escaped, ITEMS_MAX);
    HthApiClient *client = hth_home_client(self->panel->home);
    hth_api_client_call(client, "GET", what, NULL, NULL, on_title, g_object_ref(sheet));
    hth_api_client_call(client, "GET", holds, NULL, NULL, on_items, g_object_ref(sheet));
}

static void add_delete(Editor *self, GtkBox *box)
{
    GtkWidget *button = hth_button_new(_("_Delete Playlist…"));
    gtk_widget_set_halign(button, GTK_ALIGN_CENTER);
    gtk_widget_add_css_class(button, "destructive-action");
    gtk_widget_add_css_class(button, "pill");
    g_signal_connect(button, "clicked", G_CALLBACK(on_delete), self);
    gtk_box_append(box, button);
}

void hth_playlist_editor_open(HthPanel *panel, const char *id, GPtrArray *items)
{
    GtkBox *box = NULL;
    GtkWidget *sheet = hth_sheet_new(&box);
    Editor *self = g_new0(Editor, 1);
    self->panel = panel;
    self->id = g_strdup(id);
    self->rows = g_ptr_array_new();
    self->items =
        items != NULL ? g_ptr_array_ref(items) : g_ptr_array_new_with_free_func(g_object_unref);
    g_object_set_data_full(G_OBJECT(sheet), "editor", self, editor_free);
    AdwPreferencesGroup *name = hth_sheet_add_group(box, NULL, NULL);
    self->title = ADW_ENTRY_ROW(adw_entry_row_new());
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(self->title), _("Name"));
    adw_preferences_group_add(name, GTK_WIDGET(self->title));
    self->group =
        hth_sheet_add_group(box, _("Tracks"), _("More are added from the details of a track."));
    self->save = hth_button_new(_("_Save"));
    gtk_widget_add_css_class(self->save, "suggested-action");
    g_signal_connect(self->save, "clicked", G_CALLBACK(on_save), self);
    g_signal_connect_swapped(self->title, "changed", G_CALLBACK(show), self);
    show(self);
    if (id != NULL)
        add_delete(self, box);
    if (id != NULL && items == NULL)
        ask(self, sheet);
    hth_window_push(panel->window, id != NULL ? _("Edit Playlist") : _("New Playlist"), sheet,
                    self->save);
}

/* ---- One more item in a playlist ---- */

typedef struct {
    HthPanel *panel;
    HthLibraryItem *item;
    GtkWindow *window;
} Adding;

static void adding_free(gpointer data)
{
    Adding *self = data;
    g_object_unref(self->item);
    g_free(self);
}

static GPtrArray *just(HthLibraryItem *item)
{
    GPtrArray *items = g_ptr_array_new_with_free_func(g_object_unref);
    g_ptr_array_add(items, g_object_ref(item));
    return items;
}

static void on_new(AdwActionRow *row, Adding *self)
{
    g_autoptr(GPtrArray) items = just(self->item);
    hth_playlist_editor_open(self->panel, NULL, items);
    gtk_window_destroy(self->window);
}

/* The playlist as it is now, with one more. */
typedef struct {
    HthPanel *panel;
    HthLibraryItem *item;
    char *id;
    char *title;
} Growing;

static void on_grown(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autofree Growing *self = data;
    g_autoptr(HthLibraryItem) item = self->item;
    g_autofree char *id = self->id;
    g_autofree char *title = self->title;
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonObject) page = hth_api_client_call_finish(HTH_API_CLIENT(source), result, &error);
    if (page == NULL) {
        if (self->panel->window != NULL)
            hth_window_fail(self->panel->window, error);
        return;
    }
    g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func(g_object_unref);
    for (guint i = 0; i < hth_member_length(page, "objects"); i++)
        g_ptr_array_add(items, hth_library_item_new(hth_member_at(page, "objects", i)));
    g_ptr_array_add(items, g_object_ref(item));
    send(self->panel, "PUT", id, title, items);
}

static void on_chosen(AdwActionRow *row, Adding *self)
{
    Growing *growing = g_new(Growing, 1);
    *growing = (Growing){ self->panel, g_object_ref(self->item),
                          g_strdup(g_object_get_data(G_OBJECT(row), "id")),
                          g_strdup(adw_preferences_row_get_title(ADW_PREFERENCES_ROW(row))) };
    g_autofree char *escaped = g_uri_escape_string(growing->id, NULL, FALSE);
    g_autofree char *path = g_strdup_printf("browse/%s?count=%d", escaped, ITEMS_MAX);
    hth_api_client_call(hth_home_client(self->panel->home), "GET", path, NULL, NULL, on_grown,
                        growing);
    gtk_window_destroy(self->window);
}

static void on_playlists(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(AdwPreferencesGroup) group = data;
    Adding *self = g_object_get_data(G_OBJECT(group), "adding");
    g_autoptr(JsonObject) page = hth_api_client_call_finish(HTH_API_CLIENT(source), result, NULL);
    for (guint i = 0; i < hth_member_length(page, "objects"); i++) {
        JsonObject *playlist = hth_member_at(page, "objects", i);
        GtkWidget *row = hth_row_new(hth_member_text(playlist, "title"), "");
        gtk_list_box_row_set_activatable(GTK_LIST_BOX_ROW(row), TRUE);
        g_object_set_data_full(G_OBJECT(row), "id", g_strdup(hth_member_text(playlist, "id")),
                               g_free);
        g_signal_connect(row, "activated", G_CALLBACK(on_chosen), self);
        adw_preferences_group_add(group, row);
    }
}

void hth_playlist_add(HthPanel *panel, HthLibraryItem *item)
{
    GtkWidget *window = adw_window_new();
    Adding *self = g_new(Adding, 1);
    *self = (Adding){ panel, g_object_ref(item), GTK_WINDOW(window) };
    gtk_window_set_transient_for(GTK_WINDOW(window), GTK_WINDOW(panel->window));
    gtk_window_set_modal(GTK_WINDOW(window), TRUE);
    gtk_window_set_default_size(GTK_WINDOW(window), 360, 440);
    gtk_window_set_title(GTK_WINDOW(window), _("Add to a Playlist"));
    GtkBox *box = NULL;
    GtkWidget *sheet = hth_sheet_new(&box);
    GtkWidget *all = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);
    gtk_box_append(GTK_BOX(all), adw_header_bar_new());
    gtk_widget_set_vexpand(sheet, TRUE);
    gtk_box_append(GTK_BOX(all), sheet);
    adw_window_set_content(ADW_WINDOW(window), all);
    AdwPreferencesGroup *group = hth_sheet_add_group(box, NULL, NULL);
    g_object_set_data_full(G_OBJECT(group), "adding", self, adding_free);
    GtkWidget *row = hth_row_new(_("New playlist…"), "");
    hth_row_add_icon(row, "list-add-symbolic");
    gtk_list_box_row_set_activatable(GTK_LIST_BOX_ROW(row), TRUE);
    g_signal_connect(row, "activated", G_CALLBACK(on_new), self);
    adw_preferences_group_add(group, row);
    hth_api_client_call(hth_home_client(panel->home), "GET",
                        "search?q=&kind=playlist&sort=title&count=200", NULL, NULL, on_playlists,
                        g_object_ref(group));
    hth_sheet_close_by_escape(GTK_WINDOW(window));
    gtk_window_present(GTK_WINDOW(window));
}

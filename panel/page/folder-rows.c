/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "page/folder-rows.h"

#include <glib/gi18n.h>

#include "api/member.h"
#include "widget/row-set.h"
#include "widget/sheet.h"
#include "wording.h"

typedef struct {
    HthPanel *panel;
    AdwPreferencesGroup *group;
    HthRowSet *rows;
} FolderRows;

static void folder_rows_free(gpointer data)
{
    FolderRows *self = data;
    hth_row_set_free(self->rows);
    g_free(self);
}

static void on_changed(GObject *source, GAsyncResult *result, gpointer data)
{
    HthPanel *panel = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonObject) answer =
        hth_api_client_call_finish(HTH_API_CLIENT(source), result, &error);
    if (answer == NULL)
        hth_sheet_tell(_("This Cannot Be Shared"), error);
    hth_home_refresh(panel->home);
}

static void change(FolderRows *self, const char *route, const char *path)
{
    JsonObject *body = json_object_new();
    json_object_set_string_member(body, "path", path);
    hth_api_client_call(hth_home_client(self->panel->home), "POST", route, body, NULL, on_changed,
                        self->panel);
}

static void on_remove(GtkButton *button, FolderRows *self)
{
    change(self, "roots/remove", g_object_get_data(G_OBJECT(button), "path"));
}

typedef struct {
    FolderRows *rows;
    const char *path;
} RowData;

static GtkWidget *make_row(gpointer data)
{
    const RowData *row_data = data;
    GtkWidget *row = hth_row_new(row_data->path, "");
    hth_row_add_icon(row, "folder-symbolic");
    g_autofree char *name = g_strdup_printf(_("No longer share %s"), row_data->path);
    GtkWidget *button = hth_icon_button("list-remove-symbolic", name);
    gtk_widget_add_css_class(button, "flat");
    g_object_set_data_full(G_OBJECT(button), "path", g_strdup(row_data->path), g_free);
    g_signal_connect(button, "clicked", G_CALLBACK(on_remove), row_data->rows);
    adw_action_row_add_suffix(ADW_ACTION_ROW(row), button);
    return row;
}

static void show_folder(FolderRows *self, JsonObject *root)
{
    RowData data = { self, hth_member_text(root, "path") };
    GtkWidget *row = hth_row_set_row(self->rows, data.path, make_row, &data);
    const char *problem = hth_member_text(root, "problem");
    g_autofree char *count = hth_wording_items(hth_member_number(root, "n_items"));
    g_autofree char *size = hth_wording_bytes(hth_member_number(root, "size_bytes"));
    g_autofree char *facts = g_strdup_printf("%s · %s", count, size);
    g_autofree char *name = g_filename_display_basename(data.path);
    const char *state = *problem != '\0'                      ? problem
                        : hth_member_is(root, "is_available") ? facts
                                                              : _("This folder is away");
    g_autofree char *place = g_filename_display_name(data.path);
    g_autofree char *subtitle = g_strdup_printf("%s\n%s", place, state);
    hth_row_set_texts(row, name, subtitle);
}

static void choose(FolderRows *self);

static GtkWidget *make_nothing(gpointer data)
{
    GtkWidget *row = hth_row_new(_("No folder is shared"),
                                 _("Add the one that holds your music, films or photos."));
    hth_row_add_icon(row, "folder-new-symbolic");
    hth_row_add_arrow(row);
    g_signal_connect_swapped(row, "activated", G_CALLBACK(choose), data);
    return row;
}

static void show(AdwPreferencesGroup *group)
{
    FolderRows *self = g_object_get_data(G_OBJECT(group), "folder-rows");
    JsonObject *status = hth_home_status(self->panel->home);
    const guint n = hth_member_length(status, "roots");
    hth_row_set_begin(self->rows);
    for (guint i = 0; i < n; i++)
        show_folder(self, hth_member_at(status, "roots", i));
    if (n == 0)
        (void)hth_row_set_row(self->rows, "-", make_nothing, self);
    (void)hth_row_set_end(self->rows);
}

static void on_chosen(GtkNativeDialog *dialog, int response, FolderRows *self)
{
    if (response == GTK_RESPONSE_ACCEPT) {
        g_autoptr(GFile) folder = gtk_file_chooser_get_file(GTK_FILE_CHOOSER(dialog));
        g_autofree char *path = folder != NULL ? g_file_get_path(folder) : NULL;
        if (path != NULL)
            change(self, "roots/add", path);
    }
    g_object_unref(dialog);
}

static void choose(FolderRows *self)
{
    GtkRoot *root = gtk_widget_get_root(GTK_WIDGET(self->group));
    GtkFileChooserNative *dialog = gtk_file_chooser_native_new(
        _("Share a Folder"), GTK_WINDOW(root), GTK_FILE_CHOOSER_ACTION_SELECT_FOLDER, _("_Share"),
        _("_Cancel"));
    gtk_native_dialog_set_modal(GTK_NATIVE_DIALOG(dialog), TRUE);
    g_signal_connect(dialog, "response", G_CALLBACK(on_chosen), self);
    gtk_native_dialog_show(GTK_NATIVE_DIALOG(dialog));
}

void hth_folder_rows_attach(HthPanel *panel, AdwPreferencesGroup *group)
{
    FolderRows *self = g_new0(FolderRows, 1);
    *self = (FolderRows){ panel, group, hth_row_set_new(group) };
    g_object_set_data_full(G_OBJECT(group), "folder-rows", self, folder_rows_free);
    GtkWidget *add = hth_icon_button("list-add-symbolic", _("Share a folder"));
    gtk_widget_add_css_class(add, "flat");
    g_signal_connect_swapped(add, "clicked", G_CALLBACK(choose), self);
    adw_preferences_group_set_header_suffix(group, add);
    g_signal_connect_object(panel->home, "status", G_CALLBACK(show), group, G_CONNECT_SWAPPED);
    show(group);
}

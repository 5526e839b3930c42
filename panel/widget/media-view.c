/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "widget/media-view.h"

#include <glib/gi18n.h>
#include <string.h>

#include "api/api-error.h"
#include "page/item-page.h"
#include "widget/media-tile.h"
#include "widget/row-set.h"
#include "widget/sight.h"

/* Tracks that are queued from one click. */
#define QUEUE_MAX 300

struct _HthMediaView {
    AdwBin parent;
    HthPanel *panel;
    HthPageList *list;
    char *within; /* artists of the album that it lists; NULL: it lists something else */
    GtkStack *stack;
    GtkScrolledWindow *grid_scroll;
    GtkGridView *grid;
    GtkListView *rows;
    AdwStatusPage *empty;
    AdwStatusPage *failed;
    GtkButton *again;
};

G_DEFINE_FINAL_TYPE(HthMediaView, hth_media_view, ADW_TYPE_BIN)

static guint opened_signal; /* set once, by class_init */

/* ---- Items ---- */

static void on_more(GtkButton *button, HthMediaView *self)
{
    GtkWidget *tile = gtk_widget_get_ancestor(GTK_WIDGET(button), HTH_TYPE_MEDIA_TILE);
    HthLibraryItem *item = hth_media_tile_item(HTH_MEDIA_TILE(tile));
    if (item != NULL)
        hth_item_page_open(self->panel, item);
}

static void set_up_tile(GtkSignalListItemFactory *factory, GtkListItem *place, HthMediaView *self)
{
    gtk_list_item_set_child(place, hth_media_tile_new(self->panel->pictures, FALSE));
}

static void set_up_row(GtkSignalListItemFactory *factory, GtkListItem *place, HthMediaView *self)
{
    GtkWidget *row = hth_media_tile_new(self->panel->pictures, TRUE);
    if (self->within != NULL)
        hth_media_tile_set_within(HTH_MEDIA_TILE(row), self->within);
    g_signal_connect(hth_media_tile_more(HTH_MEDIA_TILE(row)), "clicked", G_CALLBACK(on_more),
                     self);
    gtk_list_item_set_child(place, row);
}

static void bind(GtkSignalListItemFactory *factory, GtkListItem *place, HthMediaView *self)
{
    hth_media_tile_bind(HTH_MEDIA_TILE(gtk_list_item_get_child(place)),
                        gtk_list_item_get_item(place));
}

static void unbind(GtkSignalListItemFactory *factory, GtkListItem *place, HthMediaView *self)
{
    hth_media_tile_bind(HTH_MEDIA_TILE(gtk_list_item_get_child(place)), NULL);
}

static GtkListItemFactory *make_factory(HthMediaView *self, gboolean is_row)
{
    GtkListItemFactory *factory = gtk_signal_list_item_factory_new();
    g_signal_connect(factory, "setup", is_row ? G_CALLBACK(set_up_row) : G_CALLBACK(set_up_tile),
                     self);
    g_signal_connect(factory, "bind", G_CALLBACK(bind), self);
    g_signal_connect(factory, "unbind", G_CALLBACK(unbind), self);
    return factory;
}

void hth_media_view_open(HthMediaView *self, guint position)
{
    g_autoptr(HthLibraryItem) item = g_list_model_get_item(G_LIST_MODEL(self->list), position);
    if (item != NULL && hth_library_item_json(item) != NULL)
        g_signal_emit(self, opened_signal, 0, item, position);
}

void hth_media_view_play(HthMediaView *self, guint position)
{
    g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func(g_object_unref);
    const guint n = g_list_model_get_n_items(G_LIST_MODEL(self->list));
    for (guint i = position; i < n && items->len < QUEUE_MAX; i++) {
        HthLibraryItem *item = g_list_model_get_item(G_LIST_MODEL(self->list), i);
        const gboolean has_come = hth_library_item_json(item) != NULL;
        if (has_come && strcmp(hth_library_item_kind(item), "track") == 0)
            g_ptr_array_add(items, item);
        else
            g_object_unref(item);
        if (!has_come)
            break;
    }
    hth_player_play(self->panel->player, items, 0);
}

/* ---- What is shown ---- */

/* Both views would keep a widget for every place on the screen: only the one in sight has the list.
 */
static void use(HthMediaView *self, gboolean is_grid)
{
    GtkSelectionModel *model =
        GTK_SELECTION_MODEL(gtk_no_selection_new(g_object_ref(G_LIST_MODEL(self->list))));
    if (is_grid && gtk_grid_view_get_model(self->grid) == NULL) {
        gtk_list_view_set_model(self->rows, NULL);
        gtk_grid_view_set_model(self->grid, model);
    } else if (!is_grid && gtk_list_view_get_model(self->rows) == NULL) {
        gtk_grid_view_set_model(self->grid, NULL);
        gtk_list_view_set_model(self->rows, model);
    }
    g_object_unref(model);
    gtk_stack_set_visible_child_name(self->stack, is_grid ? "grid" : "rows");
}

static gboolean is_for_grid(HthLibraryItem *item)
{
    static const char *const kinds[] = { "album", "artist", "video", "photo", "photo-album", NULL };
    return g_strv_contains(kinds, hth_library_item_kind(item));
}

static void on_loaded(HthMediaView *self)
{
    g_autoptr(HthLibraryItem) first = g_list_model_get_item(G_LIST_MODEL(self->list), 0);
    if (first == NULL)
        gtk_stack_set_visible_child_name(self->stack, "empty");
    else if (hth_library_item_json(first) != NULL)
        use(self, is_for_grid(first));
}

static void on_failed(HthPageList *list, const GError *error, HthMediaView *self)
{
    if (hth_page_list_is_loaded(list))
        return; /* what is there stays; the row that says that the daemon is gone is enough */
    g_autofree char *text = hth_api_error_text(error);
    g_autofree char *escaped = g_markup_escape_text(text, -1);
    adw_status_page_set_description(self->failed, escaped);
    gtk_stack_set_visible_child_name(self->stack, "failed");
}

static void on_connection(HthMediaView *self)
{
    if (hth_home_is_connected(self->panel->home))
        hth_page_list_refresh(self->list);
}

void hth_media_view_show(HthMediaView *self, const char *path)
{
    if (g_strcmp0(path, hth_page_list_path(self->list)) == 0)
        return;
    if (gtk_grid_view_get_model(self->grid) != NULL)
        gtk_adjustment_set_value(gtk_scrolled_window_get_vadjustment(self->grid_scroll), 0);
    hth_page_list_set_path(self->list, path);
}

void hth_media_view_set_empty(HthMediaView *self, const char *icon_name, const char *title,
                              const char *description)
{
    adw_status_page_set_icon_name(self->empty, icon_name);
    adw_status_page_set_title(self->empty, title);
    adw_status_page_set_description(self->empty, description);
}

void hth_media_view_set_within(HthMediaView *self, const char *artists)
{
    g_free(self->within);
    self->within = g_strdup(artists);
}

void hth_media_view_set_empty_child(HthMediaView *self, GtkWidget *child)
{
    adw_status_page_set_child(self->empty, child);
}

HthPageList *hth_media_view_list(HthMediaView *self)
{
    return self->list;
}

GtkAdjustment *hth_media_view_scroll(HthMediaView *self)
{
    GtkWidget *shown = gtk_stack_get_visible_child(self->stack);
    return GTK_IS_SCROLLED_WINDOW(shown)
               ? gtk_scrolled_window_get_vadjustment(GTK_SCROLLED_WINDOW(shown))
               : NULL;
}

/* ---- Object ---- */

static void hth_media_view_init(HthMediaView *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
    hth_sight_follow(GTK_WIDGET(self->stack));
    hth_mend_button_names(GTK_WIDGET(self->again));
    g_signal_connect_swapped(self->grid, "activate", G_CALLBACK(hth_media_view_open), self);
    g_signal_connect_swapped(self->rows, "activate", G_CALLBACK(hth_media_view_open), self);
}

static void hth_media_view_dispose(GObject *object)
{
    HthMediaView *self = HTH_MEDIA_VIEW(object);
    if (self->panel != NULL)
        g_signal_handlers_disconnect_by_data(self->panel->home, self);
    self->panel = NULL;
    if (self->list != NULL)
        g_signal_handlers_disconnect_by_data(self->list, self);
    g_clear_object(&self->list);
    g_clear_pointer(&self->within, g_free);
    G_OBJECT_CLASS(hth_media_view_parent_class)->dispose(object);
}

static void hth_media_view_class_init(HthMediaViewClass *class)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);
    G_OBJECT_CLASS(class)->dispose = hth_media_view_dispose;
    opened_signal = g_signal_new("opened", HTH_TYPE_MEDIA_VIEW, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                 NULL, G_TYPE_NONE, 2, HTH_TYPE_LIBRARY_ITEM, G_TYPE_UINT);
    gtk_widget_class_set_template_from_resource(widget_class, HTH_PANEL_RESOURCES "media-view.ui");
    gtk_widget_class_bind_template_child(widget_class, HthMediaView, stack);
    gtk_widget_class_bind_template_child(widget_class, HthMediaView, grid_scroll);
    gtk_widget_class_bind_template_child(widget_class, HthMediaView, grid);
    gtk_widget_class_bind_template_child(widget_class, HthMediaView, rows);
    gtk_widget_class_bind_template_child(widget_class, HthMediaView, empty);
    gtk_widget_class_bind_template_child(widget_class, HthMediaView, failed);
    gtk_widget_class_bind_template_child(widget_class, HthMediaView, again);
}

GtkWidget *hth_media_view_new(HthPanel *panel)
{
    HthMediaView *self = g_object_new(HTH_TYPE_MEDIA_VIEW, NULL);
    self->panel = panel;
    self->list = hth_page_list_new(hth_home_client(panel->home));
    g_autoptr(GtkListItemFactory) tiles = make_factory(self, FALSE);
    g_autoptr(GtkListItemFactory) rows = make_factory(self, TRUE);
    gtk_grid_view_set_factory(self->grid, tiles);
    gtk_list_view_set_factory(self->rows, rows);
    g_signal_connect_swapped(self->list, "loaded", G_CALLBACK(on_loaded), self);
    g_signal_connect(self->list, "failed", G_CALLBACK(on_failed), self);
    g_signal_connect_swapped(self->again, "clicked", G_CALLBACK(hth_page_list_refresh), self->list);
    g_signal_connect_swapped(panel->home, "library", G_CALLBACK(on_connection), self);
    g_signal_connect_swapped(panel->home, "connection", G_CALLBACK(on_connection), self);
    return GTK_WIDGET(self);
}

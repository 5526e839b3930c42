/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "page/rule-excluded.h"

#include <glib/gi18n.h>
#include <string.h>

#include "api/member.h"
#include "base/json.h"
#include "widget/row-set.h"
#include "widget/sheet.h"
#include "wording.h"

/* Named at most; more are counted. */
#define SHOWN_MAX 20

struct HthRuleExcluded {
    HthPanel *panel;
    AdwPreferencesGroup *group;
    HthRowSet *rows;
    JsonObject *rule; /* NULL: none was shown */
    GCancellable *cancellable;
    void (*changed)(gpointer data);
    gpointer data;
};

/* ---- The rule ---- */

/* Takes @item out of what is left out; NULL: all. */
static void bring_back(JsonObject *rule, const char *item)
{
    JsonArray *before = hth_member_array(rule, "excluded");
    g_autoptr(JsonArray) kept = json_array_new();
    for (guint i = 0; item != NULL && before != NULL && i < json_array_get_length(before); i++) {
        JsonNode *node = json_array_get_element(before, i);
        const char *each =
            json_node_get_value_type(node) == G_TYPE_STRING ? json_node_get_string(node) : NULL;
        if (each != NULL && strcmp(each, item) != 0)
            json_array_add_string_element(kept, each);
    }
    json_object_remove_member(rule, "excluded"); /* there may be none */
    if (json_array_get_length(kept) > 0)
        json_object_set_array_member(rule, "excluded", json_array_ref(kept));
}

static void bring(HthRuleExcluded *self, const char *item)
{
    bring_back(self->rule, item);
    hth_rule_excluded_show(self, self->panel, self->rule);
    self->changed(self->data);
}

static void on_one(GtkButton *button, HthRuleExcluded *self)
{
    g_autofree char *item = g_strdup(g_object_get_data(G_OBJECT(button), "item"));
    bring(self, item);
}

static void on_all(GtkButton *button, HthRuleExcluded *self)
{
    bring(self, NULL);
}

/* ---- Rows ---- */

static void on_found(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GtkWidget) row = data;
    g_autoptr(JsonObject) item = hth_api_client_call_finish(HTH_API_CLIENT(source), result, NULL);
    g_autofree char *artists = hth_member_joined(item, "artists", ", ");
    if (item != NULL)
        hth_row_set_texts(row, hth_member_text(item, "title"), artists != NULL ? artists : "");
}

typedef struct {
    HthRuleExcluded *excluded;
    const char *item;
} RowData;

static GtkWidget *make_row(gpointer data)
{
    const RowData *row_data = data;
    HthRuleExcluded *self = row_data->excluded;
    GtkWidget *row = hth_row_new(row_data->item, "");
    GtkWidget *back = gtk_button_new_with_label(_("Bring Back"));
    gtk_widget_set_valign(back, GTK_ALIGN_CENTER);
    g_object_set_data_full(G_OBJECT(back), "item", g_strdup(row_data->item), g_free);
    g_signal_connect(back, "clicked", G_CALLBACK(on_one), self);
    adw_action_row_add_suffix(ADW_ACTION_ROW(row), back);
    g_autofree char *id = g_uri_escape_string(row_data->item, NULL, FALSE);
    g_autofree char *path = g_strconcat("item/", id, NULL);
    hth_api_client_call(hth_home_client(self->panel->home), "GET", path, NULL, self->cancellable,
                        on_found, g_object_ref(row));
    return row;
}

static GtkWidget *make_more(gpointer data)
{
    return hth_row_new("", NULL);
}

void hth_rule_excluded_show(HthRuleExcluded *self, HthPanel *panel, JsonObject *rule)
{
    self->panel = panel;
    if (self->rule != rule) {
        g_clear_pointer(&self->rule, json_object_unref);
        self->rule = json_object_ref(rule);
    }
    g_auto(GStrv) items = hth_json_get_texts(rule, "excluded");
    JsonArray *all = hth_member_array(rule, "excluded");
    const guint n = all != NULL ? json_array_get_length(all) : 0;
    hth_row_set_begin(self->rows);
    for (guint i = 0; i < SHOWN_MAX && items[i] != NULL; i++) {
        RowData data = { self, items[i] };
        (void)hth_row_set_row(self->rows, items[i], make_row, &data);
    }
    if (n > SHOWN_MAX) {
        g_autofree char *files = hth_wording_files(n - SHOWN_MAX);
        g_autofree char *text = g_strdup_printf(_("and %s more"), files);
        hth_row_set_texts(hth_row_set_row(self->rows, "-", make_more, NULL), text, NULL);
    }
    gtk_widget_set_visible(GTK_WIDGET(self->group), hth_row_set_end(self->rows) > 0);
}

HthRuleExcluded *hth_rule_excluded_new(GtkBox *box, void (*changed)(gpointer data), gpointer data)
{
    HthRuleExcluded *self = g_new0(HthRuleExcluded, 1);
    self->changed = changed;
    self->data = data;
    self->cancellable = g_cancellable_new();
    self->group = hth_sheet_add_group(
        box, _("Left Out"), _("What was deleted on the device does not come again by itself."));
    GtkWidget *all = gtk_button_new_with_label(_("Bring All Back"));
    gtk_widget_set_valign(all, GTK_ALIGN_CENTER);
    g_signal_connect(all, "clicked", G_CALLBACK(on_all), self);
    adw_preferences_group_set_header_suffix(self->group, all);
    self->rows = hth_row_set_new(self->group);
    gtk_widget_set_visible(GTK_WIDGET(self->group), FALSE);
    return self;
}

void hth_rule_excluded_free(HthRuleExcluded *self)
{
    if (self == NULL)
        return;
    g_cancellable_cancel(self->cancellable);
    g_object_unref(self->cancellable);
    hth_row_set_free(self->rows);
    g_clear_pointer(&self->rule, json_object_unref);
    g_free(self);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "page/rule-order.h"

#include <glib/gi18n.h>
#include <string.h>

#include "api/member.h"
#include "base/json.h"
#include "widget/row-set.h"
#include "widget/sheet.h"

enum { N_SOURCES = 10 };

/* In the order that the daemon takes where a rule says none (docs/sync.md). */
static const struct {
    const char *member;
    const char *name;
} source_rows[N_SOURCES] = {
    { "playlists", N_("Playlists") },
    { "albums", N_("Albums") },
    { "artists", N_("Artists") },
    { "genres", N_("Genres") },
    { "favourites", N_("Favourites") },
    { "rating", N_("What is rated well") },
    { "newest", N_("The newest") },
    { "unplayed", N_("Never played") },
    { "least_recent", N_("Not played for longest") },
    { "everything", N_("Everything") },
};

struct HthRuleOrder {
    AdwPreferencesGroup *group;
    HthRowSet *rows;
    JsonObject *rule; /* NULL: none was shown */
    void (*changed)(gpointer data);
    gpointer data;
};

/* ---- The order ---- */

static gboolean is_named(JsonObject *rule, const char *source)
{
    JsonArray *list = hth_member_array(rule, source);
    return list != NULL ? json_array_get_length(list) > 0
                        : hth_member_is(rule, source) || hth_member_number(rule, source) > 0;
}

static gboolean is_source(const char *name)
{
    for (guint i = 0; i < N_SOURCES; i++) {
        if (strcmp(source_rows[i].member, name) == 0)
            return TRUE;
    }
    return FALSE;
}

char **hth_rule_order_of(JsonObject *rule)
{
    g_auto(GStrv) said = hth_json_get_texts(rule, "order");
    g_autoptr(GStrvBuilder) order = g_strv_builder_new();
    for (char **name = said; *name != NULL; name++) {
        if (is_source(*name) && is_named(rule, *name))
            g_strv_builder_add(order, *name);
    }
    for (guint i = 0; i < N_SOURCES; i++) {
        const char *name = source_rows[i].member;
        if (is_named(rule, name) && !g_strv_contains((const char *const *)said, name))
            g_strv_builder_add(order, name);
    }
    return g_strv_builder_end(order);
}

void hth_rule_order_move_up(JsonObject *rule, const char *source)
{
    g_auto(GStrv) order = hth_rule_order_of(rule);
    for (guint i = 1; order[0] != NULL && order[i] != NULL; i++) {
        if (strcmp(order[i], source) != 0)
            continue;
        char *before = order[i - 1];
        order[i - 1] = order[i];
        order[i] = before;
        break;
    }
    json_object_remove_member(rule, "order"); /* there may be none */
    hth_json_set_texts(rule, "order", (const char *const *)order);
}

/* ---- The group ---- */

static void on_up(GtkButton *button, HthRuleOrder *self)
{
    hth_rule_order_move_up(self->rule, g_object_get_data(G_OBJECT(button), "source"));
    hth_rule_order_show(self, self->rule);
    self->changed(self->data);
}

typedef struct {
    HthRuleOrder *order;
    const char *source;
} RowData;

static const char *name_of(const char *source)
{
    for (guint i = 0; i < N_SOURCES; i++) {
        if (strcmp(source_rows[i].member, source) == 0)
            return _(source_rows[i].name);
    }
    return source;
}

static GtkWidget *make_row(gpointer data)
{
    const RowData *row_data = data;
    const char *name = name_of(row_data->source);
    GtkWidget *row = hth_row_new(name, NULL);
    g_autofree char *label = g_strdup_printf(_("Keep “%s” longer"), name);
    GtkWidget *up = hth_icon_button("go-up-symbolic", label);
    gtk_widget_add_css_class(up, "flat");
    g_object_set_data_full(G_OBJECT(up), "source", g_strdup(row_data->source), g_free);
    g_signal_connect(up, "clicked", G_CALLBACK(on_up), row_data->order);
    adw_action_row_add_suffix(ADW_ACTION_ROW(row), up);
    g_object_set_data(G_OBJECT(row), "up", up);
    return row;
}

void hth_rule_order_show(HthRuleOrder *self, JsonObject *rule)
{
    if (self->rule != rule) {
        g_clear_pointer(&self->rule, json_object_unref);
        self->rule = json_object_ref(rule);
    }
    g_auto(GStrv) order = hth_rule_order_of(rule);
    hth_row_set_begin(self->rows);
    for (guint i = 0; order[i] != NULL; i++) {
        RowData data = { self, order[i] };
        GtkWidget *row = hth_row_set_row(self->rows, order[i], make_row, &data);
        gtk_widget_set_sensitive(g_object_get_data(G_OBJECT(row), "up"), i > 0);
    }
    gtk_widget_set_visible(GTK_WIDGET(self->group), hth_row_set_end(self->rows) > 1);
}

HthRuleOrder *hth_rule_order_new(GtkBox *box, void (*changed)(gpointer data), gpointer data)
{
    HthRuleOrder *self = g_new0(HthRuleOrder, 1);
    self->changed = changed;
    self->data = data;
    self->group = hth_sheet_add_group(box, _("When There Is Too Little Room"),
                                      _("What stands first is kept first."));
    self->rows = hth_row_set_new(self->group);
    gtk_widget_set_visible(GTK_WIDGET(self->group), FALSE);
    return self;
}

void hth_rule_order_free(HthRuleOrder *self)
{
    if (self == NULL)
        return;
    hth_row_set_free(self->rows);
    g_clear_pointer(&self->rule, json_object_unref);
    g_free(self);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "page/rule-editor.h"

#include <glib/gi18n.h>
#include <string.h>

#include "api/api-error.h"
#include "api/member.h"
#include "base/json.h"
#include "page/name-picker.h"
#include "page/rule-excluded.h"
#include "page/rule-order.h"
#include "page/rule-preview.h"
#include "widget/row-set.h"
#include "widget/sheet.h"
#include "wording.h"

/* A change is tried at the daemon so long after the last one. */
#define TRY_MS   250
#define GIGABYTE 1e9

enum {
    N_KINDS = 3,
    N_FLAGS = 5,
    N_AWAYS = 5,
    N_COUNTS = 3,
    N_LISTS = 4,
    N_RENDITIONS = 3,
    N_CHOICES = 10
};

/* The members of a rule, one table for each sort of control. */
static const struct {
    const char *member;
    const char *name;
} kind_rows[N_KINDS] = {
    { "music", N_("Music") },
    { "video", N_("Videos") },
    { "photo", N_("Photos") },
};

static const struct {
    const char *member;
    const char *name;
    const char *meaning;
} flag_rows[N_FLAGS] = {
    { "everything", N_("Everything"), N_("All that this home has, as far as there is room") },
    { "favourites", N_("Favourites"), N_("What is marked as a favourite") },
    { "only_on_power", N_("Only while charging"), N_("No data while it runs on battery") },
    { "only_unmetered", N_("Only over free networks"), N_("No data over a network that costs") },
    { "stream", N_("Playlists play from home"), N_("They name what is not on the device, too") },
};

/* What comes away from home, and over a network that costs; the first is the rule without a word.
 */
static const struct {
    const char *word;
    const char *name;
} away_rows[N_AWAYS] = {
    { "", N_("As usual") },
    { "nothing", N_("Nothing") },
    { "metadata", N_("Tags and playlists") },
    { "smaller", N_("Everything, made smaller") },
    { "everything", N_("Everything as at home") },
};

static const struct {
    const char *member;
    const char *name;
} count_rows[N_COUNTS] = {
    { "newest", N_("Newest") },
    { "unplayed", N_("Never played, newest first") },
    { "least_recent", N_("Not played for longest") },
};

static const struct {
    const char *member;
    const char *kind;
    const char *name;
} list_rows[N_LISTS] = {
    { "playlists", "playlist", N_("Playlists") },
    { "artists", "artist", N_("Artists") },
    { "albums", "album", N_("Albums") },
    { "genres", "genre", N_("Genres") },
};

static const struct {
    const char *name;
    const char *choices[N_CHOICES]; /* the first: as it is */
} rendition_rows[N_RENDITIONS] = {
    { N_("Music as"),
      { "original", "opus-96", "opus-128", "opus-160", "aac-128", "aac-192", "aac-256", "mp3-192",
        "mp3-320" } },
    { N_("Videos as"), { "original", "h264-720p" } },
    { N_("Photos as"), { "original", "photo-1080", "photo-2160" } },
};

struct _HthRuleEditor {
    AdwBin parent;
    HthPanel *panel;
    char *path;
    GtkWidget *apply;
    JsonObject *rule; /* as it is here */
    gboolean is_changed;
    gboolean is_showing;
    GCancellable *cancellable; /* of what is being tried */
    guint delay;               /* source */
    GtkCheckButton *kinds[N_KINDS];
    GtkSwitch *flags[N_FLAGS];
    GtkSpinButton *counts[N_COUNTS];
    GtkWidget *lists[N_LISTS]; /* rows */
    AdwComboRow *renditions[N_RENDITIONS];
    AdwComboRow *rating;
    AdwComboRow *away;
    GtkSpinButton *budget;
    HthRuleOrder *order;
    HthRuleExcluded *excluded;
    HthRulePreview *preview;
};

G_DEFINE_FINAL_TYPE(HthRuleEditor, hth_rule_editor, ADW_TYPE_BIN)

/* ---- Trying ---- */

static JsonObject *body_of(HthRuleEditor *self)
{
    JsonObject *body = json_object_new();
    json_object_set_object_member(body, "rule", json_object_ref(self->rule));
    return body;
}

static void on_tried(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonObject) sync = hth_api_client_call_finish(HTH_API_CLIENT(source), result, &error);
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    HthRuleEditor *self = data;
    if (sync != NULL)
        hth_rule_preview_show(self->preview, sync, self->is_changed);
    else
        hth_rule_preview_fail(self->preview, error);
}

static void renew_cancellable(HthRuleEditor *self)
{
    g_cancellable_cancel(self->cancellable);
    g_clear_object(&self->cancellable);
    self->cancellable = g_cancellable_new();
}

static gboolean try_now(gpointer data)
{
    HthRuleEditor *self = data;
    self->delay = 0;
    renew_cancellable(self);
    g_autofree char *path = g_strconcat(self->path, "/rule?items=200", NULL);
    hth_api_client_call(hth_home_client(self->panel->home), "POST", path, body_of(self),
                        self->cancellable, on_tried, self);
    return G_SOURCE_REMOVE;
}

static void changed(HthRuleEditor *self)
{
    hth_rule_order_show(self->order, self->rule);
    self->is_changed = TRUE;
    gtk_widget_set_sensitive(self->apply, TRUE);
    g_clear_handle_id(&self->delay, g_source_remove);
    self->delay = g_timeout_add(TRY_MS, try_now, self);
}

static void on_applied(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(HthRuleEditor) self = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonObject) sync = hth_api_client_call_finish(HTH_API_CLIENT(source), result, &error);
    if (self->panel == NULL || self->panel->window == NULL)
        return;
    if (sync == NULL) {
        gtk_widget_set_sensitive(self->apply, TRUE);
        hth_window_fail(self->panel->window, error);
        return;
    }
    self->is_changed = FALSE;
    hth_rule_preview_show(self->preview, sync, FALSE);
    hth_window_toast(self->panel->window, _("The rule is in force"));
}

static void on_apply(GtkButton *button, HthRuleEditor *self)
{
    gtk_widget_set_sensitive(self->apply, FALSE);
    g_autofree char *path = g_strconcat(self->path, "/rule?items=200", NULL);
    hth_api_client_call(hth_home_client(self->panel->home), "PUT", path, body_of(self), NULL,
                        on_applied, g_object_ref(self));
}

/* ---- From the controls into the rule ---- */

static void read_kinds(HthRuleEditor *self)
{
    JsonArray *array = json_array_new();
    guint n = 0;
    for (guint i = 0; i < N_KINDS; i++) {
        if (gtk_check_button_get_active(self->kinds[i])) {
            json_array_add_string_element(array, kind_rows[i].member);
            n++;
        }
    }
    json_object_set_array_member(self->rule, "kinds", array);
    if (n == 0 || n == N_KINDS) /* none chosen would be a rule for nothing: all are meant */
        json_object_remove_member(self->rule, "kinds");
}

static void read_flags(HthRuleEditor *self)
{
    for (guint i = 0; i < N_FLAGS; i++) {
        if (gtk_switch_get_active(self->flags[i]))
            json_object_set_boolean_member(self->rule, flag_rows[i].member, TRUE);
        else
            json_object_remove_member(self->rule, flag_rows[i].member);
    }
}

static void read_number(HthRuleEditor *self, const char *member, double number)
{
    if (number > 0)
        json_object_set_int_member(self->rule, member, (gint64)number);
    else
        json_object_remove_member(self->rule, member);
}

static void read_renditions(HthRuleEditor *self)
{
    JsonArray *array = json_array_new();
    for (guint i = 0; i < N_RENDITIONS; i++) {
        const guint choice = adw_combo_row_get_selected(self->renditions[i]);
        if (choice > 0 && choice < N_CHOICES && rendition_rows[i].choices[choice] != NULL)
            json_array_add_string_element(array, rendition_rows[i].choices[choice]);
    }
    const gboolean is_empty = json_array_get_length(array) == 0;
    json_object_set_array_member(self->rule, "rendition", array);
    if (is_empty)
        json_object_remove_member(self->rule, "rendition");
}

static void read_away(HthRuleEditor *self)
{
    const guint choice = adw_combo_row_get_selected(self->away);
    if (choice > 0 && choice < N_AWAYS)
        json_object_set_string_member(self->rule, "away", away_rows[choice].word);
    else
        json_object_remove_member(self->rule, "away");
}

static void read_controls(HthRuleEditor *self)
{
    if (self->is_showing || self->rule == NULL)
        return;
    read_kinds(self);
    read_flags(self);
    for (guint i = 0; i < N_COUNTS; i++)
        read_number(self, count_rows[i].member, gtk_spin_button_get_value(self->counts[i]));
    read_number(self, "rating", adw_combo_row_get_selected(self->rating));
    read_away(self);
    read_number(self, "max_bytes", gtk_spin_button_get_value(self->budget) * GIGABYTE);
    read_renditions(self);
    changed(self);
}

/* ---- From the rule into the controls ---- */

static gboolean has_text(JsonObject *rule, const char *member, const char *text)
{
    JsonArray *array = hth_member_array(rule, member);
    for (guint i = 0; array != NULL && i < json_array_get_length(array); i++) {
        JsonNode *node = json_array_get_element(array, i);
        if (json_node_get_value_type(node) == G_TYPE_STRING &&
            g_strcmp0(json_node_get_string(node), text) == 0)
            return TRUE;
    }
    return strcmp(hth_member_text(rule, member), text) == 0;
}

static void show_lists(HthRuleEditor *self)
{
    for (guint i = 0; i < N_LISTS; i++) {
        g_autofree char *names = hth_member_joined(self->rule, list_rows[i].member, ", ");
        adw_action_row_set_subtitle(ADW_ACTION_ROW(self->lists[i]),
                                    names != NULL ? names : _("None"));
    }
}

static void show_renditions(HthRuleEditor *self)
{
    for (guint i = 0; i < N_RENDITIONS; i++) {
        guint chosen = 0;
        for (guint n = 1; n < N_CHOICES && rendition_rows[i].choices[n] != NULL; n++) {
            if (has_text(self->rule, "rendition", rendition_rows[i].choices[n]))
                chosen = n;
        }
        adw_combo_row_set_selected(self->renditions[i], chosen);
    }
}

static void show_rule(HthRuleEditor *self)
{
    self->is_showing = TRUE;
    const gboolean has_kinds = hth_member_length(self->rule, "kinds") > 0;
    for (guint i = 0; i < N_KINDS; i++)
        gtk_check_button_set_active(
            self->kinds[i], !has_kinds || has_text(self->rule, "kinds", kind_rows[i].member));
    for (guint i = 0; i < N_FLAGS; i++)
        gtk_switch_set_active(self->flags[i], hth_member_is(self->rule, flag_rows[i].member));
    for (guint i = 0; i < N_COUNTS; i++)
        gtk_spin_button_set_value(self->counts[i],
                                  hth_member_double(self->rule, count_rows[i].member));
    adw_combo_row_set_selected(self->rating,
                               (guint)CLAMP(hth_member_number(self->rule, "rating"), 0, 5));
    gtk_spin_button_set_value(self->budget, hth_member_double(self->rule, "max_bytes") / GIGABYTE);
    for (guint i = 0; i < N_AWAYS; i++) {
        if (strcmp(hth_member_text(self->rule, "away"), away_rows[i].word) == 0)
            adw_combo_row_set_selected(self->away, i);
    }
    show_lists(self);
    show_renditions(self);
    hth_rule_order_show(self->order, self->rule);
    hth_rule_excluded_show(self->excluded, self->panel, self->rule);
    self->is_showing = FALSE;
}

void hth_rule_editor_show(HthRuleEditor *self, JsonObject *sync)
{
    if (self->is_changed)
        return; /* what is tried here is shown, and not what is in force */
    JsonObject *rule = hth_member_object(sync, "rule");
    hth_rule_preview_show(self->preview, sync, FALSE);
    if (rule == NULL)
        return;
    g_autofree char *before =
        self->rule != NULL ? hth_json_print_object(json_object_ref(self->rule)) : NULL;
    g_autofree char *now = hth_json_print_object(json_object_ref(rule));
    if (g_strcmp0(before, now) == 0)
        return;
    g_clear_pointer(&self->rule, json_object_unref);
    self->rule = json_object_ref(rule);
    show_rule(self);
}

/* ---- Lists of names ---- */

static void on_names(GStrv names, gpointer data)
{
    GtkWidget *row = data;
    HthRuleEditor *self = HTH_RULE_EDITOR(gtk_widget_get_ancestor(row, HTH_TYPE_RULE_EDITOR));
    if (self == NULL || self->rule == NULL)
        return;
    const char *member = g_object_get_data(G_OBJECT(row), "member");
    JsonArray *array = json_array_new();
    for (guint i = 0; names[i] != NULL; i++)
        json_array_add_string_element(array, names[i]);
    json_object_set_array_member(self->rule, member, array);
    if (names[0] == NULL)
        json_object_remove_member(self->rule, member);
    show_lists(self);
    changed(self);
}

static void on_list(AdwActionRow *row, HthRuleEditor *self)
{
    if (self->rule == NULL)
        return;
    const char *member = g_object_get_data(G_OBJECT(row), "member");
    g_auto(GStrv) chosen = hth_json_get_texts(self->rule, member);
    hth_name_picker_open(self->panel, adw_preferences_row_get_title(ADW_PREFERENCES_ROW(row)),
                         g_object_get_data(G_OBJECT(row), "kind"), chosen, on_names, row,
                         G_OBJECT(row));
}

/* ---- Controls ---- */

static GtkSpinButton *add_spin(AdwPreferencesGroup *group, HthRuleEditor *self, const char *name,
                               const char *meaning, double max, guint digits)
{
    GtkWidget *row = hth_row_new(name, meaning);
    GtkWidget *spin = gtk_spin_button_new_with_range(0, max, digits > 0 ? 0.5 : 10);
    gtk_spin_button_set_digits(GTK_SPIN_BUTTON(spin), digits);
    gtk_widget_set_valign(spin, GTK_ALIGN_CENTER);
    g_signal_connect_swapped(spin, "value-changed", G_CALLBACK(read_controls), self);
    adw_action_row_add_suffix(ADW_ACTION_ROW(row), spin);
    adw_action_row_set_activatable_widget(ADW_ACTION_ROW(row), spin);
    adw_preferences_group_add(group, row);
    return GTK_SPIN_BUTTON(spin);
}

static void add_switch(AdwPreferencesGroup *group, HthRuleEditor *self, guint n)
{
    GtkWidget *row = hth_row_new(_(flag_rows[n].name), _(flag_rows[n].meaning));
    self->flags[n] = GTK_SWITCH(gtk_switch_new());
    gtk_widget_set_valign(GTK_WIDGET(self->flags[n]), GTK_ALIGN_CENTER);
    g_signal_connect_swapped(self->flags[n], "notify::active", G_CALLBACK(read_controls), self);
    adw_action_row_add_suffix(ADW_ACTION_ROW(row), GTK_WIDGET(self->flags[n]));
    adw_action_row_set_activatable_widget(ADW_ACTION_ROW(row), GTK_WIDGET(self->flags[n]));
    adw_preferences_group_add(group, row);
}

static AdwComboRow *add_combo(AdwPreferencesGroup *group, HthRuleEditor *self, const char *name,
                              GtkStringList *choices)
{
    GtkWidget *row = adw_combo_row_new();
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), name);
    adw_combo_row_set_model(ADW_COMBO_ROW(row), G_LIST_MODEL(choices));
    g_object_unref(choices);
    g_signal_connect_swapped(row, "notify::selected", G_CALLBACK(read_controls), self);
    adw_preferences_group_add(group, row);
    return ADW_COMBO_ROW(row);
}

static void add_kinds(AdwPreferencesGroup *group, HthRuleEditor *self)
{
    for (guint i = 0; i < N_KINDS; i++) {
        GtkWidget *row = hth_row_new(_(kind_rows[i].name), NULL);
        self->kinds[i] = GTK_CHECK_BUTTON(gtk_check_button_new());
        gtk_widget_set_valign(GTK_WIDGET(self->kinds[i]), GTK_ALIGN_CENTER);
        g_signal_connect_swapped(self->kinds[i], "toggled", G_CALLBACK(read_controls), self);
        adw_action_row_add_prefix(ADW_ACTION_ROW(row), GTK_WIDGET(self->kinds[i]));
        adw_action_row_set_activatable_widget(ADW_ACTION_ROW(row), GTK_WIDGET(self->kinds[i]));
        adw_preferences_group_add(group, row);
    }
}

static void add_lists(AdwPreferencesGroup *group, HthRuleEditor *self)
{
    for (guint i = 0; i < N_LISTS; i++) {
        GtkWidget *row = hth_row_new(_(list_rows[i].name), _("None"));
        g_object_set_data(G_OBJECT(row), "member", (gpointer)list_rows[i].member);
        g_object_set_data(G_OBJECT(row), "kind", (gpointer)list_rows[i].kind);
        hth_row_add_arrow(row);
        g_signal_connect(row, "activated", G_CALLBACK(on_list), self);
        adw_preferences_group_add(group, row);
        self->lists[i] = row;
    }
}

static void add_renditions(AdwPreferencesGroup *group, HthRuleEditor *self)
{
    for (guint i = 0; i < N_RENDITIONS; i++) {
        GtkStringList *choices = gtk_string_list_new((const char *const[]){ _("Original"), NULL });
        for (guint n = 1; n < N_CHOICES && rendition_rows[i].choices[n] != NULL; n++)
            gtk_string_list_append(choices, rendition_rows[i].choices[n]);
        self->renditions[i] = add_combo(group, self, _(rendition_rows[i].name), choices);
    }
}

static void on_part_changed(gpointer data)
{
    changed(data);
}

static void build(HthRuleEditor *self, GtkBox *box)
{
    self->is_showing = TRUE;
    AdwPreferencesGroup *what = hth_sheet_add_group(
        box, _("What It Gets"), _("The sum of these, kept up to date by itself."));
    add_switch(what, self, 0);
    add_lists(what, self);
    add_switch(what, self, 1);
    static const char *const stars[] = { "–", "★", "★★", "★★★", "★★★★", "★★★★★", NULL };
    self->rating = add_combo(what, self, _("Rated at least"), gtk_string_list_new(stars));
    for (guint i = 0; i < N_COUNTS; i++)
        self->counts[i] = add_spin(what, self, _(count_rows[i].name), NULL, 100000, 0);
    AdwPreferencesGroup *kinds = hth_sheet_add_group(box, _("Of These Kinds"), NULL);
    add_kinds(kinds, self);
    AdwPreferencesGroup *limits = hth_sheet_add_group(box, _("Limits"), NULL);
    self->budget =
        add_spin(limits, self, _("Room in gigabytes"), _("0: as much as it has"), 100000, 1);
    add_renditions(limits, self);
    add_switch(limits, self, 2);
    add_switch(limits, self, 3);
    GtkStringList *aways = gtk_string_list_new(NULL);
    for (guint i = 0; i < N_AWAYS; i++)
        gtk_string_list_append(aways, _(away_rows[i].name));
    self->away = add_combo(limits, self, _("Away, and over networks that cost"), aways);
    add_switch(limits, self, 4);
    self->order = hth_rule_order_new(box, on_part_changed, self);
    self->excluded = hth_rule_excluded_new(box, on_part_changed, self);
    self->preview = hth_rule_preview_new(box);
    self->is_showing = FALSE;
}

/* ---- Object ---- */

static void hth_rule_editor_init(HthRuleEditor *self)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 24);
    adw_bin_set_child(ADW_BIN(self), box);
    build(self, GTK_BOX(box));
}

static void hth_rule_editor_dispose(GObject *object)
{
    HthRuleEditor *self = HTH_RULE_EDITOR(object);
    self->is_showing = TRUE; /* what the controls still say is nobody's wish */
    g_cancellable_cancel(self->cancellable);
    g_clear_object(&self->cancellable);
    g_clear_handle_id(&self->delay, g_source_remove);
    g_clear_pointer(&self->preview, hth_rule_preview_free);
    g_clear_pointer(&self->order, hth_rule_order_free);
    g_clear_pointer(&self->excluded, hth_rule_excluded_free);
    g_clear_pointer(&self->rule, json_object_unref);
    g_clear_pointer(&self->path, g_free);
    self->panel = NULL;
    G_OBJECT_CLASS(hth_rule_editor_parent_class)->dispose(object);
}

static void hth_rule_editor_class_init(HthRuleEditorClass *class)
{
    G_OBJECT_CLASS(class)->dispose = hth_rule_editor_dispose;
}

GtkWidget *hth_rule_editor_new(HthPanel *panel, const char *path, GtkWidget *apply)
{
    HthRuleEditor *self = g_object_new(HTH_TYPE_RULE_EDITOR, NULL);
    self->panel = panel;
    self->path = g_strdup(path);
    self->apply = apply;
    gtk_widget_set_sensitive(apply, FALSE);
    g_signal_connect_object(apply, "clicked", G_CALLBACK(on_apply), self, 0);
    return GTK_WIDGET(self);
}

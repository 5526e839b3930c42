/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "page/rule-preview.h"

#include <glib/gi18n.h>
#include <string.h>

#include "api/api-error.h"
#include "api/member.h"
#include "widget/row-set.h"
#include "widget/sheet.h"
#include "wording.h"

/* Files named; the sums are of all. */
#define SHOWN_MAX 30

enum { N_FATES = 6 };

static const struct {
    const char *fate;
    const char *name;
    const char *icon_name;
} fates[N_FATES] = {
    { "there", N_("Stays"), "emblem-ok-symbolic" },
    { "coming", N_("Comes"), "list-add-symbolic" },
    { "changes", N_("Changes"), "view-refresh-symbolic" },
    { "going", N_("Goes"), "list-remove-symbolic" },
    { "no_room", N_("Has no room"), "dialog-warning-symbolic" },
    { "failed", N_("Cannot be given"), "dialog-error-symbolic" },
};

struct HthRulePreview {
    AdwPreferencesGroup *sums;
    HthRowSet *sum_rows;
    GtkLevelBar *level;
    GtkLabel *room;
    AdwPreferencesGroup *files;
    HthRowSet *file_rows;
};

HthRulePreview *hth_rule_preview_new(GtkBox *box)
{
    HthRulePreview *self = g_new0(HthRulePreview, 1);
    self->sums = hth_sheet_add_group(box, _("Preview"), NULL);
    GtkWidget *bar = gtk_box_new(GTK_ORIENTATION_VERTICAL, 6);
    gtk_widget_set_margin_top(bar, 12);
    self->level = GTK_LEVEL_BAR(gtk_level_bar_new());
    gtk_level_bar_remove_offset_value(self->level, GTK_LEVEL_BAR_OFFSET_LOW);
    gtk_level_bar_remove_offset_value(self->level, GTK_LEVEL_BAR_OFFSET_HIGH);
    gtk_widget_add_css_class(GTK_WIDGET(self->level), "room");
    hth_name_widget(GTK_WIDGET(self->level), _("Room that is used"));
    self->room = GTK_LABEL(gtk_label_new(NULL));
    gtk_label_set_xalign(self->room, 0);
    gtk_widget_add_css_class(GTK_WIDGET(self->room), "dim-label");
    gtk_widget_add_css_class(GTK_WIDGET(self->room), "caption");
    gtk_box_append(GTK_BOX(bar), GTK_WIDGET(self->level));
    gtk_box_append(GTK_BOX(bar), GTK_WIDGET(self->room));
    adw_preferences_group_add(self->sums, bar);
    self->sum_rows = hth_row_set_new(self->sums);
    self->files = hth_sheet_add_group(box, NULL, NULL);
    self->file_rows = hth_row_set_new(self->files);
    return self;
}

void hth_rule_preview_free(HthRulePreview *self)
{
    if (self == NULL)
        return;
    hth_row_set_free(self->sum_rows);
    hth_row_set_free(self->file_rows);
    g_free(self);
}

static GtkWidget *make_row(gpointer icon_name)
{
    GtkWidget *row = hth_row_new("", "");
    hth_row_add_icon(row, icon_name);
    GtkWidget *size = gtk_label_new(NULL);
    gtk_widget_add_css_class(size, "numeric");
    gtk_widget_add_css_class(size, "dim-label");
    adw_action_row_add_suffix(ADW_ACTION_ROW(row), size);
    g_object_set_data(G_OBJECT(row), "size", size);
    return row;
}

static void set_size(GtkWidget *row, gint64 bytes)
{
    g_autofree char *size = hth_wording_bytes(bytes);
    gtk_label_set_label(g_object_get_data(G_OBJECT(row), "size"), size);
}

static void show_sums(HthRulePreview *self, JsonObject *sync)
{
    hth_row_set_begin(self->sum_rows);
    for (guint i = 0; i < N_FATES; i++) {
        JsonObject *sums = hth_member_object(sync, fates[i].fate);
        const gint64 files = hth_member_number(sums, "files");
        if (files == 0 && i != 0)
            continue;
        GtkWidget *row =
            hth_row_set_row(self->sum_rows, fates[i].fate, make_row, (gpointer)fates[i].icon_name);
        g_autofree char *count = hth_wording_files(files);
        hth_row_set_texts(row, _(fates[i].name), count);
        set_size(row, hth_member_number(sums, "bytes"));
    }
    g_autofree char *unknown = hth_member_joined(sync, "unknown", ", ");
    if (unknown != NULL)
        hth_row_set_texts(hth_row_set_row(self->sum_rows, "unknown", make_row,
                                          (gpointer) "dialog-question-symbolic"),
                          _("Not in the library now"), unknown);
    (void)hth_row_set_end(self->sum_rows);
}

static void show_room(HthRulePreview *self, JsonObject *sync)
{
    const gint64 wanted = hth_member_number(sync, "there.bytes") +
                          hth_member_number(sync, "coming.bytes") +
                          hth_member_number(sync, "changes.bytes");
    gint64 room = hth_member_number(sync, "max_bytes");
    const gint64 free_bytes = hth_member_number(sync, "free_bytes");
    const gint64 device_room = free_bytes + hth_member_number(sync, "there.bytes");
    if (hth_member_exists(sync, "free_bytes") && (room == 0 || device_room < room))
        room = device_room;
    gtk_widget_set_visible(GTK_WIDGET(self->level), room > 0);
    gtk_level_bar_set_value(self->level, room > 0 ? MIN((double)wanted / (double)room, 1) : 0);
    g_autofree char *used = hth_wording_bytes(wanted);
    g_autofree char *all = hth_wording_bytes(room);
    g_autofree char *text = room > 0 ? g_strdup_printf(_("%s of %s"), used, all)
                                     : g_strdup_printf(_("%s in all"), used);
    gtk_label_set_label(self->room, text);
}

static const char *icon_of(const char *fate)
{
    for (guint i = 0; i < N_FATES; i++) {
        if (strcmp(fates[i].fate, fate) == 0)
            return fates[i].icon_name;
    }
    return "text-x-generic-symbolic";
}

static void show_files(HthRulePreview *self, JsonObject *sync)
{
    guint n = 0;
    hth_row_set_begin(self->file_rows);
    for (guint i = 0; i < hth_member_length(sync, "items") && n < SHOWN_MAX; i++) {
        JsonObject *item = hth_member_at(sync, "items", i);
        const char *fate = hth_member_text(item, "fate");
        if (strcmp(fate, "there") == 0)
            continue; /* what changes is what one looks for */
        g_autofree char *key = g_strconcat(fate, " ", hth_member_text(item, "path"), NULL);
        GtkWidget *row = hth_row_set_row(self->file_rows, key, make_row, (gpointer)icon_of(fate));
        g_autofree char *why = hth_wording_of_daemon(item, "why");
        hth_row_set_texts(row, hth_member_text(item, "path"), why);
        set_size(row, hth_member_number(item, "bytes"));
        n++;
    }
    gtk_widget_set_visible(GTK_WIDGET(self->files), hth_row_set_end(self->file_rows) > 0);
}

void hth_rule_preview_show(HthRulePreview *self, JsonObject *sync, gboolean is_trial)
{
    adw_preferences_group_set_description(
        self->sums, is_trial ? _("What these changes would do once they are applied.") : NULL);
    show_sums(self, sync);
    show_room(self, sync);
    show_files(self, sync);
}

void hth_rule_preview_fail(HthRulePreview *self, const GError *error)
{
    g_autofree char *text = hth_api_error_text(error);
    g_autofree char *escaped = g_markup_escape_text(text, -1);
    adw_preferences_group_set_description(self->sums, escaped);
}

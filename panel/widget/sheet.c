/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "widget/sheet.h"

#include <glib/gi18n.h>

#include "api/api-error.h"
#include "widget/row-set.h"

#define WIDTH  720
#define MARGIN 24

GtkWidget *hth_sheet_new(GtkBox **out_box)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, MARGIN);
    gtk_widget_set_margin_top(box, MARGIN);
    gtk_widget_set_margin_bottom(box, MARGIN);
    gtk_widget_set_margin_start(box, MARGIN / 2);
    gtk_widget_set_margin_end(box, MARGIN / 2);
    GtkWidget *clamp = adw_clamp_new();
    adw_clamp_set_maximum_size(ADW_CLAMP(clamp), WIDTH);
    adw_clamp_set_child(ADW_CLAMP(clamp), box);
    GtkWidget *scroll = gtk_scrolled_window_new();
    gtk_scrolled_window_set_policy(GTK_SCROLLED_WINDOW(scroll), GTK_POLICY_NEVER,
                                   GTK_POLICY_AUTOMATIC);
    gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scroll), clamp);
    *out_box = GTK_BOX(box);
    return scroll;
}

static GtkWidget *add_words(GtkWidget *head, const char *text, const char *class)
{
    GtkWidget *label = gtk_label_new(text);
    gtk_label_set_wrap(GTK_LABEL(label), TRUE);
    gtk_label_set_justify(GTK_LABEL(label), GTK_JUSTIFY_CENTER);
    gtk_widget_add_css_class(label, class);
    gtk_box_append(GTK_BOX(head), label);
    return label;
}

void hth_sheet_add_head(GtkBox *box, const char *icon_name, const char *title,
                        const char *description, GtkLabel **out_title, GtkImage **out_icon)
{
    GtkWidget *head = gtk_box_new(GTK_ORIENTATION_VERTICAL, MARGIN / 2);
    GtkWidget *icon = gtk_image_new_from_icon_name(icon_name);
    gtk_image_set_pixel_size(GTK_IMAGE(icon), 64);
    gtk_widget_add_css_class(icon, "dim-label");
    gtk_box_append(GTK_BOX(head), icon);
    GtkWidget *label = add_words(head, title, "title-1");
    if (description != NULL)
        (void)add_words(head, description, "body");
    gtk_box_append(box, head);
    if (out_title != NULL)
        *out_title = GTK_LABEL(label);
    if (out_icon != NULL)
        *out_icon = GTK_IMAGE(icon);
}

AdwPreferencesGroup *hth_sheet_add_group(GtkBox *box, const char *title, const char *description)
{
    GtkWidget *group = adw_preferences_group_new();
    g_autofree char *escaped = title != NULL ? g_markup_escape_text(title, -1) : NULL;
    if (escaped != NULL)
        adw_preferences_group_set_title(ADW_PREFERENCES_GROUP(group), escaped);
    if (description != NULL)
        adw_preferences_group_set_description(ADW_PREFERENCES_GROUP(group), description);
    gtk_box_append(box, group);
    return ADW_PREFERENCES_GROUP(group);
}

void hth_sheet_add_fact(AdwPreferencesGroup *group, const char *name, const char *value)
{
    if (value == NULL || *value == '\0')
        return;
    GtkWidget *row = hth_row_new(name, value);
    adw_action_row_set_subtitle_lines(ADW_ACTION_ROW(row), 0);
    gtk_widget_add_css_class(row, "property");
    adw_preferences_group_add(group, row);
}

/* ---- Questions ---- */

typedef struct {
    GFunc confirmed;
    gpointer data;
    gpointer more;
} Question;

static void on_response(AdwMessageDialog *dialog, const char *response, gpointer data)
{
    Question *question = data;
    if (g_str_equal(response, "do"))
        question->confirmed(question->data, question->more);
}

void hth_sheet_ask(GtkWindow *parent, const char *heading, const char *body, const char *verb,
                   gboolean is_destructive, GFunc confirmed, gpointer data, gpointer more)
{
    GtkWidget *made = adw_message_dialog_new(parent, heading, body);
    AdwMessageDialog *dialog = ADW_MESSAGE_DIALOG(made);
    adw_message_dialog_add_responses(dialog, "cancel", _("_Cancel"), "do", verb, NULL);
    adw_message_dialog_set_response_appearance(
        dialog, "do", is_destructive ? ADW_RESPONSE_DESTRUCTIVE : ADW_RESPONSE_SUGGESTED);
    adw_message_dialog_set_close_response(dialog, "cancel");
    adw_message_dialog_set_default_response(dialog, is_destructive ? "cancel" : "do");
    Question *question = g_new(Question, 1);
    *question = (Question){ confirmed, data, more };
    g_signal_connect_data(dialog, "response", G_CALLBACK(on_response), question,
                          (GClosureNotify)(void (*)(void))g_free, 0);
    hth_mend_button_names(made);
    gtk_window_present(GTK_WINDOW(dialog));
}

void hth_sheet_close_by_escape(GtkWindow *window)
{
    GtkEventController *keys = gtk_shortcut_controller_new();
    gtk_event_controller_set_propagation_phase(keys, GTK_PHASE_CAPTURE); /* before a search entry */
    gtk_shortcut_controller_add_shortcut(GTK_SHORTCUT_CONTROLLER(keys),
                                         gtk_shortcut_new(gtk_keyval_trigger_new(GDK_KEY_Escape, 0),
                                                          gtk_named_action_new("window.close")));
    gtk_widget_add_controller(GTK_WIDGET(window), keys);
}

void hth_sheet_tell(const char *heading, const GError *error)
{
    GApplication *application = g_application_get_default();
    GtkWindow *parent = gtk_application_get_active_window(GTK_APPLICATION(application));
    g_autofree char *text = hth_api_error_text(error);
    GtkWidget *made = adw_message_dialog_new(parent, heading, text);
    adw_message_dialog_add_response(ADW_MESSAGE_DIALOG(made), "close", _("_Close"));
    adw_message_dialog_set_close_response(ADW_MESSAGE_DIALOG(made), "close");
    hth_mend_button_names(made);
    gtk_window_present(GTK_WINDOW(made));
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "page/doctor-page.h"

#include <glib/gi18n.h>
#include <string.h>

#include "api/api-error.h"
#include "api/member.h"
#include "widget/row-set.h"
#include "widget/sheet.h"
#include "wording.h"

enum { N_RESULTS = 4 };

/* The worst first, as they are shown. */
static const struct {
    const char *result;
    const char *name;
    const char *icon_name;
    const char *class;
} results[N_RESULTS] = {
    { "problem", N_("Problems"), "dialog-error-symbolic", "finding-problem" },
    { "warning", N_("Warnings"), "dialog-warning-symbolic", "finding-warning" },
    { "note", N_("Notes"), "dialog-information-symbolic", "finding-note" },
    { "ok", N_("In Order"), "emblem-ok-symbolic", "finding-ok" },
};

struct _HthDoctorPage {
    AdwBin parent;
    HthPanel *panel;
    GtkLabel *verdict;
    GtkImage *icon;
    GtkSpinner *spinner;
    GtkButton *button;
    AdwPreferencesGroup *groups[N_RESULTS];
    HthRowSet *rows[N_RESULTS];
    GCancellable *cancellable;
    gboolean is_looking;
    gboolean has_looked;
};

G_DEFINE_FINAL_TYPE(HthDoctorPage, hth_doctor_page, ADW_TYPE_BIN)

/* "Interface eth0": GTK 4.8 miscounts the width of rows that open and have long titles. */
#define SUBJECT_LETTERS 80

/* ---- Findings ---- */

/* Without what it hides, a closed row has no long text in it: GTK 4.8 measures that in a width that
 * it then says is too small. */
static void on_expanded(GtkWidget *row)
{
    const gboolean is_open = adw_expander_row_get_expanded(ADW_EXPANDER_ROW(row));
    const GPtrArray *lines = g_object_get_data(G_OBJECT(row), "lines");
    for (guint i = 0; i < lines->len; i++) {
        const char *text = g_object_get_data(G_OBJECT(lines->pdata[i]), "text");
        adw_action_row_set_subtitle(ADW_ACTION_ROW(lines->pdata[i]), is_open ? text : "");
    }
}

static GtkWidget *make_row(gpointer data)
{
    const guint result = GPOINTER_TO_UINT(data);
    GtkWidget *row = adw_expander_row_new();
    adw_preferences_row_set_use_markup(ADW_PREFERENCES_ROW(row), FALSE);
    GtkWidget *icon = gtk_image_new_from_icon_name(results[result].icon_name);
    gtk_widget_add_css_class(icon, results[result].class);
    adw_expander_row_add_prefix(ADW_EXPANDER_ROW(row), icon);
    g_object_set_data_full(G_OBJECT(row), "lines", g_ptr_array_new(),
                           (GDestroyNotify)g_ptr_array_unref);
    g_signal_connect(row, "notify::expanded", G_CALLBACK(on_expanded), NULL);
    return row;
}

/* A line of @row; its text is kept until the row is opened. */
static void add_line(GtkWidget *row, const char *name, const char *text)
{
    if (*text == '\0')
        return;
    GtkWidget *line = hth_row_new(name, "");
    g_object_set_data_full(G_OBJECT(line), "text", hth_row_text(text), g_free);
    adw_expander_row_add_row(ADW_EXPANDER_ROW(row), line);
    g_ptr_array_add(g_object_get_data(G_OBJECT(row), "lines"), line);
}

static void show_finding(HthDoctorPage *self, JsonObject *finding, guint result)
{
    g_autofree char *subject = hth_wording_of_daemon(finding, "subject");
    g_autofree char *text = hth_wording_of_daemon(finding, "finding");
    g_autofree char *cause = hth_wording_of_daemon(finding, "cause");
    g_autofree char *mend = hth_wording_of_daemon(finding, "mend");
    g_autofree char *key = g_strjoin("\n", subject, text, cause, mend, NULL);
    GtkWidget *row = hth_row_set_row(self->rows[result], key, make_row, GUINT_TO_POINTER(result));
    if (g_object_get_data(G_OBJECT(row), "is-filled") != NULL)
        return;
    g_autofree char *title =
        g_utf8_substring(subject, 0, MIN(g_utf8_strlen(subject, -1), SUBJECT_LETTERS));
    g_autofree char *subtitle = hth_row_text(text);
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), title);
    hth_name_widget(row, title);
    adw_expander_row_set_subtitle(ADW_EXPANDER_ROW(row), subtitle);
    add_line(row, _("Why"), cause);
    add_line(row, _("What mends it"), mend);
    adw_expander_row_set_enable_expansion(ADW_EXPANDER_ROW(row), *cause != '\0' || *mend != '\0');
    adw_expander_row_set_expanded(ADW_EXPANDER_ROW(row), result == 0);
    g_object_set_data(G_OBJECT(row), "is-filled", row);
}

static guint result_of(JsonObject *finding)
{
    const char *name = hth_member_text(finding, "result");
    for (guint i = 0; i < N_RESULTS; i++) {
        if (strcmp(results[i].result, name) == 0)
            return i;
    }
    return 2;
}

static void show_verdict(HthDoctorPage *self, guint n_problems, guint n_warnings)
{
    if (n_problems > 0) {
        gtk_image_set_from_icon_name(self->icon, "dialog-error-symbolic");
        g_autofree char *title = g_strdup_printf(
            ngettext("%u Problem Found", "%u Problems Found", n_problems), n_problems);
        gtk_label_set_label(self->verdict, title);
    } else if (n_warnings > 0) {
        gtk_image_set_from_icon_name(self->icon, "dialog-warning-symbolic");
        gtk_label_set_label(self->verdict, _("It Works, with Warnings"));
    } else {
        gtk_image_set_from_icon_name(self->icon, "emblem-ok-symbolic");
        gtk_label_set_label(self->verdict, _("Everything Is in Order"));
    }
}

static void show(HthDoctorPage *self, JsonObject *answer)
{
    for (guint i = 0; i < N_RESULTS; i++)
        hth_row_set_begin(self->rows[i]);
    for (guint i = 0; i < hth_member_length(answer, "findings"); i++) {
        JsonObject *finding = hth_member_at(answer, "findings", i);
        show_finding(self, finding, result_of(finding));
    }
    guint counts[N_RESULTS];
    for (guint i = 0; i < N_RESULTS; i++) {
        counts[i] = hth_row_set_end(self->rows[i]);
        gtk_widget_set_visible(GTK_WIDGET(self->groups[i]), counts[i] > 0);
    }
    show_verdict(self, counts[0], counts[1]);
}

/* ---- Looking ---- */

static void on_answer(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonObject) answer =
        hth_api_client_call_finish(HTH_API_CLIENT(source), result, &error);
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    HthDoctorPage *self = data;
    self->is_looking = FALSE;
    gtk_spinner_stop(self->spinner);
    gtk_widget_set_sensitive(GTK_WIDGET(self->button), TRUE);
    if (answer != NULL) {
        show(self, answer);
        return;
    }
    self->has_looked = FALSE;
    gtk_image_set_from_icon_name(self->icon, "dialog-warning-symbolic");
    gtk_label_set_label(self->verdict, hth_api_error_sentence(error));
}

static void look(HthDoctorPage *self)
{
    if (self->is_looking || !hth_home_is_connected(self->panel->home))
        return;
    self->is_looking = TRUE;
    self->has_looked = TRUE;
    gtk_spinner_start(self->spinner);
    gtk_widget_set_sensitive(GTK_WIDGET(self->button), FALSE);
    gtk_label_set_label(self->verdict, _("Looking…"));
    hth_api_client_call(hth_home_client(self->panel->home), "GET", "doctor", NULL,
                        self->cancellable, on_answer, self);
}

static void look_first(HthDoctorPage *self)
{
    if (!self->has_looked && gtk_widget_get_mapped(GTK_WIDGET(self)))
        look(self);
}

/* ---- Object ---- */

static void build(HthDoctorPage *self)
{
    GtkBox *box = NULL;
    adw_bin_set_child(ADW_BIN(self), hth_sheet_new(&box));
    hth_sheet_add_head(box, "hearth-doctor-symbolic", _("Doctor"), NULL, &self->verdict,
                       &self->icon);
    GtkWidget *controls = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 12);
    gtk_widget_set_halign(controls, GTK_ALIGN_CENTER);
    self->spinner = GTK_SPINNER(gtk_spinner_new());
    self->button = GTK_BUTTON(hth_button_new(_("_Look Again")));
    gtk_widget_add_css_class(GTK_WIDGET(self->button), "pill");
    gtk_box_append(GTK_BOX(controls), GTK_WIDGET(self->button));
    gtk_box_append(GTK_BOX(controls), GTK_WIDGET(self->spinner));
    gtk_box_append(box, controls);
    for (guint i = 0; i < N_RESULTS; i++) {
        self->groups[i] = hth_sheet_add_group(box, _(results[i].name), NULL);
        gtk_widget_set_visible(GTK_WIDGET(self->groups[i]), FALSE);
        self->rows[i] = hth_row_set_new(self->groups[i]);
    }
}

static void hth_doctor_page_init(HthDoctorPage *self)
{
    self->cancellable = g_cancellable_new();
    build(self);
    g_signal_connect_swapped(self->button, "clicked", G_CALLBACK(look), self);
    g_signal_connect(self, "map", G_CALLBACK(look_first), NULL);
}

static void hth_doctor_page_dispose(GObject *object)
{
    HthDoctorPage *self = HTH_DOCTOR_PAGE(object);
    g_cancellable_cancel(self->cancellable);
    g_clear_object(&self->cancellable);
    for (guint i = 0; i < N_RESULTS; i++)
        g_clear_pointer(&self->rows[i], hth_row_set_free);
    G_OBJECT_CLASS(hth_doctor_page_parent_class)->dispose(object);
}

static void hth_doctor_page_class_init(HthDoctorPageClass *class)
{
    G_OBJECT_CLASS(class)->dispose = hth_doctor_page_dispose;
}

GtkWidget *hth_doctor_page_new(HthPanel *panel)
{
    HthDoctorPage *self = g_object_new(HTH_TYPE_DOCTOR_PAGE, NULL);
    self->panel = panel;
    g_signal_connect_object(panel->home, "connection", G_CALLBACK(look_first), self,
                            G_CONNECT_SWAPPED);
    return GTK_WIDGET(self);
}

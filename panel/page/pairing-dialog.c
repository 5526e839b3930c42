/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "page/pairing-dialog.h"

#include <glib/gi18n.h>
#include <string.h>

#include "api/api-error.h"
#include "api/member.h"
#include "page/handheld-page.h"
#include "widget/qr-code.h"
#include "widget/row-set.h"
#include "widget/sight.h"
#include "wording.h"

#define LOOK_MS         1000
#define PIXELS_A_MODULE 6

#define HTH_TYPE_PAIRING_DIALOG (hth_pairing_dialog_get_type())
G_DECLARE_FINAL_TYPE(HthPairingDialog, hth_pairing_dialog, HTH, PAIRING_DIALOG, AdwWindow)

struct _HthPairingDialog {
    AdwWindow parent;
    HthPanel *panel;
    GtkStack *stages;
    GtkPicture *picture;
    GtkLabel *text;
    GtkLabel *left;
    AdwStatusPage *done;
    AdwStatusPage *over;
    GtkButton *copy_button;
    GtkButton *show_button;
    GtkButton *again_button;
    GCancellable *cancellable;
    guint timer; /* source */
    char *path;  /* of the offer; NULL: there is none */
    gint64 expires_unix_s;
    char *device_id;
    char *device_name;
};

G_DEFINE_FINAL_TYPE(HthPairingDialog, hth_pairing_dialog, ADW_TYPE_WINDOW)

static void end(HthPairingDialog *self, const char *stage)
{
    g_clear_handle_id(&self->timer, g_source_remove);
    g_clear_pointer(&self->path, g_free);
    gtk_stack_set_visible_child_name(self->stages, stage);
}

static void show_over(HthPairingDialog *self, const char *sentence)
{
    g_autofree char *escaped = g_markup_escape_text(sentence, -1);
    adw_status_page_set_description(self->over, escaped);
    end(self, "over");
}

static void show_done(HthPairingDialog *self, JsonObject *device)
{
    self->device_id = g_strdup(hth_member_text(device, "id"));
    self->device_name = hth_row_text(hth_member_text(device, "name"));
    g_autofree char *sentence =
        g_strdup_printf(_("“%s” belongs to this home now. It gets nothing until you choose what."),
                        self->device_name);
    g_autofree char *escaped = g_markup_escape_text(sentence, -1);
    adw_status_page_set_description(self->done, escaped);
    end(self, "done");
    gtk_widget_grab_focus(GTK_WIDGET(self->show_button));
    hth_household_refresh(self->panel->household);
}

static void show_left(HthPairingDialog *self)
{
    const gint64 seconds = self->expires_unix_s - g_get_real_time() / G_USEC_PER_SEC;
    g_autofree char *clock = hth_wording_clock(MAX(seconds, 0) * 1000);
    g_autofree char *sentence = g_strdup_printf(_("Good once, for %s more."), clock);
    gtk_label_set_label(self->left, sentence);
}

/* ---- The offer ---- */

static void on_looked(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonObject) offer =
        hth_api_client_call_finish(HTH_API_CLIENT(source), result, &error);
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    HthPairingDialog *self = data;
    const char *state = hth_member_text(offer, "state");
    if (self->path == NULL)
        return;
    if (offer == NULL && !hth_api_error_is_absence(error))
        show_over(self, hth_api_error_sentence(error));
    else if (strcmp(state, "paired") == 0)
        show_done(self, hth_member_object(offer, "device"));
    else if (strcmp(state, "expired") == 0 || strcmp(state, "cancelled") == 0)
        show_over(self, _("The code is no longer good."));
    else if (strcmp(state, "text-ended") == 0)
        gtk_label_set_label(self->text, _("Too many wrong letters were typed. The picture is still "
                                          "good."));
}

static gboolean on_timer(gpointer data)
{
    HthPairingDialog *self = data;
    show_left(self);
    if (self->path != NULL)
        hth_api_client_call(hth_home_client(self->panel->home), "GET", self->path, NULL,
                            self->cancellable, on_looked, self);
    return G_SOURCE_CONTINUE;
}

static void on_offered(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonObject) offer =
        hth_api_client_call_finish(HTH_API_CLIENT(source), result, &error);
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    HthPairingDialog *self = data;
    if (offer == NULL) {
        g_autofree char *text = hth_api_error_text(error);
        show_over(self, text);
        return;
    }
    g_autoptr(GdkTexture) texture =
        hth_qr_code_texture(hth_member_text(offer, "code"), PIXELS_A_MODULE);
    gtk_picture_set_paintable(self->picture, GDK_PAINTABLE(texture));
    g_autofree char *words = hth_row_text(hth_member_text(offer, "text"));
    gtk_label_set_label(self->text, words);
    self->path = g_strconcat("pairing/", hth_member_text(offer, "id"), NULL);
    self->expires_unix_s = hth_member_number(offer, "expires");
    gtk_stack_set_visible_child_name(self->stages, "code");
    gtk_widget_grab_focus(GTK_WIDGET(self->copy_button));
    show_left(self);
    self->timer = g_timeout_add(LOOK_MS, on_timer, self);
}

static void ask(HthPairingDialog *self)
{
    hth_api_client_call(hth_home_client(self->panel->home), "POST", "pairing", NULL,
                        self->cancellable, on_offered, self);
}

static void on_copy(HthPairingDialog *self)
{
    gdk_clipboard_set_text(gtk_widget_get_clipboard(GTK_WIDGET(self)),
                           gtk_label_get_label(self->text));
}

static gboolean on_show_idle(gpointer data)
{
    HthPairingDialog *self = data;
    if (self->panel->window != NULL && self->device_id != NULL)
        hth_handheld_page_open(self->panel, self->device_id, self->device_name);
    gtk_window_destroy(GTK_WINDOW(self));
    return G_SOURCE_REMOVE;
}

/* Once the click is over: what asked for it by AT-SPI still looks at the button. */
static void on_show(HthPairingDialog *self)
{
    gtk_widget_set_visible(GTK_WIDGET(self), FALSE);
    g_idle_add_full(G_PRIORITY_LOW, on_show_idle, g_object_ref(self), g_object_unref);
}

/* ---- Object ---- */

static void hth_pairing_dialog_init(HthPairingDialog *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
    self->cancellable = g_cancellable_new();
    g_signal_connect_swapped(self->copy_button, "clicked", G_CALLBACK(on_copy), self);
    hth_sight_follow(GTK_WIDGET(self->stages));
    hth_mend_button_names(GTK_WIDGET(self));
    g_signal_connect_swapped(self->show_button, "clicked", G_CALLBACK(on_show), self);
    g_signal_connect_swapped(self->again_button, "clicked", G_CALLBACK(ask), self);
}

/* A code that nobody looks at any more is no longer good. */
static void hth_pairing_dialog_dispose(GObject *object)
{
    HthPairingDialog *self = HTH_PAIRING_DIALOG(object);
    g_cancellable_cancel(self->cancellable);
    g_clear_handle_id(&self->timer, g_source_remove);
    if (self->path != NULL)
        hth_api_client_send(hth_home_client(self->panel->home), "DELETE", self->path, NULL);
    g_clear_pointer(&self->path, g_free);
    g_clear_pointer(&self->device_id, g_free);
    g_clear_pointer(&self->device_name, g_free);
    g_clear_object(&self->cancellable);
    G_OBJECT_CLASS(hth_pairing_dialog_parent_class)->dispose(object);
}

static void hth_pairing_dialog_class_init(HthPairingDialogClass *class)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);
    G_OBJECT_CLASS(class)->dispose = hth_pairing_dialog_dispose;
    gtk_widget_class_set_template_from_resource(widget_class,
                                                HTH_PANEL_RESOURCES "pairing-dialog.ui");
    gtk_widget_class_bind_template_child(widget_class, HthPairingDialog, stages);
    gtk_widget_class_bind_template_child(widget_class, HthPairingDialog, picture);
    gtk_widget_class_bind_template_child(widget_class, HthPairingDialog, text);
    gtk_widget_class_bind_template_child(widget_class, HthPairingDialog, left);
    gtk_widget_class_bind_template_child(widget_class, HthPairingDialog, done);
    gtk_widget_class_bind_template_child(widget_class, HthPairingDialog, over);
    gtk_widget_class_bind_template_child(widget_class, HthPairingDialog, copy_button);
    gtk_widget_class_bind_template_child(widget_class, HthPairingDialog, show_button);
    gtk_widget_class_bind_template_child(widget_class, HthPairingDialog, again_button);
    gtk_widget_class_add_binding_action(widget_class, GDK_KEY_Escape, 0, "window.close", NULL);
}

void hth_pairing_dialog_open(HthPanel *panel)
{
    HthPairingDialog *self = g_object_new(HTH_TYPE_PAIRING_DIALOG, NULL);
    self->panel = panel;
    gtk_window_set_transient_for(GTK_WINDOW(self), GTK_WINDOW(panel->window));
    ask(self);
    gtk_window_present(GTK_WINDOW(self));
}

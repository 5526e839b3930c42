/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "application.h"

#include <glib/gi18n.h>
#include <malloc.h>

#include "api/member.h"
#include "base/home-paths.h"
#include "notices.h"
#include "page/device-page.h"
#include "page/handheld-page.h"
#include "play-report.h"
#include "window.h"

struct _HthApplication {
    AdwApplication parent;
    HthPanel panel;
    HthPlayReport *report;
    HthNotices *notices;
    char *socket_path;
    char *state_dir;
    char *page;
    char *search;
    char *size;
    gboolean wants_version;
};

G_DEFINE_FINAL_TYPE(HthApplication, hth_application, ADW_TYPE_APPLICATION)

/* ---- Actions ---- */

static void show_about(GSimpleAction *action, GVariant *parameter, gpointer data)
{
    GtkWindow *window = gtk_application_get_active_window(GTK_APPLICATION(data));
    adw_show_about_window(window, "application-name", "hearth", "application-icon", HTH_PANEL_ID,
                          "version", HTH_VERSION, "license-type", GTK_LICENSE_GPL_3_0, "comments",
                          _("Your music, films and photos, on every screen of the home and in your "
                            "pocket"),
                          /* Translators: your name, shown in the window About */
                          "translator-credits", _("translator-credits"), NULL);
}

static void quit(GSimpleAction *action, GVariant *parameter, gpointer data)
{
    g_application_quit(data);
}

/* The name of a device by its id; the id where it is not known (any more). */
static const char *name_of(JsonObject *list, const char *array, const char *member, const char *id)
{
    for (guint i = 0; i < hth_member_length(list, array); i++) {
        JsonObject *device = hth_member_at(list, array, i);
        if (g_str_equal(hth_member_text(device, "id"), id))
            return hth_member_text(device, member);
    }
    return id;
}

/* Where a notification leads: as notices.h has its targets. */
static void show_target(GSimpleAction *action, GVariant *parameter, gpointer data)
{
    HthApplication *self = HTH_APPLICATION(data);
    HthPanel *panel = &self->panel;
    g_application_activate(G_APPLICATION(self));
    g_auto(GStrv) target = g_strsplit(g_variant_get_string(parameter, NULL), ":", 2);
    if (target[0] == NULL || target[1] == NULL || panel->window == NULL)
        return;
    hth_window_show_pages(panel->window);
    if (g_str_equal(target[0], "page")) {
        hth_window_show_page(panel->window, target[1]);
        return;
    }
    hth_window_show_page(panel->window, "devices");
    if (g_str_equal(target[0], "handheld"))
        hth_handheld_page_open(
            panel, target[1],
            name_of(hth_household_paired(panel->household), "paired", "name", target[1]));
    else
        hth_device_page_open(
            panel, target[1],
            name_of(hth_household_devices(panel->household), "devices", "label", target[1]));
}

static void add_actions(GtkApplication *application)
{
    static const GActionEntry entries[] = {
        { .name = "about", .activate = show_about },
        { .name = "show", .activate = show_target, .parameter_type = "s" },
        { .name = "quit", .activate = quit },
    };
    static const struct {
        const char *action;
        const char *keys[3];
    } keys[] = {
        { "app.quit", { "<Control>q" } },         { "win.search", { "<Control>f" } },
        { "win.settings", { "<Control>comma" } }, { "win.back", { "<Alt>Left", "Escape" } },
        { "win.play", { "<Control>p" } },         { "win.page::home", { "<Alt>1" } },
        { "win.page::library", { "<Alt>2" } },    { "win.page::devices", { "<Alt>3" } },
        { "win.page::doctor", { "<Alt>4" } },     { "win.page::away", { "<Alt>5" } },
        { "window.close", { "<Control>w" } },
    };
    g_action_map_add_action_entries(G_ACTION_MAP(application), entries, G_N_ELEMENTS(entries),
                                    application);
    for (guint i = 0; i < G_N_ELEMENTS(keys); i++)
        gtk_application_set_accels_for_action(application, keys[i].action, keys[i].keys);
}

/* ---- Life ---- */

static void add_style(void)
{
    g_autoptr(GtkCssProvider) provider = gtk_css_provider_new();
    gtk_css_provider_load_from_resource(provider, HTH_PANEL_RESOURCES "style.css");
    gtk_style_context_add_provider_for_display(gdk_display_get_default(),
                                               GTK_STYLE_PROVIDER(provider),
                                               GTK_STYLE_PROVIDER_PRIORITY_APPLICATION);
    gtk_icon_theme_add_resource_path(gtk_icon_theme_get_for_display(gdk_display_get_default()),
                                     HTH_PANEL_RESOURCES "icons");
}

static void startup(GApplication *application)
{
    HthApplication *self = HTH_APPLICATION(application);
    G_APPLICATION_CLASS(hth_application_parent_class)->startup(application);
    add_style();
    add_actions(GTK_APPLICATION(application));
    g_autofree char *socket_path = hth_home_paths_find_socket(self->state_dir, self->socket_path);
    self->panel.home = hth_home_new(socket_path);
    self->panel.daemon_program = g_strdup("hearthd"); /* by PATH */
    self->panel.household = hth_household_new(self->panel.home);
    self->panel.pictures = hth_pictures_new(socket_path);
    self->panel.player = hth_player_new(self->panel.home);
    self->report = hth_play_report_new(self->panel.player, self->panel.home);
    g_autofree char *home = g_compute_checksum_for_string(G_CHECKSUM_SHA256, socket_path, -1);
    g_autofree char *name = g_strdup_printf("panel-notices-%.16s", home);
    g_autofree char *memory = g_build_filename(g_get_user_state_dir(), "hearth", name, NULL);
    self->notices = hth_notices_new(application, &self->panel, memory);
}

static void activate(GApplication *application)
{
    HthApplication *self = HTH_APPLICATION(application);
    if (self->panel.window != NULL) {
        gtk_window_present(GTK_WINDOW(self->panel.window));
        return;
    }
    HthWindow *window = hth_window_new(GTK_APPLICATION(application), &self->panel);
    int width = 0;
    int height = 0;
    if (self->size != NULL && sscanf(self->size, "%dx%d", &width, &height) == 2 && width > 0 &&
        height > 0)
        gtk_window_set_default_size(GTK_WINDOW(window), width, height);
    if (self->page != NULL)
        hth_window_show_page(window, self->page);
    if (self->search != NULL)
        hth_window_search(window, self->search);
    hth_home_start(self->panel.home);
    gtk_window_present(GTK_WINDOW(window));
}

static int handle_local_options(GApplication *application, GVariantDict *options)
{
    const HthApplication *self = HTH_APPLICATION(application);
    /* A second window looks at another home only where one is named. */
    if (self->socket_path != NULL || self->state_dir != NULL)
        g_application_set_flags(application, G_APPLICATION_NON_UNIQUE);
    if (!self->wants_version)
        return -1;
    g_print("hearth-panel " HTH_VERSION "\n");
    return 0;
}

static void add_options(HthApplication *self)
{
    const GOptionEntry entries[] = {
        { "socket", 0, 0, G_OPTION_ARG_FILENAME, &self->socket_path,
          N_("Socket of the hearthd to look at"), N_("PATH") },
        { "state-dir", 0, 0, G_OPTION_ARG_FILENAME, &self->state_dir,
          N_("State directory of the hearthd to look at"), N_("DIR") },
        { "page", 0, 0, G_OPTION_ARG_STRING, &self->page,
          N_("Open at home, library, devices, away or doctor"), N_("NAME") },
        { "search", 0, 0, G_OPTION_ARG_STRING, &self->search,
          N_("Open the library and look for this"), N_("WORDS") },
        { "size", 0, 0, G_OPTION_ARG_STRING, &self->size, N_("Open at this size"),
          N_("WIDTHxHEIGHT") },
        { "version", 0, 0, G_OPTION_ARG_NONE, &self->wants_version, N_("Show the version"), NULL },
        { NULL },
    };
    g_application_add_main_option_entries(G_APPLICATION(self), entries);
}

/* ---- Object ---- */

static void hth_application_init(HthApplication *self)
{
    add_options(self);
}

static void hth_application_finalize(GObject *object)
{
    HthApplication *self = HTH_APPLICATION(object);
    g_clear_pointer(&self->notices, hth_notices_free);
    g_clear_pointer(&self->report, hth_play_report_free);
    g_clear_object(&self->panel.player);
    g_clear_object(&self->panel.pictures);
    g_clear_object(&self->panel.household);
    if (self->panel.home != NULL)
        hth_home_stop(self->panel.home);
    g_clear_object(&self->panel.home);
    g_free(self->panel.daemon_program);
    g_free(self->socket_path);
    g_free(self->state_dir);
    g_free(self->page);
    g_free(self->search);
    g_free(self->size);
    G_OBJECT_CLASS(hth_application_parent_class)->finalize(object);
}

static void hth_application_class_init(HthApplicationClass *class)
{
    G_OBJECT_CLASS(class)->finalize = hth_application_finalize;
    G_APPLICATION_CLASS(class)->startup = startup;
    G_APPLICATION_CLASS(class)->activate = activate;
    G_APPLICATION_CLASS(class)->handle_local_options = handle_local_options;
}

HthApplication *hth_application_new(void)
{
    /* Pictures are made on threads and freed on this one: with a heap for each thread, every heap
     * would keep room for all of them. */
    mallopt(M_ARENA_MAX, 2);
    return g_object_new(HTH_TYPE_APPLICATION, "application-id", HTH_PANEL_ID, NULL);
}

const HthPanel *hth_application_panel(HthApplication *self)
{
    return &self->panel;
}

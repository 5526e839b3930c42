/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hearth-panel: the control panel on the desktop. */
#include <glib/gi18n.h>
#include <locale.h>

#include "base/home-paths.h"
#include "panel.h"
#include "window.h"

typedef struct {
    HthPanel panel;
    char *socket_path;
    char *state_dir;
    char *page;
    char *search;
    char *size;
    gboolean wants_version;
} Program;

static void program_clear(Program *self)
{
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
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Program, program_clear)

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

static void add_actions(GtkApplication *application)
{
    static const GActionEntry entries[] = {
        { .name = "about", .activate = show_about },
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

static void on_startup(GApplication *application, gpointer data)
{
    Program *self = data;
    add_style();
    add_actions(GTK_APPLICATION(application));
    g_autofree char *socket_path = hth_home_paths_find_socket(self->state_dir, self->socket_path);
    self->panel.home = hth_home_new(socket_path);
    self->panel.daemon_program = g_strdup("hearthd"); /* by PATH */
    self->panel.household = hth_household_new(self->panel.home);
    self->panel.pictures = hth_pictures_new(hth_home_client(self->panel.home));
    self->panel.player = hth_player_new(self->panel.home);
}

static void on_activate(GApplication *application, gpointer data)
{
    Program *self = data;
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

static int on_local_options(GApplication *application, GVariantDict *options, gpointer data)
{
    const Program *self = data;
    /* A second window looks at another home only where one is named. */
    if (self->socket_path != NULL || self->state_dir != NULL)
        g_application_set_flags(application, G_APPLICATION_NON_UNIQUE);
    if (!self->wants_version)
        return -1;
    g_print("hearth-panel " HTH_VERSION "\n");
    return 0;
}

static void add_options(GApplication *application, Program *self)
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
    g_application_add_main_option_entries(application, entries);
    g_signal_connect(application, "handle-local-options", G_CALLBACK(on_local_options), self);
    g_signal_connect(application, "startup", G_CALLBACK(on_startup), self);
    g_signal_connect(application, "activate", G_CALLBACK(on_activate), self);
}

int main(int argc, char **argv)
{
    setlocale(LC_ALL, "");
    const char *locale_dir = g_getenv("HEARTH_LOCALE_DIR"); /* for a build that is not installed */
    bindtextdomain(GETTEXT_PACKAGE, locale_dir != NULL ? locale_dir : HTH_LOCALE_DIR);
    bind_textdomain_codeset(GETTEXT_PACKAGE, "UTF-8");
    textdomain(GETTEXT_PACKAGE);
    g_set_application_name("hearth");

    g_auto(Program) self = { 0 };
    g_autoptr(AdwApplication) application =
        adw_application_new(HTH_PANEL_ID, G_APPLICATION_DEFAULT_FLAGS);
    add_options(G_APPLICATION(application), &self);
    return g_application_run(G_APPLICATION(application), argc, argv);
}

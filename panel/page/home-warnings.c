/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "page/home-warnings.h"

#include <glib/gi18n.h>

#include "api/member.h"
#include "window.h"
#include "wording.h"

/* One warning: its words, and the action of the window that mends it; NULL: nothing here can. */
typedef struct {
    const char *button;
    const char *action;
    const char *target; /* of the action; NULL for none */
} Mend;

static GtkWidget *make_row(gpointer data)
{
    const Mend *mend = data;
    GtkWidget *row = hth_row_new("", "");
    GtkWidget *icon = hth_row_add_icon(row, "dialog-warning-symbolic");
    gtk_widget_add_css_class(icon, "finding-warning");
    if (mend->action == NULL)
        return row;
    GtkWidget *button = gtk_button_new_with_label(mend->button);
    gtk_widget_set_valign(button, GTK_ALIGN_CENTER);
    gtk_actionable_set_action_name(GTK_ACTIONABLE(button), mend->action);
    if (mend->target != NULL)
        gtk_actionable_set_action_target(GTK_ACTIONABLE(button), "s", mend->target);
    adw_action_row_add_suffix(ADW_ACTION_ROW(row), button);
    return row;
}

static void add(HthRowSet *rows, const char *key, const char *title, const char *subtitle,
                Mend mend)
{
    GtkWidget *row = hth_row_set_row(rows, key, make_row, &mend);
    hth_row_set_texts(row, title, subtitle);
}

static void add_folders(HthRowSet *rows, JsonObject *status)
{
    const Mend look = { _("Look Again"), "win.scan", NULL };
    const Mend choose = { _("Add a Folder"), "win.settings", NULL };
    const guint n = hth_member_length(status, "roots");
    if (n == 0)
        add(rows, "no-folder", _("No folder is shared"),
            _("Choose where your music, films and photos are."), choose);
    for (guint i = 0; i < n; i++) {
        JsonObject *root = hth_member_at(status, "roots", i);
        const char *path = hth_member_text(root, "path");
        const char *problem = hth_member_text(root, "problem");
        g_autofree char *key = g_strconcat("root ", path, NULL);
        g_autofree char *name = g_filename_display_basename(path);
        g_autofree char *title = g_strdup_printf(_("The folder “%s” is away"), name);
        if (!hth_member_is(root, "is_available"))
            add(rows, key, title, _("What it holds stays known and comes back with it."), look);
        else if (*problem != '\0')
            add(rows, key, path, problem, look);
    }
}

/* What a part is for; one that came later has its name. */
static const char *purpose_of(const char *plugin)
{
    if (g_str_equal(plugin, "dlna"))
        return _("Sharing with televisions");
    if (g_str_equal(plugin, "mdns"))
        return _("Being found by name");
    return plugin;
}

static void add_plugins(HthRowSet *rows, JsonObject *status)
{
    const Mend doctor = { _("Doctor"), "win.page", "doctor" };
    for (guint i = 0; i < hth_member_length(status, "plugins"); i++) {
        JsonObject *plugin = hth_member_at(status, "plugins", i);
        const gboolean is_failed = g_str_equal(hth_member_text(plugin, "state"), "failed");
        const gboolean is_disabled = g_str_equal(hth_member_text(plugin, "state"), "disabled");
        if (is_disabled || (!is_failed && hth_member_is(plugin, "is_working")))
            continue;
        g_autofree char *key = g_strconcat("plugin ", hth_member_text(plugin, "name"), NULL);
        g_autofree char *title =
            g_strdup_printf(_("%s does not work"), purpose_of(hth_member_text(plugin, "name")));
        g_autofree char *sentence = hth_wording_sentence(hth_member_text(plugin, "sentence"));
        add(rows, key, title, sentence, doctor);
    }
}

static void add_waiting(HthRowSet *rows, JsonObject *status)
{
    const Mend devices = { _("Show"), "win.page", "devices" };
    const gint64 n = hth_member_number(status, "devices.waiting");
    if (n <= 0)
        return;
    g_autofree char *title =
        g_strdup_printf(ngettext("%d new device waits for your permission",
                                 "%d new devices wait for your permission", (gulong)n),
                        (int)n);
    add(rows, "waiting", title, "", devices);
}

guint hth_home_warnings_show(HthRowSet *rows, HthPanel *panel)
{
    const Mend none = { NULL, NULL, NULL };
    const Mend settings = { _("Settings"), "win.settings", NULL };
    JsonObject *status = hth_home_status(panel->home);
    hth_row_set_begin(rows);
    add_waiting(rows, status);
    add_folders(rows, status);
    add_plugins(rows, status);
    const char *problem = hth_member_text(status, "scan.problem");
    if (*problem != '\0')
        add(rows, "scan", problem, "", none);
    if (hth_member_is(status, "scan.is_watch_limited"))
        add(rows, "watches", _("Changes in some folders are not noticed at once"),
            _("The system allows too few watches. The page Doctor says how to raise the limit."),
            (Mend){ _("Doctor"), "win.page", "doctor" });
    g_autofree char *warnings = hth_member_joined(status, "warnings", "\n");
    if (warnings != NULL)
        add(rows, "settings", _("Something in the configuration is not right"), warnings, settings);
    return hth_row_set_end(rows);
}

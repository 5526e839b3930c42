/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "options.h"

static const char summary[] =
    "Shares folders of music, films and photos with everything on this network that speaks\n"
    "DLNA/UPnP: televisions, receivers, consoles, phones.";

static const char description[] =
    "Without --media, hearthd shares the folders of the configuration file, else your music,\n"
    "videos and pictures folders.\n"
    "\n"
    "Examples:\n"
    "  hearthd                                   share your own folders\n"
    "  hearthd --media /srv/music --name Kitchen\n"
    "  hearthd --media ~/Films --interface eth0 --port 8300\n"
    "\n"
    "`hearth status` shows what it does, `hearth doctor` why something cannot be seen.\n"
    "More: hearthd(8), hearth(1), hearth.conf(5).";

static gboolean check(const HthOptions *self, int n_left, char **left, GError **error)
{
    if (n_left > 1) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "“%s” is not an option; to share a folder write --media %s", left[1], left[1]);
        return FALSE;
    }
    if (self->port < -1 || self->port > 65535) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "--port takes a number from 0 to 65535 (0 lets the system choose)");
        return FALSE;
    }
    return TRUE;
}

/* A folder is meant as seen from where the command was typed. */
static void make_absolute(char **paths)
{
    for (char **path = paths; path != NULL && *path != NULL; path++) {
        char *full = g_canonicalize_filename(*path, NULL);
        g_free(*path);
        *path = full;
    }
}

gboolean hth_options_parse(HthOptions *out, int *argc, char ***argv, GError **error)
{
    *out = (HthOptions){ .port = -1 };
    const GOptionEntry entries[] = {
        { "media", 'm', 0, G_OPTION_ARG_FILENAME_ARRAY, &out->media,
          "Share this folder (may be given several times)", "DIR" },
        { "name", 'n', 0, G_OPTION_ARG_STRING, &out->name, "Name that televisions show", "NAME" },
        { "port", 'p', 0, G_OPTION_ARG_INT, &out->port, "TCP port (8200; 0: any free one)", "N" },
        { "interface", 'i', 0, G_OPTION_ARG_STRING_ARRAY, &out->interfaces,
          "Use only this network interface (may be given several times)", "IFNAME" },
        { "state-dir", 0, 0, G_OPTION_ARG_FILENAME, &out->state_dir,
          "Keep everything in this folder", "DIR" },
        { "config", 'c', 0, G_OPTION_ARG_FILENAME, &out->config_file, "Configuration file",
          "FILE" },
        { "socket", 0, 0, G_OPTION_ARG_FILENAME, &out->socket_path,
          "Unix socket by which `hearth` reaches this daemon", "PATH" },
        { "log", 0, 0, G_OPTION_ARG_STRING, &out->log_levels,
          "Log levels: error, warning, info, debug; also by topic: info,scanner=debug", "LEVELS" },
        { "verbose", 'v', 0, G_OPTION_ARG_NONE, &out->is_verbose, "The same as --log debug", NULL },
        { "version", 0, 0, G_OPTION_ARG_NONE, &out->wants_version, "Print the version", NULL },
        { NULL },
    };
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_option_context_set_summary(context, summary);
    g_option_context_set_description(context, description);
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, argc, argv, error) || !check(out, *argc, *argv, error)) {
        hth_options_clear(out);
        return FALSE;
    }
    make_absolute(out->media);
    return TRUE;
}

void hth_options_clear(HthOptions *self)
{
    g_strfreev(self->media);
    g_strfreev(self->interfaces);
    g_free(self->state_dir);
    g_free(self->config_file);
    g_free(self->name);
    g_free(self->socket_path);
    g_free(self->log_levels);
    *self = (HthOptions){ .port = -1 };
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hearth-panel: the control panel on the desktop. */
#include <glib/gi18n.h>
#include <locale.h>

#include "application.h"

int main(int argc, char **argv)
{
    setlocale(LC_ALL, "");
    const char *locale_dir = g_getenv("HEARTH_LOCALE_DIR"); /* for a build that is not installed */
    bindtextdomain(GETTEXT_PACKAGE, locale_dir != NULL ? locale_dir : HTH_LOCALE_DIR);
    bind_textdomain_codeset(GETTEXT_PACKAGE, "UTF-8");
    textdomain(GETTEXT_PACKAGE);
    g_set_application_name("hearth");

    g_autoptr(HthApplication) application = hth_application_new();
    return g_application_run(G_APPLICATION(application), argc, argv);
}

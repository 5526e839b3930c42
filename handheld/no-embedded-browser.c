/* SPDX-License-Identifier: GPL-3.0-or-later */
/* In place of embedded-browser.c where avahi-core is not there: avahi-daemon is asked, or nobody.
 */
#include "base/error.h"
#include "browser.h"

HthEmbeddedBrowser *hth_embedded_browser_new(const char *interface, HthServiceFound found,
                                             gpointer data, GError **error)
{
    g_set_error_literal(error, HTH_ERROR, HTH_ERROR_UNAVAILABLE,
                        "avahi-daemon does not run, and this hearth was built without mDNS");
    return NULL;
}

void hth_embedded_browser_free(HthEmbeddedBrowser *self)
{
}

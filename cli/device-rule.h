/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `hearth devices rule NAME …`, and what `hearth devices show NAME` says of a paired device's
 * files.
 */
#pragma once

#include "cli.h"

G_BEGIN_DECLS

/* The whole of `hearth devices rule NAME …`. Returns: an exit code. */
int hth_device_rule(HthCli *cli, int argc, char **argv);

/* What a paired device holds, will get and lose; NULL with @error. */
JsonObject *hth_device_sync(HthCli *cli, const char *name, GError **error);
void hth_device_print_sync(JsonObject *sync);

G_END_DECLS

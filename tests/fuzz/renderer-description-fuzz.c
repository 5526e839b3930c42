/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as the description of a renderer. */
#include <string.h>

#include "base/error.h"
#include "renderer-description.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static void check_name(const char *name)
{
    g_assert_true(name == NULL || (*name != '\0' && strlen(name) <= HTH_RENDERER_NAME_MAX_BYTES &&
                                   g_utf8_validate(name, -1, NULL)));
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HthRendererDescription) description =
        hth_renderer_description_parse((const char *)data, size, &error);
    g_assert((description == NULL) == (error != NULL));
    if (description == NULL)
        return 0;
    g_assert(description->friendly_name != NULL || description->model_name != NULL);
    check_name(description->friendly_name);
    check_name(description->manufacturer);
    check_name(description->model_name);
    return 0;
}

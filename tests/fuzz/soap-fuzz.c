/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as the body of a control request. */
#include "base/error.h"
#include "soap.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HthSoapMessage) message = hth_soap_parse((const char *)data, size, &error);
    g_assert((message == NULL) == (error != NULL));
    if (message == NULL)
        return 0;
    g_assert(message->action != NULL && message->n_arguments <= HTH_SOAP_MAX_ARGUMENTS);
    for (guint i = 0; i < message->n_arguments; i++)
        g_assert(hth_soap_argument(message, message->arguments[i].name) != NULL);
    return 0;
}

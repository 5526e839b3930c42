/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parser of ClientHellos: any bytes, whole and cut. What it takes for a name is one, and an
 * answer once given does not depend on how much of the rest has come. */
#include <string.h>

#include "client-hello.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    char name[HTH_HELLO_NAME_SIZE] = "";
    gsize n_wanted = 0;
    gsize n_bytes = 0;
    HthHelloResult result = HTH_HELLO_NEED_MORE;
    /* As the door does: look again when what was wanted is there. */
    while (result == HTH_HELLO_NEED_MORE && n_bytes <= size) {
        result = hth_client_hello_read(data, n_bytes, name, &n_wanted);
        if (result == HTH_HELLO_NEED_MORE)
            g_assert_true(n_wanted > n_bytes && n_wanted <= HTH_HELLO_MAX_PEEK_BYTES);
        n_bytes = result == HTH_HELLO_NEED_MORE ? n_wanted : n_bytes;
    }
    if (result == HTH_HELLO_NEED_MORE)
        return 0;
    char again[HTH_HELLO_NAME_SIZE] = "";
    g_assert_true(hth_client_hello_read(data, size, again, &n_wanted) == result);
    if (result == HTH_HELLO_NAME) {
        g_assert_cmpstr(name, ==, again);
        g_assert_true(hth_host_name_is_good(name));
    }
    return 0;
}

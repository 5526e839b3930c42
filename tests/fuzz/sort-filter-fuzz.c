/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any text as SortCriteria and as Filter, and through the escaper and back. */
#include "filter.h"
#include "xml-out.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static void check_escaping(const char *text, HthXmlLevel level)
{
    g_auto(HthXmlOut) once = { 0 };
    hth_xml_out_init(&once, 1);
    hth_xml_out_escaped(&once, text, level);
    g_assert(g_utf8_validate(once.data, (gssize)once.length, NULL));
    g_assert(memchr(once.data, '<', once.length) == NULL);
    g_autofree char *plain = hth_xml_unescape(once.data, once.length, level);
    g_auto(HthXmlOut) again = { 0 };
    hth_xml_out_init(&again, 1);
    hth_xml_out_escaped(&again, plain, level);
    g_assert(again.length == once.length &&
             (once.length == 0 || memcmp(again.data, once.data, once.length) == 0));
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    for (guint ignores = 0; ignores < 2; ignores++) {
        HthSort sort;
        g_autoptr(GError) error = NULL;
        const gboolean is_read = hth_sort_parse(text, ignores != 0, &sort, &error);
        g_assert(is_read == (error == NULL) && sort.n_keys <= HTH_SORT_MAX_KEYS);
    }
    (void)hth_filter_parse(text);
    check_escaping(text, HTH_XML_ONCE);
    check_escaping(text, HTH_XML_TWICE);
    return 0;
}

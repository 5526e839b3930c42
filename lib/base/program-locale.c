/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/program-locale.h"

#include <langinfo.h>
#include <locale.h>
#include <string.h>

void hth_locale_init(void)
{
    setlocale(LC_ALL, "");
    /* What glibc calls ASCII. A terminal in Latin-1 or the like is left as it is. */
    if (strcmp(nl_langinfo(CODESET), "ANSI_X3.4-1968") == 0)
        setlocale(LC_CTYPE, "C.UTF-8");
    /* Numbers are read and written by programs: "0.5", never "0,5". */
    setlocale(LC_NUMERIC, "C");
}

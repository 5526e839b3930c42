/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The locale that a program runs in. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Takes over what the environment asks for; where that can write ASCII alone (the C locale, or one
 * that is not installed), letters are UTF-8 nevertheless: titles, and names of files, are.
 *
 * Threads: first thing in main(), before any other thread. */
void hth_locale_init(void);

G_END_DECLS

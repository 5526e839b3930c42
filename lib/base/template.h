/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sentences with parts that differ: "{name}" stands for the value of that name.
 *
 * What says a sentence and what translates it may be two programs: the first sends the template
 * and the values, the second looks the template up and fills it in its own language's order.
 *
 * Threads: any thread, any time.
 */
#pragma once

#include <glib.h>
#include <stdarg.h>

G_BEGIN_DECLS

/* @pairs: name, value, name, value, …, NULL; NULL for none. A name in braces that is not among them
 * stays as it is; braces in a value mean nothing. Returns: a new string; NULL when @template is. */
char *hth_template_fill(const char *template, const char *const *pairs);

/* The pairs that follow in a variable argument list, up to NULL, copied; a value that is NULL is
 * "". Free with g_strfreev(). */
char **hth_template_pairs(va_list arguments);

G_END_DECLS

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/template.h"

#include <string.h>

/* Returns: the value of the @length bytes of @name; NULL: there is none. */
static const char *value_of(const char *const *pairs, const char *name, gsize length)
{
    for (; pairs != NULL && pairs[0] != NULL && pairs[1] != NULL; pairs += 2) {
        if (strlen(pairs[0]) == length && strncmp(pairs[0], name, length) == 0)
            return pairs[1];
    }
    return NULL;
}

char *hth_template_fill(const char *template, const char *const *pairs)
{
    if (template == NULL)
        return NULL;
    GString *text = g_string_new(NULL);
    while (*template != '\0') {
        const char *end = *template == '{' ? strchr(template, '}') : NULL;
        const char *value =
            end != NULL ? value_of(pairs, template + 1, (gsize)(end - template - 1)) : NULL;
        if (value != NULL) {
            g_string_append(text, value);
            template = end + 1;
        } else {
            g_string_append_c(text, *template ++);
        }
    }
    return g_string_free(text, FALSE);
}

char **hth_template_pairs(va_list arguments)
{
    g_autoptr(GStrvBuilder) pairs = g_strv_builder_new();
    const char *name;
    while ((name = va_arg(arguments, const char *)) != NULL) {
        const char *value = va_arg(arguments, const char *);
        g_strv_builder_add(pairs, name);
        g_strv_builder_add(pairs, value != NULL ? value : "");
    }
    return g_strv_builder_end(pairs);
}

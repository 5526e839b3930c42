/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "xml-out.h"

void hth_xml_out_init(HthXmlOut *self, gsize capacity)
{
    *self = (HthXmlOut){ .data = g_malloc(capacity), .capacity = capacity };
}

void hth_xml_out_clear(HthXmlOut *self)
{
    g_clear_pointer(&self->data, g_free);
    self->length = self->capacity = 0;
}

char *hth_xml_out_steal(HthXmlOut *self, gsize *out_length)
{
    hth_xml_out_append(self, "", 1);
    if (out_length != NULL)
        *out_length = self->length - 1;
    self->length = self->capacity = 0;
    return g_steal_pointer(&self->data);
}

void hth_xml_out_grow(HthXmlOut *self, gsize size)
{
    self->capacity = MAX(self->capacity + self->capacity / 2, self->length + size + 256);
    self->data = g_realloc(self->data, self->capacity);
}

void hth_xml_out_number(HthXmlOut *self, guint64 number)
{
    char digits[20];
    guint start = sizeof digits;
    do {
        digits[--start] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    hth_xml_out_append(self, digits + start, sizeof digits - start);
}

typedef struct {
    char character;
    const char *form[3]; /* by level */
} Escape;

static const Escape escapes[] = {
    { '&', { NULL, "&amp;", "&amp;amp;" } },
    { '<', { NULL, "&lt;", "&amp;lt;" } },
    { '>', { NULL, "&gt;", "&amp;gt;" } },
    { '"', { NULL, "&quot;", "&amp;quot;" } },
};

static const Escape *find_escape(char character)
{
    for (guint i = 0; i < G_N_ELEMENTS(escapes); i++) {
        if (escapes[i].character == character)
            return &escapes[i];
    }
    return NULL;
}

/* XML 1.0, section 2.2: Char. Surrogates never come out of the UTF-8 reader. */
static gboolean is_xml_char(gunichar c)
{
    if (c < 0x20)
        return c == '\t' || c == '\n' || c == '\r';
    return c != 0x7f && c != 0xfffe && c != 0xffff;
}

/* Appends what begins at @text and is not ASCII; returns what follows. */
static const char *append_wide(HthXmlOut *self, const char *text)
{
    const gunichar c = g_utf8_get_char_validated(text, -1);
    if (c == (gunichar)-1 || c == (gunichar)-2) {
        hth_xml_out_literal(self, "\357\277\275");
        return text + 1;
    }
    const char *next = g_utf8_next_char(text);
    if (is_xml_char(c))
        hth_xml_out_append(self, text, (gsize)(next - text));
    return next;
}

void hth_xml_out_escaped(HthXmlOut *self, const char *text, HthXmlLevel level)
{
    while (*text != '\0') {
        const Escape *escape = find_escape(*text);
        if (escape != NULL) {
            hth_xml_out_text(self, escape->form[level]);
            text++;
        } else if ((guchar)*text >= 0x80) {
            text = append_wide(self, text);
        } else {
            if (is_xml_char((guchar)*text))
                hth_xml_out_append(self, text, 1);
            text++;
        }
    }
}

static gsize unescape_one(const char *text, gsize length, HthXmlLevel level, char *out)
{
    for (guint i = 0; *text == '&' && i < G_N_ELEMENTS(escapes); i++) {
        const gsize form_length = strlen(escapes[i].form[level]);
        if (length >= form_length && memcmp(text, escapes[i].form[level], form_length) == 0) {
            *out = escapes[i].character;
            return form_length;
        }
    }
    *out = *text;
    return 1;
}

char *hth_xml_unescape(const char *text, gsize length, HthXmlLevel level)
{
    char *plain = g_malloc(length + 1);
    gsize end = 0;
    for (gsize at = 0; at < length;)
        at += unescape_one(text + at, length - at, level, plain + end++);
    plain[end] = '\0';
    return plain;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A growing buffer that XML is appended to, piece by piece and without formats: a page of a hundred
 * objects is a few thousand appends.
 *
 * DIDL-Lite travels as text inside SOAP, so its own markup is escaped once and the text in it
 * twice. Nothing is escaped afterwards: literals are written as "&lt;item&gt;", and text by
 * hth_xml_out_escaped() at the level where it stands.
 *
 * Threads: an object belongs to one thread at a time.
 */
#pragma once

#include <glib.h>
#include <string.h>

G_BEGIN_DECLS

typedef struct {
    char *data;
    gsize length;
    gsize capacity;
} HthXmlOut;

void hth_xml_out_init(HthXmlOut *self, gsize capacity);
void hth_xml_out_clear(HthXmlOut *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HthXmlOut, hth_xml_out_clear)

/* Returns: the text, NUL-terminated and the caller's; @self is empty afterwards. */
char *hth_xml_out_steal(HthXmlOut *self, gsize *out_length);

/* Makes room for @size more bytes. */
void hth_xml_out_grow(HthXmlOut *self, gsize size);

static inline void hth_xml_out_append(HthXmlOut *self, const char *text, gsize length)
{
    if (G_UNLIKELY(self->capacity - self->length < length))
        hth_xml_out_grow(self, length);
    memcpy(self->data + self->length, text, length);
    self->length += length;
}

#define hth_xml_out_literal(self, text) hth_xml_out_append((self), "" text "", sizeof(text) - 1)

static inline void hth_xml_out_text(HthXmlOut *self, const char *text)
{
    hth_xml_out_append(self, text, strlen(text));
}

void hth_xml_out_number(HthXmlOut *self, guint64 number);

/* The escaping that text needs: 1 in an XML document, 2 in a document that is text in another. */
typedef enum { HTH_XML_ONCE = 1, HTH_XML_TWICE = 2 } HthXmlLevel;

/* Appends @text with & < > " escaped @level times, fit for text and for attributes in double
 * quotes. What XML 1.0 (section 2.2) has no form for is left out; what is not UTF-8 becomes U+FFFD.
 */
void hth_xml_out_escaped(HthXmlOut *self, const char *text, HthXmlLevel level);

/* Undoes hth_xml_out_escaped() at @level on @length bytes of its output. Returns: a new string. */
char *hth_xml_unescape(const char *text, gsize length, HthXmlLevel level);

G_END_DECLS

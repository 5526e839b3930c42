/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/text.h"

#include <string.h>

static const char *const leading_articles[] = { "the ", "a ",  "an ", "der ", "die ", "das ",
                                                "les ", "le ", "la ", "el ",  "los ", "las " };

/* Folds plain ASCII, which most tags are; FALSE and nothing useful in @out at the first other byte.
 */
static gboolean fold_ascii(const char *text, char *out)
{
    gboolean is_space_wanted = FALSE;
    char *end = out;
    for (const char *c = text; *c != '\0'; c++) {
        if ((guchar)*c >= 0x80)
            return FALSE;
        if (g_ascii_isspace(*c)) {
            is_space_wanted = end != out;
            continue;
        }
        if (is_space_wanted)
            *end++ = ' ';
        is_space_wanted = FALSE;
        *end++ = g_ascii_tolower(*c);
    }
    *end = '\0';
    return TRUE;
}

/* Letters that no decomposition takes apart, as people without them type them. */
static const char *plain_letter(gunichar c)
{
    switch (c) {
    case 0x00e6:
        return "ae";
    case 0x00f8:
        return "o";
    case 0x0153:
        return "oe";
    case 0x0111:
        return "d";
    case 0x0142:
        return "l";
    case 0x0131:
        return "i";
    case 0x2019:
    case 0x2018:
        return "'";
    default:
        return NULL;
    }
}

static char *fold_unicode(const char *text)
{
    g_autofree char *lower = g_utf8_casefold(text, -1);
    g_autofree char *decomposed = g_utf8_normalize(lower, -1, G_NORMALIZE_ALL);
    if (decomposed == NULL)
        return g_strdup("");

    GString *out = g_string_sized_new(strlen(decomposed));
    gboolean is_space_wanted = FALSE;
    for (const char *c = decomposed; *c != '\0'; c = g_utf8_next_char(c)) {
        const gunichar letter = g_utf8_get_char(c);
        if (g_unichar_ismark(letter))
            continue;
        if (g_unichar_isspace(letter)) {
            is_space_wanted = out->len > 0;
            continue;
        }
        if (is_space_wanted)
            g_string_append_c(out, ' ');
        is_space_wanted = FALSE;
        const char *plain = plain_letter(letter);
        if (plain != NULL)
            g_string_append(out, plain);
        else
            g_string_append_unichar(out, letter);
    }
    return g_string_free(out, FALSE);
}

char *hth_text_fold(const char *text)
{
    g_autofree char *ascii = g_malloc(strlen(text) + 1);
    if (fold_ascii(text, ascii))
        return g_steal_pointer(&ascii);
    return fold_unicode(text);
}

static const char *skip_article(const char *folded)
{
    for (guint i = 0; i < G_N_ELEMENTS(leading_articles); i++) {
        const gsize length = strlen(leading_articles[i]);
        if (strncmp(folded, leading_articles[i], length) == 0 && folded[length] != '\0')
            return folded + length;
    }
    return folded;
}

/* Marks the start of a digit run; above punctuation's 0x02 and below every letter's 0x04. */
#define KEY_PUNCTUATION 0x02
#define KEY_DIGITS      0x03
#define KEY_LETTER      0x04

/* A digit run as its length without leading zeros and its digits: longer numbers sort later. */
static const char *append_digits(GByteArray *to, const char *digits)
{
    while (*digits == '0' && g_ascii_isdigit(digits[1]))
        digits++;
    const char *end = digits;
    while (g_ascii_isdigit(*end) && end - digits < 250)
        end++;
    const guint8 head[2] = { KEY_DIGITS, (guint8)(end - digits) };
    g_byte_array_append(to, head, sizeof head);
    g_byte_array_append(to, (const guint8 *)digits, (guint)(end - digits));
    return end;
}

void hth_text_append_sort_key(GByteArray *to, const char *text)
{
    g_autofree char *folded = hth_text_fold(text);
    const guint start = to->len;
    gboolean was_letter = FALSE;
    for (const char *c = skip_article(folded); *c != '\0' && to->len - start < HTH_TEXT_KEY_MAX;) {
        if (g_ascii_isdigit(*c)) {
            c = append_digits(to, c);
            was_letter = FALSE;
            continue;
        }
        const gboolean is_letter = (guchar)*c >= 0x80 || g_ascii_isalpha(*c);
        const guint8 mark = is_letter ? KEY_LETTER : KEY_PUNCTUATION;
        if (!is_letter || !was_letter)
            g_byte_array_append(to, &mark, 1);
        g_byte_array_append(to, (const guint8 *)c, 1);
        was_letter = is_letter;
        c++;
    }
    if (to->len - start > HTH_TEXT_KEY_MAX)
        g_byte_array_set_size(to, start + HTH_TEXT_KEY_MAX);
}

char *hth_text_clean(const char *text, gsize max_bytes)
{
    if (text == NULL)
        return NULL;
    g_autofree char *valid = g_utf8_make_valid(text, (gssize)strnlen(text, max_bytes * 4 + 4));
    GString *out = g_string_sized_new(MIN(strlen(valid), max_bytes));
    for (const char *c = valid; *c != '\0'; c = g_utf8_next_char(c)) {
        const gunichar letter = g_utf8_get_char(c);
        const gboolean is_space = g_unichar_isspace(letter) || letter == '\n';
        if (g_unichar_iscntrl(letter) && !is_space)
            continue;
        /* XML 1.0 (section 2.2) has no form for these two. */
        if (letter == 0xfffe || letter == 0xffff)
            continue;
        if (out->len + 6 > max_bytes)
            break;
        g_string_append_unichar(out, is_space ? ' ' : letter);
    }
    g_strstrip(out->str);
    if (*out->str == '\0') {
        g_string_free(out, TRUE);
        return NULL;
    }
    return g_string_free(out, FALSE);
}

static const char base32_letters[] = "abcdefghijklmnopqrstuvwxyz234567";

void hth_text_id_encode(guint64 id, char out[HTH_TEXT_ID_LENGTH + 1])
{
    /* 64 bits in 13 groups of 5: the first holds the highest 4. */
    for (int i = HTH_TEXT_ID_LENGTH - 1; i >= 0; i--) {
        out[i] = base32_letters[id & 31];
        id >>= 5;
    }
    out[HTH_TEXT_ID_LENGTH] = '\0';
}

gboolean hth_text_id_decode(const char *text, guint64 *out_id)
{
    guint64 id = 0;
    for (guint i = 0; i < HTH_TEXT_ID_LENGTH; i++) {
        const char *letter = text[i] != '\0' ? strchr(base32_letters, text[i]) : NULL;
        if (letter == NULL)
            return FALSE;
        const guint64 value = (guint64)(letter - base32_letters);
        if (i == 0 && value > 15)
            return FALSE;
        id = id << 5 | value;
    }
    *out_id = id;
    return text[HTH_TEXT_ID_LENGTH] == '\0';
}

guint64 hth_text_digest(const char *text, gssize length)
{
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    g_checksum_update(checksum, (const guchar *)text, length);
    guint8 digest[32];
    gsize size = sizeof digest;
    g_checksum_get_digest(checksum, digest, &size);
    guint64 value;
    memcpy(&value, digest, sizeof value);
    return GUINT64_FROM_BE(value);
}

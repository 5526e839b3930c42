/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/pairing.h"

#include <gio/gio.h>
#include <string.h>

#include "base/base32.h"
#include "base/digest.h"
#include "base/error.h"

#define QR_PREFIX "hearth:"
#define VERSION   "1"
/* Of anything that claims to be a code. */
#define MAX_CODE_BYTES 1024
/* Letters in a group. */
#define GROUP 4
/* Of the text code, without its check. */
#define UNCHECKED (HTH_PAIRING_TEXT_LETTERS - 1)

G_STATIC_ASSERT(UNCHECKED == HTH_PAIRING_TEXT_HOME + HTH_PAIRING_TEXT_SECRET);
G_STATIC_ASSERT(HTH_PAIRING_SECRET_LETTERS == HTH_BASE32_LENGTH(HTH_PAIRING_SECRET_BYTES));
G_STATIC_ASSERT(HTH_PAIRING_TEXT_HOME == HTH_BASE32_LENGTH(10));

/* ---- The parts of a text code ---- */

/* In GF(32): times x, modulo x^5 + x^2 + 1. */
static guint times_x(guint value)
{
    value <<= 1;
    return (value & 32) != 0 ? value ^ 0x25 : value;
}

/* c0 * a + c1 * a^2 + …, by Horner's rule from the end. */
static char check_letter(const char *letters)
{
    guint sum = 0;
    for (int i = UNCHECKED - 1; i >= 0; i--)
        sum = times_x(sum ^ (guint)hth_base32_value(letters[i]));
    return hth_base32_letter(sum);
}

static void home_letters(const HthKeyId *home, char out[HTH_PAIRING_TEXT_HOME + 1])
{
    static const char purpose[] = "hearth home";
    guint8 bytes[sizeof purpose - 1 + HTH_KEY_ID_BYTES];
    HthDigest digest;
    memcpy(bytes, purpose, sizeof purpose - 1);
    memcpy(bytes + sizeof purpose - 1, home->bytes, sizeof home->bytes);
    hth_digest_of(bytes, sizeof bytes, &digest);
    g_autofree char *letters = hth_base32_encode(digest.bytes, 10);
    g_strlcpy(out, letters, HTH_PAIRING_TEXT_HOME + 1);
}

char *hth_pairing_secret_letters(const guint8 *secret)
{
    return hth_base32_encode(secret, HTH_PAIRING_SECRET_BYTES);
}

char *hth_pairing_text_secret_letters(guint64 secret)
{
    char *letters = g_new0(char, HTH_PAIRING_TEXT_SECRET + 1);
    for (guint i = 0; i < HTH_PAIRING_TEXT_SECRET; i++)
        letters[i] = hth_base32_letter(secret >> (5 * (HTH_PAIRING_TEXT_SECRET - 1 - i)) & 31);
    return letters;
}

/* ---- Writing ---- */

char *hth_pairing_format_text(const HthKeyId *home, guint64 secret)
{
    char letters[HTH_PAIRING_TEXT_LETTERS + 1] = "";
    g_autofree char *secret_letters = hth_pairing_text_secret_letters(secret);
    home_letters(home, letters);
    memcpy(letters + HTH_PAIRING_TEXT_HOME, secret_letters, HTH_PAIRING_TEXT_SECRET);
    letters[UNCHECKED] = check_letter(letters);
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < HTH_PAIRING_TEXT_LETTERS; i++) {
        if (i > 0 && i % GROUP == 0)
            g_string_append_c(text, '-');
        g_string_append_c(text, g_ascii_toupper(letters[i]));
    }
    return g_string_free(text, FALSE);
}

char *hth_pairing_format_qr(const HthKeyId *home, const guint8 *secret, guint16 port,
                            const char *const *addresses)
{
    g_autofree char *home_text = hth_key_id_to_text(home);
    g_autofree char *secret_text = hth_pairing_secret_letters(secret);
    g_autoptr(GString) text = g_string_new(NULL);
    g_string_printf(text, QR_PREFIX VERSION ":%s:%s:%u:", home_text, secret_text, port);
    for (guint i = 0; addresses[i] != NULL && i < HTH_PAIRING_MAX_ADDRESSES; i++)
        g_string_append_printf(text, "%s%s", i > 0 ? "/" : "", addresses[i]);
    return g_ascii_strup(text->str, -1);
}

/* ---- Reading ---- */

static gboolean fail(GError **error, const char *sentence)
{
    g_set_error_literal(error, HTH_ERROR, HTH_ERROR_INVALID, sentence);
    return FALSE;
}

static gboolean take_addresses(HthPairingCode *code, const char *text, GError **error)
{
    g_auto(GStrv) addresses = g_strsplit(text, "/", HTH_PAIRING_MAX_ADDRESSES + 1);
    guint n = 0;
    for (; addresses[n] != NULL && *addresses[n] != '\0'; n++) {
        g_autoptr(GInetAddress) address = g_inet_address_new_from_string(addresses[n]);
        if (n == HTH_PAIRING_MAX_ADDRESSES || address == NULL)
            return fail(error, "the code names an address that is none");
        code->addresses[n] = g_inet_address_to_string(address);
    }
    return TRUE;
}

/* @text: behind its prefix. */
static gboolean parse_qr(const char *text, HthPairingCode *code, GError **error)
{
    g_auto(GStrv) parts = g_strsplit(text, ":", 5); /* IPv6 addresses have colons of their own */
    guint8 secret[HTH_PAIRING_SECRET_BYTES];
    guint64 port = 0;
    if (parts[0] == NULL || strcmp(parts[0], VERSION) != 0)
        return fail(error, "the code is of another version of hearth; bring both up to date");
    if (g_strv_length(parts) != 5 || !hth_key_id_from_text(parts[1], &code->home) ||
        !hth_base32_decode(parts[2], secret, sizeof secret) ||
        !g_ascii_string_to_unsigned(parts[3], 10, 1, G_MAXUINT16, &port, NULL))
        return fail(error, "the code is incomplete; copy or scan all of it");
    explicit_bzero(secret, sizeof secret);
    g_strlcpy(code->secret, parts[2], sizeof code->secret);
    code->port = (guint16)port;
    return take_addresses(code, parts[4], error);
}

/* What a person takes for a letter. */
static char likely_letter(char letter)
{
    return letter == '0' ? 'o' : letter == '8' ? 'b' : letter == '1' ? 'i' : letter;
}

/* Returns: how many letters; G_MAXUINT for one that cannot be. */
static guint read_letters(const char *text, char out[HTH_PAIRING_TEXT_LETTERS + 1])
{
    guint n = 0;
    for (; *text != '\0'; text++) {
        const char letter = likely_letter(*text);
        if (strchr("- \t\r\n.", letter) != NULL)
            continue;
        if (hth_base32_value(letter) < 0 || n == HTH_PAIRING_TEXT_LETTERS)
            return G_MAXUINT;
        out[n++] = letter;
    }
    out[n] = '\0';
    return n;
}

static gboolean parse_text(const char *text, HthPairingCode *code, GError **error)
{
    char letters[HTH_PAIRING_TEXT_LETTERS + 1];
    if (read_letters(text, letters) != HTH_PAIRING_TEXT_LETTERS)
        return fail(error, "a code has 24 letters in groups of four, A to Z and 2 to 7");
    if (check_letter(letters) != letters[UNCHECKED])
        return fail(error, "a letter of the code is wrong; compare it with what your home shows");
    code->is_text = TRUE;
    memcpy(code->text_home, letters, HTH_PAIRING_TEXT_HOME);
    memcpy(code->secret, letters + HTH_PAIRING_TEXT_HOME, HTH_PAIRING_TEXT_SECRET);
    explicit_bzero(letters, sizeof letters);
    return TRUE;
}

gboolean hth_pairing_code_parse(const char *text, HthPairingCode *out_code, GError **error)
{
    *out_code = (HthPairingCode){ 0 };
    if (strlen(text) > MAX_CODE_BYTES)
        return fail(error, "this is too long to be a code");
    g_autofree char *lower = g_ascii_strdown(text, -1);
    g_strstrip(lower);
    const gboolean is_parsed = g_str_has_prefix(lower, QR_PREFIX)
                                   ? parse_qr(lower + strlen(QR_PREFIX), out_code, error)
                                   : parse_text(lower, out_code, error);
    explicit_bzero(lower, strlen(lower));
    if (!is_parsed)
        hth_pairing_code_clear(out_code);
    return is_parsed;
}

void hth_pairing_code_clear(HthPairingCode *self)
{
    for (guint i = 0; i < G_N_ELEMENTS(self->addresses); i++)
        g_free(self->addresses[i]);
    explicit_bzero(self, sizeof *self);
}

gboolean hth_pairing_code_is_of(const HthPairingCode *self, const HthKeyId *met)
{
    char letters[HTH_PAIRING_TEXT_HOME + 1];
    if (!self->is_text)
        return hth_key_id_equal(&self->home, met);
    home_letters(met, letters);
    return hth_pairing_letters_equal(letters, self->text_home);
}

gboolean hth_pairing_letters_equal(const char *a, const char *b)
{
    const gsize length = strlen(a);
    if (length != strlen(b))
        return FALSE;
    guint difference = 0;
    for (gsize i = 0; i < length; i++)
        difference |= (guint8)(a[i] ^ b[i]);
    return difference == 0;
}

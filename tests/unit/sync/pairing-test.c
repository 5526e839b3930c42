/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/pairing.h"

#include <string.h>

#include "base/base32.h"
#include "base/error.h"

static HthKeyId some_key(guint seed)
{
    HthKeyId key;
    for (guint i = 0; i < sizeof key.bytes; i++)
        key.bytes[i] = (guint8)(seed * 131 + i * 29 + (i * seed) / 7);
    return key;
}

static const guint8 secret[HTH_PAIRING_SECRET_BYTES] = { 1, 2,  3,  4,  5,  6,  7,  8,
                                                         9, 10, 11, 12, 13, 14, 15, 255 };

static void parse(const char *text, HthPairingCode *out_code)
{
    g_autoptr(GError) error = NULL;
    hth_pairing_code_parse(text, out_code, &error);
    g_assert_no_error(error);
}

static void assert_refused(const char *text)
{
    g_autoptr(GError) error = NULL;
    g_auto(HthPairingCode) code = { 0 };
    g_assert_false(hth_pairing_code_parse(text, &code, &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_INVALID);
}

static void test_a_text_code_is_24_letters_in_fours(void)
{
    const HthKeyId home = some_key(1);
    g_autofree char *text = hth_pairing_format_text(&home, 12345);
    g_assert_cmpuint(strlen(text), ==, 29);
    g_auto(GStrv) groups = g_strsplit(text, "-", -1);
    g_assert_cmpuint(g_strv_length(groups), ==, 6);
    for (guint i = 0; i < 6; i++)
        g_assert_cmpuint(strlen(groups[i]), ==, 4);
}

static void test_a_text_code_comes_back(void)
{
    for (guint i = 0; i < 100; i++) {
        const HthKeyId home = some_key(i);
        const HthKeyId other = some_key(i + 1);
        const guint64 number = (guint64)i * G_GUINT64_CONSTANT(343597383) & 0x7ffffffff;
        g_autofree char *text = hth_pairing_format_text(&home, number);
        g_autofree char *letters = hth_pairing_text_secret_letters(number);
        g_auto(HthPairingCode) code = { 0 };
        parse(text, &code);
        g_assert_true(code.is_text);
        g_assert_cmpstr(code.secret, ==, letters);
        g_assert_true(hth_pairing_code_is_of(&code, &home));
        g_assert_false(hth_pairing_code_is_of(&code, &other));
    }
}

static void test_what_people_do_to_a_code_does_not_matter(void)
{
    const HthKeyId home = some_key(3);
    g_autofree char *text = hth_pairing_format_text(&home, 777);
    g_autofree char *lower = g_ascii_strdown(text, -1);
    g_autofree char *spaced = g_strdelimit(g_strdup(text), "-", ' ');
    g_autofree char *framed = g_strdup_printf("  %s\n", text);
    g_autofree char *joined = g_strdup(text);
    g_auto(GStrv) groups = g_strsplit(text, "-", -1);
    g_free(joined);
    joined = g_strjoinv("", groups);
    for (char *letter = spaced; *letter != '\0'; letter++)
        *letter = *letter == 'O' ? '0' : *letter == 'B' ? '8' : *letter == 'I' ? '1' : *letter;
    const char *const ways[] = { lower, spaced, framed, joined };
    for (guint i = 0; i < G_N_ELEMENTS(ways); i++) {
        g_auto(HthPairingCode) code = { 0 };
        parse(ways[i], &code);
        g_assert_true(hth_pairing_code_is_of(&code, &home));
    }
}

/* Every one of them, at every place. */
static void test_a_wrong_letter_is_found(void)
{
    const HthKeyId home = some_key(4);
    g_autofree char *text = hth_pairing_format_text(&home, 4242);
    for (guint place = 0; place < strlen(text); place++) {
        const char right = text[place];
        for (guint value = 0; right != '-' && value < 32; value++) {
            text[place] = hth_base32_letter(value);
            if (g_ascii_toupper(text[place]) != right)
                assert_refused(text);
        }
        text[place] = right;
    }
}

static void test_letters_that_changed_places_are_found(void)
{
    const HthKeyId home = some_key(5);
    g_autofree char *text = hth_pairing_format_text(&home, 99999999);
    guint n_tried = 0;
    for (guint a = 0; a < strlen(text); a++) {
        for (guint b = a + 1; b < strlen(text); b++) {
            if (text[a] == '-' || text[b] == '-' || text[a] == text[b])
                continue;
            const char held = text[a];
            text[a] = text[b];
            text[b] = held;
            assert_refused(text);
            text[b] = text[a];
            text[a] = held;
            n_tried++;
        }
    }
    g_assert_cmpuint(n_tried, >, 200);
}

static void test_a_qr_code_comes_back(void)
{
    static const char *const addresses[] = { "192.0.2.5", "2001:db8::5", NULL };
    const HthKeyId home = some_key(6);
    const HthKeyId other = some_key(7);
    g_autofree char *text = hth_pairing_format_qr(&home, secret, 8201, addresses);
    g_autofree char *letters = hth_pairing_secret_letters(secret);
    for (guint i = 0; i < 2; i++) {
        g_autofree char *lower = g_ascii_strdown(text, -1);
        g_auto(HthPairingCode) code = { 0 };
        parse(i == 0 ? text : lower, &code);
        g_assert_false(code.is_text);
        g_assert_cmpstr(code.secret, ==, letters);
        g_assert_cmpuint(code.port, ==, 8201);
        g_assert_cmpstr(code.addresses[0], ==, "192.0.2.5");
        g_assert_cmpstr(code.addresses[1], ==, "2001:db8::5");
        g_assert_null(code.addresses[2]);
        g_assert_true(hth_pairing_code_is_of(&code, &home));
        g_assert_false(hth_pairing_code_is_of(&code, &other));
    }
}

/* ISO/IEC 18004, section 7.3.4: 11 bits for two letters, where bytes take 16. */
static void test_a_qr_code_has_only_letters_that_pack_well(void)
{
    static const char *const addresses[] = { "192.0.2.5", "fe80::1", "2001:db8::5", NULL };
    const HthKeyId home = some_key(6);
    g_autofree char *text = hth_pairing_format_qr(&home, secret, 8201, addresses);
    g_assert_cmpuint(strspn(text, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"), ==,
                     strlen(text));
}

static void test_nonsense_is_refused(void)
{
    static const char *const addresses[] = { "192.0.2.5", NULL };
    const HthKeyId home = some_key(8);
    g_autofree char *qr = hth_pairing_format_qr(&home, secret, 8201, addresses);
    static const char *const texts[] = { "",
                                         "HEARTH:",
                                         "HEARTH:1",
                                         "HEARTH:1:a:b:1:",
                                         "HEARTH:9:a:b:1:",
                                         "A",
                                         "AAAA-AAAA-AAAA-AAAA-AAAA-AAA",
                                         "AAAA-AAAA-AAAA-AAAA-AAAA-AAAA-A",
                                         "AAAA-AAAA-AAAA-AAAA-AAAA-AAA!",
                                         "http://192.0.2.1/",
                                         "\xff\xfe" };
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
        assert_refused(texts[i]);
    for (gsize n = 0; n < strlen(qr) - strlen("192.0.2.5"); n++) {
        g_autofree char *cut = g_strndup(qr, n);
        assert_refused(cut);
    }
    g_autofree char *named = g_strdup_printf("%s/localhost", qr);
    assert_refused(named);
    g_autofree char *many = g_strdup_printf("%s/::1/::2/::3/::4/::5/::6/::7/::8", qr);
    assert_refused(many);
    g_autofree char *huge = g_strnfill(100000, 'A');
    assert_refused(huge);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add_func("/pairing/" name, function)
    ADD("a-text-code-is-24-letters-in-fours", test_a_text_code_is_24_letters_in_fours);
    ADD("a-text-code-comes-back", test_a_text_code_comes_back);
    ADD("what-people-do-to-a-code-does-not-matter", test_what_people_do_to_a_code_does_not_matter);
    ADD("a-wrong-letter-is-found", test_a_wrong_letter_is_found);
    ADD("letters-that-changed-places-are-found", test_letters_that_changed_places_are_found);
    ADD("a-qr-code-comes-back", test_a_qr_code_comes_back);
    ADD("a-qr-code-has-only-letters-that-pack-well",
        test_a_qr_code_has_only_letters_that_pack_well);
    ADD("nonsense-is-refused", test_nonsense_is_refused);
    return g_test_run();
}

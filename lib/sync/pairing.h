/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a home shows so that a device can be paired with it, as a picture and as letters.
 *
 * The QR code holds everything, in the letters that QR codes pack best:
 *
 *   HEARTH:1:<home id, 52 letters>:<secret, 26 letters>:<port>:<address>/<address>/…
 *
 * The text code is 24 letters of base32 in groups of four, "ABCD-EFGH-…": 16 of the home, 7 of
 * secret, 1 to check.
 *
 *   home    the first 80 bits of SHA-256("hearth home" and the home id). The device compares them
 *           with the key it meets before it shows who it is. To forge a home somebody has to make
 *           2^80 keys.
 *   secret  35 bits. It can only be guessed by asking the home, which takes three guesses.
 *   check   letters c0 … c22 as elements of GF(32), c23 = the sum of c(i) * a^(i+1), a = x modulo
 *           x^5 + x^2 + 1: a wrong letter, or two that changed places, are found.
 *
 * Threads: any thread, any time.
 */
#pragma once

#include "base/key-id.h"

G_BEGIN_DECLS

#define HTH_PAIRING_SECRET_BYTES   16
#define HTH_PAIRING_SECRET_LETTERS 26
#define HTH_PAIRING_TEXT_HOME      16 /* letters */
#define HTH_PAIRING_TEXT_SECRET    7
#define HTH_PAIRING_TEXT_LETTERS   24
#define HTH_PAIRING_MAX_ADDRESSES  8

typedef struct {
    gboolean is_text;
    HthKeyId home;                               /* of a QR code */
    char text_home[HTH_PAIRING_TEXT_HOME + 1];   /* of a text code, in lower case */
    char secret[HTH_PAIRING_SECRET_LETTERS + 1]; /* letters in lower case; their count says whose */
    guint16 port;                                /* of a QR code */
    char *addresses[HTH_PAIRING_MAX_ADDRESSES + 1]; /* of a QR code; up to a NULL */
} HthPairingCode;

/* @secret: HTH_PAIRING_SECRET_BYTES. @addresses: the first HTH_PAIRING_MAX_ADDRESSES are used.
 * Returns: a new string. */
char *hth_pairing_format_qr(const HthKeyId *home, const guint8 *secret, guint16 port,
                            const char *const *addresses);

/* @secret: the lower 35 bits. Returns: a new string with its hyphens. */
char *hth_pairing_format_text(const HthKeyId *home, guint64 secret);

/* The letters by which a device shows that it has the code. New strings. */
char *hth_pairing_secret_letters(const guint8 *secret);
char *hth_pairing_text_secret_letters(guint64 secret);

/* Reads what a person typed or a camera saw: case, spaces and hyphens do not matter, and 0, 1 and 8
 * are taken for the letters they look like.
 * Errors: HTH_ERROR_INVALID with what is wrong, in a sentence. */
gboolean hth_pairing_code_parse(const char *text, HthPairingCode *out_code, GError **error);
void hth_pairing_code_clear(HthPairingCode *self); /* wipes the secret */
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HthPairingCode, hth_pairing_code_clear)

/* Whether @met is the key of the home that shows this code. */
gboolean hth_pairing_code_is_of(const HthPairingCode *self, const HthKeyId *met);

/* Compares letters in a time that does not depend on them. */
gboolean hth_pairing_letters_equal(const char *a, const char *b);

G_END_DECLS

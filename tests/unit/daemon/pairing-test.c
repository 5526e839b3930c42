/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pairing/pairing.h"

#include <string.h>

#include "base/error.h"
#include "sync/pairing.h"

typedef struct {
    GHashTable *values; /* what is "on disk" */
    HthPairing *pairing;
    HthKeyId home;
    gint64 now_s;
    gboolean is_disk_full;
    guint n_events[HTH_PAIRING_TEXT_ENDED + 1];
} Fixture;

static char *load(gpointer data, const char *key)
{
    const Fixture *fixture = data;
    return g_strdup(g_hash_table_lookup(fixture->values, key));
}

static gboolean store(gpointer data, const char *key, const char *value, GError **error)
{
    Fixture *fixture = data;
    if (fixture->is_disk_full) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOSPC, "the disk is full");
        return FALSE;
    }
    g_hash_table_replace(fixture->values, g_strdup(key), g_strdup(value));
    return TRUE;
}

static gint64 clock_s(gpointer data)
{
    const Fixture *fixture = data;
    return fixture->now_s;
}

static void count_event(HthPairingEvent event, const HthPairedDevice *device, gpointer data)
{
    Fixture *fixture = data;
    fixture->n_events[event]++;
}

static void start(Fixture *fixture)
{
    const HthPairingStore place = { .load = load, .store = store, .data = fixture };
    g_autoptr(GError) error = NULL;
    fixture->pairing = hth_pairing_new(&place, &fixture->home, clock_s, fixture, &error);
    g_assert_no_error(error);
    hth_pairing_add_watch(fixture->pairing, count_event, fixture);
}

static void start_again(Fixture *fixture)
{
    hth_pairing_free(fixture->pairing);
    start(fixture);
}

static HthKeyId key_of(guint number)
{
    HthKeyId key = { { 0 } };
    key.bytes[0] = (guint8)number;
    key.bytes[1] = (guint8)(number >> 8);
    key.bytes[31] = 1;
    return key;
}

static void set_up(Fixture *fixture, gconstpointer data)
{
    fixture->values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    fixture->home = key_of(60000);
    fixture->now_s = 1000;
    start(fixture);
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
    hth_pairing_free(fixture->pairing);
    g_hash_table_unref(fixture->values);
}

static HthOffer *offer(Fixture *fixture, const char *name)
{
    g_autoptr(GError) error = NULL;
    HthOffer *made = hth_pairing_offer(fixture->pairing, name, &error);
    g_assert_no_error(error);
    return made;
}

static void assert_pairs(Fixture *fixture, const HthKeyId *key, const char *letters,
                         const char *expected_name)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HthPairedDevice) device =
        hth_pairing_pair(fixture->pairing, key, letters, "phone", "192.0.2.7", &error);
    g_assert_no_error(error);
    g_assert_cmpstr(device->name, ==, expected_name);
    g_assert_cmpint(device->role, ==, HTH_PAIRED_HANDHELD);
    g_assert_cmpint(device->state, ==, HTH_PAIRED_ACTIVE);
}

static void assert_refused(Fixture *fixture, const HthKeyId *key, const char *letters)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(hth_pairing_pair(fixture->pairing, key, letters, "phone", NULL, &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_REFUSED);
}

static HthOfferState state_of(Fixture *fixture, const HthOffer *made)
{
    g_autoptr(HthOffer) now = hth_pairing_find_offer(fixture->pairing, made->id);
    return now->state;
}

static void test_either_secret_pairs_once(Fixture *fixture, gconstpointer data)
{
    for (guint i = 0; i < 2; i++) {
        const HthKeyId first = key_of(1 + i * 2);
        const HthKeyId second = key_of(2 + i * 2);
        g_autofree char *name = g_strdup_printf("Phone %u", i);
        g_autoptr(HthOffer) made = offer(fixture, name);
        g_autofree char *qr = hth_pairing_secret_letters(made->secret);
        g_autofree char *text = hth_pairing_text_secret_letters(made->text_secret);
        assert_pairs(fixture, &first, i == 0 ? qr : text, name);
        assert_refused(fixture, &second, qr);
        assert_refused(fixture, &second, text);
        assert_refused(fixture, &first, qr);
        g_assert_cmpint(state_of(fixture, made), ==, HTH_OFFER_PAIRED);
    }
    g_assert_cmpuint(fixture->n_events[HTH_PAIRING_PAIRED], ==, 2);
}

static void test_ten_minutes_is_all_the_time(Fixture *fixture, gconstpointer data)
{
    const HthKeyId key = key_of(1);
    g_autoptr(HthOffer) made = offer(fixture, NULL);
    g_autofree char *qr = hth_pairing_secret_letters(made->secret);
    fixture->now_s += HTH_PAIRING_OFFER_S;
    assert_refused(fixture, &key, qr);
    g_assert_cmpint(state_of(fixture, made), ==, HTH_OFFER_EXPIRED);
    g_autoptr(HthOffer) another = offer(fixture, NULL);
    g_autofree char *text = hth_pairing_text_secret_letters(another->text_secret);
    fixture->now_s += HTH_PAIRING_OFFER_S - 1;
    assert_pairs(fixture, &key, text, "phone");
}

static void test_a_cancelled_code_is_no_good(Fixture *fixture, gconstpointer data)
{
    const HthKeyId key = key_of(1);
    g_autoptr(HthOffer) made = offer(fixture, NULL);
    g_autofree char *qr = hth_pairing_secret_letters(made->secret);
    g_assert_true(hth_pairing_cancel_offer(fixture->pairing, made->id));
    g_assert_false(hth_pairing_cancel_offer(fixture->pairing, made->id));
    assert_refused(fixture, &key, qr);
}

static void test_three_wrong_texts_end_the_text_and_not_the_qr(Fixture *fixture, gconstpointer data)
{
    const HthKeyId key = key_of(1);
    g_autoptr(HthOffer) made = offer(fixture, NULL);
    g_autofree char *qr = hth_pairing_secret_letters(made->secret);
    g_autofree char *text = hth_pairing_text_secret_letters(made->text_secret);
    g_autofree char *wrong = hth_pairing_text_secret_letters(made->text_secret ^ 1);
    assert_refused(fixture, &key, wrong);
    assert_refused(fixture, &key, wrong);
    g_assert_cmpint(state_of(fixture, made), ==, HTH_OFFER_OPEN);
    assert_refused(fixture, &key, wrong);
    g_assert_cmpint(state_of(fixture, made), ==, HTH_OFFER_QR_ONLY);
    g_assert_cmpuint(fixture->n_events[HTH_PAIRING_TEXT_ENDED], ==, 1);
    assert_refused(fixture, &key, text);
    assert_pairs(fixture, &key, qr, "phone");
}

static void test_wrong_qr_secrets_end_nothing(Fixture *fixture, gconstpointer data)
{
    const HthKeyId key = key_of(1);
    g_autoptr(HthOffer) made = offer(fixture, NULL);
    g_autofree char *text = hth_pairing_text_secret_letters(made->text_secret);
    g_autofree char *wrong = g_strnfill(HTH_PAIRING_SECRET_LETTERS, 'a');
    for (guint i = 0; i < 50; i++)
        assert_refused(fixture, &key, wrong);
    assert_refused(fixture, &key, "");
    assert_refused(fixture, &key, "much too long to be any secret of ours, and with spaces");
    assert_pairs(fixture, &key, text, "phone");
}

typedef struct {
    Fixture *fixture;
    const char *right;
    guint number;
    gboolean has_paired;
} Guesser;

/* The right letters come among many wrong ones at the same time. */
static gpointer guess(gpointer data)
{
    Guesser *guesser = data;
    const HthKeyId key = key_of(guesser->number);
    g_autofree char *wrong = hth_pairing_text_secret_letters(guesser->number);
    const char *letters = guesser->number % 4 == 0 ? guesser->right : wrong;
    g_autoptr(HthPairedDevice) device =
        hth_pairing_pair(guesser->fixture->pairing, &key, letters, "x", NULL, NULL);
    guesser->has_paired = device != NULL;
    return NULL;
}

static void test_guesses_at_once_count_each(Fixture *fixture, gconstpointer data)
{
    for (guint round = 0; round < 20; round++) {
        g_autoptr(HthOffer) made = offer(fixture, NULL);
        g_autofree char *text = hth_pairing_text_secret_letters(made->text_secret);
        GThread *threads[16];
        Guesser guessers[16];
        guint n_paired = 0;
        for (guint i = 0; i < G_N_ELEMENTS(threads); i++) {
            guessers[i] = (Guesser){ .fixture = fixture, .right = text, .number = i };
            threads[i] = g_thread_new("guess", guess, &guessers[i]);
        }
        for (guint i = 0; i < G_N_ELEMENTS(threads); i++) {
            g_thread_join(threads[i]);
            n_paired += guessers[i].has_paired;
        }
        g_assert_cmpuint(n_paired, <=, 1);
        const HthOfferState state = state_of(fixture, made);
        g_assert_cmpint(state, ==, n_paired == 1 ? HTH_OFFER_PAIRED : HTH_OFFER_QR_ONLY);
        hth_pairing_cancel_offer(fixture->pairing, made->id);
    }
}

static void test_offers_have_a_number(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    for (guint i = 0; i < HTH_PAIRING_MAX_OFFERS; i++)
        hth_offer_free(offer(fixture, NULL));
    g_assert_null(hth_pairing_offer(fixture->pairing, NULL, &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_BUSY);
    fixture->now_s += HTH_PAIRING_OFFER_S;
    for (guint i = 0; i < 200; i++) {
        g_autoptr(HthOffer) made = offer(fixture, NULL);
        hth_pairing_cancel_offer(fixture->pairing, made->id);
    }
}

static void pair_as(Fixture *fixture, guint number, const char *name, const char *expected)
{
    const HthKeyId key = key_of(number);
    g_autoptr(HthOffer) made = offer(fixture, name);
    g_autofree char *qr = hth_pairing_secret_letters(made->secret);
    assert_pairs(fixture, &key, qr, expected);
}

static void test_names_are_told_apart(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    const HthKeyId second = key_of(2);
    pair_as(fixture, 1, "Phone", "Phone");
    pair_as(fixture, 2, "PHONE", "PHONE 2");
    pair_as(fixture, 2, "Phone", "Phone 2"); /* the same device again */
    pair_as(fixture, 3, NULL, "phone 3");
    g_assert_false(hth_pairing_rename(fixture->pairing, &second, "phone", &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_INVALID);
    g_clear_error(&error);
    g_assert_false(hth_pairing_rename(fixture->pairing, &second, " \n", &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_INVALID);
    g_assert_true(hth_pairing_rename(fixture->pairing, &second, "Tablet", NULL));
    g_autoptr(HthPairedDevice) found = hth_pairing_find(fixture->pairing, "tablet");
    g_assert_true(hth_key_id_equal(&found->id, &second));
    g_autofree char *id = hth_key_id_to_text(&second);
    g_autoptr(HthPairedDevice) by_id = hth_pairing_find(fixture->pairing, id);
    g_assert_nonnull(by_id);
}

static void test_all_survives_a_restart(Fixture *fixture, gconstpointer data)
{
    const HthKeyId first = key_of(1);
    const HthKeyId second = key_of(2);
    guint8 discovery[HTH_DISCOVERY_KEY_BYTES];
    memcpy(discovery, hth_pairing_discovery_key(fixture->pairing), sizeof discovery);
    pair_as(fixture, 1, "Küche „eins“", "Küche „eins“");
    pair_as(fixture, 2, "Gone", "Gone");
    g_assert_true(hth_pairing_set_role(fixture->pairing, &first, HTH_PAIRED_OWNER, NULL));
    g_assert_true(hth_pairing_wipe(fixture->pairing, &second, NULL));
    start_again(fixture);
    g_assert_cmpmem(hth_pairing_discovery_key(fixture->pairing), sizeof discovery, discovery,
                    sizeof discovery);
    g_autoptr(HthPairedDevice) one = hth_pairing_find_key(fixture->pairing, &first);
    g_autoptr(HthPairedDevice) two = hth_pairing_find_key(fixture->pairing, &second);
    g_assert_cmpstr(one->name, ==, "Küche „eins“");
    g_assert_cmpint(one->role, ==, HTH_PAIRED_OWNER);
    g_assert_cmpint(two->state, ==, HTH_PAIRED_WIPING);
}

static void test_who_was_revoked_starts_again_as_a_handheld(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    const HthKeyId key = key_of(1);
    pair_as(fixture, 1, "Phone", "Phone");
    g_assert_true(hth_pairing_set_role(fixture->pairing, &key, HTH_PAIRED_OWNER, NULL));
    g_assert_true(hth_pairing_revoke(fixture->pairing, &key, NULL));
    g_assert_cmpuint(fixture->n_events[HTH_PAIRING_REVOKED], ==, 1);
    g_assert_false(hth_pairing_set_role(fixture->pairing, &key, HTH_PAIRED_OWNER, &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_REFUSED);
    pair_as(fixture, 1, "Phone", "Phone");
}

static void test_only_the_revoked_are_forgotten(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    const HthKeyId key = key_of(1);
    pair_as(fixture, 1, "Phone", "Phone");
    g_assert_false(hth_pairing_forget(fixture->pairing, &key, &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_REFUSED);
    g_clear_error(&error);
    g_assert_true(hth_pairing_wipe(fixture->pairing, &key, NULL));
    g_assert_false(hth_pairing_forget(fixture->pairing, &key, &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_REFUSED);
    g_assert_true(hth_pairing_wiped(fixture->pairing, &key, NULL));
    g_assert_true(hth_pairing_forget(fixture->pairing, &key, NULL));
    g_assert_null(hth_pairing_find_key(fixture->pairing, &key));
    start_again(fixture);
    g_assert_null(hth_pairing_find_key(fixture->pairing, &key));
}

static void test_a_full_disk_changes_nothing(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    const HthKeyId first = key_of(1);
    const HthKeyId second = key_of(2);
    pair_as(fixture, 1, "Phone", "Phone");
    g_autoptr(HthOffer) made = offer(fixture, NULL);
    g_autofree char *qr = hth_pairing_secret_letters(made->secret);
    fixture->is_disk_full = TRUE;
    g_assert_null(hth_pairing_pair(fixture->pairing, &second, qr, "x", NULL, &error));
    g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_NOSPC);
    g_assert_null(hth_pairing_find_key(fixture->pairing, &second));
    g_assert_false(hth_pairing_revoke(fixture->pairing, &first, NULL));
    g_autoptr(HthPairedDevice) device = hth_pairing_find_key(fixture->pairing, &first);
    g_assert_cmpint(device->state, ==, HTH_PAIRED_ACTIVE);
    fixture->is_disk_full = FALSE;
    assert_pairs(fixture, &second, qr, "phone 2"); /* the code was not used up */
}

static void test_devices_have_a_number(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    for (guint i = 0; i < HTH_PAIRING_MAX_DEVICES; i++) {
        g_autofree char *name = g_strdup_printf("Device %u", i);
        pair_as(fixture, i, name, name);
    }
    const HthKeyId one_more = key_of(5000);
    g_autoptr(HthOffer) made = offer(fixture, "More");
    g_autofree char *qr = hth_pairing_secret_letters(made->secret);
    g_assert_null(hth_pairing_pair(fixture->pairing, &one_more, qr, "x", NULL, &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_BUSY);
    const HthKeyId revoked = key_of(7);
    g_assert_true(hth_pairing_revoke(fixture->pairing, &revoked, NULL));
    assert_pairs(fixture, &one_more, qr, "More");
    g_assert_null(hth_pairing_find_key(fixture->pairing, &revoked));
}

#define ADD(name, function) g_test_add("/pairing/" name, Fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("either-secret-pairs-once", test_either_secret_pairs_once);
    ADD("ten-minutes-is-all-the-time", test_ten_minutes_is_all_the_time);
    ADD("a-cancelled-code-is-no-good", test_a_cancelled_code_is_no_good);
    ADD("three-wrong-texts-end-the-text-and-not-the-qr",
        test_three_wrong_texts_end_the_text_and_not_the_qr);
    ADD("wrong-qr-secrets-end-nothing", test_wrong_qr_secrets_end_nothing);
    ADD("guesses-at-once-count-each", test_guesses_at_once_count_each);
    ADD("offers-have-a-number", test_offers_have_a_number);
    ADD("names-are-told-apart", test_names_are_told_apart);
    ADD("all-survives-a-restart", test_all_survives_a_restart);
    ADD("who-was-revoked-starts-again-as-a-handheld",
        test_who_was_revoked_starts_again_as_a_handheld);
    ADD("only-the-revoked-are-forgotten", test_only_the_revoked_are_forgotten);
    ADD("a-full-disk-changes-nothing", test_a_full_disk_changes_nothing);
    ADD("devices-have-a-number", test_devices_have_a_number);
    return g_test_run();
}

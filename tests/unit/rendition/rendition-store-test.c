/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is kept of conversions, what goes when there is no room, and what is said of those that
 * fail. */
#include "rendition-fixture.h"

#include <string.h>

#include "base/error.h"

/* ---- The cache ---- */

static void test_the_least_recently_used_goes_first(RenditionFixture *fixture, gconstpointer data)
{
    rendition_start(fixture, NULL, 0);
    g_auto(HthRendition) a = HTH_RENDITION_INIT;
    g_auto(HthRendition) b = HTH_RENDITION_INIT;
    g_auto(HthRendition) again = HTH_RENDITION_INIT;
    rendition_shell(fixture, RENDITION_SOUND "a.flac && cp a.flac b.flac");
    rendition_obtain(fixture, "a.flac", "opus-96", NULL, &a);
    rendition_obtain(fixture, "b.flac", "opus-96", NULL, &b);
    rendition_obtain(fixture, "a.flac", "opus-96", NULL, &again); /* now b is the older one */
    hth_renditions_set_limit(fixture->renditions, (guint64)a.size_bytes);
    g_auto(HthRenditionsStatus) status = { 0 };
    hth_renditions_status(fixture->renditions, &status);
    g_assert_cmpuint(status.n_files, ==, 1);
    g_assert_cmpuint(status.size_bytes, ==, (guint64)a.size_bytes);
    g_assert_cmpuint(status.n_known, ==, 2);
    g_assert_cmpuint(status.n_dropped, ==, 1);
    g_auto(HthRendition) left = HTH_RENDITION_INIT;
    g_auto(HthRendition) gone = HTH_RENDITION_INIT;
    g_assert_true(rendition_request(fixture, "a.flac", "opus-96", NULL, TRUE, &left, NULL));
    g_assert_true(rendition_request(fixture, "b.flac", "opus-96", NULL, TRUE, &gone, NULL));
    g_assert_cmpint(left.state, ==, HTH_RENDITION_READY);
    g_assert_cmpint(gone.state, ==, HTH_RENDITION_KNOWN);
    g_assert_false(gone.is_stale);
    g_autoptr(GBytes) open = rendition_read(b.fd); /* who has it open reads on */
    g_assert_cmpint((gint64)g_bytes_get_size(open), ==, b.size_bytes);
}

static void test_a_restart_keeps_it_and_clears_up(RenditionFixture *fixture, gconstpointer data)
{
    rendition_start(fixture, NULL, 0);
    rendition_shell(fixture, RENDITION_SOUND "a.flac");
    g_auto(HthRendition) before = HTH_RENDITION_INIT;
    rendition_obtain(fixture, "a.flac", "opus-96", NULL, &before);
    g_clear_pointer(&fixture->renditions, hth_renditions_free);
    rendition_shell(fixture, "echo half > ../renditions/new-abcdef; echo lost > ../renditions/999");
    rendition_start(fixture, NULL, 0);
    g_auto(HthRendition) after = HTH_RENDITION_INIT;
    g_assert_true(rendition_request(fixture, "a.flac", "opus-96", NULL, FALSE, &after, NULL));
    g_assert_cmpint(after.state, ==, HTH_RENDITION_READY);
    g_assert_true(hth_digest_equal(&before.hash, &after.hash));
    rendition_shell(fixture, "test $(ls ../renditions | wc -l) = 1");
}

/* ---- What goes wrong ---- */

static void test_what_is_no_media_is_refused_once(RenditionFixture *fixture, gconstpointer data)
{
    rendition_start(fixture, NULL, 0);
    rendition_shell(fixture, "head -c 300000 /dev/urandom > a.flac");
    g_auto(HthRendition) got = HTH_RENDITION_INIT;
    rendition_obtain(fixture, "a.flac", "opus-96", NULL, &got);
    g_assert_cmpint(got.state, ==, HTH_RENDITION_FAILED);
    g_assert_nonnull(got.problem);
    g_auto(HthRenditionsStatus) status = { 0 };
    hth_renditions_status(fixture->renditions, &status);
    g_assert_cmpuint(status.n_failed, ==, 1);
    rendition_shell(fixture, RENDITION_SOUND "a.flac"); /* mended, it is tried again */
    g_auto(HthRendition) mended = HTH_RENDITION_INIT;
    rendition_obtain(fixture, "a.flac", "opus-96", NULL, &mended);
    g_assert_cmpint(mended.state, ==, HTH_RENDITION_READY);
}

static void test_a_profile_of_another_kind_is_refused(RenditionFixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    rendition_start(fixture, NULL, 0);
    rendition_shell(fixture, RENDITION_SOUND "a.flac");
    g_auto(HthRendition) got = HTH_RENDITION_INIT;
    rendition_obtain(fixture, "a.flac", "h264-720p", NULL, &got);
    g_assert_cmpint(got.state, ==, HTH_RENDITION_FAILED);
    g_auto(HthRendition) none = HTH_RENDITION_INIT;
    g_assert_false(rendition_request(fixture, "a.flac", "opus-1", NULL, FALSE, &none, &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_INVALID);
}

/* A converter that offers one profile and then does @act. */
static char *write_program(RenditionFixture *fixture, const char *act)
{
    char *path = g_build_filename(fixture->dir, "program", NULL);
    g_autofree char *text =
        g_strdup_printf("#!/bin/sh\nif [ $1 = profiles ]; then echo 'offer opus-96 fake' >&3;"
                        " echo 'missing mp3-320 LAME is missing: install it' >&3; exit; fi\n%s\n",
                        act);
    g_assert_true(g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_NONE, 0700, NULL));
    return path;
}

static void test_a_stalled_or_dying_converter_costs_its_file(RenditionFixture *fixture,
                                                             gconstpointer data)
{
    static const struct {
        const char *act;
        guint n_killed;
    } cases[] = {
        { "exec sleep 60", 2 },
        { "kill -9 $$", 0 },
        { "echo rubbish >&3; exec sleep 60", 0 },
        { "echo done 5 5 5 5 >&3", 0 },
    };
    rendition_shell(fixture, RENDITION_SOUND "a.flac");
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *program = write_program(fixture, cases[i].act);
        rendition_start(fixture, program, 400);
        g_auto(HthRendition) got = HTH_RENDITION_INIT;
        g_autofree char *item = g_strdup_printf("%u.flac", i);
        g_autofree char *copy = g_strdup_printf("cp a.flac %s", item);
        rendition_shell(fixture, copy);
        rendition_obtain(fixture, item, "opus-96", NULL, &got);
        g_assert_cmpint(got.state, ==, HTH_RENDITION_FAILED);
        g_auto(HthRenditionsStatus) status = { 0 };
        hth_renditions_status(fixture->renditions, &status);
        g_assert_cmpuint(status.n_killed, ==, cases[i].n_killed);
        g_assert_cmpuint(status.n_failed, ==, 2); /* it gets a second chance, and no third */
        g_clear_pointer(&fixture->renditions, hth_renditions_free);
        rendition_shell(fixture, "test -z \"$(ls ../renditions)\"");
    }
}

static void test_a_missing_encoder_is_named(RenditionFixture *fixture, gconstpointer data)
{
    g_autofree char *program = write_program(fixture, "exit 1");
    g_autoptr(GError) error = NULL;
    rendition_start(fixture, program, 0);
    rendition_shell(fixture, RENDITION_SOUND "a.flac");
    GPtrArray *offers = NULL;
    while ((offers = hth_renditions_offers(fixture->renditions)) == NULL)
        g_usleep(5000);
    guint n_offered = 0;
    for (guint i = 0; i < offers->len; i++)
        n_offered += ((HthRenditionOffer *)offers->pdata[i])->is_offered;
    g_assert_cmpuint(n_offered, ==, 1);
    g_ptr_array_unref(offers);
    g_auto(HthRendition) got = HTH_RENDITION_INIT;
    g_assert_false(rendition_request(fixture, "a.flac", "mp3-320", NULL, FALSE, &got, &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_UNSUPPORTED);
    g_assert_nonnull(strstr(error->message, "LAME is missing: install it"));
}

static void test_an_older_encoders_file_stays(RenditionFixture *fixture, gconstpointer data)
{
    rendition_shell(fixture, RENDITION_SOUND "a.flac");
    rendition_start(fixture, NULL, 0);
    g_auto(HthRendition) before = HTH_RENDITION_INIT;
    rendition_obtain(fixture, "a.flac", "opus-96", "sound", &before);
    g_clear_pointer(&fixture->renditions, hth_renditions_free);
    g_autofree char *program = write_program(fixture, "exit 1"); /* offers an encoder "fake" */
    rendition_start(fixture, program, 0);
    g_auto(HthRendition) after = HTH_RENDITION_INIT;
    rendition_obtain(fixture, "a.flac", "opus-96", "sound", &after);
    g_assert_cmpint(after.state, ==, HTH_RENDITION_READY);
    g_assert_cmpstr(after.encoder, ==, before.encoder);
    g_assert_true(hth_digest_equal(&before.hash, &after.hash));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name, function)                                                                       \
    g_test_add(name, RenditionFixture, NULL, rendition_set_up, function, rendition_tear_down)
    TEST("/rendition-store/the-least-recently-used-goes-first",
         test_the_least_recently_used_goes_first);
    TEST("/rendition-store/a-restart-keeps-it-and-clears-up",
         test_a_restart_keeps_it_and_clears_up);
    TEST("/rendition-store/what-is-no-media-is-refused-once",
         test_what_is_no_media_is_refused_once);
    TEST("/rendition-store/a-profile-of-another-kind-is-refused",
         test_a_profile_of_another_kind_is_refused);
    TEST("/rendition-store/a-stalled-or-dying-converter-costs-its-file",
         test_a_stalled_or_dying_converter_costs_its_file);
    TEST("/rendition-store/a-missing-encoder-is-named", test_a_missing_encoder_is_named);
    TEST("/rendition-store/an-older-encoders-file-stays", test_an_older_encoders_file_stays);
    return g_test_run();
}

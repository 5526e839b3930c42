/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "catalogue.h"

#include <glib/gstdio.h>
#include <string.h>

#include "base/error.h"
#include "invitation.h"

typedef struct {
    char *dir;
    HthCatalogue *catalogue;
} Fixture;

static void reopen(Fixture *self)
{
    g_autoptr(GError) error = NULL;
    hth_catalogue_free(self->catalogue);
    self->catalogue = hth_catalogue_open(self->dir, &error);
    g_assert_no_error(error);
}

static void set_up(Fixture *self, gconstpointer data)
{
    self->dir = g_dir_make_tmp("hearth-catalogue-XXXXXX", NULL);
    reopen(self);
}

static void tear_down(Fixture *self, gconstpointer data)
{
    static const char *const names[] = { "locker.sqlite", "locker.sqlite-wal",
                                         "locker.sqlite-shm" };
    hth_catalogue_free(self->catalogue);
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(self->dir, names[i], NULL);
        (void)g_unlink(path);
    }
    g_assert_cmpint(g_rmdir(self->dir), ==, 0);
    g_free(self->dir);
}

/* Returns: the id of a household that joins with a code of its own. */
static guint64 join(Fixture *self, guint8 number, const char *name)
{
    const HthKeyId key = { { number } };
    const HthKeyId hash = { { 9, number } };
    guint64 id = 0;
    g_autoptr(GError) error = NULL;
    g_assert_true(hth_catalogue_invite(self->catalogue, &hash, G_MAXINT64, &error));
    g_assert_true(hth_catalogue_redeem(self->catalogue, &hash, &key, name, &id, &error));
    return id;
}

static void test_a_code_makes_one_household(Fixture *self, gconstpointer data)
{
    const HthKeyId hash = { { 1 } };
    const HthKeyId key = { { 2 } };
    const HthKeyId other = { { 3 } };
    guint64 first = 0;
    guint64 again = 0;
    g_autoptr(GError) error = NULL;
    g_assert_true(hth_catalogue_invite(self->catalogue, &hash, G_MAXINT64, &error));
    g_assert_cmpuint(hth_catalogue_open_invitations(self->catalogue), ==, 1);
    g_assert_true(hth_catalogue_redeem(self->catalogue, &hash, &key, "A", &first, &error));
    reopen(self);
    g_assert_true(hth_catalogue_redeem(self->catalogue, &hash, &key, "A", &again, &error));
    g_assert_cmpuint(first, ==, again);
    g_assert_false(hth_catalogue_redeem(self->catalogue, &hash, &other, "B", &again, &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_REFUSED);
    g_assert_cmpuint(hth_catalogue_open_invitations(self->catalogue), ==, 0);
}

static void test_an_expired_code_makes_none(Fixture *self, gconstpointer data)
{
    const HthKeyId hash = { { 1 } };
    const HthKeyId key = { { 2 } };
    guint64 id = 0;
    g_autoptr(GError) error = NULL;
    g_assert_true(hth_catalogue_invite(self->catalogue, &hash, 1000, &error));
    g_assert_false(hth_catalogue_redeem(self->catalogue, &hash, &key, "A", &id, &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_REFUSED);
}

static void test_use_adds_up_by_month(Fixture *self, gconstpointer data)
{
    const HthUse use[] = { { join(self, 1, "A"), 10, 1 }, { 4711, 99, 1 } };
    g_autoptr(GError) error = NULL;
    g_assert_true(hth_catalogue_add_use(self->catalogue, 202611, use, 2, &error));
    g_assert_true(hth_catalogue_add_use(self->catalogue, 202611, use, 2, &error));
    reopen(self);
    g_autoptr(GPtrArray) accounts = hth_catalogue_accounts(self->catalogue, 202611, &error);
    g_assert_cmpuint(accounts->len, ==, 1);
    const HthAccount *account = accounts->pdata[0];
    g_assert_cmpuint(account->month_bytes_used, ==, 20);
    g_assert_cmpuint(account->month_sessions, ==, 2);
    g_autoptr(HthAccount) next = hth_catalogue_find(self->catalogue, "A", 202612, &error);
    g_assert_cmpuint(next->month_bytes_used, ==, 0);
    g_assert_cmpuint(hth_month_of(1794000000), ==, 202611);
}

static void test_a_household_is_found_when_it_is_the_only_one(Fixture *self, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    const guint64 id = join(self, 1, "Villa");
    (void)join(self, 2, "Twin");
    (void)join(self, 3, "Twin");
    g_autofree char *text = hth_account_id_text(id);
    g_autoptr(HthAccount) by_id = hth_catalogue_find(self->catalogue, text, 202611, &error);
    g_autoptr(HthAccount) by_name = hth_catalogue_find(self->catalogue, "Villa", 202611, &error);
    g_assert_cmpuint(by_id->id, ==, id);
    g_assert_cmpuint(by_name->id, ==, id);
    g_assert_null(hth_catalogue_find(self->catalogue, "Twin", 202611, &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_INVALID);
    g_clear_error(&error);
    g_assert_null(hth_catalogue_find(self->catalogue, "", 202611, &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND);
}

static void test_a_removed_household_leaves_nothing(Fixture *self, gconstpointer data)
{
    static const char *const routes[] = { "a", "b", NULL };
    static const char *const taken[] = { "c", "a", NULL };
    g_autoptr(GError) error = NULL;
    const guint64 one = join(self, 1, "A");
    const guint64 two = join(self, 2, "B");
    g_assert_true(hth_catalogue_set_routes(self->catalogue, one, routes, &error));
    g_assert_false(hth_catalogue_set_routes(self->catalogue, two, taken, &error));
    g_clear_error(&error);
    g_auto(GStrv) none = hth_catalogue_routes(self->catalogue, two, &error);
    g_assert_cmpuint(g_strv_length(none), ==, 0);
    g_assert_true(hth_catalogue_remove(self->catalogue, one, &error));
    g_assert_true(hth_catalogue_set_routes(self->catalogue, two, taken, &error));
    g_assert_null(hth_catalogue_find(self->catalogue, "A", 202611, NULL));
}

static void test_a_change_by_another_program_is_noticed(Fixture *self, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    const gint64 before = hth_catalogue_version(self->catalogue);
    (void)join(self, 1, "A");
    g_assert_cmpint(hth_catalogue_version(self->catalogue), ==, before);
    g_autoptr(HthCatalogue) other = hth_catalogue_open(self->dir, &error);
    g_assert_true(hth_catalogue_set_note(other, "x", "y", &error));
    g_assert_cmpint(hth_catalogue_version(self->catalogue), !=, before);
    g_autofree char *note = hth_catalogue_note(self->catalogue, "x");
    g_assert_cmpstr(note, ==, "y");
}

static void test_a_code_is_read_as_people_write_it(void)
{
    const HthKeyId locker = { { 1, 2, 3 } };
    HthKeyId made;
    HthKeyId read;
    g_autofree char *code = hth_invitation_new(&locker, &made);
    g_assert_cmpuint(strlen(code), ==, 39);
    g_autofree char *loud = g_ascii_strup(g_strdelimit(code, "-", ' '), -1);
    g_assert_true(hth_invitation_read(loud, &read));
    g_assert_true(hth_key_id_equal(&made, &read));
    g_autofree char *half = g_strndup(loud, 19);
    g_assert_true(hth_invitation_read(half, &read));
    g_assert_true(hth_key_id_equal(&made, &read));
    g_assert_false(hth_invitation_read("", &read));
    g_autofree char *longer = g_strconcat(loud, "a", NULL);
    g_assert_false(hth_invitation_read(longer, &read));
}

#define ADD(name, function)                                                                        \
    g_test_add("/catalogue/" name, Fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("a-code-makes-one-household", test_a_code_makes_one_household);
    ADD("an-expired-code-makes-none", test_an_expired_code_makes_none);
    ADD("use-adds-up-by-month", test_use_adds_up_by_month);
    ADD("a-household-is-found-when-it-is-the-only-one",
        test_a_household_is_found_when_it_is_the_only_one);
    ADD("a-removed-household-leaves-nothing", test_a_removed_household_leaves_nothing);
    ADD("a-change-by-another-program-is-noticed", test_a_change_by_another_program_is_noticed);
    g_test_add_func("/invitation/a-code-is-read-as-people-write-it",
                    test_a_code_is_read_as_people_write_it);
    return g_test_run();
}

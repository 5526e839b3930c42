/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/program-locale.h"

/* Each case needs a process of its own: GLib looks at the locale once. */
static void print_in(const char *locale)
{
    g_setenv("LC_ALL", locale, TRUE);
    g_test_trap_subprocess("/program-locale/subprocess/print", 0, G_TEST_SUBPROCESS_DEFAULT);
    g_test_trap_assert_passed();
}

static void print_a_name(void)
{
    hth_locale_init();
    g_print("Björk – 0.5 is %.1f\n", 0.5);
}

static void test_c_locale_prints_utf8(void)
{
    print_in("C");
    g_test_trap_assert_stdout("*Björk – 0.5 is 0.5*");
}

static void test_missing_locale_prints_utf8(void)
{
    print_in("xx_XX.nowhere");
    g_test_trap_assert_stdout("*Björk*");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/program-locale/c-locale-prints-utf8", test_c_locale_prints_utf8);
    g_test_add_func("/program-locale/missing-locale-prints-utf8", test_missing_locale_prints_utf8);
    g_test_add_func("/program-locale/subprocess/print", print_a_name);
    return g_test_run();
}

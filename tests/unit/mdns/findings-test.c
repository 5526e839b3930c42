/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plugins/mdns/findings.h"

#include <string.h>

#include "base/template.h"

struct HthDoctor {
    guint n_reports;
    HthCheckResult worst;
    char *text; /* everything that was said */
};

void hth_doctor_report_with(HthDoctor *self, HthCheckResult result, const char *subject,
                            const char *finding, const char *cause, const char *mend, ...)
{
    va_list arguments;
    va_start(arguments, mend);
    g_auto(GStrv) values = hth_template_pairs(arguments);
    va_end(arguments);
    const char *const *pairs = (const char *const *)values;
    g_autofree char *said = hth_template_fill(finding, pairs);
    g_autofree char *why = hth_template_fill(cause, pairs);
    g_autofree char *how = hth_template_fill(mend, pairs);
    g_autofree char *before = self->text;
    self->text = g_strjoin("\n", before != NULL ? before : "", said, why != NULL ? why : "",
                           how != NULL ? how : "", NULL);
    self->worst = MAX(self->worst, result);
    self->n_reports++;
    g_assert_cmpstr(subject, ==, "mDNS");
    if (result != HTH_CHECK_OK) {
        g_assert_nonnull(cause);
        g_assert_nonnull(mend);
    }
}

static HthMdnsOffer *new_offer(gboolean has_links)
{
    HthMdnsOffer *offer = hth_mdns_offer_new("Living room", "a uuid", NULL);
    GPtrArray *links = g_ptr_array_new_with_free_func((GDestroyNotify)hth_mdns_link_free);
    if (has_links)
        g_ptr_array_add(links, hth_mdns_link_new(2, "eth0", g_strsplit("192.0.2.1", " ", -1)));
    (void)hth_mdns_offer_take_links(offer, links);
    return offer;
}

static HthMdnsFindings *find(HthMdnsOffer *offer, HthMdnsPublisher publisher,
                             HthMdnsDaemonState daemon, HthMdnsCondition condition)
{
    const HthMdnsTurn turn = { .daemon = daemon, .has_offer = TRUE, .publisher = publisher };
    HthMdnsPublication publication = { .condition = condition };
    g_strlcpy(publication.detail, "the detail", sizeof publication.detail);
    return hth_mdns_findings_new(&turn, offer, publisher != HTH_MDNS_NOBODY ? &publication : NULL);
}

static void test_sentence_says_who_publishes_what_where(void)
{
    g_autoptr(HthMdnsOffer) offer = new_offer(TRUE);
    g_autoptr(HthMdnsFindings) daemon =
        find(offer, HTH_MDNS_DAEMON, HTH_MDNS_DAEMON_READY, HTH_MDNS_PUBLISHED);
    g_assert_cmpstr(hth_mdns_findings_sentence(daemon), ==,
                    "published by avahi-daemon as “Living room” on eth0");
    g_assert_true(hth_mdns_findings_is_working(daemon));

    g_autoptr(HthMdnsFindings) embedded =
        find(offer, HTH_MDNS_EMBEDDED, HTH_MDNS_DAEMON_ABSENT, HTH_MDNS_PUBLISHED);
    g_assert_nonnull(strstr(hth_mdns_findings_sentence(embedded), offer->host_label));
    g_assert_nonnull(strstr(hth_mdns_findings_sentence(embedded), "does not run"));
}

static void test_every_trouble_has_cause_and_mend(void)
{
    g_autoptr(HthMdnsOffer) offer = new_offer(TRUE);
    for (guint i = 0; i < HTH_MDNS_N_CONDITIONS; i++) {
        g_autoptr(HthMdnsFindings) findings =
            find(offer, HTH_MDNS_EMBEDDED, HTH_MDNS_DAEMON_ABSENT, i);
        HthDoctor doctor = { 0 };
        hth_mdns_findings_report(findings, &doctor, NULL);
        g_assert_cmpuint(doctor.n_reports, ==, 1);
        const gboolean is_fine = i == HTH_MDNS_STARTING || i == HTH_MDNS_PUBLISHED;
        g_assert_cmpint(doctor.worst == HTH_CHECK_OK, ==, is_fine);
        g_assert_cmpint(hth_mdns_findings_is_working(findings), ==, is_fine);
        g_free(doctor.text);
    }
}

static void test_half_start_names_the_program_that_holds_the_port(void)
{
    g_autoptr(HthMdnsOffer) offer = new_offer(TRUE);
    g_autoptr(HthMdnsFindings) findings =
        find(offer, HTH_MDNS_EMBEDDED, HTH_MDNS_DAEMON_ABSENT, HTH_MDNS_IPV6_ONLY);
    HthDoctor doctor = { 0 };
    hth_mdns_findings_report(findings, &doctor, "someone (process 12)");
    g_assert_cmpint(doctor.worst, ==, HTH_CHECK_PROBLEM);
    g_assert_nonnull(strstr(doctor.text, "IPv6 only"));
    g_assert_nonnull(strstr(doctor.text, "It is someone (process 12)."));
    g_free(doctor.text);
}

static void test_unknown_failure_tells_its_detail(void)
{
    g_autoptr(HthMdnsOffer) offer = new_offer(TRUE);
    g_autoptr(HthMdnsFindings) findings =
        find(offer, HTH_MDNS_DAEMON, HTH_MDNS_DAEMON_READY, HTH_MDNS_FAILED);
    g_assert_nonnull(strstr(hth_mdns_findings_sentence(findings), "the detail"));
}

static void test_new_name_is_told_beside_the_rest(void)
{
    g_autoptr(HthMdnsOffer) offer = new_offer(TRUE);
    hth_mdns_offer_rename(offer);
    g_autoptr(HthMdnsFindings) findings =
        find(offer, HTH_MDNS_DAEMON, HTH_MDNS_DAEMON_READY, HTH_MDNS_PUBLISHED);
    HthDoctor doctor = { 0 };
    hth_mdns_findings_report(findings, &doctor, NULL);
    g_assert_cmpuint(doctor.n_reports, ==, 2);
    g_assert_cmpint(doctor.worst, ==, HTH_CHECK_NOTE);
    g_assert_nonnull(strstr(doctor.text, "“Living room #2” and not as “Living room”"));
    g_free(doctor.text);
}

static void test_no_network_is_a_problem_and_a_start_is_none(void)
{
    g_autoptr(HthMdnsOffer) without = new_offer(FALSE);
    g_autoptr(HthMdnsFindings) no_network =
        find(without, HTH_MDNS_NOBODY, HTH_MDNS_DAEMON_ABSENT, 0);
    g_assert_false(hth_mdns_findings_is_working(no_network));
    HthDoctor doctor = { 0 };
    hth_mdns_findings_report(no_network, &doctor, NULL);
    g_assert_cmpint(doctor.worst, ==, HTH_CHECK_PROBLEM);
    g_free(doctor.text);

    g_autoptr(HthMdnsOffer) with = new_offer(TRUE);
    g_autoptr(HthMdnsFindings) early = find(with, HTH_MDNS_NOBODY, HTH_MDNS_DAEMON_UNKNOWN, 0);
    g_assert_true(hth_mdns_findings_is_working(early));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/findings/sentence-says-who-publishes-what-where",
                    test_sentence_says_who_publishes_what_where);
    g_test_add_func("/findings/every-trouble-has-cause-and-mend",
                    test_every_trouble_has_cause_and_mend);
    g_test_add_func("/findings/half-start-names-the-program-that-holds-the-port",
                    test_half_start_names_the_program_that_holds_the_port);
    g_test_add_func("/findings/unknown-failure-tells-its-detail",
                    test_unknown_failure_tells_its_detail);
    g_test_add_func("/findings/new-name-is-told-beside-the-rest",
                    test_new_name_is_told_beside_the_rest);
    g_test_add_func("/findings/no-network-is-a-problem-and-a-start-is-none",
                    test_no_network_is_a_problem_and_a_start_is_none);
    return g_test_run();
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "findings.h"

#include <string.h>

#define SUBJECT "mDNS"

struct HthMdnsFindings {
    HthMdnsPublisher publisher;
    HthMdnsCondition condition; /* meaningless while nobody publishes */
    gboolean has_offer;
    gboolean has_links;
    gboolean is_daemon_present;
    char *detail;
    char *name;
    char *wanted_name;
    char *sentence;
};

/* Trouble, as the doctor tells it. An empty finding is no trouble. */
typedef struct {
    HthCheckResult result;
    const char *finding;
    const char *cause;
    const char *mend;
} Trouble;

static const Trouble troubles[HTH_MDNS_N_CONDITIONS] = {
    [HTH_MDNS_IPV6_ONLY] = { HTH_CHECK_PROBLEM,
                             "hearth is told over IPv6 only; most devices ask over IPv4",
                             "Another program holds UDP port 5353 of IPv4 and does not share it.",
                             "Stop that program, or let avahi-daemon run and close the other; "
                             "hearth notices by itself." },
    [HTH_MDNS_IPV4_ONLY] = { HTH_CHECK_WARNING, "hearth is told over IPv4 only",
                             "Another program holds UDP port 5353 of IPv6 and does not share it.",
                             "Stop that program, or let avahi-daemon run and close the other; "
                             "hearth notices by itself." },
    [HTH_MDNS_PORT_TAKEN] = { HTH_CHECK_PROBLEM, "hearth is not told by mDNS",
                              "Another program holds UDP port 5353 and does not share it.",
                              "Stop that program, or let avahi-daemon run and close the other; "
                              "hearth notices by itself." },
    [HTH_MDNS_NOT_PERMITTED] = { HTH_CHECK_PROBLEM,
                                 "avahi-daemon runs and refuses to publish hearth",
                                 "avahi-daemon.conf says disable-user-service-publishing=yes or "
                                 "disable-publishing=yes.",
                                 "Set both to no in the section [publish] of "
                                 "/etc/avahi/avahi-daemon.conf, and restart "
                                 "avahi-daemon." },
    [HTH_MDNS_NO_ANSWER] = { HTH_CHECK_PROBLEM, "avahi-daemon does not answer",
                             "Its process is stopped or overloaded.",
                             "Restart it: systemctl restart avahi-daemon" },
    [HTH_MDNS_FAILED] = { HTH_CHECK_PROBLEM, "hearth is not told by mDNS",
                          NULL, /* the detail is the cause */
                          "Look into `hearth logs` for lines of mdns; hearth tries again by "
                          "itself." },
};

static char *who_sentence(const HthMdnsFindings *self, const HthMdnsOffer *offer)
{
    g_autofree char *links = hth_mdns_offer_link_names(offer);
    if (self->publisher == HTH_MDNS_DAEMON)
        return g_strdup_printf("published by avahi-daemon as “%s” on %s", self->name, links);
    return g_strdup_printf("published by hearth itself as “%s”, %s.local, on %s; avahi-daemon %s",
                           self->name, offer->host_label, links,
                           self->is_daemon_present ? "is not ready" : "does not run");
}

static char *nobody_sentence(const HthMdnsFindings *self)
{
    if (!self->has_links)
        return g_strdup("not published: no network interface is used");
    return g_strdup(self->has_offer ? "about to be published" : "not published yet");
}

static char *make_sentence(const HthMdnsFindings *self, const HthMdnsOffer *offer)
{
    if (self->publisher == HTH_MDNS_NOBODY)
        return nobody_sentence(self);
    if (self->condition == HTH_MDNS_PUBLISHED)
        return who_sentence(self, offer);
    if (self->condition == HTH_MDNS_STARTING)
        return g_strdup_printf("probing for a free name on the network, through %s",
                               self->publisher == HTH_MDNS_DAEMON ? "avahi-daemon"
                                                                  : "hearth itself");
    const Trouble *trouble = &troubles[self->condition];
    return g_strdup_printf("%s: %s", trouble->finding,
                           trouble->cause != NULL ? trouble->cause : self->detail);
}

HthMdnsFindings *hth_mdns_findings_new(const HthMdnsTurn *turn, const HthMdnsOffer *offer,
                                       const HthMdnsPublication *publication)
{
    HthMdnsFindings *self = g_atomic_rc_box_new0(HthMdnsFindings);
    self->publisher = publication != NULL ? turn->publisher : HTH_MDNS_NOBODY;
    self->condition = publication != NULL ? publication->condition : HTH_MDNS_STARTING;
    self->has_offer = turn->has_offer;
    self->has_links = offer->links->len > 0;
    self->is_daemon_present =
        turn->daemon == HTH_MDNS_DAEMON_PRESENT || turn->daemon == HTH_MDNS_DAEMON_READY;
    self->detail = g_strdup(publication != NULL ? publication->detail : "");
    self->name = g_strdup(offer->name);
    self->wanted_name = g_strdup(offer->wanted_name);
    self->sentence = make_sentence(self, offer);
    return self;
}

static void clear(gpointer data)
{
    HthMdnsFindings *self = data;
    g_free(self->detail);
    g_free(self->name);
    g_free(self->wanted_name);
    g_free(self->sentence);
}

HthMdnsFindings *hth_mdns_findings_ref(HthMdnsFindings *self)
{
    return g_atomic_rc_box_acquire(self);
}

void hth_mdns_findings_unref(HthMdnsFindings *self)
{
    if (self != NULL)
        g_atomic_rc_box_release_full(self, clear);
}

static const Trouble *find_trouble(const HthMdnsFindings *self)
{
    if (self->publisher == HTH_MDNS_NOBODY || troubles[self->condition].finding == NULL)
        return NULL;
    return &troubles[self->condition];
}

gboolean hth_mdns_findings_is_working(const HthMdnsFindings *self)
{
    if (self->publisher == HTH_MDNS_NOBODY)
        return self->has_links;
    return find_trouble(self) == NULL;
}

const char *hth_mdns_findings_sentence(const HthMdnsFindings *self)
{
    return self->sentence;
}

static void report_trouble(const HthMdnsFindings *self, HthDoctor *doctor, const Trouble *trouble,
                           const char *port_holder)
{
    const gboolean is_port = self->condition == HTH_MDNS_IPV6_ONLY ||
                             self->condition == HTH_MDNS_IPV4_ONLY ||
                             self->condition == HTH_MDNS_PORT_TAKEN;
    const char *cause = trouble->cause != NULL ? trouble->cause : self->detail;
    g_autofree char *named = is_port && port_holder != NULL
                                 ? g_strdup_printf("%s It is %s.", cause, port_holder)
                                 : g_strdup(cause);
    hth_doctor_report(doctor, trouble->result, SUBJECT, trouble->finding, named, trouble->mend);
}

static void report_nobody(const HthMdnsFindings *self, HthDoctor *doctor)
{
    if (self->has_links)
        hth_doctor_report(doctor, HTH_CHECK_NOTE, SUBJECT, self->sentence,
                          "hearth has just started, or avahi-daemon is changing its host name.",
                          "Ask again in a few seconds.");
    else
        hth_doctor_report(doctor, HTH_CHECK_PROBLEM, SUBJECT, self->sentence,
                          "Every interface is down, without an address, or skipped by the rule.",
                          "Connect to a network, or name the interface in the configuration.");
}

void hth_mdns_findings_report(const HthMdnsFindings *self, HthDoctor *doctor,
                              const char *port_holder)
{
    const Trouble *trouble = find_trouble(self);
    if (trouble != NULL)
        report_trouble(self, doctor, trouble, port_holder);
    else if (self->publisher == HTH_MDNS_NOBODY)
        report_nobody(self, doctor);
    else
        hth_doctor_report(doctor, HTH_CHECK_OK, SUBJECT, self->sentence, NULL, NULL);

    if (strcmp(self->name, self->wanted_name) == 0)
        return;
    g_autofree char *finding =
        g_strdup_printf("shown as “%s” and not as “%s”", self->name, self->wanted_name);
    hth_doctor_report(doctor, HTH_CHECK_NOTE, SUBJECT, finding,
                      "Another device on this network has that name already.",
                      "Give one of the two another name.");
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "findings.h"

#include <glib/gi18n.h>
#include <string.h>

#include "base/template.h"

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
    char *host;
    char *links;
    const char *template; /* of the sentence */
    char *sentence;
};

/* Trouble, as the doctor tells it. An empty finding is no trouble. */
typedef struct {
    HthCheckResult result;
    const char *finding;
    const char *cause;
    const char *held_cause; /* the same when the holder of the port is known; NULL: no port */
    const char *mend;
} Trouble;

static const Trouble troubles[HTH_MDNS_N_CONDITIONS] = {
    [HTH_MDNS_IPV6_ONLY] = { HTH_CHECK_PROBLEM,
                             N_("hearth is told over IPv6 only; most devices ask over IPv4"),
                             N_("Another program holds UDP port 5353 of IPv4 and does not share "
                                "it."),
                             N_("Another program holds UDP port 5353 of IPv4 and does not share "
                                "it. It is {program}."),
                             N_("Stop that program, or let avahi-daemon run and close the other; "
                                "hearth notices by itself.") },
    [HTH_MDNS_IPV4_ONLY] = { HTH_CHECK_WARNING, N_("hearth is told over IPv4 only"),
                             N_("Another program holds UDP port 5353 of IPv6 and does not share "
                                "it."),
                             N_("Another program holds UDP port 5353 of IPv6 and does not share "
                                "it. It is {program}."),
                             N_("Stop that program, or let avahi-daemon run and close the other; "
                                "hearth notices by itself.") },
    [HTH_MDNS_PORT_TAKEN] = { HTH_CHECK_PROBLEM, N_("hearth is not told by mDNS"),
                              N_("Another program holds UDP port 5353 and does not share it."),
                              N_("Another program holds UDP port 5353 and does not share it. It is "
                                 "{program}."),
                              N_("Stop that program, or let avahi-daemon run and close the other; "
                                 "hearth notices by itself.") },
    [HTH_MDNS_NOT_PERMITTED] = { HTH_CHECK_PROBLEM,
                                 N_("avahi-daemon runs and refuses to publish hearth"),
                                 N_("avahi-daemon.conf says disable-user-service-publishing=yes or "
                                    "disable-publishing=yes."),
                                 NULL,
                                 N_("Set both to no in the section [publish] of "
                                    "/etc/avahi/avahi-daemon.conf, and restart "
                                    "avahi-daemon.") },
    [HTH_MDNS_NO_ANSWER] = { HTH_CHECK_PROBLEM, N_("avahi-daemon does not answer"),
                             N_("Its process is stopped or overloaded."), NULL,
                             N_("Restart it: systemctl restart avahi-daemon") },
    [HTH_MDNS_FAILED] = { HTH_CHECK_PROBLEM, N_("hearth is not told by mDNS"), "{detail}", NULL,
                          N_("Look into `hearth logs` for lines of mdns; hearth tries again by "
                             "itself.") },
};

static const Trouble *find_trouble(const HthMdnsFindings *self)
{
    if (self->publisher == HTH_MDNS_NOBODY || troubles[self->condition].finding == NULL)
        return NULL;
    return &troubles[self->condition];
}

static const char *who_template(const HthMdnsFindings *self)
{
    if (self->publisher == HTH_MDNS_DAEMON)
        return N_("published by avahi-daemon as “{name}” on {links}");
    return self->is_daemon_present
               ? N_("published by hearth itself as “{name}”, {host}.local, on {links}; "
                    "avahi-daemon is not ready")
               : N_("published by hearth itself as “{name}”, {host}.local, on {links}; "
                    "avahi-daemon does not run");
}

static const char *find_template(const HthMdnsFindings *self)
{
    if (self->publisher == HTH_MDNS_NOBODY && !self->has_links)
        return N_("not published: no network interface is used");
    if (self->publisher == HTH_MDNS_NOBODY)
        return self->has_offer ? N_("about to be published") : N_("not published yet");
    if (self->condition == HTH_MDNS_PUBLISHED)
        return who_template(self);
    if (self->condition != HTH_MDNS_STARTING)
        return troubles[self->condition].finding;
    return self->publisher == HTH_MDNS_DAEMON
               ? N_("probing for a free name on the network, through avahi-daemon")
               : N_("probing for a free name on the network, through hearth itself");
}

static char *make_sentence(const HthMdnsFindings *self)
{
    const char *const pairs[] = { "name",      self->name, "host",       self->host, "links",
                                  self->links, "detail",   self->detail, NULL };
    const Trouble *trouble = find_trouble(self);
    g_autofree char *finding = hth_template_fill(self->template, pairs);
    g_autofree char *cause = trouble != NULL ? hth_template_fill(trouble->cause, pairs) : NULL;
    return cause != NULL ? g_strconcat(finding, ": ", cause, NULL) : g_steal_pointer(&finding);
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
    self->host = g_strdup(offer->host_label != NULL ? offer->host_label : "");
    self->links = hth_mdns_offer_link_names(offer);
    self->template = find_template(self);
    self->sentence = make_sentence(self);
    return self;
}

static void clear(gpointer data)
{
    HthMdnsFindings *self = data;
    g_free(self->detail);
    g_free(self->name);
    g_free(self->wanted_name);
    g_free(self->host);
    g_free(self->links);
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

/* Everything that is said of mDNS goes through here, with the values that it may name. */
static void report(const HthMdnsFindings *self, HthDoctor *doctor, HthCheckResult result,
                   const char *finding, const char *cause, const char *mend, const char *holder)
{
    hth_doctor_report_with(doctor, result, SUBJECT, finding, cause, mend, "name", self->name,
                           "wanted_name", self->wanted_name, "host", self->host, "links",
                           self->links, "detail", self->detail, "program", holder, NULL);
}

static void report_trouble(const HthMdnsFindings *self, HthDoctor *doctor, const Trouble *trouble,
                           const char *port_holder)
{
    const gboolean is_held = port_holder != NULL && trouble->held_cause != NULL;
    report(self, doctor, trouble->result, trouble->finding,
           is_held ? trouble->held_cause : trouble->cause, trouble->mend, port_holder);
}

static void report_nobody(const HthMdnsFindings *self, HthDoctor *doctor)
{
    if (self->has_links)
        report(self, doctor, HTH_CHECK_NOTE, self->template,
               N_("hearth has just started, or avahi-daemon is changing its host name."),
               N_("Ask again in a few seconds."), NULL);
    else
        report(self, doctor, HTH_CHECK_PROBLEM, self->template,
               N_("Every interface is down, without an address, or skipped by the rule."),
               N_("Connect to a network, or name the interface in the configuration."), NULL);
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
        report(self, doctor, HTH_CHECK_OK, self->template, NULL, NULL, NULL);

    if (strcmp(self->name, self->wanted_name) != 0)
        report(self, doctor, HTH_CHECK_NOTE, N_("shown as “{name}” and not as “{wanted_name}”"),
               N_("Another device on this network has that name already."),
               N_("Give one of the two another name."), NULL);
}

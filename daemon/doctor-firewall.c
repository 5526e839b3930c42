/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The doctor on this computer's firewall: which rule keeps devices out, and the command that lets
 * them in. */
#include <gio/gio.h>
#include <glib/gi18n.h>
#include <string.h>

#include "doctor.h"
#include "firewall.h"

#define NFT_TIMEOUT_MS 3000

static gboolean on_timeout(gpointer data)
{
    g_subprocess_force_exit(data);
    return G_SOURCE_REMOVE;
}

/* What `nft -j list ruleset` prints; NULL when it may not say. */
static char *read_ruleset(const char *nft, gboolean *out_is_refused)
{
    *out_is_refused = FALSE;
    g_autoptr(GSubprocess) child =
        g_subprocess_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_SILENCE, NULL,
                         nft, "-j", "list", "ruleset", NULL);
    char *text = NULL;
    if (child != NULL) {
        /* The main loop ends a child that hangs; the read below then returns. */
        const guint timeout = g_timeout_add_full(G_PRIORITY_DEFAULT, NFT_TIMEOUT_MS, on_timeout,
                                                 g_object_ref(child), g_object_unref);
        const gboolean is_read =
            g_subprocess_communicate_utf8(child, NULL, NULL, &text, NULL, NULL);
        g_source_remove(timeout);
        if (!is_read || !g_subprocess_get_successful(child)) {
            *out_is_refused = TRUE;
            g_clear_pointer(&text, g_free);
        }
    }
    return text;
}

/* The command that lets the packet in, in the words of what manages the firewall here. */
static char *mend_command(const HthPacket *packet, const HthFirewallAnswer *answer)
{
    const char *protocol = packet->is_tcp ? "tcp" : "udp";
    if (strstr(answer->table, "firewalld") != NULL)
        return g_strdup_printf("sudo firewall-cmd --permanent --add-port=%u/%s && sudo "
                               "firewall-cmd --reload",
                               packet->port, protocol);
    g_autofree char *ufw = g_find_program_in_path("ufw");
    if (ufw != NULL && g_file_test("/etc/ufw/ufw.conf", G_FILE_TEST_EXISTS))
        return g_strdup_printf("sudo ufw allow %u/%s", packet->port, protocol);
    return g_strdup_printf("sudo nft insert rule %s %s %s dport %u accept", answer->table,
                           answer->chain, protocol, packet->port);
}

/* [is it sure][has it a rule] */
static const char *const causes[2][2] = {
    { N_("The firewall of this computer may drop {protocol} port {port} on {interface}: in table "
         "{table}, chain “{chain}”, its policy is to drop what no rule accepts."),
      N_("The firewall of this computer may drop {protocol} port {port} on {interface}: in table "
         "{table}, chain “{chain}”, rule {rule} of its chain “{rule_chain}” drops it.") },
    { N_("The firewall of this computer drops {protocol} port {port} on {interface}: in table "
         "{table}, chain “{chain}”, its policy is to drop what no rule accepts."),
      N_("The firewall of this computer drops {protocol} port {port} on {interface}: in table "
         "{table}, chain “{chain}”, rule {rule} of its chain “{rule_chain}” drops it.") },
};

static gboolean judge(HthDoctor *doctor, const char *ruleset, const HthPacket *packet,
                      const char *consequence)
{
    g_auto(HthFirewallAnswer) answer = { 0 };
    g_autoptr(GError) error = NULL;
    if (!hth_firewall_judge(ruleset, packet, &answer, &error)) {
        hth_doctor_report_with(doctor, HTH_CHECK_NOTE, N_("Firewall"),
                               N_("Its rules could not be understood."), "{problem}", NULL,
                               "problem", error->message, NULL);
        return FALSE;
    }
    if (answer.verdict == HTH_FIREWALL_PASSES)
        return TRUE;
    const gboolean is_sure = answer.verdict == HTH_FIREWALL_DROPS;
    g_autofree char *port = g_strdup_printf("%u", packet->port);
    g_autofree char *rule = g_strdup_printf("%" G_GINT64_FORMAT, answer.rule);
    g_autofree char *command = mend_command(packet, &answer);
    hth_doctor_report_with(doctor, is_sure ? HTH_CHECK_PROBLEM : HTH_CHECK_WARNING, N_("Firewall"),
                           consequence, causes[is_sure][answer.rule_chain != NULL],
                           strstr(command, " nft ") == NULL
                               ? "{command}"
                               : N_("{command} (and the same line in /etc/nftables.conf, to last)"),
                           "protocol", packet->is_tcp ? "TCP" : "UDP", "port", port, "interface",
                           packet->interface, "table", answer.table, "chain", answer.chain, "rule",
                           rule, "rule_chain", answer.rule_chain, "command", command, NULL);
    return FALSE;
}

static gboolean judge_interface(HthDoctor *doctor, const char *ruleset, const char *interface,
                                guint16 port)
{
    const HthPacket search = { .port = 1900, .interface = interface, .is_multicast = TRUE };
    const HthPacket mdns = { .port = 5353, .interface = interface, .is_multicast = TRUE };
    const HthPacket media = { .is_tcp = TRUE, .port = port, .interface = interface };
    gboolean is_good =
        judge(doctor, ruleset, &search, N_("Televisions that search do not reach this home."));
    is_good &=
        judge(doctor, ruleset, &mdns, N_("Phones and computers do not find this home by mDNS."));
    return judge(doctor, ruleset, &media,
                 N_("Devices see this home, but can neither look inside nor play.")) &&
           is_good;
}

static void judge_interfaces(HthDoctor *doctor, HthParts *parts, const char *ruleset)
{
    g_autoptr(GPtrArray) interfaces = hth_interfaces_list(parts->interfaces);
    gboolean is_good = TRUE;
    for (guint i = 0; i < interfaces->len; i++) {
        const HthInterface *interface = interfaces->pdata[i];
        if (interface->is_used && !interface->is_loopback)
            is_good &=
                judge_interface(doctor, ruleset, interface->name, hth_host_port(parts->host));
    }
    if (is_good)
        hth_doctor_report(doctor, HTH_CHECK_OK, N_("Firewall"),
                          N_("This computer's firewall lets searches and requests in."), NULL,
                          NULL);
}

void hth_doctor_check_firewall(HthDoctor *doctor, HthParts *parts)
{
    g_autofree char *nft = g_find_program_in_path("nft");
    if (nft == NULL && g_file_test("/usr/sbin/nft", G_FILE_TEST_IS_EXECUTABLE))
        nft = g_strdup("/usr/sbin/nft");
    gboolean is_refused = FALSE;
    g_autofree char *ruleset = nft != NULL ? read_ruleset(nft, &is_refused) : NULL;
    if (ruleset != NULL) {
        judge_interfaces(doctor, parts, ruleset);
        return;
    }
    g_autofree char *port = g_strdup_printf("%u", hth_host_port(parts->host));
    hth_doctor_report_with(
        doctor, HTH_CHECK_NOTE, N_("Firewall"),
        N_("Whether a firewall on this computer keeps devices out is not known."),
        is_refused ? N_("hearthd runs as a user who may not read the firewall's rules.")
                   : N_("The program nft, which shows the rules, is not installed."),
        N_("If devices do not find this home, see whether your firewall lets in UDP 1900, UDP 5353 "
           "and TCP {port}: {command}"),
        "port", port, "command", is_refused ? "sudo nft list ruleset" : "sudo iptables -S", NULL);
}

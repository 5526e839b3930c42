/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The doctor on the network: interfaces, multicast, port 1900, who was refused. */
#include <arpa/inet.h>
#include <errno.h>
#include <glib/gi18n.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "doctor.h"

#define SSDP_PORT       1900
#define SSDP_GROUP      "239.255.255.250"
#define HEAR_TIMEOUT_MS 500

/* ---- Interfaces ---- */

static gboolean has_address(const HthInterface *interface)
{
    for (guint i = 0; i < interface->addresses->len; i++) {
        const HthInterfaceAddress *address = interface->addresses->pdata[i];
        if (!address->is_link_local && !address->is_tentative)
            return TRUE;
    }
    return FALSE;
}

static void report_interface(HthDoctor *doctor, const HthInterface *interface)
{
    const char *subject = N_("Interface {interface}");
    if (!interface->is_used) {
        hth_doctor_report_with(doctor, HTH_CHECK_NOTE, subject, N_("It is not used."),
                               interface->skip_reason,
                               N_("To use it all the same: hearth config set hearth.interfaces "
                                  "{interface}, and restart hearthd"),
                               "interface", interface->name, NULL);
    } else if (!has_address(interface)) {
        hth_doctor_report_with(doctor, HTH_CHECK_WARNING, subject,
                               N_("It is used, but has no address of its own network yet."),
                               N_("The router has not given it one (DHCP), or none is configured."),
                               N_("Check the cable or Wi-Fi and the router."), "interface",
                               interface->name, NULL);
    } else {
        hth_doctor_report_with(doctor, HTH_CHECK_OK, subject, N_("It is used."), NULL, NULL,
                               "interface", interface->name, NULL);
    }
}

void hth_doctor_check_interfaces(HthDoctor *doctor, HthParts *parts)
{
    g_autoptr(GPtrArray) interfaces = hth_interfaces_list(parts->interfaces);
    guint n_used = 0;
    for (guint i = 0; i < interfaces->len; i++) {
        const HthInterface *interface = interfaces->pdata[i];
        n_used += interface->is_used;
        if (interface->is_used || !interface->is_loopback)
            report_interface(doctor, interface);
    }
    if (n_used == 0)
        hth_doctor_report(doctor, HTH_CHECK_PROBLEM, N_("Network"),
                          N_("No network interface is used, so no device can find this home."),
                          N_("None is up with an address, or the setting hearth.interfaces names "
                             "others."),
                          N_("Connect this computer to the network; see the notes on interfaces "
                             "above."));
}

/* ---- Multicast ---- */

static int open_listener(int index, guint16 *out_port)
{
    const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t size = sizeof address;
    struct ip_mreqn group = { .imr_ifindex = index };
    inet_pton(AF_INET, SSDP_GROUP, &group.imr_multiaddr);
    const int on = 1;
    if (fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof address) == 0 &&
        getsockname(fd, (struct sockaddr *)&address, &size) == 0 &&
        setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof group) == 0 &&
        setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &group, sizeof group) == 0 &&
        setsockopt(fd, IPPROTO_IP, IP_MULTICAST_LOOP, &on, sizeof on) == 0) {
        *out_port = ntohs(address.sin_port);
        return fd;
    }
    if (fd >= 0)
        close(fd);
    return -1;
}

/* Sends one packet to the group on a port of our own, which no one else listens on, and waits to
 * hear it. Returns: 0, or an errno; ETIME when nothing came. */
static int hear_self(int index)
{
    guint16 port = 0;
    const int fd = open_listener(index, &port);
    if (fd < 0)
        return errno;
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port) };
    inet_pton(AF_INET, SSDP_GROUP, &to.sin_addr);
    char said[32];
    const int n_said = g_snprintf(said, sizeof said, "hearth %08x", g_random_int());
    int result = sendto(fd, said, (gsize)n_said, 0, (const struct sockaddr *)&to, sizeof to) < 0
                     ? errno
                     : ETIME;
    const gint64 deadline_us = g_get_monotonic_time() + HEAR_TIMEOUT_MS * 1000;
    while (result == ETIME && g_get_monotonic_time() < deadline_us) {
        struct pollfd wait = { .fd = fd, .events = POLLIN };
        if (poll(&wait, 1, 50) <= 0)
            continue;
        char heard[64];
        const ssize_t n_heard = recv(fd, heard, sizeof heard, 0);
        if (n_heard == n_said && memcmp(heard, said, (gsize)n_said) == 0)
            result = 0;
    }
    close(fd);
    return result;
}

static void check_multicast_on(HthDoctor *doctor, const HthInterface *interface)
{
    const char *subject = N_("Multicast on {interface}");
    if (!interface->has_multicast) {
        hth_doctor_report_with(
            doctor, HTH_CHECK_WARNING, subject,
            N_("Devices there cannot find this home by themselves."),
            N_("This interface cannot send to a group (no MULTICAST flag)."),
            N_("Use another interface, or: sudo ip link set {interface} multicast on"), "interface",
            interface->name, NULL);
        return;
    }
    const int result = hear_self(interface->index);
    if (result == 0) {
        hth_doctor_report_with(doctor, HTH_CHECK_OK, subject,
                               N_("What is sent to the group is heard."), NULL, NULL, "interface",
                               interface->name, NULL);
        return;
    }
    const char *cause =
        result == ETIME
            ? N_("A packet sent to 239.255.255.250 did not come back: a firewall on this "
                 "computer drops it.")
            : N_("Sending to 239.255.255.250 failed: {problem}.");
    hth_doctor_report_with(
        doctor, HTH_CHECK_PROBLEM, subject,
        N_("Devices there cannot find this home by themselves."), cause,
        result == ENETUNREACH || result == EHOSTUNREACH
            ? N_("Add a route for multicast: sudo ip route add 224.0.0.0/4 dev {interface}")
            : N_("See the finding about the firewall."),
        "interface", interface->name, "problem", g_strerror(result), NULL);
}

void hth_doctor_check_multicast(HthDoctor *doctor, HthParts *parts)
{
    g_autoptr(GPtrArray) interfaces = hth_interfaces_list(parts->interfaces);
    for (guint i = 0; i < interfaces->len; i++) {
        const HthInterface *interface = interfaces->pdata[i];
        if (interface->is_used && !interface->is_loopback)
            check_multicast_on(doctor, interface);
    }
}

/* ---- Port 1900 ---- */

/* The name of the program that holds the socket with this inode, when we may see it. */
static char *program_of_inode(guint64 inode)
{
    g_autofree char *wanted = g_strdup_printf("socket:[%" G_GUINT64_FORMAT "]", inode);
    g_autoptr(GDir) processes = g_dir_open("/proc", 0, NULL);
    const char *pid;
    while (processes != NULL && (pid = g_dir_read_name(processes)) != NULL) {
        g_autofree char *fd_dir = g_build_filename("/proc", pid, "fd", NULL);
        g_autoptr(GDir) fds = g_ascii_isdigit(*pid) ? g_dir_open(fd_dir, 0, NULL) : NULL;
        const char *name;
        while (fds != NULL && (name = g_dir_read_name(fds)) != NULL) {
            g_autofree char *path = g_build_filename(fd_dir, name, NULL);
            g_autofree char *target = g_file_read_link(path, NULL);
            if (g_strcmp0(target, wanted) != 0)
                continue;
            g_autofree char *comm_path = g_build_filename("/proc", pid, "comm", NULL);
            char *comm = NULL;
            if (g_file_get_contents(comm_path, &comm, NULL, NULL))
                return g_strstrip(comm);
        }
    }
    return NULL;
}

/* Reads /proc/net/udp (proc_net_udp(5)): "sl local_address rem_address st … inode". */
static char *holder_of_port(guint16 port)
{
    g_autofree char *text = NULL;
    if (!g_file_get_contents("/proc/net/udp", &text, NULL, NULL))
        return NULL;
    g_autofree char *suffix = g_strdup_printf(":%04X", port);
    g_auto(GStrv) lines = g_strsplit(text, "\n", 10000);
    for (char **line = lines; *line != NULL; line++) {
        char local[64] = "";
        guint64 inode = 0;
        if (sscanf(*line, " %*u: %63s %*s %*s %*s %*s %*s %*u %*u %" G_GUINT64_FORMAT, local,
                   &inode) == 2 &&
            g_str_has_suffix(local, suffix)) {
            char *program = program_of_inode(inode);
            if (program != NULL)
                return program;
        }
    }
    return NULL;
}

void hth_doctor_check_ssdp_port(HthDoctor *doctor, HthParts *parts)
{
    const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(SSDP_PORT) };
    const int on = 1;
    if (fd < 0)
        return;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    const gboolean is_shared =
        bind(fd, (const struct sockaddr *)&address, sizeof address) == 0 || errno != EADDRINUSE;
    close(fd);
    if (is_shared) {
        hth_doctor_report(doctor, HTH_CHECK_OK, N_("Port 1900"),
                          N_("The port by which devices search (UDP 1900) can be used."), NULL,
                          NULL);
        return;
    }
    g_autofree char *program = holder_of_port(SSDP_PORT);
    hth_doctor_report_with(
        doctor, HTH_CHECK_PROBLEM, N_("Port 1900"),
        N_("Searches of televisions do not reach hearth."),
        program != NULL ? N_("{program} holds UDP port 1900 for itself alone.")
                        : N_("A program of another user holds UDP port 1900 for itself alone."),
        program != NULL ? N_("Stop that program, or set it to share the port.")
                        : N_("See which it is with: sudo ss -ulnp sport = :1900; stop "
                             "it, or set it to share the port."),
        "program", program, NULL);
}

/* ---- Who was refused ---- */

static void report_refusals(HthDoctor *doctor, HthCheckResult result, guint64 count,
                            const char *subject, const char *finding, const char *cause,
                            const char *mend)
{
    g_autofree char *n = g_strdup_printf("%" G_GUINT64_FORMAT, count);
    if (count > 0)
        hth_doctor_report_with(doctor, result, subject, finding, cause, mend, "n", n, NULL);
}

void hth_doctor_check_refusals(HthDoctor *doctor, HthParts *parts)
{
    HthHttpCounters counters = { 0 };
    hth_http_server_counters(parts->lan, &counters);
    report_refusals(
        doctor, HTH_CHECK_NOTE, counters.refused_peer, N_("Refused devices"),
        N_("{n} connections from other networks were refused."),
        N_("hearth answers only devices on a network that this computer is part of."),
        N_("If one of them is yours, behind a router or VPN, admit its network: hearth config set "
           "hearth.allow-subnets 10.8.0.0/24"));
    report_refusals(
        doctor, HTH_CHECK_NOTE, counters.refused_host, N_("Refused names"),
        N_("{n} requests under a name that is not ours were refused."),
        N_("This keeps foreign web pages from reading your library through your browser."),
        N_("If you gave this computer another name, say so: hearth config set hearth.host-names "
           "NAME"));
    report_refusals(doctor, HTH_CHECK_WARNING, counters.refused_limit, N_("Refused connections"),
                    N_("{n} connections were over the limit."),
                    N_("One device opened more connections than one device may."),
                    N_("If it is a device that you trust, raise http.max-connections-per-device."));
}

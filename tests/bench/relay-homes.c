/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Thousands of idle homes at a locker: each has a key of its own, a control connection over TLS 1.3
 * and two parked connections.
 *
 *   relay-homes PORT NAME COUNT SPREAD_S
 *
 * prints the keys' hashes, a line each, and then waits for lines: for each it (re)connects every
 * home at a random moment within SPREAD_S, trying again each second, and prints how long all took.
 */
#include <arpa/inet.h>
#include <glib.h>
#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define N_THREADS 16
#define N_PARKED  2

typedef struct {
    gnutls_certificate_credentials_t credentials;
    gnutls_session_t session;
    int fd;
    int parked[N_PARKED];
    gint64 due_us;
    guint n_tries;
} Home;

typedef struct {
    guint16 port;
    const char *name;
    gint64 spread_us;
    GAsyncQueue *due;
    _Atomic int n_left;
} Run;

/* ---- Keys ---- */

static void check(int result)
{
    if (result < 0)
        g_error("GnuTLS: %s", gnutls_strerror(result));
}

static void make_home(Home *home)
{
    gnutls_x509_privkey_t key;
    gnutls_x509_crt_t certificate;
    guint8 id[32];
    size_t size = sizeof id;
    check(gnutls_x509_privkey_init(&key));
    check(gnutls_x509_privkey_generate(key, GNUTLS_PK_EDDSA_ED25519, 0, 0));
    check(gnutls_x509_crt_init(&certificate));
    check(gnutls_x509_crt_set_version(certificate, 3));
    check(gnutls_x509_crt_set_serial(certificate, "\1", 1));
    check(gnutls_x509_crt_set_activation_time(certificate, 0));
    check(gnutls_x509_crt_set_expiration_time(certificate, (time_t)-1));
    check(gnutls_x509_crt_set_key(certificate, key));
    check(gnutls_x509_crt_sign2(certificate, certificate, key, GNUTLS_DIG_SHA512, 0));
    check(gnutls_x509_crt_get_key_id(certificate, GNUTLS_KEYID_USE_SHA256, id, &size));
    check(gnutls_certificate_allocate_credentials(&home->credentials));
    check(gnutls_certificate_set_x509_key(home->credentials, &certificate, 1, key));
    gnutls_x509_crt_deinit(certificate);
    gnutls_x509_privkey_deinit(key);
    home->fd = -1;
    for (guint i = 0; i < N_PARKED; i++)
        home->parked[i] = -1;
    for (guint i = 0; i < sizeof id; i++)
        printf("%02x", id[i]);
    printf("\n");
}

/* ---- One home ---- */

static void hang_up(Home *home)
{
    g_clear_pointer(&home->session, gnutls_deinit);
    if (home->fd >= 0)
        close(home->fd);
    home->fd = -1;
    for (guint i = 0; i < N_PARKED; i++) {
        if (home->parked[i] >= 0)
            close(home->parked[i]);
        home->parked[i] = -1;
    }
}

static int dial(const Run *run)
{
    const struct timeval patience = { .tv_sec = 20 };
    const int on = 1;
    const struct sockaddr_in address = { .sin_family = AF_INET,
                                         .sin_port = htons(run->port),
                                         .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    close(fd);
    return -1;
}

static gboolean shake_hands(const Run *run, Home *home)
{
    check(gnutls_init(&home->session, GNUTLS_CLIENT));
    check(gnutls_priority_set_direct(home->session, "NORMAL:-VERS-ALL:+VERS-TLS1.3", NULL));
    check(gnutls_credentials_set(home->session, GNUTLS_CRD_CERTIFICATE, home->credentials));
    check(gnutls_server_name_set(home->session, GNUTLS_NAME_DNS, run->name, strlen(run->name)));
    gnutls_transport_set_int(home->session, home->fd);
    int result;
    do
        result = gnutls_handshake(home->session);
    while (result < 0 && !gnutls_error_is_fatal(result) && result != GNUTLS_E_AGAIN);
    return result >= 0;
}

/* Asks, and reads until @mark has come. */
static gboolean ask(Home *home, const char *request, const char *mark, char *answer, gsize size)
{
    gsize n = 0;
    if (gnutls_record_send(home->session, request, strlen(request)) < 0)
        return FALSE;
    do {
        const gssize part = gnutls_record_recv(home->session, answer + n, size - n - 1);
        if (part <= 0)
            return FALSE;
        n += (gsize)part;
        answer[n] = '\0';
    } while (strstr(answer, mark) == NULL && n < size - 1);
    return strncmp(answer, "HTTP/1.1 200", 12) == 0;
}

static gboolean park(const Run *run, Home *home, const char *tickets)
{
    const char *at = strstr(tickets, "\"tickets\":[");
    for (guint i = 0; at != NULL && i < N_PARKED; i++) {
        char line[64];
        char answer = 0;
        at = strchr(i == 0 ? at + 10 : at + 28, '"');
        if (at == NULL || (home->parked[i] = dial(run)) < 0)
            return FALSE;
        g_snprintf(line, sizeof line, "PARK %.26s\np", at + 1);
        if (write(home->parked[i], line, strlen(line)) < 0 ||
            read(home->parked[i], &answer, 1) != 1 || answer != 'q')
            return FALSE;
        at++;
    }
    return at != NULL;
}

static gboolean come(const Run *run, Home *home)
{
    char answer[8192];
    static const char body[] = "{\"count\":2}";
    g_autofree char *tickets =
        g_strdup_printf("POST /v1/tickets HTTP/1.1\r\nHost: %s\r\nContent-Length: %zu\r\n\r\n%s",
                        run->name, sizeof body - 1, body);
    g_autofree char *control =
        g_strdup_printf("GET /v1/control HTTP/1.1\r\nHost: %s\r\n\r\n", run->name);
    home->fd = dial(run);
    return home->fd >= 0 && shake_hands(run, home) &&
           ask(home, tickets, "valid_s", answer, sizeof answer) && park(run, home, answer) &&
           ask(home, control, "event: limits", answer, sizeof answer);
}

static gpointer bring_homes(gpointer data)
{
    Run *run = data;
    while (run->n_left > 0) {
        Home *home = g_async_queue_timeout_pop(run->due, 100 * 1000);
        if (home == NULL)
            continue;
        const gint64 wait_us = home->due_us - g_get_monotonic_time();
        if (wait_us > 0)
            g_usleep((gulong)wait_us);
        home->n_tries++;
        if (come(run, home)) {
            run->n_left--;
            continue;
        }
        hang_up(home);
        home->due_us = g_get_monotonic_time() + G_USEC_PER_SEC;
        g_async_queue_push(run->due, home);
    }
    return NULL;
}

static int compare_due(gconstpointer a, gconstpointer b)
{
    const gint64 x = ((const Home *)a)->due_us;
    const gint64 y = ((const Home *)b)->due_us;
    return (x > y) - (x < y);
}

static void bring_all(Run *run, Home *homes, guint n)
{
    GThread *threads[N_THREADS];
    guint n_tries = 0;
    const gint64 begun_us = g_get_monotonic_time();
    for (guint i = 0; i < n; i++) {
        hang_up(&homes[i]);
        homes[i].n_tries = 0;
        homes[i].due_us = begun_us + (gint64)(g_random_double() * (double)run->spread_us);
    }
    qsort(homes, n, sizeof *homes, compare_due);
    for (guint i = 0; i < n; i++)
        g_async_queue_push(run->due, &homes[i]);
    run->n_left = (int)n;
    for (guint i = 0; i < N_THREADS; i++)
        threads[i] = g_thread_new("homes", bring_homes, run);
    for (guint i = 0; i < N_THREADS; i++)
        g_thread_join(threads[i]);
    for (guint i = 0; i < n; i++)
        n_tries += homes[i].n_tries;
    printf("{\"seconds\": %.2f, \"tries\": %u}\n",
           (double)(g_get_monotonic_time() - begun_us) / 1e6, n_tries);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    char line[64];
    if (argc != 5) {
        g_printerr("usage: relay-homes PORT NAME COUNT SPREAD_S\n");
        return 2;
    }
    const guint n = (guint)atoi(argv[3]);
    Run run = { .port = (guint16)atoi(argv[1]), .name = argv[2] };
    run.spread_us = (gint64)(g_ascii_strtod(argv[4], NULL) * 1e6);
    run.due = g_async_queue_new();
    Home *homes = g_new0(Home, n);
    for (guint i = 0; i < n; i++)
        make_home(&homes[i]);
    fflush(stdout);
    while (fgets(line, sizeof line, stdin) != NULL)
        bring_all(&run, homes, n);
    return 0;
}

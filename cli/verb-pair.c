/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "listing.h"
#include "qr-picture.h"

/* How often hearthd is asked what became of the code. */
#define LOOK_MS 400

typedef struct {
    HthCli *cli;
    char *path; /* of the code in the API */
    int signals;
    gboolean has_said_ended;
} Waiting;

static void print_code(JsonObject *offer)
{
    g_autofree char *picture =
        hth_qr_picture(hth_text_member(offer, "code"), hth_print_is_terminal());
    g_autofree char *text = hth_print_styled(HTH_STYLE_BOLD, hth_text_member(offer, "text"));
    if (picture != NULL)
        g_print("%s\n", picture);
    g_print("Scan this with the device, or type there:\n\n  hearth-handheld pair %s\n\n", text);
    g_print("The code is good once, for 10 minutes. Waiting for the device; Ctrl+C ends the "
            "code …\n");
}

/* {"code": …, "text": …, "expires": …} Returns: a new object. */
static JsonObject *promised(JsonObject *offer)
{
    JsonObject *object = json_object_new();
    json_object_set_string_member(object, "code", hth_text_member(offer, "code"));
    json_object_set_string_member(object, "text", hth_text_member(offer, "text"));
    json_object_set_int_member(object, "expires", hth_number_member(offer, "expires"));
    return object;
}

static int open_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC);
}

/* FALSE: somebody wants to end this. */
static gboolean pause_a_little(const Waiting *waiting)
{
    struct pollfd polled = { .fd = waiting->signals, .events = POLLIN };
    return poll(&polled, 1, LOOK_MS) == 0;
}

static int cancel(Waiting *waiting)
{
    g_autoptr(JsonObject) answer =
        hth_client_send(hth_cli_client(waiting->cli), "DELETE", waiting->path, NULL, NULL);
    g_print("\nThe code is ended.\n");
    return HTH_EXIT_PROBLEM;
}

/* Returns: an exit code; -1: go on waiting. */
static int look_at(Waiting *waiting, JsonObject *offer)
{
    const char *state = hth_text_member(offer, "state");
    if (strcmp(state, "paired") == 0) {
        JsonObject *device = json_object_get_object_member(offer, "device");
        const char *name = device != NULL ? hth_text_member(device, "name") : NULL;
        g_autofree char *styled = hth_print_styled(HTH_STYLE_GOOD, name != NULL ? name : "?");
        g_print("Paired with %s.\n", styled);
        return HTH_EXIT_OK;
    }
    if (strcmp(state, "text-ended") == 0 && !waiting->has_said_ended) {
        g_print("Three wrong codes were typed from the network: the letters are no longer good. "
                "The QR code is.\n");
        waiting->has_said_ended = TRUE;
    }
    if (strcmp(state, "open") == 0 || strcmp(state, "text-ended") == 0)
        return -1;
    g_print("The code has %s. `hearth pair` makes a new one.\n",
            strcmp(state, "expired") == 0 ? "expired" : "been ended");
    return HTH_EXIT_PROBLEM;
}

static int wait_until_paired(Waiting *waiting)
{
    int code = -1;
    while (code < 0) {
        g_autoptr(GError) error = NULL;
        if (!pause_a_little(waiting))
            return cancel(waiting);
        g_autoptr(JsonObject) offer =
            hth_client_get(hth_cli_client(waiting->cli), waiting->path, &error);
        code = offer != NULL ? look_at(waiting, offer) : hth_cli_fail(waiting->cli, error);
    }
    return code;
}

int hth_verb_pair(HthCli *cli, int argc, char **argv)
{
    g_autofree char *name = NULL;
    const GOptionEntry entries[] = {
        { "name", 0, 0, G_OPTION_ARG_STRING, &name, "Call the device NAME here", "NAME" },
        { NULL },
    };
    if (!hth_cli_parse(cli, entries, &argc, &argv, 0, 0))
        return HTH_EXIT_USAGE;
    g_autoptr(GError) error = NULL;
    JsonObject *body = json_object_new();
    if (name != NULL)
        json_object_set_string_member(body, "name", name);
    g_autoptr(JsonObject) offer =
        hth_client_send(hth_cli_client(cli), "POST", "pairing", body, &error);
    if (offer == NULL)
        return hth_cli_fail(cli, error);
    g_autofree char *path = g_strconcat("pairing/", hth_text_member(offer, "id"), NULL);
    g_autoptr(JsonObject) short_offer = promised(offer);
    if (hth_cli_print_json(cli, short_offer))
        return HTH_EXIT_OK;
    Waiting waiting = { .cli = cli, .path = path, .signals = open_signals() };
    print_code(offer);
    const int code = wait_until_paired(&waiting);
    close(waiting.signals);
    return code;
}

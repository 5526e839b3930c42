/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/api-error.h"

#include <gio/gio.h>
#include <glib/gi18n.h>
#include <string.h>

#include "api/member.h"
#include "base/error.h"

/* A code that has no HthError: its number is that of its row, past those of HthError. */
#define OWN       (-1)
#define OWN_FIRST 1000
/* No reason is longer; a label of more would hold up the window. */
#define MESSAGE_LETTERS 400

/* One row per code of docs/api.md, and per error that has no code of its own there. */
static const struct {
    const char *code;
    int error;
    const char *sentence;
} rows[] = {
    { "invalid", HTH_ERROR_INVALID, N_("Something in this is not as it has to be.") },
    { "not-a-container", HTH_ERROR_NOT_CONTAINER, N_("This holds nothing that could be opened.") },
    { "unsupported", HTH_ERROR_UNSUPPORTED, N_("This version of hearth cannot do that.") },
    { "not-found", HTH_ERROR_NOT_FOUND, N_("It is no longer there.") },
    { "refused", HTH_ERROR_REFUSED, N_("hearth does not allow that.") },
    { "changed", HTH_ERROR_CHANGED, N_("It was changed meanwhile. Try it once more.") },
    { "newer", HTH_ERROR_NEWER,
      N_("A newer version of hearth wrote this. This version leaves it alone.") },
    { "too-large", HTH_ERROR_TOO_LARGE, N_("That is more than hearth takes at once.") },
    { "failed", HTH_ERROR_FAILED, N_("That did not work.") },
    { "busy", HTH_ERROR_BUSY, N_("hearth is busy. Try it again in a moment.") },
    { "unavailable", HTH_ERROR_UNAVAILABLE,
      N_("What is needed for this is not available at the moment.") },
    { "timeout", HTH_ERROR_TIMEOUT, N_("hearth took too long to answer.") },
    { "wrong-code", OWN, N_("That code is not right, or no longer good.") },
    { "not-paired", OWN, N_("This device is not paired with this home.") },
    { "revoked", OWN, N_("This device’s access was taken away.") },
    { "wipe", OWN, N_("This device is to remove what it holds.") },
    { "converting", OWN, N_("This is being converted. Try it again in a moment.") },
    { "", HTH_ERROR_NETWORK, N_("hearth cannot be reached.") },
    { "", HTH_ERROR_CORRUPT, N_("hearth gave an answer that makes no sense.") },
    { "", HTH_ERROR_ASLEEP, N_("The home computer sleeps.") },
    { "", HTH_ERROR_CANCELLED, N_("It was cancelled.") },
};

static gint find_code(const char *code)
{
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (*code != '\0' && strcmp(rows[i].code, code) == 0)
            return (gint)i;
    }
    return -1;
}

static int error_of(guint row)
{
    return rows[row].error != OWN ? rows[row].error : OWN_FIRST + (int)row;
}

gboolean hth_api_error_knows(const char *code)
{
    return find_code(code) >= 0;
}

GError *hth_api_error_new(guint status, JsonObject *body)
{
    const gint row = find_code(hth_member_text(body, "error.code"));
    const char *message = hth_member_text(body, "error.message");
    if (*message == '\0')
        return g_error_new(HTH_ERROR, HTH_ERROR_CORRUPT, "HTTP status %u without a reason", status);
    g_autofree char *cut =
        g_utf8_substring(message, 0, MIN(g_utf8_strlen(message, -1), MESSAGE_LETTERS));
    return g_error_new_literal(HTH_ERROR, row >= 0 ? error_of((guint)row) : HTH_ERROR_FAILED, cut);
}

const char *hth_api_error_sentence(const GError *error)
{
    for (guint i = 0; error->domain == HTH_ERROR && i < G_N_ELEMENTS(rows); i++) {
        if (error_of(i) == error->code)
            return _(rows[i].sentence);
    }
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return _("It was cancelled.");
    return _("That did not work.");
}

char *hth_api_error_text(const GError *error)
{
    const char *sentence = hth_api_error_sentence(error);
    if (error->message == NULL || *error->message == '\0' || hth_api_error_is_absence(error))
        return g_strdup(sentence);
    return g_strdup_printf("%s\n%s", sentence, error->message);
}

gboolean hth_api_error_is_absence(const GError *error)
{
    return g_error_matches(error, HTH_ERROR, HTH_ERROR_NETWORK);
}

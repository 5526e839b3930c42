/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What can go wrong at the daemon, in words for the person at the window.
 *
 * A code of the API (docs/api.md) becomes an HthError, and that a sentence in the person's
 * language. The daemon's own message, which is English and exact, goes below it as the detail.
 */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* The error that an answer with @status and {"error": {"code", "message"}} stands for. Whatever
 * @body is, an error comes of it. */
GError *hth_api_error_new(guint status, JsonObject *body);

/* A sentence for people, translated; never NULL. It belongs to the program. */
const char *hth_api_error_sentence(const GError *error);

/* The sentence, and the daemon's own words where they add to it. New string. */
char *hth_api_error_text(const GError *error);

/* Whether the daemon did not answer at all: what HthHome shows, and no page has to. */
gboolean hth_api_error_is_absence(const GError *error);

/* Whether an API code is known; for the test that reads docs/api.md. */
gboolean hth_api_error_knows(const char *code);

G_END_DECLS

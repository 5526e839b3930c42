/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/json.h"
#include "verbs.h"

static guint month_now(void)
{
    return hth_month_of(g_get_real_time() / G_USEC_PER_SEC);
}

/* ---- list ---- */

static JsonObject *account_json(const HthAccount *account)
{
    g_autofree char *id = hth_account_id_text(account->id);
    JsonObject *object = json_object_new();
    json_object_set_string_member(object, "id", id);
    json_object_set_string_member(object, "name", account->name);
    json_object_set_int_member(object, "joined", account->joined_unix_s);
    json_object_set_int_member(object, "routes", account->n_routes);
    json_object_set_int_member(object, "household_rate", (gint64)account->limits.household_rate);
    json_object_set_int_member(object, "session_rate", (gint64)account->limits.session_rate);
    json_object_set_int_member(object, "month_bytes", (gint64)account->limits.month_bytes);
    json_object_set_int_member(object, "sessions", account->limits.sessions);
    json_object_set_int_member(object, "month_used", (gint64)account->month_bytes_used);
    json_object_set_int_member(object, "month_sessions", (gint64)account->month_sessions);
    return object;
}

static void print_json(const GPtrArray *accounts)
{
    JsonArray *array = json_array_new();
    for (guint i = 0; i < accounts->len; i++)
        json_array_add_object_element(array, account_json(accounts->pdata[i]));
    JsonNode *node = json_node_new(JSON_NODE_ARRAY);
    json_node_take_array(node, array);
    g_autofree char *text = hth_json_print(node);
    g_print("%s\n", text);
}

static void append_limit(GString *text, guint64 value, const char *unit)
{
    if (value == 0)
        return;
    g_autofree char *size = g_format_size(value);
    g_string_append_printf(text, "%s%s%s", text->len > 0 ? ", " : "", size, unit);
}

static void print_account(const HthAccount *account)
{
    g_autofree char *id = hth_account_id_text(account->id);
    g_autofree char *used = g_format_size(account->month_bytes_used);
    g_autoptr(GString) limits = g_string_new(NULL);
    append_limit(limits, account->limits.household_rate, "/s");
    append_limit(limits, account->limits.session_rate, "/s a device");
    append_limit(limits, account->limits.month_bytes, " a month");
    if (account->limits.sessions > 0)
        g_string_append_printf(limits, "%s%u connections", limits->len > 0 ? ", " : "",
                               account->limits.sessions);
    g_print("%s  %s\n  %u routes; this month %s; limits: %s\n", id, account->name,
            account->n_routes, used, limits->len > 0 ? limits->str : "none");
}

static int list(int argc, char **argv)
{
    g_auto(HthLockerCommon) common = { 0 };
    g_autoptr(GError) error = NULL;
    if (!hth_locker_parse(&common, "accounts list", NULL, &argc, &argv, 0, 0))
        return HTH_LOCKER_USAGE;
    g_autoptr(HthCatalogue) catalogue = hth_locker_open_catalogue(&common);
    if (catalogue == NULL)
        return HTH_LOCKER_PROBLEM;
    g_autoptr(GPtrArray) accounts = hth_catalogue_accounts(catalogue, month_now(), &error);
    if (accounts == NULL)
        return hth_locker_fail(error);
    if (common.is_json)
        print_json(accounts);
    for (guint i = 0; i < accounts->len && !common.is_json; i++)
        print_account(accounts->pdata[i]);
    if (accounts->len == 0 && !common.is_json)
        g_print("No household has joined. Invite one: hearth-locker invite\n");
    return HTH_LOCKER_OK;
}

/* ---- limit ---- */

typedef struct {
    char *rate;
    char *session_rate;
    char *month;
    char *sessions;
} LimitWords;

static void limit_words_clear(LimitWords *words)
{
    g_free(words->rate);
    g_free(words->session_rate);
    g_free(words->month);
    g_free(words->sessions);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LimitWords, limit_words_clear)

/* Changes what was given. FALSE: said what is wrong with it. */
static gboolean read_limits(const LimitWords *words, HthLimits *limits)
{
    guint64 n_sessions = limits->sessions;
    const struct {
        const char *text;
        guint64 *value;
    } rows[] = {
        { words->rate, &limits->household_rate },
        { words->session_rate, &limits->session_rate },
        { words->month, &limits->month_bytes },
        { words->sessions, &n_sessions },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (rows[i].text != NULL && !hth_locker_read_size(rows[i].text, rows[i].value)) {
            g_printerr("hearth-locker: “%s” is no limit; write 500k, 2.5M, 300G, or none\n",
                       rows[i].text);
            return FALSE;
        }
    }
    limits->sessions = (guint32)MIN(n_sessions, 1000 * 1000);
    return TRUE;
}

static int limit(int argc, char **argv)
{
    g_auto(HthLockerCommon) common = { 0 };
    g_auto(LimitWords) words = { 0 };
    const GOptionEntry entries[] = {
        { "rate", 0, 0, G_OPTION_ARG_STRING, &words.rate, "Bytes a second, all devices together",
          "SIZE" },
        { "session-rate", 0, 0, G_OPTION_ARG_STRING, &words.session_rate,
          "Bytes a second of each connection", "SIZE" },
        { "month", 0, 0, G_OPTION_ARG_STRING, &words.month, "Bytes a month", "SIZE" },
        { "sessions", 0, 0, G_OPTION_ARG_STRING, &words.sessions, "Connections at a time", "N" },
        { NULL },
    };
    g_autoptr(GError) error = NULL;
    if (!hth_locker_parse(&common, "accounts limit", entries, &argc, &argv, 1, 1))
        return HTH_LOCKER_USAGE;
    g_autoptr(HthCatalogue) catalogue = hth_locker_open_catalogue(&common);
    if (catalogue == NULL)
        return HTH_LOCKER_PROBLEM;
    g_autoptr(HthAccount) account = hth_catalogue_find(catalogue, argv[1], month_now(), &error);
    if (account == NULL)
        return hth_locker_fail(error);
    if (!read_limits(&words, &account->limits))
        return HTH_LOCKER_USAGE;
    if (!hth_catalogue_set_limits(catalogue, account->id, &account->limits, &error))
        return hth_locker_fail(error);
    print_account(account);
    return HTH_LOCKER_OK;
}

/* ---- remove ---- */

static int remove_account(int argc, char **argv)
{
    g_auto(HthLockerCommon) common = { 0 };
    g_autoptr(GError) error = NULL;
    if (!hth_locker_parse(&common, "accounts remove", NULL, &argc, &argv, 1, 1))
        return HTH_LOCKER_USAGE;
    g_autoptr(HthCatalogue) catalogue = hth_locker_open_catalogue(&common);
    if (catalogue == NULL)
        return HTH_LOCKER_PROBLEM;
    g_autoptr(HthAccount) account = hth_catalogue_find(catalogue, argv[1], month_now(), &error);
    if (account == NULL || !hth_catalogue_remove(catalogue, account->id, &error))
        return hth_locker_fail(error);
    return HTH_LOCKER_OK;
}

int hth_locker_verb_accounts(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
    } words[] = { { "limit", limit }, { "list", list }, { "remove", remove_account } };
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
        if (argc > 1 && strcmp(argv[1], words[i].name) == 0)
            return words[i].run(argc - 1, argv + 1);
    }
    g_printerr("usage: hearth-locker accounts list | limit ID [--rate SIZE] [--session-rate SIZE] "
               "[--month SIZE] [--sessions N] | remove ID\n");
    return HTH_LOCKER_USAGE;
}

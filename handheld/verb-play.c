/* SPDX-License-Identifier: GPL-3.0-or-later */
/* play: serves one item to a player, from this device or from home. */
#include <glib-unix.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/error.h"
#include "base/text.h"
#include "finder.h"
#include "net-watch.h"
#include "pair.h"
#include "play-proxy.h"
#include "session.h"

/* Of an item whose format is not said; the answer's Content-Type says it. */
#define ANY_EXTENSION "media"

typedef struct {
    const HthPairedHome *home;
    HthReach *reach;
    GMainLoop *loop;
    int code;
} Play;

static gboolean on_found(const HthFoundHome *found, gpointer data)
{
    Play *self = data;
    if (hth_discovery_check(self->home->discovery_key, found->nonce, found->proof))
        hth_reach_seen(self->reach, found->address, found->port);
    return FALSE;
}

static void on_changed(gpointer data)
{
    hth_reach_network_changed(((Play *)data)->reach);
}

static gboolean on_signal(gpointer data)
{
    g_main_loop_quit(((Play *)data)->loop);
    return G_SOURCE_CONTINUE;
}

static void on_player_ended(GPid pid, int status, gpointer data)
{
    Play *self = data;
    self->code =
        WIFEXITED(status) && WEXITSTATUS(status) == 0 ? HTH_HANDHELD_OK : HTH_HANDHELD_PROBLEM;
    g_spawn_close_pid(pid);
    g_main_loop_quit(self->loop);
}

static gboolean start_player(Play *self, const char *program, const char *url, GError **error)
{
    g_auto(GStrv) words = NULL;
    GPid pid = 0;
    if (!g_shell_parse_argv(program, NULL, &words, error))
        return FALSE;
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    g_strv_builder_addv(builder, (const char **)words);
    g_strv_builder_add(builder, url);
    g_auto(GStrv) line = g_strv_builder_end(builder);
    if (!g_spawn_async(NULL, line, NULL,
                       G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD |
                           G_SPAWN_CHILD_INHERITS_STDIN,
                       NULL, NULL, &pid, error))
        return FALSE;
    (void)g_child_watch_add(pid, on_player_ended, self); /* gone once it has been called */
    return TRUE;
}

typedef struct {
    guint64 item;
    HthPlayTokens *tokens;
} Search;

static void note_held(const HthSyncHeld *held, gpointer data)
{
    const Search *search = data;
    if (held->item == search->item)
        hth_play_tokens_set_held(search->tokens, held->item, held->path, held->size);
}

/* While an agent has the folder it alone knows what is there; the item then comes from home. */
static void look_on_device(const HthHandheld *handheld, const HthPairedHome *home, HthReach *reach,
                           guint64 item, HthPlayTokens *tokens)
{
    Search search = { item, tokens };
    g_autoptr(HthSession) session = hth_session_open(handheld, home, reach, NULL, NULL, NULL);
    if (session != NULL)
        (void)hth_sync_device_list(hth_session_device(session), note_held, &search, NULL);
}

/* "ITEM", "ITEM.flac" or "ITEM/opus-128.opus"; what players are given. NULL: it is none. */
static char *complete(const char *word, guint64 *out_item, char **out_token)
{
    char token[HTH_PLAY_TOKEN_LETTERS + 1];
    const char *rest = NULL;
    g_autofree char *own = hth_play_token_new();
    const gboolean is_bare = strlen(word) == HTH_TEXT_ID_LENGTH;
    g_autofree char *path = g_strdup_printf("%s/%s%s", own, word, is_bare ? "." ANY_EXTENSION : "");
    if (!hth_play_parse(path, token, out_item, &rest))
        return NULL;
    *out_token = g_steal_pointer(&own);
    return g_steal_pointer(&path);
}

static void tell_url(const HthHandheld *handheld, const char *url)
{
    if (handheld->is_json)
        g_print("{\"url\":\"%s\"}\n", url);
    else
        g_print("%s\n", url);
    fflush(stdout);
}

static int stay(const HthHandheld *handheld, Play *self, const char *url, const char *program)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HthNetWatch) network = hth_net_watch_new(handheld, on_changed, on_found, self);
    if (program == NULL)
        tell_url(handheld, url);
    else if (!start_player(self, program, url, &error))
        return hth_handheld_fail(handheld, error, HTH_HANDHELD_PROBLEM);
    const guint interrupt = g_unix_signal_add(SIGINT, on_signal, self);
    const guint terminate = g_unix_signal_add(SIGTERM, on_signal, self);
    g_main_loop_run(self->loop);
    g_source_remove(interrupt);
    g_source_remove(terminate);
    return self->code;
}

static int play(const HthHandheld *handheld, const HthPairedHome *home, const char *word,
                const char *program)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *token = NULL;
    guint64 item = 0;
    g_autofree char *path = complete(word, &item, &token);
    if (path == NULL) {
        g_set_error(&error, HTH_ERROR, HTH_ERROR_INVALID,
                    "“%s” is no item; one is 13 letters, as `hearth search` shows it", word);
        return hth_handheld_fail(handheld, error, HTH_HANDHELD_USAGE);
    }
    g_autoptr(HthReach) reach = hth_find_reach(handheld, home, &error);
    g_autoptr(HthPlayProxy) proxy =
        reach != NULL ? hth_play_proxy_new(handheld->state_dir, FALSE, &error) : NULL;
    if (proxy == NULL)
        return hth_handheld_fail(handheld, error, HTH_HANDHELD_PROBLEM);
    g_autoptr(HthPlayTokens) tokens = hth_play_tokens_new();
    hth_play_tokens_add(tokens, token, item);
    if (home->folder != NULL)
        look_on_device(handheld, home, reach, item, tokens);
    hth_play_shelf_set(hth_play_proxy_add(proxy, reach), tokens, home->folder);
    g_autofree char *url =
        g_strdup_printf("http://127.0.0.1:%u/p/%s", hth_play_proxy_port(proxy), path);
    Play self = { .home = home, .reach = reach, .loop = g_main_loop_new(NULL, FALSE) };
    const int code = stay(handheld, &self, url, program);
    g_main_loop_unref(self.loop);
    return code;
}

int hth_handheld_verb_play(HthHandheld *handheld, int argc, char **argv)
{
    g_autofree char *program = NULL;
    const GOptionEntry entries[] = {
        { "exec", 0, 0, G_OPTION_ARG_STRING, &program,
          "Start this player with the address, and end with it", "PROGRAM" },
        { NULL },
    };
    if (!hth_handheld_parse(handheld, entries, &argc, &argv, 1, 1))
        return HTH_HANDHELD_USAGE;
    g_autoptr(GError) error = NULL;
    g_autoptr(HthPairedHome) home =
        hth_paired_home_find(handheld->state_dir, handheld->home, &error);
    if (home == NULL)
        return hth_handheld_fail(handheld, error, HTH_HANDHELD_NO_HOME);
    return play(handheld, home, argv[1], program);
}

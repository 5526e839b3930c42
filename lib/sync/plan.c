/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/plan.h"

#include <string.h>

#include "base/text.h"
#include "sync/device-name.h"

typedef struct Move Move;

/* What is wanted and what is there of one item; NULL: nothing. */
typedef struct {
    const HthSyncWanted *wanted;
    const HthSyncHeld *held;
    const Move *move; /* NULL: it has its path */
} Pair;

/* A file that has to get another path. */
struct Move {
    Pair pair;
    char *at; /* where it is now */
    gboolean was_set_aside;
    gboolean is_done;
    gboolean is_stuck; /* what is in its way stays there */
};

typedef struct {
    HthSyncPlan *plan;
    GPtrArray *moves;    /* (element Move) */
    GArray *changes;     /* (element Pair) recipes and playlists */
    GArray *puts;        /* (element Pair) */
    GHashTable *files;   /* (char *folded path) that a file has at this step */
    GHashTable *dirs;    /* (char *folded path → count of files below) */
    GHashTable *waiting; /* (char *folded path → GPtrArray of the moves that it is in the way of) */
    GQueue ready;        /* (element Move) to be tried */
    GHashTable *kept;    /* (char *folded path) that will not be free: of a file, or a folder */
    guint64 room;
} Planner;

static void step_clear(gpointer step)
{
    g_free(((HthSyncPlanStep *)step)->path);
}

static void move_free(gpointer data)
{
    Move *move = data;
    g_free(move->at);
    g_free(move);
}

void hth_sync_plan_free(HthSyncPlan *self)
{
    if (self == NULL)
        return;
    g_array_unref(self->steps);
    g_free(self);
}

/* ---- Paths in use ---- */

/* Whoever waited for @folded tries again. */
static void release(Planner *self, const char *folded)
{
    GPtrArray *moves = g_hash_table_lookup(self->waiting, folded);
    for (guint i = 0; moves != NULL && i < moves->len; i++)
        g_queue_push_tail(&self->ready, moves->pdata[i]);
    g_hash_table_remove(self->waiting, folded);
}

static void count_dirs(Planner *self, const char *folded, int by)
{
    for (const char *slash = strchr(folded, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        g_autofree char *dir = g_strndup(folded, (gsize)(slash - folded));
        const int n = GPOINTER_TO_INT(g_hash_table_lookup(self->dirs, dir)) + by;
        if (n > 0) {
            g_hash_table_insert(self->dirs, g_steal_pointer(&dir), GINT_TO_POINTER(n));
            continue;
        }
        g_hash_table_remove(self->dirs, dir);
        release(self, dir);
    }
}

static void occupy(Planner *self, const char *path)
{
    char *folded = hth_device_name_fold(path);
    count_dirs(self, folded, 1);
    g_hash_table_add(self->files, folded);
}

static void vacate(Planner *self, const char *path)
{
    g_autofree char *folded = hth_device_name_fold(path);
    if (!g_hash_table_remove(self->files, folded))
        return;
    release(self, folded);
    count_dirs(self, folded, -1);
}

/* What is in the way of the file at @at on its way to @path: the folded path of another file there,
 * of a file where a folder has to be, or of a folder there. NULL: nothing. New string. */
static char *obstacle(Planner *self, const char *at, const char *path)
{
    g_autofree char *folded = hth_device_name_fold(path);
    g_autofree char *own = hth_device_name_fold(at);
    if (strcmp(folded, own) == 0)
        return NULL; /* "a.flac" may become "A.flac" */
    if (g_hash_table_contains(self->files, folded))
        return g_steal_pointer(&folded);
    /* A folder that only this file keeps alive is in its way too: it goes by way of another name.
     */
    if (g_hash_table_contains(self->dirs, folded))
        return g_steal_pointer(&folded);
    for (const char *slash = strchr(folded, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        g_autofree char *dir = g_strndup(folded, (gsize)(slash - folded));
        if (g_hash_table_contains(self->files, dir))
            return g_steal_pointer(&dir);
    }
    return NULL;
}

/* ---- Steps ---- */

static HthSyncPlanStep *add_step(Planner *self, HthSyncOperationKind kind, guint64 item,
                                 const char *path, const HthSyncHeld *held)
{
    HthSyncPlanStep step = { .kind = kind, .item = item, .path = g_strdup(path) };
    if (held != NULL) {
        step.old_hash = held->hash;
        step.size = held->size;
    }
    g_array_append_val(self->plan->steps, step);
    return &g_array_index(self->plan->steps, HthSyncPlanStep, self->plan->steps->len - 1);
}

static void add_change(Planner *self, HthSyncOperationKind kind, const Pair *pair)
{
    const HthSyncWanted *wanted = pair->wanted;
    HthSyncPlanStep *step = add_step(self, kind, wanted->item, wanted->path, pair->held);
    step->new_hash = wanted->hash;
    step->size = wanted->size;
    step->revision = wanted->revision;
    step->transfer_bytes = kind == HTH_SYNC_RETAG ? wanted->transfer_bytes : wanted->size;
}

static void remove_held(Planner *self, const HthSyncHeld *held)
{
    (void)add_step(self, HTH_SYNC_REMOVE, held->item, held->path, held);
    vacate(self, held->path);
    if (self->room != G_MAXUINT64)
        self->room += MIN(held->size, G_MAXUINT64 - 1 - self->room);
}

/* ---- Moves ---- */

static void move_to(Planner *self, Move *move, const char *path)
{
    HthSyncPlanStep *step =
        add_step(self, HTH_SYNC_MOVE, move->pair.held->item, path, move->pair.held);
    step->new_hash = step->old_hash;
    step->revision = move->pair.wanted->revision;
    vacate(self, move->at);
    occupy(self, path);
    g_free(move->at);
    move->at = g_strdup(path);
}

/* Whoever waits for @folded stays too: their paths go to @staying. */
static void keep_out(Planner *self, char *folded, GPtrArray *staying)
{
    GPtrArray *moves = g_hash_table_lookup(self->waiting, folded);
    for (guint i = 0; moves != NULL && i < moves->len; i++) {
        Move *move = moves->pdata[i];
        if (!move->is_done && !move->is_stuck)
            g_ptr_array_add(staying, g_strdup(move->at));
        move->is_stuck = TRUE;
    }
    g_hash_table_remove(self->waiting, folded);
    g_hash_table_add(self->kept, folded);
}

/* The file at @path stays there, and the folders that it is in. */
static void stay(Planner *self, const char *path)
{
    g_autoptr(GPtrArray) staying = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(staying, g_strdup(path));
    for (guint i = 0; i < staying->len; i++) {
        g_autofree char *folded = hth_device_name_fold(staying->pdata[i]);
        keep_out(self, g_strdup(folded), staying);
        for (char *slash; (slash = strrchr(folded, '/')) != NULL;) {
            *slash = '\0';
            keep_out(self, g_strdup(folded), staying);
        }
    }
}

static void try_move(Planner *self, Move *move)
{
    g_autofree char *in_the_way = obstacle(self, move->at, move->pair.wanted->path);
    if (in_the_way == NULL) {
        move_to(self, move, move->pair.wanted->path);
        move->is_done = TRUE;
        return;
    }
    if (g_hash_table_contains(self->kept, in_the_way)) {
        move->is_stuck = TRUE;
        stay(self, move->at);
        return;
    }
    GPtrArray *moves = g_hash_table_lookup(self->waiting, in_the_way);
    if (moves == NULL) {
        moves = g_ptr_array_new();
        g_hash_table_insert(self->waiting, g_steal_pointer(&in_the_way), moves);
    }
    g_ptr_array_add(moves, move);
}

static void try_ready(Planner *self)
{
    Move *move;
    while ((move = g_queue_pop_head(&self->ready)) != NULL) {
        if (!move->is_done && !move->is_stuck)
            try_move(self, move);
    }
}

/* A name that no other file has, at the top, where no folder is in the way. Whoever waited for the
 * file's place goes on; it waits itself, as before. */
static void set_aside(Planner *self, Move *move)
{
    char id[HTH_TEXT_ID_LENGTH + 1];
    hth_text_id_encode(move->pair.held->item, id);
    const char *dot = strrchr(move->pair.wanted->path, '.');
    const gboolean is_extension = dot != NULL && strchr(dot, '/') == NULL;
    g_autofree char *path = g_strconcat("~", id, is_extension ? dot : "", NULL);
    move_to(self, move, path);
    move->was_set_aside = TRUE;
}

static void run_moves(Planner *self)
{
    for (guint i = 0; i < self->moves->len; i++)
        g_queue_push_tail(&self->ready, self->moves->pdata[i]);
    try_ready(self);
    for (guint i = 0; i < self->moves->len; i++) {
        Move *move = self->moves->pdata[i];
        if (move->is_done || move->was_set_aside || move->is_stuck)
            continue;
        set_aside(self, move);
        try_ready(self);
    }
}

/* ---- What is to be done with each ---- */

static void add_move(Planner *self, Pair *pair)
{
    Move *move = g_new0(Move, 1);
    move->pair = *pair;
    move->at = g_strdup(pair->held->path);
    pair->move = move;
    g_ptr_array_add(self->moves, move);
}

static void compare(Planner *self, Pair *pair)
{
    const HthSyncWanted *wanted = pair->wanted;
    const gboolean is_elsewhere = strcmp(wanted->path, pair->held->path) != 0;
    if (wanted->is_blocked) {
        self->plan->n_blocked++;
        if (is_elsewhere)
            stay(self, pair->held->path);
        return;
    }
    if (is_elsewhere)
        add_move(self, pair);
    if (wanted->change == HTH_SYNC_CHANGE_WAIT)
        self->plan->n_waiting++;
    else if (hth_digest_equal(&wanted->hash, &pair->held->hash))
        return;
    else if (wanted->is_playlist || wanted->change == HTH_SYNC_CHANGE_RETAG)
        g_array_append_val(self->changes, *pair);
    else
        g_array_append_val(self->puts, *pair);
}

static void add_new(Planner *self, const HthSyncWanted *wanted)
{
    const Pair pair = { wanted, NULL, NULL };
    if (wanted->is_blocked)
        self->plan->n_blocked++;
    else if (wanted->change == HTH_SYNC_CHANGE_WAIT)
        self->plan->n_waiting++;
    else
        g_array_append_val(wanted->is_playlist ? self->changes : self->puts, pair);
}

static void join(Planner *self, const HthSyncWanted *wanted, guint n_wanted,
                 const HthSyncHeld *held, guint n_held)
{
    guint w = 0, h = 0;
    while (w < n_wanted || h < n_held) {
        if (h == n_held || (w < n_wanted && wanted[w].item < held[h].item)) {
            add_new(self, &wanted[w++]);
        } else if (w == n_wanted || held[h].item < wanted[w].item) {
            remove_held(self, &held[h++]);
        } else {
            Pair pair = { &wanted[w++], &held[h++], NULL };
            compare(self, &pair);
        }
    }
}

/* ---- The rest ---- */

static int by_priority(gconstpointer a, gconstpointer b)
{
    const HthSyncWanted *one = ((const Pair *)a)->wanted;
    const HthSyncWanted *other = ((const Pair *)b)->wanted;
    if (one->priority != other->priority)
        return one->priority < other->priority ? -1 : 1;
    if (one->size != other->size)
        return one->size < other->size ? -1 : 1;
    return one->item < other->item ? -1 : one->item > other->item;
}

/* Whether its path is still another file's, one that should have left and could not. The device may
 * not see that: where the other one was deleted, its name is free there. */
static gboolean is_kept_out(Planner *self, const Pair *pair)
{
    gboolean is_out = pair->move != NULL && !pair->move->is_done;
    if (pair->held == NULL && g_hash_table_size(self->kept) > 0) {
        g_autofree char *in_the_way = obstacle(self, "", pair->wanted->path);
        is_out = in_the_way != NULL;
    }
    self->plan->n_blocked += is_out;
    return is_out;
}

/* Recipes first, then playlists, which name what the files are called by now. */
static void add_changes(Planner *self)
{
    for (guint playlists = 0; playlists < 2; playlists++) {
        for (guint i = 0; i < self->changes->len; i++) {
            const Pair *pair = &g_array_index(self->changes, Pair, i);
            if (pair->wanted->is_playlist == (playlists == 1) && !is_kept_out(self, pair))
                add_change(self, playlists == 1 ? HTH_SYNC_PLAYLIST : HTH_SYNC_RETAG, pair);
        }
    }
}

/* A file that replaces another needs its whole size for a while: both are there then. */
static void add_puts(Planner *self)
{
    g_array_sort(self->puts, by_priority);
    for (guint i = 0; i < self->puts->len; i++) {
        const Pair *pair = &g_array_index(self->puts, Pair, i);
        if (is_kept_out(self, pair))
            continue;
        if (pair->wanted->size > self->room) {
            self->plan->n_no_room++;
            self->plan->no_room_bytes += pair->wanted->size;
            continue;
        }
        if (self->room != G_MAXUINT64)
            self->room -= pair->wanted->size;
        add_change(self, HTH_SYNC_PUT, pair);
    }
}

HthSyncPlan *hth_sync_plan(const HthSyncWanted *wanted, guint n_wanted, const HthSyncHeld *held,
                           guint n_held, const HthSyncPlanLimits *limits)
{
    Planner self = {
        .plan = g_new0(HthSyncPlan, 1),
        .moves = g_ptr_array_new_with_free_func(move_free),
        .changes = g_array_new(FALSE, FALSE, sizeof(Pair)),
        .puts = g_array_new(FALSE, FALSE, sizeof(Pair)),
        .files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
        .dirs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
        .waiting = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                         (GDestroyNotify)g_ptr_array_unref),
        .kept = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
        .room = limits->free_bytes,
    };
    g_queue_init(&self.ready);
    self.plan->steps = g_array_new(FALSE, TRUE, sizeof(HthSyncPlanStep));
    g_array_set_clear_func(self.plan->steps, step_clear);
    join(&self, wanted, n_wanted, held, n_held);
    if (self.moves->len + g_hash_table_size(self.kept) >
        0) { /* else nobody asks which paths are taken */
        for (guint i = 0; i < n_held; i++)
            occupy(&self, held[i].path);
        for (guint i = 0; i < self.plan->steps->len; i++) /* the removals so far */
            vacate(&self, g_array_index(self.plan->steps, HthSyncPlanStep, i).path);
        run_moves(&self);
    }
    add_changes(&self);
    add_puts(&self);
    g_ptr_array_unref(self.moves);
    g_array_unref(self.changes);
    g_array_unref(self.puts);
    g_hash_table_unref(self.files);
    g_hash_table_unref(self.dirs);
    g_hash_table_unref(self.waiting);
    g_hash_table_unref(self.kept);
    g_queue_clear(&self.ready);
    return self.plan;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workload.h"

#include <string.h>

/* Enough that a run does not come round to where it began too often: it must not fit a cache. */
#define N_REQUESTS 20000

/* One answer in this many is kept, and parsed once the clock has stopped. */
#define SAMPLE_EVERY 61
#define MAX_SAMPLES  100

typedef struct {
    gsize at; /* in the text of all requests */
    gsize size;
    gint64 total; /* what TotalMatches must be; -1: not known */
    guint first;
} Question;

typedef struct {
    const HthLoadOptions *options;
    GString *text;
    GArray *questions; /* of Question */
    guint next;
    guint64 n_answers;
    guint64 n_totals_differ;
    GPtrArray *samples; /* of GBytes */
} Pages;

static void pages_init(Pages *self, const HthLoadOptions *options)
{
    *self = (Pages){
        .options = options,
        .text = g_string_sized_new(N_REQUESTS * 1024),
        .questions = g_array_new(FALSE, FALSE, sizeof(Question)),
        .samples = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref),
    };
}

static void pages_clear(Pages *self)
{
    g_string_free(self->text, TRUE);
    g_array_unref(self->questions);
    g_ptr_array_unref(self->samples);
}

static void add_question(Pages *self, gsize at, guint first, gint64 total)
{
    const Question question = { at, self->text->len - at, total, first };
    g_array_append_val(self->questions, question);
}

/* Each connection asks as one kind of client for ever, so questions are dealt by their kind. */
static gboolean next_page(gpointer data, guint connection, HthLoadRequest *out)
{
    Pages *self = data;
    guint at = self->next++ % self->questions->len;
    at -= at % HTH_N_CLIENT_KINDS;
    at += connection % HTH_N_CLIENT_KINDS;
    const Question *question = &g_array_index(self->questions, Question, at);
    *out = (HthLoadRequest){ self->text->str + question->at, question->size, at };
    return TRUE;
}

static gboolean check_page(gpointer data, guint tag, guint status, const char *body, gsize size)
{
    Pages *self = data;
    if (status != 200)
        return FALSE;
    const Question *question = &g_array_index(self->questions, Question, tag);
    const gint64 returned = hth_soap_number(body, size, "NumberReturned");
    const gint64 total = hth_soap_number(body, size, "TotalMatches");
    if (++self->n_answers % SAMPLE_EVERY == 1 && self->samples->len < MAX_SAMPLES)
        g_ptr_array_add(self->samples, g_bytes_new(body, size));
    self->n_totals_differ += total != question->total;
    if (self->options->is_exact && total != question->total)
        return FALSE;
    return total >= 0 && returned == MIN(self->options->count, MAX(0, total - question->first));
}

/* How many of the answers that were kept are not what they say they are. */
static guint count_bad_samples(const Pages *self)
{
    guint n_bad = 0;
    for (guint i = 0; i < self->samples->len; i++) {
        gsize size = 0;
        const char *body = g_bytes_get_data(self->samples->pdata[i], &size);
        n_bad += hth_soap_parse(body, size, NULL) != hth_soap_number(body, size, "NumberReturned");
    }
    return n_bad;
}

static void run(Pages *self, const char *more)
{
    const HthLoadWork work = {
        .next = next_page, .check = check_page, .keep_body = TRUE, .data = self
    };
    HthLoadResult result;
    hth_load_run(&self->options->plan, &work, &result);
    g_autofree char *fields = g_strdup_printf(
        ", \"parsed\": %u, \"malformed\": %u, \"totals_differ\": %" G_GUINT64_FORMAT "%s",
        self->samples->len, count_bad_samples(self), self->n_totals_differ, more);
    hth_load_result_print(&result, fields);
    hth_load_result_clear(&result);
}

/* The containers with enough objects, and how many objects there are up to the end of each. */
typedef struct {
    GPtrArray *containers;
    GArray *ends; /* of guint64 */
    guint64 n_objects;
} Choice;

static void choice_init(Choice *self, const GArray *tree, guint min_children)
{
    *self = (Choice){ g_ptr_array_new(), g_array_new(FALSE, FALSE, sizeof(guint64)), 0 };
    for (guint i = 0; i < tree->len; i++) {
        HthTreeContainer *container = &g_array_index(tree, HthTreeContainer, i);
        if (container->n_children < MAX(1, min_children))
            continue;
        self->n_objects += container->n_children;
        g_ptr_array_add(self->containers, container);
        g_array_append_val(self->ends, self->n_objects);
    }
}

static void choice_clear(Choice *self)
{
    g_ptr_array_unref(self->containers);
    g_array_unref(self->ends);
}

/* The container that holds object number @at of all, and the object's place in it. */
static const HthTreeContainer *choice_pick(const Choice *self, guint64 at, guint *out_place)
{
    guint low = 0;
    guint high = self->ends->len - 1;
    while (low < high) {
        const guint middle = (low + high) / 2;
        if (g_array_index(self->ends, guint64, middle) > at)
            high = middle;
        else
            low = middle + 1;
    }
    const HthTreeContainer *container = self->containers->pdata[low];
    *out_place = (guint)(at + container->n_children - g_array_index(self->ends, guint64, low));
    return container;
}

static void make_browses(Pages *self, const GArray *tree)
{
    const guint page = self->options->count;
    Choice choice;
    choice_init(&choice, tree, self->options->min_children);
    g_autoptr(GRand) rand = g_rand_new_with_seed(17);
    for (guint i = 0; choice.n_objects > 0 && i < N_REQUESTS; i++) {
        guint place = 0;
        const HthTreeContainer *container =
            choice_pick(&choice, (guint64)(g_rand_double(rand) * (double)choice.n_objects), &place);
        /* Only full pages are asked for where every container holds one. */
        const gboolean is_full = self->options->min_children >= page;
        const guint first =
            is_full ? MIN(place, container->n_children - page) : place - place % page;
        const gsize start = self->text->len;
        hth_soap_browse(self->text, &self->options->control, i % HTH_N_CLIENT_KINDS, container->id,
                        first, page);
        add_question(self, start, first, container->n_children);
    }
    choice_clear(&choice);
}

gboolean hth_workload_browse(const HthLoadOptions *options, const GArray *tree)
{
    Pages self;
    pages_init(&self, options);
    make_browses(&self, tree);
    const gboolean has_any = self.questions->len > 0;
    if (has_any)
        run(&self, "");
    pages_clear(&self);
    return has_any;
}

gboolean hth_workload_search(const HthLoadOptions *options, const char *words, GError **error)
{
    g_autofree char *text = NULL;
    if (!g_file_get_contents(words, &text, NULL, error))
        return FALSE;
    Pages self;
    pages_init(&self, options);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (guint round = 0; round < HTH_N_CLIENT_KINDS; round++) {
        for (char **line = lines; *line != NULL; line++) {
            char *tab = strchr(*line, '\t');
            if (tab == NULL)
                continue;
            g_autofree char *word = g_strndup(*line, (gsize)(tab - *line));
            const gsize start = self.text->len;
            hth_soap_search(self.text, &options->control, self.questions->len % HTH_N_CLIENT_KINDS,
                            word, options->count);
            add_question(&self, start, 0, g_ascii_strtoll(tab + 1, NULL, 10));
        }
    }
    g_array_set_size(self.questions, self.questions->len & ~3U);
    const gboolean has_any = self.questions->len > 0;
    if (has_any)
        run(&self, "");
    else
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s holds no words", words);
    pages_clear(&self);
    return has_any;
}

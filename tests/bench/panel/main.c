/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hearth-panel, as it is, with somebody who scrolls and a clock: panel-scroll [OPTION of
 * hearth-panel…] [--started MICROSECONDS] [--steps STEP]…
 *
 * steady:SECONDS fling:SECONDS jump:SECONDS rest:SECONDS  move what the library shows
 * kind:NAME  search:WORDS  show something else
 *
 * Each step prints a line of JSON; the start does as well.
 */
#include <stdlib.h>
#include <string.h>

#include "application.h"
#include "frame-log.h"
#include "page/home-page.h"
#include "page/library-page.h"
#include "scroller.h"
#include "widget/cover.h"
#include "window.h"

typedef struct {
    HthApplication *application;
    GtkWidget *window;
    GtkWidget *library; /* the page */
    FrameLog *log;
    char *started;
    char **steps;
    guint n_done;
    gboolean is_moving; /* a step that scrolls is under way */
    Scroller scroller;
    gint64 started_us; /* the process */
    gint64 shown_us;   /* its first frame, and the first with the page that was asked for */
    guint64 n_tiles;   /* drawn, over all frames of the step */
    guint64 n_bare;    /* of these, without their picture */
    guint n_bare_frames;
    guint n_empty_frames; /* frames in which no tile had its picture */
    gint64 bare_since_us;
    gint64 longest_bare_us;
} Bench;

/* ---- What is on the screen ---- */

static GtkWidget *find(GtkWidget *widget, GType type)
{
    if (G_TYPE_CHECK_INSTANCE_TYPE(widget, type))
        return widget;
    GtkWidget *found = NULL;
    for (GtkWidget *child = gtk_widget_get_first_child(widget); child != NULL && found == NULL;
         child = gtk_widget_get_next_sibling(child))
        found = find(child, type);
    return found;
}

static void count_tiles(GtkWidget *widget, GtkWidget *view, guint *n_tiles, guint *n_bare)
{
    if (!gtk_widget_get_mapped(widget))
        return;
    if (HTH_IS_COVER(widget)) {
        graphene_rect_t bounds;
        const graphene_rect_t seen = GRAPHENE_RECT_INIT(0, 0, (float)gtk_widget_get_width(view),
                                                        (float)gtk_widget_get_height(view));
        if (gtk_widget_compute_bounds(widget, view, &bounds) &&
            graphene_rect_intersection(&bounds, &seen, NULL)) {
            *n_tiles += 1;
            *n_bare += !hth_cover_has_picture(HTH_COVER(widget));
        }
        return;
    }
    for (GtkWidget *child = gtk_widget_get_first_child(widget); child != NULL;
         child = gtk_widget_get_next_sibling(child))
        count_tiles(child, view, n_tiles, n_bare);
}

static HthMediaView *view_of(Bench *self)
{
    return hth_library_page_view(HTH_LIBRARY_PAGE(self->library));
}

/* Whether what was asked for is on the screen, whole. */
static gboolean is_shown(Bench *self, guint n_tiles, guint n_bare)
{
    if (gtk_widget_get_mapped(self->library))
        return n_tiles > 0 && n_bare == 0;
    GtkWidget *home = find(self->window, HTH_TYPE_HOME_PAGE);
    return gtk_widget_get_mapped(home) &&
           hth_home_status(hth_application_panel(self->application)->home) != NULL;
}

/* ---- Steps ---- */

static void print(JsonObject *object)
{
    g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(), object);
    g_autofree char *text = json_to_string(node, FALSE);
    g_print("%s\n", text);
}

static gint64 pss_kb(void)
{
    g_autofree char *text = NULL;
    if (!g_file_get_contents("/proc/self/smaps_rollup", &text, NULL, NULL))
        return 0;
    const char *pss = strstr(text, "\nPss:");
    return pss != NULL ? g_ascii_strtoll(pss + strlen("\nPss:"), NULL, 10) : 0;
}

static void report(Bench *self)
{
    HthPageList *list = hth_media_view_list(view_of(self));
    g_autoptr(JsonObject) object = json_object_new();
    json_object_set_string_member(object, "step", self->steps[self->n_done]);
    frame_log_report(self->log, object);
    json_object_set_int_member(object, "n_tiles", (gint64)self->n_tiles);
    json_object_set_int_member(object, "n_bare", (gint64)self->n_bare);
    json_object_set_int_member(object, "n_bare_frames", self->n_bare_frames);
    json_object_set_int_member(object, "n_empty_frames", self->n_empty_frames);
    json_object_set_double_member(object, "longest_bare_ms", (double)self->longest_bare_us / 1000);
    json_object_set_int_member(object, "n_items", g_list_model_get_n_items(G_LIST_MODEL(list)));
    json_object_set_int_member(object, "n_pages", hth_page_list_n_pages(list));
    json_object_set_int_member(object, "n_pages_max", HTH_PAGE_LIST_PAGES);
    HthPictures *pictures = hth_application_panel(self->application)->pictures;
    json_object_set_int_member(object, "picture_bytes", (gint64)hth_pictures_n_bytes(pictures));
    json_object_set_int_member(object, "picture_bytes_max", HTH_PICTURES_BYTES);
    json_object_set_int_member(object, "pss_kb", pss_kb());
    print(object);
}

static void move(Bench *self, ScrollManner manner, const char *seconds)
{
    self->is_moving = TRUE;
    self->scroller.manner = manner;
    self->scroller.length_us = (gint64)(g_ascii_strtod(seconds, NULL) * G_USEC_PER_SEC);
    self->scroller.began_us = 0;
    self->scroller.n_moves = 0;
    self->n_tiles = self->n_bare = 0;
    self->n_bare_frames = self->n_empty_frames = 0;
    self->bare_since_us = self->longest_bare_us = 0;
    frame_log_clear(self->log);
}

static void begin(Bench *self, const char *step)
{
    static const struct {
        const char *name;
        ScrollManner manner;
    } manners[] = {
        { "steady:", SCROLL_STEADY },
        { "fling:", SCROLL_FLING },
        { "jump:", SCROLL_JUMP },
        { "rest:", SCROLL_REST },
    };
    const char *value = strchr(step, ':') + 1;
    for (guint i = 0; i < G_N_ELEMENTS(manners); i++) {
        if (g_str_has_prefix(step, manners[i].name)) {
            move(self, manners[i].manner, value);
            return;
        }
    }
    if (g_str_has_prefix(step, "kind:"))
        hth_window_show_kind(HTH_WINDOW(self->window), value);
    else
        hth_window_search(HTH_WINDOW(self->window), value);
    move(self, SCROLL_REST, "0.5"); /* a while for it to come */
}

static void go_on(Bench *self)
{
    if (self->steps != NULL && self->steps[self->n_done] != NULL)
        begin(self, self->steps[self->n_done]);
    else
        g_application_quit(G_APPLICATION(self->application));
}

/* In every frame, before it is laid out. */
static gboolean on_tick(GtkWidget *widget, GdkFrameClock *clock, gpointer data)
{
    Bench *self = data;
    GtkAdjustment *adjustment = hth_media_view_scroll(view_of(self));
    if (!self->is_moving || adjustment == NULL)
        return G_SOURCE_CONTINUE;
    if (!scroller_step(&self->scroller, adjustment, gdk_frame_clock_get_frame_time(clock))) {
        self->is_moving = FALSE;
        report(self);
        self->n_done++;
        go_on(self);
    }
    return G_SOURCE_CONTINUE;
}

/* ---- Frames ---- */

static void on_first_shown(Bench *self, gint64 now_us)
{
    g_autoptr(JsonObject) object = json_object_new();
    json_object_set_string_member(object, "step", "start");
    json_object_set_double_member(object, "frame_ms",
                                  (double)(self->shown_us - self->started_us) / 1000);
    json_object_set_double_member(object, "content_ms", (double)(now_us - self->started_us) / 1000);
    json_object_set_int_member(object, "pss_kb", pss_kb());
    print(object);
    gtk_widget_add_tick_callback(self->window, on_tick, self, NULL);
    go_on(self);
}

static void note_bare(Bench *self, gint64 now_us, guint n_tiles, guint n_bare)
{
    self->n_tiles += n_tiles;
    self->n_bare += n_bare;
    self->n_bare_frames += n_bare > 0;
    self->n_empty_frames += n_tiles > 0 && n_bare == n_tiles;
    if (n_bare == 0)
        self->bare_since_us = 0;
    else if (self->bare_since_us == 0)
        self->bare_since_us = now_us;
    else
        self->longest_bare_us = MAX(self->longest_bare_us, now_us - self->bare_since_us);
}

static void on_frame(gint64 now_us, gpointer data)
{
    Bench *self = data;
    guint n_tiles = 0;
    guint n_bare = 0;
    if (gtk_widget_get_mapped(self->library))
        count_tiles(GTK_WIDGET(view_of(self)), GTK_WIDGET(view_of(self)), &n_tiles, &n_bare);
    if (self->is_moving)
        note_bare(self, now_us, n_tiles, n_bare);
    const gboolean is_first = self->shown_us == 0;
    if (is_first)
        self->shown_us = now_us;
    if (self->started_us != 0 && is_shown(self, n_tiles, n_bare)) {
        on_first_shown(self, now_us);
        self->started_us = 0;
    }
}

static void on_realize(GtkWidget *window, Bench *self)
{
    self->log = frame_log_new(gtk_native_get_surface(GTK_NATIVE(window)), on_frame, self);
}

static void on_window(GtkApplication *application, GtkWindow *window, Bench *self)
{
    if (self->window != NULL)
        return;
    self->window = GTK_WIDGET(window);
    g_signal_connect(window, "realize", G_CALLBACK(on_realize), self);
}

/* The pages are made between the window's adding and its first frame. */
static void on_activate(Bench *self)
{
    self->library = find(self->window, HTH_TYPE_LIBRARY_PAGE);
    if (self->started != NULL)
        self->started_us = g_ascii_strtoll(self->started, NULL, 10);
}

int main(int argc, char **argv)
{
    Bench self = { .application = hth_application_new() };
    const GOptionEntry entries[] = {
        { "started", 0, 0, G_OPTION_ARG_STRING, &self.started, "When it was started",
          "MICROSECONDS" },
        { "steps", 0, 0, G_OPTION_ARG_STRING_ARRAY, &self.steps, "What to do", "STEP" },
        { NULL },
    };
    g_application_add_main_option_entries(G_APPLICATION(self.application), entries);
    g_signal_connect(self.application, "window-added", G_CALLBACK(on_window), &self);
    g_signal_connect_data(self.application, "activate", G_CALLBACK(on_activate), &self, NULL,
                          G_CONNECT_AFTER | G_CONNECT_SWAPPED);
    self.started_us = g_get_monotonic_time();
    self.scroller.random = g_rand_new_with_seed(7);
    const int code = g_application_run(G_APPLICATION(self.application), argc, argv);
    g_rand_free(self.scroller.random);
    frame_log_free(self.log);
    g_strfreev(self.steps);
    g_free(self.started);
    g_object_unref(self.application);
    return code;
}

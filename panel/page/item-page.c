/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "page/item-page.h"

#include <glib/gi18n.h>
#include <string.h>

#include "api/member.h"
#include "page/item-plays.h"
#include "page/playlist-editor.h"
#include "widget/cover.h"
#include "widget/row-set.h"
#include "widget/sheet.h"
#include "wording.h"

#define COVER_PIXELS 160

/* The page while the daemon says what it knows. */
typedef struct {
    HthPanel *panel;
    GtkBox *box; /* a reference */
} Opening;

/* ---- Facts ---- */

static void add_text(AdwPreferencesGroup *group, const char *name, JsonObject *json,
                     const char *member)
{
    hth_sheet_add_fact(group, name, hth_member_text(json, member));
}

static void add_list(AdwPreferencesGroup *group, const char *name, JsonObject *json,
                     const char *member)
{
    g_autofree char *joined = hth_member_joined(json, member, ", ");
    hth_sheet_add_fact(group, name, joined);
}

/* "3 of 12" */
static void add_place(AdwPreferencesGroup *group, const char *name, JsonObject *json,
                      const char *member, const char *total_member)
{
    const gint64 place = hth_member_number(json, member);
    const gint64 total = hth_member_number(json, total_member);
    g_autofree char *number = g_strdup_printf("%" G_GINT64_FORMAT, place);
    g_autofree char *all = g_strdup_printf("%" G_GINT64_FORMAT, total);
    g_autofree char *of = total > 0 ? g_strdup_printf(_("%s of %s"), number, all) : NULL;
    if (place > 0)
        hth_sheet_add_fact(group, name, of != NULL ? of : number);
}

static void add_tags(GtkBox *box, JsonObject *json)
{
    AdwPreferencesGroup *group = hth_sheet_add_group(box, _("Tags"), NULL);
    add_text(group, _("Title"), json, "title");
    add_list(group, _("Artists"), json, "artists");
    add_text(group, _("Album"), json, "album");
    add_list(group, _("Album artists"), json, "album_artists");
    add_list(group, _("Composers"), json, "composers");
    add_list(group, _("Genres"), json, "genres");
    g_autofree char *date = hth_wording_date(hth_member_text(json, "date"));
    hth_sheet_add_fact(group, _("Date"), date);
    add_place(group, _("Track number"), json, "track", "track_total");
    add_place(group, _("Disc"), json, "disc", "disc_total");
}

static void append(GString *facts, char *fact)
{
    if (fact != NULL && *fact != '\0')
        g_string_append_printf(facts, "%s%s", facts->len > 0 ? " · " : "", fact);
    g_free(fact);
}

/* Codecs as people write them. Others as they are. */
static char *codec_name(const char *codec)
{
    static const struct {
        const char *codec;
        const char *name;
    } rows[] = {
        { "aac", "AAC" },      { "ac3", "AC-3" },   { "alac", "ALAC" },     { "av1", "AV1" },
        { "flac", "FLAC" },    { "h264", "H.264" }, { "hevc", "H.265" },    { "mp3", "MP3" },
        { "mpeg4", "MPEG-4" }, { "opus", "Opus" },  { "vorbis", "Vorbis" }, { "vp8", "VP8" },
        { "vp9", "VP9" },      { "wmav2", "WMA" },
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (strcmp(rows[i].codec, codec) == 0)
            return g_strdup(rows[i].name);
    }
    return g_strdup(codec);
}

/* "MP4" for "…/film.mp4". */
static char *container_name(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot != NULL && strchr(dot, '/') == NULL ? g_utf8_strup(dot + 1, -1) : NULL;
}

static char *number(const char *format, JsonObject *json, const char *member, double unit)
{
    const gint64 value = hth_member_number(json, member);
    if (value <= 0)
        return NULL;
    g_autofree char *digits = g_strdup_printf(unit > 1 ? "%.3g" : "%.0f", (double)value / unit);
    return g_strdup_printf("%s %s", digits, format);
}

static char *channels_of(JsonObject *json)
{
    const gint64 n = hth_member_number(json, "channels");
    if (n <= 0)
        return NULL;
    return n == 1   ? g_strdup(_("mono"))
           : n == 2 ? g_strdup(_("stereo"))
                    : g_strdup_printf(_("%d channels"), (int)n);
}

static char *date_of(JsonObject *json, const char *member)
{
    const gint64 unix_s = hth_member_number(json, member);
    g_autoptr(GDateTime) when = unix_s > 0 ? g_date_time_new_from_unix_local(unix_s) : NULL;
    return when != NULL ? g_date_time_format(when, "%x %H:%M") : NULL;
}

/* Languages of the files with subtitles beside a film. */
static char *subtitles_of(JsonObject *json)
{
    g_autoptr(GString) languages = g_string_new(NULL);
    for (guint i = 0; i < hth_member_length(json, "subtitles"); i++) {
        const char *language = hth_member_text(hth_member_at(json, "subtitles", i), "language");
        g_string_append_printf(languages, "%s%s", i > 0 ? ", " : "",
                               *language != '\0' ? language : _("without a language"));
    }
    return g_string_free(g_steal_pointer(&languages), FALSE);
}

static char *format_of(JsonObject *json)
{
    g_autoptr(GString) facts = g_string_new(NULL);
    if (strcmp(hth_member_text(json, "kind"), "track") != 0)
        append(facts, container_name(hth_member_text(json, "path")));
    append(facts, codec_name(hth_member_text(json, "video_codec")));
    append(facts, g_strdup(hth_member_text(json, "video_profile")));
    append(facts, codec_name(hth_member_text(json, "audio_codec")));
    if (hth_member_number(json, "height") > 0)
        append(facts, g_strdup_printf("%d × %d", (int)hth_member_number(json, "width"),
                                      (int)hth_member_number(json, "height")));
    append(facts, number("kHz", json, "sample_rate_hz", 1000));
    append(facts, number(_("bit"), json, "bits_per_sample", 1));
    append(facts, channels_of(json));
    if (hth_member_double(json, "frame_rate") > 0)
        append(facts,
               g_strdup_printf(_("%.4g pictures a second"), hth_member_double(json, "frame_rate")));
    append(facts, number("kbit/s", json, "bitrate_bps", 1000));
    return g_string_free(g_steal_pointer(&facts), FALSE);
}

static void add_file(GtkBox *box, JsonObject *json)
{
    AdwPreferencesGroup *group = hth_sheet_add_group(box, _("File"), NULL);
    g_autofree char *format = format_of(json);
    g_autofree char *size = hth_wording_bytes(hth_member_number(json, "size_bytes"));
    add_text(group, _("Place"), json, "path");
    hth_sheet_add_fact(group, _("Format"), format);
    hth_sheet_add_fact(group, _("Size"), size);
    const gint64 duration_ms = hth_member_number(json, "duration_ms");
    g_autofree char *length = duration_ms > 0 ? hth_wording_clock(duration_ms) : NULL;
    hth_sheet_add_fact(group, _("Length"), length);
    g_autofree char *subtitles = subtitles_of(json);
    hth_sheet_add_fact(group, _("Subtitles"), subtitles);
    g_autofree char *changed = date_of(json, "mtime_unix_s");
    hth_sheet_add_fact(group, _("File changed"), changed);
    g_autofree char *added = date_of(json, "added_unix_s");
    hth_sheet_add_fact(group, _("In the library since"), added);
    add_text(group, _("Address"), json, "url");
    if (!hth_member_is(json, "is_probed"))
        hth_sheet_add_fact(group, _("Tags and properties"), _("Not read yet"));
    if (!hth_member_is(json, "is_available"))
        hth_sheet_add_fact(group, _("State"), _("The folder that holds it is away"));
}

/* ---- Renditions ---- */

static const char *state_text(const char *state)
{
    static const struct {
        const char *state;
        const char *text;
    } rows[] = {
        { "ready", N_("made and kept here") },
        { "dropped", N_("made before, no longer kept here") },
        { "waiting", N_("waits to be made") },
        { "converting", N_("is being made") },
        { "failed", N_("cannot be made") },
        { "unsupported", N_("this computer has no encoder for it") },
        { "none", N_("made when a device asks for it") },
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (strcmp(rows[i].state, state) == 0)
            return _(rows[i].text);
    }
    return state;
}

/* "12.3 MB · made and kept here · for Anna’s phone" */
static char *rendition_text(JsonObject *rendition)
{
    const char *state = hth_member_text(rendition, "state");
    const gint64 size_bytes = hth_member_number(rendition, "size_bytes");
    const gboolean is_exact = strcmp(state, "ready") == 0 || strcmp(state, "dropped") == 0;
    g_autofree char *devices = hth_member_joined(rendition, "devices", ", ");
    g_autofree char *size = hth_wording_bytes(size_bytes);
    g_autoptr(GString) text = g_string_new(NULL);
    if (size_bytes > 0)
        append(text, is_exact ? g_strdup(size) : g_strdup_printf(_("about %s"), size));
    append(text, g_strdup(state_text(state)));
    append(text, devices != NULL ? g_strdup_printf(_("for %s"), devices) : NULL);
    append(text, g_strdup(hth_member_text(rendition, "problem")));
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static void on_renditions(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(AdwPreferencesGroup) group = data;
    g_autoptr(JsonObject) json = hth_api_client_call_finish(HTH_API_CLIENT(source), result, NULL);
    g_autofree char *originals = hth_member_joined(json, "devices_with_original", ", ");
    g_autofree char *original =
        originals != NULL ? g_strdup_printf(_("for %s, and whatever is on this network"), originals)
                          : g_strdup(_("for whatever is on this network"));
    hth_sheet_add_fact(group, _("The file as it is"), original);
    for (guint i = 0; i < hth_member_length(json, "renditions"); i++) {
        JsonObject *rendition = hth_member_at(json, "renditions", i);
        g_autofree char *text = rendition_text(rendition);
        hth_sheet_add_fact(group, hth_member_text(rendition, "meaning"), text);
    }
}

static void add_renditions(HthPanel *panel, GtkBox *box, JsonObject *json)
{
    AdwPreferencesGroup *group = hth_sheet_add_group(box, _("Given to Devices as"), NULL);
    g_autofree char *id = g_uri_escape_string(hth_member_text(json, "id"), NULL, FALSE);
    g_autofree char *path = g_strconcat("item/", id, "/renditions", NULL);
    hth_api_client_call(hth_home_client(panel->home), "GET", path, NULL, NULL, on_renditions,
                        g_object_ref(group));
}

static void on_found(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autofree Opening *opening = data;
    g_autoptr(GtkBox) box = opening->box;
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonObject) json = hth_api_client_call_finish(HTH_API_CLIENT(source), result, &error);
    if (json == NULL) {
        if (opening->panel->window != NULL)
            hth_window_fail(opening->panel->window, error);
        return;
    }
    hth_item_plays_add(opening->panel, box, json);
    add_tags(box, json);
    add_file(box, json);
    add_renditions(opening->panel, box, json);
}

static void on_add(GtkButton *button, HthPanel *panel)
{
    hth_playlist_add(panel, g_object_get_data(G_OBJECT(button), "item"));
}

static GtkWidget *words(const char *text, const char *class)
{
    g_autofree char *shown = hth_row_text(text);
    GtkWidget *label = gtk_label_new(shown);
    gtk_label_set_wrap(GTK_LABEL(label), TRUE);
    gtk_label_set_justify(GTK_LABEL(label), GTK_JUSTIFY_CENTER);
    gtk_widget_add_css_class(label, class);
    return label;
}

/* Its picture, and what it is called. */
static GtkWidget *head(HthPanel *panel, HthLibraryItem *item)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 6);
    GtkWidget *cover = hth_cover_new(panel->pictures, COVER_PIXELS);
    hth_cover_set_item(HTH_COVER(cover), item);
    gtk_widget_set_halign(cover, GTK_ALIGN_CENTER);
    gtk_widget_set_margin_bottom(cover, 6);
    gtk_box_append(GTK_BOX(box), cover);
    gtk_box_append(GTK_BOX(box), words(hth_library_item_title(item), "title-2"));
    g_autofree char *artists = hth_library_item_artists(item);
    if (*artists != '\0')
        gtk_box_append(GTK_BOX(box), words(artists, "dim-label"));
    return box;
}

void hth_item_page_open(HthPanel *panel, HthLibraryItem *item)
{
    GtkBox *box = NULL;
    GtkWidget *sheet = hth_sheet_new(&box);
    GtkWidget *add = hth_icon_button("list-add-symbolic", _("Add to a playlist"));
    g_object_set_data_full(G_OBJECT(add), "item", g_object_ref(item), g_object_unref);
    g_signal_connect(add, "clicked", G_CALLBACK(on_add), panel);
    gtk_box_append(box, head(panel, item));
    hth_window_push(panel->window, hth_library_item_title(item), sheet, add);
    Opening *opening = g_new(Opening, 1);
    *opening = (Opening){ panel, g_object_ref(box) };
    g_autofree char *id = g_uri_escape_string(hth_library_item_id(item), NULL, FALSE);
    g_autofree char *path = g_strconcat("item/", id, NULL);
    hth_api_client_call(hth_home_client(panel->home), "GET", path, NULL, NULL, on_found, opening);
}

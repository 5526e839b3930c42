/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "elements.h"

#include <libavcodec/avcodec.h>

#include "base/error.h"

/* Demuxers, parsers, decoders and encoders of the formats in media-info.h, and no others: what is
 * not in the list can't be reached by a foreign file. */
static const char *const plugins[] = {
    "coreelements",  "typefindfunctions",
    "playback",      "audioconvert",
    "audioresample", "videoconvertscale",
    "videofilter",   "deinterlace",
    "audioparsers",  "videoparsersbad",
    "ogg",           "opus",
    "opusparse",     "vorbis",
    "theora",        "flac",
    "wavparse",      "aiff",
    "isomp4",        "matroska",
    "vpx",           "avi",
    "asf",           "mpegtsdemux",
    "mpegpsdemux",   "id3demux",
    "apetag",        "mpg123",
    "libav",         "lame",
    "x264",          "openh264",
    "fdkaac",        "voaacenc",
};

/* Encoders, the best first. */
static const struct {
    HthRenditionCodec codec;
    gboolean is_video;
    const char *element;
} encoders[] = {
    { HTH_RENDITION_OPUS, FALSE, "opusenc" },   { HTH_RENDITION_AAC, FALSE, "fdkaacenc" },
    { HTH_RENDITION_AAC, FALSE, "avenc_aac" },  { HTH_RENDITION_AAC, FALSE, "voaacenc" },
    { HTH_RENDITION_MP3, FALSE, "lamemp3enc" }, { HTH_RENDITION_H264, FALSE, "fdkaacenc" },
    { HTH_RENDITION_H264, FALSE, "avenc_aac" }, { HTH_RENDITION_H264, FALSE, "voaacenc" },
    { HTH_RENDITION_H264, TRUE, "x264enc" },    { HTH_RENDITION_H264, TRUE, "openh264enc" },
};

/* What else a codec needs, and the Debian package that each thing is in. */
static const struct {
    const char *element;
    const char *package;
    guint codecs; /* bit set */
} needs[] = {
#define ALL_SOUND                                                                                  \
    (1 << HTH_RENDITION_OPUS | 1 << HTH_RENDITION_AAC | 1 << HTH_RENDITION_MP3 |                   \
     1 << HTH_RENDITION_H264)
    { "decodebin", "gstreamer1.0-plugins-base", ALL_SOUND },
    { "audioconvert", "gstreamer1.0-plugins-base", ALL_SOUND },
    { "audioresample", "gstreamer1.0-plugins-base", ALL_SOUND },
    { "oggmux", "gstreamer1.0-plugins-base", 1 << HTH_RENDITION_OPUS },
    { "mp4mux", "gstreamer1.0-plugins-good", 1 << HTH_RENDITION_AAC | 1 << HTH_RENDITION_H264 },
    { "videoconvert", "gstreamer1.0-plugins-base", 1 << HTH_RENDITION_H264 },
    { "videoscale", "gstreamer1.0-plugins-base", 1 << HTH_RENDITION_H264 },
    { "deinterlace", "gstreamer1.0-plugins-good", 1 << HTH_RENDITION_H264 },
    { "videoflip", "gstreamer1.0-plugins-good", 1 << HTH_RENDITION_H264 },
};

static const char *const encoder_packages[HTH_N_RENDITION_CODECS] = {
    [HTH_RENDITION_OPUS] = "gstreamer1.0-plugins-base",
    [HTH_RENDITION_AAC] = "gstreamer1.0-libav",
    [HTH_RENDITION_MP3] = "gstreamer1.0-plugins-good",
    [HTH_RENDITION_H264] = "gstreamer1.0-plugins-ugly and gstreamer1.0-libav",
};

void hth_elements_load(const char *plugin_dir)
{
    (void)g_setenv("GST_REGISTRY_DISABLE", "yes", TRUE);
    (void)g_setenv("GST_REGISTRY_FORK", "no", TRUE);
    gst_init(NULL, NULL);
    gst_debug_set_default_threshold(GST_LEVEL_NONE);
    gst_debug_remove_log_function(NULL);
    for (guint i = 0; i < G_N_ELEMENTS(plugins); i++) {
        g_autofree char *path = g_strdup_printf(
            "%s/libgst%s.so", plugin_dir != NULL ? plugin_dir : HTH_GST_PLUGIN_DIR, plugins[i]);
        g_autoptr(GstPlugin) plugin = gst_plugin_load_file(path, NULL);
        if (plugin == NULL) /* a feature less; hth_elements_encoder() says which matters */
            continue;
        (void)gst_registry_add_plugin(gst_registry_get(), gst_object_ref(plugin));
    }
}

static gboolean is_there(const char *element)
{
    g_autoptr(GstElementFactory) factory = gst_element_factory_find(element);
    return factory != NULL;
}

static const char *best_encoder(HthRenditionCodec codec, gboolean is_video)
{
    for (guint i = 0; i < G_N_ELEMENTS(encoders); i++) {
        if (encoders[i].codec == codec && encoders[i].is_video == is_video &&
            is_there(encoders[i].element))
            return encoders[i].element;
    }
    return NULL;
}

const char *hth_elements_audio_encoder(HthRenditionCodec codec)
{
    return best_encoder(codec, FALSE);
}

const char *hth_elements_video_encoder(void)
{
    return best_encoder(HTH_RENDITION_H264, TRUE);
}

static char *fail_missing(const char *what, const char *package, GError **error)
{
    g_set_error(error, HTH_ERROR, HTH_ERROR_UNSUPPORTED, "GStreamer's %s is missing: install %s",
                what, package);
    return NULL;
}

/* "avenc_aac 1.22.0": the plugin's version, for it is what an update changes. */
static void append_version(GString *to, const char *element)
{
    g_autoptr(GstElementFactory) factory = gst_element_factory_find(element);
    g_autoptr(GstPlugin) plugin = gst_plugin_feature_get_plugin(GST_PLUGIN_FEATURE(factory));
    g_string_append_printf(to, " %s %s", element,
                           plugin != NULL ? gst_plugin_get_version(plugin) : "");
    if (g_str_has_prefix(element, "av"))
        g_string_append_printf(to, "/%u", avcodec_version() >> 8);
}

char *hth_elements_encoder(const HthRenditionProfile *profile, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_string_append_printf(text, "%d", HTH_RENDITION_VERSION);
    if (profile->codec == HTH_RENDITION_JPEG) {
        g_string_append_printf(text, " mjpeg %u", avcodec_version() >> 8);
        return g_string_free(g_steal_pointer(&text), FALSE);
    }
    for (guint i = 0; i < G_N_ELEMENTS(needs); i++) {
        if ((needs[i].codecs & (1u << profile->codec)) != 0 && !is_there(needs[i].element))
            return fail_missing(needs[i].element, needs[i].package, error);
    }
    const char *package = encoder_packages[profile->codec];
    const char *audio = hth_elements_audio_encoder(profile->codec);
    if (audio == NULL)
        return fail_missing("encoder of the sound", package, error);
    if (profile->kind == HTH_MEDIA_VIDEO && hth_elements_video_encoder() == NULL)
        return fail_missing("encoder of H.264", package, error);
    if (profile->kind == HTH_MEDIA_VIDEO)
        append_version(text, hth_elements_video_encoder());
    append_version(text, audio);
    return g_string_free(g_steal_pointer(&text), FALSE);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline.h"

#include <string.h>

#include "base/error.h"
#include "elements.h"
#include "file-elements.h"
#include "report.h"

/* How often progress is looked at. */
#define LOOK_NS (500 * GST_MSECOND)
/* Frames are encoded by so many threads whatever the machine has, for their number is in the
 * result. */
#define X264_THREADS 4
#define KEY_FRAMES   120

/* The demuxer and the decoders add pads on their own threads; the links are made there, one pad at
 * a time. Everything else belongs to the thread of hth_pipeline_run(). */
typedef struct {
    const HthPipelineJob *job;
    GstElement *pipeline;
    GstElement *muxer; /* NULL: the encoder's output is the file */
    GstElement *sink;
    GMutex lock; /* guards what is below */
    gboolean has_audio;
    gboolean has_video;
    guint rate_hz;
    guint bytes_a_sample; /* of all channels */
    guint64 n_bytes;      /* of sound that went to the encoder */
} Run;

static GstElement *make(const char *name)
{
    GstElement *element = gst_element_factory_make(name, NULL);
    g_assert(element != NULL); /* hth_elements_encoder() has asked for all of them */
    return element;
}

static void set_int(GstElement *element, const char *name, gint64 value)
{
    g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, value);
    gst_util_set_object_arg(G_OBJECT(element), name, text);
}

/* ---- Sound ---- */

/* The rate that comes nearest: renditions are for ears, and encoders have their lists. */
static guint fitting_rate(HthRenditionCodec codec, guint rate_hz)
{
    if (codec == HTH_RENDITION_OPUS)
        return 48000;
    if (rate_hz == 32000 || rate_hz == 44100 || rate_hz == 48000)
        return rate_hz;
    return rate_hz % 11025 == 0 ? 44100 : 48000;
}

static GstElement *make_audio_encoder(const HthRenditionProfile *profile)
{
    const char *name = hth_elements_audio_encoder(profile->codec);
    GstElement *encoder = make(name);
    if (strcmp(name, "lamemp3enc") == 0) {
        gst_util_set_object_arg(G_OBJECT(encoder), "target", "bitrate");
        gst_util_set_object_arg(G_OBJECT(encoder), "cbr", "true");
        set_int(encoder, "bitrate", profile->bitrate_bps / 1000);
    } else {
        set_int(encoder, "bitrate", profile->bitrate_bps);
    }
    if (strcmp(name, "opusenc") == 0)
        gst_util_set_object_arg(G_OBJECT(encoder), "audio-type", "generic");
    return encoder;
}

static GstPadProbeReturn on_samples(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    Run *run = data;
    g_mutex_lock(&run->lock);
    if ((info->type & GST_PAD_PROBE_TYPE_BUFFER) != 0) {
        run->n_bytes += gst_buffer_get_size(GST_PAD_PROBE_INFO_BUFFER(info));
    } else if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) == GST_EVENT_CAPS) {
        GstCaps *caps = NULL;
        gst_event_parse_caps(GST_PAD_PROBE_INFO_EVENT(info), &caps);
        const GstStructure *structure = gst_caps_get_structure(caps, 0);
        const char *format = gst_structure_get_string(structure, "format");
        int channels = 1, rate = 0;
        (void)gst_structure_get_int(structure, "channels", &channels);
        (void)gst_structure_get_int(structure, "rate", &rate);
        run->rate_hz = (guint)rate;
        run->bytes_a_sample = (guint)channels * (format != NULL && strstr(format, "16") ? 2 : 4);
    }
    g_mutex_unlock(&run->lock);
    return GST_PAD_PROBE_OK;
}

static void watch_samples(Run *run, GstElement *encoder)
{
    g_autoptr(GstPad) pad = gst_element_get_static_pad(encoder, "sink");
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
                      on_samples, run, NULL);
}

/* ---- Chains ---- */

/* Adds @n elements, links them in their order, and the last one to the muxer or the sink.
 * Returns: the first. */
static GstElement *add_chain(Run *run, GstElement **chain, guint n)
{
    for (guint i = 0; i < n; i++) {
        gst_bin_add(GST_BIN(run->pipeline), chain[i]);
        if (i > 0)
            (void)gst_element_link(chain[i - 1], chain[i]); /* a failure ends in not-linked */
    }
    GstElement *end = run->muxer != NULL ? run->muxer : run->sink;
    (void)gst_element_link(chain[n - 1], end);
    for (guint i = n; i > 0; i--)
        (void)gst_element_sync_state_with_parent(chain[i - 1]);
    return chain[0];
}

static GstElement *make_filter(GstCaps *caps)
{
    GstElement *filter = make("capsfilter");
    g_object_set(filter, "caps", caps, NULL);
    gst_caps_unref(caps);
    return filter;
}

static GstElement *add_audio_chain(Run *run, const GstStructure *from)
{
    const HthRenditionProfile *profile = run->job->profile;
    int rate = 0;
    (void)gst_structure_get_int(from, "rate", &rate);
    const guint fitting = fitting_rate(profile->codec, (guint)MAX(rate, 0));
    /* Two channels at most: what a handheld plays. */
    GstCaps *caps = gst_caps_new_simple("audio/x-raw", "rate", G_TYPE_INT, (int)fitting, "channels",
                                        GST_TYPE_INT_RANGE, 1, 2, NULL);
    GstElement *encoder = make_audio_encoder(profile);
    watch_samples(run, encoder);
    GstElement *chain[] = { make("queue"), make("audioconvert"), make("audioresample"),
                            make_filter(caps), encoder };
    return add_chain(run, chain, G_N_ELEMENTS(chain));
}

/* The size that fits into the profile's box, with square pixels and even sides; the box stands
 * upright when the picture does. Never larger than the original. */
static void fitting_size(const HthPipelineJob *job, const GstStructure *from, int *out_width,
                         int *out_height)
{
    int width = 16, height = 16, num = 1, den = 1;
    (void)gst_structure_get_int(from, "width", &width);
    (void)gst_structure_get_int(from, "height", &height);
    (void)gst_structure_get_fraction(from, "pixel-aspect-ratio", &num, &den);
    double w = width, h = height;
    if (num > 0 && den > 0)
        w = w * num / den;
    /* The probe has applied the orientation, which videoflip will. */
    if ((job->info->width > job->info->height) != (w > h) && job->info->width > 0) {
        const double swapped = w;
        w = h;
        h = swapped;
    }
    const double box_w = w >= h ? job->profile->max_width : job->profile->max_height;
    const double box_h = w >= h ? job->profile->max_height : job->profile->max_width;
    const double scale = MIN(1.0, MIN(box_w / w, box_h / h));
    *out_width = MAX((int)(w * scale / 2 + 0.5) * 2, 16);
    *out_height = MAX((int)(h * scale / 2 + 0.5) * 2, 16);
}

static GstElement *make_video_encoder(void)
{
    const char *name = hth_elements_video_encoder();
    GstElement *encoder = make(name);
    if (strcmp(name, "x264enc") == 0) {
        gst_util_set_object_arg(G_OBJECT(encoder), "pass", "qual");
        set_int(encoder, "quantizer", 22);
        gst_util_set_object_arg(G_OBJECT(encoder), "speed-preset", "faster");
        set_int(encoder, "threads", X264_THREADS);
        set_int(encoder, "key-int-max", KEY_FRAMES);
    } else {
        set_int(encoder, "bitrate", 2500000);
        gst_util_set_object_arg(G_OBJECT(encoder), "complexity", "high");
        set_int(encoder, "gop-size", KEY_FRAMES);
    }
    return encoder;
}

static GstElement *add_video_chain(Run *run, const GstStructure *from)
{
    int width = 0, height = 0;
    fitting_size(run->job, from, &width, &height);
    GstCaps *caps = gst_caps_new_simple("video/x-raw", "format", G_TYPE_STRING, "I420", "width",
                                        G_TYPE_INT, width, "height", G_TYPE_INT, height,
                                        "pixel-aspect-ratio", GST_TYPE_FRACTION, 1, 1, NULL);
    GstElement *flip = make("videoflip");
    gst_util_set_object_arg(G_OBJECT(flip), "method", "automatic");
    GstElement *chain[] = { make("queue"),        make("deinterlace"),
                            make("videoconvert"), flip,
                            make("videoscale"),   make("videoconvert"),
                            make_filter(caps),    make_video_encoder() };
    return add_chain(run, chain, G_N_ELEMENTS(chain));
}

/* ---- What decodebin finds ---- */

static gboolean is_wanted(const HthPipelineJob *job, const GstCaps *caps)
{
    const char *name = gst_structure_get_name(gst_caps_get_structure(caps, 0));
    if (g_str_has_prefix(name, "video/"))
        return job->profile->kind == HTH_MEDIA_VIDEO || strstr(name, "video/x-msvideo") != NULL ||
               strstr(name, "video/quicktime") != NULL ||
               strstr(name, "video/x-matroska") != NULL || strstr(name, "video/webm") != NULL ||
               strstr(name, "video/x-ms-asf") != NULL || strstr(name, "video/mpegts") != NULL;
    return !g_str_has_prefix(name, "image/") && !g_str_has_prefix(name, "subpicture/") &&
           !g_str_has_prefix(name, "text/") && !g_str_has_prefix(name, "subtitle/");
}

/* Covers and subtitles are not decoded, nor is a picture where only the sound is wanted. */
static gboolean on_autoplug(GstElement *decoder, GstPad *pad, GstCaps *caps, gpointer data)
{
    const Run *run = data;
    return gst_caps_is_any(caps) || gst_caps_is_empty(caps) || is_wanted(run->job, caps);
}

/* The first sound and the first picture; others stay without a link. */
static void on_pad(GstElement *decoder, GstPad *pad, gpointer data)
{
    Run *run = data;
    g_autoptr(GstCaps) caps = gst_pad_get_current_caps(pad);
    if (caps == NULL || gst_caps_is_empty(caps))
        return;
    const GstStructure *structure = gst_caps_get_structure(caps, 0);
    const char *name = gst_structure_get_name(structure);
    const gboolean is_audio = strcmp(name, "audio/x-raw") == 0;
    const gboolean is_video =
        strcmp(name, "video/x-raw") == 0 && run->job->profile->kind == HTH_MEDIA_VIDEO;
    g_mutex_lock(&run->lock);
    gboolean *has = is_audio ? &run->has_audio : &run->has_video;
    const gboolean is_first = (is_audio || is_video) && !*has;
    if (is_first)
        *has = TRUE;
    g_mutex_unlock(&run->lock);
    if (!is_first)
        return;
    GstElement *first =
        is_audio ? add_audio_chain(run, structure) : add_video_chain(run, structure);
    g_autoptr(GstPad) to = gst_element_get_static_pad(first, "sink");
    (void)gst_pad_link(pad, to); /* raw to queue: nothing to disagree about */
}

/* ---- Running ---- */

static void build(Run *run)
{
    const HthPipelineJob *job = run->job;
    run->pipeline = gst_pipeline_new(NULL);
    GstElement *source = hth_file_source_new(job->in_fd, job->in_bytes);
    GstElement *decoder = make("decodebin");
    run->sink = hth_file_sink_new(job->out_fd, job->first_byte);
    gst_bin_add_many(GST_BIN(run->pipeline), source, decoder, run->sink, NULL);
    (void)gst_element_link(source, decoder);
    if (job->profile->codec != HTH_RENDITION_MP3) {
        run->muxer = make(job->profile->codec == HTH_RENDITION_OPUS ? "oggmux" : "mp4mux");
        gst_bin_add(GST_BIN(run->pipeline), run->muxer);
        (void)gst_element_link(run->muxer, run->sink);
    }
    g_signal_connect(decoder, "autoplug-continue", G_CALLBACK(on_autoplug), run);
    g_signal_connect(decoder, "pad-added", G_CALLBACK(on_pad), run);
}

static gboolean fail_run(GstMessage *message, GError **error)
{
    g_autoptr(GError) cause = NULL;
    gst_message_parse_error(message, &cause, NULL);
    int code = HTH_ERROR_CORRUPT;
    if (g_error_matches(cause, GST_STREAM_ERROR, GST_STREAM_ERROR_CODEC_NOT_FOUND) ||
        g_error_matches(cause, GST_STREAM_ERROR, GST_STREAM_ERROR_TYPE_NOT_FOUND) ||
        g_error_matches(cause, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN))
        code = HTH_ERROR_UNSUPPORTED;
    else if (cause->domain == GST_RESOURCE_ERROR ||
             g_error_matches(cause, GST_STREAM_ERROR, GST_STREAM_ERROR_ENCODE))
        code = HTH_ERROR_FAILED;
    g_set_error_literal(error, HTH_ERROR, code, cause->message);
    return FALSE;
}

static void tell_progress(Run *run, gint64 *last_ns)
{
    gint64 now_ns = 0;
    if (!gst_element_query_position(run->pipeline, GST_FORMAT_TIME, &now_ns) ||
        now_ns <= *last_ns) {
        /* A muxer that writes nothing yet: what the encoder got counts as well. */
        g_mutex_lock(&run->lock);
        if (run->bytes_a_sample > 0 && run->rate_hz > 0)
            now_ns = (gint64)gst_util_uint64_scale(run->n_bytes / run->bytes_a_sample, GST_SECOND,
                                                   run->rate_hz);
        g_mutex_unlock(&run->lock);
    }
    if (now_ns <= *last_ns)
        return;
    *last_ns = now_ns;
    const gint64 total_ns = run->job->info->duration_ms * GST_MSECOND;
    const gint64 permille = total_ns > 0 ? now_ns / (total_ns / 1000 + 1) : 0;
    hth_report(run->job->report_fd, "progress", "%d", (int)CLAMP(permille, 0, 1000));
}

static gboolean run_to_end(Run *run, GError **error)
{
    g_autoptr(GstBus) bus = gst_element_get_bus(run->pipeline);
    gint64 last_ns = 0;
    if (gst_element_set_state(run->pipeline, GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE) {
        g_autoptr(GstMessage) message = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR);
        if (message != NULL)
            return fail_run(message, error);
    }
    for (;;) {
        g_autoptr(GstMessage) message =
            gst_bus_timed_pop_filtered(bus, LOOK_NS, GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
        tell_progress(run, &last_ns);
        if (message == NULL)
            continue;
        return GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS || fail_run(message, error);
    }
}

static gboolean check_result(const Run *run, const HthPipelineResult *result, GError **error)
{
    const gboolean is_video = run->job->profile->kind == HTH_MEDIA_VIDEO;
    if (is_video ? run->has_video : run->has_audio && result->n_samples > 0)
        return TRUE;
    g_set_error(error, HTH_ERROR, HTH_ERROR_UNSUPPORTED, "there is no %s in it that can be decoded",
                is_video ? "picture" : "sound");
    return FALSE;
}

gboolean hth_pipeline_run(const HthPipelineJob *job, HthPipelineResult *out, GError **error)
{
    Run run = { .job = job };
    g_mutex_init(&run.lock);
    build(&run);
    gboolean is_done = run_to_end(&run, error);
    (void)gst_element_set_state(run.pipeline, GST_STATE_NULL); /* its threads end here */
    *out = (HthPipelineResult){
        .end = hth_file_sink_end(run.sink),
        .n_samples = run.bytes_a_sample > 0 ? run.n_bytes / run.bytes_a_sample : 0,
        .rate_hz = run.rate_hz,
        .has_sound = run.has_audio,
        .audio_encoder = hth_elements_audio_encoder(job->profile->codec),
    };
    is_done = is_done && check_result(&run, out, error);
    gst_object_unref(run.pipeline);
    g_mutex_clear(&run.lock);
    return is_done;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client.h"

#include <string.h>

#include "base/error.h"
#include "filter.h"
#include "media/media-type.h"
#include "xml-out.h"

typedef enum { KEY_STRING, KEY_STRINGS, KEY_BOOLEAN, KEY_INTEGER } KeyKind;

typedef struct {
    const char *group;
    const char *key;
    KeyKind kind;
    gsize offset; /* in HthClient */
} Key;

#define AT(field) G_STRUCT_OFFSET(HthClient, field)

/* Every key with a plain value, as docs/clients.md lists them. */
static const Key keys[] = {
    { "Client", "Label", KEY_STRING, AT(label) },
    { "Client", "Priority", KEY_INTEGER, AT(priority) },
    { "Match", "UserAgent", KEY_STRINGS, AT(match.user_agent) },
    { "Match", "AvClientInfo", KEY_STRINGS, AT(match.av_client_info) },
    { "Match", "PhysicalUnitInfo", KEY_STRINGS, AT(match.physical_unit_info) },
    { "Match", "FriendlyName", KEY_STRINGS, AT(match.friendly_name) },
    { "Match", "ModelName", KEY_STRINGS, AT(match.model_name) },
    { "Device", "FriendlyName", KEY_STRING, AT(device.friendly_name) },
    { "Device", "Manufacturer", KEY_STRING, AT(device.manufacturer) },
    { "Device", "ModelName", KEY_STRING, AT(device.model_name) },
    { "Device", "ModelDescription", KEY_STRING, AT(device.model_description) },
    { "Device", "ModelNumber", KEY_STRING, AT(device.model_number) },
    { "Device", "SerialNumber", KEY_STRING, AT(device.serial_number) },
    { "Device", "DlnaDoc", KEY_STRING, AT(device.dlna_doc) },
    { "Device", "SecCapabilities", KEY_STRING, AT(device.sec_capabilities) },
    { "Captions", "Res", KEY_STRING, AT(caption_res_type) },
    { "Captions", "Element", KEY_BOOLEAN, AT(caption_element) },
    { "Captions", "ElementProtocolInfo", KEY_BOOLEAN, AT(caption_element_has_protocol) },
    { "Captions", "Attributes", KEY_BOOLEAN, AT(caption_attributes) },
    { "Captions", "Header", KEY_BOOLEAN, AT(caption_header) },
    { "Sort", "Overrule", KEY_BOOLEAN, AT(is_sort_overruled) },
    { "Sort", "IgnoreUnknown", KEY_BOOLEAN, AT(ignores_unknown_sort) },
    { "Art", "Small", KEY_BOOLEAN, AT(has_art_small) },
    { "Art", "Medium", KEY_BOOLEAN, AT(has_art_medium) },
    { "Art", "ThumbnailRes", KEY_BOOLEAN, AT(has_thumbnail_res) },
    { "Art", "PhotoSizes", KEY_BOOLEAN, AT(has_photo_sizes) },
    { "Title", "Extension", KEY_BOOLEAN, AT(title_has_extension) },
    { "Title", "Dot", KEY_BOOLEAN, AT(title_has_dot) },
    { "Title", "MaxBytes", KEY_INTEGER, AT(title_max_bytes) },
    { "Title", "MaxBytesWithCaptions", KEY_INTEGER, AT(title_max_bytes_with_captions) },
    { "Date", "Short", KEY_BOOLEAN, AT(is_date_short) },
    { "Date", "Always", KEY_BOOLEAN, AT(is_date_always) },
    { "Xml", "Declaration", KEY_BOOLEAN, AT(has_declaration) },
    { "Xml", "Ascii", KEY_BOOLEAN, AT(is_ascii) },
    { "Xml", "SecNamespace", KEY_BOOLEAN, AT(has_sec_namespace) },
    { "Content", "MediaClass", KEY_BOOLEAN, AT(has_media_class) },
    { "Content", "ContainerClass", KEY_STRING, AT(container_class) },
    { "Content", "HideConversion", KEY_BOOLEAN, AT(is_conversion_hidden) },
    { "Content", "RawPosition", KEY_BOOLEAN, AT(is_position_raw) },
    { "Content", "LenientTransferMode", KEY_BOOLEAN, AT(is_transfer_mode_lenient) },
};

/* Formats as the files name them. */
static const char *const format_names[HTH_N_FORMATS] = {
    [HTH_FORMAT_UNKNOWN] = NULL,        [HTH_FORMAT_MP3] = "mp3",
    [HTH_FORMAT_FLAC] = "flac",         [HTH_FORMAT_OGG] = "ogg",
    [HTH_FORMAT_MP4] = "mp4",           [HTH_FORMAT_MOV] = "mov",
    [HTH_FORMAT_WAV] = "wav",           [HTH_FORMAT_AIFF] = "aiff",
    [HTH_FORMAT_ASF] = "asf",           [HTH_FORMAT_AAC] = "aac",
    [HTH_FORMAT_MATROSKA] = "matroska", [HTH_FORMAT_WEBM] = "webm",
    [HTH_FORMAT_AVI] = "avi",           [HTH_FORMAT_MPEG_TS] = "mpeg-ts",
    [HTH_FORMAT_MPEG_TS_192] = "m2ts",  [HTH_FORMAT_MPEG_PS] = "mpeg-ps",
    [HTH_FORMAT_JPEG] = "jpeg",         [HTH_FORMAT_PNG] = "png",
    [HTH_FORMAT_WEBP] = "webp",         [HTH_FORMAT_GIF] = "gif",
    [HTH_FORMAT_TIFF] = "tiff",         [HTH_FORMAT_HEIF] = "heif",
    [HTH_FORMAT_BMP] = "bmp",           [HTH_FORMAT_M3U] = "m3u",
    [HTH_FORMAT_M3U8] = "m3u8",         [HTH_FORMAT_PLS] = "pls",
    [HTH_FORMAT_SRT] = "srt",           [HTH_FORMAT_VTT] = "vtt",
    [HTH_FORMAT_ASS] = "ass",
};

static const char *const face_names[HTH_N_FACES] = {
    [HTH_FACE_AUDIO] = "audio",
    [HTH_FACE_VIDEO] = "video",
    [HTH_FACE_PHOTO] = "photo",
};

typedef struct {
    const char *name; /* in the files */
    const char *ffmpeg_name;
} CodecName;

static const CodecName codec_names[HTH_N_VIDEO_CODECS] = {
    [HTH_VIDEO_CODEC_NONE] = { "none", "" },
    [HTH_VIDEO_CODEC_OTHER] = { "other", "" },
    [HTH_VIDEO_CODEC_H264] = { "h264", "h264" },
    [HTH_VIDEO_CODEC_HEVC] = { "hevc", "hevc" },
    [HTH_VIDEO_CODEC_MPEG2] = { "mpeg2", "mpeg2video" },
    [HTH_VIDEO_CODEC_MPEG4] = { "mpeg4", "mpeg4" },
};

HthVideoCodec hth_video_codec_from_name(const char *ffmpeg_name)
{
    if (ffmpeg_name == NULL || *ffmpeg_name == '\0')
        return HTH_VIDEO_CODEC_NONE;
    for (guint i = HTH_VIDEO_CODEC_H264; i < HTH_N_VIDEO_CODECS; i++) {
        if (strcmp(codec_names[i].ffmpeg_name, ffmpeg_name) == 0)
            return (HthVideoCodec)i;
    }
    return HTH_VIDEO_CODEC_OTHER;
}

HthMediaFace hth_client_face(HthMediaKind kind)
{
    if (kind == HTH_MEDIA_AUDIO)
        return HTH_FACE_AUDIO;
    return kind == HTH_MEDIA_PHOTO || kind == HTH_MEDIA_PICTURE ? HTH_FACE_PHOTO : HTH_FACE_VIDEO;
}

static HthMediaKind face_kind(HthMediaFace face)
{
    if (face == HTH_FACE_AUDIO)
        return HTH_MEDIA_AUDIO;
    return face == HTH_FACE_PHOTO ? HTH_MEDIA_PHOTO : HTH_MEDIA_VIDEO;
}

HthClient *hth_client_new(const char *name)
{
    HthClient *self = g_new0(HthClient, 1);
    self->name = g_strdup(name);
    self->has_art_small = self->has_art_medium = TRUE;
    self->has_photo_sizes = TRUE;
    self->has_declaration = TRUE;
    self->caption_header = TRUE;
    for (guint format = 0; format < HTH_N_FORMATS; format++) {
        for (guint face = 0; face < HTH_N_FACES; face++)
            self->mime_type[format][face] = g_strdup(
                hth_media_mime_type((HthMediaFormat)format, face_kind((HthMediaFace)face)));
    }
    return self;
}

static void free_formats(HthClient *self)
{
    for (guint format = 0; format < HTH_N_FORMATS; format++) {
        for (guint face = 0; face < HTH_N_FACES; face++) {
            g_free(self->mime_type[format][face]);
            g_free(self->protocol_head[format][face]);
        }
        for (guint codec = 0; codec < HTH_N_VIDEO_CODECS; codec++) {
            for (guint i = 0; i < HTH_CLIENT_MAX_EXTRA_RES; i++)
                g_free(self->extra_profiles[format][codec][i]);
        }
    }
}

static void clear_roots(HthClient *self)
{
    for (guint i = 0; i < self->n_roots; i++) {
        g_free(self->roots[i].asked);
        g_free(self->roots[i].id);
    }
    self->n_roots = 0;
}

void hth_client_free(HthClient *self)
{
    if (self == NULL)
        return;
    for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
        gpointer *field = G_STRUCT_MEMBER_P(self, keys[i].offset);
        if (keys[i].kind == KEY_STRING)
            g_free(*field);
        else if (keys[i].kind == KEY_STRINGS)
            g_strfreev(*field);
    }
    free_formats(self);
    clear_roots(self);
    g_free(self->name);
    g_free(self);
}

static gboolean apply_key(HthClient *self, GKeyFile *file, const Key *key, GError **error)
{
    gpointer field = G_STRUCT_MEMBER_P(self, key->offset);
    GError *problem = NULL;
    if (key->kind == KEY_STRING) {
        g_autofree char *value = g_key_file_get_string(file, key->group, key->key, &problem);
        char **text = field;
        g_free(*text);
        /* An empty value takes back what an extended file said. */
        *text = value != NULL && *value != '\0' ? g_steal_pointer(&value) : NULL;
    } else if (key->kind == KEY_STRINGS) {
        GStrv *list = field;
        g_strfreev(*list);
        *list = g_key_file_get_string_list(file, key->group, key->key, NULL, &problem);
    } else if (key->kind == KEY_BOOLEAN) {
        *(gboolean *)field = g_key_file_get_boolean(file, key->group, key->key, &problem);
    } else {
        *(gint64 *)field = g_key_file_get_int64(file, key->group, key->key, &problem);
    }
    if (problem == NULL)
        return TRUE;
    g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID, "%s", problem->message);
    g_error_free(problem);
    return FALSE;
}

static gboolean bad_word(GError **error, const char *group, const char *word)
{
    g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID, "[%s]: “%s” is not known", group, word);
    return FALSE;
}

static gboolean find_format(const char *name, gsize length, guint *out_format)
{
    for (guint i = 0; i < HTH_N_FORMATS; i++) {
        if (format_names[i] != NULL && strlen(format_names[i]) == length &&
            memcmp(format_names[i], name, length) == 0) {
            *out_format = i;
            return TRUE;
        }
    }
    return FALSE;
}

/* [Mime] FORMAT = TYPE for every face, or FORMAT.FACE = TYPE. */
static gboolean apply_mime(HthClient *self, const char *key, const char *value, GError **error)
{
    const gsize length = strcspn(key, ".");
    guint format = 0;
    if (!find_format(key, length, &format))
        return bad_word(error, "Mime", key);
    const char *only = key[length] == '.' ? key + length + 1 : NULL;
    gboolean is_used = FALSE;
    for (guint face = 0; face < HTH_N_FACES; face++) {
        if (only != NULL && strcmp(only, face_names[face]) != 0)
            continue;
        g_free(self->mime_type[format][face]);
        self->mime_type[format][face] = g_strdup(value);
        is_used = TRUE;
    }
    return is_used || bad_word(error, "Mime", key);
}

/* [ExtraRes] FORMAT.CODEC = PN;PN */
static gboolean apply_extra(HthClient *self, const char *key, const char *value, GError **error)
{
    const gsize length = strcspn(key, ".");
    guint format = 0;
    if (!find_format(key, length, &format) || key[length] != '.')
        return bad_word(error, "ExtraRes", key);
    for (guint codec = 0; codec < HTH_N_VIDEO_CODECS; codec++) {
        if (strcmp(codec_names[codec].name, key + length + 1) != 0)
            continue;
        g_auto(GStrv) names = g_strsplit(value, ";", -1);
        for (guint i = 0; i < HTH_CLIENT_MAX_EXTRA_RES; i++)
            g_clear_pointer(&self->extra_profiles[format][codec][i], g_free);
        guint n = 0;
        for (guint i = 0; names[i] != NULL && n < HTH_CLIENT_MAX_EXTRA_RES; i++) {
            if (*names[i] != '\0')
                self->extra_profiles[format][codec][n++] = g_strdup(names[i]);
        }
        return TRUE;
    }
    return bad_word(error, "ExtraRes", key);
}

/* [Roots] ASKED = OURS */
static gboolean apply_root(HthClient *self, const char *key, const char *value, GError **error)
{
    if (self->n_roots == HTH_CLIENT_MAX_ROOTS) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID, "[Roots]: too many");
        return FALSE;
    }
    self->roots[self->n_roots++] = (HthClientRoot){ g_strdup(key), g_strdup(value) };
    return TRUE;
}

typedef gboolean (*ApplyEntry)(HthClient *self, const char *key, const char *value, GError **error);

/* Groups whose keys are names of something. */
typedef struct {
    const char *group;
    ApplyEntry apply;
} EntryGroup;

static const EntryGroup entry_groups[] = {
    { "Mime", apply_mime },
    { "ExtraRes", apply_extra },
    { "Roots", apply_root },
};

static gboolean apply_omitted(HthClient *self, GKeyFile *file, GError **error)
{
    g_auto(GStrv) names = g_key_file_get_string_list(file, "Profiles", "Omit", NULL, NULL);
    memset(self->omits_profile, 0, sizeof self->omits_profile);
    for (guint i = 0; names[i] != NULL; i++) {
        guint format = 0;
        if (strcmp(names[i], "*") == 0) {
            for (guint all = 0; all < HTH_N_FORMATS; all++)
                self->omits_profile[all] = TRUE;
        } else if (find_format(names[i], strlen(names[i]), &format)) {
            self->omits_profile[format] = TRUE;
        } else {
            return bad_word(error, "Profiles", names[i]);
        }
    }
    return TRUE;
}

static gboolean apply_sort(HthClient *self, GKeyFile *file, GError **error)
{
    g_autofree char *text = g_key_file_get_string(file, "Sort", "Force", NULL);
    return hth_sort_parse(text, FALSE, &self->forced_sort, error);
}

static gboolean apply_bookmark(HthClient *self, GKeyFile *file, GError **error)
{
    static const char *const units[] = { "none", "seconds", "milliseconds" };
    g_autofree char *word = g_key_file_get_string(file, "Content", "Bookmark", NULL);
    for (guint i = 0; i < G_N_ELEMENTS(units); i++) {
        if (g_strcmp0(word, units[i]) == 0) {
            self->bookmark = (HthBookmarkUnit)i;
            return TRUE;
        }
    }
    return bad_word(error, "Content", word);
}

static gboolean apply_extends(HthClient *self, GKeyFile *file, GError **error)
{
    return TRUE; /* followed by those who read the files */
}

/* Keys whose value has a form of its own. */
typedef struct {
    const char *group;
    const char *key;
    gboolean (*apply)(HthClient *self, GKeyFile *file, GError **error);
} FormKey;

static const FormKey form_keys[] = {
    { "Client", "Extends", apply_extends },
    { "Profiles", "Omit", apply_omitted },
    { "Sort", "Force", apply_sort },
    { "Content", "Bookmark", apply_bookmark },
};

static gboolean apply_named(HthClient *self, GKeyFile *file, const char *group, const char *key,
                            GError **error)
{
    for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
        if (strcmp(keys[i].group, group) == 0 && strcmp(keys[i].key, key) == 0)
            return apply_key(self, file, &keys[i], error);
    }
    for (guint i = 0; i < G_N_ELEMENTS(form_keys); i++) {
        if (strcmp(form_keys[i].group, group) == 0 && strcmp(form_keys[i].key, key) == 0)
            return form_keys[i].apply(self, file, error);
    }
    return bad_word(error, group, key);
}

static gboolean apply_group(HthClient *self, GKeyFile *file, const char *group, GError **error)
{
    g_auto(GStrv) names = g_key_file_get_keys(file, group, NULL, error);
    if (names == NULL)
        return FALSE;
    ApplyEntry apply_entry = NULL;
    for (guint i = 0; i < G_N_ELEMENTS(entry_groups); i++) {
        if (strcmp(entry_groups[i].group, group) == 0)
            apply_entry = entry_groups[i].apply;
    }
    if (strcmp(group, "Roots") == 0)
        clear_roots(self);
    for (guint i = 0; names[i] != NULL; i++) {
        g_autofree char *value = g_key_file_get_string(file, group, names[i], error);
        if (value == NULL)
            return FALSE;
        const gboolean is_good = apply_entry != NULL
                                     ? apply_entry(self, names[i], value, error)
                                     : apply_named(self, file, group, names[i], error);
        if (!is_good)
            return FALSE;
    }
    return TRUE;
}

gboolean hth_client_apply(HthClient *self, GKeyFile *file, GError **error)
{
    g_auto(GStrv) groups = g_key_file_get_groups(file, NULL);
    for (guint i = 0; groups[i] != NULL; i++) {
        if (!apply_group(self, file, groups[i], error))
            return FALSE;
    }
    return TRUE;
}

void hth_client_finish(HthClient *self)
{
    self->has_title_rules =
        self->is_ascii || self->title_has_extension || self->title_max_bytes > 0;
    self->has_caption_title_rules = self->title_has_dot || self->title_max_bytes_with_captions > 0;
    for (guint format = 0; format < HTH_N_FORMATS; format++) {
        for (guint face = 0; face < HTH_N_FACES; face++) {
            g_auto(HthXmlOut) out = { 0 };
            hth_xml_out_init(&out, 64);
            hth_xml_out_literal(&out, "http-get:*:");
            hth_xml_out_escaped(&out, self->mime_type[format][face], HTH_XML_TWICE);
            hth_xml_out_literal(&out, ":");
            g_free(self->protocol_head[format][face]);
            self->protocol_head[format][face] = hth_xml_out_steal(&out, NULL);
        }
    }
}

const char *hth_client_root(const HthClient *self, const char *asked)
{
    for (guint i = 0; i < self->n_roots; i++) {
        if (strcmp(self->roots[i].asked, asked) == 0)
            return self->roots[i].id;
    }
    return asked;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "file-elements.h"

#include <errno.h>
#include <gst/base/gstbasesink.h>
#include <gst/base/gstbasesrc.h>
#include <unistd.h>

#define BLOCK_BYTES (64 * 1024)

/* ---- The source ---- */

typedef struct {
    GstBaseSrc parent;
    int fd;
    guint64 size_bytes;
} FileSource;

typedef struct {
    GstBaseSrcClass parent;
} FileSourceClass;

static GType file_source_get_type(void);
G_DEFINE_TYPE(FileSource, file_source, GST_TYPE_BASE_SRC)

static gboolean source_get_size(GstBaseSrc *base, guint64 *out_size)
{
    *out_size = ((FileSource *)base)->size_bytes;
    return TRUE;
}

static gboolean source_is_seekable(GstBaseSrc *base)
{
    return TRUE;
}

/* GstBaseSrc has cut the request at the file's size. */
static GstFlowReturn source_fill(GstBaseSrc *base, guint64 offset, guint length, GstBuffer *buffer)
{
    FileSource *self = (FileSource *)base;
    GstMapInfo map;
    if (!gst_buffer_map(buffer, &map, GST_MAP_WRITE))
        return GST_FLOW_ERROR;
    gsize done = 0;
    while (done < length) {
        const gssize n = pread(self->fd, map.data + done, length - done, (off_t)(offset + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        done += (gsize)n;
    }
    gst_buffer_unmap(buffer, &map);
    gst_buffer_set_size(buffer, (gssize)done);
    GST_BUFFER_OFFSET(buffer) = offset; /* tsdemux counts from it */
    GST_BUFFER_OFFSET_END(buffer) = offset + done;
    return done > 0 ? GST_FLOW_OK : GST_FLOW_EOS;
}

static void file_source_class_init(FileSourceClass *class)
{
    static GstStaticPadTemplate pad =
        GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);
    gst_element_class_add_static_pad_template(GST_ELEMENT_CLASS(class), &pad);
    gst_element_class_set_static_metadata(GST_ELEMENT_CLASS(class), "Open file", "Source/File",
                                          "Reads a descriptor by position", "hearth");
    GstBaseSrcClass *base = GST_BASE_SRC_CLASS(class);
    base->get_size = source_get_size;
    base->is_seekable = source_is_seekable;
    base->fill = source_fill;
}

static void file_source_init(FileSource *self)
{
    gst_base_src_set_format(GST_BASE_SRC(self), GST_FORMAT_BYTES);
    gst_base_src_set_blocksize(GST_BASE_SRC(self), BLOCK_BYTES);
}

GstElement *hth_file_source_new(int fd, guint64 size_bytes)
{
    FileSource *self = g_object_new(file_source_get_type(), NULL);
    self->fd = fd;
    self->size_bytes = size_bytes;
    return GST_ELEMENT(self);
}

/* ---- The sink ---- */

typedef struct {
    GstBaseSink parent;
    int fd;
    guint64 first_byte;
    guint64 position; /* of the next buffer, behind first_byte */
    guint64 end;
} FileSink;

typedef struct {
    GstBaseSinkClass parent;
} FileSinkClass;

static GType file_sink_get_type(void);
G_DEFINE_TYPE(FileSink, file_sink, GST_TYPE_BASE_SINK)

static gboolean write_all(int fd, const guint8 *bytes, gsize size, guint64 offset)
{
    while (size > 0) {
        const gssize n = pwrite(fd, bytes, size, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return FALSE;
        bytes += n;
        size -= (gsize)n;
        offset += (guint64)n;
    }
    return TRUE;
}

static GstFlowReturn sink_render(GstBaseSink *base, GstBuffer *buffer)
{
    FileSink *self = (FileSink *)base;
    GstMapInfo map;
    if (!gst_buffer_map(buffer, &map, GST_MAP_READ))
        return GST_FLOW_ERROR;
    const gboolean is_written =
        write_all(self->fd, map.data, map.size, self->first_byte + self->position);
    if (is_written)
        self->position += map.size;
    self->end = MAX(self->end, self->first_byte + self->position);
    gst_buffer_unmap(buffer, &map);
    if (is_written)
        return GST_FLOW_OK;
    GST_ELEMENT_ERROR(self, RESOURCE, NO_SPACE_LEFT, ("%s", g_strerror(errno)), (NULL));
    return GST_FLOW_ERROR;
}

/* A segment in bytes is how a muxer says where it goes on. */
static gboolean sink_event(GstBaseSink *base, GstEvent *event)
{
    if (GST_EVENT_TYPE(event) == GST_EVENT_SEGMENT) {
        const GstSegment *segment = NULL;
        gst_event_parse_segment(event, &segment);
        if (segment->format == GST_FORMAT_BYTES)
            ((FileSink *)base)->position = segment->start;
    }
    return GST_BASE_SINK_CLASS(file_sink_parent_class)->event(base, event);
}

/* Muxers ask whether they may go back. */
static gboolean sink_query(GstBaseSink *base, GstQuery *query)
{
    if (GST_QUERY_TYPE(query) != GST_QUERY_SEEKING)
        return GST_BASE_SINK_CLASS(file_sink_parent_class)->query(base, query);
    GstFormat format;
    gst_query_parse_seeking(query, &format, NULL, NULL, NULL);
    const gboolean is_bytes = format == GST_FORMAT_BYTES || format == GST_FORMAT_DEFAULT;
    gst_query_set_seeking(query, is_bytes ? GST_FORMAT_BYTES : format, is_bytes, 0, -1);
    return TRUE;
}

static void file_sink_class_init(FileSinkClass *class)
{
    static GstStaticPadTemplate pad =
        GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);
    gst_element_class_add_static_pad_template(GST_ELEMENT_CLASS(class), &pad);
    gst_element_class_set_static_metadata(GST_ELEMENT_CLASS(class), "Open file", "Sink/File",
                                          "Writes a descriptor by position", "hearth");
    GstBaseSinkClass *base = GST_BASE_SINK_CLASS(class);
    base->render = sink_render;
    base->event = sink_event;
    base->query = sink_query;
}

static void file_sink_init(FileSink *self)
{
    gst_base_sink_set_sync(GST_BASE_SINK(self), FALSE);
}

GstElement *hth_file_sink_new(int fd, guint64 first_byte)
{
    FileSink *self = g_object_new(file_sink_get_type(), NULL);
    self->fd = fd;
    self->first_byte = first_byte;
    self->end = first_byte;
    return GST_ELEMENT(self);
}

guint64 hth_file_sink_end(GstElement *sink)
{
    return ((FileSink *)sink)->end;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "exif.h"

#include <math.h>
#include <string.h>

#include "base/text.h"
#include "bytes.h"

/* Entries of one directory that are looked at; cameras write below a hundred. */
#define ENTRIES_MAX 512
#define TEXT_MAX    256

enum {
    TAG_WIDTH = 0x0100,
    TAG_HEIGHT = 0x0101,
    TAG_MAKE = 0x010f,
    TAG_MODEL = 0x0110,
    TAG_ORIENTATION = 0x0112,
    TAG_DATE_TIME = 0x0132,
    TAG_EXIF = 0x8769,
    TAG_GPS = 0x8825,
    TAG_DATE_TIME_ORIGINAL = 0x9003,
    TAG_DATE_TIME_DIGITIZED = 0x9004,
    TAG_GPS_LATITUDE_REF = 1,
    TAG_GPS_LATITUDE = 2,
    TAG_GPS_LONGITUDE_REF = 3,
    TAG_GPS_LONGITUDE = 4,
};

enum { TYPE_BYTE = 1, TYPE_ASCII = 2, TYPE_SHORT = 3, TYPE_LONG = 4, TYPE_RATIONAL = 5 };

typedef struct {
    HthExifRead read;
    gpointer data;
    gboolean is_little_endian;
    HthMediaInfo *info;
    gboolean has_picture;
    char make[TEXT_MAX], model[TEXT_MAX];
    char date[TEXT_MAX], date_original[TEXT_MAX], date_digitized[TEXT_MAX];
    guint32 exif_at, gps_at;
    char latitude_ref, longitude_ref;
    double latitude, longitude;
} Reader;

typedef struct {
    guint16 tag, type;
    guint32 count;
    gint64 value_at; /* of the value itself, wherever it is */
} Entry;

static guint16 u16(const Reader *self, const guint8 *at)
{
    return self->is_little_endian ? le16(at) : be16(at);
}

static guint32 u32(const Reader *self, const guint8 *at)
{
    return self->is_little_endian ? le32(at) : be32(at);
}

static gboolean read_at(const Reader *self, gint64 offset, void *to, gsize n)
{
    return self->read(self->data, offset, to, n) == n;
}

static guint32 number_of(const Reader *self, const Entry *entry)
{
    guint8 bytes[4];
    const gsize n = entry->type == TYPE_SHORT ? 2 : 4;
    if ((entry->type != TYPE_SHORT && entry->type != TYPE_LONG) || entry->count < 1 ||
        !read_at(self, entry->value_at, bytes, n))
        return 0;
    return n == 2 ? u16(self, bytes) : u32(self, bytes);
}

static void text_of(const Reader *self, const Entry *entry, char to[TEXT_MAX])
{
    if (entry->type != TYPE_ASCII)
        return;
    const gsize n = MIN(entry->count, TEXT_MAX - 1);
    to[self->read(self->data, entry->value_at, to, n)] = '\0';
}

/* Degrees, minutes, seconds. NAN: not there or not sane. */
static double degrees_of(const Reader *self, const Entry *entry)
{
    guint8 bytes[24];
    if (entry->type != TYPE_RATIONAL || entry->count != 3 ||
        !read_at(self, entry->value_at, bytes, sizeof bytes))
        return NAN;
    double degrees = 0, unit = 1;
    for (guint i = 0; i < 3; i++, unit *= 60) {
        const guint32 over = u32(self, bytes + i * 8), under = u32(self, bytes + i * 8 + 4);
        if (under == 0 && over != 0)
            return NAN;
        if (under != 0)
            degrees += (double)over / under / unit;
    }
    return degrees;
}

static void take_gps_entry(Reader *self, const Entry *entry)
{
    char text[TEXT_MAX] = "";
    switch (entry->tag) {
    case TAG_GPS_LATITUDE_REF:
        text_of(self, entry, text);
        self->latitude_ref = text[0];
        break;
    case TAG_GPS_LATITUDE:
        self->latitude = degrees_of(self, entry);
        break;
    case TAG_GPS_LONGITUDE_REF:
        text_of(self, entry, text);
        self->longitude_ref = text[0];
        break;
    case TAG_GPS_LONGITUDE:
        self->longitude = degrees_of(self, entry);
        break;
    default:
        break;
    }
}

static void take_entry(Reader *self, const Entry *entry)
{
    switch (entry->tag) {
    case TAG_WIDTH:
        if (self->has_picture)
            self->info->width = number_of(self, entry);
        break;
    case TAG_HEIGHT:
        if (self->has_picture)
            self->info->height = number_of(self, entry);
        break;
    case TAG_MAKE:
        text_of(self, entry, self->make);
        break;
    case TAG_MODEL:
        text_of(self, entry, self->model);
        break;
    case TAG_ORIENTATION: {
        const guint32 orientation = number_of(self, entry);
        self->info->orientation = orientation <= 8 ? (guint8)orientation : 0;
        break;
    }
    case TAG_DATE_TIME:
        text_of(self, entry, self->date);
        break;
    case TAG_EXIF:
        self->exif_at = number_of(self, entry);
        break;
    case TAG_GPS:
        self->gps_at = number_of(self, entry);
        break;
    case TAG_DATE_TIME_ORIGINAL:
        text_of(self, entry, self->date_original);
        break;
    case TAG_DATE_TIME_DIGITIZED:
        text_of(self, entry, self->date_digitized);
        break;
    default:
        break;
    }
}

static void read_directory(Reader *self, gint64 at, void (*take)(Reader *, const Entry *))
{
    static const guint8 type_sizes[] = { 0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8 };
    guint8 bytes[12];
    if (!read_at(self, at, bytes, 2))
        return;
    const guint n = MIN(u16(self, bytes), ENTRIES_MAX);
    for (guint i = 0; i < n && read_at(self, at + 2 + 12 * (gint64)i, bytes, 12); i++) {
        Entry entry = { u16(self, bytes), u16(self, bytes + 2), u32(self, bytes + 4), 0 };
        if (entry.type >= G_N_ELEMENTS(type_sizes))
            continue;
        const guint64 size = (guint64)type_sizes[entry.type] * entry.count;
        entry.value_at = size <= 4 ? at + 2 + 12 * (gint64)i + 8 : (gint64)u32(self, bytes + 8);
        take(self, &entry);
    }
}

/* "1999:05:31 12:30:00" to "1999-05-31T12:30:00". */
static gboolean set_date(HthMediaInfo *info, const char *text)
{
    static const char form[] = "dddd:dd:dd dd:dd:dd";
    for (gsize i = 0; form[i] != '\0'; i++) {
        if (form[i] == 'd' ? !g_ascii_isdigit(text[i]) : text[i] != form[i])
            return FALSE;
    }
    if (strncmp(text, "0000", 4) == 0)
        return FALSE;
    g_free(info->date);
    info->date = g_strndup(text, strlen(form));
    info->date[4] = info->date[7] = '-';
    info->date[10] = 'T';
    return TRUE;
}

/* "Canon" and "Canon EOS 5D" are one camera's name, "NIKON CORPORATION" and "NIKON D90" nearly. */
static void set_camera(Reader *self)
{
    g_autofree char *make = hth_text_clean(self->make, TEXT_MAX);
    g_autofree char *model = hth_text_clean(self->model, TEXT_MAX);
    if (make == NULL || model == NULL) {
        self->info->camera = make != NULL ? g_steal_pointer(&make) : g_steal_pointer(&model);
        return;
    }
    const gsize word = strcspn(make, " ");
    if (g_ascii_strncasecmp(make, model, word) == 0)
        self->info->camera = g_steal_pointer(&model);
    else
        self->info->camera = g_strdup_printf("%s %s", make, model);
}

static void set_place(Reader *self)
{
    if (!(fabs(self->latitude) <= 90) || !(fabs(self->longitude) <= 180))
        return;
    self->info->latitude = self->latitude_ref == 'S' ? -self->latitude : self->latitude;
    self->info->longitude = self->longitude_ref == 'W' ? -self->longitude : self->longitude;
}

gboolean hth_exif_read(HthMediaInfo *info, HthExifRead read, gpointer data, gboolean has_picture)
{
    Reader self = {
        .read = read,
        .data = data,
        .info = info,
        .has_picture = has_picture,
        .latitude = NAN,
        .longitude = NAN,
    };
    guint8 header[8];
    if (!read_at(&self, 0, header, sizeof header))
        return FALSE;
    self.is_little_endian = header[0] == 'I';
    if ((memcmp(header, "II", 2) != 0 && memcmp(header, "MM", 2) != 0) ||
        u16(&self, header + 2) != 42)
        return FALSE;
    /* Three directories, each once: there is nothing to loop in. */
    read_directory(&self, u32(&self, header + 4), take_entry);
    self.has_picture = FALSE;
    const guint32 exif_at = self.exif_at, gps_at = self.gps_at;
    const guint8 orientation = info->orientation;
    if (exif_at != 0)
        read_directory(&self, exif_at, take_entry);
    info->orientation = orientation;
    if (gps_at != 0)
        read_directory(&self, gps_at, take_gps_entry);
    if (!set_date(info, self.date_original) && !set_date(info, self.date_digitized))
        (void)set_date(info, self.date);
    if (info->camera == NULL)
        set_camera(&self);
    set_place(&self);
    return TRUE;
}

typedef struct {
    const guint8 *bytes;
    gsize size;
} Block;

static gsize read_block(gpointer data, gint64 offset, void *to, gsize n)
{
    const Block *block = data;
    if (offset < 0 || (guint64)offset >= block->size)
        return 0;
    const gsize got = MIN(n, block->size - (gsize)offset);
    memcpy(to, block->bytes + offset, got);
    return got;
}

gboolean hth_exif_read_bytes(HthMediaInfo *info, const guint8 *bytes, gsize size_bytes)
{
    const gsize skipped = size_bytes >= 6 && memcmp(bytes, "Exif\0\0", 6) == 0 ? 6 : 0;
    Block block = { bytes + skipped, size_bytes - skipped };
    return hth_exif_read(info, read_block, &block, FALSE);
}

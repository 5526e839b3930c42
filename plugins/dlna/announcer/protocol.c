/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "protocol.h"

#include <string.h>

#include "base/error.h"
#include "base/wire.h"

#define MAX_URL       1024
#define MAX_INTERFACE 32
#define MAX_ADDRESS   64
#define MAX_TEXT      512

static void clear_variable(gpointer data)
{
    HthEventVariable *variable = data;
    g_free((char *)variable->name);
    g_free((char *)variable->value);
}

static GArray *variables_new(void)
{
    GArray *variables = g_array_new(FALSE, TRUE, sizeof(HthEventVariable));
    g_array_set_clear_func(variables, clear_variable);
    return variables;
}

GArray *hth_event_variables_copy(const HthEventVariable *variables, guint n_variables)
{
    GArray *copies = variables_new();
    for (guint i = 0; i < n_variables; i++) {
        const HthEventVariable copy = { g_strdup(variables[i].name), g_strdup(variables[i].value) };
        g_array_append_val(copies, copy);
    }
    return copies;
}

HthAnnounceMessage *hth_announce_message_new(HthAnnounceKind kind)
{
    HthAnnounceMessage *self = g_new(HthAnnounceMessage, 1);
    *self = (HthAnnounceMessage){ .kind = kind };
    return self;
}

void hth_announce_message_free(HthAnnounceMessage *self)
{
    if (self == NULL)
        return;
    g_free(self->start.interface);
    g_free(self->start.address);
    g_free(self->start.description_url);
    g_free(self->event.service_id);
    g_clear_pointer(&self->event.variables, g_array_unref);
    g_free(self->seen.sender);
    g_free(self->seen.location);
    g_free(self->text);
    g_free(self);
}

static void write_start(GByteArray *to, const HthAnnounceMessage *self)
{
    hth_wire_write_string(to, self->start.interface);
    hth_wire_write_string(to, self->start.address);
    hth_wire_write_string(to, self->start.description_url);
    hth_wire_write_u32(to, self->start.max_age_s);
    hth_wire_write_u32(to, self->start.boot_id);
    hth_wire_write_u32(to, self->start.config_id);
}

static void read_start(HthWireReader *from, HthAnnounceMessage *self)
{
    self->start.interface = hth_wire_read_string(from, MAX_INTERFACE);
    self->start.address = hth_wire_read_string(from, MAX_ADDRESS);
    self->start.description_url = hth_wire_read_string(from, MAX_URL);
    self->start.max_age_s = hth_wire_read_u32(from);
    self->start.boot_id = hth_wire_read_u32(from);
    self->start.config_id = hth_wire_read_u32(from);
    from->has_failed |= self->start.interface == NULL || self->start.address == NULL ||
                        self->start.description_url == NULL;
}

static void write_event(GByteArray *to, const HthAnnounceMessage *self)
{
    const GArray *variables = self->event.variables;
    hth_wire_write_string(to, self->event.service_id);
    hth_wire_write_u32(to, variables->len);
    for (guint i = 0; i < variables->len; i++) {
        const HthEventVariable *variable = &g_array_index(variables, HthEventVariable, i);
        hth_wire_write_string(to, variable->name);
        hth_wire_write_string(to, variable->value);
    }
}

static void read_event(HthWireReader *from, HthAnnounceMessage *self)
{
    self->event.service_id = hth_wire_read_string(from, 2 * HTH_ANNOUNCE_MAX_NAME);
    self->event.variables = variables_new();
    const guint32 n_variables = hth_wire_read_u32(from);
    from->has_failed |= self->event.service_id == NULL || n_variables > HTH_ANNOUNCE_MAX_VARIABLES;
    for (guint32 i = 0; i < n_variables && !from->has_failed; i++) {
        const HthEventVariable variable = {
            .name = hth_wire_read_string(from, HTH_ANNOUNCE_MAX_NAME),
            .value = hth_wire_read_string(from, HTH_ANNOUNCE_MAX_VALUE),
        };
        from->has_failed |= variable.name == NULL || variable.value == NULL;
        g_array_append_val(self->event.variables, variable);
    }
}

static void write_ready(GByteArray *to, const HthAnnounceMessage *self)
{
    hth_wire_write_u16(to, self->port);
}

static void read_ready(HthWireReader *from, HthAnnounceMessage *self)
{
    self->port = hth_wire_read_u16(from);
    from->has_failed |= self->port == 0;
}

static void write_text(GByteArray *to, const HthAnnounceMessage *self)
{
    hth_wire_write_string(to, self->text);
}

static void read_text(HthWireReader *from, HthAnnounceMessage *self)
{
    self->text = hth_wire_read_string(from, MAX_TEXT);
    from->has_failed |= self->text == NULL;
}

static void write_seen(GByteArray *to, const HthAnnounceMessage *self)
{
    hth_wire_write_string(to, self->seen.sender);
    hth_wire_write_string(to, self->seen.location);
}

static void read_seen(HthWireReader *from, HthAnnounceMessage *self)
{
    self->seen.sender = hth_wire_read_string(from, HTH_ANNOUNCE_MAX_SENDER);
    self->seen.location = hth_wire_read_string(from, HTH_ANNOUNCE_MAX_LOCATION);
    from->has_failed |= self->seen.sender == NULL || self->seen.location == NULL;
}

static void write_nothing(GByteArray *to, const HthAnnounceMessage *self)
{
}

static void read_nothing(HthWireReader *from, HthAnnounceMessage *self)
{
}

static const struct {
    void (*write)(GByteArray *to, const HthAnnounceMessage *self);
    void (*read)(HthWireReader *from, HthAnnounceMessage *self);
} kinds[] = {
    [HTH_ANNOUNCE_START] = { write_start, read_start },
    [HTH_ANNOUNCE_VALUES] = { write_event, read_event },
    [HTH_ANNOUNCE_NOTIFY] = { write_event, read_event },
    [HTH_ANNOUNCE_ACCEPT] = { write_text, read_text },
    [HTH_ANNOUNCE_STOP] = { write_nothing, read_nothing },
    [HTH_ANNOUNCE_READY] = { write_ready, read_ready },
    [HTH_ANNOUNCE_ANNOUNCED] = { write_nothing, read_nothing },
    [HTH_ANNOUNCE_FAILED] = { write_text, read_text },
    [HTH_ANNOUNCE_SEEN] = { write_seen, read_seen },
};

GByteArray *hth_announce_message_encode(const HthAnnounceMessage *self, GError **error)
{
    g_return_val_if_fail(self->kind > 0 && self->kind < G_N_ELEMENTS(kinds), NULL);

    g_autoptr(GByteArray) bytes = g_byte_array_new();
    hth_wire_write_u8(bytes, (guint8)self->kind);
    kinds[self->kind].write(bytes, self);

    /* What the other side would refuse is refused here, where a caller can be told. */
    g_autoptr(HthAnnounceMessage) check = NULL;
    if (bytes->len <= HTH_ANNOUNCE_MAX_BYTES)
        check = hth_announce_message_decode(bytes->data, bytes->len, NULL);
    if (check == NULL) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_TOO_LARGE,
                    "a message of kind %d is over a limit (%u bytes)", self->kind, bytes->len);
        return NULL;
    }
    return g_steal_pointer(&bytes);
}

HthAnnounceMessage *hth_announce_message_decode(const guint8 *bytes, gsize size_bytes,
                                                GError **error)
{
    HthWireReader reader = HTH_WIRE_READER(bytes, size_bytes);
    const guint8 kind = hth_wire_read_u8(&reader);
    if (kind == 0 || kind >= G_N_ELEMENTS(kinds)) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_CORRUPT, "unknown kind of message: %u", kind);
        return NULL;
    }
    g_autoptr(HthAnnounceMessage) self = hth_announce_message_new(kind);
    kinds[kind].read(&reader, self);
    if (!hth_wire_reader_is_done(&reader)) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_CORRUPT, "a message of kind %u is malformed", kind);
        return NULL;
    }
    return g_steal_pointer(&self);
}

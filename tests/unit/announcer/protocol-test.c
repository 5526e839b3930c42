/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "protocol.h"

#include <string.h>

#include "base/error.h"

static HthAnnounceMessage *through_the_wire(const HthAnnounceMessage *message)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GByteArray) bytes = hth_announce_message_encode(message, &error);
    g_assert_no_error(error);
    HthAnnounceMessage *back = hth_announce_message_decode(bytes->data, bytes->len, &error);
    g_assert_no_error(error);
    g_assert_cmpint(back->kind, ==, message->kind);
    return back;
}

static HthAnnounceMessage *start_message(void)
{
    HthAnnounceMessage *message = hth_announce_message_new(HTH_ANNOUNCE_START);
    message->start.interface = g_strdup("eth0");
    message->start.address = g_strdup("192.0.2.1");
    message->start.description_url = g_strdup("http://192.0.2.1:8200/description.xml");
    message->start.max_age_s = 1800;
    message->start.boot_id = 7;
    message->start.config_id = 9;
    return message;
}

static HthAnnounceMessage *seen_message(gsize location_length)
{
    HthAnnounceMessage *message = hth_announce_message_new(HTH_ANNOUNCE_SEEN);
    message->seen.sender = g_strdup("192.0.2.7");
    message->seen.location = g_strnfill(location_length, 'x');
    return message;
}

static HthAnnounceMessage *event_message(guint n_variables)
{
    HthAnnounceMessage *message = hth_announce_message_new(HTH_ANNOUNCE_NOTIFY);
    message->event.service_id = g_strdup("urn:upnp-org:serviceId:ContentDirectory");
    message->event.variables = hth_event_variables_copy(NULL, 0);
    for (guint i = 0; i < n_variables; i++) {
        const HthEventVariable variable = { g_strdup_printf("V%u", i), g_strdup("<1>") };
        g_array_append_val(message->event.variables, variable);
    }
    return message;
}

static void test_reads_back_what_was_written(void)
{
    g_autoptr(HthAnnounceMessage) start = start_message();
    g_autoptr(HthAnnounceMessage) start_back = through_the_wire(start);
    g_assert_cmpstr(start_back->start.interface, ==, "eth0");
    g_assert_cmpstr(start_back->start.description_url, ==, start->start.description_url);
    g_assert_cmpuint(start_back->start.config_id, ==, 9);

    g_autoptr(HthAnnounceMessage) event = event_message(HTH_ANNOUNCE_MAX_VARIABLES);
    g_autoptr(HthAnnounceMessage) event_back = through_the_wire(event);
    g_assert_cmpuint(event_back->event.variables->len, ==, HTH_ANNOUNCE_MAX_VARIABLES);
    const HthEventVariable *last = &g_array_index(event_back->event.variables, HthEventVariable,
                                                  HTH_ANNOUNCE_MAX_VARIABLES - 1);
    g_assert_cmpstr(last->name, ==, "V15");
    g_assert_cmpstr(last->value, ==, "<1>");

    g_autoptr(HthAnnounceMessage) ready = hth_announce_message_new(HTH_ANNOUNCE_READY);
    ready->port = 49152;
    g_autoptr(HthAnnounceMessage) ready_back = through_the_wire(ready);
    g_assert_cmpuint(ready_back->port, ==, 49152);

    g_autoptr(HthAnnounceMessage) seen = seen_message(HTH_ANNOUNCE_MAX_LOCATION);
    g_autoptr(HthAnnounceMessage) seen_back = through_the_wire(seen);
    g_assert_cmpstr(seen_back->seen.sender, ==, "192.0.2.7");
    g_assert_cmpstr(seen_back->seen.location, ==, seen->seen.location);
}

static void assert_not_written(const HthAnnounceMessage *message)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(hth_announce_message_encode(message, &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_TOO_LARGE);
}

static void test_a_message_over_a_limit_is_not_written(void)
{
    g_autoptr(HthAnnounceMessage) many = event_message(HTH_ANNOUNCE_MAX_VARIABLES + 1);
    assert_not_written(many);

    g_autoptr(HthAnnounceMessage) large = event_message(1);
    HthEventVariable *variable = &g_array_index(large->event.variables, HthEventVariable, 0);
    g_free((char *)variable->value);
    variable->value = g_strnfill(HTH_ANNOUNCE_MAX_VALUE + 1, 'x');
    assert_not_written(large);

    g_autoptr(HthAnnounceMessage) nameless = start_message();
    g_clear_pointer(&nameless->start.interface, g_free);
    assert_not_written(nameless);

    g_autoptr(HthAnnounceMessage) far = seen_message(HTH_ANNOUNCE_MAX_LOCATION + 1);
    assert_not_written(far);
    g_autoptr(HthAnnounceMessage) nowhere = seen_message(1);
    g_clear_pointer(&nowhere->seen.location, g_free);
    assert_not_written(nowhere);
}

static void test_every_prefix_and_every_longer_record_is_refused(void)
{
    g_autoptr(HthAnnounceMessage) start = start_message();
    g_autoptr(HthAnnounceMessage) event = event_message(2);
    g_autoptr(HthAnnounceMessage) seen = seen_message(40);
    const HthAnnounceMessage *messages[] = { start, event, seen };
    for (guint i = 0; i < G_N_ELEMENTS(messages); i++) {
        g_autoptr(GByteArray) bytes = hth_announce_message_encode(messages[i], NULL);
        const guint whole = bytes->len;
        g_byte_array_append(bytes, (const guint8 *)"", 1);
        for (guint size = 0; size <= bytes->len; size++) {
            /* A copy of exactly that size, so that the address sanitizer sees a read past it. */
            g_autofree guint8 *copy = g_memdup2(bytes->data, size);
            g_autoptr(GError) error = NULL;
            g_autoptr(HthAnnounceMessage) message = hth_announce_message_decode(copy, size, &error);
            g_assert_true((message != NULL) == (size == whole));
            if (message == NULL)
                g_assert_error(error, HTH_ERROR, HTH_ERROR_CORRUPT);
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/protocol/reads-back-what-was-written", test_reads_back_what_was_written);
    g_test_add_func("/protocol/a-message-over-a-limit-is-not-written",
                    test_a_message_over_a_limit_is_not_written);
    g_test_add_func("/protocol/every-prefix-and-every-longer-record-is-refused",
                    test_every_prefix_and_every_longer_record_is_refused);
    return g_test_run();
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "pairing"
#include "pairing/pairing.h"

#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/hex.h"
#include "base/log.h"
#include "base/random.h"
#include "base/text.h"
#include "pairing/offers.h"
#include "sync/pairing.h"

#define DEVICES_KEY "pairing.devices"
/* In hexadecimal; the mDNS plugin reads it. */
#define DISCOVERY_KEY "mdns.discovery-key"

#define SEEN_STORE_S 600
#define DEFAULT_NAME "Handheld"
#define MAX_WATCHES  8

typedef struct {
    HthPairingWatch watch;
    gpointer data;
} Watch;

struct HthPairing {
    HthPairingStore store;
    HthKeyId home;
    guint8 discovery_key[HTH_DISCOVERY_KEY_BYTES];
    gint64 (*clock_s)(gpointer data);
    gpointer clock_data;
    Watch watches[MAX_WATCHES];
    guint n_watches;
    GMutex lock; /* guards the fields below, and holds while they are stored */
    HthOffers *offers;
    HthPairedTable *devices;
    gint64 seen_stored_s; /* by clock_s */
};

static gint64 kernel_clock_s(gpointer data)
{
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return now.tv_sec;
}

static gint64 now_s(const HthPairing *self)
{
    return self->clock_s(self->clock_data);
}

static gint64 now_unix_s(void)
{
    return g_get_real_time() / G_USEC_PER_SEC;
}

static void tell(HthPairing *self, HthPairingEvent event, const HthPairedDevice *device)
{
    for (guint i = 0; i < self->n_watches; i++)
        self->watches[i].watch(event, device, self->watches[i].data);
}

void hth_pairing_add_watch(HthPairing *self, HthPairingWatch watch, gpointer data)
{
    g_return_if_fail(self->n_watches < MAX_WATCHES);
    self->watches[self->n_watches++] = (Watch){ .watch = watch, .data = data };
}

/* ---- What is stored ---- */

/* Locking: self->lock is held. */
static gboolean store_devices(HthPairing *self, GError **error)
{
    g_autofree char *text = hth_paired_table_print(self->devices);
    self->seen_stored_s = now_s(self);
    return self->store.store(self->store.data, DEVICES_KEY, text, error);
}

static gboolean load_devices(HthPairing *self, GError **error)
{
    g_autofree char *text = self->store.load(self->store.data, DEVICES_KEY);
    return text == NULL || hth_paired_table_load(self->devices, text, error);
}

static gboolean load_discovery_key(HthPairing *self, GError **error)
{
    g_autofree char *stored = self->store.load(self->store.data, DISCOVERY_KEY);
    if (hth_hex_decode(stored, self->discovery_key, sizeof self->discovery_key))
        return TRUE;
    hth_random_fill(self->discovery_key, sizeof self->discovery_key);
    g_autofree char *hex = hth_hex_encode(self->discovery_key, sizeof self->discovery_key);
    const gboolean is_stored = self->store.store(self->store.data, DISCOVERY_KEY, hex, error);
    explicit_bzero(hex, strlen(hex));
    return is_stored;
}

HthPairing *hth_pairing_new(const HthPairingStore *store, const HthKeyId *home,
                            gint64 (*clock_s)(gpointer data), gpointer clock_data, GError **error)
{
    g_autoptr(HthPairing) self = g_new0(HthPairing, 1);
    self->store = *store;
    self->home = *home;
    self->clock_s = clock_s != NULL ? clock_s : kernel_clock_s;
    self->clock_data = clock_data;
    g_mutex_init(&self->lock);
    self->offers = hth_offers_new();
    self->devices = hth_paired_table_new();
    if (!load_devices(self, error) || !load_discovery_key(self, error))
        return NULL;
    return g_steal_pointer(&self);
}

void hth_pairing_free(HthPairing *self)
{
    if (self == NULL)
        return;
    hth_offers_free(self->offers);
    hth_paired_table_free(self->devices);
    g_mutex_clear(&self->lock);
    explicit_bzero(self->discovery_key, sizeof self->discovery_key);
    g_free(self);
}

const HthKeyId *hth_pairing_home(const HthPairing *self)
{
    return &self->home;
}

const guint8 *hth_pairing_discovery_key(const HthPairing *self)
{
    return self->discovery_key;
}

/* ---- Offers ---- */

static HthOffer *copy_offer(const HthOffer *offer)
{
    HthOffer *copy = g_memdup2(offer, sizeof *offer);
    copy->name = g_strdup(offer->name);
    return copy;
}

static gboolean clean_name(const char *text, char **out_name, GError **error)
{
    *out_name = hth_text_clean(text, HTH_PAIRED_NAME_MAX_BYTES);
    if (*out_name != NULL)
        return TRUE;
    g_set_error_literal(error, HTH_ERROR, HTH_ERROR_INVALID, "a device needs a name");
    return FALSE;
}

HthOffer *hth_pairing_offer(HthPairing *self, const char *name, GError **error)
{
    char *clean = NULL;
    if (name != NULL && !clean_name(name, &clean, error))
        return NULL;
    g_mutex_lock(&self->lock);
    const HthOffer *offer = hth_offers_add(self->offers, clean, now_s(self), error);
    HthOffer *copy = offer != NULL ? copy_offer(offer) : NULL;
    g_mutex_unlock(&self->lock);
    return copy;
}

HthOffer *hth_pairing_find_offer(HthPairing *self, guint64 id)
{
    g_mutex_lock(&self->lock);
    const HthOffer *offer = hth_offers_find(self->offers, id, now_s(self));
    HthOffer *copy = offer != NULL ? copy_offer(offer) : NULL;
    g_mutex_unlock(&self->lock);
    return copy;
}

gboolean hth_pairing_cancel_offer(HthPairing *self, guint64 id)
{
    g_mutex_lock(&self->lock);
    const gboolean was_open = hth_offers_cancel(self->offers, id, now_s(self));
    g_mutex_unlock(&self->lock);
    return was_open;
}

/* ---- Pairing ---- */

/* Locking: self->lock is held. Returns: borrowed, in the table. */
static HthPairedDevice *enter(HthPairing *self, const HthKeyId *key, const char *wanted_name,
                              const char *address)
{
    const HthPairedDevice *known = hth_paired_table_find(self->devices, key);
    HthPairedDevice *device = g_new0(HthPairedDevice, 1);
    device->id = *key;
    device->name = hth_paired_table_free_name(self->devices, wanted_name, known);
    /* A key that never lost its place keeps its role; who was revoked begins as everybody does. */
    if (known != NULL && known->state == HTH_PAIRED_ACTIVE)
        device->role = known->role;
    device->paired_unix_s = device->seen_unix_s = now_unix_s();
    device->address = g_strdup(address);
    hth_paired_table_put(self->devices, device);
    return device;
}

/* Locking: self->lock is held. */
static HthPairedDevice *pair_locked(HthPairing *self, const HthKeyId *key, const char *letters,
                                    const char *own_name, const char *address,
                                    gboolean *out_has_ended, GError **error)
{
    const HthOffer *offer =
        hth_offers_match(self->offers, letters, now_s(self), out_has_ended, error);
    if (offer == NULL || (hth_paired_table_find(self->devices, key) == NULL &&
                          !hth_paired_table_make_room(self->devices, error)))
        return NULL;
    g_autofree char *clean = hth_text_clean(own_name, HTH_PAIRED_NAME_MAX_BYTES);
    const char *wanted = offer->name != NULL ? offer->name : clean != NULL ? clean : DEFAULT_NAME;
    HthPairedDevice *before = hth_paired_table_find(self->devices, key);
    g_autoptr(HthPairedDevice) old = before != NULL ? hth_paired_device_copy(before) : NULL;
    HthPairedDevice *device = enter(self, key, wanted, address);
    if (store_devices(self, error)) {
        hth_offers_use(self->offers, offer->id, key);
        return hth_paired_device_copy(device);
    }
    hth_paired_table_remove(self->devices, key);
    if (old != NULL)
        hth_paired_table_put(self->devices, g_steal_pointer(&old));
    return NULL;
}

HthPairedDevice *hth_pairing_pair(HthPairing *self, const HthKeyId *key, const char *letters,
                                  const char *own_name, const char *address, GError **error)
{
    gboolean has_ended = FALSE;
    g_mutex_lock(&self->lock);
    HthPairedDevice *device = pair_locked(self, key, letters, own_name, address, &has_ended, error);
    g_mutex_unlock(&self->lock);
    if (device != NULL) {
        hth_log_info("paired device=\"%s\"", device->name);
        tell(self, HTH_PAIRING_PAIRED, device);
    }
    if (has_ended) {
        hth_log_warning("three wrong codes were typed from the network, the last at %s: the text "
                        "codes are ended, the QR codes are still good",
                        address != NULL ? address : "?");
        tell(self, HTH_PAIRING_TEXT_ENDED, NULL);
    }
    return device;
}

/* ---- Devices ---- */

GPtrArray *hth_pairing_list(HthPairing *self)
{
    g_mutex_lock(&self->lock);
    GPtrArray *list = hth_paired_table_list(self->devices);
    g_mutex_unlock(&self->lock);
    return list;
}

HthPairedDevice *hth_pairing_find_key(HthPairing *self, const HthKeyId *key)
{
    g_mutex_lock(&self->lock);
    const HthPairedDevice *device = hth_paired_table_find(self->devices, key);
    HthPairedDevice *copy = device != NULL ? hth_paired_device_copy(device) : NULL;
    g_mutex_unlock(&self->lock);
    return copy;
}

HthPairedDevice *hth_pairing_find(HthPairing *self, const char *name)
{
    if (!g_utf8_validate(name, -1, NULL))
        return NULL;
    g_mutex_lock(&self->lock);
    const HthPairedDevice *device = hth_paired_table_find_name(self->devices, name);
    if (device == NULL)
        device = hth_paired_table_find_id(self->devices, name);
    HthPairedDevice *copy = device != NULL ? hth_paired_device_copy(device) : NULL;
    g_mutex_unlock(&self->lock);
    return copy;
}

void hth_pairing_seen(HthPairing *self, const HthKeyId *key, const char *address)
{
    g_autoptr(GError) error = NULL;
    g_mutex_lock(&self->lock);
    HthPairedDevice *device = hth_paired_table_find(self->devices, key);
    if (device != NULL) {
        device->seen_unix_s = now_unix_s();
        if (g_strcmp0(device->address, address) != 0) {
            g_free(device->address);
            device->address = g_strdup(address);
        }
        if (now_s(self) - self->seen_stored_s >= SEEN_STORE_S)
            (void)store_devices(self, &error);
    }
    g_mutex_unlock(&self->lock);
    if (error != NULL)
        hth_log_warning("when devices were seen is not stored: %s", error->message);
}

/* ---- Changes of a device ---- */

/* Changes the device or sets @error. The lock is held. */
typedef gboolean (*Change)(HthPairing *self, HthPairedDevice *device, gconstpointer value,
                           GError **error);

/* Changes a copy and puts it in place once that is stored. */
static gboolean change(HthPairing *self, const HthKeyId *key, Change apply, gconstpointer value,
                       HthPairingEvent event, GError **error)
{
    g_mutex_lock(&self->lock);
    const HthPairedDevice *before = hth_paired_table_find(self->devices, key);
    g_autoptr(HthPairedDevice) old = before != NULL ? hth_paired_device_copy(before) : NULL;
    HthPairedDevice *device = before != NULL ? hth_paired_device_copy(before) : NULL;
    gboolean is_done = FALSE;
    if (device == NULL)
        g_set_error_literal(error, HTH_ERROR, HTH_ERROR_NOT_FOUND, "this device is not paired");
    else if (apply(self, device, value, error)) {
        hth_paired_table_put(self->devices, hth_paired_device_copy(device));
        is_done = store_devices(self, error);
        if (!is_done)
            hth_paired_table_put(self->devices, g_steal_pointer(&old));
    }
    g_mutex_unlock(&self->lock);
    if (is_done)
        tell(self, event, device);
    hth_paired_device_free(device);
    return is_done;
}

static gboolean apply_name(HthPairing *self, HthPairedDevice *device, gconstpointer value,
                           GError **error)
{
    char *clean = NULL;
    if (!clean_name(value, &clean, error))
        return FALSE;
    const HthPairedDevice *taken = hth_paired_table_find_name(self->devices, clean);
    if (taken != NULL && !hth_key_id_equal(&taken->id, &device->id)) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID, "another device is called “%s”", clean);
        g_free(clean);
        return FALSE;
    }
    g_free(device->name);
    device->name = clean;
    return TRUE;
}

static gboolean apply_role(HthPairing *self, HthPairedDevice *device, gconstpointer value,
                           GError **error)
{
    if (device->state != HTH_PAIRED_ACTIVE) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_REFUSED,
                    "“%s” is revoked; pair it again before it gets a role", device->name);
        return FALSE;
    }
    device->role = *(const HthPairedRole *)value;
    return TRUE;
}

static gboolean apply_state(HthPairing *self, HthPairedDevice *device, gconstpointer value,
                            GError **error)
{
    device->state = *(const HthPairedState *)value;
    device->role = HTH_PAIRED_HANDHELD;
    return TRUE;
}

static gboolean apply_wiped(HthPairing *self, HthPairedDevice *device, gconstpointer value,
                            GError **error)
{
    if (device->state == HTH_PAIRED_WIPING)
        device->state = HTH_PAIRED_REVOKED;
    return TRUE;
}

gboolean hth_pairing_rename(HthPairing *self, const HthKeyId *key, const char *name, GError **error)
{
    return change(self, key, apply_name, name, HTH_PAIRING_CHANGED, error);
}

gboolean hth_pairing_set_role(HthPairing *self, const HthKeyId *key, HthPairedRole role,
                              GError **error)
{
    return change(self, key, apply_role, &role, HTH_PAIRING_CHANGED, error);
}

gboolean hth_pairing_revoke(HthPairing *self, const HthKeyId *key, GError **error)
{
    static const HthPairedState state = HTH_PAIRED_REVOKED;
    return change(self, key, apply_state, &state, HTH_PAIRING_REVOKED, error);
}

gboolean hth_pairing_wipe(HthPairing *self, const HthKeyId *key, GError **error)
{
    static const HthPairedState state = HTH_PAIRED_WIPING;
    return change(self, key, apply_state, &state, HTH_PAIRING_REVOKED, error);
}

gboolean hth_pairing_wiped(HthPairing *self, const HthKeyId *key, GError **error)
{
    return change(self, key, apply_wiped, NULL, HTH_PAIRING_WIPED, error);
}

/* Locking: self->lock is held. Takes @device out of the table and hands it back. */
static gboolean forget_locked(HthPairing *self, const HthKeyId *key, HthPairedDevice **out_device,
                              GError **error)
{
    const HthPairedDevice *device = hth_paired_table_find(self->devices, key);
    if (device == NULL) {
        g_set_error_literal(error, HTH_ERROR, HTH_ERROR_NOT_FOUND, "this device is not paired");
        return FALSE;
    }
    if (device->state != HTH_PAIRED_REVOKED) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_REFUSED, "“%s” is paired; revoke it first",
                    device->name);
        return FALSE;
    }
    *out_device = hth_paired_device_copy(device);
    hth_paired_table_remove(self->devices, key);
    if (store_devices(self, error))
        return TRUE;
    hth_paired_table_put(self->devices, hth_paired_device_copy(*out_device));
    return FALSE;
}

gboolean hth_pairing_forget(HthPairing *self, const HthKeyId *key, GError **error)
{
    g_autoptr(HthPairedDevice) device = NULL;
    g_mutex_lock(&self->lock);
    const gboolean is_done = forget_locked(self, key, &device, error);
    g_mutex_unlock(&self->lock);
    if (is_done)
        tell(self, HTH_PAIRING_FORGOTTEN, device);
    return is_done;
}

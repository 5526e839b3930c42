/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The key by which a home or a device is known, and its self-signed certificate: an Ed25519 key,
 * because its certificate and signature are the shortest that TLS 1.3 has.
 *
 * DIR (0700) holds key.pem and certificate.pem (0600). The key is who we are: a lost certificate is
 * made again from it. The certificate tells nothing: every hearth's has the same name, and no dates
 * that matter.
 *
 * Threads: immutable after open; any thread.
 */
#pragma once

#include "base/key-id.h"

G_BEGIN_DECLS

typedef struct HthDeviceIdentity HthDeviceIdentity;

/* Opens the identity in @dir, or makes it there; durable when it returns. Two processes at a time
 * get the same one. Files that others can read are made ours alone, with a warning.
 *
 * Errors: HTH_ERROR_CORRUPT  there is a key file, and it is no key: it is left as it is
 *         HTH_ERROR_FAILED, G_FILE_ERROR_*: it cannot be read or written */
HthDeviceIdentity *hth_device_identity_open(const char *dir, GError **error);
/* An identity that somebody else made: a certificate (PEM, the chain behind it) and its key.
 *
 * Errors: HTH_ERROR_CORRUPT  one of them is none, or the key is not that of the certificate
 *         HTH_ERROR_UNSUPPORTED  neither Ed25519 nor ECDSA on P-256; G_FILE_ERROR_* */
HthDeviceIdentity *hth_device_identity_read(const char *certificate_path, const char *key_path,
                                            GError **error);
void hth_device_identity_free(HthDeviceIdentity *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthDeviceIdentity, hth_device_identity_free)

const HthKeyId *hth_device_identity_id(const HthDeviceIdentity *self);

/* PEM, for TLS. Borrowed. */
const char *hth_device_identity_certificate(const HthDeviceIdentity *self);
const char *hth_device_identity_key(const HthDeviceIdentity *self);

G_END_DECLS

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Identities in temporary folders, and targets made of them, for tests of TLS. */
#pragma once

#include "net/tls-stream.h"
#include "store/identity.h"

/* A new identity; its folder is removed at once, because it is not needed again. */
HthDeviceIdentity *tls_identity_new(void);

/* 127.0.0.1; the key check is for @peer, borrowed. */
HthTlsTarget tls_target(guint16 port, const HthDeviceIdentity *own, const HthKeyId *peer);

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of a running daemon, as main built them: what the API, the media routes and the doctor
 * work with. All borrowed; they live longer than any request. */
#pragma once

#include "base/home-paths.h"
#include "device-registry.h"
#include "event-hub.h"
#include "library/library.h"
#include "pairing/pairing.h"
#include "play-tracker.h"
#include "plugin/host.h"
#include "rendition/rendition.h"
#include "settings.h"

G_BEGIN_DECLS

typedef struct HthDaemon HthDaemon;
typedef struct HthPluginLoader HthPluginLoader;
typedef struct HthTaskQueue HthTaskQueue;
typedef struct HthDeviceListener HthDeviceListener;
typedef struct HthSyncService HthSyncService;
typedef struct HthLockerService HthLockerService;
typedef struct HthSessionService HthSessionService;

typedef struct {
    const HthHomePaths *paths;
    HthSettings *settings; /* main thread */
    HthInterfaces *interfaces;
    HthLibrary *library;
    char **roots; /* main thread: the folders as they were last set; the library follows */
    HthRenditions *renditions; /* NULL: could not be opened */
    HthDeviceRegistry *devices;
    HthEventHub *events;
    HthPlayTracker *plays;
    HthSessionService *sessions;
    HthHost *host;
    HthPluginLoader *plugins;
    HthTaskQueue *tasks;
    HthHttpServer *lan;
    HthHttpServer *socket;
    HthPairing *pairing;
    HthDeviceListener *device_listener;
    HthSyncService *sync;
    HthLockerService *locker;
    HthDaemon *daemon; /* of which these are the parts */
    gint64 started_unix_s;
    guint32 run;        /* drawn at every start: another one, another start */
    GMutex doctor_lock; /* held while the doctor looks */
} HthParts;

G_END_DECLS

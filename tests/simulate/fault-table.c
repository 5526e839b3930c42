/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fault-table.h"

/* Not here: HTH_SYNC_FAULT_OLD_UNSEEN, which changes nothing as long as outcomes are compared. */
const FaultRow fault_rows[] = {
    { "no-file-sync", HTH_SYNC_FAULT_NO_FILE_SYNC },
    { "rename-first", HTH_SYNC_FAULT_RENAME_FIRST },
    { "no-dir-sync", HTH_SYNC_FAULT_NO_DIR_SYNC },
    { "early-result", HTH_SYNC_FAULT_EARLY_RESULT },
    { "no-checksum", HTH_SYNC_FAULT_NO_CHECKSUM },
    { "torn-journal", HTH_SYNC_FAULT_TORN_JOURNAL },
    { "no-undo", HTH_SYNC_FAULT_NO_UNDO },
    { "stale-resume", HTH_SYNC_FAULT_STALE_RESUME },
    { "volume-unseen", HTH_SYNC_FAULT_VOLUME_UNSEEN },
    { "revision-unseen", HTH_SYNC_FAULT_REVISION_UNSEEN },
    { "changed-unseen", HTH_SYNC_FAULT_CHANGED_UNSEEN },
    { "result-trusted", HTH_SYNC_FAULT_RESULT_TRUSTED },
    { "no-intent", HTH_SYNC_FAULT_NO_INTENT },
    { "overwrite", HTH_SYNC_FAULT_OVERWRITE },
    { "epoch-kept", HTH_SYNC_FAULT_EPOCH_KEPT },
    { "plays-again", HTH_SYNC_FAULT_PLAYS_AGAIN },
    { "plays-dropped", HTH_SYNC_FAULT_PLAYS_DROPPED },
    { "last-writer", HTH_SYNC_FAULT_LAST_WRITER },
};
const guint n_fault_rows = G_N_ELEMENTS(fault_rows);

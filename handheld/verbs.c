/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "handheld.h"

static const HthHandheldVerb verbs[] = {
    { "confirm", "", "Tell the home that missing files were deleted on purpose",
      hth_handheld_verb_confirm },
    { "homes", "", "Show the homes that this device is paired with", hth_handheld_verb_homes },
    { "pair", "CODE", "Pair this device with the home that shows CODE", hth_handheld_verb_pair },
    { "photos", "DIR…", "Bring photos and recordings home from these folders",
      hth_handheld_verb_photos },
    { "play", "ITEM", "Play any item of the home's, wherever this device is",
      hth_handheld_verb_play },
    { "played", "FILE", "Note that FILE was played, rated or left at a position",
      hth_handheld_verb_played },
    { "run", "", "Stay, and sync whenever the home is near", hth_handheld_verb_run },
    { "status", "", "Show what is here and what is going on", hth_handheld_verb_status },
    { "sync", "", "Bring the folder in step with the home, once", hth_handheld_verb_sync },
    { "verify", "", "Read every file, and repair what is damaged", hth_handheld_verb_verify },
};

const HthHandheldVerb *hth_handheld_verbs(guint *out_n)
{
    *out_n = G_N_ELEMENTS(verbs);
    return verbs;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "handheld.h"

static const HthHandheldVerb verbs[] = {
    { "homes", "", "Show the homes that this device is paired with", hth_handheld_verb_homes },
    { "pair", "CODE", "Pair this device with the home that shows CODE", hth_handheld_verb_pair },
};

const HthHandheldVerb *hth_handheld_verbs(guint *out_n)
{
    *out_n = G_N_ELEMENTS(verbs);
    return verbs;
}

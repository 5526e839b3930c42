/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli.h"

static const HthVerb verbs[] = {
    { "backup", "FILE", "Write everything that makes this home into one file",
      "  hearth backup ~/hearth-backup.tar", hth_verb_backup },
    { "browse", "[ID]", "List what is in a container",
      "  hearth browse                    the top\n"
      "  hearth browse music-albums\n"
      "  hearth browse music-albums --sort -date --count 20",
      hth_verb_browse },
    { "config", "list | get NAME | set NAME VALUE | unset NAME", "Show and change settings",
      "  hearth config list\n"
      "  hearth config set hearth.name \"Living room\"\n"
      "  hearth config set dlna.new-devices-wait true\n"
      "  hearth config unset hearth.port",
      hth_verb_config },
    { "devices", "[list | show | allow | hide | rename | forget | role | rule | revoke | wipe] …",
      "Show the devices of the household and say what they may see and do",
      "  hearth devices\n"
      "  hearth devices role \"Anna's phone\" owner\n"
      "  hearth devices revoke \"Anna's phone\"\n"
      "  hearth devices wipe \"Old tablet\"\n"
      "  hearth devices show \"Living room TV\"\n"
      "  hearth devices hide 192.0.2.7\n"
      "  hearth devices rule phone --newest 500 --favourites --max 32G\n"
      "  hearth devices rename 52:54:00:12:34:56 \"Kitchen radio\"",
      hth_verb_devices },
    { "doctor", "", "Find out why something cannot be seen or played",
      "  hearth doctor\n"
      "  hearth doctor --device \"Living room TV\"",
      hth_verb_doctor },
    { "events", "", "Follow what happens, line by line",
      "  hearth events\n"
      "  hearth events --json | jq .",
      hth_verb_events },
    { "item", "ID", "Show one track, video, photo or container",
      "  hearth item k3jx9a2bqd4fm\n"
      "  hearth item k3jx9a2bqd4fm --rating 5\n"
      "  hearth item k3jx9a2bqd4fm --played",
      hth_verb_item },
    { "locker", "[join URL CODE | status | leave]",
      "Join a locker, by which paired devices reach this home from elsewhere",
      "  hearth locker join https://locker.example abcd-efgh-ijkl-…\n"
      "  hearth locker status\n"
      "  hearth locker leave",
      hth_verb_locker },
    { "logs", "", "Show the log of hearthd",
      "  hearth logs\n"
      "  hearth logs --follow",
      hth_verb_logs },
    { "pair", "", "Show a code by which a phone or another device is paired with this home",
      "  hearth pair\n"
      "  hearth pair --name \"Anna's phone\"\n"
      "  hearth pair --json               the code for a program; it does not wait",
      hth_verb_pair },
    { "playlists", "[list | create | replace | delete] …", "Show and change playlists",
      "  hearth playlists\n"
      "  hearth playlists create \"Sunday\" ID ID ID\n"
      "  hearth playlists delete ID",
      hth_verb_playlists },
    { "plugins", "", "Show the plugins and how they are", "  hearth plugins", hth_verb_plugins },
    { "restart", "", "Start hearthd again, with the settings as they are now",
      "  hearth config set hearth.name \"Living room\"\n"
      "  hearth restart",
      hth_verb_restart },
    { "restore", "FILE", "Become the home that a backup holds (while hearthd is stopped)",
      "  systemctl --user stop hearthd\n"
      "  hearth restore ~/hearth-backup.tar\n"
      "  systemctl --user start hearthd",
      hth_verb_restore },
    { "roots", "[list | add DIR | remove DIR | move OLD NEW]", "Show and change the shared folders",
      "  hearth roots\n"
      "  hearth roots add ~/Films\n"
      "  hearth roots move /media/old/Music /srv/Music      every play count stays",
      hth_verb_roots },
    { "scan", "", "Look for new, changed and removed files now",
      "  hearth scan\n"
      "  hearth scan --full               read every file anew\n"
      "  hearth scan --problems           files that could not be read",
      hth_verb_scan },
    { "search", "WORDS…", "Find tracks, videos, photos, albums and artists",
      "  hearth search björk jóga\n"
      "  hearth search --kind album homogenic",
      hth_verb_search },
    { "sessions", "", "Show who plays what right now",
      "  hearth sessions\n"
      "  hearth sessions --json | jq '.sessions[].title'",
      hth_verb_sessions },
    { "status", "", "Show what is shared and what hearthd does now",
      "  hearth status\n"
      "  hearth status --watch",
      hth_verb_status },
};

const HthVerb *hth_verbs(guint *out_n)
{
    *out_n = G_N_ELEMENTS(verbs);
    return verbs;
}

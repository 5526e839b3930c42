#!/usr/bin/env bash
# Makes a small library of really encoded tracks, a clip and photos. usage: make-demo.sh FOLDER
set -euo pipefail
folder=$1
[ -f "$folder/.complete" ] && exit 0
echo "making nine tracks, a clip and four photos in $folder" >&2
mkdir -p "$folder/Music" "$folder/Videos" "$folder/Photos"
quiet=(ffmpeg -nostdin -v error -y)

# track NUMBER ARTIST ALBUM TITLE GENRE YEAR FREQUENCY EXTENSION
track() {
  local dir="$folder/Music/$2/$3"
  mkdir -p "$dir"
  [ -f "$dir/cover.jpg" ] || "${quiet[@]}" -f lavfi -i "gradients=s=600x600:seed=$7" -frames:v 1 "$dir/cover.jpg"
  "${quiet[@]}" -f lavfi -i "sine=frequency=$7:duration=20" -f lavfi -i "sine=frequency=$(($7 * 3 / 2)):duration=20" \
    -filter_complex 'amix=inputs=2,tremolo=f=3' -metadata title="$4" -metadata artist="$2" -metadata album_artist="$2" \
    -metadata album="$3" -metadata genre="$5" -metadata date="$6" -metadata track="$1" "$dir/$1 $4.$8"
}
track 1 'The Embers' 'First Light' 'Kindling' Folk 2019 220 flac
track 2 'The Embers' 'First Light' 'Slow Burn' Folk 2019 247 flac
track 3 'The Embers' 'First Light' 'Ashes' Folk 2019 262 flac
track 1 'Sigrún Ösp' 'Norðurljós' 'Vetur' Ambient 2021 196 ogg
track 2 'Sigrún Ösp' 'Norðurljós' 'Jökull' Ambient 2021 175 ogg
track 1 'Quartet of Four' 'Live at the Hearth' 'Opening' Jazz 2008 294 mp3
track 2 'Quartet of Four' 'Live at the Hearth' 'Blue Smoke' Jazz 2008 330 mp3
track 1 'Copper Kettle' 'Steam' 'Whistle' Electronic 2023 440 opus
track 2 'Copper Kettle' 'Steam' 'Boil' Electronic 2023 392 m4a

"${quiet[@]}" -f lavfi -i 'testsrc2=size=1280x720:rate=25:duration=20' -f lavfi -i 'sine=frequency=330:duration=20' \
  -c:v libx264 -preset veryfast -pix_fmt yuv420p -c:a aac -metadata title='A test of colours' "$folder/Videos/colours.mp4"
printf '1\n00:00:01,000 --> 00:00:05,000\nSubtitles lie beside their video.\n' >"$folder/Videos/colours.srt"
for number in 1 2 3 4; do
  "${quiet[@]}" -f lavfi -i "gradients=s=1600x1200:seed=$number" -frames:v 1 "$folder/Photos/photo $number.jpg"
done
printf '#EXTM3U\n../Music/The Embers/First Light/1 Kindling.flac\n../Music/Copper Kettle/Steam/1 Whistle.opus\n' \
  >"$folder/Music/Evening.m3u8"
sed -i 's|^\.\./Music/||' "$folder/Music/Evening.m3u8"
touch "$folder/.complete"

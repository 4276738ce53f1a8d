#!/usr/bin/env bash
# ffmpeg: a film made of patterns, scaled, coded in H.264 and Opus with threads, and decoded again.
# packages: ffmpeg
. "$(dirname "$0")/../preload.bash"

workload() {
  under ffmpeg -v error -f lavfi -i testsrc2=size=640x360:rate=25:duration=5 -f lavfi -i sine=frequency=440:duration=5 \
    -vf 'scale=480:270,hue=s=0.5,eq=contrast=1.1' -c:v libx264 -preset fast -x264-params threads=2:deterministic=1 \
    -c:a libopus -fflags +bitexact -flags +bitexact film.mkv
  sha256sum film.mkv
  # One stream at a time: in which order frames of two come is a matter of threads.
  under ffmpeg -v error -threads 2 -i film.mkv -map 0:v -bitexact -f framemd5 - | sha256sum
  under ffmpeg -v error -threads 2 -i film.mkv -map 0:a -bitexact -f framemd5 - | sha256sum
  under ffmpeg -v error -i film.mkv -vf 'fps=5,palettegen' -frames:v 1 -bitexact palette.png
  under ffmpeg -v error -i film.mkv -i palette.png -filter_complex 'fps=5[x];[x][1:v]paletteuse' -bitexact film.gif
  sha256sum palette.png film.gif
}
compare

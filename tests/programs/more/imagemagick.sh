#!/usr/bin/env bash
# imagemagick: patterns, filters and formats, with OpenMP's threads.
# packages: imagemagick
. "$(dirname "$0")/../preload.bash"

workload() {
  export OMP_NUM_THREADS=2 MAGICK_THREAD_LIMIT=2
  under convert -size 500x350 -seed 42 plasma:red-blue +repage one.png
  under convert one.png -resize 150% -gaussian-blur 0x2 -sharpen 0x1 -modulate 110,80 two.png
  under convert one.png two.png -gravity center -composite -rotate 17 -colors 64 three.gif
  under convert three.gif -distort barrel '0.0 0.0 -0.1 1.1' -quality 85 four.jpg
  under montage one.png two.png three.gif four.jpg -resize 200x200 -geometry +4+4 five.png
  under identify -format '%f %wx%h %#\n' one.png two.png three.gif four.jpg five.png
}
compare

#!/usr/bin/env bash
# ghostscript.sh -- gs paints the pages of work.ps: text, outlines, curves, images, a shading, a pattern. The pixels must be
# those that it paints without an allocator preloaded.
. "$(dirname "${BASH_SOURCE[0]}")/shared.bash"
begin "${1:-}" ghostscript

paint=(gs -q -dBATCH -dNOPAUSE -dSAFER -sDEVICE=ppmraw -r72 "-dPages=$(by_mode 28 9)" "-sOutputFile=$work/pages.ppm"
  "$programs/work.ps")

try() {
  measure_under "" "${paint[@]}"
  printed ""
  [ "$(head -c 2 "$work/pages.ppm")" = P6 ] || broken "no pages"
  mv "$work/pages.ppm" "$work/expected-$mode.ppm"
}

made_once "$(gs --version) ${paint[*]} $(cat "$programs/work.ps")" try
rm -f "$work/pages.ppm"
measure "${paint[@]}"
printed ""
cmp -s "$work/pages.ppm" "$work/expected-$mode.ppm" || broken "the pages differ from those without an allocator"
printf '%s\n' "$line"

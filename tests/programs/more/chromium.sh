#!/usr/bin/env bash
# chromium, headless: a page whose script builds elements, draws, packs and computes, and the document that comes of it.
# The program has its own malloc.
# packages: chromium
. "$(dirname "$0")/../preload.bash"
. "$(dirname "$0")/page.bash"
own_malloc='(^|/)(chromium|chrome_crashpad_handler|self/exe)$' # it starts itself again as /proc/self/exe

workload() {
  page >page.html
  HOME=$PWD under chromium --headless --no-sandbox --disable-gpu --user-data-dir="$PWD/profile" --virtual-time-budget=20000 \
    --dump-dom "file://$PWD/page.html" >dom
  grep -o 'id="said">[^<]*' dom
  sha256sum <dom
}
compare

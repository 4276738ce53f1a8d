#!/usr/bin/env bash
# firefox, headless: the picture of a page whose script builds elements, draws, packs and computes. The program has its own
# malloc.
# packages: firefox-esr
. "$(dirname "$0")/../preload.bash"
. "$(dirname "$0")/page.bash"
own_malloc='firefox-esr'

workload() {
  page >page.html
  mkdir profile
  printf 'user_pref("%s", %s);\n' toolkit.telemetry.enabled false datareporting.policy.dataSubmissionEnabled false \
    app.update.enabled false browser.shell.checkDefaultBrowser false network.captive-portal-service.enabled false >profile/user.js
  HOME=$PWD under firefox-esr --headless --no-remote --profile "$PWD/profile" --window-size=400,400 \
    --screenshot "$PWD/picture.png" "file://$PWD/page.html" >&2
  sha256sum picture.png
}
compare

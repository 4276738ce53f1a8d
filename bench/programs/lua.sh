#!/usr/bin/env bash
# lua.sh -- work.lua under lua5.4, which asks realloc for everything.
. "$(dirname "${BASH_SOURCE[0]}")/shared.bash"
begin "${1:-}" lua5.4

measure lua5.4 "$programs/work.lua" "$(by_mode 22 7)"
printed "$(by_mode '22 rounds: 671661301' '7 rounds: 572567539')"
printf '%s\n' "$line"

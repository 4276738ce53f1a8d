#!/usr/bin/env bash
# python3.sh -- work.py under the system's python3, whose objects come from malloc and not from its own small blocks.
. "$(dirname "${BASH_SOURCE[0]}")/shared.bash"
begin "${1:-}" python3

export PYTHONMALLOC=malloc PYTHONHASHSEED=0 PYTHONDONTWRITEBYTECODE=1
measure /usr/bin/python3 "$programs/work.py" "$(by_mode 16 5)"
printed "$(by_mode '16 rounds: 9edd6c1d' '5 rounds: 7b73ddee')"
printf '%s\n' "$line"

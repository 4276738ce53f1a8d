#!/usr/bin/env bash
# php.sh -- work.php under php without its own allocator, and without extensions, which it would open with RTLD_DEEPBIND.
. "$(dirname "${BASH_SOURCE[0]}")/shared.bash"
begin "${1:-}" php-cli

export USE_ZEND_ALLOC=0
measure php -n "$programs/work.php" "$(by_mode 40 12)"
printed "$(by_mode '40 rounds: 885712992' '12 rounds: 251812467')"
printf '%s\n' "$line"

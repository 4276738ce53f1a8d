#!/usr/bin/env bash
# z3.sh -- z3 on work.smt2: bits by a solver of clauses, linear arithmetic, quantifiers.
. "$(dirname "${BASH_SOURCE[0]}")/shared.bash"
begin "${1:-}" z3

input=$work/$mode.smt2
sed "$(by_mode '' '/^; the rest/,$d')" "$programs/work.smt2" >"$input"
measure z3 "$input"
answers=(sat unsat unsat sat sat sat sat unsat)
[ "$mode" = quick ] || answers+=(sat sat)
printed "$(printf '%s\n' "${answers[@]}")"
printf '%s\n' "$line"

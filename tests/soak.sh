# soak.sh -- the long forms: every stress program in every variant at full scale with several seeds, the sanitizers over all
# tests, the models searched further, valgrind over larger runs, the command at random moments. Read by `./build.sh soak`, after
# tests/suite.sh.
#
# A step is one program with one seed, or one whole search. A line for each says which of how many it is, the time so far and
# what is left by the times that steps of its kind have taken. When the time is up the running step ends: it has not failed.
# shellcheck shell=bash

soak_seeds=(1 2 3 4 5)
soak_scale=100
soak_step_seconds=$((6 * 3600)) # a step that takes longer hangs

soak_steps=()          # LABEL<tab>KIND<tab>COMMAND: what it is called, what takes as long, what is run
declare -A soak_took=() # seconds, by kind

soak_add() { # LABEL KIND COMMAND...
  soak_steps+=("$(printf '%s\t%s\t%s' "$1" "$2" "${*:3}")")
}

soak_clock() { printf '%d:%02d:%02d' $(($1 / 3600)) $(($1 / 60 % 60)) $(($1 % 60)); }

# The steps of one build of a variant with one seed: VARIANT FOLDER SEED.
soak_add_stress() {
  local variant=$1 folder=$2 seed=$3 source program command
  for source in "$top"/tests/plain/stress_*.c; do
    program=$(basename "$source" .c)
    case " $(sanitized_left_out "$variant" plain | tr '\n' ' ')" in *" $program "*) continue ;; esac
    command="build/$folder/tests/plain/$program $seed $soak_scale"
    [ "$folder" = "$variant" ] || command="tests/sanitized/run.sh build/$folder $command"
    soak_add "$folder: $program, seed $seed" "$folder $program" "$command"
  done
}

# The steps of a sanitizer that need no seed.
soak_add_once() {
  local variant=$1 folder=$2 test arguments=
  for test in $(sanitized_left_out "$variant" unit); do arguments+=" ^$test"; done
  soak_add "$folder: unit tests" "$folder unit" "tests/sanitized/run.sh build/$folder build/$folder/tests/mica-unit -j2 --timeout 3600$arguments"
  [ "$variant" != tsan ] || soak_add "$folder: mutants" "$folder mutants" "tests/sanitized/mutants.sh build/$folder"
  soak_add "$folder: faults, every call" "$folder faults" \
    "tests/sanitized/run.sh build/$folder build/$folder/tests/plain/faults"
}

# Everything, seed by seed; what is done once comes after the first.
soak_plan() {
  local seed variant compiler
  for seed in "${soak_seeds[@]}"; do
    for variant in release debug; do soak_add_stress "$variant" "$variant" "$seed"; done
    for variant in "${sanitized_variants[@]}"; do
      for compiler in gcc clang; do
        soak_add_stress "$variant" "$variant-$compiler" "$seed"
        [ "$seed" != "${soak_seeds[0]}" ] || soak_add_once "$variant" "$variant-$compiler"
      done
    done
    [ "$seed" = "${soak_seeds[0]}" ] || continue
    for variant in release tsan-gcc tsan-clang; do # 10,000 rounds
      soak_add "$variant: stress_heaps, long" "$variant stress_heaps long" \
        "$([ "$variant" = release ] || echo "tests/sanitized/run.sh build/$variant ")build/$variant/tests/plain/stress_heaps 1 4000"
    done
    soak_add "release: stress_pool_fuzz, long" "release stress_pool_fuzz long" \
      "build/release/tests/plain/stress_pool_fuzz 1 3000" # 300 million steps
    for variant in release debug; do soak_add "$variant: faults, every call" "$variant faults" "build/$variant/tests/plain/faults"; done
    soak_add "C++ in every standard, with both compilers" "C++" "tests/house/check_cxx.sh long"
    soak_add "a parent with ThreadSanitizer" "subproject" "tests/house/check_subproject.sh long"
    soak_add "the command, 1,000 moments and a quarter of an hour of cores" looks "tests/tool/more/moments.sh 1000 900"
    soak_add "the command, cores of the kernel" cores "tests/tool/more/kernel_core.sh"
    soak_add "models" models "python3 -B tests/model/check.py --soak"
    soak_add "valgrind" valgrind "tests/valgrind/run.sh build/valgrind/libmica-valgrind.so soak"
  done
}

soak_build() {
  local variant compiler
  for variant in release debug valgrind; do
    say "soak: building $variant"
    build_variant "$variant" "-DMICA_TESTS=$([ "$variant" = valgrind ] && echo OFF || echo ON)" -- all || return 1
  done
  build_variant secure -- all || return 1
  for variant in "${sanitized_variants[@]}"; do
    for compiler in gcc clang; do
      say "soak: building $variant-$compiler"
      build_variant "$variant-$compiler" -DMICA_TESTS=ON -- all || return 1
    done
  done
}

# Seconds that the steps from the given one on will take, as far as their kinds are known; the others as the average.
soak_left() {
  local i kind sum=0 known=0 unknown=0 all=0 n=0
  for kind in "${!soak_took[@]}"; do all=$((all + soak_took[$kind])) n=$((n + 1)); done
  for ((i = $1; i < ${#soak_steps[@]}; i++)); do
    IFS=$'\t' read -r _ kind _ <<<"${soak_steps[i]}"
    if [ -n "${soak_took[$kind]:-}" ]; then
      known=$((known + soak_took[$kind]))
    else
      unknown=$((unknown + 1))
    fi
  done
  [ $n -eq 0 ] || sum=$((known + unknown * all / n))
  echo $sum
}

# soak_one LABEL KIND COMMAND SECONDS: one step, for so long at most. A step may print lines of its own progress.
soak_one() {
  local label=$1 kind=$2 command=$3 seconds=$4 start=$SECONDS status=0 output
  output=$(mktemp)
  # shellcheck disable=SC2086 # the command is a list of words
  case "$kind" in
  models | valgrind) (cd "$top" && timeout -k 20 "$seconds" $command 2>&1 </dev/null | tee "$output") || status=$? ;;
  *) (cd "$top" && timeout -k 20 "$seconds" $command >"$output" 2>&1 </dev/null) || status=$? ;;
  esac
  soak_took[$kind]=$((SECONDS - start))
  if [ $status -eq 0 ]; then
    suite_pass "$label: $((SECONDS - start)) s"
  elif { [ $status -eq 124 ] || [ $status -eq 137 ]; } && [ "$seconds" -lt $soak_step_seconds ]; then
    printf 'ENDED %s: the time is up\n' "$label"
  else
    tail -n 60 "$output"
    suite_fail "$label: exit status $status"
  fi
  rm -f "$output"
}

# soak [MINUTES]
soak() {
  local limit=${1:-} begin=$SECONDS i label kind command seconds=$soak_step_seconds
  soak_build || return 1
  soak_plan
  for ((i = 0; i < ${#soak_steps[@]}; i++)); do
    if [ -n "$limit" ]; then
      seconds=$((limit * 60 - (SECONDS - begin)))
      [ $seconds -gt 0 ] || break
      [ $seconds -lt $soak_step_seconds ] || seconds=$soak_step_seconds
    fi
    IFS=$'\t' read -r label kind command <<<"${soak_steps[i]}"
    printf '[%d of %d] %s, about %s left%s: %s\n' $((i + 1)) ${#soak_steps[@]} "$(soak_clock $((SECONDS - begin)))" \
      "$(soak_clock "$(soak_left "$i")")" "${limit:+ (limit: $limit min)}" "$label"
    soak_one "$label" "$kind" "$command" "$seconds"
  done
  [ "$i" -eq ${#soak_steps[@]} ] || printf '\nthe time is up: %d of %d steps were begun\n' "$i" ${#soak_steps[@]}
  suite_count
}

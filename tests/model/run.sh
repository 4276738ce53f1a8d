#!/bin/sh
# Checks the lock-free code by models, in the size that every test run has: under Relacy (check.py), and that the drivers for
# GenMC compile and run natively (genmc.py).
# usage: tests/model/run.sh [LIBRARY]    LIBRARY is not looked at: the models compile the product's headers themselves.
# Prints PASS or FAIL lines; returns the number of failures.
set -u
here=$(dirname "$0")
native=$(mktemp)
trap 'rm -f "$native"' EXIT
python3 -B "$here/genmc.py" --native >"$native" 2>&1 &
python3 -B "$here/check.py"
failures=$?
wait $!
failures=$((failures + $?))
cat "$native"
exit $failures

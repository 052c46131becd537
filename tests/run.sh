#!/bin/sh
# tests/run.sh FILE.t... - the unit tests and the given shell tests under
# prove, two at a time.
build=${BUILD:-build}
export ASAN_OPTIONS=detect_stack_use_after_return=0 UBSAN_OPTIONS=print_stacktrace=1
units=
case " $* " in
*/long/*) ;;
*) units=$(ls "$build"/unit/* | grep -v '\.d$') ;;
esac
# shellcheck disable=SC2086
exec prove -j2 --timer $units "$@"

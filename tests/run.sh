#!/bin/sh
# tests/run.sh FILE.t... - the unit tests and the given shell tests under
# prove, two at a time.
build=${BUILD:-build}
if [ -n "${ASAN:-}" ]; then
	logs=$(cd "$build" && pwd)/report
	rm -f "$logs".*
	export ASAN_OPTIONS="detect_leaks=1:detect_stack_use_after_return=0"
	ASAN_OPTIONS=$ASAN_OPTIONS:log_path=$logs
	export UBSAN_OPTIONS="print_stacktrace=1:log_path=$logs"
fi
units=
case " $* " in
*/long/*) ;;
*) units=$(ls "$build"/unit/* | grep -v '\.d$') ;;
esac
# shellcheck disable=SC2086
prove -j2 --timer $units "$@" || exit
# What a sanitizer said inside a pipe, where nobody looks at the status.
[ -z "${ASAN:-}" ] || ! cat "$logs".* 2>/dev/null

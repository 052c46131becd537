# tests/fakeimap.sh - fakeimap.py in the background, for the shell tests
#
#	. "$root/tests/fakeimap.sh"
#	fake_start endless-line [OPTION...]
#	... --port "$FAKE_PORT" ...
#	grep secret "$FAKE_LOG"		# what a client has sent
#	fake_stop
#
# A second fake_start stops the first.  fake_lax tls|starttls|plain logs in
# there as a client that trusts everybody.

FAKE_LOG=$T/fake.log
fake_pid=

fake_start() {
	fake_stop
	: >"$FAKE_LOG"
	rm -f "$T/fake.port"
	python3 "$root/tests/fakeimap.py" "$@" --port-file "$T/fake.port" \
	    --log "$FAKE_LOG" </dev/null >"$T/fake.err" 2>&1 &
	fake_pid=$!
	_until=$(($(date +%s) + 20))
	until [ -s "$T/fake.port" ]; do
		if ! kill -0 "$fake_pid" 2>/dev/null ||
		    [ "$(date +%s)" -ge "$_until" ]; then
			diag "fakeimap.py: $(tail -n 3 "$T/fake.err")"
			return 1
		fi
		sleep 0.02
	done
	FAKE_PORT=$(cat "$T/fake.port")
}

fake_stop() {
	[ -n "$fake_pid" ] || return 0
	kill "$fake_pid" 2>/dev/null
	wait "$fake_pid" 2>/dev/null
	fake_pid=
}

fake_lax() {
	python3 "$root/tests/fakeimap.py" lax localhost "$FAKE_PORT" "$1" \
	    desk "$IMAP_PASS"
}

at_exit="$at_exit; fake_stop"

# tests/kill.sh - for tests that kill a run at each point and compare what the
# store says afterwards.
have sqlite3 && have jq || {
	echo '1..0 # SKIP sqlite3 and jq are needed'
	exit 0
}
[ -n "$K" ] || {
	echo '1..0 # SKIP not with the sanitizers'
	exit 0
}

use() {
	CN_HOME=$1.home CN_KEYS=$1.keys
}

# A copy of the fresh store, $T/new, as $T/try.
begin() {
	rm -rf "$T/try.home" "$T/try.keys"
	cp -a "$T/new.home" "$T/try.home"
	cp -a "$T/new.keys" "$T/try.keys"
	use "$T/try"
}

# said SQL TABLE...: what the store says, without what is random: lines without
# ids and hours, conversations by who is with whom, counts, the doctor.
said() {
	_sql=$1
	shift
	cn-query | jq -S -c 'del(.id, .received, .ticket)' >"$T/s.lines"
	jq -s -c 'map(.conversation) | unique | length' "$T/s.lines"
	jq -s -c 'group_by(.conversation) | map(map(.date + .direction) |
	    sort) | sort' "$T/s.lines"
	jq -c 'del(.conversation)' "$T/s.lines" | sort
	for t in person identifier conversation message raw ref participant \
	    folder location event quarantine "$@"; do
		sqlite3 "$CN_HOME/store.db" "SELECT '$t ' || count(*) FROM $t"
	done
	sqlite3 "$CN_HOME/store.db" "SELECT kind, count(*) FROM event
	    GROUP BY kind; SELECT sum(messages) FROM shard;
	    SELECT count(*) FROM message WHERE classified IS NULL; $_sql"
	cn-query --format ids refund parcel | wc -l
	cn-store doctor
}

# Does the test's state() say what it said undisturbed?
same() {
	state >"$T/state" 2>&1
	cmp -s "$T/state" "$T/undisturbed" && return
	diff "$T/undisturbed" "$T/state" | cut -c 1-100 | head -n 5 |
	    sed 's/^/# /'
	return 1
}

#!/bin/sh
# A fetch without news of a mailbox of five million mails, whose rows in the
# store are synthesised (they cannot be opened, and are not), and one of a
# mailbox of five in a store of five.
. "$(dirname "$0")/../lib.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)
B=$root/${BUILD:-build}/bin
PATH=$B:$PATH
. "$root/tests/dovecot.sh"
. "$root/tests/fakeimap.sh"

seconds() {
	python3 -c '
import subprocess, sys, time
best = 9e9
for i in range(5):
    t = time.monotonic()
    subprocess.run(sys.argv[1:], check=True)
    best = min(best, time.monotonic() - t)
print("%.3f" % best)' "$@"
}

port=$(free_ports 1)
(umask 077 && printf '%s\n' "$IMAP_PASS" >"$T/pass")
cn-store init -q
cn-account add -q desk --server "plain://127.0.0.1:$port" --user desk \
    --pass-file "$T/pass"
fake_start good --port "$port"
cn-fetch -q --format none --folder INBOX
small=$(seconds cn-fetch -q --format none --folder INBOX)
sqlite3 "$CN_HOME/store.db" "
PRAGMA synchronous = OFF;
BEGIN;
WITH RECURSIVE n(i) AS (VALUES(1000) UNION ALL SELECT i + 1 FROM n
    WHERE i < 5000994)
INSERT INTO message(id, pub, hash, leaf, person, conversation, channel,
    direction, date, received, size, chunks, shard, threaded, head, classified)
SELECT i, 'm' || printf('%016d', i), randomblob(16), 1 << 40, 1, 1, 'email',
    'in', 1790000000 + i, 1790000000 + i, 3000, 1, 1, 'new',
    zeroblob(200), 1790000000 FROM n;
WITH RECURSIVE n(i) AS (VALUES(6) UNION ALL SELECT i + 1 FROM n
    WHERE i < 5000000)
INSERT INTO location(message, folder, uidvalidity, uid)
SELECT i + 994, (SELECT id FROM folder WHERE uidvalidity = 7), 7, i FROM n;
UPDATE folder SET uidnext = 5000001, modseq = 9 WHERE uidvalidity = 7;
COMMIT" || exit 1
fake_start millions --port "$port"
large=$(seconds cn-fetch -q --format none --folder INBOX)
echo "# a fetch without news, of five million mails: under a second"
echo "5,000,000 mails known: $large s; 5 mails: $small s" \
    "($(sqlite3 "$CN_HOME/store.db" 'SELECT count(*) FROM location') places," \
    "$(($(stat -c %s "$CN_HOME/store.db") >> 20)) MB)"

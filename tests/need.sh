#!/bin/sh
# tests/need.sh PACKAGE... - installs the Debian packages that are missing, as
# root or by sudo -n; else says which line to run, and fails.
missing=
for p; do
	dpkg-query -W -f '${db:Status-Abbrev}' "$p" 2>/dev/null | grep -q '^ii' ||
	    missing="$missing $p"
done
[ -n "$missing" ] || exit 0
as=
if [ "$(id -u)" != 0 ]; then
	if ! sudo -n true 2>/dev/null; then
		echo "missing packages; run this line, then make again:" >&2
		echo "sudo apt-get install -y --no-install-recommends$missing" >&2
		exit 1
	fi
	as='sudo -n'
fi
echo "installing:$missing" >&2
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086
$as apt-get update -qq >&2 &&
    $as apt-get install -y -qq --no-install-recommends $missing >/dev/null

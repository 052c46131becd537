#!/bin/sh
# The systemd units that ship: they load, start commands that are there with
# options that they have, and give up what a fetch does not need.
. "$(dirname "$0")/lib.sh"
have systemd-analyze || {
	echo '1..0 # SKIP systemd-analyze is needed'
	exit 0
}
units=$root/man/units
mkdir -p "$T/units"
for u in "$units"/*; do
	sed "s|/usr/local/bin/|$B/|" "$u" >"$T/units/${u##*/}"
done

for u in "$T"/units/*.service; do
	case $u in
	*@.service) u=${u%.service}desk.service ;;
	esac
	ok "${u##*/} loads" systemd-analyze --man=no verify "$u"
done
sed 's/^ExecStart=.*/ExecStart=\/no\/such\/command/' \
    "$T/units/cn-fetch.service" >"$T/units/bad.service"
not_ok 'control: a command that is not there' \
    systemd-analyze --man=no verify "$T/units/bad.service"
rm "$T/units/bad.service"

# Exposure as systemd counts it: 0 is best, 10 worst.
for u in cn-fetch.service cn-fetch@desk.service cn-answer.service; do
	ok "$u is exposed by 2.0 of 10 at most" systemd-analyze security \
	    --offline=true --threshold=20 --no-pager "$T/units/${u%desk*}$(
	    case $u in *desk*) echo .service ;; esac)"
done
printf '[Service]\nExecStart=%s/cn-fetch\n' "$B" >"$T/units/open.service"
not_ok 'control: without hardening it is' systemd-analyze security \
    --offline=true --threshold=20 --no-pager "$T/units/open.service"

# Every option in them is one of the command.
sed -n "s|.*/usr/local/bin/\(cn-[a-z-]*\)\(.*\)|\1\2|p" "$units"/* |
    while read -r c args; do
	for a in $args; do
		case $a in
		--*) "$c" --options | cut -f 2 | grep -qx -e "$a" ||
		    echo "$c $a" ;;
		esac
	done
done >"$T/unknown"
is 'and every option is known' "$(cat "$T/unknown")" ''
finish

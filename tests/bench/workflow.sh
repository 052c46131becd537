#!/bin/sh
# The answers of a desk compared, half of which are one of 200 forms.
. "$(dirname "$0")/answers.sh"
echo "# cn-report workflow, $n answers: under a minute"
python3 - "$build/bin/cn-report" "$tmp/found" <<-'P'
import os, resource, subprocess, sys, time
t = time.monotonic()
subprocess.run([sys.argv[1], "workflow", "--since", "2025-01-01", "--now",
                "2027-01-01"], check=True, stdout=open(sys.argv[2], "w"))
r = resource.getrusage(resource.RUSAGE_CHILDREN)
print("%.1f s, %.1f s of CPU, %d MB" % (time.monotonic() - t,
      r.ru_utime + r.ru_stime, r.ru_maxrss >> 10))
P
jq -r 'select(.finding == "macro") | .n' "$tmp/found" | sort -n >"$tmp/n"
awk 'NR == FNR { p++; a += $1; next } { f++; b += $1 }
    END { printf "planted %d forms, %d answers; found %d groups of %d\n",
    p, a, f, b }' "$tmp/planted" "$tmp/n"

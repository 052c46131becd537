#!/bin/sh
# What past answers cost who asks for drafts: a store of ANSWERS of them.
. "$(dirname "$0")/answers.sh"
python3 "$here/answers.py" --asks 1000 >"$tmp/asks"
awk '{ printf "From x Mon Nov  2 00:00:00 2026\nFrom: New <n%d@example.com>\n" \
    "To: help@shop.test\nSubject: question\n\n%s\n\n", NR, $0 }' \
    "$tmp/asks" >"$tmp/mails"
cc -std=c11 -D_GNU_SOURCE -O2 -ffp-contract=off -Ilib -o "$tmp/retrieve" \
    "$here/retrieve.c" "$build/libcn.a" $(pkg-config --libs libcrypto sqlite3 \
    yaml-0.1 libutf8proc libarchive libisal) -lm
echo "# $n past answers: a start 0.3 s, a question 2 ms"
"$tmp/retrieve" past "$n" "$tmp/asks"
python3 - "$build/bin" "$n" "$tmp/mails" <<-'P'
import resource, subprocess, sys

# Seconds of CPU and MB of a command; the best of three.
def cost(line, mails):
    best = 9e9
    for _ in range(3):
        was = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(line, input=mails, check=True,
                       stdout=subprocess.DEVNULL)
        now = resource.getrusage(resource.RUSAGE_CHILDREN)
        best = min(best, now.ru_utime + now.ru_stime - was.ru_utime -
                   was.ru_stime)
    return best

tools, n, path = sys.argv[1:]
mails = open(path, "rb").read()
suggest = [tools + "/cn-reply-suggest", "--past", n]
none, one, all = (cost(suggest, m) for m in (
    b"", mails[:mails.index(b"\nFrom x ") + 1], mails))
read = cost([tools + "/cn-query", "is:out", "--format", "jsonl"], b"")
print("cn-reply-suggest: one mail %.3f s of CPU, each of 1,000 %.1f ms; "
      "cn-query is:out, which opens every answer, %.2f s: ratio %.3f"
      % (one, all - none, read, one / read))
P

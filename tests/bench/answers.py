#!/usr/bin/env python3
"""answers.py COUNT [--data FOLDER] >MBOX
answers.py --asks COUNT >LINES

COUNT questions and their answers, the same bytes every time.  Half of the
answers are one of COUNT / 500 forms, of four to seven sentences, with a name, a
number and for one in four a sentence more; the others are of as many sentences
that no other answer has together.  Sentences are those of real mails (FOLDER as
in corpus.py).  Says on standard error how many answers each form has."""
import argparse
import collections
import email
import email.policy
import re
import sys

from corpus import ROOT, numbers, texts
import os

NAMES = "Anika Bruno Chen Dana Emil Farid Gita Hugo Ida Jan Kim Leo".split()


def sentences(data):
    seen = []
    for raw in texts(data):
        try:
            m = email.message_from_bytes(raw, policy=email.policy.default)
            body = m.get_body(("plain",))
            text = body.get_content() if body else ""
        except Exception:
            continue
        text = " ".join(l for l in text.split("\n") if l[:1] not in "> |")
        for s in re.findall(r"[A-Z][a-z' ,]{30,140}[.]", text):
            seen.append(s)
    seen = list(dict.fromkeys(seen))
    return seen


def main():
    p = argparse.ArgumentParser()
    p.add_argument("count", type=int)
    p.add_argument("--asks", action="store_true")
    p.add_argument("--data", default=os.environ.get(
        "CN_DATA", os.path.join(ROOT, "..", "shared", "data")))
    a = p.parse_args()
    pool = sentences(a.data)
    rnd = numbers(b"answers")

    def some(n):
        return [pool[next(rnd) % len(pool)] for _ in range(n)]

    if a.asks:
        rnd = numbers(b"asks")
        for i in range(a.count):
            print(" ".join(" ".join(some(3)).split()))
        return
    forms = [some(4 + next(rnd) % 4) for _ in range(max(1, a.count // 500))]
    count = collections.Counter()
    out = sys.stdout
    at = 1750000000
    for i in range(a.count):
        at += 60 + next(rnd) % 300
        name = NAMES[next(rnd) % len(NAMES)]
        form = next(rnd) % (2 * len(forms))
        if form < len(forms):
            count[form] += 1
            body = list(forms[form])
            if next(rnd) % 4 == 0:
                body.insert(next(rnd) % (len(body) + 1), some(1)[0])
        else:
            body = some(4 + next(rnd) % 4)
        who = "c%d@example.com" % (i % (a.count * 4 // 5 + 1))
        stamp = email.utils.formatdate(at)
        out.write("From x Mon Nov  2 00:00:00 2026\nFrom: %s <%s>\n"
                  "To: help@shop.test\nDate: %s\nMessage-ID: <q%d@x.test>\n"
                  "Subject: question\n\n%s\n\n"
                  % (name, who, stamp, i, " ".join(some(3))))
        out.write("From x Mon Nov  2 00:00:00 2026\nFrom: Desk <help@shop.test>"
                  "\nTo: %s <%s>\nDate: %s\nMessage-ID: <a%d@x.test>\n"
                  "In-Reply-To: <q%d@x.test>\nSubject: Re: question\n\n"
                  "Dear %s,\n\nyour order LL-%d. %s\n\nKind regards\n\n"
                  % (name, who, email.utils.formatdate(at + 30), i, i, name,
                     next(rnd) % 100000, "\n".join(body)))
    for n in sorted(count.values()):
        print(n, file=sys.stderr)


main()

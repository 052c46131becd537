#!/usr/bin/env python3
"""drafts.py past FILE PERSONS >MBOX; new FILE >MBOX; check FILE DRAFTS

What of an answer a draft for somebody else keeps.  FILE has, by tabs, a trade,
a language, a question and its answer, in which {o} is an order and {d} a day.
past: PERSONS ask it and get that answer, each with a sentence of their own;
new: another one asks; check: shares of the sentences that drafts keep."""
import collections
import json
import re
import sys

GREET = {"en": ("Dear %s,", "We spoke about %s and %d EUR on the phone."),
         "de": ("Guten Tag %s,", "Wir haben wegen %s und %d EUR telefoniert."),
         "fr": ("Bonjour %s,", "Nous avons parlé de %s et de %d EUR."),
         "es": ("Hola %s:", "Hablamos por teléfono de %s y %d EUR.")}
NAMES = ["Nora Pell", "Ruth Amsel", "Ivo Kern", "Lea Brandt", "Omar Farouk",
         "Sunita Joshi", "Paul Greer", "Inga Holm", "Tomas Vidal", "Yara Costa"]
DESK = "Priya Nair <help@shop.test>"


def mail(who, to, text, at, name, reply=None):
    print("From x Mon Nov  2 00:00:00 2026\nFrom: %s\nTo: %s" % (who, to))
    print("Date: Mon, 2 Nov 2026 %02d:%02d:%02d +0000" % (
        at // 3600, at // 60 % 60, at % 60))
    print("Message-ID: <%s@x.test>" % name)
    if reply:
        print("In-Reply-To: <%s@x.test>" % reply)
    print("Subject: a question\nContent-Type: text/plain; charset=utf-8\n\n"
          + text + "\n")


def past(rows, persons):
    for i, (_, lang, asked, told) in enumerate(rows):
        for k in range(persons):
            who = (i + k) % len(NAMES)
            name = NAMES[who]
            them = "%s <%s@m%d.test>" % (name, name.split()[0].lower(), who)
            text = told.replace("{o}", "LL-%d" % (20000 + 97 * i + k))
            for n in range(3):
                text = text.replace("{d}", "%d.%d.2026" % (
                    1 + (k * 7 + n * 3 + i) % 28, 1 + (k + n) % 12), 1)
            own = GREET[lang][1] % (NAMES[(who + 3) % 10], 17 + k * 13 + i)
            at = 2 * (i * persons + k)
            mail(them, DESK, asked, at, "q%d.%d" % (i, k))
            mail(DESK, them, "%s\n\n%s %s\n\nPriya Nair" % (
                GREET[lang][0] % name.split()[0], text, own), at + 1,
                "a%d.%d" % (i, k), "q%d.%d" % (i, k))


def plain(text):
    text = re.sub(r"\d+|\{number\}", "N", text)
    return re.sub(r"\W+", " ", text).strip().lower()


def check(rows, path):
    sums = collections.defaultdict(collections.Counter)
    with open(path, encoding="utf-8") as f:
        lines = [json.loads(line) for line in f]
    for i, (trade, lang, _, told) in enumerate(rows):
        drafts = [plain(r["text"]) for r in lines[i]["replies"]
                  if "message" in r["source"]]
        said = re.split(r"(?<=[.?!]) ", told)
        kept = max([0] + [sum(all(plain(p) in d for p in
                                  re.split(r"\{.\}", s)) for s in said)
                          for d in drafts])
        for key in (trade + " " + lang, trade):
            sums[key].update(answers=1, some=kept > 0, said=len(said),
                             kept=kept)
    for key, c in sorted(sums.items()):
        print("  %-8s %d of %d answers, %d of %d sentences (%.0f%%)" % (
            key, c["some"], c["answers"], c["kept"], c["said"],
            100 * c["kept"] / c["said"]))


what, path = sys.argv[1:3]
with open(path, encoding="utf-8") as f:
    table = [line.rstrip("\n").split("\t") for line in f]
if what == "past":
    past(table, int(sys.argv[3]))
elif what == "new":
    for i, row in enumerate(table):
        mail("Vera Quist <vera%d@y.test>" % i, DESK, row[2], 80000 + i,
             "n%d" % i)
else:
    check(table, sys.argv[3])

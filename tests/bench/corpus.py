#!/usr/bin/env python3
"""corpus.py COUNT MEGABYTES [--maildir DIR] [--mbox FILE] [--data FOLDER]

A mailbox for benchmarks: COUNT different mails of MEGABYTES (10^6) in all, the
same bytes every time, in the order of their dates.  Texts are those of FOLDER (default $CN_DATA or
../shared/data beside the project; where it is absent, the project's own sample
mailbox), in rounds, each with ids and senders of its own (example.com).  What
is missing to MEGABYTES comes as attachments of 100 KB to 1 MB to some of the
mails: nine of ten are noise, as pictures and archives are; one is a table.
MEGABYTES 0: no attachments."""
import argparse
import base64
import email.utils
import hashlib
import mailbox
import os
import re
import struct
import sys
import tarfile

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
IDS = re.compile(rb"(?im)^(message-id|in-reply-to|references):"
                 rb"[^\n]*(?:\n[ \t][^\n]*)*")
FROM = re.compile(rb"(?im)^from:[^\n]*(?:\n[ \t][^\n]*)*")
SHAPE = re.compile(rb"(?im)^(?:content-[a-z-]+|mime-version):"
                   rb"[^\n]*(?:\n[ \t][^\n]*)*\n?")


def usable(raw):
    raw = raw.replace(b"\r\n", b"\n")
    if raw.startswith(b"From "):
        raw = raw[raw.index(b"\n") + 1:]
    if re.match(rb"[!-9;-~]+:", raw) and b"\n\n" in raw:
        yield raw


def texts(data):
    names = [os.path.join(data, "spamassassin-train.tar.gz")]
    more = os.path.join(data, "mail")
    if os.path.isdir(more):
        names += [os.path.join(more, n) for n in sorted(os.listdir(more))
                  if n.endswith(".tar.gz")]
    if not os.path.exists(names[0]):
        box = mailbox.mbox(os.path.join(ROOT, "tests/sample/shop.mbox"),
                           create=False)
        for key in box.keys():
            yield from usable(box.get_bytes(key))
        return
    for name in names:
        with tarfile.open(name) as tar:
            for m in tar:
                if m.isfile() and m.size < 400000:
                    yield from usable(tar.extractfile(m).read())


def numbers(seed):
    """Endless 32-bit numbers."""
    block = 0
    while True:
        h = hashlib.sha256(b"%s.%d" % (seed, block)).digest()
        for i in range(0, 32, 4):
            yield int.from_bytes(h[i:i + 4], "big")
        block += 1


def attachments(count, need):
    """Which mail gets an attachment of how many encoded bytes."""
    draw = numbers(b"sizes")
    sizes = {}
    stride = 7919 if count % 7919 else 7907
    for j in range(count):
        if need < 100000:
            break
        # evenly over the logarithm
        size = min(int(1e5 * 10 ** (next(draw) / 2 ** 32)), need)
        sizes[(j + 1) * stride % count] = size
        need -= size
    return sizes


def table(n, seed):
    """About 40 bytes a row."""
    rows = []
    noise = hashlib.shake_128(seed).digest(8 * (n // 40 + 1))
    for order, article, day in struct.iter_unpack("<IHH", noise):
        rows.append(b"%d;2026-%02d-%02d;article %d;%d.%02d" % (
            order, day % 12 + 1, day % 28 + 1, article % 5000,
            article % 300, day % 100))
    return b"\n".join(rows)[:n - 1] + b"\n"


def attached(raw, i, size):
    """The mail as the first part of a multipart/mixed."""
    head, body = raw.split(b"\n\n", 1)
    head += b"\n"
    shape = b"".join(m if m.endswith(b"\n") else m + b"\n" for m in
                     SHAPE.findall(head)
                     if not m.lower().startswith(b"mime-version"))
    head = SHAPE.sub(b"", head)
    n = size * 57 // 77
    seed = b"file.%d" % i
    if i % 10 == 0:
        kind, name = b"text/csv", b"orders"
        data = table(n, seed)
    else:
        kind, name = ((b"image/jpeg", b"photo"), (b"application/pdf", b"form")
                      )[i % 2]
        data = hashlib.shake_128(seed).digest(n)
    edge = b"=_part.%d" % i
    return b"".join((
        head, b"MIME-Version: 1.0\nContent-Type: multipart/mixed;\n"
        b"\tboundary=\"", edge, b"\"\n\n--", edge, b"\n", shape, b"\n", body,
        b"\n--", edge, b"\nContent-Type: ", kind, b"\n"
        b"Content-Disposition: attachment; filename=\"", name, b"-%d\"\n" % i,
        b"Content-Transfer-Encoding: base64\n\n", base64.encodebytes(data),
        b"\n--", edge, b"--\n"))


def date(raw):
    m = re.search(rb"(?im)^date:([^\n]*)", raw.split(b"\n\n", 1)[0])
    try:
        return email.utils.mktime_tz(email.utils.parsedate_tz(
            m[1].decode("latin-1")))
    except (TypeError, ValueError, OverflowError):
        return 0


def sender(old, known, n):
    """The same person in each round over the texts, another in the next."""
    old = old[5:]
    name = re.sub(rb"<.*|[\"\n\t]", b"", old).strip()
    if b"@" in name or not name:
        name = b""
    else:
        name += b" "
    number = known.setdefault((old, n), len(known))
    return b"From: %s<customer%d@example.com>" % (name, number)


def mails(count, megabytes, data):
    base = list(texts(data))
    base.sort(key=lambda m: (date(m), hashlib.sha256(m).digest()))
    known = {}
    plain = []
    for i in range(count):
        raw = base[i % len(base)]
        n = i // len(base)
        head, body = raw.split(b"\n\n", 1)
        head = IDS.sub(lambda m: m[0].replace(b"<", b"<%d." % n), head)
        head = FROM.sub(lambda m: sender(m[0], known, n), head, count=1)
        if not re.search(rb"(?im)^message-id:", head):
            head += b"\nMessage-ID: <%d@example.com>" % i
        head += b"\nX-Corpus: %d" % i
        plain.append((head, body))
    need = megabytes * 1000000 - sum(len(h) + 2 + len(b) for h, b in plain)
    sizes = attachments(count, need)
    for i, (head, body) in enumerate(plain):
        raw = head + b"\n\n" + body
        raw = attached(raw, i, sizes[i]) if i in sizes else raw
        yield raw if raw.endswith(b"\n") else raw + b"\n"


def main():
    p = argparse.ArgumentParser(usage=__doc__)
    p.add_argument("count", type=int)
    p.add_argument("megabytes", type=int)
    p.add_argument("--maildir")
    p.add_argument("--mbox")
    p.add_argument("--data", default=os.environ.get(
        "CN_DATA", os.path.join(ROOT, "..", "shared", "data")))
    a = p.parse_args()
    if a.maildir:
        for sub in ("cur", "new", "tmp"):
            os.makedirs(os.path.join(a.maildir, sub), exist_ok=True)
    box = open(a.mbox, "wb") if a.mbox else None
    total = 0
    for i, raw in enumerate(mails(a.count, a.megabytes, a.data)):
        total += len(raw)
        if a.maildir:
            name = "%d.%d.example:2,S" % (1780000000 + i, i)
            path = os.path.join(a.maildir, "cur", name)
            with open(path, "wb") as f:
                f.write(raw)
        if box:
            box.write(b"From bench@example.com Mon Nov 23 00:00:00 2026\n")
            box.write(re.sub(rb"(?m)^(>*From )", rb">\1", raw) + b"\n")
    if box:
        box.close()
    print("%d mails, %.1f MB" % (a.count, total / 1e6), file=sys.stderr)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# corpus.py COUNT MAILDIR MBOX - a Maildir and an mbox of COUNT different mails
# from $CN_DATA/spamassassin-train.tar.gz (default ../shared/data): each round
# over the archive gets its own Message-IDs, so that no program can merge them.
import os, re, sys, tarfile

count, maildir, mbox = int(sys.argv[1]), sys.argv[2], sys.argv[3]
data = os.environ.get("CN_DATA", "../shared/data")
mails = []
with tarfile.open(os.path.join(data, "spamassassin-train.tar.gz")) as tar:
    for m in sorted(tar.getmembers(), key=lambda m: m.name):
        if m.isfile() and "/mail/" in "/" + m.name:
            raw = tar.extractfile(m).read().replace(b"\r\n", b"\n")
            if raw.startswith(b"From "):
                raw = raw[raw.index(b"\n") + 1:]
            if re.match(rb"[!-9;-~]+:", raw):
                mails.append(raw)
for sub in ("cur", "new", "tmp"):
    os.makedirs(os.path.join(maildir, sub), exist_ok=True)
with open(mbox, "wb") as box:
    for i in range(count):
        raw = mails[i % len(mails)]
        head, sep, body = raw.partition(b"\n\n")
        head = re.sub(rb"(?im)^(message-id:\s*<)", b"\\g<1>%d." % i, head)
        head += b"\nX-Round: %d" % i
        raw = head + sep + body
        with open(os.path.join(maildir, "cur", "%06d:2,S" % i), "wb") as f:
            f.write(raw)
        box.write(b"From bench@example.com Mon Nov 23 00:00:00 2026\n")
        box.write(re.sub(rb"(?m)^(>*From )", rb">\1", raw))
        if not raw.endswith(b"\n"):
            box.write(b"\n")
        box.write(b"\n")
print(count, sum(map(len, mails)) * count // len(mails))

#!/usr/bin/env python3
"""Writes the sample mailbox (mboxrd) to stdout.

    python3 tests/sample/make.py > tests/sample/shop.mbox

The words are in shop.txt beside this file, whose head tells its format.  The
same source gives the same bytes on every machine, so nothing here asks a
clock, a random source, zlib or Python's email generator: their output differs
from version to version."""

import base64
import binascii
import datetime
import hashlib
import html
import os
import re
import struct
import sys
import urllib.parse

DAYS = "Mon Tue Wed Thu Fri Sat Sun".split()
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
DESK = "support@lotusloom.example"
# Members of a mail that steer this program; all others become header fields.
OURS = """Date From To Cc Re Subject Form Charset Label Encoding Attach Id
    Refs Bare Cut Quote Hide""".split()
MAILER = {
    "plain": [],
    "phone": [("X-Mailer", "Pocket Mail (16G80)")],
    "gmail": [],
    "tb": [("User-Agent", "Mozilla Thunderbird")],
    "ol": [("X-Mailer", "Microsoft Outlook 16.0"),
           ("Thread-Index", None)],
    "desk": [("X-Mailer", "Lotus Loom Desk 2")],
}
SIGN = {
    "priya": "Priya Nair\nLotus & Loom customer care",
    "tom": "Tom Becker\nLotus & Loom, Europe desk",
    "meera": "Meera Iyer\nLotus & Loom customer care",
}
WROTE = {
    "en": "On {d} {m} {y} at {t}, {who} wrote:",
    "de": "Am {d:02}.{n:02}.{y} um {t} schrieb {who}:",
    "fr": "Le {d:02}/{n:02}/{y} à {t}, {who} a écrit :",
    "es": "El {d:02}/{n:02}/{y} a las {t}, {who} escribió:",
    "hi": "{d:02}/{n:02}/{y} को {t} बजे {who} ने लिखा:",
}
LONG = {
    "outlook": "-----Original Message-----\nFrom: {who}\nSent: {d} {m} {y} {t}"
               "\nTo: {to}\nSubject: {subject}\n",
    "outlook-de": "-----Ursprüngliche Nachricht-----\nVon: {who}\nGesendet: "
                  "{d:02}.{n:02}.{y} {t}\nAn: {to}\nBetreff: {subject}\n",
    "forward": "---------- Forwarded message ---------\nFrom: {who}\n"
               "Date: {d} {m} {y} {t}\nSubject: {subject}\nTo: {to}\n",
}


def digest(text, n=8):
    return hashlib.sha256(text.encode()).hexdigest()[:n]


class Mail:
    def __init__(self, key):
        self.key = key
        self.head = []
        self.lines = []

    def get(self, name, default=None):
        for k, v in self.head:
            if k == name:
                return v
        return default

    def all(self, name):
        return [v for k, v in self.head if k == name]


def read(path):
    """people: key -> (name, address, client); mails: key -> Mail."""
    people, mails, mail, inhead = {}, {}, None, False
    for line in open(path, encoding="utf-8", newline="\n"):
        line = line.rstrip("\n")
        if line.startswith("=== "):
            mail = Mail(line[4:])
            if mail.key in mails:
                sys.exit("shop.txt: two mails are called " + mail.key)
            mails[mail.key] = mail
            inhead = True
        elif mail is None:
            m = re.match(r"(\S+) = (.*?) ?<(.+)> \| (\w+)$", line)
            if m:
                people[m[1]] = m.groups()[1:]
            elif line and not line.startswith("#"):
                sys.exit("shop.txt: not a person: " + line)
        elif inhead and not line:
            inhead = False
        elif inhead:
            k, v = line.split(": ", 1)
            mail.head.append((k, v))
        else:
            mail.lines.append(line)
    for mail in mails.values():
        while mail.lines and not mail.lines[-1]:
            mail.lines.pop()
    return people, mails


class Shop:
    def __init__(self, path):
        self.people, self.mails = read(path)

    def person(self, key):
        if key in self.people:
            return self.people[key]
        m = re.match(r"(.*?) ?<(.+)>$", key)
        return (m[1], m[2], "plain") if m else ("", key, "plain")

    def who(self, key):
        name, address, _ = self.person(key)
        return "%s <%s>" % (name, address) if name else address

    def when(self, mail):
        """Date of the mail with its zone; the second comes from its key."""
        mon, day, hour, minute, zone = re.match(
            r"(\d\d)-(\d\d) (\d\d):(\d\d) ([-+]\d{4})$",
            mail.get("Date")).groups()
        off = int(zone[:3]) * 60 + int(zone[0] + zone[3:])
        return datetime.datetime(
            2026, int(mon), int(day), int(hour), int(minute),
            int(digest(mail.key), 16) % 60,
            tzinfo=datetime.timezone(datetime.timedelta(minutes=off)))

    def id(self, mail):
        given = mail.get("Id")
        host = self.person(mail.get("From"))[1].split("@")[-1]
        return given or "<%s.%s@%s>" % (
            self.when(mail).strftime("%Y%m%d%H%M"), digest(mail.key), host)

    def parent(self, mail):
        return self.mails[mail.get("Re")] if mail.get("Re") else None

    def subject(self, mail):
        up = self.parent(mail)
        own = mail.get("Subject")
        if own or not up:
            return own or ""
        return "Re: " + re.sub(r"^(Re|AW|Fwd): ", "", self.subject(up))

    def to(self, mail):
        """Given, or the parent's sender, or for a customer the desk."""
        if mail.get("To"):
            return mail.get("To").split(", ")
        up = self.parent(mail)
        if up and self.client(mail) == "desk":
            return [up.get("From")]
        return ["desk"]

    def client(self, mail):
        return self.person(mail.get("From"))[2]

    def quote(self, mail, style, deep):
        when, who = self.when(mail), self.who(mail.get("From"))
        fill = dict(d=when.day, n=when.month, m=MONTHS[when.month - 1],
                    y=when.year, t=when.strftime("%H:%M"), who=who,
                    to=self.who(self.to(mail)[0]), subject=self.subject(mail))
        body = self.text(mail, deep)
        if style in LONG:
            return LONG[style].format(**fill).split("\n") + body
        return [WROTE[style].format(**fill)] + [
            ">" + (" " if s and s[0] != ">" else "") + s for s in body]

    def text(self, mail, deep=True):
        """Lines of the body; deep: with what it quotes by [quote STYLE]."""
        out = []
        for line in mail.lines:
            m = re.match(r"\[quote ?([\w-]*)\]$", line)
            if not m:
                out.append(line)
            elif deep:
                out += [""] if out and out[-1] else []
                out += self.quote(self.parent(mail), m[1] or "en", True)
        if self.client(mail) == "desk":
            agent = mail.get("From").split(".")[0]
            if agent in SIGN:
                out += ["", "-- "] + SIGN[agent].split("\n")
            how = mail.get("Quote", "no" if any(
                s.startswith(">") for s in mail.lines) else "en")
            if deep and how != "no" and self.parent(mail):
                out += [""] + self.quote(self.parent(mail), how, False)
        while out and not out[-1]:
            out.pop()
        return out


def wrap(lines, flowed):
    """To 72 columns; flowed leaves the space that says 'goes on'."""
    out = []
    for line in lines:
        mark = re.match(r"(>+ ?)?", line)[0]
        words, row = line[len(mark):].split(" "), mark
        for i, word in enumerate(words):
            if row != mark and len(row) + len(word) > 72:
                out.append(row if flowed else row.rstrip(" "))
                row = mark
            row += word + (" " if i + 1 < len(words) else "")
        if flowed and row != "-- ":
            row = row.rstrip(" ")
        out.append(row)
    return out


def encode(text, charset):
    if charset == "utf-16":
        return b"\xff\xfe" + text.encode("utf-16-le")
    return text.encode(charset)


def word(text, charset):
    """RFC 2047: the text in encoded words where it is not ASCII."""
    if text.isascii():
        return text
    if charset in ("us-ascii", "utf-16"):
        charset = "utf-8"
    out, piece = [], ""
    for ch in text + "\0":
        if ch == "\0" or len((piece + ch).encode(charset)) > 33:
            out.append("=?%s?B?%s?=" % (charset.upper(), base64.b64encode(
                piece.encode(charset)).decode()))
            piece = ""
        piece += ch
    return "\n ".join(out)


def address(who, charset):
    m = re.match(r"(.+) <(.+)>$", who)
    if not m:
        return who
    name = word(m[1], charset)
    if name == m[1] and re.search(r"[^\w !'*+/=?-]", name):
        name = '"%s"' % name
    return "%s <%s>" % (name, m[2])


def part(ctype, raw, encoding, extra=()):
    """One leaf: header lines and body, bytes."""
    head = ["Content-Type: " + ctype]
    if encoding == "base64":
        raw = base64.encodebytes(raw)
    elif encoding == "quoted-printable":
        raw = binascii.b2a_qp(raw, istext=True)
    if encoding != "7bit":
        head.append("Content-Transfer-Encoding: " + encoding)
    return "\n".join(head + list(extra)).encode() + b"\n", raw


def multi(kind, key, parts, extra=""):
    mark = "=_%s_%s" % (kind.split("-")[0], digest(key + kind, 16))
    body = b""
    for head, raw in parts:
        body += b"--" + mark.encode() + b"\n" + head + b"\n" + raw
        body += b"" if raw.endswith(b"\n") else b"\n"
    head = 'Content-Type: multipart/%s;%s\n boundary="%s"\n' % (
        kind, extra, mark)
    return head.encode(), body + b"--" + mark.encode() + b"--\n"


def png(size, colour):
    """A tile with a darker frame, in a stored (uncompressed) stream."""
    w, h = (int(n) for n in size.split("x"))
    rgb = bytes.fromhex(colour)
    dark = bytes(c // 2 for c in rgb)
    rows = b"".join(b"\0" + b"".join(
        dark if x in (0, w - 1) or y in (0, h - 1) or x * h // w == y else rgb
        for x in range(w)) for y in range(h))
    z = b"\x78\x01\x01" + struct.pack("<HH", len(rows), len(rows) ^ 0xffff)
    z += rows + struct.pack(">I", adler(rows))

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(
            ">I", binascii.crc32(name + data))
    return (b"\x89PNG\r\n\x1a\n"
            + chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", z) + chunk(b"IEND", b""))


def adler(data):
    a, b = 1, 0
    for c in data:
        a = (a + c) % 65521
        b = (b + a) % 65521
    return b << 16 | a


def pdf(title):
    text = "BT /F1 14 Tf 40 100 Td (%s) Tj ET" % title
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 420 160] /Contents 4 0 R"
        " /Resources << /Font << /F1 5 0 R >> >> >>",
        "<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    out, at = "%PDF-1.4\n", []
    for i, obj in enumerate(objects):
        at.append(len(out))
        out += "%d 0 obj\n%s\nendobj\n" % (i + 1, obj)
    end = len(out)
    out += "xref\n0 6\n0000000000 65535 f \n"
    out += "".join("%010d 00000 n \n" % n for n in at)
    out += "trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % end
    return out.encode("latin-1")


def disposition(name, how="attachment"):
    """RFC 2231, in pieces where the name is long."""
    if name.isascii():
        return 'Content-Disposition: %s; filename="%s"' % (how, name)
    coded = urllib.parse.quote(name)
    if len(coded) < 60:
        return "Content-Disposition: %s;\n filename*=UTF-8''%s" % (how, coded)
    bits = re.findall("(?:%..|.){1,16}", coded)
    return "Content-Disposition: %s;\n " % how + ";\n ".join(
        "filename*%d*=%s%s" % (i, "" if i else "UTF-8''", b)
        for i, b in enumerate(bits))


def attachment(spec):
    """NAME | png WxH RRGGBB, NAME | pdf TITLE, NAME | csv ROW / ROW"""
    name, how = spec.split(" | ")
    kind, rest = how.split(" ", 1)
    if kind == "png":
        ctype, raw = "image/png", png(*rest.split(" "))
    elif kind == "pdf":
        ctype, raw = "application/pdf", pdf(rest)
    else:
        ctype = "text/csv; charset=utf-8"
        raw = "\r\n".join(rest.split(" / ") + [""]).encode()
    return part(ctype, raw, "base64", [disposition(name)])


def simple_html(lines):
    rows = ["<div>%s</div>" % (html.escape(s, False) or "<br>") for s in lines]
    return '<div dir="ltr">' + "\n".join(rows) + "</div>\n"


def outlook_html(lines):
    rows = ["<p class=MsoNormal>%s<o:p></o:p></p>" % (
        html.escape(s, False) or "&nbsp;") for s in lines]
    return ('<html xmlns:o="urn:schemas-microsoft-com:office:office"><head>\n'
            '<style><!-- p.MsoNormal {margin:0cm; font-size:11.0pt;\n'
            'font-family:"Calibri",sans-serif;} --></style></head>\n'
            '<body lang=EN-US link="#0563C1"><div class=WordSection1>\n'
            + "\n".join(rows) + "\n</div></body></html>\n")


def default_encoding(raw, charset):
    if charset in ("utf-16",):
        return "base64"
    high = sum(b > 126 for b in raw)
    if high == 0:
        return "7bit"
    return "base64" if high * 4 > len(raw) else "quoted-printable"


def content(shop, mail):
    """The mail's MIME tree: header lines and body, bytes."""
    lines, client = shop.text(mail), shop.client(mail)
    form = mail.get("Form", {"gmail": "alt", "ol": "outlook",
                             "tb": "flowed"}.get(client, "plain"))
    charset = mail.get("Charset") or (
        "us-ascii" if "\n".join(lines).isascii() and form != "html"
        else "utf-8")
    label = mail.get("Label", charset)

    def leaf(kind, text, extra=""):
        raw = encode(text, charset)
        how = mail.get("Encoding") or default_encoding(raw, charset)
        return part("text/%s; charset=%s%s" % (kind, label, extra), raw, how)

    plain = "\n".join(wrap(lines, form == "flowed")) + "\n"
    if form == "html":
        node = leaf("html", "\n".join(mail.lines) + "\n")
    elif form == "outlook":
        node = leaf("html", outlook_html(lines))
    elif form == "alt":
        node = multi("alternative", mail.key, [
            leaf("plain", plain), leaf("html", simple_html(lines))])
    elif form == "flowed":
        node = leaf("plain", plain, "; format=flowed")
    else:
        node = leaf("plain", plain)
    if mail.all("Attach"):
        node = multi("mixed", mail.key,
                     [node] + [attachment(a) for a in mail.all("Attach")])
    return charset, node


def header(shop, mail, charset):
    when = shop.when(mail)
    mine = shop.client(mail) == "desk"
    name, addr, client = shop.person(mail.get("From"))
    zone = when.strftime("%z")
    date = "%s, %d %s %d %s %s" % (
        DAYS[when.weekday()], when.day, MONTHS[when.month - 1], when.year,
        when.strftime("%H:%M:%S"), zone)
    out = []
    if not mine:
        host = addr.split("@")[-1]
        out += [("Return-Path", "<%s>" % addr), ("Received", (
            "from mail.%s (mail.%s [192.0.2.%d])\n\tby mx.lotusloom.example "
            "with ESMTPS id %s;\n\t%s") % (host, host, int(digest(
                host, 4), 16) % 250 + 1, digest("rx" + mail.key, 12), date))]
    out += [("From", address(shop.who(mail.get("From")), charset))]
    for field, keys in (("To", shop.to(mail)),
                        ("Cc", (mail.get("Cc") or "").split(", "))):
        if keys != [""]:
            out.append((field, ",\n ".join(
                address(shop.who(k), charset) for k in keys)))
    out.append(("Subject", word(shop.subject(mail), charset)))
    out.append(("Date", date))
    out.append(("Message-ID", shop.id(mail)))
    up = shop.parent(mail)
    if up and mail.get("Refs") != "no":
        chain, at = [], up
        while at:
            chain.insert(0, shop.id(at))
            at = shop.parent(at)
        out += [("In-Reply-To", shop.id(up)), ("References",
                                               "\n ".join(chain))]
    out += [(k, v or base64.b64encode(bytes.fromhex(
        digest(mail.key, 44))).decode()) for k, v in MAILER[client]]
    out += [h for h in mail.head if h[0] not in OURS]
    hide = (mail.get("Hide") or "").split(", ")
    return "".join("%s: %s\n" % h for h in out if h[0] not in hide)


def build(shop, mail):
    form = mail.get("Form")
    if form == "raw":
        return ("\n".join(mail.lines) + "\n").encode()
    if form == "junk":
        seed = b"".join(hashlib.sha256(b"%d" % i).digest() for i in range(24))
        return seed.replace(b"\n", b"\0") + b"\n"
    if mail.get("Bare"):
        charset = mail.get("Charset")
        text = "\n".join(wrap(shop.text(mail), False)) + "\n"
        raw = header(shop, mail, "us-ascii")
        raw = re.sub(r"(?m)^Subject:.*\n( .*\n)*", lambda m: "Subject: "
                     + shop.subject(mail) + "\n", raw)
        return raw.encode(charset) + b"\n" + text.encode(charset)
    charset, (mime, body) = content(shop, mail)
    head = header(shop, mail, charset).encode()
    if form == "nosep":
        return head + body
    out = head + b"MIME-Version: 1.0\n" + mime + b"\n" + body
    if mail.get("Cut"):
        out = out[:len(out) * int(mail.get("Cut")) // 100] + b"\n"
    return out


def main():
    shop = Shop(os.path.join(os.path.dirname(os.path.abspath(__file__)),
                             "shop.txt"))
    out = sys.stdout.buffer
    for mail in sorted(shop.mails.values(), key=shop.when):
        utc = shop.when(mail).astimezone(datetime.timezone.utc)
        out.write(("From %s %s %s %2d %s %d\n" % (
            shop.person(mail.get("From"))[1], DAYS[utc.weekday()],
            MONTHS[utc.month - 1], utc.day, utc.strftime("%H:%M:%S"),
            utc.year)).encode())
        raw = build(shop, mail)
        out.write(re.sub(rb"(?m)^(>*From )", rb">\1", raw) + b"\n")
    out.flush()


if __name__ == "__main__":
    main()

#!/bin/sh
# The sample mailbox: made from its words byte for byte, big enough to show
# something, and naming nobody who could exist.
here=$(cd "$(dirname "$0")" && pwd)/sample
if ! command -v python3 >/dev/null 2>&1; then
	echo "1..0 # skip python3 is not here"
	exit 0
fi
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
LC_ALL=C TZ=UTC python3 -B "$here/make.py" >"$tmp/mbox"

n=0
bad=0
ok() {
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		bad=1
	fi
}

cmp -s "$tmp/mbox" "$here/shop.mbox"
ok $? "make.py reproduces shop.mbox"
# What a locale or an unwilling clock could change.
LC_ALL=C.UTF-8 TZ=Asia/Tokyo PYTHONHASHSEED=7 python3 -B "$here/make.py" |
    cmp -s - "$here/shop.mbox"
ok $? "also under another locale, time zone and hash seed"
[ "$(wc -c <"$here/shop.mbox")" -lt 1500000 ]
ok $? "under 1.5 MB"

cat >"$tmp/look.py" <<'END'
import collections, datetime, email, email.policy, email.utils, json, re, sys

here = sys.argv[1]
raw = open(here + "/shop.mbox", "rb").read()
mails = [email.message_from_bytes(m.split(b"\n", 1)[1],
                                  policy=email.policy.default)
         for m in re.split(rb"(?m)^(?=From )", raw)[1:]]
OWN = "lotusloom.example"


def sender(mail):
    return email.utils.parseaddr(str(mail["from"] or ""))[1].lower()


def safe(text):
    """No host but reserved ones in addresses, links and message ids."""
    hosts = re.findall(r"(?:@|https?://|mail\.|mx\.)([A-Za-z0-9.-]+)", text)
    hosts = [h.rstrip(".-").lower() for h in hosts]
    return [h for h in hosts if "." in h and not re.search(
        r"(^|\.)(example(\.(com|net|org))?|test)$", h)]


def words(mail):
    for leaf in mail.walk():
        if leaf.get_content_maintype() == "text":
            code = leaf.get_content_charset() or "latin-1"
            try:
                "".encode(code)
            except LookupError:
                code = "latin-1"
            yield (leaf.get_payload(decode=True) or b"").decode(
                code, "replace")


def check(good, name):
    print(("good " if good else "bad ") + name)


days = sorted(email.utils.parsedate_to_datetime(str(m["date"]))
              for m in mails if m["date"])
people = {sender(m) for m in mails if sender(m) and OWN not in sender(m)
          and not m["list-id"]}
spam = {"growth@rankmasters.test", "claims@winners-desk.test",
        "billing@secure-docs.test", "vip@elite-signals.test",
        "offer@cheap-meds.test", "loans@quickfund.test"}
ids = collections.Counter(str(m["message-id"]) for m in mails
                          if m["message-id"])
texts = "\n".join(w for m in mails for w in words(m))
sets = {leaf.get_content_charset() for m in mails for leaf in m.walk()}
chats = [json.loads(row) for row in open(here + "/chat.jsonl",
                                         encoding="utf-8")]
check(len(mails) >= 150, "%d mails" % len(mails))
check(len(people - spam) >= 40, "%d customers" % len(people - spam))
check(spam <= people, "%d spammers" % len(spam))
check(days[-1] - days[0] >= datetime.timedelta(days=60)
      and days[0].date() == datetime.date(2026, 9, 20),
      "%d days" % (days[-1] - days[0]).days)
check({"iso-8859-1", "windows-1252", "iso-2022-jp", "koi8-r", "gb2312",
       "utf-16", "x-klingon-7"} <= sets, "odd charsets")
check([k for k, v in ids.items() if v > 1] == ["<1@localhost.test>"],
      "one Message-ID is used twice")
check(sum(sender(m) == "anika.rao@example.com" for m in mails) >= 8,
      "the customer to be erased has a history")
check(re.search("[\u0900-\u097f]{3}", texts), "Devanagari is there")
every = texts + raw.replace(b"=\n", b"").decode("latin-1")
check(not safe(every), "reserved domains only " + " ".join(safe(every)[:3]))
check(safe("see https://shop.com/x, a@mail.de"), "and others would be seen")
check(len({c["chat"] for c in chats}) == 6 and len(chats) >= 30
      and len({(c["chat"], c["id"]) for c in chats}) == len(chats)
      and not safe(json.dumps(chats)), "%d chat messages" % len(chats))

# The macros, without a YAML library: their layout is plain enough.
kinds = set(re.findall(r"(?m)^([a-z_]+):", open(here +
    "/../../lib/ai/starter.yaml", encoding="utf-8").read())) - {"spam"}
macros = open(here + "/../../lib/desk/reply/macros.yaml", encoding="utf-8").read()
ids = re.findall(r"(?m)^([a-z-]+):$", macros)
check(18 <= len(ids) == len(set(ids)) <= 40, "%d macros" % len(ids))
check(set(re.findall(r"(?m)^  category: (\S+)$", macros)) == kinds,
      "every category has a macro")
check(all(len(re.findall(r"(?m)^    %s: \|$" % lang, macros)) == len(ids)
          for lang in ("en", "de", "fr", "es", "hi-Latn")),
      "every macro in five languages")
check(set(re.findall(r"{.*?}", macros.split("\n\n", 1)[1]))
      == {"{name}", "{order}", "{date}", "{agent}"}, "known slots only")
END
python3 -B "$tmp/look.py" "$here" >"$tmp/found"
ok $? "the mailbox can be read"
while read -r what name; do
	[ "$what" = good ]
	ok $? "$name"
done <"$tmp/found"
echo "1..$n"
exit $bad

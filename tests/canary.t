#!/bin/sh
# What was said to one customer does not come back to another: a datum of A's
# is planted in each of many answers to A, spelled in every way that we could
# think of; B asks the same, and must get the rest of the answer without it.
. "$(dirname "$0")/lib.sh"
have python3 && have jq || {
	echo '1..0 # SKIP python3 and jq are needed'
	exit 0
}

cat >"$T/plant.py" <<'P'
import email.message, email.utils, json, sys

A = ('Katarína Zdeněk-Böhmová', 'katarina.zdenek@example.com')
# What is planted, and what of it must not come back (letters and figures
# only, in small letters, without accents).
canaries = [
    ('Your card 4111 1111 1111 1111 was charged.', '41111111'),
    ('Your card 4111-1111-1111-1111 was charged.', '41111111'),
    ('Your card is 4111\n1111\n1111\n1111 still.', '41111111'),
    ('Your card ４１１１ １１１１ １１１１ １１１１ was charged.', '41111111'),
    ('Your card 4111\u200b1111\u200b1111\u200b1111 was charged.', '41111111'),
    ('Your card 4111\u00a01111\u00a01111\u00a01112 was charged.', '1112'),
    ('It goes to DE89 3704 0044 0532 0130 00 today.', '3704'),
    ('It goes to GB82WEST12345698765432 today.', '12345698'),
    ('It goes to DE89-3704-0044-0532-0130-01 today.', '3704'),
    ('Your Aadhaar 2341 2341 2346 is noted.', '2341'),
    ('Your Aadhaar २३४१ २३४१ २३४६ is noted.', '2341'),
    ('Your PAN ABCPE1234F is noted.', 'abcpe'),
    ('Your PAN abcpe 1234 f is noted.', 'abcpe'),
    ('Your GSTIN 27AAPFU0939F1ZV is noted.', 'aapfu'),
    ('We ring +91 98450 00117 at once.', '98450'),
    ('We ring 98450-00117 at once.', '98450'),
    ('We ring (0341) 555 01 99 at once.', '5550199'),
    ('We ring nine eight four five zero zero one one seven.', 'ninee'),
    ('We wrote to zdenek.private@example.org again.', 'private'),
    ('We wrote to zdenek.private (at) example (dot) org again.', 'private'),
    ('We wrote to zdenek.private＠example.org again.', 'private'),
    ('It goes to 12 Jasmine Court again.', 'jasmine'),
    ('It goes to Lindenstraße 5 again.', 'lindenstra'),
    ('It goes to London SW1A 1AA again.', 'sw1a'),
    ('The order was ZK-48213 before.', '48213'),
    ('Sign in at https://shop.example/reset/qwertyuiop now.', 'qwerty'),
    ('Sign in at shop.example/reset/qwertyuiop now.', 'qwerty'),
    ('You came from 203.0.113.77 again.', '203011377'),
    ('We told zdenek this too.', 'zdenek'),
    ('We told ZDENĚK this too.', 'zdenek'),
    ('We told Zden\u200běk this too.', 'zdenek'),
    ('We told Ｚｄｅｎｅｋ this too.', 'zdenek'),
    ('We told zdeneks this too.', 'zdenek'),
    ('We told zdenekk this too.', 'zdenekk'),
    ('We told Böhmova this too.', 'bohmova'),
    ('We told boehmova this too.', 'boehmova'),
    ('We told B ö h m o v á this too.', 'bohmova'),
    ('We told katarina.zdenek this too.', 'katarina'),
    ('We told Zde\u00adněk this too.', 'zdenek'),
    ('We told 𝐙𝐝𝐞𝐧𝐞𝐤 this too.', 'zdenek'),
    ('<p>We told <b>Zde</b>n&#283;k this <i>t</i>oo.</p>', 'zdenek'),
    ('<p>Your card 4111<br>1111<br>1111&nbsp;1111 was charged.</p>',
     '41111111'),
    ('We told your friend Ravindra this too.', 'ravindra'),
    ('We told your landlord this too.', 'landlord'),
    ('You paid 1,299.00 EUR for it.', '1299'),
    ('Write to @kata_zd there.', 'katazd'),
    ('Your PIN is 731 for it.', '731'),
    ('It was qq 12 34 56 c before.', '123456'),
]
things = ('kettle lamp chair table carpet mirror clock vase bottle plate '
    'spoon basket pillow blanket curtain shelf drawer candle teapot tray '
    'bucket broom ladder hammer wallet jacket scarf glove helmet pedal '
    'tent stove cooler hammock paddle racket puzzle guitar drum flute '
    'camera printer keyboard charger speaker toaster blender heater').split()
assert len(things) >= len(canaries)
n = 0 if sys.argv[1] == 'past' else 1000

def mail(who, to, subject, text, answers=None):
    global n
    n += 1
    m = email.message.EmailMessage()
    m['From'] = email.utils.formataddr(who)
    m['To'] = email.utils.formataddr(to)
    m['Date'] = email.utils.formatdate(1795000000 + 60 * n)
    m['Message-ID'] = '<n%d@shop.example>' % n
    if answers:
        m['In-Reply-To'] = answers
    m['Subject'] = subject
    if '<p>' in text:
        m.set_content(text.replace('\n\n', '<br><br>'), subtype='html')
    else:
        m.set_content(text)
    print('From x@example.com Mon Nov 23 15:00:00 2026')
    print(m.as_string().replace('\nFrom ', '\n>From '))
    return m['Message-ID']

desk = ('Shop Example', 'help@shop.example')
ask = 'The %s that I bought is broken, what can I do now?'
tell = ('Dear %s,\n\nThe %s can be repaired free of charge, please send it '
    'back with the label that came along. %s Or keep it and take a new one, '
    'as you like it.\n\nPriya')
mode = sys.argv[1]
if mode == 'past':
    every = ' '.join(things)
    for i, who in enumerate(('Ruth', 'Simon', 'Tara')):
        c = (who, who.lower() + '@example.net')
        # All words but what is planted are everybody's.
        q = mail(c, desk, 'all ' + every, ask % every + ' ' + every)
        mail(('Priya Nair', 'help@shop.example'), c, 'Re: all ' + every,
            tell % (who, every, 'Sign in at once, it goes to you. You came '
            'from, told, was charged, is noted: again, before, this too. We '
            'ring, wrote, still, today, now. Your. There. Write. For it. '
            'Paid. Order.'), q)
    for thing, (planted, core) in zip(things, canaries):
        q = mail(A, desk, thing, ask % thing + ' My landlord waits.')
        mail(('Priya Nair', 'help@shop.example'), A, 'Re: ' + thing,
            tell % ('Katarína', thing, planted), q)
elif mode == 'ask':
    for thing in things[:len(canaries)]:
        mail(('Vera Quist', 'vera@example.com'), desk, thing, ask % thing)
elif mode == 'check':
    import unicodedata
    def plain(s):
        s = unicodedata.normalize('NFKD', s).casefold()
        return ''.join(c for c in s if c.isalnum())
    lines = [json.loads(l) for l in sys.stdin]
    for l, (planted, core) in zip(lines, canaries):
        drafts = [r['text'] for r in l['replies'] if 'message' in r['source']]
        kept = any('can be repaired free' in d for d in drafts)
        lost = [k for r in l['replies'] if 'message' in r['source']
            for k in r.get('masked', [])]
        for c in set(c for _, c in canaries) | {'katarina', 'zdenek', 'ruth'}:
            if any(c in plain(d) for d in drafts):
                print('leaks', planted, c)
        if not kept:
            print('no draft', planted, l.get('withheld'))
        elif not set(lost) - {'name'} and 'told' not in planted:
            print('no reason', planted, lost)
    print(len(lines), 'asked')
elif mode == 'control':
    print(len(canaries))
P

ok 'a store' cn-store init
cat >"$CN_HOME/config.yaml" <<'Y'
name: Shop Example
desk:
  - help@shop.example
Y
python3 "$T/plant.py" past >"$T/past"
python3 "$T/plant.py" ask >"$T/ask"
ok 'planted' cn-import -q "$T/past"
n=$(python3 "$T/plant.py" control)
ok 'at least thirty' test "$n" -ge 30
is 'control: they are in the store' "$(cn-query repaired 2>/dev/null |
    jq -r .text | python3 -c 'import sys
print("4111 1111" in sys.stdin.read())')" True
cn-import "$T/ask" 2>/dev/null | cn-classify >"$T/lines"
status 'asked by somebody else' 0 cn-reply-suggest --max 9 --min-score 0 \
    "$T/lines"
cp "$T/out" "$T/one"
is 'nothing of it comes back, the rest of each answer does' \
    "$(python3 "$T/plant.py" check <"$T/one")" "$n asked"
cn-reply-suggest --max 9 --min-score 0 "$T/lines" >"$T/two"
ok 'the same store gives the same bytes' cmp "$T/one" "$T/two"

# The check itself sees a leak.
jq -c '.replies = [{source: {message: "m"}, masked: ["word"],
    text: "can be repaired free, Mrs ZDENĚK"}]' "$T/one" >"$T/bad"
like 'control: a leak is seen' "$(python3 "$T/plant.py" check <"$T/bad")" \
    '^leaks .* zdenek'
finish

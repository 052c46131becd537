#!/bin/sh
# Answers told each of many customers something of theirs (leaks.tsv), each in
# a sentence of its own; whoever asks the same next gets the rest.  Nobody else
# was told it, and all else was told to all of them.
. "$(dirname "$0")/lib.sh"
have python3 && have jq || {
	echo '1..0 # SKIP python3 and jq are needed'
	exit 0
}

cat >"$T/leak.py" <<'P'
import json, mailbox, re, sys
from email.header import Header

# Of each language: a question, and the answer to it.
talk = {
    'en': ('My {k} has not arrived, where is it?', 'Dear {n},\n\n'
           'thank you for your message. {d} Please write to us if the parcel '
           'does not reach you, then we will send a new one.'),
    'de': ('Mein {k} ist nicht angekommen, wo ist es?', 'Guten Tag {n},\n\n'
           'vielen Dank für Ihre Nachricht. {d} Bitte schreiben Sie uns, wenn '
           'das Paket nicht ankommt, dann senden wir ein neues.'),
    'fr': ("Mon {k} n'est pas arrivé, où est-il ?", 'Bonjour {n},\n\n'
           'merci pour votre message. {d} Écrivez à notre service si le colis '
           "n'arrive pas, nous vous ferons un nouvel envoi."),
    'es': ('Mi {k} no ha llegado, ¿dónde está?', 'Hola {n}:\n\n'
           'gracias por su mensaje. {d} Por favor, responda a este correo si '
           'el paquete no llega y enviaremos uno nuevo.'),
    'pt': ('O meu {k} não chegou, onde está?', 'Olá {n},\n\n'
           'obrigado pela sua mensagem. {d} Por favor, responda se a encomenda '
           'não chegar e enviaremos uma nova.'),
    'hi': ('मेरा {k} नहीं आया है, वह कहाँ है?', 'नमस्ते {n} जी,\n\n'
           'आपके संदेश के लिए धन्यवाद। {d} यदि पार्सल न पहुँचे तो कृपया हमें '
           'बताएँ, हम नया भेज देंगे।'),
    'hi-Latn': ('Mera {k} nahi aaya hai, wo kahan hai?', 'Namaste {n} ji,\n\n'
                'aapke message ke liye dhanyavaad. {d} Agar parcel na pahunche '
                'to kripya humein bataiye, hum naya bhej denge.'),
}

def rows(path):
    for line in open(path, encoding='utf-8'):
        if not line.startswith('#'):
            yield line.rstrip('\n').split('\t')

def key(i):
    # A word that this question alone has.
    return 'z' + ''.join('bdfgklmnpr'[int(c)] + 'aeiou'[int(c) % 5]
                         for c in '%03d' % i)

def mail(n, name, to, text, answers, thread=None):
    desk = 'Priya Nair <help@shop.example>'
    them = '%s <c%d@example.com>' % (Header(name).encode(), to)
    print('From x Mon Nov 23 15:00:00 2026')
    print('From: %s\nTo: %s' % ((desk, them) if answers else (them, desk)))
    print('Date: Mon, 23 Nov 2026 %02d:%02d:%02d +0000' %
          (n // 3600, n // 60 % 60, n % 60))
    print('Message-ID: <m%d@shop.example>' % n)
    if thread is not None:
        print('In-Reply-To: <m%d@shop.example>' % thread)
    print('Subject: %s\nContent-Type: text/plain; charset=utf-8\n' %
          ('a question' if n >= 2000 else 'case of %d' % to))
    print(text + '\n')

# What of mails that should answer strangers is not theirs.
def drafts(path, secrets):
    box = mailbox.mbox(path, create=False)
    fields = {'From', 'To', 'Subject', 'Date', 'Message-ID', 'In-Reply-To',
              'References', 'X-CN-Draft', 'MIME-Version', 'Content-Type',
              'Content-Transfer-Encoding'}
    for m in box:
        text = m.get_payload(decode=True).decode()
        ids = re.findall('<[^>]*>', m['References'] or '')
        bad = [k for k in m.keys() if k not in fields]
        if not (m['In-Reply-To'] or '').startswith('<m2'):
            bad.append('In-Reply-To')
        if ids[-1:] != [m['In-Reply-To']] or len(ids) > 2:
            bad.append('References')
        if not m['To'].startswith('"Vera Quist" <c5'):
            bad.append('To')
        bad += re.findall('(?m)^>.*', text)
        bad += re.findall(secrets, m.as_string() + text, re.I)
        print('%s\t%s' % ('no' if bad else 'ok', bad or m['Subject']))

what, path = sys.argv[1:3]
if what == 'past':
    for i, (lang, name, asked, told, secret) in enumerate(rows(path)):
        q, a = talk[lang]
        mail(2 * i, name, i, q.format(k=key(i)) + ' ' + asked, False)
        mail(2 * i + 1, name, i, a.format(n=name.split()[0], d=told), True,
             2 * i)
elif what == 'new':
    for i, (lang, *_) in enumerate(rows(path)):
        mail(2000 + i, 'Vera Quist', 5000 + i,
             talk[lang][0].format(k=key(i)), False,
             2 * i if i % 2 else None)
elif what == 'drafts':
    drafts(path, sys.argv[3])
else:
    lines = [json.loads(l) for l in open(sys.argv[3], encoding='utf-8')]
    for i, (lang, name, asked, told, secret) in enumerate(rows(path)):
        past = [r['text'] for r in lines[i]['replies']
                if 'message' in r['source']]
        hit = re.search(secret or re.escape(told), '\n'.join(past),
                        0 if not secret else re.I)
        good = bool(hit) != bool(secret)
        print('%s\t%s: %s' % ('none' if not past else 'ok' if good else 'no',
                              'falls' if secret else 'stands', told))
    print('count\t%d of %d' % (len(lines), i + 1))
P
leaks=$root/tests/leaks.tsv
cn-store init -q
echo 'desk: [help@shop.example]' >"$CN_HOME/config.yaml"
python3 "$T/leak.py" past "$leaks" | cn-import -q --format none
python3 "$T/leak.py" new "$leaks" | cn-import >"$T/new"
status 'all who ask' 0 cn-reply-suggest --min-score 0 --max 20 \
    "$T/new"
python3 "$T/leak.py" check "$leaks" "$T/out" >"$T/said"
is 'are answered' "$(sed -n 's/^count.//p' "$T/said")" \
    "$(grep -vc '^#' "$leaks") of $(grep -vc '^#' "$leaks")"
ok 'nearly each from a past answer' test "$(grep -c '^none' "$T/said")" -lt 5
is 'without what is somebody else'"'"'s' "$(grep '^no.falls' "$T/said")" ''
is 'and with what is usual' "$(grep '^no.stands' "$T/said")" ''
ok 'control: both are there' test "$(grep -c 'falls:' "$T/said")" -gt 150 \
    -a "$(grep -c 'stands:' "$T/said")" -gt 10

# As mails: of the one who asks, though they write into another's thread.
cn-reply-suggest --format rfc822 --min-score 0 -n 20 "$T/new" >"$T/box"
python3 "$T/leak.py" drafts "$T/box" 'case of|Re: Re' >"$T/mails"
ok 'drafts as mails' test "$(grep -c . "$T/mails")" -gt 200
is 'have nothing of others' "$(grep -v '^ok' "$T/mails")" ''
finish

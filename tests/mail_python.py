#!/usr/bin/env python3
"""Holds our parser against Python's email package (policy default).

usage: mail_python.py DUMP          DUMP is the built tests/mail_dump.c

Reads the archives of $CN_DATA (default ../shared/data).  Compared are
subject, from, date, the text of every readable part, the text to read where
it is one plain part, and the attachments (name, type, size); and our skim of a
large mail against our parser of the whole.  Where both
differ, the difference must belong to a class or be a mail that
mail_python.list argues.  Prints TAP."""
import email
import email.policy
import email.utils
import glob
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile


def leaves(msg):
    """Leaf parts; a message/rfc822 is a leaf, as for us."""
    todo = [msg]
    while todo:
        part = todo.pop(0)
        if part.get_content_maintype() == 'multipart' and \
                isinstance(part.get_payload(), list):
            todo = list(part.get_payload()) + todo
        elif part.get_content_maintype() != 'multipart' or \
                part.get_payload().strip():
            yield part


def size(part):
    if isinstance(part.get_payload(), list):
        return None                     # a message: Python took it apart
    return len(part.get_payload(decode=True) or b'')


def guard(call):
    try:
        return call()
    except Exception as error:          # it raises on what it cannot read
        return 'PYTHON ' + type(error).__name__


def name(part):
    s = part.get_filename() or ''
    return re.split(r'[/\\]', s)[-1]


def people(msg, field):
    value = msg[field]
    if value is None:
        return []
    return [[a.display_name, a.addr_spec] for a in value.addresses]


def theirs(raw):
    msg = email.message_from_bytes(raw, policy=email.policy.default)
    out = {'subject': guard(lambda: str(msg['subject'] or '')),
           'from': guard(lambda: people(msg, 'from')),
           'parts': []}
    raw_date = re.search(rb'(?im)^date:(.*)', raw)
    out['raw_date'] = raw_date[1].decode('latin-1') if raw_date else ''
    date = guard(lambda: email.utils.parsedate_tz(str(msg['date'] or '')))
    out['date'] = email.utils.mktime_tz(date) if isinstance(date, tuple) \
        else None
    for part in leaves(msg):
        out['parts'].append({
            'type': part.get_content_type(), 'name': guard(lambda: name(part)),
            'size': guard(lambda: size(part)),
            'text': guard(part.get_content)
            if part.get_content_maintype() == 'text' else None,
            'charset': guard(lambda: part.get_param('charset', '')),
            'base64': any(type(d).__name__ == 'InvalidBase64LengthDefect'
                          for d in part.defects)})
    return out


C1 = {i: bytes([i]).decode('cp1252', 'replace') for i in range(128, 160)}


def fold(s):
    """White space is one space, C1 is windows-1252 (classes 'space', 'c1')."""
    s = s.translate(C1).lstrip('\ufeff')
    s = re.sub(r'[\x00-\x20\x7f]+', ' ', s.replace('\x00', '\ufffd'))
    return s.strip()


BROKEN = re.compile('[\ufffd\ud800-\udfff]')


def ascii_only(s):
    return re.sub(r'[^!-~]+', '', s)


def lost(ours, python):
    """Python lost characters (U+FFFD, lone surrogates) that we have: the rest
    is the same, or the same but for what is not ASCII."""
    if not BROKEN.search(python) or ours.count('\ufffd') > \
            len(BROKEN.findall(python)):
        return False
    if ascii_only(ours) == ascii_only(python):
        return True
    parts = BROKEN.split(python)
    at = 0
    for part in parts[:2] + [p for p in parts[2:] if len(p) > 3]:
        at = ours.find(part, at)
        if at < 0:
            return False
        at += len(part)
    return True


def same_text(ours, python):
    """True, or the class of the difference, or None."""
    if not isinstance(python, str):
        return True                     # get_content gave no text
    if python.startswith('PYTHON '):
        return 'raises'
    a, b = fold(ours), fold(python)
    if a == b:
        return True
    if lost(a, b):
        return 'lost'
    if '=?' in b and '=?' not in a:
        return 'word'
    if a and a.count('\ufffd') < b.count('\ufffd') and \
            max(map(ord, a)) > 0x2fff:
        return 'superset'
    return None


def same_people(ours, python):
    worst = True
    if len(ours) != len(python):
        return None
    for (n, d), (m, e) in zip(ours, python):
        e = e if e != '<>' else ''
        e = re.sub('@[^@]*$', lambda x: x[0].lower(), e)
        addr = same_text(d, e)
        name = same_text(n, m)
        if name is None and m == '':
            name = 'comment'
        for hit in (addr, name):
            if hit is None:
                return None
            worst = worst if hit is True else hit
    return worst


def compare_part(p, q, note):
    if p['type'] != q['type']:
        note('type', 'unsplit' if q['type'].startswith('multipart/') and
             p['type'] == 'text/plain' else None, p['type'], q['type'])
    kind = same_text(p['name'], q['name'] or '')
    if kind is not True:
        note('name', kind, p['name'], q['name'])
    if p['attachment']:
        if q['size'] is not None and p['size'] != q['size']:
            note('size', 'base64' if q['base64'] else None,
                 p['size'], q['size'])
    elif not p['flowed']:
        kind = same_text(p['text'], q['text'])
        if kind is None and q['base64']:
            kind = 'base64'
        if kind is not True:
            note('text', kind, p['text'], q['text'])


def compare(a, b, note):
    """Calls note(field, class or None, ours, theirs) for each difference."""
    kind = same_text(a['subject'], b['subject'])
    if kind is not True:
        note('subject', kind, a['subject'], b['subject'])
    kind = 'raises' if isinstance(b['from'], str) else \
        same_people(a['from'], b['from'])
    if kind is not True:
        note('from', kind, a['from'], b['from'])
    if a.get('date') != b['date']:
        kind = 'year' if b['date'] and b['date'] < -5e10 else \
            'pm' if re.search('[AP]M', b['raw_date']) else \
            'sign' if '+-' in b['raw_date'] else None
        note('date', kind, a.get('date'), b['date'])
    x, y = a['parts'], b['parts']
    if len(x) != len(y):
        note('parts', None, [p['type'] for p in x], [p['type'] for p in y])
        return
    for p, q in zip(x, y):
        compare_part(p, q, note)
    read = [p for p in x if p['shown']]
    if len(read) == 1 and read[0]['type'] == 'text/plain' and \
            fold(a['text']) != fold(read[0]['text']):
        note('read', None, a['text'], read[0]['text'])


def listed():
    """The argued differences: {(mail, field)}, {'field class'}."""
    mails, kinds = set(), set()
    path = os.path.splitext(os.path.abspath(__file__))[0] + '.list'
    with open(path, encoding='utf-8') as f:
        for line in f:
            words = line.split('#')[0].split()
            if words[:1] == ['class']:
                kinds.add(' '.join(words[1:]))
            elif words:
                mails.add((words[0], words[1]))
    return mails, kinds


def check(dump, files, mails, kinds):
    """Returns the lines that argue against us, and the list's unused ones."""
    bad, used = [], set()
    out = subprocess.run([dump], input='\n'.join(files) + '\n',
                         capture_output=True, check=True,
                         encoding='utf-8').stdout
    for line in out.splitlines():
        ours = json.loads(line)
        label = os.path.basename(ours['file']).split('.txt')[0][:60]
        with open(ours['file'], 'rb') as f:
            raw = f.read()

        def note(field, kind, a, b):
            key = field + ' ' + kind if kind else (label, field)
            used.add(key)
            if key in kinds or key in mails:
                return
            if isinstance(a, str) and isinstance(b, str):
                a, b = fold(a), fold(b)
                n = max(0, len(os.path.commonprefix([a, b])) - 30)
                a, b = a[n:n + 80], b[n:n + 80]
            bad.append(f'{label} {field} {kind or ""}\n'
                       f'#   ours   {a!a:.300}\n#   python {b!a:.300}')
        if 'skim' in ours:
            note('skim', None, ours['skim'], '')
        if 'error' in ours:
            note('mail', None, ours['error'], '')
        else:
            compare(ours, theirs(raw), note)
    return bad, (mails | kinds) - used


def main():
    data = os.environ.get('CN_DATA', '../shared/data')
    tars = sorted(glob.glob(data + '/mail/*.tar.gz')) + \
        glob.glob(data + '/spamassassin-train.tar.gz')
    if not tars:
        print('1..0 # SKIP no corpora in CN_DATA')
        return 0
    with tempfile.TemporaryDirectory() as tmp:
        for tar in tars:
            with tarfile.open(tar) as t:
                t.extractall(os.path.join(tmp, os.path.basename(tar)))
        files = sorted(
            os.path.join(d, f) for d, _, fs in os.walk(tmp) for f in fs
            if not f.endswith(('.list', '.md')))
        bad, unused = check(sys.argv[1], files, *listed())
    for line in bad:
        print('#', line)
    for line in sorted(map(str, unused)):
        print('# listed, but equal here:', line)
    print('1..1')
    print('ok 1' if not bad else 'not ok 1', '-', len(files), 'mails,',
          len(bad), 'differences beyond the list')
    return 1 if bad else 0


sys.exit(main())

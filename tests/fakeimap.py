#!/usr/bin/env python3
"""An IMAP server that does what it is told: well, or badly.

    fakeimap.py SCENARIO --port-file FILE [--log FILE] [--mails DIR]
        [--cert FILE --key FILE [--starttls]] [--tls11] [--seconds N]
        [--port N] [--gate FILE] [--gap N]
    fakeimap.py lax HOST PORT tls|starttls|plain USER PASSWORD

It listens on a free loopback port (or that of --port), writes that into the port file when it is
ready, and serves until it is killed or its parent has gone.  The log holds
each line that a client sent.  Mails are the files of DIR in order of name,
UIDs from 1, or behind --gap; without DIR there are five.  Any user and password will do, but
for the password 'wrong'.

A scenario is a function below that gets each command before the server does
and may answer in its place.  'good' is a server without a fault.  What never
ends is sent until the client hangs up, for --seconds at most (60).

'lax' is the opposite: a client that trusts everybody, to show that a server
which ours refuses would have got the password."""

import argparse
import base64
import os
import re
import socket
import ssl
import struct
import sys
import threading
import time
import zlib

DATE = '"17-Jul-2026 02:44:25 +0200"'
CAPABILITIES = ('IMAP4rev1 SASL-IR AUTH=PLAIN AUTH=XOAUTH2 UIDPLUS IDLE '
                'CONDSTORE ENABLE')


class Gone(Exception):
    pass


class Session:
    def __init__(self, sock, o):
        self.sock, self.o = sock, o
        self.buf = b''
        self.end = time.monotonic() + o.seconds
        self.count = {}                 # of each command
        self.script = SCENARIOS[o.scenario]

    # --- lines ---

    def send(self, text):
        if isinstance(text, str):
            text = text.encode('utf-8', 'surrogateescape')
        try:
            self.sock.sendall(text)
        except OSError:
            raise Gone
        if time.monotonic() > self.end:
            raise Gone

    def line(self):
        while b'\n' not in self.buf:
            try:
                more = self.sock.recv(65536)
            except OSError:
                raise Gone
            if not more:
                raise Gone
            self.buf += more
        line, self.buf = self.buf.split(b'\n', 1)
        line = line.rstrip(b'\r').decode('utf-8', 'replace')
        if self.o.log:
            with open(self.o.log, 'a') as f:
                f.write(line + '\n')
        return line

    def for_ever(self, text):
        text = text.encode() if isinstance(text, str) else text
        text *= max(1, 65536 // len(text))
        while True:
            self.send(text)

    def drip(self, text):
        for c in text:
            self.send(bytes([c]))
            time.sleep(0.2)

    def bye(self):
        self.send('* BYE for today\r\n')
        raise Gone

    def ok(self, tag, text='done'):
        self.send('%s OK %s\r\n' % (tag, text))

    def deflated(self, tag):
        """COMPRESS, for what we send; what comes goes unread."""
        self.ok(tag)
        self.sock.recv(65536)
        return zlib.compressobj(wbits=-15)

    # --- the server ---

    def wrap(self):
        self.sock = context(self.o).wrap_socket(self.sock, server_side=True)
        self.buf = b''

    def run(self):
        if self.o.cert and not self.o.starttls:
            self.wrap()
        if not self.script(self, '', 'GREETING', ''):
            self.send('* OK [CAPABILITY IMAP4rev1] ready\r\n')
        while True:
            tag, _, rest = self.line().partition(' ')
            name, _, args = rest.partition(' ')
            if name.upper() == 'UID':
                name, _, args = args.partition(' ')
                name = 'UID ' + name
            name = name.upper()
            self.count[name] = self.count.get(name, 0) + 1
            if self.script(self, tag, name, args):
                continue
            do = getattr(self, 'do_' + name.replace(' ', '_'), None)
            if do:
                do(tag, args)
            else:
                self.send('%s BAD what is that\r\n' % tag)

    def do_STARTTLS(self, tag, args):
        self.ok(tag)
        self.wrap()

    def do_CAPABILITY(self, tag, args):
        self.send('* CAPABILITY %s\r\n' % CAPABILITIES)
        self.ok(tag)

    def do_LOGIN(self, tag, args):
        if 'wrong' in args:
            self.send('%s NO [AUTHENTICATIONFAILED] no\r\n' % tag)
        else:
            self.ok(tag)

    def do_AUTHENTICATE(self, tag, args):
        mechanism, _, first = args.partition(' ')
        if not first:
            self.send('+ \r\n')
            first = self.line()
        first = base64.b64decode(first).decode('utf-8', 'replace')
        if self.o.log:
            with open(self.o.log, 'a') as f:
                f.write('said: %s\n' % first.replace('\0', ' '))
        if 'wrong' not in first:
            self.ok(tag)
            return
        if mechanism == 'XOAUTH2':
            self.send('+ %s\r\n' % base64.b64encode(b'{"status":"400"}')
                      .decode())
            self.line()
        self.send('%s NO [AUTHENTICATIONFAILED] no\r\n' % tag)

    def do_ENABLE(self, tag, args):
        self.send('* ENABLED CONDSTORE\r\n')
        self.ok(tag)

    def do_NOOP(self, tag, args):
        self.ok(tag)

    def do_LOGOUT(self, tag, args):
        self.send('* BYE\r\n')
        self.ok(tag)
        raise Gone

    def do_LIST(self, tag, args):
        self.send('* LIST (\\HasNoChildren) "/" INBOX\r\n'
                  '* LIST (\\HasNoChildren \\Sent) "/" Sent\r\n')
        self.ok(tag)

    def do_STATUS(self, tag, args):
        self.send('* STATUS INBOX (MESSAGES %d UIDNEXT %d UIDVALIDITY 7 '
                  'HIGHESTMODSEQ 9)\r\n' % (len(self.o.bodies), self.o.gap +
                                            len(self.o.bodies) + 1))
        self.ok(tag)

    def do_SELECT(self, tag, args):
        n = len(self.o.bodies)
        self.send('* FLAGS (\\Seen)\r\n* %d EXISTS\r\n* 0 RECENT\r\n'
                  '* OK [UIDVALIDITY 7] .\r\n* OK [UIDNEXT %d] .\r\n'
                  '* OK [HIGHESTMODSEQ 9] .\r\n' % (n, self.o.gap + n + 1))
        self.ok(tag, '[READ-ONLY] open')

    do_EXAMINE = do_SELECT

    def uids(self, args):
        gap = self.o.gap
        n = gap + len(self.o.bodies)
        out = set()
        for r in args.split(' ')[0].split(','):
            a, _, b = r.partition(':')
            b = b or a
            a, b = (n if x == '*' else int(x) for x in (a, b))
            out.update(range(min(a, b), min(max(a, b), n) + 1))
        return sorted(u for u in out if gap < u <= n)

    def fetch(self, uid, what, args=''):
        """One line of FETCH: 'body', 'part' or 'size'."""
        body = self.o.bodies[uid - self.o.gap - 1]
        out = '* %d FETCH (UID %d FLAGS (\\Seen) INTERNALDATE %s ' % (
            uid - self.o.gap, uid, DATE)
        if what == 'size':
            return out.encode() + b'RFC822.SIZE %d)\r\n' % len(body)
        where = b'BODY[]'
        if what == 'part':
            at, n = re.search(r'<(\d+)\.(\d+)>', args).groups()
            where += b'<' + at.encode() + b'>'
            body = body[int(at):int(at) + int(n)]
        return out.encode() + where + b' {%d}\r\n' % len(body) + body + \
            b')\r\n'

    def kind(self, args):
        if 'BODY.PEEK[]<' in args:
            return 'part'
        return 'body' if 'BODY.PEEK[]' in args else 'size'

    def do_UID_FETCH(self, tag, args):
        kind = self.kind(args)
        if 'CHANGEDSINCE' not in args:
            for uid in self.uids(args):
                if 'X-GM-LABELS' in args:
                    self.send('* %d FETCH (UID %d X-GM-LABELS (\\Inbox '
                              '"\\\\Sent" plain "two words" &- &bad '
                              '{4}\r\nlit\x01 {3}\r\nlit))\r\n' % (uid, uid))
                else:
                    self.send(self.fetch(uid, kind, args))
        self.ok(tag)

    def do_UID_STORE(self, tag, args):
        self.ok(tag)

    def do_UID_EXPUNGE(self, tag, args):
        self.ok(tag)

    def do_IDLE(self, tag, args):
        self.send('+ idling\r\n')
        self.line()
        self.ok(tag)


# --- scenarios: true where they have answered ---

def good(s, tag, name, args):
    return False


def at(command):
    """A scenario that replaces the answer to one command."""
    def wrap(f):
        def script(s, tag, name, args):
            if name != command:
                return False
            f(s, tag, args)
            return True
        script.__name__ = f.__name__
        return script
    return wrap


def on_body(f):
    """One that replaces the answer to a fetch of bodies or parts."""
    def script(s, tag, name, args):
        if name != 'UID FETCH' or s.kind(args) == 'size':
            return False
        f(s, tag, args)
        return True
    script.__name__ = f.__name__
    return script


def on_size(f):
    def script(s, tag, name, args):
        if name != 'UID FETCH' or s.kind(args) != 'size':
            return False
        f(s, tag, args)
        return True
    script.__name__ = f.__name__
    return script


@on_size
def endless_line(s, tag, args):
    s.send('* 1 FETCH (FLAGS (')
    s.for_ever('a ')


@at('GREETING')
def endless_greeting(s, tag, args):
    s.send('* OK ')
    s.for_ever('a')


@on_size
def endless_untagged(s, tag, args):
    s.for_ever('* OK still here\r\n')


@at('LIST')
def endless_list(s, tag, args):
    s.for_ever('* LIST () "/" a\r\n')


@at('CAPABILITY')
def endless_capability(s, tag, args):
    s.for_ever('* CAPABILITY IMAP4rev1 a b c d\r\n')


@on_size
def endless_plus(s, tag, args):
    s.for_ever('+ go on\r\n')


@on_size
def endless_flags(s, tag, args):
    s.for_ever('* 1 FETCH (UID 1 FLAGS (\\Seen))\r\n')


@on_size
def many(s, tag, args):
    """200,000 sizes: 21 MB that somebody asked for."""
    for i in range(0, 200000, 1000):
        s.send(''.join('* %d FETCH (UID %d RFC822.SIZE 21234 INTERNALDATE %s '
                       'FLAGS (\\Seen $Junk))\r\n' % (u, u, DATE)
                       for u in range(i + 1, i + 1001)))
    s.ok(tag)


@on_size
def endless_empty(s, tag, args):
    s.for_ever('\r\n')


@on_body
def huge_literal(s, tag, args):
    s.send('* 1 FETCH (UID 1 BODY[] {4294967290}\r\n')
    s.for_ever('a')


@at('LIST')
def huge_string(s, tag, args):
    s.send('* LIST () "/" {4294967290}\r\n')
    s.for_ever('a')


@on_body
def overflow_literal(s, tag, args):
    s.send('* 1 FETCH (UID 1 BODY[] {18446744073709551617}\r\nabc)\r\n')
    s.ok(tag)


@on_size
def deep(s, tag, args):
    s.send('* 1 FETCH (BODYSTRUCTURE ' + '(' * 300000 + '\r\n')
    s.ok(tag)


@at('GREETING')
def drip_greeting(s, tag, args):
    s.drip(b'* OK ' + b'slow' * 1000)


@on_body
def drip_body(s, tag, args):
    s.send('* 1 FETCH (UID 1 BODY[] {1000}\r\n')
    s.drip(b'a' * 1000)


@on_body
def drop_in_literal(s, tag, args):
    s.send(s.fetch(1, 'body')[:-20])
    raise Gone


@on_body
def wrong_uid(s, tag, args):
    s.send(s.fetch(2, 'body').replace(b'UID 2', b'UID 999'))
    s.ok(tag)


@on_body
def unasked_uid(s, tag, args):
    for uid in range(1, len(s.o.bodies) + 1):
        s.send(s.fetch(uid, 'body'))
    s.ok(tag)


def duplicate(s, tag, name, args):
    if name != 'UID FETCH':
        return False
    for uid in s.uids(args):
        s.send(s.fetch(uid, s.kind(args), args) * 2)
    s.ok(tag)
    return True


@on_size
def zero_uid(s, tag, args):
    s.send(s.fetch(1, 'size').replace(b'UID 1', b'UID 0'))
    s.send(s.fetch(2, 'size'))
    s.ok(tag)


@on_size
def twice(s, tag, args):
    for uid in s.uids(args):
        s.send(s.fetch(uid, 'size'))
    s.send(s.fetch(2, 'size'))
    s.ok(tag)


@on_size
def falling_uids(s, tag, args):
    for uid in reversed(s.uids(args)):
        s.send(s.fetch(uid, 'size'))
    s.ok(tag)


@at('STARTTLS')
def starttls_inject(s, tag, args):
    s.send('%s OK go\r\n1 OK [CAPABILITY IMAP4rev1] in\r\n' % tag)
    s.wrap()


@at('STARTTLS')
def starttls_refused(s, tag, args):
    s.send('%s NO not here\r\n' % tag)


@at('GREETING')
def preauth(s, tag, args):
    s.send('* PREAUTH welcome back\r\n')


@at('LIST')
def bad_folder(s, tag, args):
    s.send('* LIST () "/" INBOX\r\n'
           '* LIST () "/" {12}\r\nb\r\n* 1 EXPUN\r\n'
           '* LIST () "/" "tab\there"\r\n'
           '* LIST () "/" "&AAo-"\r\n'
           '* LIST () "/" "&2D0-"\r\n'
           '* LIST () "/" "&AGE-"\r\n'
           '* LIST () "/" "r\xe9sum\xe9"\r\n'
           '* LIST (\\Noselect) "/" top\r\n'
           '* LIST () "/" "ok &2D3cAA-"\r\n')
    s.ok(tag)


@on_size
def garbage(s, tag, args):
    s.send(bytes(range(256)) * 64 + b'\r\n')
    s.ok(tag)


@at('GREETING')
def garbage_greeting(s, tag, args):
    s.send('HTTP/1.1 400 Bad Request\r\n\r\n')


@at('GREETING')
def bye_greeting(s, tag, args):
    s.bye()


@at('AUTHENTICATE')
def bye_login(s, tag, args):
    s.bye()


@at('EXAMINE')
def bye_examine(s, tag, args):
    s.bye()


@on_size
def bye_size(s, tag, args):
    s.send(s.fetch(1, 'size'))
    s.bye()


@on_body
def bye_body(s, tag, args):
    s.send(s.fetch(1, 'body'))
    s.bye()


@on_body
def stall(s, tag, args):
    """The first mail when the file of --gate is there, and nothing more."""
    while not os.path.exists(s.o.gate):
        time.sleep(0.02)
    s.send(s.fetch(1, 'body'))
    s.line()


@at('IDLE')
def bye_idle(s, tag, args):
    s.send('+ idling\r\n')
    s.bye()


def no_fetch(s, tag, name, args):
    """Refuses the first fetch of bodies; the rest goes well."""
    if name != 'UID FETCH' or s.kind(args) != 'body':
        return False
    s.refused = getattr(s, 'refused', 0) + 1
    if s.refused == 1:
        s.send('%s NO [SERVERBUG] cannot read it\r\n' % tag)
    return s.refused == 1


def no_mail_3(s, tag, name, args):
    """Refuses each fetch of bodies that has UID 3 in it."""
    if name != 'UID FETCH' or s.kind(args) == 'size' or \
            3 not in s.uids(args):
        return False
    s.send('%s NO [SERVERBUG] cannot read it\r\n' % tag)
    return True


@on_body
def nil_body(s, tag, args):
    for uid in s.uids(args):
        s.send('* %d FETCH (UID %d FLAGS () BODY[] NIL)\r\n' % (uid, uid)
               if uid == 2 else s.fetch(uid, s.kind(args), args))
    s.ok(tag)


@on_body
def quoted_body(s, tag, args):
    s.send('* 1 FETCH (BODY[] "a \\"b\\" \\\\ c" UID 1)\r\n')
    s.ok(tag)


@on_body
def two_bodies(s, tag, args):
    s.send('* 1 FETCH (UID 1 BODY[] {1}\r\na BODY[] {1}\r\nb)\r\n')
    s.ok(tag)


@at('LIST')
def unasked_body(s, tag, args):
    s.send(s.fetch(1, 'body'))
    s.do_LIST(tag, args)


@on_body
def wrong_origin(s, tag, args):
    s.send(s.fetch(1, 'part', '<7.10>'))
    s.ok(tag)


@on_size
def open_quote(s, tag, args):
    s.send('* 1 FETCH (INTERNALDATE "17-Jul\r\n UID 1)\r\n')
    s.ok(tag)


@on_size
def nul_byte(s, tag, args):
    s.send(b'* 1 FETCH (UID 1 FLAGS (\0))\r\n')
    s.ok(tag)


@at('EXAMINE')
def badcharset_twice(s, tag, args):
    s.send('* OK [BADCHARSET (a b)] x\r\n* OK [BADCHARSET (c d)] y\r\n')
    s.do_EXAMINE(tag, args)


def offering(capabilities):
    """A scenario in which the server can something else."""
    def script(s, tag, name, args):
        if name != 'CAPABILITY':
            return False
        s.send('* CAPABILITY %s\r\n' % capabilities)
        s.ok(tag)
        return True
    return script


no_sasl_ir = offering('IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2')
login_only = offering('IMAP4rev1')
login_disabled = offering('IMAP4rev1 LOGINDISABLED')
empty_capability = offering('')
gmail = offering(CAPABILITIES + ' X-GM-EXT-1')


def compress(f):
    offers = offering(CAPABILITIES + ' COMPRESS=DEFLATE')

    def script(s, tag, name, args):
        if name == 'COMPRESS':
            f(s, tag)
            return True
        return offers(s, tag, name, args)
    return script


@compress
def compress_refused(s, tag):
    s.send('%s NO [COMPRESSIONACTIVE] not again\r\n' % tag)


@compress
def compress_garbage(s, tag):
    s.deflated(tag)
    s.send(b'\xff' * 1000)
    s.line()


@compress
def compress_bomb(s, tag):
    z = s.deflated(tag)
    block = b'a' * (1 << 20)
    while True:
        s.send(z.compress(block) + z.flush(zlib.Z_FULL_FLUSH))


@compress
def compress_nothing(s, tag):
    s.deflated(tag)
    s.for_ever(b'\0\0\0\xff\xff')


@at('CAPABILITY')
def no_capability(s, tag, args):
    s.ok(tag)


def millions(s, tag, name, args):
    """A mailbox of five million mails in which nothing has changed."""
    if name == 'STATUS':
        s.send('* STATUS INBOX (MESSAGES 5000000 UIDNEXT 5000001 '
               'UIDVALIDITY 7 HIGHESTMODSEQ 9)\r\n')
    elif name in ('EXAMINE', 'SELECT'):
        s.send('* FLAGS (\\Seen)\r\n* 5000000 EXISTS\r\n'
               '* OK [UIDVALIDITY 7] .\r\n* OK [UIDNEXT 5000001] .\r\n'
               '* OK [HIGHESTMODSEQ 9] .\r\n')
    else:
        return False
    s.ok(tag)
    return True


@at('STATUS')
def no_status(s, tag, args):
    s.ok(tag)


@on_size
def wrong_tag(s, tag, args):
    s.ok('777')


@on_size
def silent(s, tag, args):
    s.line()


@on_size
def chatter(s, tag, args):
    """All that a server may say in between, and some that it may not."""
    for uid in s.uids(args):
        s.send('* 9 EXISTS\r\n* 0 RECENT\r\n* OK [ALERT] ((((\r\n'
               '* SEARCH 1 2 3\r\n* QUOTA "" (STORAGE 1 2)\r\n\r\n'
               '* JMAPACCESS\r\n* 4 FETCH (FLAGS (\\Seen) MODSEQ (12))\r\n'
               '* 4 FETCH (UID 4 ENVELOPE ("a" NIL ((NIL NIL "x" "y"))))\r\n'
               '* OK a line that ends in {5}\r\n')
        s.send(s.fetch(uid, 'size'))
    s.ok(tag)


SCENARIOS = {k.replace('_', '-'): v for k, v in list(globals().items())
             if hasattr(v, '__code__') and
             v.__code__.co_varnames[:4] == ('s', 'tag', 'name', 'args')}


# --- the process ---

def context(o):
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if o.tls11:
        c.set_ciphers('ALL:@SECLEVEL=0')
        c.minimum_version = ssl.TLSVersion.TLSv1_1
        c.maximum_version = ssl.TLSVersion.TLSv1_1
    c.load_cert_chain(o.cert, o.key)
    return c


def serve(sock, o):
    try:
        Session(sock, o).run()
    except (Gone, OSError, ssl.SSLError):
        pass
    finally:
        sock.close()


def orphaned(parent):
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(0)


def load(o):
    if not o.mails:
        return [b'From: a%d@example.com\r\nSubject: mail %d\r\n\r\n'
                b'text %d\r\n' % (i, i, i) for i in range(1, 6)]
    out = []
    for name in sorted(os.listdir(o.mails)):
        with open(os.path.join(o.mails, name), 'rb') as f:
            out.append(f.read().replace(b'\r\n', b'\n')
                       .replace(b'\n', b'\r\n'))
    return out


def lax(host, port, how, user, password):
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    c.check_hostname = False
    c.verify_mode = ssl.CERT_NONE
    c.minimum_version = ssl.TLSVersion.TLSv1
    c.set_ciphers('ALL:@SECLEVEL=0')
    s = socket.create_connection((host, int(port)), 10)
    if how == 'tls':
        s = c.wrap_socket(s, server_hostname=host)
    f = s.makefile('rwb')
    f.readline()
    if how == 'starttls':
        f.write(b'a STARTTLS\r\n')
        f.flush()
        f.readline()
        s = c.wrap_socket(s, server_hostname=host)
        f = s.makefile('rwb')
    f.write(('b LOGIN %s %s\r\n' % (user, password)).encode())
    f.flush()
    return 0 if f.readline().startswith(b'b OK') else 1


def main():
    if sys.argv[1:2] == ['lax']:
        sys.exit(lax(*sys.argv[2:]))
    p = argparse.ArgumentParser()
    p.add_argument('scenario', choices=sorted(SCENARIOS))
    p.add_argument('--port-file', required=True)
    p.add_argument('--port', type=int, default=0)
    p.add_argument('--gate')
    p.add_argument('--log')
    p.add_argument('--mails')
    p.add_argument('--cert')
    p.add_argument('--key')
    p.add_argument('--starttls', action='store_true')
    p.add_argument('--tls11', action='store_true')
    p.add_argument('--seconds', type=int, default=60)
    p.add_argument('--gap', type=int, default=0)
    o = p.parse_args()
    o.bodies = load(o)
    listener = socket.create_server(('127.0.0.1', o.port))
    with open(o.port_file + '.new', 'w') as f:
        f.write('%d\n' % listener.getsockname()[1])
    os.rename(o.port_file + '.new', o.port_file)
    threading.Thread(target=orphaned, args=(os.getppid(),),
                     daemon=True).start()
    while True:
        sock, _ = listener.accept()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # Do not wait for a client that does not read any more.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                        struct.pack('ii', 1, 5))
        threading.Thread(target=serve, args=(sock, o), daemon=True).start()


main()

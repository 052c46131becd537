#!/usr/bin/env python3
"""endpoint.py CERT KEY LOG [TLS]

A provider that answers as it is told: https://127.0.0.1:PORT/DEVICE/TOKENS/...
where DEVICE says how the device endpoint answers and TOKENS, separated by
commas, how the token endpoint does, one after the other, the last for ever.
Prints its port; writes the forms that it gets to LOG, one a line.
"""
import http.server
import json
import ssl
import sys
import urllib.parse

CODE = {"device_code": "dc", "user_code": "AB-CD", "expires_in": 900,
        "verification_uri": "https://idp.test/device"}
TOKEN = {"access_token": "at", "token_type": "Bearer", "expires_in": 3600}
ANSWERS = {
    "code": (200, CODE),
    "fast": (200, CODE | {"interval": 1}),
    "short": (200, CODE | {"expires_in": 12}),
    "google": (200, {k: v for k, v in CODE.items() if k[0] != "v"} |
               {"verification_url": "https://google.test/device"}),
    "nohttps": (200, CODE | {"verification_uri": "http://idp.test/"}),
    "escape": (200, CODE | {"user_code": "A\x1b[2J"}),
    "nocode": (200, {}),
    "ok": (200, TOKEN | {"refresh_token": "rt"}),
    "norefresh": (200, TOKEN),
    "text": (200, TOKEN | {"expires_in": "60"}),
    "notoken": (200, {"token_type": "Bearer"}),
    "number": (200, TOKEN | {"access_token": 7}),
    "mac": (200, TOKEN | {"token_type": "mac"}),
    "twolines": (200, TOKEN | {"access_token": "a\r\nb"}),
    "long": (200, TOKEN | {"access_token": "a" * 40000}),
    "array": (200, [TOKEN]),
    "json": (200, '{"access_token":"at",'),
    "html": (200, "<html>sign in</html>"),
    "empty": (200, ""),
    "huge": (200, " " * (1 << 20)),
    "away": (503, "busy"),
    "many": (429, {"error": "slow_down"}),
    "lost": (404, "no such page"),
    "prose": (400, {"error": "Bob <bob@example.com> is unknown"}),
    "strange": (400, {"error": "teapot", "error_description": "secret"}),
}
count = {}


class Endpoint(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_POST(self):
        form = self.rfile.read(int(self.headers["content-length"])).decode()
        with open(sys.argv[3], "a", encoding="utf-8") as log:
            print(urllib.parse.unquote_plus(form), file=log)
        _, device, tokens, which = self.path.split("/")
        words = (device if which == "device" else tokens).split(",")
        n = count[self.path] = count.get(self.path, 0) + 1
        word = words[min(n, len(words)) - 1]
        if word == "drop":
            self.close_connection = True
            return
        if word == "elsewhere":
            self.send_response(307)
            self.send_header("location", f"/code/ok/{which}")
            self.send_header("content-length", "0")
            self.end_headers()
            return
        status, body = ANSWERS.get(word, (400, {"error": word}))
        body = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            pass


tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain(sys.argv[1], sys.argv[2])
if len(sys.argv) > 4:
    tls.set_ciphers("ALL:@SECLEVEL=0")
    tls.minimum_version = ssl.TLSVersion.TLSv1
    tls.maximum_version = ssl.TLSVersion[sys.argv[4]]


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def get_request(self):
        s, a = super().get_request()
        return tls.wrap_socket(s, server_side=True,
                               do_handshake_on_connect=False), a

    def handle_error(self, *args):
        pass


server = Server(("127.0.0.1", 0), Endpoint)
print(server.server_address[1], flush=True)
server.serve_forever()

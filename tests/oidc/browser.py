#!/usr/bin/env python3
"""browser.py CA URL [CODE] [--user NAME] [--deny] [--stop]

Acts as the person at the browser: opens the address, types the code where one
is asked for, signs in as NAME and allows (or denies) what is asked.  Ends at
the last page, or where it is sent back to a loopback address, which it opens
too; prints what that said.
"""
import argparse
import html
import http.cookiejar
import re
import ssl
import sys
import urllib.error
import urllib.parse
import urllib.request

args = argparse.ArgumentParser()
args.add_argument("ca")
args.add_argument("url")
args.add_argument("code", nargs="?")
args.add_argument("--user", default="desk")
args.add_argument("--deny", action="store_true")
args.add_argument("--stop", action="store_true", help="print the loopback "
                  "address instead of opening it")
o = args.parse_args()


class Redirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, req, fp, code, msg, headers, url):
        if o.stop and url.startswith("http:"):
            print(url)
            sys.exit(0)
        return super().redirect_request(req, fp, code, msg, headers, url)


tls = ssl.create_default_context(cafile=o.ca)
web = urllib.request.build_opener(
    urllib.request.ProxyHandler({}),
    urllib.request.HTTPSHandler(context=tls), Redirect,
    urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))


def attributes(tag):
    return {k: html.unescape(v)
            for k, v in re.findall(r'([\w-]+)="([^"]*)"', tag)}


def fill(page, url):
    """The first form of the page, filled: address and fields, or None."""
    form = re.search(r"<form(.*?)>(.*?)</form>", page, re.S)
    if not form:
        return None
    fields = {}
    for tag in re.findall(r"<input(.*?)>", form[2], re.S):
        a = attributes(tag)
        if a.get("name"):
            fields[a["name"]] = a.get("value", "")
    if "login" in fields:
        fields.update(login=o.user, password="any")
    if "user_code" in fields and o.code:
        fields["user_code"] = o.code
    if o.deny and 'name="abort"' in page:
        fields["abort"] = "yes"
    elif o.deny and "prompt" in fields:
        cancel = re.search(r'href="([^"]*/abort)"', page)
        if cancel:
            return urllib.parse.urljoin(url, cancel[1]), None
    return urllib.parse.urljoin(
        url, attributes(form[1]).get("action", url)), fields


def get(url, fields=None):
    data = urllib.parse.urlencode(fields).encode() if fields else None
    try:
        r = web.open(url, data, timeout=20)
    except urllib.error.HTTPError as e:
        r = e
    return r.geturl(), r.read().decode()


at, text = get(o.url)
for _ in range(8):
    step = fill(text, at)
    if step is None:
        break
    at, text = get(*step)
    if o.deny and (step[1] is None or "abort" in step[1]):
        break
print(re.sub(r"\s+", " ", re.sub(r"<(style|script).*?</\1>|<[^>]+>", " ",
                                 text, flags=re.S)).strip()[:400])

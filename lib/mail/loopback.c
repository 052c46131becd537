/* Authorization code with PKCE: the browser comes back to a port of the
 * loopback (RFC 8252, section 7.3).  Whatever else knocks there, with another
 * path or without our state, is sent away and the wait goes on, so that
 * nobody on this machine can end it or slip a code in. */
#include "mail/oauth.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/enc.h"
#include "crypt/crypt.h"

#define WAIT_S 600
#define REQUEST_MAX 16384
#define REQUEST_MS 5000		/* for one that knocks to say what it wants */
#define STEP_MS 200		/* between looks at the stop flag */
#define RANDOM 32
#define CODE_MAX 4096

struct flow {
	const struct cn_oauth_conf *conf;
	int listener, paste;
	int64_t end;			/* of run->ms */
	char *redirect;			/* in mem, as the rest */
	char *state, *verifier;
	struct cn_arena mem;
	struct cn_buf code, typed;
};

/* base64url without padding (RFC 7636, appendix A). */
static char *url64(struct cn_arena *mem, const void *p, size_t n)
{
	struct cn_buf b = { 0 };
	char *s;
	size_t i;

	cn_base64(&b, p, n);
	while (b.len > 0 && b.p[b.len - 1] == '=')
		b.len--;
	for (i = 0; i < b.len; i++)
		b.p[i] = b.p[i] == '+' ? '-' : b.p[i] == '/' ? '_' : b.p[i];
	s = cn_arena_dup(mem, b.p, b.len);
	cn_buf_wipe(&b);
	return s;
}

static char *random64(struct cn_arena *mem)
{
	uint8_t r[RANDOM];
	char *s;

	cn_random(r, sizeof(r));
	s = url64(mem, r, sizeof(r));
	cn_wipe(r, sizeof(r));
	return s;
}

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ?
	    c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The value of a field of a query, decoded: 1, 0 it is not there, -1 it is
 * there twice, or not well-formed, or has a control character in it. */
static int field(struct cn_str q, const char *name, struct cn_buf *out)
{
	size_t n = strlen(name), i = 0, k, end;
	int found = 0, c;

	for (; i < q.n; i = end + 1) {
		for (end = i; end < q.n && q.p[end] != '&'; end++)
			;
		if (end - i <= n || q.p[i + n] != '=' ||
		    memcmp(q.p + i, name, n) != 0)
			continue;
		if (found++)
			return -1;
		for (k = i + n + 1; k < end; k++) {
			c = q.p[k] == '+' ? ' ' : (unsigned char)q.p[k];
			if (c == '%') {
				if (end - k < 3 || hex(q.p[k + 1]) < 0 ||
				    hex(q.p[k + 2]) < 0)
					return -1;
				c = hex(q.p[k + 1]) << 4 | hex(q.p[k + 2]);
				k += 2;
			}
			if (c < 0x20 || c == 0x7f)
				return -1;
			cn_buf_ch(out, c);
		}
	}
	return found;
}

int cn_oauth_redirect(struct cn_str q, const char *state, struct cn_buf *code,
    struct cn_err *err)
{
	struct cn_buf s = { 0 }, e = { 0 };
	size_t was = code->len;
	int r = 0, bad = -1;

	/* Whoever knows the state has seen our request. */
	if (field(q, "state", &s) == 1 && cn_str_eq(cn_buf_view(&s), state)) {
		bad = field(q, "error", &e);
		r = field(q, "code", code);
	}
	if (bad == 1)
		r = cn_fail(err, CN_NOPERM, cn_str_eq(cn_buf_view(&e),
		    "access_denied") ? "it was refused to let us in "
		    "(access_denied)" : "the provider refused to let us in");
	else if (r != 1 || code->len == was || code->len - was > CODE_MAX ||
	    bad != 0)
		r = 0;
	if (r != 1)
		code->len = was;
	cn_buf_wipe(&s);
	cn_buf_wipe(&e);
	return r;
}

/* --- the browser --- */

/* The head of a request, or as much as came in five seconds. */
static void hear(struct flow *f, int fd, struct cn_buf *b)
{
	const struct cn_run *run = f->conf->run;
	int64_t end = run->ms() + REQUEST_MS, left;
	struct pollfd p = { fd, POLLIN, 0 };
	ssize_t n = 1;

	cn_buf_reserve(b, REQUEST_MAX);
	while (n > 0 && b->len < REQUEST_MAX && !*run->stop &&
	    strstr(b->p, "\r\n\r\n") == NULL && (left = end - run->ms()) > 0) {
		if (poll(&p, 1, left < STEP_MS ? (int)left : STEP_MS) <= 0)
			continue;
		n = recv(fd, b->p + b->len, REQUEST_MAX - b->len,
		    MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			n = 1;
		else if (n > 0)
			b->len += (size_t)n;
		b->p[b->len] = '\0';
	}
}

static void say(int fd, const char *status, const char *text)
{
	struct cn_buf b = { 0 };

	cn_buf_fmt(&b, "HTTP/1.1 %s\r\nContent-Type: text/plain\r\n"
	    "Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\n"
	    "Connection: close\r\nContent-Length: %zu\r\n\r\n%s", status,
	    strlen(text), text);
	/* A browser that has gone has what it wants. */
	if (send(fd, b.p, b.len, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
		shutdown(fd, SHUT_WR);
	cn_buf_wipe(&b);
}

/* 1 the code is here, 0 it was somebody else, -1 refused. */
static int visit(struct flow *f, int fd, struct cn_err *err)
{
	static const char get[] = "GET /?";
	struct cn_buf b = { 0 };
	const char *q, *end;
	int r = 0;

	hear(f, fd, &b);
	q = b.p + sizeof(get) - 1;
	if (strncmp(b.p, get, sizeof(get) - 1) == 0 &&
	    (end = strstr(q, " HTTP/1.")) != NULL &&
	    memchr(q, '\n', (size_t)(end - q)) == NULL)
		r = cn_oauth_redirect((struct cn_str){ q, (size_t)(end - q) },
		    f->state, &f->code, err);
	if (r == 1)
		say(fd, "200 OK", "Signed in. You can close this page.\n");
	else if (r == 0)
		say(fd, "404 Not Found", "Nothing is here for you.\n");
	else
		say(fd, "200 OK", "Not signed in. You can close this page.\n");
	cn_buf_wipe(&b);
	return r;
}

/* A line from the keyboard: the address at which a browser elsewhere ended. */
static int typed(struct flow *f, struct cn_str line, struct cn_err *err)
{
	const char *q;
	int r = 0;

	line = cn_str_trim(line);
	q = memchr(line.p, '?', line.n);
	if (q != NULL) {
		line.n -= (size_t)(q + 1 - line.p);
		line.p = q + 1;
		r = cn_oauth_redirect(line, f->state, &f->code, err);
	}
	if (r == 0 && f->conf->run->note != NULL)
		f->conf->run->note("that is not the address of this sign-in");
	return r;
}

static int pasted(struct flow *f, struct cn_err *err)
{
	char b[4096];
	ssize_t n = read(f->paste, b, sizeof(b));
	struct cn_str left;
	const char *end;
	int r = 0;

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (n <= 0 || f->typed.len > REQUEST_MAX)
		f->paste = -1;
	cn_buf_add(&f->typed, n > 0 ? b : "\n", n > 0 ? (size_t)n : 1);
	cn_wipe(b, sizeof(b));
	left = cn_buf_view(&f->typed);
	while (r == 0 && (end = memchr(left.p, '\n', left.n)) != NULL) {
		if (end > left.p)
			r = typed(f, (struct cn_str){ left.p,
			    (size_t)(end - left.p) }, err);
		left.n -= (size_t)(end + 1 - left.p);
		left.p = end + 1;
	}
	memmove(f->typed.p, left.p, left.n);
	cn_wipe(f->typed.p + left.n, f->typed.len - left.n);
	f->typed.len = left.n;
	return r;
}

static int listen_on(struct flow *f, struct cn_err *err)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t n = sizeof(a);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	f->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0);
	if (f->listener < 0 ||
	    bind(f->listener, (struct sockaddr *)&a, sizeof(a)) < 0 ||
	    listen(f->listener, 8) < 0 ||
	    getsockname(f->listener, (struct sockaddr *)&a, &n) < 0)
		return cn_fail_errno(err, CN_TEMPFAIL, "loopback");
	f->redirect = cn_arena_fmt(&f->mem, "http://%s:%d/",
	    f->conf->redirect ? f->conf->redirect : "127.0.0.1",
	    ntohs(a.sin_port));
	return 0;
}

static int wait_for_code(struct flow *f, struct cn_err *err)
{
	const struct cn_run *run = f->conf->run;
	struct pollfd p[2] = { { 0 } };
	int fd, r = 0;

	while (r == 0) {
		if (*run->stop)
			return cn_fail(err, CN_TEMPFAIL, "stopped");
		if (run->ms() > f->end)
			return cn_fail(err, CN_NOPERM,
			    "nobody has signed in in time");
		p[0] = (struct pollfd){ f->listener, POLLIN, 0 };
		p[1] = (struct pollfd){ f->paste, POLLIN, 0 };
		if (poll(p, 2, STEP_MS) <= 0)
			continue;
		if (p[1].revents != 0)
			r = pasted(f, err);
		if (r == 0 && (fd = accept4(f->listener, NULL, NULL,
		    SOCK_CLOEXEC)) >= 0) {
			r = visit(f, fd, err);
			close(fd);
		}
	}
	return r < 0 ? -1 : 0;
}

/* --- the request, and what the code is worth --- */

static char *request(struct flow *f)
{
	const struct cn_oauth_conf *c = f->conf;
	uint8_t sha[CN_SHA];
	struct cn_buf q = { 0 };
	char *url;

	cn_sha256(sha, f->verifier, strlen(f->verifier));
	cn_oauth_field(&q, "response_type", "code");
	cn_oauth_field(&q, "client_id", c->client_id);
	cn_oauth_field(&q, "redirect_uri", f->redirect);
	cn_oauth_field(&q, "scope", c->scope);
	cn_oauth_field(&q, "state", f->state);
	cn_oauth_field(&q, "code_challenge", url64(&f->mem, sha, sizeof(sha)));
	cn_oauth_field(&q, "code_challenge_method", "S256");
	url = cn_arena_fmt(&f->mem, "%s%c%s%s%s", c->authorize,
	    strchr(c->authorize, '?') ? '&' : '?', q.p,
	    c->authorize_with ? "&" : "",
	    c->authorize_with ? c->authorize_with : "");
	cn_buf_wipe(&q);
	return url;
}

static int redeem(struct flow *f, struct cn_oauth_tokens *t,
    struct cn_err *err)
{
	enum cn_oauth_said said = CN_OAUTH_FAILED;
	struct cn_buf form = { 0 };
	int r;

	cn_oauth_field(&form, "grant_type", "authorization_code");
	cn_oauth_field(&form, "code", f->code.p);
	cn_oauth_field(&form, "redirect_uri", f->redirect);
	cn_oauth_field(&form, "code_verifier", f->verifier);
	r = cn_oauth_ask(f->conf, &form, t, &said, err);
	cn_buf_wipe(&form);
	if (r == 0 && (said == CN_OAUTH_PENDING || said == CN_OAUTH_SLOW_DOWN))
		return cn_fail(err, CN_UNAVAILABLE, "the provider breaks the "
		    "protocol");
	return r == 0 && said == CN_OAUTH_GRANTED ? 0 : -1;
}

int cn_oauth_browser(const struct cn_oauth_conf *conf, int paste,
    cn_oauth_tell *tell, void *arg, struct cn_oauth_tokens *t,
    struct cn_err *err)
{
	struct flow f = { .conf = conf, .listener = -1, .paste = paste,
	    .end = conf->run->ms() + WAIT_S * 1000 };
	int r;

	f.state = random64(&f.mem);
	f.verifier = random64(&f.mem);
	r = listen_on(&f, err);
	if (r == 0)
		r = tell(arg, request(&f), NULL, WAIT_S, err);
	if (r == 0)
		r = wait_for_code(&f, err);
	if (f.listener >= 0)
		close(f.listener);
	if (r == 0)
		r = redeem(&f, t, err);
	cn_buf_wipe(&f.code);
	cn_buf_wipe(&f.typed);
	cn_arena_release(&f.mem);
	return r;
}

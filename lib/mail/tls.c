/* tls.c - TCP and OpenSSL
 *
 * The socket does not block; who has nothing to read or no room to write
 * waits in poll().  A BIO of our own passes MSG_NOSIGNAL, for a peer that has
 * gone must not kill the process by SIGPIPE. */
#include "tls.h"

#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* poll() wakes that often to look at run->stop: a signal that came just
 * before it does not interrupt it. */
#define SLICE_MS 500
/* Bytes in a row that may be no data (a handshake, tickets, key updates):
 * OpenSSL alone would read such for ever without coming back. */
#define BARREN_MAX (512 << 10)
#define READ_AHEAD (64 << 10)

struct cn_tls {
	int fd;
	const struct cn_run *run;
	char *host;
	int64_t waited;
	size_t barren;
	SSL *ssl;
	SSL_CTX *ctx;
	BIO_METHOD *method;
};

static bool stopped(const struct cn_tls *t)
{
	return t->run->stop && *t->run->stop;
}

/* 1 when the socket is ready, 0 when time is up, -1 when the run was stopped
 * or poll() fails. */
static int wait_for(struct cn_tls *t, short events, int64_t ms,
    struct cn_err *err)
{
	int64_t from = t->run->ms(), left = ms, now;
	int n = 0;

	while (n == 0 && left >= 0) {
		struct pollfd p = { .fd = t->fd, .events = events };

		if (stopped(t))
			return cn_fail(err, CN_TEMPFAIL, "stopped");
		n = poll(&p, 1, left < SLICE_MS ? (int)left : SLICE_MS);
		if (n < 0 && errno != EINTR)
			return cn_fail_errno(err, CN_TEMPFAIL, "poll");
		if (n < 0)
			n = 0;
		now = t->run->ms();
		if (n == 0 && now - from >= ms)
			break;
		left = ms - (now - from);
	}
	t->waited += t->run->ms() - from;
	return n;
}

/* --- the connection --- */

static int dial(struct cn_tls *t, const struct addrinfo *a, int64_t ms,
    struct cn_err *err)
{
	int one = 1, idle = 60, e = 0, n;
	socklen_t len = sizeof(e);

	t->fd = socket(a->ai_family, a->ai_socktype | SOCK_NONBLOCK |
	    SOCK_CLOEXEC, a->ai_protocol);
	if (t->fd < 0)
		return cn_fail_errno(err, CN_TEMPFAIL, "socket");
	setsockopt(t->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	/* So that waiting for mail learns of a peer that has vanished. */
	setsockopt(t->fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	setsockopt(t->fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	if (connect(t->fd, a->ai_addr, a->ai_addrlen) == 0)
		return 0;
	if (errno != EINPROGRESS)
		return cn_fail_errno(err, CN_TEMPFAIL, "connect");
	n = wait_for(t, POLLOUT, ms, err);
	if (n < 0)
		return -1;
	if (n == 0)
		return cn_fail(err, CN_TEMPFAIL, "connect: no answer");
	if (getsockopt(t->fd, SOL_SOCKET, SO_ERROR, &e, &len) < 0)
		e = errno;
	errno = e;
	return e ? cn_fail_errno(err, CN_TEMPFAIL, "connect") : 0;
}

/* Each address gets its share of the time that is left. */
static int dial_any(struct cn_tls *t, const struct addrinfo *list, int ms,
    struct cn_err *err)
{
	int64_t end = t->run->ms() + ms;
	int n = 0;

	for (const struct addrinfo *a = list; a; a = a->ai_next)
		n++;
	for (const struct addrinfo *a = list; a; a = a->ai_next, n--) {
		int64_t left = end - t->run->ms();

		if (dial(t, a, left > 0 ? left / n : 0, err) == 0)
			return 0;
		if (t->fd >= 0)
			close(t->fd);
		t->fd = -1;
		err->status = CN_TEMPFAIL;
		err->hint[0] = '\0';
		if (stopped(t))
			break;
	}
	return -1;
}

struct cn_tls *cn_tls_connect(const char *host, int port, int timeout_ms,
    const struct cn_run *run, struct cn_err *err)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICSERV | AI_ADDRCONFIG }, *list = NULL;
	struct cn_tls *t = cn_alloc(sizeof(*t));
	char service[16];
	int n;

	t->fd = -1;
	t->run = run;
	t->host = cn_strdup(host);
	snprintf(service, sizeof(service), "%d", port);
	n = getaddrinfo(host, service, &hints, &list);
	if (n != 0) {
		cn_fail(err, CN_TEMPFAIL, "%s", gai_strerror(n));
	} else {
		n = dial_any(t, list, timeout_ms, err);
		freeaddrinfo(list);
	}
	if (n == 0)
		return t;
	cn_tls_free(t);
	return NULL;
}

void cn_tls_free(struct cn_tls *t)
{
	if (!t)
		return;
	/* A close_notify when there is room for it; nobody waits. */
	if (t->ssl && SSL_is_init_finished(t->ssl))
		SSL_shutdown(t->ssl);
	ERR_clear_error();
	SSL_free(t->ssl);
	SSL_CTX_free(t->ctx);
	BIO_meth_free(t->method);
	if (t->fd >= 0)
		close(t->fd);
	free(t->host);
	free(t);
}

bool cn_tls_loopback(const struct cn_tls *t)
{
	struct sockaddr_storage s;
	socklen_t len = sizeof(s);

	if (getpeername(t->fd, (struct sockaddr *)&s, &len) < 0)
		return false;
	if (s.ss_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, &s, sizeof(in));
		return ntohl(in.sin_addr.s_addr) >> 24 == 127;
	}
	if (s.ss_family == AF_INET6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, &s, sizeof(in6));
		return IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr);
	}
	return false;
}

/* --- OpenSSL --- */

static int bio_send(BIO *b, const char *p, int n)
{
	const struct cn_tls *t = BIO_get_data(b);
	ssize_t r = send(t->fd, p, (size_t)n, MSG_NOSIGNAL);

	BIO_clear_retry_flags(b);
	if (r < 0 && (errno == EAGAIN || errno == EINTR))
		BIO_set_retry_write(b);
	return (int)r;
}

static int bio_recv(BIO *b, char *p, int n)
{
	struct cn_tls *t = BIO_get_data(b);
	ssize_t r;

	BIO_clear_retry_flags(b);
	if (t->barren > BARREN_MAX) {
		errno = EPROTO;
		return -1;
	}
	r = recv(t->fd, p, (size_t)n, 0);
	if (r > 0)
		t->barren += (size_t)r;
	if (r < 0 && (errno == EAGAIN || errno == EINTR))
		BIO_set_retry_read(b);
	return (int)r;
}

static long bio_ctrl(BIO *b, int cmd, long num, void *p)
{
	(void)b;
	(void)num;
	(void)p;
	return cmd == BIO_CTRL_FLUSH;
}

/* The context and the connection on it: what is trusted, and whom. */
static int prepare(struct cn_tls *t, const char *ca_file, struct cn_err *err)
{
	X509_VERIFY_PARAM *param;
	BIO *bio;

	t->ctx = SSL_CTX_new(TLS_client_method());
	t->method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK,
	    "socket");
	if (!t->ctx || !t->method ||
	    !BIO_meth_set_write(t->method, bio_send) ||
	    !BIO_meth_set_read(t->method, bio_recv) ||
	    !BIO_meth_set_ctrl(t->method, bio_ctrl) ||
	    !SSL_CTX_set_min_proto_version(t->ctx, TLS1_2_VERSION))
		return cn_fail(err, CN_INTERNAL, "OpenSSL does not start");
	SSL_CTX_set_verify(t->ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_options(t->ctx, SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_set_read_ahead(t->ctx, 1);
	SSL_CTX_set_default_read_buffer_len(t->ctx, READ_AHEAD);
	if (ca_file ? SSL_CTX_load_verify_locations(t->ctx, ca_file, NULL) != 1
	    : SSL_CTX_set_default_verify_paths(t->ctx) != 1) {
		ERR_clear_error();
		return cn_fail(err, CN_CONFIG,
		    "%s: no certificates of authorities in it",
		    ca_file ? ca_file : "the system's folder");
	}
	t->ssl = SSL_new(t->ctx);
	bio = BIO_new(t->method);
	if (!t->ssl || !bio) {
		BIO_free(bio);
		return cn_fail(err, CN_INTERNAL, "OpenSSL does not start");
	}
	BIO_set_data(bio, t);
	BIO_set_init(bio, 1);
	SSL_set_bio(t->ssl, bio, bio);
	SSL_set_hostflags(t->ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
	    X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
	param = SSL_get0_param(t->ssl);
	if (X509_VERIFY_PARAM_set1_ip_asc(param, t->host) == 1)
		return 0;
	ERR_clear_error();
	if (SSL_set1_host(t->ssl, t->host) != 1 ||
	    SSL_set_tlsext_host_name(t->ssl, t->host) != 1)
		return cn_fail(err, CN_USAGE, "no host name for TLS");
	return 0;
}

/* What a call of OpenSSL that returned r wants: the events to wait for, or
 * -1 with the reason. */
static int wants(struct cn_tls *t, int r, const char *what,
    struct cn_err *err)
{
	int e = errno, kind = SSL_get_error(t->ssl, r);
	unsigned long code = ERR_peek_last_error();
	long verify = SSL_get_verify_result(t->ssl);
	const char *reason = ERR_reason_error_string(code);

	if (kind == SSL_ERROR_WANT_READ)
		return POLLIN;
	if (kind == SSL_ERROR_WANT_WRITE)
		return POLLOUT;
	ERR_clear_error();
	if (t->barren > BARREN_MAX)
		return cn_fail(err, CN_UNAVAILABLE,
		    "the server sends TLS records without data");
	if (kind == SSL_ERROR_SYSCALL && r < 0 && e != 0) {
		errno = e;
		cn_fail_errno(err, CN_TEMPFAIL, "%s", what);
		err->status = CN_TEMPFAIL;
		return -1;
	}
	if (kind != SSL_ERROR_SSL ||
	    ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
		return cn_fail(err, CN_TEMPFAIL,
		    "%s: the server closed the connection", what);
	if (ERR_GET_REASON(code) == SSL_R_CERTIFICATE_VERIFY_FAILED &&
	    verify != X509_V_OK)
		return cn_fail(err, CN_UNAVAILABLE,
		    "the server's certificate is refused: %s",
		    X509_verify_cert_error_string(verify));
	return cn_fail(err, CN_UNAVAILABLE, "%s: %s", what,
	    reason ? reason : "no reason given");
}

int cn_tls_start(struct cn_tls *t, const char *ca_file, int timeout_ms,
    struct cn_err *err)
{
	int64_t end = t->run->ms() + timeout_ms;
	int r, events;

	if (prepare(t, ca_file, err) < 0)
		return -1;
	for (;;) {
		int64_t left = end - t->run->ms();

		ERR_clear_error();
		errno = 0;
		r = SSL_connect(t->ssl);
		if (r == 1)
			break;
		events = wants(t, r, "TLS", err);
		if (events < 0)
			return -1;
		r = left < 0 ? 0 : wait_for(t, (short)events, left, err);
		if (r < 0)
			return -1;
		if (r == 0)
			return cn_fail(err, CN_TEMPFAIL,
			    "TLS: the handshake takes too long");
	}
	/* SSL_VERIFY_PEER has ended it already; hold on to it all the same. */
	if (SSL_get_verify_result(t->ssl) != X509_V_OK ||
	    SSL_version(t->ssl) < TLS1_2_VERSION)
		return cn_fail(err, CN_UNAVAILABLE, "TLS: not verified");
	return 0;
}

/* --- bytes --- */

/* One attempt to read: bytes, 0 with the events to wait for, or -1. */
static int try_read(struct cn_tls *t, void *p, size_t n, int *events,
    struct cn_err *err)
{
	int len = n > INT_MAX ? INT_MAX : (int)n, r;

	errno = 0;
	if (t->ssl) {
		ERR_clear_error();
		r = SSL_read(t->ssl, p, len);
		if (r > 0) {
			t->barren = 0;
			return r;
		}
		*events = wants(t, r, "reading", err);
		return *events < 0 ? -1 : 0;
	}
	r = (int)recv(t->fd, p, (size_t)len, 0);
	if (r > 0)
		return r;
	*events = POLLIN;
	if (r < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (r == 0)
		return cn_fail(err, CN_TEMPFAIL,
		    "reading: the server closed the connection");
	cn_fail_errno(err, CN_TEMPFAIL, "reading");
	err->status = CN_TEMPFAIL;
	return -1;
}

int cn_tls_read(struct cn_tls *t, void *p, size_t n, int wait_ms,
    struct cn_err *err)
{
	int64_t end = 0;
	int events, r;

	while ((r = try_read(t, p, n, &events, err)) == 0) {
		int64_t now = t->run->ms();

		if (end == 0)
			end = now + wait_ms;
		if (now > end)
			return 0;
		r = wait_for(t, (short)events, end - now, err);
		if (r <= 0)
			return r;
	}
	return r;
}

int cn_tls_write(struct cn_tls *t, const void *data, size_t n, int wait_ms,
    struct cn_err *err)
{
	const char *p = data;
	int64_t end = t->run->ms() + wait_ms;

	while (n > 0) {
		int len = n > INT_MAX ? INT_MAX : (int)n, events = POLLOUT, r;
		int64_t left = end - t->run->ms();

		errno = 0;
		if (t->ssl) {
			ERR_clear_error();
			r = SSL_write(t->ssl, p, len);
			if (r <= 0 &&
			    (events = wants(t, r, "writing", err)) < 0)
				return -1;
		} else {
			r = (int)send(t->fd, p, (size_t)len, MSG_NOSIGNAL);
			if (r < 0 && errno != EAGAIN && errno != EINTR) {
				cn_fail_errno(err, CN_TEMPFAIL, "writing");
				err->status = CN_TEMPFAIL;
				return -1;
			}
		}
		if (r > 0) {
			p += r;
			n -= (size_t)r;
			continue;
		}
		r = left < 0 ? 0 : wait_for(t, (short)events, left, err);
		if (r < 0)
			return -1;
		if (r == 0)
			return cn_fail(err, CN_TEMPFAIL,
			    "the server does not read what we send");
	}
	return 0;
}

bool cn_tls_waiting(struct cn_tls *t)
{
	struct pollfd p = { .fd = t->fd, .events = POLLIN };

	return poll(&p, 1, 0) > 0;
}

/* Peeking works off what is no data, such as a session ticket. */
int cn_tls_wait(struct cn_tls *t, int64_t ms, struct cn_err *err)
{
	int64_t end = t->run->ms() + ms, left = ms;
	int events = POLLIN, r = 0;

	while (left >= 0) {
		char c;

		if (t->ssl) {
			ERR_clear_error();
			errno = 0;
			r = SSL_peek(t->ssl, &c, 1);
			if (r > 0)
				return 1;
			events = wants(t, r, "reading", err);
			if (events < 0)
				return -1;
		}
		r = wait_for(t, (short)events, left, err);
		if (r <= 0)
			break;
		if (!t->ssl)
			return 1;
		left = end - t->run->ms();
	}
	return r < 0 && !stopped(t) ? -1 : 0;
}

int64_t cn_tls_waited(const struct cn_tls *t)
{
	return t->waited;
}

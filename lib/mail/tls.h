/* tls.h - a TCP connection, and verified TLS over it
 *
 * TLS 1.2 up by OpenSSL.  The peer must show a certificate that leads to a
 * trusted anchor and names the host (RFC 6125, by subjectAltName alone; an IP
 * address too).  There is no way to connect without that check.
 *
 * Every wait ends when run->stop is set.  Statuses: 75 not reached, gone, too
 * slow or stopped; 69 no trusted peer.  Messages hold no word of the peer's.*/
#ifndef CN_TLS_H
#define CN_TLS_H

#include "base/run.h"

struct cn_tls;

/* A TCP connection to the first address of the host that answers, all within
 * timeout_ms; the resolver has its own time.  The run is borrowed. */
struct cn_tls *cn_tls_connect(const char *host, int port, int timeout_ms,
    const struct cn_run *, struct cn_err *) CN_CHECKED;
/* The handshake.  ca_file: anchors in place of the system's, or NULL. */
int cn_tls_start(struct cn_tls *, const char *ca_file, int timeout_ms,
    struct cn_err *) CN_CHECKED;
void cn_tls_free(struct cn_tls *);		/* closes */

bool cn_tls_loopback(const struct cn_tls *);	/* is the peer this machine? */
/* Before the handshake: are there bytes that nobody has read? */
bool cn_tls_waiting(struct cn_tls *);

/* At least one byte, at most n, within wait_ms; 0 when time is up; -1. */
int cn_tls_read(struct cn_tls *, void *, size_t n, int wait_ms,
    struct cn_err *) CN_CHECKED;
/* All of it. */
int cn_tls_write(struct cn_tls *, const void *, size_t n, int wait_ms,
    struct cn_err *) CN_CHECKED;
/* Waits for bytes: 1; 0 when time is up or the run was stopped; -1. */
int cn_tls_wait(struct cn_tls *, int64_t ms, struct cn_err *) CN_CHECKED;
/* Milliseconds spent waiting for the peer so far. */
int64_t cn_tls_waited(const struct cn_tls *);

#endif

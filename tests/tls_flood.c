/* tls_flood - a TLS server that sends records without data for ever
 *
 *	tls_flood CERT KEY greet|mute
 *
 * Prints its port, takes one connection, greets there or does not, and then
 * updates its keys until the client hangs up: OpenSSL alone would read that
 * without ever coming back. */
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int take_one(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(a);
	int s = socket(AF_INET, SOCK_STREAM, 0);

	if (s < 0 || bind(s, (struct sockaddr *)&a, n) < 0 ||
	    listen(s, 1) < 0 || getsockname(s, (struct sockaddr *)&a, &n) < 0)
		return -1;
	printf("%d\n", ntohs(a.sin_port));
	fflush(stdout);
	alarm(60);
	return accept(s, NULL, NULL);
}

int main(int argc, char **argv)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	SSL *ssl;
	int fd;

	signal(SIGPIPE, SIG_IGN);
	if (argc != 4 || !ctx ||
	    SSL_CTX_use_certificate_file(ctx, argv[1], SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_use_PrivateKey_file(ctx, argv[2], SSL_FILETYPE_PEM) != 1)
		return 2;
	fd = take_one();
	ssl = SSL_new(ctx);
	if (fd < 0 || !ssl || SSL_set_fd(ssl, fd) != 1 || SSL_accept(ssl) != 1)
		return 1;
	if (strcmp(argv[3], "greet") == 0)
		SSL_write(ssl, "* OK hello\r\n", 12);
	while (SSL_key_update(ssl, SSL_KEY_UPDATE_NOT_REQUESTED) == 1 &&
	    SSL_do_handshake(ssl) == 1)
		;
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	return 0;
}

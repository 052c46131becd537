# tests/dovecot.sh - Debian's Dovecot on loopback, for the shell tests
#
#	. "$(dirname "$0")/lib.sh"
#	. "$root/tests/dovecot.sh"
#	dovecot_start 'mail_max_userip_connections = 100'
#	... --port "$IMAPS_PORT" --ca-file "$IMAP_CA" ...
#	dovecot_put desk INBOX <mail.eml
#	dovecot_stop
#
# dovecot_start [LINES [CERT]] runs a Dovecot of our own with its folder below
# $T, as root or as an ordinary user, waits until it answers, and sets
#
#	IMAPS_PORT	TLS from the first byte
#	IMAP_PORT	in the clear, with STARTTLS
#	IMAP_CA		the test authority (make_ca made it)
#	IMAP_PASS	the password of the users 'desk' and 'two' (any name)
#	DOVECOT_CONF	for doveadm -c
#	DOVECOT_MAIL	Maildirs: "$DOVECOT_MAIL/USER"
#	DOVECOT_LOG	what it logs
#
# LINES are more configuration.  CERT is the name of a certificate made by
# make_cert; without it 'good' is made.  A second dovecot_start stops the
# first.  DOVECOT_TLS=1.1 makes it speak TLS 1.1 and nothing better.

IMAP_PASS=secret-472
DOVECOT=$T/dovecot
DOVECOT_CONF=$DOVECOT/dovecot.conf
DOVECOT_MAIL=$DOVECOT/mail
DOVECOT_LOG=$DOVECOT/log
CERTS=$T/certs
IMAP_CA=$CERTS/ca.pem
dovecot_pid=
export IMAP_PASS IMAP_CA DOVECOT_CONF DOVECOT_MAIL DOVECOT_LOG

# make_ca [NAME]: an authority, $CERTS/NAME.pem and .key
make_ca() {
	mkdir -p "$CERTS"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -keyout "$CERTS/${1:-ca}.key" -out "$CERTS/${1:-ca}.pem" \
	    -days 2 -subj "/CN=Convonest test ${1:-ca}" \
	    -addext basicConstraints=critical,CA:TRUE \
	    -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null
}

# make_cert NAME SAN [DAYS [CA]]: a server's certificate $CERTS/NAME.pem and
# .key for e.g. DNS:localhost,IP:127.0.0.1; negative days: it has expired.
# CERT_CN is its common name, which nobody should look at.
make_cert() {
	[ -f "$CERTS/${4:-ca}.pem" ] || make_ca "${4:-ca}"
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -keyout "$CERTS/$1.key" -out "$CERTS/$1.csr" \
	    -subj "/CN=${CERT_CN:-Convonest test $1}" 2>/dev/null
	# x509 -days takes no past: ca does, by dates.
	: >"$CERTS/$1.index"
	printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth\n' "$2" \
	    >"$CERTS/$1.ext"
	cat >"$CERTS/$1.cnf" <<-X
		[ca]
		default_ca = d
		[d]
		database = $CERTS/$1.index
		new_certs_dir = $CERTS
		rand_serial = yes
		default_md = sha256
		policy = p
		[p]
		commonName = supplied
	X
	openssl ca -batch -notext -config "$CERTS/$1.cnf" \
	    -cert "$CERTS/${4:-ca}.pem" -keyfile "$CERTS/${4:-ca}.key" \
	    -in "$CERTS/$1.csr" -out "$CERTS/$1.pem" \
	    -extfile "$CERTS/$1.ext" -startdate "$(_day -60)" \
	    -enddate "$(_day "${3:-2}")" 2>/dev/null
}

# The time so many days from now, as openssl ca wants it.
_day() {
	date -u -d "$1 days" +%Y%m%d%H%M%SZ
}

# free_ports N: so many ports that nobody listens on
free_ports() {
	python3 -c '
import socket, sys
s = [socket.create_server(("127.0.0.1", 0)) for i in range(int(sys.argv[1]))]
print(*(x.getsockname()[1] for x in s))' "$1"
}

# answers PORT: does somebody greet there?
_answers() {
	python3 -c '
import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5)
s.settimeout(5)
sys.exit(not s.recv(4).startswith(b"* "))' "$1" 2>/dev/null
}

# Started by root, it wants the users that its package makes, and no mail of
# root's.
_dovecot_conf() {
	if [ "$(id -u)" -eq 0 ]; then
		_uid=65534 _gid=65534
		set -- dovecot dovecot dovenull "$@"
	else
		_uid=$(id -u) _gid=$(id -g)
		set -- "$(id -un)" "$(id -gn)" "$(id -un)" "$@"
	fi
	cat <<-X
		base_dir = $DOVECOT/run
		state_dir = $DOVECOT/state
		log_path = $DOVECOT_LOG
		protocols = imap
		listen = 127.0.0.1
		mail_fsync = never
		default_internal_user = $1
		default_internal_group = $2
		default_login_user = $3
		first_valid_uid = 0
		first_valid_gid = 0
		service imap-login {
		  chroot =
		  service_count = 0
		  process_min_avail = 1
		  inet_listener imap {
		    port = $IMAP_PORT
		  }
		  inet_listener imaps {
		    port = $IMAPS_PORT
		    ssl = yes
		  }
		}
		service anvil {
		  chroot =
		}
		service stats {
		  chroot =
		}
		ssl = yes
		ssl_cert = <$CERTS/$4.pem
		ssl_key = <$CERTS/$4.key
		auth_mechanisms = plain login
		auth_failure_delay = 0
		login_greeting = ready
		mail_location = maildir:$DOVECOT_MAIL/%u
		mailbox_list_index = yes
		mail_max_userip_connections = 100
		passdb {
		  driver = static
		  args = password=$IMAP_PASS
		  mechanisms = plain login
		}
		userdb {
		  driver = static
		  args = uid=$_uid gid=$_gid home=$DOVECOT_MAIL/%u allow_all_users=yes
		}
		namespace inbox {
		  inbox = yes
		  separator = /
		  mailbox Sent {
		    special_use = \Sent
		  }
		  mailbox Trash {
		    special_use = \Trash
		  }
		}
	X
	[ -z "${DOVECOT_TLS:-}" ] || cat <<-X
		ssl_min_protocol = TLSv$DOVECOT_TLS
		ssl_cipher_list = ALL:@SECLEVEL=0
		import_environment = OPENSSL_CONF=$DOVECOT/openssl.cnf
	X
	[ -z "$5" ] || printf '%s\n' "$5"
}

dovecot_start() {
	dovecot_stop
	mkdir -p "$DOVECOT/state" "$DOVECOT_MAIL"
	[ "$(id -u)" -ne 0 ] || chmod 711 "$T"
	dovecot_own
	[ -n "${2:-}" ] || [ -f "$CERTS/good.pem" ] ||
	    make_cert good DNS:localhost,IP:127.0.0.1
	# The newest protocol can be set in OpenSSL's configuration alone.
	cat >"$DOVECOT/openssl.cnf" <<-X
		openssl_conf = o
		[o]
		ssl_conf = s
		[s]
		system_default = d
		[d]
		MaxProtocol = TLSv${DOVECOT_TLS:-1.3}
	X
	for _try in 1 2 3 4 5; do
		read -r IMAP_PORT IMAPS_PORT <<-X
			$(free_ports 2)
		X
		_dovecot_conf "${2:-good}" "${1:-}" >"$DOVECOT_CONF"
		/usr/sbin/dovecot -F -c "$DOVECOT_CONF" </dev/null \
		    >"$DOVECOT/out" 2>&1 &
		dovecot_pid=$!
		_until=$(($(date +%s) + 20))
		while kill -0 "$dovecot_pid" 2>/dev/null &&
		    [ "$(date +%s)" -lt "$_until" ]; do
			_answers "$IMAP_PORT" && return 0
			sleep 0.05
		done
		dovecot_stop
	done
	diag "dovecot does not start: $(tail -n 5 "$DOVECOT/out" "$DOVECOT_LOG")"
	return 1
}

# dovecot_put USER FOLDER: the mail on stdin goes there; the folder is made
dovecot_put() {
	doveadm -c "$DOVECOT_CONF" mailbox create -u "$1" "$2" 2>/dev/null || :
	doveadm -c "$DOVECOT_CONF" save -u "$1" -m "$2"
}

# dovecot_own: after files were put into Maildirs by hand
dovecot_own() {
	[ "$(id -u)" -ne 0 ] || chown -R 65534:65534 "$DOVECOT_MAIL"
}

dovecot_stop() {
	[ -n "$dovecot_pid" ] || return 0
	kill "$dovecot_pid" 2>/dev/null
	wait "$dovecot_pid" 2>/dev/null
	dovecot_pid=
}

at_exit="$at_exit; dovecot_stop"

#include "cli/sandbox.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <limits.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* --- Landlock: files --- */

/* linux/landlock.h of Debian 12 is older than many a kernel: numbers and
 * struct as of ABI 5, what the kernel is asked for by its own ABI. */
#ifndef __NR_landlock_create_ruleset
#define __NR_landlock_create_ruleset 444
#define __NR_landlock_add_rule 445
#define __NR_landlock_restrict_self 446
#endif
#define ASK_VERSION 1u
#define PATH_BENEATH 1

#define DEPTH 64			/* folders one in another */

enum {
	FS_WRITE = 1 << 1, FS_READ = 1 << 2, FS_LIST = 1 << 3,
	FS_REMOVE = 1 << 5, FS_MAKE = 1 << 8,
	FS_ALL_1 = (1 << 13) - 1,	/* the rights of ABI 1 */
	FS_REFER = 1 << 13,		/* 2: move between folders */
	FS_TRUNCATE = 1 << 14,		/* 3 */
	FS_IOCTL = 1 << 15,		/* 5: of devices */
	/* Run, write, read, and what may be asked for a file. */
	FS_OF_FILE = 1 | FS_WRITE | 1 << 2 | FS_TRUNCATE | FS_IOCTL
};
#define NET_TCP 3u			/* 4: bind, connect */
#define SCOPE_SIGNAL 2u			/* 6: to processes outside */

struct ruleset {
	uint64_t fs, net, scoped;
};

struct beneath {
	uint64_t allowed;
	int32_t fd;
} __attribute__((packed));

static uint64_t known(long abi)
{
	return FS_ALL_1 | (abi >= 2 ? FS_REFER : 0) |
	    (abi >= 3 ? FS_TRUNCATE : 0) | (abi >= 5 ? FS_IOCTL : 0);
}

/* An older kernel takes a longer struct, if what it does not know is 0. */
static int ruleset(const struct ruleset *all)
{
	return (int)syscall(__NR_landlock_create_ruleset, all, sizeof(*all), 0);
}

static int allow(int rules, const char *path, uint64_t what,
    struct cn_err *err)
{
	struct beneath b = { what, open(path, O_PATH | O_CLOEXEC) };
	struct stat st;
	int r = 0;

	if (b.fd < 0)
		return 0;
	if (fstat(b.fd, &st) == 0 && !S_ISDIR(st.st_mode))
		b.allowed &= ~(uint64_t)FS_LIST;
	/* EBADFD: a pipe of a shell, which needs no rule. */
	if (syscall(__NR_landlock_add_rule, rules, PATH_BENEATH, &b, 0) < 0 &&
	    errno != EBADFD)
		r = cn_fail_errno(err, CN_UNAVAILABLE, "landlock: %s", path);
	close(b.fd);
	return r;
}

/* Where this C library has its converters: beside itself. */
static int converters(int rules, struct cn_err *err)
{
	char path[PATH_MAX];
	Dl_info libc;
	const char *slash;

	if (dladdr((void *)(uintptr_t)iconv_open, &libc) == 0 ||
	    (slash = strrchr(libc.dli_fname, '/')) == NULL)
		return 0;
	snprintf(path, sizeof(path), "%.*s/gconv",
	    (int)(slash - libc.dli_fname), libc.dli_fname);
	return allow(rules, path, FS_READ | FS_LIST, err);
}

static int restrict_files(const struct cn_room *room, long abi,
    struct cn_err *err)
{
	const struct ruleset all = { known(abi), abi >= 4 ? NET_TCP : 0, 0 };
	const uint64_t own = known(abi) & (FS_WRITE | FS_READ | FS_LIST |
	    FS_REMOVE | FS_MAKE | FS_TRUNCATE);
	int rules = ruleset(&all), i, r;

	if (rules < 0)
		return cn_fail_errno(err, CN_UNAVAILABLE, "landlock");
	r = converters(rules, err);
	for (i = 0; i < 2 && r == 0; i++)
		if (room->write[i] != NULL)
			r = allow(rules, room->write[i], own, err);
	if (r == 0 && room->write[0] != NULL)
		r = allow(rules, "/dev/urandom", FS_READ, err);
	for (i = 0; i < room->nread && r == 0; i++)
		r = allow(rules, room->read[i], FS_READ | FS_LIST, err);
#ifdef __SANITIZE_ADDRESS__
	/* The search for leaks reads there at the end. */
	if (r == 0)
		r = allow(rules, "/proc", FS_READ | FS_LIST, err);
#endif
	if (r == 0 && syscall(__NR_landlock_restrict_self, rules, 0) < 0)
		r = cn_fail_errno(err, CN_UNAVAILABLE, "landlock");
	close(rules);
	return r;
}

/* Landlock allows, and cannot forbid: so all that lies beside the folders
 * from the root to those that are to be kept out of is allowed, one by one. */
struct beside {
	int rules;
	uint64_t what;
	struct stat out[2][DEPTH];	/* each of them, and those above it */
	size_t n[2];
};

enum place { ELSEWHERE, ABOVE, OUT };

static enum place place(const struct beside *b, const struct stat *st)
{
	enum place p = ELSEWHERE;
	size_t i, k;

	for (i = 0; i < 2; i++)
		for (k = 0; k < b->n[i]; k++)
			if (b->out[i][k].st_dev == st->st_dev &&
			    b->out[i][k].st_ino == st->st_ino)
				p = k == 0 || p == OUT ? OUT : ABOVE;
	return p;
}

static int allow_beside(struct beside *b, int dir)
{
	struct dirent *e;
	struct stat st;
	int fd, r = 0;
	DIR *d = fdopendir(dir);

	if (d == NULL) {
		close(dir);
		return 0;
	}
	while (r == 0 && (e = readdir(d)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 ||
		    strcmp(e->d_name, "..") == 0 ||
		    (fd = openat(dirfd(d), e->d_name, O_PATH | O_NOFOLLOW |
		    O_CLOEXEC)) < 0)
			continue;
		/* What a link leads to has its own place. */
		if (fstat(fd, &st) == 0 && !S_ISLNK(st.st_mode)) {
			enum place p = place(b, &st);
			struct beneath beneath = { S_ISDIR(st.st_mode) ?
			    b->what : b->what & FS_OF_FILE, fd };
			int sub;

			if (p == ELSEWHERE && syscall(__NR_landlock_add_rule,
			    b->rules, PATH_BENEATH, &beneath, 0) < 0 &&
			    errno != EBADFD)
				r = -1;
			if (p == ABOVE && (sub = openat(dirfd(d), e->d_name,
			    O_RDONLY | O_DIRECTORY | O_CLOEXEC)) >= 0)
				r = allow_beside(b, sub);
		}
		close(fd);
	}
	closedir(d);
	return r;
}

/* The folder and all above it; one that is not there needs nothing. */
static int above(struct beside *b, size_t i, const char *path)
{
	char at[PATH_MAX];
	size_t n;

	if (realpath(path, at) == NULL)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
	for (n = strlen(at); n > 0; n = strlen(at)) {
		if (b->n[i] == DEPTH || lstat(at, &b->out[i][b->n[i]]) < 0)
			return -1;
		b->n[i]++;
		*strrchr(at, '/') = '\0';
	}
	return 0;
}

static int keep_files(const char *const *keep_out, size_t n)
{
	long abi = syscall(__NR_landlock_create_ruleset, NULL, 0, ASK_VERSION);
	const struct ruleset all = { known(abi), 0, abi >= 6 ? SCOPE_SIGNAL :
	    0 };
	struct cn_err ignored;
	struct beside b = { .what = all.fs };
	size_t i;
	int r = 0;

	if (abi <= 0)
		return 0;
	for (i = 0; i < n && i < 2; i++)
		if (above(&b, i, keep_out[i]) < 0)
			return -1;
	if ((b.rules = ruleset(&all)) < 0)
		return -1;
	if (allow(b.rules, "/", FS_LIST, &ignored) < 0 ||
	    allow_beside(&b, open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		r = -1;
	if (r == 0)
		r = (int)syscall(__NR_landlock_restrict_self, b.rules, 0);
	close(b.rules);
	return r;
}

/* --- seccomp: calls --- */

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#define ABI_MAX 0x40000000u	/* from here on: the x32 numbers */
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#define ABI_MAX 0x7fffffffu
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCH AUDIT_ARCH_RISCV64
#define ABI_MAX 0x7fffffffu
#endif

#ifdef ARCH
#define LOAD(member) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, \
	offsetof(struct seccomp_data, member))
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, (what))
#define DENY RETURN(SECCOMP_RET_ERRNO | EPERM)
/* Jumps over the DENY behind it unless the number is nr. */
#define REFUSE(nr) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (nr), 0, 1), DENY

#define ALLOW RETURN(SECCOMP_RET_ALLOW)
/* For this number the low word of an argument decides. */
#define DECIDE(nr, arg, op, k, yes, no) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (nr), 0, 4), LOAD(args[arg]), \
	BPF_JUMP(BPF_JMP | (op) | BPF_K, (k), 0, 1), yes, no
/* Through another architecture's entry every number means something else; an
 * io_uring opens sockets without any of these calls; and what is typed into the
 * terminal that we were started from, its shell runs. */
#define NO_NETWORK LOAD(arch), \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0), \
	RETURN(SECCOMP_RET_KILL_PROCESS), \
	LOAD(nr), \
	BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, ABI_MAX, 0, 1), \
	DENY, \
	REFUSE(__NR_socket), REFUSE(__NR_socketpair), REFUSE(__NR_connect), \
	REFUSE(__NR_bind), REFUSE(__NR_listen), REFUSE(__NR_accept), \
	REFUSE(__NR_accept4), REFUSE(__NR_sendto), REFUSE(__NR_sendmsg), \
	REFUSE(__NR_sendmmsg), REFUSE(__NR_recvmsg), REFUSE(__NR_recvmmsg), \
	REFUSE(__NR_io_uring_setup), REFUSE(__NR_io_uring_enter), \
	REFUSE(__NR_io_uring_register), \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_ioctl, 0, 6), \
	LOAD(args[1]), REFUSE(TIOCSTI), REFUSE(TIOCLINUX), ALLOW

/* Landlock knows of opening, making and removing; these change by name. */
#ifdef __NR_chmod
#define NO_OLD_NAMES REFUSE(__NR_chmod), REFUSE(__NR_chown), \
	REFUSE(__NR_lchown), REFUSE(__NR_utime), REFUSE(__NR_utimes), \
	REFUSE(__NR_futimesat),
#else
#define NO_OLD_NAMES
#endif
#define NO_NAMES NO_OLD_NAMES REFUSE(__NR_fchmodat), REFUSE(__NR_fchownat), \
	REFUSE(__NR_utimensat), REFUSE(__NR_setxattr), \
	REFUSE(__NR_lsetxattr), REFUSE(__NR_removexattr), \
	REFUSE(__NR_lremovexattr), REFUSE(FCHMODAT2), REFUSE(SETXATTRAT), \
	REFUSE(REMOVEXATTRAT), REFUSE(FILE_SETATTR)
/* On every architecture, and newer than Debian 12's headers. */
enum { PIDFD_GETFD = 438, FCHMODAT2 = 452, SETXATTRAT = 463,
	REMOVEXATTRAT = 466, FILE_SETATTR = 469 };

/* Another process of this user may have what this one gave up. */
#define NO_OTHERS REFUSE(__NR_process_vm_readv), \
	REFUSE(__NR_process_vm_writev), REFUSE(PIDFD_GETFD), \
	REFUSE(__NR_shmat), REFUSE(__NR_msgsnd), REFUSE(__NR_msgrcv), \
	REFUSE(__NR_mq_open), REFUSE(__NR_add_key), REFUSE(__NR_keyctl), \
	REFUSE(__NR_request_key), REFUSE(__NR_tkill), \
	REFUSE(__NR_rt_sigqueueinfo), REFUSE(__NR_rt_tgsigqueueinfo), \
	REFUSE(__NR_pidfd_send_signal)

/* What user namespaces give rights for, or root has. */
#define NO_RIGHTS REFUSE(__NR_unshare), REFUSE(__NR_setns), \
	REFUSE(__NR_bpf), REFUSE(__NR_perf_event_open), \
	REFUSE(__NR_open_by_handle_at), REFUSE(__NR_mount), \
	REFUSE(__NR_init_module), REFUSE(__NR_finit_module), \
	REFUSE(__NR_kexec_load)
#define NAMESPACES (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | \
	CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)

static int restrict_calls(pid_t child, struct cn_err *err)
{
	const uint32_t self = (uint32_t)getpid();
	struct sock_filter calls[] = {
		NO_NETWORK, NO_NAMES, NO_OTHERS, NO_RIGHTS,
#ifndef __SANITIZE_ADDRESS__	/* the search for leaks is a tracer */
		REFUSE(__NR_ptrace),
#endif
		REFUSE(__NR_execve), REFUSE(__NR_execveat),
		/* Its flags lie in memory: the C library goes on to clone. */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_clone3, 0, 1),
		RETURN(SECCOMP_RET_ERRNO | ENOSYS),
		DECIDE(__NR_clone, 0, BPF_JSET, NAMESPACES, DENY, ALLOW),
		DECIDE(__NR_tgkill, 0, BPF_JEQ, self, ALLOW, DENY),
		DECIDE(__NR_kill, 0, BPF_JEQ, child > 0 ? (uint32_t)-child :
		    self, ALLOW, DENY),
		DECIDE(__NR_prlimit64, 0, BPF_JEQ, 0, ALLOW, DENY),
		ALLOW
	};
	const struct sock_fprog prog = {
		.len = sizeof(calls) / sizeof(calls[0]), .filter = calls
	};
	long r = syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER,
	    SECCOMP_FILTER_FLAG_TSYNC, &prog);

	if (r < 0)
		return cn_fail_errno(err, CN_UNAVAILABLE, "seccomp");
	return r == 0 ? 0 : cn_fail(err, CN_UNAVAILABLE,
	    "seccomp: a thread has filters of its own");
}

int cn_sandbox_offline(const char *const *keep_out, size_t n)
{
	static struct sock_filter offline[] = {
		NO_NETWORK, REFUSE(__NR_setsid), REFUSE(__NR_setpgid),
		ALLOW
	};
	const struct sock_fprog prog = {
		.len = sizeof(offline) / sizeof(offline[0]), .filter = offline
	};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    keep_files(keep_out, n) < 0 ? -1 :
	    (int)syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog);
}

/* EINVAL: a kernel without it; with it, EFAULT for no filter. */
static bool has_seccomp(void)
{
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL) < 0 &&
	    errno != EINVAL;
}
#else
int cn_sandbox_offline(const char *const *keep_out, size_t n)
{
	(void)keep_out;
	(void)n;
	errno = ENOSYS;
	return -1;
}

static int restrict_calls(pid_t child, struct cn_err *err)
{
	(void)child;
	(void)err;
	return 0;
}

static bool has_seccomp(void)
{
	return false;
}
#endif

/* Whoever started us may have left one open, and write(2) stays. */
static int close_sockets(void)
{
	DIR *d = opendir("/proc/self/fd");
	struct dirent *e;
	struct stat st;

	if (d == NULL)
		return -1;
	while ((e = readdir(d)) != NULL) {
		int fd = atoi(e->d_name);

		if (fd > STDERR_FILENO && fstat(fd, &st) == 0 &&
		    S_ISSOCK(st.st_mode))
			close(fd);
	}
	closedir(d);
	return 0;
}

int cn_sandbox(const struct cn_room *room, const char **lacks,
    struct cn_err *err)
{
	static const char *const said[] = { NULL, "this kernel has no seccomp",
	    "this kernel has no Landlock",
	    "this kernel has no seccomp and no Landlock",
	    "Landlock is refused from outside",
	    "this kernel has no seccomp, and Landlock is refused from outside" };
	bool seccomp = has_seccomp();
	long abi = syscall(__NR_landlock_create_ruleset, NULL, 0, ASK_VERSION);
	/* Not built in, or not switched on; anything else is the answer of a
	 * filter around us, as containers have. */
	bool none = abi == 0 || (abi < 0 && (errno == ENOSYS ||
	    errno == EOPNOTSUPP));

	*lacks = said[!seccomp + (abi > 0 ? 0 : none ? 2 : 4)];
	if (close_sockets() < 0)
		return cn_fail_errno(err, CN_UNAVAILABLE, "/proc/self/fd");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return cn_fail_errno(err, CN_UNAVAILABLE, "no_new_privs");
	if (abi > 0 && restrict_files(room, abi, err) < 0)
		return -1;
	return seccomp ? restrict_calls(room->child, err) : 0;
}

#include "cli/sandbox.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

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

int cn_sandbox_offline(struct cn_err *err)
{
	/* Through another architecture's entry every number means something
	 * else; an io_uring opens sockets without any of these calls. */
	static struct sock_filter rules[] = {
		LOAD(arch),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0),
		RETURN(SECCOMP_RET_KILL_PROCESS),
		LOAD(nr),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, ABI_MAX, 0, 1),
		DENY,
		REFUSE(__NR_socket), REFUSE(__NR_socketpair),
		REFUSE(__NR_connect), REFUSE(__NR_bind), REFUSE(__NR_listen),
		REFUSE(__NR_io_uring_setup),
		RETURN(SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog prog = {
		.len = sizeof(rules) / sizeof(rules[0]), .filter = rules
	};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) < 0)
		return cn_fail_errno(err, CN_UNAVAILABLE, "seccomp");
	return 0;
}
#else
int cn_sandbox_offline(struct cn_err *err)
{
	return cn_fail(err, CN_UNAVAILABLE,
	    "seccomp: not known for this architecture");
}
#endif

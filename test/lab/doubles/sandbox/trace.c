/*
 * A double of Gentoo's sandbox for the lab: the tracer. Static programs have no loader that would preload anything; each has
 * this as its parent, which looks at its system calls. As with the real one, what it forks is not looked at.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>
/* After sys/ptrace.h, whose names it shares. */
#include <linux/ptrace.h>
#include "libsandbox.h"

pid_t tracee;

/* Which arguments say what: the directory (-1: the working directory), the path (-1: none), the flags (-1: none). */
enum { PLAIN, OPEN, ASK, MKDIR, UNLINK };
static const struct { int number, what; const char *name; int how, dir, path, flags; } calls[] = {
	{ SYS_openat, OPEN, "", 0, 0, 1, 2 },
	{ SYS_faccessat, ASK, "", 0, 0, 1, 2 },
	{ SYS_faccessat2, ASK, "", 0, 0, 1, 2 },
	{ SYS_mkdirat, MKDIR, "MKDIRAT", 0, 0, 1, -1 },
	{ SYS_unlinkat, UNLINK, "UNLINKAT", 0, 0, 1, 2 },
	{ SYS_fchmod, PLAIN, "FCHMOD", NO_PATH, 0, -1, -1 },
	{ SYS_fchown, PLAIN, "FCHOWN", NO_PATH, 0, -1, -1 },
	{ SYS_fchmodat, PLAIN, "FCHMODAT", EMPTY, 0, 1, -1 },
	{ SYS_fchownat, PLAIN, "FCHOWNAT", EMPTY, 0, 1, 4 },
	{ SYS_linkat, PLAIN, "LINKAT", CREATES, 2, 3, 4 },
	{ SYS_symlinkat, PLAIN, "SYMLINKAT", LINK | CREATES, 1, 2, -1 },
	{ SYS_mknodat, PLAIN, "MKNODAT", CREATES, 0, 1, -1 },
	{ SYS_renameat2, PLAIN, "RENAMEAT2", LINK | CREATES, 0, 1, -1 },
	{ SYS_renameat2, PLAIN, "RENAMEAT2", LINK | CREATES, 2, 3, -1 },
	{ SYS_renameat, PLAIN, "RENAMEAT", LINK | CREATES, 0, 1, -1 },
	{ SYS_renameat, PLAIN, "RENAMEAT", LINK | CREATES, 2, 3, -1 },
	{ SYS_truncate, PLAIN, "TRUNCATE", 0, -1, 0, -1 },
	{ SYS_utimensat, PLAIN, "UTIMENSAT", NO_PATH | EMPTY, 0, 1, 3 },
#ifdef SYS_open
	{ SYS_open, OPEN, "", 0, -1, 0, 1 },
	{ SYS_creat, PLAIN, "CREAT", CREATES, -1, 0, -1 },
	{ SYS_access, ASK, "", 0, -1, 0, 1 },
	{ SYS_mkdir, MKDIR, "MKDIR", 0, -1, 0, -1 },
	{ SYS_unlink, UNLINK, "UNLINK", 0, -1, 0, -1 },
	{ SYS_rmdir, PLAIN, "RMDIR", LINK, -1, 0, -1 },
	{ SYS_chmod, PLAIN, "CHMOD", 0, -1, 0, -1 },
	{ SYS_chown, PLAIN, "CHOWN", 0, -1, 0, -1 },
	{ SYS_lchown, PLAIN, "LCHOWN", LINK, -1, 0, -1 },
	{ SYS_link, PLAIN, "LINK", CREATES, -1, 1, -1 },
	{ SYS_symlink, PLAIN, "SYMLINK", LINK | CREATES, -1, 1, -1 },
	{ SYS_mknod, PLAIN, "MKNOD", CREATES, -1, 0, -1 },
	{ SYS_rename, PLAIN, "RENAME", LINK | CREATES, -1, 0, -1 },
	{ SYS_rename, PLAIN, "RENAME", LINK | CREATES, -1, 1, -1 },
	{ SYS_utime, PLAIN, "UTIME", 0, -1, 0, -1 },
	{ SYS_utimes, PLAIN, "UTIMES", 0, -1, 0, -1 },
	{ SYS_futimesat, PLAIN, "FUTIMESAT", NO_PATH, 0, 1, -1 },
#endif
};

static int permits(const struct ptrace_syscall_info *info)
{
	char path[PATH_MAX] = "";
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		if (info->entry.nr != (unsigned)calls[i].number)
			continue;
		const unsigned long long *given = (const unsigned long long *)info->entry.args;
		int dir = calls[i].dir < 0 ? AT_FDCWD : (int)given[calls[i].dir];
		int flags = calls[i].flags < 0 ? 0 : (int)given[calls[i].flags];
		const char *at = NULL;
		if (calls[i].path >= 0 && given[calls[i].path]) {
			char memory[32];
			snprintf(memory, sizeof(memory), "/proc/%d/mem", tracee);
			int file = syscall(SYS_openat, AT_FDCWD, memory, O_RDONLY | O_CLOEXEC);
			/* Where the memory ends before the path does, the kernel refuses the call. */
			ssize_t length = pread(file, path, sizeof(path) - 1, given[calls[i].path]);
			syscall(SYS_close, file);
			path[length < 0 ? 0 : length] = 0;
			at = path;
		}
		int may = 1;
		switch (calls[i].what) {
		case OPEN: may = may_open(dir, at, flags); break;
		case ASK: may = may_ask(dir, at, flags, info->entry.nr == SYS_faccessat2 ? (int)given[3] : 0); break;
		case MKDIR: may = may_mkdir(calls[i].name, dir, at); break;
		case UNLINK: may = may_unlink(calls[i].name, dir, at, flags); break;
		default: may = !is_on() || allowed(calls[i].name, WRITES | calls[i].how, dir, at, flags);
		}
		if (!may)
			return 0;
	}
	return 1;
}

/* Makes the call that begins another one that does not exist, or the answer of the one that ended EPERM. */
static void change(int beginning)
{
#if defined(__x86_64__)
	struct user_regs_struct registers;
	ptrace(PTRACE_GETREGS, tracee, 0, &registers);
	if (beginning)
		registers.orig_rax = -1;
	else
		registers.rax = -EPERM;
	ptrace(PTRACE_SETREGS, tracee, 0, &registers);
#elif defined(__aarch64__)
	int none = -1;
	struct user_regs_struct registers;
	struct iovec part = { &none, sizeof(none) }, all = { &registers, sizeof(registers) };
	if (beginning) {
		ptrace(PTRACE_SETREGSET, tracee, NT_ARM_SYSTEM_CALL, &part);
		return;
	}
	ptrace(PTRACE_GETREGSET, tracee, NT_PRSTATUS, &all);
	registers.regs[0] = -EPERM;
	ptrace(PTRACE_SETREGSET, tracee, NT_PRSTATUS, &all);
#else
#error "tell how a system call is changed here"
#endif
}

static void watch(void)
{
	int running = 0, refused = 0, status;
	long deliver = 0;
	for (;;) {
		ptrace(PTRACE_SYSCALL, tracee, 0, deliver);
		deliver = 0;
		if (waitpid(tracee, &status, 0) == -1)
			_exit(0);
		if (WIFSIGNALED(status)) {
			signal(WTERMSIG(status), SIG_DFL);
			kill(getpid(), WTERMSIG(status));
			_exit(128 + WTERMSIG(status));
		}
		if (WIFEXITED(status))
			_exit(WEXITSTATUS(status));
		if (status >> 16 == PTRACE_EVENT_EXEC)
			running = 1;
		if (status >> 16)
			continue;
		if (WSTOPSIG(status) != (SIGTRAP | 0x80)) {
			deliver = WSTOPSIG(status);
			continue;
		}
		struct ptrace_syscall_info info;
		if (!running || ptrace(PTRACE_GET_SYSCALL_INFO, tracee, sizeof(info), &info) <= 0)
			continue;
		if (info.op == PTRACE_SYSCALL_INFO_ENTRY && !permits(&info)) {
			change(1);
			refused = 1;
		} else if (info.op == PTRACE_SYSCALL_INFO_EXIT && refused) {
			change(0);
			refused = 0;
		}
	}
}

/* What this process execs next is traced: by this process, in a child of which that goes on. */
void trace_next(void)
{
	struct sigaction before, standard = { .sa_handler = SIG_DFL };
	sigaction(SIGCHLD, &standard, &before);
	pid_t child = fork();
	if (child > 0) {
		tracee = child;
		waitpid(child, NULL, 0);
		ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_EXITKILL | PTRACE_O_TRACEEXEC | PTRACE_O_TRACESYSGOOD);
		close_range(0, ~0U, 0);
		watch();
	}
	sigaction(SIGCHLD, &before, NULL);
	if (child < 0)
		abort();
	ptrace(PTRACE_TRACEME, 0, 0, 0);
	raise(SIGSTOP);
}

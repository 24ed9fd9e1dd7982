/*
 * calls STEP… — makes calls, one after another, and prints for each "ok" or the name of its error.
 *
 * A step is the name of a call and its arguments, with commas between them. Where a call takes a directory, it is the
 * number of an open file, or "." for the working directory. Modes and sizes are not given: it is the path that matters.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <utime.h>

extern char **environ;

static int directory(const char *word)
{
	return *word == '.' ? AT_FDCWD : atoi(word);
}

/* r: read, w: write, b: both, c: create, t: truncate, n: do not follow, p: only the path, d: a directory, u: unnamed */
static int flags(const char *letters)
{
	static const struct { char letter; int flag; } all[] = {
		{ 'w', O_WRONLY }, { 'b', O_RDWR }, { 'c', O_CREAT }, { 't', O_TRUNC }, { 'n', O_NOFOLLOW }, { 'p', O_PATH },
		{ 'd', O_DIRECTORY }, { 'u', O_TMPFILE }, { 'a', O_APPEND },
	};
	int result = 0;
	for (; *letters; letters++)
		for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
			if (all[i].letter == *letters)
				result |= all[i].flag;
	return result;
}

static long waited(pid_t child)
{
	int status;
	if (child < 0)
		return -1;
	waitpid(child, &status, 0);
	if (WIFSIGNALED(status))
		printf("killed by %d, ", WTERMSIG(status));
	else
		printf("exit %d, ", WEXITSTATUS(status));
	return 0;
}

#define IS(call) (!strcmp(*w, call))

static long step(char **w, int n)
{
	static const struct timespec times[2];
	static const struct timeval long_ago[2];
	const char *a = n > 1 ? w[1] : "", *b = n > 2 ? w[2] : "", *c = n > 3 ? w[3] : "", *d = n > 4 ? w[4] : "";
	char text[256];

	if (IS("open")) return open(a, flags(b), 0644);
	if (IS("openat")) return openat(directory(a), b, flags(c), 0644);
	if (IS("raw-open")) return syscall(SYS_openat, AT_FDCWD, a, flags(b), 0644);
	if (IS("creat")) return creat(a, 0644);
	if (IS("fopen")) return fopen(a, b) ? 0 : -1;
	if (IS("freopen")) return freopen(a, b, stdin) ? 0 : -1;
	if (IS("opendir")) return opendir(a) ? 0 : -1;
	if (IS("read")) return read(3, text, 1);
	if (IS("write")) return write(3, "x", 1);
	if (IS("ftruncate")) return ftruncate(atoi(a), 1);
	if (IS("truncate")) return truncate(a, 1);
	if (IS("mkdir")) return mkdir(a, 0755);
	if (IS("mkdirat")) return mkdirat(directory(a), b, 0755);
	if (IS("rmdir")) return rmdir(a);
	if (IS("unlink")) return unlink(a);
	if (IS("unlinkat")) return unlinkat(directory(a), b, 0);
	if (IS("remove")) return remove(a);
	if (IS("rename")) return rename(a, b);
	if (IS("renameat")) return renameat(directory(a), b, directory(c), d);
	if (IS("renameat2")) return renameat2(directory(a), b, directory(c), d, 0);
	if (IS("link")) return link(a, b);
	if (IS("linkat")) return linkat(directory(a), b, directory(c), d, 0);
	if (IS("symlink")) return symlink(a, b);
	if (IS("symlinkat")) return symlinkat(a, directory(b), c);
	if (IS("readlink")) return readlink(a, text, sizeof(text));
	if (IS("chmod")) return chmod(a, 0600);
	if (IS("fchmod")) return fchmod(atoi(a), 0600);
	if (IS("fchmodat")) return fchmodat(directory(a), b, 0600, 0);
	if (IS("chown")) return chown(a, 1, 1);
	if (IS("lchown")) return lchown(a, 1, 1);
	if (IS("fchown")) return fchown(atoi(a), 1, 1);
	if (IS("fchownat")) return fchownat(directory(a), b, 1, 1,
		*c == 'e' ? AT_EMPTY_PATH : *c == 'n' ? AT_SYMLINK_NOFOLLOW : 0);
	if (IS("utime")) return utime(a, NULL);
	if (IS("utimes")) return utimes(a, long_ago);
	if (IS("lutimes")) return lutimes(a, long_ago);
	if (IS("utimensat")) return utimensat(directory(a), b, times, *c == 'n' ? AT_SYMLINK_NOFOLLOW : 0);
	if (IS("futimens")) return futimens(atoi(a), times);
	if (IS("setxattr")) return setxattr(a, "user.lab", "x", 1, 0);
	if (IS("lsetxattr")) return lsetxattr(a, "user.lab", "x", 1, 0);
	if (IS("fsetxattr")) return fsetxattr(atoi(a), "user.lab", "x", 1, 0);
	if (IS("removexattr")) return removexattr(a, "user.lab");
	if (IS("lremovexattr")) return lremovexattr(a, "user.lab");
	if (IS("mknod")) return mknod(a, S_IFREG | 0644, 0);
	if (IS("mknodat")) return mknodat(directory(a), b, S_IFREG | 0644, 0);
	if (IS("mkfifo")) return mkfifo(a, 0644);
	if (IS("mkfifoat")) return mkfifoat(directory(a), b, 0644);
	if (IS("mkstemp")) return mkstemp(strcpy(text, a));
	if (IS("mkdtemp")) return mkdtemp(strcpy(text, a)) ? 0 : -1;
	if (IS("access")) return access(a, *b == 'w' ? W_OK : *b == 'r' ? R_OK : *b == 'x' ? X_OK : F_OK);
	if (IS("faccessat")) return faccessat(directory(a), b, *c == 'w' ? W_OK : R_OK, 0);
	if (IS("memfd")) {
		snprintf(text, sizeof(text), "/proc/self/fd/%d", memfd_create("lab", 0));
		return open(text, O_RDWR);
	}
	if (IS("chdir")) return chdir(a);
	if (IS("setenv")) return setenv(a, b, 1);
	if (IS("unsetenv")) return unsetenv(a);
	if (IS("clearenv")) return clearenv();
	if (IS("die")) return raise(SIGKILL);
	if (IS("abort")) abort();
	if (IS("fork")) {
		fflush(stdout);
		pid_t child = fork();
		if (child == 0)
			_exit(step(w + 1, n - 1) < 0 ? errno : 0);
		return waited(child);
	}
	/* The rest is about other programs: each runs this one, with the words behind as its only step. */
	for (int i = 3; i < n; i++)
		w[i][-1] = ',';
	char *words[] = { (char *)a, (char *)b, NULL }, *none[] = { NULL };
	fflush(stdout);
	if (IS("system")) return system(a) ? (errno = ECHILD, -1) : 0;
	if (IS("popen")) return pclose(popen(a, "r")) ? (errno = ECHILD, -1) : 0;
	if (IS("spawn")) {
		pid_t child;
		errno = posix_spawn(&child, a, NULL, NULL, words, environ);
		return errno ? -1 : waited(child);
	}
	pid_t child = IS("vfork") ? vfork() : fork();
	if (child == 0) {
		if (IS("execv") || IS("vfork")) execv(a, words);
		if (IS("execve")) execve(a, words, environ);
		if (IS("execve-bare")) execve(a, words, none);
		if (IS("execvp")) execvp(a, words);
		if (IS("execvpe-bare")) execvpe(a, words, none);
		if (IS("execl")) execl(a, a, b, (char *)NULL);
		if (IS("fexecve-bare")) fexecve(open(a, O_RDONLY | O_CLOEXEC), words, none);
		_exit(errno);
	}
	return waited(child);
}

int main(int count, char **steps)
{
	for (int i = 1; i < count; i++) {
		char *words[8] = { NULL }, *rest = steps[i], *each;
		int n = 0;
		while (n < 7 && (each = strsep(&rest, ",")))
			words[n++] = each;
		errno = 0;
		long result = step(words, n);
		puts(result < 0 ? strerrorname_np(errno) : "ok");
		fflush(stdout);
	}
	return 0;
}

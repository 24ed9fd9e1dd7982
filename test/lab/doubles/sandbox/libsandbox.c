/*
 * A double of Gentoo's sandbox for the lab: it behaves as the real one at the points that Portage or the farm touches.
 *
 * Preloaded into every program of a build. Calls that would write outside SANDBOX_WRITE, or touch what SANDBOX_DENY names,
 * fail with EACCES, are told on the sandbox's stderr and leave an entry in SANDBOX_LOG. Programs that nothing can be preloaded
 * into are traced, and there it is EPERM. What the real one lets through is let through here: raw system calls, freopen(),
 * what a static program forks, execl() and posix_spawn() with a cleared environment. table.txt has each such case.
 *
 * Not done: tracing 32-bit programs, and programs with a malloc of their own.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <utime.h>
#include "libsandbox.h"

#define LIBRARY "libsandbox.so"
#define LOGS "/var/log/sandbox"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int started, active, on, verbose, debug;
static char log_path[PATH_MAX], debug_log[PATH_MAX], messages[PATH_MAX];

/*
 * What each variable said last, and its paths: a byte of zero after each, and one more at the end. A change counts, an
 * unset does not.
 */
enum { DENY, READ, WRITE, PREDICT };
static struct { const char *name; char *value, *paths; } lists[] = {
	{ "SANDBOX_DENY", NULL, NULL },
	{ "SANDBOX_READ", NULL, NULL },
	{ "SANDBOX_WRITE", NULL, NULL },
	{ "SANDBOX_PREDICT", NULL, NULL },
};

/* Our own opens do not come through what is preloaded. */
static int plain_open(int dir, const char *path, int flags)
{
	return syscall(SYS_openat, dir, path, flags | O_CLOEXEC, 0644);
}

static int says_yes(const char *value)
{
	return value && (!strcmp(value, "1") || !strcasecmp(value, "yes") || !strcasecmp(value, "true"));
}

/* Whether a setting is on now. What it was last is kept for the programs that come after. */
static int setting(const char *name, int *last)
{
	const char *value = getenv(name);
	if (value)
		*last = says_yes(value);
	return value && *last;
}

/* The path of an open file, or of the working directory; something without a slash in front for pipes and sockets. */
static int path_of(int file, char *path)
{
	char link[32] = "/proc/self/cwd";
	if (file != AT_FDCWD)
		snprintf(link, sizeof(link), "/proc/self/fd/%d", file);
	ssize_t length = readlink(link, path, PATH_MAX - 1);
	path[length < 0 ? 0 : length] = 0;
	return length >= 0;
}

static int append(char *path, const char *name)
{
	size_t length = strlen(path), room = PATH_MAX - length;
	return (size_t)snprintf(path + length, room, "%s%s", length > 1 ? "/" : "", name) < room;
}

/* As it was given, but from the root. */
static int absolute(int dir, const char *path, char *out)
{
	if (path && *path == '/')
		return snprintf(out, PATH_MAX, "%s", path) < PATH_MAX;
	return path_of(dir, out) && (!path || *out != '/' || append(out, path));
}

/* What the kernel would come to; 0 if that is nothing, so that the call can be left to fail by itself. */
static int resolved(int dir, const char *path, int how, int flags, char *out)
{
	char at[PATH_MAX], target[PATH_MAX], *name = NULL;
	int file, follow = !(how & LINK) && !(flags & AT_SYMLINK_NOFOLLOW);
	if (!path || (!*path && (flags & AT_EMPTY_PATH)))
		file = dir;
	else if (strlen(path) >= sizeof(at))
		return 0;
	else
		file = plain_open(dir, path, O_PATH | (follow ? 0 : O_NOFOLLOW));
	if (file == -1 && errno == ENOENT) {
		if (how & CREATES) {
			/* By links to where there is nothing yet. */
			strcpy(at, path);
			for (int hops = 0; follow; hops++) {
				ssize_t length = readlinkat(dir, at, target, sizeof(target) - 1);
				if (length < 0)
					break;
				target[length] = 0;
				name = strrchr(at, '/');
				name = *target == '/' || !name ? at : name + 1;
				if (hops == 40 || (name - at) + length >= PATH_MAX)
					return 0;
				strcpy(name, target);
			}
			name = strrchr(at, '/');
			if (name)
				*name++ = 0;
			file = !name ? dir : plain_open(dir, *at ? at : "/", O_PATH | O_DIRECTORY);
			if (!name)
				name = at;
		} else if (follow)
			file = plain_open(dir, path, O_PATH | O_NOFOLLOW);
	}
	if (file < 0 && file != AT_FDCWD)
		return 0;
	int known = path_of(file, out) && (!name || !*name || *out != '/' || append(out, name));
	if (file != dir)
		syscall(SYS_close, file);
	return known;
}

static void read_list(int i)
{
	const char *value = getenv(lists[i].name);
	if (!value || (lists[i].value && !strcmp(value, lists[i].value)))
		return;
	free(lists[i].value);
	free(lists[i].paths);
	lists[i].value = strdup(value);
	char *copy = strdup(value), *rest = copy, *each, path[PATH_MAX], real[PATH_MAX];
	size_t size = 0;
	FILE *paths = open_memstream(&lists[i].paths, &size);
	while ((each = strsep(&rest, ":"))) {
		if (!*each || !absolute(AT_FDCWD, each, path))
			continue;
		fwrite(path, strlen(path) + 1, 1, paths);
		if (resolved(AT_FDCWD, each, 0, 0, real) && strcmp(real, path))
			fwrite(real, strlen(real) + 1, 1, paths);
	}
	int none = ftell(paths) == 0;
	fclose(paths);
	free(copy);
	if (none) {
		free(lists[i].paths);
		lists[i].paths = NULL;
	}
}

static int within(int list, const char *path)
{
	for (const char *each = lists[list].paths; each && *each; each += strlen(each) + 1) {
		size_t length = strlen(each);
		if (!strncmp(path, each, length) && (each[length - 1] == '/' || path[length] == '/' || !path[length]))
			return 1;
	}
	return 0;
}

/* Before any call, and at the latest when the program begins: it may clear its environment. */
__attribute__((constructor)) static void start(void)
{
	if (started++)
		return;
	const char *value;
	snprintf(log_path, sizeof(log_path), "%s", (value = getenv("SANDBOX_LOG")) ? value : "");
	if (!value)
		snprintf(log_path, sizeof(log_path), LOGS "/sandbox-%d.log", getpid());
	snprintf(debug_log, sizeof(debug_log), "%s", (value = getenv("SANDBOX_DEBUG_LOG")) ? value : "");
	snprintf(messages, sizeof(messages), "%s", (value = getenv("SANDBOX_MESSAGE_P@TH")) ? value : "");
	for (int i = DENY; i <= PREDICT; i++)
		read_list(i);
	setting("SANDBOX_VERBOSE", &verbose);
	setting("SANDBOX_DEBUG", &debug);
	is_on();
}

int is_on(void)
{
	const char *value = getenv("SANDBOX_ACTIVE");
	active = active || (value && !strcmp(value, "armedandready"));
	value = getenv("SANDBOX_ON");
	if (value)
		on = says_yes(value);
	return active && on;
}

/* A line on the sandbox's own stderr: the program's may be what a test looks at. */
static void say(const char *colour, const char *text, const char *name, const char *path)
{
	int plain = says_yes(getenv("NOCOLOR"));
	const char *set = plain ? "" : colour, *reset = plain ? "" : "\033[0m";
	int file = plain_open(AT_FDCWD, messages, O_WRONLY | O_APPEND);
	if (file < 0)
		file = plain_open(AT_FDCWD, "/dev/tty", O_WRONLY);
	dprintf(file < 0 ? 2 : file, " %s*%s %s%s%s:  %s:%*s%s\n", set, reset, set, text, reset, name,
		19 - (int)strlen(name), "", path);
	if (file >= 0)
		syscall(SYS_close, file);
}

/* Portage fails a phase if there is anything in the log. A denial that cannot be noted there must not go unseen. */
static void note(const char *log, const char *name, const char *access, const char *path, const char *full, const char *real)
{
	struct stat before;
	char command[64], text[4096];
	int had = !lstat(log, &before);
	int file = had && !S_ISREG(before.st_mode) ? -1 : plain_open(AT_FDCWD, log, O_WRONLY | O_APPEND | O_CREAT);
	if (file < 0) {
		say("\033[31;01m", "unable to append to the log", name, log);
		abort();
	}
	if (!had)
		dprintf(file, "VERSION 1.0\nFORMAT: F - Function called\nFORMAT: S - Access Status\n"
			"FORMAT: P - Path as passed to function\nFORMAT: A - Absolute Path (not canonical)\n"
			"FORMAT: R - Canonical Path\nFORMAT: C - Command Line\n");
	dprintf(file, "\nF: %s\nS: %s\nP: %s\nA: %s\nR: %s\nC: ", name, access, path ? path : "", full, real);
	snprintf(command, sizeof(command), "/proc/%d/cmdline", tracee ? tracee : getpid());
	int from = plain_open(AT_FDCWD, command, O_RDONLY);
	for (ssize_t length; from >= 0 && (length = read(from, text, sizeof(text))) > 0;) {
		for (ssize_t i = 0; i < length; i++)
			if (!text[i])
				text[i] = ' ';
		dprintf(file, "%.*s", (int)length, text);
	}
	dprintf(file, "\n");
	syscall(SYS_close, from);
	syscall(SYS_close, file);
}

enum verdict { ALLOWED, REFUSED, REFUSED_QUIETLY };

static enum verdict judge(int how, const char *full, const char *real)
{
	char near[PATH_MAX];
	if (*real != '/' || !strncmp(real, "/memfd:", 7))
		return ALLOWED;
	if (within(DENY, full) || within(DENY, real))
		return REFUSED;
	if ((how & READS) && lists[READ].paths) {
		if (within(READ, real))
			return ALLOWED;
		if (how & ASKS)
			return REFUSED_QUIETLY;
	}
	if (!strncmp(real, LOGS, strlen(LOGS)) || !(how & WRITES))
		return REFUSED;
	if (within(WRITE, real))
		return ALLOWED;
	snprintf(near, sizeof(near), "/proc/%d/fd", getpid());
	if (!strncmp(real, near, strlen(near)))
		return ALLOWED;
	/* Where the directory is missing the call fails by itself. */
	snprintf(near, sizeof(near), "%s", real);
	char *slash = strrchr(near, '/');
	slash[slash == near] = 0;
	if (syscall(SYS_faccessat, AT_FDCWD, near, F_OK))
		return ALLOWED;
	return within(PREDICT, real) || (how & ASKS) ? REFUSED_QUIETLY : REFUSED;
}

/* Whether the call may go on to the kernel; if not, errno is set. */
int allowed(const char *name, int how, int dir, const char *path, int flags)
{
	char full[PATH_MAX], real[PATH_MAX];
	struct stat target;
	int before = errno, away = -1;
	enum verdict verdict = ALLOWED;
	if (path ? !*path && !((how & EMPTY) && (flags & AT_EMPTY_PATH)) : !(how & NO_PATH))
		return 1;
	pthread_mutex_lock(&lock);
	start();
	for (int i = DENY; i <= PREDICT; i++)
		read_list(i);
	if (tracee && (!path || *path != '/')) {
		/* From where the traced one is. */
		snprintf(full, sizeof(full), dir == AT_FDCWD ? "/proc/%d/cwd" : "/proc/%d/fd/%d", tracee, dir);
		dir = away = plain_open(AT_FDCWD, full, O_PATH);
	}
	int is_directory = (how & OPENS) && (how & WRITES) && path && !fstatat(dir, path, &target, flags) &&
		S_ISDIR(target.st_mode);
	if (!is_directory && (!tracee || away != -1 || (path && *path == '/')) && absolute(dir, path, full) &&
	    resolved(dir, path, how, flags, real)) {
		verdict = judge(how, full, real);
		int tells = setting("SANDBOX_VERBOSE", &verbose), tells_all = setting("SANDBOX_DEBUG", &debug);
		if (tells && verdict == REFUSED)
			say("\033[31;01m", "ACCESS DENIED", name, full);
		else if (tells && tells_all)
			say(verdict ? "\033[33;01m" : "\033[32;01m", verdict ? "ACCESS PREDICTED" : "ACCESS ALLOWED", name, full);
		if (verdict == REFUSED)
			note(log_path, name, "deny", path, full, real);
		if (tells_all && *debug_log)
			note(debug_log, name, verdict == REFUSED ? "deny" : "allow", path, full, real);
	}
	if (away != -1)
		syscall(SYS_close, away);
	pthread_mutex_unlock(&lock);
	errno = verdict ? EACCES : before;
	return !verdict;
}

int may_open(int dir, const char *path, int flags)
{
	int writes = flags & (O_WRONLY | O_RDWR), creates = flags & O_CREAT;
	return (flags & O_PATH) || !is_on() ||
		allowed(writes ? creates ? "open_wr_creat" : "open_wr" : creates ? "open_rd_creat" : "open_rd",
			OPENS | (writes ? WRITES : READS) | (creates ? CREATES : 0), dir, path,
			flags & O_NOFOLLOW ? AT_SYMLINK_NOFOLLOW : 0);
}

int may_ask(int dir, const char *path, int mode, int flags)
{
	return !(mode & (W_OK | R_OK)) || !is_on() ||
		allowed(mode & W_OK ? "access_wr" : "access_rd", ASKS | EMPTY | (mode & W_OK ? WRITES : READS), dir, path, flags);
}

/* A directory that is there is no offence. */
int may_mkdir(const char *name, int dir, const char *path)
{
	struct stat found;
	if (path && !fstatat(dir, path, &found, AT_SYMLINK_NOFOLLOW)) {
		errno = EEXIST;
		return 0;
	}
	return !is_on() || allowed(name, WRITES | CREATES, dir, path, 0);
}

/* As root, `ld -o /dev/null` would remove it: not even where it may be written to, nor with the sandbox off. */
int may_unlink(const char *name, int dir, const char *path, int flags)
{
	char real[PATH_MAX];
	if (path && *path && resolved(dir, path, LINK, 0, real) && (!strcmp(real, "/dev/null") || !strcmp(real, "/dev/zero"))) {
		errno = EACCES;
		return 0;
	}
	return !is_on() || allowed(name, WRITES | LINK, dir, path, flags);
}

static int may_fopen(const char *path, const char *mode)
{
	int writes = *mode != 'r' || mode[1] == '+', creates = *mode != 'r';
	return !is_on() || allowed(writes ? creates ? "fopen_wr_creat" : "fopen_wr" : "fopen_rd",
		OPENS | (writes ? WRITES : READS) | (creates ? CREATES : 0), AT_FDCWD, path, 0);
}

#define NEXT(name) ({ static __typeof__(&name) next; if (!next) next = dlsym(RTLD_NEXT, #name); next; })
#define WRAP(type, failure, name, parameters, arguments, may) \
	type name parameters { return (may) ? NEXT(name) arguments : (failure); }
#define CHECK(name, how, dir, path, flags) (!is_on() || allowed(#name, WRITES | (how), dir, path, flags))
/* How most of them look: one path, from the working directory. */
#define PATH(name, parameters, arguments, how) WRAP(int, -1, name, parameters, arguments, CHECK(name, how, AT_FDCWD, path, 0))

PATH(chmod, (const char *path, mode_t mode), (path, mode), 0)
WRAP(int, -1, fchmod, (int file, mode_t mode), (file, mode), CHECK(fchmod, NO_PATH, file, NULL, 0))
WRAP(int, -1, fchmodat, (int dir, const char *path, mode_t mode, int flags), (dir, path, mode, flags),
	CHECK(fchmodat, EMPTY, dir, path, flags))
PATH(chown, (const char *path, uid_t user, gid_t group), (path, user, group), 0)
WRAP(int, -1, fchown, (int file, uid_t user, gid_t group), (file, user, group), CHECK(fchown, NO_PATH, file, NULL, 0))
WRAP(int, -1, fchownat, (int dir, const char *path, uid_t user, gid_t group, int flags), (dir, path, user, group, flags),
	CHECK(fchownat, EMPTY, dir, path, flags))
PATH(lchown, (const char *path, uid_t user, gid_t group), (path, user, group), LINK)
WRAP(int, -1, link, (const char *old, const char *path), (old, path), CHECK(link, CREATES, AT_FDCWD, path, 0))
WRAP(int, -1, linkat, (int old_dir, const char *old, int dir, const char *path, int flags), (old_dir, old, dir, path, flags),
	CHECK(linkat, CREATES, dir, path, flags))
WRAP(int, -1, symlink, (const char *old, const char *path), (old, path), CHECK(symlink, LINK | CREATES, AT_FDCWD, path, 0))
WRAP(int, -1, symlinkat, (const char *old, int dir, const char *path), (old, dir, path),
	CHECK(symlinkat, LINK | CREATES, dir, path, 0))
WRAP(int, -1, mkdir, (const char *path, mode_t mode), (path, mode), may_mkdir("mkdir", AT_FDCWD, path))
WRAP(int, -1, mkdirat, (int dir, const char *path, mode_t mode), (dir, path, mode), may_mkdir("mkdirat", dir, path))
PATH(mknod, (const char *path, mode_t mode, dev_t device), (path, mode, device), CREATES)
WRAP(int, -1, mknodat, (int dir, const char *path, mode_t mode, dev_t device), (dir, path, mode, device),
	CHECK(mknodat, CREATES, dir, path, 0))
PATH(mkfifo, (const char *path, mode_t mode), (path, mode), CREATES)
WRAP(int, -1, mkfifoat, (int dir, const char *path, mode_t mode), (dir, path, mode), CHECK(mkfifoat, 0, dir, path, 0))
WRAP(int, -1, remove, (const char *path), (path), may_unlink("remove", AT_FDCWD, path, 0))
WRAP(int, -1, unlink, (const char *path), (path), may_unlink("unlink", AT_FDCWD, path, 0))
WRAP(int, -1, unlinkat, (int dir, const char *path, int flags), (dir, path, flags), may_unlink("unlinkat", dir, path, flags))
PATH(rmdir, (const char *path), (path), LINK)
WRAP(int, -1, rename, (const char *old, const char *path), (old, path),
	CHECK(rename, LINK | CREATES, AT_FDCWD, old, 0) && CHECK(rename, LINK | CREATES, AT_FDCWD, path, 0))
WRAP(int, -1, renameat, (int old_dir, const char *old, int dir, const char *path), (old_dir, old, dir, path),
	CHECK(renameat, LINK | CREATES, old_dir, old, 0) && CHECK(renameat, LINK | CREATES, dir, path, 0))
WRAP(int, -1, renameat2, (int old_dir, const char *old, int dir, const char *path, unsigned flags),
	(old_dir, old, dir, path, flags),
	CHECK(renameat2, LINK | CREATES, old_dir, old, 0) && CHECK(renameat2, LINK | CREATES, dir, path, 0))
PATH(truncate, (const char *path, off_t size), (path, size), 0)
PATH(truncate64, (const char *path, off64_t size), (path, size), 0)
PATH(setxattr, (const char *path, const char *key, const void *value, size_t size, int flags),
	(path, key, value, size, flags), 0)
PATH(lsetxattr, (const char *path, const char *key, const void *value, size_t size, int flags),
	(path, key, value, size, flags), LINK)
PATH(removexattr, (const char *path, const char *key), (path, key), 0)
PATH(lremovexattr, (const char *path, const char *key), (path, key), LINK)
PATH(utime, (const char *path, const struct utimbuf *times), (path, times), 0)
PATH(utimes, (const char *path, const struct timeval times[2]), (path, times), 0)
PATH(lutimes, (const char *path, const struct timeval times[2]), (path, times), LINK)
WRAP(int, -1, futimesat, (int dir, const char *path, const struct timeval times[2]), (dir, path, times),
	CHECK(futimesat, NO_PATH, dir, path, 0))
WRAP(int, -1, utimensat, (int dir, const char *path, const struct timespec times[2], int flags), (dir, path, times, flags),
	CHECK(utimensat, NO_PATH | EMPTY, dir, path, flags))
WRAP(int, -1, access, (const char *path, int mode), (path, mode), may_ask(AT_FDCWD, path, mode, 0))
WRAP(int, -1, faccessat, (int dir, const char *path, int mode, int flags), (dir, path, mode, flags),
	may_ask(dir, path, mode, flags))
WRAP(DIR *, NULL, opendir, (const char *path), (path), !is_on() || allowed("opendir", READS, AT_FDCWD, path, 0))
WRAP(FILE *, NULL, fopen, (const char *path, const char *mode), (path, mode), may_fopen(path, mode))
WRAP(FILE *, NULL, fopen64, (const char *path, const char *mode), (path, mode), may_fopen(path, mode))
PATH(creat, (const char *path, mode_t mode), (path, mode), CREATES)
PATH(creat64, (const char *path, mode_t mode), (path, mode), CREATES)
PATH(mkstemp, (char *path), (path), CREATES)
PATH(mkstemp64, (char *path), (path), CREATES)
PATH(mkstemps, (char *path, int suffix), (path, suffix), CREATES)
PATH(mkstemps64, (char *path, int suffix), (path, suffix), CREATES)
PATH(mkostemp, (char *path, int flags), (path, flags), CREATES)
PATH(mkostemp64, (char *path, int flags), (path, flags), CREATES)
PATH(mkostemps, (char *path, int suffix, int flags), (path, suffix, flags), CREATES)
PATH(mkostemps64, (char *path, int suffix, int flags), (path, suffix, flags), CREATES)
WRAP(char *, NULL, mkdtemp, (char *path), (path), CHECK(mkdtemp, CREATES, AT_FDCWD, path, 0))

#define OPEN(name) \
	int name(const char *path, int flags, ...) \
	{ \
		va_list rest; \
		va_start(rest, flags); \
		mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
		va_end(rest); \
		return may_open(AT_FDCWD, path, flags) ? NEXT(name)(path, flags, mode) : -1; \
	}
#define OPENAT(name) \
	int name(int dir, const char *path, int flags, ...) \
	{ \
		va_list rest; \
		va_start(rest, flags); \
		mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
		va_end(rest); \
		return may_open(dir, path, flags) ? NEXT(name)(dir, path, flags, mode) : -1; \
	}
OPEN(open) OPEN(open64) OPENAT(openat) OPENAT(openat64)
/* What they are called in programs that were compiled with _FORTIFY_SOURCE. */
int __open_2(const char *, int), __open64_2(const char *, int);
int __openat_2(int, const char *, int), __openat64_2(int, const char *, int);
WRAP(int, -1, __open_2, (const char *path, int flags), (path, flags), may_open(AT_FDCWD, path, flags))
WRAP(int, -1, __open64_2, (const char *path, int flags), (path, flags), may_open(AT_FDCWD, path, flags))
WRAP(int, -1, __openat_2, (int dir, const char *path, int flags), (dir, path, flags), may_open(dir, path, flags))
WRAP(int, -1, __openat64_2, (int dir, const char *path, int flags), (dir, path, flags), may_open(dir, path, flags))

/* No thread may hold the lock in the child; and a child of vfork() would write into our memory, so it is a fork() as well. */
pid_t fork(void)
{
	pthread_mutex_lock(&lock);
	pid_t child = NEXT(fork)();
	pthread_mutex_unlock(&lock);
	return child;
}

pid_t vfork(void)
{
	return fork();
}

/*
 * The environment of the next program: with what it takes to go on here, if a program took that away; or, for one
 * that it would be kept from, without. A block to free, or what was given.
 */
static char **environment(char **given, int preload)
{
	const char *ours[][2] = {
		{ "LD_PRELOAD", LIBRARY }, { "SANDBOX_LOG", log_path }, { "SANDBOX_DEBUG_LOG", debug_log },
		{ "SANDBOX_MESSAGE_P@TH", messages },
		{ "SANDBOX_DENY", lists[DENY].value }, { "SANDBOX_READ", lists[READ].value },
		{ "SANDBOX_WRITE", lists[WRITE].value }, { "SANDBOX_PREDICT", lists[PREDICT].value },
		/* These alone are not missed. */
		{ "SANDBOX_ON", "1" }, { "SANDBOX_ACTIVE", active ? "armedandready" : NULL },
		{ "SANDBOX_VERBOSE", verbose ? "1" : NULL },
		{ "SANDBOX_DEBUG", debug ? "1" : NULL }, { "SANDBOX_METHOD", NULL },
	};
	enum { MISSED = 8, ALL = sizeof(ours) / sizeof(*ours) };
	char *found[ALL] = { NULL }, *merged = NULL;
	size_t count = 0, size = 0;
	int change = 0;
	if (!on)
		return given;
	for (; given && given[count]; count++)
		for (int i = 0; i < ALL; i++) {
			size_t length = strlen(ours[i][0]);
			if (!found[i] && !strncmp(given[count], ours[i][0], length) && given[count][length] == '=')
				found[i] = given[count];
		}
	if (found[0] && !strstr(found[0], LIBRARY))
		merged = found[0];
	for (int i = 0; i < ALL; i++) {
		change |= preload ? (i < MISSED && !found[i] && ours[i][1]) || merged : !!found[i];
		size += strlen(ours[i][0]) + (ours[i][1] ? strlen(ours[i][1]) : 0) + 2;
	}
	if (!change)
		return given;
	char **made = malloc((count + ALL + 1) * sizeof(*made) + size + (merged ? strlen(merged) + 1 : 0));
	char **next = made, *text = (char *)(made + count + ALL + 1);
	for (int i = 0; preload && i < ALL; i++) {
		if ((found[i] && found[i] != merged) || !ours[i][1])
			continue;
		*next++ = text;
		text += 1 + sprintf(text, "%s=%s%s%s", ours[i][0], ours[i][1], i || !merged ? "" : " ",
			i || !merged ? "" : merged + strlen("LD_PRELOAD="));
	}
	for (size_t entry = 0; entry < count; entry++) {
		int drop = given[entry] == merged;
		for (int i = 0; !preload && i < ALL; i++)
			drop |= found[i] == given[entry];
		if (!drop)
			*next++ = given[entry];
	}
	*next = NULL;
	return made;
}

/* Whether nothing can be preloaded into it. */
static int is_traced(const char *path, int *preload)
{
	union { char text[4096]; Elf64_Ehdr head; } file;
	struct stat status;
	int from = plain_open(AT_FDCWD, path, O_RDONLY), interpreted = 1;
	if (from < 0)
		return 0;
	ssize_t length = read(from, &file, sizeof(file));
	if (length > (ssize_t)sizeof(file.head) && !memcmp(file.text, ELFMAG, SELFMAG) && file.text[EI_CLASS] == ELFCLASS64) {
		Elf64_Phdr *part = (Elf64_Phdr *)(file.text + file.head.e_phoff);
		interpreted = 0;
		for (int i = 0; i < file.head.e_phnum && (char *)(part + i + 1) <= file.text + length; i++)
			interpreted |= part[i].p_type == PT_INTERP;
		/* The loader may ignore LD_PRELOAD for these. */
		*preload = fstat(from, &status) || !(status.st_mode & (S_ISUID | S_ISGID)) || getuid() == 0;
	}
	syscall(SYS_close, from);
	return !interpreted || !*preload;
}

/* Whether the program may be run, and if so, whether by preloading. From the tracer this does not return. */
static int may_run(const char *name, const char *path, int search, int *preload)
{
	char found[PATH_MAX], *list = getenv("PATH");
	int before = errno;
	if (search && list && !strchr(path, '/')) {
		char *copy = strdup(list), *rest = copy, *each, *hit = NULL;
		while (!hit && (each = strsep(&rest, ":")))
			if (*each && snprintf(found, sizeof(found), "%s/%s", each, path) < PATH_MAX && !NEXT(access)(found, R_OK))
				hit = found;
		free(copy);
		path = hit;
	}
	if (path && is_on() && !allowed(name, READS, AT_FDCWD, path, 0))
		return 0;
	if (path && is_traced(path, preload))
		trace_next();
	errno = before;
	return 1;
}

#define EXEC(type, failure, name, parameters, arguments, given, may) \
	type name parameters \
	{ \
		int preload = 1; \
		char **block = NULL, **before = (char **)(given); \
		if (!(may)) \
			return failure; \
		block = environment(before, preload); \
		type result = NEXT(name) arguments; \
		int error = errno; \
		if (block != before) \
			free(block); \
		errno = error; \
		return result; \
	}
EXEC(int, -1, execve, (const char *path, char *const words[], char *const values[]), (path, words, block),
	values, may_run("execve", path, 0, &preload))
EXEC(int, -1, execvpe, (const char *path, char *const words[], char *const values[]), (path, words, block),
	values, may_run("execvpe", path, 1, &preload))
EXEC(int, -1, execveat, (int dir, const char *path, char *const words[], char *const values[], int flags),
	(dir, path, words, block, flags),
	values, may_run("execveat", path, 0, &preload))
EXEC(int, -1, fexecve, (int file, char *const words[], char *const values[]), (file, words, block), values, 1)

/* These take it from the process itself, which must not notice. */
#define WITH(type, name, arguments) ({ environ = block; type ended = NEXT(name) arguments; environ = before; ended; })
#undef EXEC
#define EXEC(type, failure, name, parameters, arguments, may) \
	type name parameters \
	{ \
		int preload = 1; \
		if (!(may)) \
			return failure; \
		char **before = environ, **block = environment(before, preload); \
		type result = WITH(type, name, arguments); \
		int error = errno; \
		if (block != before) \
			free(block); \
		errno = error; \
		return result; \
	}
EXEC(int, -1, execv, (const char *path, char *const words[]), (path, words), may_run("execv", path, 0, &preload))
EXEC(int, -1, execvp, (const char *path, char *const words[]), (path, words), may_run("execvp", path, 1, &preload))
EXEC(int, -1, system, (const char *command), (command), 1)
EXEC(FILE *, NULL, popen, (const char *command, const char *mode), (command, mode), 1)

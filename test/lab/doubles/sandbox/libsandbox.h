/* A double of Gentoo's sandbox for the lab: what the part that is preloaded (libsandbox.c) and the tracer (trace.c) share. */
#include <sys/types.h>

/* What a call does with a path. */
enum {
	READS = 1,
	WRITES = 2,
	/* It makes what is not there yet. */
	CREATES = 4,
	/* It is about a symbolic link itself. */
	LINK = 8,
	/* It only asks: a refusal is no violation. */
	ASKS = 16,
	OPENS = 32,
	/* It knows AT_EMPTY_PATH. */
	EMPTY = 64,
	/* Without a path it is about the open file. */
	NO_PATH = 128,
};

int is_on(void);
int allowed(const char *name, int how, int dir, const char *path, int flags);
int may_open(int dir, const char *path, int flags);
int may_ask(int dir, const char *path, int mode, int flags);
int may_mkdir(const char *name, int dir, const char *path);
int may_unlink(const char *name, int dir, const char *path, int flags);

/* The program that this process traces, or 0. */
extern pid_t tracee;
void trace_next(void);

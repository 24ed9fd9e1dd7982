/*
 * A double of Gentoo's sandbox for the lab: it behaves as the real one at the points that Portage or the farm touches.
 *
 * sandbox COMMAND [ARGUMENT…] — runs it with libsandbox.so preloaded. If there is a log afterwards it is printed, and success
 * becomes failure. A single word that is not a program is a command for bash, which is how Portage calls this.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIBRARY "libsandbox.so"
#define CONFIGURATION "/etc/sandbox.conf"
#define DIRECTORY "/etc/sandbox.d"
#define BASHRC "/usr/share/sandbox/sandbox.bashrc"
#define LOGS "/var/log/sandbox"

static volatile pid_t child;
static volatile sig_atomic_t caught;

/* What a file assigns to a name: all values with colons between them, or only the last. The caller frees it. */
static char *assigned(const char *file, const char *name, int all)
{
	char *line = NULL, *value = NULL;
	size_t size = 0, length = strlen(name);
	FILE *from = fopen(file, "r");
	while (from && getline(&line, &size, from) > 0) {
		char *start = line + strspn(line, " \t"), *both;
		if (strncmp(start, name, length) || start[length] != '=')
			continue;
		start += length + 1;
		start += strspn(start, "\"'");
		start[strcspn(start, "\"'\n")] = 0;
		if (asprintf(&both, "%s%s%s", all && value ? value : "", all && value ? ":" : "", start) < 0)
			err(1, "sandbox");
		free(value);
		value = both;
	}
	if (from)
		fclose(from);
	free(line);
	return value;
}

static void add(char **to, const char *value)
{
	char *both;
	if (!value || !*value)
		return;
	if (asprintf(&both, "%s%s%s", *to ? *to : "", *to ? ":" : "", value) < 0)
		err(1, "sandbox");
	free(*to);
	*to = both;
}

/* ${NAME} becomes what the environment says. */
static char *substituted(char *text)
{
	char *start, *end, *result;
	while ((start = strstr(text, "${")) && (end = strchr(start, '}'))) {
		*start = *end = 0;
		const char *value = getenv(start + 2);
		if (asprintf(&result, "%s%s%s", text, value ? value : "", end + 1) < 0)
			err(1, "sandbox");
		free(text);
		text = result;
	}
	return text;
}

/* What sandbox.conf says is added to; what is in sandbox.d is for variables that nobody has set. */
static void paths(const char *name, const char *otherwise)
{
	char *value = NULL, *more = assigned(CONFIGURATION, name, 1), file[PATH_MAX];
	struct dirent **entries;
	add(&value, more);
	free(more);
	if (getenv(name)) {
		add(&value, getenv(name));
	} else {
		int count = scandir(DIRECTORY, &entries, NULL, alphasort);
		for (int i = 0; i < count; i++) {
			snprintf(file, sizeof(file), DIRECTORY "/%s", entries[i]->d_name);
			if (*entries[i]->d_name != '.' && (more = assigned(file, name, 1))) {
				add(&value, more);
				free(more);
			}
			free(entries[i]);
		}
		if (count >= 0)
			free(entries);
	}
	if (value)
		setenv(name, value = substituted(value), 1);
	else if (!getenv(name) && otherwise)
		setenv(name, otherwise, 1);
	free(value);
}

/* Where a log is: what SANDBOX_LOG or its like says, else in the directory for logs, or for temporary files. */
static void log_name(const char *name, const char *prefix, const char *temporary, char *path)
{
	if (getenv(name))
		snprintf(path, PATH_MAX, "%s", getenv(name));
	else
		snprintf(path, PATH_MAX, "%s/%s%d.log", access(LOGS, W_OK) ? temporary : LOGS, prefix, getpid());
	if (unlink(path) && errno != ENOENT)
		err(1, "%s", path);
	setenv(name, path, 1);
}

static void on_signal(int number, siginfo_t *from, void *context)
{
	(void)context;
	dprintf(2, "sandbox:  caught signal %d in pid %d\n", number, getpid());
	if (number == SIGUSR1 && !caught) {
		if (from->si_pid > 0)
			kill(from->si_pid, SIGKILL);
		kill(child, SIGKILL);
	}
	caught = number;
}

static void summary(const char *log)
{
	char buffer[4096];
	ssize_t length;
	int file = open(log, O_RDONLY);
	const char *star = getenv("NOCOLOR") && strchr("1yt", tolower(*getenv("NOCOLOR"))) ? " * " : " \033[31;01m*\033[0m ";
	fprintf(stderr, "%s----------------------- SANDBOX ACCESS VIOLATION SUMMARY -----------------------\n", star);
	fprintf(stderr, "%sLOG FILE: \"%s\"\n%s\n", star, log, star);
	while (file >= 0 && (length = read(file, buffer, sizeof(buffer))) > 0)
		fwrite(buffer, length, 1, stderr);
	fprintf(stderr, "%s--------------------------------------------------------------------------------\n", star);
}

int main(int count, char **words)
{
	static const int signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1 };
	enum { SIGNALS = sizeof(signals) / sizeof(*signals) };
	struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART }, before[SIGNALS];
	static const char *const settings[][2] = {
		{ "SANDBOX_VERBOSE", "1" }, { "SANDBOX_DEBUG", "0" }, { "NOCOLOR", "no" }, { "SANDBOX_METHOD", "any" },
	};
	char temporary[PATH_MAX] = "/tmp", here[PATH_MAX], log[PATH_MAX], debug[PATH_MAX], messages[64];
	int bash = count > 1 && (!strcmp(words[1], "-c") || !strcmp(words[1], "--bash"));

	if (bash)
		words++, count--;
	if (getenv("SANDBOX_ACTIVE"))
		errx(1, "not launching a new sandbox as one is already running in this process hierarchy");
	if (access(BASHRC, R_OK))
		err(1, "%s", BASHRC);

	/* Portage says itself where may be written to. */
	int at_home = !getenv("PORTAGE_TMPDIR") && getcwd(here, sizeof(here));
	if (at_home && count < 2)
		setenv("SANDBOX_WORKDIR", here, 1);
	if (!getenv("TMPDIR") || !realpath(getenv("TMPDIR"), temporary))
		strcpy(temporary, "/tmp");
	setenv("TMPDIR", temporary, 1);
	setenv("HOME", temporary, 0);
	log_name("SANDBOX_LOG", "sandbox-", temporary, log);
	log_name("SANDBOX_DEBUG_LOG", "sandbox-debug-", temporary, debug);
	for (size_t i = 0; i < sizeof(settings) / sizeof(*settings); i++) {
		char *value = assigned(CONFIGURATION, settings[i][0], 0);
		setenv(settings[i][0], value ? value : settings[i][1], 0);
		free(value);
	}
	paths("SANDBOX_DENY", NULL);
	paths("SANDBOX_READ", "/");
	paths("SANDBOX_WRITE", at_home ? here : NULL);
	paths("SANDBOX_PREDICT", getenv("HOME"));

	snprintf(messages, sizeof(messages), "/proc/%d/fd/2", getpid());
	setenv("SANDBOX_MESSAGE_P@TH", messages, 1);
	setenv("SANDBOX_LIB", LIBRARY, 1);
	setenv("SANDBOX_BASHRC", BASHRC, 1);
	setenv("BASH_ENV", BASHRC, 1);
	setenv("SANDBOX_ON", "1", 1);
	setenv("SANDBOX_ACTIVE", "armedandready", 1);
	unsetenv("SANDBOX_WORKDIR");
	const char *others = getenv("LD_PRELOAD");
	if (!others || !strstr(others, LIBRARY)) {
		char *both;
		if (asprintf(&both, LIBRARY "%s%s", others ? " " : "", others ? others : "") < 0)
			err(1, "sandbox");
		setenv("LD_PRELOAD", both, 1);
	}

	char **command = words + 1, *shell[] = { "/bin/bash", "-rcfile", BASHRC, NULL, NULL, NULL }, *line = NULL;
	if (count < 2 || bash || (count == 2 && access(words[1], X_OK))) {
		command = shell;
		if (count > 1) {
			size_t size;
			FILE *text = open_memstream(&line, &size);
			for (int i = 1; i < count; i++)
				fprintf(text, "%s%s", i > 1 ? " " : "", words[i]);
			fclose(text);
			shell[3] = "-c";
			shell[4] = line;
		}
	}

	/* Neither su nor sudo. */
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	for (int i = 0; i < SIGNALS; i++)
		sigaction(signals[i], &action, &before[i]);
	if (before[0].sa_handler == SIG_IGN)
		sigaction(SIGHUP, &before[0], NULL);

	int status = 0;
	child = fork();
	if (child < 0)
		err(1, "fork");
	if (child == 0) {
		execvp(command[0], command);
		warn("failed to exec %s", command[0]);
		_exit(255);
	}
	while (waitpid(child, &status, 0) == -1 && errno == EINTR)
		;
	if (WIFSIGNALED(status))
		psignal(WTERMSIG(status), "Sandboxed process killed by signal");

	struct stat found;
	int violated = !stat(log, &found);
	if (violated)
		summary(log);
	if (caught != SIGUSR1 && WIFSIGNALED(status)) {
		for (int i = 0; i < SIGNALS; i++)
			sigaction(signals[i], &before[i], NULL);
		kill(getpid(), WTERMSIG(status));
		return 128 + WTERMSIG(status);
	}
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
	return violated && code == 0 ? 1 : code;
}

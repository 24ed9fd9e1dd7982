/* A double of Gentoo's python-exec for the lab: it runs the script NAME of the Python that is to be used,
 * /usr/lib/python-exec/PYTHON/NAME. It is called as /usr/bin/NAME, a link to it (for python3 and python), or as the
 * interpreter of python-exec2, to which /usr/bin/NAME is a link.
 *
 * The choice is that of the real one: EPYTHON; then the lines of /etc/python-exec/NAME.conf or, where there is none, of
 * /etc/python-exec/python-exec.conf, in their order, those that begin with a hyphen never; then the others. What cannot
 * be started is passed over.
 */
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SCRIPTS "/usr/lib/python-exec"
#define SETTINGS "/etc/python-exec"

/* Those that there are, newest first; which of them is tried when, from 1; 0: after those, -1: never. */
static struct { const char *name; int turn; } pythons[] = {PYTHONS};
#define COUNT (sizeof pythons / sizeof *pythons)

static const char *name_of(const char *path) {
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

static void prefer(const char *word, int *turn) {
	bool never = *word == '-';
	for (size_t i = 0; i < COUNT; i++)
		if (strcmp(pythons[i].name, word + never) == 0 && pythons[i].turn == 0)
			pythons[i].turn = never ? -1 : ++*turn;
}

static bool read_settings(const char *name, int *turn) {
	char path[PATH_MAX], line[256];
	snprintf(path, sizeof path, SETTINGS "/%s.conf", name);
	FILE *file = fopen(path, "r");
	if (!file)
		return false;
	while (fgets(line, sizeof line, file)) {
		line[strcspn(line, "\n")] = '\0';
		prefer(line, turn);
	}
	fclose(file);
	return true;
}

/* The last link before this program or its script: what it was called for. With no slash in it it was found in PATH. */
static void resolve(const char *called, char *name) {
	char path[PATH_MAX], target[PATH_MAX], next[2 * PATH_MAX];
	snprintf(path, sizeof path, "%s", called);
	for (const char *rest = getenv("PATH"); !strchr(called, '/') && rest; rest = strchr(rest, ':') ? strchr(rest, ':') + 1 : NULL) {
		snprintf(path, sizeof path, "%.*s/%s", (int)strcspn(rest, ":"), rest, called);
		if (access(path, X_OK) == 0)
			break;
	}
	snprintf(name, NAME_MAX, "%s", name_of(path));
	for (ssize_t length; (length = readlink(path, target, sizeof target - 1)) > 0;) {
		target[length] = '\0';
		snprintf(name, NAME_MAX, "%s", name_of(path));
		if (*target == '/')
			snprintf(next, sizeof next, "%s", target);
		else
			snprintf(next, sizeof next, "%.*s%s", (int)(name_of(path) - path), path, target);
		snprintf(path, sizeof path, "%s", next);
	}
}

static void run(const char *python, const char *name, char **argv) {
	char script[PATH_MAX];
	snprintf(script, sizeof script, SCRIPTS "/%s/%s", python, name);
	argv[0] = script;
	execv(script, argv);
}

int main(int argc, char **argv) {
	char name[NAME_MAX];
	int last = 0;
	if (strcmp(name_of(argv[0]), "python-exec2c") == 0) {
		if (argc < 2) {
			fprintf(stderr, "Usage: %s <script>\n", argv[0]);
			return 1;
		}
		if (strcmp(argv[1], "--list-implementations") == 0 || strcmp(argv[1], "-l") == 0) {
			for (size_t i = 0; i < COUNT; i++)
				puts(pythons[i].name);
			return 0;
		}
		argv++;
	}
	resolve(argv[0], name);
	if (getenv("EPYTHON"))
		prefer(getenv("EPYTHON"), &last);
	if (!read_settings(name, &last))
		read_settings("python-exec", &last);
	for (int turn = 1; turn <= last; turn++)
		for (size_t i = 0; i < COUNT; i++)
			if (pythons[i].turn == turn)
				run(pythons[i].name, name, argv);
	for (size_t i = 0; i < COUNT; i++)
		if (pythons[i].turn == 0)
			run(pythons[i].name, name, argv);
	fprintf(stderr, "%s: no python-exec wrapped executable found in %s.\n", name, SCRIPTS);
	return 127;
}

/*
 * Preloaded into every program of a host: the time of day is the kernel's and as many seconds as /run/lab-clock says, if it
 * is there. Clocks that cannot be set, and times of files, stay the kernel's.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long offset(void)
{
	int before = errno;
	char text[32];
	ssize_t length = -1;
	int file = syscall(SYS_openat, AT_FDCWD, "/run/lab-clock", O_RDONLY | O_CLOEXEC);
	if (file >= 0) {
		length = read(file, text, sizeof(text) - 1);
		syscall(SYS_close, file);
	}
	errno = before;
	if (length <= 0)
		return 0;
	text[length] = 0;
	return atol(text);
}

int clock_gettime(clockid_t clock, struct timespec *time)
{
	int result = syscall(SYS_clock_gettime, clock, time);
	if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
		time->tv_sec += offset();
	return result;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone)
{
	int result = syscall(SYS_gettimeofday, time, zone);
	if (result == 0)
		time->tv_sec += offset();
	return result;
}

time_t time(time_t *result)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	if (result)
		*result = now.tv_sec;
	return now.tv_sec;
}

int timespec_get(struct timespec *now, int base)
{
	return base == TIME_UTC && clock_gettime(CLOCK_REALTIME, now) == 0 ? base : 0;
}

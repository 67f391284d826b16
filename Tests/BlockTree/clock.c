/* Preloaded, it lets a test set the time that a library without a clock of its own to mock sees. */
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* Seconds since 1970; zero for the true time. */
long long blocktree_clock = 0;

int clock_gettime(clockid_t id, struct timespec *now) {
    if (blocktree_clock && id == CLOCK_REALTIME) {
        now->tv_sec = blocktree_clock;
        now->tv_nsec = 0;
        return 0;
    }
    return syscall(SYS_clock_gettime, id, now);
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec precise;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &precise);
    now->tv_sec = precise.tv_sec;
    now->tv_usec = precise.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *result) {
    struct timespec precise;
    clock_gettime(CLOCK_REALTIME, &precise);
    if (result) *result = precise.tv_sec;
    return precise.tv_sec;
}

#pragma once
#ifdef __linux__
#include <sys/syscall.h>
// Not its header: what else stands there would no longer count as the C library's.
extern long syscall(long number, ...);
#endif
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

// What a system can be told that Swift does not see.

/// Has arrays of megabytes given back to the system as soon as they are dropped, but keeps what
/// blocks take, whose pages would else be cleared anew for each; and no more pools of small ones
/// than `pools`. Nothing where the C library has no such settings.
static inline void cellblock_malloc_keep_little(int pools) {
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, 2 << 20);
    mallopt(M_TRIM_THRESHOLD, 4 << 20);
    mallopt(M_ARENA_MAX, pools);
#else
    (void)pools;
#endif
}

/// Has the system begin to bring a part of a file to the disk. Nothing where it cannot be told so.
static inline void cellblock_begin_synchronising(int descriptor, int64_t offset, int64_t count) {
#ifdef SYS_sync_file_range
    // 2 is SYNC_FILE_RANGE_WRITE.
    syscall(SYS_sync_file_range, descriptor, offset, count, 2);
#else
    (void)descriptor, (void)offset, (void)count;
#endif
}

/// As many files and connections as the system allows may be open from now on; how many these are,
/// or -1 where the system does not say.
static inline int64_t cellblock_raise_file_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return -1;
    const rlim_t before = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max;
    // Refused on some systems where there is no upper limit.
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) limit.rlim_cur = before;
    return limit.rlim_cur > INT32_MAX ? INT32_MAX : (int64_t)limit.rlim_cur;
}

#pragma once
#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

// How the C library keeps memory that was given back, which Swift does not see the settings of.

/// Has large arrays given back to the system as soon as they are dropped, and no more pools of
/// small ones than `pools`. Nothing where the C library has no such settings.
static inline void cellblock_malloc_keep_little(int pools) {
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, 256 << 10);
    mallopt(M_TRIM_THRESHOLD, 1 << 20);
    mallopt(M_ARENA_MAX, pools);
#else
    (void)pools;
#endif
}

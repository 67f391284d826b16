#include "SixteenLanes.h"
#include "../../Sources/CSHA256/kernels.h"

// Every function that takes or gives vectors is inlined: there is no call they could disagree in.
#pragma clang diagnostic ignored "-Wpsabi"

typedef uint32_t lanes __attribute__((vector_size(64), may_alias));

#define PREFIX sixteen
#define TARGET
#define V lanes
#define LANES 16
#define ADD(a, b) ((a) + (b))
#define SET1(x) ((lanes){0} + (uint32_t)(x))
#define ROTATE(x, n) (((x) >> (n)) | ((x) << (32 - (n))))
#define SHIFT(x, n) ((x) >> (n))
#define XOR3(a, b, c) ((a) ^ (b) ^ (c))
#define CHOOSE(a, b, c) ((c) ^ ((a) & ((b) ^ (c))))
#define MAJORITY(a, b, c) (((a) & (b)) | ((c) & ((a) | (b))))
#define COUNTING ((lanes){0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15})
#define LANES_AT_MOST(a, b) lanes_at_most(a, b)
#define SWAP_BYTES(x) swap_bytes(x)
#define CHAINS 2
#define HOLD(a, b) (void)0

static inline lanes swap_bytes(lanes x) {
    for (int i = 0; i < LANES; i++) x[i] = __builtin_bswap32(x[i]);
    return x;
}

static inline uint32_t lanes_at_most(lanes a, lanes b) {
    uint32_t mask = 0;
    for (int i = 0; i < LANES; i++) mask |= (uint32_t)(a[i] <= b[i]) << i;
    return mask;
}

#include "../../Sources/CSHA256/lanes_rounds.h"
#include "../../Sources/CSHA256/lanes_search.h"

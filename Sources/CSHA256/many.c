// Double hashes of messages of any length. Where the processor gains by it two messages are in
// step: each of two tracks takes the next message as soon as it is done with its own.
#include "kernels.h"

typedef struct {
    uint32_t state[8];
    // What is to be fed next, in blocks of 64 bytes.
    const uint8_t *blocks;
    size_t count;
    // The end of the message with its padding, and later its digest with that of its own.
    uint8_t last[128];
    size_t last_count;
    bool is_second;
    uint8_t *output;
} track;

typedef struct {
    const uint8_t *base;
    const csha256_range *ranges;
    size_t count;
    uint8_t *output;
} queue;

// Goes on to the next part of what the track hashes; false when it is done.
static bool advance(track *x) {
    if (x->last_count) {
        x->blocks = x->last, x->count = x->last_count;
        x->last_count = 0;
        return true;
    }
    if (!x->is_second) {
        memset(x->last, 0, 64);
        for (int i = 0; i < 8; i++) csha256_store(x->last + 4 * i, x->state[i]);
        x->last[32] = 0x80;
        x->last[62] = 1;
        memcpy(x->state, csha256_initial, 32);
        x->blocks = x->last, x->count = 1;
        x->is_second = true;
        return true;
    }
    for (int i = 0; i < 8; i++) csha256_store(x->output + 4 * i, x->state[i]);
    return false;
}

// Begins with the next message; false where there is none.
static bool take(track *x, queue *queue) {
    if (!queue->count) return false;
    const uint8_t *input = queue->base + queue->ranges->start;
    const size_t length = queue->ranges->count, whole = length / 64, rest = length % 64;
    memcpy(x->state, csha256_initial, 32);
    x->blocks = input, x->count = whole;
    x->last_count = rest < 56 ? 1 : 2;
    memset(x->last, 0, 64 * x->last_count);
    if (rest) memcpy(x->last, input + 64 * whole, rest);
    x->last[rest] = 0x80;
    const uint64_t bits = __builtin_bswap64((uint64_t)length << 3);
    memcpy(x->last + 64 * x->last_count - 8, &bits, 8);
    x->is_second = false;
    x->output = queue->output;
    queue->ranges++, queue->count--, queue->output += 32;
    if (!whole) advance(x);
    return true;
}

static bool feed(track *x, size_t count, queue *queue) {
    x->blocks += 64 * count, x->count -= count;
    return x->count || advance(x) || take(x, queue);
}

static bool runs_two(csha256_kernel kernel) {
#if CSHA256_X86
    return kernel == CSHA256_SHANI || kernel == CSHA256_SHANI_AVX;
#else
    return false;
#endif
}

static void compress_two(track *x, track *y, size_t count) {
#if CSHA256_X86
    csha256_shani_compress_two(x->state, x->blocks, y->state, y->blocks, count);
#endif
}

void csha256_double_hash_each(
    csha256_kernel kernel, uint8_t *output, const uint8_t *base, const csha256_range *ranges,
    size_t count) {
    queue queue = {base, ranges, count, output};
    track x, y;
    bool has_x = take(&x, &queue), has_y = runs_two(kernel) && take(&y, &queue);
    while (has_x && has_y) {
        const size_t both = x.count < y.count ? x.count : y.count;
        compress_two(&x, &y, both);
        has_x = feed(&x, both, &queue);
        has_y = feed(&y, both, &queue);
    }
    track *left = has_y ? &y : &x;
    for (bool has_left = has_x || has_y; has_left;) {
        csha256_compress(kernel, left->state, left->blocks, left->count);
        has_left = feed(left, left->count, &queue);
    }
}

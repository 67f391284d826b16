// The key stream of ChaCha20 (RFC 8439), six blocks side by side.
#include "kernels.h"

// A row of the states of two blocks, four words of each. The compiler makes do with what vectors
// the target has.
typedef uint32_t pair __attribute__((vector_size(32)));
typedef uint8_t pair_bytes __attribute__((vector_size(32)));

#define INLINE static inline __attribute__((always_inline))
#define ROTATE(x, n) ((x) << (n) | (x) >> (32 - (n)))
// By whole bytes: moved in one step.
#define ROTATE16(x)                                                                            \
    (pair)__builtin_shufflevector(                                                             \
        (pair_bytes)(x), (pair_bytes)(x), 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12,    \
        13, 18, 19, 16, 17, 22, 23, 20, 21, 26, 27, 24, 25, 30, 31, 28, 29)
#define ROTATE8(x)                                                                             \
    (pair)__builtin_shufflevector(                                                             \
        (pair_bytes)(x), (pair_bytes)(x), 3, 0, 1, 2, 7, 4, 5, 6, 11, 8, 9, 10, 15, 12, 13,    \
        14, 19, 16, 17, 18, 23, 20, 21, 22, 27, 24, 25, 26, 31, 28, 29, 30)
// Turns each row's four words, so that diagonals stand in columns.
#define TURN1(x) __builtin_shufflevector(x, x, 1, 2, 3, 0, 5, 6, 7, 4)
#define TURN2(x) __builtin_shufflevector(x, x, 2, 3, 0, 1, 6, 7, 4, 5)
#define TURN3(x) __builtin_shufflevector(x, x, 3, 0, 1, 2, 7, 4, 5, 6)

enum { PAIRS = 3 };

INLINE void quarter_rounds(pair *a, pair *b, pair *c, pair *d) {
    for (int i = 0; i < PAIRS; i++) a[i] += b[i], d[i] ^= a[i], d[i] = ROTATE16(d[i]);
    for (int i = 0; i < PAIRS; i++) c[i] += d[i], b[i] ^= c[i], b[i] = ROTATE(b[i], 12);
    for (int i = 0; i < PAIRS; i++) a[i] += b[i], d[i] ^= a[i], d[i] = ROTATE8(d[i]);
    for (int i = 0; i < PAIRS; i++) c[i] += d[i], b[i] ^= c[i], b[i] = ROTATE(b[i], 7);
}

INLINE void keystream(uint64_t *words, const uint8_t *key) {
    uint32_t k[8];
    memcpy(k, key, 32);
    const pair row0 = {
        0x61707865, 0x3320646e, 0x79622d32, 0x6b206574, 0x61707865, 0x3320646e, 0x79622d32,
        0x6b206574,
    };
    const pair row1 = {k[0], k[1], k[2], k[3], k[0], k[1], k[2], k[3]};
    const pair row2 = {k[4], k[5], k[6], k[7], k[4], k[5], k[6], k[7]};
    pair a[PAIRS], b[PAIRS], c[PAIRS], d[PAIRS];
    for (uint32_t i = 0; i < PAIRS; i++) {
        const pair numbers = {2 * i, 0, 0, 0, 2 * i + 1, 0, 0, 0};
        a[i] = row0, b[i] = row1, c[i] = row2, d[i] = numbers;
    }
    for (int round = 0; round < 10; round++) {
        quarter_rounds(a, b, c, d);
        for (int i = 0; i < PAIRS; i++) {
            b[i] = TURN1(b[i]), c[i] = TURN2(c[i]), d[i] = TURN3(d[i]);
        }
        quarter_rounds(a, b, c, d);
        for (int i = 0; i < PAIRS; i++) {
            b[i] = TURN3(b[i]), c[i] = TURN2(c[i]), d[i] = TURN1(d[i]);
        }
    }
    for (uint32_t i = 0; i < PAIRS; i++) {
        const pair numbers = {2 * i, 0, 0, 0, 2 * i + 1, 0, 0, 0};
        const pair rows[4] = {a[i] + row0, b[i] + row1, c[i] + row2, d[i] + numbers};
        for (int row = 0; row < 4; row++) {
            memcpy(words + 16 * i + 2 * row, &rows[row], 16);
            memcpy(words + 16 * i + 8 + 2 * row, (const uint8_t *)&rows[row] + 16, 16);
        }
    }
}

void cmuhash_keystream_portable(uint64_t *words, const uint8_t *key) { keystream(words, key); }

#if CMUHASH_X86
__attribute__((target("avx2"))) void cmuhash_keystream_avx2(uint64_t *words, const uint8_t *key) {
    keystream(words, key);
}
#endif

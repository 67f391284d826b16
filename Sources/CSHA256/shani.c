// The kernel over the SHA extensions of x86: four rounds take two instructions.
#include "kernels.h"

#if CSHA256_X86
#include "shani.h"

TARGET void csha256_compress_shani(uint32_t state[8], const uint8_t *blocks, size_t count) {
    const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    __m128i s0, s1;
    load_state(state, &s0, &s1);
    for (; count; count--, blocks += 64) {
        const __m128i old0 = s0, old1 = s1;
        __m128i m[4];
#pragma clang loop unroll(full)
        for (int i = 0; i < 16; i++) {
            m[i & 3] = i < 4
                ? _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)blocks + i), swap)
                : next_words(m, i);
            __m128i k = _mm_add_epi32(m[i & 3], ((const __m128i *)csha256_k)[i]);
            s1 = _mm_sha256rnds2_epu32(s1, s0, k);
            s0 = _mm_sha256rnds2_epu32(s0, s1, _mm_shuffle_epi32(k, 0x0e));
        }
        s0 = _mm_add_epi32(s0, old0);
        s1 = _mm_add_epi32(s1, old1);
    }
    store_state(state, s0, s1);
}

// The 64 rounds of both; then adds what the states were before.
TARGET static inline __attribute__((always_inline)) void compress_two(lane *x, lane *y) {
    const lane a = *x, b = *y;
#pragma clang loop unroll(full)
    for (int i = 0; i < 16; i++) {
        quad(x, i);
        quad(y, i);
        KEEP(x->s0, y->s0);
        KEEP(x->s1, y->s1);
    }
    x->s0 = _mm_add_epi32(x->s0, a.s0), x->s1 = _mm_add_epi32(x->s1, a.s1);
    y->s0 = _mm_add_epi32(y->s0, b.s0), y->s1 = _mm_add_epi32(y->s1, b.s1);
}

TARGET static inline __m128i swap_words(__m128i x) {
    return _mm_shuffle_epi8(x, _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203));
}

TARGET static inline void read_block(lane *x, const uint8_t *input) {
    for (int i = 0; i < 4; i++) x->m[i] = swap_words(_mm_loadu_si128((const __m128i *)input + i));
}

TARGET static inline void begin(lane *x, const uint8_t *input) {
    load_state(csha256_initial, &x->s0, &x->s1);
    read_block(x, input);
}

TARGET void csha256_shani_compress_two(
    uint32_t a[8], const uint8_t *x, uint32_t b[8], const uint8_t *y, size_t count) {
    lane left, right;
    load_state(a, &left.s0, &left.s1);
    load_state(b, &right.s0, &right.s1);
    for (; count; count--, x += 64, y += 64) {
        read_block(&left, x), read_block(&right, y);
        compress_two(&left, &right);
    }
    store_state(a, left.s0, left.s1);
    store_state(b, right.s0, right.s1);
}

TARGET static inline void pad64(lane *x) {
    x->m[0] = _mm_set_epi32(0, 0, 0, (int)0x80000000);
    x->m[1] = x->m[2] = _mm_setzero_si128();
    x->m[3] = _mm_set_epi32(512, 0, 0, 0);
}

TARGET static inline void store_lane(const lane *x, uint8_t *output) {
    uint32_t words[8];
    store_state(words, x->s0, x->s1);
    for (int i = 0; i < 8; i++) csha256_store(output + 4 * i, words[i]);
}

TARGET void csha256_shani_double64(uint8_t *output, const uint8_t *input, size_t count) {
    for (; count >= 2; count -= 2, input += 128, output += 64) {
        lane x, y;
        begin(&x, input), begin(&y, input + 64);
        compress_two(&x, &y);
        pad64(&x), pad64(&y);
        compress_two(&x, &y);
        take_digest(&x), take_digest(&y);
        compress_two(&x, &y);
        store_lane(&x, output), store_lane(&y, output + 32);
    }
    if (count) csha256_double64_single(output, input, count);
}
#endif

// What the kernels over the SHA extensions of x86 share. All of it is inlined, so that it takes the
// instructions of the function that it ends up in.
#pragma once
#include "kernels.h"

#define TARGET __attribute__((target("sha,ssse3,sse4.1")))

TARGET static inline __m128i next_words(const __m128i m[4], int i) {
    __m128i sum = _mm_add_epi32(
        _mm_sha256msg1_epu32(m[i & 3], m[(i + 1) & 3]),
        _mm_alignr_epi8(m[(i + 3) & 3], m[(i + 2) & 3], 4));
    return _mm_sha256msg2_epu32(sum, m[(i + 3) & 3]);
}

// The instructions want the state as (a,b,e,f) and (c,d,g,h).
TARGET static inline void load_state(const uint32_t *state, __m128i *abef, __m128i *cdgh) {
    __m128i low = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)state), 0xb1);
    __m128i high = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(state + 4)), 0x1b);
    *abef = _mm_alignr_epi8(low, high, 8);
    *cdgh = _mm_blend_epi16(high, low, 0xf0);
}

TARGET static inline void store_state(uint32_t *state, __m128i abef, __m128i cdgh) {
    __m128i low = _mm_shuffle_epi32(abef, 0x1b), high = _mm_shuffle_epi32(cdgh, 0xb1);
    _mm_storeu_si128((__m128i *)state, _mm_blend_epi16(low, high, 0xf0));
    _mm_storeu_si128((__m128i *)(state + 4), _mm_alignr_epi8(high, low, 8));
}

// Two messages at a time: the instruction takes four cycles and the processor can begin another
// in each. The empty assembly keeps the two in step: the compiler would run one after the other.
#define KEEP(a, b) __asm__("" : "+x"(a), "+x"(b))

typedef struct {
    __m128i s0, s1, m[4];
} lane;

TARGET static inline __attribute__((always_inline)) void quad(lane *x, int i) {
    if (i >= 4) x->m[i & 3] = next_words(x->m, i);
    __m128i k = _mm_add_epi32(x->m[i & 3], ((const __m128i *)csha256_k)[i]);
    x->s1 = _mm_sha256rnds2_epu32(x->s1, x->s0, k);
    x->s0 = _mm_sha256rnds2_epu32(x->s0, x->s1, _mm_shuffle_epi32(k, 0x0e));
}

// Makes the digest of a lane its next message, padded, under the initial state.
TARGET static inline __attribute__((always_inline)) void take_digest(lane *x) {
    __m128i low = _mm_shuffle_epi32(x->s0, 0x1b), high = _mm_shuffle_epi32(x->s1, 0xb1);
    x->m[0] = _mm_blend_epi16(low, high, 0xf0);
    x->m[1] = _mm_alignr_epi8(high, low, 8);
    x->m[2] = _mm_set_epi32(0, 0, 0, (int)0x80000000);
    x->m[3] = _mm_set_epi32(256, 0, 0, 0);
    load_state(csha256_initial, &x->s0, &x->s1);
}

// The kernel over the SHA extensions of x86: four rounds take two instructions.
#include "kernels.h"

#if CSHA256_X86
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
#endif

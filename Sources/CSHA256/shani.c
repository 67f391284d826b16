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

// Makes the digest of a lane its next message, padded, under the initial state.
TARGET static inline __attribute__((always_inline)) void take_digest(lane *x) {
    __m128i low = _mm_shuffle_epi32(x->s0, 0x1b), high = _mm_shuffle_epi32(x->s1, 0xb1);
    x->m[0] = _mm_blend_epi16(low, high, 0xf0);
    x->m[1] = _mm_alignr_epi8(high, low, 8);
    x->m[2] = _mm_set_epi32(0, 0, 0, (int)0x80000000);
    x->m[3] = _mm_set_epi32(256, 0, 0, 0);
    load_state(csha256_initial, &x->s0, &x->s1);
}

TARGET static inline __m128i swap_words(__m128i x) {
    return _mm_shuffle_epi8(x, _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203));
}

TARGET static inline void begin(lane *x, const uint8_t *input) {
    load_state(csha256_initial, &x->s0, &x->s1);
    for (int i = 0; i < 4; i++) x->m[i] = swap_words(_mm_loadu_si128((const __m128i *)input + i));
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

TARGET static inline void begin_header(lane *x, const csha256_search *search, uint32_t nonce) {
    load_state(search->midstate, &x->s0, &x->s1);
    x->m[0] = _mm_set_epi32(
        (int)__builtin_bswap32(nonce), (int)search->tail[2], (int)search->tail[1],
        (int)search->tail[0]);
    x->m[1] = _mm_set_epi32(0, 0, 0, (int)0x80000000);
    x->m[2] = _mm_setzero_si128();
    x->m[3] = _mm_set_epi32(640, 0, 0, 0);
}

// The last word of the digest; it lies lowest in the state's second half.
TARGET static inline bool may_meet(const lane *x, uint32_t target_top) {
    return __builtin_bswap32((uint32_t)_mm_cvtsi128_si32(x->s1)) <= target_top;
}

TARGET bool csha256_shani_search(
    const csha256_search *search, uint32_t from, uint64_t count, uint32_t *found) {
    uint64_t done = 0;
    for (; count - done >= 2; done += 2) {
        lane x, y;
        uint32_t nonce = from + (uint32_t)done;
        begin_header(&x, search, nonce), begin_header(&y, search, nonce + 1);
        compress_two(&x, &y);
        take_digest(&x), take_digest(&y);
        compress_two(&x, &y);
        for (int i = 0; i < 2; i++) {
            if (!may_meet(i ? &y : &x, search->target_top)) continue;
            if (!csha256_meets_target(search, nonce + (uint32_t)i)) continue;
            *found = nonce + (uint32_t)i;
            return true;
        }
    }
    return csha256_search_single(search, from + (uint32_t)done, count - done, found);
}
#endif

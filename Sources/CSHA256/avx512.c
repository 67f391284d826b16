// The kernel over AVX-512: sixteen messages side by side, with rotation and any function of three
// bits in one instruction each.
#include "kernels.h"

#if CSHA256_X86
#define PREFIX csha256_avx512
#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,evex512")))
#define V __m512i
#define LANES 16
#define ADD(a, b) _mm512_add_epi32(a, b)
#define SET1(x) _mm512_set1_epi32((int)(x))
#define ROTATE(x, n) _mm512_ror_epi32(x, n)
#define SHIFT(x, n) _mm512_srli_epi32(x, n)
#define XOR3(a, b, c) _mm512_ternarylogic_epi32(a, b, c, 0x96)
#define CHOOSE(a, b, c) _mm512_ternarylogic_epi32(a, b, c, 0xca)
#define MAJORITY(a, b, c) _mm512_ternarylogic_epi32(a, b, c, 0xe8)
#define COUNTING _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
#define LANES_AT_MOST(a, b) _mm512_cmple_epu32_mask(a, b)
#define SWAP_BYTES(x) swap_bytes(x)
#define LOAD_WORDS(w, input) load_words(w, input)
#define STORE_DIGESTS(output, s) store_digests(output, s)

TARGET static inline __m512i swap_bytes(__m512i x) {
    return _mm512_shuffle_epi8(
        x, _mm512_broadcast_i32x4(_mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203)));
}

// Turns sixteen rows of a message each into sixteen words of all messages.
TARGET static inline void load_words(__m512i w[16], const uint8_t *input) {
    __m512i r[16], t[16];
    for (int i = 0; i < 16; i++) r[i] = swap_bytes(_mm512_loadu_si512(input + 64 * i));
    for (int i = 0; i < 16; i += 2) {
        t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
        t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
    }
    for (int i = 0; i < 16; i += 4) {
        r[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
        r[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
        r[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
        r[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
    }
    for (int i = 0; i < 4; i++) {
        t[i] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0x88);
        t[i + 4] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0xdd);
        t[i + 8] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0x88);
        t[i + 12] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0xdd);
    }
    for (int i = 0; i < 4; i++) {
        w[i] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0x88);
        w[i + 8] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0xdd);
        w[i + 4] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0x88);
        w[i + 12] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0xdd);
    }
}

TARGET static inline void store_digests(uint8_t *output, const __m512i s[8]) {
    uint32_t words[8][16] __attribute__((aligned(64)));
    for (int i = 0; i < 8; i++) _mm512_store_si512(words[i], s[i]);
    for (int lane = 0; lane < 16; lane++) {
        for (int i = 0; i < 8; i++) memcpy(output + 32 * lane + 4 * i, &words[i][lane], 4);
    }
}

// Instructions on these registers take two cycles on Zen 5, which can begin four in each: one chain
// of rounds would leave more than half of them idle.
#define CHAINS 2
#define HOLD(a, b) __asm__ volatile("" : "+v"(a), "+v"(b))

#include "lanes_rounds.h"
#include "lanes_double64.h"
#include "lanes_search.h"
#endif

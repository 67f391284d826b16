// The kernel over AVX2: eight messages side by side.
#include "kernels.h"

#if CSHA256_X86
#define PREFIX csha256_avx2
#define TARGET __attribute__((target("avx2")))
#define V __m256i
#define LANES 8
#define ADD(a, b) _mm256_add_epi32(a, b)
#define SET1(x) _mm256_set1_epi32((int)(x))
#define ROTATE(x, n) _mm256_or_si256(_mm256_srli_epi32(x, n), _mm256_slli_epi32(x, 32 - (n)))
#define SHIFT(x, n) _mm256_srli_epi32(x, n)
#define XOR3(a, b, c) _mm256_xor_si256(_mm256_xor_si256(a, b), c)
#define CHOOSE(a, b, c) _mm256_xor_si256(c, _mm256_and_si256(a, _mm256_xor_si256(b, c)))
#define MAJORITY(a, b, c) \
    _mm256_or_si256(_mm256_and_si256(a, b), _mm256_and_si256(c, _mm256_or_si256(a, b)))
#define COUNTING _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)
#define LANES_AT_MOST(a, b) \
    (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpeq_epi32(_mm256_min_epu32(a, b), a)))
#define SWAP_BYTES(x) swap_bytes(x)
#define LOAD_WORDS(w, input) load_words(w, input)
#define STORE_DIGESTS(output, s) store_digests(output, s)

TARGET static inline __m256i swap_bytes(__m256i x) {
    return _mm256_shuffle_epi8(
        x, _mm256_broadcastsi128_si256(_mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203)));
}

// Turns eight rows of eight words into eight words of all rows.
TARGET static inline void transpose(__m256i w[8], const __m256i r[8]) {
    __m256i t[8], u[8];
    for (int i = 0; i < 8; i += 2) {
        t[i] = _mm256_unpacklo_epi32(r[i], r[i + 1]);
        t[i + 1] = _mm256_unpackhi_epi32(r[i], r[i + 1]);
    }
    for (int i = 0; i < 8; i += 4) {
        u[i] = _mm256_unpacklo_epi64(t[i], t[i + 2]);
        u[i + 1] = _mm256_unpackhi_epi64(t[i], t[i + 2]);
        u[i + 2] = _mm256_unpacklo_epi64(t[i + 1], t[i + 3]);
        u[i + 3] = _mm256_unpackhi_epi64(t[i + 1], t[i + 3]);
    }
    for (int i = 0; i < 4; i++) {
        w[i] = _mm256_permute2x128_si256(u[i], u[i + 4], 0x20);
        w[i + 4] = _mm256_permute2x128_si256(u[i], u[i + 4], 0x31);
    }
}

TARGET static inline void load_words(__m256i w[16], const uint8_t *input) {
    __m256i rows[8];
    for (int half = 0; half < 2; half++) {
        for (int i = 0; i < 8; i++) {
            rows[i] = swap_bytes(_mm256_loadu_si256((const __m256i *)(input + 64 * i + 32 * half)));
        }
        transpose(w + 8 * half, rows);
    }
}

TARGET static inline void store_digests(uint8_t *output, const __m256i s[8]) {
    __m256i rows[8];
    transpose(rows, s);
    for (int i = 0; i < 8; i++) _mm256_storeu_si256((__m256i *)(output + 32 * i), rows[i]);
}

// The state of a second chain would not fit the registers.
#define CHAINS 1
#define HOLD(a, b) (void)0

#include "lanes_rounds.h"
#include "lanes_double64.h"
#include "lanes_search.h"
#endif

// The header search over the SHA extensions of x86: a few nonces in step.
#include "kernels.h"

#if CSHA256_X86
#include "shani.h"

#define INLINE static inline __attribute__((always_inline)) TARGET
#define TARGET_AVX __attribute__((target("sha,avx")))
#define UNROLL _Pragma("clang loop unroll(full)")
#define MOST_LANES 3

// What a search does once for all nonces.
typedef struct {
    // The state after round 3 with the nonce at zero, whose addition changes a and e alone; the
    // state before the block; and the one that the second hash begins with.
    __m128i s0, s1, before0, before1, initial0, initial1;
    // Round constants plus words that are padding, by pairs of rounds: of the header's rounds 4 to
    // 15, and of the digest's 8 to 15. Kept as they are used, they need not be shuffled.
    uint64_t padding[3][2], digest_padding[2][2];
    // Words 16 and 17, and what words 20 to 23 and 28 to 31 take from those before 18.
    __m128i w16, to20, to28;
    // What words 18 and 19 are without the nonce.
    uint32_t w18, w19;
} known_parts;

INLINE __m128i constants(int i) { return ((const __m128i *)csha256_k)[i]; }

INLINE known_parts know(const csha256_search *search) {
    known_parts c;
    const uint32_t *words = search->words;
    load_state(search->after_nonce, &c.s0, &c.s1);
    load_state(search->midstate, &c.before0, &c.before1);
    load_state(csha256_initial, &c.initial0, &c.initial1);
    const __m128i begin = _mm_set_epi32(0, 0, 0, (int)0x80000000), zero = _mm_setzero_si128();
    const __m128i end = _mm_set_epi32(640, 0, 0, 0), digest_end = _mm_set_epi32(256, 0, 0, 0);
    _mm_storeu_si128((__m128i *)c.padding[0], _mm_add_epi32(begin, constants(1)));
    _mm_storeu_si128((__m128i *)c.padding[1], constants(2));
    _mm_storeu_si128((__m128i *)c.padding[2], _mm_add_epi32(end, constants(3)));
    _mm_storeu_si128((__m128i *)c.digest_padding[0], _mm_add_epi32(begin, constants(2)));
    _mm_storeu_si128((__m128i *)c.digest_padding[1], _mm_add_epi32(digest_end, constants(3)));
    c.w16 = _mm_set_epi32(0, 0, (int)words[1], (int)words[0]);
    c.to20 = _mm_add_epi32(_mm_sha256msg1_epu32(begin, zero), _mm_alignr_epi8(c.w16, end, 4));
    c.to28 = _mm_sha256msg1_epu32(end, c.w16);
    c.w18 = words[2];
    c.w19 = words[3];
    return c;
}

INLINE void rounds(lane *x, __m128i low, __m128i high) {
    x->s1 = _mm_sha256rnds2_epu32(x->s1, x->s0, low);
    x->s0 = _mm_sha256rnds2_epu32(x->s0, x->s1, high);
}

INLINE void known_rounds(lane *x, const uint64_t k[2]) {
    rounds(x, _mm_loadl_epi64((const __m128i *)k), _mm_loadl_epi64((const __m128i *)(k + 1)));
}

INLINE void word_rounds(lane *x, int i) {
    const __m128i k = _mm_add_epi32(x->m[i & 3], constants(i));
    rounds(x, k, _mm_shuffle_epi32(k, 0x0e));
}

// The state after round 3, and words 16 to 19.
INLINE void begin_header(lane *x, const known_parts *c, uint32_t nonce) {
    nonce = __builtin_bswap32(nonce);
    x->s0 = _mm_add_epi32(c->s0, _mm_shuffle_epi32(_mm_cvtsi32_si128((int)nonce), 0x11));
    x->s1 = c->s1;
    const uint32_t low = c->w18 + csha256_small0(nonce), high = c->w19 + nonce;
    x->m[0] = _mm_unpacklo_epi64(
        c->w16, _mm_cvtsi64_si128((long long)((uint64_t)high << 32 | low)));
}

// Four rounds of the header's last block, from the fourth on. Words 8 to 14 are zero.
INLINE void header_quad(lane *x, const known_parts *c, int i) {
    if (i < 4) {
        known_rounds(x, c->padding[i - 1]);
        return;
    }
    if (i == 5) x->m[1] = _mm_sha256msg2_epu32(c->to20, x->m[0]);
    if (i == 6) x->m[2] = _mm_sha256msg2_epu32(_mm_alignr_epi8(x->m[1], x->m[0], 4), x->m[1]);
    if (i == 7) {
        x->m[3] = _mm_sha256msg2_epu32(
            _mm_add_epi32(c->to28, _mm_alignr_epi8(x->m[2], x->m[1], 4)), x->m[2]);
    }
    if (i > 7) x->m[i & 3] = next_words(x->m, i);
    word_rounds(x, i);
}

INLINE void begin_digest(lane *x, const known_parts *c) {
    x->s0 = _mm_add_epi32(x->s0, c->before0);
    x->s1 = _mm_add_epi32(x->s1, c->before1);
    take_digest(x);
    x->s0 = c->initial0;
    x->s1 = c->initial1;
}

// Four rounds over a digest. Words 9 to 14 are zero, and 8 and 15 are padding.
INLINE void digest_quad(lane *x, const known_parts *c, int i) {
    if (i == 2 || i == 3) {
        known_rounds(x, c->digest_padding[i - 2]);
        return;
    }
    if (i == 4) x->m[0] = _mm_sha256msg2_epu32(_mm_sha256msg1_epu32(x->m[0], x->m[1]), x->m[3]);
    if (i > 4) x->m[i & 3] = next_words(x->m, i);
    word_rounds(x, i);
}

// The last word of the digest, which is e after round 60, and so the lowest of `s1` after 61.
INLINE uint32_t last_word(lane *x) {
    const __m128i k = _mm_add_epi32(next_words(x->m, 15), constants(15));
    x->s1 = _mm_sha256rnds2_epu32(x->s1, x->s0, k);
    return __builtin_bswap32((uint32_t)_mm_cvtsi128_si32(x->s1) + csha256_initial[7]);
}

INLINE void keep_all(lane x[MOST_LANES], int lanes) {
    if (lanes == 2) {
        KEEP(x[0].s0, x[1].s0);
        KEEP(x[0].s1, x[1].s1);
    } else {
        __asm__("" : "+x"(x[0].s0), "+x"(x[1].s0), "+x"(x[2].s0));
        __asm__("" : "+x"(x[0].s1), "+x"(x[1].s1), "+x"(x[2].s1));
    }
}

INLINE void top_words(
    const known_parts *c, uint32_t nonce, uint32_t top[MOST_LANES], int lanes) {
    lane x[MOST_LANES];
    UNROLL for (int j = 0; j < lanes; j++) begin_header(&x[j], c, nonce + (uint32_t)j);
    UNROLL for (int i = 1; i < 16; i++) {
        UNROLL for (int j = 0; j < lanes; j++) header_quad(&x[j], c, i);
        keep_all(x, lanes);
    }
    UNROLL for (int j = 0; j < lanes; j++) begin_digest(&x[j], c);
    UNROLL for (int i = 0; i < 15; i++) {
        UNROLL for (int j = 0; j < lanes; j++) digest_quad(&x[j], c, i);
        keep_all(x, lanes);
    }
    UNROLL for (int j = 0; j < lanes; j++) top[j] = last_word(&x[j]);
}

INLINE bool search_lanes(
    const csha256_search *search, uint32_t from, uint64_t count, uint32_t *found, int lanes) {
    const known_parts known = know(search);
    uint64_t done = 0;
    for (; count - done >= (uint64_t)lanes; done += (uint64_t)lanes) {
        uint32_t top[MOST_LANES], nonce = from + (uint32_t)done;
        top_words(&known, nonce, top, lanes);
        for (int j = 0; j < lanes; j++) {
            if (__builtin_expect(top[j] > search->target_top, 1)) continue;
            if (!csha256_meets_target(search, nonce + (uint32_t)j)) continue;
            *found = nonce + (uint32_t)j;
            return true;
        }
    }
    return csha256_search_single(search, from + (uint32_t)done, count - done, found);
}

TARGET bool csha256_shani_search(
    const csha256_search *search, uint32_t from, uint64_t count, uint32_t *found) {
    return search_lanes(search, from, count, found, 2);
}

// Two lanes wait for one another's rounds, a processor's four cycles at a time; three do not. Their
// words fit the registers only where AVX spares the copies that two-operand instructions need, and
// a fourth lane would not fit even so.
TARGET_AVX bool csha256_shani_avx_search(
    const csha256_search *search, uint32_t from, uint64_t count, uint32_t *found) {
    return search_lanes(search, from, count, found, 3);
}
#endif

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

// What a search does once for all nonces.
typedef struct {
    // The state after rounds 0 and 1, whose words stand before the nonce; and the state before.
    __m128i s0, s1, before0, before1;
    // Round constants plus words 4 to 15, which are padding.
    __m128i padding[3];
    // Words 16 and 17, and what words 20 to 23 and 28 to 31 take from those before 18.
    __m128i w16, to20, to28;
    // Word 2 with its round's constant, and what words 18 and 19 are without the nonce.
    uint32_t k2, w18, w19;
} known_parts;

TARGET static inline known_parts know(const csha256_search *search) {
    known_parts c;
    const uint32_t *k = csha256_k, *tail = search->tail, *words = search->words;
    load_state(search->midstate, &c.before0, &c.before1);
    c.s0 = c.before0;
    c.s1 = _mm_sha256rnds2_epu32(
        c.before1, c.before0, _mm_set_epi32(0, 0, (int)(tail[1] + k[1]), (int)(tail[0] + k[0])));
    const __m128i m[3] = {
        _mm_set_epi32(0, 0, 0, (int)0x80000000), _mm_setzero_si128(), _mm_set_epi32(640, 0, 0, 0),
    };
    for (int i = 0; i < 3; i++) c.padding[i] = _mm_add_epi32(m[i], ((const __m128i *)k)[i + 1]);
    c.w16 = _mm_set_epi32(0, 0, (int)words[1], (int)words[0]);
    c.to20 = _mm_add_epi32(_mm_sha256msg1_epu32(m[0], m[1]), _mm_alignr_epi8(c.w16, m[2], 4));
    c.to28 = _mm_sha256msg1_epu32(m[2], c.w16);
    c.k2 = tail[2] + k[2];
    c.w18 = words[2];
    c.w19 = words[3];
    return c;
}

TARGET static inline __m128i two_words(uint32_t low, uint32_t high) {
    return _mm_cvtsi64_si128((long long)((uint64_t)high << 32 | low));
}

TARGET static inline __attribute__((always_inline)) void four_rounds(lane *x, __m128i k) {
    x->s1 = _mm_sha256rnds2_epu32(x->s1, x->s0, k);
    x->s0 = _mm_sha256rnds2_epu32(x->s0, x->s1, _mm_shuffle_epi32(k, 0x0e));
}

TARGET static inline __m128i constants(int i) { return ((const __m128i *)csha256_k)[i]; }

// Rounds 2 and 3, and words 16 to 19.
TARGET static inline __attribute__((always_inline)) void begin_header(
    lane *x, const known_parts *c, uint32_t nonce) {
    nonce = __builtin_bswap32(nonce);
    x->s1 = c->s1;
    x->s0 = _mm_sha256rnds2_epu32(c->s0, c->s1, two_words(c->k2, nonce + csha256_k[3]));
    x->m[0] = _mm_unpacklo_epi64(
        c->w16, two_words(c->w18 + csha256_small0(nonce), c->w19 + nonce));
}

// Four rounds of the header's last block, from the fourth on. Words 8 to 14 are zero.
TARGET static inline __attribute__((always_inline)) void header_quad(
    lane *x, const known_parts *c, int i) {
    if (i < 4) {
        four_rounds(x, c->padding[i - 1]);
        return;
    }
    if (i > 7) {
        quad(x, i);
        return;
    }
    if (i == 5) x->m[1] = _mm_sha256msg2_epu32(c->to20, x->m[0]);
    if (i == 6) x->m[2] = _mm_sha256msg2_epu32(_mm_alignr_epi8(x->m[1], x->m[0], 4), x->m[1]);
    if (i == 7) {
        x->m[3] = _mm_sha256msg2_epu32(
            _mm_add_epi32(c->to28, _mm_alignr_epi8(x->m[2], x->m[1], 4)), x->m[2]);
    }
    four_rounds(x, _mm_add_epi32(x->m[i & 3], constants(i)));
}

// Four rounds over a digest. Words 9 to 14 are zero, and 8 and 15 are padding.
TARGET static inline __attribute__((always_inline)) void digest_quad(lane *x, int i) {
    if (i == 2 || i == 3) {
        const __m128i word =
            i == 2 ? _mm_set_epi32(0, 0, 0, (int)0x80000000) : _mm_set_epi32(256, 0, 0, 0);
        four_rounds(x, _mm_add_epi32(word, constants(i)));
    } else if (i == 4) {
        x->m[0] = _mm_sha256msg2_epu32(_mm_sha256msg1_epu32(x->m[0], x->m[1]), x->m[3]);
        four_rounds(x, _mm_add_epi32(x->m[0], constants(4)));
    } else {
        quad(x, i);
    }
}

// The last word of the digest, which is e after round 60, and so the lowest of `s1` after 61.
TARGET static inline __attribute__((always_inline)) uint32_t last_word(lane *x) {
    __m128i k = _mm_add_epi32(next_words(x->m, 15), constants(15));
    x->s1 = _mm_sha256rnds2_epu32(x->s1, x->s0, k);
    return __builtin_bswap32((uint32_t)_mm_cvtsi128_si32(x->s1) + csha256_initial[7]);
}

#define KEEP_BOTH(x, y) KEEP((x).s0, (y).s0); KEEP((x).s1, (y).s1)

TARGET static inline __attribute__((always_inline)) void top_words(
    const known_parts *c, uint32_t nonce, uint32_t top[2]) {
    lane x, y;
    begin_header(&x, c, nonce), begin_header(&y, c, nonce + 1);
#pragma clang loop unroll(full)
    for (int i = 1; i < 16; i++) {
        header_quad(&x, c, i);
        header_quad(&y, c, i);
        KEEP_BOTH(x, y);
    }
    x.s0 = _mm_add_epi32(x.s0, c->before0), x.s1 = _mm_add_epi32(x.s1, c->before1);
    y.s0 = _mm_add_epi32(y.s0, c->before0), y.s1 = _mm_add_epi32(y.s1, c->before1);
    take_digest(&x), take_digest(&y);
#pragma clang loop unroll(full)
    for (int i = 0; i < 15; i++) {
        digest_quad(&x, i);
        digest_quad(&y, i);
        KEEP_BOTH(x, y);
    }
    top[0] = last_word(&x), top[1] = last_word(&y);
}

TARGET bool csha256_shani_search(
    const csha256_search *search, uint32_t from, uint64_t count, uint32_t *found) {
    const known_parts known = know(search);
    uint64_t done = 0;
    for (; count - done >= 2; done += 2) {
        uint32_t top[2], nonce = from + (uint32_t)done;
        top_words(&known, nonce, top);
        for (int i = 0; i < 2; i++) {
            if (__builtin_expect(top[i] > search->target_top, 1)) continue;
            if (!csha256_meets_target(search, nonce + (uint32_t)i)) continue;
            *found = nonce + (uint32_t)i;
            return true;
        }
    }
    return csha256_search_single(search, from + (uint32_t)done, count - done, found);
}
#endif

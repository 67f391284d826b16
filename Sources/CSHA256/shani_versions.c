// The header search over the SHA extensions of x86 under several versions: four lanes in step try
// one nonce under four versions. The version is not in the header's second block, so that the words
// of that block are worked out once a nonce and read by all lanes.
//
// Rounds alone keep the unit for them busy: four lanes wait for one another's four cycles and begin
// one round in each. So the words of all rounds are ready in memory, round constants added, before
// the rounds that want them. In one turn, the four lanes go through the rounds of one header's
// last block, then those of the digests of the headers two turns ago; beside them, a lane at a
// time, the words of the last turn's digests are worked out, in the units that rounds leave free.
#include "kernels.h"

#if CSHA256_X86
#include "shani.h"

#define TARGET_AVX __attribute__((target("sha,avx")))
#define INLINE static inline __attribute__((always_inline)) TARGET_AVX
#define UNROLL _Pragma("clang loop unroll(full)")
#define LANES 4
#define MOST_GROUPS (CSHA256_MOST_VERSIONS / LANES)
// Pairs of rounds of a header and of a digest: all but the first four, and all from the second on
// until the word is known that the target is compared with.
#define PAIRS 30
#define QUADS 15
// Of a turn's pairs, the share in which the words of one lane are worked out.
#define LANE_PAIRS (2 * PAIRS / LANES)

// What is handed on from turn to turn; there are two, which turns use by turns.
typedef struct {
    // Words of digests, four rounds each from round 1 on, and the state before that.
    __m128i words[LANES][QUADS], start[LANES];
    __m128i digest[LANES][2];
} stage;

typedef struct {
    stage stages[2];
    // Of a group of versions: the state after round 3 with the nonce at zero, whose addition
    // changes a and e alone, and the state before the block.
    __m128i after[MOST_GROUPS][LANES][2], before[MOST_GROUPS][LANES][2];
    // Words of the header, four rounds each from round 4 on.
    __m128i header[QUADS];
    // Round constants from round 1 on, four each.
    __m128i constants[QUADS];
    // The state after the first round of a digest whose first word is zero.
    __m128i start0, start1;
    // Words 16 and 17, and what words 20 to 23 and 28 to 31 take from those before 18; what words
    // 18 and 19 are without the nonce.
    __m128i w16, to20, to28;
    uint32_t w18, w19;
    __m128i limit;
} pipeline;

INLINE __m128i constants(int i) { return ((const __m128i *)csha256_k)[i]; }
INLINE __m128i header_begin(void) { return _mm_set_epi32(0, 0, 0, (int)0x80000000); }
INLINE __m128i header_end(void) { return _mm_set_epi32(640, 0, 0, 0); }

INLINE void know(pipeline *p, const csha256_search *searches, uint32_t versions) {
    memset(p, 0, sizeof *p);
    for (uint32_t v = 0; v < versions; v++) {
        __m128i *after = p->after[v / LANES][v % LANES], *before = p->before[v / LANES][v % LANES];
        load_state(searches[v].after_nonce, after, after + 1);
        load_state(searches[v].midstate, before, before + 1);
    }
    for (int i = 0; i < QUADS; i++) {
        p->constants[i] = _mm_loadu_si128((const __m128i *)(csha256_k + 1 + 4 * i));
    }
    const uint32_t *s = csha256_initial, *words = searches->words;
    const uint32_t t1 =
        s[7] + csha256_sigma1(s[4]) + (s[6] ^ (s[4] & (s[5] ^ s[6]))) + csha256_k[0];
    const uint32_t t2 = csha256_sigma0(s[0]) + ((s[0] & s[1]) | (s[2] & (s[0] | s[1])));
    const uint32_t first[8] = {t1 + t2, s[0], s[1], s[2], s[3] + t1, s[4], s[5], s[6]};
    load_state(first, &p->start0, &p->start1);

    p->w16 = _mm_set_epi32(0, 0, (int)words[1], (int)words[0]);
    p->to20 = _mm_add_epi32(
        _mm_sha256msg1_epu32(header_begin(), _mm_setzero_si128()),
        _mm_alignr_epi8(p->w16, header_end(), 4));
    p->to28 = _mm_sha256msg1_epu32(header_end(), p->w16);
    p->w18 = words[2];
    p->w19 = words[3];
    p->header[0] = _mm_add_epi32(header_begin(), constants(1));
    p->header[1] = constants(2);
    p->header[2] = _mm_add_epi32(header_end(), constants(3));
    for (int j = 0; j < LANES; j++) {
        p->stages[0].words[j][2] = p->stages[1].words[j][2] = p->constants[2];
    }
    p->limit = _mm_set1_epi32((int)searches->target_top);
}

// The words of the header's last block. Words 8 to 14 are zero.
INLINE void make_header_words(pipeline *p, uint32_t nonce) {
    __m128i m[4];
    const uint32_t low = p->w18 + csha256_small0(nonce), high = p->w19 + nonce;
    m[0] = _mm_unpacklo_epi64(
        p->w16, _mm_cvtsi64_si128((long long)((uint64_t)high << 32 | low)));
    m[1] = _mm_sha256msg2_epu32(p->to20, m[0]);
    m[2] = _mm_sha256msg2_epu32(_mm_alignr_epi8(m[1], m[0], 4), m[1]);
    m[3] = _mm_sha256msg2_epu32(_mm_add_epi32(p->to28, _mm_alignr_epi8(m[2], m[1], 4)), m[2]);
    UNROLL for (int i = 4; i < 16; i++) {
        if (i > 7) m[i & 3] = next_words(m, i);
        p->header[i - 1] = _mm_add_epi32(m[i & 3], constants(i));
    }
}

// Takes the digest of a lane as words 1 to 8, with the bit that ends it; 13 to 15 are padding, and
// 16 is the first that is worked out. Word 0 goes into the state.
INLINE void take_words(const pipeline *p, stage *stage, int lane, __m128i m[4]) {
    const __m128i s0 = stage->digest[lane][0], s1 = stage->digest[lane][1];
    const __m128i becd = _mm_castps_si128(_mm_shuffle_ps(
        _mm_castsi128_ps(s0), _mm_castsi128_ps(s1), _MM_SHUFFLE(2, 3, 1, 2)));
    m[0] = _mm_shuffle_epi32(becd, _MM_SHUFFLE(1, 3, 2, 0));
    m[1] = _mm_blend_epi16(
        _mm_shuffle_epi32(_mm_unpacklo_epi32(s0, s1), _MM_SHUFFLE(0, 1, 3, 0)),
        _mm_set_epi32((int)0x80000000, 0, 0, 0), 0xc0);
    m[2] = _mm_setzero_si128();
    m[3] = _mm_blend_epi16(_mm_sha256msg1_epu32(s0, m[0]), _mm_set_epi32(0, 256, 0, 0), 0x3f);
    const __m128i first =
        _mm_shuffle_epi8(s0, _mm_set_epi32(0x0f0e0d0c, -1, 0x0f0e0d0c, -1));
    stage->start[lane] = _mm_add_epi32(first, p->start0);
    UNROLL for (int i = 0; i < 4; i++) {
        if (i != 2) stage->words[lane][i] = _mm_add_epi32(m[i], p->constants[i]);
    }
}

// The words of four more rounds of a digest. Words 9 to 14 are zero.
INLINE void make_words(const pipeline *p, stage *stage, int lane, __m128i m[4], int i) {
    if (i == 4) m[0] = _mm_sha256msg2_epu32(_mm_sha256msg1_epu32(m[0], m[1]), m[3]);
    if (i == 6) m[2] = _mm_sha256msg2_epu32(_mm_alignr_epi8(m[1], m[0], 4), m[1]);
    if (i == 5 || i > 6) m[i & 3] = next_words(m, i);
    stage->words[lane][i] = _mm_add_epi32(m[i & 3], p->constants[i]);
}

INLINE __m128i pair_of_words(const __m128i *words, int pair) {
    return _mm_loadl_epi64((const __m128i *)((const uint64_t *)words + pair));
}

// One turn over a group of versions. Returns a bit for each lane of two turns ago whose digest is
// at most the target by its top 32 bits.
INLINE int turn(const pipeline *p, stage *now, stage *next, int group, uint32_t nonce) {
    __m128i s[2][LANES], m[4];
    const __m128i added = _mm_shuffle_epi32(_mm_cvtsi32_si128((int)nonce), 0x11);
    UNROLL for (int j = 0; j < LANES; j++) {
        s[0][j] = _mm_add_epi32(p->after[group][j][0], added);
        s[1][j] = p->after[group][j][1];
    }
    UNROLL for (int i = 0; i < 2 * PAIRS; i++) {
        if (i == PAIRS) {
            UNROLL for (int j = 0; j < LANES; j++) {
                now->digest[j][0] = _mm_add_epi32(s[0][j], p->before[group][j][0]);
                now->digest[j][1] = _mm_add_epi32(s[1][j], p->before[group][j][1]);
                s[0][j] = now->start[j];
                s[1][j] = p->start1;
            }
        }
        UNROLL for (int j = 0; j < LANES; j++) {
            const __m128i k = i < PAIRS ? pair_of_words(p->header, i)
                                        : pair_of_words(now->words[j], i - PAIRS);
            s[~i & 1][j] = _mm_sha256rnds2_epu32(s[~i & 1][j], s[i & 1][j], k);
        }
        const int lane = i / LANE_PAIRS, step = i % LANE_PAIRS;
        if (step == 0) take_words(p, next, lane, m);
        if (step > 0 && step + 3 < QUADS) make_words(p, next, lane, m, step + 3);
        // Holds the order: the compiler would gather what belongs to one lane.
        __asm__ volatile("" : "+x"(s[0][0]), "+x"(s[0][1]), "+x"(s[0][2]), "+x"(s[0][3]),
            "+x"(s[1][0]), "+x"(s[1][1]), "+x"(s[1][2]), "+x"(s[1][3]));
    }
    // The last word of the digest is e after round 60.
    __m128i e = _mm_unpackhi_epi64(
        _mm_unpacklo_epi32(s[0][0], s[0][1]), _mm_unpacklo_epi32(s[0][2], s[0][3]));
    e = _mm_add_epi32(e, _mm_set1_epi32((int)csha256_initial[7]));
    e = _mm_shuffle_epi8(e, _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203));
    return _mm_movemask_ps(_mm_castsi128_ps(_mm_cmpeq_epi32(_mm_min_epu32(e, p->limit), e)));
}

// `versions` is a multiple of four.
TARGET_AVX bool csha256_shani_avx_search_versions(
    const csha256_search *searches, uint32_t versions, uint32_t from, uint64_t count,
    uint32_t *found, uint32_t *version) {
    pipeline p;
    know(&p, searches, versions);
    const uint32_t groups = versions / LANES;
    stage *now = &p.stages[0], *next = &p.stages[1];
    uint32_t group = 0, nonce = from;
    for (uint64_t i = 0; i < count * groups + 2; i++) {
        const uint32_t swapped = __builtin_bswap32(nonce);
        if (group == 0) make_header_words(&p, swapped);
        int mask = turn(&p, now, next, (int)group, swapped);
        stage *const other = next;
        next = now, now = other;
        if (++group == groups) group = 0, nonce++;
        if (__builtin_expect(mask == 0, 1) || i < 2) continue;
        for (; mask != 0; mask &= mask - 1) {
            const uint32_t lane = (uint32_t)__builtin_ctz((unsigned)mask);
            const uint32_t solver = (uint32_t)((i - 2) % groups) * LANES + lane;
            const uint32_t solution = from + (uint32_t)((i - 2) / groups);
            if (!csha256_meets_target(searches + solver, solution)) continue;
            *found = solution;
            *version = solver;
            return true;
        }
    }
    return false;
}
#endif

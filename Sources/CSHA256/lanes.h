// SHA-256 of many messages side by side, one a lane. It is included once a width, by a file that
// has defined V, LANES, TARGET, PREFIX, ADD, SET1, ROTATE, SHIFT, XOR3, CHOOSE, MAJORITY,
// SWAP_BYTES, LOAD_WORDS, STORE_DIGESTS, COUNTING and LANES_AT_MOST.
#include "kernels.h"

#define LANE static inline __attribute__((always_inline)) TARGET
#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define NAME(suffix) JOIN(PREFIX, suffix)

#define SIGMA0(x) XOR3(ROTATE(x, 2), ROTATE(x, 13), ROTATE(x, 22))
#define SIGMA1(x) XOR3(ROTATE(x, 6), ROTATE(x, 11), ROTATE(x, 25))
#define SMALL0(x) XOR3(ROTATE(x, 7), ROTATE(x, 18), SHIFT(x, 3))
#define SMALL1(x) XOR3(ROTATE(x, 17), ROTATE(x, 19), SHIFT(x, 10))

// One round. The state stays where it is and the names turn: slot (7 - i) & 7 holds h in round i.
LANE void one_round(V s[8], int i, V constant_and_word) {
#define AT(n) s[((n) - i) & 7]
    V t = ADD(ADD(AT(7), constant_and_word), ADD(SIGMA1(AT(4)), CHOOSE(AT(4), AT(5), AT(6))));
    AT(3) = ADD(AT(3), t);
    AT(7) = ADD(t, ADD(SIGMA0(AT(0)), MAJORITY(AT(0), AT(1), AT(2))));
#undef AT
}

LANE V next_word(V w[16], int i) {
    return w[i & 15] = ADD(
        ADD(w[i & 15], SMALL0(w[(i + 1) & 15])), ADD(w[(i + 9) & 15], SMALL1(w[(i + 14) & 15])));
}

LANE void word_rounds(V s[8], V w[16], int from, int to) {
#pragma clang loop unroll(full)
    for (int i = from; i < to; i++) one_round(s, i, ADD(SET1(csha256_k[i]), next_word(w, i)));
}

LANE void initial_state(V s[8]) {
#pragma clang loop unroll(full)
    for (int i = 0; i < 8; i++) s[i] = SET1(csha256_initial[i]);
}

// Hashes the 32 bytes that `x` holds as eight words, up to but not including round `last`.
// The words that padding makes constant are folded into the schedule by hand.
LANE void hash_digest(V s[8], V x[16], int last) {
    initial_state(s);
#pragma clang loop unroll(full)
    for (int i = 0; i < 8; i++) one_round(s, i, ADD(SET1(csha256_k[i]), x[i]));
#pragma clang loop unroll(full)
    for (int i = 8; i < 16; i++) {
        one_round(s, i, SET1(csha256_k[i] + (i == 8 ? 0x80000000 : i == 15 ? 256 : 0)));
    }
    x[0] = ADD(x[0], SMALL0(x[1]));
    x[1] = ADD(ADD(x[1], SMALL0(x[2])), SET1(csha256_small1(256)));
    x[2] = ADD(ADD(x[2], SMALL0(x[3])), SMALL1(x[0]));
    x[3] = ADD(ADD(x[3], SMALL0(x[4])), SMALL1(x[1]));
    x[4] = ADD(ADD(x[4], SMALL0(x[5])), SMALL1(x[2]));
    x[5] = ADD(ADD(x[5], SMALL0(x[6])), SMALL1(x[3]));
    x[6] = ADD(ADD(x[6], SMALL0(x[7])), ADD(SMALL1(x[4]), SET1(256)));
    x[7] = ADD(ADD(x[7], x[0]), ADD(SMALL1(x[5]), SET1(csha256_small0(0x80000000))));
    x[8] = ADD(ADD(x[1], SET1(0x80000000)), SMALL1(x[6]));
    x[9] = ADD(x[2], SMALL1(x[7]));
    x[10] = ADD(x[3], SMALL1(x[8]));
    x[11] = ADD(x[4], SMALL1(x[9]));
    x[12] = ADD(x[5], SMALL1(x[10]));
    x[13] = ADD(x[6], SMALL1(x[11]));
    x[14] = ADD(ADD(x[7], SET1(csha256_small0(256))), SMALL1(x[12]));
    x[15] = ADD(ADD(x[8], SMALL0(x[0])), ADD(SMALL1(x[13]), SET1(256)));
#pragma clang loop unroll(full)
    for (int i = 16; i < 32; i++) one_round(s, i, ADD(SET1(csha256_k[i]), x[i & 15]));
    word_rounds(s, x, 32, last);
}

TARGET void NAME(_double64)(uint8_t *output, const uint8_t *input, size_t count) {
    for (; count >= LANES; count -= LANES, input += 64 * LANES, output += 32 * LANES) {
        V s[8], w[16], middle[8];
        LOAD_WORDS(w, input);
        initial_state(s);
#pragma clang loop unroll(full)
        for (int i = 0; i < 16; i++) one_round(s, i, ADD(SET1(csha256_k[i]), w[i]));
        word_rounds(s, w, 16, 64);
#pragma clang loop unroll(full)
        for (int i = 0; i < 8; i++) middle[i] = s[i] = ADD(s[i], SET1(csha256_initial[i]));
        // The second block is padding alone: its words are known.
#pragma clang loop unroll(full)
        for (int i = 0; i < 64; i++) one_round(s, i, SET1(csha256_padding64[i]));
#pragma clang loop unroll(full)
        for (int i = 0; i < 8; i++) w[i] = ADD(s[i], middle[i]);
        hash_digest(s, w, 64);
#pragma clang loop unroll(full)
        for (int i = 0; i < 8; i++) s[i] = SWAP_BYTES(ADD(s[i], SET1(csha256_initial[i])));
        STORE_DIGESTS(output, s);
    }
    if (count) csha256_double64_single(output, input, count);
}

// The last word of the double hash of a header, bytes swapped, a nonce a lane: the top 32 bits of
// the number that proof of work compares. It is known three rounds before the end.
LANE V top_words(const csha256_search *search, V nonces) {
    V s[8], w[16];
    const V nonce = SWAP_BYTES(nonces);
    const uint32_t w16 = search->words[0], w17 = search->words[1];
    // Up to the nonce all is known; slots as `one_round` finds them in round 4.
    s[4] = ADD(SET1(search->after_nonce[0]), nonce);
    s[5] = SET1(search->after_nonce[1]);
    s[6] = SET1(search->after_nonce[2]);
    s[7] = SET1(search->after_nonce[3]);
    s[0] = ADD(SET1(search->after_nonce[4]), nonce);
    s[1] = SET1(search->after_nonce[5]);
    s[2] = SET1(search->after_nonce[6]);
    s[3] = SET1(search->after_nonce[7]);
#pragma clang loop unroll(full)
    for (int i = 4; i < 16; i++) {
        one_round(s, i, SET1(csha256_k[i] + (i == 4 ? 0x80000000 : i == 15 ? 640 : 0)));
    }
    one_round(s, 16, SET1(csha256_k[16] + w16));
    one_round(s, 17, SET1(csha256_k[17] + w17));
    w[2] = ADD(SET1(search->words[2]), SMALL0(nonce));
    w[3] = ADD(SET1(search->words[3]), nonce);
    w[4] = ADD(SET1(0x80000000), SMALL1(w[2]));
    w[5] = SMALL1(w[3]);
    w[6] = ADD(SET1(640), SMALL1(w[4]));
    w[7] = ADD(SET1(w16), SMALL1(w[5]));
    w[8] = ADD(SET1(w17), SMALL1(w[6]));
    w[9] = ADD(w[2], SMALL1(w[7]));
    w[10] = ADD(w[3], SMALL1(w[8]));
    w[11] = ADD(w[4], SMALL1(w[9]));
    w[12] = ADD(w[5], SMALL1(w[10]));
    w[13] = ADD(w[6], SMALL1(w[11]));
    w[14] = ADD(ADD(w[7], SET1(csha256_small0(640))), SMALL1(w[12]));
    w[15] = ADD(ADD(w[8], SET1(search->words[4])), SMALL1(w[13]));
    w[0] = ADD(ADD(w[9], SET1(search->words[5])), SMALL1(w[14]));
    w[1] = ADD(ADD(w[10], SET1(w17)), ADD(SMALL0(w[2]), SMALL1(w[15])));
#pragma clang loop unroll(full)
    for (int i = 18; i < 34; i++) one_round(s, i, ADD(SET1(csha256_k[i]), w[i & 15]));
    word_rounds(s, w, 34, 64);
#pragma clang loop unroll(full)
    for (int i = 0; i < 8; i++) w[i] = ADD(s[i], SET1(search->midstate[i]));
    hash_digest(s, w, 61);
    // What is e after 61 rounds is h after 64.
    return SWAP_BYTES(ADD(s[(4 - 61) & 7], SET1(csha256_initial[7])));
}

TARGET bool NAME(_search)(
    const csha256_search *search, uint32_t from, uint64_t count, uint32_t *found) {
    const V limit = SET1(search->target_top);
    uint64_t done = 0;
    for (; count - done >= LANES; done += LANES) {
        uint32_t start = from + (uint32_t)done;
        // Computed first: the macro may use its argument twice.
        const V top = top_words(search, ADD(SET1(start), COUNTING));
        uint32_t mask = LANES_AT_MOST(top, limit);
        for (; __builtin_expect(mask != 0, 0); mask &= mask - 1) {
            uint32_t nonce = start + (uint32_t)__builtin_ctz(mask);
            if (csha256_meets_target(search, nonce)) {
                *found = nonce;
                return true;
            }
        }
    }
    return csha256_search_single(search, from + (uint32_t)done, count - done, found);
}

// The double hash of many messages of 64 bytes, one a lane. It is included once a width, after
// `lanes_rounds.h`, by a file that has also defined LOAD_WORDS and STORE_DIGESTS.

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
        initial_state(s);
#pragma clang loop unroll(full)
        for (int i = 0; i < 64; i++) one_round(s, i, ADD(SET1(csha256_k[i]), digest_word(w, i)));
#pragma clang loop unroll(full)
        for (int i = 0; i < 8; i++) s[i] = SWAP_BYTES(ADD(s[i], SET1(csha256_initial[i])));
        STORE_DIGESTS(output, s);
    }
    if (count) csha256_double64_single(output, input, count);
}


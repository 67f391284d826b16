// The header search of many lanes. It is included once a width, after `lanes_rounds.h`, by a file that
// has also defined COUNTING, LANES_AT_MOST, HOLD and CHAINS: how many vectors go through the rounds
// side by side, for in one chain an instruction waits for the one before.
//
// Lanes are nonces under one version, or versions of one nonce. The version is not in the header's
// second block, so in the latter case the words of that block are the same in all lanes: they are
// worked out for as many nonces as there are lanes at once, and read one word for all lanes.

#define UNROLL _Pragma("clang loop unroll(full)")
#define EACH_CHAIN UNROLL for (int c = 0; c < CHAINS; c++)

// Words and constants of the header's second block, a nonce a lane, for all rounds from the one
// after the nonce.
enum { FIRST_ROUND = 4 };
typedef struct {
    V rounds[64];
} header_words;

// The words that hold no part of the nonce.
LANE void know_words(header_words *words, const csha256_search *search) {
    for (int i = FIRST_ROUND; i < 18; i++) {
        const uint32_t word = i == 4 ? 0x80000000 : i == 15 ? 640 : i < 16 ? 0 : search->words[i - 16];
        words->rounds[i] = SET1(csha256_k[i] + word);
    }
}

LANE void make_words(header_words *words, const csha256_search *search, V nonce) {
    V w[16];
    const uint32_t w16 = search->words[0], w17 = search->words[1];
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
    UNROLL for (int i = 18; i < 64; i++) {
        const V word = i < 34 ? w[i & 15] : next_word(w, i);
        words->rounds[i] = ADD(SET1(csha256_k[i]), word);
    }
}

// Goes through one round in every chain. What they do in it stands side by side.
LANE void chain_round(V s[CHAINS][8], int i, const V constants_and_words[CHAINS]) {
    EACH_CHAIN one_round(s[c], i, constants_and_words[c]);
    // The two that the round changed: else the compiler would gather what belongs to one chain.
    EACH_CHAIN HOLD(s[c][(3 - i) & 7], s[c][(7 - i) & 7]);
}

// What a chain begins with: versions side by side, or one in all lanes.
typedef struct {
    // The state after the round of a nonce of zero, which is only added there, and before the block.
    V after_nonce[8], before[8];
} group;

LANE void put_version(group *group, uint32_t lane, const csha256_search *search) {
    for (int i = 0; i < 8; i++) {
        memcpy((uint8_t *)(group->after_nonce + i) + 4 * lane, search->after_nonce + i, 4);
        memcpy((uint8_t *)(group->before + i) + 4 * lane, search->midstate + i, 4);
    }
}

// What is known of the header: the words of its second block from the first round on, of a nonce for
// each lane or, with `is_one_nonce`, of one nonce for all; and that nonce, or these, as it stands
// there.
typedef struct {
    const group *group;
    const uint32_t *words;
    V nonce;
} chain;

LANE V round_word(const chain *chain, bool is_one_nonce, int i) {
    const uint32_t *word = chain->words + i * LANES;
    return is_one_nonce ? SET1(*word) : *(const V *)word;
}

LANE void hash_header(V s[CHAINS][8], const chain chains[CHAINS], bool is_one_nonce) {
    V w[CHAINS];
    EACH_CHAIN {
        // Where round 4 looks for them.
        UNROLL for (int i = 0; i < 8; i++) {
            s[c][(i + 4) & 7] = chains[c].group->after_nonce[i];
        }
        s[c][4] = ADD(s[c][4], chains[c].nonce);
        s[c][0] = ADD(s[c][0], chains[c].nonce);
    }
    UNROLL for (int i = FIRST_ROUND; i < 8; i++) {
        EACH_CHAIN w[c] = round_word(&chains[c], is_one_nonce, i);
        chain_round(s, i, w);
    }
    // Not unrolled whole, so that a turn finds room where the processor keeps decoded instructions.
    _Pragma("clang loop unroll(disable)") for (int i = 8; i < 64; i += 8) {
        UNROLL for (int j = 0; j < 8; j++) {
            EACH_CHAIN w[c] = round_word(&chains[c], is_one_nonce, i + j);
            chain_round(s, j, w);
        }
    }
}

// The last word of the double hash of headers, bytes swapped: the top 32 bits of the number that
// proof of work compares. It is known three rounds before the end.
LANE void top_words(V top[CHAINS], const chain chains[CHAINS], bool is_one_nonce) {
    V s[CHAINS][8], x[CHAINS][16], w[CHAINS];
    hash_header(s, chains, is_one_nonce);
    EACH_CHAIN UNROLL for (int i = 0; i < 8; i++) {
        x[c][i] = ADD(s[c][i], chains[c].group->before[i]);
    }
    // The first round of a digest works on constants, to which the first word is added.
    const uint32_t *h = csha256_initial;
    const uint32_t t1 =
        h[7] + csha256_sigma1(h[4]) + (h[6] ^ (h[4] & (h[5] ^ h[6]))) + csha256_k[0];
    const uint32_t t2 = csha256_sigma0(h[0]) + ((h[0] & h[1]) | (h[2] & (h[0] | h[1])));
    EACH_CHAIN {
        initial_state(s[c]);
        s[c][3] = ADD(x[c][0], SET1(h[3] + t1));
        s[c][7] = ADD(x[c][0], SET1(t1 + t2));
    }
    UNROLL for (int i = 1; i < 61; i++) {
        EACH_CHAIN w[c] = ADD(SET1(csha256_k[i]), digest_word(x[c], i));
        chain_round(s, i, w);
    }
    // What is e after 61 rounds is h after 64.
    EACH_CHAIN top[c] = SWAP_BYTES(ADD(s[c][(4 - 61) & 7], SET1(h[7])));
}

TARGET bool NAME(_search)(
    const csha256_search *search, uint32_t from, uint64_t count, uint32_t *found) {
    const V limit = SET1(search->target_top);
    header_words words[CHAINS];
    group group;
    chain chains[CHAINS];
    for (uint32_t lane = 0; lane < LANES; lane++) put_version(&group, lane, search);
    EACH_CHAIN {
        know_words(&words[c], search);
        chains[c].group = &group;
        chains[c].words = (const uint32_t *)words[c].rounds;
    }
    for (uint64_t done = 0; done < count; done += CHAINS * LANES) {
        V top[CHAINS];
        EACH_CHAIN {
            const uint32_t start = from + (uint32_t)done + (uint32_t)c * LANES;
            // Computed first: the macro may use its argument twice.
            const V nonces = ADD(SET1(start), COUNTING);
            chains[c].nonce = SWAP_BYTES(nonces);
            make_words(&words[c], search, chains[c].nonce);
        }
        top_words(top, chains, false);
        EACH_CHAIN {
            uint32_t mask = LANES_AT_MOST(top[c], limit);
            for (; __builtin_expect(mask != 0, 0); mask &= mask - 1) {
                const uint64_t place = done + (uint64_t)(c * LANES + __builtin_ctz(mask));
                // The last turn goes beyond the range.
                if (place >= count) return false;
                if (csha256_meets_target(search, from + (uint32_t)place)) {
                    *found = from + (uint32_t)place;
                    return true;
                }
            }
        }
    }
    return false;
}

// `versions` is a multiple of LANES.
TARGET bool NAME(_search_versions)(
    const csha256_search *searches, uint32_t versions, uint32_t from, uint64_t count,
    uint32_t *found, uint32_t *version) {
    const V limit = SET1(searches->target_top);
    header_words words;
    group groups[CSHA256_MOST_VERSIONS / LANES];
    chain chains[CHAINS];
    for (uint32_t v = 0; v < versions; v++) put_version(&groups[v / LANES], v % LANES, searches + v);
    know_words(&words, searches);
    const uint32_t each = versions / LANES;
    for (uint64_t done = 0; done < count; done += LANES) {
        const uint32_t start = from + (uint32_t)done;
        const V nonces = ADD(SET1(start), COUNTING);
        make_words(&words, searches, SWAP_BYTES(nonces));
        // In the order of the search: by nonce, then by version.
        const uint32_t left = count - done < LANES ? (uint32_t)(count - done) : LANES;
        for (uint32_t place = 0; place < left * each; place += CHAINS) {
            V top[CHAINS];
            EACH_CHAIN {
                const uint32_t nonce = (place + (uint32_t)c) / each;
                chains[c].group = &groups[(place + (uint32_t)c) % each];
                chains[c].words = (const uint32_t *)words.rounds + nonce;
                chains[c].nonce = SET1(__builtin_bswap32(start + nonce));
            }
            top_words(top, chains, true);
            EACH_CHAIN {
                uint32_t mask = LANES_AT_MOST(top[c], limit);
                for (; __builtin_expect(mask != 0, 0); mask &= mask - 1) {
                    const uint32_t nonce = (place + (uint32_t)c) / each;
                    const uint32_t solver =
                        (place + (uint32_t)c) % each * LANES + (uint32_t)__builtin_ctz(mask);
                    // The last turn goes beyond the range.
                    if (nonce >= left) return false;
                    if (csha256_meets_target(searches + solver, start + nonce)) {
                        *found = start + nonce;
                        *version = solver;
                        return true;
                    }
                }
            }
        }
    }
    return false;
}

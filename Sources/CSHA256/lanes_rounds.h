// The rounds of SHA-256 in many lanes side by side. It is included once a width, by a file that has
// defined V, LANES, TARGET, PREFIX, ADD, SET1, ROTATE, SHIFT, XOR3, CHOOSE, MAJORITY and SWAP_BYTES.
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
    // What is known first is added first: the next round waits for e.
    V t = ADD(ADD(ADD(AT(7), constant_and_word), CHOOSE(AT(4), AT(5), AT(6))), SIGMA1(AT(4)));
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

// Word `i` of the block of a digest, whose words `x` holds; to be asked for in order. What padding
// makes constant is folded into the schedule by hand.
LANE V digest_word(V x[16], int i) {
    switch (i) {
    case 0 ... 7: return x[i];
    case 8: return SET1(0x80000000);
    case 9 ... 14: return SET1(0);
    case 15: return SET1(256);
    case 16: return x[0] = ADD(x[0], SMALL0(x[1]));
    case 17: return x[1] = ADD(ADD(x[1], SMALL0(x[2])), SET1(csha256_small1(256)));
    case 18 ... 21: return x[i - 16] = ADD(ADD(x[i - 16], SMALL0(x[i - 15])), SMALL1(x[i - 18]));
    case 22: return x[6] = ADD(ADD(x[6], SMALL0(x[7])), ADD(SMALL1(x[4]), SET1(256)));
    case 23:
        return x[7] = ADD(ADD(x[7], x[0]), ADD(SMALL1(x[5]), SET1(csha256_small0(0x80000000))));
    case 24: return x[8] = ADD(ADD(x[1], SET1(0x80000000)), SMALL1(x[6]));
    case 25 ... 29: return x[i - 16] = ADD(x[i - 23], SMALL1(x[i - 18]));
    case 30: return x[14] = ADD(ADD(x[7], SET1(csha256_small0(256))), SMALL1(x[12]));
    case 31: return x[15] = ADD(ADD(x[8], SMALL0(x[0])), ADD(SMALL1(x[13]), SET1(256)));
    default: return next_word(x, i);
    }
}

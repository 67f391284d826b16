// The product modulo 2^3072 - 1103717 in plain C, and what all kernels do after multiplying.
#include "kernels.h"

typedef unsigned __int128 wide;

// Adds, and returns what runs over 2^3072.
static uint64_t add(uint64_t *number, uint64_t value) {
    for (int i = 0; i < CMUHASH_WORDS && value; i++) {
        number[i] += value;
        value = number[i] < value;
    }
    return value;
}

static bool is_at_least_modulus(const uint64_t *number) {
    if (number[0] < -(uint64_t)CMUHASH_EXCESS) return false;
    for (int i = 1; i < CMUHASH_WORDS; i++) {
        if (number[i] != UINT64_MAX) return false;
    }
    return true;
}

void cmuhash_reduce(uint64_t *number, const uint64_t *product) {
    uint64_t carry = 0;
    for (int i = 0; i < CMUHASH_WORDS; i++) {
        wide sum = (wide)product[i + CMUHASH_WORDS] * CMUHASH_EXCESS + product[i] + carry;
        number[i] = (uint64_t)sum;
        carry = (uint64_t)(sum >> 64);
    }
    // What runs over is at most the excess, so that its own multiple is no more than a word.
    while (carry) carry = add(number, carry * CMUHASH_EXCESS);
    if (is_at_least_modulus(number)) add(number, CMUHASH_EXCESS);
}

void cmuhash_multiply_portable(uint64_t *number, const uint64_t *factor) {
    uint64_t product[2 * CMUHASH_WORDS] = {0};
    for (int row = 0; row < CMUHASH_WORDS; row++) {
        uint64_t carry = 0;
        for (int column = 0; column < CMUHASH_WORDS; column++) {
            wide sum = (wide)number[row] * factor[column] + product[row + column] + carry;
            product[row + column] = (uint64_t)sum;
            carry = (uint64_t)(sum >> 64);
        }
        product[row + CMUHASH_WORDS] = carry;
    }
    cmuhash_reduce(number, product);
}

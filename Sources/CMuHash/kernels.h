#pragma once

#include "CMuHash.h"
#include <string.h>

#if defined(__x86_64__)
#define CMUHASH_X86 1
#endif

/// What 2^3072 is, modulo the prime.
#define CMUHASH_EXCESS 1103717u

void cmuhash_multiply_portable(uint64_t *number, const uint64_t *factor);
void cmuhash_keystream_portable(uint64_t *words, const uint8_t *key);

/// Folds the upper half of a product of 96 words onto the lower, since 2^3072 is the excess, and
/// reduces below the modulus.
void cmuhash_reduce(uint64_t *number, const uint64_t *product);

#if CMUHASH_X86
void cmuhash_multiply_adx(uint64_t *number, const uint64_t *factor);
void cmuhash_keystream_avx2(uint64_t *words, const uint8_t *key);
#endif

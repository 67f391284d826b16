#pragma once

#include "CSHA256.h"
#include <string.h>

#if defined(__x86_64__)
#define CSHA256_X86 1
#include <immintrin.h>
#endif
#if defined(__aarch64__) && (defined(__ARM_FEATURE_SHA2) || defined(__ARM_FEATURE_CRYPTO))
#define CSHA256_ARM 1
#endif

extern const uint32_t csha256_k[64];
extern const uint32_t csha256_initial[8];

static inline uint32_t csha256_load(const uint8_t *bytes) {
    uint32_t word;
    memcpy(&word, bytes, 4);
    return __builtin_bswap32(word);
}

static inline void csha256_store(uint8_t *bytes, uint32_t word) {
    word = __builtin_bswap32(word);
    memcpy(bytes, &word, 4);
}

static inline uint32_t csha256_rotate(uint32_t x, int n) { return (x >> n) | (x << (32 - n)); }

void csha256_compress_portable(uint32_t state[8], const uint8_t *blocks, size_t count);
void csha256_double64_portable(uint8_t *output, const uint8_t *input, size_t count);
#if CSHA256_X86
void csha256_compress_shani(uint32_t state[8], const uint8_t *blocks, size_t count);
#endif

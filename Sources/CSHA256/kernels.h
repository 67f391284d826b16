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

static inline uint32_t csha256_sigma0(uint32_t x) {
    return csha256_rotate(x, 2) ^ csha256_rotate(x, 13) ^ csha256_rotate(x, 22);
}
static inline uint32_t csha256_sigma1(uint32_t x) {
    return csha256_rotate(x, 6) ^ csha256_rotate(x, 11) ^ csha256_rotate(x, 25);
}
static inline uint32_t csha256_small0(uint32_t x) {
    return csha256_rotate(x, 7) ^ csha256_rotate(x, 18) ^ (x >> 3);
}
static inline uint32_t csha256_small1(uint32_t x) {
    return csha256_rotate(x, 17) ^ csha256_rotate(x, 19) ^ (x >> 10);
}

// Round constants plus words of the block that pads a message of 64 bytes.
extern uint32_t csha256_padding64[64];
void csha256_prepare_padding(void);

bool csha256_is_at_most(const uint8_t digest[32], const uint8_t target[32]);
bool csha256_meets_target(const csha256_search *search, uint32_t nonce);
bool csha256_search_single(
    const csha256_search *search, uint32_t from, uint64_t count, uint32_t *found);
void csha256_double64_single(uint8_t *output, const uint8_t *input, size_t count);
void csha256_double64_each(
    csha256_kernel kernel, uint8_t *output, const uint8_t *input, size_t count);
void csha256_header_hash(uint8_t output[32], const uint8_t header[80], uint32_t nonce);

void csha256_compress_portable(uint32_t state[8], const uint8_t *blocks, size_t count);

#if CSHA256_X86
void csha256_compress_shani(uint32_t state[8], const uint8_t *blocks, size_t count);
void csha256_shani_compress_two(
    uint32_t a[8], const uint8_t *x, uint32_t b[8], const uint8_t *y, size_t count);

#define CSHA256_DECLARE(name)                                               \
    void csha256_##name##_double64(uint8_t *, const uint8_t *, size_t);     \
    CSHA256_DECLARE_SEARCH(name)
#define CSHA256_DECLARE_SEARCH(name)                                                       \
    bool csha256_##name##_search(const csha256_search *, uint32_t, uint64_t, uint32_t *);  \
    bool csha256_##name##_search_versions(                                                 \
        const csha256_search *, uint32_t, uint32_t, uint64_t, uint32_t *, uint32_t *);
CSHA256_DECLARE(shani)
CSHA256_DECLARE(avx2)
CSHA256_DECLARE(avx512)
CSHA256_DECLARE_SEARCH(shani_avx)
#endif

#if CSHA256_ARM
void csha256_compress_armv8(uint32_t state[8], const uint8_t *blocks, size_t count);
#endif

// The search for a header that meets its target: what is done once a header, and the plain loop.
#include "kernels.h"

void csha256_search_prepare(
    csha256_search *search, const uint8_t header[80], const uint8_t target[32]) {
    uint32_t s[8], w[4];
    memcpy(search->midstate, csha256_initial, 32);
    csha256_compress(csha256_best_for_message(), search->midstate, header, 1);
    for (int i = 0; i < 3; i++) search->tail[i] = w[i] = csha256_load(header + 64 + 4 * i);
    memcpy(search->target, target, 32);
    memcpy(&search->target_top, target + 28, 4);

    // Rounds 0 to 2 as they are, and round 3 with the nonce at zero: it is only added there.
    memcpy(s, search->midstate, 32);
    w[3] = 0;
    for (int i = 0; i < 4; i++) {
        uint32_t t1 = s[7] + csha256_sigma1(s[4]) + (s[6] ^ (s[4] & (s[5] ^ s[6]))) + csha256_k[i]
            + w[i];
        uint32_t t2 = csha256_sigma0(s[0]) + ((s[0] & s[1]) | (s[2] & (s[0] | s[1])));
        s[7] = s[6], s[6] = s[5], s[5] = s[4], s[4] = s[3] + t1;
        s[3] = s[2], s[2] = s[1], s[1] = s[0], s[0] = t1 + t2;
    }
    memcpy(search->after_nonce, s, 32);

    uint32_t w16 = w[0] + csha256_small0(w[1]);
    uint32_t w17 = w[1] + csha256_small0(w[2]) + csha256_small1(640);
    search->words[0] = w16;
    search->words[1] = w17;
    search->words[2] = w[2] + csha256_small1(w16);
    search->words[3] = csha256_small0(0x80000000) + csha256_small1(w17);
    search->words[4] = 640 + csha256_small0(w16);
    search->words[5] = w16 + csha256_small0(w17);
}

// The 16 bytes after the midstate, padded.
static void last_block(const csha256_search *search, uint32_t nonce, uint8_t block[64]) {
    memset(block, 0, 64);
    for (int i = 0; i < 3; i++) csha256_store(block + 4 * i, search->tail[i]);
    memcpy(block + 12, &nonce, 4);
    block[16] = 0x80;
    block[62] = 640 >> 8;
    block[63] = 640 & 255;
}

bool csha256_is_at_most(const uint8_t digest[32], const uint8_t target[32]) {
    for (int i = 31; i >= 0; i--) {
        if (digest[i] != target[i]) return digest[i] < target[i];
    }
    return true;
}

static bool meets_target(csha256_kernel kernel, const csha256_search *search, uint32_t nonce) {
    uint8_t block[64], digest[32];
    uint32_t state[8];
    last_block(search, nonce, block);
    memcpy(state, search->midstate, 32);
    csha256_compress(kernel, state, block, 1);
    memset(block, 0, 64);
    for (int i = 0; i < 8; i++) csha256_store(block + 4 * i, state[i]);
    block[32] = 0x80;
    block[62] = 1;
    memcpy(state, csha256_initial, 32);
    csha256_compress(kernel, state, block, 1);
    for (int i = 0; i < 8; i++) csha256_store(digest + 4 * i, state[i]);
    return csha256_is_at_most(digest, search->target);
}

void csha256_header_hash(uint8_t output[32], const uint8_t header[80], uint32_t nonce) {
    uint8_t changed[80];
    memcpy(changed, header, 80);
    memcpy(changed + 76, &nonce, 4);
    csha256_double_hash(output, changed, 80);
}

bool csha256_meets_target(const csha256_search *search, uint32_t nonce) {
    return meets_target(csha256_best_for_message(), search, nonce);
}

static bool search_each(
    csha256_kernel kernel, const csha256_search *search, uint32_t from, uint64_t count,
    uint32_t *found) {
    for (uint64_t i = 0; i < count; i++) {
        if (meets_target(kernel, search, from + (uint32_t)i)) {
            *found = from + (uint32_t)i;
            return true;
        }
    }
    return false;
}

bool csha256_search_single(
    const csha256_search *search, uint32_t from, uint64_t count, uint32_t *found) {
    return search_each(csha256_best_for_message(), search, from, count, found);
}

bool csha256_search_run(
    csha256_kernel kernel, const csha256_search *search, uint32_t from, uint64_t count,
    uint32_t *found) {
    switch (kernel) {
#if CSHA256_X86
    case CSHA256_AVX512: return csha256_avx512_search(search, from, count, found);
    case CSHA256_AVX2: return csha256_avx2_search(search, from, count, found);
    case CSHA256_SHANI: return csha256_shani_search(search, from, count, found);
    case CSHA256_SHANI_AVX: return csha256_shani_avx_search(search, from, count, found);
#endif
    default: return search_each(kernel, search, from, count, found);
    }
}

// By turns over a few nonces: beyond one that was found, the others need not look.
static bool search_by_turns(
    csha256_kernel kernel, const csha256_search *searches, uint32_t versions, uint32_t from,
    uint64_t count, uint32_t *found, uint32_t *version) {
    const uint64_t most = 1 << 12;
    while (count) {
        const uint64_t some = count < most ? count : most;
        uint64_t left = some;
        for (uint32_t i = 0; i < versions; i++) {
            uint32_t nonce;
            if (!csha256_search_run(kernel, searches + i, from, left, &nonce)) continue;
            left = nonce - from;
            *found = nonce;
            *version = i;
        }
        if (left < some) return true;
        from += (uint32_t)some;
        count -= some;
    }
    return false;
}

// How many versions the kernel tries side by side, or none.
static uint32_t version_lanes(csha256_kernel kernel) {
    switch (kernel) {
    case CSHA256_AVX512: return 16;
    case CSHA256_AVX2: return 8;
    case CSHA256_SHANI_AVX: return 4;
    default: return 0;
    }
}

bool csha256_search_run_versions(
    csha256_kernel kernel, const csha256_search *searches, uint32_t versions, uint32_t from,
    uint64_t count, uint32_t *found, uint32_t *version) {
    if (versions == 1) {
        *version = 0;
        return csha256_search_run(kernel, searches, from, count, found);
    }
    const uint32_t lanes = version_lanes(kernel);
    if (lanes && versions % lanes == 0 && versions <= CSHA256_MOST_VERSIONS) {
        switch (kernel) {
#if CSHA256_X86
#define RUN(name) csha256_##name##_search_versions(searches, versions, from, count, found, version)
        case CSHA256_AVX512: return RUN(avx512);
        case CSHA256_AVX2: return RUN(avx2);
        case CSHA256_SHANI_AVX: return RUN(shani_avx);
#endif
        default: break;
        }
    }
    return search_by_turns(kernel, searches, versions, from, count, found, version);
}

// The plain kernel: the definition of the function (FIPS 180-4), and what the others are held to.
#include "kernels.h"

const uint32_t csha256_k[64] __attribute__((aligned(64))) = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

const uint32_t csha256_initial[8] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

uint32_t csha256_padding64[64];

static inline uint32_t schedule(uint32_t w[16], int i) {
    return w[i & 15] +=
        csha256_small0(w[(i + 1) & 15]) + w[(i + 9) & 15] + csha256_small1(w[(i + 14) & 15]);
}

void csha256_prepare_padding(void) {
    uint32_t w[16] = {0x80000000};
    w[15] = 512;
    for (int i = 0; i < 64; i++) {
        csha256_padding64[i] = csha256_k[i] + (i < 16 ? w[i] : schedule(w, i));
    }
}

void csha256_compress_portable(uint32_t state[8], const uint8_t *blocks, size_t count) {
    for (; count; count--, blocks += 64) {
        uint32_t w[16], s[8];
        memcpy(s, state, sizeof s);
        for (int i = 0; i < 16; i++) w[i] = csha256_load(blocks + 4 * i);
        for (int i = 0; i < 64; i++) {
            uint32_t word = i < 16 ? w[i] : schedule(w, i);
            uint32_t choice = s[6] ^ (s[4] & (s[5] ^ s[6]));
            uint32_t majority = (s[0] & s[1]) | (s[2] & (s[0] | s[1]));
            uint32_t t1 = s[7] + csha256_sigma1(s[4]) + choice + csha256_k[i] + word;
            uint32_t t2 = csha256_sigma0(s[0]) + majority;
            s[7] = s[6], s[6] = s[5], s[5] = s[4], s[4] = s[3] + t1;
            s[3] = s[2], s[2] = s[1], s[1] = s[0], s[0] = t1 + t2;
        }
        for (int i = 0; i < 8; i++) state[i] += s[i];
    }
}

#include "xxh3.h"

#include <cstring>

namespace crocksdb {
namespace {

constexpr uint64_t prime32_1 = 0x9E3779B1, prime32_2 = 0x85EBCA77, prime32_3 = 0xC2B2AE3D;
constexpr uint64_t prime64_1 = 0x9E3779B185EBCA87, prime64_2 = 0xC2B2AE3D27D4EB4F,
                   prime64_3 = 0x165667B19E3779F9, prime64_4 = 0x85EBCA77C2B2AE63,
                   prime64_5 = 0x27D4EB2F165667C5;

constexpr uint64_t secret_words[24] = {
    0xbe4ba423396cfeb8, 0x1cad21f72c81017c, 0xdb979083e96dd4de, 0x1f67b3b7a4a44072,
    0x78e5c0cc4ee679cb, 0x2172ffcc7dd05a82, 0x8e2443f7744608b8, 0x4c263a81e69035e0,
    0xcb00c391bb52283c, 0xa32e531b8b65d088, 0x4ef90da297486471, 0xd8acdea946ef1938,
    0x3f349ce33f76faa8, 0x1d4f0bc7c7bbdcf9, 0x3159b4cd4be0518a, 0x647378d9c97e9fc8,
    0xc3ebd33483acc5ea, 0xeb6313faffa081c5, 0x49daf0b751dd0d17, 0x9e68d429265516d3,
    0xfca1477d58be162b, 0xce31d07ad1b8f88f, 0x280416958f3acb45, 0x7e404bbbcafbd7af,
};
constexpr size_t secret_size = sizeof secret_words, stripe = 64, lanes = 8;

inline const uint8_t *secret() { return reinterpret_cast<const uint8_t *>(secret_words); }

inline uint64_t load(const uint8_t *bytes) {
    uint64_t word;
    std::memcpy(&word, bytes, 8);
    return word;
}

inline uint64_t fold(uint64_t left, uint64_t right) {
    const auto product = static_cast<unsigned __int128>(left) * right;
    return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

inline uint64_t avalanche(uint64_t hash) {
    hash ^= hash >> 37;
    hash *= 0x165667919E3779F9;
    return hash ^ hash >> 32;
}

inline uint64_t mix(const uint8_t *input, const uint8_t *key) {
    return fold(load(input) ^ load(key), load(input + 8) ^ load(key + 8));
}

uint64_t hash_tiny(const uint8_t *input, size_t count) {
    const uint64_t low = load(input) ^ secret_words[3] ^ secret_words[4];
    const uint64_t high = load(input + count - 8) ^ secret_words[5] ^ secret_words[6];
    return avalanche(count + __builtin_bswap64(low) + high + fold(low, high));
}

uint64_t hash_short(const uint8_t *input, size_t count) {
    uint64_t sum = count * prime64_1;
    for (size_t i = (count - 1) / 32 + 1; i-- > 0;) {
        sum += mix(input + 16 * i, secret() + 32 * i);
        sum += mix(input + count - 16 * (i + 1), secret() + 32 * i + 16);
    }
    return avalanche(sum);
}

uint64_t hash_middle(const uint8_t *input, size_t count) {
    uint64_t sum = count * prime64_1;
    for (size_t i = 0; i < 8; i++) sum += mix(input + 16 * i, secret() + 16 * i);
    sum = avalanche(sum);
    for (size_t i = 8; i < count / 16; i++) {
        sum += mix(input + 16 * i, secret() + 16 * (i - 8) + 3);
    }
    return avalanche(sum + mix(input + count - 16, secret() + 136 - 17));
}

inline void accumulate(uint64_t *sums, const uint8_t *input, const uint8_t *key) {
    for (size_t i = 0; i < lanes; i++) {
        const uint64_t word = load(input + 8 * i), keyed = word ^ load(key + 8 * i);
        sums[i ^ 1] += word;
        sums[i] += (keyed & 0xFFFFFFFF) * (keyed >> 32);
    }
}

uint64_t hash_long(const uint8_t *input, size_t count) {
    uint64_t sums[lanes] = {
        prime32_3, prime64_1, prime64_2, prime64_3, prime64_4, prime32_2, prime64_5, prime32_1,
    };
    constexpr size_t stripes = (secret_size - stripe) / 8;
    // The last stripe is taken from the end, whatever came before.
    const size_t whole = (count - 1) / stripe;
    for (size_t i = 0; i < whole; i++) {
        accumulate(sums, input + stripe * i, secret() + 8 * (i % stripes));
        if (i % stripes != stripes - 1) continue;
        for (size_t lane = 0; lane < lanes; lane++) {
            const uint64_t key = load(secret() + secret_size - stripe + 8 * lane);
            sums[lane] = (sums[lane] ^ sums[lane] >> 47 ^ key) * prime32_1;
        }
    }
    accumulate(sums, input + count - stripe, secret() + secret_size - stripe - 7);
    uint64_t hash = count * prime64_1;
    for (size_t i = 0; i < lanes; i += 2) {
        const uint8_t *key = secret() + 11 + 8 * i;
        hash += fold(sums[i] ^ load(key), sums[i + 1] ^ load(key + 8));
    }
    return avalanche(hash);
}

} // namespace

uint64_t xxh3(const uint8_t *input, size_t count) {
    return count <= 16 ? hash_tiny(input, count)
        : count <= 128 ? hash_short(input, count)
        : count <= 240 ? hash_middle(input, count)
                       : hash_long(input, count);
}

} // namespace crocksdb

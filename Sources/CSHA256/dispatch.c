// Which kernels this processor runs, proven by known answers before first use.
#include "kernels.h"

static bool is_available[CSHA256_KERNEL_COUNT] = {[CSHA256_PORTABLE] = true};
static csha256_kernel for_message = CSHA256_PORTABLE;
static csha256_kernel for_bulk = CSHA256_PORTABLE;
static csha256_kernel for_search = CSHA256_PORTABLE;

bool csha256_is_available(csha256_kernel kernel) {
    return (unsigned)kernel < CSHA256_KERNEL_COUNT && is_available[kernel];
}

csha256_kernel csha256_best_for_message(void) { return for_message; }
csha256_kernel csha256_best_for_bulk(void) { return for_bulk; }
csha256_kernel csha256_best_for_search(void) { return for_search; }

void csha256_compress(
    csha256_kernel kernel, uint32_t state[8], const uint8_t *blocks, size_t count) {
    switch (kernel) {
#if CSHA256_X86
    case CSHA256_SHANI:
    case CSHA256_SHANI_AVX: csha256_compress_shani(state, blocks, count); return;
#endif
#if CSHA256_ARM
    case CSHA256_ARMV8: csha256_compress_armv8(state, blocks, count); return;
#endif
    default: csha256_compress_portable(state, blocks, count);
    }
}

void csha256_double_hash64(
    csha256_kernel kernel, uint8_t *output, const uint8_t *input, size_t count) {
    switch (kernel) {
#if CSHA256_X86
    case CSHA256_AVX512: csha256_avx512_double64(output, input, count); return;
    case CSHA256_AVX2: csha256_avx2_double64(output, input, count); return;
    case CSHA256_SHANI:
    case CSHA256_SHANI_AVX: csha256_shani_double64(output, input, count); return;
#endif
    default: csha256_double64_each(kernel, output, input, count);
    }
}

// The least hash of a few nonces under all versions is found where it is, and not sooner. The
// versions are turned, so that the one that has it stands in every group of four and lane.
static bool finds_version(csha256_kernel kernel, uint8_t header[80]) {
    enum { versions = CSHA256_MOST_VERSIONS, nonces = 20, turns = 4, turn = versions / turns + 1 };
    uint8_t least[32], digest[32];
    uint32_t best = 0, best_version = 0, found = 0, version = 0;
    memset(least, 0xff, 32);
    for (uint32_t i = 0; i < nonces * versions; i++) {
        header[0] = (uint8_t)(i % versions);
        csha256_header_hash(digest, header, i / versions);
        if (!csha256_is_at_most(digest, least)) continue;
        memcpy(least, digest, 32);
        best = i / versions, best_version = i % versions;
    }
    csha256_search searches[2 * versions];
    for (uint32_t i = 0; i < versions; i++) {
        header[0] = (uint8_t)i;
        csha256_search_prepare(&searches[i], header, least);
        searches[i + versions] = searches[i];
    }
    for (uint32_t first = 0; first < turns * turn; first += turn) {
        const csha256_search *turned = searches + first % versions;
        if (!csha256_search_run_versions(kernel, turned, versions, 0, nonces, &found, &version)
            || found != best || (version + first) % versions != best_version) return false;
    }
    // Its nonce stands in a lane of its own of those that are prepared together.
    for (uint32_t from = 0; from <= best; from++) {
        if (!csha256_search_run_versions(
                kernel, searches, versions, from, nonces - from, &found, &version)
            || found != best || version != best_version) return false;
    }
    return !csha256_search_run_versions(kernel, searches, versions, 0, best, &found, &version);
}

// A few blocks through the block kernel, and a few messages and nonces through the wide ones,
// against the portable kernel; and that against the answer of FIPS 180-4 for "abc".
static bool passes_self_test(csha256_kernel kernel) {
    uint8_t input[35 * 64], expected[35 * 32], output[35 * 32];
    for (size_t i = 0; i < sizeof input; i++) input[i] = (uint8_t)(i * 131 + (i >> 8));

    uint32_t a[8], b[8];
    memcpy(a, csha256_initial, 32);
    memcpy(b, csha256_initial, 32);
    csha256_compress_portable(a, input, 5);
    csha256_compress(kernel, b, input, 5);
    if (memcmp(a, b, 32) != 0) return false;

    csha256_double64_each(CSHA256_PORTABLE, expected, input, 35);
    csha256_double_hash64(kernel, output, input, 35);
    if (memcmp(expected, output, sizeof output) != 0) return false;

    // Messages that are ever longer, up to three blocks, and then shorter again.
    enum { messages = 2 * 35 };
    csha256_range ranges[messages];
    uint8_t all[32 * messages];
    for (size_t i = 0; i < messages; i++) {
        const size_t step = i < 35 ? i : messages - i;
        ranges[i] = (csha256_range){i, 6 * step};
        csha256_double_hash(all + 32 * i, input + i, 6 * step);
    }
    uint8_t each[sizeof all];
    csha256_double_hash_each(kernel, each, input, ranges, messages);
    if (memcmp(all, each, sizeof all) != 0) return false;

    // The target is the least hash of all nonces tried, so that one nonce alone meets it.
    uint8_t least[32], digest[32];
    uint32_t best = 0, found = 0;
    memset(least, 0xff, 32);
    for (uint32_t nonce = 0; nonce < 53; nonce++) {
        csha256_header_hash(digest, input, nonce);
        if (!csha256_is_at_most(digest, least)) continue;
        memcpy(least, digest, 32);
        best = nonce;
    }
    csha256_search search;
    csha256_search_prepare(&search, input, least);
    return csha256_search_run(kernel, &search, 0, 53, &found) && found == best
        && !csha256_search_run(kernel, &search, 0, best, &found)
        && finds_version(kernel, input);
}

static bool knows_abc(void) {
    static const uint32_t expected[8] = {
        0xba7816bf, 0x8f01cfea, 0x414140de, 0x5dae2223, 0xb00361a3, 0x96177a9c, 0xb410ff61,
        0xf20015ad,
    };
    uint8_t block[64] = {'a', 'b', 'c', 0x80};
    block[63] = 24;
    uint32_t state[8];
    memcpy(state, csha256_initial, 32);
    csha256_compress_portable(state, block, 1);
    return memcmp(state, expected, 32) == 0;
}

static void admit(csha256_kernel kernel) {
    is_available[kernel] = passes_self_test(kernel);
}

#if CSHA256_X86
static void admit_all(void) {
    unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
    __asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
    if (eax < 7) return;
    eax = 1, ecx = 0;
    __asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
    const bool has_sse = (ecx & (1u << 9)) && (ecx & (1u << 19)), has_xgetbv = ecx & (1u << 27);
    const bool has_avx = ecx & (1u << 28);
    eax = 7, ecx = 0;
    __asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
    // The processor may have registers that the system does not save.
    unsigned saved = 0, unused = 0;
    if (has_xgetbv) __asm__ volatile("xgetbv" : "=a"(saved), "=d"(unused) : "c"(0));
    const bool saves_ymm = (saved & 0x06) == 0x06, saves_zmm = (saved & 0xe6) == 0xe6;

    const bool has_sha = has_sse && (ebx & (1u << 29));
    if (has_sha) admit(CSHA256_SHANI);
    if (has_sha && has_avx && saves_ymm) admit(CSHA256_SHANI_AVX);
    if (saves_ymm && (ebx & (1u << 5))) admit(CSHA256_AVX2);
    const unsigned avx512 = 1u << 16 | 1u << 30 | 1u << 31;
    if (saves_zmm && (ebx & avx512) == avx512) admit(CSHA256_AVX512);
}
#elif CSHA256_ARM
static void admit_all(void) { admit(CSHA256_ARMV8); }
#else
static void admit_all(void) {}
#endif

static csha256_kernel first_available(csha256_kernel a, csha256_kernel b, csha256_kernel c) {
    if (is_available[a]) return a;
    if (is_available[b]) return b;
    return is_available[c] ? c : CSHA256_PORTABLE;
}

__attribute__((constructor)) static void choose(void) {
    csha256_prepare_padding();
    if (!knows_abc()) __builtin_trap();
    admit_all();
    for_message = first_available(CSHA256_SHANI, CSHA256_ARMV8, CSHA256_PORTABLE);
    for_bulk = first_available(CSHA256_AVX512, CSHA256_SHANI, CSHA256_AVX2);
    for_search = first_available(CSHA256_AVX512, CSHA256_SHANI_AVX, for_bulk);
    if (for_bulk == CSHA256_PORTABLE) for_bulk = for_search = for_message;
}

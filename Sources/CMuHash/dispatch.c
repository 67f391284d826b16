// Which kernels this processor runs, proven against the plain one before first use.
#include "kernels.h"

static bool is_available[CMUHASH_KERNEL_COUNT] = {[CMUHASH_PORTABLE] = true};
static cmuhash_kernel best = CMUHASH_PORTABLE;

bool cmuhash_is_available(cmuhash_kernel kernel) {
    return (unsigned)kernel < CMUHASH_KERNEL_COUNT && is_available[kernel];
}

cmuhash_kernel cmuhash_best(void) { return best; }

void cmuhash_multiply(cmuhash_kernel kernel, uint64_t *number, const uint64_t *factor) {
#if CMUHASH_X86
    if (kernel == CMUHASH_ADX) {
        cmuhash_multiply_adx(number, factor);
        return;
    }
#endif
    cmuhash_multiply_portable(number, factor);
}

void cmuhash_keystream(cmuhash_kernel kernel, uint64_t *words, const uint8_t *key) {
#if CMUHASH_X86
    if (kernel == CMUHASH_ADX) {
        cmuhash_keystream_avx2(words, key);
        return;
    }
#endif
    cmuhash_keystream_portable(words, key);
}

#if CMUHASH_X86
static bool passes_self_test(cmuhash_kernel kernel) {
    uint8_t key[32];
    for (int i = 0; i < 32; i++) key[i] = (uint8_t)(i * 7 + 1);
    uint64_t words[CMUHASH_WORDS], expected[CMUHASH_WORDS], factor[CMUHASH_WORDS];
    cmuhash_keystream(kernel, words, key);
    cmuhash_keystream_portable(expected, key);
    if (memcmp(words, expected, sizeof words) != 0) return false;
    // The largest factor there is makes all carries that can be.
    memset(factor, 0xff, sizeof factor);
    cmuhash_multiply(kernel, words, factor);
    cmuhash_multiply_portable(expected, factor);
    return memcmp(words, expected, sizeof words) == 0;
}

static bool has_features(void) {
    unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
    __asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
    if (eax < 7) return false;
    eax = 1, ecx = 0;
    __asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
    if (!(ecx & (1u << 27))) return false;
    eax = 7, ecx = 0;
    __asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
    // The processor may have registers that the system does not save.
    unsigned saved = 0, unused = 0;
    __asm__ volatile("xgetbv" : "=a"(saved), "=d"(unused) : "c"(0));
    const unsigned wanted = 1u << 5 | 1u << 8 | 1u << 19;
    return (saved & 0x06) == 0x06 && (ebx & wanted) == wanted;
}

__attribute__((constructor)) static void choose(void) {
    if (!has_features() || !passes_self_test(CMUHASH_ADX)) return;
    is_available[CMUHASH_ADX] = true;
    best = CMUHASH_ADX;
}
#endif

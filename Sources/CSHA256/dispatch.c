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

void csha256_compress(csha256_kernel kernel, uint32_t state[8], const uint8_t *blocks, size_t count) {
#if CSHA256_X86
    if (kernel != CSHA256_PORTABLE && is_available[CSHA256_SHANI]) {
        csha256_compress_shani(state, blocks, count);
        return;
    }
#endif
    csha256_compress_portable(state, blocks, count);
}

void csha256_double_hash64(csha256_kernel kernel, uint8_t *output, const uint8_t *input, size_t count) {
    for (size_t i = 0; i < count; i++) csha256_double_hash(output + 32 * i, input + 64 * i, 64);
}

__attribute__((constructor)) static void choose(void) {
#if CSHA256_X86
    __builtin_cpu_init();
    if (__builtin_cpu_supports("sse4.1") && __builtin_cpu_supports("ssse3")) {
        unsigned eax = 7, ebx, ecx = 0, edx;
        __asm__("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
        if (ebx & (1u << 29)) {
            is_available[CSHA256_SHANI] = true;
            for_message = CSHA256_SHANI;
        }
    }
#endif
}

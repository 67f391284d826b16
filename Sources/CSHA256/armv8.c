// The kernel over the SHA-2 extension of ARMv8, which every 64-bit Apple processor has. It is
// compiled where the target itself has the extension, so it needs no look at the processor.
#include "kernels.h"

#if CSHA256_ARM
#include <arm_neon.h>

void csha256_compress_armv8(uint32_t state[8], const uint8_t *blocks, size_t count) {
    uint32x4_t abcd = vld1q_u32(state), efgh = vld1q_u32(state + 4);
    for (; count; count--, blocks += 64) {
        const uint32x4_t old0 = abcd, old1 = efgh;
        uint32x4_t m[4];
        for (int i = 0; i < 4; i++) {
            m[i] = vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(blocks + 16 * i)));
        }
#pragma clang loop unroll(full)
        for (int i = 0; i < 16; i++) {
            uint32x4_t word = vaddq_u32(m[i & 3], vld1q_u32(csha256_k + 4 * i));
            if (i < 12) {
                m[i & 3] = vsha256su1q_u32(
                    vsha256su0q_u32(m[i & 3], m[(i + 1) & 3]), m[(i + 2) & 3], m[(i + 3) & 3]);
            }
            uint32x4_t before = abcd;
            abcd = vsha256hq_u32(abcd, efgh, word);
            efgh = vsha256h2q_u32(efgh, before, word);
        }
        abcd = vaddq_u32(abcd, old0);
        efgh = vaddq_u32(efgh, old1);
    }
    vst1q_u32(state, abcd);
    vst1q_u32(state + 4, efgh);
}
#endif

// What MuHash3072 does for each element: a key stream, and a product modulo 2^3072 - 1103717. In
// several kernels, of which the fastest that this processor runs, and that has passed its
// self-test, is chosen when the program is loaded.
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { CMUHASH_WORDS = 48 };

/// A way to compute. The numbers are stable: they index the table of kernels.
typedef enum {
    CMUHASH_PORTABLE = 0,
    /// The two chains of carries of x86 (ADX), and vectors of 32 bytes (AVX2).
    CMUHASH_ADX = 1,
    CMUHASH_KERNEL_COUNT = 2,
} cmuhash_kernel;

/// Whether this processor runs the kernel, and the kernel has passed its self-test.
bool cmuhash_is_available(cmuhash_kernel kernel);

/// The kernel in use.
cmuhash_kernel cmuhash_best(void);

/// Multiplies `number` by `factor`, both of 48 words, least significant first, and reduces below
/// the modulus. Either may be above it before. They may be the same.
void cmuhash_multiply(cmuhash_kernel kernel, uint64_t *number, const uint64_t *factor);

/// The first 384 bytes of the key stream of ChaCha20 under a key of 32 bytes, nonce and block
/// number zero, as 48 words, least significant first.
void cmuhash_keystream(cmuhash_kernel kernel, uint64_t *words, const uint8_t *key);

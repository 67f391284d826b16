// SHA-256 in several kernels, of which the fastest that this processor runs, and that has passed
// its self-test, is chosen when the program is loaded.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// A way to compute SHA-256. The numbers are stable: they index the table of kernels.
typedef enum {
    CSHA256_PORTABLE = 0,
    CSHA256_SHANI = 1,
    CSHA256_AVX2 = 2,
    CSHA256_AVX512 = 3,
    CSHA256_ARMV8 = 4,
    CSHA256_SHANI_AVX = 5,
    CSHA256_KERNEL_COUNT = 6,
} csha256_kernel;

/// A hash under way.
typedef struct {
    uint32_t state[8];
    uint8_t buffer[64];
    uint64_t length;
} csha256_stream;

/// Whether this processor runs the kernel, and the kernel has passed its self-test.
bool csha256_is_available(csha256_kernel kernel);

/// The kernels in use: for a single message, for many 64-byte messages, for header search.
csha256_kernel csha256_best_for_message(void);
csha256_kernel csha256_best_for_bulk(void);
csha256_kernel csha256_best_for_search(void);

/// Feeds `count` blocks of 64 bytes into `state`.
void csha256_compress(
    csha256_kernel kernel, uint32_t state[8], const uint8_t *blocks, size_t count);

/// One-shot hashes with the best kernel. `output` has 32 bytes.
void csha256_hash(uint8_t *output, const uint8_t *input, size_t count);
void csha256_double_hash(uint8_t *output, const uint8_t *input, size_t count);

void csha256_stream_init(csha256_stream *stream);
void csha256_stream_update(csha256_stream *stream, const uint8_t *input, size_t count);
/// Both leave `stream` spent.
void csha256_stream_finish(csha256_stream *stream, uint8_t *output);
void csha256_stream_finish_double(csha256_stream *stream, uint8_t *output);

/// Double hashes of `count` messages of 64 bytes; `output` has 32 bytes a message.
/// `output` may be `input`: a message is read before its place is written.
void csha256_double_hash64(
    csha256_kernel kernel, uint8_t *output, const uint8_t *input, size_t count);

/// A stretch of bytes.
typedef struct {
    size_t start, count;
} csha256_range;

/// Double hashes of `count` messages of any length, which stand in stretches of `base`; `output` has
/// 32 bytes a message.
void csha256_double_hash_each(
    csha256_kernel kernel, uint8_t *output, const uint8_t *base, const csha256_range *ranges,
    size_t count);

/// What a search for a header below a target does once for all nonces.
typedef struct {
    /// The state after the first 64 bytes of the header, and the three words before the nonce.
    uint32_t midstate[8];
    uint32_t tail[3];
    /// The target as 32 bytes, least significant first, and its most significant four.
    uint8_t target[32];
    uint32_t target_top;
    /// The state after the round of a nonce of zero, and the parts of the schedule without it.
    uint32_t after_nonce[8];
    uint32_t words[6];
} csha256_search;

void csha256_search_prepare(
    csha256_search *search, const uint8_t header[80], const uint8_t target[32]);

/// Whether one of `count` nonces from `from` on (modulo 2^32) makes the double hash, as a
/// little-endian number, at most the target; `found` is then the first of them.
bool csha256_search_run(
    csha256_kernel kernel, const csha256_search *search, uint32_t from, uint64_t count,
    uint32_t *found);

/// How many versions of a header can be searched at once.
#define CSHA256_MOST_VERSIONS 16

/// The search over headers that differ in their first 64 bytes alone, as the version does, and have
/// one target. Of all pairs of nonce and search that meet it, `found` and `version` are those with
/// the first nonce, and of these the first search.
bool csha256_search_run_versions(
    csha256_kernel kernel, const csha256_search *searches, uint32_t versions, uint32_t from,
    uint64_t count, uint32_t *found, uint32_t *version);

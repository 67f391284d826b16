// Whole messages over the block kernels: padding, streaming, hashing twice.
#include "kernels.h"

static inline void compress(uint32_t state[8], const uint8_t *blocks, size_t count) {
    csha256_compress(csha256_best_for_message(), state, blocks, count);
}

static void store_digest(uint8_t *output, const uint32_t state[8]) {
    for (int i = 0; i < 8; i++) csha256_store(output + 4 * i, state[i]);
}

static void finish_state(uint32_t state[8], const uint8_t *rest, size_t count, uint64_t length) {
    uint8_t last[128] = {0};
    if (count) memcpy(last, rest, count);
    last[count] = 0x80;
    size_t total = count < 56 ? 64 : 128;
    uint64_t bits = __builtin_bswap64(length << 3);
    memcpy(last + total - 8, &bits, 8);
    compress(state, last, total / 64);
}

static void hash_again(uint8_t *output, const uint32_t first[8]) {
    uint8_t block[64] = {0};
    store_digest(block, first);
    block[32] = 0x80;
    block[62] = 1;
    uint32_t state[8];
    memcpy(state, csha256_initial, sizeof state);
    compress(state, block, 1);
    store_digest(output, state);
}

static void hash_message(uint32_t state[8], const uint8_t *input, size_t count) {
    memcpy(state, csha256_initial, 32);
    size_t whole = count / 64;
    if (whole) compress(state, input, whole);
    finish_state(state, input + 64 * whole, count - 64 * whole, count);
}

void csha256_hash(uint8_t *output, const uint8_t *input, size_t count) {
    uint32_t state[8];
    hash_message(state, input, count);
    store_digest(output, state);
}

void csha256_double_hash(uint8_t *output, const uint8_t *input, size_t count) {
    uint32_t state[8];
    hash_message(state, input, count);
    hash_again(output, state);
}

void csha256_stream_init(csha256_stream *stream) {
    memcpy(stream->state, csha256_initial, 32);
    stream->length = 0;
}

void csha256_stream_update(csha256_stream *stream, const uint8_t *input, size_t count) {
    if (count == 0) return;
    size_t held = stream->length & 63;
    stream->length += count;
    if (held) {
        size_t room = 64 - held;
        if (count < room) {
            memcpy(stream->buffer + held, input, count);
            return;
        }
        memcpy(stream->buffer + held, input, room);
        compress(stream->state, stream->buffer, 1);
        input += room, count -= room;
    }
    size_t whole = count / 64;
    if (whole) compress(stream->state, input, whole);
    memcpy(stream->buffer, input + 64 * whole, count - 64 * whole);
}

void csha256_stream_finish(csha256_stream *stream, uint8_t *output) {
    finish_state(stream->state, stream->buffer, stream->length & 63, stream->length);
    store_digest(output, stream->state);
}

void csha256_stream_finish_double(csha256_stream *stream, uint8_t *output) {
    finish_state(stream->state, stream->buffer, stream->length & 63, stream->length);
    hash_again(output, stream->state);
}

void csha256_double64_each(
    csha256_kernel kernel, uint8_t *output, const uint8_t *input, size_t count) {
    static const uint8_t padding[64] = {[0] = 0x80, [62] = 2};
    for (; count; count--, input += 64, output += 32) {
        uint8_t block[64] = {0};
        uint32_t state[8];
        memcpy(state, csha256_initial, sizeof state);
        csha256_compress(kernel, state, input, 1);
        csha256_compress(kernel, state, padding, 1);
        store_digest(block, state);
        block[32] = 0x80;
        block[62] = 1;
        memcpy(state, csha256_initial, sizeof state);
        csha256_compress(kernel, state, block, 1);
        store_digest(output, state);
    }
}

void csha256_double64_single(uint8_t *output, const uint8_t *input, size_t count) {
    csha256_double64_each(csha256_best_for_message(), output, input, count);
}

// XXH3 with 64 bits, no seed and its own secret: the checksum of RocksDB's blocks.
#pragma once

#include <cstddef>
#include <cstdint>

namespace crocksdb {

/// - Parameter count: at least 9, as a block with anything in it has.
uint64_t xxh3(const uint8_t *input, size_t count);

} // namespace crocksdb

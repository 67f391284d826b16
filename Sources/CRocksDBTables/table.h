// One table of a store, read block by block.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace crocksdb {

/// The bytes of a table or a part of them, of which each is looked at only within its bounds.
struct Bytes {
    const uint8_t *at = nullptr;
    size_t count = 0;

    /// The part at `offset`; false where it is not all there.
    bool part(uint64_t offset, uint64_t size, Bytes &part) const;
    /// Takes a number of seven bits a byte, the lowest first, off the front.
    bool take(uint64_t &number);
    bool take(size_t size, Bytes &part);
    std::string_view text() const { return {reinterpret_cast<const char *>(at), count}; }
};

/// A block without what follows it: entries, and where they can be read from without those before.
struct Block {
    Bytes entries;
    const uint8_t *restarts = nullptr;
    size_t restart_count = 0;

    size_t restart(size_t number) const;
};

/// What a table's index tells of a block of entries: the key that none of them is above, and where
/// it stands.
struct BlockPlace {
    std::string_view last;
    uint64_t offset = 0, size = 0;
};

class Table {
  public:
    /// NULL where the file cannot be read or has a form that is not known here.
    static std::shared_ptr<const Table> open(
        const std::string &path, uint64_t size, std::string smallest, std::string largest);
    ~Table();
    Table(const Table &) = delete;
    Table &operator=(const Table &) = delete;

    const std::string path, smallest, largest;

    size_t block_count() const { return index.restart_count; }
    /// False where the index is damaged.
    bool place(size_t number, BlockPlace &place) const;
    /// Reads a block into `bytes`, where it stands from then on. False where it is damaged or cannot
    /// be read.
    bool read(const BlockPlace &place, std::vector<uint8_t> &bytes, Block &block) const {
        return read(place.offset, place.size, bytes, block);
    }

  private:
    Table(const std::string &path, std::string smallest, std::string largest);
    bool prepare(uint64_t size);
    /// Reads so many bytes of the file. What is mapped instead would end the process where the disk
    /// fails.
    bool load(uint64_t offset, uint64_t count, std::vector<uint8_t> &bytes) const;
    bool read(uint64_t offset, uint64_t size, std::vector<uint8_t> &bytes, Block &block) const;
    bool read_properties(
        uint64_t offset, uint64_t size, std::vector<uint8_t> &bytes, Block &block) const;
    /// Finds what a block and what follows it hold.
    bool divide(Bytes whole, Block &block) const;
    /// Finds an entry of a block of names, and whether it is there.
    bool find(const Block &block, std::string_view name, Bytes &value) const;
    bool has_known_form(const Block &properties);

    int descriptor = -1;
    uint64_t size = 0, data_block_count = 0;
    std::vector<uint8_t> index_bytes;
    Block index;
    /// Whether the keys of the index have a version behind them, as those of entries have.
    bool index_has_versions = false, index_has_lengths = false;
};

} // namespace crocksdb

#include "table.h"
#include "xxh3.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace crocksdb {
namespace {

constexpr uint64_t magic = 0x88e241b785f4cff7;
// Checksum, two places with what fills them up, version, magic number.
constexpr size_t footer_size = 1 + 40 + 4 + 8;
// The way of compression and the checksum of a block follow it.
constexpr size_t trailer_size = 5;
constexpr uint8_t checksum_xxh3 = 4, not_compressed = 0;
constexpr size_t version_size = 8;
// An entry of one byte, and where entries begin.
constexpr size_t least_block = 9;

template <class Number> Number number_at(const uint8_t *bytes) {
    Number number;
    std::memcpy(&number, bytes, sizeof number);
    return number;
}

/// Whether a block, with what follows it, is what was written.
bool has_checksum(Bytes whole) {
    const size_t size = whole.count - trailer_size;
    return size >= least_block
        && number_at<uint32_t>(whole.at + size + 1) == static_cast<uint32_t>(xxh3(whole.at, size));
}

bool is_number(Bytes bytes, uint64_t &number) { return bytes.take(number) && bytes.count == 0; }

} // namespace

bool Bytes::part(uint64_t offset, uint64_t size, Bytes &part) const {
    if (offset > count || size > count - offset) return false;
    part = {at + offset, static_cast<size_t>(size)};
    return true;
}

bool Bytes::take(uint64_t &number) {
    number = 0;
    for (unsigned shift = 0; shift < 64 && count > 0; shift += 7) {
        const uint8_t byte = *at;
        at++, count--;
        number |= static_cast<uint64_t>(byte & 0x7F) << shift;
        if (byte < 0x80) return true;
    }
    return false;
}

bool Bytes::take(size_t size, Bytes &part) {
    if (size > count) return false;
    part = {at, size};
    at += size, count -= size;
    return true;
}

size_t Block::restart(size_t number) const { return number_at<uint32_t>(restarts + 4 * number); }

Table::Table(const std::string &path, std::string smallest, std::string largest)
    : path(path), smallest(std::move(smallest)), largest(std::move(largest)) {}

Table::~Table() {
    if (descriptor >= 0) close(descriptor);
}

std::shared_ptr<const Table> Table::open(
    const std::string &path, uint64_t size, std::string smallest, std::string largest) {
    std::shared_ptr<Table> table(new Table(path, std::move(smallest), std::move(largest)));
    if (!table->prepare(size)) return nullptr;
    return table;
}

bool Table::prepare(uint64_t expected) {
    descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat status = {};
    if (descriptor < 0 || fstat(descriptor, &status) != 0
        || static_cast<uint64_t>(status.st_size) != expected || expected < footer_size) {
        return false;
    }
    size = expected;

    std::vector<uint8_t> footer_bytes, meta_bytes, properties_bytes;
    if (!load(size - footer_size, footer_size, footer_bytes)) return false;
    const Bytes footer = {footer_bytes.data(), footer_size};
    const uint8_t *end = footer.at + footer.count;
    const uint32_t version = number_at<uint32_t>(end - 12);
    // Later versions have other checksums.
    if (number_at<uint64_t>(end - 8) != magic || version < 2 || version > 5) return false;
    if (*footer.at != checksum_xxh3) return false;
    Bytes places = {footer.at + 1, 40};
    uint64_t meta_offset, meta_size, index_offset, index_size;
    if (!places.take(meta_offset) || !places.take(meta_size) || !places.take(index_offset)
        || !places.take(index_size)) {
        return false;
    }
    Block meta, properties;
    Bytes place, none;
    uint64_t offset, count;
    return read(meta_offset, meta_size, meta_bytes, meta) && find(meta, "rocksdb.properties", place)
        && !find(meta, "rocksdb.range_del", none) && place.take(offset) && place.take(count)
        && read_properties(offset, count, properties_bytes, properties)
        && has_known_form(properties)
        && read(index_offset, index_size, index_bytes, index)
        // Otherwise the index tells of some only by those before.
        && index.restart_count == data_block_count;
}

bool Table::has_known_form(const Block &properties) {
    Bytes comparator, type, value;
    uint64_t flag = 0;
    if (!find(properties, "rocksdb.comparator", comparator)
        || comparator.text() != "leveldb.BytewiseComparator") {
        return false;
    }
    if (!find(properties, "rocksdb.block.based.table.index.type", type) || type.count != 4
        || number_at<uint32_t>(type.at) != 0) {
        return false;
    }
    // Data blocks would otherwise be found to be unknown when the walk is half done.
    if (!find(properties, "rocksdb.compression", value) || value.text() != "NoCompression") {
        return false;
    }
    if (!find(properties, "rocksdb.num.data.blocks", value) || !is_number(value, data_block_count)) {
        return false;
    }
    index_has_versions = !find(properties, "rocksdb.index.key.is.user.key", value)
        || (is_number(value, flag) && flag == 0);
    index_has_lengths = !find(properties, "rocksdb.index.value.is.delta.encoded", value)
        || (is_number(value, flag) && flag == 0);
    return true;
}

bool Table::load(uint64_t offset, uint64_t count, std::vector<uint8_t> &bytes) const {
    if (offset > size || count > size - offset) return false;
    bytes.resize(count);
    for (size_t done = 0; done < count;) {
        const ssize_t got = pread(
            descriptor, bytes.data() + done, count - done, static_cast<off_t>(offset + done));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        done += static_cast<size_t>(got);
    }
    return true;
}

bool Table::read(
    uint64_t offset, uint64_t size, std::vector<uint8_t> &bytes, Block &block) const {
    if (size > UINT32_MAX || !load(offset, size + trailer_size, bytes)) return false;
    const Bytes whole = {bytes.data(), bytes.size()};
    return has_checksum(whole) && divide(whole, block);
}

bool Table::read_properties(
    uint64_t offset, uint64_t size, std::vector<uint8_t> &bytes, Block &block) const {
    if (size > UINT32_MAX || !load(offset, size + trailer_size, bytes)) return false;
    const Bytes whole = {bytes.data(), bytes.size()};
    Bytes number;
    if (!divide(whole, block)) return false;
    if (has_checksum(whole)) return true;
    // A table that was taken in is told there since when its entries are in force, and keeps the
    // checksum that it was made with.
    if (!find(block, "rocksdb.external_sst_file.global_seqno", number) || number.count != 8) {
        return false;
    }
    std::string before(whole.text());
    before.replace(static_cast<size_t>(number.at - whole.at), 8, 8, '\0');
    return has_checksum({reinterpret_cast<const uint8_t *>(before.data()), before.size()});
}

bool Table::divide(Bytes whole, Block &block) const {
    const size_t size = whole.count - trailer_size;
    const uint8_t *trailer = whole.at + size;
    if (size < least_block || trailer[0] != not_compressed) return false;
    // The highest bit tells of a table of hashes within the block.
    const uint32_t restarts = number_at<uint32_t>(trailer - 4);
    if (restarts == 0 || restarts > (size - 4) / 4) return false;
    block.restart_count = restarts;
    block.restarts = trailer - 4 - 4 * static_cast<size_t>(restarts);
    return whole.part(0, static_cast<uint64_t>(block.restarts - whole.at), block.entries);
}

bool Table::find(const Block &block, std::string_view name, Bytes &value) const {
    std::string key;
    Bytes rest = block.entries;
    while (rest.count > 0) {
        uint64_t shared, own, count;
        Bytes tail;
        if (!rest.take(shared) || !rest.take(own) || !rest.take(count) || shared > key.size()
            || !rest.take(own, tail) || !rest.take(count, value)) {
            return false;
        }
        key.resize(shared);
        key += tail.text();
        if (key == name) return true;
    }
    return false;
}

bool Table::place(size_t number, BlockPlace &place) const {
    const size_t start = index.restart(number);
    Bytes entry, key;
    if (start > index.entries.count
        || !index.entries.part(start, index.entries.count - start, entry)) {
        return false;
    }
    uint64_t shared, own, count;
    if (!entry.take(shared) || shared != 0 || !entry.take(own)) return false;
    if (index_has_lengths && !entry.take(count)) return false;
    if (!entry.take(own, key)) return false;
    if (index_has_versions) {
        if (key.count < version_size) return false;
        key.count -= version_size;
    }
    place.last = key.text();
    return entry.take(place.offset) && entry.take(place.size);
}

} // namespace crocksdb

#include "CRocksDBTables.h"
#include "table.h"

#include <algorithm>
#include <cstring>
#include <rocksdb/c.h>
#include <rocksdb/db.h>
#include <rocksdb/version.h>
#include <vector>

// The C interface has no way to what this needs: this is the form in which it holds a store.
struct rocksdb_t {
    rocksdb::DB *rep;
};

namespace crocksdb {
namespace {

using Tables = std::vector<std::shared_ptr<const Table>>;

enum class Step { found, end, damage };

/// The entries of tables of which each has the keys after those of the one before, versions of a
/// key that are not the last left out.
class Run {
  public:
    explicit Run(Tables tables) : tables(std::move(tables)) {}

    /// One over the same tables, which stands nowhere.
    Run anew() const { return Run(tables); }

    std::string_view key() const { return {reinterpret_cast<const char *>(bytes.data()), count}; }
    Bytes value;
    bool is_deletion = false;

    /// Goes to the first key that is not below `from`.
    Step seek(std::string_view from) {
        count = 0;
        table = 0;
        while (table < tables.size() && tables[table]->largest < from) table++;
        rest = {};
        block = 0;
        if (table == tables.size()) return Step::end;
        size_t low = 0, high = tables[table]->block_count();
        while (low < high) {
            const size_t middle = low + (high - low) / 2;
            BlockPlace place;
            if (!tables[table]->place(middle, place)) return Step::damage;
            if (place.last < from) low = middle + 1;
            else high = middle;
        }
        block = low;
        Step step;
        do step = next();
        while (step == Step::found && key() < from);
        return step;
    }

    /// Goes to the next key.
    Step next() {
        while (true) {
            if (rest.count == 0) {
                const Step step = begin_block();
                if (step != Step::found) return step;
            }
            uint64_t shared, own, size;
            Bytes tail;
            if (!take_lengths(shared, own, size) || shared > stored || !rest.take(own, tail)
                || !rest.take(size, value) || shared + own < version_size) {
                return Step::damage;
            }
            const size_t whole = shared + own, length = whole - version_size;
            if (bytes.size() < whole) bytes.resize(2 * whole);
            const bool is_older = length == count && count > 0
                && (shared >= count
                    || std::memcmp(bytes.data() + shared, tail.at, count - shared) == 0);
            std::memcpy(bytes.data() + shared, tail.at, own);
            stored = whole;
            count = length;
            if (is_older) continue;
            // The lowest byte of the version tells what the entry is.
            switch (bytes[length]) {
            case 1: is_deletion = false; return Step::found;
            case 0: case 7: is_deletion = true; return Step::found;
            default: return Step::damage;
            }
        }
    }

    std::string damaged_path() const { return table < tables.size() ? tables[table]->path : ""; }

  private:
    static constexpr size_t version_size = 8;

    bool take_lengths(uint64_t &shared, uint64_t &own, uint64_t &size) {
        // Nearly always a byte each.
        if (rest.count >= 3 && (rest.at[0] | rest.at[1] | rest.at[2]) < 0x80) {
            shared = rest.at[0], own = rest.at[1], size = rest.at[2];
            rest.at += 3, rest.count -= 3;
            return true;
        }
        return rest.take(shared) && rest.take(own) && rest.take(size);
    }

    Step begin_block() {
        while (table < tables.size() && block == tables[table]->block_count()) table++, block = 0;
        if (table == tables.size()) return Step::end;
        BlockPlace place;
        Block next;
        if (!tables[table]->place(block, place) || !tables[table]->read(place, block_bytes, next)) {
            return Step::damage;
        }
        block++;
        rest = next.entries;
        stored = 0;
        return rest.count > 0 ? Step::found : Step::damage;
    }

    Tables tables;
    size_t table = 0, block = 0;
    /// The block that is gone through, and what is left of it.
    std::vector<uint8_t> block_bytes;
    Bytes rest;
    /// The key with its version, its whole length, and that of the key alone.
    std::vector<uint8_t> bytes;
    size_t stored = 0, count = 0;
};

} // namespace
} // namespace crocksdb

/// What it takes from the runs is their lowest key, from the latest run that has it.
struct crocksdb_walk {
    // The latest first.
    std::vector<crocksdb::Run> runs;
    /// Those that have a key, and of them those whose key is the one found last.
    std::vector<crocksdb::Run *> active, spent;
    std::string to, error;

    bool settle(crocksdb::Run &run, crocksdb::Step step) {
        if (step == crocksdb::Step::damage) {
            error = "Corruption: a block is damaged in " + run.damaged_path();
            return false;
        }
        if (step == crocksdb::Step::end) {
            active.erase(std::find(active.begin(), active.end(), &run));
        }
        return true;
    }

    void seek(std::string_view from) {
        active.clear(), spent.clear(), error.clear();
        for (auto &run : runs) {
            active.push_back(&run);
            if (!settle(run, run.seek(from))) return;
        }
    }

    int next(crocksdb_entry &entry) {
        if (!error.empty()) return -1;
        while (true) {
            for (auto *run : spent) {
                if (!settle(*run, run->next())) return -1;
            }
            spent.clear();
            if (active.empty()) return 0;
            auto *found = active.front();
            spent.push_back(found);
            for (size_t i = 1; i < active.size(); i++) {
                const int order = active[i]->key().compare(found->key());
                if (order > 0) continue;
                if (order < 0) spent.clear(), found = active[i];
                spent.push_back(active[i]);
            }
            if (found->key() >= to) return spent.clear(), 0;
            if (found->is_deletion) continue;
            const auto key = found->key();
            entry = {reinterpret_cast<const uint8_t *>(key.data()), key.size(), found->value.at,
                     found->value.count};
            return 1;
        }
    }
};

namespace crocksdb {
namespace {

bool flush(rocksdb::DB &store) {
    uint64_t active = 0, waiting = 0;
    if (!store.GetIntProperty("rocksdb.num-entries-active-mem-table", &active)
        || !store.GetIntProperty("rocksdb.num-entries-imm-mem-tables", &waiting)) {
        return false;
    }
    return (active == 0 && waiting == 0) || store.Flush(rocksdb::FlushOptions()).ok();
}

void allow_deletions(rocksdb::DB &store) {
#if ROCKSDB_MAJOR >= 9
    store.EnableFileDeletions();
#else
    // Not where others hold them up as well.
    store.EnableFileDeletions(false);
#endif
}

/// The tables that may hold keys of the range, those with the latest entries first, and opened
/// before they can be replaced.
bool collect(rocksdb::DB &store, std::string_view from, std::string_view to, crocksdb_walk &walk) {
    std::vector<rocksdb::LiveFileMetaData> files;
    store.GetLiveFilesMetaData(&files);
    // Within a level they come as RocksDB has them: the latest first in the first, by their keys in
    // the others.
    std::stable_sort(files.begin(), files.end(), [](const auto &left, const auto &right) {
        return left.level < right.level;
    });
    Tables run;
    int level = 0;
    for (auto &file : files) {
        if (file.largestkey < from || file.smallestkey >= to) continue;
        // Tables of the first level overlap: each is a run of its own.
        if (!run.empty() && (file.level == 0 || file.level != level)) {
            walk.runs.emplace_back(std::move(run));
            run.clear();
        }
        level = file.level;
        auto table = Table::open(file.db_path + file.name, file.size, file.smallestkey, file.largestkey);
        if (!table) return false;
        run.push_back(std::move(table));
    }
    if (!run.empty()) walk.runs.emplace_back(std::move(run));
    return true;
}

} // namespace
} // namespace crocksdb

crocksdb_walk *crocksdb_walk_create(
    rocksdb_t *store, const char *from, size_t from_count, const char *to, size_t to_count) {
    auto &db = *store->rep;
    if (!crocksdb::flush(db) || !db.DisableFileDeletions().ok()) return nullptr;
    auto walk = std::make_unique<crocksdb_walk>();
    const bool is_known = crocksdb::collect(db, {from, from_count}, {to, to_count}, *walk);
    crocksdb::allow_deletions(db);
    if (!is_known) return nullptr;
    crocksdb_walk_seek(walk.get(), from, from_count, to, to_count);
    return walk.release();
}

crocksdb_walk *crocksdb_walk_copy(const crocksdb_walk *walk) {
    auto copy = std::make_unique<crocksdb_walk>();
    for (const auto &run : walk->runs) copy->runs.push_back(run.anew());
    return copy.release();
}

void crocksdb_walk_destroy(crocksdb_walk *walk) { delete walk; }

void crocksdb_walk_seek(
    crocksdb_walk *walk, const char *from, size_t from_count, const char *to, size_t to_count) {
    walk->to.assign(to, to_count);
    walk->seek({from, from_count});
}

int crocksdb_walk_next(crocksdb_walk *walk, crocksdb_entry *entry) { return walk->next(*entry); }

const char *crocksdb_walk_error(const crocksdb_walk *walk) { return walk->error.c_str(); }

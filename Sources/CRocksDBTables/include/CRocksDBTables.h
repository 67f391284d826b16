// A walk through all keys of a range, over the tables of a RocksDB themselves.
//
// RocksDB's own iterator goes down five layers at each key, which takes ten times as long as to read
// it (Docs/Decisions/0006-walks-read-tables.md).
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct rocksdb_t;

/// A walk over the store as it stood when the walk was made. It needs the store no longer then.
typedef struct crocksdb_walk crocksdb_walk;

/// Makes a walk over the keys from `from` to below `to`.
///
/// What is in memory alone is brought into a table first. Nobody may write meanwhile; later they may.
///
/// Returns NULL where a table has a form that is not known here, or cannot be read: RocksDB's
/// iterator is to be used then.
crocksdb_walk *crocksdb_walk_create(
    struct rocksdb_t *store, const char *from, size_t from_count, const char *to, size_t to_count);

/// Makes a walk over the same store as another, which shares its tables. It stands nowhere until it
/// is told where to go.
crocksdb_walk *crocksdb_walk_copy(const crocksdb_walk *walk);

void crocksdb_walk_destroy(crocksdb_walk *walk);

/// Goes to the first key that is not below `from`; the walk ends before `to`.
void crocksdb_walk_seek(
    crocksdb_walk *walk, const char *from, size_t from_count, const char *to, size_t to_count);

/// A key and its value.
typedef struct {
    const uint8_t *key;
    size_t key_count;
    const uint8_t *value;
    size_t value_count;
} crocksdb_entry;

/// Finds the next key. Returns 1, 0 at the end, or -1 where a table is damaged. What is found stands
/// until the next call.
int crocksdb_walk_next(crocksdb_walk *walk, crocksdb_entry *entry);

/// What is wrong once a call has told of damage.
const char *crocksdb_walk_error(const crocksdb_walk *walk);

#ifdef __cplusplus
}
#endif

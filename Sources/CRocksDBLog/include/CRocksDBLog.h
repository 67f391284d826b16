#pragma once

#ifdef __cplusplus
extern "C" {
#endif

struct rocksdb_options_t;

/// Makes stores that are opened with these options keep no log of what they do.
///
/// Where it cannot write its log, as on a full disk, a RocksDB built with assertions ends the process. Its
/// errors come back from its calls anyway.
void crocksdb_set_no_log(struct rocksdb_options_t *options);

#ifdef __cplusplus
}
#endif

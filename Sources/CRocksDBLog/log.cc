#include "CRocksDBLog.h"

#include <cstdarg>
#include <memory>

#include <rocksdb/c.h>
#include <rocksdb/env.h>

// The C interface takes a logger but makes none: this is the form in which it holds one.
struct rocksdb_logger_t {
    std::shared_ptr<rocksdb::Logger> rep;
};

namespace {

class NoLog final : public rocksdb::Logger {
  public:
    using rocksdb::Logger::Logv;
    void Logv(const char *, va_list) override {}
};

} // namespace

void crocksdb_set_no_log(rocksdb_options_t *options) {
    rocksdb_logger_t logger{std::make_shared<NoLog>()};
    // The options take a share of it.
    rocksdb_options_set_info_log(options, &logger);
}

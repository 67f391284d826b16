/* Makes one write of a program fail, or all from one on, as a disk that is full or broken does. For LD_PRELOAD.
 *
 * FAULT_FOLDER  counts what is written below this folder
 * FAULT_AT      the number of the first write to fail, from 1
 * FAULT_LASTS   set: all after it fail as well
 * FAULT_LOG     a file that is told what failed; it lies elsewhere
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_long count;
static const char *folder, *log_path;
static long first;
static int lasts;

__attribute__((constructor)) static void begin(void) {
    folder = getenv("FAULT_FOLDER");
    log_path = getenv("FAULT_LOG");
    const char *at = getenv("FAULT_AT");
    first = at ? atol(at) : 0;
    lasts = getenv("FAULT_LASTS") != NULL;
}

static int below(const char *path) {
    return folder && strncmp(path, folder, strlen(folder)) == 0 && !strstr(path, "debug.log") && !strstr(path, "stderr");
}

/* Whether this write is to fail. */
static int fails(const char *what, const char *path) {
    if (!first || !below(path)) return 0;
    long number = atomic_fetch_add(&count, 1) + 1;
    if (number != first && !(lasts && number > first)) return 0;
    if (log_path && number == first) {
        char line[PATH_MAX + 64];
        int size = snprintf(line, sizeof line, "%ld %s %s\n", number, what, path);
        int log = syscall(SYS_openat, AT_FDCWD, log_path, O_WRONLY | O_CREAT | O_APPEND, 0600);
        if (log >= 0) {
            syscall(SYS_write, log, line, (size_t)size);
            syscall(SYS_close, log);
        }
    }
    return 1;
}

static int fails_at(const char *what, int file) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t size = readlink(link, path, sizeof path - 1);
    if (size <= 0) return 0;
    path[size] = 0;
    return fails(what, path);
}

#define NEXT(name) \
    static __typeof__(name) *next; \
    if (!next) next = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)
#define FAIL(code) \
    do { \
        errno = code; \
        return -1; \
    } while (0)

/* A write that fails may have written a part. */
ssize_t write(int file, const void *bytes, size_t size) {
    NEXT(write);
    if (fails_at("write", file)) {
        if (first % 2 && size > 1) next(file, bytes, size / 2);
        FAIL(ENOSPC);
    }
    return next(file, bytes, size);
}

ssize_t pwrite(int file, const void *bytes, size_t size, off_t offset) {
    NEXT(pwrite);
    if (fails_at("pwrite", file)) {
        if (first % 2 && size > 1) next(file, bytes, size / 2, offset);
        FAIL(ENOSPC);
    }
    return next(file, bytes, size, offset);
}

ssize_t pwrite64(int file, const void *bytes, size_t size, off64_t offset) {
    NEXT(pwrite64);
    if (fails_at("pwrite", file)) {
        if (first % 2 && size > 1) next(file, bytes, size / 2, offset);
        FAIL(ENOSPC);
    }
    return next(file, bytes, size, offset);
}

ssize_t writev(int file, const struct iovec *parts, int number) {
    NEXT(writev);
    if (fails_at("writev", file)) FAIL(ENOSPC);
    return next(file, parts, number);
}

int fsync(int file) {
    NEXT(fsync);
    if (fails_at("fsync", file)) FAIL(EIO);
    return next(file);
}

int fdatasync(int file) {
    NEXT(fdatasync);
    if (fails_at("fdatasync", file)) FAIL(EIO);
    return next(file);
}

int ftruncate(int file, off_t size) {
    NEXT(ftruncate);
    if (fails_at("ftruncate", file)) FAIL(EIO);
    return next(file, size);
}

int ftruncate64(int file, off64_t size) {
    NEXT(ftruncate64);
    if (fails_at("ftruncate", file)) FAIL(EIO);
    return next(file, size);
}

int rename(const char *old, const char *new) {
    NEXT(rename);
    if (fails("rename", new)) FAIL(ENOSPC);
    return next(old, new);
}

#define OPENS(name, parameters, arguments) \
    int name parameters { \
        NEXT(name); \
        mode_t mode = 0; \
        if (flags & O_CREAT) { \
            va_list rest; \
            va_start(rest, flags); \
            mode = va_arg(rest, mode_t); \
            va_end(rest); \
            if (access(path, F_OK) != 0 && fails("create", path)) FAIL(ENOSPC); \
        } \
        return next arguments; \
    }

OPENS(open, (const char *path, int flags, ...), (path, flags, mode))
OPENS(open64, (const char *path, int flags, ...), (path, flags, mode))

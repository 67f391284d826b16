// Runs every SHA-256 kernel that the processor has against hashes made one by one. It is the first
// and only program of a machine that `run.sh` starts in an emulator, and runs as well by itself.
#include "kernels.h"
#include <stdio.h>
#include <sys/reboot.h>
#include <unistd.h>

enum { NONCES = 40, ROUNDS = 6, MOST = CSHA256_MOST_VERSIONS };

static uint64_t random_state = 88172645463325252;

static uint8_t random_byte(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint8_t)(random_state >> 32);
}

// Searches of one header under `versions`, for targets that one place after the other is the first
// to meet: each must find what a walk through the hashes does.
static void try_searches(
    csha256_kernel kernel, uint32_t from, uint32_t versions, int *tried, int *wrong) {
    static uint8_t hashes[NONCES * MOST][32];
    uint8_t header[80];
    for (int i = 0; i < 80; i++) header[i] = random_byte();
    const uint32_t all = NONCES * versions;
    for (uint32_t i = 0; i < all; i++) {
        header[0] = (uint8_t)(i % versions);
        csha256_header_hash(hashes[i], header, from + i / versions);
    }
    for (uint32_t place = 0; place < all; place += versions < 4 ? 1 : versions / 4 + 1) {
        csha256_search searches[MOST];
        for (uint32_t v = 0; v < versions; v++) {
            header[0] = (uint8_t)v;
            csha256_search_prepare(&searches[v], header, hashes[place]);
        }
        const uint32_t nonce = place / versions;
        for (uint32_t end = nonce; end <= nonce + 1; end++) {
            for (uint32_t start = 0; start <= end; start += 11) {
                uint32_t expected = start * versions, found = 0, version = 0;
                while (expected < end * versions
                    && !csha256_is_at_most(hashes[expected], hashes[place])) expected++;
                const bool is_expected = expected < end * versions;
                const bool is_found = csha256_search_run_versions(
                    kernel, searches, versions, from + start, end - start, &found, &version);
                *tried += 1;
                *wrong += is_found != is_expected
                    || (is_found && (found - from) * versions + version != expected);
            }
        }
    }
}

int main(void) {
    static const char *const names[] = {"portable", "sha-ni", "avx2", "avx512", "armv8", "sha-ni-avx"};
    int all_wrong = 0;
    for (int kernel = 0; kernel < CSHA256_KERNEL_COUNT; kernel++) {
        if (!csha256_is_available(kernel)) continue;
        int tried = 0, wrong = 0;
        for (uint32_t round = 0; round < ROUNDS; round++) {
            // Every other range goes on at zero beyond the largest nonce.
            const uint32_t from = round & 1 ? UINT32_MAX - 10 : 1000 * round;
            for (uint32_t versions = 1; versions <= MOST; versions *= 2) {
                try_searches(kernel, from, versions, &tried, &wrong);
            }
        }
        printf("%s: passed its self-test, %d searches, %d wrong%s\n", names[kernel], tried, wrong,
            kernel == (int)csha256_best_for_search() ? ", in use" : "");
        fflush(stdout);
        all_wrong += wrong;
    }
    puts(all_wrong ? "WRONG" : "DONE");
    fflush(stdout);
    if (getpid() == 1) {
        sleep(1);
        reboot(RB_POWER_OFF);
    }
    return all_wrong != 0;
}

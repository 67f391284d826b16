// The header search of sixteen lanes and two chains in vectors that any processor runs, so that what
// AVX-512 does is tested where there is none.
#pragma once

#include "CSHA256.h"

bool sixteen_search(
    const csha256_search *search, uint32_t from, uint64_t count, uint32_t *found);
bool sixteen_search_versions(
    const csha256_search *searches, uint32_t versions, uint32_t from, uint64_t count,
    uint32_t *found, uint32_t *version);

#pragma once
// The low-level digests are marked as deprecated, but they alone work without an allocation and
// a look-up a hash; libcrypto keeps them through its third series.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/ripemd.h>
#include <openssl/bn.h>

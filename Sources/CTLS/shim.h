#pragma once
#include <openssl/err.h>
#include <openssl/ssl.h>

// What libssl has as macros, which Swift does not see.

/// Sets up a server's context: TLS 1.2 at least, nothing kept of a session after its end, no
/// renegotiation, and no memory held for connections at rest.
static inline int cellblock_tls_harden(SSL_CTX *context) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(
        context,
        SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_AUTO_RETRY);
    SSL_CTX_set_options(
        context,
        SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION
            | SSL_OP_CIPHER_SERVER_PREFERENCE);
    return SSL_CTX_set_num_tickets(context, 0)
        && SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
}

static inline int cellblock_tls_no_passphrase(char *buffer, int size, int isWriting, void *data) {
    (void)buffer, (void)size, (void)isWriting, (void)data;
    return 0;
}

/// Keeps libssl from asking the terminal for the passphrase of an encrypted key.
static inline void cellblock_tls_forbid_passphrases(SSL_CTX *context) {
    SSL_CTX_set_default_passwd_cb(context, cellblock_tls_no_passphrase);
}

/* peer_id.h - libp2p's name of an ed25519 key. */
#ifndef DRY_NODE_PEER_ID_H
#define DRY_NODE_PEER_ID_H
#include <drystone/common/bytes.h>

/* Text and NUL of the largest input below. */
#define DRY_BASE58_BYTES_MAX 64u
#define DRY_BASE58_TEXT_MAX 89u

/* base58btc of at most DRY_BASE58_BYTES_MAX bytes, NUL-terminated. */
void dry_base58_encode(char out[DRY_BASE58_TEXT_MAX], struct dry_bytes in);
/* "12D3KooW…": base58btc of the identity multihash of the key's protobuf form. */
void dry_peer_id_of(char out[DRY_BASE58_TEXT_MAX], const uint8_t ed25519_pubkey[32]);

#endif /* DRY_NODE_PEER_ID_H */

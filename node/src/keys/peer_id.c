/* peer_id.c - base58btc and libp2p's peer ids. */
#include "peer_id.h"

void dry_base58_encode(char out[DRY_BASE58_TEXT_MAX], struct dry_bytes in)
{
    static const char alphabet[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    uint8_t digits[DRY_BASE58_TEXT_MAX] = {0}; /* least significant first */
    size_t n = 0, zeros = 0;

    DRY_ASSERT(in.len <= DRY_BASE58_BYTES_MAX);
    while (zeros < in.len && in.ptr[zeros] == 0)
        zeros++;
    for (size_t i = zeros; i < in.len; i++) {
        uint32_t carry = in.ptr[i];

        for (size_t k = 0; k < n || carry != 0; k++) {
            carry += 256u * digits[k];
            digits[k] = (uint8_t)(carry % 58);
            carry /= 58;
            n = k + 1 > n ? k + 1 : n;
        }
    }
    memset(out, '1', zeros);
    for (size_t i = 0; i < n; i++)
        out[zeros + i] = alphabet[digits[n - 1 - i]];
    out[zeros + n] = '\0';
}

void dry_peer_id_of(char out[DRY_BASE58_TEXT_MAX], const uint8_t ed25519_pubkey[32])
{
    /* Multihash "identity" of 36 bytes; protobuf: Type (1) = Ed25519 (1), Data (2) = 32 bytes. */
    uint8_t id[38] = {0x00, 0x24, 0x08, 0x01, 0x12, 0x20};

    memcpy(id + 6, ed25519_pubkey, 32);
    dry_base58_encode(out, DRY_BYTES_ARRAY(id));
}

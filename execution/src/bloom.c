/* The log bloom (Yellow Paper, section 4.4.1). */
#include "rules_impl.h"
#include <drystone/crypto.h>

static void add(struct dry_bloom *bloom, struct dry_bytes item)
{
    struct dry_hash hash;

    dry_keccak256(&hash, item);
    for (unsigned i = 0; i < 6; i += 2) {
        unsigned bit = (((unsigned)hash.b[i] << 8) | hash.b[i + 1]) & 2047;

        bloom->b[255 - bit / 8] |= (uint8_t)(1u << (bit & 7));
    }
}

void dry__bloom_add(struct dry_bloom *bloom, const struct dry_log_entry *log)
{
    add(bloom, DRY_BYTES_ARRAY(log->address.b));
    for (unsigned i = 0; i < log->topic_count; i++)
        add(bloom, DRY_BYTES_ARRAY(log->topics[i].b));
}

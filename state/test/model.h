/* A plain model of a state, random changes to it, and a storage whose calls can be made to fail. */
#ifndef TEST_STATE_MODEL_H
#define TEST_STATE_MODEL_H
#include <drystone/crypto.h>
#include <drystone/state.h>
#include <drystone/storage.h>
#include <drystone/test.h>

#define MODEL_ACCOUNTS 48u
#define MODEL_SLOTS 12u

struct model_account {
    bool exists;
    uint64_t nonce;
    struct dry_u256 balance;
    uint8_t code; /* 0: none; else the byte its code consists of */
    uint64_t slots[MODEL_SLOTS];
};
struct model {
    struct model_account accounts[MODEL_ACCOUNTS];
};
/* A diff with the memory its parts stand in. */
struct model_diff {
    struct dry_state_diff diff;
    struct dry_account_diff accounts[MODEL_ACCOUNTS];
    struct dry_slot_diff slots[MODEL_ACCOUNTS][MODEL_SLOTS];
    uint8_t code[MODEL_ACCOUNTS][40];
};

/* splitmix64 */
uint64_t model_random(uint64_t *seed);
void model_address(struct dry_address *out, unsigned i);
void model_slot_key(struct dry_hash *out, unsigned i);
/* Change m at random; *d says how. About `busy` accounts change. Returns the operations made. */
unsigned model_change(struct model *m, struct model_diff *d, unsigned busy, uint64_t *seed);
/* The whole model as a diff over the empty state. */
void model_whole(const struct model *m, struct model_diff *d);
/* The root, from scratch. */
void model_root(const struct model *m, struct dry_hash *out);
/* A reader must answer as the model does. */
void model_check_reader(const struct model *m, struct dry_state_reader *r);

/* A storage over another one whose n-th call from now fails with EIO (0: none does). */
struct faulty_storage {
    struct dry_storage base;
    struct dry_storage *inner;
    uint64_t fail_at, calls;
    bool failed;
};
void faulty_init(struct faulty_storage *f, struct dry_storage *inner);
#endif /* TEST_STATE_MODEL_H */

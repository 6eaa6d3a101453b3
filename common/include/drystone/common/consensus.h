/* drystone/common/consensus.h - who may seal a block, when, and which chain wins, behind a
 * swappable driver. A driver does no I/O: it is fed events and answers with actions. Start at
 * dry_consensus_event(). */
#ifndef DRY_COMMON_CONSENSUS_H
#define DRY_COMMON_CONSENSUS_H
#include <drystone/common/block.h>

#define DRY_CONSENSUS_ABI 2u

/* What the node tells the engine. Times are wall-clock milliseconds. */
enum dry_event_kind {
    DRY_EVENT_START,        /* once; number and time of the head */
    DRY_EVENT_TIMER,        /* the timer asked for has run out */
    DRY_EVENT_TX_READY,     /* `count` transactions can be included now */
    DRY_EVENT_MINE,         /* a user asked for a block (evm_mine) */
    DRY_EVENT_SET_AUTOMINE, /* value 0 or 1 */
    DRY_EVENT_SET_INTERVAL, /* value in ms, 0 off */
};
struct dry_event {
    enum dry_event_kind kind;
    uint64_t now_ms;
    uint64_t value;
    const struct dry_header *head;
};

/* What the engine wants done. */
enum dry_action_kind {
    DRY_ACTION_BUILD, /* build a block on the head now; `value`: most transactions in it, 0: no
                         limit */
    DRY_ACTION_TIMER, /* feed TIMER after `value` ms; replaces an earlier one; 0 stops it */
};
struct dry_action {
    enum dry_action_kind kind;
    uint64_t value;
};
#define DRY_ACTIONS_MAX 4u

struct dry_consensus_settings {
    const struct dry_chain_config *config;
    uint64_t block_time_ms; /* dev: 0 means a block per transaction */
    bool automine;
    struct dry_address coinbase;
};

struct dry_consensus;
struct dry_consensus_ops {
    uint32_t abi;
    const char *name; /* in the config file: consensus.driver = "dev" */
    bool seals;       /* it may answer BUILD: a chain that no block can be built on is refused */
    dry_status (*open)(struct dry_consensus **out, const struct dry_consensus_settings *set);
    void (*close)(struct dry_consensus *c);
    uint32_t (*event)(struct dry_consensus *c, const struct dry_event *event,
                      struct dry_action actions[DRY_ACTIONS_MAX]);
    dry_status (*prepare)(struct dry_consensus *c, struct dry_header *header,
                          const struct dry_header *parent, uint64_t now_ms);
    enum dry_verdict (*check_seal)(struct dry_consensus *c, const struct dry_header *header,
                                   const struct dry_header *parent);
    bool (*prefers)(struct dry_consensus *c, const struct dry_header *head,
                    const struct dry_u256 *head_td, const struct dry_header *other,
                    const struct dry_u256 *other_td);
    uint64_t (*finalized)(struct dry_consensus *c, uint64_t head);
};
/* An object starts with its table. */
struct dry_consensus {
    const struct dry_consensus_ops *ops;
};

DRY_MUST_USE dry_status dry_consensus_open(struct dry_consensus **out,
                                           const struct dry_consensus_ops *driver,
                                           const struct dry_consensus_settings *set);
void dry_consensus_close(struct dry_consensus *c);
/* Feed one event; the number of actions written. Thread: the loop's, as for all below. */
uint32_t dry_consensus_event(struct dry_consensus *c, const struct dry_event *event,
                             struct dry_action actions[DRY_ACTIONS_MAX]);
/* Fill what is the engine's in the header of a block being built on parent: coinbase, time,
 * difficulty, mix hash, nonce, extra data. */
DRY_MUST_USE dry_status dry_consensus_prepare(struct dry_consensus *c, struct dry_header *header,
                                              const struct dry_header *parent, uint64_t now_ms);
/* VALID or BLOCK_SEAL; rules that hold on every chain are execution's. */
enum dry_verdict dry_consensus_check_seal(struct dry_consensus *c, const struct dry_header *header,
                                          const struct dry_header *parent);
/* Whether the valid block `other` should become the head in place of `head` (total difficulties
 * given). */
bool dry_consensus_prefers(struct dry_consensus *c, const struct dry_header *head,
                           const struct dry_u256 *head_td, const struct dry_header *other,
                           const struct dry_u256 *other_td);
/* Number of the newest block that cannot be undone when `head` is the head's number. */
uint64_t dry_consensus_finalized(struct dry_consensus *c, uint64_t head);

#endif /* DRY_COMMON_CONSENSUS_H */

/* Difficulty of proof-of-work blocks, Frontier to Gray Glacier. */
#include <drystone/execution.h>

#define DIFFICULTY_MIN 131072u
#define BOUND_DIVISOR 2048u
#define BOMB_PERIOD 100000u

/* How many blocks the bomb stands back (EIP-649, 1234, 2384, 3554, 4345, 5133). */
static const struct {
    enum dry_fork since;
    uint64_t blocks;
} bomb_delays[] = {
    {DRY_FORK_GRAY_GLACIER, 11400000},  {DRY_FORK_ARROW_GLACIER, 10700000},
    {DRY_FORK_LONDON, 9700000},         {DRY_FORK_MUIR_GLACIER, 9000000},
    {DRY_FORK_CONSTANTINOPLE, 5000000}, {DRY_FORK_BYZANTIUM, 3000000},
};

static bool is_active(const struct dry_chain_config *config, enum dry_fork fork, uint64_t number)
{
    return config->activation[fork] != DRY_NEVER && config->activation[fork] <= number;
}

static uint64_t bomb_delay(const struct dry_chain_config *config, uint64_t number)
{
    for (size_t i = 0; i < DRY_COUNT(bomb_delays); i++)
        if (is_active(config, bomb_delays[i].since, number))
            return bomb_delays[i].blocks;
    return 0;
}

/* *out = parent + step * plus, or parent - step * minus (to 0 at the least). */
static void adjust(struct dry_u256 *out, const struct dry_u256 *parent, uint64_t plus,
                   uint64_t minus)
{
    struct dry_u256 step, divisor = DRY_U256(BOUND_DIVISOR);
    struct dry_u256 times = DRY_U256(plus != 0 ? plus : minus);

    dry_u256_divmod_var(&step, NULL, parent, &divisor);
    dry_u256_mul(&step, &step, &times);
    if (plus != 0)
        (void)dry_u256_add(out, parent, &step);
    else if (dry_u256_sub(out, parent, &step))
        *out = DRY_U256_ZERO;
}

void dry_difficulty_next(struct dry_u256 *out, const struct dry_chain_config *config,
                         uint64_t number, uint64_t time, const struct dry_header *parent,
                         bool parent_has_ommers)
{
    uint64_t took = time > parent->time ? time - parent->time : 0;
    uint64_t delay = bomb_delay(config, number);
    uint64_t period = (number > delay ? number - delay : 0) / BOMB_PERIOD;
    struct dry_u256 bomb = DRY_U256(1), min = DRY_U256(DIFFICULTY_MIN);

    if (is_active(config, DRY_FORK_HOMESTEAD, number)) {
        bool byzantium = is_active(config, DRY_FORK_BYZANTIUM, number);
        uint64_t up = byzantium && parent_has_ommers ? 2 : 1;
        uint64_t down = took / (byzantium ? 9 : 10);

        if (down > up + 99)
            down = up + 99;
        adjust(out, &parent->difficulty, up > down ? up - down : 0, down > up ? down - up : 0);
    } else {
        adjust(out, &parent->difficulty, took < 13, took >= 13);
    }
    if (period >= 2) {
        dry_u256_shl(&bomb, &bomb, period - 2 < 256 ? (unsigned)(period - 2) : 256);
        (void)dry_u256_add(out, out, &bomb);
    }
    if (dry_u256_less(out, &min))
        *out = min;
}

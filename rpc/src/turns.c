/* turns.c - the workers shared among connections: whose requests wait take turns, connection by
 * connection, and none has more than half of the workers. What is done in parts holds its answer
 * meanwhile: when that becomes much, turns are longer, and after a long one the request ends. And
 * the loop's queue, where no connection has more than a few. */
#include "internal.h"
#include <drystone/common/clock.h>

#define TURN_NS 10000000u /* after so long others have their turn, between two calls */
#define TURN_LONG_NS 500000000u
#define LOOP_LANE_MAX 4u /* requests of one connection in the loop's queue */

/* --- the list of lanes that wait; rpc->lock is held --- */

static void lane_list(struct dry_rpc *rpc, struct dry__lane *lane)
{
    uint32_t max = (dry_pool_threads(rpc->set.pool) + 1) / 2;

    if (lane->listed || lane->turns.first == NULL || lane->running >= max)
        return;
    lane->listed = true;
    lane->next = NULL;
    if (rpc->lanes == NULL)
        rpc->lanes = lane;
    else
        rpc->lanes_last->next = lane;
    rpc->lanes_last = lane;
}

static void append(struct dry__waiting *w, struct dry__request *r)
{
    r->following = NULL;
    if (w->first == NULL)
        w->first = r;
    else
        w->last->following = r;
    w->last = r;
}

/* The first one; NULL when none waits. */
static struct dry__request *remove_first(struct dry__waiting *w)
{
    struct dry__request *r = w->first;

    if (r != NULL)
        w->first = r->following;
    return r;
}

static void put(struct dry_rpc *rpc, struct dry__request *r)
{
    append(&r->lane->turns, r);
    lane_list(rpc, r->lane);
}

/* It goes on before what its connection sent later. */
static void put_back(struct dry__request *r)
{
    struct dry__lane *lane = r->lane;

    r->following = lane->turns.first;
    if (lane->turns.first == NULL)
        lane->turns.last = r;
    lane->turns.first = r;
}

static void leave(struct dry_rpc *rpc, struct dry__request *r)
{
    r->in_turn = false;
    r->lane->running--;
    lane_list(rpc, r->lane);
}

static struct dry__request *take(struct dry_rpc *rpc)
{
    struct dry__lane *lane = rpc->lanes;
    struct dry__request *r;

    if (lane == NULL)
        return NULL;
    rpc->lanes = lane->next;
    lane->listed = false;
    r = remove_first(&lane->turns);
    lane->running++;
    r->in_turn = true;
    rpc->turn_bytes -= r->turn_bytes;
    r->turn_bytes = 0;
    lane_list(rpc, lane);
    return r;
}

/* --- on workers --- */

/* One turn, then the pool's other work has its chance. */
static void work(void *arg)
{
    struct dry_rpc *rpc = arg;
    struct dry__request *r;
    bool more = true;

    while (more) {
        dry_mutex_lock(&rpc->lock);
        r = take(rpc);
        dry_mutex_unlock(&rpc->lock);
        if (r != NULL) {
            r->turn_ns = dry_clock_monotonic_ns(rpc->set.clock);
            dry__request_drive(r);
        }
        dry_mutex_lock(&rpc->lock);
        more = rpc->lanes != NULL;
        if (!more)
            rpc->turn_workers--;
        dry_mutex_unlock(&rpc->lock);
        if (more && dry_ok(dry_pool_submit(rpc->set.pool, NULL, work, NULL, rpc)))
            return;
    }
}

dry_status dry__turn_wait(struct dry__request *r)
{
    struct dry_rpc *rpc = r->rpc;
    dry_status st = DRY_OK;
    bool start;

    dry_mutex_lock(&rpc->lock);
    put(rpc, r);
    start = rpc->turn_workers < dry_pool_threads(rpc->set.pool);
    rpc->turn_workers += start;
    dry_mutex_unlock(&rpc->lock);
    if (start)
        st = dry_pool_submit(rpc->set.pool, NULL, work, NULL, rpc);
    if (dry_ok(st))
        return st;
    dry_mutex_lock(&rpc->lock);
    rpc->turn_workers--;
    dry_mutex_unlock(&rpc->lock);
    return st;
}

struct dry__request *dry__turn_refused(struct dry_rpc *rpc)
{
    struct dry__request *r;

    dry_mutex_lock(&rpc->lock);
    r = rpc->turn_workers == 0 ? take(rpc) : NULL;
    if (r != NULL)
        leave(rpc, r);
    dry_mutex_unlock(&rpc->lock);
    return r;
}

enum dry__turn dry__turn_over(struct dry__request *r)
{
    size_t bytes = r->out.cap + r->arena.total;
    struct dry_rpc *rpc = r->rpc;
    uint64_t now, went;
    bool room;

    if (!r->in_turn)
        return DRY__TURN_GOES_ON;
    now = dry_clock_monotonic_ns(rpc->set.clock);
    went = now - r->turn_ns;
    if (went < TURN_NS)
        return DRY__TURN_GOES_ON;
    dry_mutex_lock(&rpc->lock);
    room = bytes <= DRY__SMALL_BYTES || rpc->turn_bytes + bytes <= rpc->limits.memory_bytes_max / 2;
    if (room) {
        r->spent_ns += went;
        r->turn_bytes = bytes;
        rpc->turn_bytes += bytes;
        put_back(r);
        leave(rpc, r);
    }
    dry_mutex_unlock(&rpc->lock);
    if (room)
        return DRY__TURN_OVER;
    return went < TURN_LONG_NS ? DRY__TURN_GOES_ON : DRY__TURN_TOO_LARGE;
}

void dry__turn_leave(struct dry__request *r)
{
    struct dry_rpc *rpc = r->rpc;

    if (!r->in_turn)
        return;
    r->spent_ns += dry_clock_monotonic_ns(rpc->set.clock) - r->turn_ns;
    dry_mutex_lock(&rpc->lock);
    leave(rpc, r);
    dry_mutex_unlock(&rpc->lock);
}

/* --- on the loop --- */

dry_status dry__loop_enter(struct dry__request *r)
{
    struct dry__lane *lane = r->lane;
    bool waits = false;

    if ((r->calls[r->next].method->flags & DRY__SUBMIT) == 0) {
        dry_mutex_lock(&r->rpc->lock);
        waits = lane->looping >= LOOP_LANE_MAX;
        r->looping = !waits;
        lane->looping += !waits;
        if (waits)
            append(&lane->loops, r);
        dry_mutex_unlock(&r->rpc->lock);
    }
    return waits ? DRY_OK : dry_loop_post(r->rpc->set.loop, dry__request_on_loop, r);
}

void dry__loop_leave(struct dry__request *r)
{
    struct dry__lane *lane = r->lane;
    struct dry_rpc *rpc = r->rpc;
    struct dry__request *next;
    dry_status st = DRY_STATUS(EBUSY, NULL);

    if (!r->looping)
        return;
    r->looping = false;
    while (!dry_ok(st)) {
        dry_mutex_lock(&rpc->lock);
        next = remove_first(&lane->loops);
        lane->looping -= next == NULL;
        dry_mutex_unlock(&rpc->lock);
        if (next == NULL)
            return;
        next->looping = true;
        st = dry_loop_post(rpc->set.loop, dry__request_on_loop, next);
        if (dry_ok(st))
            return;
        next->looping = false; /* the place is for the one after it */
        dry__request_fail(next, st);
    }
}

/* descriptors.c - the limit of open files, shared. */
#include "descriptors.h"

#define OTHERS 64u /* standard streams, listener, loop, a block file, who is turned away */
#define STORE_BESIDES                                                                            \
    64u                   /* log, manifest, tables being written, tables read at once in a merge \
                           */
#define STORE_TABLES 256u /* open tables when there is room for them */
#define STORE_TABLES_MIN 32u /* fewer, and each read opens a file */

dry_status dry_descriptors_share(struct dry_descriptors *out, uint64_t limit, uint32_t connections,
                                 bool durable)
{
    uint32_t fixed = OTHERS + (durable ? STORE_BESIDES : 0);
    uint32_t tables = durable ? STORE_TABLES : 0, least = durable ? STORE_TABLES_MIN : 0;
    uint64_t left;

    *out = (struct dry_descriptors){(uint64_t)fixed + tables + connections, tables, connections};
    if (limit == 0 || limit >= out->want)
        return DRY_OK;
    if (limit < (uint64_t)fixed + least + (connections != 0 ? 1 : 0))
        return DRY_STATUS(ELIMIT, "the limit of open files is too low: raise it (ulimit -n)");
    left = limit - fixed;
    if (tables > left / 2)
        out->store_tables = left / 2 > least ? (uint32_t)(left / 2) : least;
    left -= out->store_tables;
    if (connections > left)
        out->connections = (uint32_t)left;
    return DRY_OK;
}

/* Between two cases the bare heap is given back whole. */
#include "host.h"
#include <drystone/common/bare_heap.h>

size_t host_heap_mark(void)
{
    return dry_heap_mark();
}

void host_heap_rewind(size_t mark)
{
    dry_heap_rewind(mark);
}

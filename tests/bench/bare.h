/* Memory for the subjects in bare C: what is large lies on huge pages, as the project's own does. */
#pragma once

#include <glib.h>
#include <stdlib.h>
#include <sys/mman.h>

/** bare_memory: Returns: @octets, for free() */
static inline void *
bare_memory(size_t octets)
{
    size_t alignment = octets >= (size_t) 4 << 20 ? (size_t) 2 << 20 : 64;
    void *memory = NULL;

    octets = (octets + alignment - 1) & ~(alignment - 1);
    int status = posix_memalign(&memory, alignment, octets);

    g_assert(status == 0);
    if (alignment > 64)
        (void) madvise(memory, octets, MADV_HUGEPAGE);
    return memory;
}

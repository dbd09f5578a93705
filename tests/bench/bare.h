/* Memory for the subjects in bare C: what is large lies on huge pages, as the project's own does. */
#pragma once

#include <glib.h>
#include <stdlib.h>
#include <sys/mman.h>

/** bare_memory: Returns: @bytes, for free() */
static inline void *
bare_memory(size_t bytes)
{
    size_t alignment = bytes >= (size_t) 4 << 20 ? (size_t) 2 << 20 : 64;
    void *memory = NULL;

    bytes = (bytes + alignment - 1) & ~(alignment - 1);
    int status = posix_memalign(&memory, alignment, bytes);

    g_assert(status == 0);
    if (alignment > 64)
        (void) madvise(memory, bytes, MADV_HUGEPAGE);
    return memory;
}

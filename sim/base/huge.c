/* Large arrays on huge pages: see huge.h. */
#include "base/huge.h"

#include <stdint.h>
#include <sys/mman.h>

void
sr_advise_huge(void *array, size_t bytes)
{
#ifdef MADV_HUGEPAGE
    const uintptr_t page = (uintptr_t) 2 << 20;
    uintptr_t first = ((uintptr_t) array + page - 1) / page * page;
    uintptr_t end = ((uintptr_t) array + bytes) / page * page;

    if (first < end)
        (void) madvise((char *) array + (first - (uintptr_t) array), end - first,
                       MADV_HUGEPAGE);
#else
    (void) array;
    (void) bytes;
#endif
}

/* Large arrays on huge pages. */
#pragma once

#include <stddef.h>

/** sr_advise_huge: puts @array on huge pages, if there are any. Its elements are touched in random
 * order, so with small pages most accesses would miss the TLB. Results do not depend on it. */
void sr_advise_huge(void *array, size_t bytes);

/* Names of streams as numbers. The header has the draws, inline. Only the hash of a name is a
 * call; it is taken once per stream and never in the inner loop of a run. */
#include "session-race/stream.h"

#include <xxhash.h>

uint64_t
sr_name_hash(const char *name, size_t length)
{
    return XXH3_64bits(name, length);
}

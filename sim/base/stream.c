/* Names of streams as numbers. All the drawing is in the header, inlined into whoever draws;
 * only the hash of a name, taken once a stream and never in a run's inner loop, is a call. */
#include "session-race/stream.h"

#include <xxhash.h>

uint64_t
sr_name_hash(const char *name, size_t length)
{
    return XXH3_64bits(name, length);
}

/* Some random scenarios, searched in every way. */
#include "explore/random-compare.h"

int
main(void)
{
    static const RandomRange range = { 1, 20, 6000, 6000, 0 };

    return random_compare_main(&range);
}

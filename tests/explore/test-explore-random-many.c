/* Many random scenarios, searched in every way. */
#include "explore/random-compare.h"

int
main(void)
{
    static const RandomRange range = { 1001, 500, 16000, 60000, 10 };

    return random_compare_main(&range);
}

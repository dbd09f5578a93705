/* Full races of few clients: by hand, in SimPy, played and swept by the program. */
#pragma once

#include <stdbool.h>

/** bench_races_check: says what agrees. Returns: whether all subjects do the same work */
bool bench_races_check(void);
/** bench_races_round: gives each subject its turn; @with_long: sweeps of millions, too. */
void bench_races_round(unsigned round, bool with_long);
/** bench_races_print: prints the table of subjects and that of goals. */
void bench_races_print(bool with_long, bool markdown);

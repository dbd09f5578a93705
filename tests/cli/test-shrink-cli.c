/* `shrink` as a user meets it. */
#include "shell.h"

#define BAD                                                                                    \
    "printf '[network]\\nlatency = 10ms\\n[encryption-provider]\\nretention = on-new-key\\n"   \
    "[client alice]\\n[client bob]\\nstart = 12ms\\n[client carol]\\nstart = 40ms\\n"          \
    "[timeline]\\n900ms = disconnect carol for 2s\\n' > bad.ini\n"
#define GOOD "printf '[client alice]\\n[client bob]\\n' > good.ini\n"

/* clang-format off */
static const struct shell_row rows[] = {
    { "help", "session-race shrink --help", 0, "--tries", "" },
    { "no scenario", "session-race shrink", 2, "", "a scenario is needed" },
    { "two scenarios", BAD GOOD "session-race shrink bad.ini good.ini", 2, "", "shrink takes one scenario" },
    { "a misspelt scenario", "printf '[client a]\\nstrat = 1ms\\n' > x.ini; session-race shrink x.ini", 2, "", "x.ini:2:1: error: " },
    { "a misspelt check", BAD "session-race shrink --check key-keep bad.ini", 2, "", "--check: there is no check 'key-keep'; did you mean 'key-kept'?" },
    { "no tries", BAD "session-race shrink --tries 0 bad.ini", 2, "", "--tries: '0' is not a number, at least 1" },
    { "nothing fails", GOOD "session-race shrink good.ini", 1, "", "good.ini: no check fails under seed 1; 'session-race sweep' lists the seeds under which one does" },
    { "a run that is too long", BAD "session-race shrink --set scenario.max-events=30 bad.ini", 4, "", "bad.ini: error: the run needs more than 30 events ('max-events' in [scenario]) and was ended at " },
    { "another check fails", BAD "session-race shrink --check nonce-unique bad.ini", 1, "", "bad.ini: nonce-unique does not fail under seed 1" },
    { "the input as the output", BAD "session-race shrink -o bad.ini bad.ini", 2, "", "is an input, which is never replaced" },
    { "two clients and a setting are left", BAD "session-race shrink bad.ini", 0, "[encryption-provider]\nretention = on-new-key\n\n[expect]\nverdict = fail(key-kept", "key-kept: 2 clients, 0 faults and" },
    { "a scenario for a regression suite", BAD "session-race shrink -q -o small.ini bad.ini && session-race run small.ini", 0, "as expected: key-kept", "" },
    { "where it comes from", BAD "session-race shrink -q --seed 5 bad.ini", 0, "# The smallest scenario that was found to fail key-kept as bad does under seed 5;\n", "" },
    { "standard input", BAD "session-race shrink -q - < bad.ini", 0, "retention = on-new-key", "" },
    { "a budget", BAD "session-race shrink --tries 1 bad.ini", 4, "1 candidates were tried, not all that there are.", "after 1 tries" },
    { "the failures of a sweep", BAD "session-race sweep -q --seeds 1..20 --shrink small bad.ini; ls small; cat small/key-kept.ini; session-race run small", 0, "# First met in bad.ini, seed 1.", "3 small scenarios in small" },
    { "a sweep without failures", GOOD "session-race sweep -q --seeds 1..20 --shrink small good.ini; ls", 0, "good.ini\n", "" },
    { "a folder that cannot be", BAD "session-race sweep -q --seeds 1..20 --shrink bad.ini/small bad.ini", 3, "", "bad.ini/small: error: Not a directory" },
    { "a folder without a name", BAD "session-race sweep --shrink '' bad.ini", 2, "", "--shrink: the name of the folder is empty" },
    { "a full disk", BAD "session-race shrink -o /dev/full bad.ini", 3, "", "/dev/full: error: " },
};
/* clang-format on */

int
main(void)
{
    return shell_check_rows("shrink", rows, G_N_ELEMENTS(rows)) != 0;
}

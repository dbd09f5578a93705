/* `run --watch`. Nothing waits for a time: what the program says on standard error comes through a pipe, line by line, and what is done
 * next waits for that line. */
#include "shell.h"

/* Begins to watch @arguments. A shell starts what is behind & with SIGINT ignored, which env undoes. `heard` prints the next line that
 * the program says, `quit` ends it with a signal and shows its status. */
#define WATCH(arguments)                                                                       \
    "mkfifo said; env --default-signal=INT session-race run --watch " arguments                \
    " > out 2> said & exec 3< said; heard() { read -r line <&3; printf '%s\\n' \"$line\"; }; " \
    "quit() { kill -$1 $!; wait $!; echo ended with $?; }; "
#define NEW "session-race new -q two; "
#define WATCHED "session-race run: 1 scenario is watched; save it to play again, press Ctrl-C to end\n"
#define SAVED "session-race run: two.ini was saved\n"

/* clang-format off */
static const struct shell_row rows[] = {
    { "it plays, and waits for SIGINT", NEW WATCH("two.ini") "heard; quit INT; head -n 1 out", 0, WATCHED "ended with 130\nok    two.ini", "" },
    { "or for SIGTERM", NEW WATCH("two.ini") "heard; quit TERM", 0, WATCHED "ended with 143\n", "" },
    { "a file that is written is played again", NEW WATCH("two.ini") "heard; sed 's/12ms/13ms/' two.ini > new; cat new > two.ini; heard; heard; quit INT; grep -c ^ok out", 0, WATCHED SAVED WATCHED "ended with 130\n2\n", "" },
    { "a file that takes its place, too", NEW WATCH("two.ini") "heard; sed 's/12ms/13ms/' two.ini > new; mv new two.ini; heard; heard; quit INT; awk '/^ok/ { print $NF }' out | sort -u | wc -l", 0, WATCHED SAVED WATCHED "ended with 130\n2\n", "" },
    { "and a file that comes from elsewhere", NEW "mkdir d; sed 's/12ms/13ms/' two.ini > d/new; " WATCH("two.ini") "heard; mv d/new two.ini; heard; heard; quit INT", 0, WATCHED SAVED WATCHED, "" },
    { "the file that a link leads to", NEW "mkdir d; mv two.ini d; ln -s d/two.ini two.ini; " WATCH("two.ini") "heard; echo >> d/two.ini; heard; heard; quit INT", 0, WATCHED SAVED WATCHED, "" },
    { "a file beside it is no reason", NEW WATCH("two.ini") "heard; session-race new -q three; echo >> two.ini; heard; heard; quit INT; grep -c ^ok out", 0, WATCHED SAVED WATCHED "ended with 130\n2\n", "" },
    { "a malformed file is waited for", NEW WATCH("two.ini") "heard; echo x >> two.ini; heard; heard; heard; heard; heard; session-race new -o - two > new; cat new > two.ini; heard; heard; quit INT; grep -c ^ok out", 0, "two.ini:33:1: error: 'x' is neither a [group] nor 'key = value'\nx\n^\n" WATCHED SAVED WATCHED "ended with 130\n2\n", "" },
    { "it may be malformed from the start", "echo x > two.ini; " WATCH("two.ini") "heard; heard; heard; heard; heard; session-race new -o - two > new; cat new > two.ini; heard; heard; quit INT; grep -c ^ok out", 0, WATCHED SAVED WATCHED "ended with 130\n1\n", "" },
    { "a new file in a folder", "mkdir d; session-race new -q d/two; " WATCH("d") "heard; session-race new -q d/three; heard; heard; quit INT; tail -n 1 out", 0, "session-race run: three.ini was saved\nsession-race run: 2 scenarios are watched; save one to play again, press Ctrl-C to end\nended with 130\n2 scenarios: 2 as expected\n", "" },
    { "the file of delays that a scenario reads", NEW "printf '10ms\\n' > d.csv; sed -i 's/^latency.*/latency = empirical(\"d.csv\")/' two.ini; " WATCH("two.ini") "heard; printf '11ms\\n' > d.csv; heard; heard; quit INT; grep -c ^ok out", 0, WATCHED "session-race run: d.csv was saved\n" WATCHED "ended with 130\n2\n", "" },
    { "outputs are written each time", NEW WATCH("--trace t.ndjson -o report two.ini") "heard; rm t.ndjson report; echo >> two.ini; heard; heard; quit INT; cat out; ls report t.ndjson", 0, WATCHED SAVED WATCHED "ended with 130\nreport\nt.ndjson\n", "" },
    { "with a filter", "mkdir d; session-race new -q d/two; session-race new -q d/one; " WATCH("--filter ONE d") "heard; quit INT; tail -n 1 out", 0, "ended with 130\n1 scenario: 1 as expected\n", "" },
    { "standard input comes only once", "session-race run --watch -", 2, "", "--watch: standard input cannot be read again" },
    { "a folder that is empty ends it", "mkdir d; session-race run --watch d", 2, "", "there is no scenario" },
    { "nothing to watch ends it", "session-race run --watch", 2, "", "a scenario is needed" },
};
/* clang-format on */

int
main(void)
{
    return shell_check_rows("watch", rows, G_N_ELEMENTS(rows)) != 0;
}

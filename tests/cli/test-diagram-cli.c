/* `diagram` as a user meets it: by its command line, its exit status and what it leaves behind.
 * A fresh folder has a copy of a small trace, `two.ndjson`. */
#include "shell.h"

/* clang-format off */
static const struct shell_row rows[] = {
    { "text is what a terminal gets", "session-race diagram two.ndjson", 0, " alice  bob    server encryption-provider\n", "" },
    { "a format is named", "session-race diagram two.ndjson --as mermaid", 0, "sequenceDiagram\n", "" },
    { "an ending names the format", "session-race diagram two.ndjson -o two.svg && cmp two.svg $GOLDEN/pictures/two-clients.svg && "
      "session-race diagram two.ndjson -o two.mmd && cmp two.mmd $GOLDEN/pictures/two-clients.mmd && "
      "session-race diagram two.ndjson -o two.json && cmp two.json $GOLDEN/pictures/two-clients.json && "
      "session-race diagram two.ndjson -o two.txt && cmp two.txt $GOLDEN/pictures/two-clients.txt", 0, "", "" },
    { "a named format beats the ending", "session-race diagram two.ndjson --as text -o two.svg && cmp two.svg $GOLDEN/pictures/two-clients.txt", 0, "", "" },
    { "an ending that says nothing", "session-race diagram two.ndjson -o two.gif; s=$?; [ ! -e two.gif ] && exit $s", 2, "",
      "--output two.gif: neither its ending nor --as says svg, mermaid (.mmd), text (.txt), perfetto (.json) or html\n" },
    { "a page to step through", "session-race diagram two.ndjson -o two.html && session-race diagram two.ndjson --as html | cmp - two.html && grep -c 'class=\"run\"' two.html && "
      "grep -c 'class=\"picture' two.html", 0, "1\n1\n", "" },
    { "no ending is text", "session-race diagram two.ndjson -o ./two && cmp two $GOLDEN/pictures/two-clients.txt", 0, "", "" },
    { "twelve alike clients are folded", "printf '[client c]\\ncount = 12\\n' >c.ini; session-race run -q -t c.ndjson c.ini; session-race diagram c.ndjson | grep -o ' and [0-9]* more'; "
      "sed -i s/12/11/ c.ini; session-race run -q -t c.ndjson c.ini; session-race diagram c.ndjson | grep -c ' more'", 1, " and 7 more\n and 1 more\n0\n", "" },
    { "names stand above their lifelines, but none that could be a number", "printf '[client 3]\\n[client bob]\\n[client very-long]\\n' >c.ini; session-race run -q -t c.ndjson c.ini; "
      "session-race diagram --step 2 c.ndjson | head -n 6", 0, "\n\n   1  3\n   3  very-long\n\n           1      bob    3      encryption-provider\n", "" },
    { "a clock that is off by a century", "printf '[token-provider]\\nclock-offset = 36500d\\n[client a]\\n' >c.ini; session-race run -q -t c.ndjson c.ini >out; session-race diagram c.ndjson | grep -o failed'.*'", 0, "failed (jwt)\n", "" },
    { "dark paper", "session-race diagram two.ndjson --dark -o d.svg && cmp d.svg $GOLDEN/pictures/two-clients-dark.svg", 0, "", "" },
    { "standard input", "session-race diagram - --as svg <two.ndjson | cmp - $GOLDEN/pictures/two-clients.svg", 0, "", "" },
    { "a pipe is standard input", "cat two.ndjson | session-race diagram - --as svg | cmp - $GOLDEN/pictures/two-clients.svg", 0, "", "" },
    { "a part by time", "session-race diagram two.ndjson --between 126ms..136ms | grep -c create", 0, "2\n", "" },
    { "a part from a time on", "session-race diagram two.ndjson --between 221ms.. --as mermaid | grep -c p.-", 0, "2\n", "" },
    { "a part up to a time", "session-race diagram two.ndjson --between ..11ms --as mermaid | grep -c p.-", 0, "2\n", "" },
    { "a part by node", "! session-race diagram two.ndjson --node bob | grep -q alice", 0, "", "" },
    { "several nodes", "session-race diagram two.ndjson --node bob --node alice | cmp - $GOLDEN/pictures/two-clients.txt", 1, "differ", "" },
    { "several steps", "session-race diagram two.ndjson --step 3 --step 4 --as mermaid | grep -c p.-", 0, "4\n", "" },
    { "help", "session-race diagram --help", 0, "Exit status:", "" },
    { "the list of verbs", "session-race help", 0, "  diagram  show me the messages\n", "" },
    { "no trace", "session-race diagram", 2, "", "one trace is needed" },
    { "two traces", "session-race diagram two.ndjson two.ndjson", 2, "", "one trace is needed" },
    { "an unknown format", "session-race diagram two.ndjson --as png", 2, "", "'png' is not one of svg, mermaid, text, perfetto, html" },
    { "an unknown node", "session-race diagram two.ndjson --node alic -o x.svg; s=$?; [ ! -e x.svg ] && exit $s", 2, "", "did you mean 'alice'?" },
    { "a hostile node", "session-race diagram two.ndjson --node \"$(printf '\\033[1m')\"", 2, "", "\\x1b[1m" },
    { "an unknown step", "session-race diagram two.ndjson --step 8", 2, "", "is not a step" },
    { "a step that is no digit", "session-race diagram two.ndjson --step 11", 2, "", "is not a step" },
    { "a time without unit", "session-race diagram two.ndjson --between 1..2", 2, "", "is not a span of time" },
    { "times the wrong way round", "session-race diagram two.ndjson --between 2ms..1ms", 2, "", "is not a span of time" },
    { "one time only", "session-race diagram two.ndjson --between 2ms", 2, "", "is not a span of time" },
    { "a time that ends at the start", "session-race diagram two.ndjson --between 0ms..0ms", 2, "", "is not a span of time" },
    { "a trace that is not there", "session-race diagram none.ndjson", 3, "", "none.ndjson: error: " },
    { "a folder", "session-race diagram .", 3, "", ".: error: is a folder" },
    { "no trace at all", "echo '[scenario]' >x.ini; session-race diagram x.ini", 2, "", "x.ini:1:1: error: not a trace" },
    { "a damaged trace", "sed 's/\"t\":10000000,/\"t\":10000001,/' two.ndjson >bad.ndjson; session-race diagram bad.ndjson -o x.svg; s=$?; "
      "[ ! -e x.svg ] && exit $s", 2, "", "the trace is damaged" },
    { "a trace that breaks off", "head -n 5 two.ndjson >cut.ndjson; session-race diagram cut.ndjson", 2, "", "cut.ndjson:6:1: error: the last line is missing" },
    { "a hostile path", "cp two.ndjson \"$(printf 'a\\033b')\"; echo >>\"$(printf 'a\\033b')\"; session-race diagram \"$(printf 'a\\033b')\"", 2, "", "a\\x1bb:100:1: error" },
    { "an input is never replaced", "ln two.ndjson other.svg; session-race diagram two.ndjson -o other.svg; s=$?; cmp two.ndjson $GOLDEN/steps.two-clients.ndjson && exit $s",
      2, "", "is an input, which is never replaced" },
    { "a place that is not there", "session-race diagram two.ndjson -o none/x.svg", 3, "", "none/x.svg: error: " },
    { "a full disk", "session-race diagram two.ndjson -o /dev/full", 3, "", "/dev/full: error: " },
    { "nothing temporary is left", "session-race diagram two.ndjson -o x.svg; session-race diagram cut.ndjson -o y.svg; ls -A", 0, "two.ndjson\nx.svg\n", "cut.ndjson" },
    { "a verb is meant", "session-race diagrams two.ndjson", 2, "", "did you mean 'diagram'?" },
};
/* clang-format on */

int
main(void)
{
    shell_frame.before = "cp $GOLDEN/steps.two-clients.ndjson two.ndjson\n";
    return shell_check_rows("diagram on the command line", rows, G_N_ELEMENTS(rows)) != 0;
}

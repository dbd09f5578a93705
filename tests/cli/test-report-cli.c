/* `report` as a user meets it: what it makes of which files, what it says when a figure cannot be
 * drawn, and what it leaves behind.
 *
 * In the shell lines `bare` runs the program where neither jq nor gnuplot is found. */
#include "shell.h"

#include <stdbool.h>

/* A race that goes well, and one in which the provider forgets the winner's key. Temporary
 * folders go below `tmp`, which is to be empty afterwards. */
#define BEFORE                                                                                 \
    "mkdir -p tmp; export TMPDIR=$PWD/tmp\n"                                                   \
    "bare() { p=$(command -v session-race); PATH=/nowhere \"$p\" \"$@\"; }\n"                  \
    "printf '[client alice]\\n[client bob]\\nstart = 12ms\\n' > good.ini\n"                    \
    "printf '[scenario]\\ntitle = Forgetful\\n[encryption-provider]\\nretention = "            \
    "on-new-key\\n[client alice]\\n[client bob]\\nstart = 12ms\\n' > bad.ini\n"
/* The four answers about x.ini, whose keys are kept for @span; and the table of them in r.html as
 * text. */
#define FOUR(span)                                                                             \
    "printf '[scenario]\\ntitle = Slow\\n[network]\\nlatency = uniform(10ms, 80ms)\\n"         \
    "[client c]\\ncount = 2\\n[encryption-provider]\\nretention = for(" span ")\\n' > x.ini\n" \
    "session-race sweep -q --seeds 1..20 -o s x.ini 2>/dev/null; "                             \
    "session-race explore -q --format json -o e x.ini 2>/dev/null; "                           \
    "session-race explore --timed -q --format json -o t x.ini 2>/dev/null\n"
#define ROWS                                                                                   \
    "sed -n '/side by side/,/<.ul>/p' r.html | grep -e '^<tr>' -e '^<li>' | sed 's/<[^>]*>/ "  \
    "/g; s/  */ /g; s/^ //; s/ $//; s/ :/:/'"
#define AFTER                                                                                  \
    "\ns=$?; rmdir tmp || exit 99; ls -A | grep -q '^[.]session-race' && exit 98; exit $s"

static bool
has_programs(void)
{
    g_autofree char *gnuplot = g_find_program_in_path("gnuplot");
    g_autofree char *jq = g_find_program_in_path("jq");

    return gnuplot != NULL && jq != NULL;
}

/* clang-format off */
static const struct shell_row rows[] = {
    { "the story of a program of the user's own names its line of code", "session-race report -q --figures none -o r.html $GOLDEN/pictures/read-then-write.ndjson; "
      "grep -c 'waits for the answer of put keys at read-then-write.js:10 (request 2)</td>' r.html; grep -c 'makes a key under hint v1 in place of the one that it had' r.html", 0, "1\n1\n", "" },
    { "help", "session-race report --help", 0, "--figures=WHICH", "" },
    { "no file", "session-race report", 2, "", "a file is needed: a scenario, a folder of them, a trace, the result of a sweep, or what explore or verify say" },
    { "a word that --figures does not know", "session-race report --figures some good.ini", 2, "", "'some' is not one of auto, all, required, none" },
    { "a misspelt scenario", "printf '[client a]\\nstrat = 1ms\\n' > x.ini; session-race report -o r.html x.ini good.ini; s=$?; test -e r.html && exit 9; (exit $s)", 2, "", "x.ini:2:1: error: " },
    { "a file that is not there", "session-race report gone.ini", 3, "", "gone.ini: error: " },
    { "a trace that is not there", "session-race report gone.ndjson", 3, "", "gone.ndjson: error: " },
    { "a damaged trace", "session-race run -t t.ndjson good.ini > tmp.txt; sed -i 's/\"t\":0,/\"t\":x,/' t.ndjson; session-race report -o r.html t.ndjson; s=$?; test -e r.html && exit 9; (exit $s)", 2, "", "t.ndjson:2:" },
    { "half a trace", "session-race run -t t.ndjson good.ini > tmp.txt; head -n 9 t.ndjson > h.ndjson; session-race report h.ndjson", 2, "", "h.ndjson:" },
    { "an input as the output", "session-race report -o good.ini good.ini", 2, "", "is an input, which is never replaced" },
    { "a trace as the output", "session-race run -t t.ndjson good.ini > tmp.txt; session-race report -o t.ndjson t.ndjson", 2, "", "is an input, which is never replaced" },
    { "a folder that is not there", "session-race report --figures none -o no/r.html good.ini", 3, "", "no/r.html: error: " },
    { "a full disk", "session-race report --figures none -o /dev/full good.ini", 3, "", "/dev/full: error: " },
    { "a good race", "session-race report --figures none good.ini", 0, "<h1>Session race: 1 as expected</h1>", "" },
    { "a bad race", "session-race report --figures none bad.ini", 1, "Expected pass, got fail(key-kept, key-found, all-collaborate)", "1 of 1 not as expected" },
    { "a run that is too long", "session-race report --figures none --set scenario.max-events=20 good.ini", 4, "was not finished", "1 of 1 not finished" },
    { "a bad race, quietly", "session-race report -q --figures none bad.ini", 1, "0 as expected, 1 not", "" },
    { "the command that plays it again", "session-race report --figures none --seed 9 --set server.leeway=2s good.ini", 0, "session-race run --set server.leeway=2s --seed 9 good.ini</pre>", "" },
    { "a folder", "mkdir d; cp good.ini d/b.ini; cp good.ini d/a.ini; session-race report --figures none d", 0, "<section id=\"s2\"><h2>d/b.ini</h2>", "" },
    { "standard input", "session-race report --figures none - < good.ini", 0, "<h1>", "" },
    { "the result of a sweep, by its content", "session-race sweep -q --seeds 1..20 -o r.txt bad.ini; session-race report --figures none r.txt", 1, "sweep: 1 point, 20 runs, 18 of 40 editors locked out</td>", "1 of 1 not as expected" },
    { "a sweep in which all is well", "session-race sweep -q --seeds 1..20 -o r.txt good.ini; session-race report --figures none r.txt", 0, "<td data-label=\"95 % interval\" class=\"num\">0 … 16.8 %</td>", "" },
    { "a sweep in which clocks lock editors out has a map of that", "! command -v gnuplot >/dev/null || ! command -v jq >/dev/null && { echo locks; exit; }; session-race sweep -q --seeds 1..5 --vary 'token-provider.clock-offset=0s|2s' --vary 'server.leeway=0s|3s' -o r.txt good.ini 2>tmp.txt; session-race report -q r.txt | grep -o -e 'How often it [a-z]*' | sort -u", 0, "locks", "" },
    { "a part of a sweep", "session-race sweep -q --seeds 1..20 --shard 1/2 -o r.txt good.ini; session-race report --figures none r.txt", 4, "seeds 11 to 20 were not run.", "1 of 1 not finished" },
    { "four answers side by side", FOUR("10min") "session-race report -q --figures none -o r.html x.ini s e t; s=$?; " ROWS "; (exit $s)", 1,
      "What happens? run no check one run, seed 1\n"
      "How likely is it? sweep no check 20 runs, seeds 1 to 20\n"
      "Can it happen at all? explore key-kept, key-found, all-collaborate all orders, however long anything takes\n"
      "Can it with these delays? explore --timed no check all delays within the bounds of the file\n"
      "key-kept, key-found, all-collaborate: only delays that the file does not have let it fail: without times anything may pass between two steps.\n", "" },
    { "four answers that agree", FOUR("300ms") "session-race report -q --figures none -o r.html x.ini s e t; s=$?; " ROWS " | tail -n 1; (exit $s)", 1, "They agree.\n", "" },
    { "a proof of what no seed drew", FOUR("700ms") "session-race report -q --figures none -o r.html x.ini s t; s=$?; " ROWS " | tail -n 1; (exit $s)", 1, "key-kept: delays of the file let it fail, but so seldom that no seed drew them.\n", "" },
    { "other seeds than that of the run", FOUR("500ms") "session-race report -q --figures none -o r.html x.ini s; s=$?; " ROWS " | tail -n 1; (exit $s)", 1, "other seeds draw other delays; the sweep names seeds that fail.\n", "" },
    { "a sweep of the same title with other values", FOUR("500ms") "session-race sweep -q --seeds 1..20 --vary server.leeway='0s|1s' -o s x.ini 2>/dev/null; session-race report -q --figures none -o r.html x.ini s; s=$?; " ROWS " | sed -n 2p; (exit $s)", 1,
      "How likely is it? sweep key-kept 40 runs, seeds 1 to 20; it is of a scenario with this title and other settings\n", "" },
    { "two scenarios of one title", FOUR("500ms") "sed s/500ms/600ms/ x.ini > y.ini; session-race report -q --figures none -o r.html y.ini x.ini s; s=$?; sed 's/<section/\\n&/g' r.html | grep -e 'side by side' -e '<section' | grep -o -e '<section id=\"s.' -e 'side by side'; grep -c 'other settings' r.html; (exit $s)", 1,
      "<section id=\"s1\n<section id=\"s2\nside by side\n<section id=\"s3\n0\n", "" },
    { "two scenarios of one title, and a sweep of neither", FOUR("500ms") "sed s/500ms/600ms/ x.ini > y.ini; sed s/500ms/700ms/ x.ini > z.ini; session-race report -q --figures none -o r.html y.ini z.ini s; s=$?; grep -c 'side by side' r.html; (exit $s)", 1, "0\n", "" },
    { "a failure that is expected is told as one", FOUR("300ms") "printf '[expect]\\nverdict = fail(key-kept, key-found)\\n' >> x.ini; session-race sweep -q --seeds 1..20 -o s x.ini 2>/dev/null; session-race report -q --figures none -o r.html x.ini s; s=$?; " ROWS " | sed -n 2p; grep -o 'class=.poor.>all-collaborate; <span class=.fair.>key-kept, key-found (as expected)</span>' r.html; (exit $s)", 1,
      "How likely is it? sweep all-collaborate; key-kept, key-found (as expected) ; 8 of 40 editors locked out", "" },
    { "answers about another scenario", FOUR("10min") "session-race report -q --figures none good.ini s e t | grep -c 'side by side'", 1, "0\n", "" },
    { "a sweep that was changed", "session-race sweep -q --seeds 1..20 -o r.txt good.ini; sed -i 's/\"runs\":20/\"runs\":21/' r.txt; session-race report -o r.html r.txt; s=$?; test -e r.html && exit 9; (exit $s)", 2, "", "r.txt:2:" },
    { "a sweep as the output", "session-race sweep -q --seeds 1..20 -o r.txt good.ini; session-race report -o r.txt r.txt", 2, "", "is an input, which is never replaced" },
    { "an exploration", "session-race explore -q --format json -o e.txt bad.ini; session-race report --figures none e.txt", 1, "<summary>How <span class=\"poor\">key-kept</span> fails</summary><ol>", "1 of 1 not as expected" },
    { "an exploration that holds", "session-race explore -q --format json -o e.txt good.ini; session-race report --figures none e.txt", 0, "<li>times and clocks</li>", "" },
    { "without dot the way to a failure is missing", "session-race explore -q --format json -o e.txt bad.ini; bare report e.txt", 1, "This picture is missing: dot is not installed: apt-get install graphviz", "warning: 1 figure is missing: dot is not installed" },
    { "without dot where it is required", "session-race explore -q --format json -o e.txt bad.ini; bare report --figures required -o r.html e.txt; s=$?; test -e r.html && exit 9; (exit $s)", 3, "", "error: dot is not installed: apt-get install graphviz" },
    { "dot that fails", "mkdir bin; printf '#!/bin/sh\\necho no fonts >&2; exit 3\\n' > bin/dot; chmod +x bin/dot; session-race explore -q --format json -o e.txt bad.ini; PATH=$PWD/bin:$PATH session-race report e.txt", 1, "This picture is missing: dot failed: no fonts", "warning: 1 figure is missing: dot failed: no fonts" },
    { "dot that makes half a picture", "mkdir bin; printf '#!/bin/sh\\necho \"<svg><text\" > out.svg\\n' > bin/dot; chmod +x bin/dot; session-race explore -q --format json -o e.txt bad.ini; PATH=$PWD/bin:$PATH session-race report e.txt", 1, "This picture is missing: dot&apos;s picture is not whole", "warning: 1 figure" },
    { "a verification", "session-race run -q -t t.ndjson bad.ini; session-race verify --format json -o v.txt t.ndjson; session-race report --figures none v.txt", 1, "verification: 1 log, 0 as expected</td>", "1 of 1 not as expected" },
    { "a trace by its content", "session-race run -q -t t.log bad.ini; session-race report --figures none t.log", 1, "A recorded trace of session-race", "1 of 1 not as expected" },
    { "what run says to programs", "session-race run --format json -o j.txt good.ini; session-race report j.txt", 2, "", "j.txt:1:1: error: this is what 'run --format json' says" },
    { "JSON of something else", "echo '{}' > j.json; session-race report j.json", 2, "", "j.json:1:1: error: this is JSON, but no trace" },
    { "a damaged exploration", "session-race explore -q --format json good.ini | sed 's/\"ends\": [0-9]*/\"ends\": null/' > e.txt; session-race report e.txt", 2, "", "e.txt:1:1: error: this exploration is damaged: 'ends' is not a whole number" },
    { "half an exploration", "session-race explore -q --format json good.ini | head -c 200 > e.txt; session-race report e.txt", 2, "", "error: this is neither a scenario nor JSON: " },
    { "a file of zeros", "head -c 100 /dev/zero > z; session-race report z", 2, "", "z:1:1: error: " },
    { "all that is wrong is said", "echo '{}' > j.json; echo '{\"type\":\"sweep\"' > s; session-race report j.json s gone.ini 2> said; s=$?; cut -d: -f1 said; (exit $s)", 2, "j.json\ns\ngone.ini\n", "" },
    { "without jq and gnuplot", "bare report good.ini bad.ini", 1, "This picture is missing: ", "warning: 4 figures are missing: " },
    { "without jq and gnuplot, one file", "bare report --figures all good.ini", 0, "<p class=\"missing\">", "warning: 2 figures are missing: " },
    { "without jq and gnuplot where they are required", "bare report --figures required -o r.html good.ini; s=$?; test -e r.html && exit 9; (exit $s)", 3, "", "error: " },
    { "without figures nothing is missing", "bare report --figures none good.ini", 0, "<svg", "" },
    { "many files have figures of what fails only", "mkdir d; for i in $(seq 24); do cp good.ini d/$i.ini; done; bare report d bad.ini", 1, "<section id=\"s25\">", "warning: 2 figures are missing: " },
    { "many files have all figures when asked", "mkdir d; for i in $(seq 25); do cp good.ini d/$i.ini; done; bare report --figures all d", 0, "<section id=\"s25\">", "warning: 50 figures are missing: " },
};
/* clang-format on */

static void
any_number_of_threads_makes_the_same_page(void **state)
{
    g_auto(Did) did =
        shell(*state, 0,
              "cp good.ini g.ini; cp bad.ini b.ini\n"
              "session-race report -q -j 1 -o 1.html *.ini; test $? = 1 || exit 9\n"
              "session-race report -q -j 7 -o 7.html *.ini; test $? = 1 || exit 8\n"
              "cmp 1.html 7.html");

    if (has_programs())
        assert_string_equal(did.err, "");
}

static void
scenarios_and_traces_keep_their_order(void **state)
{
    g_auto(Did) did =
        shell(*state, 1,
              "session-race run -t t.ndjson bad.ini > said; cp t.ndjson 'a <b>.ndjson'\n"
              "session-race report --figures none good.ini t.ndjson bad.ini 'a <b>.ndjson'");

    const char *good = strstr(did.out, "<section id=\"s1\"><h2>good.ini</h2>");
    const char *trace = strstr(did.out, "<section id=\"s2\"><h2>Forgetful</h2>");
    assert_non_null(good);
    assert_non_null(trace);
    contains(trace, "<code class=\"muted\">t.ndjson</code>");
    contains(trace, "A recorded trace of session-race");
    contains(trace, "<code class=\"muted\">a &lt;b&gt;.ndjson</code>");
    contains(did.err, "3 of 4 not as expected");
}

/* A trace says the same of its clients and checks as the run that made it. */
static void
a_trace_is_told_as_its_run(void **state)
{
    g_auto(Did) did = shell(*state, 0,
                            "session-race run -t t.ndjson bad.ini > said\n"
                            "session-race report -q --figures none -o run.html bad.ini\n"
                            "session-race report -q --figures none -o trace.html t.ndjson\n"
                            "for f in run trace; do grep -E '^<t[rd]|<dl|^<div "
                            "class=.failure..<p><b class' $f.html "
                            "| "
                            "grep -v '<tr><td class=\"num muted\">1' > $f.lines; done\n"
                            "test -s run.lines && cmp run.lines trace.lines");

    assert_string_equal(did.out, "");
}

static void
figures_are_in_the_page(void **state)
{
    if (!has_programs())
        skip();
    g_auto(Did) did = shell(*state, 1, "session-race report -q --figures required bad.ini");
    const char *p = did.out;
    unsigned n = 0;

    for (; (p = strstr(p, "<div class=\"picture ")) != NULL; p++)
        n++;
    assert_int_equal(n, 3);
    contains(did.out, "aria-label=\"Timeline of bad.ini\"");
    assert_null(strstr(did.out, "<title>gnuplot"));
}

/* Where Graphviz is installed, the page has the way to a failure that was found. */
static void
the_way_to_a_failure_is_drawn(void **state)
{
    g_autofree char *dot = g_find_program_in_path("dot");

    if (dot == NULL)
        skip();
    g_auto(Did) did =
        shell(*state, 1,
              "session-race explore -q --format json -o e.json bad.ini; "
              "session-race report -q --figures required e.json > r.html; s=$?; "
              "! command -v xmllint > said || xmllint --noout r.html || exit 9; "
              "session-race report -q e.json | cmp - r.html || exit 8; cat r.html; "
              "(exit $s)");

    contains(did.out, "aria-label=\"The way to the failure of e.json\"");
    contains(did.out, ">key-kept fails</text>");
}

static void
hostile_titles_are_text_in_figures_too(void **state)
{
    g_auto(Did) did = shell(
        *state, 0,
        "printf '[scenario]\\ntitle = </text><script>x()</script>`id`%%{@\\342\\200\\256\\n"
        "[client a]\\n' > '<h>&.ini'\n"
        "session-race report -o r.html '<h>&.ini' && cat r.html\n"
        "! command -v xmllint > said || xmllint --noout r.html");

    contains(did.out, "&lt;/text&gt;&lt;script&gt;x()&lt;/script&gt;`id`%{@");
    assert_null(strstr(did.out, "<script>x"));
    assert_non_null(strstr(did.out, "\\u003c/text\\u003e\\u003cscript\\u003ex()"));
    assert_null(strstr(did.out, "\xe2\x80\xae"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SHELL_TEST(any_number_of_threads_makes_the_same_page),
        SHELL_TEST(scenarios_and_traces_keep_their_order),
        SHELL_TEST(a_trace_is_told_as_its_run),
        SHELL_TEST(figures_are_in_the_page),
        SHELL_TEST(the_way_to_a_failure_is_drawn),
        SHELL_TEST(hostile_titles_are_text_in_figures_too),
    };

    shell_frame.before = BEFORE;
    shell_frame.after = AFTER;
    return (shell_check_rows("report, by its command line", rows, G_N_ELEMENTS(rows)) +
            cmocka_run_group_tests_name("report", tests, NULL, NULL)) != 0;
}

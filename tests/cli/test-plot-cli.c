/* `plot` as a user meets it. What jq and gnuplot do wrong is shown with programs of their names
 * that stand before them on the PATH; what they do right with the real ones, where they are
 * installed. */
#include "shell.h"

#include <stdbool.h>

#include "base/digest.h"
#include "report/sweep-file.h"

/* ---- results of sweeps ---- */

/* A point that says nothing true, but holds together: of 100 runs @n raced, failed and were refused. */
static void
add_point(SrSweepWriter *writer, GString *text, uint64_t point, const char *at, unsigned n)
{
    g_auto(GStrv) words = g_strsplit(at, "|", -1);
    g_autoptr(GPtrArray) assignments = g_ptr_array_new();
    g_autoptr(SrSweepRow) row = sr_sweep_row_new();
    const SrSeedRange seeds = { 1, 100 };

    for (unsigned i = 0; words[i] != NULL && words[i][0] != '\0'; i++)
        g_ptr_array_add(assignments, words[i]);
    row->counters[SR_COUNTER_RUNS] = 100;
    row->counters[SR_COUNTER_CLIENTS] = 200;
    row->counters[SR_COUNTER_ENDING + SR_ENDING_COLLABORATED] = 200 - n;
    row->counters[SR_COUNTER_ENDING + SR_ENDING_LOCKED_OUT_JWT] = n;
    for (unsigned i = 0; i < 100; i++) {
        static const unsigned shares[] = { SR_SHARE_UNEXPECTED,
                                           SR_SHARE_LOCKED_OUT,
                                           SR_SHARE_FAILED,
                                           SR_SHARE_RACED,
                                           SR_SHARE_REFUSED,
                                           SR_SHARE_ENDING + SR_ENDING_LOCKED_OUT_JWT,
                                           SR_SHARE_CHECK + SR_CHECK_KEY_FOUND };

        for (size_t j = 0; i < n && j < G_N_ELEMENTS(shares); j++)
            sr_sweep_row_note(row, shares[j], i + 1);
        sr_sweep_row_note(row, i < n / 2 ? SR_SHARE_OTHER_WON : SR_SHARE_FIRST_WON, i + 1);
        sr_histogram_add(&row->measures[SR_MEASURE_WINNER], (100 + i) * SR_NS_PER_MS);
        if (i >= n)
            sr_histogram_add(&row->measures[SR_MEASURE_REJECTED], (150 + 2 * i) * SR_NS_PER_MS);
    }
    sr_sweep_writer_add(writer, point, assignments, &seeds, 1, row, text);
}

/* Writes the result of a sweep: @points, closed by %NULL, are "GROUP.KEY=VALUE|GROUP.KEY=VALUE". */
static void
write_sweep(const char *folder, const char *name, const char *title, const char *const *points)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autoptr(GString) text = g_string_new(NULL);
    char source[] = "0123456789abcdef0123456789abcdef", version[] = "0.1.0";
    g_autofree char *scenario = g_strdup(title);
    SrSweepHead head = { .version = version, .scenario = scenario, .source = source };

    head.seeds = (SrSeedRange){ 1, 100 };
    head.n_points = g_strv_length((char **) (uintptr_t) points);
    SrSweepWriter *writer = sr_sweep_writer_new(&head, text);
    for (unsigned i = 0; points[i] != NULL; i++)
        add_point(writer, text, i, points[i], 90 - 15 * (i % 7));
    assert_true(sr_sweep_writer_end(writer, text));
    assert_true(g_file_set_contents(path, text->str, (gssize) text->len, NULL));
}

#define RETENTION "encryption-provider.retention="
#define SKEW "token-provider.clock-offset="
#define PROVED                                                                                 \
    "printf '[network]\\nlatency = 10ms\\n[client a]\\n' > one.ini\n"                          \
    "session-race sweep -q --seeds 1..9 --format json -o r.ndjson one.ini\n"                   \
    "session-race advise -q --exact --format json -o p.json one.ini\n"

/* clang-format off */
static const char *const nothing[] = { "", NULL };
static const char *const retentions[] = { RETENTION "on-new-key", RETENTION "for(50ms)", RETENTION "for(1s)", RETENTION "forever", NULL };
static const char *const policies[] = { RETENTION "on-new-key", RETENTION "forever", NULL };
static const char *const two_keys[] = {
    RETENTION "for(50ms)|network.latency=5ms", RETENTION "for(50ms)|network.latency=40ms",
    RETENTION "for(1s)|network.latency=5ms", RETENTION "for(1s)|network.latency=40ms", NULL
};
static const char *const leeways[] = {
    SKEW "-1s|server.leeway=0ms", SKEW "-1s|server.leeway=1s", SKEW "2s|server.leeway=0ms", SKEW "2s|server.leeway=1s", NULL
};
static const char *const starts[] = { "client bob.start=0ms", "client bob.start=50ms", "client bob.start=200ms", NULL };
static const char *const drawn_starts[] = { "client bob.start=0ms", "client bob.start=uniform(0ms, 1s)", NULL };
static const char *const three_keys[] = {
    "client a.start=0ms|client b.start=0ms|network.latency=5ms", "client a.start=5ms|client b.start=7ms|network.latency=7ms", NULL
};
/* clang-format on */

static void
write_sweeps(const char *folder)
{
    write_sweep(folder, "nothing", "", nothing);
    write_sweep(folder, "retentions", "For how long", retentions);
    write_sweep(folder, "policies", "For how long", policies);
    write_sweep(folder, "two-keys", "Two keys", two_keys);
    write_sweep(folder, "leeways", "How much leeway", leeways);
    write_sweep(folder, "starts", "Who races", starts);
    write_sweep(folder, "drawn-starts", "Who races", drawn_starts);
    write_sweep(folder, "three-keys", "Three keys", three_keys);
}

/* A fresh folder has a small trace, `t.ndjson`, results of sweeps, and a folder `bin` first on the
 * PATH. Temporary folders go below `tmp`, which is to be empty afterwards. */
#define BEFORE                                                                                 \
    "mkdir -p bin tmp; export TMPDIR=$PWD/tmp PATH=\"$PWD/bin:$PATH\"\n"                       \
    "fake() { printf '#!/bin/sh\\n%s\\n' \"$2\" > bin/$1; chmod +x bin/$1; }\n"                \
    "[ -e t.ndjson ] || session-race run -q --trace t.ndjson "                                 \
    "$SCENARIOS/retention/on-new-key.ini || exit 90\n"
#define AFTER "\ns=$?; rmdir tmp || exit 91; exit $s"

static bool
can_draw(void)
{
    g_autofree char *jq = g_find_program_in_path("jq");
    g_autofree char *gnuplot = g_find_program_in_path("gnuplot");

    return jq != NULL && gnuplot != NULL;
}

/* ---- what is refused, and what goes wrong ---- */

/* Fakes: a jq that writes data, a gnuplot that writes $1 as the picture. */
#define JQ "fake jq 'echo data'; "
#define GNUPLOT(what) JQ "fake gnuplot " what "; "
/* The first line of a sweep, and nothing behind it. */
#define SWEEP "echo '{\"type\":\"sweep\",\"format\":1' > s; "
#define PLOT "session-race plot timeline t.ndjson "

/* clang-format off */
static const struct shell_row rows[] = {
    { "no kind", "session-race plot", 2, "", "a kind of figure is needed, and a file" },
    { "an unknown kind, with what was meant", "session-race plot timelin t.ndjson", 2, "", "did you mean 'timeline'?" },
    { "an unknown kind like no other", "session-race plot pie-chart t.ndjson", 2, "", "timeline, phases, ecdf, clocks, window, keys, harm, curve, histogram, compare, heatmap, retention, leeway, bounds" },
    { "standard input", "session-race plot keys - < t.ndjson", 2, "", "a figure is drawn from files, which are read more than once" },
    { "no trace", "session-race plot keys", 2, "", "a trace is needed" },
    { "several traces for one figure", "session-race plot keys t.ndjson t.ndjson", 2, "", "only ecdf draws several traces" },
    { "an unknown format", PLOT "--format jpeg", 2, "", "'jpeg' is not one of svg, png, pdf" },
    { "an ending that names no format", PLOT "-o picture", 2, "", "--output picture: neither its ending nor --format" },
    { "a deadline without a unit", PLOT "--deadline 30", 2, "", "'30' is not a duration" },
    { "a deadline of nothing", PLOT "--deadline 0s", 2, "", "'0s' is not a duration" },
    { "a trace as the output", "cp t.ndjson t.svg; session-race plot keys t.svg -o t.svg; s=$?; cmp t.svg t.ndjson; (exit $s)", 2, "", "--output t.svg: is an input, which is never replaced" },
    { "a trace that is not there", "session-race plot keys gone.ndjson", 3, "", "gone.ndjson: error: no such file\n" },
    { "a folder as a trace", "session-race plot keys bin", 2, "", "bin:1: error: this is no trace: not a regular file" },
    { "a pipe as a trace", "mkfifo p; session-race plot keys p", 2, "", "p:1: error: this is no trace: not a regular file" },
    { "no trace but something else", "echo '{}' > x; session-race plot keys x", 2, "", "x:1: error: this is no trace: its first line" },
    { "an empty trace", ": > x; session-race plot keys x", 2, "", "x:1: error: this is no trace: its first line" },
    { "a trace where a sweep is needed", "session-race plot heatmap t.ndjson", 2, "", "t.ndjson:1: error: this is no result of a sweep: its first line does not begin with {\"type\":\"sweep\"" },
    { "a sweep where a trace is needed", SWEEP "session-race plot keys s", 2, "", "s:1: error: this is no trace: its first line" },
    { "something else where either would do", "echo '{}' > x; session-race plot ecdf x", 2, "", "x:1: error: this is no trace and no result of a sweep: its first line begins neither" },
    { "bounds without a proof", "session-race plot bounds leeways", 2, "", "bounds needs --proved FILE: what 'advise --exact --format json' says" },
    { "… with one that is none", "echo '{}' > p.json; session-race plot bounds --proved p.json leeways", 2, "", "p.json: error: this is not what 'advise --exact --format json' says" },
    { "… with one that is not there", "session-race plot bounds --proved p.json leeways", 3, "", "p.json: error: " },
    { "a proof for another kind", "session-race plot leeway --proved leeways leeways", 2, "", "--proved says nothing to leeway" },
    { "a proof is not replaced", PROVED "session-race plot bounds --proved p.json r.ndjson -f svg -o p.json", 2, "", "is an input, which is never replaced" },
    { "what is proved, beside the runs", PROVED "session-race plot bounds --proved p.json r.ndjson | tr -d '\\n' | grep -o 'until it collaborates: [^<]*'", 0, "until it collaborates: median 166 ms, greatest seen 166 ms, proved 166 ms\n", "" },
    { "the longest way, in a run that takes it", PROVED "session-race advise -q --exact --scenario w.ini one.ini > a; session-race run -q -t w.ndjson w.ini; session-race plot timeline --proved p.json w.ndjson | grep -o 'longest way: [^·<]*'", 0, "longest way: 75 ms \n", "" },
    { "… and in one that does not", PROVED "session-race run -q -t o.ndjson --set network.latency=11ms one.ini; session-race plot timeline --proved p.json o.ndjson | grep -o 'not the run that was proved'", 0, "not the run that was proved\n", "" },
    { "… for one who needs a key", PROVED "session-race plot bounds --proved p.json r.ndjson | grep -o 'key is needed: [^<]*'", 0, "key is needed: median 75 ms, greatest seen 75 ms, proved 75 ms\n", "" },
    { "no sweep", "session-race plot leeway", 2, "", "the result of a sweep is needed" },
    { "a sweep that is cut off", SWEEP "session-race plot ecdf s", 2, "", "s:1:" },
    { "a sweep beside a trace", SWEEP "session-race plot ecdf t.ndjson s", 2, "", "error: a figure shows one sweep, and no trace beside it" },
    { "a share that there is not", "session-race plot heatmap --of rejcted s", 2, "", "--of: 'rejcted' is neither a share of a sweep" },
    { "an advice without a unit", "session-race plot retention --advised 5 s", 2, "", "--advised: '5' is not a duration" },
    { "an option of another kind", SWEEP "session-race plot heatmap --transit 5ms s", 2, "", "error: --transit says nothing to heatmap" },
    { "an option of sweeps for a trace", "session-race plot window --of raced t.ndjson", 2, "", "error: --of is for the result of a sweep" },
    { "a heat map of one key", "session-race plot heatmap retentions", 2, "", "retentions:1: error: a heat map has two axes, and this sweep varies one key only\nretentions:1: note: this sweep varies encryption-provider.retention\n" },
    { "a heat map of nothing", "session-race plot heatmap nothing", 2, "", "nothing:1: error: a heat map has two axes, and this sweep varies no key\nnothing:1: note: this sweep varies nothing\n" },
    { "a heat map of three keys", "session-race plot heatmap three-keys", 2, "", "choose them with --x KEY and --y KEY" },
    { "a heat map of a key that is not varied", "session-race plot heatmap --x network.loss two-keys", 2, "", "this sweep does not vary 'network.loss'" },
    { "a heat map of a key twice", "session-race plot heatmap --x network.latency --y network.latency two-keys", 2, "", "'network.latency' cannot be on both axes" },
    { "retention that is not varied", "session-race plot retention leeways", 2, "", "this sweep does not vary 'encryption-provider.retention'" },
    { "retention without a time", "session-race plot retention policies", 2, "", "no value of 'encryption-provider.retention' is for(D)" },
    { "a skew that is not varied", "session-race plot leeway two-keys", 2, "", "this sweep does not vary 'token-provider.clock-offset'" },
    { "a start that is not varied", "session-race plot window two-keys", 2, "", "this sweep does not vary the start of a client" },
    { "several starts", "session-race plot window three-keys", 2, "", "choose one with --x KEY" },
    { "a start that is drawn", "session-race plot window drawn-starts", 2, "", "the value 'uniform(0ms, 1s)' of 'client bob.start' is no duration" },
    { "harm of nothing varied", "session-race plot harm nothing", 2, "", "nothing:1: error: a curve needs a key to the right, and this sweep varies none\nnothing:1: note: this sweep varies nothing\n" },
    { "a curve of a key that is not varied", "session-race plot curve --x network.loss two-keys", 2, "", "this sweep does not vary 'network.loss'" },
    { "a histogram of nothing in particular", "session-race plot histogram starts", 2, "", "histogram is drawn of a measure: --of key-need, key-age" },
    { "a histogram of a share", "session-race plot histogram --of raced starts", 2, "", "histogram is drawn of a measure: --of key-need, key-age" },
    { "a heat map of a measure", "session-race plot heatmap --of winner two-keys", 2, "", "heatmap is drawn of a share or a check, not of a measure" },
    { "harm of a share of choice", "session-race plot harm --of raced starts", 2, "", "--of says nothing to harm" },
    { "one result to compare", "session-race plot compare starts", 2, "", "compare shows two results of sweeps" },
    { "three results to compare", "session-race plot compare starts starts starts", 2, "", "compare shows two results of sweeps" },
    { "a trace to compare", "session-race plot compare starts t.ndjson", 2, "", "t.ndjson:1: error: this is no result of a sweep" },
    { "results that have nothing in common", "session-race plot compare starts two-keys", 2, "", "two-keys:1: error: no point of this sweep is in the other, starts\ntwo-keys:1: note: this sweep varies encryption-provider.retention, network.latency\n" },
    { "a second result that was changed", "sed 's/\"runs\":100/\"runs\":101/' starts > x; session-race plot compare starts x", 2, "", "x:2:" },
    { "a compared result as the output", "cp starts s.svg; session-race plot compare starts s.svg -o s.svg; s=$?; cmp s.svg starts; (exit $s)", 2, "", "--output s.svg: is an input, which is never replaced" },
    { "a sweep that was changed", "sed 's/\"runs\":100/\"runs\":101/' starts > x; session-race plot window x", 2, "", "x:2:" },
    { "a sweep as the output", "cp starts s.svg; session-race plot window s.svg -o s.svg; s=$?; cmp s.svg starts; (exit $s)", 2, "", "--output s.svg: is an input, which is never replaced" },
    { "a name that is a terminal command", "f=\"$(printf 'a\\033[2J')\"; : > \"$f\"; session-race plot keys \"$f\"", 2, "", "a\\x1b[2J:1: error: " },

    { "jq is missing", "p=$(command -v session-race); PATH=$PWD/bin; export PATH; $p plot keys t.ndjson; s=$?; PATH=/usr/bin:/bin; (exit $s)", 3, "", "session-race plot: error: jq is not installed: apt-get install jq\n" },
    { "gnuplot is missing", JQ "p=$(command -v session-race); PATH=$PWD/bin; export PATH; $p plot keys t.ndjson; s=$?; PATH=/usr/bin:/bin; (exit $s)", 3, "", "session-race plot: error: gnuplot is not installed: apt-get install gnuplot-nox fonts-dejavu-core\n" },
    { "jq fails and says why", "fake jq 'echo first >&2; echo the reason >&2; echo >&2; exit 5'; " PLOT, 3, "", "session-race plot: error: jq failed: the reason\n" },
    { "jq fails and says nothing", "fake jq 'exit 5'; " PLOT, 3, "", "error: jq failed with status 5 and said nothing\n" },
    { "jq hangs", "fake jq 'sleep 99'; " PLOT "--deadline 1s", 3, "", "error: jq did not end within 1 s and was stopped\n" },
    { "jq is killed", "fake jq 'kill -9 $$'; " PLOT, 3, "", "error: jq was ended by signal 9\n" },
    { "jq cannot be run", "echo > bin/jq; chmod +x bin/jq; " PLOT, 3, "", "error: jq cannot be started: " },
    { "gnuplot fails and says why", GNUPLOT("'echo line 7: no >&2; exit 1'") PLOT, 3, "", "error: gnuplot failed: line 7: no\n" },
    { "gnuplot says a terminal command", GNUPLOT("\"printf 'a\\\\033[2J' >&2; exit 1\"") PLOT, 3, "", "error: gnuplot failed: a\\x1b[2J\n" },
    { "gnuplot hangs", GNUPLOT("'sleep 99'") PLOT "--deadline 1s", 3, "", "error: gnuplot did not end within 1 s and was stopped\n" },
    { "gnuplot hangs and ignores SIGTERM", GNUPLOT("\"trap '' TERM INT HUP; sleep 99\"") PLOT "--deadline 1s", 3, "", "did not end within 1 s" },
    { "gnuplot makes nothing", GNUPLOT("'exit 0'") PLOT, 3, "", "error: gnuplot made no picture\n" },
    { "gnuplot makes an empty picture", GNUPLOT("': > out.svg'") PLOT, 3, "", "error: gnuplot's picture is empty\n" },
    { "gnuplot makes half a picture", GNUPLOT("'echo \"<?xml ?><svg><text\" > out.svg'") PLOT, 3, "", "error: gnuplot's picture is not whole\n" },
    { "gnuplot makes a blank picture", GNUPLOT("'echo \"<?xml ?><svg></svg>\" > out.svg'") PLOT, 3, "", "error: gnuplot's picture is blank\n" },
    { "gnuplot makes a link", GNUPLOT("'ln -s /etc/passwd out.svg'") PLOT, 3, "", "error: gnuplot made no picture\n" },
    { "gnuplot makes half a PNG", GNUPLOT("\"printf '\\\\211PNG\\\\r\\\\n' > out.png\"") PLOT "-f png", 3, "", "error: gnuplot's picture is not whole\n" },
    { "gnuplot makes half a PDF", GNUPLOT("\"echo %%PDF-1.4 > out.pdf\"") PLOT "-f pdf", 3, "", "error: gnuplot's picture is not whole\n" },
    { "an output that cannot be written", GNUPLOT("'echo \"<?xml ?><svg><text/></svg>\" > out.svg'") PLOT "-o gone/x.svg", 3, "", "gone/x.svg: error: folder gone does not exist" },
    { "a full disk", GNUPLOT("'echo \"<?xml ?><svg><text/></svg>\" > out.svg'") PLOT "> /dev/full", 3, "", "standard output: error: No space left" },
};
/* clang-format on */

static void
failure_leaves_what_was_there(void **state)
{
    g_auto(Did) did =
        shell(*state, 3,
              GNUPLOT("'exit 1'") "echo mine > x.svg; " PLOT
                                  "-o x.svg; s=$?; cat x.svg; ls -A | grep svg; (exit $s)");

    assert_string_equal(did.out, "mine\nx.svg\n");
}

static void
programs_get_no_more_than_they_need(void **state)
{
    g_auto(Did) did = shell(
        *state, 0,
        JQ
        "fake gnuplot 'cat; env | grep -v ^PWD= | cut -d= -f1 | sort > ../../got; echo \"$@\" "
        ">> ../../got; echo \"<?xml ?><svg><text/></svg>\" > out.svg'; "
        "export GNUPLOT_LIB=/x SECRET=1; " PLOT "-o x.svg && cat got");

    if (strstr(did.out, "SECRET") != NULL || strstr(did.out, "GNUPLOT_LIB") != NULL)
        fail_msg("%s", did.out);
    assert_non_null(strstr(did.out, "HOME\nLC_ALL\nPATH\n"));
    assert_non_null(strstr(did.out,
                           "-d -e data='data.tsv'; out='out.svg'; dark=0; here='plots' "
                           "plots/timeline.gp\n"));
}

static void
nothing_outlives_the_deadline(void **state)
{
    g_auto(Did) did = shell(*state, 3,
                            JQ "fake gnuplot 'sleep 98.7 & echo $! > ../../child; wait'; " PLOT
                               "--deadline 1s; s=$?; sleep 0.2; grep -hs ^State: /proc/$(cat "
                               "child)/status | grep -v Z; "
                               "(exit $s)");

    assert_string_equal(did.out, "");
}

static void
a_signal_ends_it(void **state)
{
    g_auto(Did) did =
        shell(*state, 143,
              "fake jq 'sleep 99'; " PLOT "-o x.svg & sleep 0.5; kill -TERM $!; wait $!; "
              "s=$?; ls x.svg 2> /dev/null; (exit $s)");

    assert_string_equal(did.out, "");
    assert_string_equal(did.err, "");
}

/* ---- what is drawn ---- */

static void
every_kind_is_drawn_in_every_format(void **state)
{
    if (!can_draw())
        skip();
    g_auto(Did) did = shell(
        *state, 0,
        "for k in timeline phases ecdf clocks window keys; do for f in svg png pdf; do "
        "session-race plot $k t.ndjson -o $k.$f || exit 1; done; "
        "session-race plot $k t.ndjson --dark > dark.svg || exit 1; "
        "cmp -s dark.svg $k.svg && exit 2; session-race plot $k t.ndjson | cmp - $k.svg || "
        "exit 3; "
        "head -c 4 $k.png | grep -q PNG || exit 4; head -c 4 $k.pdf | grep -q PDF || exit "
        "5; done");

    assert_string_equal(did.out, "");
    assert_string_equal(did.err, "");
}

/* Of a program of the user's own the timeline names the line of code that replaced a key. */
static void
a_timeline_names_a_line_of_code(void **state)
{
    if (!can_draw())
        skip();
    g_auto(Did) did =
        shell(*state, 0,
              "session-race plot timeline $GOLDEN/pictures/read-then-write.ndjson | "
              "grep -o 'v1 replaced: read-then-write.js:10' | sort -u");

    assert_string_equal(did.out, "v1 replaced: read-then-write.js:10\n");
}

/* Gives the trace @name in @folder, which has been edited, the digest of what it says now. */
static void
seal_again(const char *folder, const char *name)
{
    g_autofree char *path = g_build_filename(folder, name, NULL), *text = NULL;
    const char *body, *last;
    char *digest, fresh[33];

    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    body = strchr(text, '\n') + 1;
    last = g_strrstr(text, "{\"type\":\"end\"");
    digest = strstr(last, "\"digest\":\"") + strlen("\"digest\":\"");
    sr_digest_text(XXH3_128bits(body, (size_t) (last - body)), fresh);
    memcpy(digest, fresh, 32);
    assert_true(g_file_set_contents(path, text, -1, NULL));
}

/* What such a program refuses has a mark with its reason, and a long hint leaves room for what
 * happened to its key. */
static void
a_timeline_tells_what_became_of_a_key(void **state)
{
    if (!can_draw())
        skip();
    g_auto(Did) edited =
        shell(*state, 0,
              "sed 's/\"v1\"/\"b1ab9ace-51ba-4fa1-a39f-f44c89e6459b\"/' "
              "$GOLDEN/pictures/read-then-write.ndjson >long.ndjson");

    assert_string_equal(edited.err, "");
    seal_again(*state, "long.ndjson");
    g_auto(Did) did =
        shell(*state, 0,
              "session-race plot timeline long.ndjson >long.svg; "
              "grep -o -e 'b1ab9ace-51ba… made' -e '>overwritten<' long.svg | sort -u");

    assert_string_equal(did.out, ">overwritten<\nb1ab9ace-51ba… made\n");
}

static void
every_kind_of_a_sweep_is_drawn(void **state)
{
    if (!can_draw())
        skip();
    g_auto(Did) did = shell(
        *state, 0,
        "svg() { n=$1; shift; session-race plot \"$@\" -o $n.svg || exit 1; "
        "session-race plot \"$@\" --dark > dark.svg || exit 1; cmp -s dark.svg $n.svg && exit "
        "2; "
        "if command -v xmllint > /dev/null; then xmllint --nonet --noout $n.svg || exit 6; fi; "
        "}\n"
        "all() { svg \"$@\"; n=$1; shift; session-race plot \"$@\" | cmp - $n.svg || exit 3; "
        "session-race plot \"$@\" -o p.png || exit 1; head -c 4 p.png | grep -q PNG || exit 4; "
        "session-race plot \"$@\" -o p.pdf || exit 1; head -c 4 p.pdf | grep -q PDF || exit 5; "
        "}\n"
        "all heat heatmap two-keys\n"
        "svg heat3 heatmap --of raced --x network.latency --y 'client a.start' three-keys\n"
        "all kept retention retentions --advised 480ms\n"
        "svg kept2 retention two-keys --of key-found\n"
        "svg leeway leeway leeways --transit 40ms\n"
        "svg ecdf ecdf starts\n"
        "svg ecdf1 ecdf nothing\n"
        "svg window window starts\n"
        "svg window3 window three-keys --x 'client a.start'\n"
        "all harm harm two-keys\n"
        "svg harm2 harm policies\n"
        "all curve curve three-keys --x network.latency --of raced\n"
        "svg curve2 curve starts --of rejected\n"
        "all histogram histogram starts --of winner\n"
        "svg histogram2 histogram nothing --of time-to-collaborate\n"
        "svg compare compare starts starts\n"
        "grep -q 'advised: 480 ms' kept.svg || exit 7; grep -q 'seeds 1 to 100' heat.svg || "
        "exit 8; "
        "grep -q 'summed over client b.start' heat3.svg || exit 9");

    assert_string_equal(did.out, "");
    assert_string_equal(did.err, "");
}

/* Titles, keys and values of a result may come from anywhere. */
static void
hostile_sweeps_are_text(void **state)
{
    static const char evil[] =
        "`touch pwned` \a\033[2J \342\200\256 <script>alert(1)</script> $(touch pwned) \\ \" "
        "{/Bold x} %d %%{init} @x \n <!-- ]]> \t system(1)";
    g_autofree char *key = g_strdelimit(g_strdup(evil), "|=", '.');
    GPtrArray *points = g_ptr_array_new_with_free_func(g_free);
    const char *folder = *state;

    if (!can_draw())
        skip();
    for (unsigned i = 0; i < 2; i++)
        g_ptr_array_add(points, g_strdup_printf("%s=%s %u|" RETENTION "for(%u0ms)|client "
                                                "bob.start=%ums|" SKEW "%us|server.leeway=%us",
                                                key, evil, i, i + 1, i, i, i));
    g_ptr_array_add(points, NULL);
    write_sweep(folder, "evil", evil, (const char *const *) points->pdata);
    g_ptr_array_unref(points);
    g_auto(Did) did = shell(
        folder, 0,
        "for k in 'heatmap --x server.leeway' retention leeway window ecdf harm curve 'histogram --of winner' "
        "'compare evil'; do "
        "n=${k%% *}; case $n in heatmap) set -- --y \"$(jq -r 'select(.point == 0) | .at | "
        "keys_unsorted[0]' evil)\";; histogram) set -- --of winner;; compare) set -- evil;; *) set --;; esac; k=${k%% evil}; k=${k%% --of winner}; "
        "session-race plot $k \"$@\" evil -o $n.svg || exit 2; "
        "if command -v xmllint > /dev/null; then xmllint --nonet --noout $n.svg || exit 3; fi; "
        "grep -q '<script' $n.svg && exit 4; LC_ALL=C grep -q \"$(printf "
        "'[\\001-\\010\\033]')\" $n.svg && exit 5; "
        "grep -q \"$(printf '\\342\\200\\256')\" $n.svg && exit 6; "
        "grep -q 'touch pwned' $n.svg || exit 8; done; find . -name pwned | grep . && exit 7; "
        ":");

    assert_string_equal(did.err, "");
}

static void
nobody_changes_the_bytes(void **state)
{
    if (!can_draw())
        skip();
    g_auto(Did) did =
        shell(*state, 0,
              PLOT "-o a.svg && mkdir home && echo 'set terminal dumb' > home/.gnuplot && "
                   "echo 'def inputs: 1;' > home/.jq && "
                   "HOME=$PWD/home LC_ALL=C TZ=Asia/Tokyo GNUTERM=dumb " PLOT
                   "-o b.svg && cmp a.svg b.svg");

    assert_string_equal(did.err, "");
}

/* Who hears a picture and does not see it is told what it is of. */
static void
pictures_have_titles(void **state)
{
    if (!can_draw())
        skip();
    g_auto(Did) did = shell(
        *state, 0,
        "for k in timeline phases ecdf clocks window keys; do session-race plot $k t.ndjson; "
        "done | grep -o -e '<svg role=\"img\"' -e '<title>.*</title>'; "
        "session-race plot retention retentions | grep -o '<title>.*</title>'");

    assert_string_equal(
        did.out, "<svg role=\"img\"\n<title>timeline: The winner&apos;s key is discarded "
                 "by the loser&apos;s</title>\n"
                 "<svg role=\"img\"\n<title>phases: The winner&apos;s key is discarded "
                 "by the loser&apos;s</title>\n"
                 "<svg role=\"img\"\n<title>ecdf: The winner&apos;s key is discarded by "
                 "the loser&apos;s</title>\n"
                 "<svg role=\"img\"\n<title>clocks: The winner&apos;s key is discarded "
                 "by the loser&apos;s</title>\n"
                 "<svg role=\"img\"\n<title>window: The winner&apos;s key is discarded "
                 "by the loser&apos;s</title>\n"
                 "<svg role=\"img\"\n<title>keys: The winner&apos;s key is discarded by "
                 "the loser&apos;s</title>\n"
                 "<title>retention: For how long</title>\n");
}

/* Names from a trace are text in a figure, and nothing else. */
static void
hostile_names_are_text(void **state)
{
    if (!can_draw())
        skip();
    g_auto(Did) edited = shell(
        *state, 0,
        "t=$(printf '`touch pwned` \\007\\033[2J \\342\\200\\256 <script>alert(1)</script> "
        "$(touch pwned) \\\\ \" {/Bold x} %%d %%%%{init} @x \\n <!-- ]]> | system(1)')\n"
        "n=$(printf '`touch pwned` \\007\\033[2J \\342\\200\\256 <script>a(1)</script> "
        "{/Bold x} %%d @x')\n"
        "jq -c --arg t \"$t\" --arg n \"$n\" "
        "'walk(if . == \"alice\" then $n elif . == \"u1\" then $t else . end) "
        "| if .scenario then .scenario = $t else . end | if .detail then .detail = $t else . "
        "end' "
        "t.ndjson > h.ndjson");

    seal_again(*state, "h.ndjson");
    g_auto(Did) did = shell(
        *state, 0,
        "for k in timeline phases ecdf clocks window keys; do "
        "session-race plot $k h.ndjson -o $k.svg || exit 2; "
        "if command -v xmllint > /dev/null; then xmllint --nonet --noout $k.svg || exit 3; fi; "
        "grep -q '<script' $k.svg && exit 4; LC_ALL=C grep -q \"$(printf "
        "'[\\001-\\010\\033]')\" $k.svg && exit 5; "
        "grep -q \"$(printf '\\342\\200\\256')\" $k.svg && exit 6; done; "
        "find . -name pwned | grep . && exit 7; grep -q 'touch pwned' timeline.svg || exit 8");

    assert_string_equal(edited.err, "");
    assert_string_equal(did.err, "");
}

/* A trace that only begins like one is refused before any program reads it. */
static void
a_broken_trace_is_no_picture(void **state)
{
    if (!can_draw())
        skip();
    g_auto(Did) cut =
        shell(*state, 2,
              "head -c 5000 t.ndjson > c.ndjson; session-race plot timeline c.ndjson -o "
              "c.svg; s=$?; ls c.svg 2> /dev/null; (exit $s)");

    assert_non_null(strstr(cut.err, "error: the file breaks off within a line"));
    assert_string_equal(cut.out, "");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SHELL_TEST(failure_leaves_what_was_there),
        SHELL_TEST(programs_get_no_more_than_they_need),
        SHELL_TEST(nothing_outlives_the_deadline),
        SHELL_TEST(a_signal_ends_it),
        SHELL_TEST(every_kind_is_drawn_in_every_format),
        SHELL_TEST(a_timeline_names_a_line_of_code),
        SHELL_TEST(a_timeline_tells_what_became_of_a_key),
        SHELL_TEST(every_kind_of_a_sweep_is_drawn),
        SHELL_TEST(hostile_sweeps_are_text),
        SHELL_TEST(nobody_changes_the_bytes),
        SHELL_TEST(pictures_have_titles),
        SHELL_TEST(hostile_names_are_text),
        SHELL_TEST(a_broken_trace_is_no_picture),
    };

    shell_frame.before = BEFORE;
    shell_frame.after = AFTER;
    shell_frame.fill = write_sweeps;
    return (shell_check_rows("plot: refused", rows, G_N_ELEMENTS(rows)) +
            cmocka_run_group_tests_name("plot", tests, NULL, NULL)) != 0;
}

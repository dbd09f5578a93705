/* What goes wrong around the program: traces that somebody changed, a machine that stops in the middle, no
 * memory, too many errors. A fresh folder has two traces: `two.ndjson`, and `lost.ndjson`, in which checks fail. */
#include "shell.h"

/* The last line says that all went well; the digest of the lines above stays right. */
#define FORGED "sed '$s/\"verdict\":\"fail\",\"failed\":\\[[^]]*\\]/\"verdict\":\"pass\",\"failed\":[]/' lost.ndjson > x.ndjson; cmp -s x.ndjson lost.ndjson && exit 99; "
#define FEWER "sed '$s/\"key-found\",//' lost.ndjson > x.ndjson; cmp -s x.ndjson lost.ndjson && exit 99; "
#define REPEATED "sed '5s/\"node\":/\"node\":\"alice\",\"node\":/' two.ndjson > x.ndjson; "
#define REPEATED_AT_END "sed '$s/\"verdict\":/\"verdict\":\"fail\",\"verdict\":/' two.ndjson > x.ndjson; "
#define OTHER "x.ndjson:122:1: error: the verdict of this line is not that of the lines above: the trace was changed\n"
#define NO_PICTURE "; s=$?; test -e x.svg && exit 98; exit $s"

/* $N wrong files, of two errors each. */
#define WRONG                                                                                  \
    "mkdir f; i=0; while [ $((i += 1)) -le $N ]; do printf \"[client a$i]\\nstrat = 5ms\\n[nothing$i]\\n\" > f/$i.ini; done; "

/* The program is watched by sync-spy.c. */
#define SPY "cp $SCENARIOS/steps/two-clients.ini x.ini; export SR_SPY=$PWD/spy LD_PRELOAD=$SR_SPY_LIBRARY; "

/* clang-format off */
static const struct shell_row rows[] = {
    { "no figure of a forged verdict", FORGED "session-race plot timeline x.ndjson -o x.svg" NO_PICTURE, 2, "", OTHER },
    { "no diagram of a forged verdict", FORGED "session-race diagram x.ndjson -o x.svg" NO_PICTURE, 2, "", OTHER },
    { "no figure of a failure that was left out", FEWER "session-race plot keys x.ndjson -o x.svg" NO_PICTURE, 2, "", OTHER },
    { "no diagram of a failure that was left out", FEWER "session-race diagram x.ndjson -o x.svg" NO_PICTURE, 2, "", OTHER },
    { "verify does not believe a forged verdict", FORGED "session-race verify x.ndjson", 1, "the verdict of the last line is not that of the checks", "" },
    { "report does not believe a forged verdict", FORGED "session-race report --figures none -o x.html x.ndjson; s=$?; grep -c 'not as expected' x.html; exit $s", 1, NULL, "1 of 1 not as expected" },
    { "no figure of a member that repeats", REPEATED "session-race plot timeline x.ndjson -o x.svg" NO_PICTURE, 2, "", "x.ndjson:5:53: error: 'node' is there twice\n" },
    { "no diagram of a member that repeats", REPEATED "session-race diagram x.ndjson -o x.svg" NO_PICTURE, 2, "", "x.ndjson:5:53: error: 'node' is there twice\n" },
    { "no figure of a verdict that repeats", REPEATED_AT_END "session-race plot phases x.ndjson -o x.svg" NO_PICTURE, 2, "", "error: 'verdict' is there twice\n" },
    { "no figure of two where one is damaged", REPEATED "session-race plot ecdf two.ndjson x.ndjson -o x.svg" NO_PICTURE, 2, "", "x.ndjson:5:53: error: 'node' is there twice\n" },
    { "no figure of a line that is gone", "sed 20d two.ndjson > x.ndjson; session-race plot timeline x.ndjson -o x.svg" NO_PICTURE, 2, "", "x.ndjson:20:23: error: seq is 20 where 19 is due: a line is missing, doubled or moved\n" },
    { "no figure of a changed line", "sed 's/\"t\":10000000,/\"t\":10000001,/' two.ndjson > x.ndjson; session-race plot timeline x.ndjson -o x.svg" NO_PICTURE, 2, "", "the trace is damaged\n" },

    { "of a folder of wrong files twenty errors are listed", "N=30; " WRONG "session-race check f 2> err; grep -c ': error: ' err; tail -n 1 err", 0,
      "20\nnote: 40 further errors are not listed, in 20 files; 'session-race check FILE' lists those of one\n", "" },
    { "an error of half a file is counted", "N=11; " WRONG "session-race check f/1.ini f/2.ini f/3.ini f/4.ini f/5.ini f/6.ini f/7.ini f/8.ini f/9.ini f/10.ini f/11.ini 2> err; "
      "sed -i 3d f/1.ini; session-race check f 2> one; tail -n 1 err; tail -n 1 one", 0,
      "note: 2 further errors are not listed, in 1 file; 'session-race check FILE' lists those of one\n"
      "note: 1 further error is not listed, in 1 file; 'session-race check FILE' lists those of one\n", "" },
    { "twenty errors need no note", "N=10; " WRONG "session-race check f 2> err; grep -c ': error: ' err; grep -c further err", 1, "20\n0\n", "" },
    { "run says it too", "N=30; " WRONG "session-race run f 2> err; tail -n 2 err", 0,
      "note: 40 further errors are not listed, in 20 files; 'session-race check FILE' lists those of one\nsession-race run: nothing was run: 30 of 30 scenarios are malformed\n", "" },
    { "a machine's format has them all", "N=30; " WRONG "session-race check --format github f 2> err | grep -c ^::error", 0, "60\n", "" },
};

/* 50 MB are too little for several threads. For one, what is too little is not the same in each build: some of these are. */
#define NO_MEMORY "session-race: error: not enough memory: a limit of this process (ulimit -v) or of the machine is met\n"
static const struct shell_row memory[] = {
    { "one thread", "for mb in 22 24 26 30 36 44; do (ulimit -v ${mb}000; session-race run -q -j 1 $SCENARIOS > /dev/null 2>> err || echo $?); done | sort -u; sort -u err >&2", 0, "3\n", NO_MEMORY },
    { "two threads", "ulimit -v 40000; session-race run -q -j 2 $SCENARIOS", 3, NULL, NO_MEMORY },
    { "eight threads", "ulimit -v 56000; session-race run -q -j 8 $SCENARIOS", 3, NULL, NO_MEMORY },
    { "a page", "ulimit -v 40000; session-race report --figures none -o x.html $SCENARIOS/steps; s=$?; ls -A | grep -v ndjson; exit $s", 3, "", NO_MEMORY },
    { "a large race", "ulimit -v 60000; session-race run --set 'client bob.count=100000' -t x.ndjson $SCENARIOS/steps/two-clients.ini > out; s=$?; ls -A | grep tmp; exit $s", 3, "", "not enough memory" },
    { "a large file is named", "ulimit -v 60000; head -c 80000000 /dev/zero > big.ndjson; session-race verify big.ndjson", 3, "", "big.ndjson: error: not enough memory\n" },
    { "enough for one thread", "ulimit -v 120000; session-race run -q -j 1 $SCENARIOS/retention", 0, "", "" },
};

static const struct shell_row synced[] = {
    { "a file is synced, then put in its place, then its folder is synced", SPY "session-race diagram two.ndjson -o x.txt; cat spy", 0, "sync file\nrename x.txt\nsync folder\n", "" },
    { "a trace", SPY "session-race run -q -t x.ndjson x.ini; cat spy", 0, "sync file\nrename x.ndjson\nsync folder\n", "" },
    { "a new scenario", SPY "session-race new mine > out; cat spy", 0, "sync file\nlink mine.ini\nsync folder\n", "" },
    { "a checkpoint", SPY "session-race sweep -q --seeds 1..9 --checkpoint c -o r x.ini; grep -B 1 'rename c$' spy | head -n 2", 0, "sync file\nrename c\n", "" },
    { "a sync that fails", SPY "SR_SPY_FAILS=1 session-race run -q -t x.ndjson x.ini; s=$?; ls -A | grep ndjson; exit $s", 3, NULL, "x.ndjson: error: Input/output error\n" },
    { "… leaves the old file", SPY "echo old > r; SR_SPY_FAILS=1 session-race sweep -q --seeds 1..9 -o r x.ini; s=$?; cat r; ls -A | grep tmp; exit $s", 3, "old\n", "r: error: Input/output error\n" },
    { "… of a checkpoint", SPY "SR_SPY_FAILS=1 session-race sweep -q --seeds 1..9 --checkpoint c -o r x.ini; s=$?; ls; exit $s", 3, NULL, "c: error: Input/output error\n" },
    { "what is removed again is not synced", SPY "session-race report --figures none -o x.html x.ini; grep -c sync spy", 0, "2\n", "" },
};
/* clang-format on */

/* The signal comes when the trace of the first scenario waits for its reader. */
static void
a_signal_is_heeded_with_little_memory(void **state)
{
    g_auto(Did) did = shell(*state, 143,
                            "mkdir t d; for i in 1 2 3; do cp $SCENARIOS/steps/two-clients.ini d/$i.ini; done; mkfifo t/1.ndjson; ulimit -v 60000; "
                            "session-race run -j 1 -t t d > out 2> err & pid=$!; exec 3< t/1.ndjson; kill -TERM $pid; cat <&3 > copy; wait $pid; "
                            "s=$?; cat err; exit $s");

    assert_string_equal(did.out, "");
}

int
main(void)
{
    const struct CMUnitTest tests[] = { SHELL_TEST(a_signal_is_heeded_with_little_memory) };
    int failed;

    shell_frame.before = "cp $GOLDEN/steps.two-clients.ndjson two.ndjson; cp $GOLDEN/retention.on-new-key.ndjson lost.ndjson\n";
    failed = shell_check_rows("traces that somebody changed, and long lists of errors", rows, G_N_ELEMENTS(rows));
    if (g_getenv("SR_SPY_LIBRARY") != NULL) {
        failed += shell_check_rows("no memory", memory, G_N_ELEMENTS(memory));
        failed += shell_check_rows("what is synced", synced, G_N_ELEMENTS(synced));
        failed += cmocka_run_group_tests_name("little memory", tests, NULL, NULL);
    }
    return failed != 0;
}

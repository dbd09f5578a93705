/* Outputs in folders: what would be written below the folder that was named is no input either, and no link that stands there
 * is followed. And folders as inputs: a link in them does not lead out. */
#include "shell.h"

/* clang-format off */
#define INI "printf '[network]\\nlatency = empirical(\"%s\")\\n[client a]\\n[client b]\\n' "
#define KEPT(what, script) "cp -P " what " kept; " script "; s=$?; cmp " what " kept || exit 99; exit $s"
/* Its key is gone before the second client asks for it: several checks fail, which are not expected to. */
#define FAILS "grep -v ^verdict $SCENARIOS/retention/for-too-short.ini > fails.ini; "
#define SECRET "echo 'a line of it' > secret; mkdir d; "
#define GOOD "printf '[client a]\\n[client b]\\n' > good.ini; "

static const struct shell_row rows[] = {
    /* Inputs below a folder of outputs. */
    { "samples that are called as a trace", "mkdir d; echo 5ms > d/a.ndjson; " INI "a.ndjson > d/a.ini; " KEPT("d/a.ndjson", "session-race run --trace d/ d/a.ini"),
      2, "", "d/a.ndjson: is an input, which is never replaced" },
    { "samples that are called as one of several traces", "mkdir d; echo 5ms > d/a.ndjson; " INI "a.ndjson | tee d/b.ini > d/a.ini; " KEPT("d/a.ndjson", "session-race run --trace d d; test ! -e d/b.ndjson"),
      0, "", "d/a.ndjson: is an input, which is never replaced" },
    { "a link to samples among the traces", "mkdir d t; echo 5ms > d/x.csv; ln d/x.csv t/a.ndjson; " INI "x.csv > d/a.ini; " KEPT("d/x.csv", "session-race run --trace t/ d"),
      2, "", "t/a.ndjson: is an input, which is never replaced" },
    { "a small scenario where the scenario is", FAILS "cp fails.ini key-found.ini; " KEPT("key-found.ini", "session-race sweep --seeds 1..3 --shrink . key-found.ini"),
      2, "", "key-found.ini: is an input, which is never replaced" },
    { "a small scenario where a link to the scenario is", FAILS "mkdir s; ln fails.ini s/key-found.ini; " KEPT("fails.ini", "session-race sweep --seeds 1..3 --shrink s fails.ini"),
      2, "", "s/key-found.ini: is an input, which is never replaced" },
    { "a small scenario where the samples are", "echo 5ms > key-found.ini; " INI "key-found.ini > in.ini; " KEPT("key-found.ini", "session-race sweep --seeds 1..3 --shrink . in.ini"),
      2, "", "key-found.ini: is an input, which is never replaced" },
    { "a small scenario where the result goes", FAILS "session-race sweep --seeds 1..3 --shrink . -o key-found.ini fails.ini",
      2, "", "key-found.ini: is written twice" },

    /* Links below a folder of outputs. */
    { "a trace through a link", GOOD "mkdir t; echo x > victim; ln -s ../victim t/good.ndjson; " KEPT("victim", "session-race run -t t/ good.ini"),
      2, "", "t/good.ndjson is a symbolic link" },
    { "a trace through a link to nowhere", GOOD "mkdir t; ln -s ../victim t/good.ndjson; session-race run -t t/ good.ini; s=$?; test -e victim && exit 9; exit $s",
      2, "", "t/good.ndjson is a symbolic link" },
    { "a trace through a link to a device", GOOD "mkdir t; ln -s /dev/null t/good.ndjson; session-race run -t t/ good.ini",
      2, "", "t/good.ndjson is a symbolic link" },
    { "a trace in a folder that is a link", GOOD "mkdir -p d/sub t away; cp good.ini d/sub; ln -s ../away t/sub; session-race run -t t d; s=$?; ls away; exit $s",
      2, "", "t/sub is a symbolic link" },
    { "a trace in a folder below a link", GOOD "mkdir -p d/sub/low t away; cp good.ini d/sub/low; ln -s ../away t/sub; session-race run -t t d; s=$?; ls away; exit $s",
      2, "", "t/sub is a symbolic link" },
    { "the folder of traces may be a link", GOOD "mkdir real; ln -s real t; session-race run -q -t t/ good.ini; ls real",
      0, "good.ndjson\n", "" },
    { "a small scenario through a link", FAILS "mkdir s; echo x > victim; ln -s ../victim s/key-found.ini; " KEPT("victim", "session-race sweep --seeds 1..3 --shrink s fails.ini"),
      2, "", "s/key-found.ini is a symbolic link" },
    { "small scenarios replace those that are there", FAILS "mkdir s; echo x > s/key-found.ini; session-race sweep -q --seeds 1..3 --shrink s fails.ini; grep -c key-found s/key-found.ini",
      0, NULL, NULL },

    /* Links below a folder of inputs. */
    { "a link that leads out of the folder", SECRET "ln -s ../secret d/x.ini; session-race check d", 2, "", "d/x.ini: error: is a link that leads out of d\n" },
    { "its target is not shown", SECRET "ln -s ../secret d/x.ini; session-race check d 2>&1 | grep -c 'line of it'", 1, "0\n", NULL },
    { "a link to an absolute path", SECRET "ln -s $PWD/secret d/x.ini; session-race run d", 2, "", "d/x.ini: error: is a link that leads out of d\n" },
    { "a link to a folder beside whose name begins the same", SECRET "mkdir d2; cp secret d2/y.ini; ln -s ../d2/y.ini d/x.ini; session-race run d", 2, "", "d/x.ini: error: is a link that leads out of d\n" },
    { "a link in a report", SECRET "ln -s ../secret d/x.ini; session-race report --figures none d", 2, "", "d/x.ini: error: is a link that leads out of d\n" },
    { "a link among shards", SECRET "ln -s ../secret d/x.ndjson; session-race merge d", 2, "", "d/x.ndjson: error: is a link that leads out of d\n" },
    { "a link that stays in the folder", GOOD "mkdir -p d/sub; cp good.ini d/sub/one.ini; ln -s sub/one.ini d/two.ini; session-race check d",
      0, "d/sub/one.ini: ok\nd/two.ini: ok\n", "" },
    { "the folder itself may be a link", GOOD "mkdir real; cp good.ini real/a.ini; ln -s a.ini real/b.ini; ln -s real d; session-race check d/",
      0, "d/a.ini: ok\nd/b.ini: ok\n", "" },
    { "a link that is named may lead anywhere", GOOD "mkdir d; ln -s ../good.ini d/x.ini; session-race check d/x.ini", 0, "d/x.ini: ok\n", "" },
};
/* clang-format on */

int
main(void)
{
    return shell_check_rows("outputs in folders", rows, G_N_ELEMENTS(rows)) != 0;
}

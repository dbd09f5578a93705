/* A provider of the user's own as a user meets it: --provider and what belongs to it. The child is
 * child-of-ours, which needs no Node. */
#include "shell.h"

#define EXEC "[encryption-provider]\\nkind = exec\\n"
#define RACE "[network]\\nlatency = 10ms\\n[client alice]\\n[client bob]\\nstart = 12ms\\n"
/* x.ini needs a provider, y.ini does not. */
#define X "printf '" EXEC RACE "' > x.ini\n"
#define Y "printf '" RACE "' > y.ini\n"
/* --provider with the child in @mode; the path has no character that a shell takes for its own */
#define WITH(mode) " --provider \"$SR_CHILD " mode "\" "

/* A copy of the child in this folder, whose processes can be told from all others; and what is left
 * of it behind the command in between. */
#define KID "cp \"$SR_CHILD\" kid; echo \"$PWD/kid\" > its-name\n" X
#define LEFT                                                                                   \
    "\ns=$?; grep -alFf its-name /proc/[0-9]*/cmdline 2>/dev/null | sed 's/.*/left "           \
    "running/'; exit $s"
/* A run of two with the child in @mode; one that hangs has 2 s for a turn. */
#define RUN_KID(mode) RUN_KID_FOR("60s", mode)
#define RUN_HANGING(mode) RUN_KID_FOR("2s", mode)
#define RUN_KID_FOR(deadline, mode)                                                            \
    KID "session-race run --provider \"$PWD/kid " mode "\" --provider-deadline " deadline      \
        " x.ini "                                                                              \
        "> out 2>&1; s=$?; tr -s ' \\n' ' ' < out; (exit $s)" LEFT

/* The same with a child that is never ready: the status and why, into the file @place. */
#define STARTS(mode, deadline, place)                                                          \
    "(session-race run --provider \"$PWD/kid " mode "\" --provider-deadline " deadline          \
    " x.ini > " place ".out; echo $? $(cat " place ".out) | sed 's/ .* the provider / /; "      \
    "s/ replay: .*//' > " place ") & "
#define FLUSH "; it has to flush its output behind every line\n"

/* clang-format off */
/* Section 10 of the contract: what the child does, what is said, and that nothing of it is left. */
#define DUE "where the answer to request 1 of alice was due"
static const struct shell_row misbehaviour[] = {
    { "not there", KID "session-race run --provider /nonexistent/x x.ini" LEFT, 3, "error: /nonexistent/x: No such file or directory", "" },
    { "not in PATH", KID "session-race run --provider kid x.ini | tr -s ' \n' ' '" LEFT, 0, "error: kid: No such file or directory in PATH; a program of this folder begins with ./, and a script may need what runs it before its name, as in 'python3 FILE'", "" },
    { "not executable", KID "session-race run --provider ./x.ini x.ini | tr -s ' \n' ' '" LEFT, 0, "error: ./x.ini: Permission denied; make the file executable, or write what runs it before its name, as in 'python3 FILE'", "" },
    { "a folder", KID "session-race run --provider . x.ini" LEFT, 3, "error: .: Permission denied\n", "" },
    { "no list of words", KID "session-race run --provider \"'x\" x.ini" LEFT, 3, "error: 'x: ", "" },
    { "ends before hello", RUN_KID("late-exit"), 3, "closed its standard output (exit status 4), where the answer to 'hello' was due", "" },
    /* A start has 10 s, or as much as a turn if that is more. All three wait at once. */
    { "never answers to its start", KID STARTS("no-hello", "1s", "1") STARTS("no-start", "1s", "2") STARTS("no-hello", "11s", "3") "wait; cat 1 2 3" LEFT, 0,
      "3 gave no answer within 10 s, where the answer to 'hello' was due" FLUSH
      "3 gave no answer within 10 s, where the answer to 'start' was due\n"
      "3 gave no answer within 11 s, where the answer to 'hello' was due" FLUSH, "" },
    { "says why before hello", KID "session-race run --provider \"sh -c 'printf \\\"Traceback:\\n  line 5\\n\\\" >&2'\" x.ini | tr -s ' \n' ' '" LEFT, 0, "its standard error ends: Traceback: | line 5 replay: ", "" },
    { "says 'keyHint' for 'hint'", RUN_KID("key-hint"), 0, "the provider says: an answer has 'keyHint', which is not read: the hint of a key is its 'hint' (", "" },
    { "another protocol", RUN_KID("protocol-2"), 3, "does not speak protocol 1", "" },
    { "no keys", RUN_KID("signer"), 3, "cannot be asked for keys", "" },
    { "exits", RUN_KID("exits"), 1, "provider-answers failed at 71 ms: the provider closed its standard output (exit status 3), " DUE, "" },
    { "dies", RUN_KID("crashes"), 1, "closed its standard output (ended by signal 6, Aborted), " DUE, "" },
    { "closes a pipe", RUN_KID("closes"), 1, "the provider closed its standard output", "" },
    { "hangs", RUN_HANGING("hangs"), 1, "gave no answer within 2 s, " DUE, "" },
    { "spins", RUN_HANGING("spins"), 1, "gave no answer within 2 s, " DUE, "" },
    { "ignores SIGTERM", RUN_HANGING("deaf"), 1, "gave no answer within 2 s, " DUE, "" },
    { "leaves a grandchild", RUN_KID("grandchild"), 0, "ok x.ini", "" },
    { "garbage", RUN_KID("garbage"), 1, "the provider wrote a line that is not JSON, \"<!doctype html>\", " DUE "; write logs to standard error", "" },
    { "debug", RUN_KID("debug"), 1, "provider-answers failed at 71 ms: the provider wrote a line that is not JSON, \"debug\", " DUE "; write logs to standard error", "" },
    { "two lines", RUN_KID("two-lines"), 1, "wrote more than one line", "" },
    { "an unasked line", RUN_KID("unasked"), 1, "one more line", "" },
    { "a long line", RUN_KID("long"), 1, "wrote a line of more than 65536 bytes, " DUE, "" },
    { "an endless line", RUN_KID("endless"), 1, "wrote a line of more than 65536 bytes, " DUE, "" },
    { "not UTF-8", RUN_KID("not-utf8"), 1, "wrote a line that is not UTF-8", "" },
    { "answers twice", RUN_KID("twice"), 1, "answered request 1, which is not open, " DUE, "" },
    { "answers what is not open", RUN_KID("not-open"), 1, "answered request 77, which is not open, " DUE, "" },
    { "drops what does not stand", RUN_KID("drops"), 1, "dropped wait 9, which does not stand, " DUE, "" },
    { "floods standard error", RUN_KID("floods"), 0, "ok x.ini", "" },
    { "never settles", RUN_KID("silent-promise"), 1, "a request of alice can never be answered", "" },
    { "says that it is stuck", RUN_KID("stuck"), 1, "a request of alice can never be answered", "" },
    { "rejects", RUN_KID("refuses"), 1, "the provider says: no\\x07", "" },
    { "another shape", RUN_KID("bad-shape"), 1, "does not have the documented shape", "" },
    { "says that it cannot go on", RUN_KID("fault"), 1, "says that it cannot go on: the database is gone, " DUE, "" },
    { "is blocked", RUN_KID("blocked"), 1, "says that it cannot go on: a row is locked, " DUE, "" },
    { "leaves a rejection unhandled", RUN_KID("rejects"), 1, "the provider left a rejection unhandled: Node would have ended there", "" },
    { "its standard error", RUN_KID("confesses"), 1, "the provider's standard error: Error: \\x1b[2Jno database the provider's standard error: \\x3a:error::at line 7 <b>", "" },
    { "three in a row", KID "for i in 1 2 3 4 5; do cp x.ini $i.ini; done; session-race run --jobs 1 --provider \"$PWD/kid exits\" ." LEFT, 3, "3 not as expected, 3 could not be run", "" },
    { "three in a row of a sweep", KID "session-race sweep --jobs 1 --seeds 1..9 --provider \"$PWD/kid exits\" x.ini" LEFT, 3, NULL, "the provider closed its standard output (exit status 3), " DUE },
    { "SIGTERM", KID "session-race run --provider \"$PWD/kid hangs\" --provider-deadline 600s x.ini & p=$!; until grep -alFf its-name /proc/[0-9]*/cmdline >/dev/null 2>&1; do :; done; kill -TERM $p; wait $p" LEFT, 143, NULL, NULL },
    { "SIGTERM, in a sweep", KID "session-race sweep -q --jobs 2 --seeds 1..9 --checkpoint c --provider \"$PWD/kid hangs\" --provider-deadline 600s x.ini & p=$!; until grep -alFf its-name /proc/[0-9]*/cmdline >/dev/null 2>&1; do :; done; kill -TERM $p; wait $p" LEFT, 143, NULL, NULL },
    { "a second SIGTERM", KID "session-race run --provider \"$PWD/kid deaf\" --provider-deadline 600s x.ini & p=$!; until grep -alFf its-name /proc/[0-9]*/cmdline >/dev/null 2>&1; do :; done; sleep 0.3; kill -TERM $p; sleep 0.3; kill -TERM $p; wait $p" LEFT, 143, "", NULL },
};

/* Nothing but the option starts a program: the canary would make a file. */
#define CANARY "printf '#!/bin/sh\necho > canary-was-here\n' > canary; chmod +x canary\n"
#define SEEN "; ls | grep -c canary-was"
static const struct shell_row canary[] = {
    { "a scenario", CANARY "printf '[encryption-provider]\nkind = exec\ncommand = ./canary\n" RACE "' > x.ini; session-race run x.ini" SEEN, 1, "0\n", "unknown key 'command'" },
    { "a scenario's kind", CANARY "printf '[encryption-provider]\nkind = exec ./canary\n" RACE "' > x.ini; session-race run x.ini" SEEN, 1, "0\n", NULL },
    { "--set", CANARY X "session-race run --set encryption-provider.provider=./canary x.ini" SEEN, 1, "0\n", NULL },
    { "variables", CANARY X "SESSION_RACE_PROVIDER=./canary PROVIDER=./canary session-race run x.ini" SEEN, 1, "0\n", "needs --provider" },
    { "a trace", CANARY X "session-race run -q --trace t.ndjson" WITH("good") "x.ini; sed -i 's#\"scenario\":\"[^\"]*\"#\"scenario\":\"--provider ./canary\"#' t.ndjson; session-race report --figures none -o r.html t.ndjson 2>&1; session-race verify t.ndjson" SEEN, 1, "0\n", NULL },
    { "a checkpoint", CANARY X "session-race sweep -q --seeds 1..9 --checkpoint c" WITH("good") "x.ini; sed -i 's#\"shard\"#\"provider\":\"./canary\",\"shard\"#' c; session-race sweep -q --seeds 1..9 --checkpoint c" WITH("good") "x.ini" SEEN, 1, "0\n", "damaged" },
};

/* Likewise of a signer: z.ini needs one, b.ini needs both. */
#define TOKENS "[token-provider]\\nkind = exec\\n"
#define Z "printf '" TOKENS RACE "' > z.ini\n"
#define B "printf '" EXEC TOKENS RACE "' > b.ini\n"
#define SIGN(mode) " --signer \"$SR_SIGNER " mode "\" "
#define CHILD(mode) " --signer \"$SR_CHILD " mode "\" "
#define RUN_SIGNER(mode) RUN_SIGNER_FOR("60s", mode)
#define RUN_HANGING_SIGNER(mode) RUN_SIGNER_FOR("2s", mode)
#define RUN_SIGNER_FOR(deadline, mode)                                                         \
    KID Z "session-race run --signer \"$PWD/kid " mode "\" --provider-deadline " deadline      \
          " z.ini "                                                                            \
          "> out 2>&1; s=$?; tr -s ' \\n' ' ' < out; (exit $s)" LEFT
static const struct shell_row signers[] = {
    { "a single file needs it", Z "session-race run z.ini", 2, "", "z.ini: error: 'kind = exec' in [token-provider] needs --signer COMMAND" },
    { "so does a sweep", Z "session-race sweep --seeds 1..3 z.ini", 2, "", "z.ini: error: 'kind = exec' in [token-provider] needs --signer COMMAND" },
    { "so does shrink", Z "session-race shrink z.ini", 2, "", "needs --signer COMMAND" },
    { "both are needed", B "session-race run b.ini", 2, "", "b.ini: error: 'kind = exec' needs --provider COMMAND, and in [token-provider] --signer COMMAND" },
    { "one is not enough", B "session-race run" WITH("good") "b.ini", 2, "", "b.ini: error: 'kind = exec' in [token-provider] needs --signer COMMAND" },
    { "of several it is skipped", Y Z "session-race run y.ini z.ini", 0, "skip  z.ini\n", "" },
    { "one line names the option", Y Z "session-race run .", 0, "skipped: 'kind = exec' in [token-provider] needs --signer COMMAND\n", "" },
    { "TAP", Y Z "session-race run --format tap .", 0, "ok 2 - ./z.ini # SKIP 'kind = exec' in [token-provider] needs --signer COMMAND", "" },
    { "each reason once", X Y Z B "session-race run .", 0, "skipped: 'kind = exec' needs --provider COMMAND, and in [token-provider] --signer COMMAND\nskipped: 'kind = exec' needs --provider COMMAND\nskipped: 'kind = exec' in [token-provider] needs --signer COMMAND\n", "" },
    { "all are skipped", X Z "session-race run .", 4, "0 as expected, 2 skipped\n", "" },
    { "a report skips", Y Z "session-race report --figures none -o r.html . && grep -A1 'Not played' r.html", 0, "<code>./z.ini</code>: &apos;kind = exec&apos; in [token-provider] needs --signer COMMAND", "" },
    { "nobody asks it", X "session-race run" SIGN("good") WITH("good") "x.ini", 2, "", "--signer: no scenario has 'kind = exec' in [token-provider], so it would not be asked" },
    { "nobody asks the other", Z "session-race run" SIGN("good") WITH("good") "z.ini", 2, "", "--provider: no scenario has 'kind = exec' in [encryption-provider], so it would not be asked" },
    { "nobody asks for tokens, so nobody is needed", "printf '" TOKENS "enabled = no\n" RACE "' > z.ini; session-race run z.ini && session-race sweep -q --seeds 1..3 -o r z.ini", 0, "ok    z.ini", "" },
    { "the note of several names it", Z "sed -i 's/latency = 10ms/latency = uniform(1ms, 10ms)/' z.ini; cp z.ini y.ini; session-race run --set server.leeway=1s" SIGN("good") ". | tail -n 3 | tr -s ' \n' ' '", 0, " good' --set server.leeway=1s SCENARIO ", "" },
    { "verify names both", B "session-race run -q -t t.ndjson" SIGN("good") WITH("good") "b.ini; session-race verify --scenario b.ini t.ndjson | tr -s ' \\n' ' '", 0, "its encryption provider and its token provider were programs of the user's own", "" },
    { "a good one", Z "session-race run" SIGN("good") "z.ini", 0, "ok    z.ini", "" },
    { "both", B "session-race run" SIGN("waits") WITH("waits") "b.ini", 0, "ok    b.ini", "" },
    { "a sweep", Z "session-race sweep --seeds 1..20 --jobs 2" SIGN("waits") "z.ini", 0, "runs not as expected                    0", "" },
    { "a sweep of any number of threads", B "for j in 1 2 7; do session-race sweep -q --seeds 1..20 --jobs $j -o $j.ndjson" SIGN("waits PS256") WITH("waits") "b.ini; done; cmp 1.ndjson 2.ndjson && cmp 2.ndjson 7.ndjson && echo same", 0, "same\n", "" },
    { "the results name it", B "session-race sweep -q --seeds 1..3 -o 1" SIGN("good") WITH("good") "b.ini; session-race sweep -q --seeds 1..3 -o 2" SIGN("waits") WITH("good") "b.ini; session-race merge 1 2", 2, "", "its provider or signer is another" },
    { "a checkpoint of another", Z "session-race sweep -q --seeds 1..9 --checkpoint c" SIGN("good") "z.ini; session-race sweep -q --seeds 1..9 --checkpoint c" SIGN("waits") "z.ini", 2, "", "the checkpoint is of a sweep with another provider or signer" },
    { "twice", Z "session-race run --twice" SIGN("waits PS256") "z.ini", 0, "ok    z.ini", "" },
    { "the replay command names both", B "session-race run" SIGN("refuses") WITH("good") "b.ini", 1, " good' --signer '", "" },
    { "it replays", Z "session-race run" SIGN("refuses") "z.ini > out; sh -c \"$(sed -n 's/^ *replay: //p' out | head -n 1)\" | diff out - && echo same", 0, "same", "" },
    { "a report", Z "session-race report --figures none" SIGN("good") "-o r.html z.ini && grep -c 'as expected' r.html", 0, NULL, "" },
    { "shrink", B "session-race shrink" SIGN("good") WITH("forgets") "b.ini", 0, "kind = exec", NULL },
    { "explore", Z "session-race explore" SIGN("good") "z.ini", 2, "", "'kind = exec' in [token-provider] is not explored: whether a token is good depends on instants" },
    { "explore of both", B "session-race explore" SIGN("good") WITH("good") "b.ini", 2, "", "is not explored" },
    { "advise", Z "session-race advise z.ini", 2, "", "'kind = exec' cannot be advised" },
    { "verify explains its trace", Z "session-race run -q --trace t.ndjson" SIGN("waits") "z.ini; session-race verify t.ndjson", 0, "all explained; 16 checks hold", "" },
    { "a diagram", Z "session-race run -q --trace t.ndjson" SIGN("waits") "z.ini; session-race diagram --as text t.ndjson | tr -s ' |\n' ' '", 0, "token-provider: calls ask the session store at sign.js:7", "" },
    { "one log for both", B "session-race run -q --provider-log log" SIGN("good") WITH("floods") "b.ini; grep -c -v '^provider: noise' log; grep -q '^provider: noise' log", 0, "0\n", "" },
    { "a log of one", Z "session-race run -q --provider-log log" CHILD("floods") "z.ini > out; grep -c -v '^noise' log; grep -q '^noise' log", 0, "0\n", "" },
    /* what the server finds */
    { "a signature of nobody", Z "session-race run" SIGN("changed") "z.ini | tr -s ' \\n' ' '", 0, "the signer: a token is refused as bad-signature: its RS256 signature is not that of the key of its signer's jwks", "" },
    { "… in JSON", Z "session-race run --format json" SIGN("none") "z.ini | jq -c .results[0].signer_remarks", 0, "[\"a token is refused as bad-signature: its alg is 'none', which no server can verify\"]", "" },
    { "… in a sweep", Z "session-race sweep --seeds 1..4" SIGN("changed") "z.ini", 1, "a token was refused", "" },
    { "a hostile token", Z "session-race run" SIGN("garbage-token") "z.ini | tr -s ' \\n' ' '", 0, "it is not three parts with dots between them", "" },
    { "milliseconds", Z "session-race run" SIGN("milliseconds") "z.ini | tr -s ' \\n' ' '", 0, "its iat is 1685577600011, which looks like milliseconds. Times of a token are in seconds", "" },
    { "milliseconds in a trace", Z "session-race run -q --trace t.ndjson" SIGN("milliseconds") "z.ini; session-race report --figures none -o r.html t.ndjson; grep -c 'looks like milliseconds' r.html", 0, NULL, "" },
    { "a key that is not used", Z "session-race run" SIGN("good ES256") "z.ini | tr -s ' \\n' ' '", 0, "its alg is 'ES256', which [server] accept does not name", "" },
    /* section 10 */
    { "not there", Z "session-race run --signer /nonexistent/x z.ini", 3, "error: /nonexistent/x: No such file or directory", "" },
    { "ends before hello", RUN_SIGNER("late-exit"), 3, "closed its standard output (exit status 4), where the answer to 'hello' was due", "" },
    { "no tokens", RUN_SIGNER("keys-only"), 3, "the signer cannot be asked for tokens", "" },
    { "exits", RUN_SIGNER("exits"), 1, "provider-answers failed at 11 ms: the signer closed its standard output (exit status 3), where the answer to request 1 of alice was due", "" },
    { "hangs", RUN_HANGING_SIGNER("hangs"), 1, "the signer gave no answer within 2 s", "" },
    { "ignores SIGTERM", RUN_HANGING_SIGNER("deaf"), 1, "the signer gave no answer within 2 s", "" },
    { "garbage", RUN_SIGNER("garbage"), 1, "the signer wrote a line that is not JSON", "" },
    { "a long line", RUN_SIGNER("long"), 1, "wrote a line of more than 65536 bytes", "" },
    { "not UTF-8", RUN_SIGNER("not-utf8"), 1, "wrote a line that is not UTF-8", "" },
    { "a key instead of a token", Z "session-race run" SIGN("key") "z.ini | tr -s ' \\n' ' '", 0, "the signer answered request 1 with a key instead of a token", "" },
    { "answers what is not open", RUN_SIGNER("not-open"), 1, "answered request 77, which is not open", "" },
    { "floods standard error", RUN_SIGNER("floods"), 1, "the signer says: no such hint", "" },
    { "never settles", RUN_SIGNER("silent-promise"), 1, "a request of alice can never be answered", "" },
    { "rejects", RUN_SIGNER("refuses"), 1, "the signer says: no\\x07", "" },
    { "another shape", RUN_SIGNER("bad-shape"), 1, "does not have the documented shape", "" },
    { "its standard error", RUN_SIGNER("confesses"), 1, "the signer's standard error: Error: \\x1b[2Jno database", "" },
    /* scenario keys */
    { "keys of the built-in signer", "printf '" TOKENS "lifetime = 5min\\niat = no\\nalgorithm = RS256\\nnot-before = 1s\\ncache = 1s\\n" RACE "' > z.ini; session-race check z.ini; true", 0, "", "z.ini:3:1: error: 'lifetime' is not for 'kind = exec'" },
    { "… say what to do", "printf '" TOKENS "cache = 1s\\n" RACE "' > z.ini; session-race check z.ini; true", 0, "", "the program of --signer decides that: leave the key out" },
    { "io of the built-in signer", "printf '[token-provider]\\nio = 1ms\\n" RACE "' > z.ini; session-race check z.ini; true", 0, "", "z.ini:2:1: error: 'io' is for 'kind = exec'" },
    { "accept of the built-in signer", "printf '[server]\\naccept = ES256\\n" RACE "' > z.ini; session-race check z.ini; true", 0, "", "z.ini:2:1: error: 'accept' is for 'kind = exec'" },
    { "an unknown alg", "printf '" TOKENS "[server]\\naccept = RS256, none\\n" RACE "' > z.ini; session-race check z.ini; true", 0, "", "none" },
};

static const struct shell_row rows[] = {
    /* what is skipped */
    { "a single file needs it", X "session-race run x.ini", 2, "", "x.ini: error: 'kind = exec' needs --provider COMMAND" },
    { "so does a sweep", X "session-race sweep --seeds 1..3 x.ini", 2, "", "x.ini: error: 'kind = exec' needs --provider COMMAND" },
    { "so does shrink", X "session-race shrink x.ini", 2, "", "x.ini: error: 'kind = exec' needs --provider COMMAND" },
    { "so does a report of one file", X "session-race report --figures none -o r.html x.ini", 2, "", "x.ini: error: 'kind = exec' needs --provider COMMAND" },
    { "of several it is skipped", X Y "session-race run x.ini y.ini", 0, "skip  x.ini\nok    y.ini ", "" },
    { "one line names the option", X Y "session-race run x.ini y.ini", 0, "2 scenarios: 1 as expected, 1 skipped\nskipped: 'kind = exec' needs --provider COMMAND\n", "" },
    { "in a folder too", X Y "session-race run .", 0, "1 skipped", "" },
    { "quietly", X Y "session-race run -q .", 0, "", "" },
    { "TAP", X Y "session-race run --format tap .", 0, "ok 1 - ./x.ini # SKIP 'kind = exec' needs --provider COMMAND\nok 2 - ./y.ini", "" },
    { "JUnit", X Y "session-race run --format junit .", 0, "skipped=\"1\"", "" },
    { "JUnit's element", X Y "session-race run --format junit .", 0, "<skipped message=\"&apos;kind = exec&apos; needs --provider COMMAND\"/>", "" },
    { "JSON", X Y "session-race run --format json . | jq -c '[.results[0].skipped, .summary.skipped, .results[1].as_expected]'", 0, "[\"'kind = exec' needs --provider COMMAND\",1,true]", "" },
    { "GitHub", X Y "session-race run --format github .", 0, "skipped: 'kind = exec' needs --provider COMMAND\n", "" },
    { "all are skipped", X "cp x.ini z.ini; session-race run .", 4, "2 scenarios: 0 as expected, 2 skipped\n", "" },
    { "all of JSON", X "cp x.ini z.ini; session-race run --format json . | jq '.results | length'; session-race run -q --format json . > x.json", 4, "2\n", "" },
    { "a failure beside a skipped one", X "printf '" RACE "[expect]\\nwinner = bob\\n' > z.ini; session-race run .", 1, "1 not as expected, 1 skipped", "" },
    { "a report skips", X Y "session-race report --figures none -o r.html . && grep -A1 'Not played' r.html", 0, "<li><code>./x.ini</code>: &apos;kind = exec&apos; needs --provider COMMAND</li>", "" },
    { "a report of nothing", X "session-race report --figures none -o r.html .; echo $?; ls", 0, "4\nx.ini\n", "nothing was played" },
    { "nobody asks it", Y "session-race run" WITH("good") "y.ini", 2, "", "--provider: no scenario has 'kind = exec' in [encryption-provider], so it would not be asked; 'new --from provider' writes one\n" },
    { "no scenario of a folder", Y "session-race run" WITH("good") ".", 2, "", "so it would not be asked" },
    { "not even in a sweep", Y "session-race sweep --seeds 1..3" WITH("good") "y.ini", 2, "", "so it would not be asked" },
    { "nor in shrink", Y "session-race shrink" WITH("good") "y.ini", 2, "", "so it would not be asked" },
    { "nor in a report", Y "session-race report" WITH("good") "-o r.html y.ini", 2, "", "so it would not be asked" },
    { "what belongs to it alone", Y "session-race run --provider-env HOME y.ini", 2, "", "need --provider" },
    /* playing */
    { "a good provider", X "session-race run" WITH("good") "x.ini", 0, "ok    x.ini", "" },
    { "a report", X "session-race report --figures none" WITH("good") "-o r.html x.ini && grep -c 'ok x.ini\\|as expected' r.html", 0, NULL, "" },
    { "the replay command names it", X "session-race run" WITH("forgets") "x.ini", 1, "replay: session-race run --provider '", "" },
    { "and all that belongs to it", X "export A=1; session-race run" WITH("forgets") "--provider-env A --provider-deadline 3s x.ini", 1, " forgets' --provider-env A --provider-deadline 3s --seed 1 x.ini\n", "" },
    { "it replays", X "session-race run" WITH("forgets") "x.ini > out; sh -c \"$(sed -n 's/^ *replay: //p' out | head -n 1)\" | diff out - && echo same", 0, "same", "" },
    { "the failures of a sweep are replayed with it", X "session-race sweep --seeds 1..3" WITH("forgets") "x.ini", 1, "replay: session-race run --provider '", "" },
    { "a report's command names it", X "session-race report --figures none" WITH("forgets") "-o r.html x.ini; grep -o 'session-race run --provider .*' r.html", 0, "--seed 1 x.ini", "1 of 1 not as expected" },
    /* shrinking */
    { "shrink", X "session-race shrink" WITH("forgets") "x.ini > small.ini && session-race run" WITH("forgets") "small.ini", 0, "as expected", "2 clients, 0 faults" },
    { "shrink keeps the provider", X "session-race shrink -q" WITH("forgets") "x.ini", 0, "kind = exec", "" },
    { "shrink what breaks each time", X "session-race shrink -q" WITH("crashes") "x.ini", 0, "fail(", "" },
    { "shrink without a failure", X "session-race shrink" WITH("good") "x.ini", 1, "", "no check fails under seed 1" },
    { "shrink with what cannot be started", X "session-race shrink --provider /nonexistent/x x.ini", 3, "", "x.ini: error: /nonexistent/x: No such file or directory" },
    { "the failures of a sweep", X "session-race sweep -q --seeds 1..3" WITH("forgets") "--shrink small x.ini; ls small", 0, "key-kept.ini\n", "small scenarios in small" },
    /* what it says */
    { "how the store was judged", X "session-race run" WITH("good") "x.ini", 0, "key-kept and previous-kept are judged by 1 look-up and 1 probe\n", "" },
    { "hostile notes for people", X "session-race run" WITH("hostile") "x.ini", 0, "the provider says: \\x1b[2Jx\\x0a::error::pwned\\x0a<script>", "" },
    { "no command among GitHub's lines", X "session-race run --format github" WITH("hostile") "x.ini | grep -c '^::error::pwned'", 1, "0\n", "" },
    { "nor with another verdict", X "session-race run --format github --set expect.verdict='fail(key-kept)'" WITH("hostile") "x.ini | grep -c '^::error::pwned\\|%0A::error::pwned'", 1, "0\n", "" },
    { "TAP", X "session-race run --format tap" WITH("hostile") "x.ini | grep -A1 provider_notes", 0, "    - \"\\u001b[2Jx\\n::error::pwned", "" },
    { "JSON", X "session-race run --format json" WITH("hostile") "x.ini | jq -e '.results[0] | .provider_notes[0], .judged_by.probes'", 0, "\n1\n", "" },
    { "JUnit", X "session-race run --format junit" WITH("hostile") "x.ini", 0, "&lt;script&gt;alert(1)&lt;/script&gt;", "" },
    { "a page", X "session-race report --figures none" WITH("hostile") "-o r.html x.ini; grep -c '<script>alert' r.html; grep -o '&lt;script&gt;alert' r.html | head -n 1", 0, "0\n&lt;script&gt;alert\n", "" },
    { "JSON of what broke", X "session-race run --format json" WITH("confesses") "x.ini | jq -r '.results[0] | .failed[0].detail, .provider_errors[1]'", 0, "was due\n::error::at line 7 <b>\n", "" },
    { "a log of its own", X "session-race run -q --provider-log log" WITH("confesses") "x.ini > out; cat log", 0, "::error::at line 7 <b>\n", "" },
    /* results and checkpoints */
    { "a result names its provider", X "session-race sweep -q --seeds 1..3" WITH("good") "-o r x.ini; head -n 1 r", 0, ",\"points\":1,\"provider\":\"", "" },
    { "a result without one does not", Y "session-race sweep -q --seeds 1..3 -o r y.ini; head -n 1 r | grep -c provider", 1, "0\n", "" },
    { "not the command itself", X "session-race sweep -q --seeds 1..3" WITH("good") "-o r x.ini; grep -c child-of-ours r", 1, "0\n", "" },
    { "jobs and shards", X "for n in 1 2 7; do session-race sweep -q --jobs $n --seeds 1..200" WITH("waits") "-o $n x.ini; done; for k in 1 2 3; do session-race sweep -q --shard $k/3 --seeds 1..200" WITH("waits") "-o s$k x.ini; done; session-race merge -q -o m s1 s2 s3; cmp 1 2 && cmp 1 7 && cmp 1 m && echo same", 0, "same\n", "" },
    { "merge refuses another provider", X "session-race sweep -q --shard 1/2 --seeds 1..4" WITH("good") "-o 1 x.ini; session-race sweep -q --shard 2/2 --seeds 1..4" WITH("waits") "-o 2 x.ini; session-race merge 1 2", 2, "", "its provider or signer is another than that of 1" },
    { "a checkpoint goes on", X "session-race sweep -q --seeds 1..9 --checkpoint c" WITH("good") "-o 1 x.ini; session-race sweep -q --seeds 1..9 --checkpoint c" WITH("good") "-o 2 x.ini; cmp 1 2 && echo same", 0, "same\n", "" },
    { "not with another provider", X "session-race sweep -q --seeds 1..9 --checkpoint c" WITH("good") "x.ini; session-race sweep -q --seeds 1..9 --checkpoint c" WITH("waits") "x.ini", 2, "", "the checkpoint is of a sweep with another provider or signer" },
    { "a sweep with what cannot be started", X "session-race sweep --seeds 1..9 --provider /nonexistent/x x.ini", 3, "", "x.ini: error: /nonexistent/x: No such file or directory" },
    /* no key gets out */
    { "a key in a hint", X "session-race run" WITH("exposes") "x.ini", 1, "encryption-provider gives alice hint h-the key of h1, which shows its key", "" },
    { "no key in any output", X
      "for f in human tap junit json github; do session-race run --format $f --trace t-$f --provider-log log" WITH("secret") "x.ini > run-$f 2>&1; done;"
      "session-race run --twice" WITH("secret") "x.ini > twice; session-race run --set expect.winner=bob" WITH("secret") "x.ini > failing;"
      "session-race report --figures none -o r.html" WITH("secret") "x.ini; session-race diagram t-tap > diagram; session-race verify t-tap > verified;"
      "session-race sweep --seeds 1..20 --checkpoint c -o rows --set encryption-provider.generate=900s --shrink small" WITH("secret") "x.ini > table 2>&1;"
      "session-race shrink --set encryption-provider.generate=900s" WITH("secret") "x.ini > shrunk 2>&1;"
      "ls > list; echo files; grep -rlai 5ecretKey . ; for hash in $(printf 5ecretKeyOfTheChild-1-1 | sha256sum | cut -c1-16) $(printf 5ecretKeyOfTheChild-1-1 | base64 | cut -c1-20); do grep -rlai $hash . ; done; echo clean",
      0, "files\nclean\n", "" },
    /* a start */
    { "new", "session-race new --from provider mine; session-race check mine.ini && ls", 0, "Wrote mine.ini and provider.js. Next: session-race run --provider 'session-race-node provider.js' mine.ini\n", "" },
    { "new, and it plays", "session-race new -q --from provider mine; session-race run" WITH("good") "mine.ini", 0, "ok    mine.ini", "" },
    { "new in a folder", "mkdir a; session-race new --from provider a/mine; ls a", 0, "'session-race-node a/provider.js' a/mine.ini\nmine.ini\nprovider.js\n", "" },
    { "new keeps a provider", "echo mine > provider.js; session-race new --from provider x; cat provider.js; ls", 0, "mine\nprovider.js\n", "provider.js exists already and is kept" },
    { "new keeps a scenario", "echo mine > x.ini; session-race new --from provider x; ls", 0, "x.ini\n", "x.ini exists already and is kept" },
    { "new to standard output", "session-race new --from provider -o - x", 2, "", "--from provider writes two files" },
    { "new from something else", "session-race new --from scratch x", 2, "", "--from: 'scratch' is not one of race, retention, skew, replicas, wan, chaos, provider" },
    /* --twice */
    { "twice the same", X "session-race run --twice" WITH("good") "x.ini", 0, "ok    x.ini", "" },
    { "not twice the same", X "session-race run --twice" WITH("process") "x.ini", 1, "not met: --twice: the second run is not the same as the first", "" },
    { "where it differs", X "session-race run --twice" WITH("process") "x.ini", 1, "key-made", "" },
    { "in JSON", X "session-race run --twice --format json" WITH("process") "x.ini | jq '.results[0] | .as_expected, (.differs | length > 0)'", 0, "false\ntrue\n", "" },
    { "twice without a provider", Y "session-race run --twice y.ini", 2, "", "--twice needs --provider" },
    { "twice, and the trace is kept", X "session-race run -q --twice --trace t.ndjson" WITH("good") "x.ini && tail -n 1 t.ndjson", 0, "\"verdict\":\"pass\"", "" },
};
/* clang-format on */

int
main(void)
{
    g_assert(g_getenv("SR_CHILD") != NULL);
    g_autofree char *child = g_canonicalize_filename(g_getenv("SR_CHILD"), NULL);

    g_autofree char *signer = g_canonicalize_filename(g_getenv("SR_SIGNER"), NULL);

    g_setenv("SR_CHILD", child, TRUE);
    g_setenv("SR_SIGNER", signer, TRUE);
    return shell_check_rows("--provider", rows, G_N_ELEMENTS(rows)) +
               shell_check_rows("--signer", signers, G_N_ELEMENTS(signers)) +
               shell_check_rows("what a child may do", misbehaviour,
                                G_N_ELEMENTS(misbehaviour)) +
               shell_check_rows("what starts no program", canary, G_N_ELEMENTS(canary)) !=
           0;
}

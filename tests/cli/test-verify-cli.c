/* `verify` and `diff` as a user meets them: by their command line, their exit status and what they
 * print. A fresh folder has a copy of a small trace, `two.ndjson`; `sends` prints what a real
 * system would have of it. */
#include "shell.h"

static const char prelude[] =
    "cp $GOLDEN/steps.two-clients.ndjson two.ndjson\n"
    "first='{\"type\":\"trace\",\"nodes\":[\"alice\",\"bob\"]}'\n"
    "keys() { echo \"$first\"; sed 's/^/{\"type\":\"event\",\"node\":\"encryption-provider\",\"event\":/; s/$/}/'; }\n"
    "asks='\"receive\",\"msg\":\"key-request\",\"from\"'\n"
    "gives='\"send\",\"msg\":\"key\",\"to\"'\n"
    "sends() { echo \"$first\"; grep -E '\"event\":\"(send|receive)\"' two.ndjson; }\n";

/* What a real system may log of a run in which the winner's key is discarded. */
#define FORGOTTEN                                                                              \
    "(echo \"$first\"; grep -E '\"event\":\"(send|receive|key-.*|failed|collaborating)\"' "      \
    "$GOLDEN/retention.on-new-key.ndjson) >log; "

/* clang-format off */
static const struct shell_row rows[] = {
    { "a trace of ours", "session-race verify two.ndjson", 0, "ok    two.ndjson  97 lines, all explained; 15 checks hold\n", "" },
    { "standard input", "session-race verify - <two.ndjson", 0, "ok    standard input  97 lines", "" },
    { "several traces of ours are judged one by one", "cp two.ndjson one.ndjson; session-race verify --quiet one.ndjson $GOLDEN/retention.on-new-key.ndjson two.ndjson",
      1, "on-new-key.ndjson  120 lines, all explained; 3 checks fail; 12 checks hold\n", "" },
    { "a check that fails has its line", "session-race verify $GOLDEN/retention.on-new-key.ndjson", 1,
      "key-found                   FAILS, line 118: bob gave up on the announced hint u1", "" },
    { "a scenario expects it", "session-race verify $GOLDEN/retention.on-new-key.ndjson --scenario $GOLDEN/../../scenarios/retention/on-new-key.ini", 0,
      "fails as expected, line 118: bob", "" },
    { "a scenario expects what does not happen", "printf '[client a]\\n[client b]\\n[expect]\\nverdict = fail(waits)\\n' >x.ini; session-race verify two.ndjson --scenario x.ini",
      1, "note: the trace is not of this scenario", "" },
    { "a trace of a program of the user's own", "session-race verify $GOLDEN/pictures/read-then-write.ndjson", 1,
      "read-then-write.ndjson  135 lines, all explained; 4 checks fail; 12 checks hold\n", "" },
    { "what a program of the user's own refuses twice fails once", "session-race verify $GOLDEN/pictures/read-then-write.ndjson >out; grep -c '^ *key-kept ' out; grep -c overwritten out",
      0, "1\n1\n", "" },
    { "quiet says nothing of what is good", "session-race verify --quiet two.ndjson", 0, "", "" },
    { "damage is named", "sed 's/\"t\":10000000,/\"t\":10000001,/' two.ndjson >bad.ndjson; session-race verify bad.ndjson", 2, "",
      "bad.ndjson:99:" },
    { "a line is missing", "sed 20d two.ndjson >bad.ndjson; session-race verify bad.ndjson", 2, "", "bad.ndjson:20:23: error: seq is 20 where 19 is due" },
    { "a trace that breaks off", "head -n 50 two.ndjson >cut.ndjson; session-race verify cut.ndjson", 2, "", "the last line is missing" },
    { "a part of one is asked for", "head -n 50 two.ndjson >cut.ndjson; session-race verify --partial cut.ndjson", 0, "49 lines, all explained", "" },
    { "sends and receives are enough", "sends >log; session-race verify log", 0, "ok    log  54 lines, all explained; 6 checks hold; 9 not judged\n", "" },
    { "what is not judged says why", "sends >log; session-race verify log", 0, "token-time                  not judged: the log has no 'token-judged'\n", "" },
    { "a file a node", "for n in server token-provider encryption-provider alice bob; do (echo \"$first\"; sends | grep \"\\\"node\\\":\\\"$n\\\"\") >$n; done; "
      "session-race verify bob encryption-provider alice token-provider server", 0, "ok    bob and 4 more  54 lines, all explained", "" },
    { "lines in any order among nodes", "sends | (read l; echo \"$l\"; sort -s -t: -k 5,5 -r) >log; session-race verify log", 0, "54 lines, all explained", "" },
    { "a node without lines", "sends | grep -v '\"node\":\"server\"' >log; session-race verify log", 1, "nobody has sent a message with the id 6 (--partial when lines of its sender are\n", "" },
    { "a node without lines, on purpose", "sends | grep -v '\"node\":\"server\"' >log; session-race verify --partial log", 0, "ok    log", "" },
    { "the first line that cannot be", "sends | sed 's/\"msg\":\"create-rejected\"/\"msg\":\"session-pending\"/' >log; session-race verify log", 1,
      "why not:  the server does not do that here\n        allowed:  server sends create-rejected to bob", "" },
    { "a message that changes on its way", "sends | sed '/receive.*session-available/s/u1/u2/' >log; session-race verify log", 1,
      "why not:  hint is not what was sent at line ", "" },
    { "a message that overtakes another", "sends | awk '/receive.*create-rejected/ { held = $0; next } { print } /bob.*receive.*session-available/ { print held }' >log; "
      "session-race verify log", 1, "on an ordered link", "" },
    { "a link that is not ordered", "sends | awk '/receive.*create-rejected/ { held = $0; next } { print } /bob.*receive.*session-available/ { print held }' >log; "
      "session-race verify --unordered log", 0, "note: messages overtake others, first at line ", "" },
    { "what comes before itself", "printf '%s\\n' \"$first\" "
      "'{\"type\":\"event\",\"node\":\"alice\",\"event\":\"receive\",\"msg\":\"token\",\"from\":\"token-provider\",\"id\":2}' "
      "'{\"type\":\"event\",\"node\":\"alice\",\"event\":\"send\",\"msg\":\"token-request\",\"to\":\"token-provider\",\"id\":1}' "
      "'{\"type\":\"event\",\"node\":\"token-provider\",\"event\":\"receive\",\"msg\":\"token-request\",\"from\":\"alice\",\"id\":1}' "
      "'{\"type\":\"event\",\"node\":\"token-provider\",\"event\":\"send\",\"msg\":\"token\",\"to\":\"alice\",\"id\":2}' >log; session-race verify log", 1,
      "arrives before it can have been sent", "" },
    { "the provider's lines alone: a look-up in vain", "printf '%s\n' '\"key-made\",\"hint\":\"u1\"' '\"key-missing\",\"hint\":\"u1\"' | keys >log; session-race verify --partial log", 1,
      "key-found                   FAILS, line 3: the provider is asked for hint u1 and does not know\n", "" },
    { "… after a discard", "printf '%s\n' '\"key-made\",\"hint\":\"u1\"' '\"key-discarded\",\"hint\":\"u1\",\"reason\":\"age\"' '\"key-missing\",\"hint\":\"u1\"' | keys >log; "
      "session-race verify --partial log", 1, "note: the key that line 4 asks for was discarded at line 3 (age)\n", "" },
    { "… that only the messages show", "printf '%s\n' \"$asks:\\\"alice\\\",\\\"id\\\":1\" \"$gives:\\\"alice\\\",\\\"id\\\":2,\\\"hint\\\":\\\"u1\\\"\" "
      "\"$asks:\\\"bob\\\",\\\"id\\\":3,\\\"hint\\\":\\\"u1\\\"\" '\"send\",\"msg\":\"key-refused\",\"to\":\"bob\",\"id\":4,\"reason\":\"unknown-hint\"' | keys >log; "
      "session-race verify --partial log", 1, "key-found                   FAILS, line 4:", "" },
    { "… of a hint that nobody made", "printf '%s\n' '\"key-made\",\"hint\":\"u1\"' '\"key-missing\",\"hint\":\"u2\"' | keys >log; session-race verify --partial log", 0,
      "key-found                   holds\n", "" },
    { "… two keys under one hint", "printf '%s\n' '\"key-made\",\"hint\":\"u1\",\"key\":\"0000000000000001\"' '\"key-found\",\"hint\":\"u1\",\"key\":\"0000000000000002\"' "
      "| keys >log; session-race verify --partial log", 1, "hint-stable                 FAILS, line 3: the provider has key 0000000000000002 under hint\n", "" },
    { "… one hint in two documents", "printf '%s\n' '\"key-made\",\"hint\":\"u1\",\"key\":\"0000000000000001\",\"document\":\"x\"' "
      "'\"key-made\",\"hint\":\"u1\",\"key\":\"0000000000000002\",\"document\":\"y\"' | keys >log; session-race verify --partial log", 0, "hint-stable                 holds\n", "" },
    { "… one key for two documents", "printf '%s\n' '\"key-made\",\"hint\":\"u1\",\"key\":\"0000000000000001\",\"document\":\"x\"' "
      "'\"key-made\",\"hint\":\"u2\",\"key\":\"0000000000000001\",\"document\":\"y\"' | keys >log; session-race verify --partial log", 0,
      "note: line 3 gives a document the key that another document has at line 2", "" },
    { "… a request without answer", "printf '%s\n' \"$asks:\\\"bob\\\",\\\"id\\\":1,\\\"hint\\\":\\\"u1\\\"\" \"$asks:\\\"bob\\\",\\\"id\\\":2\" "
      "\"$gives:\\\"bob\\\",\\\"id\\\":3,\\\"hint\\\":\\\"u2\\\"\" | keys >log; session-race verify --partial log", 1,
      "provider-answers            FAILS, line 2: the provider never answers this request of bob,\n", "" },
    { "… a slow answer that the log does not have yet", "printf '%s\n' \"$asks:\\\"alice\\\",\\\"id\\\":1\" \"$asks:\\\"bob\\\",\\\"id\\\":2\" "
      "\"$gives:\\\"bob\\\",\\\"id\\\":3,\\\"hint\\\":\\\"u1\\\"\" | keys >log; session-race verify --partial log", 0, "provider-answers            holds\n", "" },
    { "… and what they do not show", "printf '%s\n' '\"key-made\",\"hint\":\"u1\"' '\"key-found\",\"hint\":\"u1\"' | keys >log; session-race verify --partial log", 0,
      "the others                  not judged: the log has no lines of the server and of clients\n", "" },
    { "a log of something else", "echo '{\"ts\":1,\"msg\":\"key created\"}' >log; session-race verify log", 2, "", "log:1:1: error: not a log: a first line of the type trace that names the nodes is missing\nnote: 'session-race verify --help' says what a log needs; log-to-trace.jq makes one of " },
    { "a later line has no note", "(sends | head -n 2; echo '{\"node\":1}') >log; session-race verify log 2>&1 | grep -c note", 1, "0\n", "" },
    { "a message without its number", "sends | sed 's/,\"id\":[0-9]*//' >log; session-race verify log", 2, "", "error: 'id' is missing: the number that a message has at both ends\n" },
    { "nobody but verify and diff reads a log", "sends >log; session-race diagram log", 2, "", "log:1:17: error: a log of another program: only 'verify' and 'diff' read it\n" },
    { "keys are discarded", FORGOTTEN "session-race verify log", 1, "  key-kept                    FAILS, line ", "" },
    { "… and the log does not say so", FORGOTTEN "grep -v key-discarded log >less; session-race verify less | tr -s ' \\n' ' '", 0, " key-kept not judged: the log has no 'key-discarded' of a key that was made, and is not found later key-found FAILS, ", "" },
    { "… and of its messages only", FORGOTTEN "grep -v '\"event\":\"key-' log >less; session-race verify less", 1, "  key-found                   FAILS, line ", "" },
    { "… and of the keys that it makes", FORGOTTEN "grep -v 'key-discarded\\|key-missing' log >less; session-race verify less | tr -s ' \\n' ' '", 0, " key-kept not judged: the log has no 'key-discarded' of a key that was made, and is not found later key-found FAILS, ", "" },
    { "nothing to judge", "echo '\"key-discarded\",\"hint\":\"u1\",\"reason\":\"age\"' | keys >log; session-race verify --partial --quiet log", 4,
      "--    log  1 lines, all explained; nothing to judge\n", "" },
    { "… and which lines would help", "echo '\"key-discarded\",\"hint\":\"u1\",\"reason\":\"age\"' | keys >log; session-race verify --partial log", 4,
      "not judged: the log has no hint with the fingerprint of its key\n", "" },
    { "JSON", "sends >log; session-race verify --format json log | jq -r '.format, .version, (.results[0] | .as_expected, .records, .explained.records, (.checks | length))' "
      "| tr '\\n' ' '", 0, "session-race-verify 1 true 54 54 15 ", "" },
    { "JSON of what is not explained", "sends | sed 's/\"msg\":\"create-rejected\"/\"msg\":\"session-pending\"/' >log; session-race verify --format json log "
      "| jq -r '.results[0].explained.unexplained | .line, .node, .allowed[0].what' | tr '\\n' ' '", 0, " server sends create-rejected to bob ", "" },
    { "JSON goes to a file", "session-race verify --format json two.ndjson -o out.json; jq -r .summary.as_expected out.json", 0, "1\n", "" },
    { "a hostile name stays text", "echo '{\"type\":\"trace\",\"nodes\":[\"a\\u001b[1m\"]}' >log; echo '{\"type\":\"event\",\"node\":\"a\\u001b[1m\",\"event\":\"send\",\"msg\":\"join\","
      "\"to\":\"server\",\"id\":1}' >>log; session-race verify log", 1, "a\\x1b[1m sends join", "" },
    { "no trace", "session-race verify", 2, "", "a trace is needed" },
    { "a trace that is not there", "session-race verify none", 3, "", "none: error: " },
    { "one of several is not there", "session-race verify two.ndjson none", 3, "", "none: error: " },
    { "no log at all", "echo hello >log; session-race verify log", 2, "", "log:1:1: error: not a log: its first line is no JSON object\n" },
    { "a scenario in place of a log", "printf '[client a]\\n' >x.ini; session-race verify x.ini", 2, "",
      "note: a scenario? 'session-race run --trace FILE' plays it and writes its trace\n" },
    { "--set without a scenario", "session-race verify --set scenario.seed=1 two.ndjson", 2, "", "--set needs --scenario" },
    { "a scenario that is not there", "session-race verify --scenario none.ini two.ndjson", 3, "", "none.ini" },
    { "an input is never replaced", "session-race verify two.ndjson -o two.ndjson", 2, "", "is an input" },
    { "colours", "session-race verify --color always two.ndjson", 0, "\x1b[32mok    \x1b[0mtwo.ndjson", "" },
    { "… of what fails", "session-race verify --color always $GOLDEN/retention.on-new-key.ndjson", 1, "  \x1b[1;31mFAILS\x1b[0m, line 118", "" },
    { "no colours in a file, a pipe or JSON", "session-race verify -o file two.ndjson; session-race verify two.ndjson; session-race verify --color always --format json two.ndjson >json; "
      "grep -c '\x1b' file json", 1, "15 checks hold\n\n", "" },
    { "no line of a verdict is wider than a screen", "cd $GOLDEN; session-race verify retention.on-new-key.ndjson upgrade.race.ndjson | awk 'length > 100 && !/^FAIL/' | wc -l", 0, "0\n", "" },
    { "help", "session-race verify --help", 0, "Exit status:", "" },

    { "equal traces", "cp two.ndjson b; session-race diff two.ndjson b", 0, "the traces are equal\n", "" },
    { "traces that part", "session-race diff two.ndjson $GOLDEN/retention.on-new-key.ndjson", 1,
      "they part at event 52:\n  a  line 53         103 ms  encryption-provider  sends key to bob, hint u2\n", "" },
    { "what the first lines say", "session-race diff two.ndjson $GOLDEN/retention.on-new-key.ndjson", 1,
      "  scenario  a: Two editors open the same new document\n", "" },
    { "what led to it", "session-race diff --context 1 two.ndjson $GOLDEN/retention.on-new-key.ndjson", 1,
      "in common there:\n     line 52         103 ms  encryption-provider  makes a key under hint u2\n\nthey part", "" },
    { "one goes on", "sends >a; head -n 30 a >b; session-race diff a b", 1, "  b  ends here\n", "" },
    { "JSON of a difference", "session-race diff --format json two.ndjson $GOLDEN/retention.on-new-key.ndjson | jq -r '.equal, .record, .a.line, (.common | length)' | tr '\\n' ' '",
      0, "false 52 53 5 ", "" },
    { "a difference in colours", "session-race diff --color always two.ndjson $GOLDEN/retention.on-new-key.ndjson", 1, "\x1b[1;31mthey part at event 52:\x1b[0m\n", "" },
    { "equal in colours", "session-race diff --color always two.ndjson two.ndjson", 0, "\x1b[32mthe traces are equal\x1b[0m\n", "" },
    { "quiet", "session-race diff --quiet two.ndjson $GOLDEN/retention.on-new-key.ndjson", 1, "", "" },
    { "one trace", "session-race diff two.ndjson", 2, "", "two traces are needed" },
    { "standard input twice", "session-race diff - -", 2, "", "can be read once" },
    { "the result of a sweep to compare", "echo '{\"type\":\"sweep\"}' > r; session-race diff two.ndjson r", 2, "", "r:1:1: error: not a log: a first line of the type trace that names the nodes is missing" },
    { "a context that is no number", "session-race diff --context x two.ndjson two.ndjson", 2, "", "--context: 'x' is not a whole number from 0 to 1000" },
    { "a context below zero", "session-race diff --context -1 two.ndjson two.ndjson", 2, "", "from 0 to 1000" },
    { "a damaged trace to compare", "sed 20d two.ndjson >bad; session-race diff two.ndjson bad", 2, "", "bad:20:23: error" },
};
/* clang-format on */

int
main(void)
{
    shell_frame.before = prelude;
    return shell_check_rows("verify and diff on the command line", rows, G_N_ELEMENTS(rows)) !=
           0;
}

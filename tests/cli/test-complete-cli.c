/* `complete`: what the completions of shells are told. The shells themselves are tried by tests/ci/completions. */
#include "shell.h"

/* A tab in what is printed. */
#define T "\t"

#define FILES "session-race new -q two && session-race run -q --trace two.ndjson two.ini; "

/* clang-format off */
static const struct shell_row rows[] = {
    { "every verb, and what it is for", "session-race complete ''", 0, "w" T "merge" T "what do these shards of a sweep say together?\n", "" },
    { "a verb that begins", "session-race complete sw", 0, "w" T "sweep" T, "" },
    { "itself is no verb", "session-race complete '' | grep -c complete", 1, "0\n", "" },
    { "nothing is typed", "session-race complete", 0, "", "" },
    { "help has verbs", "session-race complete help ''", 0, "w" T "diagram" T, "" },
    { "help has one verb", "session-race complete help run ''", 0, "", "" },
    { "what is no verb has nothing", "session-race complete rnu ''", 0, "", "" },
    { "options with their sentences", "session-race complete run -", 0, "w" T "--quiet" T "Say nothing of what is as it should be\n", "" },
    { "options of the verb alone", "session-race complete check - | grep -c -e --seed", 1, "0\n", "" },
    { "an option that was given", "session-race complete run --seed 1 - | grep -c -e --seed", 1, "0\n", "" },
    { "an option that was given by its letter", "session-race complete run -s 1 - | grep -c -e --seed", 1, "0\n", "" },
    { "an option that may be given again", "session-race complete run --set a.b=c -", 0, "w" T "--set" T, "" },
    { "a value that looks like an option", "session-race complete run --output --seed - | grep -c -e --seed", 0, "1\n", "" },
    { "no options behind --", "session-race complete run -- -", 0, "f" T "*.ini" T "\n", "" },
    { "words of an option", "session-race complete explore -f ''", 0, "w" T "human" T "\nw" T "json" T "\n", "" },
    { "words behind =", "session-race complete explore --format=h", 0, "w" T "--format=human" T "\n", "" },
    { "words of a verb's own option", "session-race complete diagram --as ''", 0, "w" T "mermaid" T "\n", "" },
    { "words of colour", "session-race complete run --color ''", 0, "w" T "never" T "\n", "" },
    { "no value behind a flag", "session-race complete run --quiet=", 0, "", "" },
    { "no value of what is no option", "session-race complete run --nothing=", 0, "", "" },
    { "a number has no words", "session-race complete run --seed ''", 0, "", "" },
    { "any file", "session-race complete run -o ''", 0, "f" T "*" T "\n", "" },
    { "any file behind =", "session-race complete run --output=x", 0, "f" T "*" T "--output=\n", "" },
    { "a folder", "session-race complete sweep --shrink ''", 0, "d" T "\n", "" },
    { "scenarios", "session-race complete check ''", 0, "f" T "*.ini" T "\n", "" },
    { "traces", "session-race complete verify ''", 0, "f" T "*.ndjson" T "\n", "" },
    { "both", "session-race complete report ''", 0, "f" T "*.ini" T "\nf" T "*.ndjson" T "\n", "" },
    { "checks", "session-race complete explore --check ''", 0, "w" T "key-secret" T "no key and no unsealed content is in any message to or from the server\n", "" },
    { "a number, where --check is no name", "session-race complete advise --check ''", 0, "", "" },
    { "groups", "session-race complete run --set ''", 0, "p" T "encryption-provider." T "\n", "" },
    { "keys of a group", "session-race complete run --set server.", 0, "p" T "server.leeway=" T "How much a token's times may be off.\n", "" },
    { "of long sentences the first", "session-race complete run --set network.", 0, "p" T "network.preset=" T "Sets `latency` and `loss` to measured ones; a key given beside it wins\n", "" },
    { "keys of that group alone", "session-race complete run --set server. | grep -v '^p" T "server[.]'", 1, "", "" },
    { "values of a key", "session-race complete run --set network.ordered=", 0, "w" T "network.ordered=yes" T "\nw" T "network.ordered=no" T "\n", "" },
    { "the start of a value", "session-race complete run --set=encryption-provider.retention=", 0, "p" T "--set=encryption-provider.retention=last(" T "\n", "" },
    { "values of no key", "session-race complete run --set network.nothing=", 0, "", "" },
    { "keys of a sweep's axis", "session-race complete plot --x network.", 0, "w" T "network.latency" T, "" },
    { "clients of the scenario", FILES "session-race complete run two.ini --set ''", 0, "p" T "client bob." T "\n", "" },
    { "clients without a scenario", "session-race complete run --set '' | grep -c client", 1, "0\n", "" },
    { "clients of a malformed scenario", "echo '[client' > x.ini; session-race complete run x.ini --set '' | grep -c client", 1, "0\n", "" },
    { "keys of a client", "session-race complete run --set 'client bob.'", 0, "p" T "client bob.start=" T, "" },
    { "nodes of the trace", FILES "session-race complete diagram two.ndjson --node ''", 0, "w" T "server" T "\nw" T "token-provider" T "\nw" T "encryption-provider" T "\nw" T "alice" T "\nw" T "bob" T "\n", "" },
    { "a name that would be a line of its own", "printf '{\"nodes\":[\"a\\\\nw\\\\tx\",\"$(b)\",\"c\"]}\\n' > x.ndjson; session-race complete diagram x.ndjson --node ''", 0, "w" T "c" T "\n", "" },
    { "what is no trace", "echo no > x.ndjson; session-race complete diagram x.ndjson --node ''", 0, "", "" },
    { "kinds of a figure", "session-race complete plot ''", 0, "w" T "timeline" T "\n", "" },
    { "and then a file", "session-race complete plot timeline ''", 0, "f" T "*.ndjson" T "\n", "" },
    { "groups of the reference", "session-race complete keys ''", 0, "w" T "client" T "\n", "" },
    { "keys of the reference", "session-race complete keys client.", 0, "w" T "client.start" T "When the user opens the document.\n", "" },
    { "a variable for a provider", "MINE=1 session-race complete run --provider-env ''", 0, "w" T "MINE" T "\n", "" },
    { "what new can start from", "session-race complete new --from ''", 0, "w" T "retention" T "\n", "" },
};
/* clang-format on */

int
main(void)
{
    return shell_check_rows("complete", rows, G_N_ELEMENTS(rows)) != 0;
}

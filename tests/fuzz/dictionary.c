/* Prints a dictionary for libFuzzer: the words of a format, from the tables of the program. */
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/keys.h"
#include "schema/words.h"
#include "session-race/sweep-row.h"

/* A longer one is of no use to libFuzzer. */
#define BYTES_MAX 60u

static void
print_word(const char *before, const char *word, const char *behind)
{
    g_autofree char *whole = g_strconcat(before, word, behind, NULL);

    if (*word == '\0' || strlen(whole) > BYTES_MAX)
        return;
    g_print("\"");
    for (const char *p = whole; *p != '\0'; p++)
        if (g_ascii_isprint(*p) && *p != '"' && *p != '\\')
            g_print("%c", *p);
        else
            g_print("\\x%02x", (unsigned char) *p);
    g_print("\"\n");
}

static void
print_words(const SrWord *words, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        print_word("\"", words[i].text, "\"");
}

static void
print_trace(void)
{
    static const char *const members[] = {
        "type", "version", "scenario", "source",  "seed",   "nodes",  "seq",      "t",
        "node", "event",   "events",   "verdict", "failed", "digest", "provider", "signer",
#define MEMBER(id, name, ...) name,
#include "session-race/events.def"
    };

    for (size_t i = 0; i < G_N_ELEMENTS(members); i++)
        print_word(",\"", members[i], "\":");
    print_words(sr_event_words, SR_EVENT_N);
    print_words(sr_msg_words, SR_MSG_N);
    print_words(sr_reason_words, SR_REASON_N);
    print_words(sr_client_state_words, SR_CLIENT_STATE_N);
    print_words(sr_check_words, SR_CHECK_N);
    print_words(sr_fault_words, SR_FAULT_N);
    print_words(sr_call_words, SR_CALL_N);
    print_words(sr_leg_words, SR_LEG_N);
}

/* A key as it stands in a file and as it stands in an override, its values, its default. */
static void
print_scenario(void)
{
    size_t n;
    const SrScenarioKey *keys = sr_scenario_keys(&n);

    for (size_t i = 0; i < n; i++) {
        g_autofree char *both = g_strconcat(keys[i].group, ".", keys[i].name, "=", NULL);

        if (i == 0 || strcmp(keys[i].group, keys[i - 1].group) != 0)
            print_word("\n[", keys[i].group, "]\n");
        print_word("\n", keys[i].name, " = ");
        print_word("\n", both, "");
        print_word("", keys[i].default_text, "");
        for (const char *const *word = keys[i].words; word != NULL && *word != NULL; word++)
            print_word(" ", *word, "");
    }
    for (unsigned i = 0; i < SR_FAULT_N; i++)
        print_word(" = ", sr_fault_words[i].text, " ");
    for (unsigned i = 0; i < SR_CHECK_N; i++)
        print_word("", sr_check_words[i].text, "");
}

static void
print_sweep(void)
{
    for (unsigned i = 0; i < SR_COUNTER_N; i++)
        print_word("\"", sr_sweep_counter_name(i), "\":");
    for (unsigned i = 0; i < SR_SHARE_N; i++)
        print_word("\"", sr_sweep_share_name(i), "\":");
    for (unsigned i = 0; i < SR_CLIENTS_N; i++)
        print_word("\"", sr_sweep_clients_name(i), "\":");
    for (unsigned i = 0; i < SR_MEASURE_N; i++)
        print_word("\"", sr_sweep_measure_name(i), "\":");
}

/* What the study of a scenario adds: names of what is measured. */
static void
print_arguments(void)
{
    static const char *const words[] = { "--set ",
                                         "--vary ",
                                         "--zip ",
                                         "--require ",
                                         "--seeds ",
                                         "runs(",
                                         "clients(",
                                         "p99(",
                                         "mean(",
                                         "max(",
                                         "time-to-collaborate",
                                         " step ",
                                         "..",
                                         " | ",
                                         " < ",
                                         " <= ",
                                         " > ",
                                         "uniform(",
                                         "exponential(",
                                         "normal(",
                                         "lognormal(",
                                         "pareto(",
                                         "empirical(",
                                         "mix(" };

    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        print_word("", words[i], "");
    for (unsigned i = 0; i < SR_SHARE_N; i++)
        print_word("(", sr_sweep_share_name(i), ")");
    for (unsigned i = 0; i < SR_MEASURE_N; i++)
        print_word("(", sr_sweep_measure_name(i), ")");
    print_scenario();
}

int
main(int argc, char **argv)
{
    const char *which = argc > 1 ? argv[1] : "";

    if (strcmp(which, "trace") == 0)
        print_trace();
    else if (strcmp(which, "scenario") == 0)
        print_scenario();
    else if (strcmp(which, "sweep") == 0)
        print_sweep();
    else if (strcmp(which, "arguments") == 0)
        print_arguments();
    else
        return EXIT_FAILURE;
    return EXIT_SUCCESS;
}

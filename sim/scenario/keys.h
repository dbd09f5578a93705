/* The table of keys that can be written in a file, for the reference, and a file to start from. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/** SrScenarioValue: one value of a key, as the type writes it, and what it does. */
typedef struct {
    const char *value;   /* "forever", "last(N)"; NULL closes a list */
    const char *meaning; /* a sentence */
} SrScenarioValue;

/** SrScenarioKey: one key that can be written in a file. All strings are static. */
typedef struct {
    const char *group; /* "client NAME", "server", … as it is written between brackets */
    const char *name;  /* "derive" */
    const char *type;  /* "duration", "distribution", "one of fifo, seeded", … */
    const char *unit;  /* "ns, us, ms, s, min, h, d", "" where none applies */
    const char *default_text;      /* "25ms"; "" where there is none */
    const char *meaning;           /* sentences */
    const SrScenarioValue *values; /* (nullable): each of its values, where they need words */
    const char *const
        *words; /* (nullable): the words that it takes, ended by NULL: "forever", "last(N)" */
} SrScenarioKey;

/**
 * sr_scenario_keys:
 * @n: (out): how many
 *
 * Returns: (array length=n) (transfer none): every key, in the order of the reference
 */
const SrScenarioKey *sr_scenario_keys(size_t *n);

/**
 * sr_scenario_keys_markdown: appends the reference of all groups, keys and timeline actions as
 * Markdown tables; the reference of scenarios/README.md is this text between two marks, and a test compares
 * them.
 */
void sr_scenario_keys_markdown(GString *out);

/** sr_scenario_keys_text: appends the same for a terminal, its lines as long as they are, for all
 * groups, or, with @what (nullable), for one group or one key: `client`, `client.start`. Returns:
 * FALSE when there is no such. */
bool sr_scenario_keys_text(GString *out, const char *what);

/**
 * sr_scenario_key_group:
 * @key: a key's name, such as `retention`
 *
 * Returns: (nullable): the first group, in the order of the reference, that has a key of
 * exactly that name, as it is written between brackets; static
 */
const char *sr_scenario_key_group(const char *key);

/**
 * SR_SCENARIO_STARTS: what a new scenario can start from.
 *
 *   ROW(NAME, word, blanks, meaning)
 *
 * blanks make the words equally long, for tables
 */
#define SR_SCENARIO_STARTS(ROW)                                                                \
    ROW(RACE, "race", "     ", "two editors, and a store that keeps every key")                \
    ROW(RETENTION, "retention", "", "a store that forgets the winner's key")                   \
    ROW(SKEW, "skew", "     ", "a signer whose clock is ahead of the server's")                \
    ROW(REPLICAS, "replicas", " ", "a store of several copies, which learn of a key later")    \
    ROW(WAN, "wan", "      ", "a dozen editors on two continents, for sweep and advise")       \
    ROW(CHAOS, "chaos", "    ", "faults drawn from the seed, and the quiet after them")        \
    ROW(PROVIDER, "provider", " ", "a provider of your own, and a program to begin it with")

/** SrScenarioStart: the rows of SR_SCENARIO_STARTS. */
typedef enum {
#define SR_SCENARIO_START(name, word, blanks, meaning) SR_SCENARIO_START_##name,
    SR_SCENARIO_STARTS(SR_SCENARIO_START)
#undef SR_SCENARIO_START
} SrScenarioStart;
#define SR_SCENARIO_START_N (SR_SCENARIO_START_PROVIDER + 1)

/**
 * sr_scenario_new_text: a commented scenario file to start from.
 * @name: the file's name without folder and `.ini`, used as the title
 *
 * Returns: (transfer full): the text; it parses, and its run is as it expects
 */
char *sr_scenario_new_text(SrScenarioStart start, const char *name);
/** sr_scenario_new_provider: a small `provider.js` that goes with SR_SCENARIO_START_PROVIDER. */
extern const char sr_scenario_new_provider[];

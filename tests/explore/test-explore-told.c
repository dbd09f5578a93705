/* What an exploration tells: counts, the steps to each failure in words, and the scenario that `run`
 * plays to it, of scenarios with every kind of setting, against golden files.
 *
 * SR_TEST_SHOW=1 prints what the digests are of. */
#include "said.h"

#include "explore/explore-fixture.h"
#include "explore/random-explore.h"
#include "session-race/trace-writer.h"

#define RANDOM_SCENARIOS 300
#define STATES_MAX 12000

typedef struct {
    GString *text; /* all that is told of a check */
    Said *steps;
    char *clients; /* a pattern that fits their names in a step */
} Told;

static void
tell_step(void *data, uint32_t number, const char *what)
{
    Told *told = data;
    g_autofree char *kind = said_replace(what, told->clients, "CLIENT");

    said_add(told->steps, kind, what);
    g_string_append_printf(told->text, "%u. %s\n", number, what);
}

static void
tell_record(void *data, const SrRecord *record, const SrNames *names)
{
    Told *told = data;

    sr_record_format(record, names, told->text);
    g_string_append_c(told->text, '\n');
}

/* Returns: (transfer full): a pattern that fits the names of the clients */
static char *
pattern_of_clients(const SrScenario *scenario)
{
    GString *pattern = g_string_new("\\b(");
    char name[SR_NODE_NAME_MAX];

    for (uint32_t i = 0; i < MIN(scenario->n_clients, 2); i++) {
        size_t length = sr_scenario_node_name(scenario, SR_NODE_FIRST_CLIENT + i, name);

        g_string_append_printf(pattern, "%.*s|", (int) length, name);
    }
    g_string_append(pattern, "c-3)(?= |'s|$)(?! last| key)");
    return g_string_free(pattern, FALSE);
}

static void
tell_check(SrExploration *exploration, const SrExploreResult *result, SrCheckId check,
           const SrScenario *of, Said *steps, GString *lines)
{
    const SrExploreRefuted *refuted = &result->refuted[check];
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *clients = pattern_of_clients(of);
    Told told = { text, steps, clients };
    const SrExploreTeller teller = { tell_step, tell_record, &told };
    uint32_t n = sr_exploration_tell(exploration, check, &teller);
    g_autofree char *scenario = sr_exploration_scenario(exploration, check);

    if (scenario != NULL)
        g_string_append(text, scenario);
    if (g_getenv("SR_TEST_SHOW") != NULL)
        print_message("%s\n", text->str);
    g_string_append_printf(
        lines, "  %s %u%s%s, told in %u: %016" PRIx64 "%s\n", sr_check_name(check),
        refuted->depth, refuted->at_end ? " at the end" : "",
        refuted->shortest ? " shortest" : "", n, (uint64_t) XXH3_64bits(text->str, text->len),
        scenario == NULL ? " without a scenario" : "");
}

/* A search that grows past STATES_MAX is left. */
static void
watch(void *data, const SrExploreProgress *progress)
{
    *(bool *) data = progress->states > STATES_MAX;
}

static bool
is_too_large(void *data)
{
    return *(bool *) data;
}

static void
tell(const char *name, const SrScenario *scenario, const SrExploreOptions *options, Said *steps,
     GString *lines)
{
    g_autoptr(SrExploration) exploration = sr_exploration_new(scenario, options);
    SrExploreResult result;

    sr_exploration_search(exploration, &result);
    if (result.end == SR_EXPLORE_STOPPED)
        return;
    g_string_append_printf(lines,
                           "%s: end %u, %" PRIu64 " states %" PRIu64 " transitions %" PRIu64
                           " ends %" PRIu64 " trapped %u deep %u classes\n",
                           name, result.end, result.states, result.transitions, result.ends,
                           result.trapped, result.depth, result.n_classes);
    if (result.failed == 0)
        return;
    sr_exploration_shorten(exploration);
    for (unsigned i = 0; i < SR_CHECK_N; i++)
        if (result.failed >> i & 1)
            tell_check(exploration, &result, (SrCheckId) i, scenario, steps, lines);
}

/* Explores @scenario within the budgets of @drawn. @name: of its lines */
static void
tell_one(const char *name, const SrScenario *scenario, const CompareOptions *drawn,
         uint32_t clients, Said *steps, GString *lines)
{
    bool large = false;
    const SrExploreOptions options = { .clients = clients,
                                       .crashes = drawn->crashes,
                                       .disconnects = drawn->disconnects,
                                       .expirations = drawn->expirations,
                                       .count_retries = drawn->counts,
                                       .stop = is_too_large,
                                       .stop_data = &large,
                                       .progress = watch,
                                       .progress_data = &large };
    g_autofree char *refusal = sr_explore_refusal(scenario, &options);

    if (refusal != NULL)
        g_string_append_printf(lines, "%s: %s\n", name, refusal);
    else
        tell(name, scenario, &options, steps, lines);
}

static void
tell_random(uint32_t number, Said *steps, GString *lines)
{
    CompareOptions drawn = { 0 };
    uint32_t traits;
    g_autofree char *text = random_scenario(number, &drawn, &traits);
    g_autofree char *name = g_strdup_printf("random scenario %u", number);
    g_autoptr(SrScenario) scenario = fixture_scenario(text, 0);

    tell_one(name, scenario, &drawn, 0, steps, lines);
}

static void
random_scenarios_are_told_as_before(void **state)
{
    /* Rare ones: failures that need a creation that has stood too long. */
    static const uint32_t rare[] = { 2433, 2540, 2782, 3858, 3998, 4222 };
    Said steps = said_init();
    g_autoptr(GString) lines = g_string_new(NULL);

    (void) state;
    for (uint32_t number = 1001; number <= 1000 + RANDOM_SCENARIOS; number++)
        tell_random(number, &steps, lines);
    for (size_t i = 0; i < G_N_ELEMENTS(rare); i++)
        tell_random(rare[i], &steps, lines);
    g_autoptr(GString) said = said_end(&steps);
    g_string_append(lines, said->str);
    golden_compare("explore-random", lines);
}

/* Two clients of each shipped scenario, with one fault of a kind in turn. */
static void
shipped_scenarios_are_told_as_before(void **state)
{
    g_autofree char *list =
        g_build_filename(g_getenv("SR_SOURCE_ROOT"), "tests/golden/digests", NULL);
    g_autofree char *text = NULL;
    Said steps = said_init();
    g_autoptr(GString) lines = g_string_new(NULL);

    (void) state;
    assert_true(g_file_get_contents(list, &text, NULL, NULL));
    g_auto(GStrv) paths = g_strsplit(text, "\n", -1);
    for (unsigned i = 0; paths[i] != NULL && paths[i][0] != '\0'; i++) {
        const CompareOptions drawn = { .crashes = i % 4 == 1,
                                       .disconnects = i % 4 == 2,
                                       .expirations = i % 4 == 3 };
        const char *name = paths[i] + 34;
        g_autofree char *path = g_build_filename(g_getenv("SR_SOURCE_ROOT"), name, NULL);
        g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
        SrScenario *loaded = NULL;

        assert_int_equal(sr_scenario_load(path, NULL, 0, &loaded, diagnostics), SR_LOAD_OK);
        g_autoptr(SrScenario) scenario = loaded;
        tell_one(name, scenario, &drawn, MIN(scenario->n_clients, 2), &steps, lines);
    }
    g_autoptr(GString) said = said_end(&steps);
    g_string_append(lines, said->str);
    golden_compare("explore-shipped", lines);
}

/* What no scenario above has. */
/* clang-format off */
static const struct named {
    const char *name, *lines;
    uint32_t crashes, disconnects, expirations;
    uint32_t clients; /* 0: all */
    bool counts_retries;
} named[] = {
    { "two of four clients, one of them of a group", "[encryption-provider]\nretention = on-new-key\n[client a]\n"
      "[client b]\ncount = 3\n", 0, 0, 0, 2, false },
    { "masters rotate under two documents", "[document d]\n[document e]\n[encryption-provider]\nkind = derived\n"
      "rotate-master = 1h\nkeep-masters = 1\n[client a]\ndocument = d\n[client b]\ndocument = e\n", 0, 0, 0, 0, false },
    { "keys of two documents age", "[document d]\n[document e]\n[encryption-provider]\nretention = for(1min)\n"
      "[client a]\ndocument = d\n[client b]\ndocument = e\n", 0, 0, 0, 0, false },
    { "an owner of one of two documents is lost", "[document d]\n[document e]\n[server]\non-owner-lost = promote\n"
      "[client a]\ndocument = d\n[client b]\ndocument = e\n", 1, 0, 0, 0, false },
    { "nobody makes up for an owner of one of two documents", "[document d]\n[document e]\n[server]\non-owner-lost = wait\n"
      "[client a]\ndocument = d\n[client b]\ndocument = e\n", 1, 0, 0, 0, false },
    { "an older session of one of two documents", "[document d]\nprevious = yes\n[document e]\n"
      "[encryption-provider]\nretention = last(1)\n[client a]\ndocument = d\n[client b]\ndocument = e\n", 0, 0, 0, 0, false },
    { "a token expires, is renewed, or is not", "[client a]\ntoken-refresh = 30s\nconnect-retry = 1 times from 1s to 1s\n", 0, 1, 2, 0, false },
    { "a token that is not yet valid, but within the leeway", "[token-provider]\nnot-before = 5s\n[server]\nleeway = 5s\n"
      "[client a]\n", 0, 0, 1, 0, false },
    { "a token that is not yet valid, by a second", "[token-provider]\nnot-before = 6s\n[server]\nleeway = 5s\n"
      "[client a]\n", 0, 0, 1, 0, false },
    { "a loss is seen late", "[server]\ndetect-loss = 1s\n[client a]\n[client b]\n", 0, 1, 0, 0, false },
    { "two retries of the last key", "[encryption-provider]\nretention = last(1)\n[client a]\nkey-retry = 2 times from 1s to 1s\n"
      "[client b]\nkey-retry = 1 times from 3s to 3s\n", 0, 0, 0, 0, false },
    { "an owner that comes back to nothing", "[server]\non-owner-lost = release\n[encryption-provider]\nretention = last(1)\n"
      "[client a]\nreconnect = unlimited from 1s to 1s\n[client b]\n", 1, 0, 0, 0, false },
    { "an owner comes back to a key that has aged", "[token-provider]\nenabled = no\n[server]\non-owner-lost = wait\n"
      "[encryption-provider]\nretention = for(1min)\n[client a]\nkey-retry = 2 times from 1s to 1s\n", 1, 0, 0, 0, false },
    { "… and its retries are counted", "[token-provider]\nenabled = no\n[server]\non-owner-lost = wait\n"
      "[encryption-provider]\nretention = for(1min)\n[client a]\nkey-retry = 2 times from 1s to 1s\n", 1, 0, 0, 0, true },
    { "a client reconnects once", "[token-provider]\nenabled = no\n[client a]\ncount = 2\nreconnect = 1 times from 1s to 1s\n", 0, 1, 0, 0, true },
    { "a client reconnects twice, a lost connection is seen late", "[token-provider]\nenabled = no\n[server]\ndetect-loss = 1s\n"
      "[client a]\nreconnect = 2 times from 1s to 1s\n", 0, 3, 0, 0, true },
    { "three clients make a key at once", "[token-provider]\nenabled = no\n[server]\nwhile-creating = pending\n"
      "[encryption-provider]\nreuse = 1h\natomic = yes\n[client a]\ncount = 3\n", 0, 0, 0, 0, false },
};
/* clang-format on */

static void
named_scenarios_are_told_as_before(void **state)
{
    Said steps = said_init();
    g_autoptr(GString) lines = g_string_new(NULL);

    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(named); i++) {
        const CompareOptions drawn = { .crashes = named[i].crashes,
                                       .disconnects = named[i].disconnects,
                                       .expirations = named[i].expirations,
                                       .counts = named[i].counts_retries };
        g_autoptr(SrScenario) scenario = fixture_scenario(named[i].lines, 0);

        tell_one(named[i].name, scenario, &drawn, named[i].clients, &steps, lines);
    }
    g_autoptr(GString) said = said_end(&steps);
    g_string_append(lines, said->str);
    golden_compare("explore-named", lines);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_scenarios_are_told_as_before),
        cmocka_unit_test(shipped_scenarios_are_told_as_before),
        cmocka_unit_test(named_scenarios_are_told_as_before),
    };

    return cmocka_run_group_tests_name("told", tests, NULL, NULL) != 0;
}

/* Whether a scenario has draws at all: one row for each thing that is drawn. */
#include "model/model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

/* Every delay is constant. */
#define CONSTANT "[network]\nlatency = 10ms\n[client a]\n[client b]\nstart = 5ms\n"

static const struct row {
    const char *name, *scenario;
    bool draws;
} rows[] = {
    { "nothing is drawn", CONSTANT, false },
    { "the default latency", "[client a]\n", true },
    { "one link", CONSTANT "[link a server]\nlatency = uniform(1ms, 2ms)\n", true },
    { "every link has another", "[client a]\n[link a *]\nlatency = 5ms\n", false },
    { "a link to nobody",
      CONSTANT "[link a token-provider]\nlatency = uniform(1ms, 2ms)\n"
               "[token-provider]\nenabled = no\n",
      false },
    { "a loss", CONSTANT "[link b server]\nloss = 1%\n", true },
    { "a duplicate", CONSTANT "[link b server]\nordered = no\nduplicate = 1%\n", true },
    { "a start", CONSTANT "[client c]\nstart = exponential(1s)\n", true },
    { "a derivation", CONSTANT "[client c]\nderive = 1ms + exponential(1ms)\n", true },
    { "processing", CONSTANT "[server]\nprocessing = exponential(1ms)\n", true },
    { "a token's processing", CONSTANT "[token-provider]\nprocessing = exponential(1ms)\n",
      true },
    { "… of nobody",
      CONSTANT "[token-provider]\nenabled = no\nprocessing = exponential(1ms)\n", false },
    { "a call of a signer of the user's own",
      CONSTANT "[token-provider]\nkind = exec\nio = exponential(1ms)\n", true },
    { "… whose calls take one time", CONSTANT "[token-provider]\nkind = exec\nio = 1ms\n",
      false },
    { "… of nobody",
      CONSTANT "[token-provider]\nenabled = no\nkind = exec\nio = exponential(1ms)\n", false },
    { "a call of a provider of the user's own",
      CONSTANT "[encryption-provider]\nkind = exec\nio = exponential(1ms)\n", true },
    { "a key", CONSTANT "[encryption-provider]\ngenerate = exponential(1ms)\n", true },
    { "a lookup", CONSTANT "[encryption-provider]\nlookup = exponential(1ms)\n", true },
    { "which copy answers", CONSTANT "[encryption-provider]\nreplicas = 2\n", true },
    { "nobody's copy is drawn",
      "[network]\nlatency = 10ms\n[client a]\nreplica = 1\n[client b]\nreplica = 2\n"
      "[encryption-provider]\nreplicas = 2\nreplication = 5ms\n",
      false },
    { "when a key comes to a copy",
      "[network]\nlatency = 10ms\n[client a]\nreplica = 1\n"
      "[encryption-provider]\nreplicas = 2\nreplication = exponential(5ms)\n",
      true },
    { "a correction of a clock", CONSTANT "[server]\nntp-interval = 5s\nntp-error = 1ms\n",
      true },
    { "a correction without error", CONSTANT "[server]\nntp-interval = 5s\n", false },
    { "an order", "[scenario]\nties = seeded\n" CONSTANT, true },
    { "faults", CONSTANT "[chaos]\ncrash = 1/s\n", true },
    { "no faults", CONSTANT "[chaos]\nbudget = 5\n", false },
    { "how slow a server is", CONSTANT "[timeline]\n1s = slow server by exponential(1ms) for 1s\n",
      true },
    { "a constant slowness", CONSTANT "[timeline]\n1s = slow server by 1ms for 1s\n", false },
};

static void
check_row(void **state)
{
    const struct row *row = *state;
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
    g_autoptr(SrScenario) scenario = sr_scenario_parse(
        "test.ini", row->scenario, strlen(row->scenario), NULL, 0, diagnostics);
    g_autoptr(SrModel) model = NULL;

    assert_non_null(scenario);
    model = sr_model_new(scenario);
    assert_int_equal(sr_model_draws(model), row->draws);
}

int
main(void)
{
    struct CMUnitTest tests[G_N_ELEMENTS(rows)];

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        tests[i] = (struct CMUnitTest){ .name = rows[i].name,
                                        .test_func = check_row,
                                        .initial_state = (void *) (uintptr_t) &rows[i] };
    return cmocka_run_group_tests_name("what is drawn", tests, NULL, NULL) != 0;
}

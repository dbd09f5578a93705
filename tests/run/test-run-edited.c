/* What a scenario's list of lines promises of its runs: one that is printed and read back plays
 * the same, and so does one whose groups of clients are split; a client that keeps its name keeps
 * its draws. */
#include "run/run-fixture.h"

#include "model/chaos.h"
#include "scenario/scenario-edit.h"

/* The trace without its first line, which names the source, and without the last, which
 * has the digest of it. */
static char *
events_of(const SrScenario *scenario, uint64_t seed)
{
    g_autoptr(SrRun) run = sr_run_new(scenario);
    g_autoptr(GString) trace = g_string_new(NULL);

    fixture_play(run, seed, SR_CRYPTO_NAMES, trace);
    char *first = strchr(trace->str, '\n'), *last = g_strrstr(trace->str, "\n{");

    assert_true(first != NULL && last >= first);
    return g_strndup(first, (gsize) (last - first));
}

static SrScenario *
parse(const SrScenarioEdit *edit, const char *path)
{
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
    SrScenario *scenario = sr_scenario_edit_parse(edit, path, diagnostics);

    assert_non_null(scenario);
    return scenario;
}

/* Splits all groups of clients; FALSE when there was nothing to split. */
static bool
split_all(SrScenarioEdit *edit, const SrScenario *scenario)
{
    bool any = false;

    for (unsigned i = 0; i < scenario->clients->len; i++) {
        const SrClientGroup *group = &g_array_index(scenario->clients, SrClientGroup, i);

        assert_true(sr_scenario_edit_split(edit, group->name));
        any |= group->count > 1;
    }
    return any;
}

/* Ties drawn from the seed may fall otherwise where one action becomes several. */
static void
check_file(const char *path, unsigned *n, unsigned *n_split)
{
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
    g_autoptr(SrScenario) scenario = NULL;
    SrScenario *read = NULL;

    assert_int_equal(sr_scenario_load(path, NULL, 0, &read, diagnostics), SR_LOAD_OK);
    scenario = read;
    g_autoptr(SrScenarioEdit) edit = sr_scenario_edit_new(scenario);
    g_autoptr(SrScenario) printed = parse(edit, path);
    bool split = split_all(edit, scenario);
    g_autoptr(SrScenario) apart = parse(edit, path);
    g_autofree char *want = events_of(scenario, scenario->seed),
                    *got = events_of(printed, scenario->seed),
                    *other = events_of(apart, scenario->seed);

    assert_string_equal(got, want);
    assert_string_equal(other, want);
    ++*n;
    *n_split += split;
}

/* Those of scenarios/exec need a program, and are left out. */
static void
every_shipped_scenario_plays_the_same(void **state)
{
    g_autofree char *folder = g_build_filename(g_getenv("SR_SOURCE_ROOT"), "scenarios", NULL);
    g_autoptr(GDir) themes = g_dir_open(folder, 0, NULL);
    const char *theme, *name;
    unsigned n = 0, n_split = 0;

    (void) state;
    while ((theme = g_dir_read_name(themes)) != NULL) {
        g_autofree char *path = g_build_filename(folder, theme, NULL);
        g_autoptr(GDir) files = g_dir_open(path, 0, NULL);

        while ((name = g_dir_read_name(files)) != NULL) {
            g_autofree char *file = g_build_filename(path, name, NULL);

            if (g_str_has_suffix(name, ".ini") && strcmp(theme, "exec") != 0)
                check_file(file, &n, &n_split);
        }
    }
    assert_in_range(n, 70, 10000);
    assert_in_range(n_split, 5, 10000);
}

static void
links_and_actions_of_a_group_are_those_of_each(void **state)
{
    static const char text[] =
        "[client fan]\ncount = 5\nstart = uniform(0ms, 100ms)\n[client ann]\nstart = 50ms\n"
        "[link fan server]\nloss = 20%\n[link fan-2 -> server]\nlatency = 80ms\n"
        "[link fan-4 server]\nlatency = uniform(1ms, 90ms)\n[link * server]\nrto = 70ms\n"
        "[timeline]\n80ms = disconnect fan for 1s\n150ms = crash fan-3 for 1s\n"
        "200ms = partition fan encryption-provider for 300ms\n2s = step-clock fan by 5s\n";
    g_autoptr(SrScenario) scenario = fixture_parse(text);
    g_autoptr(SrScenarioEdit) edit = sr_scenario_edit_new(scenario);

    (void) state;
    assert_true(split_all(edit, scenario));
    g_autoptr(SrScenario) apart = parse(edit, "test.ini");

    for (uint64_t seed = 1; seed <= 50; seed++) {
        g_autofree char *want = events_of(scenario, seed), *got = events_of(apart, seed);

        assert_string_equal(got, want);
    }
}

/* Streams are named by clients. */
static void
who_stays_draws_what_it_drew(void **state)
{
    g_autoptr(SrScenario) scenario = fixture_parse(
        "[document a]\n[document b]\n[client fan]\ncount = 2\ndocument = a\n"
        "start = uniform(0ms, 1s)\n[client ann]\ndocument = b\nstart = uniform(0ms, 1s)\n");
    g_autoptr(SrScenarioEdit) fewer = sr_scenario_edit_new(scenario),
                              one = sr_scenario_edit_new(scenario);

    (void) state;
    assert_true(sr_scenario_edit_remove_client(fewer, "fan"));
    assert_true(sr_scenario_edit_set_count(one, "fan", 1));
    g_autoptr(SrScenario) without = parse(fewer, "test.ini"), with_one = parse(one, "test.ini");
    g_autoptr(SrRun) whole = sr_run_new(scenario), alone = sr_run_new(without),
                     pair = sr_run_new(with_one);

    for (uint64_t seed = 1; seed <= 50; seed++) {
        fixture_play(whole, seed, SR_CRYPTO_NAMES, NULL);
        fixture_play(alone, seed, SR_CRYPTO_NAMES, NULL);
        fixture_play(pair, seed, SR_CRYPTO_NAMES, NULL);
        assert_int_equal(sr_run_client(whole, 2).start_at, sr_run_client(alone, 0).start_at);
        assert_int_equal(sr_run_client(whole, 0).start_at, sr_run_client(pair, 0).start_at);
    }
}

/* ---- what the list is for ---- */

/* Whether what the list says still fails @check. */
static bool
still_fails(const SrScenarioEdit *edit, SrCheckId check)
{
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
    g_autoptr(SrScenario) scenario = sr_scenario_edit_parse(edit, "test.ini", diagnostics);
    g_autoptr(SrRun) run = NULL;
    SrRunOptions options = { 0 };
    SrRunResult result;

    if (scenario == NULL)
        return false;
    run = sr_run_new(scenario);
    assert_true(sr_run_execute(run, scenario->seed, &options, &result, NULL));
    return result.failed >> check & 1;
}

/* Takes out client after client and action after action, as long as it fails without. */
static bool
take_out(SrScenarioEdit **edit, SrCheckId check)
{
    bool any = false;

    for (uint32_t i = sr_scenario_edit_n_lines(*edit); i-- > 0;) {
        g_autoptr(SrScenarioEdit) less = sr_scenario_edit_copy(*edit);
        SrEditLine line =
            sr_scenario_edit_line(less, MIN(i, sr_scenario_edit_n_lines(less) - 1));

        if (line.key == NULL && g_str_has_prefix(line.group, "client "))
            sr_scenario_edit_remove_client(less, line.group + strlen("client "));
        else if (line.key != NULL && strcmp(line.group, "timeline") == 0)
            sr_scenario_edit_remove(less, MIN(i, sr_scenario_edit_n_lines(less) - 1));
        else
            continue;
        if (!still_fails(less, check))
            continue;
        sr_scenario_edit_free(*edit);
        *edit = g_steal_pointer(&less);
        any = true;
    }
    return any;
}

static bool
simplify(SrScenarioEdit **edit, SrCheckId check)
{
    bool any = false;

    for (uint32_t i = 0; i < sr_scenario_edit_n_lines(*edit); i++) {
        g_autoptr(GPtrArray) list = sr_scenario_edit_simpler(*edit, i);

        for (unsigned k = 0; k < list->len; k++)
            if (still_fails(g_ptr_array_index(list, k), check)) {
                sr_scenario_edit_free(*edit);
                *edit = sr_scenario_edit_copy(g_ptr_array_index(list, k));
                any = true;
                break;
            }
    }
    return any;
}

/* Writes down when each client started, where that changes nothing. */
static void
pin_starts(SrScenarioEdit **edit, SrCheckId check)
{
    g_autoptr(SrScenario) scenario = parse(*edit, "test.ini");
    g_autoptr(SrRun) run = sr_run_new(scenario);
    SrRunOptions options = { 0 };
    SrRunResult result;

    assert_true(sr_run_execute(run, scenario->seed, &options, &result, NULL));
    for (uint32_t i = 0; i < scenario->n_clients; i++) {
        g_autoptr(SrScenarioEdit) pinned = sr_scenario_edit_copy(*edit);
        char name[76], group[90], at[SR_SPAN_TEXT_MAX];

        if (sr_run_client(run, i).start_at == SR_TIME_NEVER)
            continue;
        sr_scenario_node_name(scenario, SR_NODE_FIRST_CLIENT + i, name);
        g_snprintf(group, sizeof group, "client %s", name);
        sr_span_format(sr_run_client(run, i).start_at, at);
        sr_scenario_edit_set(pinned, group, "start", at);
        if (!still_fails(pinned, check))
            continue;
        sr_scenario_edit_free(*edit);
        *edit = g_steal_pointer(&pinned);
    }
}

/* Twenty editors in a storm of faults; but what breaks is that two of them race. */
static void
a_failure_in_chaos_comes_down_to_its_cause(void **state)
{
    g_autofree char *path = g_build_filename(g_getenv("SR_SOURCE_ROOT"), "scenarios", "chaos",
                                             "rare-race.ini", NULL);
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
    g_autoptr(SrScenario) scenario = NULL, small = NULL;
    SrScenario *read = NULL;

    (void) state;
    assert_int_equal(sr_scenario_load(path, NULL, 0, &read, diagnostics), SR_LOAD_OK);
    scenario = read;
    g_autoptr(SrModel) model = sr_model_new(scenario);
    g_autoptr(SrScenarioEdit) edit = sr_scenario_edit_new(scenario);

    sr_chaos_to_timeline(model, scenario->seed, edit);
    sr_scenario_edit_remove_group(edit, "expect");
    assert_true(sr_scenario_edit_split(edit, "editor"));
    assert_true(still_fails(edit, SR_CHECK_KEY_KEPT));
    pin_starts(&edit, SR_CHECK_KEY_KEPT);
    for (bool smaller = true; smaller;) {
        smaller = take_out(&edit, SR_CHECK_KEY_KEPT);
        smaller = simplify(&edit, SR_CHECK_KEY_KEPT) || smaller;
    }
    small = parse(edit, "test.ini");
    assert_int_equal(small->n_clients, 2);
    assert_int_equal(small->timeline->len, 0);
    assert_true(still_fails(edit, SR_CHECK_KEY_KEPT));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_shipped_scenario_plays_the_same),
        cmocka_unit_test(links_and_actions_of_a_group_are_those_of_each),
        cmocka_unit_test(who_stays_draws_what_it_drew),
        cmocka_unit_test(a_failure_in_chaos_comes_down_to_its_cause),
    };

    return cmocka_run_group_tests_name("runs of edited scenarios", tests, NULL, NULL) != 0;
}

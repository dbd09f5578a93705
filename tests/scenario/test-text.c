/* A scenario as a file again: what is printed reads back to the same resolved form. */
#include "scenario/reading.h"

#include "scenario/scenario-edit.h"

/* Reads @path below the source; NULL when it is not a good scenario. */
static SrScenario *
load(const char *path)
{
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
    SrScenario *scenario = NULL;

    sr_scenario_load(path, NULL, 0, &scenario, diagnostics);
    return scenario;
}

/* Prints @scenario, reads that in its folder, and compares; then printing changes no more. */
static void
check_round_trip(const SrScenario *scenario)
{
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
    g_autofree char *text = sr_scenario_text(scenario, "A comment\n\nof three lines.");
    g_autoptr(SrScenario) again =
        sr_scenario_parse(scenario->path, text, strlen(text), NULL, 0, diagnostics);
    g_autofree char *errors = errors_text(diagnostics);

    if (again == NULL)
        fail_msg("%s: what was printed does not read back: %s\n%s", scenario->path, errors,
                 text);
    g_autofree char *want = sr_scenario_resolved_json(scenario, false),
                    *got = sr_scenario_resolved_json(again, false),
                    *twice = sr_scenario_text(again, "A comment\n\nof three lines.");

    assert_string_equal(got, want);
    assert_string_equal(twice, text);
    assert_true(g_str_has_prefix(text, "# A comment\n#\n# of three lines.\n"));
}

static unsigned
check_folder(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;
    unsigned n = 0;

    assert_non_null(dir);
    while ((name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *below = g_build_filename(path, name, NULL);

        if (g_file_test(below, G_FILE_TEST_IS_DIR)) {
            n += check_folder(below);
            continue;
        }
        g_autoptr(SrScenario) scenario = load(below);

        if (scenario == NULL)
            continue;
        check_round_trip(scenario);
        n++;
    }
    return n;
}

static void
every_shipped_scenario_comes_back(void **state)
{
    g_autofree char *path = g_build_filename(g_getenv("SR_SOURCE_ROOT"), "scenarios", NULL);

    (void) state;
    assert_in_range(check_folder(path), 70, 10000);
}

/* The corpus of the fuzzer has files of every group and kind of value. */
static void
every_good_file_of_the_corpus_comes_back(void **state)
{
    g_autofree char *path =
        g_build_filename(g_getenv("SR_SOURCE_ROOT"), "tests", "fuzz", "corpus-scenario", NULL);

    (void) state;
    assert_in_range(check_folder(path), 5, 10000);
}

/* clang-format off */
static const struct form {
    const char *name, *text, *want;
} forms[] = {
    { "what is at its default is left out",
      "[scenario]\nseed = 1\nlimit = 60s\n[network]\nrto = 200ms\n[document document]\n[client alice]\ncount = 1\n"
      "document = document\n[server]\nleeway = 0s\n[expect]\ncollaborating = all\nverdict = pass\n",
      "[client alice]\n" },
    { "groups stand in the order of the reference, signs in a column",
      "[expect]\nwinner = bob\nverdict = fail( key-kept )\ncollaborating = bob\n[encryption-provider]\nretention=on-new-key\nkind=derived\n"
      "[client alice]\n[client bob]\nstart = 0.012s\n[scenario]\ntitle = Two # of them\nseed = 07\n",
      "[scenario]\ntitle = Two\nseed  = 7\n\n[client alice]\n\n[client bob]\nstart = 12ms\n\n"
      "[encryption-provider]\nkind      = derived\nretention = on-new-key\n\n"
      "[expect]\nverdict       = fail(key-kept)\nwinner        = bob\ncollaborating = bob\n" },
    { "a preset is what it sets", "[network]\npreset = lan\n[client a]\n",
      "[network]\nlatency = lognormal(300us, 1ms)\n\n[client a]\n" },
    { "links", "[client a]\n[link server a]\nloss = 1%\n[link * -> token-provider]\npreset = lan\n",
      "[link a server]\nloss = 1%\n\n[link * -> token-provider]\nlatency = lognormal(300us, 1ms)\nloss    = 0%\n\n[client a]\n" },
    { "a document by another name, and one more",
      "[document x]\n[document document]\n[client a]\ndocument = document\n[client b]\ndocument = x\n",
      "[document x]\n\n[document document]\n\n[client a]\ndocument = document\n\n[client b]\ndocument = x\n" },
    { "the only document is known by what it is", "[document document]\ncontent = 1KiB\n[client a]\ndocument = document\n",
      "[document document]\ncontent = 1KiB\n\n[client a]\n" },
    { "actions keep their order", "[client a]\n[timeline]\n1500ms = crash a for 2000ms\n1s = step-clock a by +90s\n1s = rotate-master\n",
      "[client a]\n\n[timeline]\n1.5s = crash a for 2s\n1s   = step-clock a by 90s\n1s   = rotate-master\n" },
    { "groups for others stand even when they are empty", "[client a]\n[chaos]\n[explore]\n[study]\n",
      "[client a]\n\n[chaos]\n\n[explore]\n\n[study]\n" },
    { "a study", "[client a]\n[study]\nzip=network.rto,network.loss\nvary network.loss=0%|1.0%\nvary network.rto = 1s | 2s\n"
      "require=rate(fail)<1%\n",
      "[client a]\n\n[study]\nvary network.loss = 0% | 1%\nvary network.rto  = 1s | 2s\nzip               = network.rto, network.loss\n"
      "require           = rate(fail) < 1%\n" },
    { "an expectation of all, where none would be looked at",
      "[client a]\n[expect]\nverdict = fail(key-found)\ncollaborating = all within 5s\n",
      "[client a]\n\n[expect]\nverdict       = fail(key-found)\ncollaborating = all\nwithin        = 5s\n" },
};
/* clang-format on */

static void
check_form(void **state)
{
    const struct form *form = *state;
    g_autoptr(SrScenario) scenario = read_good(form->text);
    g_autofree char *text = sr_scenario_text(scenario, NULL);

    assert_string_equal(text, form->want);
    check_round_trip(scenario);
}

/* Whatever a caller puts into it, a comment is a comment. */
static void
a_comment_cannot_be_anything_else(void **state)
{
    g_autoptr(SrScenario) scenario = read_good("[client a]\n");
    g_autofree char *text =
        sr_scenario_text(scenario, "one\r\n[client b]\n\n  two\x1b[31m \xff\x01\n\n");
    g_autoptr(SrScenario) again = read_good(text);

    (void) state;
    assert_string_equal(text,
                        "# one\n# [client b]\n#\n#   two?[31m \xef\xbf\xbd?\n[client a]\n");
    assert_int_equal(again->n_clients, 1);
}

/* Canonical words have blanks that a line of 64 KiB has no room for. */
static void
a_line_that_would_be_too_long_does_without_blanks(void **state)
{
    g_autoptr(GString) text = g_string_new("[client a]\n[study]\nvary client a.start=1us");

    (void) state;
    for (unsigned i = 2; i <= 7000; i++)
        g_string_append_printf(text, "|%uus", i);
    g_string_append_c(text, '\n');
    g_autoptr(SrScenario) scenario = read_good(text->str);

    check_round_trip(scenario);
}

/* What no file can say, no command line can: it could not be printed. */
static void
a_title_from_the_command_line_has_no_comment(void **state)
{
    g_autofree char *errors =
        errors_of("[client a]\n", strlen("[client a]\n"), "scenario.title=A title # and more");
    g_autofree char *whole =
        errors_of("[client a]\n", strlen("[client a]\n"), "scenario.title=#1");
    g_autofree char *good =
        errors_of("[client a]\n", strlen("[client a]\n"), "scenario.title=No.#1");

    (void) state;
    assert_string_equal(errors, "--set: '#' after a blank would begin a comment in a file");
    assert_string_equal(whole, "--set: '#' after a blank would begin a comment in a file");
    assert_string_equal(good, "");
}

int
main(void)
{
    struct CMUnitTest tests[G_N_ELEMENTS(forms)];
    const struct CMUnitTest more[] = {
        cmocka_unit_test(every_shipped_scenario_comes_back),
        cmocka_unit_test(every_good_file_of_the_corpus_comes_back),
        cmocka_unit_test(a_comment_cannot_be_anything_else),
        cmocka_unit_test(a_line_that_would_be_too_long_does_without_blanks),
        cmocka_unit_test(a_title_from_the_command_line_has_no_comment),
    };

    for (size_t i = 0; i < G_N_ELEMENTS(forms); i++)
        tests[i] = (struct CMUnitTest){ .name = forms[i].name,
                                        .test_func = check_form,
                                        .initial_state = (void *) (uintptr_t) &forms[i] };
    int failed = cmocka_run_group_tests_name("scenario text", tests, NULL, NULL);

    return (failed +
            cmocka_run_group_tests_name("scenario text, round trips", more, NULL, NULL)) != 0;
}

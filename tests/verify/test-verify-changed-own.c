/* Changed traces of runs with a provider of the user's own are answered as before, and so are logs
 * of them: of all nodes, and of the provider alone. */
#include "verify/verify-own.h"

#include "verify/verify-changes.h"

static const char *const modes[] = {
    "good",    "waits",     "timer", "gives-up", "no-hint", "forgets", "unstable",
    "refuses", "bad-shape", "stuck", "crashes",  "rejects", "exposes", "reads-then-writes"
};
static const char *const races[] = {
    TWO,
    TWO "[document plan]\nprevious = yes\n[timeline]\n3s = upgrade server\n",
    TWO "[timeline]\n100ms = crash alice for 1s\n200ms = close bob\n",
    MANY,
};

/* Keeps the first line and those of the encryption provider. */
static void
keep_provider(GPtrArray *lines)
{
    for (guint i = lines->len - 1; i > 0; i--) {
        g_autofree char *node = fixture_word(g_ptr_array_index(lines, i), "node");

        if (strcmp(node, "encryption-provider") != 0)
            g_ptr_array_remove_index(lines, i);
    }
}

static void
change_logs_of(const GString *text, SrStream stream, Said *answers)
{
    for (unsigned which = 0; which < 2; which++) {
        g_autoptr(GString) log = fixture_log(text, true, &stream);
        g_autoptr(GPtrArray) lines = fixture_lines(log);

        if (which == 1)
            keep_provider(lines);
        if (lines->len > 2)
            change_lines(lines, stream, answers);
    }
}

static void
changes_are_answered_as_before(void **state)
{
    Said of_traces = said_init(), of_logs = said_init();
    unsigned number = 0;

    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(races); i++) {
        g_autofree char *race = g_strconcat(EXEC, races[i], NULL);
        g_autoptr(SrScenario) scenario = fixture_parse(race);

        for (size_t k = 0; k < G_N_ELEMENTS(modes); k++) {
            g_autoptr(GString) text = play(scenario, modes[k], 1);
            SrStream stream = sr_stream_at(sr_stream_key(++number, 8, 8), 0);

            change_trace(text, stream, &of_traces);
            change_logs_of(text, stream, &of_logs);
        }
    }
    g_autoptr(GString) traces = said_end(&of_traces), logs = said_end(&of_logs);
    if (effort_is_less())
        return;
    golden_compare("verify-changed-own-traces", traces);
    golden_compare("verify-changed-own-logs", logs);
}

int
main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(changes_are_answered_as_before) };

    return cmocka_run_group_tests_name("changed traces of a provider of one's own", tests,
                                       fixture_ignore_sigpipe, NULL) != 0;
}

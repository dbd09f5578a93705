/* The sections of results: what they say of a sweep, an exploration and a verification, and that
 * nothing from a file is more than text. */
#include "page.h"

#include "report/html.h"

/* ---- sweeps ---- */

/* A sweep of @n_points, in whose first @n_bad points 3 of 100 runs fail. */
static SrSweepFile *
sweep_of(const char *title, const char *at, unsigned n_points, unsigned n_bad, bool complete)
{
    g_autofree char *scenario = g_strdup(title);
    char version[] = "0.1.0", source[] = "0123456789abcdef0123456789abcdef";
    const SrSweepHead head = { .version = version,
                               .scenario = scenario,
                               .source = source,
                               .seeds = { 1, complete ? 100 : 200 },
                               .n_points = n_points };
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(SrSweepRow) row = sr_sweep_row_new();
    SrSweepWriter *writer = sr_sweep_writer_new(&head, text);
    SrSweepFault fault = { 0 };
    SrSweepFile *file;

    for (unsigned i = 0; i < n_points; i++) {
        g_autoptr(GPtrArray) assignments = g_ptr_array_new_with_free_func(g_free);
        const SrSeedRange seeds = { 1, 100 };

        g_ptr_array_add(assignments, g_strdup_printf("%s%u", at, i));
        sr_sweep_row_clear(row);
        row->counters[SR_COUNTER_RUNS] = 100;
        row->counters[SR_COUNTER_CLIENTS] = 200;
        row->counters[SR_COUNTER_ENDING + SR_ENDING_LOCKED_OUT_JWT] = i < n_bad ? 3 : 0;
        row->counters[SR_COUNTER_ENDING + SR_ENDING_COLLABORATED] = i < n_bad ? 197 : 200;
        for (unsigned seed = 7; i < n_bad && seed < 10; seed++) {
            sr_sweep_row_note(row, SR_SHARE_UNEXPECTED, seed);
            sr_sweep_row_note(row, SR_SHARE_LOCKED_OUT, seed);
            sr_sweep_row_note(row, SR_SHARE_ENDING + SR_ENDING_LOCKED_OUT_JWT, seed);
            sr_sweep_row_note(row, SR_SHARE_FAILED, seed);
            sr_sweep_row_note(row, SR_SHARE_CHECK + SR_CHECK_KEY_FOUND, seed);
        }
        for (unsigned seed = 1; seed <= 100; seed++)
            sr_sweep_row_note(row, SR_SHARE_FIRST_WON, seed);
        sr_sweep_writer_add(writer, i, assignments, &seeds, 1, row, text);
    }
    sr_sweep_writer_end(writer, text);
    file = sr_sweep_file_parse("r.ndjson", text->str, text->len, &fault);
    if (file == NULL)
        fail_msg("%s", fault.message);
    return file;
}

static char *
page_of_sweep(SrSweepFile *sweep, const char *file, SrReportCounts *counts)
{
    g_autoptr(SrHtml) html = sr_html_new("session-race 0", 1);
    GString *out = g_string_new(NULL);

    sr_html_add_sweep(html, file, sweep, NULL, 0);
    sr_html_end(html, out);
    *counts = sr_html_counts(html);
    sr_sweep_file_free(sweep);
    return g_string_free(out, FALSE);
}

static void
a_sweep_is_told_with_its_intervals(void **state)
{
    SrReportCounts counts;
    g_autofree char *page =
        page_of_sweep(sweep_of("Two keys", "server.leeway=1", 2, 1, true), "r.ndjson", &counts);

    (void) state;
    is_well_formed(page);
    assert_int_equal(counts.n_cases - counts.n_as_expected, 1);
    assert_int_equal(counts.n_unfinished, 0);
    wants(page, "1 result of sweeps, explorations or verifications, as it was made.");
    wants(page, "sweep: 2 points, 200 runs, 3 of 400 editors locked out</td>");
    wants(page, "<th scope=\"col\">server.leeway</th>");
    wants(page, "<td data-label=\"server.leeway\">10</td>");
    wants(page, "<td data-label=\"95 % interval\" class=\"num\">0.623 … 8.52 %</td>");
    wants(page, "<td data-label=\"95 % interval\" class=\"num\">0 … 3.62 %</td>");
    wants(page, "Point 0: server.leeway=10</summary>");
    wants(page, "<td>key-found</td><td data-label=\"runs\" class=\"num\">3 of 100</td>");
    wants(page, "<td data-label=\"seeds\">7, 8, 9</td>");
    wants(page, "session-race run --set server.leeway=10 --seed 7 SCENARIO</pre>");
    lacks(page, "Point 1: server.leeway=11</summary>");
    wants(page, "A share of 0 does not say never");
    lacks(page, "were not run");
    lacks(page, "played in virtual time");
}

static void
an_incomplete_sweep_says_what_is_missing(void **state)
{
    SrReportCounts counts;
    g_autofree char *page =
        page_of_sweep(sweep_of("", "server.leeway=1", 3, 0, false), "part.ndjson", &counts);

    (void) state;
    is_well_formed(page);
    assert_int_equal(counts.n_unfinished, 1);
    wants(page, "<h2>part.ndjson</h2>");
    wants(page, "✗ not finished</span>");
    wants(page, "<li>Points 0 to 2: seeds 101 to 200 were not run.</li>");
    wants(page, ", incomplete</td>");
}

static void
where_all_is_as_expected_nothing_is_to_be_played_again(void **state)
{
    SrSweepFile *sweep = sweep_of("", "a.b=1", 1, 0, true);
    SrReportCounts counts;
    g_autofree char *page = page_of_sweep(sweep, "r", &counts);

    (void) state;
    assert_int_equal(counts.n_as_expected, 1);
    lacks(page, "how to play it again");
}

static void
many_points_are_left_to_the_result(void **state)
{
    SrReportCounts counts;
    g_autofree char *page = page_of_sweep(sweep_of("", "a.b=1", 402, 9, true), "r", &counts);

    (void) state;
    is_well_formed(page);
    wants(page, "<p class=\"small muted\">2 more points are in the result.</p>");
    wants(page, "So it was at 3 more points");
    wants(page, "<td data-label=\"a.b\">1399</td>");
    lacks(page, "<td data-label=\"a.b\">1400</td>");
}

/* ---- explorations and verifications ---- */

static char *
page_of_answer(const char *text, SrReportCounts *counts)
{
    g_autoptr(SrHtml) html = sr_html_new("session-race 0", 1);
    SrTraceFault fault = { 0 };
    g_autoptr(SrAnswer) answer = sr_answer_parse(text, strlen(text), &fault);
    GString *out = g_string_new(NULL);

    if (answer == NULL)
        fail_msg("%s", fault.message);
    sr_html_add_answer(html, "answer.json", answer, NULL, 0);
    sr_html_end(html, out);
    *counts = sr_html_counts(html);
    return g_string_free(out, FALSE);
}

/* @s: a text for every place that has one */
static char *
exploration(const char *s, const char *end, const char *checks)
{
    g_autoptr(GString) text = g_string_new("\"");

    for (const char *p = s; *p != '\0'; p++)
        if ((unsigned char) *p < 0x20 || *p == '"' || *p == '\\')
            g_string_append_printf(text, "\\u%04x", (unsigned char) *p);
        else
            g_string_append_c(text, *p);
    g_string_append_c(text, '"');
    return g_strdup_printf(
        "{\"format\": \"session-race-explore\", \"version\": 1, \"program\": %s, \"scenario\": "
        "%s, "
        "\"clients\": 2, \"crashes\": 1, \"disconnects\": 0, \"expirations\": 3, \"symmetry\": "
        "true, \"reduction\": false, \"count_retries\": true, \"end\": \"%s\", "
        "\"as_expected\": "
        "false, \"states\": 5, \"transitions\": 4, \"ends\": 1, \"trapped\": 2, \"depth\": 3, "
        "\"not_covered\": [%s], \"checks\": [%s{\"check\": %s, \"verdict\": \"fails\", "
        "\"expected\": \"fails\", \"steps\": [%s, %s]}]}",
        text->str, text->str, end, text->str, checks, text->str, text->str, text->str);
}

static void
an_exploration_is_told_with_its_ways(void **state)
{
    g_autofree char *text = exploration(
        "race.ini", "complete",
        "{\"check\": \"key-found\", \"verdict\": \"fails\", \"expected\": \"holds\", "
        "\"steps\": [\"alice starts\", \"bob starts\"]}, {\"check\": \"same-key\", "
        "\"verdict\": \"holds\", \"expected\": \"holds\"}, ");
    SrReportCounts counts;
    g_autofree char *page = page_of_answer(text, &counts);

    (void) state;
    is_well_formed(page);
    assert_int_equal(counts.n_cases - counts.n_as_expected, 1);
    assert_int_equal(counts.n_unfinished, 0);
    wants(page, "exploration: 5 states</td>");
    wants(page, "<td class=\"tight poor\">✗ fails</td><td class=\"tight\">key-found</td>");
    wants(page, "<td class=\"tight good\">✓ holds</td><td class=\"tight\">same-key</td>");
    wants(page, "(in 2 steps)");
    wants(page, "<li>alice starts</li>\n<li>bob starts</li>");
    wants(page, "From 2 of these states no end is reached");
    wants(page, "session-race explore --clients 2 --crashes 1 --disconnects 0 --expirations 3 "
                "--no-reduction --count-retries --scenario failure.ini race.ini\n"
                "session-race run failure.ini</pre>");
    lacks(page, "ended early");
}

/* Nothing unexpected was found, but not everything was looked at. */
static void
an_exploration_that_ended_early_is_not_finished(void **state)
{
    g_autofree char *text = exploration("race.ini", "memory", "");
    SrReportCounts counts;
    g_autofree char *page = page_of_answer(text, &counts);

    (void) state;
    assert_int_equal(counts.n_unfinished, 1);
    wants(page, "exploration: 5 states, not all</td>");
    wants(page, "the search ended early: memory.</li>");
}

static void
orders_are_told(void **state)
{
    SrReportCounts counts;
    g_autofree char *page = page_of_answer(
        "{\"format\": \"session-race-explore-orders\", \"version\": 1, \"program\": \"p\", "
        "\"scenario\": \"r.ini\", \"clients\": 2, \"switches\": 1, \"io_max\": 1000, \"end\": "
        "\"complete\", \"as_expected\": true, \"runs\": 12, \"failing\": 0, \"choices\": 4, "
        "\"checks\": [], \"shortest\": \"[client a]\\nstart = 1ms\"}",
        &counts);

    (void) state;
    is_well_formed(page);
    assert_int_equal(counts.n_as_expected, 1);
    wants(page, "<pre tabindex=\"0\">[client a]\nstart = 1ms</pre>");
    wants(page, "exploration: 12 orders</td>");
    wants(page, "session-race explore --provider PROGRAM --switches 1 r.ini</pre>");
}

static void
a_search_with_times_is_told(void **state)
{
    SrReportCounts counts;
    g_autofree char *page = page_of_answer(
        "{\"format\": \"session-race-explore-timed\", \"version\": 1, \"program\": \"p\", "
        "\"scenario\": \"r.ini\", \"clients\": 2, \"end\": \"complete\", \"as_expected\": "
        "false, "
        "\"classes\": 7, \"states\": 5, \"transitions\": 4, \"ends\": 1, \"not_proved\": "
        "[\"other "
        "numbers\"], \"checks\": [{\"check\": \"key-kept\", \"verdict\": \"fails\", "
        "\"expected\": "
        "\"holds\", \"steps\": [{\"what\": \"alice starts\", \"at\": 12000000}]}], "
        "\"watches\": "
        "[{\"watch\": \"key-need\", \"least\": 1000000, \"most\": 2000000}, {\"watch\": \"x\", "
        "\"most\": 3000000}]}",
        &counts);

    (void) state;
    is_well_formed(page);
    wants(page, "exploration: 5 states</td>");
    wants(page, "<li>alice starts <span class=\"muted\">at 12 ms</span></li>");
    wants(page, "<tr><td>key-need</td><td data-label=\"at least\" class=\"num\">1 ms</td><td "
                "data-label=\"at most\" class=\"num\">2 ms</td></tr>");
    wants(page, "<li>other numbers</li>");
    wants(page, "session-race explore --timed --clients 2 --scenario failure.ini r.ini\n");
}

static void
a_verification_is_told(void **state)
{
    SrReportCounts counts;
    g_autofree char *page = page_of_answer(
        "{\"format\": \"session-race-verify\", \"version\": 1, \"program\": \"p\", "
        "\"results\": ["
        "{\"files\": [\"a b.ndjson\", \"-c\"], \"as_expected\": false, \"own\": false, "
        "\"records\": 9, \"nodes\": 4, \"explained\": {\"records\": 6, \"unexplained\": "
        "{\"file\": \"-c\", \"line\": 7, \"node\": \"bob\", \"what\": \"joins\", \"why\": \"it "
        "was "
        "told to wait\", \"allowed\": [{\"node\": \"bob\", \"what\": \"waits\"}], \"nodes\": "
        "1}}, "
        "\"expected\": [\"key-kept\"], \"checks\": [{\"check\": \"key-kept\", \"verdict\": "
        "\"fails\", \"file\": \"-c\", \"line\": 5, \"detail\": \"u1 was discarded\"}, "
        "{\"check\": "
        "\"waits\", \"verdict\": \"not-judged\", \"lacking\": \"times\"}, {\"check\": "
        "\"same-key\", \"verdict\": \"holds\"}], \"notes\": [\"clocks differ\"]}]}",
        &counts);

    (void) state;
    is_well_formed(page);
    assert_int_equal(counts.n_cases - counts.n_as_expected, 1);
    wants(page, "verification: 1 log, 0 as expected</td>");
    wants(page, "6 of 9");
    wants(page, "<code>-c:7</code>: bob joins</p><p>it was told to wait.</p>");
    wants(page, "<li>bob waits</li>");
    wants(page, "<td class=\"tight fair\">◆ fails</td><td class=\"tight\">key-kept</td><td>"
                "<code>-c:5</code>: u1 was discarded</td>");
    wants(page, "<li>waits was not judged: times</li>");
    wants(page, "<p class=\"advice\">clocks differ.</p>");
    wants(page, "session-race verify &apos;a b.ndjson&apos; ./-c</pre>");
}

/* ---- hostile text ---- */

static void
hostile_results_are_text(void **state)
{
    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(page_hostile); i++) {
        g_autofree char *at =
            g_strdelimit(g_strdup_printf("client %s.x", page_hostile[i]), "=", '.');
        g_autofree char *valid = g_utf8_make_valid(at, -1);
        g_autofree char *assignment = g_strconcat(valid, "=v", NULL);
        g_autofree char *title = g_utf8_make_valid(page_hostile[i], -1);
        SrReportCounts counts;
        g_autofree char *sweep =
            page_of_sweep(sweep_of(title, assignment, 2, 1, true), page_hostile[i], &counts);
        g_autofree char *text = exploration(title, "complete", "");
        g_autofree char *answer = page_of_answer(text, &counts);
        const char *const pages[] = { sweep, answer };

        for (size_t j = 0; j < G_N_ELEMENTS(pages); j++) {
            is_well_formed(pages[j]);
            has_nothing_hidden(pages[j]);
            lacks(pages[j], "<script");
            lacks(pages[j], "<img");
            lacks(pages[j], "<!--");
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sweep_is_told_with_its_intervals),
        cmocka_unit_test(an_incomplete_sweep_says_what_is_missing),
        cmocka_unit_test(where_all_is_as_expected_nothing_is_to_be_played_again),
        cmocka_unit_test(many_points_are_left_to_the_result),
        cmocka_unit_test(an_exploration_is_told_with_its_ways),
        cmocka_unit_test(an_exploration_that_ended_early_is_not_finished),
        cmocka_unit_test(orders_are_told),
        cmocka_unit_test(a_search_with_times_is_told),
        cmocka_unit_test(a_verification_is_told),
        cmocka_unit_test(hostile_results_are_text),
    };

    return cmocka_run_group_tests_name("pages of results", tests, NULL, NULL) != 0;
}

/* The page: what it says, that it is whole and well-formed, and that neither a name nor a picture
 * can be more in it than text and shapes. */
#include "page.h"

#include "report/html.h"
#include "report/player.h"
#include "report/report-private.h"

#define MS SR_NS_PER_MS

static size_t
copy(char *out, const char *text)
{
    memcpy(out, text, strlen(text));
    return strlen(text);
}

static size_t
name_node(const void *data, uint32_t node, char out[SR_NODE_NAME_MAX])
{
    static const char *const names[] = { "server", "token-provider", "encryption-provider" };

    (void) data;
    if (node < G_N_ELEMENTS(names))
        return copy(out, names[node]);
    g_autofree char *name = g_strdup_printf("client-%u", node - 3);
    return copy(out, name);
}

static size_t
name_document(const void *data, uint32_t document, char out[SR_NODE_NAME_MAX])
{
    (void) data;
    (void) document;
    return copy(out, "document");
}

static size_t
name_hint(const void *data, uint32_t hint, char out[SR_HINT_TEXT_MAX])
{
    (void) data;
    (void) hint;
    return copy(out, "</td><script>h()</script>\x1b[31m\xe2\x80\xae");
}

static size_t
name_key(const void *data, uint32_t key, char out[17])
{
    (void) data;
    (void) key;
    return copy(out, "00112233445566ff");
}

static const SrNames names = { NULL,          2003,      1,        name_node,
                               name_document, name_hint, name_key, NULL };

static SrClientOutcome
client(const void *data, uint32_t i)
{
    (void) data;
    if (i == 0)
        return (SrClientOutcome){ .state = SR_CLIENT_COLLABORATING,
                                  .started = true,
                                  .accepted = true,
                                  .won = true,
                                  .collaborating_at = 231 * MS,
                                  .failed_at = SR_TIME_NEVER };
    return (SrClientOutcome){ .state = SR_CLIENT_FAILED,
                              .reason = SR_REASON_ENCRYPTION,
                              .started = true,
                              .accepted = true,
                              .collaborating_at = SR_TIME_NEVER,
                              .failed_at = 5200 * MS };
}

/* The winner's key is discarded at 78 ms. */
static SrReportCase *
failing_case(const char *file, const char *title, uint32_t expected, uint32_t n_clients)
{
    SrRunResult result = {
        .seed = 7,
        .t = 6 * SR_NS_PER_S,
        .records = 57,
        .messages = 34,
        .winner = 3,
        .n_clients = n_clients,
        .n_collaborating = 1,
        .n_failed = n_clients - 1,
        .n_raced = 2,
        .keys_made = 2,
        .judged = SR_CHECKS_OF_ALL,
        .failed = 1u << SR_CHECK_KEY_KEPT,
        .n_failures = 1,
        .n_story = 1,
    };
    g_autofree char *replay = sr_report_replay(NULL, 0, 7, file);

    strcpy(result.digest, "3f0c9b5a3f0c9b5a3f0c9b5a3f0c9b5a");
    result.failures[0].cause = (SrRecord){ .seq = 12,
                                           .t = 78 * MS,
                                           .node = 2,
                                           .event = SR_EVENT_KEY_DISCARDED,
                                           .hint = 1,
                                           .reason = SR_REASON_ON_NEW_KEY,
                                           .has = SR_HAS_REASON };
    result.failures[0].failed = (SrRecord){ .seq = 13,
                                            .t = 78 * MS,
                                            .node = 2,
                                            .event = SR_EVENT_CHECK_FAILED,
                                            .check = SR_CHECK_KEY_KEPT,
                                            .detail = SR_DETAIL_LIVE_KEY_DISCARDED,
                                            .hint = 1 };
    result.story[0] = result.failures[0].cause;
    SrReportFacts facts = {
        .file = file,
        .title = title,
        .expected = expected,
        .result = &result,
        .names = &names,
        .clients = { client, NULL },
        .replay = replay,
    };
    return sr_report_case_new(&facts);
}

static SrReportCase *
passing_case(const char *file)
{
    SrRunResult result = { .t = 241 * MS, .winner = 3, .n_clients = 1, .n_collaborating = 1 };
    SrReportFacts facts = { .file = file,
                            .title = "",
                            .result = &result,
                            .names = &names,
                            .clients = { client, NULL },
                            .replay = "session-race run x" };

    return sr_report_case_new(&facts);
}

static char *
page_of(SrReportCase *const *cases, size_t n, const SrHtmlFigure *figure)
{
    g_autoptr(SrHtml) html = sr_html_new("session-race 0", (uint32_t) n);
    GString *out = g_string_new(NULL);

    for (size_t i = 0; i < n; i++)
        sr_html_add(html, cases[i], NULL, figure, figure != NULL, NULL);
    sr_html_end(html, out);
    return g_string_free(out, FALSE);
}

static char *
page_of_one(SrReportCase *report_case, const SrHtmlFigure *figure)
{
    char *page = page_of(&report_case, 1, figure);

    sr_report_case_free(report_case);
    return page;
}

/* ---- what it says ---- */

static void
a_page_tells_a_failure(void **state)
{
    g_autofree char *page = page_of_one(failing_case("bad.ini", "Forgetful", 0, 2), NULL);

    (void) state;
    is_well_formed(page);
    wants(page, "<h1>Session race: 0 as expected, 1 not</h1>");
    wants(page, "✗ not as expected</span>");
    wants(page, "Expected pass, got fail(key-kept)");
    wants(page,
          "<b class=\"poor\">key-kept</b> failed at 78 ms: the provider discarded the key");
    wants(page, "session-race run --seed 7 bad.ini</pre>");
    wants(page, "14 of 15 hold");
    wants(page, "1 wins, 1 fails(encryption)");
    wants(page, "<tr><td>client-1</td><td class=\"poor\">fails(encryption)</td>");
    wants(page, "default-src 'none'; style-src 'unsafe-inline'; img-src data:");
    lacks(page, "<script");
    lacks(page, "http://");
    lacks(page, "https://");
}

/* A run to step through brings the one script of the page, which the policy admits by its hash; without
 * one there is none. */
static void
a_run_to_step_through_has_a_script(void **state)
{
    g_autoptr(SrHtml) html = sr_html_new("session-race 0", 2);
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(GString) player =
        g_string_new("<script type=\"application/json\" class=\"run\">{}</script>");
    g_autofree char *policy = sr_player_policy();
    g_autofree char *admits = g_strdup_printf("img-src data:; script-src '%s'\"/>", policy);
    SrReportCase *cases[] = { passing_case("a.ini"), failing_case("b.ini", "B", 0, 2) };

    (void) state;
    for (size_t i = 0; i < 2; i++) {
        sr_html_add(html, cases[i], NULL, NULL, 0, player);
        sr_report_case_free(cases[i]);
    }
    sr_html_end(html, out);
    is_well_formed(out->str);
    wants(out->str, admits);
    const char *script = strstr(out->str, "<script>");
    assert_non_null(script);
    assert_null(strstr(script + 1, "<script>"));
    assert_true(g_str_has_prefix(script + strlen("<script>"), sr_player_script()));
    assert_true(g_str_has_prefix(script + strlen("<script>") + strlen(sr_player_script()),
                                 "</script>"));
    lacks(out->str, "http://");
}

/* Why a scenario is not as expected is said where it is listed, if no check failed, too. */
static void
a_row_says_what_was_not_met(void **state)
{
    g_autoptr(GPtrArray) misses = g_ptr_array_new();
    char message[] = "within: all collaborate at 241 ms, not within 10 ms";
    SrMiss miss = { 9, message };
    SrRunResult result = { .t = 241 * MS, .winner = 3, .n_clients = 1, .n_collaborating = 1 };

    (void) state;
    g_ptr_array_add(misses, &miss);
    SrReportFacts facts = { .file = "late.ini",
                            .title = "Late",
                            .result = &result,
                            .names = &names,
                            .clients = { client, NULL },
                            .misses = misses,
                            .replay = "session-race run x" };
    g_autofree char *page = page_of_one(sr_report_case_new(&facts), NULL);

    is_well_formed(page);
    wants(page,
          "<span class=\"muted\">none</span><br/><span class=\"poor\">not met: within: all "
          "collaborate at 241 ms, not within 10 ms</span></td>");
}

/* On a narrow screen a row is a list whose items have the words of their columns. */
static void
tables_are_for_everybody(void **state)
{
    g_autofree char *page = page_of_one(failing_case("bad.ini", "Forgetful", 0, 2), NULL);
    unsigned n = 0;

    (void) state;
    for (const char *p = page; (p = strstr(p, "<th")) != NULL; p++) {
        if (g_str_has_prefix(p, "<thead>"))
            continue;
        n++;
        assert_true(g_str_has_prefix(p, "<th scope=\"col\""));
        assert_false(g_str_has_prefix(p, "<th scope=\"col\"></th>"));
    }
    assert_int_equal(n, 7 + 4 + 3 + 3);
    wants(page, "@media screen and (max-width:40rem){.scroll{overflow-x:visible}table,tbody,tr,"
                "td{display:block}");
    wants(page, ".overview td:nth-child(7)::before{content:\"Digest: \"}");
}

static void
milestones_left_out_are_counted(void **state)
{
    SrReportCase *one = failing_case("bad.ini", "Forgetful", 0, 2);
    SrReportCase *many = failing_case("bad.ini", "Forgetful", 0, 2);

    (void) state;
    one->result.story_left_out = 1;
    many->result.story_left_out = 12;
    g_autofree char *one_page = page_of_one(one, NULL);
    g_autofree char *many_page = page_of_one(many, NULL);

    wants(one_page, ">1 more milestone is in the trace.</p>");
    wants(many_page, ">12 more milestones are in the trace.</p>");
}

static void
groups_have_their_counts(void **state)
{
    SrReportCase *cases[] = { passing_case("a.ini"), failing_case("b.ini", "B", 0, 2),
                              failing_case("c.ini", "C", 1u << SR_CHECK_KEY_KEPT, 2),
                              sr_report_case_new_error("d.ini", "D", "disk <full>", "r") };
    g_autofree char *page = page_of(cases, G_N_ELEMENTS(cases), NULL);

    (void) state;
    is_well_formed(page);
    wants(page, "<h1>Session race: 2 as expected, 2 not</h1>");
    wants(page, "not as expected</span> <span class=\"muted\">2</span>");
    wants(page, "fails as expected</span> <span class=\"muted\">1</span>");
    wants(page, "passes</span> <span class=\"muted\">1</span>");
    wants(page, "disk &lt;full&gt;");
    wants(page, "<a href=\"#s4\">D</a>");
    wants(page, "<section id=\"s4\">");
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        sr_report_case_free(cases[i]);
}

static void
two_hundred_scenarios_are_a_page(void **state)
{
    SrReportCase *cases[200];

    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        cases[i] = i % 3 == 0 ? failing_case("b.ini", "B", 0, 2) : passing_case("a.ini");
    g_autofree char *page = page_of(cases, G_N_ELEMENTS(cases), NULL);
    g_autofree char *again = page_of(cases, G_N_ELEMENTS(cases), NULL);
    is_well_formed(page);
    wants(page, "<section id=\"s200\">");
    wants(page, "<details><summary>Show it all</summary>");
    assert_string_equal(page, again);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        sr_report_case_free(cases[i]);
}

static void
crowds_are_folded_and_then_counted(void **state)
{
    g_autofree char *many = page_of_one(failing_case("m.ini", "M", 0, 13), NULL);
    g_autofree char *crowd = page_of_one(failing_case("n.ini", "N", 0, 2000), NULL);

    (void) state;
    is_well_formed(many);
    is_well_formed(crowd);
    wants(many, "<details><summary>Clients <span class=\"muted\">1 wins, 12 fails(encryption)");
    wants(many, "<td>client-12</td>");
    wants(crowd, "1999 fails(encryption)");
    lacks(crowd, "<td>client-12</td>");
}

/* ---- hostile text ---- */

static void
hostile_names_are_text(void **state)
{
    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(page_hostile); i++) {
        g_autofree char *file = g_strdup_printf("%s.ini", page_hostile[i]);
        g_autofree char *page = page_of_one(failing_case(file, page_hostile[i], 0, 2), NULL);

        is_well_formed(page);
        has_nothing_hidden(page);
        lacks(page, "<script");
        lacks(page, "<img");
        lacks(page, "<!--");
        wants(page, "&lt;script&gt;h()&lt;/script&gt;\\x1b[31m\\u{202e}");
    }
}

/* ---- pictures ---- */

#define SVG "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'>"

static char *
inlined(const char *svg)
{
    GString *out = g_string_new(NULL);
    g_autofree char *message = NULL;

    if (!sr_svg_inline(svg, strlen(svg), "p", "Label", out, &message)) {
        g_string_free(out, TRUE);
        return NULL;
    }
    return g_string_free(out, FALSE);
}

/* clang-format off */
static const struct row {
    const char *name, *svg, *want; /* (nullable): refused */
} rows[] = {
    { "a prolog goes", "<?xml version='1.0'?><!DOCTYPE svg><!-- x -->" SVG "<path d='M0,0'/></svg>", "<path d=\"M0,0\"></path>" },
    { "ids are prefixed", SVG "<g id='gnuplot_plot_1'><path id='a'/></g></svg>", "<g id=\"p-gnuplot_plot_1\"><path id=\"p-a\">" },
    { "references are prefixed", SVG "<use xlink:href='#a'/></svg>", "<use href=\"#p-a\">" },
    { "filters are prefixed", SVG "<g style='filter:url(#a)'><text>x</text></g></svg>", "<g filter=\"url(#p-a)\"><text>x</text>" },
    { "outer references go", SVG "<use href='http://x/#a'/><use href='x.svg#a'/></svg>", "<use></use><use></use></svg>" },
    { "a script goes", SVG "<script>x()</script><path/></svg>", "aria-label=\"Label\" viewBox=\"0 0 9 9\"><title>Label</title><path></path>" },
    { "a style sheet goes", SVG "<style>@import 'x'</style><path/></svg>", "viewBox=\"0 0 9 9\"><title>Label</title><path></path>" },
    { "a foreign object goes with all in it", SVG "<foreignObject><path id='b'/><g/></foreignObject><path/></svg>", "viewBox=\"0 0 9 9\"><title>Label</title><path></path>" },
    { "an image goes", SVG "<image href='http://x/y.png'/><path/></svg>", "viewBox=\"0 0 9 9\"><title>Label</title><path></path>" },
    { "a link goes", SVG "<a href='javascript:x()'><path id='b'/></a><path/></svg>", "viewBox=\"0 0 9 9\"><title>Label</title><path></path>" },
    { "handlers go", SVG "<path onclick='x()' d='M0,0' onload='y()'/></svg>", "<path d=\"M0,0\"></path>" },
    { "styles go", SVG "<path style='fill:url(http://x)'/></svg>", "<path></path>" },
    { "paints from outside go", SVG "<path fill='url(http://x)'/></svg>", "<path></path>" },
    { "empty groups go", SVG "<g><g id='a'></g></g><path/><g/></svg>", "viewBox=\"0 0 9 9\"><title>Label</title><path></path>\n</svg>" },
    { "colours of the theme are classes", SVG "<path fill='#ffffff' stroke='rgb( 36,  41,  47)'/></svg>", "<path class=\"f-bg s-ink\">" },
    { "other colours stay", SVG "<path fill='rgb(230, 159,   0)' stroke='none'/></svg>", "<path fill=\"#e69f00\" stroke=\"none\">" },
    { "text is text", SVG "<text>&lt;script&gt; &amp; &#x202e;</text></svg>", "<text>&lt;script&gt; &amp; \\u{202e}</text>" },
    { "what is no text has none", SVG "stray<path/>stray</svg>", "viewBox=\"0 0 9 9\"><title>Label</title><path></path>\n</svg>" },
    { "an empty picture is refused", SVG "<g/><title>x</title></svg>", NULL },
    { "HTML is refused", "<html><path/></html>", NULL },
    { "half a picture is refused", SVG "<path/>", NULL },
    { "no picture is refused", "", NULL },
    { "entities are refused", "<!DOCTYPE svg [<!ENTITY a 'x'>]>" SVG "<text>&a;</text></svg>", NULL },
};
/* clang-format on */

static void
check_row(void **state)
{
    const struct row *row = *state;
    g_autofree char *got = inlined(row->svg);

    if (row->want == NULL) {
        assert_null(got);
        return;
    }
    assert_non_null(got);
    if (strstr(got, row->want) == NULL)
        fail_msg("'%s' is not in %s", row->want, got);
}

static void
deep_pictures_are_refused(void **state)
{
    g_autoptr(GString) deep = g_string_new(SVG);

    (void) state;
    for (unsigned i = 0; i < 1000; i++)
        g_string_append(deep, "<g id='a'>");
    assert_null(inlined(deep->str));
}

static void
pictures_of_a_page_do_not_clash(void **state)
{
    static const char svg[] = SVG "<path id='a' d='M0,0'/></svg>";
    SrHtmlFigure figure = {
        .id = "timeline", .heading = "Timeline", .svg = svg, .n_bytes = sizeof svg - 1
    };
    SrReportCase *cases[] = { passing_case("a.ini"), passing_case("b.ini") };
    g_autofree char *page = page_of(cases, 2, &figure);

    (void) state;
    is_well_formed(page);
    wants(page, "id=\"s1-timeline-a\"");
    wants(page, "id=\"s2-timeline-a\"");
    wants(page, "role=\"img\" aria-label=\"Timeline of a.ini\"");
    wants(page, "<title>Timeline of a.ini</title>");
    sr_report_case_free(cases[0]);
    sr_report_case_free(cases[1]);
}

/* A picture in parts is one figure, whose parts say which they are. */
static void
parts_of_a_picture_are_below_each_other(void **state)
{
    g_autoptr(GPtrArray) sheets = g_ptr_array_new();
    SrHtmlFigure figure = { .id = "diagram", .heading = "Diagram", .sheets = sheets };

    (void) state;
    g_ptr_array_add(sheets, (char *) (uintptr_t) SVG "<path id='a' d='M0,0'/></svg>");
    g_ptr_array_add(sheets, (char *) (uintptr_t) SVG "<path id='a' d='M1,1'/></svg>");
    g_autofree char *page = page_of_one(passing_case("a.ini"), &figure);
    is_well_formed(page);
    wants(page,
          "<title>Diagram of a.ini, part 1 of 2</title><path id=\"s1-diagram-a\" d=\"M0,0\">"
          "</path>\n</svg><svg ");
    wants(page,
          "<title>Diagram of a.ini, part 2 of 2</title><path id=\"s1-diagram-2-a\" d=\"M1,1\">"
          "</path>\n</svg></div></figure>");
    g_ptr_array_set_size(sheets, 1);
    g_autofree char *one = page_of_one(passing_case("a.ini"), &figure);
    wants(one, "<title>Diagram of a.ini</title>");
}

static void
a_missing_picture_is_a_sentence(void **state)
{
    SrHtmlFigure missing = { .id = "x", .heading = "Timeline", .missing = "install <gnuplot>" };
    SrHtmlFigure broken = { .id = "x", .heading = "Timeline", .svg = "oops", .n_bytes = 4 };
    g_autofree char *page = page_of_one(passing_case("a.ini"), &missing);
    g_autofree char *other = page_of_one(passing_case("a.ini"), &broken);

    (void) state;
    is_well_formed(page);
    is_well_formed(other);
    wants(page, "This picture is missing: install &lt;gnuplot&gt;.");
    wants(other, "This picture is missing: ");
}

/* The colours that become classes are those of the figures. */
static void
the_theme_is_that_of_the_figures(void **state)
{
    g_autofree char *path =
        g_build_filename(g_getenv("SR_SOURCE_ROOT"), "plots", "theme.gp", NULL);
    g_autofree char *theme = NULL;
    g_autoptr(GString) style = g_string_new(NULL);
    static const char *const pairs[] = { "bg", "ink", "muted", "soft", "faint" };

    (void) state;
    sr_svg_theme(style);
    assert_true(g_file_get_contents(path, &theme, NULL, NULL));
    for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
        g_autofree char *pattern =
            g_strdup_printf("\\n%s *= dark \\? \"(#[0-9a-f]+)\" : \"(#[0-9a-f]+)\"", pairs[i]);
        g_autoptr(GRegex) regex =
            g_regex_new(pattern, (GRegexCompileFlags) 0, (GRegexMatchFlags) 0, NULL);
        g_autoptr(GMatchInfo) match = NULL;

        assert_true(g_regex_match(regex, theme, (GRegexMatchFlags) 0, &match));
        for (int side = 1; side <= 2; side++) {
            g_autofree char *colour = g_match_info_fetch(match, side);
            g_autofree char *rule = g_strdup_printf("--%s:%s;", pairs[i], colour);
            wants(style->str, rule);
        }
    }
}

/* ---- recorded traces ---- */

static void
a_recorded_trace_is_told_as_its_run(void **state)
{
    g_autofree char *path = g_build_filename(g_getenv("SR_SOURCE_ROOT"), "tests", "golden",
                                             "retention.on-new-key.ndjson", NULL);
    SrTraceFault fault = { 0 };
    g_autoptr(SrTrace) trace = sr_trace_load(path, &fault);

    (void) state;
    assert_non_null(trace);
    g_autoptr(SrReportCase) report_case = sr_report_case_new_recorded("t.ndjson", trace);
    assert_int_equal(report_case->result.n_clients, 2);
    assert_int_equal(report_case->result.n_collaborating, 1);
    assert_int_equal(report_case->result.n_failed, 1);
    assert_int_equal(report_case->result.n_raced, 2);
    assert_int_equal(report_case->result.keys_made, 2);
    assert_int_equal(report_case->result.keys_discarded, 1);
    assert_int_equal(report_case->result.orphans, 1);
    assert_string_equal(report_case->winner, "alice");
    assert_false(sr_report_case_as_expected(report_case));
    assert_int_equal(report_case->result.failed, 1u << SR_CHECK_KEY_KEPT |
                                                     1u << SR_CHECK_KEY_FOUND |
                                                     1u << SR_CHECK_ALL_COLLABORATE);
    const SrCaseFailure *first = &g_array_index(report_case->failures, SrCaseFailure, 0);
    assert_false(first->at_end);
    assert_string_equal(first->cause_node, "server");
    assert_true(g_array_index(report_case->failures, SrCaseFailure, 2).at_end);

    SrReportCase *cases[] = { report_case };
    g_autofree char *page = page_of(cases, 1, NULL);
    is_well_formed(page);
    wants(page, "A recorded trace of session-race");
    lacks(page, "Play it again");
}

int
main(void)
{
    const struct CMUnitTest others[] = {
        cmocka_unit_test(a_page_tells_a_failure),
        cmocka_unit_test(a_run_to_step_through_has_a_script),
        cmocka_unit_test(a_row_says_what_was_not_met),
        cmocka_unit_test(tables_are_for_everybody),
        cmocka_unit_test(milestones_left_out_are_counted),
        cmocka_unit_test(groups_have_their_counts),
        cmocka_unit_test(two_hundred_scenarios_are_a_page),
        cmocka_unit_test(crowds_are_folded_and_then_counted),
        cmocka_unit_test(hostile_names_are_text),
        cmocka_unit_test(deep_pictures_are_refused),
        cmocka_unit_test(pictures_of_a_page_do_not_clash),
        cmocka_unit_test(parts_of_a_picture_are_below_each_other),
        cmocka_unit_test(a_missing_picture_is_a_sentence),
        cmocka_unit_test(the_theme_is_that_of_the_figures),
        cmocka_unit_test(a_recorded_trace_is_told_as_its_run),
    };
    struct CMUnitTest tests[G_N_ELEMENTS(rows)];
    int failed = cmocka_run_group_tests_name("the page", others, NULL, NULL);

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        tests[i] = (struct CMUnitTest){ .name = rows[i].name,
                                        .test_func = check_row,
                                        .initial_state = (void *) (uintptr_t) &rows[i] };
    return (failed + cmocka_run_group_tests_name("pictures", tests, NULL, NULL)) != 0;
}

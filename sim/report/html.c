/* The report as one page. The counts come first. Then a table has all scenarios in three
 * groups, which can be folded by a reader who looks only for failures. Then each scenario has a
 * section.
 *
 * Text from files passes sr_put_html(): it is first made visible as on a terminal, so that no
 * control can reverse the text beside it, and then escaped for XML. */
#include "report/html.h"

#include <string.h>

#include "html-private.h"
#include "report/player.h"
#include "report-private.h"

/* With more clients than this their number is shown, and their names are folded. */
#define CLIENTS_OPEN_MAX 12u
/* More steps than this are folded. */
#define STEPS_OPEN_MAX 28u
/* With more scenarios than this, those that pass are folded. */
#define CASES_OPEN_MAX 6u

/* clang-format off */
static const struct {
    const char *id, *heading, *tone, *mark;
} groups[GROUP_N] = {
    [GROUP_UNEXPECTED] = { "unexpected", "not as expected",   "poor", "✗" },
    [GROUP_FAILS]      = { "fails",      "fails as expected", "fair", "◆" },
    [GROUP_PASSES]     = { "passes",     "passes",            "good", "✓" },
};
/* clang-format on */

struct SrHtml {
    char *program;
    uint32_t n_cases;
    SrReportCounts counts;
    uint32_t n_results;     /* of the cases: those that were not played */
    GString *rows[GROUP_N]; /* of the overview */
    uint32_t n_rows[GROUP_N];
    GString *sections;
    GString *skipped; /* the items of a list */
    bool plays;       /* a run of it can be stepped through */
};

SrHtml *
sr_html_new(const char *program, uint32_t n_cases)
{
    SrHtml *html = g_new0(SrHtml, 1);

    html->program = g_strdup(program);
    html->n_cases = n_cases;
    html->sections = g_string_new(NULL);
    html->skipped = g_string_new(NULL);
    for (unsigned i = 0; i < GROUP_N; i++)
        html->rows[i] = g_string_new(NULL);
    return html;
}

void
sr_html_free(SrHtml *html)
{
    if (html == NULL)
        return;
    g_free(html->program);
    g_string_free(html->sections, TRUE);
    g_string_free(html->skipped, TRUE);
    for (unsigned i = 0; i < GROUP_N; i++)
        g_string_free(html->rows[i], TRUE);
    g_free(html);
}

SrReportCounts
sr_html_counts(const SrHtml *html)
{
    return html->counts;
}

/* ---- pieces ---- */

static void
put(GString *out, const char *markup)
{
    g_string_append(out, markup);
}

/* Returns: what a scenario is called */
static const char *
title_of(const SrReportCase *report_case)
{
    return report_case->title[0] != '\0' ? report_case->title : report_case->file;
}

static Group
group_of(const SrReportCase *report_case)
{
    if (!report_case->as_expected)
        return GROUP_UNEXPECTED;
    return report_case->result.failed != 0 ? GROUP_FAILS : GROUP_PASSES;
}

static void
put_mark(GString *out, Group group, const char *words)
{
    g_string_append_printf(out, "<span class=\"badge %s\">%s %s</span>", groups[group].tone,
                           groups[group].mark, words);
}

static void
put_badge(GString *out, const SrReportCase *report_case)
{
    Group group = group_of(report_case);
    const char *words = report_case->error != NULL ? sr_text_no_outcome(report_case)
                        : group == GROUP_UNEXPECTED && report_case->origin != NULL
                            ? "fails"
                            : groups[group].heading;

    put_mark(out, group, words);
}

static bool
is_many(const SrHtml *html)
{
    return html->n_cases > CASES_OPEN_MAX;
}

/* ---- the overview ---- */

static void
begin_row(GString *out, uint32_t number, const char *title, const char *file)
{
    sr_put_html(out,
                "<tr><td class=\"num muted\">%u</td><td><a href=\"#s%u\">%s</a><br/><code "
                "class=\"muted\">%s</code></td>",
                number, number, title, file);
}

static void
put_failed(GString *out, uint32_t failed)
{
    put(out, "<td>");
    if (failed != 0)
        sr_text_checks(out, failed, ", ");
    else
        put(out, "<span class=\"muted\">none</span>");
}

static void
put_row(GString *out, const SrReportCase *report_case, uint32_t number)
{
    const SrRunResult *result = &report_case->result;

    begin_row(out, number, title_of(report_case), report_case->file);
    if (report_case->error != NULL) {
        sr_put_html(out, "<td class=\"poor\" colspan=\"5\">%s</td></tr>\n", report_case->error);
        return;
    }
    put_failed(out, result->failed);
    if (result->failed != report_case->expected && report_case->origin == NULL) {
        put(out, "<br/><span class=\"poor\">expected ");
        sr_text_verdict(out, report_case->expected);
        put(out, "</span>");
    }
    for (guint i = 0; i < report_case->misses->len; i++)
        sr_put_html(out, "<br/><span class=\"poor\">not met: %s</span>",
                    g_array_index(report_case->misses, SrMiss, i).message);
    sr_put_html(out, "</td><td class=\"num\">%u of %u</td><td class=\"tight\">",
                result->n_collaborating, result->n_clients);
    if (report_case->winner != NULL)
        sr_put_html(out, "%s", report_case->winner);
    else
        put(out, "<span class=\"muted\">nobody</span>");
    sr_put_html(out, "</td><td class=\"num\">%ju", result->t);
    g_string_append_printf(out, "</td><td class=\"mono\">%.16s<wbr/>%s</td></tr>\n",
                           result->digest, result->digest + MIN(strlen(result->digest), 16));
}

static void
put_group(const SrHtml *html, Group group, GString *out)
{
    if (html->n_rows[group] == 0)
        return;
    g_string_append_printf(
        out,
        "<details class=\"group\" id=\"%s\" open=\"open\"><summary><span "
        "class=\"%s\">%s %s</span> <span class=\"muted\">%u</span></summary>\n",
        groups[group].id, groups[group].tone, groups[group].mark, groups[group].heading,
        html->n_rows[group]);
    put(out, "<div class=\"scroll\" tabindex=\"0\"><table class=\"overview\"><thead><tr>"
             "<th scope=\"col\" class=\"num\">#</th><th scope=\"col\">Scenario</th><th "
             "scope=\"col\">Failed checks</th>"
             "<th scope=\"col\" class=\"num\">Collaborate</th><th scope=\"col\">Winner</th>"
             "<th scope=\"col\" class=\"num\">Virtual time</th><th "
             "scope=\"col\">Digest</th></tr></thead><tbody>\n");
    g_string_append_len(out, html->rows[group]->str, (gssize) html->rows[group]->len);
    put(out, "</tbody></table></div></details>\n");
}

static void
put_counts(const SrHtml *html, GString *out)
{
    put(out, "<ul class=\"counts\">");
    for (unsigned i = 0; i < GROUP_N; i++) {
        uint32_t n = html->n_rows[i];
        g_string_append_printf(out, "<li><a class=\"%s\"", n > 0 ? groups[i].tone : "none");
        if (n > 0)
            g_string_append_printf(out, " href=\"#%s\"", groups[i].id);
        g_string_append_printf(out, "><b>%u</b>%s %s</a></li>", n, groups[i].mark,
                               groups[i].heading);
    }
    put(out, "</ul>\n");
}

/* ---- the section of a scenario ---- */

static void
put_facts(GString *out, const SrReportCase *report_case)
{
    const SrRunResult *result = &report_case->result;

    put(out, "<dl class=\"facts\">");
    sr_html_put_fact(out, "Virtual time", "%ju%-s", result->t,
                     result->at_limit ? ", ended at the limit" : "");
    sr_html_put_fact(out, "Collaborate", "%u of %u", result->n_collaborating,
                     result->n_clients);
    sr_html_put_fact(out, "Winner", "%s",
                     report_case->winner != NULL ? report_case->winner : "nobody");
    sr_html_put_fact(out, "Raced", "%u of %u", result->n_raced, result->n_clients);
    if (result->keys_missing > 0)
        sr_html_put_fact(out, "Keys", "%u made, %u discarded, %u times missed",
                         result->keys_made, result->keys_discarded, result->keys_missing);
    else
        sr_html_put_fact(out, "Keys", "%u made, %u discarded", result->keys_made,
                         result->keys_discarded);
    if (result->orphans > 0)
        sr_html_put_fact(out, "Orphaned keys", "%u, kept up to %ju", result->orphans,
                         result->orphan_kept_max);
    else
        sr_html_put_fact(out, "Orphaned keys", "%u", result->orphans);
    sr_html_put_fact(out, "Messages", "%" PRIu64 " sent", result->messages);
    sr_html_put_fact(out, "Events", "%" PRIu64, result->records);
    sr_html_put_fact(out, "Seed", "%" PRIu64, result->seed);
    sr_put_html(out,
                "<div class=\"wide\"><dt>Digest of the trace</dt><dd "
                "class=\"mono\">%s</dd></div></dl>\n",
                result->digest);
}

static void
put_expectations(GString *out, const SrReportCase *report_case)
{
    if (report_case->as_expected || report_case->origin != NULL)
        return;
    put(out, "<div class=\"failure\">");
    if (report_case->error != NULL) {
        sr_put_html(out, "<p>%s</p>", report_case->error);
    } else if (report_case->result.failed != report_case->expected) {
        put(out, "<p><b>Expected ");
        sr_text_verdict(out, report_case->expected);
        put(out, ", got ");
        sr_text_verdict(out, report_case->result.failed);
        put(out, "</b></p>");
    }
    for (guint i = 0; i < report_case->misses->len; i++) {
        const SrMiss *miss = &g_array_index(report_case->misses, SrMiss, i);
        sr_put_html(out, "<p><b>Not met:</b> %s", miss->message);
        if (miss->line != 0)
            sr_put_html(out, " <span class=\"muted\">(line %u)</span>", miss->line);
        put(out, "</p>");
    }
    put(out, "</div>\n");
}

static void
put_failure(GString *out, const SrCaseFailure *failure)
{
    sr_put_html(out,
                "<div class=\"failure%-s\"><p><b class=\"%-s\">%s</b> failed at %-s%ju%-s: "
                "%s.</p><p class=\"small muted\">The check: %s.",
                failure->expected ? " fair" : "", failure->expected ? "fair" : "poor",
                sr_check_name(failure->check), failure->at_end ? "the end, " : "",
                failure->at_end ? failure->t : failure->cause_t,
                failure->expected ? ", as expected" : "", failure->detail,
                sr_check_statement(failure->check));
    if (failure->cause != NULL)
        sr_put_html(out, "<br/>The event: #%" PRIu64 ", %s %s.", failure->cause_seq,
                    failure->cause_node != NULL ? failure->cause_node : "nobody",
                    failure->cause);
    put(out, "</p></div>\n");
}

static void
put_advice(GString *out, const SrReportCase *report_case)
{
    for (guint i = 0; i < report_case->advice->len; i++) {
        g_autofree char *sentence = g_strdup(g_ptr_array_index(report_case->advice, i));

        sentence[0] = g_ascii_toupper(sentence[0]);
        sr_put_html(out, "<p class=\"advice\">%s.</p>\n", sentence);
    }
}

static void
tell(void *data, const char *before, const char *line)
{
    sr_put_html(data,
                "<p class=\"small\"><span class=\"muted\">%-s</span><code>%s</code></p>\n",
                before, line);
}

/* ---- what led to it ---- */

static void
put_story_line(GString *out, const SrCaseLine *line, SrTime before)
{
    const SrCaseStep *step = line->step;

    sr_put_html(out, "<tr%-s><td class=\"num\">%ju</td><td class=\"num muted\">",
                step->check_failed ? " class=\"mark\"" : "", step->t);
    if (step->t > before)
        sr_put_html(out, "+%ju", step->t - before);
    sr_put_html(out, "</td><td class=\"tight\">%s</td><td>%s",
                step->node != NULL ? step->node : "", step->text);
    sr_text_repeats(out, line);
    put(out, "</td></tr>\n");
}

static void
put_story(GString *out, const SrReportCase *report_case)
{
    g_autoptr(GArray) lines = sr_report_story_lines(report_case);
    SrTime before = 0;

    if (lines->len == 0)
        return;
    g_string_append_printf(
        out, "<details%s><summary>%s</summary>",
        lines->len <= STEPS_OPEN_MAX && report_case->result.failed != 0 ? " open=\"open\"" : "",
        report_case->result.failed != 0 ? "What led to it" : "What happened");
    put(out, "<div class=\"scroll\" tabindex=\"0\"><table class=\"story\"><thead><tr>"
             "<th scope=\"col\" class=\"num\">at</th><th scope=\"col\" "
             "class=\"num\">after</th><th scope=\"col\">Node</th><th scope=\"col\">Step</th>"
             "</tr></thead><tbody>\n");
    for (guint i = 0; i < lines->len; i++) {
        const SrCaseLine *line = &g_array_index(lines, SrCaseLine, i);
        put_story_line(out, line, before);
        before = MAX(before, line->until);
    }
    put(out, "</tbody></table></div>");
    if (report_case->result.story_left_out > 0)
        g_string_append_printf(out,
                               "<p class=\"small muted\">%u more milestone%s in the trace.</p>",
                               report_case->result.story_left_out,
                               report_case->result.story_left_out == 1 ? " is" : "s are");
    put(out, "</details>\n");
}

/* ---- checks and clients ---- */

/* Returns: (nullable): how @check failed */
static const SrCaseFailure *
failure_of(const SrReportCase *report_case, unsigned check)
{
    for (guint i = 0; i < report_case->failures->len; i++) {
        const SrCaseFailure *failure = &g_array_index(report_case->failures, SrCaseFailure, i);
        if (failure->check == check)
            return failure;
    }
    return NULL;
}

static void
put_check(GString *out, const SrReportCase *report_case, unsigned check)
{
    const SrCaseFailure *failure = failure_of(report_case, check);
    bool failed = report_case->result.failed & (1u << check);
    bool expected = report_case->expected & (1u << check);
    Group group = failed == expected ? (failed ? GROUP_FAILS : GROUP_PASSES) : GROUP_UNEXPECTED;

    g_string_append_printf(
        out, "<tr><td class=\"tight %s\">%s %s</td><td class=\"tight\">%s</td><td>",
        groups[group].tone, groups[group].mark, failed ? "failed" : "ok",
        sr_check_name((SrCheckId) check));
    sr_put_html(out, "%s",
                failed && failure != NULL ? failure->detail
                                          : sr_check_statement((SrCheckId) check));
    if (!failed && expected)
        put(out, " <b class=\"poor\">(was expected to fail)</b>");
    put(out, "</td></tr>\n");
}

static void
put_checks(GString *out, const SrReportCase *report_case)
{
    const SrRunResult *result = &report_case->result;
    g_string_append_printf(
        out, "<details%s><summary>Checks <span class=\"muted\">%u of %u hold</span></summary>",
        result->failed != report_case->expected ? " open=\"open\"" : "",
        __builtin_popcount(result->judged & ~result->failed),
        __builtin_popcount(result->judged));
    put(out, "<div class=\"scroll\" tabindex=\"0\"><table class=\"checks\"><thead><tr>"
             "<th scope=\"col\">Result</th><th scope=\"col\">Check</th><th scope=\"col\">What "
             "it says</th></tr></thead><tbody>\n");
    for (unsigned i = 0; i < SR_CHECK_N; i++)
        if (result->judged >> i & 1)
            put_check(out, report_case, i);
    put(out, "</tbody></table></div>");
    if (report_case->judged_by != NULL)
        sr_put_html(out, "<p class=\"small muted\">%s.</p>", report_case->judged_by);
    put(out, "</details>\n");
}

static void
put_clients(GString *out, const SrReportCase *report_case)
{
    g_string_append_printf(out, "<details%s><summary>Clients <span class=\"muted\">",
                           report_case->result.n_clients <= CLIENTS_OPEN_MAX ? " open=\"open\""
                                                                             : "");
    for (guint i = 0; i < report_case->tallies->len; i++) {
        const SrCaseTally *tally = &g_array_index(report_case->tallies, SrCaseTally, i);
        sr_put_html(out, "%-s%u %s", i > 0 ? ", " : "", tally->n, tally->outcome);
    }
    put(out, "</span></summary>");
    if (report_case->clients->len > 0) {
        put(out, "<div class=\"scroll\" tabindex=\"0\"><table class=\"clients\"><thead><tr><th "
                 "scope=\"col\">Client</th>"
                 "<th scope=\"col\">Outcome</th><th scope=\"col\" "
                 "class=\"num\">At</th></tr></thead><tbody>\n");
        for (guint i = 0; i < report_case->clients->len; i++) {
            const SrCaseClient *client = &g_array_index(report_case->clients, SrCaseClient, i);

            sr_put_html(out, "<tr><td>%s</td><td%-s>%s</td><td class=\"num\">", client->name,
                        client->suffers ? " class=\"poor\"" : "", client->outcome);
            if (client->at != SR_TIME_NEVER)
                sr_put_html(out, "%ju", client->at);
            put(out, "</td></tr>\n");
        }
        put(out, "</tbody></table></div>");
    } else {
        put(out, "<p class=\"muted\">They are too many to be listed; those that suffer first:");
        for (guint i = 0; i < report_case->sufferers->len; i++)
            sr_put_html(out, " %s",
                        g_array_index(report_case->sufferers, SrCaseClient, i).name);
        put(out, report_case->sufferers->len == 0 ? " none.</p>" : ".</p>");
    }
    put(out, "</details>\n");
}

/* ---- figures ---- */

/* Makes the picture as it is in the page: part by part, if it has parts. Returns: whether there is one;
 * else @message says why */
static bool
inline_figure(const SrHtmlFigure *figure, const char *prefix, const char *label,
              GString *picture, char **message)
{
    guint n = figure->sheets != NULL ? figure->sheets->len : 0;

    if (figure->svg == NULL && n == 0) {
        *message = g_strdup(figure->missing);
        return false;
    }
    if (n == 0)
        return sr_svg_inline(figure->svg, figure->n_bytes, prefix, label, picture, message);
    for (guint i = 0; i < n; i++) {
        const char *svg = g_ptr_array_index(figure->sheets, i);
        g_autofree char *own_prefix =
            i == 0 ? g_strdup(prefix) : g_strdup_printf("%s-%u", prefix, i + 1);
        g_autofree char *own_label =
            n == 1 ? g_strdup(label) : g_strdup_printf("%s, part %u of %u", label, i + 1, n);

        if (!sr_svg_inline(svg, strlen(svg), own_prefix, own_label, picture, message))
            return false;
    }
    return true;
}

static void
put_figure(GString *out, const char *file, uint32_t number, const SrHtmlFigure *figure)
{
    g_autoptr(GString) picture = g_string_new(NULL);
    g_autofree char *prefix = g_strdup_printf("s%u-%s", number, figure->id);
    g_autofree char *label = g_strdup_printf("%s of %s", figure->heading, file);
    g_autoptr(GString) shown = g_string_new(NULL);
    g_autofree char *message = NULL;
    bool drawn;

    sr_text_plain(shown, label);
    drawn = inline_figure(figure, prefix, shown->str, picture, &message);
    sr_put_html(out, "<details%-s><summary>%s</summary>",
                figure->folded ? "" : " open=\"open\"", figure->heading);
    if (drawn) {
        g_string_append_printf(out, "<figure><div class=\"picture %s\" tabindex=\"0\">",
                               figure->own_size ? "own" : "fit");
        g_string_append_len(out, picture->str, (gssize) picture->len);
        put(out, "</div></figure>");
    } else {
        sr_put_html(out, "<p class=\"missing\">This picture is missing: %s.</p>",
                    message != NULL ? message : "it was not asked for");
    }
    put(out, "</details>\n");
}

/* Figures are as wide as the page, or have their own size if they may be long. */
void
sr_html_put_figures(GString *out, const char *file, uint32_t number,
                    const SrHtmlFigure *figures, size_t n_figures, bool own_size)
{
    for (size_t i = 0; i < n_figures; i++)
        if (figures[i].own_size == own_size)
            put_figure(out, file, number, &figures[i]);
}

/* ---- a scenario ---- */

static void
begin_section(GString *out, uint32_t number, const char *title)
{
    sr_put_html(out, "<section id=\"s%u\"><h2>%s</h2><p class=\"file\">", number, title);
}

static void
put_file(const SrHtml *html, GString *out, const char *file)
{
    sr_put_html(out, " <code class=\"muted\">%s</code>", file);
    if (is_many(html))
        put(out, " <a class=\"small\" href=\"#top\">overview</a>");
    put(out, "</p>\n");
}

static void
put_section(const SrHtml *html, const SrReportCase *report_case, const SrHtmlOthers *others,
            uint32_t number, const SrHtmlFigure *figures, size_t n_figures,
            const GString *player, GString *out)
{
    bool folded = is_many(html) && group_of(report_case) == GROUP_PASSES;

    begin_section(out, number, title_of(report_case));
    put_badge(out, report_case);
    put_file(html, out, report_case->file);
    if (folded)
        put(out, "<details><summary>Show it all</summary>\n");
    put_expectations(out, report_case);
    if (report_case->error == NULL) {
        put_facts(out, report_case);
        if (others != NULL)
            sr_html_put_four(out, report_case, others);
        for (guint i = 0; i < report_case->failures->len; i++)
            put_failure(out, &g_array_index(report_case->failures, SrCaseFailure, i));
        put_advice(out, report_case);
        sr_report_tell_provider(report_case, tell, out);
    }
    if (report_case->origin != NULL)
        sr_put_html(out, "<p class=\"small muted\">%s.</p>\n", report_case->origin);
    else
        sr_put_html(out, "<h3>Play it again</h3><pre tabindex=\"0\">%s</pre>\n",
                    report_case->replay);
    if (player != NULL)
        g_string_append_len(out, player->str, (gssize) player->len);
    if (report_case->error == NULL) {
        sr_html_put_figures(out, report_case->file, number, figures, n_figures, false);
        put_story(out, report_case);
        put_checks(out, report_case);
        put_clients(out, report_case);
        sr_html_put_figures(out, report_case->file, number, figures, n_figures, true);
    }
    if (folded)
        put(out, "</details>\n");
    put(out, "</section>\n");
}

void
sr_html_add(SrHtml *html, const SrReportCase *report_case, const SrHtmlOthers *others,
            const SrHtmlFigure *figures, size_t n_figures, const GString *player)
{
    Group group = group_of(report_case);
    uint32_t number = ++html->counts.n_cases;

    html->counts.n_errors += report_case->error != NULL && !report_case->unfinished;
    html->counts.n_unfinished += report_case->unfinished;
    html->counts.n_as_expected += report_case->as_expected;
    html->counts.n_expected_failures += group == GROUP_FAILS;
    html->n_rows[group]++;
    put_row(html->rows[group], report_case, number);
    html->plays |= player != NULL;
    put_section(html, report_case, others, number, figures, n_figures, player, html->sections);
}

/* ---- a result ---- */

uint32_t
sr_html_begin_result(SrHtml *html, const SrHtmlResult *result)
{
    const char *title =
        result->title != NULL && *result->title != '\0' ? result->title : result->file;
    GString *row = html->rows[result->group];
    uint32_t number = ++html->counts.n_cases;

    html->n_results++;
    html->counts.n_unfinished += result->unfinished;
    html->counts.n_as_expected += result->group != GROUP_UNEXPECTED;
    html->counts.n_expected_failures += result->group == GROUP_FAILS;
    html->n_rows[result->group]++;
    begin_row(row, number, title, result->file);
    put_failed(row, result->failed);
    sr_put_html(row, "</td><td colspan=\"4\">%s</td></tr>\n", result->told);
    begin_section(html->sections, number, title);
    put_mark(html->sections, result->group,
             result->unfinished ? "not finished" : groups[result->group].heading);
    put_file(html, html->sections, result->file);
    return number;
}

GString *
sr_html_section(SrHtml *html)
{
    return html->sections;
}

void
sr_html_end_result(SrHtml *html)
{
    put(html->sections, "</section>\n");
}

void
sr_html_skip(SrHtml *html, const char *file, const char *why)
{
    sr_put_html(html->skipped, "<li><code>%s</code>: %s</li>\n", file, why);
}

/* ---- the page ---- */

/* The policy admits the one script by its hash, if there is a run to step through. */
static void
put_head(const SrHtml *html, GString *out)
{
    put(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
             "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
             "style-src 'unsafe-inline'; img-src data:");
    if (html->plays) {
        g_autofree char *policy = sr_player_policy();

        g_string_append_printf(out, "; script-src '%s'", policy);
    }
    put(out, "\"/>\n"
             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
             "<meta name=\"color-scheme\" content=\"light dark\"/>\n"
             "<meta name=\"referrer\" content=\"no-referrer\"/>\n"
             "<link rel=\"icon\" href=\"data:,\"/>\n"
             "<title>Session race report</title>\n<style>\n");
    sr_svg_theme(out);
    put(out, sr_html_style);
    put(out, "</style>\n</head>\n");
}

static void
put_summary(const SrHtml *html, GString *out)
{
    uint32_t n = html->counts.n_cases, good = html->counts.n_as_expected;

    put(out, "<header id=\"top\"><h1>Session race: ");
    if (good == n)
        g_string_append_printf(out, "%s%u as expected", n == 1 ? "" : "all ", n);
    else
        g_string_append_printf(out, "%u as expected, %u not", good, n - good);
    put(out, "</h1><p class=\"muted\">");
    if (n > html->n_results || n == 0)
        g_string_append_printf(out,
                               "%u scenario%s played in virtual time. What "
                               "happened is compared with what each file expects: some show a "
                               "fault and are expected to fail.",
                               n - html->n_results, n - html->n_results == 1 ? "" : "s");
    if (html->n_results > 0)
        g_string_append_printf(
            out, "%s%u result%s of sweeps, explorations or verifications, as %s.",
            n > html->n_results ? " " : "", html->n_results, html->n_results == 1 ? "" : "s",
            html->n_results == 1 ? "it was made" : "they were made");
    put(out, "</p>");
    put_counts(html, out);
    put(out, "</header>\n");
}

void
sr_html_end(const SrHtml *html, GString *out)
{
    put_head(html, out);
    put(out, "<body>\n");
    put_summary(html, out);
    put(out, "<main>\n<nav aria-label=\"Overview\">\n");
    for (unsigned i = 0; i < GROUP_N; i++)
        put_group(html, (Group) i, out);
    if (html->skipped->len > 0) {
        put(out, "<h2>Not played</h2>\n<ul>");
        g_string_append_len(out, html->skipped->str, (gssize) html->skipped->len);
        put(out, "</ul>\n");
    }
    put(out, "</nav>\n");
    g_string_append_len(out, html->sections->str, (gssize) html->sections->len);
    sr_put_html(out,
                "</main>\n<footer><p>Made by %s. The same scenarios, seed and version give the "
                "same digests everywhere.</p></footer>\n",
                html->program);
    if (html->plays) {
        put(out, "<script>");
        put(out, sr_player_script());
        put(out, "</script>\n");
    }
    put(out, "</body>\n</html>\n");
}

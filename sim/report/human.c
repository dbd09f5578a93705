/* The report for people: one line for each scenario. An unexpected result is followed by the
 * story that explains it, which ends in the command that replays it. At the end there are the
 * counts, and the failures again, so that nobody has to scroll for them.
 *
 * Names, titles and hints come from files: all of them pass sr_text_plain() before they are
 * written. */
#include "report-private.h"

#include <string.h>

#include "base/whole-file.h"

#define INDENT "      "

/* The layout of a story: what each of its lines begins with, and the style. */
typedef struct {
    const char *indent;
    const SrStyle *style;
} Margin;

/* Appends a line as sr_put_line() does, behind the indent. Further lines are indented by @deeper
 * more columns. */
#define put_line(out, margin, deeper, format, ...)                                             \
    sr_put_line(out, (margin)->style, (unsigned) strlen((margin)->indent) + (deeper),          \
                "%-s" format, (margin)->indent, __VA_ARGS__)

/* ---- the story ---- */

static void
append_failure(GString *out, const Margin *margin, const SrCaseFailure *failure)
{
    put_line(out, margin, 4, "%s failed at %-s%ju%-s: %s", sr_check_name(failure->check),
             failure->at_end ? "the end, " : "",
             failure->at_end ? failure->t : failure->cause_t,
             failure->expected ? " (as expected)" : "", failure->detail);
    put_line(out, margin, strlen("  check: "), "  check: %-s",
             sr_check_statement(failure->check));
    if (failure->cause != NULL)
        put_line(out, margin, strlen("  event: "), "  event: #%" PRIu64 ", %s %s",
                 failure->cause_seq,
                 failure->cause_node != NULL ? failure->cause_node : "nobody", failure->cause);
}

/* Appends the name of each of @clients (SrCaseClient) in a column, and its outcome; @heading: of
 * that column, "": none. */
static void
append_outcomes(GString *out, const char *indent, const GArray *clients, const char *heading)
{
    unsigned width = (unsigned) strlen(heading);

    for (guint i = 0; i < clients->len; i++)
        width = MAX(width, sr_report_width(g_array_index(clients, SrCaseClient, i).name));
    if (*heading != '\0')
        g_string_append_printf(out, "%s%-*soutcome\n", indent, (int) width + 2, heading);
    for (guint i = 0; i < clients->len; i++) {
        const SrCaseClient *client = &g_array_index(clients, SrCaseClient, i);

        g_string_append(out, indent);
        sr_text_left(out, client->name, width + 2);
        sr_put_plain(out, "%s\n", client->text);
    }
}

static void
append_sufferers(GString *out, const Margin *margin, const SrReportCase *report_case)
{
    g_autofree char *deeper = g_strconcat(margin->indent, "  ", NULL);

    if (report_case->n_sufferers == 0)
        return;
    g_string_append_printf(out, "%swho suffers:\n", margin->indent);
    append_outcomes(out, deeper, report_case->sufferers, "");
    if (report_case->n_sufferers > report_case->sufferers->len)
        g_string_append_printf(out, "%s… and %u more\n", deeper,
                               report_case->n_sufferers - report_case->sufferers->len);
}

/* Another node does the same at the same instant. */
static bool
is_alike(const SrCaseLine *line, const SrCaseStep *step)
{
    return line->n_again == 0 && line->step->t == step->t &&
           strcmp(line->step->text, step->text) == 0;
}

/* The same node does the same again, such as an answer that is requested several times. */
static bool
is_again(const SrCaseLine *line, const SrCaseStep *step)
{
    return line->n_alike == 0 && g_strcmp0(line->step->node, step->node) == 0 &&
           strcmp(line->step->text, step->text) == 0;
}

/* Finds the line that @step may join. It is the last one, or an earlier one if only lines of
 * the same node come after it, since several clients may ask one node in turn. */
static bool
join_line(GArray *lines, const SrCaseStep *step)
{
    if (step->check_failed)
        return false;
    for (guint i = lines->len; i > 0; i--) {
        SrCaseLine *line = &g_array_index(lines, SrCaseLine, i - 1);
        if (line->step->check_failed)
            return false;
        if (is_again(line, step)) {
            line->n_again++;
            line->until = step->t;
            return true;
        }
        if (i == lines->len && is_alike(line, step)) {
            line->n_alike++;
            return true;
        }
        if (g_strcmp0(line->step->node, step->node) != 0)
            return false;
    }
    return false;
}

GArray *
sr_report_story_lines(const SrReportCase *report_case)
{
    GArray *lines = g_array_new(FALSE, FALSE, sizeof(SrCaseLine));

    for (guint i = 0; i < report_case->steps->len; i++) {
        const SrCaseStep *step = &g_array_index(report_case->steps, SrCaseStep, i);
        SrCaseLine line = { step, 0, 0, step->t };
        if (!join_line(lines, step))
            g_array_append_val(lines, line);
    }
    return lines;
}

typedef struct {
    unsigned t_width, gap_width, node_width;
} StepColumns;

/* Appends @span behind @before, right-aligned in @width columns. */
static void
append_span_right(GString *out, const char *before, SrSpan span, unsigned width)
{
    g_autoptr(GString) text = g_string_new(before);

    sr_span_show(text, span);
    g_string_append_printf(out, "%*s", (int) width, text->str);
}

static unsigned
span_width(SrSpan span)
{
    g_autoptr(GString) text = g_string_new(NULL);

    sr_span_show(text, span);
    return (unsigned) text->len;
}

static StepColumns
measure_lines(const GArray *lines)
{
    StepColumns columns = { 0, 0, 0 };
    SrTime before = 0;

    for (guint i = 0; i < lines->len; i++) {
        const SrCaseLine *line = &g_array_index(lines, SrCaseLine, i);
        const SrCaseStep *step = line->step;
        if (step->node != NULL)
            columns.node_width = MAX(columns.node_width, sr_report_width(step->node));
        columns.t_width = MAX(columns.t_width, span_width(step->t));
        if (step->t > before)
            columns.gap_width = MAX(columns.gap_width, span_width(step->t - before) + 1);
        before = MAX(before, line->until);
    }
    return columns;
}

static void
append_line_of_story(GString *out, const Margin *margin, const SrCaseLine *line,
                     const StepColumns *columns, SrTime before)
{
    const SrCaseStep *step = line->step;
    gsize start = out->len;

    g_string_append_printf(out, "%s  ", margin->indent);
    append_span_right(out, "", step->t, columns->t_width);
    g_string_append(out, "  ");
    if (step->t > before)
        append_span_right(out, "+", step->t - before, columns->gap_width);
    else
        g_string_append_printf(out, "%*s", (int) columns->gap_width, "");
    g_string_append(out, "  ");
    sr_text_left(out, step->node != NULL ? step->node : "-", columns->node_width + 2);
    sr_text_plain(out, step->text);
    sr_text_repeats(out, line);
    g_string_append(out, step->check_failed ? "  <==" : "");
    sr_style_end_line(margin->style, start,
                      (unsigned) strlen(margin->indent) + 2 + columns->t_width + 2 +
                          columns->gap_width + 2 + columns->node_width + 2,
                      out);
}

static void
append_steps(GString *out, const Margin *margin, const char *heading,
             const SrReportCase *report_case)
{
    g_autoptr(GArray) lines = sr_report_story_lines(report_case);
    StepColumns columns = measure_lines(lines);
    unsigned n = report_case->result.story_left_out;
    SrTime before = 0;

    if (lines->len == 0)
        return;
    g_string_append_printf(out, "\n%s%s\n", margin->indent, heading);
    for (guint i = 0; i < lines->len; i++) {
        const SrCaseLine *line = &g_array_index(lines, SrCaseLine, i);
        append_line_of_story(out, margin, line, &columns, before);
        before = MAX(before, line->until);
    }
    if (n > 0)
        g_string_append_printf(out, "%s  … %u more milestone%s; --trace FILE has all of them\n",
                               margin->indent, n, n == 1 ? "" : "s");
    g_string_append_c(out, '\n');
}

static void
append_expectations(GString *out, const Margin *margin, const SrReportCase *report_case)
{
    g_autoptr(GString) expected = g_string_new(NULL), got = g_string_new(NULL);

    sr_text_verdict(expected, report_case->expected);
    sr_text_verdict(got, report_case->result.failed);
    if (report_case->result.failed != report_case->expected)
        put_line(out, margin, strlen("expected: "), "expected: %-s; got %-s", expected->str,
                 got->str);
    for (guint i = 0; i < report_case->misses->len; i++) {
        const SrMiss *miss = &g_array_index(report_case->misses, SrMiss, i);

        if (miss->line != 0)
            put_line(out, margin, strlen("not met: "), "not met: %s (%s:%u)", miss->message,
                     sr_whole_file_name(report_case->file), miss->line);
        else
            put_line(out, margin, strlen("not met: "), "not met: %s", miss->message);
    }
}

/* A command will be copied, so it is not broken into lines. */
static void
append_replay(GString *out, const char *indent, const SrReportCase *report_case)
{
    /* For standard input there is no command to replay, only a remark in parentheses. */
    g_string_append_printf(out, "%s%s%s\n", indent,
                           report_case->replay[0] != '(' ? "replay: " : "",
                           report_case->replay);
}

/* What the lines about a provider are appended with. */
typedef struct {
    GString *out;
    const Margin *margin;
} Telling;

static void
tell(void *data, const char *before, const char *line)
{
    const Telling *telling = data;

    put_line(telling->out, telling->margin, 2, "%-s%s", before, line);
}

static void
append_story(GString *out, const Margin *margin, const SrReportCase *report_case,
             bool with_sufferers)
{
    const SrRunResult *result = &report_case->result;
    g_autoptr(GString) limit = g_string_new(NULL);

    if (report_case->error != NULL) {
        put_line(out, margin, strlen("error: "), "error: %s", report_case->error);
    } else {
        for (guint i = 0; i < report_case->failures->len; i++)
            append_failure(out, margin,
                           &g_array_index(report_case->failures, SrCaseFailure, i));
        if (with_sufferers)
            append_sufferers(out, margin, report_case);
        for (guint i = 0; i < report_case->advice->len; i++)
            put_line(out, margin, strlen("note: "), "note: %s.",
                     (const char *) g_ptr_array_index(report_case->advice, i));
        sr_report_tell_provider(report_case, tell, &(Telling){ out, margin });
        append_steps(out, margin,
                     result->failed != 0 ? "what led to it:" : "what happened:", report_case);
        append_expectations(out, margin, report_case);
        sr_text_limit(limit, result->t);
        if (result->at_limit)
            put_line(out, margin, 4, "%-s", limit->str);
    }
    append_replay(out, margin->indent, report_case);
}

void
sr_report_story(const SrReportCase *report_case, const char *indent, const SrStyle *style,
                GString *out)
{
    const Margin margin = { indent, style };

    append_story(out, &margin, report_case, true);
}

/* ---- one scenario alone ---- */

static bool
names_all(const SrReportCase *report_case)
{
    return report_case->result.n_clients <= SR_CASE_NAMED_MAX;
}

/* "1 wins", but "99 join"; "fails" and the states have one form for all numbers. */
static void
append_verb(GString *out, const char *outcome, uint32_t n)
{
    static const char *const verbs[] = { "wins", "joins", "waits" };
    size_t length = strlen(outcome);

    for (size_t i = 0; n != 1 && i < G_N_ELEMENTS(verbs); i++) {
        if (strcmp(outcome, verbs[i]) == 0)
            length--;
    }
    g_string_append_len(out, outcome, (gssize) length);
}

static void
append_spans(GString *out, const char *indent, const SrReportCase *report_case)
{
    uint32_t n_clients = report_case->result.n_clients;

    if (n_clients <= SR_CASE_FEW_CLIENTS || report_case->n_spans == 0)
        return;
    g_string_append_printf(out, "%stime to collaborate:", indent);
    for (unsigned i = 0; i < SR_CASE_RANKS_N; i++)
        sr_put_plain(out, "%-s %-s %ju", i > 0 ? "," : "", sr_case_ranks[i].name,
                     report_case->spans[i]);
    if (report_case->n_spans < n_clients)
        g_string_append_printf(out, " (of the %u that ever did)", report_case->n_spans);
    g_string_append_c(out, '\n');
}

static void
append_clients(GString *out, const char *indent, const SrReportCase *report_case)
{
    if (names_all(report_case)) {
        append_outcomes(out, indent, report_case->clients, "client");
        return;
    }
    g_string_append_printf(out, "%sclients:", indent);
    for (guint i = 0; i < report_case->tallies->len; i++) {
        const SrCaseTally *tally = &g_array_index(report_case->tallies, SrCaseTally, i);
        g_string_append_printf(out, "%s %u ", i > 0 ? "," : "", tally->n);
        append_verb(out, tally->outcome, tally->n);
    }
    g_string_append_c(out, '\n');
    append_spans(out, indent, report_case);
}

/* "locked out (jwt)" */
static void
append_ending(GString *out, SrEnding ending)
{
    for (const char *p = sr_ending_name(ending); *p != '\0'; p++) {
        if (*p == '(') {
            g_string_append_printf(out, " %s", p);
            return;
        }
        g_string_append_c(out, *p == '-' ? ' ' : *p);
    }
}

/* Says how many editors were locked out, and how the others ended, where some did not collaborate. */
static void
append_endings(GString *out, const char *indent, const SrRunResult *result)
{
    const char *between = "";
    uint32_t n_started = 0;

    for (unsigned i = 0; i < SR_ENDING_N; i++)
        n_started += result->endings[i];
    if (result->endings[SR_ENDING_COLLABORATED] == n_started)
        return;
    g_string_append_printf(out, "%seditors: ", indent);
    for (unsigned i = 0; i < SR_ENDING_N; i++) {
        if (result->endings[i] == 0)
            continue;
        g_string_append_printf(out, "%s%u ", between, result->endings[i]);
        append_ending(out, (SrEnding) i);
        between = ", ";
    }
    g_string_append_c(out, '\n');
}

static void
append_numbers(GString *out, const char *indent, const SrRunResult *result,
               const SrStyle *style)
{
    gsize start = out->len;
    unsigned hang = (unsigned) strlen(indent) + 2;

    sr_put_plain(out, "%-skeys: %u made, %u orphaned", indent, result->keys_made,
                 result->orphans);
    if (result->orphans > 0)
        sr_put_plain(out, " (kept up to %ju)", result->orphan_kept_max);
    g_string_append_printf(out, ", %u discarded", result->keys_discarded);
    if (result->keys_missing > 0)
        g_string_append_printf(out, ", %u time%s asked for in vain", result->keys_missing,
                               result->keys_missing == 1 ? "" : "s");
    sr_style_end_line(style, start, hang, out);
    start = out->len;
    g_string_append_printf(
        out, "%smessages: %" PRIu64 " sent, %" PRIu64 " event%s; %u of %u client%s raced",
        indent, result->messages, result->records, result->records == 1 ? "" : "s",
        result->n_raced, result->n_clients, result->n_clients == 1 ? "" : "s");
    sr_style_end_line(style, start, hang, out);
}

static void
append_title(GString *out, const char *indent, const SrReportCase *report_case)
{
    if (report_case->title[0] == '\0')
        return;
    /* No line starts with text from a file: a log viewer may take its first letters for a
     * command. */
    sr_put_plain(out, "%-stitle: %s\n", indent, report_case->title);
}

/* Whether something is told below the numbers. */
static bool
says_something(const SrReportCase *report_case)
{
    return report_case->said[SR_CASE_PROVIDER_NOTES]->len +
               report_case->said[SR_CASE_SIGNER_NOTES]->len +
               report_case->said[SR_CASE_SIGNER_REMARKS]->len + report_case->failures->len +
               report_case->advice->len >
           0;
}

static void
append_alone(GString *out, const SrStyle *style, const SrReportCase *report_case)
{
    const Margin margin = { INDENT, style };

    append_title(out, INDENT, report_case);
    g_string_append_c(out, '\n');
    append_clients(out, INDENT, report_case);
    append_endings(out, INDENT, &report_case->result);
    append_numbers(out, INDENT, &report_case->result, style);
    if (report_case->judged_by != NULL)
        put_line(out, &margin, 2, "%-s", report_case->judged_by);
    if (says_something(report_case))
        g_string_append_c(out, '\n');
    /* A short table of clients has already named those that suffer. */
    append_story(out, &margin, report_case, !names_all(report_case));
}

/* ---- the report ---- */

/* Appends whether @report_case is as expected. */
static void
append_mark(const SrReport *report, const SrReportCase *report_case, GString *out)
{
    sr_style_paint(&report->options.style,
                   report_case->as_expected ? SR_COLOUR_GOOD : SR_COLOUR_BAD,
                   report_case->as_expected     ? "ok    "
                   : report_case->unfinished    ? "OPEN  "
                   : report_case->error != NULL ? "ERROR "
                                                : "FAIL  ",
                   out);
}

static void
append_line(const SrReport *report, const SrReportCase *report_case, GString *out)
{
    const SrRunResult *result = &report_case->result;
    g_autoptr(GString) outcome = g_string_new(NULL);

    append_mark(report, report_case, out);
    sr_text_left(out, sr_whole_file_name(report_case->file), report->options.file_width);
    if (report_case->error == NULL) {
        g_string_append(out, "  ");
        append_span_right(out, "", result->t, 10);
        g_string_append(out, "  ");
        sr_text_outcome(outcome, report_case);
        sr_text_left(out, outcome->str, 28);
        g_string_append_printf(out, "  %s", result->digest);
        if (report_case->as_expected && result->failed != 0) {
            g_string_append(out, "  ");
            sr_style_paint(&report->options.style, SR_COLOUR_SOFT, "fails as expected: ", out);
            sr_text_checks(out, result->failed, ", ");
        }
        /* If there is a story, it says so too. */
        if (result->at_limit && report_case->as_expected && report->options.n_cases > 1) {
            g_string_append(out, "  ");
            sr_text_limit(out, result->t);
        }
    }
    g_string_append_c(out, '\n');
}

/* Keeps the short form, which is repeated at the end. */
static void
keep_failure(SrReport *report, const SrReportCase *report_case)
{
    GString *kept = report->kept;
    gsize start = kept->len;
    g_autoptr(GString) why = g_string_new(NULL);

    append_mark(report, report_case, kept);
    sr_text_unexpected(why, report_case);
    sr_put_plain(kept, "%s: %s", sr_whole_file_name(report_case->file), why->str);
    sr_style_end_line(&report->options.style, start, strlen(INDENT), kept);
    append_replay(kept, INDENT, report_case);
}

void
sr_report_human_add(SrReport *report, const SrReportCase *report_case, GString *out)
{
    bool alone = report->options.n_cases == 1;

    if (report->options.quiet && report_case->as_expected)
        return;
    append_line(report, report_case, out);
    if (alone && !report->options.quiet && report_case->error == NULL) {
        append_alone(out, &report->options.style, report_case);
    } else if (!report_case->as_expected) {
        append_title(out, INDENT, report_case);
        sr_report_story(report_case, INDENT, &report->options.style, out);
        g_string_append_c(out, '\n');
    }
    if (!report_case->as_expected && !alone)
        keep_failure(report, report_case);
}

void
sr_report_human_skip(SrReport *report, const char *file, const char *why, GString *out)
{
    (void) why;
    if (report->options.quiet)
        return;
    sr_style_paint(&report->options.style, SR_COLOUR_SOFT, "skip  ", out);
    sr_put_plain(out, "%s\n", sr_whole_file_name(file));
}

/* Returns: whether all is as expected, or skipped */
static bool
is_silent(const SrReport *report, bool stopped)
{
    const SrReportCounts *counts = &report->counts;

    return !stopped && counts->n_cases > 0 && counts->n_as_expected == counts->n_cases &&
           counts->n_cases + report->n_skipped == report->options.n_cases;
}

/* All is well, but under one seed. */
static void
append_one_of_many(const SrReport *report, GString *out)
{
    const SrStyle *style = &report->options.style;

    if (report->options.n_cases == 1) {
        sr_put_line(out, style, strlen("note: "),
                    "note: one draw of many: delays of this scenario are drawn from its seed. "
                    "Many seeds:");
        sr_put_plain(out, "      %-s\n", report->sweep);
        return;
    }
    sr_put_line(
        out, style, strlen("note: "),
        "note: %u of them draw delays from their seeds, and this was one draw of many. Many "
        "seeds of one: %s",
        report->n_drawn, report->options.sweep);
}

/* Once, however many fail. */
static void
append_what_to_read(const SrReport *report, GString *out)
{
    sr_put_line(out, &report->options.style, strlen("note: "),
                "note: what a failure says, and what to try next: session-race help run, 'When "
                "a run fails'");
}

void
sr_report_human_end(SrReport *report, bool stopped, GString *out)
{
    const SrReportCounts *counts = &report->counts;
    g_autoptr(GString) summary = g_string_new(NULL);
    uint32_t n = report->options.n_cases;

    if (report->options.quiet && is_silent(report, stopped))
        return;
    g_string_append_printf(summary, "%u scenario%s: ", n, n == 1 ? "" : "s");
    if (stopped)
        g_string_append_printf(summary, "stopped after %u; ", counts->n_cases);
    g_string_append_printf(summary, "%u as expected", counts->n_as_expected);
    if (counts->n_expected_failures > 0)
        g_string_append_printf(summary, " (%u of them fail%s as expected)",
                               counts->n_expected_failures,
                               counts->n_expected_failures == 1 ? "s" : "");
    if (report->n_failures > 0)
        g_string_append_printf(summary, ", %u not as expected", report->n_failures);
    if (counts->n_errors > 0)
        g_string_append_printf(summary, ", %u could not be run", counts->n_errors);
    if (counts->n_unfinished > 0)
        g_string_append_printf(summary, ", %u not finished", counts->n_unfinished);
    if (report->n_skipped > 0 && !stopped)
        g_string_append_printf(summary, ", %u skipped", report->n_skipped);
    sr_style_paint(&report->options.style, SR_COLOUR_STRONG, summary->str, out);
    g_string_append_c(out, '\n');
    for (unsigned i = 0; i < report->n_reasons; i++)
        sr_put_plain(out, "skipped: %s\n", report->skipped[i]);
    /* The annotations for GitHub have repeated each failure already. */
    if (report->options.format != SR_REPORT_HUMAN)
        return;
    g_string_append_len(out, report->kept->str, (gssize) report->kept->len);
    if (!report->options.quiet && is_silent(report, stopped) && report->n_drawn > 0)
        append_one_of_many(report, out);
    if (!report->options.quiet && report->n_failures > 0)
        append_what_to_read(report, out);
}

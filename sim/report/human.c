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

/* Ends the line of @out that begins at @start. If it is broken, further lines are indented by
 * @deeper more columns. */
static void
end_line(GString *out, gsize start, const Margin *margin, unsigned deeper)
{
    sr_style_end_line(margin->style, start, (unsigned) strlen(margin->indent) + deeper, out);
}

/* Appends @text escaped, then blanks up to @width columns. */
static void
append_padded(GString *out, const char *text, unsigned width)
{
    sr_text_plain(out, text);
    for (unsigned i = sr_report_width(text); i < width; i++)
        g_string_append_c(out, ' ');
}

/* Appends blanks so that the text from @start on takes @width bytes; only for ASCII text. */
static void
pad_from(GString *out, gsize start, unsigned width)
{
    while (out->len - start < width)
        g_string_append_c(out, ' ');
}

/* ---- the story ---- */

static void
append_failure(GString *out, const Margin *margin, const SrCaseFailure *failure)
{
    gsize start = out->len;

    g_string_append_printf(out, "%s%s failed ", margin->indent, sr_check_name(failure->check));
    if (failure->at_end) {
        g_string_append(out, "at the end, ");
        sr_span_show(out, failure->t);
    } else {
        g_string_append(out, "at ");
        sr_span_show(out, failure->cause_t);
    }
    g_string_append(out, failure->expected ? " (as expected): " : ": ");
    sr_text_plain(out, failure->detail);
    end_line(out, start, margin, strlen("    "));
    start = out->len;
    g_string_append_printf(out, "%s  check: %s", margin->indent,
                           sr_check_statement(failure->check));
    end_line(out, start, margin, strlen("  check: "));
    if (failure->cause != NULL) {
        start = out->len;
        g_string_append_printf(out, "%s  event: #%" PRIu64 ", ", margin->indent,
                               failure->cause_seq);
        sr_text_plain(out, failure->cause_node != NULL ? failure->cause_node : "nobody");
        g_string_append_c(out, ' ');
        sr_text_plain(out, failure->cause);
        end_line(out, start, margin, strlen("  event: "));
    }
}

static void
append_sufferers(GString *out, const Margin *margin, const SrReportCase *report_case)
{
    unsigned width = 0;

    if (report_case->n_sufferers == 0)
        return;
    g_string_append_printf(out, "%swho suffers:\n", margin->indent);
    for (guint i = 0; i < report_case->sufferers->len; i++)
        width =
            MAX(width,
                sr_report_width(g_array_index(report_case->sufferers, SrCaseClient, i).name));
    for (guint i = 0; i < report_case->sufferers->len; i++) {
        const SrCaseClient *client = &g_array_index(report_case->sufferers, SrCaseClient, i);
        g_string_append_printf(out, "%s  ", margin->indent);
        append_padded(out, client->name, width + 2);
        sr_text_plain(out, client->text);
        g_string_append_c(out, '\n');
    }
    if (report_case->n_sufferers > report_case->sufferers->len)
        g_string_append_printf(out, "%s  … and %u more\n", margin->indent,
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

static void
append_right(GString *out, const char *text, unsigned width)
{
    for (size_t i = strlen(text); i < width; i++)
        g_string_append_c(out, ' ');
    g_string_append(out, text);
}

static void
append_span_right(GString *out, const char *before, SrSpan span, unsigned width)
{
    g_autoptr(GString) text = g_string_new(before);

    sr_span_show(text, span);
    append_right(out, text->str, width);
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
        append_right(out, "", columns->gap_width);
    g_string_append(out, "  ");
    append_padded(out, step->node != NULL ? step->node : "-", columns->node_width + 2);
    sr_text_plain(out, step->text);
    if (line->n_alike > 0)
        g_string_append_printf(out, "; so do %u more", line->n_alike);
    if (line->n_again > 0) {
        g_string_append_printf(out, " (%u times until ", line->n_again + 1);
        sr_span_show(out, line->until);
        g_string_append_c(out, ')');
    }
    g_string_append(out, step->check_failed ? "  <==" : "");
    end_line(out, start, margin,
             2 + columns->t_width + 2 + columns->gap_width + 2 + columns->node_width + 2);
}

static void
append_steps(GString *out, const Margin *margin, const char *heading,
             const SrReportCase *report_case)
{
    g_autoptr(GArray) lines = sr_report_story_lines(report_case);
    StepColumns columns = measure_lines(lines);
    unsigned n = report_case->n_steps_left_out;
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
    gsize start = out->len;

    if (report_case->failed != report_case->expected) {
        g_string_append_printf(out, "%sexpected: ", margin->indent);
        sr_text_verdict(out, report_case->expected);
        g_string_append(out, "; got ");
        sr_text_verdict(out, report_case->failed);
        end_line(out, start, margin, strlen("expected: "));
    }
    for (guint i = 0; i < report_case->misses->len; i++) {
        const SrMiss *miss = &g_array_index(report_case->misses, SrMiss, i);

        start = out->len;
        g_string_append_printf(out, "%snot met: ", margin->indent);
        sr_text_plain(out, miss->message);
        if (miss->line != 0) {
            g_string_append(out, " (");
            sr_text_plain(out, sr_whole_file_name(report_case->file));
            g_string_append_printf(out, ":%u)", miss->line);
        }
        end_line(out, start, margin, strlen("not met: "));
    }
}

static void
append_advice(GString *out, const Margin *margin, const SrReportCase *report_case)
{
    for (guint i = 0; i < report_case->advice->len; i++) {
        gsize start = out->len;

        g_string_append_printf(out, "%snote: ", margin->indent);
        sr_text_plain(out, g_ptr_array_index(report_case->advice, i));
        g_string_append_c(out, '.');
        end_line(out, start, margin, strlen("note: "));
    }
}

static void
append_limit(GString *out, const Margin *margin, const SrReportCase *report_case)
{
    gsize start = out->len;

    if (!report_case->at_limit)
        return;
    g_string_append(out, margin->indent);
    sr_text_limit(out, report_case->t);
    end_line(out, start, margin, strlen("    "));
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

static void
append_story(GString *out, const Margin *margin, const SrReportCase *report_case,
             bool with_sufferers)
{
    if (report_case->error != NULL) {
        gsize start = out->len;

        g_string_append_printf(out, "%serror: ", margin->indent);
        sr_text_plain(out, report_case->error);
        end_line(out, start, margin, strlen("error: "));
    } else {
        for (guint i = 0; i < report_case->failures->len; i++)
            append_failure(out, margin,
                           &g_array_index(report_case->failures, SrCaseFailure, i));
        if (with_sufferers)
            append_sufferers(out, margin, report_case);
        append_advice(out, margin, report_case);
        append_steps(
            out, margin,
            report_case->failed != 0 ? "what led to it:" : "what happened:", report_case);
        append_expectations(out, margin, report_case);
        append_limit(out, margin, report_case);
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
    return report_case->n_clients <= SR_CASE_NAMED_MAX;
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
append_spread(GString *out, const char *indent, const SrReportCase *report_case)
{
    const SrCaseSpread *spread = &report_case->spread;
    const struct {
        const char *name;
        SrSpan span;
    } ranks[] = {
        { "min", spread->min }, { "median", spread->median }, { "p90", spread->p90 },
        { "p99", spread->p99 }, { "max", spread->max },
    };

    if (report_case->n_clients <= SR_CASE_FEW_CLIENTS || spread->n == 0)
        return;
    g_string_append_printf(out, "%stime to collaborate:", indent);
    for (size_t i = 0; i < G_N_ELEMENTS(ranks); i++) {
        g_string_append_printf(out, "%s %s ", i > 0 ? "," : "", ranks[i].name);
        sr_span_show(out, ranks[i].span);
    }
    if (spread->n < report_case->n_clients)
        g_string_append_printf(out, " (of the %u that ever did)", spread->n);
    g_string_append_c(out, '\n');
}

static void
append_clients(GString *out, const char *indent, const SrReportCase *report_case)
{
    unsigned width = strlen("client");

    if (!names_all(report_case)) {
        g_string_append_printf(out, "%sclients:", indent);
        for (guint i = 0; i < report_case->tallies->len; i++) {
            const SrCaseTally *tally = &g_array_index(report_case->tallies, SrCaseTally, i);
            g_string_append_printf(out, "%s %u ", i > 0 ? "," : "", tally->n);
            append_verb(out, tally->outcome, tally->n);
        }
        g_string_append_c(out, '\n');
        append_spread(out, indent, report_case);
        return;
    }
    for (guint i = 0; i < report_case->clients->len; i++)
        width = MAX(width,
                    sr_report_width(g_array_index(report_case->clients, SrCaseClient, i).name));
    g_string_append_printf(out, "%s", indent);
    append_padded(out, "client", width + 2);
    g_string_append(out, "outcome\n");
    for (guint i = 0; i < report_case->clients->len; i++) {
        const SrCaseClient *client = &g_array_index(report_case->clients, SrCaseClient, i);
        g_string_append(out, indent);
        append_padded(out, client->name, width + 2);
        sr_text_plain(out, client->text);
        g_string_append_c(out, '\n');
    }
}

static void
append_numbers(GString *out, const char *indent, const SrReportCase *report_case)
{
    g_string_append_printf(out, "%skeys: %u made, %u orphaned", indent, report_case->keys_made,
                           report_case->orphans);
    if (report_case->orphans > 0) {
        g_string_append(out, " (kept up to ");
        sr_span_show(out, report_case->orphan_kept_max);
        g_string_append_c(out, ')');
    }
    g_string_append_printf(out, ", %u discarded", report_case->keys_discarded);
    if (report_case->keys_missing > 0)
        g_string_append_printf(out, ", %u time%s asked for in vain", report_case->keys_missing,
                               report_case->keys_missing == 1 ? "" : "s");
    g_string_append_c(out, '\n');
    g_string_append_printf(
        out, "%smessages: %" PRIu64 " sent, %" PRIu64 " event%s; %u of %u client%s raced\n",
        indent, report_case->messages, report_case->records,
        report_case->records == 1 ? "" : "s", report_case->n_raced, report_case->n_clients,
        report_case->n_clients == 1 ? "" : "s");
}

static void
append_title(GString *out, const char *indent, const SrReportCase *report_case)
{
    if (report_case->title[0] == '\0')
        return;
    /* No line starts with text from a file: a log viewer may take its first letters for a
     * command. */
    g_string_append_printf(out, "%stitle: ", indent);
    sr_text_plain(out, report_case->title);
    g_string_append_c(out, '\n');
}

static void
append_alone(GString *out, const SrStyle *style, const SrReportCase *report_case)
{
    const Margin margin = { INDENT, style };

    append_title(out, INDENT, report_case);
    g_string_append_c(out, '\n');
    append_clients(out, INDENT, report_case);
    append_numbers(out, INDENT, report_case);
    if (report_case->failures->len + report_case->advice->len > 0)
        g_string_append_c(out, '\n');
    /* A short table of clients has already named those that suffer. */
    append_story(out, &margin, report_case, !names_all(report_case));
}

/* ---- the report ---- */

static void
append_line(const SrReport *report, const SrReportCase *report_case, GString *out)
{
    if (report_case->as_expected)
        sr_style_paint(&report->options.style, SR_COLOUR_GOOD, "ok    ", out);
    else
        sr_style_paint(&report->options.style, SR_COLOUR_BAD,
                       report_case->error != NULL ? "ERROR " : "FAIL  ", out);
    append_padded(out, sr_whole_file_name(report_case->file), report->options.file_width);
    if (report_case->error == NULL) {
        g_autoptr(GString) t = g_string_new(NULL);
        sr_span_show(t, report_case->t);
        g_string_append(out, "  ");
        append_right(out, t->str, 10);
        g_string_append(out, "  ");
        gsize start = out->len;
        sr_text_outcome(out, report_case);
        pad_from(out, start, 28);
        g_string_append_printf(out, "  %s", report_case->digest);
        if (report_case->as_expected && report_case->failed != 0) {
            g_autoptr(GString) names = g_string_new(NULL);
            sr_text_checks(names, report_case->failed, ", ");
            g_string_append(out, "  ");
            sr_style_paint(&report->options.style, SR_COLOUR_SOFT, "fails as expected: ", out);
            g_string_append(out, names->str);
        }
        /* If there is a story, it says so too. */
        if (report_case->at_limit && report_case->as_expected && report->options.n_cases > 1) {
            g_string_append(out, "  ");
            sr_text_limit(out, report_case->t);
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

    sr_style_paint(&report->options.style, SR_COLOUR_BAD,
                   report_case->error != NULL ? "ERROR " : "FAIL  ", kept);
    sr_text_plain(kept, sr_whole_file_name(report_case->file));
    sr_text_unexpected(why, report_case);
    g_string_append(kept, ": ");
    sr_text_plain(kept, why->str);
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
sr_report_human_end(SrReport *report, bool stopped, bool repeat, GString *out)
{
    const SrReportCounts *counts = &report->counts;
    g_autoptr(GString) summary = g_string_new(NULL);
    uint32_t n = report->options.n_cases;

    if (report->options.quiet && !stopped && counts->n_as_expected == n)
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
    sr_style_paint(&report->options.style, SR_COLOUR_STRONG, summary->str, out);
    g_string_append_c(out, '\n');
    if (repeat)
        g_string_append_len(out, report->kept->str, (gssize) report->kept->len);
}

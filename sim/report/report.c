/* A report: counts the cases in order and passes them to the format that was chosen. */
#include "report-private.h"

#include <string.h>

/* clang-format off */
static const struct {
    const char *name;
    void (*begin)(SrReport *report, GString *out); /* (nullable) */
    void (*add)(SrReport *report, const SrReportCase *report_case, GString *out);
    void (*end)(SrReport *report, bool stopped, GString *out);
    void (*skip)(SrReport *report, const char *file, const char *why, GString *out); /* (nullable) */
} formats[SR_REPORT_FORMAT_N] = {
    [SR_REPORT_HUMAN]  = { "human",  NULL,                 sr_report_human_add,  sr_report_human_end, sr_report_human_skip },
    [SR_REPORT_TAP]    = { "tap",    sr_report_tap_begin,  sr_report_tap_add,    sr_report_tap_end,   sr_report_tap_skip },
    [SR_REPORT_JUNIT]  = { "junit",  NULL,                 sr_report_junit_add,  sr_report_junit_end, NULL },
    [SR_REPORT_JSON]   = { "json",   sr_report_json_begin, sr_report_json_add,   sr_report_json_end,  sr_report_json_skip },
    [SR_REPORT_GITHUB] = { "github", NULL,                 sr_report_github_add, sr_report_human_end, sr_report_human_skip },
};
/* clang-format on */

const char *
sr_report_format_name(SrReportFormat format)
{
    return formats[format].name;
}

SrReport *
sr_report_new(const SrReportOptions *options)
{
    SrReport *report = g_new0(SrReport, 1);

    report->options = *options;
    report->kept = g_string_new(NULL);
    return report;
}

void
sr_report_free(SrReport *report)
{
    if (report == NULL)
        return;
    g_string_free(report->kept, TRUE);
    g_free(report->sweep);
    g_free(report);
}

SrReportCounts
sr_report_counts(const SrReport *report)
{
    return report->counts;
}

void
sr_report_begin(SrReport *report, GString *out)
{
    if (formats[report->options.format].begin != NULL)
        formats[report->options.format].begin(report, out);
}

static void
count(SrReport *report, const SrReportCase *report_case)
{
    report->counts.n_cases++;
    if (report_case->error != NULL) {
        report->counts.n_errors += !report_case->unfinished;
        report->counts.n_unfinished += report_case->unfinished;
        return;
    }
    report->t_sum += report_case->result.t;
    if (!report_case->as_expected) {
        report->n_failures++;
        return;
    }
    report->counts.n_as_expected++;
    if (report_case->result.failed != 0)
        report->counts.n_expected_failures++;
    if (report_case->sweep != NULL) {
        report->n_drawn++;
        g_free(report->sweep);
        report->sweep = g_strdup(report_case->sweep);
    }
}

void
sr_report_add(SrReport *report, const SrReportCase *report_case, GString *out)
{
    count(report, report_case);
    formats[report->options.format].add(report, report_case, out);
}

static void
keep_reason(SrReport *report, const char *why)
{
    for (unsigned i = 0; i < report->n_reasons; i++)
        if (strcmp(report->skipped[i], why) == 0)
            return;
    if (report->n_reasons < SKIP_REASONS_MAX)
        report->skipped[report->n_reasons++] = why;
}

void
sr_report_skip(SrReport *report, const char *file, const char *why, GString *out)
{
    sr_report_stop(report, file, why);
    keep_reason(report, why);
    if (formats[report->options.format].skip != NULL)
        formats[report->options.format].skip(report, file, why, out);
}

void
sr_report_stop(SrReport *report, const char *file, const char *why)
{
    report->n_skipped++;
    if (report->options.format == SR_REPORT_JUNIT)
        sr_report_junit_skip(report, file, why);
}

void
sr_report_end(SrReport *report, bool stopped, GString *out)
{
    formats[report->options.format].end(report, stopped, out);
}

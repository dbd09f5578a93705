/* A report: counts the cases in order and passes them to the format that was chosen. */
#include "report-private.h"

/* clang-format off */
static const char *const format_names[SR_REPORT_FORMAT_N] = {
    [SR_REPORT_HUMAN]  = "human",
    [SR_REPORT_TAP]    = "tap",
    [SR_REPORT_JUNIT]  = "junit",
    [SR_REPORT_JSON]   = "json",
    [SR_REPORT_GITHUB] = "github",
};
/* clang-format on */

const char *
sr_report_format_name(SrReportFormat format)
{
    return format_names[format];
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
    switch (report->options.format) {
    case SR_REPORT_TAP:
        sr_report_tap_begin(report, out);
        break;
    case SR_REPORT_JSON:
        sr_report_json_begin(report, out);
        break;
    case SR_REPORT_HUMAN:
    case SR_REPORT_GITHUB:
    case SR_REPORT_JUNIT:
        break;
    }
}

static void
count(SrReport *report, const SrReportCase *report_case)
{
    report->counts.n_cases++;
    if (report_case->error != NULL) {
        report->counts.n_errors++;
        return;
    }
    report->t_sum += report_case->t;
    if (!report_case->as_expected) {
        report->n_failures++;
        return;
    }
    report->counts.n_as_expected++;
    if (report_case->failed != 0)
        report->counts.n_expected_failures++;
}

void
sr_report_add(SrReport *report, const SrReportCase *report_case, GString *out)
{
    count(report, report_case);
    switch (report->options.format) {
    case SR_REPORT_HUMAN:
        sr_report_human_add(report, report_case, out);
        break;
    case SR_REPORT_TAP:
        sr_report_tap_add(report, report_case, out);
        break;
    case SR_REPORT_JUNIT:
        sr_report_junit_add(report, report_case);
        break;
    case SR_REPORT_JSON:
        sr_report_json_add(report, report_case, out);
        break;
    case SR_REPORT_GITHUB:
        sr_report_github_add(report, report_case, out);
        break;
    }
}

void
sr_report_skip(SrReport *report, const char *file, const char *why)
{
    report->n_skipped++;
    if (report->options.format == SR_REPORT_JUNIT)
        sr_report_junit_skip(report, file, why);
}

void
sr_report_end(SrReport *report, bool stopped, GString *out)
{
    switch (report->options.format) {
    case SR_REPORT_HUMAN:
        sr_report_human_end(report, stopped, true, out);
        break;
    case SR_REPORT_TAP:
        sr_report_tap_end(report, stopped, out);
        break;
    case SR_REPORT_JUNIT:
        sr_report_junit_end(report, out);
        break;
    case SR_REPORT_JSON:
        sr_report_json_end(report, stopped, out);
        break;
    case SR_REPORT_GITHUB:
        /* The annotations have repeated each failure already. */
        sr_report_human_end(report, stopped, false, out);
        break;
    }
}

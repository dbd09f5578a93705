/* JUnit XML for CI systems. `time` is virtual time, so the same run writes the same file
 * everywhere. */
#include "report-private.h"

/* Appends seconds with nine decimals. */
static void
append_time(GString *out, SrTime t)
{
    g_string_append_printf(out, " time=\"%" PRIu64 ".%09u\"", t / SR_NS_PER_S,
                           (unsigned) (t % SR_NS_PER_S));
}

/* Begins the element of a scenario; @line: of its expectation, 0: none */
static void
append_case(GString *out, const char *file, uint32_t line, SrTime t)
{
    g_autofree char *folder = g_path_get_dirname(file);

    sr_put_xml(out, "    <testcase classname=\"%s\" name=\"%s\" file=\"%s\"", folder, file,
               file);
    if (line != 0)
        g_string_append_printf(out, " line=\"%u\"", line);
    append_time(out, t);
    g_string_append(out, ">\n");
}

/* Content keeps its lines; within one everything is escaped. */
static void
append_content(GString *out, const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (size_t i = 0; lines[i] != NULL; i++) {
        if (i > 0)
            g_string_append_c(out, '\n');
        sr_put_xml(out, "%s", lines[i]);
    }
}

static void
append_element(GString *out, const char *name, const char *type,
               const SrReportCase *report_case, const char *text)
{
    g_autoptr(GString) message = g_string_new(NULL);

    sr_text_unexpected(message, report_case);
    sr_put_xml(out, "      <%s type=\"%s\" message=\"%s\">", name, type, message->str);
    append_content(out, text);
    g_string_append_printf(out, "</%s>\n", name);
}

static void
tell(void *data, const char *before, const char *line)
{
    sr_put_plain(data, "\n%-s%s", before, line);
}

void
sr_report_junit_add(SrReport *report, const SrReportCase *report_case, GString *out)
{
    const SrRunResult *result = &report_case->result;
    g_autoptr(GString) story = g_string_new("\n");
    g_autoptr(GString) facts = g_string_new(NULL);

    /* The counts come before the cases, so these are kept until the end. */
    out = report->kept;
    append_case(out, report_case->file, report_case->expect_line, result->t);
    if (!report_case->as_expected) {
        sr_report_story(report_case, "", &(SrStyle){ 0 }, story);
        if (report_case->error != NULL)
            append_element(out, "error", report_case->unfinished ? "limit" : "system",
                           report_case, story->str);
        else
            append_element(out, "failure",
                           result->failed != report_case->expected ? "check" : "expectation",
                           report_case, story->str);
    }
    if (report_case->error == NULL) {
        g_string_append_printf(facts, "title: %s\nseed: %" PRIu64 "\ndigest: %s\nverdict: ",
                               report_case->title, result->seed, result->digest);
        sr_text_verdict(facts, result->failed);
        g_string_append(facts, "\noutcome: ");
        sr_text_outcome(facts, report_case);
        if (result->at_limit) {
            g_string_append_c(facts, '\n');
            sr_text_limit(facts, result->t);
        }
        sr_report_tell_provider(report_case, tell, facts);
        if (report_case->judged_by != NULL)
            g_string_append_printf(facts, "\n%s", report_case->judged_by);
        g_string_append_printf(facts, "\nreplay: %s", report_case->replay);
        g_string_append(out, "      <system-out>");
        append_content(out, facts->str);
        g_string_append(out, "</system-out>\n");
    }
    g_string_append(out, "    </testcase>\n");
}

void
sr_report_junit_skip(SrReport *report, const char *file, const char *why)
{
    append_case(report->kept, file, 0, 0);
    sr_put_xml(report->kept, "      <skipped message=\"%s\"/>\n    </testcase>\n", why);
}

static void
append_counts(GString *out, const SrReport *report)
{
    g_string_append_printf(out, " tests=\"%u\" failures=\"%u\" errors=\"%u\" skipped=\"%u\"",
                           report->counts.n_cases + report->n_skipped, report->n_failures,
                           report->counts.n_errors + report->counts.n_unfinished,
                           report->n_skipped);
    append_time(out, report->t_sum);
    g_string_append(out, ">\n");
}

void
sr_report_junit_end(SrReport *report, bool stopped, GString *out)
{
    (void) stopped;
    sr_put_xml(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"%s\"",
               report->options.program);
    append_counts(out, report);
    g_string_append(out, "  <testsuite name=\"session-race run\"");
    append_counts(out, report);
    g_string_append_len(out, report->kept->str, (gssize) report->kept->len);
    g_string_append(out, "  </testsuite>\n</testsuites>\n");
}

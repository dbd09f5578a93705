/* The JSON of `run`, for programs. One object; keys are always in the order written here;
 * numbers are integers below 2^53, so that every reader keeps them exact; seeds and digests are
 * strings. What does not apply is left out, never null.
 *
 *   format     "session-race-run"
 *   version    1; grows when a field changes its meaning or goes
 *   program    "session-race VERSION"
 *   results    a list, in the order of the arguments:
 *     file, title
 *     as_expected     whether exactly the expected checks failed and every expectation was met
 *     error           why the system failed it; then only `replay` follows
 *     seed            decimal
 *     verdict         "pass" or "fail"
 *     expected        the checks that the file expects to fail
 *     failed          [{check, t, seq, node?, detail, cause?: {t, seq, node?, what}}], in the
 *                     order in which they failed; without `cause` the check failed at the end
 *     misses          [{line?, message}]: expectations that were not met
 *     t, at_limit     ns of virtual time at the end, and whether the limit ended it
 *     events, messages
 *     winner          absent when nobody won
 *     clients         {n, collaborating, failed, waiting, raced}
 *     keys            {made, discarded, missing, orphans, orphan_kept_max}, the last in ns
 *     outcomes        [{client, outcome, t?}], for up to 1000 clients; `t` is that of the first
 *                     collaborating, or of the failure
 *     advice          sentences for people; absent when there are none
 *     digest          32 hex digits
 *     replay          a command for a POSIX shell; absent for standard input
 *   summary    {scenarios, run, as_expected, expected_failures, unexpected, errors, complete}
 */
#include "report-private.h"

static void
append_key(GString *out, const char *key)
{
    g_string_append_printf(out, ", \"%s\": ", key);
}

static void
append_text(GString *out, const char *key, const char *value)
{
    append_key(out, key);
    sr_text_json(out, value);
}

static void
append_bool(GString *out, const char *key, bool value)
{
    append_key(out, key);
    g_string_append(out, value ? "true" : "false");
}

/* A larger number is written as 2^53 - 1, since a reader that rounds would show a wrong number.
 */
static void
append_number(GString *out, const char *key, uint64_t value)
{
    append_key(out, key);
    g_string_append_printf(out, "%" PRIu64, MIN(value, (UINT64_C(1) << 53) - 1));
}

static void
append_check_list(GString *out, const char *key, uint32_t mask)
{
    append_key(out, key);
    g_string_append(out, mask == 0 ? "[" : "[\"");
    sr_text_checks(out, mask, "\", \"");
    g_string_append(out, mask == 0 ? "]" : "\"]");
}

static void
append_failure(GString *out, const SrCaseFailure *failure)
{
    g_string_append_printf(out, "{\"check\": \"%s\"", sr_check_name(failure->check));
    append_number(out, "t", failure->t);
    append_number(out, "seq", failure->seq);
    if (failure->node != NULL)
        append_text(out, "node", failure->node);
    append_text(out, "detail", failure->detail);
    if (!failure->at_end) {
        g_string_append_printf(out, ", \"cause\": {\"t\": %" PRIu64, failure->cause_t);
        append_number(out, "seq", failure->cause_seq);
        if (failure->cause_node != NULL)
            append_text(out, "node", failure->cause_node);
        append_text(out, "what", failure->cause);
        g_string_append_c(out, '}');
    }
    g_string_append_c(out, '}');
}

static void
append_findings(GString *out, const SrReportCase *report_case)
{
    append_check_list(out, "expected", report_case->expected);
    append_key(out, "failed");
    g_string_append_c(out, '[');
    for (guint i = 0; i < report_case->failures->len; i++) {
        g_string_append(out, i > 0 ? ", " : "");
        append_failure(out, &g_array_index(report_case->failures, SrCaseFailure, i));
    }
    g_string_append_c(out, ']');
    append_key(out, "misses");
    g_string_append_c(out, '[');
    for (guint i = 0; i < report_case->misses->len; i++) {
        const SrMiss *miss = &g_array_index(report_case->misses, SrMiss, i);
        g_string_append(out, i > 0 ? ", {" : "{");
        if (miss->line != 0)
            g_string_append_printf(out, "\"line\": %u, ", miss->line);
        g_string_append(out, "\"message\": ");
        sr_text_json(out, miss->message);
        g_string_append_c(out, '}');
    }
    g_string_append_c(out, ']');
}

static void
append_numbers(GString *out, const SrReportCase *report_case)
{
    append_number(out, "t", report_case->t);
    append_bool(out, "at_limit", report_case->at_limit);
    append_number(out, "events", report_case->records);
    append_number(out, "messages", report_case->messages);
    if (report_case->winner != NULL)
        append_text(out, "winner", report_case->winner);
    g_string_append_printf(out,
                           ", \"clients\": {\"n\": %u, \"collaborating\": %u, \"failed\": %u, "
                           "\"waiting\": %u, \"raced\": %u}",
                           report_case->n_clients, report_case->n_collaborating,
                           report_case->n_failed, report_case->n_waiting, report_case->n_raced);
    g_string_append_printf(
        out, ", \"keys\": {\"made\": %u, \"discarded\": %u, \"missing\": %u, \"orphans\": %u",
        report_case->keys_made, report_case->keys_discarded, report_case->keys_missing,
        report_case->orphans);
    append_number(out, "orphan_kept_max", report_case->orphan_kept_max);
    g_string_append_c(out, '}');
}

static void
append_outcomes(GString *out, const SrReportCase *report_case)
{
    if (report_case->clients->len == 0)
        return;
    append_key(out, "outcomes");
    g_string_append_c(out, '[');
    for (guint i = 0; i < report_case->clients->len; i++) {
        const SrCaseClient *client = &g_array_index(report_case->clients, SrCaseClient, i);
        g_string_append(out, i > 0 ? ", {\"client\": " : "{\"client\": ");
        sr_text_json(out, client->name);
        append_text(out, "outcome", client->outcome);
        if (client->at != SR_TIME_NEVER)
            append_number(out, "t", client->at);
        g_string_append_c(out, '}');
    }
    g_string_append_c(out, ']');
}

static void
append_advice(GString *out, const SrReportCase *report_case)
{
    if (report_case->advice->len == 0)
        return;
    append_key(out, "advice");
    g_string_append_c(out, '[');
    for (guint i = 0; i < report_case->advice->len; i++) {
        g_string_append(out, i > 0 ? ", " : "");
        sr_text_json(out, g_ptr_array_index(report_case->advice, i));
    }
    g_string_append_c(out, ']');
}

void
sr_report_json_begin(SrReport *report, GString *out)
{
    g_string_append(out, "{\"format\": \"session-race-run\", \"version\": 1");
    append_text(out, "program", report->options.program);
    g_string_append(out, ", \"results\": [");
}

void
sr_report_json_add(SrReport *report, const SrReportCase *report_case, GString *out)
{
    g_string_append(out, report->counts.n_cases > 1 ? ",\n{\"file\": " : "\n{\"file\": ");
    sr_text_json(out, report_case->file);
    append_text(out, "title", report_case->title);
    append_bool(out, "as_expected", report_case->as_expected);
    if (report_case->error != NULL) {
        append_text(out, "error", report_case->error);
    } else {
        g_string_append_printf(out, ", \"seed\": \"%" PRIu64 "\"", report_case->seed);
        append_text(out, "verdict", report_case->failed == 0 ? "pass" : "fail");
        append_findings(out, report_case);
        append_numbers(out, report_case);
        append_outcomes(out, report_case);
        append_advice(out, report_case);
        append_text(out, "digest", report_case->digest);
    }
    /* For standard input there is a remark for people, which is no command. */
    if (report_case->replay[0] != '(')
        append_text(out, "replay", report_case->replay);
    g_string_append_c(out, '}');
}

void
sr_report_json_end(SrReport *report, bool stopped, GString *out)
{
    g_string_append(out, report->counts.n_cases > 0 ? "\n]" : "]");
    g_string_append_printf(out,
                           ", \"summary\": {\"scenarios\": %u, \"run\": %u, \"as_expected\": "
                           "%u, \"expected_failures\": %u, "
                           "\"unexpected\": %u, \"errors\": %u, \"complete\": %s}}\n",
                           report->options.n_cases, report->counts.n_cases,
                           report->counts.n_as_expected, report->counts.n_expected_failures,
                           report->n_failures, report->counts.n_errors,
                           stopped ? "false" : "true");
}

/* The JSON of `run`, for programs. One object; keys are always in the order written here;
 * numbers are integers below 2^53, so that every reader keeps them exact; seeds and digests are
 * strings. What does not apply is left out, never null.
 *
 *   format     "session-race-run"
 *   version    1; grows when a field changes its meaning or goes
 *   program    "session-race VERSION"
 *   results    a list, in the order of the arguments:
 *     file, title
 *     skipped         why it was not played; then nothing follows, and there is no title
 *     as_expected     whether exactly the expected checks failed and every expectation was met
 *     error           why there is no outcome; then only `unfinished` and `replay` follow
 *     unfinished      true: a limit was met; absent when the system failed it
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
 *     ended           {ENDING: N}: how the clients that started have ended, of the endings that
 *                     some have: locked-out(REASON), stuck, left, away, collaborated
 *     keys            {made, discarded, missing, orphans, orphan_kept_max}, the last in ns
 *     outcomes        [{client, outcome, t?}], for up to 1000 clients; `t` is that of the first
 *                     collaborating, or of the failure
 *     advice          sentences for people; absent when there are none
 *     provider_errors of a provider of the user's own that broke: the last lines of its standard
 *                     error; absent when there are none
 *     provider_notes  what it said for the report; absent when there is none
 *     signer_errors, signer_notes
 *                     the same of a signer of the user's own
 *     signer_remarks  what the server found wrong in its tokens, each once; absent when nothing
 *     differs         of --twice: lines about how the second run was not the same
 *     judged_by       {lookups, probes}: what key-kept and previous-kept could see of its store
 *     digest          32 hex digits
 *     replay          a command for a POSIX shell; absent for standard input
 *   summary    {scenarios, run, as_expected, expected_failures, unexpected, errors, unfinished?,
 *              skipped?, complete}; skipped: those that cannot be played
 */
#include "report-private.h"

static void
append_failure(GString *out, const SrCaseFailure *failure)
{
    sr_put_json(out, ", {'check': %s, 't': %ju, 'seq': %ju", sr_check_name(failure->check),
                failure->t, failure->seq);
    if (failure->node != NULL)
        sr_put_json(out, ", 'node': %s", failure->node);
    sr_put_json(out, ", 'detail': %s", failure->detail);
    if (!failure->at_end) {
        sr_put_json(out, ", 'cause': {'t': %" PRIu64 ", 'seq': %ju", failure->cause_t,
                    failure->cause_seq);
        if (failure->cause_node != NULL)
            sr_put_json(out, ", 'node': %s", failure->cause_node);
        sr_put_json(out, ", 'what': %s}", failure->cause);
    }
    sr_put_json(out, "}");
}

static void
append_findings(GString *out, const SrReportCase *report_case)
{
    sr_put_json_checks(out, "expected", report_case->expected);
    sr_put_json(out, ", 'failed': [");
    for (guint i = 0; i < report_case->failures->len; i++)
        append_failure(out, &g_array_index(report_case->failures, SrCaseFailure, i));
    sr_put_json(out, "], 'misses': [");
    for (guint i = 0; i < report_case->misses->len; i++) {
        const SrMiss *miss = &g_array_index(report_case->misses, SrMiss, i);

        sr_put_json(out, ", {");
        if (miss->line != 0)
            sr_put_json(out, "'line': %u", miss->line);
        sr_put_json(out, ", 'message': %s}", miss->message);
    }
    sr_put_json(out, "]");
}

static void
append_numbers(GString *out, const SrReportCase *report_case)
{
    const SrRunResult *result = &report_case->result;

    sr_put_json(out, ", 't': %ju, 'at_limit': %-s, 'events': %ju, 'messages': %ju", result->t,
                sr_text_bool(result->at_limit), result->records, result->messages);
    if (report_case->winner != NULL)
        sr_put_json(out, ", 'winner': %s", report_case->winner);
    sr_put_json(out,
                ", 'clients': {'n': %u, 'collaborating': %u, 'failed': %u, 'waiting': %u, "
                "'raced': %u}",
                result->n_clients, result->n_collaborating, result->n_failed, result->n_waiting,
                result->n_raced);
    sr_put_json(out, ", 'ended': {");
    for (unsigned i = 0; i < SR_ENDING_N; i++)
        if (result->endings[i] > 0)
            sr_put_json(out, ", '%-s': %u", sr_ending_name((SrEnding) i), result->endings[i]);
    sr_put_json(out, "}");
    sr_put_json(out,
                ", 'keys': {'made': %u, 'discarded': %u, 'missing': %u, 'orphans': %u, "
                "'orphan_kept_max': %ju}",
                result->keys_made, result->keys_discarded, result->keys_missing,
                result->orphans, result->orphan_kept_max);
}

static void
append_outcomes(GString *out, const SrReportCase *report_case)
{
    if (report_case->clients->len == 0)
        return;
    sr_put_json(out, ", 'outcomes': [");
    for (guint i = 0; i < report_case->clients->len; i++) {
        const SrCaseClient *client = &g_array_index(report_case->clients, SrCaseClient, i);

        sr_put_json(out, ", {'client': %s, 'outcome': %s", client->name, client->outcome);
        if (client->at != SR_TIME_NEVER)
            sr_put_json(out, ", 't': %ju", client->at);
        sr_put_json(out, "}");
    }
    sr_put_json(out, "]");
}

/* Appends the list @name, if it has any element. */
static void
append_list(GString *out, const char *name, const GPtrArray *lines)
{
    if (lines->len == 0)
        return;
    sr_put_json(out, ", '%-s': [", name);
    for (guint i = 0; i < lines->len; i++)
        sr_put_json(out, ", %s", (const char *) g_ptr_array_index(lines, i));
    sr_put_json(out, "]");
}

/* What is said of a provider of the user's own. */
static void
append_provider(GString *out, const SrReportCase *report_case)
{
    const SrRunResult *result = &report_case->result;

    for (unsigned i = 0; i < SR_CASE_SAID_N; i++)
        append_list(out, sr_case_said_words[i].name, report_case->said[i]);
    append_list(out, "differs", report_case->differs);
    if (report_case->judged_by != NULL)
        sr_put_json(out, ", 'judged_by': {'lookups': %u, 'probes': %u}", result->lookups,
                    result->probes);
}

/* Ends the line before the next result. */
static void
begin_result(const SrReport *report, GString *out)
{
    sr_put_json(out, "%-s\n", report->counts.n_cases + report->n_skipped > 1 ? "," : "");
}

void
sr_report_json_skip(SrReport *report, const char *file, const char *why, GString *out)
{
    begin_result(report, out);
    sr_put_json(out, "{'file': %s, 'skipped': %s}", file, why);
}

void
sr_report_json_begin(SrReport *report, GString *out)
{
    sr_put_json(out, "{'format': 'session-race-run', 'version': 1, 'program': %s, 'results': [",
                report->options.program);
}

void
sr_report_json_add(SrReport *report, const SrReportCase *report_case, GString *out)
{
    const SrRunResult *result = &report_case->result;

    begin_result(report, out);
    sr_put_json(out, "{'file': %s, 'title': %s, 'as_expected': %-s", report_case->file,
                report_case->title, sr_text_bool(report_case->as_expected));
    if (report_case->error != NULL) {
        sr_put_json(out, ", 'error': %s", report_case->error);
        if (report_case->unfinished)
            sr_put_json(out, ", 'unfinished': true");
    } else {
        sr_put_json(out, ", 'seed': '%" PRIu64 "', 'verdict': %s", result->seed,
                    result->failed == 0 ? "pass" : "fail");
        append_findings(out, report_case);
        append_numbers(out, report_case);
        append_outcomes(out, report_case);
        append_list(out, "advice", report_case->advice);
        append_provider(out, report_case);
        sr_put_json(out, ", 'digest': %s", result->digest);
    }
    /* For standard input there is a remark for people, which is no command. */
    if (report_case->replay[0] != '(')
        sr_put_json(out, ", 'replay': %s", report_case->replay);
    sr_put_json(out, "}");
}

void
sr_report_json_end(SrReport *report, bool stopped, GString *out)
{
    const SrReportCounts *counts = &report->counts;

    sr_put_json(out,
                "%-s], 'summary': {'scenarios': %u, 'run': %u, 'as_expected': %u, "
                "'expected_failures': %u, 'unexpected': %u, 'errors': %u",
                counts->n_cases > 0 || report->n_reasons > 0 ? "\n" : "",
                report->options.n_cases, counts->n_cases, counts->n_as_expected,
                counts->n_expected_failures, report->n_failures, counts->n_errors);
    if (counts->n_unfinished > 0)
        sr_put_json(out, ", 'unfinished': %u", counts->n_unfinished);
    if (report->n_reasons > 0)
        sr_put_json(out, ", 'skipped': %u", report->n_skipped);
    sr_put_json(out, ", 'complete': %-s}}\n", sr_text_bool(!stopped));
}

/* The report in each of its formats, on results made by hand: what is said, and that no name or
 * title from a file can say more than its letters in a terminal, a CI log, XML or TAP. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "report/report.h"

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
    static const char *const names[] = { "server", "token-provider", "encryption-provider",
                                         "alice", "bob" };

    (void) data;
    if (node < G_N_ELEMENTS(names))
        return copy(out, names[node]);
    g_autofree char *name = g_strdup_printf("fan-%u", node - 4);
    return copy(out, name);
}

static size_t
name_document(const void *data, uint32_t document, char out[SR_NODE_NAME_MAX])
{
    (void) data;
    return copy(out, document == 0 ? "document" : "other");
}

static size_t
name_hint(const void *data, uint32_t hint, char out[SR_HINT_TEXT_MAX])
{
    (void) data;
    return copy(out, hint == 1 ? "u1" : hint == 2 ? "u2" : "\x1b[31m::error::hint");
}

static size_t
name_key(const void *data, uint32_t key, char out[17])
{
    (void) data;
    (void) key;
    return copy(out, "00112233445566ff");
}

static const SrNames names = { NULL, 1100, 1, name_node, name_document, name_hint, name_key, NULL };

/* Two clients: alice wins at 231 ms, bob joins at 241 ms. */
static SrClientOutcome
both_collaborate(const void *data, uint32_t i)
{
    (void) data;
    return (SrClientOutcome){ .state = SR_CLIENT_COLLABORATING,
                              .started = true,
                              .accepted = true,
                              .won = i == 0,
                              .start_at = 0,
                              .collaborating_at = (231 + 10 * i) * MS,
                              .failed_at = SR_TIME_NEVER };
}

/* Alice wins; everybody else fails after 5.2 s. */
static SrClientOutcome
others_fail(const void *data, uint32_t i)
{
    if (i == 0)
        return both_collaborate(data, i);
    return (SrClientOutcome){ .state = SR_CLIENT_FAILED,
                              .reason = SR_REASON_ENCRYPTION,
                              .started = true,
                              .accepted = true,
                              .collaborating_at = SR_TIME_NEVER,
                              .failed_at = 5200 * MS };
}

static SrRunResult
passing_result(void)
{
    SrRunResult result = { .seed = UINT64_MAX,
                           .t = 241 * MS,
                           .records = 57,
                           .messages = 34,
                           .winner = 3,
                           .n_clients = 2,
                           .n_collaborating = 2,
                           .n_raced = 2,
                           .keys_made = 2,
                           .orphans = 1,
                           .orphan_kept_max = 180 * MS };

    strcpy(result.digest, "3f0c9b5a3f0c9b5a3f0c9b5a3f0c9b5a");
    result.story[0] = (SrRecord){
        .seq = 9, .t = 66 * MS, .node = 2, .event = SR_EVENT_KEY_MADE, .hint = 1, .key = 1
    };
    result.story[1] = (SrRecord){
        .seq = 30, .t = 131400 * SR_NS_PER_US, .node = 3, .event = SR_EVENT_WON, .hint = 1
    };
    result.story[2] =
        (SrRecord){ .seq = 40, .t = 231 * MS, .node = 3, .event = SR_EVENT_COLLABORATING };
    result.n_story = 3;
    return result;
}

/* The winner's key is discarded at 78 ms; bob cannot find it. */
static void
lose_key(SrRunResult *result)
{
    static const SrRecord cause = { .seq = 12,
                                    .t = 78 * MS,
                                    .node = 2,
                                    .event = SR_EVENT_KEY_DISCARDED,
                                    .hint = 1,
                                    .reason = SR_REASON_ON_NEW_KEY,
                                    .has = SR_HAS_REASON };
    static const SrRecord kept = { .seq = 13,
                                   .t = 78 * MS,
                                   .node = 2,
                                   .event = SR_EVENT_CHECK_FAILED,
                                   .check = SR_CHECK_KEY_KEPT,
                                   .detail = SR_DETAIL_LIVE_KEY_DISCARDED,
                                   .hint = 1 };
    static const SrRecord collaborate = { .seq = 99,
                                          .t = 60 * SR_NS_PER_S,
                                          .node = 4,
                                          .event = SR_EVENT_CHECK_FAILED,
                                          .check = SR_CHECK_ALL_COLLABORATE,
                                          .detail = SR_DETAIL_NOT_COLLABORATING,
                                          .number = 1 };

    result->seed = 1;
    result->n_collaborating = 1;
    result->n_failed = 1;
    result->failed = 1u << SR_CHECK_KEY_KEPT | 1u << SR_CHECK_ALL_COLLABORATE;
    result->n_failures = 2;
    result->failures[0].failed = kept;
    result->failures[0].cause = cause;
    result->failures[1].failed = collaborate;
    result->story[1] = cause;
    result->story[2] = kept;
    result->n_story = 3;
}

/* What the tests vary. */
typedef struct {
    const char *file, *title;
    SrRunResult result;
    uint32_t expected;
    const char *misses[2]; /* of line 22 */
    guint n_misses;
    SrClientOutcome (*client)(const void *data, uint32_t i);
} Sample;

static SrReportCase *
sample_case(const Sample *sample)
{
    g_autofree char *replay = sr_report_replay(NULL, 0, sample->result.seed, sample->file);
    g_autoptr(GPtrArray) misses = g_ptr_array_new();
    SrMiss missed[2];

    for (guint i = 0; i < sample->n_misses; i++) {
        missed[i] = (SrMiss){ 22, g_strdup(sample->misses[i]) };
        g_ptr_array_add(misses, &missed[i]);
    }
    SrReportFacts facts = {
        .file = sample->file,
        .title = sample->title,
        .expected = sample->expected,
        .expect_line = 21,
        .result = &sample->result,
        .names = &names,
        .clients = { sample->client, NULL },
        .misses = misses,
        .replay = replay,
    };
    SrReportCase *report_case = sr_report_case_new(&facts);

    for (guint i = 0; i < sample->n_misses; i++)
        g_free(missed[i].message);
    return report_case;
}

static char *
report_of(SrReportFormat format, bool quiet, const Sample *samples, size_t n, uint32_t n_cases)
{
    SrReportOptions options = { .format = format,
                                .program = "session-race 0",
                                .quiet = quiet,
                                .n_cases = n_cases,
                                .file_width = 8 };
    g_autoptr(SrReport) report = sr_report_new(&options);
    GString *out = g_string_new(NULL);

    sr_report_begin(report, out);
    for (size_t i = 0; i < n; i++) {
        g_autoptr(SrReportCase) report_case = sample_case(&samples[i]);
        sr_report_add(report, report_case, out);
    }
    sr_report_end(report, n < n_cases, out);
    return g_string_free(out, FALSE);
}

static Sample
passing(void)
{
    return (Sample){ "good.ini", "Two editors",   passing_result(), 0, { NULL },
                     0,          both_collaborate };
}

static Sample
failing(void)
{
    Sample sample = passing();

    sample.file = "bad.ini";
    sample.title = "Forgotten";
    lose_key(&sample.result);
    sample.misses[0] = "winner: expected bob, got alice";
    sample.n_misses = 1;
    sample.client = others_fail;
    return sample;
}

#define CONTAINS(text, part)                                                                   \
    do {                                                                                       \
        if (strstr(text, part) == NULL)                                                        \
            fail_msg("'%s' is not in:\n%s", part, text);                                       \
    } while (0)
#define LACKS(text, part)                                                                      \
    do {                                                                                       \
        if (strstr(text, part) != NULL)                                                        \
            fail_msg("'%s' is in:\n%s", part, text);                                           \
    } while (0)

static void
a_line_a_scenario(void **state)
{
    Sample samples[] = { passing(), passing() };
    g_autofree char *text = report_of(SR_REPORT_HUMAN, false, samples, 2, 2);

    (void) state;
    const char *line = "ok    good.ini      241 ms  2/2 collaborate, alice won    "
                       "3f0c9b5a3f0c9b5a3f0c9b5a3f0c9b5a\n";
    g_autofree char *wanted = g_strconcat(line, line, "2 scenarios: 2 as expected\n", NULL);
    assert_string_equal(text, wanted);
}

static void
quiet_is_silent_about_what_is_as_expected(void **state)
{
    Sample samples[] = { passing(), failing() };
    g_autofree char *good = report_of(SR_REPORT_HUMAN, true, samples, 1, 1);
    g_autofree char *both = report_of(SR_REPORT_HUMAN, true, samples, 2, 2);

    (void) state;
    assert_string_equal(good, "");
    LACKS(both, "good.ini");
    CONTAINS(both, "FAIL  bad.ini");
}

static void
a_failure_tells_its_story(void **state)
{
    Sample samples[] = { passing(), failing() };
    g_autofree char *text = report_of(SR_REPORT_HUMAN, false, samples, 2, 2);

    (void) state;
    CONTAINS(text, "FAIL  bad.ini ");
    CONTAINS(text, "      title: Forgotten\n");
    CONTAINS(text, "      key-kept failed at 78 ms: ");
    CONTAINS(text, "        event: #12, encryption-provider discards the key under hint u1 "
                   "(on-new-key)\n");
    CONTAINS(text, "      all-collaborate failed at the end, 60 s: ");
    CONTAINS(text, "      who suffers:\n        bob  fails(encryption) at 5.2 s\n");
    CONTAINS(text, "      what led to it:\n"
                   "        66 ms  +66 ms  encryption-provider  makes a key under hint u1\n"
                   "        78 ms  +12 ms  encryption-provider  discards the key under hint u1 "
                   "(on-new-key)\n");
    CONTAINS(text, "check failed: key-kept  <==\n");
    CONTAINS(text, "      expected: pass; got fail(key-kept, all-collaborate)\n");
    CONTAINS(text, "      not met: winner: expected bob, got alice (bad.ini:22)\n");
    CONTAINS(text, "      replay: session-race run --seed 1 bad.ini\n");
    CONTAINS(text, "2 scenarios: 1 as expected, 1 not as expected\n"
                   "FAIL  bad.ini: expected pass, got fail(key-kept, all-collaborate); winner: "
                   "expected bob, got alice\n");
}

static void
an_expected_failure_is_a_line_that_names_the_checks(void **state)
{
    Sample samples[] = { failing(), passing() };
    samples[0].expected = samples[0].result.failed;
    samples[0].n_misses = 0;
    g_autofree char *text = report_of(SR_REPORT_HUMAN, false, samples, 2, 2);

    (void) state;
    CONTAINS(text, "ok    bad.ini ");
    CONTAINS(text, "  fails as expected: key-kept, all-collaborate\n");
    CONTAINS(text, "2 scenarios: 2 as expected (1 of them fails as expected)\n");
    LACKS(text, "who suffers");
}

static void
a_check_that_should_have_failed_and_held_is_unexpected(void **state)
{
    Sample sample = passing();
    sample.expected = 1u << SR_CHECK_KEY_KEPT;
    g_autofree char *text = report_of(SR_REPORT_HUMAN, false, &sample, 1, 1);

    (void) state;
    CONTAINS(text, "FAIL  good.ini");
    CONTAINS(text, "expected: fail(key-kept); got pass\n");
}

static void
one_scenario_alone_is_told_in_full(void **state)
{
    Sample sample = passing();
    g_autofree char *text = report_of(SR_REPORT_HUMAN, false, &sample, 1, 1);

    (void) state;
    CONTAINS(
        text,
        "      client  outcome\n      alice   wins at 231 ms\n      bob     joins at 241 ms\n");
    CONTAINS(text, "keys: 2 made, 1 orphaned (kept up to 180 ms), 0 discarded");
    CONTAINS(text, "messages: 34 sent, 57 events; 2 of 2 clients raced\n");
    CONTAINS(text,
             "           66 ms    +66 ms  encryption-provider  makes a key under hint u1\n"
             "        131.4 ms  +65.4 ms  alice                wins: its creation is accepted, "
             "hint u1\n"
             "          231 ms  +99.6 ms  alice                collaborates\n");
    CONTAINS(text, "replay: session-race run --seed 18446744073709551615 good.ini\n");
}

static void
a_crowd_is_counted(void **state)
{
    Sample sample = failing();
    sample.result.n_clients = 1001;
    sample.result.n_failed = 1000;
    g_autofree char *text = report_of(SR_REPORT_HUMAN, false, &sample, 1, 1);
    g_autofree char *json = report_of(SR_REPORT_JSON, false, &sample, 1, 1);

    (void) state;
    CONTAINS(text, "clients: 1 wins, 1000 fails(encryption)\n");
    CONTAINS(text, "        … and 995 more\n");
    CONTAINS(text, "time to collaborate: min 231 ms, median 231 ms, p90 231 ms, p99 231 ms, "
                   "max 231 ms (of the 1 that ever did)\n");
    LACKS(json, "\"outcomes\"");
}

static void
a_refused_token_names_both_clocks_and_the_cure(void **state)
{
    Sample sample = passing();
    sample.result.story[1] = (SrRecord){
        .seq = 10,
        .t = 40 * MS,
        .node = 0,
        .event = SR_EVENT_TOKEN_JUDGED,
        .peer = 4,
        .msg = SR_MSG_CONNECT,
        .reason = SR_REASON_ISSUED_IN_FUTURE,
        .has = SR_HAS_IAT | SR_HAS_EXP,
        .token = { .iat = 1685577605, .exp = 1685577905, .now = 1685577600, .leeway = 0 },
    };
    g_autofree char *text = report_of(SR_REPORT_HUMAN, false, &sample, 1, 1);

    (void) state;
    CONTAINS(text, "note: the token of bob was refused as issued-in-future: by the clock of "
                   "token-provider it was issued at "
                   "2023-06-01T00:00:05Z (1685577605), but the clock of server read only "
                   "2023-06-01T00:00:00Z (1685577600), "
                   "5 s less, and its leeway is 0 s. Synchronise both clocks with NTP");
    LACKS(text, "tokens were refused");
    sample.result.tokens_refused = 7;
    g_autofree char *many = report_of(SR_REPORT_HUMAN, false, &sample, 1, 1);
    g_autofree char *tap = report_of(SR_REPORT_TAP, false, &sample, 1, 1);
    CONTAINS(many, "([server] leeway); 7 tokens were refused in all.\n");
    CONTAINS(tap, "  note: \"the token of bob was refused");
}

/* Of the 48 milestones that a result holds at most, and of those it has no room for. */
static void
what_repeats_takes_one_line(void **state)
{
    Sample sample = passing();
    g_autofree char *none = report_of(SR_REPORT_HUMAN, false, &sample, 1, 1);

    (void) state;
    for (uint32_t i = 0; i < 40; i++)
        sample.result.story[3 + i] = (SrRecord){
            .t = (300 + 2 * i) * MS, .node = 2, .event = SR_EVENT_KEY_MISSING, .hint = 1 + i % 2
        };
    sample.result.n_story = 43;
    sample.result.story_left_out = 1;
    g_autofree char *text = report_of(SR_REPORT_HUMAN, false, &sample, 1, 1);
    LACKS(none, "more milestone");
    CONTAINS(text, "has no key under hint u1 (20 times until 376 ms)\n");
    CONTAINS(text, "has no key under hint u2 (20 times until 378 ms)\n"
                   "        … 1 more milestone; --trace FILE has all of them\n");
    sample.result.story_left_out = 12;
    g_autofree char *dozen = report_of(SR_REPORT_HUMAN, false, &sample, 1, 1);
    CONTAINS(dozen, "        … 12 more milestones; --trace FILE has all of them\n");
}

/* Two clients: the first did not start, the second wins. */
static SrClientOutcome
one_starts_late(const void *data, uint32_t i)
{
    SrClientOutcome outcome = both_collaborate(data, 1 - i);

    if (i == 0)
        outcome = (SrClientOutcome){ .start_at = SR_TIME_NEVER,
                                     .collaborating_at = SR_TIME_NEVER,
                                     .failed_at = SR_TIME_NEVER };
    return outcome;
}

static void
every_format_names_the_limit(void **state)
{
    static const char remark[] =
        "ended at [scenario] limit = 60s with events left; raise it to see them";
    Sample sample = failing();

    (void) state;
    sample.result.at_limit = true;
    sample.result.t = 60 * SR_NS_PER_S;
    sample.client = one_starts_late;
    for (unsigned i = 0; i < SR_REPORT_FORMAT_N; i++) {
        g_autofree char *text = report_of((SrReportFormat) i, false, &sample, 1, 1);
        if (i != SR_REPORT_JSON)
            CONTAINS(text, remark);
        if (i == SR_REPORT_HUMAN)
            CONTAINS(text, "alice   did not start: its start lies beyond [scenario] limit\n");
        if (i == SR_REPORT_GITHUB)
            CONTAINS(text, "%0Aended at [scenario] limit = 60s with");
    }
    Sample good[] = { passing(), passing() };
    good[1].result.at_limit = true;
    good[1].result.t = 3600 * SR_NS_PER_S;
    g_autofree char *both = report_of(SR_REPORT_HUMAN, false, good, 2, 2);
    CONTAINS(both, "  ended at [scenario] limit = 1h with events left; raise it to see them\n");
}

/* Both won a session; bob joined that of alice first. */
static SrClientOutcome
both_won(const void *data, uint32_t i)
{
    SrClientOutcome outcome = both_collaborate(data, i);

    outcome.won = true;
    return outcome;
}

static void
a_later_win_is_no_first_collaborating(void **state)
{
    Sample sample = passing();

    (void) state;
    sample.client = both_won;
    g_autofree char *unknown = report_of(SR_REPORT_HUMAN, false, &sample, 1, 1);
    sample.result.story[3] =
        (SrRecord){ .t = 900 * MS, .node = 4, .event = SR_EVENT_WON, .hint = 2 };
    sample.result.n_story = 4;
    g_autofree char *later = report_of(SR_REPORT_HUMAN, false, &sample, 1, 1);
    sample.result.story[3].t = 235 * MS;
    g_autofree char *first = report_of(SR_REPORT_HUMAN, false, &sample, 1, 1);

    CONTAINS(unknown, "alice   wins at 231 ms\n      bob     wins, collaborates at 241 ms\n");
    CONTAINS(later, "alice   wins at 231 ms\n      bob     joins at 241 ms, wins later\n");
    CONTAINS(first, "alice   wins at 231 ms\n      bob     wins at 241 ms\n");
}

/* 99 join after 1 ms, 2 ms …; the first wins. */
static SrClientOutcome
one_after_the_other(const void *data, uint32_t i)
{
    SrClientOutcome outcome = both_collaborate(data, i);

    outcome.start_at = 5 * MS;
    outcome.collaborating_at = (6 + i) * MS;
    return outcome;
}

static void
many_clients_have_a_spread(void **state)
{
    Sample sample = passing();

    (void) state;
    sample.client = one_after_the_other;
    sample.result.n_clients = sample.result.n_collaborating = 100;
    g_autofree char *text = report_of(SR_REPORT_HUMAN, false, &sample, 1, 1);
    CONTAINS(text,
             "      clients: 1 wins, 99 join\n"
             "      time to collaborate: min 1 ms, median 50 ms, p90 90 ms, p99 99 ms, max "
             "100 ms\n");
    sample.result.n_clients = sample.result.n_collaborating = 12;
    g_autofree char *few = report_of(SR_REPORT_HUMAN, false, &sample, 1, 1);
    LACKS(few, "time to collaborate");
}

static void
instants_have_one_form(void **state)
{
    static const struct {
        SrTime t;
        const char *text;
    } rows[] = {
        { 0, " 0 ms  " },
        { 999, " 999 ns  " },
        { 1234567, " 1.235 ms  " },
        { 78500 * SR_NS_PER_US, " 78.5 ms  " },
        { 241 * MS, " 241 ms  " },
        { 241049999, " 241 ms  " },
        { 241050000, " 241.1 ms  " },
        { 999949999, " 999.9 ms  " },
        { 999950000, " 1 s  " },
        { 10 * SR_NS_PER_S, " 10 s  " },
        { 126801 * MS, " 126.8 s  " },
        { UINT64_C(2591996) * SR_NS_PER_S, " 2592000 s  " },
    };

    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        Sample samples[] = { passing(), passing() };
        samples[0].result.t = rows[i].t;
        g_autofree char *text = report_of(SR_REPORT_HUMAN, false, samples, 2, 2);
        CONTAINS(text, rows[i].text);
    }
}

static void
what_was_stopped_is_skipped_in_junit(void **state)
{
    SrReportOptions options = { .format = SR_REPORT_JUNIT, .program = "p", .n_cases = 2 };
    g_autoptr(SrReport) report = sr_report_new(&options);
    g_autoptr(GString) out = g_string_new(NULL);
    Sample sample = passing();
    g_autoptr(SrReportCase) report_case = sample_case(&sample);

    (void) state;
    sr_report_add(report, report_case, out);
    sr_report_stop(report, "d/<2>.ini", "stopped by SIGINT");
    sr_report_end(report, true, out);
    CONTAINS(out->str, "tests=\"2\" failures=\"0\" errors=\"0\" skipped=\"1\"");
    CONTAINS(out->str, "<testcase classname=\"d\" name=\"d/&lt;2&gt;.ini\" "
                       "file=\"d/&lt;2&gt;.ini\" time=\"0.000000000\">\n"
                       "      <skipped message=\"stopped by SIGINT\"/>\n");
}

static void
one_is_singular(void **state)
{
    Sample sample = passing();

    (void) state;
    sample.result.n_clients = sample.result.n_collaborating = sample.result.n_raced = 1;
    sample.result.keys_missing = 1;
    g_autofree char *text = report_of(SR_REPORT_HUMAN, false, &sample, 1, 1);
    CONTAINS(text, "1/1 collaborates, alice won");
    CONTAINS(text, "1 of 1 client raced\n");
    CONTAINS(text, "1 time asked for in vain\n");
}

static void
tap_is_flat_and_thirteen(void **state)
{
    Sample samples[] = { passing(), failing() };
    g_autofree char *text = report_of(SR_REPORT_TAP, true, samples, 2, 2);

    (void) state;
    assert_true(g_str_has_prefix(
        text,
        "TAP version 13\n1..2\nok 1 - good.ini # 241 ms, 2/2 collaborate, alice won\n  ---\n"));
    CONTAINS(text, "not ok 2 - bad.ini # ");
    CONTAINS(text, "  failed:\n    - key-kept\n    - all-collaborate\n");
    CONTAINS(text,
             "  misses:\n    - line: 22\n      message: \"winner: expected bob, got alice\"\n"
             "  suffers:\n    - client: \"bob\"\n      outcome: \"fails(encryption)\"\n"
             "      at: \"5.2 s\"\n");
    CONTAINS(text, "  replay: \"session-race run --seed 1 bad.ini\"\n  ...\n");
}

static void
tap_takes_no_directive_from_a_name(void **state)
{
    Sample sample = failing();
    sample.file = "a # TODO \\# skip\nok 2";
    g_autofree char *text = report_of(SR_REPORT_TAP, false, &sample, 1, 1);

    (void) state;
    CONTAINS(text, "not ok 1 - a \\# TODO \\\\\\# skip\\\\x0aok 2 # ");
}

static void
tap_says_that_it_was_stopped(void **state)
{
    Sample sample = passing();
    g_autofree char *text = report_of(SR_REPORT_TAP, false, &sample, 1, 3);

    (void) state;
    assert_true(g_str_has_suffix(text, "Bail out! Stopped after 1 of 3 scenarios\n"));
}

static void
json_has_its_shape(void **state)
{
    Sample samples[] = { passing(), failing() };
    g_autofree char *text = report_of(SR_REPORT_JSON, false, samples, 2, 2);

    (void) state;
    assert_true(g_str_has_prefix(
        text,
        "{\"format\": \"session-race-run\", \"version\": 1, \"program\": \"session-race 0\", "
        "\"results\": [\n{\"file\": \"good.ini\", \"title\": \"Two editors\", "
        "\"as_expected\": true, \"seed\": \"18446744073709551615\", \"verdict\": \"pass\", "
        "\"expected\": [], \"failed\": [], \"misses\": [], \"t\": 241000000, "));
    CONTAINS(text, "\"failed\": [{\"check\": \"key-kept\", \"t\": 78000000, \"seq\": 13, "
                   "\"node\": \"encryption-provider\", ");
    CONTAINS(text,
             "\"cause\": {\"t\": 78000000, \"seq\": 12, \"node\": \"encryption-provider\", ");
    CONTAINS(text,
             "\"misses\": [{\"line\": 22, \"message\": \"winner: expected bob, got alice\"}]");
    CONTAINS(
        text,
        "\"outcomes\": [{\"client\": \"alice\", \"outcome\": \"wins\", \"t\": 231000000}, ");
    assert_true(g_str_has_suffix(
        text,
        "\n], \"summary\": {\"scenarios\": 2, \"run\": 2, \"as_expected\": 1, "
        "\"expected_failures\": 0, \"unexpected\": 1, \"errors\": 0, \"complete\": true}}\n"));
}

static void
junit_counts_and_escapes(void **state)
{
    Sample samples[] = { passing(), failing() };
    samples[1].title = "]]> <b> & \" \x1b \xef\xbf\xbe ##[error]x";
    samples[1].file = "dir/<&\">.ini";
    g_autofree char *text = report_of(SR_REPORT_JUNIT, false, samples, 2, 2);

    (void) state;
    CONTAINS(text,
             "tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"0\" time=\"0.482000000\"");
    CONTAINS(text, "<testcase classname=\".\" name=\"good.ini\" file=\"good.ini\" line=\"21\" "
                   "time=\"0.241000000\">");
    CONTAINS(text, "classname=\"dir\" name=\"dir/&lt;&amp;&quot;&gt;.ini\"");
    CONTAINS(text, "<failure type=\"check\" message=\"expected pass, got fail(key-kept, "
                   "all-collaborate); winner");
    LACKS(text, "]]>");
    LACKS(text, "\x1b");
    LACKS(text, "\xef\xbf\xbe");
    LACKS(text, "##[");
}

static void
github_annotates_what_is_unexpected(void **state)
{
    Sample samples[] = { passing(), failing() };
    samples[1].file = "a,b:c%\n.ini";
    g_autofree char *text = report_of(SR_REPORT_GITHUB, false, samples, 2, 2);

    (void) state;
    CONTAINS(text,
             "\n::error file=a%2Cb%3Ac%25%0A.ini,line=21,title=key-kept::expected pass, got "
             "fail(key-kept, all-collaborate); winner: expected bob, got alice%0Akey-kept: ");
    CONTAINS(text, "%0Awho suffers: bob%0Areplay: session-race run");
    /* The block for people and the annotation, and no third time. */
    g_auto(GStrv) parts = g_strsplit(text, "got fail(key-kept", -1);
    assert_int_equal(g_strv_length(parts), 3);
    LACKS(text, "good.ini,line");
}

static void
a_missed_expectation_is_annotated_at_its_line(void **state)
{
    Sample sample = failing();
    sample.expected = sample.result.failed;
    g_autofree char *text = report_of(SR_REPORT_GITHUB, false, &sample, 1, 1);

    (void) state;
    CONTAINS(text, "::error file=bad.ini,line=22,title=expectation not met::winner: expected "
                   "bob, got alice%0Awho suffers: bob%0Areplay: ");
}

static void
an_error_is_never_as_expected(void **state)
{
    g_autoptr(SrReportCase) report_case =
        sr_report_case_new_error("a.ini", "", "t.ndjson: No space left on device", "replay");
    SrReportOptions options = { .format = SR_REPORT_JUNIT, .program = "p", .n_cases = 1 };
    g_autoptr(SrReport) report = sr_report_new(&options);
    g_autoptr(GString) out = g_string_new(NULL);

    (void) state;
    assert_false(sr_report_case_as_expected(report_case));
    sr_report_add(report, report_case, out);
    sr_report_end(report, false, out);
    assert_int_equal(sr_report_counts(report).n_errors, 1);
    CONTAINS(out->str, "errors=\"1\"");
    CONTAINS(out->str, "<error type=\"system\" message=\"t.ndjson: No space left on device\">");
}

/* No byte that a terminal obeys, and no line that a runner obeys, whatever the file is called
 * and titled. */
static void
nothing_from_a_file_is_obeyed(void **state)
{
    static const char *const hostile[] = {
        "\x1b[2J\x1b]0;x\x07",
        "a\nb\rc\td",
        "::error::x",
        "  ::set-output name=a::b",
        "##[command]x",
        "\xe2\x80\xae"
        "gpj.exe",
        "\xc2\x9b"
        "31m",
        "\xff\xfe",
        "\xe2\x80\xa8::error::y",
        "]]><x/>",
        "\"'`$(touch x)`",
        "-rf",
        "\x7f",
    };

    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(hostile); i++) {
        for (unsigned format = 0; format < SR_REPORT_FORMAT_N; format++) {
            Sample samples[] = { failing(), passing() };
            samples[0].file = samples[0].title = samples[0].misses[0] = hostile[i];
            samples[0].result.story[0].hint = 3;
            g_autofree char *text = report_of((SrReportFormat) format, false, samples, 2, 2);
            assert_true(g_utf8_validate(text, -1, NULL));
            for (const char *p = text; *p != '\0'; p = g_utf8_find_next_char(p, NULL)) {
                gunichar c = g_utf8_get_char(p);
                bool control = (c < 0x20 && c != '\n') || (c >= 0x7f && c < 0xa0);
                bool bidi = c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
                            (c >= 0x2066 && c <= 0x2069);
                if (control || bidi)
                    fail_msg("U+%04X in %s of %s:\n%s", c,
                             sr_report_format_name((SrReportFormat) format), hostile[i], text);
            }
            LACKS(text, "##[");
            g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
            for (size_t j = 0; lines[j] != NULL; j++) {
                const char *line = lines[j] + strspn(lines[j], " ");
                if (g_str_has_prefix(line, "::") &&
                    !(format == SR_REPORT_GITHUB &&
                      g_str_has_prefix(lines[j], "::error file=")))
                    fail_msg("a command in %s: %s",
                             sr_report_format_name((SrReportFormat) format), lines[j]);
            }
        }
    }
}

static void
a_replay_is_quoted(void **state)
{
    static const char *const overrides[] = { "client bob.start=12ms", "server.leeway=1s" };
    g_autofree char *line = sr_report_replay(overrides, 2, 7, "it's.ini");
    g_autofree char *dash = sr_report_replay(NULL, 0, 7, "-x.ini");
    g_autofree char *standard = sr_report_replay(NULL, 0, 7, "-");

    (void) state;
    g_auto(GStrv) argv = NULL;
    assert_true(g_shell_parse_argv(line, NULL, &argv, NULL));
    static const char *const wanted[] = { "session-race", "run",
                                          "--set",        "client bob.start=12ms",
                                          "--set",        "server.leeway=1s",
                                          "--seed",       "7",
                                          "it's.ini",     NULL };
    assert_true(g_strv_equal((const char *const *) argv, wanted));
    assert_string_equal(dash, "session-race run --seed 7 -- -x.ini");
    assert_string_equal(standard, "(the scenario was read from standard input)");
    g_autofree char *hidden = sr_report_replay(NULL, 0, 7, "a\x1b[2J\nb\xff");
    for (const char *p = hidden; *p != '\0'; p++)
        assert_in_range(*p, 0x20, 0x7e);
}

static void
columns_count_what_is_seen(void **state)
{
    (void) state;
    assert_int_equal(sr_report_width("abc"), 3);
    assert_int_equal(sr_report_width("\xe6\x97\xa5"), 2);
    assert_int_equal(sr_report_width("\x1b"), 4);
    assert_int_equal(sr_report_width("e\xcc\x81"), 1);
}

/* Every event has a sentence, and where there are several documents it names the one that it is about,
 * if it is about one: nothing else knows, so nothing else may be told. */
static void
every_event_has_a_sentence(void **state)
{
    SrNames two = names;

    (void) state;
    two.n_documents = 2;
    for (unsigned i = 0; i < SR_EVENT_N; i++) {
        SrRecord record = { .event = (uint8_t) i,
                            .node = 3,
                            .peer = 3,
                            .hint = 1,
                            .key = 1,
                            .document = 1,
                            .msg = SR_MSG_CONNECT };
        g_autoptr(GString) text = g_string_new(NULL);
        sr_record_sentence(&record, &two, text);
        assert_int_equal(g_str_has_suffix(text->str, " [other]"),
                         sr_trace_speaks_of_document(&record));
        assert_true(text->len > 0 && text->str[0] != ' ');
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_a_scenario),
        cmocka_unit_test(quiet_is_silent_about_what_is_as_expected),
        cmocka_unit_test(a_failure_tells_its_story),
        cmocka_unit_test(an_expected_failure_is_a_line_that_names_the_checks),
        cmocka_unit_test(a_check_that_should_have_failed_and_held_is_unexpected),
        cmocka_unit_test(one_scenario_alone_is_told_in_full),
        cmocka_unit_test(a_crowd_is_counted),
        cmocka_unit_test(a_refused_token_names_both_clocks_and_the_cure),
        cmocka_unit_test(what_repeats_takes_one_line),
        cmocka_unit_test(every_format_names_the_limit),
        cmocka_unit_test(a_later_win_is_no_first_collaborating),
        cmocka_unit_test(many_clients_have_a_spread),
        cmocka_unit_test(instants_have_one_form),
        cmocka_unit_test(what_was_stopped_is_skipped_in_junit),
        cmocka_unit_test(one_is_singular),
        cmocka_unit_test(tap_is_flat_and_thirteen),
        cmocka_unit_test(tap_takes_no_directive_from_a_name),
        cmocka_unit_test(tap_says_that_it_was_stopped),
        cmocka_unit_test(json_has_its_shape),
        cmocka_unit_test(junit_counts_and_escapes),
        cmocka_unit_test(github_annotates_what_is_unexpected),
        cmocka_unit_test(a_missed_expectation_is_annotated_at_its_line),
        cmocka_unit_test(an_error_is_never_as_expected),
        cmocka_unit_test(nothing_from_a_file_is_obeyed),
        cmocka_unit_test(a_replay_is_quoted),
        cmocka_unit_test(columns_count_what_is_seen),
        cmocka_unit_test(every_event_has_a_sentence),
    };

    return cmocka_run_group_tests_name("report", tests, NULL, NULL) != 0;
}

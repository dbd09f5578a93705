/* The findings of `explore`, for people and for programs.
 *
 * The JSON is one object with its members always in this order; a check that fails has `steps`.
 */
#include <string.h>

#include "explore-private.h"
#include "base/escape.h"
#include "result/story.h"
#include "session-race/trace-writer.h"
#include "base/whole-file.h"

/* ---- what was found ---- */

uint32_t
sr_explore_expected(const SrExploreSession *session)
{
    const SrExploreSettings *settings = &session->scenario->explore;

    return settings->verdict_given && settings->verdict == SR_VERDICT_FAIL ? settings->failed
                                                                           : 0;
}

static bool
is_complete(const SrExploreSession *session)
{
    return session->result.end == SR_EXPLORE_COMPLETE;
}

#define LIMIT(what) G_STRINGIFY(SR_EXPLORE_##what##_MAX)

/* clang-format off */
static const char out_of_room[] =
    "a state is out of room: it has more than " LIMIT(PENDING) " pending items, "
    LIMIT(HINTS) " hints, " LIMIT(KEYS) " keys or " LIMIT(CONNS) " connections of one client";
/* clang-format on */

/* Returns: why the search ended early */
static const char *
limit_text(SrExploreEnd end)
{
    switch (end) {
    case SR_EXPLORE_COMPLETE:
        return "";
    case SR_EXPLORE_FIRST:
        return "it was to end with the first failure";
    case SR_EXPLORE_DEPTH:
        return "more lies beyond the steps that were allowed";
    case SR_EXPLORE_MEMORY_FULL:
        return "the memory that was allowed is full";
    case SR_EXPLORE_OUT_OF_ROOM:
        return out_of_room;
    case SR_EXPLORE_STOPPED:
        return sr_stop_signal() != 0 ? "it was stopped" : "its time was up";
    }
    g_assert_not_reached();
}

static const char *
limit_word(SrExploreEnd end)
{
    static const char *const words[] = {
        [SR_EXPLORE_COMPLETE] = "complete",
        [SR_EXPLORE_FIRST] = "first",
        [SR_EXPLORE_DEPTH] = "depth",
        [SR_EXPLORE_MEMORY_FULL] = "memory",
        [SR_EXPLORE_OUT_OF_ROOM] = "out-of-room",
        [SR_EXPLORE_STOPPED] = "stopped",
    };

    return words[end];
}

int
sr_explore_status(const SrExploreSession *session)
{
    uint32_t failed = session->result.failed, wanted = sr_explore_expected(session);

    if (failed & ~wanted)
        return SR_EXIT_UNEXPECTED;
    if (session->result.end == SR_EXPLORE_STOPPED && sr_stop_signal() != 0)
        return sr_stop_status();
    if (!is_complete(session))
        return failed == wanted && session->result.end == SR_EXPLORE_FIRST ? SR_EXIT_OK
                                                                           : SR_EXIT_INCOMPLETE;
    return failed == wanted && session->result.trapped == 0 ? SR_EXIT_OK : SR_EXIT_UNEXPECTED;
}

/* Ends the line of @out that begins at @start; if it is broken, further lines are indented by
 * @hang columns. */
static void
end_line(SrExploreSession *session, gsize start, size_t hang)
{
    sr_style_end_line(&session->style, start, (unsigned) hang, session->out);
}

/* Writes a list behind @label; further lines begin below its first word. */
static void
put_list(SrExploreSession *session, const char *label, uint32_t checks)
{
    gsize start = session->out->len;
    const char *separator = "";

    g_string_append(session->out, label);
    for (unsigned i = 0; i < SR_CHECK_N; i++) {
        if (!(checks >> i & 1))
            continue;
        g_string_append_printf(session->out, "%s%s", separator, sr_check_name((SrCheckId) i));
        separator = ", ";
    }
    end_line(session, start, strlen(label));
}

static void
put_count(GString *out, uint64_t n, const char *one, const char *many)
{
    if (n == 0)
        g_string_append_printf(out, "no %s", many);
    else
        g_string_append_printf(out, "%" PRIu64 " %s", n, n == 1 ? one : many);
}

/* What the search does not cover. The last item depends on whether retries are counted. */
static const char *
not_covered(const SrExploreResult *result, unsigned i)
{
    static const char *const list[] = { "times and clocks", "the timeline", "[chaos]",
                                        "links out of order",
                                        "crashes and upgrades of the server" };

    if (i < G_N_ELEMENTS(list))
        return list[i];
    if (i > G_N_ELEMENTS(list))
        return NULL;
    return result->count_retries
               ? "attempts to connect during an outage"
               : "limits of retries (a client asks again as often as it takes; --count-retries "
                 "counts them down)";
}

/* ---- the story ---- */

static void
put_step(void *data, uint32_t number, const char *what)
{
    SrExploreSession *session = data;
    gsize start = session->out->len;

    g_string_append_printf(session->out, "  %4u  ", number);
    sr_escape_terminal(session->out, what, strlen(what));
    end_line(session, start, strlen("        "));
}

static void
put_record(void *data, const SrRecord *record, const SrNames *names)
{
    SrExploreSession *session = data;
    g_autoptr(GString) sentence = g_string_new(NULL);
    gsize start = session->out->len;
    char name[SR_NODE_NAME_MAX];
    size_t length;

    if (!sr_story_is_milestone(record))
        return;
    g_string_append(session->out, "          ");
    if (record->event != SR_EVENT_CHECK_FAILED) {
        length = names->node(names->data, record->node, name);
        g_string_append_len(session->out, name, (gssize) length);
        g_string_append_c(session->out, ' ');
    }
    sr_record_sentence(record, names, sentence);
    if (record->event == SR_EVENT_CHECK_FAILED) {
        g_string_append(sentence, ": ");
        sr_detail_format(record, names, sentence);
    }
    sr_escape_terminal(session->out, sentence->str, sentence->len);
    end_line(session, start, strlen("            "));
}

static void
put_story(SrExploreSession *session)
{
    const SrExploreTeller teller = { .step = put_step, .record = put_record, .data = session };

    g_string_append_printf(session->out, "How %s fails:\n", sr_check_name(session->shown));
    sr_exploration_tell(session->exploration, session->shown, &teller);
}

/* How to replay the counterexample that was shown. */
static void
put_replay(SrExploreSession *session)
{
    g_autofree char *replay =
        session->written ? sr_report_replay(NULL, 0, 1, session->scenario_path) : NULL;

    if (replay != NULL)
        g_string_append_printf(session->out, "\n  replay: %s\n", replay);
    else if (session->scenario_path == NULL)
        g_string_append(session->out,
                        "\n  --scenario FILE writes this as a scenario that 'run' replays\n");
}

/* ---- for people ---- */

static void
put_scope(SrExploreSession *session)
{
    const SrExploreResult *result = &session->result;
    GString *out = session->out;

    put_count(out, result->n_clients, "client", "clients");
    g_string_append(out, ", ");
    put_count(out, result->crashes, "crash", "crashes");
    g_string_append(out, ", ");
    put_count(out, result->disconnects, "disconnect", "disconnects");
    g_string_append(out, ", ");
    put_count(out, result->expirations, "expiration", "expirations");
    if (!result->symmetry)
        g_string_append(out, ", clients told apart");
    if (!result->reduction)
        g_string_append(out, ", every order");
    if (result->count_retries)
        g_string_append(out, ", retries counted");
    g_string_append_c(out, '\n');
}

static void
put_checks(SrExploreSession *session)
{
    const SrExploreResult *result = &session->result;
    uint32_t holds = ((1u << SR_CHECK_N) - 1) & ~result->failed;
    GString *out = session->out;

    for (unsigned i = 0; i < SR_CHECK_N; i++) {
        bool is_expected = sr_explore_expected(session) >> i & 1;

        if (!(result->failed >> i & 1))
            continue;
        g_string_append_printf(out, "  %s ", sr_check_name((SrCheckId) i));
        sr_style_paint(&session->style, is_expected ? SR_COLOUR_SOFT : SR_COLOUR_BAD, "fails",
                       out);
        g_string_append_printf(out, " in %u steps%s%s\n",
                               sr_exploration_tell(session->exploration, (SrCheckId) i, NULL),
                               result->refuted[i].shortest ? "" : " or less",
                               is_expected ? ", as expected" : "");
    }
    put_list(session, is_complete(session) ? "  hold: " : "  not seen to fail: ", holds);
}

static void
put_end(SrExploreSession *session)
{
    const SrExploreResult *result = &session->result;
    uint32_t missing = sr_explore_expected(session) & ~result->failed;
    GString *out = session->out;
    gsize start;

    g_string_append(out, "  ");
    put_count(out, result->states, "state", "states");
    g_string_append(out, ", ");
    put_count(out, result->transitions, "transition", "transitions");
    g_string_append_printf(out, ", %u steps deep, ", result->depth);
    put_count(out, result->ends, "end", "ends");
    g_string_append_c(out, '\n');
    start = out->len;
    g_string_append(out, "  not covered: ");
    for (unsigned i = 0; not_covered(result, i) != NULL; i++)
        g_string_append_printf(out, "%s%s", i == 0 ? "" : ", ", not_covered(result, i));
    end_line(session, start, strlen("  not covered: "));
    if (result->trapped > 0)
        g_string_append_printf(out,
                               "  from %" PRIu64
                               " of these states no end is reached: there it goes round for "
                               "ever\n",
                               result->trapped);
    if (!is_complete(session))
        g_string_append_printf(out, "  not every state was looked at: %s\n",
                               limit_text(result->end));
    if (missing != 0)
        put_list(session,
                 is_complete(session) ? "  expected to fail, but hold: "
                                      : "  expected to fail, but did not yet: ",
                 missing);
}

void
sr_explore_human(SrExploreSession *session)
{
    const char *name = sr_whole_file_name(session->file->path);
    int status = sr_explore_status(session);
    GString *out = session->out;

    if (status == SR_EXIT_OK)
        sr_style_paint(&session->style, SR_COLOUR_GOOD, "PASS  ", out);
    else if (status == SR_EXIT_UNEXPECTED)
        sr_style_paint(&session->style, SR_COLOUR_BAD, "FAIL  ", out);
    else
        sr_style_paint(&session->style, SR_COLOUR_SOFT, "OPEN  ", out);
    sr_escape_terminal(out, name, strlen(name));
    g_string_append(out, ": ");
    put_scope(session);
    put_checks(session);
    put_end(session);
    if (session->shown != SR_CHECK_N && (session->result.failed >> session->shown & 1)) {
        g_string_append_c(out, '\n');
        put_story(session);
        put_replay(session);
    } else if (session->asked) {
        g_string_append_printf(out, "  no story of %s: it %s\n", sr_check_name(session->shown),
                               is_complete(session) ? "does not fail" : "was not seen to fail");
    }
}

/* ---- for programs ---- */

static void
put_json_step(void *data, uint32_t number, const char *what)
{
    SrExploreSession *session = data;

    g_string_append(session->out, number == 1 ? "" : ", ");
    sr_escape_json(session->out, what, strlen(what));
}

static void
put_json_checks(SrExploreSession *session)
{
    const SrExploreTeller teller = { .step = put_json_step, .data = session };
    GString *out = session->out;

    g_string_append(out, "\"checks\": [");
    for (unsigned i = 0; i < SR_CHECK_N; i++) {
        bool failed = session->result.failed >> i & 1;

        g_string_append_printf(out, "%s\n  {\"check\": \"%s\", \"verdict\": \"%s\", ",
                               i == 0 ? "" : ",", sr_check_name((SrCheckId) i),
                               failed                 ? "fails"
                               : is_complete(session) ? "holds"
                                                      : "open");
        g_string_append_printf(out, "\"expected\": %s",
                               sr_explore_expected(session) >> i & 1 ? "\"fails\""
                                                                     : "\"holds\"");
        if (failed) {
            g_string_append(out, ", \"steps\": [");
            sr_exploration_tell(session->exploration, (SrCheckId) i, &teller);
            g_string_append_c(out, ']');
        }
        g_string_append_c(out, '}');
    }
    g_string_append(out, "]");
}

void
sr_explore_json(SrExploreSession *session)
{
    const SrExploreResult *result = &session->result;
    GString *out = session->out;

    g_string_append(out, "{\"format\": \"session-race-explore\", \"version\": 1, "
                         "\"program\": \"session-race " SR_VERSION "\",\n\"scenario\": ");
    sr_escape_json(out, session->file->path, strlen(session->file->path));
    g_string_append_printf(
        out,
        ", \"clients\": %u, \"crashes\": %u, \"disconnects\": %u, \"expirations\": %u,\n"
        "\"symmetry\": %s, \"reduction\": %s, \"count_retries\": %s, \"end\": \"%s\", "
        "\"as_expected\": %s,\n",
        result->n_clients, result->crashes, result->disconnects, result->expirations,
        result->symmetry ? "true" : "false", result->reduction ? "true" : "false",
        result->count_retries ? "true" : "false", limit_word(result->end),
        sr_explore_status(session) == SR_EXIT_OK ? "true" : "false");
    g_string_append_printf(
        out,
        "\"states\": %" PRIu64 ", \"transitions\": %" PRIu64 ", \"ends\": %" PRIu64
        ", \"trapped\": %" PRIu64 ", \"depth\": %u, \"memory\": %" PRIu64
        ", \"milliseconds\": %" PRId64 ",\n",
        result->states, result->transitions, result->ends, result->trapped, result->depth,
        result->memory, (session->ended_us - session->begun_us) / 1000);
    g_string_append(out, "\"not_covered\": [");
    for (unsigned i = 0; not_covered(result, i) != NULL; i++) {
        g_string_append(out, i == 0 ? "" : ", ");
        sr_escape_json(out, not_covered(result, i), strlen(not_covered(result, i)));
    }
    g_string_append(out, "],\n");
    put_json_checks(session);
    g_string_append(out, "}\n");
}

/* The findings of `explore`, for people and for programs.
 *
 * The JSON is one object with its members always in this order; a check that fails has `steps`.
 */
#include <string.h>

#include "explore-private.h"
#include "result/story.h"
#include "session-race/trace-writer.h"
#include "base/whole-file.h"

/* ---- what was found ---- */

uint32_t
sr_explore_expected(const SrScenario *scenario)
{
    const SrExploreSettings *settings = &scenario->explore;

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

/* How a search may end: the word for programs, and why it ended early. */
static const struct {
    const char *word, *text;
} ends[] = {
    [SR_EXPLORE_COMPLETE] = { "complete", "" },
    [SR_EXPLORE_FIRST] = { "first", "it was to end with the first failure" },
    [SR_EXPLORE_DEPTH] = { "depth", "more lies beyond the steps that were allowed" },
    [SR_EXPLORE_MEMORY_FULL] = { "memory", "the memory that was allowed is full" },
    [SR_EXPLORE_OUT_OF_ROOM] = { "out-of-room", out_of_room },
    [SR_EXPLORE_STOPPED] = { "stopped", "its time was up" },
};

int
sr_explore_status(const SrExploreSession *session)
{
    uint32_t failed = session->result.failed, wanted = sr_explore_expected(session->scenario);

    if (failed & ~wanted)
        return SR_EXIT_UNEXPECTED;
    if (session->result.end == SR_EXPLORE_STOPPED && sr_stop_signal() != 0)
        return sr_stop_status();
    if (!is_complete(session))
        return failed == wanted && session->result.end == SR_EXPLORE_FIRST ? SR_EXIT_OK
                                                                           : SR_EXIT_INCOMPLETE;
    return failed == wanted && session->result.trapped == 0 ? SR_EXIT_OK : SR_EXIT_UNEXPECTED;
}

/* Appends the names of @checks behind @label; further lines begin below the first name. */
static void
put_list(SrExploreSession *session, const char *label, uint32_t checks)
{
    gsize start = session->out->len;

    g_string_append(session->out, label);
    sr_text_checks(session->out, checks, ", ");
    sr_style_end_line(&session->style, start, (unsigned) strlen(label), session->out);
}

static void
put_count(GString *out, const char *before, uint64_t n, const char *one, const char *many)
{
    if (n == 0)
        g_string_append_printf(out, "%sno %s", before, many);
    else
        g_string_append_printf(out, "%s%" PRIu64 " %s", before, n, n == 1 ? one : many);
}

/* What the search does not cover. The last item depends on whether retries are counted. */
static const char *
not_covered(const SrExploreResult *result, unsigned i)
{
    static const char *const list[] = {
        "other numbers of clients", "times and clocks",   "the timeline",
        "[chaos]",                  "links out of order", "crashes and upgrades of the server"
    };

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
    g_autofree char *label = g_strdup_printf("  %4u  ", number);

    sr_put_line(session->out, &session->style, strlen("        "), "%-s%s", label, what);
}

static void
put_record(void *data, const SrRecord *record, const SrNames *names)
{
    SrExploreSession *session = data;
    g_autoptr(GString) sentence = g_string_new(NULL);
    g_autofree char *name = sr_names_node(names, record->node);

    if (!sr_story_is_milestone(record))
        return;
    sr_record_sentence(record, names, sentence);
    if (record->event == SR_EVENT_CHECK_FAILED) {
        g_string_append(sentence, ": ");
        sr_detail_format(record, names, sentence);
    } else {
        g_string_prepend(sentence, " ");
        g_string_prepend(sentence, name);
    }
    sr_put_line(session->out, &session->style, strlen("            "), "          %s",
                sentence->str);
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

    put_count(out, "", result->n_clients, "client", "clients");
    put_count(out, ", ", result->crashes, "crash", "crashes");
    put_count(out, ", ", result->disconnects, "disconnect", "disconnects");
    put_count(out, ", ", result->expirations, "expiration", "expirations");
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
    uint32_t holds = SR_CHECKS_OF_ALL & ~result->failed;
    GString *out = session->out;

    for (unsigned i = 0; i < SR_CHECK_N; i++) {
        bool is_expected = sr_explore_expected(session->scenario) >> i & 1;

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
    uint32_t missing = sr_explore_expected(session->scenario) & ~result->failed;
    GString *out = session->out;
    gsize start;

    put_count(out, "  ", result->states, "state", "states");
    put_count(out, ", ", result->transitions, "transition", "transitions");
    g_string_append_printf(out, ", %u steps deep, ", result->depth);
    put_count(out, "", result->ends, "end", "ends");
    g_string_append_c(out, '\n');
    start = out->len;
    g_string_append(out, "  not covered: ");
    for (unsigned i = 0; not_covered(result, i) != NULL; i++)
        g_string_append_printf(out, "%s%s", i == 0 ? "" : ", ", not_covered(result, i));
    sr_style_end_line(&session->style, start, strlen("  not covered: "), out);
    if (result->trapped > 0)
        g_string_append_printf(out,
                               "  from %" PRIu64
                               " of these states no end is reached: there it goes round for "
                               "ever\n",
                               result->trapped);
    if (!is_complete(session))
        g_string_append_printf(out, "  not every state was looked at: %s\n",
                               result->end == SR_EXPLORE_STOPPED && sr_stop_signal() != 0
                                   ? "it was stopped"
                                   : ends[result->end].text);
    if (missing != 0)
        put_list(session,
                 is_complete(session) ? "  expected to fail, but hold: "
                                      : "  expected to fail, but did not yet: ",
                 missing);
}

void
sr_explore_human(SrExploreSession *session)
{
    const SrExploreTeller teller = { .step = put_step, .record = put_record, .data = session };
    int status = sr_explore_status(session);
    GString *out = session->out;

    if (status == SR_EXIT_OK)
        sr_style_paint(&session->style, SR_COLOUR_GOOD, "PASS  ", out);
    else if (status == SR_EXIT_UNEXPECTED)
        sr_style_paint(&session->style, SR_COLOUR_BAD, "FAIL  ", out);
    else
        sr_style_paint(&session->style, SR_COLOUR_SOFT, "OPEN  ", out);
    sr_put_plain(out, "%s: ", sr_whole_file_name(session->file->path));
    put_scope(session);
    put_checks(session);
    put_end(session);
    if (session->shown != SR_CHECK_N && (session->result.failed >> session->shown & 1)) {
        g_string_append_c(out, '\n');
        sr_put_plain(out, "How %s fails:\n", sr_check_name(session->shown));
        sr_exploration_tell(session->exploration, session->shown, &teller);
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
    (void) number;
    sr_put_json(((SrExploreSession *) data)->out, ", %s", what);
}

static void
put_json_checks(SrExploreSession *session)
{
    const SrExploreTeller teller = { .step = put_json_step, .data = session };
    GString *out = session->out;

    sr_put_json(out, "'checks': [");
    for (unsigned i = 0; i < SR_CHECK_N; i++) {
        bool failed = session->result.failed >> i & 1;

        if (!(SR_CHECKS_OF_ALL >> i & 1))
            continue;

        sr_put_json(out, ",\n  {'check': %s, 'verdict': %s, 'expected': %s",
                    sr_check_name((SrCheckId) i),
                    failed                 ? "fails"
                    : is_complete(session) ? "holds"
                                           : "open",
                    sr_explore_expected(session->scenario) >> i & 1 ? "fails" : "holds");
        if (failed) {
            sr_put_json(out, ", 'steps': [");
            sr_exploration_tell(session->exploration, (SrCheckId) i, &teller);
            sr_put_json(out, "]");
        }
        sr_put_json(out, "}");
    }
    sr_put_json(out, "]");
}

void
sr_explore_json(SrExploreSession *session)
{
    const SrExploreResult *result = &session->result;
    GString *out = session->out;

    sr_put_json(out,
                "{'format': 'session-race-explore', 'version': 1, "
                "'program': 'session-race " SR_VERSION "',\n'scenario': %s, 'clients': %u, "
                "'crashes': %u, 'disconnects': %u, 'expirations': %u,\n",
                session->file->path, result->n_clients, result->crashes, result->disconnects,
                result->expirations);
    sr_put_json(out,
                "'symmetry': %-s, 'reduction': %-s, 'count_retries': %-s, 'end': %s, "
                "'as_expected': %-s,\n",
                sr_text_bool(result->symmetry), sr_text_bool(result->reduction),
                sr_text_bool(result->count_retries), ends[result->end].word,
                sr_text_bool(sr_explore_status(session) == SR_EXIT_OK));
    sr_put_json(out,
                "'states': %" PRIu64 ", 'transitions': %" PRIu64 ", 'ends': %" PRIu64
                ", 'trapped': %" PRIu64 ", 'depth': %u, 'memory': %" PRIu64
                ", 'milliseconds': %" PRId64 ",\n'not_covered': [",
                result->states, result->transitions, result->ends, result->trapped,
                result->depth, result->memory,
                (int64_t) (session->ended_us - session->begun_us) / 1000);
    for (unsigned i = 0; not_covered(result, i) != NULL; i++)
        sr_put_json(out, ", %s", not_covered(result, i));
    sr_put_json(out, "],\n");
    put_json_checks(session);
    sr_put_json(out, "}\n");
}

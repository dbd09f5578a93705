/* `explore --timed`: the search with times, and its findings.
 *
 * The JSON is one object with its members always in this order; spans are in ns. */
#include <string.h>

#include "base/whole-file.h"
#include "explore-private.h"
#include "schema/words.h"

/* ---- what was found ---- */

static bool
is_complete(const SrExploreTimed *session)
{
    return session->result.end == SR_TIMED_COMPLETE;
}

/* How a search may end: the word for programs, and why nothing is proved. */
static const struct {
    const char *word, *text;
} ends[] = {
    [SR_TIMED_COMPLETE] = { "complete", "" },
    [SR_TIMED_MEMORY_FULL] = { "memory", "the memory that was allowed is full" },
    [SR_TIMED_OUT_OF_ROOM] = { "out-of-room", "a state is out of room" },
    [SR_TIMED_STOPPED] = { "stopped", "its time was up" },
    [SR_TIMED_FIRES] = { "fires",
                         "a time-out can fire, or a token be refused, and what follows was not "
                         "looked at" },
};

static int
status_of(const SrExploreTimed *session)
{
    uint32_t failed = session->result.failed, wanted = sr_explore_expected(session->scenario);

    if (failed & ~wanted)
        return SR_EXIT_UNEXPECTED;
    if (session->result.end == SR_TIMED_STOPPED && sr_stop_signal() != 0)
        return sr_stop_status();
    if (!is_complete(session))
        return SR_EXIT_INCOMPLETE;
    return failed == wanted ? SR_EXIT_OK : SR_EXIT_UNEXPECTED;
}

static void
choose_story(SrExploreTimed *session)
{
    uint32_t failed = session->result.failed,
             unexpected = failed & ~sr_explore_expected(session->scenario);

    if (session->shown != SR_CHECK_N || failed == 0)
        return;
    session->shown = (SrCheckId) __builtin_ctz(unexpected != 0 ? unexpected : failed);
}

static bool
is_shown(const SrExploreTimed *session)
{
    return session->shown != SR_CHECK_N && (session->result.failed >> session->shown & 1);
}

/* ---- for people ---- */

static void
put_checks(SrExploreTimed *session)
{
    const SrTimedResult *result = &session->result;
    GString *out = session->out;
    gsize start;

    for (unsigned i = 0; i < SR_CHECK_N; i++) {
        bool is_expected = sr_explore_expected(session->scenario) >> i & 1;

        if (!(result->failed >> i & 1))
            continue;
        g_string_append_printf(out, "  %s ", sr_check_name((SrCheckId) i));
        sr_style_paint(&session->style, is_expected ? SR_COLOUR_SOFT : SR_COLOUR_BAD,
                       "can fail", out);
        g_string_append(out, is_expected ? ", as expected\n" : "\n");
    }
    start = out->len;
    g_string_append(out, is_complete(session) ? "  hold: " : "  not seen to fail: ");
    sr_text_checks(out, result->judged & ~result->failed, ", ");
    sr_style_end_line(&session->style, start, strlen("  hold: "), out);
    if (sr_explore_expected(session->scenario) & ~result->failed) {
        start = out->len;
        g_string_append(out, is_complete(session) ? "  expected to fail, but hold: "
                                                  : "  expected to fail, but did not yet: ");
        sr_text_checks(out, sr_explore_expected(session->scenario) & ~result->failed, ", ");
        sr_style_end_line(&session->style, start, strlen("  "), out);
    }
}

static void
put_watches(SrExploreTimed *session)
{
    GString *out = session->out;

    for (unsigned i = 0; i < SR_WATCH_N; i++) {
        const SrTimedWatch *watch = &session->result.watches[i];
        g_autoptr(GString) value = g_string_new(NULL);
        g_autofree char *label = NULL;

        if (!watch->seen)
            continue;
        if (!is_complete(session))
            g_string_append(value, ">= ");
        else if (!watch->most_attained)
            g_string_append(value, "<= ");
        sr_span_show(value, watch->most);
        if (watch->has_least) {
            g_string_append(value, ", at least ");
            sr_span_show(value, watch->least);
        }
        label = g_strdup_printf("%-14s", sr_timed_watch_name((SrTimedWatchId) i));
        sr_put_line(out, &session->style, strlen("                 "), "  %-s %-s, %-s", label,
                    value->str, sr_timed_watch_meaning((SrTimedWatchId) i));
    }
}

static void
put_timeouts(SrExploreTimed *session)
{
    for (unsigned i = 0; i < SR_TIMED_TIMEOUT_N; i++) {
        const SrTimedTimeout *timeout = &session->result.timeouts[i];

        if (timeout->set && timeout->can_fire)
            sr_put_line(session->out, &session->style, strlen("  "),
                        i < SR_TIMED_RETENTION ? "  %-s: %ju can run out"
                        : i == SR_TIMED_RETENTION
                            ? "  %-s: for(%ju) can discard a key that is still needed"
                            : "  %-s: with %ju a token can be refused for its times",
                        sr_timed_timeout_key((SrTimedTimeoutId) i), timeout->value);
    }
    if (session->result.timeouts[SR_TIMED_RETENTION].can_fire)
        sr_put_line(session->out, &session->style, strlen("  "),
                    "  the spans above are those of runs in which no key is discarded");
}

static void
put_end(SrExploreTimed *session)
{
    const SrTimedResult *result = &session->result;
    GString *out = session->out;
    gsize start;

    g_string_append_printf(out,
                           "  %" PRIu64 " classes of %" PRIu64 " states, %" PRIu64
                           " transitions, %" PRIu64 " %s\n",
                           result->classes, result->states, result->transitions, result->ends,
                           result->ends == 1 ? "end" : "ends");
    start = out->len;
    g_string_append(out, "  not proved: ");
    for (unsigned i = 0; sr_timed_not_proved(i) != NULL; i++)
        g_string_append_printf(out, "%s%s", i == 0 ? "" : ", ", sr_timed_not_proved(i));
    sr_style_end_line(&session->style, start, strlen("  not proved: "), out);
    if (!is_complete(session))
        sr_put_line(out, &session->style, strlen("  "), "  nothing is proved: %-s",
                    result->end == SR_TIMED_STOPPED && sr_stop_signal() != 0
                        ? "it was stopped"
                        : ends[result->end].text);
}

static void
put_step(SrExploreTimed *session, const SrTimedStep *step)
{
    char at[SR_SPAN_TEXT_MAX], delay[SR_SPAN_TEXT_MAX], least[SR_SPAN_TEXT_MAX],
        most[SR_SPAN_TEXT_MAX];
    g_autofree char *label = NULL;

    sr_span_format(step->at, at);
    sr_span_format(step->delay, delay);
    sr_span_format(step->least, least);
    sr_span_format(step->most, most);
    label = g_strdup_printf("%14s", at);
    sr_put_plain(session->out, "  %-s  %s, after %-s", label, step->what, delay);
    if (step->least == step->most)
        g_string_append_c(session->out, '\n');
    else
        g_string_append_printf(session->out, " of %s to %s\n", least, most);
}

static void
put_story(SrExploreTimed *session)
{
    g_autoptr(GPtrArray) steps = sr_timed_check_path(session->timed, session->shown);
    g_autofree char *replay = NULL;
    GString *out = session->out;

    g_string_append_c(out, '\n');
    sr_put_plain(out, "How %s fails:\n", sr_check_name(session->shown));
    for (guint i = 0; steps != NULL && i < steps->len; i++)
        put_step(session, g_ptr_array_index(steps, i));
    if (session->written)
        replay = sr_report_replay(NULL, 0, 1, session->scenario_path);
    if (replay != NULL)
        g_string_append_printf(out, "\n  replay: %s\n", replay);
    else if (session->scenario_path == NULL)
        g_string_append(out,
                        "\n  --scenario FILE writes this as a scenario that 'run' replays\n");
}

static void
put_human(SrExploreTimed *session)
{
    const SrTimedResult *result = &session->result;
    int status = status_of(session);
    GString *out = session->out;

    if (status == SR_EXIT_OK)
        sr_style_paint(&session->style, SR_COLOUR_GOOD, "PASS  ", out);
    else if (status == SR_EXIT_UNEXPECTED)
        sr_style_paint(&session->style, SR_COLOUR_BAD, "FAIL  ", out);
    else
        sr_style_paint(&session->style, SR_COLOUR_SOFT, "OPEN  ", out);
    sr_put_plain(out, "%s: %u %-s, every delay within its bounds%-s\n",
                 sr_whole_file_name(session->file->path), result->n_clients,
                 result->n_clients == 1 ? "client" : "clients",
                 sr_faults_words(session->scenario));
    sr_cut_human(out, session->scenario, &session->runs, &session->style);
    put_checks(session);
    put_watches(session);
    put_timeouts(session);
    put_end(session);
    if (is_shown(session))
        put_story(session);
    else if (session->asked)
        g_string_append_printf(out, "  no story of %s: it %s\n", sr_check_name(session->shown),
                               is_complete(session) ? "does not fail" : "was not seen to fail");
}

/* ---- for programs ---- */

static void
put_json_steps(GString *out, GPtrArray *steps)
{
    sr_put_json(out, ", 'steps': [");
    for (guint i = 0; steps != NULL && i < steps->len; i++) {
        const SrTimedStep *step = g_ptr_array_index(steps, i);

        sr_put_json(out,
                    ", {'what': %s, 'at': %ju, 'delay': %ju, 'least': %ju, 'most': %ju, "
                    "'critical': %-s}",
                    step->what, step->at, step->delay, step->least, step->most,
                    sr_text_bool(step->critical));
    }
    sr_put_json(out, "]");
}

static void
put_json_checks(SrExploreTimed *session)
{
    GString *out = session->out;

    sr_put_json(out, "'checks': [");
    for (unsigned i = 0; i < SR_CHECK_N; i++) {
        bool failed = session->result.failed >> i & 1;

        if (!(session->result.judged >> i & 1))
            continue;
        sr_put_json(out, ",\n  {'check': %s, 'verdict': %s, 'expected': %s",
                    sr_check_name((SrCheckId) i),
                    failed                 ? "fails"
                    : is_complete(session) ? "holds"
                                           : "open",
                    sr_explore_expected(session->scenario) >> i & 1 ? "fails" : "holds");
        if (failed) {
            g_autoptr(GPtrArray) steps = sr_timed_check_path(session->timed, (SrCheckId) i);

            put_json_steps(out, steps);
        }
        sr_put_json(out, "}");
    }
    sr_put_json(out, "],\n");
}

static void
put_json_watches(SrExploreTimed *session)
{
    GString *out = session->out;

    sr_put_json(out, "'watches': [");
    for (unsigned i = 0; i < SR_WATCH_N; i++) {
        const SrTimedWatch *watch = &session->result.watches[i];
        g_autoptr(GPtrArray) steps = NULL;

        if (!watch->seen)
            continue;
        sr_put_json(out, ",\n  {'watch': %s, 'most': %ju, 'attained': %-s",
                    sr_timed_watch_name((SrTimedWatchId) i), watch->most,
                    sr_text_bool(watch->most_attained));
        if (watch->has_least)
            sr_put_json(out, ", 'least': %ju, 'least_attained': %-s", watch->least,
                        sr_text_bool(watch->least_attained));
        steps = sr_timed_watch_path(session->timed, (SrTimedWatchId) i, true);
        put_json_steps(out, steps);
        sr_put_json(out, "}");
    }
    sr_put_json(out, "],\n'timeouts': [");
    for (unsigned i = 0; i < SR_TIMED_TIMEOUT_N; i++) {
        const SrTimedTimeout *timeout = &session->result.timeouts[i];

        if (timeout->set)
            sr_put_json(out, ", {'key': %s, 'value': %ju, 'can_fire': %-s}",
                        sr_timed_timeout_key((SrTimedTimeoutId) i), timeout->value,
                        sr_text_bool(timeout->can_fire));
    }
    sr_put_json(out, "]");
}

static void
put_json(SrExploreTimed *session)
{
    const SrTimedResult *result = &session->result;
    GString *out = session->out;

    sr_put_json(out,
                "{'format': 'session-race-explore-timed', 'version': 1, "
                "'program': 'session-race " SR_VERSION "',\n'scenario': %s, 'clients': %u, "
                "'end': %s, 'as_expected': %-s,\n",
                session->file->path, result->n_clients, ends[result->end].word,
                sr_text_bool(status_of(session) == SR_EXIT_OK));
    sr_put_json(out,
                "'classes': %" PRIu64 ", 'states': %" PRIu64 ", 'transitions': %" PRIu64
                ", 'ends': %" PRIu64 ", 'memory': %" PRIu64 ", 'milliseconds': %" PRId64
                ", 'unit': %ju",
                result->classes, result->states, result->transitions, result->ends,
                result->memory, (int64_t) (session->ended_us - session->begun_us) / 1000,
                result->unit);
    sr_cut_json(out, session->scenario, &session->runs);
    sr_put_json(out, ",\n'not_proved': [");
    for (unsigned i = 0; sr_timed_not_proved(i) != NULL; i++)
        sr_put_json(out, ", %s", sr_timed_not_proved(i));
    sr_put_json(out, "],\n");
    put_json_checks(session);
    put_json_watches(session);
    sr_put_json(out, "}\n");
}

/* ---- the scenario of a failure ---- */

static int
write_scenario(SrExploreTimed *session)
{
    g_autofree char *text = NULL;
    int status;

    if (session->scenario_path == NULL)
        return SR_EXIT_OK;
    if (!is_shown(session)) {
        sr_message("no failure to write");
        return SR_EXIT_OK;
    }
    text = sr_timed_check_scenario(session->timed, session->shown);
    if (text == NULL) {
        sr_message(
            "'run' does not repeat the failure of %s: it needs a certain order of events "
            "at one instant; nothing is written",
            sr_check_name(session->shown));
        return SR_EXIT_OK;
    }
    status = sr_output_text(session->scenario_path, text, strlen(text));
    session->written = status == SR_EXIT_OK && !sr_output_is_stdout(session->scenario_path);
    return status;
}

int
sr_explore_timed(SrExploreTimed *session, const SrTimedOptions *options)
{
    g_autoptr(SrTimed) timed = sr_timed_new(session->scenario, options);
    int written, scenario, status;

    session->timed = timed;
    sr_timed_search(timed, &session->result);
    session->ended_us = g_get_monotonic_time();
    session->runs = sr_cut_play(session->scenario);
    choose_story(session);
    scenario = write_scenario(session);
    status = status_of(session);
    if (session->options->format == SR_REPORT_JSON)
        put_json(session);
    else if (!session->options->quiet || status != SR_EXIT_OK)
        put_human(session);
    written = sr_output_text(session->options->output, session->out->str, session->out->len);
    if (written != SR_EXIT_OK)
        return written;
    if (!session->options->quiet) {
        g_autoptr(GString) time = g_string_new(NULL);

        sr_span_show(time, (SrSpan) (session->ended_us - session->begun_us) * SR_NS_PER_US);
        sr_message("%s, %.1f MiB", time->str, (double) session->result.memory / (1 << 20));
    }
    return scenario != SR_EXIT_OK ? scenario : status;
}

/* A timed exploration: its public face. */
#include "session-race/timed.h"

struct SrTimed {
    const SrScenario *scenario;
    SrTimedOptions options;
};

/* ---- words ---- */

static const struct {
    const char *name, *meaning;
} watches[SR_WATCH_N] = {
    [SR_WATCH_KEY_LOOKUP] = { "key-lookup",
                              "from the making of a winner's key to the last lookup of it" },
    [SR_WATCH_KEY_NEED] = { "key-need", "from the making of a winner's key to the last event" },
    [SR_WATCH_WAIT] = { "wait", "in step 5, from the rejection to its end" },
    [SR_WATCH_TOKEN_REQUEST] = { "token-request", "from a token-request to its answer" },
    [SR_WATCH_KEY_REQUEST] = { "key-request", "from a key-request to its answer" },
    [SR_WATCH_ESTABLISH] = { "establish", "from create-accepted to the established session" },
    [SR_WATCH_JUDGED] = { "judged", "from the signing of a token to its judging" },
    [SR_WATCH_COLLABORATE] = { "collaborate", "from a client's start until it collaborates" },
    [SR_WATCH_RACE] = { "race", "from the first session-none to the first create-session" },
};

const char *
sr_timed_watch_name(SrTimedWatchId watch)
{
    return watches[watch].name;
}

const char *
sr_timed_watch_meaning(SrTimedWatchId watch)
{
    return watches[watch].meaning;
}

const char *
sr_timed_timeout_key(SrTimedTimeoutId timeout)
{
    static const char *const keys[SR_TIMED_TIMEOUT_N] = {
        [SR_TIMED_PATIENCE] = "patience",
        [SR_TIMED_REQUEST_TIMEOUT] = "request-timeout",
        [SR_TIMED_ESTABLISH_TIMEOUT] = "establish-timeout",
        [SR_TIMED_RETENTION] = "retention",
    };

    return keys[timeout];
}

const char *
sr_timed_not_proved(unsigned i)
{
    static const char *const list[] = {
        "other numbers of clients",
        "delays beyond the bounds of the file",
        "faults beyond those of the file",
        "how likely it is ('sweep' says that)",
    };

    return i < G_N_ELEMENTS(list) ? list[i] : NULL;
}

/* ---- explorations ---- */

char *
sr_timed_refusal(G_GNUC_UNUSED const SrScenario *scenario,
                 G_GNUC_UNUSED const SrTimedOptions *options, const char **key)
{
    if (key != NULL)
        *key = NULL;
    return g_strdup("exploring with times is not built in yet");
}

SrTimed *
sr_timed_new(const SrScenario *scenario, const SrTimedOptions *options)
{
    SrTimed *timed = g_new0(SrTimed, 1);

    timed->scenario = scenario;
    timed->options = *options;
    return timed;
}

void
sr_timed_free(SrTimed *timed)
{
    g_free(timed);
}

void
sr_timed_search(G_GNUC_UNUSED SrTimed *timed, SrTimedResult *result)
{
    *result = (SrTimedResult){ .end = SR_TIMED_STOPPED };
}

void
sr_timed_step_free(SrTimedStep *step)
{
    g_free(step->what);
    g_free(step);
}

GPtrArray *
sr_timed_watch_path(G_GNUC_UNUSED SrTimed *timed, G_GNUC_UNUSED SrTimedWatchId watch,
                    G_GNUC_UNUSED bool most)
{
    return NULL;
}

GPtrArray *
sr_timed_check_path(G_GNUC_UNUSED SrTimed *timed, G_GNUC_UNUSED SrCheckId check)
{
    return NULL;
}

char *
sr_timed_watch_scenario(G_GNUC_UNUSED SrTimed *timed, G_GNUC_UNUSED SrTimedWatchId watch,
                        G_GNUC_UNUSED bool most)
{
    return NULL;
}

char *
sr_timed_check_scenario(G_GNUC_UNUSED SrTimed *timed, G_GNUC_UNUSED SrCheckId check)
{
    return NULL;
}

/* `explore`: can it happen at all, in any order of events? */
#include <string.h>

#include "base/whole-file.h"
#include "explore-private.h"
#include "session-race/run.h"

/* The options of this verb alone. */
static struct {
    char *clients, *crashes, *disconnects, *expirations, *depth, *memory, *time, *check;
    char *switches, *runs, *io_max; /* (nullable) of orders */
    char *scenario;                 /* (nullable) path for the counterexample */
    char *graph;                    /* (nullable) path for the graph */
    gboolean no_symmetry, no_reduction, count_retries, first, timed;
    char *cut; /* (nullable) with times */
} own;

/* clang-format off */
static const GOptionEntry own_options[] = {
    { "clients", 'n', 0, G_OPTION_ARG_STRING, &own.clients, "Take the first N clients [as [explore] says]; with times the first of each group in turn, or those of a list of names", "N" },
    { "crashes", 0, 0, G_OPTION_ARG_STRING, &own.crashes, "Clients may crash so often [as [explore] says]", "N" },
    { "disconnects", 0, 0, G_OPTION_ARG_STRING, &own.disconnects, "… and lose their connection so often", "N" },
    { "expirations", 0, 0, G_OPTION_ARG_STRING, &own.expirations, "… and a token, a request, patience or a time-out may run out so often", "N" },
    { "count-retries", 0, 0, G_OPTION_ARG_NONE, &own.count_retries, "Count the limits of retries down; else a client asks again as often as it takes", NULL },
    { "check", 0, 0, G_OPTION_ARG_STRING, &own.check, "Show how this check fails [the one that fails in the fewest steps]", "CHECK" },
    { "scenario", 0, 0, G_OPTION_ARG_FILENAME, &own.scenario, "Write that as a scenario that 'run' plays the same way", "FILE" },
    { "graph", 0, 0, G_OPTION_ARG_FILENAME, &own.graph, "Write the states and moves of a small search, else the way to the failure, for Graphviz", "FILE" },
    { "timed", 0, 0, G_OPTION_ARG_NONE, &own.timed, "Keep every delay within its bounds, and look at all of them at once [as [explore] says]", NULL },
    { "cut", 0, 0, G_OPTION_ARG_STRING, &own.cut, "With times: keep the central part of distributions without bounds, such as 99.9%", "SHARE" },
    { "first", 0, 0, G_OPTION_ARG_NONE, &own.first, "End with the first check that fails", NULL },
    { "depth", 0, 0, G_OPTION_ARG_STRING, &own.depth, "Look at N steps at most", "N" },
    { "memory", 0, 0, G_OPTION_ARG_STRING, &own.memory, "Take so much memory at most, such as 512MiB [4GiB]", "SIZE" },
    { "time", 0, 0, G_OPTION_ARG_STRING, &own.time, "Take so long at most, such as 1min", "DURATION" },
    { "switches", 0, 0, G_OPTION_ARG_STRING, &own.switches, "With --provider: orders that leave a client that could go on so often at most [any]", "N" },
    { "runs", 0, 0, G_OPTION_ARG_STRING, &own.runs, "With --provider: try N orders at most [100000]", "N" },
    { "io-max", 0, 0, G_OPTION_ARG_STRING, &own.io_max, "With --provider: a leg of a call and a message take so long at most [1s]", "DURATION" },
    { "no-symmetry", 0, 0, G_OPTION_ARG_NONE, &own.no_symmetry, "Tell clients of equal settings apart", NULL },
    { "no-reduction", 0, 0, G_OPTION_ARG_NONE, &own.no_reduction, "Look also at orders that make no difference", NULL },
    G_OPTION_ENTRY_NULL
};
/* clang-format on */

/* ---- options ---- */

static bool
read_count(const char *option, const char *text, uint64_t min, uint64_t max, uint32_t *value)
{
    g_autofree char *what =
        g_strdup_printf("a whole number from %" PRIu64 " to %" PRIu64, min, max);
    uint64_t number = *value;

    if (!sr_options_number(option, text, min, max, what, &number))
        return false;
    *value = (uint32_t) number;
    return true;
}

static bool
read_own(SrExploreSession *session, SrExploreOptions *explore)
{
    SrSpan span = 0;

    session->asked = own.check != NULL;
    *explore = SR_EXPLORE_OPTIONS;
    explore->jobs = session->options->jobs;
    explore->no_symmetry = own.no_symmetry;
    explore->no_reduction = own.no_reduction;
    explore->count_retries = own.count_retries;
    explore->first = own.first;
    if (own.time != NULL && sr_span_parse(own.time, strlen(own.time), &span) != SR_NUMBER_OK) {
        sr_usage_error("--time: '%s' is not a duration such as 1min", own.time);
        return false;
    }
    session->begun_us = g_get_monotonic_time();
    session->until_us =
        own.time != NULL ? session->begun_us + (gint64) (span / SR_NS_PER_US) : G_MAXINT64;
    return (own.timed ||
            read_count("clients", own.clients, 1, SR_EXPLORE_CLIENTS_MAX, &explore->clients)) &&
           read_count("crashes", own.crashes, 0, 15, &explore->crashes) &&
           read_count("disconnects", own.disconnects, 0, 15, &explore->disconnects) &&
           read_count("expirations", own.expirations, 0, 15, &explore->expirations) &&
           read_count("depth", own.depth, 1, 1000, &explore->depth) &&
           sr_options_bytes("memory", own.memory, &explore->memory) &&
           sr_options_check(own.check, &session->shown);
}

/* Returns: (nullable): an option that is given and says nothing about orders */
static const char *
option_of_states(void)
{
    const struct {
        const char *name;
        bool given;
    } options[] = {
        { "clients", own.clients != NULL },
        { "crashes", own.crashes != NULL },
        { "disconnects", own.disconnects != NULL },
        { "expirations", own.expirations != NULL },
        { "depth", own.depth != NULL },
        { "memory", own.memory != NULL },
        { "check", own.check != NULL },
        { "graph", own.graph != NULL },
        { "no-symmetry", own.no_symmetry },
        { "no-reduction", own.no_reduction },
        { "count-retries", own.count_retries },
        { "timed", own.timed },
        { "cut", own.cut != NULL },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(options); i++)
        if (options[i].given)
            return options[i].name;
    return NULL;
}

/* Reads what is asked about orders. */
static bool
read_orders(const SrOptions *common, SrOrdersOptions *options)
{
    const char *other = option_of_states();

    *options = (SrOrdersOptions){ .runs = 100000,
                                  .switches = SR_ORDERS_SWITCHES_ANY,
                                  .io_max = SR_NS_PER_S,
                                  .first = own.first };
    if (common->provider == NULL) {
        if (own.switches == NULL && own.runs == NULL && own.io_max == NULL)
            return true;
        sr_usage_error("--switches, --runs and --io-max need --provider");
        return false;
    }
    if (other != NULL) {
        sr_usage_error("--%s does not go with --provider", other);
        return false;
    }
    if (own.io_max != NULL &&
        (sr_span_parse(own.io_max, strlen(own.io_max), &options->io_max) != SR_NUMBER_OK ||
         options->io_max == 0)) {
        sr_usage_error("--io-max: '%s' is not a duration such as 1s", own.io_max);
        return false;
    }
    return read_count("switches", own.switches, 0, 1000, &options->switches) &&
           sr_options_number("runs", own.runs, 1, UINT64_C(1000000000000),
                             "a whole number from 1 to 1000000000000", &options->runs);
}

/* Returns: (nullable): an option that is given and says nothing where times decide */
static const char *
option_without_times(void)
{
    const struct {
        const char *name;
        bool given;
    } options[] = {
        { "graph", own.graph != NULL },
        { "crashes", own.crashes != NULL },
        { "disconnects", own.disconnects != NULL },
        { "expirations", own.expirations != NULL },
        { "depth", own.depth != NULL },
        { "count-retries", own.count_retries },
        { "first", own.first },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(options); i++)
        if (options[i].given)
            return options[i].name;
    return NULL;
}

/* ---- with times ---- */

static bool
is_out_of_time(void *data)
{
    const SrExploreTimed *session = data;

    return sr_stop_signal() != 0 || g_get_monotonic_time() >= session->until_us;
}

/* Searches with times. @explore: what the common options say */
static int
explore_timed(const SrExploreSession *explore, const SrExploreOptions *options)
{
    SrExploreTimed session = {
        .options = explore->options,
        .file = explore->file,
        .scenario = explore->scenario,
        .shown = explore->shown,
        .asked = explore->asked,
        .scenario_path = own.scenario,
        .style = explore->style,
        .out = explore->out,
        .begun_us = explore->begun_us,
        .until_us = explore->until_us,
    };
    const char *other = option_without_times(), *key = NULL;
    g_autofree char *refusal = NULL;
    g_autoptr(SrScenario) few = NULL;
    SrTimedOptions timed = SR_TIMED_OPTIONS;

    if (other != NULL) {
        sr_usage_error("--%s does not go with --timed", other);
        return SR_EXIT_MALFORMED;
    }
    if (own.clients != NULL) {
        int status = sr_clients_choose(session.scenario, own.clients, &few);

        if (status != SR_EXIT_OK)
            return status;
        session.scenario = few;
        timed.clients = few->n_clients;
    }
    timed.memory = options->memory;
    timed.no_symmetry = options->no_symmetry;
    timed.no_reduction = options->no_reduction;
    refusal = sr_timed_refusal(session.scenario, &timed, &key);
    if (refusal != NULL) {
        g_autofree char *message =
            key != NULL ? g_strdup_printf("'%s': %s", key, refusal) : g_strdup(refusal);

        (void) sr_file_error(sr_whole_file_name(session.file->path), message);
        return SR_EXIT_MALFORMED;
    }
    sr_stop_install();
    timed.stop = is_out_of_time;
    timed.stop_data = &session;
    return sr_explore_timed(&session, &timed);
}

/* ---- progress ---- */

static bool
is_stopped(void *data)
{
    const SrExploreSession *session = data;

    return sr_stop_signal() != 0 || g_get_monotonic_time() >= session->until_us;
}

static void
show(void *data, const SrExploreProgress *progress)
{
    SrExploreSession *session = data;
    gint64 now = g_get_monotonic_time();

    if (sr_meter_is_due(&session->meter, now))
        sr_meter_draw(&session->meter, now,
                      "%u steps deep  %" PRIu64 " states, %" PRIu64
                      " waiting  %.0f states/s  %" PRIu64 " MiB",
                      progress->depth, progress->states, progress->waiting,
                      (double) progress->states * 1e6 / (double) (now - session->begun_us + 1),
                      progress->memory >> 20);
}

/* ---- files ---- */

/* Plays the counterexample again, for its trace. */
static int
write_trace(const SrExploreSession *session, const char *text)
{
    const char *path = session->options->trace;
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
    g_autoptr(SrScenario) scenario =
        sr_scenario_parse(session->file->path, text, strlen(text), NULL, 0, diagnostics);
    g_autoptr(SrReportCase) played = NULL;
    g_autoptr(GError) error = NULL;
    SrOutput *output = sr_output_open(path, SR_OUTPUT_REPLACE, &error);

    g_assert(scenario != NULL);
    if (output != NULL)
        played = sr_run_play(session->options, &(SrOwn){ 0 }, session->file, scenario, output,
                             "", &error);
    return sr_output_finish(output, played != NULL, &error)
               ? SR_EXIT_OK
               : sr_file_error(path, error->message);
}

static int
write_counterexample(SrExploreSession *session)
{
    g_autofree char *text = NULL;
    int status = SR_EXIT_OK;

    if (own.scenario == NULL && session->options->trace == NULL)
        return SR_EXIT_OK;
    if (session->shown == SR_CHECK_N || !(session->result.failed >> session->shown & 1)) {
        sr_message("no failure to write");
        return SR_EXIT_OK;
    }
    text = sr_exploration_scenario(session->exploration, session->shown);
    if (text == NULL) {
        sr_message("no times were found under which 'run' takes the way to the failure of %s; "
                   "nothing is written",
                   sr_check_name(session->shown));
        return SR_EXIT_OK;
    }
    if (own.scenario != NULL)
        status = sr_output_text(own.scenario, text, strlen(text));
    session->written =
        own.scenario != NULL && status == SR_EXIT_OK && !sr_output_is_stdout(own.scenario);
    if (status == SR_EXIT_OK && session->options->trace != NULL)
        status = write_trace(session, text);
    return status;
}

/* ---- the verb ---- */

static void
choose_story(SrExploreSession *session)
{
    const SrExploreResult *result = &session->result;
    uint32_t best = UINT32_MAX;

    if (session->shown != SR_CHECK_N)
        return;
    /* Unexpected failures come first. */
    for (unsigned i = 0; i < SR_CHECK_N; i++) {
        uint32_t weight = result->refuted[i].depth +
                          (sr_explore_expected(session->scenario) >> i & 1 ? 10000 : 0);

        if ((result->failed >> i & 1) && weight < best) {
            best = weight;
            session->shown = (SrCheckId) i;
        }
    }
}

static int
finish(SrExploreSession *session)
{
    gint64 search_us = session->ended_us - session->begun_us, shorten_us;
    g_autoptr(GString) time = g_string_new(NULL), after = g_string_new(NULL);
    int counterexample, written;

    sr_meter_erase(&session->meter);
    /* The search was over reduced orders. Among all orders, which are many more, there may be a
     * shorter counterexample. */
    shorten_us = g_get_monotonic_time() - session->ended_us;
    if (shorten_us >= G_USEC_PER_SEC) {
        g_string_append(after, "; then ");
        sr_span_show(after, (SrSpan) shorten_us * SR_NS_PER_US);
        g_string_append(after, " for the shortest way");
    }
    sr_span_show(time, (SrSpan) search_us * SR_NS_PER_US);
    choose_story(session);
    /* Written first, so that the report can say how to replay it. */
    counterexample = write_counterexample(session);
    if (session->options->format == SR_REPORT_JSON)
        sr_explore_json(session);
    else if (!session->options->quiet || sr_explore_status(session) != SR_EXIT_OK)
        sr_explore_human(session);
    written = sr_output_text(session->options->output, session->out->str, session->out->len);
    if (written != SR_EXIT_OK)
        return written;
    if (!session->options->quiet)
        sr_message("%s, %.0f states/s, %.1f MiB%s", time->str,
                   (double) session->result.states * 1e6 / (double) (search_us + 1),
                   (double) session->result.memory / (1 << 20), after->str);
    return counterexample != SR_EXIT_OK ? counterexample : sr_explore_status(session);
}

static int
explore(const SrOptions *options)
{
    g_auto(SrRunFiles) files = { 0 };
    g_autoptr(GString) out = g_string_new(NULL);
    g_autofree char *refusal = NULL;
    SrExploreSession session = { .options = options,
                                 .scenario_path = own.scenario,
                                 .style = sr_options_style(options, options->output),
                                 .out = out };
    SrExploreOptions explore_options;
    SrOrdersOptions orders;
    g_autoptr(GPtrArray) overrides = sr_options_overrides(options);
    int status = sr_run_files_collect_one(options->arguments, &files);

    if (status != SR_EXIT_OK)
        return status;
    if (!read_own(&session, &explore_options) || !read_orders(options, &orders))
        return SR_EXIT_MALFORMED;
    if (own.cut != NULL)
        g_ptr_array_add(overrides, g_strconcat("--cut scenario.cut=", own.cut, NULL));
    g_ptr_array_add(overrides, NULL);
    status = sr_run_files_load(&files, (char **) overrides->pdata);
    if (status == SR_EXIT_OK)
        status = sr_places_take("output", options->output);
    if (status == SR_EXIT_OK)
        status = sr_places_take("scenario", own.scenario);
    if (status == SR_EXIT_OK)
        status = sr_places_take("graph", own.graph);
    if (status == SR_EXIT_OK)
        status = sr_places_take("trace", options->trace);
    if (status != SR_EXIT_OK)
        return status;
    session.file = g_ptr_array_index(files.files, 0);
    session.scenario = session.file->scenario;
    status = sr_own_begin(options, sr_own_wanted(session.scenario));
    if (status != SR_EXIT_OK)
        return status;
    if (options->provider != NULL)
        return sr_explore_orders(&session, &orders);
    if (own.timed || session.scenario->explore.timed)
        return explore_timed(&session, &explore_options);
    if (own.cut != NULL) {
        sr_usage_error("--cut needs --timed");
        return SR_EXIT_MALFORMED;
    }
    refusal = sr_explore_refusal(session.scenario, &explore_options);
    if (refusal != NULL) {
        (void) sr_file_error(sr_whole_file_name(session.file->path), refusal);
        return SR_EXIT_MALFORMED;
    }
    sr_stop_install();
    sr_meter_begin(&session.meter, !options->quiet);
    explore_options.stop = is_stopped;
    explore_options.progress = show;
    explore_options.stop_data = explore_options.progress_data = &session;
    session.exploration = sr_exploration_new(session.scenario, &explore_options);
    sr_exploration_search(session.exploration, &session.result);
    session.ended_us = g_get_monotonic_time();
    sr_exploration_shorten(session.exploration);
    status = finish(&session);
    if (own.graph != NULL) {
        int graph = sr_explore_graph(&session, &explore_options, own.graph);

        status = graph != SR_EXIT_OK ? graph : status;
    }
    sr_exploration_free(session.exploration);
    return status;
}

/* clang-format off */
const SrCommand sr_command_explore = {
    .name = "explore",
    .question = "can it happen at all, in any order of events?",
    .arguments = "SCENARIO",
    .summary =
        "Looks at every order in which the events of the handshake can happen, whatever the\n"
        "times: messages in flight, answers being made, keys being derived, starts and retries\n"
        "may overtake each other as far as ordered links allow; faults and expirations come at\n"
        "any moment within budgets. The same core and the same checks as in 'run'.\n\n"
        "A failure is shown in the fewest steps, and can be written as a scenario.\n\n"
        "With --timed, or '[explore] timed = yes', every delay stays within the bounds of the\n"
        "file, and all delays are looked at at once: what can fail then, and how long each span\n"
        "can take, to the nanosecond, with a run that takes so long.",
    .description =
        "With --provider COMMAND, for a scenario with 'kind = exec', COMMAND is the encryption\n"
        "provider, and every order is tried in which requests, creations and the legs of the\n"
        "calls that it makes can come, by playing again from the start.\n\n"
        "Not covered: other numbers of clients, times and clocks (ask run and sweep), the\n"
        "timeline and [chaos], links that are not ordered, crashes and upgrades of the server.\n"
        "Outages only delay. Limits of retries do not count down unless --count-retries is given.\n\n"
        "Exit status:\n"
        "  0  exactly the checks that [explore] verdict names fail\n"
        "  1  other checks fail, or one of these does not\n"
        "  2  the command line or the scenario is malformed, or cannot be explored\n"
        "  3  the system failed: a file could not be read, or the output not be written\n"
        "  4  a limit was met before every state was looked at, and before a check failed that is\n"
        "     not expected to; after such a failure it is 1, and both are said\n"
        "  130, 143  stopped by SIGINT or SIGTERM\n\n"
        "Example:\n"
        "  session-race explore --scenario lost.ini scenarios/retention/on-new-key.ini\n"
        "  session-race explore --graph lost.dot scenarios/retention/on-new-key.ini; dot -Tsvg -O lost.dot\n"
        "  session-race explore --trace lost.ndjson scenarios/retention/on-new-key.ini; session-race diagram lost.ndjson\n",
    .options = SR_OPTION_PROVIDER | SR_OPTION_SET | SR_OPTION_JOBS | SR_OPTION_FORMAT | SR_OPTION_OUTPUT |
               SR_OPTION_TRACE | SR_OPTION_QUIET | SR_OPTION_COLOR,
    .formats = 1u << SR_REPORT_HUMAN | 1u << SR_REPORT_JSON,
    .own = own_options,
    .run = explore,
};
/* clang-format on */

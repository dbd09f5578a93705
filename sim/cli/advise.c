/* `advise`: how long must keys be kept, and how much JWT leeway is needed?
 *
 * A first sweep measures: keys are kept for ever and the leeway accepts everybody, so that all
 * needs are seen. The advice follows from it alone. A second sweep over fresh seeds applies the
 * advice: what it sees confirms the reliability that was asked for or refutes it, and changes
 * nothing. So the same question has the same answer, however it is checked. */
#include <string.h>

#include "advise-private.h"
#include "base/interval.h"
#include "base/whole-file.h"
#include "report/advice.h"
#include "result/expect.h"
#include "session-race/run.h"
#include "sweep-private.h"

#define LEEWAY_MEASURING "server.leeway=30d"
#define RETENTION_MEASURING "encryption-provider.retention=forever"
/* How long the speed is measured, and the work that is announced. */
#define SPEED_US (G_USEC_PER_SEC / 10)
#define SPEED_SEEDS UINT64_C(10000000) /* more than can be played in that time */
/* Runs per second from which a whole chunk takes no longer than a fraction of a second. */
#define CHUNK_SPEED 1000.0
#define LONG_S 1.0

static char *reliability_text, *confidence_text, *seeds_text, *check_text, *time_text;

static const GOptionEntry own_options[] = {
    { "reliability", 0, 0, G_OPTION_ARG_STRING, &reliability_text,
      "Share of runs that the advice is to cover [99.9999%]", "P%" },
    { "confidence", 0, 0, G_OPTION_ARG_STRING, &confidence_text, "How sure it is to be [95%]",
      "P%" },
    { "seeds", 0, 0, G_OPTION_ARG_STRING, &seeds_text,
      "Seeds of the measurement [as many as the two need, from 1]", "A..B" },
    { "check", 0, 0, G_OPTION_ARG_STRING, &check_text,
      "Fresh seeds that check the advice [1000000]", "N" },
    { "time", 0, 0, G_OPTION_ARG_STRING, &time_text,
      "End after this time, and keep what is done", "DURATION" },
    { "exact", 0, 0, G_OPTION_ARG_NONE, &sr_advise_exact.wanted,
      "Prove what is always enough, for all delays within their bounds", NULL },
    { "clients", 'n', 0, G_OPTION_ARG_STRING, &sr_advise_exact.clients,
      "With --exact: take N clients, the first of each group in turn, or those of a list of "
      "names [as [explore] says, or all]",
      "N" },
    { "cut", 0, 0, G_OPTION_ARG_STRING, &sr_advise_exact.cut,
      "With --exact: keep the central Q% of each distribution with a tail [as [scenario] cut "
      "says]",
      "Q%" },
    { "memory", 0, 0, G_OPTION_ARG_STRING, &sr_advise_exact.memory,
      "With --exact: take so much memory at most, such as 512MiB [4GiB]", "SIZE" },
    { "scenario", 0, 0, G_OPTION_ARG_FILENAME, &sr_advise_exact.scenario,
      "With --exact: write the run in which a key is needed longest", "FILE" },
    G_OPTION_ENTRY_NULL,
};

/* ---- the command line ---- */

static bool
read_share(const char *name, const char *text, double fallback, double *share)
{
    char *end = NULL;

    *share = fallback;
    if (text == NULL)
        return true;
    *share = g_ascii_strtod(text, &end) / 100.0;
    if (end != text && end[0] == '%' && end[1] == '\0' && *share > 0.0 && *share < 1.0)
        return true;
    sr_usage_error("--%s: '%s' is not a share above 0%% and below 100%%, such as 99.9999%%",
                   name, text);
    return false;
}

static bool
read_seeds(const char *text, uint64_t runs, SrSeedRange *seeds)
{
    const char *dots = text != NULL ? strstr(text, "..") : NULL;
    g_autofree char *first = dots != NULL ? g_strndup(text, (gsize) (dots - text)) : NULL;

    *seeds = (SrSeedRange){ 1, runs };
    if (text == NULL)
        return true;
    if (dots != NULL &&
        g_ascii_string_to_unsigned(first, 10, 0, G_MAXUINT64, &seeds->first, NULL) &&
        g_ascii_string_to_unsigned(dots + 2, 10, 0, G_MAXUINT64 >> 1, &seeds->last, NULL) &&
        seeds->first <= seeds->last)
        return true;
    sr_usage_error("--seeds: '%s' is not a range of seeds such as 1..100000", text);
    return false;
}

static bool
read_time(gint64 *deadline_us)
{
    SrSpan span;

    if (time_text == NULL)
        return true;
    if (sr_span_parse(time_text, strlen(time_text), &span) != SR_NUMBER_OK || span == 0) {
        sr_usage_error("--time: '%s' is not a duration such as 30s or 10min", time_text);
        return false;
    }
    *deadline_us = g_get_monotonic_time() + (gint64) (span / SR_NS_PER_US);
    return true;
}

static bool
read_question(SrAdviseQuestion *question)
{
    question->check_seeds = 1000000;
    return read_time(&question->deadline_us) &&
           read_share("reliability", reliability_text, 0.999999, &question->reliability) &&
           read_share("confidence", confidence_text, 0.95, &question->confidence) &&
           read_seeds(seeds_text, sr_advice_runs(question->reliability, question->confidence),
                      &question->seeds) &&
           sr_options_number("check", check_text, 1, UINT64_C(1) << 40,
                             "a number of seeds, at least 1", &question->check_seeds);
}

/* Whether no option is given that belongs to the other way of answering. */
static bool
options_agree(void)
{
    const struct {
        const char *name;
        bool given, exact;
    } options[] = {
        { "reliability", reliability_text != NULL, false },
        { "confidence", confidence_text != NULL, false },
        { "seeds", seeds_text != NULL, false },
        { "check", check_text != NULL, false },
        { "clients", sr_advise_exact.clients != NULL, true },
        { "cut", sr_advise_exact.cut != NULL, true },
        { "memory", sr_advise_exact.memory != NULL, true },
        { "scenario", sr_advise_exact.scenario != NULL, true },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(options); i++)
        if (options[i].given && options[i].exact != sr_advise_exact.wanted) {
            sr_usage_error(options[i].exact
                               ? "--%s needs --exact"
                               : "--%s does not go with --exact, which plays no seeds",
                           options[i].name);
            return false;
        }
    return true;
}

/* ---- sweeps ---- */

/* Reads the scenario with the overrides of the command line, and then @more (ended by NULL). */
static int
load(const SrAdviseQuestion *question, const char *const *more, SrScenario **scenario)
{
    g_autoptr(GPtrArray) overrides = sr_options_overrides(question->options);

    for (; *more != NULL; more++)
        g_ptr_array_add(overrides, g_strdup(*more));
    return sr_run_file_load(question->file->path, overrides, scenario);
}

/* What the callbacks of one sweep share. */
typedef struct {
    const SrAdviseQuestion *question;
    const SrScenario *scenario;
    SrSweepRow *row;    /* (nullable) a copy of the only row */
    gint64 deadline_us; /* of the sweep; 0: none */
    uint64_t done;      /* atomic */
    SrSweepMeter meter;
} Sweep;

static const SrScenario *
scenario_of(void *data, uint64_t point)
{
    (void) point;
    return ((Sweep *) data)->scenario;
}

static void
take_row(void *data, uint64_t point, uint64_t seeds_done, const SrSweepRow *row)
{
    (void) point;
    (void) seeds_done;
    if (((Sweep *) data)->row != NULL)
        sr_sweep_row_merge(((Sweep *) data)->row, row);
}

static bool
show(void *data, const SrSweepProgress *progress)
{
    Sweep *sweep = data;
    gint64 now = g_get_monotonic_time();

    __atomic_store_n(&sweep->done, progress->done, __ATOMIC_RELAXED);
    sr_sweep_meter_show(&sweep->meter, progress, now,
                        sweep->deadline_us == 0 ? G_MAXINT64 : sweep->deadline_us - now);
    return true;
}

static bool
is_over(void *data)
{
    const Sweep *sweep = data;

    return sr_stop_signal() != 0 ||
           (sweep->deadline_us != 0 && g_get_monotonic_time() >= sweep->deadline_us);
}

static void
on_too_long(void *data, uint64_t point, uint64_t seed, const SrScenario *scenario, SrTime at)
{
    g_autofree char *why = sr_expect_too_long(scenario, at);

    (void) point;
    sr_sweep_meter_erase(&((Sweep *) data)->meter);
    sr_message("seed %" PRIu64 ": %s", seed, why);
}

static SrSweepOptions
options_of(Sweep *sweep, SrSeedRange seeds)
{
    return (SrSweepOptions){
        .seeds = seeds,
        .n_points = 1,
        .jobs = sweep->question->options->jobs,
        .graph_bytes = SR_SWEEP_GRAPH_BYTES,
        .scenario = scenario_of,
        .stop = is_over,
        .row = take_row,
        .grown = show,
        .data = sweep,
    };
}

/* Runs @seeds of the scenario with the overrides @more. Returns: an exit status, SR_EXIT_INCOMPLETE
 * when the time was up; @row must be empty, and gets what was done */
static int
sweep(const SrAdviseQuestion *question, const char *const *more, SrSeedRange seeds,
      SrSweepRow *row)
{
    g_autoptr(SrScenario) scenario = NULL;
    int status = load(question, more, &scenario);

    if (status != SR_EXIT_OK)
        return status;
    Sweep sweep = { .question = question,
                    .scenario = scenario,
                    .row = row,
                    .deadline_us = question->deadline_us };
    SrSweepOptions options = options_of(&sweep, seeds);
    SrSweepEnd end;

    options.too_long = on_too_long;
    sr_sweep_meter_begin(&sweep.meter, !question->options->quiet, 0);
    end = sr_sweep_execute(&options);
    sr_sweep_meter_erase(&sweep.meter);
    if (end == SR_SWEEP_COMPLETE)
        return SR_EXIT_OK;
    if (sr_stop_signal() != 0) {
        sr_message("stopped: there is no advice yet");
        return sr_stop_status();
    }
    return SR_EXIT_INCOMPLETE;
}

/* ---- how long it takes ---- */

static bool
is_measured(void *data)
{
    const Sweep *sweep = data;

    return sr_stop_signal() != 0 ||
           (is_over(data) && __atomic_load_n(&sweep->done, __ATOMIC_RELAXED) > 0);
}

/* Returns: runs per second of the scenario with the overrides @more, by playing some seeds, each by
 * itself or with the steps that are known from others; 0.0 if not a single one could be played */
static double
measure_speed(const SrAdviseQuestion *question, const char *const *more, bool alone)
{
    g_autoptr(SrScenario) scenario = NULL;
    gint64 begun = g_get_monotonic_time();

    if (load(question, more, &scenario) != SR_EXIT_OK)
        return 0.0;
    Sweep sweep = { .question = question,
                    .scenario = scenario,
                    .deadline_us = g_get_monotonic_time() + SPEED_US };
    SrSeedRange seeds = { 1, SPEED_SEEDS };
    SrSweepOptions options = options_of(&sweep, seeds);

    if (alone) {
        options.chunk = 1; /* so that slow runs are counted, too */
        options.graph_bytes = 0;
    }
    options.stop = is_measured;
    sr_sweep_meter_begin(&sweep.meter, false, 0);
    sr_sweep_execute(&options);
    return (double) sweep.done * G_USEC_PER_SEC /
           (double) MAX(g_get_monotonic_time() - begun, 1);
}

/* Returns: the same, of the faster way. A long sweep writes many steps down before it walks on them,
 * and where that does not pay it plays each seed in the end. */
static double
find_speed(const SrAdviseQuestion *question, const char *const *more)
{
    double speed = measure_speed(question, more, true);

    return speed < CHUNK_SPEED ? speed : MAX(speed, measure_speed(question, more, false));
}

/* Says how many runs there will be, if they take long, and about how long. */
static void
announce(const SrAdviseQuestion *question, const char *const *more)
{
    uint64_t n = question->seeds.last - question->seeds.first + 1;
    double speed = question->options->quiet ? 0.0 : find_speed(question, more);
    double seconds = speed > 0.0 ? (double) (n + question->check_seeds) / speed : 0.0;
    g_autoptr(GString) time = g_string_new(NULL);

    if (seconds < LONG_S)
        return;
    if (seconds < 120.0)
        g_string_append_printf(time, "%.0f s", seconds);
    else if (seconds < 7200.0)
        g_string_append_printf(time, "%.0f min", seconds / 60.0);
    else
        g_string_append_printf(time, "%.0f h", seconds / 3600.0);
    sr_message("%" PRIu64 " runs to measure and %" PRIu64 " to check: about %s", n,
               question->check_seeds, time->str);
}

/* ---- the measurement and its check ---- */

static int
measure(const SrAdviseQuestion *question, const char *const *more, SrAdviseAnswer *answer)
{
    g_autoptr(SrSweepRow) row = sr_sweep_row_new();
    int status = sweep(question, more, question->seeds, row);

    if (status != SR_EXIT_OK)
        return status;
    const SrHistogram *needs = &row->measures[SR_MEASURE_KEY_NEED];
    const SrHistogram *early = &row->measures[SR_MEASURE_TOKEN_EARLY];

    answer->runs = row->counters[SR_COUNTER_RUNS];
    answer->failed_anyway = row->shares[SR_SHARE_FAILED];
    answer->need_ns = sr_advice_bound(needs, answer->exceedances);
    answer->need_max_ns = needs->n > 0 ? needs->max : 0;
    answer->retention_ns = sr_advice_round(answer->need_ns);
    /* Only early tokens are counted here, so the bound uses the number of all judgements. */
    answer->early_s = early->n > (uint64_t) answer->exceedances
                          ? sr_advice_bound(early, answer->exceedances)
                          : 0;
    answer->early_max_s = early->n > 0 ? early->max : 0;
    answer->leeway_s = answer->early_s;
    return SR_EXIT_OK;
}

/* Counts in how many runs of @row a key or a token was missing. A run may lack several, so it is at
 * least the number of those that fail the check that fails most. */
static void
count_broken(const SrSweepRow *row, SrAdviseAnswer *answer)
{
    static const SrCheckId of_keys[] = { SR_CHECK_KEY_KEPT, SR_CHECK_KEY_FOUND,
                                         SR_CHECK_PREVIOUS_KEPT };
    const SrHistogram *early = &row->measures[SR_MEASURE_TOKEN_EARLY];

    for (size_t i = 0; i < G_N_ELEMENTS(of_keys); i++) {
        unsigned share = SR_SHARE_CHECK + of_keys[i];
        uint64_t failed = row->shares[share];

        if (failed == 0)
            continue;
        answer->broke = MAX(answer->broke, failed);
        if (answer->first_broken == 0 || row->seeds[share][0] < answer->first_broken)
            answer->first_broken = row->seeds[share][0];
    }
    answer->failed_else =
        row->shares[SR_SHARE_FAILED] - MIN(answer->broke, row->shares[SR_SHARE_FAILED]);
    /* Nothing else refuses a token of the same run for coming early, so there is one such run. */
    if (early->n > 0 && early->max > answer->leeway_s)
        answer->broke = MAX(answer->broke, 1);
}

/* Plays the advice with fresh seeds. Returns: an exit status */
static int
check(const SrAdviseQuestion *question, SrAdviseAnswer *answer)
{
    g_autofree char *retention = NULL;
    g_autofree char *leeway = NULL;
    g_autoptr(SrSweepRow) row = sr_sweep_row_new();
    uint64_t first = question->seeds.last + 1;

    sr_advise_overrides(answer, &retention, &leeway);
    answer->check_seeds = (SrSeedRange){ first, first + question->check_seeds - 1 };

    const char *more[] = { leeway, answer->stores ? retention : NULL, NULL };
    int status = sweep(question, more, answer->check_seeds, row);

    answer->checked = row->counters[SR_COUNTER_RUNS];
    if (answer->checked == 0)
        return status;
    answer->check_seeds.last = first + answer->checked - 1;
    count_broken(row, answer);

    SrInterval seen = sr_clopper_pearson(answer->broke, answer->checked, question->confidence);

    answer->broken_low = seen.low;
    answer->broken_high = seen.high;
    answer->refuted = seen.low > 1.0 - question->reliability;
    return status;
}

/* ---- the verb ---- */

static bool
is_enough(const SrAdviseQuestion *question, SrAdviseAnswer *answer)
{
    uint64_t runs = question->seeds.last - question->seeds.first + 1;

    answer->exceedances =
        sr_advice_exceedances(runs, question->reliability, question->confidence);
    if (answer->exceedances >= 0)
        return true;
    sr_usage_error("--seeds: %" PRIu64
                   " seeds are too few for this reliability and confidence: it takes %" PRIu64,
                   runs, sr_advice_runs(question->reliability, question->confidence));
    return false;
}

/* Returns: an exit status; SR_EXIT_INCOMPLETE: the time was up, and there is an advice if @answer has
 * runs of the measurement */
static int
find_advice(const SrAdviseQuestion *question, SrAdviseAnswer *answer)
{
    const char *measuring[] = { LEEWAY_MEASURING, answer->stores ? RETENTION_MEASURING : NULL,
                                NULL };
    int status;

    announce(question, measuring);
    status = measure(question, measuring, answer);
    return status == SR_EXIT_OK ? check(question, answer) : status;
}

/* Says why there is no more than there is, where time was up. */
static void
report_time(const SrAdviseQuestion *question, const SrAdviseAnswer *answer)
{
    uint64_t n = question->seeds.last - question->seeds.first + 1;

    if (answer->runs < n)
        sr_message("--time is up: there is no advice yet");
    else
        sr_message("--time is up: %" PRIu64 " of %" PRIu64 " runs of the check are done",
                   answer->checked, question->check_seeds);
}

static int
advise(const SrOptions *options)
{
    g_auto(SrRunFiles) files = { 0 };
    g_autoptr(SrScenario) scenario = NULL;
    g_autofree char *text = NULL;
    SrAdviseQuestion question = { .options = options };
    SrAdviseAnswer answer = { 0 };
    SrStyle style;
    int status = sr_run_files_collect_one(options->arguments, &files);

    if (status != SR_EXIT_OK)
        return status;
    question.file = g_ptr_array_index(files.files, 0);
    if (strcmp(question.file->path, "-") == 0)
        return sr_usage_error("the scenario is read several times: name a file");
    if (!options_agree())
        return SR_EXIT_MALFORMED;
    if (sr_advise_exact.wanted) {
        sr_advise_exact.time = time_text;
        return sr_advise_exactly(options, question.file);
    }
    if (!read_question(&question) || !is_enough(&question, &answer))
        return SR_EXIT_MALFORMED;
    status = load(&question, (const char *const[]){ NULL }, &scenario);
    if (status == SR_EXIT_OK)
        status = sr_places_take("output", options->output);
    if (status != SR_EXIT_OK)
        return status;
    if (sr_run_needs_provider(scenario)) {
        (void) sr_file_error(
            sr_whole_file_name(question.file->path),
            "'kind = exec' cannot be advised: how long keys are kept, and what a "
            "token says, is not ours to set");
        return SR_EXIT_MALFORMED;
    }
    answer.stores = scenario->encryption_provider.kind == SR_KEYS_STORED ||
                    scenario->encryption_provider.kind == SR_KEYS_UNSTABLE;
    answer.judges = scenario->token_provider.enabled;
    if (!options->quiet && !sr_sweep_is_drawn(scenario))
        sr_sweep_say_undrawn(question.file->path, scenario);
    sr_stop_install();
    status = find_advice(&question, &answer);
    if (status == SR_EXIT_INCOMPLETE && question.deadline_us != 0 &&
        g_get_monotonic_time() >= question.deadline_us)
        report_time(&question, &answer);
    if (status != SR_EXIT_OK && (status != SR_EXIT_INCOMPLETE || answer.runs == 0))
        return status;
    style = sr_options_style(options, options->output);
    text = options->format == SR_REPORT_JSON
               ? sr_advise_json(&question, scenario, &answer)
               : sr_advise_human(&question, scenario, &answer, &style);
    int written = sr_output_text(options->output, text, strlen(text));

    return written != SR_EXIT_OK ? written : answer.refuted ? SR_EXIT_UNEXPECTED : status;
}

/* clang-format off */
const SrCommand sr_command_advise = {
    .name = "advise",
    .question = "how long must keys be kept, and how much JWT leeway is needed?",
    .arguments = "SCENARIO",
    .summary =
        "Says how long the encryption provider must keep a key, and how much leeway the\n"
        "server needs when it judges a token, for the network and the people of a scenario.",
    .description =
        "Measures over many seeds what the handshake needs, bounds it for the share of runs\n"
        "that --reliability names without assuming any distribution, and rounds it up. That is\n"
        "the advice; the file's own retention and leeway are set aside. --check fresh seeds then\n"
        "confirm the reliability, or refute it: where more of them lack a key or a token than it\n"
        "allows, at the confidence that is asked for. The advice stays what it is.\n"
        "The default reliability takes 2 995 731 runs; 99.99% takes 29 956.\n\n"
        "--exact plays no seeds: it proves what is enough for all delays within their bounds, and\n"
        "says what the longest way is made of. Distributions with a tail need --cut.\n\n"
        "Exit status:\n"
        "  0  the fresh seeds confirm the reliability\n"
        "  1  they refute it: more runs or a higher --reliability are needed\n"
        "  2  the command line or the scenario is malformed\n"
        "  3  the system failed: a file could not be read, or the output not be written\n"
        "  4  --time was up, or a run needs more events than max-events; with --exact: the memory was\n"
        "     full: what is printed is at least needed\n"
        "  130, 143  stopped by SIGINT or SIGTERM\n\n"
        "Example:\n"
        "  session-race advise --reliability 99.99% scenarios/studies/wan.ini\n"
        "  session-race advise --exact --cut 99.9% --clients 2 scenarios/studies/wan.ini\n",
    .options = SR_OPTION_SET | SR_OPTION_JOBS | SR_OPTION_FORMAT | SR_OPTION_OUTPUT |
               SR_OPTION_QUIET | SR_OPTION_COLOR,
    .formats = 1u << SR_REPORT_HUMAN | 1u << SR_REPORT_JSON,
    .own = own_options,
    .run = advise,
};
/* clang-format on */

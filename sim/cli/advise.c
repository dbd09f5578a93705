/* `advise`: how long must keys be kept, and how much JWT leeway is needed?
 *
 * A first sweep measures: keys are kept for ever and the leeway accepts everybody, so that all
 * needs are seen. A second sweep over fresh seeds applies the advice and checks it. If it does
 * not hold, the next longer span is tried. */
#include <string.h>

#include "advise-private.h"
#include "report/advice.h"
#include "result/expect.h"
#include "sweep-private.h"

#define LEEWAY_MEASURING "server.leeway=30d"
#define ROUNDS_MAX 5u /* how often the advice is checked and made longer */

static char *reliability_text, *confidence_text, *seeds_text, *check_text;

static const GOptionEntry own_options[] = {
    { "reliability", 0, 0, G_OPTION_ARG_STRING, &reliability_text,
      "Share of runs that the advice is to cover [99.9999%]", "P%" },
    { "confidence", 0, 0, G_OPTION_ARG_STRING, &confidence_text, "How sure it is to be [95%]",
      "P%" },
    { "seeds", 0, 0, G_OPTION_ARG_STRING, &seeds_text,
      "Seeds of the measurement [as many as the two need, from 1]", "A..B" },
    { "check", 0, 0, G_OPTION_ARG_STRING, &check_text,
      "Fresh seeds that check the advice [1000000]", "N" },
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
read_question(SrAdviseQuestion *question)
{
    question->check_seeds = 1000000;
    return read_share("reliability", reliability_text, 0.999999, &question->reliability) &&
           read_share("confidence", confidence_text, 0.95, &question->confidence) &&
           read_seeds(seeds_text, sr_advice_runs(question->reliability, question->confidence),
                      &question->seeds) &&
           sr_options_number("check", check_text, 1, UINT64_C(1) << 40,
                             "a number of seeds, at least 1", &question->check_seeds);
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
    const SrScenario *scenario;
    SrSweepRow *row; /* a copy of the only row */
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
    sr_sweep_row_merge(((Sweep *) data)->row, row);
}

static bool
show(void *data, const SrSweepProgress *progress)
{
    sr_sweep_meter_show(&((Sweep *) data)->meter, progress, g_get_monotonic_time(), G_MAXINT64);
    return true;
}

static void
on_too_long(void *data, uint64_t point, uint64_t seed, const SrScenario *scenario, SrTime at)
{
    g_autofree char *why = sr_expect_too_long(scenario, at);

    (void) point;
    sr_sweep_meter_erase(&((Sweep *) data)->meter);
    sr_message("seed %" PRIu64 ": %s; there is no advice", seed, why);
}

/* Runs @seeds of the scenario with the overrides @more. Returns: an exit status; @row must be
 * empty */
static int
sweep(const SrAdviseQuestion *question, const char *const *more, SrSeedRange seeds,
      SrSweepRow *row)
{
    g_autoptr(SrScenario) scenario = NULL;
    int status = load(question, more, &scenario);

    if (status != SR_EXIT_OK)
        return status;
    Sweep sweep = { .scenario = scenario, .row = row };
    SrSweepOptions options = {
        .seeds = seeds,
        .n_points = 1,
        .jobs = question->options->jobs,
        .scenario = scenario_of,
        .stop = sr_stop_asked,
        .row = take_row,
        .grown = show,
        .too_long = on_too_long,
        .data = &sweep,
    };
    SrSweepEnd end;

    sr_sweep_meter_begin(&sweep.meter, !question->options->quiet, 0);
    end = sr_sweep_execute(&options);
    sr_sweep_meter_erase(&sweep.meter);
    if (end == SR_SWEEP_TOO_LONG)
        return SR_EXIT_INCOMPLETE;
    if (end != SR_SWEEP_COMPLETE) {
        sr_message("stopped: there is no advice yet");
        return sr_stop_status();
    }
    return SR_EXIT_OK;
}

static int
measure(const SrAdviseQuestion *question, SrAdviseAnswer *answer)
{
    const char *more[] = { LEEWAY_MEASURING, "encryption-provider.retention=forever", NULL };
    g_autoptr(SrSweepRow) row = sr_sweep_row_new();

    if (!answer->stores)
        more[1] = NULL;

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

/* One check with fresh seeds. */
static int
check(const SrAdviseQuestion *question, SrAdviseAnswer *answer)
{
    g_autofree char *retention = NULL;
    g_autofree char *leeway = NULL;
    g_autoptr(SrSweepRow) row = sr_sweep_row_new();
    uint64_t first = answer->check_seeds.last + 1;

    sr_advise_overrides(answer, &retention, &leeway);
    answer->check_seeds = (SrSeedRange){ first, first + question->check_seeds - 1 };

    const char *more[] = { leeway, answer->stores ? retention : NULL, NULL };
    int status = sweep(question, more, answer->check_seeds, row);

    if (status != SR_EXIT_OK)
        return status;
    static const SrCheckId of_keys[] = { SR_CHECK_KEY_KEPT, SR_CHECK_KEY_FOUND,
                                         SR_CHECK_PREVIOUS_KEPT };

    answer->rounds++;
    answer->broke = 0;
    answer->first_broken = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(of_keys); i++) {
        unsigned share = SR_SHARE_CHECK + of_keys[i];
        uint64_t failed = row->shares[share];

        if (failed == 0)
            continue;
        answer->broke = MAX(answer->broke, failed);
        if (answer->first_broken == 0 || row->seeds[share][0] < answer->first_broken)
            answer->first_broken = row->seeds[share][0];
    }
    const SrHistogram *early = &row->measures[SR_MEASURE_TOKEN_EARLY];
    bool early_refused = early->n > 0 && early->max > answer->leeway_s;

    answer->checked = row->counters[SR_COUNTER_RUNS];
    answer->failed_else =
        row->shares[SR_SHARE_FAILED] - MIN(answer->broke, row->shares[SR_SHARE_FAILED]);
    if (early_refused) {
        answer->broke = MAX(answer->broke, 1);
        answer->leeway_s = early->max;
    }
    return SR_EXIT_OK;
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

static int
find_advice(const SrAdviseQuestion *question, SrAdviseAnswer *answer)
{
    int status = measure(question, answer);

    answer->check_seeds = question->seeds;
    for (unsigned round = 0; status == SR_EXIT_OK && round < ROUNDS_MAX; round++) {
        uint64_t leeway = answer->leeway_s;

        status = check(question, answer);
        if (status != SR_EXIT_OK || answer->broke == 0)
            break;
        if (answer->leeway_s == leeway && round + 1 < ROUNDS_MAX)
            answer->retention_ns = sr_advice_round(answer->retention_ns);
    }
    return status;
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
    if (!read_question(&question) || !is_enough(&question, &answer))
        return SR_EXIT_MALFORMED;
    status = load(&question, (const char *const[]){ NULL }, &scenario);
    if (status == SR_EXIT_OK)
        status = sr_places_take("output", options->output);
    if (status != SR_EXIT_OK)
        return status;
    answer.stores = scenario->encryption_provider.kind == SR_KEYS_STORED ||
                    scenario->encryption_provider.kind == SR_KEYS_UNSTABLE;
    answer.judges = scenario->token_provider.enabled;
    sr_stop_install();
    if ((status = find_advice(&question, &answer)) != SR_EXIT_OK)
        return status;
    style = sr_options_style(options, options->output);
    text = options->format == SR_REPORT_JSON
               ? sr_advise_json(&question, scenario, &answer)
               : sr_advise_human(&question, scenario, &answer, &style);
    status = sr_output_text(options->output, text, strlen(text));
    return status != SR_EXIT_OK ? status : answer.broke > 0 ? SR_EXIT_UNEXPECTED : SR_EXIT_OK;
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
        "that --reliability names without assuming any distribution, rounds it up, and checks\n"
        "the advice with --check fresh seeds. The file's own retention and leeway are set aside.\n"
        "The default reliability takes 2 995 731 runs; 99.99% takes 29 956.\n\n"
        "Exit status:\n"
        "  0  the advice held for every fresh seed\n"
        "  1  no advice held: something else than retention or leeway fails\n"
        "  2  the command line or the scenario is malformed\n"
        "  3  the system failed: a file could not be read, or the output not be written\n"
        "  4  a run needs more events than max-events\n"
        "  130, 143  stopped by SIGINT or SIGTERM\n\n"
        "Example:\n"
        "  session-race advise --reliability 99.99% scenarios/studies/wan.ini\n",
    .options = SR_OPTION_SET | SR_OPTION_JOBS | SR_OPTION_FORMAT | SR_OPTION_OUTPUT |
               SR_OPTION_QUIET | SR_OPTION_COLOR,
    .formats = 1u << SR_REPORT_HUMAN | 1u << SR_REPORT_JSON,
    .own = own_options,
    .run = advise,
};
/* clang-format on */

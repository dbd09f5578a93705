/* `advise`: how long must keys be kept, and how much JWT leeway is needed?
 *
 * One sweep measures: keys are kept for ever and the leeway refuses nobody, so that every
 * need shows. A second sweep, over fresh seeds and with the advice in place, checks it; where it does
 * not hold, the next longer span is tried. */
#include "cli-private.h"

#include <math.h>
#include <string.h>

#include "session-race/advice.h"
#include "session-race/escape.h"
#include "session-race/sweep.h"
#include "session-race/time.h"

#define LEEWAY_MEASURING "server.leeway=30d"
#define ROUNDS_MAX 5u /* checks of an advice that grows */

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

const SrCommand sr_command_advise = {
    .name = "advise",
    .arguments = "SCENARIO",
    .summary =
        "Says how long the encryption provider must keep a key, and how much leeway the\n"
        "server needs when it judges a token, for the network and the people of a scenario.",
    .description =
        "Measures over many seeds what the handshake needs, bounds it for the share of runs\n"
        "that --reliability names without assuming any distribution, rounds it up, and checks\n"
        "the advice with --check fresh seeds. The file's own retention and leeway are set "
        "aside.\n"
        "The default reliability takes 2 995 731 runs; 99.99% takes 29 956.\n\n"
        "Exit status:\n"
        "  0  the advice held for every fresh seed\n"
        "  1  no advice held: something else than retention or leeway fails\n"
        "  2  the command line or the scenario is malformed\n"
        "  3  the system failed: a file could not be read, or the output not be written\n"
        "  130, 143  stopped by SIGINT or SIGTERM\n\n"
        "Example:\n"
        "  session-race advise --reliability 99.99% scenarios/studies/wan.ini\n",
    .options = SR_OPTION_SET | SR_OPTION_JOBS | SR_OPTION_FORMAT | SR_OPTION_OUTPUT |
               SR_OPTION_QUIET | SR_OPTION_COLOR,
    .formats = 1u << SR_REPORT_HUMAN | 1u << SR_REPORT_JSON,
    .own = own_options,
};

/* The question. */
typedef struct {
    const SrOptions *options;
    const SrRunFile *file;
    double reliability, confidence;
    SrSeedRange seeds;    /* of the measurement */
    uint64_t check_seeds; /* of each check */
} Question;

/* The answer, and what it rests on. */
typedef struct {
    bool stores;   /* the provider stores keys: there is a retention to choose */
    bool judges;   /* tokens are judged: there is a leeway to choose */
    uint64_t runs; /* of the measurement */
    int64_t exceedances;
    uint64_t need_ns, need_max_ns, retention_ns;
    uint64_t early_s, early_max_s, leeway_s;
    uint64_t failed_anyway;  /* runs of the measurement in which a check failed */
    uint64_t checked, broke; /* fresh runs; those in which a key or a token was missing */
    uint64_t first_broken;   /* the smallest such seed */
    uint64_t failed_else;    /* fresh runs that failed for another reason */
    SrSeedRange check_seeds; /* of the last check */
    unsigned rounds;
} Answer;

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
    sr_usage_error(sr_command_advise.name,
                   "--%s: '%s' is not a share above 0%% and below 100%%, such as 99.9999%%",
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
    sr_usage_error(sr_command_advise.name,
                   "--seeds: '%s' is not a range of seeds such as 1..100000", text);
    return false;
}

static bool
read_question(Question *question)
{
    question->check_seeds = 1000000;
    if (!read_share("reliability", reliability_text, 0.999999, &question->reliability) ||
        !read_share("confidence", confidence_text, 0.95, &question->confidence) ||
        !read_seeds(seeds_text, sr_advice_runs(question->reliability, question->confidence),
                    &question->seeds))
        return false;
    if (check_text == NULL || g_ascii_string_to_unsigned(check_text, 10, 1, UINT64_C(1) << 40,
                                                         &question->check_seeds, NULL))
        return true;
    sr_usage_error(sr_command_advise.name, "--check: '%s' is not a number of seeds, at least 1",
                   check_text);
    return false;
}

/* ---- sweeps ---- */

/* Reads the scenario with what the command line sets and @more on top. */
static int
load(const Question *question, const char *const *more, SrScenario **scenario)
{
    g_autoptr(GPtrArray) overrides = g_ptr_array_new();
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
    char *const *typed = question->options->overrides;

    for (size_t i = 0; i < sr_options_count(typed); i++)
        g_ptr_array_add(overrides, typed[i]);
    for (; *more != NULL; more++)
        g_ptr_array_add(overrides, (gpointer) (uintptr_t) *more);

    SrLoadStatus status =
        sr_scenario_load(question->file->path, (const SrOverride *) overrides->pdata,
                         overrides->len, scenario, diagnostics);

    if (status == SR_LOAD_OK)
        return SR_EXIT_OK;
    sr_error_diagnostics(diagnostics);
    return status == SR_LOAD_MALFORMED ? SR_EXIT_MALFORMED : SR_EXIT_SYSTEM;
}

/* What the callbacks of one sweep share. */
typedef struct {
    const SrScenario *scenario;
    SrSweepRow *row; /* a copy of the one that there is */
} Sweep;

static const SrScenario *
scenario_of(void *data, uint64_t point)
{
    (void) point;
    return ((Sweep *) data)->scenario;
}

static bool
is_stopped(void *data)
{
    (void) data;
    return sr_stop_signal() != 0;
}

static void
take_row(void *data, uint64_t point, uint64_t seeds_done, const SrSweepRow *row)
{
    (void) point;
    (void) seeds_done;
    sr_sweep_row_merge(((Sweep *) data)->row, row);
}

/* Runs @seeds of the scenario with @more on top. Returns: an exit status; @row is empty before */
static int
sweep(const Question *question, const char *const *more, SrSeedRange seeds, SrSweepRow *row)
{
    g_autoptr(SrScenario) scenario = NULL;
    int status = load(question, more, &scenario);

    if (status != SR_EXIT_OK)
        return status;
    Sweep sweep = { scenario, row };
    SrSweepOptions options = {
        .seeds = seeds,
        .n_points = 1,
        .jobs = question->options->jobs,
        .scenario = scenario_of,
        .stop = is_stopped,
        .row = take_row,
        .data = &sweep,
    };

    if (sr_sweep_execute(&options) != SR_SWEEP_COMPLETE) {
        sr_message(sr_command_advise.name, "stopped: there is no advice yet");
        return 128 + sr_stop_signal();
    }
    return SR_EXIT_OK;
}

static int
measure(const Question *question, Answer *answer)
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
    answer->failed_anyway = row->counters[SR_COUNTER_FAILED];
    answer->need_ns = sr_advice_bound(needs, answer->exceedances);
    answer->need_max_ns = needs->n > 0 ? needs->max : 0;
    answer->retention_ns = sr_advice_round(answer->need_ns);
    /* Early tokens alone are counted, so the bound is that of all judgements. */
    answer->early_s = early->n > (uint64_t) answer->exceedances
                          ? sr_advice_bound(early, answer->exceedances)
                          : 0;
    answer->early_max_s = early->n > 0 ? early->max : 0;
    answer->leeway_s = answer->early_s;
    return SR_EXIT_OK;
}

/* The lines to paste, as overrides. */
static void
format_advice(const Answer *answer, char **retention, char **leeway)
{
    char span[SR_SPAN_TEXT_MAX];

    sr_span_format(answer->retention_ns, span);
    *retention = g_strdup_printf("encryption-provider.retention=for(%s)", span);
    *leeway = g_strdup_printf("server.leeway=%" G_GUINT64_FORMAT "s", answer->leeway_s);
}

/* One check with fresh seeds. */
static int
check(const Question *question, Answer *answer)
{
    g_autofree char *retention = NULL;
    g_autofree char *leeway = NULL;
    g_autoptr(SrSweepRow) row = sr_sweep_row_new();
    uint64_t first = answer->check_seeds.last + 1;

    format_advice(answer, &retention, &leeway);
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
        uint64_t failed = row->failed[of_keys[i]];

        if (failed == 0)
            continue;
        answer->broke = MAX(answer->broke, failed);
        if (answer->first_broken == 0 || row->seeds[of_keys[i]][0] < answer->first_broken)
            answer->first_broken = row->seeds[of_keys[i]][0];
    }
    const SrHistogram *early = &row->measures[SR_MEASURE_TOKEN_EARLY];
    bool early_refused = early->n > 0 && early->max > answer->leeway_s;

    answer->checked = row->counters[SR_COUNTER_RUNS];
    answer->failed_else =
        row->counters[SR_COUNTER_FAILED] - MIN(answer->broke, row->counters[SR_COUNTER_FAILED]);
    if (early_refused) {
        answer->broke = MAX(answer->broke, 1);
        answer->leeway_s = early->max;
    }
    return SR_EXIT_OK;
}

/* ---- what people and programs read ---- */

static char *
percent(const char *format, double share)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];

    return g_strdup_printf("%s %%", g_ascii_formatd(text, sizeof text, format, share * 100.0));
}

static void
append_span(GString *out, uint64_t ns)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];

    if (ns >= UINT64_C(1000000000))
        g_string_append_printf(out, "%s s",
                               g_ascii_formatd(text, sizeof text, "%.4g", (double) ns / 1e9));
    else
        g_string_append_printf(out, "%s ms",
                               g_ascii_formatd(text, sizeof text, "%.4g", (double) ns / 1e6));
}

static void
append_findings(GString *out, const Question *question, const Answer *answer)
{
    g_autofree char *reliability = percent("%.9g", question->reliability);
    g_autofree char *confidence = percent("%.9g", question->confidence);
    char span[SR_SPAN_TEXT_MAX];

    g_string_append_printf(
        out,
        "  %" G_GUINT64_FORMAT " runs, seeds %" G_GUINT64_FORMAT "..%" G_GUINT64_FORMAT
        "; the advice covers %s of all runs at %s confidence\n\n",
        answer->runs, question->seeds.first, question->seeds.last, reliability, confidence);
    if (answer->stores) {
        sr_span_format(answer->retention_ns, span);
        g_string_append_printf(out, "  retention  %-8s a key was needed until ", span);
        append_span(out, answer->need_ns);
        g_string_append(out, " after it was made (at most ");
        append_span(out, answer->need_max_ns);
        g_string_append(out, ")\n");
    } else {
        g_string_append(out, "  retention  -        this kind of provider stores no keys\n");
    }
    if (!answer->judges)
        g_string_append(out, "  leeway     -        no token is judged\n");
    else if (answer->early_max_s == 0)
        g_string_append(out, "  leeway     0s       no token came from its server's future\n");
    else {
        g_snprintf(span, sizeof span, "%" G_GUINT64_FORMAT "s", answer->leeway_s);
        g_string_append_printf(out,
                               "  leeway     %-8s a token came up to %" G_GUINT64_FORMAT
                               " s from its server's future\n",
                               span, answer->early_max_s);
    }
}

static void
append_lines(GString *out, const Answer *answer)
{
    char span[SR_SPAN_TEXT_MAX];

    g_string_append(out, "\nLines for the scenario:\n\n");
    if (answer->stores) {
        sr_span_format(answer->retention_ns, span);
        g_string_append_printf(out, "  [encryption-provider]\n  retention = for(%s)\n\n", span);
    }
    g_string_append_printf(out, "  [server]\n  leeway = %" G_GUINT64_FORMAT "s\n\n",
                           answer->leeway_s);
}

static const char *const not_covered[] = {
    "whoever opens the document later needs the key for as long as its session lives, and the "
    "next session needs it once more: this is how long the handshake itself needs it;",
    "what the scenario does not hold: other networks, longer outages, worse clocks, more "
    "people.",
};

static void
append_check(GString *out, const Question *question, const Answer *answer, const SrLook *look)
{
    gsize start = out->len;
    g_autofree char *excluded = percent(
        "%.3g", sr_advice_excluded(answer->broke, answer->checked, question->confidence));
    g_autofree char *confidence = percent("%.9g", question->confidence);

    if (answer->broke == 0) {
        sr_look_paint(look, SR_COLOUR_GOOD, "Checked", out);
        g_string_append_printf(
            out,
            " with %" G_GUINT64_FORMAT
            " fresh seeds: every key was there when it was needed, and no token "
            "was refused for coming early. Failures in more than %s of all runs "
            "are excluded at %s confidence.",
            answer->checked, excluded, confidence);
    } else {
        sr_look_paint(look, SR_COLOUR_BAD, "NOT confirmed", out);
        g_string_append_printf(out,
                               ": of %" G_GUINT64_FORMAT " fresh seeds %" G_GUINT64_FORMAT
                               " lacked a key or a token%s.",
                               answer->checked, answer->broke,
                               answer->rounds > 1 ? ", after the advice was raised" : "");
    }
    sr_look_end_line(look, start, 0, out);
    if (answer->rounds > 1 && answer->broke == 0)
        g_string_append(
            out, "The first advice did not hold for every fresh seed, and was raised.\n");
    if (answer->first_broken != 0) {
        g_autofree char *retention = NULL;
        g_autofree char *leeway = NULL;

        format_advice(answer, &retention, &leeway);
        const char *more[] = { retention, leeway };
        g_autofree char *replay =
            sr_report_replay(more, 2, answer->first_broken, question->file->path);

        g_string_append_printf(out, "  replay: %s\n", replay);
    }
    if (answer->failed_else > 0) {
        start = out->len;
        g_string_append_printf(out,
                               "%" G_GUINT64_FORMAT
                               " of the fresh runs failed a check for another reason, which no "
                               "retention or leeway cures.",
                               answer->failed_else);
        sr_look_end_line(look, start, 0, out);
    }
    g_string_append(out, "\nNot covered:\n");
    for (size_t i = 0; i < G_N_ELEMENTS(not_covered); i++) {
        start = out->len;
        g_string_append_printf(out, "  - %s", not_covered[i]);
        sr_look_end_line(look, start, strlen("  - "), out);
    }
}

static char *
describe(const Question *question, const SrScenario *scenario, const Answer *answer,
         const SrLook *look)
{
    GString *out = g_string_new(NULL);

    sr_escape_terminal(out, question->file->path, strlen(question->file->path));
    g_string_append(out, scenario->title[0] != '\0' ? ": " : "");
    sr_escape_terminal(out, scenario->title, strlen(scenario->title));
    g_string_append_c(out, '\n');
    append_findings(out, question, answer);
    append_lines(out, answer);
    append_check(out, question, answer, look);
    return g_string_free(out, FALSE);
}

/* One object; whole numbers are below 2^53, members are always in this order. */
static char *
describe_json(const Question *question, const SrScenario *scenario, const Answer *answer)
{
    GString *out =
        g_string_new("{\"format\": \"session-race-advice\", \"version\": 1, \"file\": ");
    char number[G_ASCII_DTOSTR_BUF_SIZE];

    sr_escape_json(out, question->file->path, strlen(question->file->path));
    g_string_append(out, ", \"title\": ");
    sr_escape_json(out, scenario->title, strlen(scenario->title));
    g_string_append_printf(
        out, ", \"reliability\": %s",
        g_ascii_formatd(number, sizeof number, "%.9g", question->reliability));
    g_string_append_printf(
        out, ", \"confidence\": %s",
        g_ascii_formatd(number, sizeof number, "%.9g", question->confidence));
    g_string_append_printf(out, ", \"seeds\": \"%" G_GUINT64_FORMAT "..%" G_GUINT64_FORMAT "\"",
                           question->seeds.first, question->seeds.last);
    g_string_append_printf(out, ", \"runs\": %" G_GUINT64_FORMAT, answer->runs);
    g_string_append_printf(out, ", \"failed_anyway\": %" G_GUINT64_FORMAT,
                           answer->failed_anyway);
    if (answer->stores)
        g_string_append_printf(out,
                               ", \"retention\": {\"needed\": %" G_GUINT64_FORMAT
                               ", \"longest\": %" G_GUINT64_FORMAT
                               ", \"advice\": %" G_GUINT64_FORMAT "}",
                               answer->need_ns, answer->need_max_ns, answer->retention_ns);
    g_string_append_printf(out,
                           ", \"leeway\": {\"needed\": %" G_GUINT64_FORMAT
                           ", \"longest\": %" G_GUINT64_FORMAT
                           ", \"advice\": %" G_GUINT64_FORMAT "}",
                           answer->early_s, answer->early_max_s, answer->leeway_s);
    g_string_append_printf(out,
                           ", \"check\": {\"seeds\": \"%" G_GUINT64_FORMAT
                           "..%" G_GUINT64_FORMAT "\", \"runs\": %" G_GUINT64_FORMAT
                           ", \"broken\": %" G_GUINT64_FORMAT
                           ", \"failed_else\": %" G_GUINT64_FORMAT ", \"rounds\": %u",
                           answer->check_seeds.first, answer->check_seeds.last, answer->checked,
                           answer->broke, answer->failed_else, answer->rounds);
    g_string_append_printf(out, ", \"excluded\": %s}, \"confirmed\": %s}\n",
                           g_ascii_formatd(number, sizeof number, "%.4g",
                                           sr_advice_excluded(answer->broke, answer->checked,
                                                              question->confidence)),
                           answer->broke == 0 ? "true" : "false");
    return g_string_free(out, FALSE);
}

/* ---- the verb ---- */

static bool
is_enough(const Question *question, Answer *answer)
{
    uint64_t runs = question->seeds.last - question->seeds.first + 1;

    answer->exceedances =
        sr_advice_exceedances(runs, question->reliability, question->confidence);
    if (answer->exceedances >= 0)
        return true;
    sr_usage_error(
        sr_command_advise.name,
        "--seeds: %" G_GUINT64_FORMAT
        " seeds are too few for this reliability and confidence: it takes %" G_GUINT64_FORMAT,
        runs, sr_advice_runs(question->reliability, question->confidence));
    return false;
}

static int
find_advice(const Question *question, Answer *answer)
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

int
sr_verb_advise(int argc, char **argv)
{
    g_auto(SrOptions) options = { 0 };
    g_auto(SrRunFiles) files = { 0 };
    g_autoptr(SrScenario) scenario = NULL;
    g_autofree char *text = NULL;
    Question question = { .options = &options };
    Answer answer = { 0 };
    SrLook look;
    int status;

    if (!sr_options_parse(&sr_command_advise, argc, argv, &options, &status))
        return status;
    status = sr_run_files_collect_one(sr_command_advise.name, options.arguments, &files);
    if (status != SR_EXIT_OK)
        return status;
    question.file = g_ptr_array_index(files.files, 0);
    if (strcmp(question.file->path, "-") == 0)
        return sr_usage_error(sr_command_advise.name,
                              "the scenario is read several times: name a file");
    if (!read_question(&question) || !is_enough(&question, &answer))
        return SR_EXIT_MALFORMED;
    if ((status = load(&question, (const char *const[]){ NULL }, &scenario)) != SR_EXIT_OK)
        return status;
    answer.stores = scenario->encryption_provider.kind == SR_KEYS_STORED ||
                    scenario->encryption_provider.kind == SR_KEYS_UNSTABLE;
    answer.judges = scenario->token_provider.enabled;
    sr_stop_install();
    if ((status = find_advice(&question, &answer)) != SR_EXIT_OK)
        return status;
    look = sr_options_look(&options, options.output);
    text = options.format == SR_REPORT_JSON ? describe_json(&question, scenario, &answer)
                                            : describe(&question, scenario, &answer, &look);
    status = sr_output_text(options.output, text, strlen(text));
    return status != SR_EXIT_OK ? status : answer.broke > 0 ? SR_EXIT_UNEXPECTED : SR_EXIT_OK;
}

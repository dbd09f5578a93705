/* `sweep`: how likely is it, over seeds and parameters?
 *
 * The options about the study become overrides of `[study]`, so they are checked like the file.
 */
#include <string.h>

#include "session-race/time.h"
#include "sweep-private.h"

/* The options of this verb alone. */
static struct {
    char *seeds, **varies, *zip, *require; /* (nullable) */
    gboolean no_graph;
} own;
static SrSweepAsked asked = { .graph_bytes = SR_SWEEP_GRAPH_BYTES };

/* ---- options ---- */

static gboolean
on_shard(const char *option, const char *value, void *data, GError **error)
{
    g_auto(GStrv) parts = g_strsplit(value, "/", -1);

    (void) data;
    if (g_strv_length(parts) != 2 ||
        !g_ascii_string_to_unsigned(parts[1], 10, 1, UINT64_MAX, &asked.shards, NULL) ||
        !g_ascii_string_to_unsigned(parts[0], 10, 1, asked.shards, &asked.shard, NULL))
        return sr_option_refuse(error, option, value, "a part such as 1/8, from 1/N to N/N");
    return TRUE;
}

/* A percentage of at most six decimals, in parts per SR_RATE_WHOLE. */
static gboolean
on_precision(const char *option, const char *value, void *data, GError **error)
{
    char *at = NULL;
    uint64_t whole = g_ascii_strtoull(value, &at, 10), unit = SR_RATE_WHOLE / 100;
    bool good = g_ascii_isdigit(*value) && whole <= 100;

    (void) data;
    asked.precision = good ? whole * unit : 0;
    if (good && *at == '.') {
        good = g_ascii_isdigit(*++at);
        for (; good && g_ascii_isdigit(*at); at++) {
            unit /= 10;
            good = unit > 0;
            asked.precision += unit * (uint64_t) (*at - '0');
        }
    }
    if (!good || strcmp(at, "%") != 0 || asked.precision == 0 ||
        asked.precision >= SR_RATE_WHOLE / 2)
        return sr_option_refuse(error, option, value,
                                "a percentage above 0% and below 50%, such as 0.1%");
    return TRUE;
}

static gboolean
on_time(const char *option, const char *value, void *data, GError **error)
{
    (void) data;
    if (sr_span_parse(value, strlen(value), &asked.time) != SR_NUMBER_OK || asked.time == 0)
        return sr_option_refuse(error, option, value, "a duration such as 30s or 10min");
    return TRUE;
}

static gboolean
on_graph_memory(const char *option, const char *value, void *data, GError **error)
{
    static const char *const units[] = { "KiB", "MiB", "GiB", "TiB" };
    const char *unit = value + strspn(value, "0123456789");
    g_autofree char *digits = g_strndup(value, (gsize) (unit - value));
    unsigned i = 0;
    uint64_t number;

    (void) data;
    while (i < G_N_ELEMENTS(units) && strcmp(unit, units[i]) != 0)
        i++;
    if (i == G_N_ELEMENTS(units) ||
        !g_ascii_string_to_unsigned(digits, 10, 1, UINT64_C(1) << 20, &number, NULL))
        return sr_option_refuse(error, option, value, "a size such as 64MiB or 2GiB");
    asked.graph_bytes = number << (10 * (i + 1));
    return TRUE;
}

/* clang-format off */
static const GOptionEntry own_options[] = {
    { "format", 'f', 0, G_OPTION_ARG_CALLBACK, (void *) sr_option_on_word,
      "human, json (the result), csv or markdown [human]", "FORMAT" },
    { "seeds", 0, 0, G_OPTION_ARG_STRING, &own.seeds,
      "Run these seeds at each point [1..1000]", "A..B" },
    { "vary", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &own.varies,
      "Give a key each of these values, or of a range such as '2..20 step 2'; all combinations are points",
      "GROUP.KEY=V1|V2…" },
    { "zip", 0, 0, G_OPTION_ARG_FILENAME, &own.zip,
      "Varied keys that go together, value by value", "KEY,KEY…" },
    { "require", 0, 0, G_OPTION_ARG_FILENAME, &own.require,
      "What every point must keep, such as 'clients(locked-out) < 0.1%'", "THRESHOLDS" },
    { "until-failure", 0, 0, G_OPTION_ARG_NONE, &asked.until_failure,
      "End with the first run that is not as expected", NULL },
    { "precision", 0, 0, G_OPTION_ARG_CALLBACK, (void *) on_precision,
      "End a point when its failed share is known to ± this, with 95 %", "PERCENT" },
    { "time", 0, 0, G_OPTION_ARG_CALLBACK, (void *) on_time,
      "End after this time, and keep what is done", "DURATION" },
    { "shard", 0, 0, G_OPTION_ARG_CALLBACK, (void *) on_shard,
      "Run the K-th of N parts of each point's seeds", "K/N" },
    { "checkpoint", 0, 0, G_OPTION_ARG_FILENAME, &asked.checkpoint,
      "Keep what is done in FILE, and go on from there", "FILE" },
    { "shrink", 0, 0, G_OPTION_ARG_FILENAME, &asked.shrink,
      "Shrink the first unexpected failure of each check to FOLDER/CHECK.ini", "FOLDER" },
    { "no-graph", 0, 0, G_OPTION_ARG_NONE, &own.no_graph,
      "Play each seed, though its steps are known from others; the result is the same", NULL },
    { "graph-memory", 0, 0, G_OPTION_ARG_CALLBACK, (void *) on_graph_memory,
      "The memory for the steps that are known [256MiB]", "SIZE" },
    { "stats", 0, 0, G_OPTION_ARG_NONE, &asked.stats,
      "Say on standard error how many seeds were played, and how many steps are known", NULL },
    G_OPTION_ENTRY_NULL
};
/* clang-format on */

static int
check_options(const SrOptions *options)
{
    if (sr_options_count(options->arguments) != 1)
        return sr_usage_error("a sweep is of one scenario: a file, or - for "
                              "standard input");
    if (asked.shards > 0 && (asked.until_failure || asked.precision > 0))
        return sr_usage_error("--shard and %s do not go together: a part cannot know when the "
                              "whole would end",
                              asked.until_failure ? "--until-failure" : "--precision");
    if (asked.until_failure && asked.precision > 0)
        return sr_usage_error("--until-failure and --precision do not go together");
    for (size_t i = 0; i < sr_options_count(own.varies); i++)
        if (strchr(own.varies[i], '=') == NULL)
            return sr_usage_error("--vary: no '=' in '%s'; write GROUP.KEY=V1|V2, such as "
                                  "network.latency=5ms|50ms",
                                  own.varies[i]);
    if (asked.shrink != NULL && g_file_test(asked.shrink, G_FILE_TEST_EXISTS) &&
        !g_file_test(asked.shrink, G_FILE_TEST_IS_DIR))
        return sr_usage_error("--shrink %s: is a file, not a folder", asked.shrink);
    if (asked.shrink != NULL && *asked.shrink == '\0')
        return sr_usage_error("--shrink: the name of the folder is empty");
    if (asked.checkpoint != NULL && *asked.checkpoint == '\0')
        return sr_usage_error("--checkpoint: the name of the file is empty");
    if (asked.checkpoint != NULL && sr_output_is_stdout(asked.checkpoint))
        return sr_usage_error("--checkpoint %s: a file is needed", asked.checkpoint);
    return SR_EXIT_OK;
}

/* Returns: an exit status */
static int
take_places(const SrOptions *options)
{
    int status = sr_places_take("output", options->output);

    if (status == SR_EXIT_OK)
        status = sr_places_take("checkpoint", asked.checkpoint);
    for (unsigned id = 0; id < SR_CHECK_N && asked.shrink != NULL && status == SR_EXIT_OK;
         id++) {
        g_autofree char *name = sr_sweep_shrink_name((SrCheckId) id);

        status = sr_places_take_below("shrink", asked.shrink, name);
    }
    return status;
}

/* ---- the plan ---- */

/* The options of the verb as overrides of `[study]`, named as they were typed. */
static GPtrArray *
collect_overrides(const SrOptions *options)
{
    GPtrArray *overrides = sr_options_overrides(options);

    if (own.seeds != NULL)
        g_ptr_array_add(overrides, g_strdup_printf("--seeds study.seeds=%s", own.seeds));
    for (size_t i = 0; i < sr_options_count(own.varies); i++)
        g_ptr_array_add(overrides, g_strdup_printf("--vary study.vary %s", own.varies[i]));
    if (own.zip != NULL)
        g_ptr_array_add(overrides, g_strdup_printf("--zip study.zip=%s", own.zip));
    if (own.require != NULL)
        g_ptr_array_add(overrides, g_strdup_printf("--require study.require=%s", own.require));
    return overrides;
}

static int
sweep(const SrOptions *options)
{
    g_auto(SrSweepPlan) plan = { .options = options };
    int status = check_options(options);

    if (own.no_graph)
        asked.graph_bytes = 0;
    plan.asked = asked;
    if (asked.time > 0)
        plan.deadline_us = g_get_monotonic_time() + (gint64) (asked.time / SR_NS_PER_US);

    if (status == SR_EXIT_OK)
        status = sr_sweep_plan_read(&plan, options->arguments[0], collect_overrides(options));
    if (status == SR_EXIT_OK)
        status = take_places(options);
    if (status == SR_EXIT_OK)
        status = sr_own_begin(options, plan.wanted);
    if (status != SR_EXIT_OK)
        return status;
    plan.part = plan.head.seeds;
    if (asked.shards == 0 ||
        sr_sweep_shard(plan.head.seeds, asked.shard, asked.shards, &plan.part))
        plan.n_seeds = plan.part.last - plan.part.first + 1;
    return sr_sweep_play(options, &plan);
}

/* clang-format off */
const SrCommand sr_command_sweep = {
    .name = "sweep",
    .question = "how likely is it, over seeds and parameters?",
    .arguments = "SCENARIO",
    .summary =
        "Plays a scenario under many seeds, at each combination of what its [study] varies,\n"
        "and says how many editors are locked out, how often which check fails and how long\n"
        "people wait. SCENARIO is a file or - for standard input.",
    .description =
        "--seeds, --vary, --zip and --require add to [study], or replace what stands there.\n"
        "The result is the same for any --jobs. With -o FILE it is written to FILE as NDJSON\n"
        "and the table to standard output; --format json prints the NDJSON. --format csv and\n"
        "markdown print, or write to FILE, a table with a line a point.\n\n"
        "A run is as expected when 'run' of its seed exits with 0. What can be required: the\n"
        "share of runs(NAME) and of clients(NAME), and times such as p99(time-to-collaborate);\n"
        "a NAME that is none lists those that there are.\n\n"
        "--shard parts are put together by 'session-race merge'; what is required is not\n"
        "judged by a part, but by 'merge --scenario'. A sweep with --checkpoint may be killed\n"
        "at any moment: the same command goes on, and a complete one prints its result at\n"
        "once.\n\n"
        "Exit status:\n"
        "  0  every point keeps what is required; where nothing is required, every run is as\n"
        "     its scenario expects\n"
        "  1  some point does not; or some run is not\n"
        "  2  the command line, the scenario or the checkpoint is malformed: nothing was run\n"
        "  3  the system failed: a file could not be read or written\n"
        "  4  --time was up, a run needs more events than max-events, or the seeds were too few\n"
        "     for --precision, before that could be said\n"
        "  130, 143  stopped by SIGINT or SIGTERM, after writing what was complete\n\n"
        "Examples:\n"
        "  session-race sweep --seeds 1..100000 two.ini\n"
        "  session-race sweep --vary 'encryption-provider.retention=for(1s)|for(2s)' two.ini\n"
        "  session-race sweep --require 'runs(failed) < 0.1%' --shard 3/8 -o 3.ndjson two.ini\n",
    .options = SR_OPTION_PROVIDER | SR_OPTION_SET | SR_OPTION_JOBS | SR_OPTION_OUTPUT |
               SR_OPTION_QUIET | SR_OPTION_COLOR,
    .words = sr_sweep_format_words,
    .word = &asked.format,
    .own = own_options,
    .run = sweep,
};
/* clang-format on */

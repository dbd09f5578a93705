/* `merge`: puts the shards of a sweep together.
 *
 * All files are read and added up, one at a time, before anything is written, so only the sum
 * and one shard are in memory. A complete sum equals the result of the unsplit sweep, byte for
 * byte. An incomplete one is reported on standard error, in its last line and in the exit
 * status. */
#include <string.h>
#include <sys/stat.h>

#include "base/whole-file.h"
#include "sweep-private.h"

#define PIECE_BYTES ((gsize) 1 << 20)
/* At most this many gaps are listed, and of each this many ranges. */
#define GAPS_SHOWN_MAX 20u
#define RANGES_SHOWN_MAX 8u

/* The options of this verb alone. */
static struct {
    gboolean allow_gaps;
    char *scenario; /* (nullable) */
} own;

static int format = SR_SWEEP_AS_JSON; /* SrSweepFormat */

/* clang-format off */
static const GOptionEntry own_options[] = {
    { "format", 'f', 0, G_OPTION_ARG_CALLBACK, (void *) sr_option_on_word,
      "json: the result, for programs; human, csv or markdown: a table of it [json]", "FORMAT" },
    { "scenario", 0, 0, G_OPTION_ARG_FILENAME, &own.scenario,
      "What was swept: what it requires and expects is judged, as 'sweep' does", "SCENARIO" },
    { "allow-gaps", 0, 0, G_OPTION_ARG_NONE, &own.allow_gaps,
      "Exit with 0 though seeds are missing", NULL },
    G_OPTION_ENTRY_NULL
};
/* clang-format on */

static char *
shown(const char *path)
{
    GString *text = g_string_new(NULL);

    sr_text_plain(text, sr_whole_file_name(path));
    return g_string_free(text, FALSE);
}

/* ---- what does not go ---- */

/* Finds the one of the first @n files that has seeds of @fault, and sets @seeds to those that
 * it has. Standard input cannot be read again. Returns: (nullable): its path */
static const char *
find_holder(const SrRunFiles *files, guint n, const SrSweepFault *fault, SrSeedRange *seeds)
{
    for (guint i = 0; i < n; i++) {
        const SrRunFile *file = g_ptr_array_index(files->files, i);
        SrSweepFault other = { 0 };
        g_autoptr(SrSweepFile) held = NULL;
        const SrSweepPoint *point;

        if (strcmp(file->path, "-") != 0)
            held = sr_sweep_file_load(file->path, &other);
        sr_sweep_fault_clear(&other);
        point = held != NULL ? sr_sweep_file_lookup(held, fault->point) : NULL;
        for (guint j = 0; point != NULL && j < point->parts->len; j++) {
            const SrSeedRange *part = &g_array_index(point->parts, SrSeedRange, j);
            SrSeedRange both = { MAX(part->first, seeds->first), MIN(part->last, seeds->last) };

            if (both.first <= both.last) {
                *seeds = both;
                return file->path;
            }
        }
    }
    return NULL;
}

/* Returns: (transfer full): the message that two files have the same seeds, and which file it is */
static char *
overlap_message(const SrRunFiles *files, guint n, const SrSweepFault *fault)
{
    SrSeedRange seeds = fault->seeds;
    const char *holder = find_holder(files, n, fault, &seeds);
    g_autofree char *name = shown(holder != NULL ? holder : "-");

    return g_strdup_printf("holds the seeds %" PRIu64 "..%" PRIu64 " of point %" PRIu64
                           ", which %s holds, too",
                           seeds.first, seeds.last, fault->point, name);
}

/* A file given by two names overlaps with itself; the message says so. */
static int
refuse_twice(const SrRunFiles *files)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (guint i = 0; i < files->files->len; i++) {
        const SrRunFile *file = g_ptr_array_index(files->files, i);
        struct stat there;
        const char *before;
        char *identity;

        if (strcmp(file->path, "-") == 0 || stat(file->path, &there) != 0)
            continue;
        identity = sr_places_identity(&there);
        before = g_hash_table_lookup(seen, identity);
        if (before != NULL) {
            g_autofree char *first = shown(before);
            g_autofree char *message = strcmp(before, file->path) == 0
                                           ? g_strdup("is given twice")
                                           : g_strdup_printf("is the same file as %s", first);

            g_free(identity);
            sr_file_error(file->path, message);
            return SR_EXIT_MALFORMED;
        }
        g_hash_table_insert(seen, identity, file->path);
    }
    return SR_EXIT_OK;
}

/* ---- adding up ---- */

static int
add_up(const SrRunFiles *files, SrSweepFile **sum)
{
    for (guint i = 0; i < files->files->len; i++) {
        const SrRunFile *file = g_ptr_array_index(files->files, i);
        SrSweepFault fault = { 0 };
        g_autoptr(SrSweepFile) shard = NULL;
        bool good;

        if (sr_stop_signal() != 0)
            return sr_stop_status();
        shard = sr_sweep_file_load(file->path, &fault);
        good = shard != NULL;
        if (good && *sum == NULL)
            *sum = g_steal_pointer(&shard);
        else if (good)
            good = sr_sweep_file_merge(*sum, shard, &fault);
        if (!good) {
            g_autofree char *overlap = fault.overlap ? overlap_message(files, i, &fault) : NULL;
            int status =
                sr_place_error(sr_whole_file_name(fault.path), fault.line, fault.column,
                               fault.system, overlap != NULL ? overlap : fault.message);

            sr_sweep_fault_clear(&fault);
            return status;
        }
    }
    return SR_EXIT_OK;
}

/* ---- what is missing ---- */

static void
append_ranges(GString *text, const SrSeedRange *ranges, size_t n)
{
    for (size_t i = 0; i < n && i < RANGES_SHOWN_MAX; i++) {
        g_string_append_printf(text, "%s%" PRIu64, i > 0 ? ", " : "", ranges[i].first);
        if (ranges[i].last > ranges[i].first)
            g_string_append_printf(text, "..%" PRIu64, ranges[i].last);
    }
    if (n > RANGES_SHOWN_MAX)
        g_string_append_printf(text, " and %zu more ranges", n - RANGES_SHOWN_MAX);
}

typedef struct {
    const SrSweepFile *file;
    unsigned n;
} Gaps;

static void
report_gap(void *data, uint64_t first, uint64_t last, const SrSeedRange *missing,
           size_t n_missing)
{
    Gaps *gaps = data;
    g_autoptr(GString) text = g_string_new(NULL);

    if (gaps->n++ >= GAPS_SHOWN_MAX)
        return;
    if (gaps->file->head.n_points > 1) {
        if (first == 0 && last + 1 == gaps->file->head.n_points)
            g_string_append(text, " at every point");
        else if (first == last)
            g_string_append_printf(text, " at point %" PRIu64, first);
        else
            g_string_append_printf(text, " at points %" PRIu64 "..%" PRIu64, first, last);
    }
    g_string_append(text, ": ");
    append_ranges(text, missing, n_missing);
    sr_message("warning: seeds missing%s", text->str);
}

static void
report_gaps(const SrSweepFile *file)
{
    Gaps gaps = { file, 0 };

    sr_sweep_file_gaps(file, report_gap, &gaps);
    if (gaps.n > GAPS_SHOWN_MAX)
        sr_message("warning: and %u more gaps", gaps.n - GAPS_SHOWN_MAX);
}

/* ---- writing ---- */

static gboolean
flush(SrOutput *output, GString *text, gsize at_least, GError **error)
{
    if (text->len < at_least)
        return TRUE;
    if (!sr_output_write(output, text->str, text->len, error))
        return FALSE;
    g_string_truncate(text, 0);
    return TRUE;
}

/* What is written, and how it is judged. */
typedef struct {
    const SrOptions *options;
    const SrSweepPlan *plan; /* (nullable) of --scenario */
    SrSweepFile *sum;
    SrSweepVerdict verdict;
} Session;

static void
judge(Session *session, const SrSweepRow *row, SrSweepTable *table, GString *text)
{
    if (session->plan != NULL)
        sr_sweep_verdict_add(&session->verdict, session->plan, row, table, text);
}

static gboolean
write_sum(Session *session, SrOutput *output, GError **error)
{
    const SrSweepFile *sum = session->sum;
    g_autoptr(GString) text = g_string_sized_new(2 * PIECE_BYTES);
    g_autoptr(SrSweepRow) row = sr_sweep_row_new();
    g_autoptr(SrSweepWriter) writer = sr_sweep_writer_new(&sum->head, text);

    for (guint i = 0; i < sum->points->len; i++) {
        const SrSweepPoint *point = g_ptr_array_index(sum->points, i);

        sr_sweep_writer_add_point(writer, point, row, text);
        judge(session, row, NULL, NULL);
        if (!flush(output, text, PIECE_BYTES, error))
            return FALSE;
    }
    sr_sweep_writer_end(g_steal_pointer(&writer), text);
    return flush(output, text, 0, error);
}

static gboolean
write_table(Session *session, SrOutput *output, GError **error)
{
    const SrSweepFile *sum = session->sum;
    char *const *overrides = session->options->overrides;
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(SrSweepRow) row = sr_sweep_row_new();
    SrSweepTableOptions table_options = {
        .form = sr_sweep_form((SrSweepFormat) format),
        .file = own.scenario,
        .overrides = (const char *const *) overrides,
        .n_overrides = sr_options_count(overrides),
        .style = sr_options_style(session->options, session->options->output),
    };
    SrSweepTable *table = sr_sweep_table_new(&sum->head, &table_options, text);

    for (guint i = 0; i < sum->points->len; i++) {
        const SrSweepPoint *point = g_ptr_array_index(sum->points, i);

        sr_sweep_point_row(point, row);
        sr_sweep_table_add(table, point->point, point->at,
                           (const SrSeedRange *) (const void *) point->parts->data,
                           point->parts->len, row, text);
        judge(session, row, table, text);
    }
    sr_sweep_table_end(table, text);
    return flush(output, text, 0, error);
}

static int
write_output(Session *session)
{
    g_autoptr(GError) error = NULL;
    const char *path = session->options->output;
    SrOutput *output = sr_output_open(path, SR_OUTPUT_REPLACE, &error);
    bool written =
        output != NULL && (format == SR_SWEEP_AS_JSON ? write_sum : write_table)(session, output, &error);

    return sr_output_finish(output, written, &error)
               ? SR_EXIT_OK
               : sr_file_error(sr_output_name(path), error->message);
}

/* ---- judging ---- */

/* Checks that the sum belongs to the scenario that was read. */
static int
compare_plan(Session *session)
{
    if (session->plan == NULL)
        return SR_EXIT_OK;
    if (strcmp(session->plan->head.source, session->sum->head.source) != 0)
        return sr_usage_error(
            "--scenario %s: the sweep is not of this scenario and study; what "
            "'sweep' was given by --seeds, --vary, --zip, --require or --set "
            "is given here as --set study.seeds=A..B and the like",
            own.scenario);
    /* If seeds are missing, the thresholds judge the seeds that are there only if the user
     * allows gaps. */
    session->verdict.whole = session->sum->complete || own.allow_gaps;
    return SR_EXIT_OK;
}

/* As for the unsplit sweep. */
static int
exit_status(const Session *session)
{
    const SrSweepVerdict *verdict = &session->verdict;
    bool thresholds = session->plan != NULL && session->plan->base->study.thresholds->len > 0;

    if (session->plan != NULL && format != SR_SWEEP_AS_HUMAN)
        sr_sweep_verdict_report(verdict, thresholds);
    if (!thresholds && verdict->n_unexpected > 0)
        return SR_EXIT_UNEXPECTED;
    if (!session->sum->complete && !own.allow_gaps)
        return SR_EXIT_INCOMPLETE;
    return thresholds && verdict->n_unmet > 0 ? SR_EXIT_UNEXPECTED : SR_EXIT_OK;
}

static int
add_and_write(Session *session, const SrRunFiles *files, SrSweepPlan *plan)
{
    int status = SR_EXIT_OK;

    if (own.scenario != NULL) {
        session->plan = plan;
        status = sr_sweep_plan_read(plan, own.scenario, sr_options_overrides(session->options));
    }
    if (status == SR_EXIT_OK)
        status = sr_places_take("output", session->options->output);
    if (status == SR_EXIT_OK)
        status = add_up(files, &session->sum);
    if (status == SR_EXIT_OK)
        status = compare_plan(session);
    if (status != SR_EXIT_OK)
        return status;
    if (!session->sum->complete && !(own.allow_gaps && session->options->quiet))
        report_gaps(session->sum);
    status = write_output(session);
    return status == SR_EXIT_OK ? exit_status(session) : status;
}

static int
merge(const SrOptions *options)
{
    g_auto(SrRunFiles) files = { 0 };
    g_auto(SrSweepPlan) plan = { 0 };
    Session session = { .options = options };
    int status;

    if (own.scenario == NULL && sr_options_count(options->overrides) > 0)
        return sr_usage_error("--set needs --scenario");
    status = sr_run_files_collect_results(options->arguments, &files);
    if (status == SR_EXIT_OK)
        status = refuse_twice(&files);
    if (status == SR_EXIT_OK)
        status = add_and_write(&session, &files, &plan);
    g_clear_pointer(&session.sum, sr_sweep_file_free);
    return status;
}

/* clang-format off */
const SrCommand sr_command_merge = {
    .name = "merge",
    .question = "what do these shards of a sweep say together?",
    .arguments = "FILE…",
    .summary =
        "Puts the shards of a sweep together, in any order. FILE is a result of 'sweep', a\n"
        "folder (all *.ndjson below it) or - for standard input.",
    .description =
        "All shards together give the bytes of the unsplit sweep. Shards of another scenario,\n"
        "study or version, seeds that two files have, and damaged files are refused.\n"
        "Seeds that are in no file are reported on standard error; the others are written.\n\n"
        "No part of a sweep can judge what the whole requires; with --scenario the sum is\n"
        "judged. Repeat here with --set what was changed in the study for 'sweep'.\n\n"
        "Exit status:\n"
        "  0  every seed of every point is there, or --allow-gaps is given\n"
        "  1  with --scenario: some point does not meet a requirement; without any,\n"
        "     some run is not as the scenario expects\n"
        "  2  the command line or a file is malformed, or the files do not go together:\n"
        "     nothing is written\n"
        "  3  a file could not be read, or the output not be written\n"
        "  4  seeds are missing\n\n"
        "Examples:\n"
        "  session-race merge -o all.ndjson shards/\n"
        "  session-race merge --scenario study.ini --format human shards/\n",
    .options = SR_OPTION_SET | SR_OPTION_OUTPUT | SR_OPTION_QUIET | SR_OPTION_COLOR,
    .words = sr_sweep_format_words,
    .word = &format,
    .own = own_options,
    .run = merge,
};
/* clang-format on */

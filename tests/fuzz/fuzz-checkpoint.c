/* Fuzzing what a sweep takes up again: any bytes are the checkpoint of one sweep, as this program
 * would have written it, or refused with a sentence. What is taken up is written the same again.
 *
 * The digests of an input fit after a mutation. What the command line prints and writes is taken
 * up here. */
#include "fuzz.h"
#include "cli/sweep-private.h"

static const char scenario_text[] =
    "[scenario]\ntitle = Two editors\n[network]\nlatency = 5ms\n"
    "[client alice]\n[client bob]\n"
    "[study]\nseeds = 1..40\n"
    "vary network.latency = 5ms | lognormal(20ms, 60ms)\n";

static struct {
    char *refusal;  /* (nullable) */
    GString *saved; /* (nullable) */
} it;

/* ---- instead of outputs and standard error ---- */

int
sr_file_error(const char *file, const char *message)
{
    (void) file;
    g_assert(it.refusal == NULL);
    it.refusal = g_strdup(message);
    return SR_EXIT_SYSTEM;
}

SrOutput *
sr_output_open(const char *path, SrOutputMode mode, GError **error)
{
    (void) path;
    (void) mode;
    (void) error;
    it.saved = g_string_new(NULL);
    return (SrOutput *) it.saved;
}

gboolean
sr_output_write(SrOutput *output, const char *bytes, size_t n, GError **error)
{
    (void) error;
    g_string_append_len((GString *) output, bytes, (gssize) n);
    return TRUE;
}

gboolean
sr_output_finish(SrOutput *output, bool good, GError **error)
{
    (void) output;
    (void) error;
    return good;
}

/* ---- the sweep ---- */

/* Returns: (transfer none): the plan of the shard, or of the sweep, that the input is taken for */
static SrSweepPlan *
plan_for(unsigned choice)
{
    static SrSweepPlan plan; /* for good */
    g_autoptr(SrDiagnostics) diagnostics = NULL;

    if (plan.base == NULL) {
        diagnostics = sr_diagnostics_new();
        plan.base =
            sr_scenario_parse("-", scenario_text, strlen(scenario_text), NULL, 0, diagnostics);
        g_assert(plan.base != NULL);
        plan.n_points = sr_study_n_points(plan.base);
        plan.head = (SrSweepHead){ .version = g_strdup("0.1.0"),
                                   .scenario = g_strdup(plan.base->title),
                                   .source = g_malloc(33),
                                   .seeds = { 1, 40 },
                                   .n_points = plan.n_points };
        sr_scenario_source(plan.base, plan.head.source);
        plan.asked.checkpoint = g_strdup("/");
    }
    plan.part = choice & 1 ? (SrSeedRange){ 21, 40 } : plan.head.seeds;
    plan.n_seeds = plan.part.last - plan.part.first + 1;
    plan.asked.shard = plan.asked.shards = choice & 1 ? 2 : 0;
    plan.asked.until_failure = choice & 2;
    plan.asked.precision = choice & 4 ? 1000000 : 0;
    return &plan;
}

/* Writes what was taken up once more. */
static void
save(const SrSweepPlan *plan, const SrSweepCheckpoint *checkpoint)
{
    static SrSweepRow *row; /* for good */
    g_autoptr(GString) result = g_string_new(NULL);
    SrSweepWriter *writer = sr_sweep_writer_new(&plan->head, result);

    if (row == NULL)
        row = sr_sweep_row_new();
    for (guint i = 0; i < checkpoint->rows->points->len; i++)
        sr_sweep_writer_add_point(writer, g_ptr_array_index(checkpoint->rows->points, i), row,
                                  result);
    sr_sweep_writer_end(writer, result);
    g_assert(sr_sweep_checkpoint_save(plan, checkpoint->point, checkpoint->seeds_done, result,
                                      NULL));
}

/* The first byte chooses for which command the rest is the checkpoint. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const SrSweepPlan *plan = plan_for(size > 0 ? data[0] : 0);
    SrSweepCheckpoint checkpoint;
    int status;

    if (size == 0)
        return 0;
    fuzz_file = data + 1;
    fuzz_file_size = size - 1;
    status = sr_sweep_checkpoint_load(plan, &checkpoint);
    g_assert((status == SR_EXIT_OK) == (it.refusal == NULL));
    g_assert((status == SR_EXIT_OK) == (checkpoint.rows != NULL));
    g_assert(it.refusal == NULL || it.refusal[0] != '\0');
    g_clear_pointer(&it.refusal, g_free);
    if (status != SR_EXIT_OK)
        return 0;
    save(plan, &checkpoint);
    g_assert(it.saved->len == fuzz_file_size &&
             memcmp(it.saved->str, fuzz_file, fuzz_file_size) == 0);
    g_string_free(g_steal_pointer(&it.saved), TRUE);
    sr_sweep_file_free(checkpoint.rows);
    return 0;
}

/* The first byte of the first line is the choice. */
static void
fit(GString *text)
{
    char choice = '0';

    if (text->len == 0)
        return;
    choice = text->str[0];
    g_string_erase(text, 0, 1);
    fuzz_fit_digest(text, "end", true);
    fuzz_fit_digest(text, "checkpoint-end", false);
    g_string_prepend_c(text, choice);
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    return fuzz_mutate(data, size, max_size, seed, fit);
}

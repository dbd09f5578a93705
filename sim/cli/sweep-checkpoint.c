/* Checkpoints of a sweep: they let it continue after it was killed at any moment.
 *
 * A checkpoint is a result (report/sweep-file.h) between two lines of its own. The first
 * says how the sweep was requested and how far it is, the last has the digest of all lines
 * above. It is written beside its place and renamed, so there is always a complete one. It is
 * not trusted: it is refused unless this program would have written it for the same command. */
#include <stdio.h>
#include <string.h>

#include "base/whole-file.h"
#include "sweep-private.h"

#define BYTES_MAX (UINT64_C(2) << 30)

static const char begins[] = "{\"type\":\"sweep-checkpoint\",\"format\":1,";
static const char ends[] = "{\"type\":\"checkpoint-end\",\"digest\":\"";

static void
append_last_line(GString *out, const char *bytes, size_t n)
{
    char digest[33];

    sr_sweep_digest(bytes, n, digest);
    g_string_append_printf(out, "%s%s\"}\n", ends, digest);
}

static void
append_first_line(GString *out, const SrSweepAsked *asked, uint64_t point, uint64_t seeds_done)
{
    g_string_append_printf(
        out,
        "%s\"shard\":\"%" PRIu64 "/%" PRIu64 "\",\"until-failure\":%s,\"precision\":\"%" PRIu64
        "\",\"point\":%" PRIu64 ",\"seeds-done\":%" PRIu64 "}\n",
        begins, asked->shard, asked->shards, asked->until_failure ? "true" : "false",
        asked->precision, point, seeds_done);
}

/* ---- writing ---- */

gboolean
sr_sweep_checkpoint_save(const SrSweepPlan *plan, uint64_t point, uint64_t seeds_done,
                         const GString *result, GError **error)
{
    g_autoptr(GString) text = g_string_sized_new(result->len + 512);
    SrOutput *output = sr_output_open(plan->asked.checkpoint, SR_OUTPUT_REPLACE, error);
    bool written;

    append_first_line(text, &plan->asked, point, seeds_done);
    g_string_append_len(text, result->str, (gssize) result->len);
    append_last_line(text, text->str, text->len);
    written = output != NULL && sr_output_write(output, text->str, text->len, error);
    return sr_output_finish(output, written, error);
}

/* ---- reading ---- */

typedef struct {
    const SrSweepPlan *plan;
    const char *at, *end; /* the rest of the text */
} Reader;

static int G_GNUC_PRINTF(2, 3) refuse(const Reader *reader, const char *format, ...)
{
    g_autofree char *message = NULL;
    va_list arguments;

    va_start(arguments, format);
    message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    sr_file_error(reader->plan->asked.checkpoint, message);
    return SR_EXIT_MALFORMED;
}

static int
refuse_damage(const Reader *reader, const char *what)
{
    return refuse(reader, "the checkpoint is damaged (%s); remove it to begin anew", what);
}

/* Reads the first line. It has one form, so it is written again and compared. */
static bool
take_first_line(Reader *reader, SrSweepAsked *asked, SrSweepCheckpoint *checkpoint)
{
    g_autoptr(GString) line = g_string_new(NULL);
    char until_failure[6];

    if (sscanf(reader->at + strlen(begins),
               "\"shard\":\"%" SCNu64 "/%" SCNu64
               "\",\"until-failure\":%5[a-z],\"precision\":\"%" SCNu64 "\",\"point\":%" SCNu64
               ",\"seeds-done\":%" SCNu64,
               &asked->shard, &asked->shards, until_failure, &asked->precision,
               &checkpoint->point, &checkpoint->seeds_done) != 6)
        return false;
    asked->until_failure = strcmp(until_failure, "true") == 0;
    append_first_line(line, asked, checkpoint->point, checkpoint->seeds_done);
    if ((size_t) (reader->end - reader->at) < line->len ||
        memcmp(reader->at, line->str, line->len) != 0)
        return false;
    reader->at += line->len;
    return true;
}

/* Checks the last line, and removes it from the text. */
static bool
take_last_line(Reader *reader)
{
    g_autoptr(GString) line = g_string_new(NULL);
    size_t n = strlen(ends) + 32 + strlen("\"}\n"),
           length = (size_t) (reader->end - reader->at);

    if (length < n)
        return false;
    append_last_line(line, reader->at, length - n);
    reader->end -= n;
    return memcmp(reader->end, line->str, n) == 0;
}

static int
compare_asked(const Reader *reader, const SrSweepAsked *asked)
{
    const SrSweepAsked *now = &reader->plan->asked;

    if (asked->shard != now->shard || asked->shards != now->shards)
        return asked->shards == 0
                   ? refuse(reader, "the checkpoint is of a sweep without --shard")
                   : refuse(reader, "the checkpoint is of --shard %" PRIu64 "/%" PRIu64,
                            asked->shard, asked->shards);
    if (asked->until_failure != now->until_failure)
        return refuse(reader, "the checkpoint is of a sweep %s --until-failure",
                      asked->until_failure ? "with" : "without");
    if (asked->precision != now->precision)
        return refuse(reader, "the checkpoint is of a sweep with %s --precision",
                      asked->precision == 0 ? "no" : "another");
    return SR_EXIT_OK;
}

static int
compare_heads(const Reader *reader, const SrSweepHead *head)
{
    const SrSweepHead *now = &reader->plan->head;

    if (strcmp(head->version, now->version) != 0)
        return refuse(reader, "the checkpoint was written by version %s; this is %s",
                      head->version, now->version);
    if (strcmp(head->scenario, now->scenario) != 0)
        return refuse(reader, "the checkpoint is of the scenario '%s'", head->scenario);
    if (head->seeds.first != now->seeds.first || head->seeds.last != now->seeds.last)
        return refuse(reader, "the checkpoint is of the seeds %" PRIu64 "..%" PRIu64,
                      head->seeds.first, head->seeds.last);
    if (strcmp(head->source, now->source) != 0 || head->n_points != now->n_points)
        return refuse(reader, "the checkpoint is of another scenario, study or --set");
    if (g_strcmp0(head->provider, now->provider) != 0)
        return refuse(reader, head->provider == NULL
                                  ? "the checkpoint is of a sweep without --provider and --signer"
                                  : "the checkpoint is of a sweep with another provider or signer");
    return SR_EXIT_OK;
}

/* Whether line @i of the rows belongs to point @i, for its first seeds. */
static bool
fits(const Reader *reader, const SrSweepCheckpoint *checkpoint, guint i)
{
    const SrSweepPlan *plan = reader->plan;
    const SrSweepPoint *point = g_ptr_array_index(checkpoint->rows->points, i);
    const SrSeedRange *part = &g_array_index(point->parts, SrSeedRange, 0);
    g_autoptr(GPtrArray) at = sr_study_point(plan->base, i);

    if (point->point != i || point->parts->len != 1 || part->first != plan->part.first ||
        part->last > plan->part.last || !sr_sweep_same_at(point->at, at))
        return false;
    if (i < checkpoint->point)
        return part->last == plan->part.last || plan->asked.precision > 0;
    return part->last - part->first == checkpoint->seeds_done - 1;
}

static bool
is_possible(const Reader *reader, const SrSweepCheckpoint *checkpoint)
{
    const SrSweepPlan *plan = reader->plan;
    uint64_t n_rows = checkpoint->point + (checkpoint->seeds_done > 0);

    if (checkpoint->point > plan->n_points || checkpoint->rows->points->len != n_rows)
        return false;
    if (checkpoint->point == plan->n_points ? checkpoint->seeds_done > 0
                                            : checkpoint->seeds_done >= plan->n_seeds)
        return false;
    for (guint i = 0; i < checkpoint->rows->points->len; i++)
        if (!fits(reader, checkpoint, i))
            return false;
    return true;
}

static int
read_checkpoint(Reader *reader, SrSweepCheckpoint *checkpoint)
{
    SrSweepFault fault = { 0 };
    SrSweepAsked asked = { 0 };
    int status;

    if (!g_str_has_prefix(reader->at, begins))
        return refuse(reader, "this is no checkpoint of a sweep; it is kept as it is");
    if (!take_last_line(reader))
        return refuse_damage(reader, "its digest is another");
    if (!take_first_line(reader, &asked, checkpoint))
        return refuse_damage(reader, "its first line");
    checkpoint->rows = sr_sweep_file_parse(reader->plan->asked.checkpoint, reader->at,
                                           (size_t) (reader->end - reader->at), &fault);
    if (checkpoint->rows == NULL) {
        status = refuse_damage(reader, fault.message);
        sr_sweep_fault_clear(&fault);
        return status;
    }
    status = compare_heads(reader, &checkpoint->rows->head);
    if (status == SR_EXIT_OK)
        status = compare_asked(reader, &asked);
    if (status == SR_EXIT_OK && !is_possible(reader, checkpoint))
        status = refuse_damage(reader, "its rows do not go together");
    return status;
}

int
sr_sweep_checkpoint_load(const SrSweepPlan *plan, SrSweepCheckpoint *checkpoint)
{
    g_autofree char *text = NULL;
    size_t length = 0;
    const char *path = plan->asked.checkpoint, *why;
    int status;

    *checkpoint = (SrSweepCheckpoint){ 0 };
    if (path == NULL || !g_file_test(path, G_FILE_TEST_EXISTS))
        return SR_EXIT_OK;
    why = sr_whole_file_read(path, BYTES_MAX, &text, &length);
    if (why != NULL)
        return sr_file_error(path, why);

    Reader reader = { plan, text, text + length };
    status = read_checkpoint(&reader, checkpoint);
    if (status != SR_EXIT_OK)
        g_clear_pointer(&checkpoint->rows, sr_sweep_file_free);
    return status;
}

/* The passes of the shrinker.
 *
 * Each pass changes a copy of the smallest scenario so far. If the check still fails, the copy
 * replaces it. The passes are repeated, from the greatest savings to the smallest, until none
 * saves anything. Then pairs of lines are tried, since one reduction may need another. A
 * candidate that is not a valid scenario (its only client was removed, a value is out of range)
 * counts as not failing. */
#include <string.h>

#include "model/chaos.h"
#include "result/expect.h"
#include "schema/words.h"
#include "session-race/run.h"
#include "session-race/time.h"
#include "sweep/shrink.h"

/* With more single clients than this, the number is first reduced. */
#define SPLIT_MAX 1000u
/* Each time that no single reduction helps, at most this many pairs are tried. */
#define PAIRS_MAX 2000u

typedef struct {
    const SrShrinkOptions *options;
    const char *path;
    SrScenarioEdit *best;
    uint32_t check, failed; /* of the best */
    SrShrinkProgress at;
    bool over;     /* the budget is used up, or the caller asked to stop */
    GError *error; /* (nullable) a program cannot be started: nothing is played any more */
    SrRunResult result;
} Shrinker;

/* ---- lines of a scenario ---- */

/* What a pass removes. */
typedef enum {
    PART_CLIENT,
    PART_FAULT,
    PART_GROUP, /* another one */
    PART_KEY,   /* another one, with a value that is not the default */
    PART_NONE,
} Part;
#define PART_ANY PART_NONE

#define CLIENT_PREFIX "client "

static Part
part_of(const SrScenarioEdit *edit, uint32_t i)
{
    SrEditLine line = sr_scenario_edit_line(edit, i);
    bool is_timeline = strcmp(line.group, "timeline") == 0;

    if (line.key != NULL)
        return is_timeline                            ? PART_FAULT
               : sr_scenario_edit_is_default(edit, i) ? PART_NONE
                                                      : PART_KEY;
    if (g_str_has_prefix(line.group, CLIENT_PREFIX))
        return PART_CLIENT;
    return is_timeline ? PART_NONE : PART_GROUP;
}

/* Returns: the name of the client in whose group line @i is */
static const char *
client_name(const SrScenarioEdit *edit, uint32_t i)
{
    return sr_scenario_edit_line(edit, i).group + strlen(CLIENT_PREFIX);
}

static bool
is_key(const SrScenarioEdit *edit, uint32_t i, const char *key)
{
    SrEditLine line = sr_scenario_edit_line(edit, i);

    return line.key != NULL && strcmp(line.key, key) == 0;
}

/* ---- trying ---- */

/* Plays @edit. Returns: (nullable): the run, which has ended; %NULL if it is not a valid scenario.
 * @scenario: (out) (transfer full) (nullable): what was played; it outlives the run */
static SrRun *
play(Shrinker *shrinker, const SrScenarioEdit *edit, SrScenario **scenario)
{
    const SrRunOptions silent = { .provider = shrinker->options->provider,
                                  .signer = shrinker->options->signer };
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
    g_autoptr(SrRun) run = NULL;

    *scenario = sr_scenario_edit_parse(edit, shrinker->path, diagnostics);
    if (*scenario == NULL || shrinker->error != NULL ||
        (sr_run_needs(*scenario, SR_EXEC_KEYS) && silent.provider == NULL) ||
        (sr_run_needs(*scenario, SR_EXEC_TOKENS) && silent.signer == NULL))
        return NULL;
    run = sr_run_new(*scenario);
    if (!sr_run_execute(run, (*scenario)->seed, &silent, &shrinker->result, &shrinker->error))
        return NULL;
    return g_steal_pointer(&run);
}

/* Returns: bits of the checks that @edit fails; also 0 if it is not a valid scenario, or has a run
 * that is too long to be of use */
static uint32_t
find_failed(Shrinker *shrinker, const SrScenarioEdit *edit)
{
    g_autoptr(SrScenario) scenario = NULL;
    g_autoptr(SrRun) run = play(shrinker, edit, &scenario);

    return run != NULL && !shrinker->result.too_long ? shrinker->result.failed : 0;
}

static void
measure(const SrScenarioEdit *edit, SrShrinkProgress *at)
{
    at->n_clients = at->n_faults = at->n_lines = 0;
    for (uint32_t i = 0; i < sr_scenario_edit_n_lines(edit); i++) {
        SrEditLine line = sr_scenario_edit_line(edit, i);
        Part part = part_of(edit, i);

        at->n_clients += part == PART_CLIENT;
        at->n_faults += part == PART_FAULT;
        at->n_lines += line.key != NULL && !sr_scenario_edit_is_default(edit, i);
        if (is_key(edit, i, "count"))
            at->n_clients += (uint32_t) g_ascii_strtoull(line.value, NULL, 10) - 1;
    }
}

/* Tries @candidate, which becomes the best if it still fails. Returns: whether it fails */
static bool
try(Shrinker *shrinker, SrScenarioEdit *candidate)
{
    const SrShrinkOptions *options = shrinker->options;
    g_autoptr(SrScenarioEdit) owned = candidate;
    uint32_t failed;

    if (shrinker->at.tries == shrinker->at.tries_max ||
        (options->stop != NULL && options->stop(options->data)))
        shrinker->over = true;
    if (shrinker->over)
        return false;
    shrinker->at.tries++;
    failed = find_failed(shrinker, owned);
    if (failed >> shrinker->check & 1) {
        sr_scenario_edit_free(shrinker->best);
        shrinker->best = g_steal_pointer(&owned);
        shrinker->failed = failed;
        measure(shrinker->best, &shrinker->at);
    }
    if (options->progress != NULL)
        options->progress(options->data, &shrinker->at);
    return owned == NULL;
}

/* ---- taking away ---- */

/* Returns: the lines of @part */
static GArray *
list(const SrScenarioEdit *edit, Part part)
{
    GArray *lines = g_array_new(FALSE, FALSE, sizeof(uint32_t));

    for (uint32_t i = 0; i < sr_scenario_edit_n_lines(edit); i++) {
        Part its = part_of(edit, i);

        if (its != PART_NONE && (its == part || part == PART_ANY))
            g_array_append_val(lines, i);
    }
    return lines;
}

/* Removes line @index of @edit from @copy, which has the same lines up to there. */
static void
take_line(SrScenarioEdit *copy, const SrScenarioEdit *edit, uint32_t index)
{
    if (part_of(edit, index) == PART_CLIENT)
        sr_scenario_edit_remove_client(copy, client_name(edit, index));
    else
        sr_scenario_edit_remove(copy, index);
}

/* Returns: a copy without lines first … first + n - 1 of @lines; removed from the last, so that
 * indexes stay valid */
static SrScenarioEdit *
without(const SrScenarioEdit *edit, const GArray *lines, uint32_t first, uint32_t n)
{
    SrScenarioEdit *copy = sr_scenario_edit_copy(edit);

    for (uint32_t i = first + n; i-- > first;)
        take_line(copy, edit, g_array_index(lines, uint32_t, i));
    return copy;
}

/* Removes as many lines as it can: halves, quarters, … single ones. Removing a client also
 * removes other lines, so the list is made again after each success. */
static bool
take_away(Shrinker *shrinker, Part part)
{
    g_autoptr(GArray) lines = list(shrinker->best, part);
    bool saved = false;

    for (uint32_t size = MAX(lines->len / 2, 1); lines->len > 0; size /= 2) {
        for (uint32_t first = 0; first < lines->len && !shrinker->over;) {
            uint32_t n = MIN(size, lines->len - first);

            if (try(shrinker, without(shrinker->best, lines, first, n))) {
                saved = true;
                g_array_unref(lines);
                lines = list(shrinker->best, part);
            } else {
                first += n;
            }
        }
        if (size <= 1)
            break;
    }
    return saved;
}

/* Reduces the count of groups until they can be split into single clients. */
static void
count_down(Shrinker *shrinker)
{
    for (uint32_t i = 0; i < sr_scenario_edit_n_lines(shrinker->best) && !shrinker->over;) {
        uint32_t count = i++;
        SrScenarioEdit *copy;
        uint64_t n;

        if (!is_key(shrinker->best, count, "count") || shrinker->at.n_clients <= SPLIT_MAX)
            continue;
        n = g_ascii_strtoull(sr_scenario_edit_line(shrinker->best, count).value, NULL, 10);
        if (n < 2)
            continue;
        copy = sr_scenario_edit_copy(shrinker->best);
        if (!sr_scenario_edit_set_count(copy, client_name(shrinker->best, count),
                                        (uint32_t) n / 2))
            sr_scenario_edit_free(copy);
        else if (try(shrinker, copy))
            i = 0;
    }
}

static void
split(Shrinker *shrinker)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    SrScenarioEdit *copy;

    if (shrinker->at.n_clients > SPLIT_MAX)
        return;
    copy = sr_scenario_edit_copy(shrinker->best);
    for (uint32_t i = 0; i < sr_scenario_edit_n_lines(copy); i++)
        if (part_of(copy, i) == PART_CLIENT)
            g_ptr_array_add(names, g_strdup(client_name(copy, i)));
    for (guint i = 0; i < names->len; i++)
        sr_scenario_edit_split(copy, g_ptr_array_index(names, i));
    try(shrinker, copy);
}

/* ---- values ---- */

static bool
simplify_line(Shrinker *shrinker, uint32_t i)
{
    g_autoptr(GPtrArray) copies = sr_scenario_edit_simpler(shrinker->best, i);

    for (guint k = 0; k < copies->len && !shrinker->over; k++)
        if (try(shrinker, sr_scenario_edit_copy(g_ptr_array_index(copies, k))))
            return true;
    return false;
}

static bool
simplify_values(Shrinker *shrinker)
{
    bool saved = false;

    for (uint32_t i = 0; i < sr_scenario_edit_n_lines(shrinker->best) && !shrinker->over; i++)
        while (i < sr_scenario_edit_n_lines(shrinker->best) && simplify_line(shrinker, i))
            saved = true;
    return saved;
}

/* ---- starts ---- */

/* Gives line @i the start @at: rounded as far as the check still fails. Returns: whether it does */
static bool
fix_start(Shrinker *shrinker, uint32_t i, SrTime at)
{
    static const SrSpan units[] = { 100000000, 10000000, 1000000, 1000, 1 };

    for (unsigned k = 0; k < G_N_ELEMENTS(units) && !shrinker->over; k++) {
        SrScenarioEdit *copy = sr_scenario_edit_copy(shrinker->best);
        char text[SR_SPAN_TEXT_MAX];

        sr_span_format((at + units[k] / 2) / units[k] * units[k], text);
        sr_scenario_edit_replace(copy, i, "start", text);
        if (try(shrinker, copy))
            return true;
    }
    return false;
}

/* A drawn start becomes the instant that was drawn: rounded to the millisecond, or exact. */
static bool
fix_starts(Shrinker *shrinker)
{
    g_autoptr(SrScenario) scenario = NULL;
    g_autoptr(SrRun) run = NULL;
    bool saved = false;

    if (shrinker->at.n_clients > SPLIT_MAX)
        return false;
    run = play(shrinker, shrinker->best, &scenario);
    if (run == NULL)
        return false;
    for (guint g = 0; g < scenario->clients->len; g++) {
        const SrClientGroup *group = &g_array_index(scenario->clients, SrClientGroup, g);
        g_autofree char *header = g_strconcat(CLIENT_PREFIX, group->name, NULL);
        uint32_t i = sr_scenario_edit_find(shrinker->best, header, "start");
        SrTime at = sr_run_client(run, group->first_node - SR_NODE_FIRST_CLIENT).start_at;

        if (group->count == 1 && i != SR_EDIT_NONE && at != SR_TIME_NEVER &&
            strchr(sr_scenario_edit_line(shrinker->best, i).value, '(') != NULL)
            saved |= fix_start(shrinker, i, at);
    }
    return saved;
}

/* Returns: (nullable): the start, or the instant of the timeline, that line @i has */
static const char *
instant_of(const SrScenarioEdit *edit, uint32_t i)
{
    SrEditLine line = sr_scenario_edit_line(edit, i);

    if (is_key(edit, i, "start"))
        return line.value;
    return part_of(edit, i) == PART_FAULT ? line.key : NULL;
}

/* The earliest constant start or instant of the timeline; SR_TIME_NEVER if a start is drawn. */
static SrTime
earliest(const SrScenarioEdit *edit)
{
    SrTime first = SR_TIME_NEVER;

    for (uint32_t i = 0; i < sr_scenario_edit_n_lines(edit); i++) {
        const char *text = instant_of(edit, i);
        SrSpan at;

        if (text != NULL && sr_span_parse(text, strlen(text), &at) != SR_NUMBER_OK)
            return SR_TIME_NEVER;
        first = text != NULL ? MIN(first, at) : first;
    }
    return first;
}

/* Moves everything to earlier instants, so that the first is 0. */
static bool
shift(Shrinker *shrinker)
{
    SrTime by = earliest(shrinker->best);
    SrScenarioEdit *copy;

    if (by == 0 || by == SR_TIME_NEVER)
        return false;
    copy = sr_scenario_edit_copy(shrinker->best);
    for (uint32_t i = 0; i < sr_scenario_edit_n_lines(copy); i++) {
        const char *old = instant_of(copy, i);
        bool start = is_key(copy, i, "start");
        char text[SR_SPAN_TEXT_MAX];
        SrSpan at;

        if (old == NULL)
            continue;
        g_autofree char *value = g_strdup(sr_scenario_edit_line(copy, i).value);

        g_assert_true(sr_span_parse(old, strlen(old), &at) == SR_NUMBER_OK);
        sr_span_format(at - by, text);
        sr_scenario_edit_replace(copy, i, start ? "start" : text, start ? text : value);
    }
    return try(shrinker, copy);
}

/* ---- pairs ---- */

/* Returns: @edit without line @i, or with its simplest value; NULL if there is no such line or
 * no simpler value */
static SrScenarioEdit *
reduce(const SrScenarioEdit *edit, uint32_t i, bool simplify)
{
    SrScenarioEdit *copy;

    if (i == SR_EDIT_NONE)
        return NULL;
    if (simplify) {
        g_autoptr(GPtrArray) simpler = sr_scenario_edit_simpler(edit, i);

        return simpler->len > 0 ? sr_scenario_edit_copy(g_ptr_array_index(simpler, 0)) : NULL;
    }
    copy = sr_scenario_edit_copy(edit);
    take_line(copy, edit, i);
    return copy;
}

/* Returns: @edit with lines @i < @j reduced together; NULL if they are no pair. The later line
 * is removed first, so that the index of the other stays valid. But removing a client also
 * removes lines before it, so a client is removed last and found by its name. @ways: bit 0:
 * simplify @i, bit 1: simplify @j. */
static SrScenarioEdit *
reduce_both(const SrScenarioEdit *edit, uint32_t i, uint32_t j, unsigned ways)
{
    g_autoptr(SrScenarioEdit) one = NULL;
    SrEditLine a = sr_scenario_edit_line(edit, i), b = sr_scenario_edit_line(edit, j);
    bool i_first = part_of(edit, j) == PART_CLIENT;

    if (a.key == NULL && strcmp(a.group, b.group) == 0)
        return NULL; /* removing a group removes its keys */
    one = reduce(edit, i_first ? i : j, ways >> !i_first & 1);
    if (one == NULL)
        return NULL;
    return i_first ? reduce(one, sr_scenario_edit_find(one, b.group, NULL), ways >> 1 & 1)
                   : reduce(one, i, ways & 1);
}

/* Two reductions at once, until a pair helps. */
static bool
reduce_pairs(Shrinker *shrinker)
{
    g_autoptr(GArray) lines = list(shrinker->best, PART_ANY);
    uint32_t n = 0;

    for (unsigned ways = 0; ways < 4; ways++)
        for (uint32_t i = 0; i < lines->len; i++)
            for (uint32_t j = i + 1; j < lines->len; j++) {
                SrScenarioEdit *copy;

                if (n == PAIRS_MAX || shrinker->over)
                    return false;
                copy = reduce_both(shrinker->best, g_array_index(lines, uint32_t, i),
                                   g_array_index(lines, uint32_t, j), ways);
                if (copy == NULL)
                    continue;
                n++;
                if (try(shrinker, copy))
                    return true;
            }
    return false;
}

/* ---- the whole ---- */

/* Keeps what a run needs and what failed in it, from the scenario as it was given. */
static SrScenarioEdit *
begin(const SrScenario *scenario, uint64_t seed)
{
    SrScenarioEdit *edit = sr_scenario_edit_new(scenario);
    g_autoptr(SrModel) model = sr_model_new(scenario);
    g_autofree char *text = g_strdup_printf("%" G_GUINT64_FORMAT, seed);

    sr_scenario_edit_set(edit, "scenario", "seed", text);
    if (scenario->chaos.line != 0)
        sr_chaos_to_timeline(model, seed, edit);
    sr_scenario_edit_remove_group(edit, "study");
    sr_scenario_edit_remove_group(edit, "explore");
    for (uint32_t i = sr_scenario_edit_n_lines(edit); i-- > 0;) {
        SrEditLine line = sr_scenario_edit_line(edit, i);

        if (line.key == NULL &&
            (strcmp(line.group, "expect") == 0 || g_str_has_prefix(line.group, "expect ")))
            sr_scenario_edit_remove(edit, i);
    }
    return edit;
}

static void
shrink(Shrinker *shrinker)
{
    bool saved = true;

    count_down(shrinker);
    take_away(shrinker, PART_CLIENT);
    split(shrinker);
    while (saved && !shrinker->over) {
        saved = false;
        for (unsigned part = PART_CLIENT; part < PART_NONE; part++)
            saved |= take_away(shrinker, (Part) part);
        saved |= fix_starts(shrinker);
        saved |= shift(shrinker);
        saved |= simplify_values(shrinker);
        saved = saved || reduce_pairs(shrinker);
    }
}

G_DEFINE_QUARK(sr - shrink - error - quark, sr_shrink_error)

/* Says why there is nothing to shrink, where that is not that all checks hold. */
static void
report_begin(Shrinker *shrinker, const SrScenario *scenario, GError **error)
{
    g_autofree char *why = NULL;

    if (shrinker->error != NULL) {
        g_propagate_error(error, shrinker->error);
        return;
    }
    if (!shrinker->result.too_long)
        return;
    why = sr_expect_too_long(scenario, shrinker->result.t);
    g_set_error_literal(error, SR_SHRINK_ERROR, SR_SHRINK_ERROR_TOO_LONG, why);
}

SrShrunk *
sr_shrink(const SrScenario *scenario, const SrShrinkOptions *options, GError **error)
{
    g_autofree Shrinker *shrinker = g_new0(Shrinker, 1);
    SrShrunk *shrunk;

    shrinker->options = options;
    shrinker->path = scenario->path;
    shrinker->at.tries_max = options->tries_max != 0 ? options->tries_max : SR_SHRINK_TRIES;
    shrinker->best = begin(scenario, options->seed);
    shrinker->failed = find_failed(shrinker, shrinker->best);
    shrinker->check = options->check;
    if (options->check == SR_CHECK_N && shrinker->failed != 0)
        shrinker->check = shrinker->result.failures[0].failed.check;
    if (shrinker->failed == 0 || !(shrinker->failed >> shrinker->check & 1)) {
        sr_scenario_edit_free(shrinker->best);
        report_begin(shrinker, scenario, error);
        return NULL;
    }
    measure(shrinker->best, &shrinker->at);
    shrink(shrinker);
    if (shrinker->error != NULL) {
        sr_scenario_edit_free(shrinker->best);
        g_propagate_error(error, shrinker->error);
        return NULL;
    }
    shrunk = g_new0(SrShrunk, 1);
    shrunk->edit = shrinker->best;
    shrunk->check = shrinker->check;
    shrunk->failed = shrinker->failed;
    shrunk->at = shrinker->at;
    shrunk->complete = !shrinker->over;
    return shrunk;
}

void
sr_shrunk_free(SrShrunk *shrunk)
{
    if (shrunk == NULL)
        return;
    sr_scenario_edit_free(shrunk->edit);
    g_free(shrunk);
}

char *
sr_shrunk_text(const SrShrunk *shrunk, const char *comment)
{
    g_autoptr(SrScenarioEdit) edit = sr_scenario_edit_copy(shrunk->edit);
    g_autoptr(GString) verdict = g_string_new(NULL);

    sr_text_verdict(verdict, shrunk->failed);
    sr_scenario_edit_set(edit, "expect", "verdict", verdict->str);
    return sr_scenario_edit_text(edit, comment);
}

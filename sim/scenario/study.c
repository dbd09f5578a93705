/* The study: which keys a sweep varies, over which seeds, and what its result must satisfy.
 *
 * Each varied value is checked as a value of its key, so a sweep cannot fail half-way at a
 * malformed point. */
#include "scenario-private.h"

#include <string.h>

#include "scenario/fixed-draws.h"
#include "session-race/sweep-row.h"

#define VARIES_MAX 64u
#define POINTS_MAX UINT64_C(1000000)

/* With this many runs, a million points still fit into 64 bits. */
#define SEEDS_MAX UINT64_C(1000000000000)

static void
varied_clear(gpointer data)
{
    g_free(((SrVariedKey *) data)->values);
}

void
sr_study_init(SrStudy *study)
{
    *study = (SrStudy){ .varies = g_array_new(FALSE, FALSE, sizeof(SrVariedKey)),
                        .thresholds = g_array_new(FALSE, FALSE, sizeof(SrThreshold)) };
    g_array_set_clear_func(study->varies, varied_clear);
}

void
sr_study_clear(SrStudy *study)
{
    g_clear_pointer(&study->varies, g_array_unref);
    g_clear_pointer(&study->thresholds, g_array_unref);
}

/* ---- seeds ---- */

static bool
parse_seeds(SrReader *reader, const SrKey *key, SrSlice value, void *group, GString *canonical)
{
    const char *dots = memmem(value.at, sr_slice_length(value), "..", 2);
    SrStudy *study = group;
    uint64_t first, last;
    bool overflow;

    (void) key;
    if (dots == NULL ||
        !sr_slice_number(sr_slice_trim(sr_slice_to(value, dots)), &first, &overflow) ||
        !sr_slice_number(sr_slice_trim(sr_slice_from(value, dots + 2)), &last, &overflow))
        return sr_reader_refuse(reader, value, "write the first and the last, such as 1..1000",
                                "is not a range of seeds");
    if (first > last)
        return sr_reader_error(reader, value, NULL, "the first seed is greater than the last");
    if (last - first >= SEEDS_MAX)
        return sr_reader_error(reader, value, NULL, "more than %" G_GUINT64_FORMAT " seeds",
                               SEEDS_MAX);
    study->first_seed = first;
    study->last_seed = last;
    g_string_append_printf(canonical, "%" G_GUINT64_FORMAT "..%" G_GUINT64_FORMAT, first, last);
    return true;
}

/* ---- thresholds ---- */

/* In the order of @statistics. */
static const char *const functions[] = { "runs", "clients", "rate", "mean", "min",   "max",
                                         "p50",  "p90",     "p95",  "p99",  "p99.9", NULL };
static const SrStatistic statistics[] = {
    SR_STATISTIC_RUNS, SR_STATISTIC_CLIENTS, SR_STATISTIC_RUNS, SR_STATISTIC_MEAN,
    SR_STATISTIC_MIN,  SR_STATISTIC_MAX,     SR_STATISTIC_P50,  SR_STATISTIC_P90,
    SR_STATISTIC_P95,  SR_STATISTIC_P99,     SR_STATISTIC_P999,
};
G_STATIC_ASSERT(G_N_ELEMENTS(functions) == G_N_ELEMENTS(statistics) + 1);

/* What a statistic can be of. */
typedef struct {
    const char *what; /* for messages */
    unsigned n;
    const char *(*name)(unsigned i);
    unsigned (*lookup)(const char *name, size_t length); /* n if there is none */
} Subjects;

static const Subjects subjects_runs = { "share of runs", SR_SHARE_N, sr_sweep_share_name,
                                        sr_sweep_share_lookup },
                      subjects_clients = { "outcome of clients", SR_CLIENTS_N,
                                           sr_sweep_clients_name, sr_sweep_clients_lookup },
                      subjects_times = { "measure", SR_MEASURE_BOTH + 1,
                                         sr_sweep_measure_name, sr_sweep_measure_lookup };

/* There is no @wrong among @subjects: lists those that there are, the nearest first. Returns: FALSE */
static bool
unknown_subject(SrReader *reader, const Subjects *subjects, SrSlice wrong)
{
    const char *names[SR_SHARE_N + 1] = { NULL }, *nearest;
    g_autoptr(GString) note = g_string_new(NULL);
    g_autofree char *meant = NULL;

    g_assert(subjects->n < G_N_ELEMENTS(names));
    for (unsigned i = 0; i < subjects->n; i++)
        names[i] = subjects->name(i);
    meant = sr_guess_among(wrong, names);
    nearest = sr_guess_nearest(wrong, names);
    if (meant != NULL)
        g_string_append_printf(note, "%s ", meant);
    g_string_append_printf(note, "there are %s", nearest != NULL ? nearest : "");
    for (unsigned i = 0; i < subjects->n; i++)
        if (names[i] != nearest)
            g_string_append_printf(note, "%s%s", i > 0 || nearest != NULL ? ", " : "",
                                   names[i]);
    return sr_reader_error(reader, wrong, note->str, "there is no %s '%s'", subjects->what,
                           sr_quote(reader, wrong));
}

static const Subjects *
subjects_of(SrStatistic statistic)
{
    return statistic == SR_STATISTIC_RUNS      ? &subjects_runs
           : statistic == SR_STATISTIC_CLIENTS ? &subjects_clients
                                               : &subjects_times;
}

static bool
read_subject(SrReader *reader, SrSlice name, SrThreshold *threshold)
{
    const Subjects *subjects = subjects_of(threshold->statistic);

    threshold->of = subjects->lookup(name.at, sr_slice_length(name));
    /* An older name, for any check. */
    if (threshold->statistic == SR_STATISTIC_RUNS && sr_slice_equals(name, "fail"))
        threshold->of = SR_SHARE_FAILED;
    return threshold->of < subjects->n || unknown_subject(reader, subjects, name);
}

static bool
read_limit(SrReader *reader, SrSlice limit, SrThreshold *threshold, GString *canonical)
{
    if (threshold->statistic <= SR_STATISTIC_CLIENTS)
        return sr_value_percent_exact(reader, limit, &threshold->limit, canonical);
    if (!sr_value_span(reader, limit, &threshold->limit))
        return false;
    sr_append_span(canonical, threshold->limit);
    return true;
}
G_STATIC_ASSERT(SR_STATISTIC_RUNS == 0 && SR_STATISTIC_CLIENTS == 1);

/* A longer word comes before a word that it begins with. */
static const struct {
    const char *text;
    SrComparison comparison;
} comparisons[] = {
    { "<=", SR_AT_MOST }, { ">=", SR_AT_LEAST }, { "<", SR_BELOW }, { ">", SR_ABOVE }
};

/* Finds the end of `FUNCTION(NAME)`, whose name may have parentheses, too. Returns: (nullable) */
static const char *
call_end(SrSlice threshold)
{
    unsigned depth = 0;

    for (const char *p = threshold.at; p < threshold.end; p++) {
        depth += *p == '(';
        if (*p == ')' && (depth == 0 || --depth == 0))
            return p + 1;
    }
    return NULL;
}

/* Takes the comparison that @rest begins with. Returns: (nullable): its text */
static const char *
take_comparison(SrSlice rest, SrComparison *comparison)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(comparisons); i++)
        if (sr_slice_length(rest) > strlen(comparisons[i].text) &&
            memcmp(rest.at, comparisons[i].text, strlen(comparisons[i].text)) == 0) {
            *comparison = comparisons[i].comparison;
            return comparisons[i].text;
        }
    return NULL;
}

static bool
read_threshold(SrReader *reader, SrSlice threshold, SrThreshold *out, GString *canonical)
{
    static const char *const form =
        "write clients(locked-out) < 0.1%, runs(key-found) < 0.1% or "
        "p99(time-to-collaborate) < 1s";
    const char *end = call_end(threshold), *comparison;
    SrSlice function, argument, rest;
    int index;

    if (end == NULL || !sr_slice_call(sr_slice_to(threshold, end), &function, &argument))
        return sr_reader_refuse(reader, threshold, form, "is not a threshold");
    if ((index = sr_value_word(reader, function, functions, NULL)) < 0)
        return false;
    out->statistic = statistics[index];
    rest = sr_slice_trim(sr_slice_from(threshold, end));
    comparison = take_comparison(rest, &out->comparison);
    if (comparison == NULL)
        return sr_reader_error(reader, sr_slice_empty(rest) ? threshold : rest, form,
                               "a comparison with a value is missing");
    SrSlice limit = sr_slice_trim(sr_slice_from(rest, rest.at + strlen(comparison)));

    g_string_append_printf(canonical, "%s(%s) %s ", sr_quote(reader, function),
                           sr_quote(reader, argument), comparison);
    return read_subject(reader, argument, out) && read_limit(reader, limit, out, canonical);
}

static bool
parse_require(SrReader *reader, const SrKey *key, SrSlice value, void *group,
              GString *canonical)
{
    SrStudy *study = group;
    SrSlice piece;
    bool done = false;

    (void) key;
    while (sr_slice_piece(&value, ',', &done, &piece)) {
        g_autoptr(GString) text = g_string_new(NULL);
        SrThreshold threshold = { 0 };

        if (sr_slice_empty(piece))
            return sr_reader_error(reader, piece, NULL, "a threshold is missing in the list");
        if (!read_threshold(reader, piece, &threshold, text))
            return false;
        g_string_append_printf(canonical, "%s%s", study->thresholds->len == 0 ? "" : ", ",
                               text->str);
        threshold.text = sr_keep(reader, text->str);
        g_array_append_val(study->thresholds, threshold);
    }
    return true;
}

/* ---- varied keys ---- */

/* Splits and checks GROUP.KEY. @draw: (out): the draw, for a key of [draws]. Returns: its canonical
 * text; NULL after an error */
static char *
varied_key(SrReader *reader, SrSlice text, const SrKey **key, SrDraw *draw)
{
    SrGroup group = { 0 };
    SrSlice name;
    int index;
    char *result = NULL;

    if (!sr_group_dot_key(reader, text, &group, &name, &index)) {
        sr_group_clear(&group);
        return NULL;
    }
    *key = sr_group_key(group.kind, (unsigned) index);
    if (group.kind == SR_GROUP_TIMELINE || group.kind == SR_GROUP_EXPLORE ||
        group.kind == SR_GROUP_STUDY || (*key)->type == &sr_type_text) {
        sr_reader_refuse(reader, text, NULL, "cannot be varied");
    } else if (group.kind == SR_GROUP_SCENARIO && sr_slice_equals(name, "seed")) {
        sr_reader_refuse(reader, text, "'seeds' in [study] says which seeds are run",
                         "cannot be varied");
    } else if (group.kind == SR_GROUP_CLIENT &&
               g_hash_table_lookup(reader->group_index, group.canonical) == NULL) {
        if (!reader->broken_headers)
            sr_reader_error(reader, text, NULL, "the file has no [%s]", group.canonical);
    } else if (group.kind == SR_GROUP_DRAWS) {
        if (sr_draw_read_name(reader, name, draw)) {
            g_autofree char *named = sr_draw_name(reader->scenario, draw),
                            *joined = g_strdup_printf("%s.%s", group.canonical, named);

            result = sr_keep(reader, joined);
        }
    } else {
        g_autofree char *joined = g_strdup_printf("%s.%s", group.canonical, (*key)->name);

        result = sr_keep(reader, joined);
    }
    sr_group_clear(&group);
    return result;
}

static SrVariedKey *
find_varied(const SrStudy *study, const char *key)
{
    for (unsigned i = 0; i < study->varies->len; i++) {
        SrVariedKey *varied = &g_array_index(study->varies, SrVariedKey, i);

        if (strcmp(varied->key, key) == 0)
            return varied;
    }
    return NULL;
}

/* Reads a value of @draw; @kept: (out): its canonical text. */
static bool
keep_draw(SrReader *reader, SrSlice value, SrDraw *draw, const char **kept)
{
    g_autofree char *text = NULL;

    if (!sr_draw_read_value(reader, value, draw))
        return false;
    text = sr_draw_value(draw);
    *kept = sr_keep(reader, text);
    return true;
}

bool
sr_varied_value_read(SrReader *reader, const SrKey *key, SrDraw *draw, SrSlice value,
                     const char **kept)
{
    SrAnyGroup scratch;

    if (key->group == SR_GROUP_DRAWS)
        return keep_draw(reader, value, draw, kept);
    memset(&scratch, 0, sizeof scratch);
    return sr_value_read(reader, key, value, &scratch, kept);
}

/* Reads the values between bars into @varied. */
static void
read_values(SrReader *reader, const SrKey *key, SrDraw *draw, SrSlice value,
            SrVariedKey *varied)
{
    GPtrArray *values = g_ptr_array_new();
    g_autoptr(GString) canonical = g_string_new(NULL);
    uint64_t n_before = 0;
    SrSlice piece;
    bool done = false;

    for (unsigned i = 0; i < reader->scenario->study.varies->len; i++)
        n_before += g_array_index(reader->scenario->study.varies, SrVariedKey, i).n_values;
    while (sr_slice_piece(&value, '|', &done, &piece)) {
        uint64_t n = n_before + values->len;

        g_string_append(canonical, canonical->len > 0 ? " | " : "");
        if (sr_slice_empty(piece))
            sr_reader_error(reader, piece, NULL, "a value is missing");
        else
            sr_varied_values_read(reader, key, draw, piece,
                                  n < SR_VARIED_VALUES_MAX ? SR_VARIED_VALUES_MAX - n : 0,
                                  values, canonical);
    }
    varied->text = sr_keep(reader, canonical->str);
    varied->n_values = values->len;
    g_ptr_array_add(values, NULL);
    varied->values = (char **) g_ptr_array_free(values, FALSE);
}

static void
read_vary(SrReader *reader, SrSlice text, SrSlice value)
{
    SrStudy *study = &reader->scenario->study;
    const SrKey *key;
    SrDraw draw;
    SrVariedKey varied = { .key = varied_key(reader, text, &key, &draw) };

    if (varied.key == NULL)
        return;
    if (find_varied(study, varied.key) != NULL) {
        sr_reader_error(reader, text, NULL, "'%s' is varied twice", varied.key);
        return;
    }
    if (study->varies->len == VARIES_MAX) {
        sr_reader_error(reader, text, NULL, "more than %u varied keys", VARIES_MAX);
        return;
    }
    read_values(reader, key, &draw, value, &varied);
    g_array_append_val(study->varies, varied);
}

static bool
parse_zip(SrReader *reader, const SrKey *row, SrSlice value, void *group, GString *canonical)
{
    const SrVariedKey *first = NULL;
    SrSlice rest = value, piece;
    unsigned n = 0;
    bool done = false;

    (void) row;
    while (sr_slice_piece(&rest, ',', &done, &piece)) {
        const SrKey *key;
        SrDraw draw;
        const char *name = varied_key(reader, piece, &key, &draw);
        SrVariedKey *varied = name == NULL ? NULL : find_varied(group, name);

        n++;
        if (name == NULL)
            continue;
        if (varied == NULL) {
            sr_reader_error(reader, piece, NULL, "'%s' is not varied here", name);
            continue;
        }
        if (varied->zipped)
            sr_reader_error(reader, piece, NULL, "'%s' comes twice", name);
        else if (first != NULL && first->n_values != varied->n_values)
            sr_reader_error(reader, piece, "keys that go together take as many values each",
                            "'%s' takes %u values, '%s' takes %u", name, varied->n_values,
                            first->key, first->n_values);
        varied->zipped = true;
        first = first == NULL ? varied : first;
        g_string_append_printf(canonical, "%s%s", canonical->len == 0 ? "" : ", ", name);
    }
    return n >= 2 || sr_reader_error(reader, value, NULL, "'zip' names at least two keys");
}

const SrValueType sr_type_seeds = { "range A..B", "", .parse = parse_seeds };
const SrValueType sr_type_require = { "list of thresholds", "", .parse = parse_require };
const SrValueType sr_type_zip = { "list of varied keys", "", .parse = parse_zip };
/* Varied keys are read with the whole group, below. The table only lists them. */
const SrValueType sr_type_vary = { "values and ranges between bars", "", .parse = NULL };

static void
count_points(SrReader *reader, const SrGroup *group)
{
    const GArray *varies = reader->scenario->study.varies;
    uint64_t points = 1;
    bool zipped = false;

    for (unsigned i = 0; i < varies->len; i++) {
        const SrVariedKey *varied = &g_array_index(varies, SrVariedKey, i);

        if (varied->zipped && zipped)
            continue;
        zipped |= varied->zipped;
        /* A key has at most SR_VARIED_VALUES_MAX values, and the product is checked at each step,
         * so it cannot overflow. */
        points *= MAX(varied->n_values, 1);
        if (points > POINTS_MAX) {
            sr_reader_error(reader, group->header, NULL,
                            "more than 1000000 combinations of varied values");
            return;
        }
    }
}

/* The first word of `vary GROUP.KEY` and the rest. */
static bool
is_vary(SrSlice key, SrSlice *rest)
{
    *rest = key;
    SrSlice word = sr_slice_word(rest);

    return sr_slice_equals(word, "vary") && !sr_slice_empty(*rest);
}

/* Whether the command line varies @key of @group. */
static bool
is_overridden(SrReader *reader, const SrGroup *group, SrSlice key)
{
    SrEntries entries = { .reader = reader, .group = group, .lines.at = group->body_end };
    SrSlice other, value;
    bool found = false;

    while (!found && sr_entries_next(&entries, &other, &value))
        found = sr_slice_same(other, key);
    return found;
}

static void
unknown_key(SrReader *reader, SrSlice key)
{
    const char *comment = sr_comment_note(key);
    g_autofree char *note =
        sr_guess_among(key, (const char *const[]){ "seeds", "zip", "require", "vary", NULL });

    sr_reader_error(reader, key,
                    comment != NULL ? comment
                    : note != NULL  ? note
                                    : "varied keys are written 'vary GROUP.KEY'",
                    "unknown key '%s' in [study]", sr_quote(reader, key));
}

void
sr_study_read(SrReader *reader, const SrGroup *group)
{
    SrEntries entries = sr_entries(reader, group);
    SrGiven given = { 0 };
    SrSlice key, value, rest;

    while (sr_entries_next(&entries, &key, &value)) {
        int index = sr_group_find(SR_GROUP_STUDY, key);

        if (is_vary(key, &rest)) {
            if (entries.overriding || !is_overridden(reader, group, key))
                read_vary(reader, rest, value);
        } else if (index < 0) {
            unknown_key(reader, key);
        } else if (given.value[index].at != NULL && !entries.overriding) {
            sr_reader_refuse(reader, key, NULL, "comes twice in [study]: first on line %u",
                             given.key[index].line);
        } else {
            given.key[index] = key;
            given.value[index] = value;
        }
    }
    sr_group_values(reader, SR_GROUP_STUDY, &reader->scenario->study,
                    reader->resolved->single[SR_GROUP_STUDY], &given);
    count_points(reader, group);
}

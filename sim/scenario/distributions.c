/* Distributions as text: a sum of terms, mixtures, and the files of `empirical("FILE")`.
 *
 * A file of samples must be a regular file in or below the scenario's own folder: no absolute
 * path, no `..`, no link that leads outside, no device. A file is read once even if it is named
 * several times, and the size of all files together is limited. */
#include "scenario/values-private.h"

#include <errno.h>
#include <string.h>

#include "base/whole-file.h"

#define SAMPLES_MAX 1000000u
/* For all files of a scenario together. */
#define SAMPLES_TOTAL_MAX 4000000u

#define FORM                                                                                   \
    "a distribution is a duration, uniform(A, B), exponential(MEAN), normal(MEAN, SD), "       \
    "lognormal(MEDIAN, P99), "                                                                 \
    "pareto(MIN, MEDIAN), empirical(\"FILE\"), mix(95% A, 5% B) or a sum of them"

/* ---- files of samples ---- */

static bool
path_is_tame(const char *name)
{
    g_auto(GStrv) parts = g_strsplit(name, "/", 0);

    if (*name == '\0' || *name == '/')
        return false;
    for (unsigned i = 0; parts[i] != NULL; i++)
        if (*parts[i] == '\0' || strcmp(parts[i], "..") == 0)
            return false;
    return true;
}

/* Returns: the real path of @name, if it is in or below the scenario's folder */
static char *
real_path(SrReader *reader, SrSlice value, const char *name)
{
    g_autofree char *folder = strcmp(reader->source.path, "-") == 0
                                  ? g_strdup(".")
                                  : g_path_get_dirname(reader->source.path);
    g_autofree char *joined = g_build_filename(folder, name, NULL);
    bool leads_out;
    char *real = sr_whole_file_real(folder, joined, &leads_out);

    if (real == NULL) {
        sr_reader_error(reader, value, NULL, "cannot read '%s': %s",
                        sr_quote_text(reader, name), sr_errno_text(errno));
    } else if (leads_out) {
        sr_reader_error(reader, value,
                        "samples are read in or below the scenario's folder only",
                        "'%s' leads out of the folder", sr_quote_text(reader, name));
        g_clear_pointer(&real, g_free);
    }
    return real;
}

/* Reads one duration per line into @samples; reports the first error with its position in the
 * file. */
static bool
read_samples(SrReader *reader, SrSlice value, const char *name, const char *text, size_t length,
             GArray *samples)
{
    SrSource source = { name, text, text + length, true };
    SrLines lines = { .source = &source, .at = text };
    SrLine line;

    while (sr_lines_next(&lines, source.end, &line)) {
        SrSpan span;
        SrNumberFault fault;
        const char *why = NULL;

        if (line.fault == SR_LINE_GOOD && sr_slice_empty(line.content))
            continue;
        fault = sr_span_parse(line.content.at, sr_slice_length(line.content), &span);
        if (line.fault != SR_LINE_GOOD)
            why = "not a line of text";
        else if (fault == SR_NUMBER_NO_UNIT)
            why = "needs a unit: ns, us, ms, s, min, h, d";
        else if (fault != SR_NUMBER_OK)
            why = fault == SR_NUMBER_OUT_OF_RANGE ? "more than 30 days" : "not a duration";
        if (why == NULL && samples->len >= SAMPLES_MAX)
            why = "more than 1000000 durations";
        if (why != NULL) {
            size_t column = 1 + (size_t) (line.content.at - line.whole.at);

            return sr_reader_error(
                reader, value, "a file of samples has one duration a line",
                "%s:%u:%zu: '%s': %s", sr_quote_text(reader, name), line.whole.line,
                line.fault == SR_LINE_GOOD ? column : 1,
                line.fault == SR_LINE_GOOD ? sr_quote(reader, line.content) : "", why);
        }
        g_array_append_val(samples, span);
    }
    if (samples->len == 0)
        sr_reader_error(reader, value, NULL, "'%s' holds no durations",
                        sr_quote_text(reader, name));
    return samples->len > 0;
}

static const SrEmpirical *
keep_samples(SrReader *reader, const char *name, const GArray *samples)
{
    SrEmpiricalFile *file = g_new0(SrEmpiricalFile, 1);

    file->name = sr_keep(reader, name);
    file->samples =
        g_malloc(sizeof *file->samples + samples->len * sizeof file->samples->values[0]);
    file->samples->n = samples->len;
    memcpy(file->samples->values, samples->data,
           samples->len * sizeof file->samples->values[0]);
    reader->n_samples += samples->len;
    g_ptr_array_add(reader->resolved->empiricals, file);
    return file->samples;
}

/* Returns: the name between the quotes */
static char *
file_name(SrReader *reader, SrSlice value)
{
    size_t length = sr_slice_length(value);

    if (length < 3 || *value.at != '"' || value.end[-1] != '"' ||
        memchr(value.at + 1, '"', length - 2) != NULL) {
        sr_reader_error(reader, value, NULL,
                        "empirical needs a file's name in quotes: empirical(\"ping.csv\")");
        return NULL;
    }
    char *name = g_strndup(value.at + 1, length - 2);

    if (path_is_tame(name))
        return name;
    sr_reader_error(reader, value, "samples are read in or below the scenario's folder only",
                    "'%s' is not a file in or below the scenario's folder",
                    sr_quote_text(reader, name));
    g_free(name);
    return NULL;
}

static const SrEmpirical *
read_empirical(SrReader *reader, SrSlice value)
{
    g_autofree char *name = file_name(reader, value);
    g_autofree char *path = NULL, *text = NULL;
    g_autoptr(GArray) samples = NULL;
    size_t length;
    const char *why;

    if (name == NULL)
        return NULL;
    for (unsigned i = 0; i < reader->resolved->empiricals->len; i++) {
        const SrEmpiricalFile *file = g_ptr_array_index(reader->resolved->empiricals, i);

        if (strcmp(file->name, name) == 0)
            return file->samples;
    }
    path = real_path(reader, value, name);
    if (path == NULL)
        return NULL;
    g_hash_table_add(reader->diagnostics->samples, g_strdup(path));
    /* A real path is absolute, so none can mean standard input. */
    why = sr_whole_file_read(path, SR_SCENARIO_BYTES_MAX, &text, &length);
    if (why != NULL) {
        sr_reader_error(reader, value, NULL, "cannot read '%s': %s",
                        sr_quote_text(reader, name), why);
        return NULL;
    }
    samples = g_array_new(FALSE, FALSE, sizeof(SrSpan));
    if (!read_samples(reader, value, name, text, length, samples))
        return NULL;
    if (reader->n_samples + samples->len > SAMPLES_TOTAL_MAX) {
        sr_reader_error(reader, value, NULL, "more than %u samples in all files together",
                        SAMPLES_TOTAL_MAX);
        return NULL;
    }
    return keep_samples(reader, name, samples);
}

/* ---- terms ---- */

#define MIX_FORM "mix(95% A, 5% B)"

static const struct shape {
    const char *word;
    SrDistributionKind kind;
    unsigned n; /* of parameters */
    const char *form;
} shapes[] = {
    { "uniform", SR_DISTRIBUTION_UNIFORM, 2, "uniform(A, B)" },
    { "exponential", SR_DISTRIBUTION_EXPONENTIAL, 1, "exponential(MEAN)" },
    { "normal", SR_DISTRIBUTION_NORMAL, 2, "normal(MEAN, SD)" },
    { "lognormal", SR_DISTRIBUTION_LOGNORMAL, 2, "lognormal(MEDIAN, P99)" },
    { "pareto", SR_DISTRIBUTION_PARETO, 2, "pareto(MIN, MEDIAN)" },
    { "empirical", SR_DISTRIBUTION_EMPIRICAL, 1, "empirical(\"FILE\")" },
    { "mix", SR_DISTRIBUTION_MIXTURE, SR_MIXTURE_PARTS_MAX, MIX_FORM },
};

static const struct shape *
find_shape(SrReader *reader, SrSlice term, SrSlice name)
{
    SrGuess guess = sr_guess_start(name);

    for (unsigned i = 0; i < G_N_ELEMENTS(shapes); i++) {
        if (sr_slice_equals(name, shapes[i].word))
            return &shapes[i];
        sr_guess_offer(&guess, shapes[i].word);
    }
    g_autofree char *note = sr_guess_note(&guess);

    sr_reader_error(reader, name.at == NULL ? term : name, note != NULL ? note : FORM,
                    "'%s' is not a distribution", sr_quote(reader, name));
    return NULL;
}

/* Returns: what SrDistributionKind requires of its parameters, in the user's words; NULL if
 * they are valid */
static const char *
parameters_fault(SrDistributionKind kind, SrSpan a, SrSpan b)
{
    switch (kind) {
    case SR_DISTRIBUTION_UNIFORM:
        return a <= b ? NULL : "uniform(A, B) needs A no greater than B";
    case SR_DISTRIBUTION_LOGNORMAL:
        return a == 0   ? "lognormal(MEDIAN, P99) needs a median above 0"
               : a <= b ? NULL
                        : "lognormal(MEDIAN, P99) needs a P99 no less than the median";
    case SR_DISTRIBUTION_PARETO:
        return a == 0  ? "pareto(MIN, MEDIAN) needs a minimum above 0"
               : a < b ? NULL
                       : "pareto(MIN, MEDIAN) needs a median above the minimum";
    case SR_DISTRIBUTION_CONSTANT:
    case SR_DISTRIBUTION_EXPONENTIAL:
    case SR_DISTRIBUTION_NORMAL:
    case SR_DISTRIBUTION_EMPIRICAL:
    case SR_DISTRIBUTION_MIXTURE:
        break;
    }
    return NULL;
}

/* ---- mixtures ---- */

G_STATIC_ASSERT(SR_MIXTURE_WHOLE == SR_RATE_WHOLE);

static bool read_sum(SrReader *reader, SrSlice value, bool within,
                     SrDistribution *distribution);

/* Takes the weight off @part; it is at its beginning. FALSE after an error. */
static bool
read_weight(SrReader *reader, SrSlice *part, SrSlice *text, uint64_t *weight)
{
    const char *end = part->at;
    g_autoptr(GString) canonical = g_string_new(NULL);

    while (end < part->end && (g_ascii_isdigit(*end) || *end == '.'))
        end++;
    *text = sr_slice_to(*part, end);
    if (end > part->at && (end == part->end || g_ascii_isspace(*end)))
        return sr_reader_error(reader, *text, NULL,
                               "the weight '%s' needs a percent sign: %s%%",
                               sr_quote(reader, *text), sr_quote(reader, *text));
    if (end == part->at || *end != '%')
        return sr_reader_error(reader, *part,
                               "each part of a mixture begins with its weight: " MIX_FORM,
                               "'%s' has no weight", sr_quote(reader, *part));
    *text = sr_slice_to(*part, end + 1);
    *part = sr_slice_trim(sr_slice_from(*part, end + 1));
    if (!sr_value_percent_exact(reader, *text, weight, canonical))
        return false;
    if (*weight == 0)
        return sr_reader_error(reader, *text, "leave it out",
                               "a part of a mixture with the weight 0%% is never drawn");
    return true;
}

/* @sum: of the weights; @last: the text and the weight of the last part. */
static bool
check_weights(SrReader *reader, uint64_t sum, SrSlice last, uint64_t weight)
{
    g_autoptr(GString) total = g_string_new(NULL);
    g_autoptr(GString) note = g_string_new(NULL);

    if (sum == SR_MIXTURE_WHOLE)
        return true;
    sr_append_percent(total, sum);
    if (sum == weight) {
        g_string_append(note, "a mixture has two parts or more: " MIX_FORM);
    } else if (sum - weight < SR_MIXTURE_WHOLE) {
        g_string_append(note, "with the others as they are, the last weight is ");
        sr_append_percent(note, SR_MIXTURE_WHOLE - (sum - weight));
    }
    return sr_reader_error(reader, last, note->len > 0 ? note->str : NULL,
                           "the weights add up to %s, not to 100%%", total->str);
}

static const SrMixture *
keep_mixture(SrReader *reader, const GArray *parts)
{
    SrMixture *mixture = g_malloc0(sizeof *mixture + parts->len * sizeof mixture->parts[0]);

    mixture->n = parts->len;
    memcpy(mixture->parts, parts->data, parts->len * sizeof mixture->parts[0]);
    g_ptr_array_add(reader->resolved->mixtures, mixture);
    return mixture;
}

/* @term: the whole of it; @arguments: its parts. */
static bool
read_mixture(SrReader *reader, SrSlice term, SrSlice arguments, SrDistribution *sum)
{
    g_autoptr(GArray) parts = g_array_new(FALSE, TRUE, sizeof(SrMixturePart));
    SrMixturePart part = { 0 };
    SrSlice piece, weight = term;
    uint64_t total = 0;
    bool done = false;

    while (sr_slice_piece(&arguments, ',', &done, &piece)) {
        if (sr_slice_empty(piece))
            return sr_reader_error(reader, term, NULL, "write %s", MIX_FORM);
        if (parts->len == SR_MIXTURE_PARTS_MAX)
            return sr_reader_error(reader, piece, NULL, "a mixture has at most %d parts",
                                   SR_MIXTURE_PARTS_MAX);
        if (!read_weight(reader, &piece, &weight, &part.weight))
            return false;
        if (sr_slice_empty(piece))
            return sr_reader_error(reader, weight, FORM,
                                   "a distribution is missing behind the weight %s",
                                   sr_quote(reader, weight));
        if (!read_sum(reader, piece, true, &part.distribution))
            return false;
        total += part.weight;
        g_array_append_val(parts, part);
    }
    if (!check_weights(reader, total, weight, part.weight))
        return false;
    sr_distribution_add_mixture(sum, keep_mixture(reader, parts));
    return true;
}

/* ---- calls and sums ---- */

/* @within: the term is in a part of a mixture. */
static bool
read_call(SrReader *reader, SrSlice term, SrSlice name, SrSlice arguments, bool within,
          SrDistribution *sum)
{
    const struct shape *shape = find_shape(reader, term, name);
    const SrEmpirical *samples;
    SrSlice piece;
    SrSpan parameters[2] = { 0, 0 };
    unsigned n = 0;
    bool done = false;

    if (shape == NULL)
        return false;
    if (shape->kind == SR_DISTRIBUTION_EMPIRICAL) {
        samples = read_empirical(reader, arguments);
        if (samples != NULL)
            sr_distribution_add(sum, shape->kind, 0, 0, samples);
        return samples != NULL;
    }
    if (shape->kind == SR_DISTRIBUTION_MIXTURE && within)
        return sr_reader_error(reader, term,
                               "write its parts beside the others, with the weights "
                               "multiplied: mix(90% A, 5% B, 5% C)",
                               "a mixture cannot be a part of a mixture");
    if (shape->kind == SR_DISTRIBUTION_MIXTURE)
        return read_mixture(reader, term, arguments, sum);
    while (sr_slice_piece(&arguments, ',', &done, &piece)) {
        if (n == shape->n || sr_slice_empty(piece))
            return sr_reader_error(reader, term, NULL, "write %s", shape->form);
        if (!sr_value_span(reader, piece, &parameters[n++]))
            return false;
    }
    if (n < shape->n)
        return sr_reader_error(reader, term, NULL, "write %s", shape->form);
    const char *fault = parameters_fault(shape->kind, parameters[0], parameters[1]);

    if (fault != NULL)
        return sr_reader_error(reader, term, NULL, "%s", fault);
    sr_distribution_add(sum, shape->kind, parameters[0], parameters[1], NULL);
    return true;
}

static bool
read_term(SrReader *reader, SrSlice term, bool within, SrDistribution *sum)
{
    SrSlice name, arguments;
    SrSpan span;

    if (sr_slice_empty(term))
        return sr_reader_error(reader, term, FORM, "a summand is missing");
    if (sum->n_terms == SR_DISTRIBUTION_TERMS_MAX)
        return sr_reader_error(reader, term, NULL, "a sum has at most %d summands",
                               SR_DISTRIBUTION_TERMS_MAX);
    if (sr_slice_call(term, &name, &arguments))
        return read_call(reader, term, name, arguments, within, sum);
    if (g_ascii_isalpha(*term.at)) {
        for (unsigned i = 0; i < G_N_ELEMENTS(shapes); i++)
            if (sr_slice_length(term) >= strlen(shapes[i].word) &&
                memcmp(term.at, shapes[i].word, strlen(shapes[i].word)) == 0)
                return sr_reader_error(reader, term, NULL, "write %s", shapes[i].form);
        return sr_reader_refuse(reader, term, FORM, "is not a distribution");
    }
    if (!sr_value_span(reader, term, &span))
        return false;
    if (sum->floor + span > SR_SPAN_MAX)
        return sr_reader_error(reader, term, NULL, "the sum is more than 30 days");
    sr_distribution_add(sum, SR_DISTRIBUTION_CONSTANT, span, 0, NULL);
    return true;
}

/* [scenario] is read before any other group, so the cut is known. */
static void
cut(SrReader *reader, SrDistribution *sum)
{
    unsigned n = sr_distribution_n_tails(sum);
    SrBounds *bounds;

    if (reader->scenario->cut == 0 || n == 0)
        return;
    bounds = g_new0(SrBounds, n);
    sr_distribution_cut(sum, reader->scenario->cut, bounds);
    g_ptr_array_add(reader->resolved->cuts, bounds);
}

static bool
read_sum(SrReader *reader, SrSlice value, bool within, SrDistribution *distribution)
{
    SrSlice rest = value, term;
    SrDistribution sum = { 0 };
    bool done = false;

    while (sr_slice_piece(&rest, '+', &done, &term))
        if (!read_term(reader, term, within, &sum))
            return false;
    cut(reader, &sum);
    *distribution = sum;
    return true;
}

bool
sr_value_distribution(SrReader *reader, SrSlice value, SrDistribution *distribution)
{
    return read_sum(reader, value, false, distribution);
}

/* ---- text out ---- */

static const char *
samples_name(const SrScenario *scenario, const SrEmpirical *samples)
{
    const GPtrArray *files = sr_resolved(scenario)->empiricals;

    for (unsigned i = 0; i < files->len; i++) {
        const SrEmpiricalFile *file = g_ptr_array_index(files, i);

        if (file->samples == samples)
            return file->name;
    }
    g_assert_not_reached();
}

static void
append_mixture(const SrScenario *scenario, const SrMixture *mixture, GString *out)
{
    for (uint32_t i = 0; i < mixture->n; i++) {
        g_string_append(out, i == 0 ? "" : ", ");
        sr_append_percent(out, mixture->parts[i].weight);
        g_string_append_c(out, ' ');
        sr_append_distribution(out, scenario, &mixture->parts[i].distribution);
    }
}

static void
append_term(const SrScenario *scenario, const SrDistributionTerm *term, GString *out)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(shapes); i++) {
        if (shapes[i].kind != (SrDistributionKind) term->kind)
            continue;
        g_string_append_printf(out, "%s(", shapes[i].word);
        if (shapes[i].kind == SR_DISTRIBUTION_EMPIRICAL)
            g_string_append_printf(out, "\"%s\"", samples_name(scenario, term->empirical));
        else if (shapes[i].kind == SR_DISTRIBUTION_MIXTURE)
            append_mixture(scenario, term->mixture, out);
        else
            sr_append_span(out, term->a);
        if (shapes[i].n == 2) {
            g_string_append(out, ", ");
            sr_append_span(out, term->b);
        }
        g_string_append_c(out, ')');
        return;
    }
    sr_append_span(out, term->a); /* a constant is written without a word */
}

void
sr_append_distribution(GString *out, const SrScenario *scenario,
                       const SrDistribution *distribution)
{
    for (unsigned i = 0; i < distribution->n_terms; i++) {
        if (i > 0)
            g_string_append(out, " + ");
        append_term(scenario, &distribution->terms[i], out);
    }
}

char *
sr_scenario_distribution_text(const SrScenario *scenario, const SrDistribution *distribution)
{
    GString *out = g_string_new(NULL);

    sr_append_distribution(out, scenario, distribution);
    return g_string_free(out, FALSE);
}

static bool
parse_distribution(SrReader *reader, const SrKey *key, SrSlice value, void *group,
                   GString *canonical)
{
    SrDistribution *distribution = &FIELD(group, key, SrDistribution);

    if (!sr_value_distribution(reader, value, distribution))
        return false;
    sr_append_distribution(canonical, reader->scenario, distribution);
    return true;
}

const SrValueType sr_type_distribution = { "distribution", SPAN_UNITS,
                                           .parse = parse_distribution };

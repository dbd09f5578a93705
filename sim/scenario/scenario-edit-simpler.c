/* Simpler values of one line.
 *
 * A number is made smaller by keeping one, two or three of its leading digits, or of those of
 * its half. A distribution is first made a constant, a mixture then one of its parts. So each simpler value has less randomness,
 * is smaller, or is the default, which is final. A chain of simpler values therefore always
 * ends. */
#include <string.h>

#include "scenario-edit-private.h"

#define DIGITS_MAX 3

/* @n with only its @digits leading decimal digits. */
static uint64_t
keep_digits(uint64_t n, unsigned digits)
{
    uint64_t unit = 1, limit = 1;

    while (digits-- > 0)
        limit *= 10;
    while (n / unit >= limit)
        unit *= 10;
    return n - n % unit;
}

/* Makes numbers that are smaller and rounder than @n, ascending. Returns: how many */
static unsigned
rounder(uint64_t n, uint64_t list[static DIGITS_MAX + 2])
{
    unsigned length = 0;
    uint64_t next = 0;

    for (unsigned i = 0; i < DIGITS_MAX + 2; i++) {
        if (i == 1)
            next = keep_digits(n / 2, 1);
        else if (i > 1)
            next = keep_digits(n, i - 1);
        if (next < n && (length == 0 || next > list[length - 1]))
            list[length++] = next;
    }
    return length;
}

static void
add_candidate(GPtrArray *list, const SrScenarioEdit *edit, uint32_t index, const char *key,
              const char *value)
{
    SrScenarioEdit *copy = sr_scenario_edit_copy(edit);

    sr_scenario_edit_replace(copy, index, key, value);
    g_ptr_array_add(list, copy);
}

static bool
read_span(const char *text, SrSpan *span)
{
    return sr_span_parse(text, strlen(text), span) == SR_NUMBER_OK;
}

/* Adds numbers that are rounder than @n and at least @least, as durations or as they are. */
static void
add_rounder(GPtrArray *list, const SrScenarioEdit *edit, uint32_t index, uint64_t n,
            uint64_t least, bool spans)
{
    uint64_t rounded[DIGITS_MAX + 2];
    char text[SR_SPAN_TEXT_MAX];

    for (unsigned i = 0, n_rounded = rounder(n, rounded); i < n_rounded; i++) {
        if (rounded[i] < least)
            continue;
        if (spans)
            sr_span_format(rounded[i], text);
        else
            g_snprintf(text, sizeof text, "%" G_GUINT64_FORMAT, rounded[i]);
        add_candidate(list, edit, index, edit_line(edit, index)->key, text);
    }
}

/* ---- distributions ---- */

static bool typical_of(SrSlice value, SrSpan *span);

/* Takes the next part, without its weight, off @rest, the inside of a mixture. FALSE at the end. */
static bool
next_part(SrSlice *rest, bool *done, SrSlice *part)
{
    if (!sr_slice_piece(rest, ',', done, part))
        return false;
    sr_slice_word(part); /* the weight */
    *part = sr_slice_trim(*part);
    return true;
}

/* Gets the typical value of one term: the median, the mean or the middle; of a mixture that of its
 * first part. Returns: FALSE if there is none */
static bool
typical_of_term(SrSlice term, SrSpan *span)
{
    SrSlice name, rest, piece;
    SrSpan parameters[2] = { 0 };
    unsigned n = 0;
    bool done = false;

    if (!sr_slice_call(term, &name, &rest))
        return sr_span_parse(term.at, sr_slice_length(term), span) == SR_NUMBER_OK;
    if (sr_slice_equals(name, "mix"))
        return next_part(&rest, &done, &piece) && typical_of(piece, span);
    while (n < 2 && sr_slice_piece(&rest, ',', &done, &piece))
        if (sr_span_parse(piece.at, sr_slice_length(piece), &parameters[n++]) != SR_NUMBER_OK)
            return false;
    *span = sr_slice_equals(name, "uniform")  ? (parameters[0] + parameters[1]) / 2
            : sr_slice_equals(name, "pareto") ? parameters[1]
                                              : parameters[0];
    return true;
}

/* The same of a sum. */
static bool
typical_of(SrSlice value, SrSpan *span)
{
    SrSlice term;
    SrSpan typical;
    bool done = false;

    *span = 0;
    while (sr_slice_piece(&value, '+', &done, &term)) {
        if (!typical_of_term(term, &typical))
            return false;
        *span += typical;
    }
    return true;
}

/* Gets the constant nearest to @value; FALSE if it is constant already, or holds a file of samples.
 */
static bool
constant_of(const char *value, SrSpan *span)
{
    *span = 0;
    return strchr(value, '(') != NULL && strstr(value, "empirical") == NULL &&
           typical_of(sr_slice_text(value), span);
}

/* Each part of each mixture in its place. */
static void
add_parts(GPtrArray *list, const SrScenarioEdit *edit, uint32_t index)
{
    const EditLine *line = edit_line(edit, index);
    SrSlice whole = sr_slice_text(line->value), sum = whole, term, name, rest, part;
    bool sum_done = false, done = false;

    while (sr_slice_piece(&sum, '+', &sum_done, &term)) {
        if (!sr_slice_call(term, &name, &rest) || !sr_slice_equals(name, "mix"))
            continue;
        for (done = false; next_part(&rest, &done, &part);) {
            g_autofree char *value =
                g_strdup_printf("%.*s%.*s%s", (int) (term.at - whole.at), whole.at,
                                (int) sr_slice_length(part), part.at, term.end);

            add_candidate(list, edit, index, line->key, value);
        }
    }
}

static void
add_constants(GPtrArray *list, const SrScenarioEdit *edit, uint32_t index)
{
    const EditLine *line = edit_line(edit, index);
    char text[SR_SPAN_TEXT_MAX];
    SrSpan span;

    if (!constant_of(line->value, &span) || span > SR_SPAN_MAX)
        return;
    add_rounder(list, edit, index, span, 1, true);
    sr_span_format(span, text);
    add_candidate(list, edit, index, line->key, text);
}

/* ---- numbers of clients ---- */

/* Fewer members, without the lines that name the removed ones. */
static void
add_counts(GPtrArray *list, const SrScenarioEdit *edit, uint32_t index)
{
    const EditLine *line = edit_line(edit, index);
    uint64_t rounded[DIGITS_MAX + 2], count = g_ascii_strtoull(line->value, NULL, 10);

    for (unsigned i = 0, n = rounder(count, rounded); i < n; i++) {
        g_autoptr(SrScenarioEdit) copy = NULL;

        if (rounded[i] == 0 || rounded[i] > SR_SCENARIO_CLIENTS_MAX)
            continue;
        copy = sr_scenario_edit_copy(edit);
        if (sr_scenario_edit_set_count(copy, line->group + strlen("client "),
                                       (uint32_t) rounded[i]))
            g_ptr_array_add(list, g_steal_pointer(&copy));
    }
}

/* ---- the timeline ---- */

/* Makes one word of an action rounder: a duration, with or without a sign. */
static void
add_actions(GPtrArray *list, const SrScenarioEdit *edit, uint32_t index)
{
    const EditLine *line = edit_line(edit, index);
    g_auto(GStrv) words = g_strsplit(line->value, " ", -1);

    for (unsigned w = 2; words[w] != NULL; w++) {
        bool negative = *words[w] == '-';
        g_autofree char *old = words[w];
        uint64_t rounded[DIGITS_MAX + 2];
        SrSpan span = 0;
        unsigned n = read_span(old + negative, &span) ? rounder(span, rounded) : 0;

        for (unsigned i = 0; i < n; i++) {
            char text[SR_SPAN_TEXT_MAX + 1] = "-";

            if (rounded[i] == 0)
                continue; /* a fault that lasts no time is removed instead */
            sr_span_format(rounded[i], text + negative);
            words[w] = text;
            g_autofree char *value = g_strjoinv(" ", words);

            add_candidate(list, edit, index, line->key, value);
        }
        words[w] = g_steal_pointer(&old);
    }
}

static void
add_instants(GPtrArray *list, const SrScenarioEdit *edit, uint32_t index)
{
    const EditLine *line = edit_line(edit, index);
    char text[SR_SPAN_TEXT_MAX];
    SrSpan at;

    if (!read_span(line->key, &at))
        return;
    for (unsigned digits = 1; digits <= DIGITS_MAX; digits++) {
        SrSpan rounded = keep_digits(at, digits);

        if (rounded == at)
            return;
        sr_span_format(rounded, text);
        add_candidate(list, edit, index, text, line->value);
    }
}

/* ---- any line ---- */

static bool
is_looked_at(SrGroupKind kind)
{
    return kind != SR_GROUP_EXPECT && kind != SR_GROUP_EXPECT_CLIENT &&
           kind != SR_GROUP_CHAOS && kind != SR_GROUP_EXPLORE && kind != SR_GROUP_STUDY;
}

GPtrArray *
sr_scenario_edit_simpler(const SrScenarioEdit *edit, uint32_t index)
{
    const EditLine *line = edit_line(edit, index);
    GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify) sr_scenario_edit_free);
    const SrKey *key = line->key == NULL ? NULL : sr_edit_key(line);
    const char *without = sr_edit_default(edit, index);
    SrSpan ignored;

    g_assert(index < edit->lines->len);
    if (key == NULL || !is_looked_at(line->kind) || key->type == &sr_type_text)
        return list;
    if (line->kind == SR_GROUP_TIMELINE) {
        add_instants(list, edit, index);
        add_actions(list, edit, index);
        return list;
    }
    if (line->kind == SR_GROUP_CLIENT && strcmp(line->key, "count") == 0) {
        add_counts(list, edit, index);
        return list;
    }
    bool at_default = without != NULL && strcmp(without, line->value) == 0, overflow;
    uint64_t number;

    /* A constant is not replaced by a random default. */
    if (!at_default && without != NULL &&
        (!constant_of(without, &ignored) || constant_of(line->value, &ignored)))
        add_candidate(list, edit, index, line->key, without);
    if (key->type == &sr_type_distribution) {
        add_constants(list, edit, index);
        add_parts(list, edit, index);
    }
    if (at_default)
        return list;
    if ((key->type == &sr_type_span || key->type == &sr_type_seconds ||
         key->type == &sr_type_distribution || key->type == &sr_type_draw) &&
        read_span(line->value, &number))
        add_rounder(list, edit, index, number, key->min, true);
    if (key->type == &sr_type_number32 &&
        sr_slice_number(sr_slice_text(line->value), &number, &overflow))
        add_rounder(list, edit, index, number, key->min, false);
    return list;
}

/* Diagnostics: what is wrong with a scenario, where, and what was probably meant.
 *
 * A message quotes what the user wrote. Nothing is escaped before it is printed, except the
 * source line, since the caret must be below the right column of the printed text. Only the
 * first errors are listed and the others are counted, so that a file with a million errors
 * costs no more than one with twenty. */
#include "scenario-private.h"

#include <limits.h>
#include <string.h>

#include "base/escape.h"
#include "base/whole-file.h"

/* Bytes of a source line that are shown around the caret. */
#define EXCERPT_BEFORE 72
#define EXCERPT_AFTER 48

static void
diagnostic_free(gpointer data)
{
    SrDiagnostic *diagnostic = data;

    g_free(diagnostic->path);
    g_free(diagnostic->message);
    g_free(diagnostic->note);
    g_free(diagnostic->source);
    g_free(diagnostic);
}

SrDiagnostics *
sr_diagnostics_new(void)
{
    SrDiagnostics *diagnostics = g_new0(SrDiagnostics, 1);

    diagnostics->list = g_ptr_array_new_with_free_func(diagnostic_free);
    diagnostics->samples = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return diagnostics;
}

void
sr_diagnostics_free(SrDiagnostics *diagnostics)
{
    if (diagnostics == NULL)
        return;
    g_ptr_array_unref(diagnostics->list);
    g_hash_table_unref(diagnostics->samples);
    g_free(diagnostics);
}

static void
append_path(GString *out, const char *path)
{
    const char *name = sr_whole_file_name(path);

    sr_escape_terminal(out, name, strlen(name));
}

unsigned
sr_diagnostics_format_first(const SrDiagnostics *diagnostics, unsigned n_max, GString *out)
{
    unsigned n = MIN(diagnostics->list->len, n_max);

    for (unsigned i = 0; i < n; i++) {
        const SrDiagnostic *diagnostic = g_ptr_array_index(diagnostics->list, i);

        append_path(out, diagnostic->path);
        if (diagnostic->line > 0)
            g_string_append_printf(out, ":%u", diagnostic->line);
        if (diagnostic->line > 0 && diagnostic->column > 0)
            g_string_append_printf(out, ":%u", diagnostic->column);
        g_string_append(out, ": error: ");
        sr_escape_terminal(out, diagnostic->message, strlen(diagnostic->message));
        g_string_append_c(out, '\n');
        if (diagnostic->source != NULL && diagnostic->caret > 0)
            g_string_append_printf(out, "    %s\n    %*s\n", diagnostic->source,
                                   (int) diagnostic->caret, "^");
        if (diagnostic->note != NULL) {
            g_string_append(out, "note: ");
            sr_escape_terminal(out, diagnostic->note, strlen(diagnostic->note));
            g_string_append_c(out, '\n');
        }
    }
    return diagnostics->list->len - n + diagnostics->suppressed;
}

void
sr_diagnostics_format(const SrDiagnostics *diagnostics, GString *out)
{
    unsigned n = sr_diagnostics_format_first(diagnostics, diagnostics->list->len, out);

    if (n > 0)
        g_string_append_printf(out, "note: %u further %s not listed\n", n,
                               n == 1 ? "error is" : "errors are");
}

/* Appends a piece of a line in printable form; a tab becomes one blank. Returns: its width on a
 * terminal */
static uint32_t
append_shown(GString *out, const char *text, size_t length)
{
    g_autofree char *copy = g_strndup("", length);
    gsize start = out->len;
    uint32_t width = 0;

    for (size_t i = 0; i < length; i++)
        copy[i] = text[i] == '\t' ? ' ' : text[i];
    sr_escape_terminal(out, copy, length);
    for (const char *p = out->str + start; *p != '\0'; p = sr_next_char(p)) {
        gunichar point = g_utf8_get_char(p);

        width += g_unichar_iszerowidth(point) ? 0 : g_unichar_iswide(point) ? 2 : 1;
    }
    return width;
}

static bool
is_continuation(const char *p)
{
    return ((unsigned char) *p & 0xc0) == 0x80;
}

/* Takes the line around @at; a long one is cut. */
static void
excerpt(SrDiagnostic *diagnostic, const char *line, const char *line_end, const char *at)
{
    GString *shown = g_string_new(NULL);
    const char *from = at - line > EXCERPT_BEFORE ? at - EXCERPT_BEFORE : line;
    const char *to = line_end - at > EXCERPT_AFTER ? at + EXCERPT_AFTER : line_end;

    while (from > line && from < at && is_continuation(from))
        from++;
    while (to > at && to < line_end && is_continuation(to))
        to--;
    diagnostic->caret = 1;
    if (from > line) {
        g_string_append(shown, "…");
        diagnostic->caret++;
    }
    diagnostic->caret += append_shown(shown, from, (size_t) (at - from));
    append_shown(shown, at, (size_t) (to - at));
    if (to < line_end)
        g_string_append(shown, "…");
    diagnostic->source = g_string_free(shown, FALSE);
}

/* Fills in the position of @at. */
static void
locate(SrDiagnostic *diagnostic, SrSlice at)
{
    const char *line = at.at, *line_end = at.at;

    while (line > at.source->begin && line[-1] != '\n')
        line--;
    while (line_end < at.source->end && *line_end != '\n')
        line_end++;
    if (line_end > line && line_end[-1] == '\r' && line_end > at.at)
        line_end--;
    diagnostic->line = at.line;
    if (at.source->lines) {
        diagnostic->column = 1;
        for (const char *p = line; p < at.at; p++)
            diagnostic->column += !is_continuation(p);
    }
    excerpt(diagnostic, line, line_end, at.at);
}

bool
sr_reader_listing(const SrReader *reader)
{
    return reader->n_errors < SR_SCENARIO_ERRORS_MAX;
}

/* @quoted: the text at @at stands before the message. */
G_GNUC_PRINTF(5, 0)
static void
report(SrReader *reader, SrSlice at, const char *note, bool quoted, const char *format,
       va_list arguments)
{
    if (reader->n_errors++ >= SR_SCENARIO_ERRORS_MAX) {
        reader->diagnostics->suppressed++;
        return;
    }
    g_autoptr(GString) message = g_string_new(NULL);

    if (quoted)
        g_string_printf(message, "'%s' ", sr_quote(reader, at));
    g_string_append_vprintf(message, format, arguments);
    if (at.source == NULL)
        at = reader->stand_in;
    SrDiagnostic *diagnostic = sr_diagnostics_add(
        reader->diagnostics, at.source == NULL ? reader->source.path : at.source->path,
        message->str);

    diagnostic->note = g_strdup(note);
    if (at.at != NULL)
        locate(diagnostic, at);
}

bool
sr_reader_error(SrReader *reader, SrSlice at, const char *note, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    report(reader, at, note, false, format, arguments);
    va_end(arguments);
    return false;
}

bool
sr_reader_refuse(SrReader *reader, SrSlice at, const char *note, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    report(reader, at, note, true, format, arguments);
    va_end(arguments);
    return false;
}

SrDiagnostic *
sr_diagnostics_add(SrDiagnostics *diagnostics, const char *path, const char *message)
{
    SrDiagnostic *diagnostic = g_new0(SrDiagnostic, 1);

    diagnostic->path = g_strdup(path);
    diagnostic->message = g_strdup(message);
    g_ptr_array_add(diagnostics->list, diagnostic);
    return diagnostic;
}

/* Orders the file's errors by line, before those of the command line. */
static int
compare_place(gconstpointer a, gconstpointer b, gpointer data)
{
    const SrDiagnostic *left = *(SrDiagnostic *const *) a, *right = *(SrDiagnostic *const *) b;

    (void) data;
    if ((left->line == 0) != (right->line == 0))
        return left->line == 0 ? 1 : -1;
    if (left->line != right->line)
        return left->line < right->line ? -1 : 1;
    return left->column < right->column ? -1 : left->column > right->column;
}

void
sr_diagnostics_sort(SrDiagnostics *diagnostics, unsigned first)
{
    /* It keeps the order of errors at one position. */
    g_qsort_with_data(diagnostics->list->pdata + first, (int) (diagnostics->list->len - first),
                      sizeof(gpointer), compare_place, NULL);
}

/* ---- what was meant ---- */

const char *
sr_quote(SrReader *reader, SrSlice slice)
{
    GString *quote = reader->quotes[reader->next_quote++ % G_N_ELEMENTS(reader->quotes)];
    size_t length = sr_slice_length(slice);

    if (length > 80) {
        length = 77;
        while (length > 0 && is_continuation(slice.at + length))
            length--;
    }
    g_string_truncate(quote, 0);
    g_string_append_len(quote, slice.at, (gssize) length);
    if (length < sr_slice_length(slice))
        g_string_append(quote, "…");
    return quote->str;
}

const char *
sr_quote_text(SrReader *reader, const char *text)
{
    return sr_quote(reader, sr_slice_text(text));
}

SrGuess
sr_guess_start(SrSlice wrong)
{
    SrGuess guess = { .wrong = wrong.at, .length = sr_slice_length(wrong) };

    /* Up to a third of the word may differ. A word of one or two letters can only be the start
     * of another. */
    guess.distance = guess.length > 64 ? 0 : (unsigned) MIN(guess.length / 3 + 1, 4);
    return guess;
}

/* The longest word that is compared. */
#define WORD_MAX 79u

/* Returns: the number of edits from one word to the other, if fewer than @limit. An edit adds,
 * removes or replaces a letter or swaps two. Upper and lower case are equal. */
static unsigned
edit_distance(const char *a, size_t n, const char *b, size_t m, unsigned limit)
{
    unsigned rows[3][WORD_MAX + 1];

    g_assert(m <= WORD_MAX);
    for (unsigned k = 0; k <= m; k++)
        rows[0][k] = k;
    for (size_t i = 1; i <= n; i++) {
        unsigned *row = rows[i % 3], *above = rows[(i - 1) % 3], *twice = rows[(i + 1) % 3];
        unsigned least = row[0] = (unsigned) i;

        for (size_t k = 1; k <= m; k++) {
            char x = g_ascii_tolower(a[i - 1]), y = g_ascii_tolower(b[k - 1]);

            row[k] = MIN(MIN(row[k - 1], above[k]) + 1, above[k - 1] + (x != y));
            if (i > 1 && k > 1 && x == g_ascii_tolower(b[k - 2]) &&
                y == g_ascii_tolower(a[i - 2]))
                row[k] = MIN(row[k], twice[k - 2] + 1);
            least = MIN(least, row[k]);
        }
        if (least >= limit)
            return limit;
    }
    return MIN(rows[n % 3][m], limit);
}

void
sr_guess_offer(SrGuess *guess, const char *word)
{
    size_t length = strlen(word);
    size_t apart = length > guess->length ? length - guess->length : guess->length - length;

    if (guess->distance == 0 || length >= sizeof guess->best || apart >= guess->distance)
        return;
    if (apart == 0 && memcmp(guess->wrong, word, length) == 0)
        return;
    unsigned distance =
        edit_distance(guess->wrong, guess->length, word, length, guess->distance);

    /* A word that has nothing in common with the text is no guess. */
    if (distance >= guess->distance || distance >= MAX(length, guess->length))
        return;
    guess->distance = distance;
    memcpy(guess->best, word, length + 1);
}

const char *
sr_guess_nearest(SrSlice wrong, const char *const *words)
{
    size_t length = MIN(sr_slice_length(wrong), WORD_MAX);
    const char *nearest = NULL;
    unsigned least = UINT_MAX;

    for (; *words != NULL; words++) {
        size_t n = strlen(*words);
        bool part = length > 0 && memmem(*words, n, wrong.at, length) != NULL;
        unsigned distance = part ? 0 : edit_distance(wrong.at, length, *words, n, UINT_MAX);

        /* A word that has nothing in common with the text is not near. */
        if (distance < MIN(least, MAX(length, n))) {
            least = distance;
            nearest = *words;
        }
    }
    return nearest;
}

void
sr_guess_offer_words(SrGuess *guess, const char *const *words)
{
    for (; *words != NULL; words++)
        sr_guess_offer(guess, *words);
}

char *
sr_guess_note(const SrGuess *guess)
{
    return guess->best[0] == '\0' ? NULL : g_strdup_printf("did you mean '%s'?", guess->best);
}

char *
sr_guess_among(SrSlice wrong, const char *const *words)
{
    SrGuess guess = sr_guess_start(wrong);

    sr_guess_offer_words(&guess, words);
    return sr_guess_note(&guess);
}

char *
sr_join_words(const char *const *words)
{
    GString *list = g_string_new(NULL);

    for (unsigned i = 0; words[i] != NULL; i++)
        g_string_append_printf(list, "%s%s", i == 0 ? "" : ", ", words[i]);
    return g_string_free(list, FALSE);
}

/* Lines and slices: the text of a scenario is split without being copied, and each piece knows
 * its position.
 *
 * A line ends at LF or CR LF. Its bytes are checked before anything else reads them: no zero,
 * no invalid UTF-8, no control character except tab. `#` starts a comment at the start of a
 * line or after a blank. Groups are scanned again when they are read, so that a file of a
 * million lines needs no memory besides its text. */
#include "scenario-private.h"

#include <string.h>

size_t
sr_slice_length(SrSlice slice)
{
    return (size_t) (slice.end - slice.at);
}

bool
sr_slice_empty(SrSlice slice)
{
    return slice.at == slice.end;
}

bool
sr_slice_same(SrSlice a, SrSlice b)
{
    return sr_slice_length(a) == sr_slice_length(b) &&
           memcmp(a.at, b.at, sr_slice_length(a)) == 0;
}

bool
sr_slice_equals(SrSlice slice, const char *text)
{
    return sr_slice_same(slice, sr_slice_text(text));
}

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t';
}

SrSlice
sr_slice_trim(SrSlice slice)
{
    while (slice.at < slice.end && is_blank(*slice.at))
        slice.at++;
    while (slice.at < slice.end && is_blank(slice.end[-1]))
        slice.end--;
    return slice;
}

SrSlice
sr_slice_from(SrSlice slice, const char *at)
{
    g_assert(at >= slice.at && at <= slice.end);
    slice.at = at;
    return slice;
}

SrSlice
sr_slice_to(SrSlice slice, const char *end)
{
    g_assert(end >= slice.at && end <= slice.end);
    slice.end = end;
    return slice;
}

/* Returns: the first byte of @slice that is outside parentheses and quotes and equals
 * @separator, or is a blank if @separator is 0 */
static const char *
find_outside(SrSlice slice, char separator)
{
    unsigned depth = 0;
    bool quoted = false;

    for (const char *p = slice.at; p < slice.end; p++) {
        if (*p == '"')
            quoted = !quoted;
        else if (quoted)
            continue;
        else if (*p == '(')
            depth++;
        else if (*p == ')')
            depth -= depth > 0;
        else if (depth == 0 && (separator == 0 ? is_blank(*p) : *p == separator))
            return p;
    }
    return slice.end;
}

SrSlice
sr_slice_word(SrSlice *rest)
{
    *rest = sr_slice_trim(*rest);
    const char *end = find_outside(*rest, 0);
    SrSlice word = sr_slice_to(*rest, end);

    *rest = sr_slice_trim(sr_slice_from(*rest, end));
    return word;
}

bool
sr_slice_piece(SrSlice *rest, char separator, bool *done, SrSlice *piece)
{
    if (*done)
        return false;
    const char *end = find_outside(*rest, separator);

    *piece = sr_slice_trim(sr_slice_to(*rest, end));
    *done = end == rest->end;
    *rest = sr_slice_from(*rest, *done ? end : end + 1);
    return true;
}

bool
sr_slice_call(SrSlice slice, SrSlice *name, SrSlice *arguments)
{
    if (sr_slice_empty(slice) || slice.end[-1] != ')')
        return false;
    const char *open = memchr(slice.at, '(', sr_slice_length(slice));

    if (open == NULL)
        return false;
    *name = sr_slice_trim(sr_slice_to(slice, open));
    *arguments = sr_slice_trim(sr_slice_to(sr_slice_from(slice, open + 1), slice.end - 1));
    return true;
}

const char *
sr_comment_note(SrSlice slice)
{
    for (const char *p = slice.at; p < slice.end; p++) {
        bool mark = *p == ';' || (*p == '/' && p + 1 < slice.end && p[1] == '/');

        if (mark && (p == slice.at || is_blank(p[-1])))
            return "a comment begins with #";
    }
    return NULL;
}

bool
sr_slice_is_name(SrSlice slice)
{
    if (sr_slice_empty(slice) || sr_slice_length(slice) > 64)
        return false;
    for (const char *p = slice.at; p < slice.end; p++)
        if (!g_ascii_isalnum(*p) && *p != '.' && *p != '_' && *p != '-')
            return false;
    return true;
}

bool
sr_slice_number(SrSlice slice, uint64_t *value, bool *overflow)
{
    uint64_t sum = 0;

    *overflow = false;
    if (sr_slice_empty(slice))
        return false;
    for (const char *p = slice.at; p < slice.end; p++) {
        if (!g_ascii_isdigit(*p)) {
            *overflow = false;
            return false;
        }
        if (__builtin_mul_overflow(sum, UINT64_C(10), &sum) ||
            __builtin_add_overflow(sum, (uint64_t) (*p - '0'), &sum))
            *overflow = true;
    }
    if (*overflow)
        return false;
    *value = sum;
    return true;
}

SrLineFault
sr_bytes_fault(SrSlice slice, const char **at)
{
    const char *p = slice.at;

    while (p < slice.end) {
        unsigned char c = (unsigned char) *p;

        *at = p;
        if (c == 0)
            return SR_LINE_ZERO;
        if (c == '\r')
            return SR_LINE_CARRIAGE_RETURN;
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return SR_LINE_CONTROL;
        if (c < 0x80) {
            p++;
            continue;
        }
        gunichar point = g_utf8_get_char_validated(p, slice.end - p);

        if (point == (gunichar) -1 || point == (gunichar) -2)
            return SR_LINE_BAD_UTF8;
        if (point < 0xa0)
            return SR_LINE_CONTROL;
        p = sr_next_char(p);
    }
    return SR_LINE_GOOD;
}

const char *
sr_comment_start(SrSlice slice)
{
    for (const char *p = slice.at; p < slice.end; p++)
        if (*p == '#' && (p == slice.at || is_blank(p[-1])))
            return p;
    return slice.end;
}

bool
sr_lines_next(SrLines *lines, const char *end, SrLine *line)
{
    if (lines->at == end)
        return false;
    const char *feed = memchr(lines->at, '\n', (size_t) (end - lines->at));
    const char *line_end = feed == NULL ? end : feed;

    *line = (SrLine){ .fault = SR_LINE_GOOD };
    line->whole = (SrSlice){ lines->at, line_end, lines->source, ++lines->line };
    lines->at = feed == NULL ? end : feed + 1;
    if (feed != NULL && feed > line->whole.at && feed[-1] == '\r')
        line->whole.end--;
    line->content = sr_slice_to(line->whole, line->whole.at);

    SrSlice start = sr_slice_trim(line->whole);

    line->header = !sr_slice_empty(start) && *start.at == '[';
    if (sr_slice_length(line->whole) > SR_SCENARIO_LINE_MAX) {
        line->fault = SR_LINE_TOO_LONG;
        line->fault_at = line->whole.at;
        return true;
    }
    line->fault = sr_bytes_fault(line->whole, &line->fault_at);
    if (line->fault == SR_LINE_GOOD)
        line->content = sr_slice_trim(sr_slice_to(line->whole, sr_comment_start(line->whole)));
    return true;
}

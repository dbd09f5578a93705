/* Small pieces of text for several formats. Integers only, so that a time is shown exactly. */
#include "report-private.h"

#include <string.h>

#include "base/escape.h"

void
sr_text_plain(GString *out, const char *text)
{
    sr_escape_terminal(out, text, strlen(text));
}

/* ---- text with parts from files ---- */

typedef enum { PLAIN, XML, HTML, JSON } Form;

/* Appends @text as @form has it. */
static void
put_escaped(GString *out, Form form, const char *text)
{
    g_autoptr(GString) plain = NULL;

    switch (form) {
    case PLAIN:
        sr_text_plain(out, text);
        return;
    case XML:
        sr_escape_xml(out, text, strlen(text));
        return;
    case HTML:
        plain = g_string_new(NULL);
        sr_text_plain(plain, text);
        sr_escape_xml(out, plain->str, plain->len);
        return;
    case JSON:
        sr_escape_json(out, text, strlen(text));
        return;
    }
}

/* Takes the conversion at @at, without its '%'. Returns: the last character of it */
static const char *
put_conversion(GString *out, Form form, const char *at, va_list *arguments)
{
    if (*at == 's') {
        put_escaped(out, form, va_arg(*arguments, const char *));
    } else if (g_str_has_prefix(at, "-s")) {
        g_string_append(out, va_arg(*arguments, const char *));
        return at + 1;
    } else if (g_str_has_prefix(at, "ju")) {
        uint64_t span = va_arg(*arguments, uintmax_t);

        /* A reader of JSON that rounds would show a wrong number. */
        if (form == JSON)
            g_string_append_printf(out, "%" PRIu64, MIN(span, (UINT64_C(1) << 53) - 1));
        else
            sr_span_show(out, span);
        return at + 1;
    } else if (g_str_has_prefix(at, PRIu64)) {
        g_string_append_printf(out, "%" PRIu64, va_arg(*arguments, uint64_t));
        return at + strlen(PRIu64) - 1;
    } else if (g_str_has_prefix(at, PRId64)) {
        g_string_append_printf(out, "%" PRId64, va_arg(*arguments, int64_t));
        return at + strlen(PRId64) - 1;
    } else if (g_str_has_prefix(at, "zu")) {
        g_string_append_printf(out, "%zu", va_arg(*arguments, size_t));
        return at + 1;
    } else {
        g_assert(*at == 'u');
        g_string_append_printf(out, "%u", va_arg(*arguments, unsigned));
    }
    return at;
}

static void
put(GString *out, Form form, const char *format, va_list *arguments)
{
    /* The first member of an object and the first element of a list have no comma before them. */
    if (form == JSON && *format == ',' && out->len > 0 &&
        (out->str[out->len - 1] == '[' || out->str[out->len - 1] == '{'))
        format += 1 + (format[1] == ' ');
    for (const char *at = format; *at != '\0'; at++)
        if (*at == '%')
            at = put_conversion(out, form, at + 1, arguments);
        else
            g_string_append_c(out, form == JSON && *at == '\'' ? '"' : *at);
}

#define PUT(function, form)                                                                    \
    void function(GString *out, const char *format, ...)                                       \
    {                                                                                          \
        va_list arguments;                                                                     \
                                                                                               \
        va_start(arguments, format);                                                           \
        put(out, form, format, &arguments);                                                    \
        va_end(arguments);                                                                     \
    }
PUT(sr_put_plain, PLAIN)
PUT(sr_put_xml, XML)
PUT(sr_put_html, HTML)
PUT(sr_put_json, JSON)

void
sr_put_line(GString *out, const SrStyle *style, unsigned hang, const char *format, ...)
{
    gsize start = out->len;
    va_list arguments;

    va_start(arguments, format);
    put(out, PLAIN, format, &arguments);
    va_end(arguments);
    sr_style_end_line(style, start, hang, out);
}

const char *
sr_text_bool(bool value)
{
    return value ? "true" : "false";
}

void
sr_put_json_checks(GString *out, const char *name, uint32_t mask)
{
    sr_put_json(out, ", '%-s': [%-s", name, mask == 0 ? "" : "\"");
    sr_text_checks(out, mask, "\", \"");
    g_string_append(out, mask == 0 ? "]" : "\"]");
}

/* ---- pieces that several formats have ---- */

void
sr_text_limit(GString *out, SrTime limit)
{
    char text[SR_SPAN_TEXT_MAX];

    sr_span_format(limit, text);
    /* The reference shows `60s`, and people write `limit = 90s`. */
    if (limit % SR_NS_PER_S == 0 && limit < 600 * SR_NS_PER_S)
        g_snprintf(text, sizeof text, "%us", (unsigned) (limit / SR_NS_PER_S));
    g_string_append_printf(
        out, "ended at [scenario] limit = %s with events left; raise it to see them", text);
}

void
sr_text_outcome(GString *out, const SrReportCase *report_case)
{
    const SrRunResult *result = &report_case->result;

    sr_put_plain(out, "%u/%u collaborate%-s, %s won", result->n_collaborating,
                 result->n_clients, result->n_clients == 1 ? "s" : "",
                 report_case->winner != NULL ? report_case->winner : "nobody");
}

static void
append_blanks(GString *out, const char *text, unsigned width)
{
    g_string_append_printf(out, "%*s", (int) (width - MIN(width, sr_report_width(text))), "");
}

void
sr_text_left(GString *out, const char *text, unsigned width)
{
    sr_text_plain(out, text);
    append_blanks(out, text, width);
}

void
sr_text_right(GString *out, const char *text, unsigned width)
{
    append_blanks(out, text, width);
    sr_text_plain(out, text);
}

void
sr_text_repeats(GString *out, const SrCaseLine *line)
{
    if (line->n_alike > 0)
        g_string_append_printf(out, "; so do %u more", line->n_alike);
    if (line->n_again > 0)
        sr_put_plain(out, " (%u times until %ju)", line->n_again + 1, line->until);
}

const char *
sr_text_no_outcome(const SrReportCase *report_case)
{
    return report_case->unfinished ? "was not finished" : "could not be run";
}

void
sr_text_unexpected(GString *out, const SrReportCase *report_case)
{
    if (report_case->error != NULL) {
        g_string_append(out, report_case->error);
        return;
    }
    if (report_case->result.failed != report_case->expected) {
        g_string_append(out, "expected ");
        sr_text_verdict(out, report_case->expected);
        g_string_append(out, ", got ");
        sr_text_verdict(out, report_case->result.failed);
    }
    for (guint i = 0; i < report_case->misses->len; i++) {
        if (i > 0 || report_case->result.failed != report_case->expected)
            g_string_append(out, "; ");
        g_string_append(out, g_array_index(report_case->misses, SrMiss, i).message);
    }
}

unsigned
sr_report_width(const char *text)
{
    g_autoptr(GString) plain = g_string_new(NULL);
    unsigned width = 0;

    sr_text_plain(plain, text);
    for (const char *p = plain->str; *p != '\0'; p += g_utf8_skip[(unsigned char) *p])
        width += sr_style_columns(g_utf8_get_char(p));
    return width;
}

char *
sr_report_replay(const char *const *overrides, size_t n_overrides, uint64_t seed,
                 const char *file)
{
    return sr_report_replay_with("", overrides, n_overrides, seed, file);
}

/* Appends options and overrides, each behind a blank, quoted for a shell. */
static void
append_options(GString *line, const char *options, const char *const *overrides,
               size_t n_overrides)
{
    g_string_append(line, options);
    for (size_t i = 0; i < n_overrides; i++) {
        g_string_append(line, " --set ");
        sr_escape_shell(line, overrides[i], strlen(overrides[i]));
    }
}

/* Appends @file behind a blank, quoted for a shell. */
static void
append_file(GString *line, const char *file)
{
    g_string_append(line, file[0] == '-' && file[1] != '\0' ? " -- " : " ");
    sr_escape_shell(line, file, strlen(file));
}

char *
sr_report_replay_with(const char *options, const char *const *overrides, size_t n_overrides,
                      uint64_t seed, const char *file)
{
    g_autoptr(GString) line = g_string_new("session-race run");

    /* Standard input was read once and cannot be read again, so no command can replay it. */
    if (strcmp(file, "-") == 0)
        return g_strdup("(the scenario was read from standard input)");
    append_options(line, options, overrides, n_overrides);
    g_string_append_printf(line, " --seed %" PRIu64, seed);
    append_file(line, file);
    return g_strdup(line->str);
}

char *
sr_report_sweep(const char *options, const char *const *overrides, size_t n_overrides,
                const char *file)
{
    g_autoptr(GString) line = g_string_new("session-race sweep");

    append_options(line, options, overrides, n_overrides);
    append_file(line, file);
    return g_strdup(line->str);
}

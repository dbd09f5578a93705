/* Small pieces of text for several formats. Integers only, so that a time is shown exactly. */
#include "report-private.h"

#include <string.h>

#include "base/escape.h"

void
sr_text_plain(GString *out, const char *text)
{
    sr_escape_terminal(out, text, strlen(text));
}

void
sr_text_json(GString *out, const char *text)
{
    sr_escape_json(out, text, strlen(text));
}

void
sr_text_xml(GString *out, const char *text)
{
    sr_escape_xml(out, text, strlen(text));
}

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
sr_text_seconds(GString *out, SrSpan span)
{
    g_string_append_printf(out, "%" PRIu64 ".%09u", span / SR_NS_PER_S,
                           (unsigned) (span % SR_NS_PER_S));
}

void
sr_text_checks(GString *out, uint32_t mask, const char *separator)
{
    const char *between = "";

    for (unsigned i = 0; i < SR_CHECK_N; i++) {
        if (!(mask & (1u << i)))
            continue;
        g_string_append(out, between);
        g_string_append(out, sr_check_name((SrCheckId) i));
        between = separator;
    }
}

void
sr_text_verdict(GString *out, uint32_t failed)
{
    if (failed == 0) {
        g_string_append(out, "pass");
        return;
    }
    g_string_append(out, "fail(");
    sr_text_checks(out, failed, ", ");
    g_string_append_c(out, ')');
}

void
sr_text_outcome(GString *out, const SrReportCase *report_case)
{
    g_string_append_printf(out, "%u/%u collaborate%s, ", report_case->n_collaborating,
                           report_case->n_clients, report_case->n_clients == 1 ? "s" : "");
    sr_text_plain(out, report_case->winner != NULL ? report_case->winner : "nobody");
    g_string_append(out, " won");
}

void
sr_text_sufferers(GString *out, const SrReportCase *report_case)
{
    for (guint i = 0; i < report_case->sufferers->len; i++) {
        g_string_append(out, i > 0 ? ", " : "");
        sr_text_plain(out, g_array_index(report_case->sufferers, SrCaseClient, i).name);
    }
    if (report_case->n_sufferers > report_case->sufferers->len)
        g_string_append_printf(out, " … and %u more",
                               report_case->n_sufferers - report_case->sufferers->len);
}

void
sr_text_unexpected(GString *out, const SrReportCase *report_case)
{
    if (report_case->error != NULL) {
        g_string_append(out, report_case->error);
        return;
    }
    if (report_case->failed != report_case->expected) {
        g_string_append(out, "expected ");
        sr_text_verdict(out, report_case->expected);
        g_string_append(out, ", got ");
        sr_text_verdict(out, report_case->failed);
    }
    for (guint i = 0; i < report_case->misses->len; i++) {
        if (i > 0 || report_case->failed != report_case->expected)
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
    for (const char *p = plain->str; *p != '\0'; p += g_utf8_skip[(unsigned char) *p]) {
        gunichar c = g_utf8_get_char(p);
        if (!g_unichar_iszerowidth(c))
            width += g_unichar_iswide(c) ? 2 : 1;
    }
    return width;
}

char *
sr_report_replay(const char *const *overrides, size_t n_overrides, uint64_t seed,
                 const char *file)
{
    g_autoptr(GString) line = g_string_new("session-race run");

    /* Standard input was read once and cannot be read again, so no command can replay it. */
    if (strcmp(file, "-") == 0)
        return g_strdup("(the scenario was read from standard input)");
    for (size_t i = 0; i < n_overrides; i++) {
        g_string_append(line, " --set ");
        sr_escape_shell(line, overrides[i], strlen(overrides[i]));
    }
    g_string_append_printf(line, " --seed %" PRIu64 " ", seed);
    if (file[0] == '-' && file[1] != '\0')
        g_string_append(line, "-- ");
    sr_escape_shell(line, file, strlen(file));
    return g_strdup(line->str);
}

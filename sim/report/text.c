/* Small pieces of text that several formats share. Integers only: a time shown is a time that
 * was. */
#include "report-private.h"

#include <string.h>

#include "session-race/escape.h"

void
sr_text_plain(GString *out, const char *text)
{
    sr_escape_terminal(out, text, strlen(text));
}

/* What a terminal obeys though JSON and XML may hold it: controls, and the marks that turn the
 * direction of reading. */
static bool
is_obeyed(gunichar c)
{
    return (c < 0x20 && c != '\n') || (c >= 0x7f && c < 0xa0) || c == 0x061c || c == 0x200e ||
           c == 0x200f || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

/*
 * Data for programs ends up in logs and on terminals too. So from @from on everything that
 * those would obey is written by its number, which readers of the data turn back; so is the `#`
 * of `##[`, which GitHub's runner looks for anywhere in a line, whatever the format of that
 * line.
 */
static void
harden(GString *out, gsize from, bool json)
{
    g_autofree char *tail = g_strdup(out->str + from);

    g_string_truncate(out, from);
    for (const char *p = tail; *p != '\0'; p += g_utf8_skip[(unsigned char) *p]) {
        gunichar c = g_utf8_get_char(p);
        if (is_obeyed(c) || (c == '#' && p > tail && p[-1] == '#' && p[1] == '['))
            g_string_append_printf(out, json ? "\\u%04x" : "&#x%x;", c);
        else
            g_string_append_unichar(out, c);
    }
}

void
sr_text_json(GString *out, const char *text)
{
    gsize from = out->len;

    sr_escape_json(out, text, strlen(text));
    harden(out, from, true);
}

void
sr_text_xml(GString *out, const char *text)
{
    gsize from = out->len;

    sr_escape_xml(out, text, strlen(text));
    harden(out, from, false);
}

void
sr_text_span(GString *out, SrSpan span)
{
    static const struct {
        SrSpan from, unit;
        const char *name;
    } units[] = {
        { SR_NS_PER_S, SR_NS_PER_S, "s" },
        { SR_NS_PER_MS, SR_NS_PER_MS, "ms" },
        { SR_NS_PER_US, SR_NS_PER_US, "us" },
        { 0, 1, "ns" },
    };
    size_t i = 0;

    if (span == 0) {
        g_string_append(out, "0 ms");
        return;
    }
    while (span < units[i].from)
        i++;
    SrSpan whole = span / units[i].unit, rest = span % units[i].unit;
    unsigned hundredths = units[i].unit >= 100 ? (unsigned) (rest / (units[i].unit / 100)) : 0;
    g_string_append_printf(out, "%" G_GUINT64_FORMAT, whole);
    /* Three figures tell enough: 5.43 s, 24.1 ms, 241 ms. */
    if (whole < 10 && hundredths % 10 != 0)
        g_string_append_printf(out, ".%02u", hundredths);
    else if (whole < 100 && hundredths / 10 != 0)
        g_string_append_printf(out, ".%u", hundredths / 10);
    g_string_append_printf(out, " %s", units[i].name);
}

void
sr_text_seconds(GString *out, SrSpan span)
{
    g_string_append_printf(out, "%" G_GUINT64_FORMAT ".%09u", span / SR_NS_PER_S,
                           (unsigned) (span % SR_NS_PER_S));
}

unsigned
sr_text_ms_decimals(SrTime t)
{
    unsigned rest = (unsigned) (t % SR_NS_PER_MS), decimals = 6;

    if (rest == 0)
        return 0;
    for (; rest % 10 == 0; rest /= 10)
        decimals--;
    return decimals;
}

void
sr_text_ms(GString *out, SrTime t, unsigned decimals)
{
    unsigned rest = (unsigned) (t % SR_NS_PER_MS);

    g_string_append_printf(out, "%" G_GUINT64_FORMAT, t / SR_NS_PER_MS);
    if (decimals == 0)
        return;
    for (unsigned i = decimals; i < 6; i++)
        rest /= 10;
    g_string_append_printf(out, ".%0*u", (int) decimals, rest);
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
    g_string_append_printf(out, "%u/%u collaborate, ", report_case->n_collaborating,
                           report_case->n_clients);
    sr_text_plain(out, report_case->winner != NULL ? report_case->winner : "nobody");
    g_string_append(out, " won");
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
        g_string_append(out, g_array_index(report_case->misses, SrCaseMiss, i).message);
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

    for (size_t i = 0; i < n_overrides; i++) {
        g_string_append(line, " --set ");
        sr_escape_shell(line, overrides[i], strlen(overrides[i]));
    }
    g_string_append_printf(line, " --seed %" G_GUINT64_FORMAT " ", seed);
    if (file[0] == '-' && file[1] != '\0')
        g_string_append(line, "-- ");
    sr_escape_shell(line, file, strlen(file));
    return g_strdup(line->str);
}

void
sr_report_defuse(GString *text)
{
    g_autoptr(GString) safe = g_string_sized_new(text->len);
    bool at_start = true;

    for (gsize i = 0; i < text->len; i++) {
        const char *p = text->str + i;
        gunichar c = g_utf8_get_char_validated(p, (gssize) (text->len - i));
        if (at_start && p[0] == ':' && p[1] == ':') {
            g_string_append(safe, "\\x3a");
            at_start = false;
            continue;
        }
        if (strncmp(p, "##[", 3) == 0) {
            g_string_append(safe, "#\\x23");
            i++;
            at_start = false;
            continue;
        }
        if (*p == '\n' || *p == '\r')
            at_start = true;
        else if (!g_unichar_isspace(c) && ((unsigned char) *p & 0xC0) != 0x80)
            at_start = false;
        g_string_append_c(safe, *p);
    }
    g_string_assign(text, safe->str);
}

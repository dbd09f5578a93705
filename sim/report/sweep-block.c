/* A point of a sweep in full: shares of its runs, times, and the amount of work. */
#include <string.h>

#include "base/interval.h"
#include "report/report-private.h"
#include "report/sweep-table-private.h"

#define INDENT "  "
#define LABEL_COLUMNS 28u
#define NUMBER_COLUMNS 9u

/* ---- text ---- */

/* Three significant digits. */
static void
append_hundredths(GString *out, double share)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];

    g_ascii_formatd(text, sizeof text, "%.3g", share * 100.0);
    g_string_append(out, share < 1.0 && strcmp(text, "100") == 0 ? ">99.9" : text);
}

void
sr_sweep_percent(GString *out, double share)
{
    append_hundredths(out, share);
    g_string_append(out, " %");
}

void
sr_sweep_interval(GString *out, uint64_t n, uint64_t runs)
{
    SrInterval interval = sr_clopper_pearson(n, runs, 0.95);

    append_hundredths(out, interval.low);
    g_string_append(out, " … ");
    append_hundredths(out, interval.high);
    g_string_append(out, " %");
}

/* ---- shares ---- */

static void
append_share(GString *out, const char *label, uint64_t n, uint64_t runs, const char *rest)
{
    g_autofree char *count = g_strdup_printf("%" PRIu64, n);
    g_autoptr(GString) share = g_string_new(NULL), interval = g_string_new(NULL);

    sr_sweep_percent(share, (double) n / (double) runs);
    sr_sweep_interval(interval, n, runs);
    g_string_append(out, INDENT);
    sr_text_left(out, label, LABEL_COLUMNS);
    sr_text_right(out, count, NUMBER_COLUMNS);
    sr_text_right(out, share->str, NUMBER_COLUMNS + 1);
    g_string_append(out, "   ");
    sr_text_left(out, interval->str, *rest != '\0' ? 18 : 0);
    g_string_append_printf(out, "%s\n", rest);
}

static void
append_seeds(GString *out, const SrSweepRow *row, SrCheckId check)
{
    unsigned n = sr_sweep_row_n_seeds(row, check);

    g_string_append(out, n == 1 ? "seed" : "seeds");
    for (unsigned i = 0; i < MIN(n, 4); i++)
        g_string_append_printf(out, "%s %" PRIu64, i > 0 ? "," : "", row->seeds[check][i]);
    g_string_append(out, row->failed[check] > 4 ? ", …" : "");
}

static void
append_shares(GString *out, const SrSweepRow *row, const SrStyle *style)
{
    /* clang-format off */
    static const struct { SrSweepCounter counter; const char *label; bool rare; } shares[] = {
        { SR_COUNTER_RACED,         "clients raced",           false },
        { SR_COUNTER_FIRST_WON,     "the first to start won",  false },
        { SR_COUNTER_OTHER_WON,     "somebody else won",       false },
        { SR_COUNTER_NOBODY_WON,    "nobody won",              false },
        { SR_COUNTER_RUNS_ORPHANED, "a key was orphaned",      false },
        { SR_COUNTER_RUNS_REFUSED,  "a token was refused",     true },
        { SR_COUNTER_AT_LIMIT,      "the limit was the end",   true },
    };
    /* clang-format on */
    uint64_t runs = row->counters[SR_COUNTER_RUNS], failed = row->counters[SR_COUNTER_FAILED];

    g_string_append_printf(out, INDENT "%-*s%*s%*s   95 %% interval\n", (int) LABEL_COLUMNS,
                           "runs in which", (int) NUMBER_COLUMNS, "runs",
                           (int) NUMBER_COLUMNS + 1, "share");
    for (size_t i = 0; i < G_N_ELEMENTS(shares); i++)
        if (!shares[i].rare || row->counters[shares[i].counter] > 0)
            append_share(out, shares[i].label, row->counters[shares[i].counter], runs, "");
    if (failed == 0) {
        append_share(out, "a check failed", failed, runs, "");
        return;
    }
    g_autoptr(GString) line = g_string_new(NULL);

    append_share(line, "a check failed", failed, runs, "");
    sr_style_paint(style, SR_COLOUR_BAD, g_strchomp(line->str), out);
    g_string_append_c(out, '\n');
    for (unsigned i = 0; i < SR_CHECK_N; i++) {
        g_autofree char *label = g_strdup_printf("  %s", sr_check_name((SrCheckId) i));
        g_autoptr(GString) seeds = g_string_new(NULL);

        if (row->failed[i] == 0)
            continue;
        append_seeds(seeds, row, (SrCheckId) i);
        append_share(out, label, row->failed[i], runs, seeds->str);
    }
}

void
sr_sweep_failing_append(const SrSweepRow *row, const char *indent, GString *out)
{
    uint64_t runs = row->counters[SR_COUNTER_RUNS];

    for (unsigned i = 0; i < SR_CHECK_N; i++) {
        if (row->failed[i] == 0)
            continue;
        g_string_append_printf(out, "%s%-26s %" PRIu64 " run%s, ", indent,
                               sr_check_name((SrCheckId) i), row->failed[i],
                               row->failed[i] == 1 ? "" : "s");
        sr_sweep_percent(out, (double) row->failed[i] / (double) runs);
        g_string_append(out, ": ");
        append_seeds(out, row, (SrCheckId) i);
        g_string_append_c(out, '\n');
    }
}

/* ---- times ---- */

static void
append_value(GString *out, uint64_t value, bool seconds)
{
    g_autoptr(GString) text = g_string_new(NULL);

    if (seconds)
        value = value < UINT64_MAX / SR_NS_PER_S ? value * SR_NS_PER_S : UINT64_MAX;
    sr_span_show(text, value);
    sr_text_right(out, text->str, NUMBER_COLUMNS);
}

static void
append_spreads(GString *out, const SrSweepRow *row)
{
    enum { NS, S };
    static const struct {
        const char *label;
        bool seconds;
    } measures[SR_MEASURE_N] = {
#define MEASURE(name, word, unit, label) [SR_MEASURE_##name] = { label, unit == S },
#include "session-race/sweep-row.def"
    };
    static const uint32_t quantiles[] = { 500000, 900000, 990000, 999000 };

    g_string_append_printf(out, "\n" INDENT "%-*s%*s%*s%*s%*s%*s%*s%*s\n",
                           (int) LABEL_COLUMNS - 1, "time until they collaborate",
                           (int) NUMBER_COLUMNS + 1, "n", 9, "min", 9, "p50", 9, "p90", 9,
                           "p99", 9, "p99.9", 9, "max");
    for (unsigned i = 0; i < SR_MEASURE_N; i++) {
        const SrHistogram *histogram = &row->measures[i];

        if (histogram->n == 0)
            continue;
        if (i == SR_MEASURE_ORPHAN_KEPT)
            g_string_append(out, INDENT "keys and tokens\n");
        g_string_append_printf(out, INDENT "  %-*s%*" PRIu64, (int) LABEL_COLUMNS - 3,
                               measures[i].label, (int) NUMBER_COLUMNS + 1, histogram->n);
        append_value(out, histogram->min, measures[i].seconds);
        for (size_t j = 0; j < G_N_ELEMENTS(quantiles); j++)
            append_value(out, sr_histogram_quantile(histogram, quantiles[j]),
                         measures[i].seconds);
        append_value(out, histogram->max, measures[i].seconds);
        g_string_append_c(out, '\n');
    }
}

void
sr_sweep_block_append(const SrSweepRow *row, const SrStyle *style, GString *out)
{
    const uint64_t *counters = row->counters;

    append_shares(out, row, style);
    append_spreads(out, row);
    g_string_append_printf(
        out,
        "\n" INDENT "keys: %" PRIu64 " made, %" PRIu64 " orphaned, %" PRIu64
        " discarded, %" PRIu64 " times asked for in vain\n" INDENT "tokens: %" PRIu64
        " judged, %" PRIu64 " refused\n",
        counters[SR_COUNTER_KEYS_MADE], counters[SR_COUNTER_ORPHANS],
        counters[SR_COUNTER_KEYS_DISCARDED], counters[SR_COUNTER_KEYS_MISSING],
        counters[SR_COUNTER_TOKENS_JUDGED], counters[SR_COUNTER_TOKENS_REFUSED]);
    g_string_append_printf(out,
                           INDENT "clients: %" PRIu64 " of %" PRIu64
                                  " collaborate at the end, %" PRIu64
                                  " failed; messages: %" PRIu64 "\n",
                           counters[SR_COUNTER_COLLABORATING], counters[SR_COUNTER_CLIENTS],
                           counters[SR_COUNTER_CLIENTS_FAILED], counters[SR_COUNTER_MESSAGES]);
}

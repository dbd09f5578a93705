/* A point of a sweep in full: how its clients ended, shares of its runs, times, and the amount of
 * work. */
#include <string.h>

#include "base/interval.h"
#include "report/report-private.h"
#include "report/sweep-table-private.h"

#define INDENT "  "
#define LABEL_COLUMNS 32u
/* Of the names of measures. */
#define SPREAD_COLUMNS 28u
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

/* ---- how clients ended ---- */

static void
append_count(GString *out, const char *label, uint64_t n, uint64_t all)
{
    g_autofree char *count = g_strdup_printf("%" PRIu64, n);
    g_autoptr(GString) share = g_string_new(NULL);

    sr_sweep_percent(share, all > 0 ? (double) n / (double) all : 0);
    g_string_append(out, INDENT);
    sr_text_left(out, label, LABEL_COLUMNS);
    sr_text_right(out, count, NUMBER_COLUMNS);
    sr_text_right(out, share->str, NUMBER_COLUMNS + 1);
}

static void
append_heading(GString *out, const char *all, uint64_t n, const char *unit, const char *rest)
{
    g_autofree char *label = g_strdup_printf("of %" PRIu64 " %s", n, all);

    g_string_append(out, INDENT);
    sr_text_left(out, label, LABEL_COLUMNS);
    g_string_append_printf(out, "%*s%*s%s\n", (int) NUMBER_COLUMNS, unit,
                           (int) NUMBER_COLUMNS + 1, "share", rest);
}

/* Returns: (transfer full): what stands before the count of those that ended so: the reason of those
 * that are locked out, below their sum */
static char *
ending_label(const char *before, SrEnding ending)
{
    const char *name = sr_ending_name(ending), *open = strchr(name, '(');

    return open != NULL ? g_strdup_printf("  %.*s", (int) strlen(open) - 2, open + 1)
                        : g_strconcat(before, name, NULL);
}

static void
append_editors(GString *out, const SrSweepRow *row)
{
    uint64_t all = row->counters[SR_COUNTER_CLIENTS];

    append_heading(out, all == 1 ? "editor that started" : "editors that started", all,
                   "editors", "");
    append_count(out, "editors locked out", sr_sweep_row_clients(row, SR_CLIENTS_LOCKED_OUT),
                 all);
    g_string_append_c(out, '\n');
    for (unsigned i = 0; i < SR_ENDING_N; i++) {
        g_autofree char *label = ending_label("editors ", (SrEnding) i);
        uint64_t n = sr_sweep_row_clients(row, SR_CLIENTS_ENDING + i);

        if (n == 0 && i != SR_ENDING_COLLABORATED)
            continue;
        append_count(out, label, n, all);
        g_string_append_c(out, '\n');
    }
}

/* ---- shares of runs ---- */

static void
append_seeds(GString *out, const SrSweepRow *row, unsigned share)
{
    unsigned n = sr_sweep_row_n_seeds(row, share);

    g_string_append(out, n == 1 ? "seed" : "seeds");
    for (unsigned i = 0; i < MIN(n, 4); i++)
        g_string_append_printf(out, "%s %" PRIu64, i > 0 ? "," : "", row->seeds[share][i]);
    g_string_append(out, row->shares[share] > 4 ? ", …" : "");
}

/* @seeds: whether its seeds are shown, too */
static void
append_share(GString *out, const char *label, const SrSweepRow *row, unsigned share, bool seeds)
{
    g_autoptr(GString) interval = g_string_new(NULL);

    seeds &= row->shares[share] > 0;
    append_count(out, label, row->shares[share], row->counters[SR_COUNTER_RUNS]);
    sr_sweep_interval(interval, row->shares[share], row->counters[SR_COUNTER_RUNS]);
    g_string_append(out, "   ");
    sr_text_left(out, interval->str, seeds ? 18 : 0);
    if (seeds)
        append_seeds(out, row, share);
    g_string_append_c(out, '\n');
}

static void
append_bad_share(GString *out, const char *label, const SrSweepRow *row, unsigned share,
                 const SrStyle *style)
{
    g_autoptr(GString) line = g_string_new(NULL);

    append_share(line, label, row, share, true);
    if (row->shares[share] == 0) {
        g_string_append(out, line->str);
        return;
    }
    sr_style_paint(style, SR_COLOUR_BAD, g_strchomp(line->str), out);
    g_string_append_c(out, '\n');
}

static const char *const share_labels[SR_SHARE_ENDING] = {
#define SHARE(name, word, label) [SR_SHARE_##name] = label,
#include "session-race/sweep-row.def"
};

/* Runs with a client that ended so; of those that collaborated the clients say enough. */
static void
append_shares_of_endings(GString *out, const SrSweepRow *row)
{
    for (unsigned i = 0; i < SR_ENDING_COLLABORATED; i++) {
        g_autofree char *label = ending_label("runs with an editor ", (SrEnding) i);

        if (row->shares[SR_SHARE_ENDING + i] > 0)
            append_share(out, label, row, SR_SHARE_ENDING + i, true);
    }
}

static void
append_shares(GString *out, const SrSweepRow *row, const SrStyle *style)
{
    static const struct {
        unsigned share;
        bool rare;
    } shares[] = {
        { SR_SHARE_RACED, false },      { SR_SHARE_FIRST_WON, false },
        { SR_SHARE_OTHER_WON, false },  { SR_SHARE_NOBODY_WON, false },
        { SR_SHARE_ORPHANED, false },   { SR_SHARE_REFUSED, true },
        { SR_SHARE_AT_LIMIT, true },    { SR_SHARE_FAILED, false },
    };
    uint64_t runs = row->counters[SR_COUNTER_RUNS];

    g_string_append_c(out, '\n');
    append_heading(out, runs == 1 ? "run" : "runs", runs, "runs", "   95 % interval");
    append_share(out, share_labels[SR_SHARE_LOCKED_OUT], row, SR_SHARE_LOCKED_OUT, true);
    append_shares_of_endings(out, row);
    append_bad_share(out, share_labels[SR_SHARE_UNEXPECTED], row, SR_SHARE_UNEXPECTED, style);
    for (size_t i = 0; i < G_N_ELEMENTS(shares); i++)
        if (!shares[i].rare || row->shares[shares[i].share] > 0)
            append_share(out, share_labels[shares[i].share], row, shares[i].share, false);
    for (unsigned i = SR_SHARE_CHECK; i < SR_SHARE_N; i++) {
        g_autofree char *label = g_strdup_printf("  %s", sr_sweep_share_name(i));

        if (row->shares[i] > 0)
            append_share(out, label, row, i, true);
    }
}

static void
append_failing(GString *out, const char *indent, const char *label, const SrSweepRow *row,
               unsigned share)
{
    uint64_t n = row->shares[share];

    if (n == 0)
        return;
    g_string_append(out, indent);
    sr_text_left(out, label, LABEL_COLUMNS);
    g_string_append_printf(out, "%" PRIu64 " run%s, ", n, n == 1 ? "" : "s");
    sr_sweep_percent(out, (double) n / (double) row->counters[SR_COUNTER_RUNS]);
    g_string_append(out, ": ");
    append_seeds(out, row, share);
    g_string_append_c(out, '\n');
}

void
sr_sweep_failing_append(const SrSweepRow *row, const char *indent, GString *out)
{
    append_failing(out, indent, share_labels[SR_SHARE_UNEXPECTED], row, SR_SHARE_UNEXPECTED);
    append_failing(out, indent, share_labels[SR_SHARE_LOCKED_OUT], row, SR_SHARE_LOCKED_OUT);
    for (unsigned i = SR_SHARE_CHECK; i < SR_SHARE_N; i++)
        append_failing(out, indent, sr_sweep_share_name(i), row, i);
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
    static const char *const labels[SR_MEASURE_N] = {
#define MEASURE(name, word, unit, label) [SR_MEASURE_##name] = label,
#include "session-race/sweep-row.def"
    };
    static const uint32_t quantiles[] = { 500000, 900000, 990000, 999000 };
    bool headed = false; /* those that are no times of people */

    g_string_append_printf(out, "\n" INDENT "%-*s%*s%*s%*s%*s%*s%*s%*s\n",
                           (int) SPREAD_COLUMNS - 1, "time until they collaborate",
                           (int) NUMBER_COLUMNS + 1, "n", 9, "min", 9, "p50", 9, "p90", 9,
                           "p99", 9, "p99.9", 9, "max");
    for (unsigned i = 0; i < SR_MEASURE_N; i++) {
        const SrHistogram *histogram = &row->measures[i];
        bool seconds = sr_sweep_measure_is_seconds(i);

        if (histogram->n == 0)
            continue;
        if (i >= SR_MEASURE_ORPHAN_KEPT && !headed) {
            g_string_append(out, INDENT "keys and tokens\n");
            headed = true;
        }
        g_string_append_printf(out, INDENT "  %-*s%*" PRIu64, (int) SPREAD_COLUMNS - 3,
                               labels[i], (int) NUMBER_COLUMNS + 1, histogram->n);
        append_value(out, histogram->min, seconds);
        for (size_t j = 0; j < G_N_ELEMENTS(quantiles); j++)
            append_value(out, sr_histogram_quantile(histogram, quantiles[j]),
                         seconds);
        append_value(out, histogram->max, seconds);
        g_string_append_c(out, '\n');
    }
}

void
sr_sweep_block_append(const SrSweepRow *row, const SrStyle *style, GString *out)
{
    const uint64_t *counters = row->counters;

    append_editors(out, row);
    append_shares(out, row, style);
    append_spreads(out, row);
    g_string_append_printf(
        out,
        "\n" INDENT "keys: %" PRIu64 " made, %" PRIu64 " orphaned, %" PRIu64
        " discarded, %" PRIu64 " times asked for in vain\n" INDENT "tokens: %" PRIu64
        " judged, %" PRIu64 " refused; messages: %" PRIu64 "\n",
        counters[SR_COUNTER_KEYS_MADE], counters[SR_COUNTER_ORPHANS],
        counters[SR_COUNTER_KEYS_DISCARDED], counters[SR_COUNTER_KEYS_MISSING],
        counters[SR_COUNTER_TOKENS_JUDGED], counters[SR_COUNTER_TOKENS_REFUSED],
        counters[SR_COUNTER_MESSAGES]);
}

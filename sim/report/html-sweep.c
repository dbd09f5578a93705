/* The section of a sweep: its points with their intervals, what failed and how to play it, pictures,
 * and what it does not say. */
#include <string.h>

#include "html-private.h"
#include "report-private.h"
#include "sweep-table-private.h"

/* With more points the rest is left to the result; this many that failed are explained. */
#define POINTS_MAX 400u
#define EXPLAINED_MAX 6u
#define GAPS_MAX 6u

static void
add(SrHtmlSum *sum, const SrSweepRow *row)
{
    sum->runs += row->counters[SR_COUNTER_RUNS];
    sum->clients += row->counters[SR_COUNTER_CLIENTS];
    sum->locked_out += sr_sweep_row_clients(row, SR_CLIENTS_LOCKED_OUT);
    sum->n_unexpected += row->shares[SR_SHARE_UNEXPECTED] > 0;
    for (unsigned i = 0; i < SR_CHECK_N; i++)
        if (row->shares[SR_SHARE_CHECK + i] > 0)
            sum->failed |= 1u << i;
}

SrHtmlSum
sr_html_sum(const SrSweepFile *sweep)
{
    g_autoptr(SrSweepRow) row = sr_sweep_row_new();
    SrHtmlSum sum = { 0 };

    for (guint i = 0; i < sweep->points->len; i++) {
        sr_sweep_point_row(g_ptr_array_index(sweep->points, i), row);
        add(&sum, row);
    }
    return sum;
}

static void
put_facts(GString *out, const SrSweepFile *sweep, const SrHtmlSum *sum)
{
    g_autoptr(GString) percent = g_string_new(NULL);

    sr_sweep_percent(percent,
                     sum->clients > 0 ? (double) sum->locked_out / (double) sum->clients : 0);
    g_string_append(out, "<dl class=\"facts\">");
    sr_html_put_fact(out, "Seeds", "%" PRIu64 " to %" PRIu64, sweep->head.seeds.first,
                     sweep->head.seeds.last);
    sr_html_put_fact(out, "Points", "%u of %" PRIu64, sweep->points->len, sweep->head.n_points);
    sr_html_put_fact(out, "Runs", "%" PRIu64, sum->runs);
    sr_html_put_fact(out, "Editors that started", "%" PRIu64, sum->clients);
    sr_html_put_fact(out, "Editors locked out", "%" PRIu64 ", %s", sum->locked_out,
                     percent->str);
    sr_html_put_fact(out, "Points not as expected", "%" PRIu64, sum->n_unexpected);
    sr_html_put_fact(out, "Version", "%s", sweep->head.version);
    sr_put_html(out,
                "<div class=\"wide\"><dt>Digest of the scenario</dt><dd "
                "class=\"mono\">%s</dd></div></dl>\n",
                sweep->head.source);
}

static void
put_points(GString *out, const SrSweepFile *sweep, SrSweepRow *row)
{
    const SrSweepTableOptions options = { .form = SR_SWEEP_HTML };
    SrSweepTable *table;

    g_string_append(out, "<h3>Points</h3><div class=\"scroll\" tabindex=\"0\">");
    table = sr_sweep_table_new(&sweep->head, &options, out);
    for (guint i = 0; i < MIN(sweep->points->len, POINTS_MAX); i++) {
        const SrSweepPoint *point = g_ptr_array_index(sweep->points, i);

        sr_sweep_point_row(point, row);
        sr_sweep_table_add(table, point->point, point->at,
                           &g_array_index(point->parts, SrSeedRange, 0), point->parts->len, row,
                           out);
    }
    sr_sweep_table_end(table, out);
    g_string_append(out, "</div>\n");
    if (sweep->points->len > POINTS_MAX)
        sr_put_html(out, "<p class=\"small muted\">%u more points are in the result.</p>\n",
                    sweep->points->len - POINTS_MAX);
}

/* ---- what failed ---- */

static void
put_share(GString *out, const SrSweepRow *row, unsigned share, const char *label)
{
    uint64_t n = row->shares[share], runs = row->counters[SR_COUNTER_RUNS];
    g_autoptr(GString) percent = g_string_new(NULL), interval = g_string_new(NULL);

    if (n == 0)
        return;
    sr_sweep_percent(percent, (double) n / (double) runs);
    sr_sweep_interval(interval, n, runs);
    sr_put_html(out,
                "<tr><td>%s</td><td data-label=\"runs\" class=\"num\">%" PRIu64 " of %" PRIu64
                "</td><td data-label=\"share\" class=\"num\">%s</td><td "
                "data-label=\"interval\" class=\"num\">%s</td><td data-label=\"seeds\">",
                label, n, runs, percent->str, interval->str);
    for (unsigned i = 0; i < sr_sweep_row_n_seeds(row, share); i++)
        sr_put_html(out, "%-s%" PRIu64, i > 0 ? ", " : "", row->seeds[share][i]);
    sr_put_html(out, "%-s</td></tr>\n", n > sr_sweep_row_n_seeds(row, share) ? ", …" : "");
}

/* The failures of a point, and the command that plays the smallest seed of the first. */
static void
put_failing(GString *out, const SrSweepPoint *point, const SrSweepRow *row, bool open)
{
    g_autofree char *command = NULL;

    sr_put_html(out, "<details%-s><summary>Point %" PRIu64, open ? " open=\"open\"" : "",
                point->point);
    for (guint i = 0; i < point->at->len; i++)
        sr_put_html(out, "%-s%s", i == 0 ? ": " : ", ",
                    (const char *) g_ptr_array_index(point->at, i));
    g_string_append(out, "</summary><div class=\"scroll\" tabindex=\"0\"><table "
                         "class=\"failing\"><thead><tr><th scope=\"col\">What</th><th "
                         "scope=\"col\" class=\"num\">Runs</th><th scope=\"col\" "
                         "class=\"num\">Share</th><th scope=\"col\" class=\"num\">95 % "
                         "interval</th><th scope=\"col\">Smallest seeds</th></tr></thead>"
                         "<tbody>\n");
    put_share(out, row, SR_SHARE_UNEXPECTED, "not as expected");
    put_share(out, row, SR_SHARE_LOCKED_OUT, "an editor locked out");
    for (unsigned i = 0; i < SR_CHECK_N; i++)
        put_share(out, row, SR_SHARE_CHECK + i, sr_check_name((SrCheckId) i));
    command = sr_report_replay((const char *const *) point->at->pdata, point->at->len,
                               row->seeds[SR_SHARE_UNEXPECTED][0], "SCENARIO");
    sr_put_html(out, "</tbody></table></div><pre tabindex=\"0\">%s</pre></details>\n", command);
}

static void
put_failures(GString *out, const SrSweepFile *sweep, const SrHtmlSum *sum, SrSweepRow *row)
{
    uint64_t n = 0;

    if (sum->n_unexpected == 0)
        return;
    g_string_append(out,
                    "<h3>What was not as expected, and how to play it again</h3>"
                    "<p class=\"small muted\">SCENARIO is the file that was swept: a result "
                    "has its digest, not its name.</p>\n");
    for (guint i = 0; i < sweep->points->len && n < EXPLAINED_MAX; i++) {
        const SrSweepPoint *point = g_ptr_array_index(sweep->points, i);

        sr_sweep_point_row(point, row);
        if (row->shares[SR_SHARE_UNEXPECTED] == 0)
            continue;
        put_failing(out, point, row, n++ == 0);
    }
    if (sum->n_unexpected > n)
        sr_put_html(out,
                    "<p class=\"small muted\">So it was at %" PRIu64
                    " more points; the table above has them.</p>\n",
                    sum->n_unexpected - n);
}

/* ---- what it does not say ---- */

typedef struct {
    GString *out;
    unsigned n;
} Gaps;

static void
put_gap(void *data, uint64_t first, uint64_t last, const SrSeedRange *missing, size_t n_missing)
{
    Gaps *gaps = data;

    if (++gaps->n > GAPS_MAX)
        return;
    sr_put_html(gaps->out, "<li>Point%-s %" PRIu64, first < last ? "s" : "", first);
    if (first < last)
        sr_put_html(gaps->out, " to %" PRIu64, last);
    g_string_append(gaps->out, ": seeds");
    for (size_t i = 0; i < MIN(n_missing, 8); i++)
        sr_put_html(gaps->out, "%-s %" PRIu64 " to %" PRIu64, i > 0 ? "," : "",
                    missing[i].first, missing[i].last);
    sr_put_html(gaps->out, "%-s were not run.</li>\n", n_missing > 8 ? ", …" : "");
}

static void
put_not_covered(GString *out, const SrSweepFile *sweep)
{
    Gaps gaps = { out, 0 };

    g_string_append(out, "<h3>Not covered</h3><ul>\n");
    if (!sweep->complete)
        sr_sweep_file_gaps(sweep, put_gap, &gaps);
    if (gaps.n > GAPS_MAX)
        sr_put_html(out, "<li>%u more gaps.</li>\n", gaps.n - GAPS_MAX);
    g_string_append(
        out,
        "<li>Values between and beyond those of the table, and other seeds. A share of 0 "
        "does not say never: the upper end of its interval says how often it may be.</li>\n"
        "<li>Orders of events that no seed draws; 'session-race explore' looks at all."
        "</li></ul>\n");
}

void
sr_html_add_sweep(SrHtml *html, const char *file, const SrSweepFile *sweep,
                  const SrHtmlFigure *figures, size_t n_figures)
{
    g_autoptr(SrSweepRow) row = sr_sweep_row_new();
    g_autofree char *told = NULL;
    GString *out = sr_html_section(html);
    uint32_t number;
    SrHtmlSum sum = sr_html_sum(sweep);

    told = g_strdup_printf("sweep: %u point%s, %" PRIu64 " run%s, %" PRIu64 " of %" PRIu64
                           " editors locked out%s",
                           sweep->points->len, sweep->points->len == 1 ? "" : "s", sum.runs,
                           sum.runs == 1 ? "" : "s", sum.locked_out, sum.clients,
                           sweep->complete ? "" : ", incomplete");
    const SrHtmlResult result = {
        .title = sweep->head.scenario,
        .file = file,
        .told = told,
        .group = sum.n_unexpected > 0 || !sweep->complete ? GROUP_UNEXPECTED
                 : sum.failed != 0                        ? GROUP_FAILS
                                                          : GROUP_PASSES,
        .unfinished = sum.n_unexpected == 0 && !sweep->complete,
        .failed = sum.failed,
    };
    number = sr_html_begin_result(html, &result);
    put_facts(out, sweep, &sum);
    sr_html_put_figures(out, file, number, figures, n_figures, false);
    put_points(out, sweep, row);
    put_failures(out, sweep, &sum, row);
    sr_html_put_figures(out, file, number, figures, n_figures, true);
    put_not_covered(out, sweep);
    sr_html_end_result(html);
}

/* The four questions about one scenario, side by side: what happened in the run, how likely it is, whether
 * it can happen at all, and whether it can with the delays of the file. Where the answers differ, a
 * sentence says why: each of them looks at more runs than the one before, or at others. */
#include "html-private.h"
#include "report-private.h"

/* What each question looks at. */
typedef enum { RUN, SWEEP, EXPLORE, TIMED, QUESTION_N } Question;
static const char *const questions[QUESTION_N] = {
    [RUN] = "What happens? <code>run</code>",
    [SWEEP] = "How likely is it? <code>sweep</code>",
    [EXPLORE] = "Can it happen at all? <code>explore</code>",
    [TIMED] = "Can it with these delays? <code>explore --timed</code>",
};

typedef struct {
    bool asked[QUESTION_N];
    SrHtmlVerdict verdict[QUESTION_N]; /* of those that were asked */
    SrHtmlSum sum;                     /* of the sweep */
    SrSeedRange seeds;
    bool by_title;     /* the sweep has the title of the scenario, and other settings */
    uint32_t expected; /* checks that the scenario expects to fail */
} Four;

static void
put_names(GString *out, uint32_t checks)
{
    unsigned n = 0;

    for (unsigned i = 0; i < SR_CHECK_N; i++)
        if (checks >> i & 1)
            sr_put_html(out, "%-s%s", n++ == 0 ? "" : ", ", sr_check_name((SrCheckId) i));
}

/* ---- the rows ---- */

/* How many runs the answer speaks of. */
static void
put_extent(GString *out, const Four *four, const SrReportCase *report_case, Question question)
{
    switch (question) {
    case RUN:
        sr_put_html(out, "one run, seed %" PRIu64, report_case->result.seed);
        break;
    case SWEEP:
        sr_put_html(out, "%" PRIu64 " run%-s, seeds %" PRIu64 " to %" PRIu64, four->sum.runs,
                    four->sum.runs == 1 ? "" : "s", four->seeds.first, four->seeds.last);
        break;
    case EXPLORE:
        g_string_append(out, "all orders, however long anything takes");
        break;
    case TIMED:
        g_string_append(out, "all delays within the bounds of the file");
        break;
    case QUESTION_N:
        g_assert_not_reached();
    }
    if (question == SWEEP && four->by_title)
        g_string_append(out, "; it is of a scenario with this title and other settings");
    if (!four->verdict[question].complete)
        g_string_append(out, "; not all of it was looked at");
}

/* What fails as expected is told apart, by a word and a colour. */
static void
put_row(GString *out, const Four *four, const SrReportCase *report_case, Question question)
{
    uint32_t failed = four->verdict[question].failed, as_expected = failed & four->expected,
             unexpected = failed & ~as_expected;
    bool harm = question == SWEEP && four->sum.locked_out > 0;

    g_string_append_printf(out, "<tr><td>%s</td><td data-label=\"fails\" class=\"%s\">",
                           questions[question],
                           unexpected != 0       ? "poor"
                           : failed != 0 || harm ? "fair"
                                                 : "good");
    put_names(out, unexpected);
    if (as_expected != 0) {
        g_string_append(out, unexpected != 0 ? "; <span class=\"fair\">" : "<span>");
        put_names(out, as_expected);
        g_string_append(out, " (as expected)</span>");
    }
    if (failed == 0)
        g_string_append(out, "no check");
    if (harm)
        sr_put_html(out, "; %" PRIu64 " of %" PRIu64 " editors locked out",
                    four->sum.locked_out, four->sum.clients);
    g_string_append(out, "</td><td data-label=\"of\">");
    put_extent(out, four, report_case, question);
    g_string_append(out, "</td></tr>\n");
}

/* ---- where they differ ---- */

static void
put_difference(GString *out, uint32_t checks, const char *why)
{
    if (checks == 0)
        return;
    g_string_append(out, "<li><b>");
    put_names(out, checks);
    sr_put_html(out, "</b>: %s</li>\n", why);
}

/* Returns: the checks that fail in the answer @in and do not in @out of, though both judge them */
static uint32_t
only_in(const Four *four, Question in, Question out)
{
    if (!four->asked[in] || !four->asked[out])
        return 0;
    return four->verdict[in].failed & ~four->verdict[out].failed & four->verdict[out].judged;
}

static uint32_t
is_complete(const Four *four, Question question)
{
    return four->verdict[question].complete ? UINT32_MAX : 0;
}

static void
put_differences(GString *out, const Four *four)
{
    uint32_t seen = four->verdict[RUN].failed | four->verdict[SWEEP].failed;
    gsize start;

    g_string_append(out, "<ul>\n");
    start = out->len;
    put_difference(out, only_in(four, SWEEP, RUN),
                   "other seeds draw other delays; the sweep names seeds that fail.");
    put_difference(out, only_in(four, RUN, SWEEP),
                   "this seed is none of those that were swept, or a value that the sweep "
                   "varies is another.");
    put_difference(out, only_in(four, TIMED, SWEEP) & ~seen,
                   "delays of the file let it fail, but so seldom that no seed drew them.");
    put_difference(out, only_in(four, EXPLORE, TIMED) & is_complete(four, TIMED),
                   "only delays that the file does not have let it fail: without times "
                   "anything may pass between two steps.");
    put_difference(out,
                   four->asked[TIMED]
                       ? 0
                       : only_in(four, EXPLORE, four->asked[SWEEP] ? SWEEP : RUN) & ~seen,
                   "some order lets it fail. Whether delays of the file lead to it, 'explore "
                   "--timed' says.");
    put_difference(
        out,
        (only_in(four, RUN, TIMED) | only_in(four, SWEEP, TIMED)) & is_complete(four, TIMED),
        "the proof and the runs are of different settings: proofs take the faults of "
        "the file alone, and delays within the cut.");
    put_difference(out,
                   (only_in(four, RUN, EXPLORE) | only_in(four, SWEEP, EXPLORE)) &
                       is_complete(four, EXPLORE),
                   "clocks, expiries or faults let it fail, which orders alone do not have.");
    if (out->len == start)
        g_string_append(out, "<li>They agree.</li>\n");
    g_string_append(out, "</ul>\n");
}

void
sr_html_put_four(GString *out, const SrReportCase *report_case, const SrHtmlOthers *others)
{
    Four four = { .asked = { true, others->sweep != NULL, others->explored != NULL,
                             others->timed != NULL },
                  .by_title = others->by_title,
                  .expected = report_case->expected };
    unsigned n = 0;

    four.verdict[RUN] = (SrHtmlVerdict){ .judged = report_case->result.judged,
                                         .failed = report_case->result.failed,
                                         .complete = true };
    if (others->sweep != NULL) {
        four.sum = sr_html_sum(others->sweep);
        four.seeds = others->sweep->head.seeds;
        four.verdict[SWEEP] =
            (SrHtmlVerdict){ .judged = report_case->result.judged | four.sum.failed,
                             .failed = four.sum.failed,
                             .complete = others->sweep->complete };
    }
    if (others->explored != NULL)
        four.verdict[EXPLORE] = sr_html_verdict(others->explored);
    if (others->timed != NULL)
        four.verdict[TIMED] = sr_html_verdict(others->timed);
    for (unsigned i = 0; i < QUESTION_N; i++)
        n += four.asked[i];
    if (n < 2)
        return;
    g_string_append(out, "<h3>The questions side by side</h3><div class=\"scroll\" "
                         "tabindex=\"0\"><table class=\"failing\"><thead><tr><th "
                         "scope=\"col\">Question</th><th scope=\"col\">What fails</th><th "
                         "scope=\"col\">Of which runs</th></tr></thead><tbody>\n");
    for (unsigned i = 0; i < QUESTION_N; i++)
        if (four.asked[i])
            put_row(out, &four, report_case, (Question) i);
    g_string_append(out, "</tbody></table></div>\n<p>Where they differ, and why:</p>");
    put_differences(out, &four);
}

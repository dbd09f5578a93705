/* The advice of `advise`, for people and for programs. */
#include <string.h>

#include "advise-private.h"
#include "report/advice.h"
#include "session-race/time.h"

void
sr_advise_overrides(const SrAdviseAnswer *answer, char **retention, char **leeway)
{
    char span[SR_SPAN_TEXT_MAX];

    sr_span_format(answer->retention_ns, span);
    *retention = g_strdup_printf("encryption-provider.retention=for(%s)", span);
    *leeway = g_strdup_printf("server.leeway=%" PRIu64 "s", answer->leeway_s);
}

static char *
percent(const char *format, double share)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];

    return g_strdup_printf("%s %%", g_ascii_formatd(text, sizeof text, format, share * 100.0));
}

static void
append_findings(GString *out, const SrAdviseQuestion *question, const SrAdviseAnswer *answer)
{
    g_autofree char *reliability = percent("%.9g", question->reliability);
    g_autofree char *confidence = percent("%.9g", question->confidence);
    char span[SR_SPAN_TEXT_MAX];

    sr_put_plain(out,
                 "  %" PRIu64 " runs, seeds %" PRIu64 "..%" PRIu64
                 "; the advice covers %-s of all runs at %-s confidence\n\n",
                 answer->runs, question->seeds.first, question->seeds.last, reliability,
                 confidence);
    if (answer->stores) {
        sr_span_format(answer->retention_ns, span);
        g_string_append_printf(out, "  retention  %-8s ", span);
        sr_put_plain(out, "a key was needed until %ju after it was made (at most %ju)\n",
                     answer->need_ns, answer->need_max_ns);
    } else {
        g_string_append(out, "  retention  -        this kind of provider stores no keys\n");
    }
    if (!answer->judges)
        g_string_append(out, "  leeway     -        no token is judged\n");
    else if (answer->early_max_s == 0)
        g_string_append(out, "  leeway     0s       no token came from its server's future\n");
    else {
        g_snprintf(span, sizeof span, "%" PRIu64 "s", answer->leeway_s);
        g_string_append_printf(out,
                               "  leeway     %-8s a token came up to %" PRIu64
                               " s from its server's future\n",
                               span, answer->early_max_s);
    }
    g_string_append(out, "\nLines for the scenario:\n\n");
    if (answer->stores) {
        sr_span_format(answer->retention_ns, span);
        sr_put_plain(out, "  [encryption-provider]\n  retention = for(%-s)\n\n", span);
    }
    sr_put_plain(out, "  [server]\n  leeway = %" PRIu64 "s\n\n", answer->leeway_s);
}

/* The command that replays the first seed for which the advice did not hold. */
static void
append_replay(GString *out, const SrAdviseQuestion *question, const SrAdviseAnswer *answer)
{
    g_autoptr(GPtrArray) overrides = sr_options_overrides(question->options);
    g_autofree char *retention = NULL;
    g_autofree char *leeway = NULL;
    g_autofree char *replay = NULL;

    sr_advise_overrides(answer, &retention, &leeway);
    if (answer->stores)
        g_ptr_array_add(overrides, g_steal_pointer(&retention));
    g_ptr_array_add(overrides, g_steal_pointer(&leeway));
    replay = sr_report_replay((const char *const *) overrides->pdata, overrides->len,
                              answer->first_broken, question->file->path);
    g_string_append_printf(out, "  replay: %s\n", replay);
}

static const char *const not_covered[] = {
    "whoever opens the document later needs the key for as long as its session lives, and the "
    "next session needs it once more: this is how long the handshake itself needs it;",
    "what the scenario does not hold: other networks, longer outages, worse clocks, more "
    "people.",
};

/* What the fresh seeds showed, as numbers. */
static void
append_seen(GString *out, const SrAdviseQuestion *question, const SrAdviseAnswer *answer)
{
    g_autofree char *low = percent("%.3g", answer->broken_low);
    g_autofree char *high = percent("%.3g", answer->broken_high);
    g_autofree char *confidence = percent("%.9g", question->confidence);
    g_autofree char *allowed = percent("%.9g", 1.0 - question->reliability);

    g_string_append_printf(out,
                           "%" PRIu64
                           " of them lacked a key or a token, so %s … %s of all runs do "
                           "at %s confidence, and %s may.",
                           answer->broke, low, high, confidence, allowed);
}

/* What to do where the fresh seeds refute the advice. */
static void
append_remedy(GString *out, const SrAdviseQuestion *question, const SrAdviseAnswer *answer,
              const SrStyle *style)
{
    g_autofree char *higher = percent("%.9g", 1.0 - (1.0 - question->reliability) / 10.0);

    sr_put_line(out, style, 0,
                "The advice stays what the measurement says. Measure with more runs, such as "
                "--seeds %" PRIu64 "..%" PRIu64
                ", or ask for a higher --reliability, such as %-s.",
                question->seeds.first, question->seeds.first + 10 * answer->runs - 1, higher);
}

static void
append_verdict(GString *out, const SrAdviseQuestion *question, const SrAdviseAnswer *answer,
               const SrStyle *style)
{
    g_autofree char *excluded = percent(
        "%.3g", sr_advice_excluded(answer->broke, answer->checked, question->confidence));
    g_autofree char *confidence = percent("%.9g", question->confidence);
    g_autofree char *reliability = percent("%.9g", question->reliability);
    gsize start = out->len;

    sr_style_paint(style, answer->refuted ? SR_COLOUR_BAD : SR_COLOUR_GOOD,
                   answer->refuted ? "REFUTED" : "Confirmed", out);
    g_string_append_printf(out, ": %" PRIu64 " fresh seeds %s that it covers %s. ",
                           answer->checked, answer->refuted ? "refute" : "confirm",
                           reliability);
    if (answer->broke > 0)
        append_seen(out, question, answer);
    else
        g_string_append_printf(
            out,
            "Every key was there when it was needed, and no token was refused for coming "
            "early. "
            "Failures in more than %s of all runs are excluded at %s confidence.",
            excluded, confidence);
    sr_style_end_line(style, start, 0, out);
}

static void
append_check(GString *out, const SrAdviseQuestion *question, const SrAdviseAnswer *answer,
             const SrStyle *style)
{
    if (answer->checked > 0)
        append_verdict(out, question, answer, style);
    else
        g_string_append(out, "Not checked: no fresh seed was played.\n");
    if (answer->refuted)
        append_remedy(out, question, answer, style);
    if (answer->first_broken != 0)
        append_replay(out, question, answer);
    if (answer->failed_else > 0)
        sr_put_line(out, style, 0,
                    "%" PRIu64 " of the fresh runs failed a check for another reason, which no "
                    "retention or leeway cures.",
                    answer->failed_else);
    g_string_append(out, "\nNot covered:\n");
    for (size_t i = 0; i < G_N_ELEMENTS(not_covered); i++)
        sr_put_line(out, style, strlen("  - "), "  - %-s", not_covered[i]);
}

char *
sr_advise_human(const SrAdviseQuestion *question, const SrScenario *scenario,
                const SrAdviseAnswer *answer, const SrStyle *style)
{
    GString *out = g_string_new(NULL);

    sr_put_plain(out, "%s%-s%s\n", question->file->path, *scenario->title != '\0' ? ": " : "",
                 scenario->title);
    append_findings(out, question, answer);
    append_check(out, question, answer, style);
    if (!question->options->quiet) {
        g_string_append_c(out, '\n');
        sr_advise_tell_exact(out, scenario, question->file->path, style);
    }
    return g_string_free(out, FALSE);
}

static void
append_json_check(GString *out, const SrAdviseQuestion *question, const SrAdviseAnswer *answer)
{
    char excluded[G_ASCII_DTOSTR_BUF_SIZE], low[G_ASCII_DTOSTR_BUF_SIZE],
        high[G_ASCII_DTOSTR_BUF_SIZE];

    g_ascii_formatd(excluded, sizeof excluded, "%.4g",
                    sr_advice_excluded(answer->broke, answer->checked, question->confidence));
    g_ascii_formatd(low, sizeof low, "%.4g", answer->broken_low);
    g_ascii_formatd(high, sizeof high, "%.4g", answer->broken_high);
    sr_put_json(out,
                ", 'check': {'seeds': '%" PRIu64 "..%" PRIu64 "', 'runs': %" PRIu64
                ", 'broken': %" PRIu64 ", 'share': {'low': %-s, 'high': %-s}, 'failed_else': "
                "%" PRIu64 ", 'excluded': %-s}, 'confirmed': %-s",
                answer->check_seeds.first, answer->check_seeds.last, answer->checked,
                answer->broke, low, high, answer->failed_else, excluded,
                sr_text_bool(!answer->refuted));
}

/* One object; whole numbers are below 2^53, and members are always in this order. Without `check`
 * no fresh seed was played. */
char *
sr_advise_json(const SrAdviseQuestion *question, const SrScenario *scenario,
               const SrAdviseAnswer *answer)
{
    GString *out = g_string_new(NULL);
    char reliability[G_ASCII_DTOSTR_BUF_SIZE], confidence[G_ASCII_DTOSTR_BUF_SIZE];

    g_ascii_formatd(reliability, sizeof reliability, "%.9g", question->reliability);
    g_ascii_formatd(confidence, sizeof confidence, "%.9g", question->confidence);
    sr_put_json(out,
                "{'format': 'session-race-advice', 'version': 2, 'file': %s, 'title': %s, "
                "'reliability': %-s, 'confidence': %-s, 'seeds': '%" PRIu64 "..%" PRIu64
                "', 'runs': %" PRIu64 ", 'failed_anyway': %" PRIu64,
                question->file->path, scenario->title, reliability, confidence,
                question->seeds.first, question->seeds.last, answer->runs,
                answer->failed_anyway);
    if (answer->stores)
        sr_put_json(out,
                    ", 'retention': {'needed': %" PRIu64 ", 'longest': %" PRIu64
                    ", 'advice': %" PRIu64 "}",
                    answer->need_ns, answer->need_max_ns, answer->retention_ns);
    sr_put_json(out,
                ", 'leeway': {'needed': %" PRIu64 ", 'longest': %" PRIu64 ", 'advice': %" PRIu64
                "}",
                answer->early_s, answer->early_max_s, answer->leeway_s);
    if (answer->checked > 0)
        append_json_check(out, question, answer);
    sr_put_json(out, "}\n");
    return g_string_free(out, FALSE);
}

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

static void
append_check(GString *out, const SrAdviseQuestion *question, const SrAdviseAnswer *answer,
             const SrStyle *style)
{
    gsize start = out->len;
    g_autofree char *excluded = percent(
        "%.3g", sr_advice_excluded(answer->broke, answer->checked, question->confidence));
    g_autofree char *confidence = percent("%.9g", question->confidence);

    if (answer->broke == 0) {
        sr_style_paint(style, SR_COLOUR_GOOD, "Checked", out);
        g_string_append_printf(
            out,
            " with %" PRIu64
            " fresh seeds: every key was there when it was needed, and no token "
            "was refused for coming early. Failures in more than %s of all runs "
            "are excluded at %s confidence.",
            answer->checked, excluded, confidence);
    } else {
        sr_style_paint(style, SR_COLOUR_BAD, "NOT confirmed", out);
        g_string_append_printf(
            out, ": of %" PRIu64 " fresh seeds %" PRIu64 " lacked a key or a token%s.",
            answer->checked, answer->broke,
            answer->rounds > 1 ? ", after the advice was raised" : "");
    }
    sr_style_end_line(style, start, 0, out);
    if (answer->rounds > 1 && answer->broke == 0)
        g_string_append(
            out, "The first advice did not hold for every fresh seed, and was raised.\n");
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
    return g_string_free(out, FALSE);
}

/* One object; whole numbers are below 2^53, and members are always in this order. */
char *
sr_advise_json(const SrAdviseQuestion *question, const SrScenario *scenario,
               const SrAdviseAnswer *answer)
{
    GString *out = g_string_new(NULL);
    char reliability[G_ASCII_DTOSTR_BUF_SIZE], confidence[G_ASCII_DTOSTR_BUF_SIZE],
        excluded[G_ASCII_DTOSTR_BUF_SIZE];

    g_ascii_formatd(reliability, sizeof reliability, "%.9g", question->reliability);
    g_ascii_formatd(confidence, sizeof confidence, "%.9g", question->confidence);
    g_ascii_formatd(excluded, sizeof excluded, "%.4g",
                    sr_advice_excluded(answer->broke, answer->checked, question->confidence));
    sr_put_json(out,
                "{'format': 'session-race-advice', 'version': 1, 'file': %s, 'title': %s, "
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
    sr_put_json(out,
                ", 'check': {'seeds': '%" PRIu64 "..%" PRIu64 "', 'runs': %" PRIu64
                ", 'broken': %" PRIu64 ", 'failed_else': %" PRIu64
                ", 'rounds': %u, 'excluded': %-s}, 'confirmed': %-s}\n",
                answer->check_seeds.first, answer->check_seeds.last, answer->checked,
                answer->broke, answer->failed_else, answer->rounds, excluded,
                sr_text_bool(answer->broke == 0));
    return g_string_free(out, FALSE);
}

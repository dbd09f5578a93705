/* The exact advice, for people and for programs. */
#include <string.h>

#include "advise-private.h"
#include "base/whole-file.h"

/* ---- what is advised ---- */

/* The least whole number of milliseconds above @span: a time-out of exactly @span may run out. */
static SrSpan
above(SrSpan span)
{
    return (span / SR_NS_PER_MS + 1) * SR_NS_PER_MS;
}

static bool
is_complete(const SrAdviseExact *exact)
{
    return exact->result.end == SR_TIMED_COMPLETE;
}

/* The watch that answers a request last. */
static SrTimedWatchId
slower_request(const SrAdviseExact *exact)
{
    const SrTimedWatch *watches = exact->result.watches;

    return watches[SR_WATCH_TOKEN_REQUEST].most > watches[SR_WATCH_KEY_REQUEST].most
               ? SR_WATCH_TOKEN_REQUEST
               : SR_WATCH_KEY_REQUEST;
}

static bool
stores(const SrAdviseExact *exact)
{
    SrKeysKind kind = exact->as_written->encryption_provider.kind;

    return kind == SR_KEYS_STORED || kind == SR_KEYS_UNSTABLE;
}

static bool
is_steady(const SrClockSettings *clock)
{
    return clock->drift_ppm == 0 && clock->ntp_interval == 0;
}

/* A question that a time-out or a bound answers. */
typedef struct {
    const char *name, *what; /* "patience", "nobody waits longer than %s in step 5" */
    SrTimedWatchId watch;
    bool is_timeout; /* the advice is the least value above the span; else the span itself */
    bool asked;
    const char *otherwise; /* where it is not seen, or not asked */
} Line;

#define LINES_MAX 6

static unsigned
list_lines(const SrAdviseExact *exact, Line lines[LINES_MAX])
{
    const Line all[LINES_MAX] = {
        { "retention", "a key is needed to the age of", SR_WATCH_KEY_NEED, true, stores(exact),
          "this kind of provider stores no keys" },
        { "patience", "a client waits in step 5 for", SR_WATCH_WAIT, true, true,
          "nobody waits in step 5" },
        { "request-timeout", "a provider answers within", slower_request(exact), true, true,
          "nobody asks a provider" },
        { "establish-timeout", "an accepted creation is established within", SR_WATCH_ESTABLISH,
          true, true, "no session is established" },
        { "collaborates", "from its start, a client takes", SR_WATCH_COLLABORATE, false, true,
          "nobody collaborates" },
        { "window", "a second editor races if the server hears of it within", SR_WATCH_RACE,
          false, true, "no session is created" },
    };

    memcpy(lines, all, sizeof all);
    return LINES_MAX;
}

static const SrTimedWatch *
watch_of(const SrAdviseExact *exact, const Line *line)
{
    return &exact->result.watches[line->watch];
}

/* ---- for people ---- */

/* "230 ms, never more"; a bound that no run attains, or that was only seen, is told as such. */
static void
put_span(GString *out, const SrAdviseExact *exact, const SrTimedWatch *watch)
{
    if (!is_complete(exact))
        sr_put_plain(out, "%ju, or longer", watch->most);
    else if (watch->most_attained)
        sr_put_plain(out, "%ju, never more", watch->most);
    else
        sr_put_plain(out, "<= %ju", watch->most);
}

/* The columns of a name and what stands around it. */
#define NAME_COLUMNS 21u

/* Returns: the column at which the words stand, behind the widest value */
static unsigned
hang_of(const SrAdviseExact *exact)
{
    return NAME_COLUMNS + (is_complete(exact) ? 11 : 20);
}

/* Begins a line: its name and its value, behind which the words stand. Returns: where it begins */
static gsize
begin_line(GString *out, const SrAdviseExact *exact, const char *name, const char *value)
{
    gsize start = out->len;
    bool known = is_complete(exact) || *value == '-';
    g_autofree char *text = g_strconcat(known ? "" : "at least ", value, NULL);

    g_string_append_printf(out, "  %-17s  %-*s ", name,
                           (int) (hang_of(exact) - NAME_COLUMNS - 1), text);
    return start;
}

static void
put_line_of(GString *out, const SrAdviseExact *exact, const Line *line, const SrStyle *style)
{
    const SrTimedWatch *watch = watch_of(exact, line);
    g_autoptr(GString) value = g_string_new("-");
    char span[SR_SPAN_TEXT_MAX];
    gsize start;

    if (line->asked && watch->seen) {
        /* What goes into a file is rounded up to what people write there. */
        g_string_truncate(value, 0);
        if (line->is_timeout) {
            sr_span_format(above(watch->most), span);
            g_string_assign(value, span);
        } else {
            sr_span_show(value, watch->most);
        }
    }
    start = begin_line(out, exact, line->name, value->str);
    if (*value->str == '-') {
        g_string_append(out, is_complete(exact) || !line->asked ? line->otherwise
                                                                : "not seen so far");
    } else {
        g_string_append_printf(out, "%s ", line->what);
        put_span(out, exact, watch);
    }
    sr_style_end_line(style, start, hang_of(exact), out);
}

/* ---- clocks ---- */

/* How far the earliest time that the server looks at is ahead of `iat`: false if it looks at none. */
static bool
earliest_claim(const SrScenario *scenario, int64_t *ahead_s)
{
    const SrTokenProviderSettings *tokens = &scenario->token_provider;
    bool iat = tokens->iat && scenario->server.check_iat;

    *ahead_s = 0;
    if (!tokens->enabled || (!iat && !tokens->has_not_before))
        return false;
    if (tokens->has_not_before)
        *ahead_s = iat ? MAX(0, tokens->not_before_s) : tokens->not_before_s;
    return true;
}

bool
sr_advise_exact_skew(const SrAdviseExact *exact, SrExactSkew *skew)
{
    const SrScenario *scenario = exact->as_written;
    const SrTimedWatch *judged = &exact->result.watches[SR_WATCH_JUDGED];
    const SrClockSettings *signer = &scenario->token_provider.clock,
                          *server = &scenario->server.clock;
    int64_t ahead_s, over;

    if (!judged->seen || !judged->has_least || !earliest_claim(scenario, &ahead_s) ||
        !is_steady(signer) || !is_steady(server))
        return false;
    skew->least = judged->least;
    skew->free = (int64_t) judged->least - ahead_s * (int64_t) SR_NS_PER_S;
    skew->with_leeway = skew->free + (int64_t) (scenario->server.leeway_s * SR_NS_PER_S);
    skew->is = signer->offset_ns - server->offset_ns;
    over = skew->is - skew->free;
    skew->leeway_s =
        over <= 0 ? 0 : (uint64_t) (over + (int64_t) SR_NS_PER_S - 1) / SR_NS_PER_S;
    return true;
}

static void
put_signed(GString *out, int64_t span)
{
    if (span < 0)
        g_string_append_c(out, '-');
    sr_span_show(out, (SrSpan) (span < 0 ? -span : span));
}

static void
put_ahead(GString *out, const SrAdviseExact *exact, const SrExactSkew *skew,
          const SrStyle *style)
{
    g_autoptr(GString) value = g_string_new(NULL);
    gsize start;

    put_signed(value, skew->with_leeway);
    start = out->len;
    g_string_append_printf(out, "  %-17s  %-*s at most (leeway %" PRIu64 " s + ",
                           "signer ahead", (int) (hang_of(exact) - NAME_COLUMNS - 1),
                           value->str, exact->as_written->server.leeway_s);
    put_signed(out, skew->free);
    g_string_append(out,
                    ", the shortest way from signing to judging), any phase of the second");
    sr_style_end_line(style, start, hang_of(exact), out);
}

static void
put_clocks(GString *out, const SrAdviseExact *exact, const SrStyle *style)
{
    SrExactSkew skew;
    g_autofree char *value = NULL;
    bool known = sr_advise_exact_skew(exact, &skew);
    gsize start;

    value = known ? g_strdup_printf("%" PRIu64 "s", skew.leeway_s) : g_strdup("-");
    start = begin_line(out, exact, "leeway", value);
    if (known) {
        g_string_append(out, "the signer is ");
        put_signed(out, skew.is);
        g_string_append(out, " ahead of the server; without leeway it may be ");
        put_signed(out, skew.free);
    } else {
        g_string_append(out, !exact->as_written->token_provider.enabled ? "no token is judged"
                             : is_complete(exact)
                                 ? "no token is too early, or clocks change: ask 'sweep'"
                                 : "not seen so far");
    }
    sr_style_end_line(style, start, hang_of(exact), out);
    /* Without a leeway that is the same. */
    if (known && exact->as_written->server.leeway_s > 0)
        put_ahead(out, exact, &skew, style);
}

/* ---- reasons ---- */

/* The steps of the longest way. Where they do not add up to the span, since it begins at a step that
 * is none of them, their instants are told instead. */
static void
put_steps(GString *out, const GPtrArray *path, SrSpan most)
{
    SrSpan sum = 0;
    unsigned n = 0;

    for (unsigned i = 0; i < path->len; i++) {
        const SrTimedStep *step = g_ptr_array_index(path, i);

        sum += step->critical ? step->delay : 0;
    }
    for (unsigned i = 0; i < path->len; i++) {
        const SrTimedStep *step = g_ptr_array_index(path, i);
        char span[SR_SPAN_TEXT_MAX];

        if (!step->critical)
            continue;
        sr_span_format(step->delay, span);
        g_string_append(out, n++ > 0 ? ", " : "");
        if (sum == most)
            sr_put_plain(out, "%s +%-s", step->what, span);
        else
            sr_put_plain(out, "%s at %ju", step->what, step->at);
    }
}

static void
put_reason(GString *out, const SrAdviseExact *exact, const Line *line, const SrStyle *style)
{
    g_autoptr(GPtrArray) path = sr_timed_watch_path(exact->timed, line->watch, true);
    gsize start = out->len;

    if (path == NULL || !line->asked)
        return;
    sr_put_plain(out, "Why %ju (%-s): ", watch_of(exact, line)->most, line->name);
    put_steps(out, path, watch_of(exact, line)->most);
    g_string_append_c(out, '.');
    sr_style_end_line(style, start, strlen("  "), out);
}

static void
put_proof(GString *out, const SrAdviseExact *exact, const SrStyle *style)
{
    SrSpan need = exact->result.watches[SR_WATCH_KEY_NEED].most;
    char enough[SR_SPAN_TEXT_MAX], fails[SR_SPAN_TEXT_MAX];
    const char *path = exact->scenario_path;

    if (!exact->fails)
        return;
    sr_span_format(above(need), enough);
    sr_span_format(need, fails);
    sr_put_line(out, style, strlen("  "),
                "for(%-s) holds for all delays; for(%-s) fails key-kept: %s%s", enough, fails,
                path == NULL ? "--scenario FILE writes the run." : "see ",
                path == NULL ? "" : path);
}

static void
put_failed(GString *out, const SrAdviseExact *exact, const SrStyle *style)
{
    gsize start = out->len;
    unsigned n = 0;

    for (unsigned i = 0; i < SR_CHECK_N; i++)
        if (exact->result.failed >> i & 1)
            g_string_append_printf(out, "%s%s", n++ == 0 ? "  fails all the same: " : ", ",
                                   sr_check_name((SrCheckId) i));
    if (n > 0)
        sr_style_end_line(style, start, strlen("  "), out);
}

static const char *
end_text(SrTimedEnd end)
{
    switch (end) {
    case SR_TIMED_COMPLETE:
        break;
    case SR_TIMED_MEMORY_FULL:
        return "--memory was full";
    case SR_TIMED_OUT_OF_ROOM:
        return "a state was too large";
    case SR_TIMED_STOPPED:
        return "--time was up";
    case SR_TIMED_FIRES:
        return "a time-out can fire, or a token be refused, and what follows was not looked at";
    }
    return "";
}

char *
sr_advise_exact_human(const SrAdviseExact *exact, const SrStyle *style)
{
    const SrTimedResult *result = &exact->result;
    GString *out = g_string_new(NULL);
    Line lines[LINES_MAX];
    unsigned n = list_lines(exact, lines);
    gsize start;

    sr_put_plain(out, "%s: %u %-s, every delay within its bounds%-s, %" PRIu64 " %-s\n",
                 sr_whole_file_name(exact->file->path), result->n_clients,
                 result->n_clients == 1 ? "client" : "clients",
                 sr_faults_words(exact->as_written), result->classes,
                 result->classes == 1 ? "class" : "classes");
    sr_cut_human(out, exact->as_written, &exact->runs, style);
    for (unsigned i = 0; i < n; i++)
        put_line_of(out, exact, &lines[i], style);
    put_clocks(out, exact, style);
    put_failed(out, exact, style);
    if (!is_complete(exact))
        sr_put_line(
            out, style, strlen("  "),
            "  The search did not end: %-s. Nothing is proved: these values are at least "
            "needed, and more may be. With fewer clients it ends sooner (--clients N), and "
            "'advise' without --exact says what is likely.",
            end_text(result->end));
    g_string_append_c(out, '\n');
    for (unsigned i = 0; i < n; i++)
        put_reason(out, exact, &lines[i], style);
    put_proof(out, exact, style);
    start = out->len;
    g_string_append(out, "Not proved: ");
    for (unsigned i = 0; sr_timed_not_proved(i) != NULL; i++)
        g_string_append_printf(out, "%s%s", i == 0 ? "" : "; ", sr_timed_not_proved(i));
    g_string_append_c(out, '.');
    sr_style_end_line(style, start, 0, out);
    return g_string_free(out, FALSE);
}

/* ---- for programs ---- */

static void
put_json_path(GString *out, const SrAdviseExact *exact, SrTimedWatchId watch)
{
    g_autoptr(GPtrArray) path = sr_timed_watch_path(exact->timed, watch, true);

    sr_put_json(out, ", 'path': [");
    for (unsigned i = 0; path != NULL && i < path->len; i++) {
        const SrTimedStep *step = g_ptr_array_index(path, i);

        if (step->critical)
            sr_put_json(out,
                        ", {'what': %s, 'at': %ju, 'delay': %ju, 'least': %ju, 'most': %ju}",
                        step->what, step->at, step->delay, step->least, step->most);
    }
    sr_put_json(out, "]");
}

static void
put_json_line(GString *out, const SrAdviseExact *exact, const Line *line)
{
    const SrTimedWatch *watch = watch_of(exact, line);

    if (!line->asked || !watch->seen)
        return;
    sr_put_json(out, ", {'value': %s, 'watch': %s, 'most': %ju, 'attained': %-s, 'advice': %ju",
                line->name, sr_timed_watch_name(line->watch), watch->most,
                sr_text_bool(watch->most_attained),
                line->is_timeout ? above(watch->most) : watch->most);
    put_json_path(out, exact, line->watch);
    sr_put_json(out, "}");
}

static void
put_json_watches(GString *out, const SrAdviseExact *exact)
{
    sr_put_json(out, ", 'watches': [");
    for (unsigned i = 0; i < SR_WATCH_N; i++) {
        const SrTimedWatch *watch = &exact->result.watches[i];

        if (watch->seen)
            sr_put_json(out, ", {'watch': %s, 'most': %ju, 'attained': %-s}",
                        sr_timed_watch_name((SrTimedWatchId) i), watch->most,
                        sr_text_bool(watch->most_attained));
    }
    sr_put_json(out, "]");
}

/* One object; whole numbers are below 2^53, spans in ns, and members are always in this order. With
 * `complete` false every `most` was only seen: the true one is that or greater. */
char *
sr_advise_exact_json(const SrAdviseExact *exact)
{
    const SrTimedResult *result = &exact->result;
    GString *out = g_string_new(NULL);
    Line lines[LINES_MAX];
    unsigned n = list_lines(exact, lines);
    SrExactSkew skew;

    sr_put_json(
        out,
        "{'format': 'session-race-exact-advice', 'version': 1, 'file': %s, 'title': %s, "
        "'clients': %u, 'complete': %-s, 'classes': %" PRIu64 ", 'memory': %" PRIu64,
        exact->file->path, exact->as_written->title, result->n_clients,
        sr_text_bool(is_complete(exact)), result->classes, result->memory);
    sr_cut_json(out, exact->as_written, &exact->runs);
    sr_put_json(out, ", 'advice': [");
    for (unsigned i = 0; i < n; i++)
        put_json_line(out, exact, &lines[i]);
    sr_put_json(out, "]");
    put_json_watches(out, exact);
    if (sr_advise_exact_skew(exact, &skew))
        sr_put_json(out,
                    ", 'leeway': {'advice': %" PRIu64 ", 'least': %ju, 'skew': %" PRId64
                    ", 'skew_without': %" PRId64 ", 'skew_at_most': %" PRId64 "}",
                    skew.leeway_s, skew.least, skew.is, skew.free, skew.with_leeway);
    sr_put_json_checks(out, "failed", result->failed);
    sr_put_json(out, ", 'retention_fails_at': ");
    if (exact->fails)
        sr_put_json(out, "%ju", result->watches[SR_WATCH_KEY_NEED].most);
    else
        sr_put_json(out, "null");
    sr_put_json(out, "}\n");
    return g_string_free(out, FALSE);
}

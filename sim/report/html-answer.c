/* The sections of explorations and verifications: what holds and what fails, how it fails, the
 * command that says it again, and what was not covered. */
#include <string.h>

#include "base/escape.h"
#include "html-private.h"
#include "report-private.h"
#include "report/answer-private.h"

/* More steps than this are folded. */
#define STEPS_OPEN_MAX 28u

typedef struct {
    const SrAnswer *answer;
    const json_t *root, *checks;
    uint32_t failed; /* bits 1 << SrCheckId of what fails */
    bool unexpected; /* a check fails that was not expected to */
    bool complete;   /* all was looked at */
} View;

static uint32_t
bit_of(const json_t *check)
{
    const char *name = sr_answer_text(check, "check");
    SrCheckId id = sr_check_lookup(name, strlen(name));

    return id < SR_CHECK_N ? 1u << id : 0;
}

/* Adds the checks of @list that fail. */
static void
add_checks(View *view, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *check = json_array_get(list, i);

        if (!sr_answer_is(check, "verdict", "fails"))
            continue;
        view->failed |= bit_of(check);
        view->unexpected |= !sr_answer_is(check, "expected", "fails");
    }
}

/* Appends @name as a check is called and what it says, if this version knows it. */
static const char *
statement_of(const json_t *check)
{
    const char *name = sr_answer_text(check, "check");
    SrCheckId id = sr_check_lookup(name, strlen(name));

    return id < SR_CHECK_N ? sr_check_statement(id) : "";
}

SrHtmlVerdict
sr_html_verdict(const SrAnswer *answer)
{
    View view = { 0 };
    const json_t *checks = json_object_get(answer->root, "checks");
    SrHtmlVerdict verdict = { .complete = sr_answer_is(answer->root, "end", "complete") };

    add_checks(&view, checks);
    for (size_t i = 0; i < json_array_size(checks); i++)
        verdict.judged |= bit_of(json_array_get(checks, i));
    verdict.failed = view.failed;
    return verdict;
}

/* ---- tables of checks ---- */

static void
put_verdict(GString *out, const json_t *check, bool expected)
{
    bool fails = sr_answer_is(check, "verdict", "fails"),
         holds = sr_answer_is(check, "verdict", "holds");

    sr_put_html(out, "<tr><td class=\"tight %-s\">%-s %s</td><td class=\"tight\">%s</td><td>",
                fails && expected   ? "fair"
                : fails             ? "poor"
                : holds && expected ? "poor"
                : holds             ? "good"
                                    : "muted",
                fails   ? (expected ? "◆" : "✗")
                : holds ? (expected ? "✗" : "✓")
                        : "?",
                sr_answer_text(check, "verdict"), sr_answer_text(check, "check"));
}

static void
begin_checks(GString *out)
{
    g_string_append(out,
                    "<div class=\"scroll\" tabindex=\"0\"><table class=\"checks\"><thead><tr>"
                    "<th scope=\"col\">Result</th><th scope=\"col\">Check</th><th "
                    "scope=\"col\">What it says</th></tr></thead><tbody>\n");
}

static void
end_checks(GString *out)
{
    g_string_append(out, "</tbody></table></div>\n");
}

static void
put_explored_checks(GString *out, const View *view)
{
    g_string_append(out, "<h3>Checks</h3>");
    begin_checks(out);
    for (size_t i = 0; i < json_array_size(view->checks); i++) {
        const json_t *check = json_array_get(view->checks, i);
        size_t n = json_array_size(json_object_get(check, "steps"));

        put_verdict(out, check, sr_answer_is(check, "expected", "fails"));
        sr_put_html(out, "%s", statement_of(check));
        if (n > 0)
            sr_put_html(out, " <span class=\"muted\">(in %zu step%-s)</span>", n,
                        n == 1 ? "" : "s");
        g_string_append(out, "</td></tr>\n");
    }
    end_checks(out);
}

/* ---- how it fails, and how to see it again ---- */

/* A step of a search with times has an instant. */
static void
put_step(GString *out, const json_t *steps, size_t i)
{
    const json_t *step = json_array_get(steps, i);

    sr_put_html(out, "<li>%s", sr_answer_step(steps, i));
    if (json_is_object(step))
        sr_put_html(out, " <span class=\"muted\">at %ju</span>",
                    (uintmax_t) sr_answer_number(step, "at"));
    g_string_append(out, "</li>\n");
}

static void
put_way(GString *out, const json_t *check)
{
    const json_t *steps = json_object_get(check, "steps");
    size_t n = json_array_size(steps);
    bool fair = sr_answer_is(check, "expected", "fails");

    if (n == 0)
        return;
    sr_put_html(out,
                "<details%-s><summary>How <span class=\"%-s\">%s</span> fails</summary><ol>\n",
                !fair && n <= STEPS_OPEN_MAX ? " open=\"open\"" : "", fair ? "fair" : "poor",
                sr_answer_text(check, "check"));
    for (size_t i = 0; i < n; i++)
        put_step(out, steps, i);
    g_string_append(out, "</ol></details>\n");
}

static void
append_word(GString *out, const char *text)
{
    g_string_append_c(out, ' ');
    /* A file must not be read as an option. */
    if (*text == '-' && text[1] != '\0')
        g_string_append(out, "./");
    sr_escape_shell(out, text, strlen(text));
}

/* Appends @text line by line. */
static void
put_lines(GString *out, const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    g_string_append(out, "<pre tabindex=\"0\">");
    for (unsigned i = 0; lines[i] != NULL; i++)
        sr_put_html(out, "%-s%s", i > 0 ? "\n" : "", lines[i]);
    g_string_append(out, "</pre>");
}

static void
put_command(GString *out, const char *command)
{
    g_string_append(out, "<h3>Look again</h3>");
    put_lines(out, command);
    g_string_append_c(out, '\n');
}

/* The command with the budgets that were used. */
static void
put_explore_command(GString *out, const View *view)
{
    static const char *const budgets[] = { "clients", "crashes", "disconnects", "expirations" };
    g_autoptr(GString) command = g_string_new("session-race explore");

    if (view->answer->kind == SR_ANSWER_TIMED) {
        g_string_append_printf(command, " --timed --clients %" PRIu64,
                               sr_answer_number(view->root, "clients"));
    } else if (view->answer->kind == SR_ANSWER_ORDERS) {
        g_string_append(command, " --provider PROGRAM");
        if (json_object_get(view->root, "switches") != NULL)
            g_string_append_printf(command, " --switches %" PRIu64,
                                   sr_answer_number(view->root, "switches"));
    } else {
        for (size_t i = 0; i < G_N_ELEMENTS(budgets); i++)
            g_string_append_printf(command, " --%s %" PRIu64, budgets[i],
                                   sr_answer_number(view->root, budgets[i]));
        if (!sr_answer_truth(view->root, "symmetry"))
            g_string_append(command, " --no-symmetry");
        if (!sr_answer_truth(view->root, "reduction"))
            g_string_append(command, " --no-reduction");
        if (sr_answer_truth(view->root, "count_retries"))
            g_string_append(command, " --count-retries");
    }
    if (view->failed != 0)
        g_string_append(command, " --scenario failure.ini");
    append_word(command, sr_answer_text(view->root, "scenario"));
    if (view->failed != 0)
        g_string_append(command, "\nsession-race run failure.ini");
    put_command(out, command->str);
}

/* ---- an exploration ---- */

static void
put_explored_facts(GString *out, const View *view)
{
    const json_t *root = view->root;

    g_string_append(out, "<dl class=\"facts\">");
    sr_html_put_fact(out, "Clients", "%" PRIu64, sr_answer_number(root, "clients"));
    if (view->answer->kind == SR_ANSWER_ORDERS) {
        sr_html_put_fact(out, "Orders played", "%" PRIu64, sr_answer_number(root, "runs"));
        sr_html_put_fact(out, "Orders that fail", "%" PRIu64,
                         sr_answer_number(root, "failing"));
        sr_html_put_fact(out, "Choices in the longest", "%" PRIu64,
                         sr_answer_number(root, "choices"));
    } else if (view->answer->kind == SR_ANSWER_TIMED) {
        sr_html_put_fact(out, "Classes of states", "%" PRIu64,
                         sr_answer_number(root, "classes"));
        sr_html_put_fact(out, "States", "%" PRIu64, sr_answer_number(root, "states"));
        sr_html_put_fact(out, "Transitions", "%" PRIu64, sr_answer_number(root, "transitions"));
        sr_html_put_fact(out, "Ends", "%" PRIu64, sr_answer_number(root, "ends"));
    } else {
        sr_html_put_fact(out, "Crashes, at most", "%" PRIu64,
                         sr_answer_number(root, "crashes"));
        sr_html_put_fact(out, "Disconnections, at most", "%" PRIu64,
                         sr_answer_number(root, "disconnects"));
        sr_html_put_fact(out, "Expirations, at most", "%" PRIu64,
                         sr_answer_number(root, "expirations"));
        sr_html_put_fact(out, "States", "%" PRIu64, sr_answer_number(root, "states"));
        sr_html_put_fact(out, "Transitions", "%" PRIu64, sr_answer_number(root, "transitions"));
        sr_html_put_fact(out, "Ends", "%" PRIu64, sr_answer_number(root, "ends"));
        sr_html_put_fact(out, "Steps to the farthest", "%" PRIu64,
                         sr_answer_number(root, "depth"));
    }
    sr_html_put_fact(out, "Made by", "%s", sr_answer_text(root, "program"));
    g_string_append(out, "</dl>\n");
}

static void
put_explored_limits(GString *out, const View *view)
{
    const json_t *list = json_object_get(
        view->root, view->answer->kind == SR_ANSWER_TIMED ? "not_proved" : "not_covered");

    g_string_append(out, "<h3>Not covered</h3><ul>\n");
    if (!view->complete)
        sr_put_html(out,
                    "<li class=\"poor\">Not everything was looked at; the search ended early: "
                    "%s.</li>\n",
                    sr_answer_text(view->root, "end"));
    for (size_t i = 0; i < json_array_size(list); i++)
        sr_put_html(out, "<li>%s</li>\n", json_string_value(json_array_get(list, i)));
    if (view->answer->kind == SR_ANSWER_ORDERS)
        g_string_append(out,
                        "<li>Orders with more choices than were allowed, and what only times "
                        "decide</li>\n");
    else if (view->answer->kind == SR_ANSWER_EXPLORED)
        g_string_append(out, "<li>More clients, crashes, disconnections and expirations than "
                             "above</li>\n");
    g_string_append(out, "</ul>\n");
}

/* How long things take at least and at most, of a search with times. */
static void
put_watches(GString *out, const json_t *watches)
{
    if (json_array_size(watches) == 0)
        return;
    g_string_append(out,
                    "<h3>How long it takes</h3><div class=\"scroll\" tabindex=\"0\"><table "
                    "class=\"watches\"><thead><tr><th scope=\"col\">What</th><th "
                    "scope=\"col\" class=\"num\">At least</th><th scope=\"col\" "
                    "class=\"num\">At most</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < json_array_size(watches); i++) {
        const json_t *watch = json_array_get(watches, i);

        sr_put_html(out, "<tr><td>%s</td><td data-label=\"at least\" class=\"num\">",
                    sr_answer_text(watch, "watch"));
        if (json_object_get(watch, "least") != NULL)
            sr_put_html(out, "%ju", (uintmax_t) sr_answer_number(watch, "least"));
        sr_put_html(out, "</td><td data-label=\"at most\" class=\"num\">%ju</td></tr>\n",
                    (uintmax_t) sr_answer_number(watch, "most"));
    }
    g_string_append(out, "</tbody></table></div>\n");
}

static void
add_explored(SrHtml *html, const char *file, const View *view, const SrHtmlFigure *figures,
             size_t n_figures)
{
    bool orders = view->answer->kind == SR_ANSWER_ORDERS,
         good = sr_answer_truth(view->root, "as_expected");
    uint64_t trapped = sr_answer_number(view->root, "trapped");
    g_autofree char *told =
        g_strdup_printf("exploration: %" PRIu64 " %s%s",
                        sr_answer_number(view->root, orders ? "runs" : "states"),
                        orders ? "orders" : "states", view->complete ? "" : ", not all");
    const SrHtmlResult result = {
        .title = sr_answer_text(view->root, "scenario"),
        .file = file,
        .told = told,
        .group = !good               ? GROUP_UNEXPECTED
                 : view->failed != 0 ? GROUP_FAILS
                                     : GROUP_PASSES,
        .unfinished = !good && !view->unexpected && !view->complete,
        .failed = view->failed,
    };
    uint32_t number = sr_html_begin_result(html, &result);
    GString *out = sr_html_section(html);

    put_explored_facts(out, view);
    if (trapped > 0)
        sr_put_html(
            out,
            "<div class=\"failure\"><p>From %" PRIu64
            " of these states no end is reached: there it goes round for ever.</p></div>\n",
            trapped);
    put_explored_checks(out, view);
    put_watches(out, json_object_get(view->root, "watches"));
    for (size_t i = 0; i < json_array_size(view->checks); i++)
        put_way(out, json_array_get(view->checks, i));
    if (*sr_answer_text(view->root, "shortest") != '\0') {
        g_string_append(out, "<details><summary>The shortest failing order, as a "
                             "scenario</summary>");
        put_lines(out, sr_answer_text(view->root, "shortest"));
        g_string_append(out, "</details>\n");
    }
    sr_html_put_figures(out, file, number, figures, n_figures, false);
    sr_html_put_figures(out, file, number, figures, n_figures, true);
    put_explore_command(out, view);
    put_explored_limits(out, view);
    sr_html_end_result(html);
}

/* ---- a verification ---- */

static bool
is_expected(const json_t *log, const json_t *check)
{
    const json_t *list = json_object_get(log, "expected");

    for (size_t i = 0; i < json_array_size(list); i++)
        if (sr_answer_is(check, "check", json_string_value(json_array_get(list, i))))
            return true;
    return false;
}

static void
put_place(GString *out, const json_t *object)
{
    if (*sr_answer_text(object, "file") != '\0')
        sr_put_html(out, "<code>%s:%" PRIu64 "</code>: ", sr_answer_text(object, "file"),
                    sr_answer_number(object, "line"));
}

static void
put_unexplained(GString *out, const json_t *what)
{
    const json_t *allowed = json_object_get(what, "allowed");

    g_string_append(out, "<div class=\"failure\"><p><b class=\"poor\">Not explained:</b> ");
    put_place(out, what);
    sr_put_html(out, "%s %s</p><p>%s.</p>", sr_answer_text(what, "node"),
                sr_answer_text(what, "what"), sr_answer_text(what, "why"));
    if (json_array_size(allowed) > 0) {
        g_string_append(out, "<p>What could have come:</p><ul>\n");
        for (size_t i = 0; i < json_array_size(allowed); i++)
            sr_put_html(out, "<li>%s %s</li>\n",
                        sr_answer_text(json_array_get(allowed, i), "node"),
                        sr_answer_text(json_array_get(allowed, i), "what"));
        g_string_append(out, "</ul>");
    }
    g_string_append(out, "</div>\n");
}

static void
put_log_checks(GString *out, const json_t *log)
{
    const json_t *checks = json_object_get(log, "checks");

    begin_checks(out);
    for (size_t i = 0; i < json_array_size(checks); i++) {
        const json_t *check = json_array_get(checks, i);

        if (sr_answer_is(check, "verdict", "not-judged"))
            continue;
        put_verdict(out, check, is_expected(log, check));
        put_place(out, check);
        sr_put_html(out, "%s</td></tr>\n",
                    sr_answer_is(check, "verdict", "fails") ? sr_answer_text(check, "detail")
                                                            : statement_of(check));
    }
    end_checks(out);
}

static void
put_log_limits(GString *out, const json_t *log)
{
    const json_t *checks = json_object_get(log, "checks"),
                 *notes = json_object_get(log, "notes");
    unsigned n = 0;

    for (size_t i = 0; i < json_array_size(checks); i++) {
        const json_t *check = json_array_get(checks, i);

        if (!sr_answer_is(check, "verdict", "not-judged"))
            continue;
        sr_put_html(out, "%-s<li>%s was not judged: %s</li>\n",
                    n++ == 0 ? "<h3>Not covered</h3><ul>\n" : "",
                    sr_answer_text(check, "check"), sr_answer_text(check, "lacking"));
    }
    g_string_append(out, n > 0 ? "</ul>\n" : "");
    for (size_t i = 0; i < json_array_size(notes); i++)
        sr_put_html(out, "<p class=\"advice\">%s.</p>\n",
                    json_string_value(json_array_get(notes, i)));
}

static void
put_log(GString *out, const json_t *log)
{
    const json_t *files = json_object_get(log, "files"),
                 *explained = json_object_get(log, "explained"),
                 *unexplained = json_object_get(explained, "unexplained");

    g_string_append(out, "<h3>Log");
    for (size_t i = 0; i < json_array_size(files); i++)
        sr_put_html(out, "%-s <code>%s</code>", i > 0 ? "," : "",
                    json_string_value(json_array_get(files, i)));
    g_string_append(out, "</h3><dl class=\"facts\">");
    sr_html_put_fact(out, "Lines explained", "%" PRIu64 " of %" PRIu64,
                     sr_answer_number(explained, "records"), sr_answer_number(log, "records"));
    sr_html_put_fact(out, "Nodes", "%" PRIu64, sr_answer_number(log, "nodes"));
    sr_html_put_fact(out, "From", "%-s",
                     sr_answer_truth(log, "own") ? "session-race itself" : "another program");
    g_string_append(out, "</dl>\n");
    if (unexplained != NULL)
        put_unexplained(out, unexplained);
    put_log_checks(out, log);
    put_log_limits(out, log);
}

static void
put_verify_command(GString *out, const json_t *logs)
{
    g_autoptr(GString) command = g_string_new("session-race verify");

    for (size_t i = 0; i < json_array_size(logs); i++) {
        const json_t *files = json_object_get(json_array_get(logs, i), "files");

        for (size_t j = 0; j < json_array_size(files); j++)
            append_word(command, json_string_value(json_array_get(files, j)));
    }
    put_command(out, command->str);
}

static void
add_verified(SrHtml *html, const char *file, View *view)
{
    const json_t *logs = json_object_get(view->root, "results");
    size_t n = json_array_size(logs), n_good = 0;
    g_autofree char *told = NULL;
    GString *out = sr_html_section(html);

    for (size_t i = 0; i < n; i++) {
        const json_t *log = json_array_get(logs, i);

        n_good += sr_answer_truth(log, "as_expected");
        add_checks(view, json_object_get(log, "checks"));
    }
    told = g_strdup_printf("verification: %zu log%s, %zu as expected", n, n == 1 ? "" : "s",
                           n_good);
    const SrHtmlResult result = {
        .title = n == 1 ? json_string_value(json_array_get(
                              json_object_get(json_array_get(logs, 0), "files"), 0))
                        : NULL,
        .file = file,
        .told = told,
        .group = n_good < n          ? GROUP_UNEXPECTED
                 : view->failed != 0 ? GROUP_FAILS
                                     : GROUP_PASSES,
        .failed = view->failed,
    };
    sr_html_begin_result(html, &result);
    for (size_t i = 0; i < n; i++)
        put_log(out, json_array_get(logs, i));
    put_verify_command(out, logs);
    sr_html_end_result(html);
}

void
sr_html_add_answer(SrHtml *html, const char *file, const SrAnswer *answer,
                   const SrHtmlFigure *figures, size_t n_figures)
{
    View view = { .answer = answer,
                  .root = answer->root,
                  .checks = json_object_get(answer->root, "checks"),
                  .complete = sr_answer_is(answer->root, "end", "complete") };

    if (answer->kind == SR_ANSWER_VERIFIED) {
        add_verified(html, file, &view);
        return;
    }
    add_checks(&view, view.checks);
    add_explored(html, file, &view, figures, n_figures);
}

/* `verify`: does this log, of this program or of a real system, follow the handshake? */
#include "cli-private.h"

#include "report/verified-report.h"
#include "session-race/run.h"
#include "session-race/verify.h"

/* The options of this verb alone. */
static struct {
    gboolean partial, unordered;
    char *scenario; /* (nullable) */
} own;

/* clang-format off */
static const GOptionEntry own_options[] = {
    { "scenario", 0, 0, G_OPTION_ARG_FILENAME, &own.scenario,
      "What was played: its expectations count, and a trace of it is compared line by line", "SCENARIO" },
    { "partial", 0, 0, G_OPTION_ARG_NONE, &own.partial,
      "Lines may be missing where nobody saw them: nodes without a log, gaps, the end", NULL },
    { "unordered", 0, 0, G_OPTION_ARG_NONE, &own.unordered,
      "Links may lose messages, deliver them twice, and let them overtake", NULL },
    G_OPTION_ENTRY_NULL
};
/* clang-format on */

/* The result for the logs of a command line. */
typedef struct {
    const SrOptions *options;
    const SrScenario *scenario; /* (nullable) */
    SrStyle style;
    GString *out;
    unsigned n, n_as_expected, n_not_judged;
} Session;

/* Judges the log in @files. Returns: an exit status; SR_EXIT_OK whatever was found */
static int
judge(Session *session, const char *const *files, unsigned n_files)
{
    SrTraceFault fault = { 0 };
    g_autoptr(SrTrace) trace = sr_trace_load_log(files, n_files, own.partial, &fault);
    SrVerifyOptions options = { .partial = own.partial,
                                .unordered = own.unordered,
                                .scenario = session->scenario };

    if (trace == NULL) {
        bool is_log = fault.line != 1 || fault.system || g_str_has_suffix(files[0], ".ini");
        int status = sr_refuse_trace(files[0], &fault);
        g_autoptr(GString) note = g_string_new(
            "note: 'session-race verify --help' says what a log needs; log-to-trace.jq makes "
            "one "
            "of what an application logs, access-log-to-trace.jq of what a web server does\n");

        if (!is_log)
            sr_error_text(note);
        return status;
    }

    g_autoptr(SrVerified) verified = sr_verify(trace, &options);
    const SrExpect *expect = session->scenario != NULL ? &session->scenario->expect : NULL;
    SrVerifiedCase it = {
        .files = files,
        .n_files = n_files,
        .trace = trace,
        .verified = verified,
        .has_expected = expect != NULL,
        .expected = expect != NULL && expect->verdict == SR_VERDICT_FAIL ? expect->failed : 0,
    };

    if (session->options->format == SR_REPORT_JSON) {
        g_string_append(session->out, session->n > 0 ? ",\n" : "\n");
        sr_verified_json(&it, session->out);
    } else {
        if (session->n > 0 && session->out->len > 0)
            g_string_append_c(session->out, '\n');
        sr_verified_human(&it, session->options->quiet, &session->style, session->out);
    }
    session->n++;
    session->n_as_expected += sr_verified_as_expected(&it);
    session->n_not_judged += verified->n_nodes_not_judged + sr_verified_says_nothing(verified);
    return SR_EXIT_OK;
}

static int
judge_all(Session *session)
{
    const char *const *files = (const char *const *) session->options->arguments;
    unsigned n = (unsigned) sr_options_count(session->options->arguments), n_whole = 0;
    int status = SR_EXIT_OK;

    for (unsigned i = 0; i < n; i++)
        n_whole += sr_trace_is_whole(files[i]);
    if (n_whole < n)
        return judge(session, files, n);
    for (unsigned i = 0; i < n; i++) {
        int one = judge(session, files + i, 1);

        status = one != SR_EXIT_OK && status != SR_EXIT_SYSTEM ? one : status;
    }
    return status;
}

static int
load_scenario(const SrOptions *options, SrScenario **scenario)
{
    g_autoptr(GPtrArray) overrides = NULL;

    if (own.scenario == NULL)
        return sr_options_count(options->overrides) == 0
                   ? SR_EXIT_OK
                   : sr_usage_error("--set needs --scenario");
    overrides = sr_options_overrides(options);
    return sr_run_file_load(own.scenario, overrides, scenario);
}

static int
verify(const SrOptions *options)
{
    g_autoptr(SrScenario) scenario = NULL;
    g_autoptr(GString) out = g_string_new(NULL);
    Session session = { .options = options,
                        .style = sr_options_style(options, options->output),
                        .out = out };
    int status, written;

    if (sr_options_count(options->arguments) == 0)
        return sr_usage_error("a trace is needed");
    status = load_scenario(options, &scenario);
    sr_places_read_all(options->arguments);
    if (status == SR_EXIT_OK)
        status = sr_places_take("output", options->output);
    if (status != SR_EXIT_OK)
        return status;
    session.scenario = scenario;
    if (options->format == SR_REPORT_JSON)
        g_string_append(out,
                        "{\"format\": \"session-race-verify\", \"version\": 1, \"program\": "
                        "\"session-race " SR_VERSION "\", \"results\": [");
    status = judge_all(&session);
    if (status != SR_EXIT_OK && session.n == 0)
        return status;
    if (options->format == SR_REPORT_JSON)
        g_string_append_printf(out, "],\n\"summary\": {\"logs\": %u, \"as_expected\": %u}}\n",
                               session.n, session.n_as_expected);
    written = sr_output_text(options->output, out->str, out->len);
    if (written != SR_EXIT_OK)
        return written;
    if (status != SR_EXIT_OK)
        return status;
    if (session.n_as_expected < session.n)
        return SR_EXIT_UNEXPECTED;
    return session.n_not_judged == 0 ? SR_EXIT_OK : SR_EXIT_INCOMPLETE;
}

/* clang-format off */
const SrCommand sr_command_verify = {
    .name = "verify",
    .question = "does this log, from here or from a real system, keep to the handshake?",
    .arguments = "TRACE…",
    .summary =
        "Judges a log of messages, of this program or of a real system. TRACE is a file or - for\n"
        "standard input. Several files are one log, its lines spread over them as they happen to\n"
        "be, unless each of them is a whole trace of this program.\n\n"
        "Every line must be what its node does in the state that its lines before have brought it\n"
        "to; every message must arrive as it was sent; and the checks of 'run' judge the whole.\n"
        "Order comes from each node's own lines and from the messages, never from clocks.",
    .description =
        "The least that a log needs: a first line of the type trace that names the nodes, and a\n"
        "line for each message sent and received, with its id. Checks that look at more are not\n"
        "judged without it. Of the lines of the encryption provider alone, --partial judges look-ups\n"
        "in vain, hints with two keys and requests without an answer.\n\n"
        "Exit status:\n"
        "  0  every line is explained and every check that could be judged holds\n"
        "  1  a line is not explained, or a check fails that the scenario does not expect to fail\n"
        "  2  the command line or a log is malformed, or damaged\n"
        "  3  a file could not be read or written\n"
        "  4  a client's lines can be read in more ways than are tried, or the log shows nothing\n"
        "     that a check looks at\n\n"
        "Examples:\n"
        "  session-race verify two.ndjson\n"
        "  session-race verify --partial server.ndjson alice.ndjson bob.ndjson\n",
    .options =
        SR_OPTION_SET | SR_OPTION_FORMAT | SR_OPTION_OUTPUT | SR_OPTION_QUIET | SR_OPTION_COLOR,
    .formats = 1u << SR_REPORT_HUMAN | 1u << SR_REPORT_JSON,
    .own = own_options,
    .run = verify,
};
/* clang-format on */

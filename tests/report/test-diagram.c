/* Sequence diagrams: golden pictures in each format, the parts that options choose, the folding
 * of many clients, and that no name from a trace can say more than its letters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "report/diagram.h"
#include "session-race/trace-writer.h"

#define MS SR_NS_PER_MS

/* ---- traces ---- */

static SrTrace *
load(const char *name)
{
    g_autofree char *path =
        g_build_filename(g_getenv("SR_SOURCE_ROOT"), "tests", "golden", name, NULL);
    SrTraceFault fault;
    SrTrace *trace = sr_trace_load(path, &fault);

    if (trace == NULL)
        fail_msg("%s:%d: %s", path, (int) fault.line, fault.message);
    return trace;
}

static GString *
draw(const SrTrace *trace, SrDiagramOptions options)
{
    GString *out = g_string_new(NULL);

    sr_diagram_write(trace, &options, out);
    return out;
}

#define CONTAINS(out, part)                                                                    \
    do {                                                                                       \
        if (strstr((out)->str, part) == NULL)                                                  \
            fail_msg("'%s' is not in:\n%s", part, (out)->str);                                 \
    } while (0)
#define LACKS(out, part)                                                                       \
    do {                                                                                       \
        if (strstr((out)->str, part) != NULL)                                                  \
            fail_msg("'%s' is in:\n%s", part, (out)->str);                                     \
    } while (0)

static unsigned
count(const GString *out, const char *part)
{
    unsigned n = 0;

    for (const char *p = out->str; (p = strstr(p, part)) != NULL; p += strlen(part))
        n++;
    return n;
}

/* ---- golden pictures ---- */

static const struct golden {
    const char *name, *trace, *picture;
    SrDiagramOptions options;
} goldens[] = {
    { "a small race as SVG",
      "steps.two-clients.ndjson",
      "two-clients.svg",
      { .format = SR_DIAGRAM_SVG } },
    { "a small race as SVG on dark paper",
      "steps.two-clients.ndjson",
      "two-clients-dark.svg",
      { .format = SR_DIAGRAM_SVG, .dark = true } },
    { "a small race as Mermaid",
      "steps.two-clients.ndjson",
      "two-clients.mmd",
      { .format = SR_DIAGRAM_MERMAID } },
    { "a small race as text",
      "steps.two-clients.ndjson",
      "two-clients.txt",
      { .format = SR_DIAGRAM_TEXT } },
    { "a small race for Perfetto",
      "steps.two-clients.ndjson",
      "two-clients.json",
      { .format = SR_DIAGRAM_PERFETTO } },
    { "hostile names as SVG",
      "pictures/hostile.ndjson",
      "hostile.svg",
      { .format = SR_DIAGRAM_SVG } },
    { "hostile names as Mermaid",
      "pictures/hostile.ndjson",
      "hostile.mmd",
      { .format = SR_DIAGRAM_MERMAID } },
    { "hostile names as text",
      "pictures/hostile.ndjson",
      "hostile.txt",
      { .format = SR_DIAGRAM_TEXT } },
    { "hostile names for Perfetto",
      "pictures/hostile.ndjson",
      "hostile.json",
      { .format = SR_DIAGRAM_PERFETTO } },
};

static void
check_golden(void **state)
{
    const struct golden *golden = *state;
    g_autoptr(SrTrace) trace = load(golden->trace);
    g_autoptr(GString) out = draw(trace, golden->options), again = draw(trace, golden->options);
    g_autofree char *path = g_build_filename(g_getenv("SR_SOURCE_ROOT"), "tests", "golden",
                                             "pictures", golden->picture, NULL);
    g_autofree char *wanted = NULL;

    assert_string_equal(out->str, again->str);
    assert_true(g_file_get_contents(path, &wanted, NULL, NULL));
    if (strcmp(out->str, wanted) != 0)
        fail_msg("%s is another now; tests/golden/update writes it anew", golden->picture);
}

/* ---- real parsers ---- */

/* Whether @program takes @text from its standard input. Skips where it is not installed. */
static void
accepted_by(const char *const *argv, const GString *text)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = NULL, *err = NULL, *program = g_find_program_in_path(argv[0]);
    g_autoptr(GPtrArray) words = g_ptr_array_new();
    int status;
    bool ran;

    if (program == NULL)
        skip();
    path = g_build_filename(g_get_tmp_dir(), "session-race-diagram-XXXXXX", NULL);
    int fd = g_mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    assert_true(g_file_set_contents(path, text->str, (gssize) text->len, NULL));
    for (; *argv != NULL; argv++)
        g_ptr_array_add(words, (char *) (uintptr_t) *argv);
    g_ptr_array_add(words, path);
    g_ptr_array_add(words, NULL);
    ran = g_spawn_sync(NULL, (char **) words->pdata, NULL,
                       G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL, &err,
                       &status, &error);
    g_unlink(path);
    if (!ran || status != 0)
        fail_msg("%s", ran ? err : error->message);
}

static void
check_parsed(const SrTrace *trace)
{
    static const char *const xmllint[] = { "xmllint", "--noout", "--nonet", NULL };
    static const char *const jq[] = { "jq", "-e", ".traceEvents | length > 0", NULL };
    g_autoptr(GString) light = draw(trace, (SrDiagramOptions){ .format = SR_DIAGRAM_SVG });
    g_autoptr(GString) dark =
        draw(trace, (SrDiagramOptions){ .format = SR_DIAGRAM_SVG, .dark = true });
    g_autoptr(GString) perfetto =
        draw(trace, (SrDiagramOptions){ .format = SR_DIAGRAM_PERFETTO });

    accepted_by(xmllint, light);
    accepted_by(xmllint, dark);
    accepted_by(jq, perfetto);
    assert_true(g_str_has_prefix(light->str, "<?xml version=\"1.0\""));
    CONTAINS(light, " role=\"img\"");
    CONTAINS(light, "<title id=\"title\">");
}

static void
real_parsers_take_them(void **state)
{
    static const char *const names[] = {
        "steps.two-clients.ndjson",      "retention.on-new-key.ndjson",
        "tokens.sub-second-skew.ndjson", "owner.crashes-and-returns.ndjson",
        "network.unordered.ndjson",      "pictures/hostile.ndjson",
    };

    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(SrTrace) trace = load(names[i]);

        check_parsed(trace);
    }
}

/* ---- hostile names ---- */

/* No byte of a control, of a C1 control or of bidirectional text. */
static void
assert_visible(const GString *out)
{
    assert_true(g_utf8_validate(out->str, (gssize) out->len, NULL));
    for (const char *p = out->str; *p != '\0'; p = g_utf8_find_next_char(p, NULL)) {
        gunichar c = g_utf8_get_char(p);

        if ((c < 0x20 && c != '\n') || (c >= 0x7f && c < 0xa0) || c == 0x200e || c == 0x200f ||
            (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069))
            fail_msg("U+%04X in:\n%s", c, out->str);
    }
}

static void
hostile_names_are_letters(void **state)
{
    g_autoptr(SrTrace) trace = load("pictures/hostile.ndjson");

    (void) state;
    for (unsigned format = 0; format < SR_DIAGRAM_FORMAT_N; format++) {
        g_autoptr(GString) out =
            draw(trace, (SrDiagramOptions){ .format = (SrDiagramFormat) format });

        assert_visible(out);
        if (format == SR_DIAGRAM_SVG || format == SR_DIAGRAM_MERMAID) {
            LACKS(out, "<script");
            LACKS(out, "</text></text>");
            LACKS(out, "<!");
        }
    }
}

/* Each line of a Mermaid diagram is one of ours, and a label holds letters and entities only. */
static void
mermaid_labels_hold_no_syntax(void **state)
{
    g_autoptr(SrTrace) trace = load("pictures/hostile.ndjson");
    g_autoptr(GString) out = draw(trace, (SrDiagramOptions){ .format = SR_DIAGRAM_MERMAID });
    g_auto(GStrv) lines = g_strsplit(out->str, "\n", -1);

    (void) state;
    LACKS(out, "%");
    LACKS(out, "`");
    LACKS(out, "\"");
    LACKS(out, " end");
    assert_string_equal(lines[0], "sequenceDiagram");
    for (unsigned i = 1; lines[i + 1] != NULL; i++)
        if (!g_regex_match_simple("^    (accTitle: |participant p\\d+ as |p\\d+(->>|-x)p\\d+: |"
                                  "Note over p\\d+(,p\\d+)?: )([A-Za-z0-9 .,-]|#\\d+;)+$",
                                  lines[i], 0, 0))
            fail_msg("%s", lines[i]);
}

/* Where a diagram is long, its heads are there again. */
static void
heads_repeat(void **state)
{
    g_autoptr(SrTrace) few = load("steps.two-clients.ndjson");
    g_autoptr(SrTrace) many = load("upgrade.race.ndjson");
    g_autoptr(GString) low = draw(few, (SrDiagramOptions){ .format = SR_DIAGRAM_SVG });
    g_autoptr(GString) high = draw(many, (SrDiagramOptions){ .format = SR_DIAGRAM_SVG });

    (void) state;
    assert_int_equal(count(low, ">encryption-provider</text>"), 1);
    assert_int_equal(count(high, ">encryption-provider</text>"), 2);
    assert_int_equal(count(high, ">server</text>"), 2);
}

/* The parts of a diagram for paper: each fits a sheet and names the lifelines, and below each other they are
 * the whole. No word is cut, so none is there twice. */
static void
sheets_are_the_whole(void **state)
{
    static const char *const names[] = { "steps.two-clients.ndjson", "upgrade.race.ndjson",
                                         "retention.on-new-key.ndjson",
                                         "network.unordered.ndjson" };
    const SrDiagramOptions options = { .format = SR_DIAGRAM_SVG };

    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(SrTrace) trace = load(names[i]);
        g_autoptr(GString) whole = draw(trace, options), words = g_string_new(NULL);
        g_autoptr(GPtrArray) sheets = sr_diagram_sheets(trace, &options);
        int end = 0;

        assert_in_range(sheets->len, 2, 100);
        for (guint k = 0; k < sheets->len; k++) {
            g_autoptr(GString) sheet = g_string_new(g_ptr_array_index(sheets, k));
            int top, width, height, y;

            assert_int_equal(sscanf(strstr(sheet->str, "viewBox"), "viewBox=\"0 %d %d %d\"",
                                    &top, &width, &height),
                             3);
            assert_int_equal(top, end);
            end += height;
            assert_in_range(height, 1, MAX(width, 720) * 13 / 10);
            assert_int_equal(count(sheet, ">server</text>"), 1);
            for (const char *text = sheet->str; (text = strstr(text, "<text ")) != NULL;
                 text++) {
                assert_int_equal(sscanf(strstr(text, " y="), " y=\"%d\"", &y), 1);
                assert_in_range(y, top + 9, end - 3);
            }
            g_string_append(words, sheet->str);
        }
        assert_int_equal(count(words, " paint-order="), count(whole, " paint-order="));
        assert_int_equal(count(words, "rx=\"4\""), count(whole, "rx=\"4\""));
        assert_int_equal(count(words, "font-size=\"11\""), count(whole, "font-size=\"11\""));
        assert_true(count(words, "<polygon") >= count(whole, "<polygon"));
    }
}

/* No arrow goes through a label: each lies on paper, which is drawn after all arrows. */
static void
labels_lie_on_paper(void **state)
{
    g_autoptr(SrTrace) trace = load("steps.two-clients.ndjson");
    g_autoptr(GString) out = draw(trace, (SrDiagramOptions){ .format = SR_DIAGRAM_SVG });
    const char *last_arrow = g_strrstr(out->str, "<polygon"), *label = out->str;
    unsigned n = 0;

    (void) state;
    for (; (label = strstr(label, " paint-order=\"stroke\"")) != NULL; label++, n++) {
        const char *paper = g_strrstr_len(out->str, label - out->str, "<rect ");
        int x, y, width, height, text_x, text_y;
        const char *text = g_strrstr_len(out->str, label - out->str, "<text ");

        assert_true(paper > last_arrow);
        assert_int_equal(
            sscanf(paper,
                   "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>", &x,
                   &y, &width, &height),
            4);
        assert_int_equal(sscanf(text, "<text x=\"%d\" y=\"%d\"", &text_x, &text_y), 2);
        assert_true(x <= text_x && text_x <= x + width && y < text_y && text_y < y + height);
    }
    assert_int_equal(n, count(out, "<polygon"));
}

static void
pictures_reach_out_to_nothing(void **state)
{
    g_autoptr(SrTrace) trace = load("pictures/hostile.ndjson");
    g_autoptr(GString) out = draw(trace, (SrDiagramOptions){ .format = SR_DIAGRAM_SVG });

    (void) state;
    LACKS(out, "href");
    LACKS(out, "url(");
    LACKS(out, "<style");
    LACKS(out, " style=");
    assert_int_equal(count(out, "http"), 1); /* the name space */
}

static void
text_has_80_columns(void **state)
{
    static const char *const names[] = { "pictures/hostile.ndjson",
                                         "retention.on-new-key.ndjson",
                                         "network.unordered.ndjson" };

    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(SrTrace) trace = load(names[i]);
        g_autoptr(GString) out = draw(trace, (SrDiagramOptions){ .format = SR_DIAGRAM_TEXT });
        g_auto(GStrv) lines = g_strsplit(out->str, "\n", -1);

        for (unsigned line = 0; lines[line] != NULL; line++) {
            unsigned width = 0;

            for (const char *p = lines[line]; *p != '\0'; p = g_utf8_find_next_char(p, NULL)) {
                gunichar c = g_utf8_get_char(p);

                width += g_unichar_iszerowidth(c) ? 0 : g_unichar_iswide(c) ? 2 : 1;
            }
            if (width > 80 || g_str_has_suffix(lines[line], " "))
                fail_msg("%u columns: '%s'", width, lines[line]);
        }
    }
}

/* A program of the user's own: its calls where they begin, with their lines, and what they did. */
static void
calls_have_their_lines_of_code(void **state)
{
    g_autoptr(SrTrace) trace = load("pictures/read-then-write.ndjson");
    g_autoptr(GString) out = draw(trace, (SrDiagramOptions){ .format = SR_DIAGRAM_MERMAID });

    (void) state;
    assert_int_equal(count(out, "calls get keys at read-then-write.js#58;7"), 5);
    assert_int_equal(count(out, "calls put keys at read-then-write.js#58;10"), 2);
    assert_int_equal(count(out, "calls put keys at read-then-write.js#58;10 #40;request 1#41;"),
                     1);
    assert_int_equal(count(out, "calls put keys at read-then-write.js#58;10 #40;request 2#41;"),
                     1);
    LACKS(out, "waits for the answer");
    assert_int_equal(count(out, "makes v1"), 1);
    assert_int_equal(count(out, "replaces v1"), 1);
    CONTAINS(out, "refuses v1 #40;overwritten#41;");
}

/* ---- parts ---- */

static void
options_choose_a_part(void **state)
{
    g_autoptr(SrTrace) trace = load("steps.two-clients.ndjson");
    const uint32_t bob = SR_NODE_FIRST_CLIENT + 1;
    g_autoptr(GString) step =
        draw(trace, (SrDiagramOptions){ .format = SR_DIAGRAM_MERMAID, .steps = 1u << 6 });
    g_autoptr(GString) node = draw(
        trace, (SrDiagramOptions){ .format = SR_DIAGRAM_MERMAID, .nodes = &bob, .n_nodes = 1 });
    g_autoptr(GString) time = draw(
        trace,
        (SrDiagramOptions){ .format = SR_DIAGRAM_MERMAID, .from = 126 * MS, .to = 136 * MS });
    g_autoptr(GString) after =
        draw(trace, (SrDiagramOptions){ .format = SR_DIAGRAM_MERMAID, .from = 200 * MS });

    (void) state;
    assert_string_equal(step->str, "sequenceDiagram\n"
                                   "    accTitle: Two editors open the same new document\n"
                                   "    participant p1 as alice\n"
                                   "    participant p2 as bob\n"
                                   "    participant p3 as server\n"
                                   "    p1->>p3: 146 ms, upload 9d6753d0\n"
                                   "    Note over p3: 156 ms, established u1\n"
                                   "    p3->>p1: 156 ms, session-available u1\n"
                                   "    p3->>p2: 156 ms, session-available u1\n");
    LACKS(node, "alice");
    CONTAINS(node, "create-session u2");
    CONTAINS(node, "rejected");
    /* What arrives in that time was sent before; what is sent arrives later. */
    CONTAINS(time, "create-session u1");
    CONTAINS(time, "create-accepted u1");
    LACKS(time, "token");
    LACKS(time, "upload");
    CONTAINS(after, "join");
    LACKS(after, "participant p4");
}

static void
each_step_has_its_messages(void **state)
{
    static const char *const wanted[] = { "connect",           "session-request",
                                          "key-request",       "create-session",
                                          "create-accepted",   NULL,
                                          "session-available", "join" };
    g_autoptr(SrTrace) trace = load("steps.two-clients.ndjson");
    g_autoptr(GString) all = draw(trace, (SrDiagramOptions){ .format = SR_DIAGRAM_MERMAID });
    unsigned n = 0;

    (void) state;
    for (unsigned step = 0; step <= 7; step++) {
        g_autoptr(GString) out = draw(
            trace, (SrDiagramOptions){ .format = SR_DIAGRAM_MERMAID, .steps = 1u << step });

        if (wanted[step] != NULL)
            CONTAINS(out, wanted[step]);
        n += count(out, "->>");
    }
    assert_int_equal(n, count(all, "->>"));
}

static void
nothing_chosen_is_said(void **state)
{
    g_autoptr(SrTrace) trace = load("steps.two-clients.ndjson");

    (void) state;
    for (unsigned format = 0; format < SR_DIAGRAM_PERFETTO; format++) {
        g_autoptr(GString) out =
            draw(trace, (SrDiagramOptions){ .format = (SrDiagramFormat) format,
                                            .from = 3600 * SR_NS_PER_S });
        g_autofree char *lower = g_ascii_strdown(out->str, -1);

        assert_non_null(strstr(lower, "nothing to show"));
    }
}

/* ---- folding ---- */

#define N_CLIENTS 60u
#define ODD_ONE (SR_NODE_FIRST_CLIENT + 40)

static size_t
name_node(const void *data, uint32_t node, char out[SR_NODE_NAME_MAX])
{
    static const char *const services[] = { "server", "token-provider", "encryption-provider" };
    g_autofree char *name = node < SR_NODE_FIRST_CLIENT
                                ? g_strdup(services[node])
                                : g_strdup_printf("c-%u", node - SR_NODE_FIRST_CLIENT + 1);

    (void) data;
    memcpy(out, name, strlen(name));
    return strlen(name);
}

static size_t
name_nothing(const void *data, uint32_t number, char *out)
{
    (void) data;
    (void) number;
    (void) out;
    return 0;
}

static size_t
name_key(const void *data, uint32_t number, char out[17])
{
    return name_nothing(data, number, out);
}

static gboolean
append(void *data, const char *bytes, size_t n, GError **error)
{
    (void) error;
    g_string_append_len(data, bytes, (gssize) n);
    return TRUE;
}

static void
write_record(SrTraceWriter *writer, uint64_t *seq, SrRecord record)
{
    record.seq = ++*seq;
    sr_trace_writer_record(writer, &record);
}

/* Clients that each send a request; one of them gets no answer, and of the others each sends
 * its own number of joins when @apart. */
static SrTrace *
many_clients(bool apart)
{
    const SrNames names = { NULL,
                            SR_NODE_FIRST_CLIENT + N_CLIENTS,
                            1,
                            name_node,
                            name_nothing,
                            name_nothing,
                            name_key,
                            NULL };
    const SrTraceHeader header = { .version = "0.1.0",
                                   .scenario = "Many",
                                   .source = "00112233445566778899aabbccddeeff",
                                   .seed = 1 };
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(SrTraceWriter) writer = sr_trace_writer_new(&names, append, text);
    uint64_t seq = 0, id = 0;
    char digest[33];
    SrTraceFault fault;

    sr_trace_writer_begin(writer, &header);
    for (uint32_t c = SR_NODE_FIRST_CLIENT; c < names.n_nodes; c++) {
        SrRecord asks = { .t = c,
                          .node = c,
                          .event = SR_EVENT_SEND,
                          .msg = SR_MSG_TOKEN_REQUEST,
                          .peer = SR_NODE_TOKEN_PROVIDER,
                          .id = ++id };
        SrRecord answers = { .t = c + 100,
                             .node = SR_NODE_TOKEN_PROVIDER,
                             .event = SR_EVENT_SEND,
                             .msg = SR_MSG_TOKEN,
                             .peer = c,
                             .id = ++id };
        SrRecord arrives = { .t = c + 200,
                             .node = c,
                             .event = SR_EVENT_RECEIVE,
                             .msg = SR_MSG_TOKEN,
                             .peer = SR_NODE_TOKEN_PROVIDER,
                             .id = id };

        write_record(writer, &seq, asks);
        if (c == ODD_ONE)
            continue;
        write_record(writer, &seq, answers);
        write_record(writer, &seq, arrives);
        for (uint32_t i = SR_NODE_FIRST_CLIENT; apart && i < c; i++)
            write_record(writer, &seq,
                         (SrRecord){ .t = 1000,
                                     .node = c,
                                     .event = SR_EVENT_SEND,
                                     .msg = SR_MSG_JOIN,
                                     .peer = SR_NODE_SERVER,
                                     .id = ++id });
    }
    assert_true(
        sr_trace_writer_end(writer, &(SrTraceEnd){ 2000, seq, "pass", 0 }, digest, NULL));
    SrTrace *trace = sr_trace_parse("many", text->str, text->len, &fault);
    assert_non_null(trace);
    return trace;
}

static void
many_clients_fold(void **state)
{
    g_autoptr(SrTrace) trace = many_clients(false);
    const uint32_t named = SR_NODE_FIRST_CLIENT + 6;
    const uint32_t both[] = { named, SR_NODE_TOKEN_PROVIDER };
    g_autoptr(GString) text = draw(trace, (SrDiagramOptions){ .format = SR_DIAGRAM_TEXT });
    g_autoptr(GString) svg = draw(trace, (SrDiagramOptions){ .format = SR_DIAGRAM_SVG });
    g_autoptr(GString) apart = draw(
        trace, (SrDiagramOptions){ .format = SR_DIAGRAM_MERMAID, .nodes = both, .n_nodes = 2 });
    g_autoptr(GString) perfetto =
        draw(trace, (SrDiagramOptions){ .format = SR_DIAGRAM_PERFETTO });

    (void) state;
    CONTAINS(text, "c-1 and 58 more\n");
    CONTAINS(text, "c-41\n");
    CONTAINS(svg, ">and 58 more<");
    /* One that is named stays apart. */
    CONTAINS(apart, "as c-1 and 57 more\n");
    CONTAINS(apart, "as c-7\n");
    /* Perfetto has a track for each. */
    assert_int_equal(count(perfetto, "\"thread_name\""), N_CLIENTS + 1);
}

/* Where every client did something else, what counts is which messages there were at all. */
static void
the_order_matters_less_when_all_differ(void **state)
{
    g_autoptr(SrTrace) trace = many_clients(true);
    g_autoptr(GString) text = draw(trace, (SrDiagramOptions){ .format = SR_DIAGRAM_TEXT });

    (void) state;
    CONTAINS(text, " c-1 ");
    CONTAINS(text, "c-2 and 57 more\n");
    CONTAINS(text, " c-41 ");
}

int
main(void)
{
    static const struct CMUnitTest fixed[] = {
        cmocka_unit_test(real_parsers_take_them),
        cmocka_unit_test(hostile_names_are_letters),
        cmocka_unit_test(mermaid_labels_hold_no_syntax),
        cmocka_unit_test(heads_repeat),
        cmocka_unit_test(sheets_are_the_whole),
        cmocka_unit_test(labels_lie_on_paper),
        cmocka_unit_test(pictures_reach_out_to_nothing),
        cmocka_unit_test(text_has_80_columns),
        cmocka_unit_test(calls_have_their_lines_of_code),
        cmocka_unit_test(options_choose_a_part),
        cmocka_unit_test(each_step_has_its_messages),
        cmocka_unit_test(nothing_chosen_is_said),
        cmocka_unit_test(many_clients_fold),
        cmocka_unit_test(the_order_matters_less_when_all_differ),
    };
    struct CMUnitTest tests[G_N_ELEMENTS(fixed) + G_N_ELEMENTS(goldens)];

    memcpy(tests, fixed, sizeof fixed);
    for (size_t i = 0; i < G_N_ELEMENTS(goldens); i++)
        tests[G_N_ELEMENTS(fixed) + i] =
            (struct CMUnitTest){ .name = goldens[i].name,
                                 .test_func = check_golden,
                                 .initial_state = (void *) (uintptr_t) &goldens[i] };
    return cmocka_run_group_tests_name("diagrams", tests, NULL, NULL) != 0;
}

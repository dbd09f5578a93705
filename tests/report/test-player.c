/* The data of a run to step through: what the page says of each event is what the trace says, and nothing
 * from a trace can be more in it than text. The script that shows it is played by
 * tests/ci/player-in-browser. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <jansson.h>
#include <openssl/evp.h>
#include <string.h>

#include "report/player.h"
#include "result/moments.h"
#include "session-race/trace-writer.h"

#define RUN "<script type=\"application/json\" class=\"run\">"
#define LINES "</script>\n<script type=\"text/plain\" class=\"lines\">"
#define END "</script>\n"

/* ---- the two elements ---- */

typedef struct {
    char *text;
    json_t *run;
    char **lines;
} Played;

static void
played_clear(Played *played)
{
    g_free(played->text);
    json_decref(played->run);
    g_strfreev(played->lines);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Played, played_clear)

static Played
play(const SrTrace *trace, const char *title)
{
    GString *out = g_string_new(NULL);
    Played played = { 0 };
    json_error_t error;

    sr_player_write(trace, title, out);
    played.text = g_string_free(out, FALSE);
    char *lines = strstr(played.text, LINES);

    assert_true(g_str_has_prefix(played.text, RUN) && g_str_has_suffix(played.text, END));
    assert_non_null(lines);
    g_autofree char *json =
        g_strndup(played.text + strlen(RUN), (gsize) (lines - played.text) - strlen(RUN));
    g_autofree char *rest =
        g_strndup(lines + strlen(LINES), strlen(lines) - strlen(LINES) - strlen(END));

    played.run = json_loads(json, 0, &error);
    if (played.run == NULL)
        fail_msg("%s in %s", error.text, json);
    played.lines = g_strsplit(rest, "\n", -1);
    assert_int_equal(g_strv_length(played.lines), trace->n_records + 1);
    return played;
}

static SrTrace *
load(const char *name)
{
    g_autofree char *path =
        g_build_filename(g_getenv("SR_SOURCE_ROOT"), "tests", "golden", name, NULL);
    SrTraceFault fault = { 0 };
    SrTrace *trace = sr_trace_load(path, &fault);

    if (trace == NULL)
        fail_msg("%s: %s", path, fault.message);
    return trace;
}

static json_int_t
number(const Played *played, const char *list, size_t i)
{
    json_t *value = json_array_get(json_object_get(played->run, list), i);

    assert_true(json_is_integer(value));
    return json_integer_value(value);
}

static const char *
word(const Played *played, json_int_t i)
{
    const char *text =
        json_string_value(json_array_get(json_object_get(played->run, "words"), (size_t) i));

    assert_non_null(text);
    return text;
}

/* ---- the state ---- */

/* Applies the changes of event @event to @cells. @at, @gap: where the next one is, and its event. */
static void
change(const Played *played, json_int_t event, json_int_t *cells, size_t *at, json_int_t *next)
{
    size_t n = json_array_size(json_object_get(played->run, "changes"));

    while (*at < n && *next + number(played, "changes", *at) == event) {
        *next = event;
        cells[number(played, "changes", *at + 1)] = number(played, "changes", *at + 2);
        *at += 3;
    }
}

/* What a client's cells say, against the state that the library follows. */
static void
is_client(const Played *played, const SrTrace *trace, const SrMoments *moments,
          const json_int_t *cells, uint32_t i)
{
    const SrMomentClient *client = &moments->clients[i];
    g_autoptr(GString) want = g_string_new(sr_client_state_name((SrClientState) client->state));
    g_autofree char *conn =
        client->conn > 0 ? g_strdup_printf("%u", client->conn) : g_strdup("");

    if (client->state == SR_CLIENT_FAILED)
        g_string_append_printf(want, " (%s)", sr_reason_name((SrReason) client->reason));
    assert_string_equal(word(played, cells[i * 3]), want->str);
    g_string_truncate(want, 0);
    for (unsigned k = 0; k < client->n_keys; k++) {
        char hint[SR_HINT_TEXT_MAX];

        g_string_append_printf(
            want, "%s%.*s", k > 0 ? ", " : "",
            (int) trace->names.hint(trace->names.data, client->keys[k].hint, hint), hint);
    }
    assert_string_equal(word(played, cells[i * 3 + 1]), want->str);
    assert_string_equal(word(played, cells[i * 3 + 2]), conn);
}

static void
cells_are_the_state(void **state)
{
    const char *name = *state;
    g_autoptr(SrTrace) trace = load(name);
    g_auto(Played) played = play(trace, "title");
    g_autoptr(SrMoments) moments = sr_moments_new(trace);
    size_t n_cells = json_array_size(json_object_get(played.run, "start")), at = 0;
    g_autofree json_int_t *cells = g_new(json_int_t, n_cells);
    json_int_t next = 0;

    for (size_t i = 0; i < n_cells; i++)
        cells[i] = number(&played, "start", i);
    for (size_t i = 0; i < trace->n_records; i++) {
        sr_moments_step(moments);
        change(&played, (json_int_t) i, cells, &at, &next);
        for (uint32_t client = 0; client < moments->n_clients; client++)
            is_client(&played, trace, moments, cells, client);
        assert_int_equal(number(&played, "t", i), trace->records[i].t);
        assert_int_equal(number(&played, "node", i), trace->records[i].node);
    }
    assert_int_equal(at, json_array_size(json_object_get(played.run, "changes")));
}

/* The words in a row of a table at the end of the run. */
static char *
row_at_end(const Played *played, unsigned group, size_t row)
{
    json_t *it = json_array_get(json_object_get(played->run, "groups"), group);
    size_t cell = (size_t) json_integer_value(json_object_get(it, "first")) + row * 3;
    json_int_t words[3];

    for (unsigned c = 0; c < 3; c++)
        words[c] = number(played, "start", cell + c);
    for (size_t i = 0; i < json_array_size(json_object_get(played->run, "changes")); i += 3) {
        size_t changed = (size_t) number(played, "changes", i + 1);

        if (changed >= cell && changed < cell + 3)
            words[changed - cell] = number(played, "changes", i + 2);
    }
    return g_strdup_printf(
        "%s: %s | %s | %s",
        word(played, json_integer_value(json_array_get(json_object_get(it, "rows"), row))),
        word(played, words[0]), word(played, words[1]), word(played, words[2]));
}

/* How far clocks are off stands in the first line of the trace, and so before the first event. */
static void
clocks_are_told_at_the_start(void **state)
{
    g_autoptr(SrTrace) trace = load("tokens.sub-second-skew.ndjson");
    g_auto(Played) played = play(trace, "title");
    g_autofree char *server = row_at_end(&played, 2, 0), *signer = row_at_end(&played, 2, 1);

    (void) state;
    assert_int_equal(trace->server_ahead, 0);
    assert_int_equal(trace->signer_ahead, 700 * SR_NS_PER_MS);
    assert_string_equal(server, "server: 2023-06-01 00:00:00 UTC, at 531 ms | 0 ms | ");
    assert_string_equal(signer,
                        "token-provider: 2023-06-01 00:00:01 UTC, at 511 ms | 700 ms | ");
}

/* A run of which everything is known: worked out by hand from its trace. */
static void
a_lost_key_is_told(void **state)
{
    static const char *const rows[3][2] = {
        { "alice: collaborating | u1 | 1", "bob: failed (encryption) | u2 | " },
        { "the document:  | u1, by alice | ", NULL },
        { "server: 2023-06-01 00:00:00 UTC, at 148 ms |  | ",
          "token-provider: 2023-06-01 00:00:00 UTC, at 23 ms |  | " },
    };
    g_autoptr(SrTrace) trace = load("retention.on-new-key.ndjson");
    g_auto(Played) played = play(trace, "title");
    json_t *keys = json_object_get(played.run, "keys");

    (void) state;
    for (unsigned group = 0; group < 3; group++)
        for (size_t row = 0; row < 2 && rows[group][row] != NULL; row++) {
            g_autofree char *got = row_at_end(&played, group, row);
            assert_string_equal(got, rows[group][row]);
        }
    /* u1 is made, and goes when u2 is made, which stays. */
    assert_int_equal(json_array_size(keys), 10);
    assert_string_equal(word(&played, number(&played, "keys", 2)), "u1");
    assert_string_equal(word(&played, number(&played, "keys", 4)), "on-new-key");
    assert_int_equal(number(&played, "keys", 1), number(&played, "keys", 5) + 1);
    assert_int_equal(number(&played, "keys", 6), -1);
    assert_int_equal(json_array_size(json_object_get(played.run, "findings")), 3);
    json_int_t finding = number(&played, "findings", 1);
    assert_true(
        g_str_has_prefix(word(&played, number(&played, "says", (size_t) finding)),
                         "check failed: key-found: bob gave up on the announced hint u1"));
    assert_true(number(&played, "why", (size_t) finding) < finding);
    assert_int_equal(json_integer_value(json_object_get(played.run, "end")), trace->end.t);
}

static void
the_lines_are_those_of_the_trace(void **state)
{
    g_autoptr(SrTrace) trace = load("retention.on-new-key.ndjson");
    g_auto(Played) played = play(trace, "title");
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;

    (void) state;
    assert_true(g_file_get_contents(trace->path, &text, NULL, NULL));
    lines = g_strsplit(text, "\n", -1);
    for (size_t i = 0; i < trace->n_records; i++)
        assert_string_equal(played.lines[i], lines[i + 1]);
}

static void
the_same_trace_gives_the_same_bytes(void **state)
{
    g_autoptr(SrTrace) trace = load("upgrade.race.ndjson");
    g_auto(Played) one = play(trace, "title");
    g_auto(Played) two = play(trace, "title");

    (void) state;
    assert_string_equal(one.text, two.text);
}

/* ---- hostile text ---- */

/* clang-format off */
static const struct hostile_row {
    const char *name, *json; /* of a hint, in a trace */
} hostile_rows[] = {
    { "an end of the script", "</script><script>alert(1)</script>" },
    { "a comment", "<!--<script>" },
    { "a section", "]]>" },
    { "a reference", "&lt;&#60;&amp;" },
    { "an escaped tag", "\\u003c/script\\u003e" },
    { "controls", "\\u001b[31m\\u0000\\u0085\\n" },
    { "text that runs backwards", "\xe2\x80\xae" "txt" },
    { "separators", "\xe2\x80\xa8\xe2\x80\xa9" },
    { "no character", "\xef\xbf\xbe\xef\xbf\xbf" },
    { "a quote", "\\\"],\\\"x\\\":[\\\\" },
};
/* clang-format on */

/* A trace may leave out what others have. */
static void
a_key_without_hint_and_print_is_told(void **state)
{
    static const char text[] =
        "{\"type\":\"trace\",\"version\":\"0.1.0\",\"nodes\":[\"server\",\"token-provider\","
        "\"encryption-provider\",\"a\"]}\n"
        "{\"type\":\"event\",\"seq\":1,\"t\":0,\"node\":\"encryption-provider\",\"event\":"
        "\"key-made\"}\n"
        "{\"type\":\"event\",\"seq\":2,\"t\":5,\"node\":\"encryption-provider\",\"event\":"
        "\"send\",\"msg\":\"key\",\"to\":\"a\",\"id\":1}\n";
    SrTraceFault fault = { 0 };
    g_autoptr(SrTrace) trace = sr_trace_parse_log("log", text, strlen(text), &fault);

    (void) state;
    if (trace == NULL)
        fail_msg("%s", fault.message);
    g_auto(Played) played = play(trace, "");
    assert_string_equal(word(&played, number(&played, "keys", 2)), "no hint");
    assert_string_equal(word(&played, number(&played, "keys", 3)), "");
}

static SrTrace *
hostile_trace(const char *hint)
{
    g_autofree char *text = g_strdup_printf(
        "{\"type\":\"trace\",\"version\":\"0.1.0\",\"scenario\":\"%s\",\"source\":"
        "\"00000000000000000000000000000000\","
        "\"seed\":\"1\",\"nodes\":[\"server\",\"token-provider\",\"encryption-provider\",\"a\"]"
        "}\n"
        "{\"type\":\"event\",\"seq\":1,\"t\":0,\"node\":\"a\",\"event\":\"start\"}\n"
        "{\"type\":\"event\",\"seq\":2,\"t\":0,\"node\":\"encryption-provider\",\"event\":"
        "\"key-made\",\"hint\":\"%s\",\"key\":\"0011223344556677\"}\n",
        hint, hint);
    SrTraceFault fault = { 0 };
    SrTrace *trace = sr_trace_parse_log("log", text, strlen(text), &fault);

    if (trace == NULL)
        fail_msg("%s", fault.message);
    return trace;
}

static void
it_is_text(void **state)
{
    const struct hostile_row *row = *state;
    g_autoptr(SrTrace) trace = hostile_trace(row->json);
    g_auto(Played) played = play(trace, row->json);
    g_autofree char *line = g_strdup_printf("{\"hint\":\"%s\"}", row->json);
    json_t *wanted = json_loads(line, JSON_ALLOW_NUL, NULL);
    json_t *got = json_loads(played.lines[1], JSON_ALLOW_NUL, NULL);
    unsigned n_tags = 0;

    for (const char *at = played.text; (at = strchr(at, '<')) != NULL; at++)
        n_tags++;
    assert_int_equal(n_tags, 4); /* two elements */
    assert_null(strchr(played.lines[1], '&'));
    assert_true(g_utf8_validate(played.text, -1, NULL));
    for (const char *at = played.text; *at != '\0'; at += g_utf8_skip[(guchar) *at]) {
        gunichar c = g_utf8_get_char(at);

        assert_true(c == '\n' || c >= 0x20);
        assert_false((c >= 0x7f && c < 0xa0) || (c >= 0x2028 && c <= 0x202e) || c == 0xfffe ||
                     c == 0xffff);
    }
    /* The line still says the same. */
    assert_non_null(wanted);
    assert_non_null(got);
    assert_true(json_equal(json_object_get(wanted, "hint"), json_object_get(got, "hint")));
    json_decref(wanted);
    json_decref(got);
}

/* ---- the script ---- */

static void
the_policy_has_the_hash_of_the_script(void **state)
{
    const char *script = sr_player_script();
    g_autofree char *policy = sr_player_policy();
    unsigned char digest[32];
    unsigned n = 0;

    (void) state;
    assert_int_equal(EVP_Digest(script, strlen(script), digest, &n, EVP_sha256(), NULL), 1);
    g_autofree char *base64 = g_base64_encode(digest, n);
    g_autofree char *want = g_strconcat("sha256-", base64, NULL);
    assert_string_equal(policy, want);
}

/* What it is made from stands in it, and it neither ends its element nor speaks to the outside. */
static void
the_script_is_the_one_of_the_room(void **state)
{
    static const char *const absent[] = { "</",   "<!--",  "://",    "innerHTML",
                                          "eval", "fetch", "import", "document.write" };
    const char *script = sr_player_script();
    g_autofree char *path =
        g_build_filename(g_getenv("SR_SOURCE_ROOT"), "sim", "report", "player.js", NULL);
    g_autofree char *source = NULL;

    (void) state;
    assert_true(g_file_get_contents(path, &source, NULL, NULL));
    assert_non_null(strstr(script, source));
    for (size_t i = 0; i < G_N_ELEMENTS(absent); i++)
        if (strstr(script, absent[i]) != NULL)
            fail_msg("'%s' is in the script", absent[i]);
}

int
main(void)
{
    static const char *const traces[] = { "retention.on-new-key.ndjson",
                                          "owner.crashes-and-returns.ndjson",
                                          "upgrade.race.ndjson", "network.unordered.ndjson" };
    struct CMUnitTest tests[6 + G_N_ELEMENTS(traces) + G_N_ELEMENTS(hostile_rows)] = {
        cmocka_unit_test(clocks_are_told_at_the_start),
        cmocka_unit_test(a_lost_key_is_told),
        cmocka_unit_test(a_key_without_hint_and_print_is_told),
        cmocka_unit_test(the_lines_are_those_of_the_trace),
        cmocka_unit_test(the_same_trace_gives_the_same_bytes),
        cmocka_unit_test(the_policy_has_the_hash_of_the_script),
        cmocka_unit_test(the_script_is_the_one_of_the_room),
    };
    size_t n = 6;

    for (size_t i = 0; i < G_N_ELEMENTS(traces); i++)
        tests[n++] = (struct CMUnitTest){ .name = traces[i],
                                          .test_func = cells_are_the_state,
                                          .initial_state = (void *) (uintptr_t) traces[i] };
    for (size_t i = 0; i < G_N_ELEMENTS(hostile_rows); i++)
        tests[n++] =
            (struct CMUnitTest){ .name = hostile_rows[i].name,
                                 .test_func = it_is_text,
                                 .initial_state = (void *) (uintptr_t) &hostile_rows[i] };
    return cmocka_run_group_tests_name("player", tests, NULL, NULL) != 0;
}

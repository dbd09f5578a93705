/* Text of files that looks like a command of a CI system: whatever verb and format prints it for
 * people, no line begins with `::`, and none holds `##[`.
 *
 * Each shell line finds in its folder scenarios (good, bad, broken), traces (good, bad, and a
 * log of messages alone) and results of sweeps, which hold $H wherever a file can hold text; one more
 * scenario is called $H.ini. */
#include "shell.h"

#include "report/sweep-file.h"

/* Neither blank before `##`: the rest of a scenario's line would be a comment. The long ones are
 * broken between lines where a form is of fixed width, at each of three places. */
#define REPEATED "::b::b::b::b::b::b::b::b::b::b::b::b::b::b::b::b::b::b::b::b::b::b::b::b::b"
static const char *const hostile[] = {
    "::set-output name=x::pwned",
    "a##[error]pwned",
    "pwned :: ::error::##[a #[error] ##",
    "pwned ::b ::b ::b ::b ::b ::b ::b ::b ::b ::b ::b ::b ::b ::b ::b ::b ::b ::b ::b ::b ::b",
    "pwned" REPEATED REPEATED,
    "pwned-" REPEATED REPEATED,
    "pwned--" REPEATED REPEATED,
};

static const char *now; /* of them */

/* ---- what is in the folder ---- */

static void G_GNUC_PRINTF(3, 4)
    put(const char *folder, const char *name, const char *format, ...)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autofree char *text = NULL;
    va_list arguments;

    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void
put_scenarios(const char *folder)
{
    static const char clients[] = "[client alice]\n[client bob]\nstart = 12ms\n";
    g_autofree char *own_name = g_strdup_printf("%s.ini", now);

    put(folder, "good.ini", "[scenario]\ntitle = %s\ndescription = %s\n%s", now, now, clients);
    put(folder, "bad.ini",
        "[scenario]\ntitle = %s\ndescription = %s\n[network]\nlatency = 10ms\n"
        "[encryption-provider]\nretention = on-new-key\n%s[study]\nseeds = 1..9\n",
        now, now, clients);
    put(folder, own_name, "[scenario]\ntitle = %s\n[client %s]\nstart = %s\n", now, now, now);
    put(folder, "broken.ini",
        "%s\n%s = 1\n[%s]\n[client %s]\nstart = %s\ntitle = x\n[network]\nlatency = "
        "empirical(\"%s\")\n[link %s *]\n[timeline]\n%s = crash server\n1s = crash %s\n1s = "
        "%s\n"
        "[expect]\nwinner = %s\nverdict = fail(%s)\n[study]\nvary %s = 1 | 2\nvary "
        "client.start = %s | x\nrequire = %s\n",
        now, now, now, now, now, now, now, now, now, now, now, now, now, now, now);
}

/* Messages alone, of nodes and keys that are called as no scenario may call them. */
static void
put_log(const char *folder)
{
    put(folder, "log.ndjson",
        "{\"type\":\"event\",\"t\":0,\"node\":\"%s\",\"event\":\"send\",\"msg\":\"token-"
        "request\",\"to\":"
        "\"token-provider\",\"id\":1}\n"
        "{\"type\":\"event\",\"t\":1,\"node\":\"token-provider\",\"event\":\"receive\",\"msg\":"
        "\"token-request\",\"from\":\"%s\",\"id\":1}\n"
        "{\"type\":\"event\",\"t\":2,\"node\":\"%s\",\"event\":\"send\",\"msg\":\"key-"
        "request\",\"to\":"
        "\"encryption-provider\",\"id\":2,\"hint\":\"%s\"}\n",
        now, now, now, now);
    put(folder, "broken.ndjson",
        "{\"type\":\"event\",\"t\":0,\"node\":\"%s\",\"event\":\"%s\"}\n", now, now);
    put(folder, "other.ndjson", "{\"%s\":\"%s\"}\n", now, now);
    put(folder, "none.ndjson", "%s\n", now);
}

static void
put_result(const char *folder, const char *name, uint64_t n_points, uint64_t last)
{
    SrSweepHead head = {
        .version = (char *) (uintptr_t) now,
        .scenario = (char *) (uintptr_t) now,
        .source = (char *) (uintptr_t) "0123456789abcdef0123456789abcdef",
        .seeds = { 1, 9 },
        .n_points = n_points,
    };
    const SrSeedRange part = { 1, last };
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(SrSweepRow) row = sr_sweep_row_new();
    SrSweepWriter *writer = sr_sweep_writer_new(&head, out);

    for (uint64_t seed = 1; seed <= last; seed++) {
        row->counters[SR_COUNTER_RUNS]++;
        sr_sweep_row_note(row, SR_SHARE_FAILED, seed);
        sr_sweep_row_note(row, SR_SHARE_UNEXPECTED, seed);
        sr_sweep_row_note(row, SR_SHARE_CHECK + SR_CHECK_KEY_KEPT, seed);
    }
    for (uint64_t point = 0; point < n_points; point++) {
        g_autoptr(GPtrArray) at = g_ptr_array_new_with_free_func(g_free);

        g_ptr_array_add(at, g_strdup_printf("%s.%s=%s", now, now, now));
        g_ptr_array_add(at, g_strdup_printf("%s=%" G_GUINT64_FORMAT, now, point));
        sr_sweep_writer_add(writer, point, at, &part, 1, row, out);
    }
    sr_sweep_writer_end(writer, out);
    assert_true(g_file_set_contents(path, out->str, (gssize) out->len, NULL));
}

static void
fill(const char *folder)
{
    put_scenarios(folder);
    put_log(folder);
    put_result(folder, "few.result", 2, 9);
    put_result(folder, "many.result", 60, 9);
    put_result(folder, "part.result", 60, 5);
    put(folder, "broken.result",
        "{\"type\":\"sweep\",\"format\":2,\"version\":\"%s\",\"%s\":0}\n", now, now);
}

/* ---- every verb and format ---- */

/* clang-format off */
static const char *const scripts[] = {
    "session-race run good.ini",
    "session-race run bad.ini",
    "session-race run good.ini bad.ini",
    "session-race run broken.ini",
    "session-race run \"$H.ini\"",
    "session-race run \"$H\"",
    "session-race run --set \"$H\" good.ini",
    "session-race run --set \"network.latency=$H\" good.ini",
    "session-race run --set \"scenario.description=$H\" bad.ini",
    "session-race run -f human bad.ini",
    "session-race run -f human good.ini bad.ini",
    "session-race run -f tap good.ini bad.ini",
    "session-race run -f junit good.ini bad.ini",
    "session-race run -f json good.ini bad.ini",
    "session-race run -f github good.ini bad.ini",
    "session-race run -f human -t - good.ini",
    "session-race check good.ini bad.ini",
    "session-race check broken.ini \"$H.ini\"",
    "session-race check -f human broken.ini \"$H.ini\"",
    "session-race check --json good.ini",
    "session-race check \"$H.result\" few.result bad.ndjson",
    "session-race sweep bad.ini -f human",
    "session-race sweep bad.ini -f json",
    "session-race sweep bad.ini -f csv",
    "session-race sweep bad.ini -f markdown --require 'runs(failed) < 1%'",
    "session-race sweep --require \"runs($H) < 1%\" bad.ini",
    "session-race sweep broken.ini",
    "session-race sweep --vary \"$H=1 | 2\" bad.ini",
    "session-race sweep --vary 'network.latency=5ms..300ms step 5ms' -f human bad.ini",
    "session-race sweep --vary 'network.latency=5ms|6ms' --require \"$H\" -f human bad.ini",
    "session-race sweep --shrink . -o x.result bad.ini",
    "session-race explore good.ini",
    "session-race explore bad.ini",
    "session-race explore -f json bad.ini",
    "session-race shrink bad.ini",
    "session-race shrink good.ini",
    "session-race advise --seeds 1..99 good.ini",
    "session-race advise --seeds 1..99 -f json good.ini",
    "session-race advise --seeds 1..99 bad.ini",
    "session-race verify good.ndjson bad.ndjson",
    "session-race verify -f json good.ndjson bad.ndjson",
    "session-race verify --scenario bad.ini good.ndjson",
    "session-race verify log.ndjson",
    "session-race verify -f json log.ndjson",
    "session-race verify broken.ndjson",
    "session-race verify other.ndjson none.ndjson",
    "session-race verify none.ndjson",
    "session-race diff good.ndjson bad.ndjson",
    "session-race diff -f json good.ndjson bad.ndjson",
    "session-race diff good.ndjson log.ndjson",
    "session-race diff log.ndjson broken.ndjson",
    "session-race diagram --as text bad.ndjson",
    "session-race diagram --as mermaid bad.ndjson",
    "session-race diagram --as svg bad.ndjson",
    "session-race diagram --as perfetto bad.ndjson",
    "session-race diagram --as text log.ndjson",
    "session-race diagram --as mermaid log.ndjson",
    "session-race diagram --as svg log.ndjson",
    "session-race diagram --as perfetto log.ndjson",
    "session-race diagram broken.ndjson",
    "session-race diagram --nodes \"$H\" bad.ndjson",
    "session-race report good.ini bad.ini good.ndjson bad.ndjson",
    "session-race report broken.ini",
    "session-race report broken.ndjson",
    "session-race plot timeline good.ndjson",
    "session-race plot failures few.result",
    "session-race plot failures \"$H\"",
    "session-race plot failures --x \"$H\" few.result",
    "session-race plot \"$H\" few.result",
    "session-race merge -f human few.result",
    "session-race merge -f human many.result",
    "session-race merge -f human part.result",
    "session-race merge -f csv few.result",
    "session-race merge -f markdown many.result",
    "session-race merge few.result",
    "session-race merge few.result many.result",
    "session-race merge many.result part.result",
    "session-race merge broken.result",
    "session-race merge --scenario bad.ini few.result",
    "session-race keys \"$H\"",
    "session-race new \"$H\"",
    "session-race \"$H\"",
    "session-race run \"--$H\"",
};
/* clang-format on */

/* An annotation of the format github is a command that is meant. */
static void
obeys_nothing(const char *script, const char *text)
{
    g_auto(GStrv) lines = g_strsplit_set(text, "\n\r", -1);

    for (size_t i = 0; lines[i] != NULL; i++) {
        char *line = lines[i];

        while (g_unichar_isspace(g_utf8_get_char(line)))
            line = g_utf8_next_char(line);
        if (strstr(line, "##[") != NULL ||
            (g_str_has_prefix(line, "::") && !g_str_has_prefix(line, "::error file=")))
            fail_msg("%s\nwith H='%s' a line is a command: %s", script, now, lines[i]);
    }
}

static void
no_line_is_a_command(void **state)
{
    g_autofree char *before = NULL;
    void *folder = NULL;

    now = *state;
    before = g_strdup_printf("export GITHUB_ACTIONS=true; H='%s'; ", now);
    shell_frame.before = before;
    shell_enter(&folder);
    g_auto(Did) traces = shell_run(folder, "session-race run -q -t good.ndjson good.ini; "
                                           "session-race run -q -t bad.ndjson bad.ini");

    assert_int_equal(traces.status, 1);
    for (size_t i = 0; i < G_N_ELEMENTS(scripts); i++) {
        /* What is of fixed width is broken at other places of the longest. */
        if (strstr(now, "pwned-") != NULL && strstr(scripts[i], "diagram") == NULL)
            continue;
        g_auto(Did) did = shell_run(folder, scripts[i]);

        assert_true(did.status <= 4);
        assert_true(*did.out != '\0' || *did.err != '\0');
        obeys_nothing(scripts[i], did.out);
        obeys_nothing(scripts[i], did.err);
    }
    shell_leave(&folder);
}

int
main(void)
{
    struct CMUnitTest tests[G_N_ELEMENTS(hostile)];

    shell_frame.fill = fill;
    for (size_t i = 0; i < G_N_ELEMENTS(hostile); i++)
        tests[i] = (struct CMUnitTest){ .name = hostile[i],
                                        .test_func = no_line_is_a_command,
                                        .initial_state = (void *) (uintptr_t) hostile[i] };
    return cmocka_run_group_tests_name("hostile text", tests, NULL, NULL) != 0;
}

/* Traces of runs whose token provider was a signer of the user's own: what it does is explained, and
 * each change of its lines is refused. */
#include "../exec/exec-fixture.h"

#include "verify/verify-fixture.h"

#define SCENARIO                                                                               \
    "[token-provider]\nkind = exec\nio = 2ms\n[network]\nlatency = 10ms\n[client alice]\n"     \
    "[client bob]\nstart = 12ms\n"

/* Returns: (transfer full): the trace of a run with the signer in @mode */
static GString *
play(const char *mode)
{
    g_autofree char *program = g_shell_quote(g_getenv("SR_SIGNER"));
    g_autofree char *command = g_strconcat(program, " ", mode, NULL);
    g_autoptr(SrExec) exec = sr_exec_new(&(SrExecOptions){
        .command = command, .role = SR_EXEC_TOKENS, .log = -1, .deadline = 5 * SR_NS_PER_S });
    g_autoptr(SrScenario) scenario = fixture_parse(SCENARIO);
    g_autoptr(SrRun) run = sr_run_new(scenario);
    g_autoptr(GError) error = NULL;
    GString *text = g_string_new(NULL);
    SrRunOptions options = { .signer = exec, .trace = fixture_flush, .trace_data = text };
    SrRunResult result;

    if (!sr_run_execute(run, 1, &options, &result, &error))
        fail_msg("%s", error->message);
    return text;
}

/* What is done to the first line that has @at. */
typedef enum { NOTHING, REMOVE, AGAIN } Change;

/* clang-format off */
static const struct row {
    const char *name, *mode, *at;
    Change change;
    const char *why; /* a part of it; NULL: it is explained */
} rows[] = {
    { "a signer that waits", "waits", NULL, NOTHING, NULL },
    { "one that refuses", "refuses", NULL, NOTHING, NULL },
    { "one whose tokens are not good", "changed", NULL, NOTHING, NULL },
    { "one whose tokens nobody can read", "garbage-token", NULL, NOTHING, NULL },
    { "one that breaks", "twice", NULL, NOTHING, NULL },
    { "a token that is not signed", "good", "\"event\":\"token-signed\"", REMOVE, "has not signed that token" },
    { "a token signed twice", "good", "\"event\":\"token-signed\"", AGAIN, "the token that was signed is sent first" },
    { "a token that is not sent", "good", "\"event\":\"send\",\"msg\":\"token\"", REMOVE, "the token that was signed is sent first" },
    { "a request that did not come", "good", "\"node\":\"token-provider\",\"event\":\"receive\"", REMOVE, "no such request open" },
    { "a refusal that is not noted", "refuses", "\"event\":\"refused\"", REMOVE, "or refused one right before" },
    { "a refusal that is not sent", "refuses", "\"event\":\"send\",\"msg\":\"token-refused\"", REMOVE, "the refusal is not sent" },
    { "a wake without its wait", "waits", "\"event\":\"waits\"", REMOVE, "does not wait for that" },
    { "a wake twice", "waits", "\"event\":\"wakes\"", AGAIN, "does not wait for that" },
    { "it breaks twice", "twice", "\"event\":\"provider-broke\"", AGAIN, "has broken before" },
};
/* clang-format on */

static void
a_trace_is_explained_or_refused(void **state)
{
    const struct row *row = *state;
    g_autoptr(GString) text = play(row->mode);
    g_autoptr(GPtrArray) lines = fixture_lines(text);
    const SrVerifyOptions none = { 0 };
    guint i = 1;

    while (row->at != NULL && strstr(g_ptr_array_index(lines, i), row->at) == NULL)
        assert_true(++i < lines->len);
    if (row->change == REMOVE)
        g_ptr_array_remove_index(lines, i);
    else if (row->change == AGAIN)
        g_ptr_array_insert(lines, (gint) i + 1, g_strdup(g_ptr_array_index(lines, i)));
    fixture_renumber_messages(lines);
    fixture_repair(lines);

    g_autoptr(GString) changed = fixture_join(lines);
    g_autoptr(SrTrace) trace = fixture_read(changed);
    g_autoptr(SrVerified) found = sr_verify(trace, &none);

    assert_true(trace->own_signer);
    assert_false(trace->own_provider);
    if (found->explained != (row->why == NULL) ||
        (row->why != NULL && strstr(found->why, row->why) == NULL))
        fail_msg("%s\n%s", found->explained ? "explained" : found->why, changed->str);
    /* What a signer leaves open are no keys. */
    for (guint k = 0; k < found->notes->len; k++)
        assert_null(strstr(g_ptr_array_index(found->notes, k), "key"));
    if (row->why == NULL)
        assert_int_equal(sr_verified_failed(found), trace->end.failed);
}

int
main(void)
{
    struct CMUnitTest tests[G_N_ELEMENTS(rows)];

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        tests[i] = (struct CMUnitTest){ .name = rows[i].name,
                                        .test_func = a_trace_is_explained_or_refused,
                                        .initial_state = (void *) (uintptr_t) &rows[i] };
    return cmocka_run_group_tests_name("a signer's lines", tests, fixture_ignore_sigpipe,
                                       NULL) != 0;
}

/* Verification looks up hints by document and messages by id in tables that stay flat. */
#include "verify/verify-fixture.h"

static unsigned n_compared;

/* GLib compares two keys only where their hashes are equal, so that this counts collisions. It
 * takes the place of GLib's own for the whole program. */
gboolean
g_int64_equal(gconstpointer a, gconstpointer b)
{
    n_compared++;
    return *(const gint64 *) a == *(const gint64 *) b;
}

#define N 500

/* Verifies the log @text and counts comparisons. */
static void
count(const GString *text)
{
    const SrVerifyOptions options = { 0 };
    SrTraceFault fault;
    g_autoptr(SrTrace) trace = sr_trace_parse_log("log", text->str, text->len, &fault);

    if (trace == NULL)
        fail_msg("line %u: %s", (unsigned) fault.line, fault.message);
    n_compared = 0;
    g_autoptr(SrVerified) found = sr_verify(trace, &options);
    assert_non_null(found);
}

/* The provider gives the keys of all documents one hint. Each hint is looked up by its line twice,
 * once for the rules and once for the checks, and compared with itself alone. */
static void
documents_with_one_hint_do_not_collide(void **state)
{
    g_autoptr(GString) text = g_string_new(
        "{\"type\":\"trace\",\"nodes\":[\"server\",\"token-provider\",\"encryption-provider\","
        "\"a\"]}\n");

    (void) state;
    for (unsigned i = 0; i < N; i++)
        g_string_append_printf(text,
                               "{\"type\":\"event\",\"node\":\"encryption-provider\",\"event\":"
                               "\"key-made\",\"hint\":\"u1\",\"document\":\"d%u\"}\n",
                               i);
    count(text);
    assert_in_range(n_compared, N, 3 * N);
}

/* Ids that differ in their upper half alone. */
static void
ids_with_one_lower_half_do_not_collide(void **state)
{
    g_autoptr(GString) text = g_string_new(
        "{\"type\":\"trace\",\"nodes\":[\"server\",\"token-provider\",\"encryption-provider\","
        "\"a\"]}\n");

    (void) state;
    for (unsigned i = 1; i <= N; i++)
        g_string_append_printf(
            text,
            "{\"type\":\"event\",\"node\":\"a\",\"event\":\"send\",\"msg\":"
            "\"token-request\",\"to\":\"token-provider\",\"id\":%" PRIu64 "}\n"
            "{\"type\":\"event\",\"node\":\"token-provider\",\"event\":"
            "\"receive\",\"msg\":\"token-request\",\"from\":\"a\",\"id\":%" PRIu64 "}\n",
            (uint64_t) i << 32, (uint64_t) i << 32);
    count(text);
    assert_in_range(n_compared, N, 4 * N);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_with_one_hint_do_not_collide),
        cmocka_unit_test(ids_with_one_lower_half_do_not_collide),
    };

    return cmocka_run_group_tests_name("collisions", tests, NULL, NULL) != 0;
}

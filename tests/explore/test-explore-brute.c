/* The search of all orders against the plain one of brute.h: what is found and counted without
 * savings is the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "explore/compare.h"
#include "explore/explore-fixture.h"

/* Two clients, each of which is answered by the copy of the store that it names. */
#define REGIONS(first, second)                                                                 \
    "[client a]\nreplica = " first "\n[client b]\nreplica = " second                           \
    "\n[token-provider]\nenabled = no\n[encryption-provider]\n"

/* clang-format off */
static const struct row {
    const char *name, *lines;
    CompareOptions options; /* crashes, disconnects, expirations, counts */
} rows[] = {
    { "keys kept for ever", "[encryption-provider]\nretention = forever\n", { 0 } },
    { "keys kept for ever, and a crash", "[encryption-provider]\nretention = forever\n", { .crashes = 1 } },
    { "keys kept until settled", "[encryption-provider]\nretention = until-settled\n", { 0 } },
    { "keys kept until settled, and a crash", "[encryption-provider]\nretention = until-settled\n", { .crashes = 1 } },
    { "the newest key only", "[encryption-provider]\nretention = on-new-key\n", { 0 } },
    { "the newest key only, and a crash", "[encryption-provider]\nretention = on-new-key\n", { .crashes = 1 } },
    { "derived keys", "[encryption-provider]\nkind = derived\n", { .crashes = 1 } },
    { "derived keys, and a rotation", "[encryption-provider]\nkind = derived\nrotate-master = 1h\n", { 0 } },
    { "another key each time", "[encryption-provider]\nkind = unstable\n", { 0 } },
    { "one key for all", "[encryption-provider]\nkind = static\n", { .crashes = 1 } },
    { "an owner that is waited for", "[server]\non-owner-lost = wait\n", { .crashes = 1 } },
    { "a rejected client is promoted", "[server]\non-owner-lost = promote\n", { .disconnects = 1 } },
    { "pending clients", "[server]\nwhile-creating = pending\n", { .crashes = 1 } },
    { "no tokens", "[token-provider]\nenabled = no\n", { .crashes = 1 } },
    { "a token expires", "", { .expirations = 1 } },
    { "a connection is lost, and seen late", "[server]\ndetect-loss = 1s\n", { .disconnects = 1 } },
    { "an older session", "[document d]\nprevious = yes\n", { .crashes = 1 } },
    { "a key is handed out again", "[encryption-provider]\nreuse = 1h\n", { .crashes = 1 } },
    { "… by a store that looks and makes apart", "[encryption-provider]\nreuse = 1h\natomic = no\n", { 0 } },
    { "a replica", "[encryption-provider]\nreplicas = 2\n", { 0 } },
    { "hints are instants", "[encryption-provider]\nhint = timestamp(1s)\n", { 0 } },
    { "hints are instants, and keys are handed out again", "[encryption-provider]\nhint = timestamp(1s)\nreuse = 1h\n", { 0 } },
    { "no hints", "[encryption-provider]\nhint = none\n", { .crashes = 1 } },
    { "keys that grow old", "[encryption-provider]\nretention = for(1min)\n", { 0 } },
    { "no hints, and keys that grow old only by chance", "[encryption-provider]\nhint = none\nretention = for(1min)\n[token-provider]\nenabled = no\n", { .crashes = 1 } },
    { "two regions", REGIONS("1", "2") "replicas = 2\n", { .crashes = 1 } },
    { "two clients in a region that lags", REGIONS("2", "2") "replicas = 2\n", { 0 } },
    { "two regions, and keys that are discarded", REGIONS("1", "2") "replicas = 2\nretention = on-new-key\n", { 0 } },
    { "one region, and a client that asks anywhere", REGIONS("2", "any") "replicas = 2\n", { .counts = true } },
    { "three copies, and the middle one is asked", REGIONS("2", "3") "replicas = 3\n", { 0 } },
    { "retries are counted", "[encryption-provider]\nreplicas = 2\n", { .counts = true } },
};
/* clang-format on */

static void
counts_alike(void **state)
{
    const struct row *row = *state;
    bool names = strstr(row->lines, "[client ") != NULL;
    g_autoptr(SrScenario) scenario = fixture_scenario(row->lines, names ? 0 : 2);
    g_autoptr(GString) differences = g_string_new(NULL);
    Compared compared;

    compare_searches(scenario, &row->options, &compared, differences);
    assert_true(compared.complete);
    assert_string_equal(differences->str, "");
}

int
main(void)
{
    struct CMUnitTest tests[G_N_ELEMENTS(rows)];

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        tests[i] = (struct CMUnitTest){ .name = rows[i].name,
                                        .test_func = counts_alike,
                                        .initial_state = (void *) (uintptr_t) &rows[i] };
    return cmocka_run_group_tests_name("every order, plainly", tests, NULL, NULL) != 0;
}

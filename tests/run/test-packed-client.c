/* A client that fits the packed form comes out of it as it went in, byte for byte; and who does
 * what the protocol is for, without trouble, fits it from beginning to end. */
#include "run/run-fixture.h"

#include "run/run-private.h"
#include "session-race/stream.h"

#define EPOCH INT64_C(1685577600)

/* Returns: whether @client fits; fails the test if it is not what it was afterwards */
static bool
packs(const SrClient *client, int64_t epoch_s)
{
    SrPackedClient packed;
    SrClient unpacked;

    memset(&packed, 0xa5, sizeof packed);
    memset(&unpacked, 0xa5, sizeof unpacked);
    if (!sr_packed_client_set(&packed, client, epoch_s))
        return false;
    assert_false(packed.whole);
    assert_int_equal(packed.state, client->state);
    assert_int_equal(packed.conn, client->conn);
    assert_int_equal(packed.first_request, client->first_request);
    sr_packed_client_get(&packed, &unpacked, epoch_s);
    assert_memory_equal(&unpacked, client, sizeof *client);
    return true;
}

/* ---- clients that nobody has met ---- */

static uint32_t
draw(SrStream *stream, uint32_t below)
{
    return (uint32_t) sr_stream_below(stream, below);
}

/* One of few numbers, so that fields are often equal. */
static uint32_t
draw_few(SrStream *stream)
{
    static const uint32_t few[] = { 0, 0, 0, 7, 7, 9, UINT32_MAX };

    return few[draw(stream, G_N_ELEMENTS(few))];
}

static uint32_t
draw_count(SrStream *stream)
{
    static const uint32_t counts[] = { 0, 1, 2, 3, 15, 16, 255, 256, UINT32_MAX };

    return counts[draw(stream, draw(stream, 16) == 0 ? G_N_ELEMENTS(counts) : 4)];
}

/* A client of whom each field is sometimes odd. */
static SrClient
random_client(SrStream *stream)
{
    SrClient client;
    uint32_t odd = draw(stream, 4) == 0 ? 1u << draw(stream, 12) : 0;

    memset(&client, 0, sizeof client);
    client.state = (uint8_t) draw(stream, SR_CLIENT_STATE_N);
    client.reason = (uint8_t) draw(stream, SR_REASON_N);
    client.open = sr_client_state_is_open(client.state) != (odd >> 0 & 1);
    client.fresh_token = draw(stream, 2) != 0;
    client.has_token = draw(stream, 2) != 0;
    if (client.has_token || (odd >> 1 & 1))
        client.token = EPOCH - 100 + draw(stream, 200) + (odd >> 2 & 1) * (INT64_C(1) << 40);
    client.conn = draw_count(stream);
    client.requests = draw_count(stream);
    client.first_request = draw_count(stream);
    client.seals = draw_count(stream);
    client.awaits = client.requests - draw(stream, 5);
    client.renews = draw(stream, 2) != 0 ? 0 : client.requests - draw(stream, 9);
    client.own_hint = draw_few(stream);
    client.own_key = client.own_hint != 0 ? client.own_hint + 1000 : draw_few(stream);
    client.own_counter = draw(stream, 2) != 0 ? client.seals : draw_count(stream);
    client.known = draw_few(stream);
    client.target = draw_few(stream);
    client.target_key = draw(stream, 2) != 0 ? 0 : client.target + 1000;
    client.won = draw(stream, 3) != 0 ? 0 : draw_few(stream);
    client.settled = draw(stream, 3) != 0 ? 0 : draw_few(stream);
    for (unsigned i = 0; i < SR_CLIENT_KEYS_HELD; i++)
        if (draw(stream, 3) == 0)
            client.held[i] = (SrHeldKey){ .hint = client.own_hint, .key = client.own_key };
        else if (draw(stream, 3) == 0)
            client.held[i] = (SrHeldKey){ .hint = draw_few(stream), .key = 1007 };
    client.held_next = (uint8_t) draw(stream, SR_CLIENT_KEYS_HELD);
    client.held_derived = (uint8_t) draw(stream, 1u << SR_CLIENT_KEYS_HELD);
    client.tries = draw_count(stream);
    client.connect_tries = draw_count(stream);
    client.reconnect_tries = draw_count(stream);
    client.has_old = odd >> 3 & 1;
    client.awaits_old = odd >> 4 & 1;
    client.tries_old = odd >> 5 & 1;
    client.old_hint = odd >> 6 & 1;
    client.old_key = odd >> 7 & 1;
    client.old_content_key = odd >> 8 & 1;
    client.old_content_sealer = odd >> 9 & 1;
    client.old_content_counter = odd >> 10 & 1;
    return client;
}

static void
random_clients(void **state)
{
    SrStream stream = sr_stream_at(1, 1);
    unsigned n = 0;

    (void) state;
    for (unsigned i = 0; i < 200000; i++) {
        SrClient client = random_client(&stream);

        n += packs(&client, EPOCH);
    }
    assert_in_range(n, 1000, 199000);
}

/* From one that fits, each byte of each field changed at a time: it fits no more, or is still
 * told apart. */
static void
every_byte_counts(void **state)
{
    SrClient usual;
    unsigned n = 0;

    (void) state;
    memset(&usual, 0, sizeof usual);
    usual.state = SR_CLIENT_JOINING;
    usual.open = usual.has_token = true;
    usual.token = EPOCH + 3;
    usual.conn = 1;
    usual.requests = usual.settled = 3;
    usual.seals = usual.own_counter = 1;
    usual.own_hint = 5;
    usual.own_key = 6;
    usual.known = usual.target = 3;
    usual.target_key = 4;
    usual.held[0] = (SrHeldKey){ 5, 6 };
    usual.held[1] = (SrHeldKey){ 3, 4 };
    usual.held_next = 2;
    usual.held_derived = 3;
    assert_true(packs(&usual, EPOCH));
    for (size_t at = 0; at < sizeof usual; at++)
        for (unsigned bit = 0; bit < 8; bit++) {
            bool is_bool =
                at == offsetof(SrClient, open) || at == offsetof(SrClient, has_old) ||
                at == offsetof(SrClient, has_token) || at == offsetof(SrClient, fresh_token);
            SrClient other = usual;

            if (is_bool && bit != 0)
                continue;
            ((uint8_t *) &other)[at] ^= (uint8_t) (1u << bit);
            n += packs(&other, EPOCH);
        }
    assert_in_range(n, 20, 400);
}

/* ---- clients that are met in runs ---- */

struct watch {
    const SrRun *run;
    unsigned n_met, n_fit;
};

static void
meet(struct watch *watch, uint32_t node)
{
    if (node < SR_NODE_FIRST_CLIENT || node == SR_NODE_NONE)
        return;
    watch->n_met++;
    watch->n_fit +=
        packs(&watch->run->clients[node - SR_NODE_FIRST_CLIENT], watch->run->scenario->epoch_s);
}

/* In the middle of a step a client is neither what it was nor what it will be; before it takes a
 * message it is whole. */
static void
observe(void *data, const SrRecord *record)
{
    if (record->event == SR_EVENT_RECEIVE)
        meet(data, record->node);
}

static struct watch
play(const char *name, unsigned n_seeds)
{
    g_autofree char *path = g_build_filename(g_getenv("SR_SOURCE_ROOT"), name, NULL);
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
    g_autoptr(SrScenario) scenario = NULL;
    struct watch watch = { 0 };
    SrRunOptions options = { .sink = observe, .sink_data = &watch };
    static SrRunResult result;

    assert_int_equal(sr_scenario_load(path, NULL, 0, &scenario, diagnostics), SR_LOAD_OK);

    g_autoptr(SrRun) run = sr_run_new_large(scenario, UINT32_MAX);

    watch.run = run;
    for (unsigned i = 0; i < n_seeds; i++)
        assert_true(sr_run_execute(run, scenario->seed + i, &options, &result, NULL));
    watch.run = NULL;
    return watch;
}

static void
shipped_scenarios(void **state)
{
    g_autofree char *list =
        g_build_filename(g_getenv("SR_SOURCE_ROOT"), "tests/golden/digests", NULL);
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    unsigned n_met = 0;

    (void) state;
    assert_true(g_file_get_contents(list, &text, NULL, NULL));
    lines = g_strsplit(g_strchomp(text), "\n", -1);
    for (unsigned i = 0; lines[i] != NULL; i++)
        n_met += play(lines[i] + 34, 2).n_met;
    assert_in_range(n_met, 4000, UINT32_MAX);
}

static void
a_plain_race_fits(void **state)
{
    static const char *const names[] = {
        "scenarios/steps/broadcast-before-rejection.ini",
        "scenarios/steps/cached-keys.ini",
        "scenarios/steps/early-continue.ini",
        "scenarios/steps/hundred-clients.ini",
        "scenarios/steps/late-joiner.ini",
        "scenarios/steps/pending.ini",
        "scenarios/steps/two-documents.ini",
        "scenarios/steps/without-tokens.ini",
        "scenarios/retention/until-settled.ini",
        "scenarios/steps/early-adopt.ini",
        "scenarios/steps/staggered.ini",
        "scenarios/tokens/renewed-in-mid-race.ini",
        "scenarios/network/reconnect.ini",
    };

    (void) state;
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        struct watch watch = play(names[i], 5);

        if (watch.n_fit != watch.n_met)
            fail_msg("%s: of %u clients that were met %u fit", names[i], watch.n_met,
                     watch.n_fit);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_clients),
        cmocka_unit_test(every_byte_counts),
        cmocka_unit_test(shipped_scenarios),
        cmocka_unit_test(a_plain_race_fits),
    };

    return cmocka_run_group_tests_name("packed clients", tests, NULL, NULL) != 0;
}

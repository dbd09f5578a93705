/* A model: what the file says is what the core gets, client by client and direction by
 * direction. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <string.h>

#include "model/model.h"

static SrScenario *
parse(const char *text)
{
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
    SrScenario *scenario =
        sr_scenario_parse("test.ini", text, strlen(text), NULL, 0, diagnostics);

    assert_non_null(scenario);
    return scenario;
}

static void
clients_know_where_their_settings_are(void **state)
{
    g_autoptr(SrScenario) scenario =
        parse("[document x]\n[document y]\n[client a]\ndocument = y\n[client fan]\ncount = 3\n"
              "document = x\nearly-available = continue\npatience = 5s\n");
    g_autoptr(SrModel) model = sr_model_new(scenario);

    (void) state;
    assert_int_equal(model->n_clients, 4);
    assert_int_equal(model->n_documents, 2);
    assert_int_equal(model->client_document[0], 1);
    assert_int_equal(model->client_document[3], 0);
    assert_int_equal(sr_model_group(model, 3), 1);
    assert_true(model->settings[0].adopt && !model->settings[1].adopt);
    assert_int_equal(model->settings[0].patience, SR_TIME_NEVER);
    assert_int_equal(model->settings[1].patience, 5 * SR_NS_PER_S);
    assert_true(sr_model_hash(model, 1) != sr_model_hash(model, 2));
}

static void
links_are_resolved_for_groups_and_for_members(void **state)
{
    g_autoptr(SrScenario) plain = parse("[network]\nlatency = 7ms\n[link fan -> "
                                        "server]\nlatency = 3ms\n[client fan]\ncount = 1000\n");
    g_autoptr(SrScenario) member = parse("[network]\nlatency = 7ms\n[link fan-2 -> "
                                         "server]\nlatency = 3ms\n[client fan]\ncount = 3\n");
    g_autoptr(SrModel) by_group = sr_model_new(plain);
    g_autoptr(SrModel) by_member = sr_model_new(member);
    uint32_t out = SR_DIRECTION_OUT(SR_NODE_SERVER), in = SR_DIRECTION_IN(SR_NODE_SERVER);

    (void) state;
    assert_int_equal(by_group->n_link_sets, 1);
    assert_int_equal(sr_model_links(by_group, 999, 0)->directions[out].latency.floor,
                     3 * SR_NS_PER_MS);
    assert_int_equal(sr_model_links(by_group, 999, 0)->directions[in].latency.floor,
                     7 * SR_NS_PER_MS);
    assert_int_equal(sr_model_links(by_member, 0, 0)->directions[out].latency.floor,
                     7 * SR_NS_PER_MS);
    assert_int_equal(sr_model_links(by_member, 1, 0)->directions[out].latency.floor,
                     3 * SR_NS_PER_MS);
}

static void
services_get_their_rules(void **state)
{
    g_autoptr(SrScenario) scenario =
        parse("[client a]\n[server]\nleeway = 3s\ncheck-iat = no\ncheck-token = "
              "session-request, upload\nwhile-creating = pending\n"
              "on-owner-lost = promote\nestablish-timeout = 9s\ndurable = "
              "no\n[token-provider]\nlifetime = 90s\nnot-before = 2s\n"
              "[encryption-provider]\nkind = stored\nretention = last(4)\nhint = "
              "timestamp(5ms)\non-collision = keep-first\n"
              "reuse = 1h\natomic = no\nreplicas = 3\n");
    g_autoptr(SrModel) model = sr_model_new(scenario);

    (void) state;
    assert_int_equal(model->token.leeway, 3);
    assert_int_equal(model->token.lifetime, 90);
    assert_true(model->token.has_not_before && model->token.not_before == 2 &&
                !model->token.check_iat && model->token.has_iat);
    assert_int_equal(model->server.check_token, 2 | 8);
    assert_true(model->server.pending && model->server.on_owner_lost == SR_OWNER_LOST_PROMOTE &&
                !model->server.durable && model->server.tokens);
    assert_int_equal(model->server.establish_timeout, 9 * SR_NS_PER_S);
    assert_int_equal(model->provider.keep, SR_KEEP_LAST);
    assert_int_equal(model->provider.keep_last, 4);
    assert_int_equal(model->provider.hints, SR_HINTS_TIMESTAMP);
    assert_int_equal(model->provider.resolution, 5 * SR_NS_PER_MS);
    assert_int_equal(model->provider.on_collision, SR_ON_COLLISION_KEEP_FIRST);
    assert_true(model->provider.reuse && !model->provider.atomic);
    assert_int_equal(model->provider.replicas, 3);
}

static void
retention_is_for_kinds_that_store(void **state)
{
    g_autoptr(SrScenario) derived =
        parse("[client a]\n[encryption-provider]\nkind = derived\nretention = until-settled\n");
    g_autoptr(SrScenario) stored =
        parse("[client a]\n[encryption-provider]\nretention = until-settled\n");
    g_autoptr(SrModel) one = sr_model_new(derived);
    g_autoptr(SrModel) two = sr_model_new(stored);

    (void) state;
    assert_int_equal(one->provider.keep, SR_KEEP_FOREVER);
    assert_false(one->settings[0].settle);
    assert_true(two->settings[0].settle);
}

static void
what_a_scenario_does_not_use_is_not_built(void **state)
{
    g_autoptr(SrScenario) plain = parse("[client a]\n");
    g_autoptr(SrScenario) rich =
        parse("[network]\nbandwidth = 1Mbit/s\n[client a]\nclock-drift = 5ppm\n"
              "[timeline]\n1s = partition a server for 1s\n2s = disconnect a for 1s\n");
    g_autoptr(SrModel) one = sr_model_new(plain);
    g_autoptr(SrModel) two = sr_model_new(rich);

    (void) state;
    assert_false(one->client_clocks || one->bandwidth || one->partitions || one->blocks);
    assert_true(two->client_clocks && two->bandwidth && two->partitions && two->blocks);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clients_know_where_their_settings_are),
        cmocka_unit_test(links_are_resolved_for_groups_and_for_members),
        cmocka_unit_test(services_get_their_rules),
        cmocka_unit_test(retention_is_for_kinds_that_store),
        cmocka_unit_test(what_a_scenario_does_not_use_is_not_built),
    };

    return cmocka_run_group_tests_name("model", tests, NULL, NULL) != 0;
}

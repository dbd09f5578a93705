/* The registry: layout, room for hints, several failures at once, each only once, and only for
 * the records that concern them. */
#include "check-fixture.h"

#include <string.h>

typedef struct {
    SrCheckContext context;
    SrChecks *checks;
    const SrFinding *findings;
} World;

static int
set_up(void **state)
{
    const CheckRow plain = { .name = "" };
    World *world = g_new0(World, 1);

    world->context = fixture_context(&plain);
    world->checks = sr_checks_new(&world->context);
    world->findings = sr_checks_findings(world->checks);
    *state = world;
    return 0;
}

static int
tear_down(void **state)
{
    World *world = *state;

    sr_checks_free(world->checks);
    g_free(world);
    return 0;
}

static unsigned
feed(World *world, SrRecord record)
{
    return sr_checks_step(world->checks, &record);
}

#define FEED(world, ...) feed((world), (SrRecord) __VA_ARGS__)

static void
test_ops_are_those_of_the_table(void **state)
{
    uint32_t events = 0;

    (void) state;
    for (unsigned i = 0; i < SR_CHECK_N; i++) {
        const SrCheckOps *ops = sr_check_ops((SrCheckId) i);

        assert_int_equal(ops->id, i);
        assert_int_equal((ops->events >> SR_EVENT_SEND & 1) != 0, ops->sends != 0);
        assert_int_equal((ops->events >> SR_EVENT_RECEIVE & 1) != 0, ops->receives != 0);
        events |= ops->events;
    }
    assert_int_equal(sr_checks_events(), events);
    /* What nobody looks at need not be made: a run without a trace saves it. */
    assert_false(events & (1u << SR_EVENT_LOSE | 1u << SR_EVENT_TOKEN_SIGNED |
                           1u << SR_EVENT_CLOCK | 1u << SR_EVENT_CHECK_FAILED));
}

/* An acceptance over an active session, with a key that is gone, on a connection that was never
 * accepted, showing a key. */
static void
test_several_fail_at_once_in_the_order_of_the_table(void **state)
{
    World *world = *state;

    FEED(world, MAKES(U2));
    FEED(world, DISCARDS(U2, AGE));
    assert_int_equal(FEED(world, ESTABLISHES(ALICE, U1)),
                     1); /* token-first, which is over then */
    sr_checks_reset(world->checks);
    FEED(world, MAKES(U2));
    FEED(world, DISCARDS(U2, AGE));
    FEED(world, SENDS(SERVER, CONNECTED, ALICE));
    assert_int_equal(FEED(world, ESTABLISHES(ALICE, U1)), 0);
    assert_int_equal(FEED(world, SENDS(SERVER, CREATE_ACCEPTED, BOB, KEY(U2, 2))), 4);
    assert_int_equal(world->findings[0].check, SR_CHECK_ONE_WINNER);
    assert_int_equal(world->findings[1].check, SR_CHECK_KEY_KEPT);
    assert_int_equal(world->findings[2].check, SR_CHECK_KEY_SECRET);
    assert_int_equal(world->findings[3].check, SR_CHECK_TOKEN_FIRST);
    assert_int_equal(world->findings[0].detail, SR_DETAIL_CREATION_OVER_SESSION);
    assert_int_equal(world->findings[1].detail, SR_DETAIL_WINNER_KEY_GONE);
    assert_int_equal(world->findings[2].detail, SR_DETAIL_KEY_TO_SERVER);
    assert_int_equal(world->findings[3].detail, SR_DETAIL_SERVED_UNACCEPTED);
    assert_int_equal(world->findings[3].msg, SR_MSG_CREATE_SESSION);
    assert_int_equal(sr_checks_failed(world->checks),
                     1u << SR_CHECK_ONE_WINNER | 1u << SR_CHECK_KEY_KEPT |
                         1u << SR_CHECK_KEY_SECRET | 1u << SR_CHECK_TOKEN_FIRST);
}

static void
test_each_fails_once_between_resets(void **state)
{
    World *world = *state;

    assert_int_equal(FEED(world, REC(OPENED, .node = BOB)), 1);
    assert_int_equal(FEED(world, REC(OPENED, .node = BOB)), 0);
    assert_int_equal(sr_checks_failed(world->checks), 1u << SR_CHECK_SAME_KEY);
    FEED(world, GOES(BOB, CREATED, WAITING));
    assert_int_equal(sr_checks_end(world->checks), 1);
    assert_int_equal(world->findings[0].check, SR_CHECK_NOBODY_STUCK);
    assert_int_equal(sr_checks_end(world->checks), 0);
    sr_checks_reset(world->checks);
    assert_int_equal(sr_checks_failed(world->checks), 0);
    assert_int_equal(sr_checks_end(world->checks), 0);
    assert_int_equal(FEED(world, REC(OPENED, .node = BOB)), 1);
}

typedef struct {
    const SrRecord *record;
    unsigned n, times;
} Told;

static void
tell(void *data, const SrRecord *record, unsigned n)
{
    Told *told = data;

    told->record = record;
    told->n = n;
    told->times++;
}

static void
test_findings_are_told_before_the_judge_returns(void **state)
{
    World *world = *state;
    Told told = { 0 };
    const SrRecord fine = REC(OPENED, .node = BOB, .ok = true),
                   wrong = REC(OPENED, .node = BOB);

    sr_checks_on_finding(world->checks, tell, &told);
    sr_judges[SR_EVENT_OPENED](world->checks, &fine);
    assert_int_equal(told.times, 0);
    sr_judges[SR_EVENT_OPENED](world->checks, &wrong);
    assert_int_equal(told.times, 1);
    assert_int_equal(told.n, 1);
    assert_ptr_equal(told.record, &wrong);
    assert_int_equal(world->findings[0].check, SR_CHECK_SAME_KEY);
    sr_judges[SR_EVENT_OPENED](world->checks, &wrong);
    assert_int_equal(told.times, 1);
}

static void
test_every_kind_has_a_judge(void **state)
{
    (void) state;
    for (unsigned kind = 0; kind < SR_JUDGE_N; kind++)
        assert_int_equal(sr_judges[kind] == NULL,
                         kind == SR_EVENT_SEND || kind == SR_EVENT_RECEIVE);
}

/* What is known of hints survives that room is made for more, and nothing of it survives a
 * reset. */
static void
test_hints_keep_their_state_while_room_grows(void **state)
{
    World *world = *state;

    for (uint32_t hint = 1; hint <= 1000; hint++) {
        sr_checks_reserve_hints(world->checks, hint + 1);
        assert_int_equal(FEED(world, SENDS(PROVIDER, KEY, BOB, KEY(hint, hint))), 0);
        FEED(world, MAKES(hint));
        FEED(world, DISCARDS(hint, AGE));
    }
    FEED(world, GETS(BOB, SESSION_AVAILABLE, SERVER, HINT(7)));
    for (uint32_t hint = 1; hint <= 1000; hint++)
        assert_int_equal(FEED(world, SENDS(PROVIDER, KEY, BOB, KEY(hint, hint))), 0);
    assert_int_equal(FEED(world, SENDS(PROVIDER, KEY, BOB, KEY(1, 2))), 1);
    assert_int_equal(world->findings[0].check, SR_CHECK_HINT_STABLE);
    sr_checks_reset(world->checks);
    FEED(world, SENDS(SERVER, CONNECTED, ALICE));
    for (uint32_t hint = 1; hint <= 1000; hint++) {
        assert_int_equal(FEED(world, SENDS(PROVIDER, KEY, BOB, KEY(hint, 5000))), 0);
        assert_int_equal(FEED(world, ACCEPTS(ALICE, hint)), 0); /* none is gone */
        FEED(world, RELEASES(hint, OWNER_LOST));
    }
}

/* The same records give the same findings, whatever ran before. */
static void
test_reset_is_like_new(void **state)
{
    World *world = *state;
    SrFinding first;

    memset(&first, 0, sizeof first);
    for (unsigned round = 0; round < 3; round++) {
        FEED(world, STARTS(BOB));
        FEED(world, ACCEPTS(ALICE, U1));
        FEED(world, UPGRADES);
        assert_int_equal(FEED(world, ACCEPTS(BOB, U2)), 1);
        if (round == 0)
            first = world->findings[0];
        assert_memory_equal(&first, world->findings, sizeof first);
        sr_checks_reset(world->checks);
    }
}

static void
test_nodes_that_are_no_clients_are_passed_over(void **state)
{
    World *world = *state;

    for (unsigned event = 0; event < SR_EVENT_N; event++)
        for (unsigned msg = SR_MSG_TOKEN_REQUEST; msg < SR_MSG_N; msg++) {
            SrRecord record = { .event = (uint8_t) event,
                                .msg = (uint8_t) msg,
                                .node = 99,
                                .peer = 98,
                                .ok = true };

            feed(world, record);
        }
    assert_int_equal(sr_checks_end(world->checks), 0);
    assert_int_equal(sr_checks_failed(world->checks) &
                         (1u << SR_CHECK_KEY_FOUND | 1u << SR_CHECK_WAITS |
                          1u << SR_CHECK_TOKEN_FIRST | 1u << SR_CHECK_STEPS_IN_ORDER),
                     0);
}

/* What the answer says nobody looks at, nobody may look at. */
static void
test_concern_tells_what_is_looked_at(void **state)
{
    (void) state;
    assert_true(sr_checks_concern(SR_EVENT_OPENED, SR_MSG_NONE, 0));
    assert_false(sr_checks_concern(SR_EVENT_LOSE, SR_MSG_JOIN, 0));
    assert_true(sr_checks_concern(SR_EVENT_SEND, SR_MSG_JOIN, SR_HAS_CONN));
    assert_false(sr_checks_concern(SR_EVENT_RECEIVE, SR_MSG_JOIN, SR_HAS_CONN));
    assert_false(sr_checks_concern(SR_EVENT_SEND, SR_MSG_TOKEN, SR_HAS_EXP));
    assert_true(sr_checks_concern(SR_EVENT_SEND, SR_MSG_TOKEN, SR_HAS_KEY));
    assert_true(sr_checks_concern(SR_EVENT_SEND, SR_MSG_TOKEN, SR_HAS_CONTENT));
    for (unsigned event = 0; event < SR_EVENT_N; event++) {
        bool any = false;

        for (unsigned msg = 0; msg < SR_MSG_N; msg++)
            any = any || sr_checks_concern((SrEvent) event, (SrMsg) msg, SR_HAS_KEY);
        assert_int_equal(any, sr_checks_events() >> event & 1);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ops_are_those_of_the_table),
        cmocka_unit_test(test_concern_tells_what_is_looked_at),
        cmocka_unit_test_setup_teardown(test_several_fail_at_once_in_the_order_of_the_table,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_each_fails_once_between_resets, set_up, tear_down),
        cmocka_unit_test(test_every_kind_has_a_judge),
        cmocka_unit_test_setup_teardown(test_findings_are_told_before_the_judge_returns, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_hints_keep_their_state_while_room_grows, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_reset_is_like_new, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nodes_that_are_no_clients_are_passed_over, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests_name("registry of checks", tests, NULL, NULL) != 0;
}

/* The registry: what checks look at, room for hints, and what becomes of all that is remembered
 * from run to run. */
#include "check-fixture.h"

#include <string.h>

#include "check/check-state.h"

static void
test_ops_are_those_of_the_table(void **state)
{
    uint32_t events = 0;

    (void) state;
    for (unsigned i = 0; i < SR_CHECK_N; i++) {
        const SrCheckOps *ops = sr_check_ops((SrCheckId) i);

        for (unsigned other = 0; other < i; other++)
            assert_ptr_not_equal(ops, sr_check_ops((SrCheckId) other));
        assert_int_equal((ops->events >> SR_EVENT_SEND & 1) != 0, ops->sends != 0);
        assert_int_equal((ops->events >> SR_EVENT_RECEIVE & 1) != 0, ops->receives != 0);
        events |= ops->events;
    }
    /* What nobody looks at need not be made: a run without a trace saves it. */
    assert_false(events & (1u << SR_EVENT_LOSE | 1u << SR_EVENT_TOKEN_SIGNED |
                           1u << SR_EVENT_CLOCK | 1u << SR_EVENT_CHECK_FAILED));
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

/* What stands apart of a client is not zeroed between runs, but nothing of it is seen again. */
static void
test_rests_are_gone_with_a_reset(void **state)
{
    World *world = *state;
    const SrRecord refusal[] = {
        GETS(BOB, SESSION_AVAILABLE, SERVER, HINT(U1)),
        REC(KEY_MISSING, .node = PROVIDER, HINT(U1)),
        SENDS(PROVIDER, KEY_REFUSED, BOB, .reason = SR_REASON_UNKNOWN_HINT),
        GETS(BOB, KEY_REFUSED, PROVIDER, .reason = SR_REASON_UNKNOWN_HINT),
    };
    const SrRecord gives_up = REC(FAILED, .node = BOB, .reason = SR_REASON_ENCRYPTION);
    const SrCheckClient *bob = &sr_checks_state(world->checks)->clients[1];

    assert_false(bob->has_rest);
    for (unsigned i = 0; i < G_N_ELEMENTS(refusal); i++)
        feed(world, refusal[i]);
    FEED(world, SEALS(BOB, 1, 5));
    FEED(world, SEALS(BOB, 2, 5));
    assert_true(bob->has_rest);
    assert_int_equal(feed(world, gives_up), 1);
    assert_int_equal(FEED(world, SEALS(BOB, 1, 5)), 1);
    sr_checks_reset(world->checks);
    assert_false(bob->has_rest);
    /* A refusal of a hint that nobody was seen to miss, and the nonces again. */
    feed(world, refusal[0]);
    feed(world, refusal[3]);
    assert_int_equal(feed(world, gives_up), 0);
    assert_int_equal(FEED(world, SEALS(BOB, 1, 5)), 0);
    assert_int_equal(FEED(world, SEALS(BOB, 2, 5)), 0);
}

/* An exploration goes on behind a failure: what is remembered stays, and fails again. */
static void
test_rearmed_checks_fail_again(void **state)
{
    World *world = *state;

    assert_int_equal(FEED(world, ACCEPTS(ALICE, U1)), 1); /* token-first */
    assert_int_equal(FEED(world, ACCEPTS(BOB, U2)), 1);   /* one-winner */
    assert_int_equal(FEED(world, ACCEPTS(BOB, U3)), 0);
    sr_checks_rearm(world->checks);
    assert_int_equal(sr_checks_failed(world->checks), 0);
    sr_checks_fetch(world->checks, 1); /* changes nothing */
    assert_int_equal(FEED(world, ACCEPTS(ALICE, U3)), 2);
    assert_int_equal(world->findings[0].check, SR_CHECK_ONE_WINNER);
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
        bool any = false, observed = false;

        for (unsigned i = 0; i < SR_CHECK_N; i++)
            observed |= sr_check_ops((SrCheckId) i)->events >> event & 1;
        for (unsigned msg = 0; msg < SR_MSG_N; msg++)
            any = any || sr_checks_concern((SrEvent) event, (SrMsg) msg, SR_HAS_KEY);
        assert_int_equal(any, observed);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ops_are_those_of_the_table),
        cmocka_unit_test(test_concern_tells_what_is_looked_at),
        IN_WORLD(test_hints_keep_their_state_while_room_grows),
        IN_WORLD(test_reset_is_like_new),
        IN_WORLD(test_rearmed_checks_fail_again),
        IN_WORLD(test_rests_are_gone_with_a_reset),
    };

    return cmocka_run_group_tests_name("registry of checks", tests, NULL, NULL) != 0;
}

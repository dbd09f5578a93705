/* The judges: of each kind of record they ask the checks that look at it, in the order of the
 * table, and each check until it fails.
 *
 * What a judge is compiled to is held against the long way, which asks one check after another:
 * in a world in which some check has failed it is that way that is taken, and the checks that
 * have not failed must find the same as in a world in which none has. */
#include "check-fixture.h"

#include <string.h>

#include "check/check-state.h"
#include "session-race/stream.h"

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

/* Nor does anybody look at what is no message, or no record. */
static void
test_what_is_no_record_is_passed_over(void **state)
{
    World *world = *state;
    const SrRecord sent = { .event = SR_EVENT_SEND, .msg = SR_MSG_NONE },
                   received = { .event = SR_EVENT_RECEIVE, .msg = SR_MSG_NONE },
                   beyond = { .event = SR_EVENT_RECEIVE, .msg = SR_MSG_N };

    assert_int_equal(feed(world, sent), 0);
    assert_int_equal(feed(world, received), 0);
    assert_int_equal(feed(world, beyond), 0);
    assert_int_equal(sr_checks_failed(world->checks), 0);
}

/* ---- streams of records ---- */

#define N_STREAMS 240u
#define N_RECORDS 1000u
#define N_HINTS 3u

/* A record of anything, in a world so small that records meet. */
static SrRecord
any_record(SrStream *stream)
{
    static const uint32_t nodes[] = { SERVER, SERVER, PROVIDER, SR_NODE_TOKEN_PROVIDER,
                                      ALICE,  ALICE,  BOB,      BOB,
                                      CAROL };
    static const uint8_t reasons[] = { SR_REASON_NONE,
                                       SR_REASON_NONE,
                                       SR_REASON_UNKNOWN_HINT,
                                       SR_REASON_UNKNOWN_HINT,
                                       SR_REASON_ENCRYPTION,
                                       SR_REASON_AGE,
                                       SR_REASON_OVERWRITTEN,
                                       SR_REASON_CLIENT_UPDATE_REQUIRED,
                                       SR_REASON_EXPIRED,
                                       SR_REASON_NOT_YET_VALID,
                                       SR_REASON_ISSUED_IN_FUTURE };
    SrRecord record = {
        .node = nodes[sr_stream_below(stream, G_N_ELEMENTS(nodes))],
        .peer = nodes[sr_stream_below(stream, G_N_ELEMENTS(nodes))],
        .event = (uint8_t) sr_stream_below(stream, SR_EVENT_N),
        .has = (uint8_t) sr_stream_next(stream),
        .reason = reasons[sr_stream_below(stream, G_N_ELEMENTS(reasons))],
        .conn = (uint32_t) sr_stream_below(stream, 2),
        .document = (uint32_t) sr_stream_below(stream, 2),
        .hint = (uint32_t) sr_stream_below(stream, N_HINTS),
        .key = (uint32_t) sr_stream_below(stream, 3),
        .from = (uint8_t) sr_stream_below(stream, SR_CLIENT_STATE_N),
        .to = (uint8_t) sr_stream_below(stream, SR_CLIENT_STATE_N),
        .ok = sr_stream_below(stream, 8) != 0,
    };

    /* Half of all records are messages. */
    if (sr_stream_below(stream, 2) == 0)
        record.event = sr_stream_below(stream, 2) == 0 ? SR_EVENT_SEND : SR_EVENT_RECEIVE;
    if (record.event == SR_EVENT_SEND || record.event == SR_EVENT_RECEIVE)
        record.msg = (uint8_t) (1 + sr_stream_below(stream, SR_MSG_N - 1));
    if (record.event == SR_EVENT_FAULT)
        record.action = (uint8_t) sr_stream_below(stream, SR_FAULT_UPGRADE + 1);
    if (record.event == SR_EVENT_SEALED) {
        record.seal.nonce_sender = (uint32_t) sr_stream_below(stream, 3);
        record.seal.nonce_counter = sr_stream_below(stream, 20);
    } else {
        record.token.iat = (int64_t) sr_stream_below(stream, 20);
        record.token.nbf = (int64_t) sr_stream_below(stream, 20);
        record.token.exp = 10 + (int64_t) sr_stream_below(stream, 20);
        record.token.now = 10 + (int64_t) sr_stream_below(stream, 10);
        record.token.leeway = (int64_t) sr_stream_below(stream, 3);
    }
    return record;
}

/* What chance does not bring about: a client that gives up on a hint, and one that sends while it
 * waits. */
static const SrRecord scraps[][5] = {
    {
        GETS(BOB, SESSION_AVAILABLE, SERVER, HINT(U1)),
        REC(KEY_MISSING, .node = PROVIDER, HINT(U1)),
        SENDS(PROVIDER, KEY_REFUSED, BOB, .reason = SR_REASON_UNKNOWN_HINT),
        GETS(BOB, KEY_REFUSED, PROVIDER, .reason = SR_REASON_UNKNOWN_HINT),
        REC(FAILED, .node = BOB, .reason = SR_REASON_ENCRYPTION),
    },
    {
        SENDS(ALICE, CONNECT, SERVER),
        SENDS(ALICE, SESSION_REQUEST, SERVER),
        GETS(ALICE, SESSION_PENDING, SERVER),
        GETS(ALICE, TOKEN, SR_NODE_TOKEN_PROVIDER),
        SENDS(ALICE, JOIN, SERVER),
    },
};

typedef struct {
    SrStream stream;
    const SrRecord *scrap; /* of which @n_left records come next */
    unsigned n_left;
} Source;

static SrRecord
next_record(Source *source)
{
    if (source->n_left == 0 && sr_stream_below(&source->stream, 100) == 0) {
        source->scrap = scraps[sr_stream_below(&source->stream, G_N_ELEMENTS(scraps))];
        source->n_left = G_N_ELEMENTS(scraps[0]);
    }
    if (source->n_left == 0)
        return any_record(&source->stream);
    source->n_left--;
    return *source->scrap++;
}

static Source
source_of(uint64_t purpose, uint64_t number)
{
    return (Source){ .stream = sr_stream_at(sr_stream_key(1, purpose, number), 0) };
}

/* What has failed stays so; all else is as at the start of a run. */
static void
forget(World *world)
{
    SrCheckState *state = sr_checks_state(world->checks);

    memset(state->documents, 0, world->context.n_documents * sizeof *state->documents);
    memset(state->clients, 0, world->context.n_clients * sizeof *state->clients);
    memset(state->hints, 0, N_HINTS * sizeof *state->hints);
    state->key_found_missing = SR_HINT_ABSENT;
    state->announced_notes = false;
}

/* Compares @n findings with @n_other, but for those of the checks in @failed. */
static void
compare(World *world, unsigned n, World *other, unsigned n_other, uint32_t failed)
{
    unsigned j = 0;

    for (unsigned i = 0; i < n; i++) {
        if (failed >> world->findings[i].check & 1)
            continue;
        assert_true(j < n_other);
        assert_memory_equal(&world->findings[i], &other->findings[j], sizeof(SrFinding));
        j++;
    }
    assert_int_equal(j, n_other);
}

/* Plays a stream in a world in which nothing has failed and in one in which @failed has. */
static void
play_in_both(World *fresh, World *other, uint64_t number)
{
    Source source = source_of(1, number);
    uint32_t failed = sr_checks_failed(other->checks);
    unsigned n, n_other;

    for (unsigned i = 0; i < N_RECORDS; i++) {
        SrRecord record = next_record(&source);

        n = feed(fresh, record);
        n_other = feed(other, record);
        compare(fresh, n, other, n_other, failed);
    }
    n = sr_checks_end(fresh->checks);
    n_other = sr_checks_end(other->checks);
    compare(fresh, n, other, n_other, failed);
    assert_int_equal(sr_checks_failed(fresh->checks) | failed, sr_checks_failed(other->checks));
}

static void
test_the_short_way_finds_what_the_long_one_does(void **state)
{
    World *fresh = *state, *other;
    uint32_t before = 0, found = 0;

    assert_int_equal(fixture_set_up((void **) &other), 0);
    for (uint64_t number = 0; number < N_STREAMS; number++) {
        Source source = source_of(2, number);
        uint64_t n = 1 + sr_stream_below(&source.stream, UINT64_C(1) << number % 12);

        sr_checks_reset(fresh->checks);
        sr_checks_reset(other->checks);
        for (uint64_t i = 0; i < n; i++)
            feed(other, next_record(&source));
        sr_checks_end(other->checks);
        forget(other);
        before |= sr_checks_failed(other->checks);
        play_in_both(fresh, other, number);
        found |= sr_checks_failed(fresh->checks);
    }
    /* Each check was the one that had failed, and the one that finds something. */
    assert_int_equal(before, (1u << SR_CHECK_N) - 1);
    assert_int_equal(found, (1u << SR_CHECK_N) - 1);
    fixture_tear_down((void **) &other);
}

/* A run makes no record that nobody looks at, so none may leave anything behind. */
static void
test_what_nobody_looks_at_changes_nothing(void **state)
{
    World *world = *state;
    const SrCheckState *it = sr_checks_state(world->checks);
    SrCheckDocument documents[2];
    SrCheckClient clients[3];
    SrCheckHint hints[N_HINTS];
    Source source = source_of(3, 0);
    unsigned n_passed_over = 0;

    assert_int_equal(world->context.n_documents, G_N_ELEMENTS(documents));
    assert_int_equal(world->context.n_clients, G_N_ELEMENTS(clients));
    for (unsigned i = 0; i < 10 * N_RECORDS; i++) {
        SrRecord record = next_record(&source);
        bool concern =
            sr_checks_concern((SrEvent) record.event, (SrMsg) record.msg, record.has);

        memcpy(documents, it->documents, sizeof documents);
        memcpy(clients, it->clients, sizeof clients);
        memcpy(hints, it->hints, sizeof hints);
        if (feed(world, record) > 0)
            assert_true(concern);
        if (concern)
            continue;
        n_passed_over++;
        assert_memory_equal(documents, it->documents, sizeof documents);
        assert_memory_equal(clients, it->clients, sizeof clients);
        assert_memory_equal(hints, it->hints, sizeof hints);
    }
    assert_true(n_passed_over > N_RECORDS);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind_has_a_judge),
        IN_WORLD(test_several_fail_at_once_in_the_order_of_the_table),
        IN_WORLD(test_each_fails_once_between_resets),
        IN_WORLD(test_findings_are_told_before_the_judge_returns),
        IN_WORLD(test_nodes_that_are_no_clients_are_passed_over),
        IN_WORLD(test_what_is_no_record_is_passed_over),
        IN_WORLD(test_the_short_way_finds_what_the_long_one_does),
        IN_WORLD(test_what_nobody_looks_at_changes_nothing),
    };

    return cmocka_run_group_tests_name("judges", tests, NULL, NULL) != 0;
}

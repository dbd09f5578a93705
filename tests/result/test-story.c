/* The story of a run: which records are milestones, and whom they are about. The records are made by
 * hand; tests/run/test-run-story.c has stories of whole runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>

#include "result/story.h"

#define FEW 12u /* the most clients whose story is about everybody */
#define CLIENT(i) (SR_NODE_FIRST_CLIENT + (i))
#define HINT 7u
#define ROOM (SR_STORY_MAX - SR_CHECK_N) /* for all but failures of checks */

/* Client 0 won and collaborates, of the others all but client 1, which failed. All start at 5. */
static SrClientOutcome
outcome(const void *data, uint32_t i)
{
    (void) data;
    return (SrClientOutcome){ .state = i == 1 ? SR_CLIENT_FAILED : SR_CLIENT_COLLABORATING,
                              .start_at = 5 };
}

static SrRunResult result;

static SrStory
begin(uint32_t n_clients)
{
    SrStory story;

    result = (SrRunResult){ .n_clients = n_clients, .winner = CLIENT(0), .n_failed = 1 };
    assert_true(sr_story_begin(&story, &result, HINT, (SrOutcomes){ outcome, NULL }));
    return story;
}

static const struct row {
    const char *name;
    SrRecord record;
    bool of_few, of_many; /* told of a run of few, of many */
    bool left_out;        /* counted where it is not told */
} rows[] = {
    { "a plain message is no milestone",
      .record = { .event = SR_EVENT_SEND, .node = CLIENT(0) } },
    { "a first start is no milestone",
      .record = { .event = SR_EVENT_START, .node = CLIENT(0), .t = 5 } },
    { "a start afresh is told",
      .record = { .event = SR_EVENT_START, .node = CLIENT(0), .t = 6 }, .of_few = true,
      .of_many = true },
    { "the winner is told", .record = { .event = SR_EVENT_WON, .node = CLIENT(0) },
      .of_few = true, .of_many = true },
    { "a client that is not well is told",
      .record = { .event = SR_EVENT_FAILED, .node = CLIENT(1) }, .of_few = true,
      .of_many = true },
    { "of many, others are left out",
      .record = { .event = SR_EVENT_COLLABORATING, .node = CLIENT(2) }, .of_few = true,
      .left_out = true },
    { "a session is told, whoever's", .record = { .event = SR_EVENT_ESTABLISHED, .hint = 9 },
      .of_few = true, .of_many = true },
    { "the winner's key is told", .record = { .event = SR_EVENT_KEY_MADE, .hint = HINT },
      .of_few = true, .of_many = true },
    { "of many, other keys are left out", .record = { .event = SR_EVENT_KEY_MADE, .hint = 9 },
      .of_few = true, .left_out = true },
    { "a good token is no milestone", .record = { .event = SR_EVENT_TOKEN_JUDGED } },
    { "a refused token is told",
      .record = { .event = SR_EVENT_TOKEN_JUDGED, .reason = SR_REASON_EXPIRED }, .of_few = true,
      .of_many = true },
    { "content that opens is no milestone",
      .record = { .event = SR_EVENT_OPENED, .node = CLIENT(0), .ok = true } },
    { "content that does not open is told",
      .record = { .event = SR_EVENT_OPENED, .node = CLIENT(0) }, .of_few = true,
      .of_many = true },
};

static void
check_row(void **state)
{
    const struct row *row = *state;
    SrStory story = begin(FEW);

    sr_story_record(&story, &row->record);
    assert_int_equal(result.n_story, row->of_few);
    assert_int_equal(result.story_left_out, 0);
    story = begin(FEW + 1);
    sr_story_record(&story, &row->record);
    assert_int_equal(result.n_story, row->of_many);
    assert_int_equal(result.story_left_out, row->left_out);
}

static void
checks_have_room_of_their_own(void **state)
{
    const SrRecord fault = { .event = SR_EVENT_FAULT };
    const SrRecord failed = { .event = SR_EVENT_CHECK_FAILED };
    SrStory story = begin(FEW);

    (void) state;
    for (unsigned i = 0; i < ROOM + 1; i++)
        sr_story_record(&story, &fault);
    assert_int_equal(result.n_story, ROOM);
    assert_int_equal(result.story_left_out, 1);
    for (unsigned i = 0; i < SR_CHECK_N + 1; i++)
        sr_story_record(&story, &failed);
    assert_int_equal(result.n_story, SR_STORY_MAX);
    assert_int_equal(result.story_left_out, 2);
}

static void
what_repeats_is_told_some_times(void **state)
{
    const SrRecord missing = { .event = SR_EVENT_KEY_MISSING, .hint = HINT };
    SrStory story = begin(FEW);

    (void) state;
    for (unsigned i = 0; i < 20; i++)
        sr_story_record(&story, &missing);
    assert_int_equal(result.n_story, 8);
    assert_int_equal(result.story_left_out, 12);
}

/* ---- a provider of the user's own ---- */

/* Tells @records, numbered from 1. */
static void
tell(SrStory *story, const SrRecord *records, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        SrRecord record = records[i];

        record.seq = i + 1;
        sr_story_record(story, &record);
    }
}

#define WAITS(n, id, label_)                                                                   \
    {                                                                                          \
        .t = (n), .event = SR_EVENT_WAITS, .call = {                                           \
            .wait = (n),                                                                       \
            .request = (id),                                                                   \
            .label = (label_)                                                                  \
        }                                                                                      \
    }
#define WAKES(n, at)                                                                           \
    {                                                                                          \
        .t = (at), .event = SR_EVENT_WAKES, .call = {.wait = (n) }                             \
    }
#define PROVIDER SR_NODE_ENCRYPTION_PROVIDER

/* Of two keys under the winner's hint the second is told with the call that put it there. */
static void
the_call_that_replaced_a_key_is_told(void **state)
{
    const SrRecord records[] = {
        WAITS(1, 1, 1),
        WAITS(2, 2, 2),
        WAKES(1, 5),
        { .t = 5, .event = SR_EVENT_KEY_MADE, .hint = HINT, .key = 1 },
        { .t = 6, .event = SR_EVENT_WON, .node = CLIENT(0) },
        WAKES(2, 7),
        { .t = 7, .event = SR_EVENT_KEY_MADE, .hint = HINT, .key = 2 },
    };
    SrStory story = begin(FEW);

    (void) state;
    tell(&story, records, G_N_ELEMENTS(records));
    assert_int_equal(result.n_story, 4);
    assert_int_equal(result.story_left_out, 0);
    assert_int_equal(result.story[0].event, SR_EVENT_WAITS);
    assert_int_equal(result.story[0].call.label, 2);
    assert_int_equal(result.story[1].reason, SR_REASON_NONE);
    assert_int_equal(result.story[2].event, SR_EVENT_WON);
    assert_int_equal(result.story[3].key, 2);
    assert_int_equal(result.story[3].reason, SR_REASON_OVERWRITTEN);
}

/* What broke, what is stuck and what was refused is told after the call that led to it. */
static void
calls_before_a_failure_are_told(void **state)
{
    const SrRecord records[] = {
        WAITS(1, 1, 1),
        WAITS(2, 2, 2),
        { .t = 4, .event = SR_EVENT_STUCK, .peer = CLIENT(0), .id = 1 },
        WAKES(2, 5),
        { .t = 5,
          .event = SR_EVENT_REFUSED,
          .peer = CLIENT(1),
          .hint = HINT,
          .reason = SR_REASON_UNKNOWN_HINT },
        { .t = 5,
          .event = SR_EVENT_REFUSED,
          .peer = CLIENT(1),
          .hint = 9,
          .reason = SR_REASON_UNKNOWN_HINT },
        WAITS(6, 3, 3),
        WAKES(6, 7),
        { .t = 7,
          .event = SR_EVENT_REFUSED,
          .peer = PROVIDER,
          .hint = HINT,
          .reason = SR_REASON_OVERWRITTEN },
        { .t = 7,
          .event = SR_EVENT_REFUSED,
          .peer = PROVIDER,
          .hint = HINT,
          .reason = SR_REASON_OVERWRITTEN },
        { .t = 8, .event = SR_EVENT_PROVIDER_BROKE, .reason = SR_REASON_CRASH },
    };
    static const SrEvent events[] = { SR_EVENT_WAITS,         SR_EVENT_WAITS, SR_EVENT_STUCK,
                                      SR_EVENT_REFUSED,       SR_EVENT_WAITS, SR_EVENT_REFUSED,
                                      SR_EVENT_PROVIDER_BROKE };
    SrStory story = begin(FEW);

    (void) state;
    tell(&story, records, G_N_ELEMENTS(records));
    assert_int_equal(result.n_story, G_N_ELEMENTS(events));
    for (size_t i = 0; i < G_N_ELEMENTS(events); i++)
        assert_int_equal(result.story[i].event, events[i]);
}

/* The built-in store says itself that it overwrites a key. */
static void
a_built_in_store_is_told_as_ever(void **state)
{
    const SrRecord records[] = {
        { .event = SR_EVENT_KEY_MADE, .hint = HINT, .key = 1 },
        { .event = SR_EVENT_KEY_MADE, .hint = HINT, .key = 2 },
    };
    SrStory story = begin(FEW);

    (void) state;
    tell(&story, records, G_N_ELEMENTS(records));
    assert_int_equal(result.n_story, 2);
    assert_int_equal(result.story[1].reason, SR_REASON_NONE);
}

static void
the_key_that_pushed_another_out_is_told(void **state)
{
    const SrRecord made = { .event = SR_EVENT_KEY_MADE, .hint = 9, .t = 30 };
    const SrRecord gone = { .event = SR_EVENT_KEY_DISCARDED, .hint = HINT, .t = 30 };
    SrStory story = begin(FEW + 1);

    (void) state;
    sr_story_record(&story, &made);
    assert_int_equal(result.story_left_out, 1);
    sr_story_record(&story, &gone);
    assert_int_equal(result.n_story, 2);
    assert_int_equal(result.story[0].hint, 9);
    assert_int_equal(result.story[1].hint, HINT);
    assert_int_equal(result.story_left_out, 0);
}

/* Of a failure everybody has a story: who broke it, who else is named, and whose record showed it. */
static void
whom_a_failure_names_is_told(void **state)
{
    static const struct {
        SrRecord failed, cause;
        uint32_t told; /* a bit for each of the clients 2 … 5 */
    } named[] = {
        { .failed = { .node = CLIENT(2) }, .told = 1 },
        { .failed = { .peer = CLIENT(3) }, .told = 2 },
        { .cause = { .node = CLIENT(4) }, .told = 4 },
        { .failed = { .node = CLIENT(2), .peer = CLIENT(5) }, .told = 9 },
        { .failed = { .node = SR_NODE_SERVER, .peer = SR_NODE_NONE }, .told = 0 },
    };

    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(named); i++)
        for (uint32_t client = 0; client < 4; client++) {
            const SrRecord record = { .event = SR_EVENT_COLLABORATING,
                                      .node = CLIENT(2 + client) };
            SrStory story;

            result = (SrRunResult){ .n_clients = FEW + 1,
                                    .winner = CLIENT(0),
                                    .failed = 1u << SR_CHECK_SAME_KEY,
                                    .n_failures = 1 };
            result.failures[0] = (SrFailure){ named[i].failed, named[i].cause };
            assert_true(sr_story_begin(&story, &result, HINT, (SrOutcomes){ outcome, NULL }));
            sr_story_record(&story, &record);
            assert_int_equal(result.n_story, named[i].told >> client & 1);
        }
}

static void
the_key_that_a_failure_names_is_told(void **state)
{
    const SrRecord made = { .event = SR_EVENT_KEY_MADE, .hint = 9 };
    SrStory story;

    (void) state;
    for (uint32_t hint = 8; hint <= 9; hint++) {
        result = (SrRunResult){ .n_clients = FEW + 1, .winner = CLIENT(0), .n_failures = 1 };
        result.failures[0].failed.hint = hint;
        assert_true(sr_story_begin(&story, &result, HINT, (SrOutcomes){ outcome, NULL }));
        sr_story_record(&story, &made);
        assert_int_equal(result.n_story, hint == 9);
    }
}

static void
very_many_that_fare_well_have_no_story(void **state)
{
    SrStory story;

    (void) state;
    result = (SrRunResult){ .n_clients = 20001, .n_collaborating = 20001, .winner = CLIENT(0) };
    assert_false(sr_story_begin(&story, &result, HINT, (SrOutcomes){ outcome, NULL }));
    result.failed = 1u << SR_CHECK_WAITS;
    assert_true(sr_story_begin(&story, &result, HINT, (SrOutcomes){ outcome, NULL }));
}

/* What a story is made of is what a run makes records for: no other event is a milestone. */
static void
milestones_are_among_its_events(void **state)
{
    unsigned n = 0;

    (void) state;
    for (unsigned event = 0; event < SR_EVENT_N; event++) {
        const SrRecord record = { .event = (uint8_t) event, .reason = SR_REASON_EXPIRED };
        bool milestone = sr_story_is_milestone(&record) || event == SR_EVENT_START;

        assert_int_equal(milestone, SR_STORY_EVENTS >> event & 1);
        n += milestone;
    }
    assert_int_equal(n, 21);
}

int
main(void)
{
    struct CMUnitTest tests[G_N_ELEMENTS(rows) + 10] = {
        cmocka_unit_test(checks_have_room_of_their_own),
        cmocka_unit_test(what_repeats_is_told_some_times),
        cmocka_unit_test(the_key_that_pushed_another_out_is_told),
        cmocka_unit_test(whom_a_failure_names_is_told),
        cmocka_unit_test(the_key_that_a_failure_names_is_told),
        cmocka_unit_test(very_many_that_fare_well_have_no_story),
        cmocka_unit_test(milestones_are_among_its_events),
        cmocka_unit_test(the_call_that_replaced_a_key_is_told),
        cmocka_unit_test(calls_before_a_failure_are_told),
        cmocka_unit_test(a_built_in_store_is_told_as_ever),
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        tests[10 + i] = (struct CMUnitTest){ .name = rows[i].name,
                                             .test_func = check_row,
                                             .initial_state = (void *) (uintptr_t) &rows[i] };
    return cmocka_run_group_tests_name("story of a run", tests, NULL, NULL) != 0;
}

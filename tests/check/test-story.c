/* The story of a run: which records are milestones, and how much room each kind may take. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>

#include "session-race/result.h"

#define FEW 12u /* clients: the most whose milestones get half the room */
#define HALF (SR_STORY_MAX / 2u)

static const struct row {
    const char *name;
    SrEvent event;
    uint32_t n_story, n_clients;
    bool takes;
    SrReason reason;
    bool ok;
} rows[] = {
    { "a winner is told", SR_EVENT_WON, 0, FEW, .takes = true },
    { "a winner takes the last place", SR_EVENT_WON, SR_STORY_MAX - 1, FEW + 1, .takes = true },
    { "nothing comes behind the last place", SR_EVENT_WON, SR_STORY_MAX, FEW, .takes = false },
    { "a key of few clients is told in the first half", SR_EVENT_KEY_MADE, HALF - 1, FEW,
      .takes = true },
    { "a key of few clients is not told in the second half", SR_EVENT_KEY_MADE, HALF, FEW,
      .takes = false },
    { "a key of many clients is told among the first", SR_EVENT_KEY_MADE, 3, FEW + 1,
      .takes = true },
    { "a key of many clients is not told later", SR_EVENT_KEY_MADE, 4, FEW + 1,
      .takes = false },
    { "a good token is not told", SR_EVENT_TOKEN_JUDGED, 0, FEW, .takes = false },
    { "a refused token is told", SR_EVENT_TOKEN_JUDGED, 0, FEW, .takes = true,
      .reason = SR_REASON_EXPIRED },
    { "a refused token is not told in the second half", SR_EVENT_TOKEN_JUDGED, HALF, FEW,
      .takes = false, .reason = SR_REASON_EXPIRED },
    { "content that opens is not told", SR_EVENT_OPENED, 0, FEW, .takes = false, .ok = true },
    { "content that does not open is told, however late", SR_EVENT_OPENED, SR_STORY_MAX - 1,
      FEW, .takes = true },
};

static void
check_row(void **state)
{
    const struct row *row = *state;
    SrRecord record = { .event = (uint8_t) row->event,
                        .reason = (uint8_t) row->reason,
                        .ok = row->ok };

    assert_int_equal(sr_story_takes(&record, row->n_story, row->n_clients), row->takes);
}

/* Returns: whether the story of a run of @n_clients, with @n_story milestones, takes @event */
static bool
takes(unsigned event, uint32_t n_story, uint32_t n_clients)
{
    SrRecord record = { .event = (uint8_t) event, .ok = true };

    return sr_story_takes(&record, n_story, n_clients);
}

/* Every event is told always, while there is room for what is common, or never. */
static void
test_three_kinds_of_events(void **state)
{
    const uint32_t always = 1u << SR_EVENT_WON | 1u << SR_EVENT_RELEASED |
                            1u << SR_EVENT_ESTABLISHED | 1u << SR_EVENT_KEY_MISSING |
                            1u << SR_EVENT_FAULT | 1u << SR_EVENT_CLOCK |
                            1u << SR_EVENT_FAILED | 1u << SR_EVENT_CHECK_FAILED;
    const uint32_t with_room = 1u << SR_EVENT_KEY_MADE | 1u << SR_EVENT_KEY_DISCARDED |
                               1u << SR_EVENT_REJECTED | 1u << SR_EVENT_COLLABORATING;

    (void) state;
    for (unsigned event = 0; event < SR_EVENT_N; event++) {
        bool told = always >> event & 1, common = with_room >> event & 1;

        assert_int_equal(takes(event, 0, FEW), told || common);
        assert_int_equal(takes(event, SR_STORY_MAX - 1, FEW), told);
        assert_false(takes(event, SR_STORY_MAX, FEW));
    }
    assert_false(takes(SR_EVENT_N, 0, FEW));
}

int
main(void)
{
    struct CMUnitTest tests[G_N_ELEMENTS(rows) + 1];

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        tests[i] = (struct CMUnitTest){ .name = rows[i].name,
                                        .test_func = check_row,
                                        .initial_state = (void *) (uintptr_t) &rows[i] };
    tests[G_N_ELEMENTS(rows)] =
        (struct CMUnitTest) cmocka_unit_test(test_three_kinds_of_events);
    return cmocka_run_group_tests_name("story of a run", tests, NULL, NULL) != 0;
}

/* A run whose order somebody chooses: what is behind something held comes behind it. */
#include "run/run-fixture.h"

#include "run/run-private.h"

typedef struct {
    const char *name;
    uint32_t n; /* messages, which arrive at once, in this order */
    struct {
        SrMsg type;
        uint32_t client;
    } messages[6];
    /* Where nobody chooses another one, the first of those that go on comes next. Their numbers, from
     * 1, as they come. */
    const char *order;
} Row;

#define KEY SR_MSG_KEY_REQUEST
#define CREATE SR_MSG_CREATE_SESSION
#define SETTLED SR_MSG_KEY_SETTLED
#define UPDATE SR_MSG_TOKEN_UPDATE

static const Row rows[] = {
    { "what waits for nothing is not held", 1, { { SETTLED, 0 } }, "1" },
    { "requests are chosen", 2, { { KEY, 0 }, { KEY, 1 } }, "1 2" },
    { "a message comes with the request before it", 2, { { KEY, 0 }, { SETTLED, 0 } }, "1 2" },
    { "… not before the last request before it",
      3,
      { { KEY, 0 }, { KEY, 0 }, { SETTLED, 0 } },
      "1 2 3" },
    { "… and not with that of another client",
      3,
      { { KEY, 1 }, { KEY, 0 }, { SETTLED, 0 } },
      "1 2 3" },
    { "… and not with one in another direction",
      4,
      { { CREATE, 0 }, { KEY, 0 }, { SETTLED, 0 }, { UPDATE, 0 } },
      "1 4 2 3" },
    { "several come in their order",
      4,
      { { KEY, 0 }, { SETTLED, 0 }, { KEY, 1 }, { SETTLED, 0 } },
      "1 2 4 3" },
};

static uint32_t
choose_first(void *data, const SrRunChoice *choices, uint32_t n)
{
    (void) data;
    assert_true(choices[0].client < 2);
    assert_in_range(n, 2, 6);
    return 0;
}

static bool
arrive(SrRun *run, const Row *row, uint32_t i)
{
    const SrMessage message = { .type = (uint8_t) row->messages[i].type,
                                .client = row->messages[i].client };
    bool to_server = message.type == CREATE || message.type == UPDATE;
    const SrDraw draw = {
        .id = (SrDrawId) (SR_DRAW_LATENCY +
                          SR_DIRECTION_OUT(to_server ? SR_NODE_SERVER
                                                     : SR_NODE_ENCRYPTION_PROVIDER)),
        .subject = SR_NODE_FIRST_CLIENT + message.client,
        .number = i,
    };

    return sr_run_order_message(run, event_payload(EV_ARRIVE, 0, i + 1), &draw, &message);
}

static void
comes_in_its_order(void **state)
{
    const Row *row = *state;
    const SrRunOptions options = { .choose = choose_first, .choose_within = SR_NS_PER_S };
    g_autoptr(SrScenario) scenario = fixture_parse("[client a]\ncount = 2\n");
    g_autoptr(SrRun) run = sr_run_new(scenario);
    g_autoptr(GString) order = g_string_new(NULL);
    uint64_t payload;

    run->options = &options;
    run->order = sr_run_order_new();
    sr_run_order_reset(run->order);
    sr_engine_reset(run->engine, 1, SR_NS_PER_S);
    for (uint32_t i = 0; i < row->n; i++)
        if (!arrive(run, row, i))
            sr_engine_schedule(run->engine, 0, event_payload(EV_ARRIVE, 0, i + 1));
    while (sr_engine_next(run->engine, &payload) == SR_ENGINE_EVENT)
        if (sr_run_order_attend(run, &payload)) {
            assert_int_equal(payload >> 56, EV_ARRIVE);
            g_string_append_printf(order, "%s%u", order->len > 0 ? " " : "",
                                   (unsigned) (uint32_t) payload);
        }
    assert_string_equal(order->str, row->order);
}

int
main(void)
{
    struct CMUnitTest tests[G_N_ELEMENTS(rows)];

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        tests[i] = (struct CMUnitTest){ .name = rows[i].name,
                                        .test_func = comes_in_its_order,
                                        .initial_state = (void *) (uintptr_t) &rows[i] };
    return cmocka_run_group_tests_name("chosen orders", tests, NULL, NULL) != 0;
}

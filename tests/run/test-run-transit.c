/* Messages under way: what goes in comes out, in full or in little room, for one or for all. */
#include "run/run-fixture.h"

#include "run/run-private.h"
#include "session-race/stream.h"

#define EPOCH_S INT64_C(1685577600)

static void
assert_same(const SrMessage *a, const SrMessage *b)
{
    assert_int_equal(a->type, b->type);
    assert_int_equal(a->reason, b->reason);
    assert_int_equal(a->flags, b->flags);
    assert_int_equal(a->client, b->client);
    assert_int_equal(a->conn, b->conn);
    assert_int_equal(a->request, b->request);
    assert_int_equal(a->hint, b->hint);
    assert_int_equal(a->key, b->key);
    assert_int_equal(a->sealer, b->sealer);
    assert_int_equal(a->counter, b->counter);
    assert_true(a->token == b->token);
}

/* A message with any mixture of fields, also of those that no message has together. */
static SrMessage
draw_message(SrStream *stream)
{
    SrMessage message = {
        .type = (uint8_t) sr_stream_below(stream, SR_MSG_N),
        .reason = (uint8_t) sr_stream_below(stream, SR_REASON_N),
        .flags = (uint8_t) sr_stream_below(stream, 4),
        .client = (uint32_t) sr_stream_below(stream, 1000000),
        .token = SR_TOKEN_NONE,
    };
    uint32_t *fields[] = { &message.conn, &message.request, &message.hint,
                           &message.key,  &message.sealer,  &message.counter };

    for (unsigned i = 0; i < G_N_ELEMENTS(fields); i++)
        if (sr_stream_below(stream, 3) == 0)
            *fields[i] = (uint32_t) (sr_stream_next(stream) >> sr_stream_below(stream, 64));
    if (sr_stream_below(stream, 4) == 0)
        message.token =
            EPOCH_S + ((int64_t) sr_stream_next(stream) >> sr_stream_below(stream, 64));
    return message;
}

static void
play_puts(bool packs)
{
    enum { N = 20000, HELD = 300 };
    SrTransit transit;
    SrStream stream = { 7 };
    g_autofree SrMessage *messages = g_new(SrMessage, HELD);
    uint32_t slots[HELD], numbers[HELD];

    sr_transit_init(&transit, 10, packs, EPOCH_S);
    sr_transit_reset(&transit);
    for (unsigned i = 0; i < N; i++) {
        unsigned at = i % HELD;

        if (i >= HELD) {
            SrMessage message = sr_transit_message(&transit, slots[at]);

            assert_same(&message, &messages[at]);
            assert_int_equal(sr_transit_client(&transit, slots[at]), message.client);
            assert_int_equal(sr_transit_id(&transit, slots[at]), i - HELD);
            assert_int_equal(*sr_transit_next(&transit, slots[at]), i - HELD + 5);
            /* Only what carries no key goes to a service, where its number is asked for. */
            if (message.key == 0)
                assert_int_equal(sr_transit_number(&transit, slots[at]), numbers[at]);
            sr_transit_free(&transit, slots[at]);
        }
        messages[at] = draw_message(&stream);
        numbers[at] = (uint32_t) sr_stream_next(&stream);
        slots[at] = sr_transit_put(&transit, &messages[at], i, numbers[at]);
        assert_int_equal(*sr_transit_next(&transit, slots[at]), SR_NO_SLOT);
        *sr_transit_next(&transit, slots[at]) = i + 5;
    }
    /* Slots given back are taken before new ones. */
    assert_int_equal(packs ? transit.n_packed : transit.n_whole, HELD);
    sr_transit_clear(&transit);
}

static void
test_whole(void **state)
{
    (void) state;
    play_puts(false);
}

static void
test_packed(void **state)
{
    (void) state;
    play_puts(true);
}

static const SrMessage announcement = { .type = SR_MSG_SESSION_AVAILABLE,
                                        .flags = SR_MESSAGE_HINT,
                                        .conn = 1,
                                        .hint = 7,
                                        .token = SR_TOKEN_NONE };

static void
test_shared(void **state)
{
    SrTransit transit;
    SrMessage message = announcement, other = announcement;
    uint32_t slots[3], id;

    (void) state;
    sr_transit_init(&transit, 4, true, EPOCH_S);
    sr_transit_reset(&transit);
    for (uint32_t client = 0; client < 3; client++) {
        message.client = client;
        slots[client] = sr_transit_share(&transit, &message, 10 + client);
        assert_int_equal(slots[client], slots[0]);
    }
    /* A second one to the same client, and another text, go by themselves. */
    assert_int_equal(sr_transit_share(&transit, &message, 20), SR_NO_SLOT);
    other.client = 3;
    other.hint = 8;
    assert_int_equal(sr_transit_share(&transit, &other, 21), SR_NO_SLOT);
    /* Number 0 stands for nothing. */
    message.client = 3;
    assert_int_equal(sr_transit_share(&transit, &message, 0), SR_NO_SLOT);
    for (uint32_t client = 3; client-- > 0;) {
        SrMessage taken = sr_transit_take_shared(&transit, slots[client], client, &id);

        message.client = client;
        assert_same(&taken, &message);
        assert_int_equal(id, 10 + client);
    }
    /* All have heard it: the next text may be another. */
    slots[0] = sr_transit_share(&transit, &other, 22);
    assert_int_not_equal(slots[0], SR_NO_SLOT);
    assert_int_equal(transit.n_whole, 1);
    sr_transit_clear(&transit);
}

static void
test_reset(void **state)
{
    SrTransit transit;
    SrMessage message = announcement;

    (void) state;
    sr_transit_init(&transit, 4, true, EPOCH_S);
    sr_transit_reset(&transit);
    assert_int_not_equal(sr_transit_share(&transit, &message, 1), SR_NO_SLOT);
    sr_transit_put(&transit, &message, 2, 0);
    sr_transit_reset(&transit);
    message.hint = 9;
    assert_int_not_equal(sr_transit_share(&transit, &message, 3), SR_NO_SLOT);
    assert_int_equal(transit.n_sharing, 1);
    assert_int_equal(transit.n_packed, 0);
    sr_transit_clear(&transit);
}

/* Whatever becomes of a message, its slot is free again when nothing is under way any more. */
static void
test_no_slot_is_left(void **state)
{
    g_autoptr(SrScenario) scenario = fixture_parse(
        "[network]\nlatency = 10ms\n[link z server]\nordered = no\nloss = 20%\nduplicate = "
        "20%\n"
        "[server]\nprocessing = 20ms\ndetect-loss = 50ms\n[encryption-provider]\nreuse = 1h\n"
        "atomic = yes\nreplicas = 3\nreplication = 5ms\n[client a]\ncount = 6\n"
        "start = uniform(0ms, 50ms)\n[client z]\n[timeline]\n60ms = disconnect a\n"
        "90ms = crash server for 200ms\n600ms = crash a-1 for 100ms\n700ms = upgrade server\n"
        "800ms = outage encryption-provider for 300ms\n1200ms = disconnect a\n");
    SrRunResult result;

    (void) state;
    for (unsigned large = 0; large < 2; large++) {
        g_autoptr(SrRun) run = sr_run_new_large(scenario, large ? 0 : 1000);
        const SrTransit *transit = &run->transit;

        for (uint64_t seed = 1; seed <= 50; seed++) {
            uint32_t n_whole = 0, n_packed = 0;

            result = fixture_play(run, seed, SR_CRYPTO_NAMES, NULL);
            assert_false(result.at_limit);
            for (uint32_t i = transit->free_whole; i != SR_NO_SLOT; i = transit->whole[i].next)
                n_whole++;
            for (uint32_t i = transit->free_packed; i != SR_NO_SLOT;
                 i = transit->packed[i].next)
                n_packed++;
            assert_int_equal(n_whole, transit->n_whole);
            assert_int_equal(n_packed, transit->n_packed);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),           cmocka_unit_test(test_packed),
        cmocka_unit_test(test_shared),          cmocka_unit_test(test_reset),
        cmocka_unit_test(test_no_slot_is_left),
    };

    return cmocka_run_group_tests_name("run/test-run-transit", tests, NULL, NULL) != 0;
}

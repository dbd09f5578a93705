/* A client added to a scenario changes no latency drawn by the others: shown on what messages
 * took, direction by direction. */
#include "run/run-fixture.h"

#define MESSAGES_MAX 64

/* Latencies of one client's messages, by the node that sent them, in the order of sending. */
struct link {
    SrTime took[MESSAGES_MAX];
    uint64_t ids[MESSAGES_MAX];
    unsigned n;
};

struct watch {
    uint32_t clients;        /* how many of the first to look at */
    struct link links[2][6]; /* client, direction: 2 × service, + 1 inward */
};

static void
observe(void *data, const SrRecord *record)
{
    struct watch *watch = data;
    bool send = record->event == SR_EVENT_SEND, outward = record->node >= SR_NODE_FIRST_CLIENT;

    if (record->event != SR_EVENT_SEND && record->event != SR_EVENT_RECEIVE)
        return;
    if (!send)
        outward = !outward;

    uint32_t client = MAX(record->node, record->peer) - SR_NODE_FIRST_CLIENT,
             service = MIN(record->node, record->peer);

    if (client >= watch->clients)
        return;

    struct link *link = &watch->links[client][service * 2 + !outward];

    if (send) {
        assert_true(link->n < MESSAGES_MAX);
        link->ids[link->n] = record->id;
        link->took[link->n++] = record->t;
        return;
    }
    for (unsigned i = 0; i < link->n; i++)
        if (link->ids[i] == record->id)
            link->took[i] = record->t - link->took[i];
}

static void
play(const char *more, struct watch *watch)
{
    g_autofree char *text =
        g_strdup_printf("[network]\nlatency = lognormal(20ms, 90ms)\nordered = no\n"
                        "[client alice]\n[client bob]\nstart = 30ms\n%s",
                        more);
    g_autoptr(SrScenario) scenario = fixture_parse(text);
    g_autoptr(SrRun) run = sr_run_new(scenario);
    SrRunOptions options = { .sink = observe, .sink_data = watch };
    SrRunResult result;

    watch->clients = 2;
    assert_true(sr_run_execute(run, 1, &options, &result, NULL));
}

static void
a_client_more_moves_no_latency(void **state)
{
    static struct watch without, with;
    unsigned compared = 0;

    (void) state;
    play("", &without);
    play("[client carol]\nstart = 10ms\n[client dave]\nstart = 15ms\n", &with);
    for (unsigned client = 0; client < 2; client++)
        for (unsigned direction = 0; direction < 6; direction++) {
            const struct link *one = &without.links[client][direction],
                              *two = &with.links[client][direction];

            for (unsigned i = 0; i < MIN(one->n, two->n); i++, compared++)
                assert_int_equal(one->took[i], two->took[i]);
        }
    assert_in_range(compared, 20, MESSAGES_MAX * 12);
}

static void
links_draw_apart(void **state)
{
    static struct watch one, two;

    (void) state;
    play("", &one);
    play("[scenario]\nseed = 1\n", &two);
    assert_int_equal(one.links[0][0].took[0], two.links[0][0].took[0]);
    assert_int_not_equal(one.links[0][0].took[0], one.links[1][0].took[0]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_client_more_moves_no_latency),
        cmocka_unit_test(links_draw_apart),
    };

    return cmocka_run_group_tests_name("streams of a run", tests, NULL, NULL) != 0;
}

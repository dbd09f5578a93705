/* The timeline with times: faults at fixed instants, and what a proof makes of them. */
#include "timed/timed-fixture.h"

/* ---- worked out by hand ---- */

/* Alice has a session long before bob starts. From an attempt to connect he takes 675 ms at
 * most: connect, connected, session-request, session-available, key-request, key, join and
 * content 80 ms each, 30 for the lookup and 5 to derive. His token takes 20 to 160 ms, and 60
 * to 400 go by before he asks for the key. */
#define LATE                                                                                   \
    LINES "[client alice]\nderive = 5ms\n[client bob]\nderive = 5ms\nstart = 5s\n[timeline]\n"

static struct by_hand {
    const char *name, *lines;
    SrTimedWatchId watch;
    SrSpan most;
} by_hand[] = {
    /* Half a second later he cannot connect yet; a second after that he can: 400 + 500 + 1 000
     * + 675. */
    { "a connection is lost", LATE "5400ms = disconnect bob for 1s\n", SR_WATCH_COLLABORATE,
      2575 },
    /* 100 + 1 000 + 160 for his token + 675. */
    { "a crash", LATE "5100ms = crash bob for 1s\n", SR_WATCH_COLLABORATE, 1935 },
    /* Gone at 100, he is kept from connecting until 1 200 by another crash, and starts again at
     * 300: his token comes at 460, and he tries in vain then and at 960. */
    { "a crash of who is gone",
      LATE "5100ms = crash bob\n5200ms = crash bob for 1s\n5300ms = restart bob\n",
      SR_WATCH_COLLABORATE, 460 + 1500 + 675 },
    /* Nobody is left to be closed, or disconnected; and who was restarted is not restarted once
     * more. */
    { "a fault of who is gone",
      LATE "5100ms = crash bob for 1s\n5200ms = close bob\n5300ms = disconnect bob\n5400ms = "
           "restart bob\n",
      SR_WATCH_COLLABORATE, 1935 },
    /* His connect leaves at the end, 1 100. */
    { "a partition", LATE "5100ms = partition bob server for 1s\n", SR_WATCH_COLLABORATE,
      1775 },
    /* Sent at 60 at the earliest, it comes at 100 at the latest, and is taken up at 1 100. */
    { "an outage", LATE "5100ms = outage encryption-provider for 1s\n", SR_WATCH_KEY_REQUEST,
      1150 },
    /* Bob waits for alice, who is lost at 150, and only the server's patience is left when his
     * partition ends at 1 200. It ends 2 000 after her creation at 136; he is told at 2 146,
     * and takes 125 to a session: asks, makes a key, creates and uploads. */
    { "a partition that ends while nothing moves",
      "[network]\nlatency = 10ms\n[server]\non-owner-lost = wait\nestablish-timeout = 2s\n"
      "[client alice]\n[client bob]\nstart = 12ms\n[timeline]\n150ms = crash alice\n"
      "200ms = partition bob server for 1s\n",
      SR_WATCH_COLLABORATE, 2146 + 125 - 12 },
    /* His token comes at 160, when there is no server; he tries again 500 later in vain, and 1
     * 000 after that. */
    { "a crash of the server", LATE "5100ms = crash server for 1s\n", SR_WATCH_COLLABORATE,
      2335 },
};

static void
is_as_by_hand(void **state)
{
    const struct by_hand *row = *state;
    g_autoptr(SrScenario) scenario = fixture_scenario(row->lines, 0);
    SrTimedResult result;

    fixture_search(scenario, &SR_TIMED_OPTIONS, &result);
    assert_int_equal(result.end, SR_TIMED_COMPLETE);
    assert_int_equal(result.watches[row->watch].most, row->most * SR_NS_PER_MS);
    assert_true(result.watches[row->watch].most_attained);
}

/* The owner is lost for good, and everybody waits: the run that shows it has the fault, too. */
static void
the_run_has_its_faults(void **state)
{
    g_autoptr(SrScenario) scenario =
        fixture_scenario(LINES "[server]\non-owner-lost = wait\n[client alice]\nderive = 5ms\n"
                               "[client bob]\nderive = 5ms\n[timeline]\n700ms = crash alice\n",
                         0);
    g_autoptr(SrTimed) timed = sr_timed_new(scenario, &SR_TIMED_OPTIONS);
    g_autofree char *text = NULL;
    SrTimedResult result;

    (void) state;
    sr_timed_search(timed, &result);
    assert_true(result.failed >> SR_CHECK_NOBODY_STUCK & 1);
    text = sr_timed_check_scenario(timed, SR_CHECK_NOBODY_STUCK);
    assert_non_null(text);
    assert_non_null(strstr(text, "crash alice"));
}

/* ---- drawn timelines ---- */

static unsigned
draw(SrStream *stream, unsigned n)
{
    return (unsigned) sr_stream_below(stream, n);
}

static const char *
one_of(SrStream *stream, const char *const *list, unsigned n)
{
    return list[draw(stream, n)];
}

/* Adds an entry at @at, a whole number of milliseconds. */
static void
append_entry(GString *text, SrStream *stream, unsigned at, unsigned n_clients)
{
    static const char *const services[] = { "server", "token-provider", "encryption-provider" };
    unsigned client = 1 + draw(stream, n_clients), span = 1 + draw(stream, 60);
    const char *service = one_of(stream, services, G_N_ELEMENTS(services));

    g_string_append_printf(text, "%ums = ", at);
    switch (draw(stream, 10)) {
    case 0:
        g_string_append_printf(text, "crash c%u\n", client);
        break;
    case 1:
        g_string_append_printf(text, "crash c%u for %ums\n", client, span);
        break;
    case 2:
        g_string_append_printf(text, "restart c%u\n", client);
        break;
    case 3:
        g_string_append_printf(text, "disconnect c%u\n", client);
        break;
    case 4:
        g_string_append_printf(text, "disconnect c%u for %ums\n", client, span);
        break;
    case 5:
        g_string_append_printf(text, "close c%u\n", client);
        break;
    case 6:
    case 7:
        g_string_append_printf(text, "partition c%u %s for %ums\n", client, service, span);
        break;
    case 8:
        g_string_append_printf(text, "outage %s for %ums\n", service, span);
        break;
    case 9:
        g_string_append_printf(text, "crash server for %ums\n", span);
        break;
    }
}

/* Returns: drawn setting @number with one to three faults, behind the last start and at
 * instants of their own */
static char *
draw_faults(uint64_t number, unsigned n_clients)
{
    static const char *const lost[] = { "release", "promote", "wait" };
    SrStream stream = sr_stream_at(1700 + n_clients, number);
    g_autofree char *setting = fixture_draw(number, n_clients);
    g_autofree char *retry = g_strdup_printf("reconnect = unlimited from %ums to %ums\n",
                                             1 + draw(&stream, 5), 6 + draw(&stream, 10));
    g_autofree char *patience =
        draw(&stream, 3) == 0 ? g_strdup_printf("patience = %ums\n", 20 + draw(&stream, 60))
                              : g_strdup("");
    g_autofree char *client = g_strconcat(retry, patience, NULL);
    g_autofree char *with_clients = fixture_insert(setting, "[client ", client);
    g_autofree char *owner =
        g_strdup_printf("on-owner-lost = %s\n%s%s", one_of(&stream, lost, G_N_ELEMENTS(lost)),
                        draw(&stream, 3) == 0 ? "establish-timeout = 100ms\n" : "",
                        draw(&stream, 2) == 0 ? "durable = no\n" : "");
    g_autofree char *with_server = fixture_insert(with_clients, "[server]", owner);
    GString *text = g_string_new(with_server);
    unsigned at = 31;

    g_string_append(text, "[timeline]\n");
    for (unsigned i = 1 + draw(&stream, 3); i > 0; i--) {
        append_entry(text, &stream, at, n_clients);
        at += 1 + draw(&stream, 40);
    }
    return g_string_free(text, FALSE);
}

static void
faults_are_looked_at(void **state)
{
    (void) state;
    assert_true(fixture_play_drawn(draw_faults, 2, effort_cases(40), 90) >=
                effort_cases(40) / 2);
    fixture_play_drawn(draw_faults, 3, effort_cases(3), 90);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_run_has_its_faults),
        cmocka_unit_test(faults_are_looked_at),
    };
    int failures = FIXTURE_RUN_ROWS("faults by hand", is_as_by_hand, by_hand);

    failures += cmocka_run_group_tests_name("timeline", tests, NULL, NULL);
    return failures != 0;
}

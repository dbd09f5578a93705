/* A small world for the tests of checks: two documents, three clients, records in short hand,
 * and a runner.
 *
 * A row that breaks its check must break it at its last record, or for a check of the end, at
 * the end; one that does not must hold to the end. Rows go in pairs: the smallest sequence that
 * breaks, and the nearest one that does not. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>

#include "check/check.h"
#include "session-race/scenario.h"

#define SERVER SR_NODE_SERVER
#define PROVIDER SR_NODE_ENCRYPTION_PROVIDER
#define ALICE SR_NODE_FIRST_CLIENT       /* of document 0 */
#define BOB (SR_NODE_FIRST_CLIENT + 1)   /* of document 0 */
#define CAROL (SR_NODE_FIRST_CLIENT + 2) /* of document 1 */

enum { U1 = 1, U2, U3, PREVIOUS };

/* A record; seq marks it as one, since an array of rows is filled up with zeros. */
#define REC(kind, ...)                                                                         \
    {                                                                                          \
        .seq = 1, .event = SR_EVENT_##kind, __VA_ARGS__                                        \
    }
#define SENDS(from_node, kind, to_node, ...)                                                   \
    REC(SEND, .node = from_node, .msg = SR_MSG_##kind, .peer = to_node, __VA_ARGS__)
#define GETS(at_node, kind, from_node, ...)                                                    \
    REC(RECEIVE, .node = at_node, .msg = SR_MSG_##kind, .peer = from_node, __VA_ARGS__)
#define HINT(number) .hint = number, .has = SR_HAS_HINT
#define KEY(hint_number, key_number)                                                           \
    .hint = hint_number, .key = key_number, .has = SR_HAS_HINT | SR_HAS_KEY

/* Records that many checks need. */
#define STARTS(client) REC(START, .node = client)
#define GOES(client, from_state, to_state)                                                     \
    REC(STATE, .node = client, .from = SR_CLIENT_##from_state, .to = SR_CLIENT_##to_state)
#define ACCEPTS(client, number, ...)                                                           \
    SENDS(SERVER, CREATE_ACCEPTED, client, HINT(number), __VA_ARGS__)
#define ESTABLISHES(client, number, ...)                                                       \
    REC(ESTABLISHED, .node = SERVER, .peer = client, HINT(number), __VA_ARGS__)
#define RELEASES(number, why, ...)                                                             \
    REC(RELEASED, .node = SERVER, HINT(number), .reason = SR_REASON_##why, __VA_ARGS__)
#define MAKES(number, ...)                                                                     \
    REC(KEY_MADE, .node = PROVIDER, .hint = number, .key = number, __VA_ARGS__)
#define DISCARDS(number, why, ...)                                                             \
    REC(KEY_DISCARDED, .node = PROVIDER, .hint = number, .reason = SR_REASON_##why, __VA_ARGS__)
#define SEALS_AS(client, sender, key_number, counter)                                          \
    REC(SEALED, .node = client, KEY(U1, key_number),                                           \
        .seal = { .nonce_sender = sender, .nonce_counter = counter })
#define SEALS(client, key_number, counter)                                                     \
    SEALS_AS(client, client - SR_NODE_FIRST_CLIENT, key_number, counter)
#define UPGRADES REC(FAULT, .node = SERVER, .peer = SERVER, .action = SR_FAULT_UPGRADE)

#define ROW_RECORDS_MAX 24

typedef struct {
    const char *name;
    SrCheckId check;
    SrDetail breaks;             /* SR_DETAIL_NONE: it holds */
    uint32_t node, hint, number; /* of the finding */
    uint32_t document;           /* likewise; 0 where the check speaks of none */
    bool no_iat;                 /* `check-iat = no` */
    bool previous;               /* document 0 starts with an outdated session */
    SrRecord records[ROW_RECORDS_MAX + 1];
} CheckRow;

static const uint32_t fixture_client_document[] = { 0, 0, 1 };
static const uint32_t fixture_no_previous[] = { SR_HINT_ABSENT, SR_HINT_ABSENT };
static const uint32_t fixture_previous[] = { PREVIOUS, SR_HINT_ABSENT };

static inline SrCheckContext
fixture_context(const CheckRow *row)
{
    return (SrCheckContext){
        .n_documents = 2,
        .n_clients = G_N_ELEMENTS(fixture_client_document),
        .client_document = fixture_client_document,
        .previous_hint = row->previous ? fixture_previous : fixture_no_previous,
        .check_iat = !row->no_iat,
        .tokens = true,
    };
}

/* ---- a world to feed records to ---- */

typedef struct {
    SrCheckContext context;
    SrChecks *checks;
    const SrFinding *findings;
} World;

static inline int
fixture_set_up(void **state)
{
    const CheckRow plain = { .name = "" };
    World *world = g_new0(World, 1);

    world->context = fixture_context(&plain);
    world->checks = sr_checks_new(&world->context);
    world->findings = sr_checks_findings(world->checks);
    *state = world;
    return 0;
}

static inline int
fixture_tear_down(void **state)
{
    World *world = *state;

    sr_checks_free(world->checks);
    g_free(world);
    return 0;
}

static inline unsigned
feed(World *world, SrRecord record)
{
    return sr_checks_step(world->checks, &record);
}

#define FEED(world, ...) feed((world), (SrRecord) __VA_ARGS__)

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, fixture_set_up, fixture_tear_down)

/* ---- rows ---- */

/* Looks for the row's check among @n findings. Returns: whether it is there */
static inline bool
fixture_found(const CheckRow *row, unsigned n, const SrFinding *findings)
{
    for (unsigned i = 0; i < n; i++) {
        if (findings[i].check != row->check)
            continue;
        assert_int_equal(findings[i].detail, row->breaks);
        assert_int_equal(findings[i].node, row->node);
        assert_int_equal(findings[i].hint, row->hint);
        assert_int_equal(findings[i].document, row->document);
        assert_int_equal(findings[i].number, row->number);
        return true;
    }
    return false;
}

static inline void
fixture_play(SrChecks *checks, const CheckRow *row)
{
    const SrFinding *findings = sr_checks_findings(checks);
    bool at_end = sr_check_ops(row->check)->end != NULL;
    unsigned n_records = 0;

    while (row->records[n_records].seq != 0)
        n_records++;
    assert_true(n_records <= ROW_RECORDS_MAX);
    for (unsigned i = 0; i < n_records; i++) {
        SrRecord record = row->records[i];

        record.seq = i + 1;
        record.t = i * SR_NS_PER_MS;

        unsigned n = sr_checks_step(checks, &record);
        bool last = i + 1 == n_records && row->breaks != SR_DETAIL_NONE && !at_end;

        assert_int_equal(fixture_found(row, n, findings), last);
    }

    unsigned n = sr_checks_end(checks);

    assert_int_equal(fixture_found(row, n, findings), row->breaks != SR_DETAIL_NONE && at_end);
    assert_int_equal(sr_checks_failed(checks) >> row->check & 1, row->breaks != SR_DETAIL_NONE);
}

/* Twice: a reset must leave nothing behind. */
static inline void
fixture_check_row(void **state)
{
    const CheckRow *row = *state;
    SrCheckContext context = fixture_context(row);
    SrChecks *checks = sr_checks_new(&context);

    fixture_play(checks, row);
    sr_checks_reset(checks);
    assert_int_equal(sr_checks_failed(checks), 0);
    fixture_play(checks, row);
    sr_checks_free(checks);
}

static inline int
fixture_run(const char *name, const CheckRow *rows, size_t n)
{
    struct CMUnitTest *tests = g_new0(struct CMUnitTest, n);
    int failed;

    for (size_t i = 0; i < n; i++)
        tests[i] = (struct CMUnitTest){
            .name = rows[i].name,
            .test_func = fixture_check_row,
            .initial_state = (void *) (uintptr_t) &rows[i],
        };
    failed = _cmocka_run_group_tests(name, tests, n, NULL, NULL);
    g_free(tests);
    return failed != 0;
}

#define FIXTURE_MAIN(name)                                                                     \
    int main(void)                                                                             \
    {                                                                                          \
        return fixture_run(name, rows, G_N_ELEMENTS(rows));                                    \
    }

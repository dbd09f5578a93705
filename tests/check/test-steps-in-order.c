/* steps-in-order: the tables of transitions and of messages, entry by entry, and the smallest
 * disorders. */
#include "check-fixture.h"

#define THIS .check = SR_CHECK_STEPS_IN_ORDER
#define TO(from_state, to_state) GOES(BOB, from_state, to_state)
#define TO_SERVER(kind) SENDS(BOB, kind, SERVER)
#define TO_REQUESTING                                                                          \
    STARTS(BOB), TO(IDLE, TOKEN), TO(TOKEN, CONNECTING), TO(CONNECTING, REQUESTING)
#define TO_CREATED                                                                             \
    TO_REQUESTING, TO(REQUESTING, MAKING_KEY), TO(MAKING_KEY, SEALING), TO(SEALING, CREATED)

/* clang-format off */
static const CheckRow rows[] = {
    { "the winner's way", THIS,
      .records = { STARTS(BOB), TO(IDLE, TOKEN), SENDS(BOB, TOKEN_REQUEST, SR_NODE_TOKEN_PROVIDER), TO(TOKEN, CONNECTING),
                   TO_SERVER(CONNECT), TO(CONNECTING, REQUESTING), TO_SERVER(SESSION_REQUEST), TO(REQUESTING, MAKING_KEY),
                   SENDS(BOB, KEY_REQUEST, PROVIDER), TO(MAKING_KEY, SEALING), TO(SEALING, CREATED), TO_SERVER(CREATE_SESSION),
                   TO(CREATED, UPLOADING), TO_SERVER(UPLOAD), TO_SERVER(TOKEN_UPDATE), TO(UPLOADING, COLLABORATING),
                   SENDS(BOB, KEY_SETTLED, PROVIDER, HINT(U1)) } },
    { "the loser's way", THIS,
      .records = { TO_CREATED, TO(CREATED, WAITING), TO(WAITING, LOOKING_UP), SENDS(BOB, KEY_REQUEST, PROVIDER, HINT(U1)),
                   SENDS(BOB, KEY_SETTLED, PROVIDER, HINT(U1)), TO(LOOKING_UP, DERIVING), TO(DERIVING, JOINING), TO_SERVER(JOIN),
                   TO(JOINING, COLLABORATING), TO(COLLABORATING, RECONNECTING), TO(RECONNECTING, CONNECTING) } },
    { "the crashed owner's way", THIS,
      .records = { TO_CREATED, TO(CREATED, UPLOADING), TO(UPLOADING, CRASHED), STARTS(BOB), TO(CRASHED, TOKEN),
                   TO(TOKEN, CONNECTING), TO(CONNECTING, REQUESTING), TO(REQUESTING, RESUMING),
                   SENDS(BOB, KEY_REQUEST, PROVIDER, HINT(U1)), TO(RESUMING, UPLOADING), TO_SERVER(UPLOAD) } },
    { "a client joins without asking", THIS, .breaks = SR_DETAIL_STATE_OUT_OF_ORDER, .node = BOB,
      .records = { STARTS(BOB), TO(IDLE, TOKEN), TO(TOKEN, CONNECTING), TO(CONNECTING, JOINING) } },
    { "a client collaborates without opening", THIS, .breaks = SR_DETAIL_STATE_OUT_OF_ORDER, .node = BOB,
      .records = { TO_REQUESTING, TO(REQUESTING, LOOKING_UP), TO(LOOKING_UP, DERIVING), TO(DERIVING, COLLABORATING) } },
    { "a client creates before it seals", THIS, .breaks = SR_DETAIL_STATE_OUT_OF_ORDER, .node = BOB,
      .records = { TO_REQUESTING, TO(REQUESTING, MAKING_KEY), TO(MAKING_KEY, CREATED) } },
    { "a client comes back after it failed", THIS, .breaks = SR_DETAIL_STATE_OUT_OF_ORDER, .node = BOB,
      .records = { TO_REQUESTING, TO(REQUESTING, FAILED), TO(FAILED, RECONNECTING) } },
    { "a state is left that was not entered", THIS, .breaks = SR_DETAIL_STATE_OUT_OF_ORDER, .node = BOB,
      .records = { TO_REQUESTING, TO(WAITING, LOOKING_UP) } },
    { "create-session before its state", THIS, .breaks = SR_DETAIL_MESSAGE_OUT_OF_ORDER, .node = BOB,
      .records = { TO_REQUESTING, TO(REQUESTING, MAKING_KEY), TO_SERVER(CREATE_SESSION) } },
    { "a waiting client uploads", THIS, .breaks = SR_DETAIL_MESSAGE_OUT_OF_ORDER, .node = BOB,
      .records = { TO_CREATED, TO(CREATED, WAITING), TO_SERVER(UPLOAD) } },
    { "a new key is asked for in step 7", THIS, .breaks = SR_DETAIL_MESSAGE_OUT_OF_ORDER, .node = BOB,
      .records = { TO_REQUESTING, TO(REQUESTING, LOOKING_UP), SENDS(BOB, KEY_REQUEST, PROVIDER) } },
    { "the old session's key is asked for in step 2", THIS,
      .records = { TO_REQUESTING, TO(REQUESTING, MAKING_KEY), SENDS(BOB, KEY_REQUEST, PROVIDER, HINT(U1)),
                   SENDS(BOB, KEY_REQUEST, PROVIDER) } },
    { "a token is updated without a connection", THIS, .breaks = SR_DETAIL_MESSAGE_OUT_OF_ORDER, .node = BOB,
      .records = { TO_REQUESTING, TO(REQUESTING, RECONNECTING), TO_SERVER(TOKEN_UPDATE) } },
    { "a token is renewed without a connection", THIS,
      .records = { TO_REQUESTING, TO(REQUESTING, RECONNECTING), SENDS(BOB, TOKEN_REQUEST, SR_NODE_TOKEN_PROVIDER) } },
    { "a closed client sends", THIS, .breaks = SR_DETAIL_MESSAGE_OUT_OF_ORDER, .node = BOB,
      .records = { TO_REQUESTING, TO(REQUESTING, CLOSED), TO_SERVER(CONNECT) } },
    { "a log without states is not judged", THIS, .records = { TO_SERVER(UPLOAD), TO_SERVER(JOIN) } },
};
/* clang-format on */

/* The way from idle to every state, to start each pair from. */
static const uint8_t parent[SR_CLIENT_STATE_N] = {
    [SR_CLIENT_TOKEN] = SR_CLIENT_IDLE,
    [SR_CLIENT_CONNECTING] = SR_CLIENT_TOKEN,
    [SR_CLIENT_REQUESTING] = SR_CLIENT_CONNECTING,
    [SR_CLIENT_MAKING_KEY] = SR_CLIENT_REQUESTING,
    [SR_CLIENT_SEALING] = SR_CLIENT_MAKING_KEY,
    [SR_CLIENT_CREATED] = SR_CLIENT_SEALING,
    [SR_CLIENT_WAITING] = SR_CLIENT_CREATED,
    [SR_CLIENT_UPLOADING] = SR_CLIENT_CREATED,
    [SR_CLIENT_RESUMING] = SR_CLIENT_REQUESTING,
    [SR_CLIENT_LOOKING_UP] = SR_CLIENT_WAITING,
    [SR_CLIENT_DERIVING] = SR_CLIENT_LOOKING_UP,
    [SR_CLIENT_JOINING] = SR_CLIENT_DERIVING,
    [SR_CLIENT_COLLABORATING] = SR_CLIENT_JOINING,
    [SR_CLIENT_RECONNECTING] = SR_CLIENT_CONNECTING,
    [SR_CLIENT_FAILED] = SR_CLIENT_CONNECTING,
    [SR_CLIENT_CRASHED] = SR_CLIENT_CONNECTING,
    [SR_CLIENT_CLOSED] = SR_CLIENT_CONNECTING,
};

static unsigned
go_to(SrChecks *checks, SrClientState state)
{
    SrRecord record = STARTS(BOB);

    if (state == SR_CLIENT_IDLE)
        return sr_checks_step(checks, &record);
    go_to(checks, (SrClientState) parent[state]);
    record = (SrRecord) TO(IDLE, IDLE);
    record.from = parent[state];
    record.to = (uint8_t) state;
    return sr_checks_step(checks, &record);
}

/* A picture of the whole table, so that a changed entry shows: one row a state, in the order of
 * SrClientState. Columns: idle token connecting requesting making-key sealing created waiting
 * uploading resuming looking-up deriving joining collaborating reconnecting failed crashed
 * closed. */
static const char *const picture[SR_CLIENT_STATE_N] = {
    ".tc...........rfx.", "..c...........rfxo", "...R..........rfxo", "....m..wuU1.3.rfxo",
    ".....s....1.3.rfxo", "......C...1.3.rfxo", ".......wu.1.3.rfxo", "...R....u.1.3.rfxo",
    "...R......1.34rfxo", "...R....u.1.3.rfxo", "..........123.rfxo", "..........1.3.rfxo",
    "..........1.34rfxo", "..........1.3.rfxo", ".tc............fxo", "..................",
    ".tc...........rf..", "..................",
};

static void
test_every_pair_of_states(void **state)
{
    const CheckRow plain = { THIS };
    SrCheckContext context = fixture_context(&plain);
    SrChecks *checks = sr_checks_new(&context);

    (void) state;
    for (unsigned from = 0; from < SR_CLIENT_STATE_N; from++)
        for (unsigned to = 0; to < SR_CLIENT_STATE_N; to++) {
            SrRecord record = TO(IDLE, IDLE);
            bool stays = from == to; /* a state that does not change is not noted, but looking
                                        up or joining again is allowed */

            sr_checks_reset(checks);
            go_to(checks, (SrClientState) from);
            assert_int_equal(sr_checks_failed(checks), 0);
            record.from = (uint8_t) from;
            record.to = (uint8_t) to;
            sr_checks_step(checks, &record);
            if (!stays)
                assert_int_equal(sr_checks_failed(checks) >> SR_CHECK_STEPS_IN_ORDER & 1,
                                 picture[from][to] == '.');
        }
    sr_checks_free(checks);
}

int
main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_every_pair_of_states) };
    int failed = fixture_run("steps-in-order", rows, G_N_ELEMENTS(rows));

    failed += cmocka_run_group_tests_name("steps-in-order, the table", tests, NULL, NULL);
    return failed != 0;
}

/* token-first: the server answers on a connection that was not accepted. */
#include "check-fixture.h"

#define THIS .check = SR_CHECK_TOKEN_FIRST
#define ON(number) .conn = number, .has = SR_HAS_CONN
#define CONNECTED(client, number) SENDS(SERVER, CONNECTED, client, ON(number))
#define SEES_CLOSED(client, number)                                                            \
    REC(CONNECTION_CLOSED, .node = SERVER, .peer = client, ON(number))

/* clang-format off */
static const CheckRow rows[] = {
    { "a session-request is served without a connection", THIS, .breaks = SR_DETAIL_SERVED_UNACCEPTED,
      .records = { SENDS(SERVER, SESSION_NONE, BOB, ON(1)) } },
    { "it is served on an accepted one", THIS, .records = { CONNECTED(BOB, 1), SENDS(SERVER, SESSION_NONE, BOB, ON(1)) } },
    { "another client's connection does not help", THIS, .breaks = SR_DETAIL_SERVED_UNACCEPTED,
      .records = { CONNECTED(ALICE, 1), SENDS(SERVER, SESSION_PENDING, BOB, ON(1)) } },
    { "a refused connection is served", THIS, .breaks = SR_DETAIL_SERVED_UNACCEPTED,
      .records = { SENDS(SERVER, CONNECT_REFUSED, BOB, ON(1)), SENDS(SERVER, CREATE_REJECTED, BOB, ON(1)) } },
    { "an older connection is served", THIS, .breaks = SR_DETAIL_SERVED_UNACCEPTED,
      .records = { CONNECTED(BOB, 1), SEES_CLOSED(BOB, 1), CONNECTED(BOB, 2), SENDS(SERVER, CREATE_ACCEPTED, BOB, ON(1)) } },
    { "a replaced connection closes late", THIS,
      .records = { CONNECTED(BOB, 2), SEES_CLOSED(BOB, 1), SENDS(SERVER, CREATE_ACCEPTED, BOB, ON(2)) } },
    { "a connection that the server closed is served", THIS, .breaks = SR_DETAIL_SERVED_UNACCEPTED,
      .records = { CONNECTED(BOB, 1), SENDS(SERVER, CLOSED, BOB, ON(1)), SENDS(SERVER, CONTENT, BOB, ON(1)) } },
    { "what the client sees does not count", THIS,
      .records = { CONNECTED(BOB, 1), REC(CONNECTION_CLOSED, .node = BOB, .peer = BOB, ON(1)), SENDS(SERVER, CONTENT, BOB, ON(1)) } },
    { "no connection outlives a crash of the server", THIS, .breaks = SR_DETAIL_SERVED_UNACCEPTED,
      .records = { CONNECTED(BOB, 1), REC(FAULT, .node = SERVER, .peer = SERVER, .action = SR_FAULT_CRASH),
                   SENDS(SERVER, SESSION_AVAILABLE, BOB, ON(1)) } },
    { "a crash of a client is not the server's", THIS,
      .records = { CONNECTED(BOB, 1), REC(FAULT, .node = ALICE, .peer = ALICE, .action = SR_FAULT_CRASH),
                   SENDS(SERVER, SESSION_AVAILABLE, BOB, ON(1)) } },
    { "an upload is taken without a connection", THIS, .breaks = SR_DETAIL_SERVED_UNACCEPTED, .hint = U1,
      .records = { ESTABLISHES(BOB, U1) } },
    { "an upload is taken on an accepted one", THIS, .records = { CONNECTED(BOB, 1), ESTABLISHES(BOB, U1) } },
    { "a log from elsewhere may not number connections", THIS,
      .records = { SENDS(SERVER, CONNECTED, BOB), SENDS(SERVER, SESSION_NONE, BOB) } },
};
/* clang-format on */

FIXTURE_MAIN("token-first")

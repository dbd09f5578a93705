/* waits: a client that was rejected, or told to wait, sends something. */
#include "check-fixture.h"

#define THIS .check = SR_CHECK_WAITS
#define BOB_SENDS(kind) SENDS(BOB, kind, SERVER)
#define BOB_GETS(kind) GETS(BOB, kind, SERVER)
#define REJECTED BOB_SENDS(CREATE_SESSION), BOB_GETS(CREATE_REJECTED)
#define PENDING BOB_SENDS(SESSION_REQUEST), BOB_GETS(SESSION_PENDING)

/* clang-format off */
static const CheckRow rows[] = {
    { "a rejected client joins unasked", THIS, .breaks = SR_DETAIL_SENT_WHILE_WAITING, .node = BOB,
      .records = { REJECTED, BOB_SENDS(JOIN) } },
    { "it joins once the session is announced", THIS, .records = { REJECTED, BOB_GETS(SESSION_AVAILABLE), BOB_SENDS(JOIN) } },
    { "a pending client asks again", THIS, .breaks = SR_DETAIL_SENT_WHILE_WAITING, .node = BOB,
      .records = { PENDING, BOB_SENDS(SESSION_REQUEST) } },
    { "it asks again once the creation is released", THIS,
      .records = { PENDING, BOB_GETS(SESSION_RELEASED), BOB_SENDS(SESSION_REQUEST) } },
    { "a rejected client uploads unasked", THIS, .breaks = SR_DETAIL_SENT_WHILE_WAITING, .node = BOB,
      .records = { REJECTED, BOB_SENDS(UPLOAD) } },
    { "a promoted client uploads", THIS, .records = { REJECTED, BOB_GETS(CREATE_ACCEPTED), BOB_SENDS(UPLOAD) } },
    { "a rejected client creates again", THIS, .breaks = SR_DETAIL_SENT_WHILE_WAITING, .node = BOB,
      .records = { REJECTED, BOB_SENDS(CREATE_SESSION) } },
    { "a token may be renewed and keys asked for", THIS,
      .records = { REJECTED, BOB_SENDS(TOKEN_UPDATE), SENDS(BOB, TOKEN_REQUEST, SR_NODE_TOKEN_PROVIDER),
                   SENDS(BOB, KEY_REQUEST, PROVIDER) } },
    { "the session was announced before the rejection", THIS,
      .records = { BOB_SENDS(CREATE_SESSION), BOB_GETS(SESSION_AVAILABLE), BOB_GETS(CREATE_REJECTED), BOB_SENDS(JOIN) } },
    { "it was announced on an earlier connection", THIS, .breaks = SR_DETAIL_SENT_WHILE_WAITING, .node = BOB,
      .records = { BOB_GETS(SESSION_AVAILABLE), BOB_SENDS(CONNECT), REJECTED, BOB_SENDS(JOIN) } },
    { "a new connection begins anew", THIS, .records = { REJECTED, BOB_SENDS(CONNECT), BOB_SENDS(SESSION_REQUEST) } },
    { "another client may send", THIS, .records = { REJECTED, SENDS(ALICE, JOIN, SERVER) } },
    { "a rejection that is delivered twice counts once", THIS,
      .records = { REJECTED, BOB_GETS(SESSION_RELEASED), BOB_SENDS(SESSION_REQUEST), BOB_GETS(CREATE_REJECTED),
                   BOB_GETS(SESSION_NONE), BOB_SENDS(CREATE_SESSION) } },
    { "a late answer to an earlier request does not make it wait", THIS,
      .records = { BOB_SENDS(SESSION_REQUEST), BOB_GETS(SESSION_NONE), BOB_GETS(SESSION_PENDING), BOB_SENDS(CREATE_SESSION) } },
};
/* clang-format on */

FIXTURE_MAIN("waits")

/* nobody-stuck: who waits at the end with nobody left to wait for. */
#include "check-fixture.h"

#define THIS .check = SR_CHECK_NOBODY_STUCK
#define WAITS(client) GOES(client, CREATED, WAITING)
#define UPLOADS(client) GOES(client, CREATED, UPLOADING)

/* clang-format off */
static const CheckRow rows[] = {
    { "a client waits for nobody", THIS, .breaks = SR_DETAIL_STUCK, .node = BOB, .number = 1, .records = { WAITS(BOB) } },
    { "a client waits for an owner that is connected", THIS, .records = { WAITS(BOB), ACCEPTS(ALICE, U1), UPLOADS(ALICE) } },
    { "the owner has lost its connection", THIS, .breaks = SR_DETAIL_STUCK, .node = BOB, .number = 1,
      .records = { WAITS(BOB), ACCEPTS(ALICE, U1), UPLOADS(ALICE), GOES(ALICE, UPLOADING, RECONNECTING) } },
    { "the owner is back", THIS,
      .records = { WAITS(BOB), ACCEPTS(ALICE, U1), UPLOADS(ALICE), GOES(ALICE, UPLOADING, RECONNECTING),
                   GOES(ALICE, RECONNECTING, CONNECTING) } },
    { "the owner collaborates", THIS, .records = { WAITS(BOB), ACCEPTS(ALICE, U1), GOES(ALICE, UPLOADING, COLLABORATING) } },
    { "the owner crashed", THIS, .breaks = SR_DETAIL_STUCK, .node = BOB, .number = 1,
      .records = { WAITS(BOB), ACCEPTS(ALICE, U1), UPLOADS(ALICE), GOES(ALICE, UPLOADING, CRASHED) } },
    { "the creation was released", THIS, .breaks = SR_DETAIL_STUCK, .node = BOB, .number = 1,
      .records = { WAITS(BOB), ACCEPTS(ALICE, U1), UPLOADS(ALICE), RELEASES(U1, TIMEOUT) } },
    { "a session is active, its owner long gone", THIS,
      .records = { WAITS(BOB), ACCEPTS(ALICE, U1), ESTABLISHES(ALICE, U1), GOES(ALICE, UPLOADING, CLOSED) } },
    { "the session is outdated", THIS, .breaks = SR_DETAIL_STUCK, .node = BOB, .number = 1,
      .records = { WAITS(BOB), ACCEPTS(ALICE, U1), ESTABLISHES(ALICE, U1), UPGRADES } },
    { "a session of another document does not help", THIS, .breaks = SR_DETAIL_STUCK, .node = BOB, .number = 1,
      .records = { WAITS(BOB), ACCEPTS(CAROL, U1, .document = 1), ESTABLISHES(CAROL, U1, .document = 1) } },
    { "a client that does something else is not stuck", THIS, .records = { GOES(BOB, CREATED, WAITING), GOES(BOB, WAITING, FAILED) } },
    { "all are counted, the first is named", THIS, .breaks = SR_DETAIL_STUCK, .node = ALICE, .number = 3,
      .records = { WAITS(CAROL), WAITS(BOB), WAITS(ALICE) } },
};
/* clang-format on */

FIXTURE_MAIN("nobody-stuck")

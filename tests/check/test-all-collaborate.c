/* all-collaborate: who started and was accepted, and does not collaborate at the end. */
#include "check-fixture.h"

#define THIS .check = SR_CHECK_ALL_COLLABORATE
#define ACCEPTED(client) SENDS(SERVER, CONNECTED, client)
#define AT_END(client, to_state) GOES(client, IDLE, to_state)

/* clang-format off */
static const CheckRow rows[] = {
    { "a client still joins", THIS, .breaks = SR_DETAIL_NOT_COLLABORATING, .node = BOB, .number = 1,
      .records = { STARTS(BOB), ACCEPTED(BOB), AT_END(BOB, JOINING) } },
    { "a client collaborates", THIS, .records = { STARTS(BOB), ACCEPTED(BOB), AT_END(BOB, COLLABORATING) } },
    { "a client failed", THIS, .breaks = SR_DETAIL_NOT_COLLABORATING, .node = BOB, .number = 1,
      .records = { STARTS(BOB), ACCEPTED(BOB), AT_END(BOB, FAILED) } },
    { "a client was never accepted", THIS, .records = { STARTS(BOB), AT_END(BOB, FAILED) } },
    { "a client never started", THIS, .records = { STARTS(ALICE) } },
    { "a client crashed for good", THIS, .records = { STARTS(BOB), ACCEPTED(BOB), AT_END(BOB, CRASHED) } },
    { "a client crashed and came back", THIS, .breaks = SR_DETAIL_NOT_COLLABORATING, .node = BOB, .number = 1,
      .records = { STARTS(BOB), ACCEPTED(BOB), AT_END(BOB, CRASHED), STARTS(BOB), GOES(BOB, CRASHED, TOKEN) } },
    { "a client was closed by its user", THIS, .records = { STARTS(BOB), ACCEPTED(BOB), AT_END(BOB, CLOSED) } },
    { "a client collaborated and lost its connection", THIS, .breaks = SR_DETAIL_NOT_COLLABORATING, .node = BOB, .number = 1,
      .records = { STARTS(BOB), ACCEPTED(BOB), AT_END(BOB, COLLABORATING), GOES(BOB, COLLABORATING, RECONNECTING) } },
    { "all that do not are counted, the first is named", THIS, .breaks = SR_DETAIL_NOT_COLLABORATING, .node = ALICE, .number = 2,
      .records = { STARTS(CAROL), STARTS(BOB), STARTS(ALICE), ACCEPTED(CAROL), ACCEPTED(BOB), ACCEPTED(ALICE),
                   AT_END(CAROL, WAITING), AT_END(BOB, COLLABORATING), AT_END(ALICE, JOINING) } },
};
/* clang-format on */

FIXTURE_MAIN("all-collaborate")

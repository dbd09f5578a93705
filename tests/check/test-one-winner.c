/* one-winner: a second creation, a creation over a session, a second session; and what ends the
 * first. */
#include "check-fixture.h"

#define THIS .check = SR_CHECK_ONE_WINNER

/* clang-format off */
static const CheckRow rows[] = {
    { "a second creation is accepted while the first stands", THIS, .breaks = SR_DETAIL_SECOND_CREATION, .hint = U2,
      .records = { ACCEPTS(ALICE, U1), ACCEPTS(BOB, U2) } },
    { "the owner returns and is told again", THIS, .records = { ACCEPTS(ALICE, U1), ACCEPTS(ALICE, U1) } },
    { "the owner is accepted with another attempt", THIS, .breaks = SR_DETAIL_SECOND_CREATION, .hint = U2,
      .records = { ACCEPTS(ALICE, U1), ACCEPTS(ALICE, U2) } },
    { "another client is accepted under the same hint", THIS, .breaks = SR_DETAIL_SECOND_CREATION, .hint = U1,
      .records = { ACCEPTS(ALICE, U1), ACCEPTS(BOB, U1) } },
    { "the first creation is released before the second", THIS,
      .records = { ACCEPTS(ALICE, U1), RELEASES(U1, OWNER_LOST), ACCEPTS(BOB, U2) } },
    { "a creation of another hint is released", THIS, .breaks = SR_DETAIL_SECOND_CREATION, .hint = U2,
      .records = { ACCEPTS(ALICE, U1), RELEASES(U3, OWNER_LOST), ACCEPTS(BOB, U2) } },
    { "a log from elsewhere shows the release by its message", THIS,
      .records = { ACCEPTS(ALICE, U1), SENDS(SERVER, SESSION_RELEASED, BOB), ACCEPTS(BOB, U2) } },
    { "a log from elsewhere shows an upgrade by whom the server closes", THIS,
      .records = { ACCEPTS(ALICE, U1), ESTABLISHES(ALICE, U1),
                   SENDS(SERVER, CLOSED, BOB, .reason = SR_REASON_CLIENT_UPDATE_REQUIRED), ACCEPTS(BOB, U2) } },
    { "a client that is closed for another reason ends nothing", THIS, .breaks = SR_DETAIL_SECOND_CREATION, .hint = U2,
      .records = { ACCEPTS(ALICE, U1), SENDS(SERVER, CLOSED, BOB, .reason = SR_REASON_JWT), ACCEPTS(BOB, U2) } },
    { "another message with the reason of an upgrade ends nothing", THIS, .breaks = SR_DETAIL_SECOND_CREATION, .hint = U2,
      .records = { ACCEPTS(ALICE, U1), SENDS(SERVER, SESSION_NONE, BOB, .reason = SR_REASON_CLIENT_UPDATE_REQUIRED),
                   ACCEPTS(BOB, U2) } },
    { "what somebody else says in the server's place", THIS,
      .records = { ACCEPTS(ALICE, U1), SENDS(PROVIDER, CREATE_ACCEPTED, BOB, HINT(U2)) } },
    { "each document has a creation of its own", THIS, .records = { ACCEPTS(ALICE, U1), ACCEPTS(CAROL, U2, .document = 1) } },
    { "a creation is accepted over an active session", THIS, .breaks = SR_DETAIL_CREATION_OVER_SESSION, .hint = U2,
      .records = { ACCEPTS(ALICE, U1), ESTABLISHES(ALICE, U1), ACCEPTS(BOB, U2) } },
    { "the session is lost in a crash before", THIS,
      .records = { ACCEPTS(ALICE, U1), ESTABLISHES(ALICE, U1), RELEASES(U1, SERVER_CRASH), ACCEPTS(BOB, U2) } },
    { "the session is outdated before", THIS,
      .records = { ACCEPTS(ALICE, U1), ESTABLISHES(ALICE, U1), UPGRADES, ACCEPTS(BOB, U2), ESTABLISHES(BOB, U2) } },
    { "an upgrade does not end a creation by itself", THIS, .breaks = SR_DETAIL_SECOND_CREATION, .hint = U2,
      .records = { ACCEPTS(ALICE, U1), UPGRADES, ACCEPTS(BOB, U2) } },
    { "another fault does not outdate the session", THIS, .breaks = SR_DETAIL_CREATION_OVER_SESSION, .hint = U2,
      .records = { ACCEPTS(ALICE, U1), ESTABLISHES(ALICE, U1),
                   REC(FAULT, .node = PROVIDER, .peer = PROVIDER, .action = SR_FAULT_ROTATE_MASTER), ACCEPTS(BOB, U2) } },
    { "a second session is established", THIS, .breaks = SR_DETAIL_SECOND_SESSION, .hint = U2,
      .records = { ACCEPTS(ALICE, U1), ESTABLISHES(ALICE, U1), ESTABLISHES(BOB, U2) } },
    { "a second session is established after the first was outdated", THIS,
      .records = { ACCEPTS(ALICE, U1), ESTABLISHES(ALICE, U1), UPGRADES, ESTABLISHES(BOB, U2) } },
};
/* clang-format on */

FIXTURE_MAIN("one-winner")

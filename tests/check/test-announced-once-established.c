/* announced-once-established: an announcement too early, or of a hint that is not the winner's.
 */
#include "check-fixture.h"

#define THIS .check = SR_CHECK_ANNOUNCED_ONCE_ESTABLISHED
#define ANNOUNCES(number) SENDS(SERVER, SESSION_AVAILABLE, BOB, HINT(number))
#define UPLOADED(client) GETS(SERVER, UPLOAD, client)

/* clang-format off */
static const CheckRow rows[] = {
    { "a session is announced when its creation is accepted", THIS, .breaks = SR_DETAIL_ANNOUNCED_EARLY, .hint = U1,
      .records = { STARTS(ALICE), ACCEPTS(ALICE, U1), ANNOUNCES(U1) } },
    { "it is announced when it is established", THIS,
      .records = { STARTS(ALICE), ACCEPTS(ALICE, U1), ESTABLISHES(ALICE, U1), ANNOUNCES(U1), ANNOUNCES(U1) } },
    { "an upload that arrived is not yet taken", THIS, .breaks = SR_DETAIL_ANNOUNCED_EARLY, .hint = U1,
      .records = { STARTS(ALICE), ACCEPTS(ALICE, U1), UPLOADED(ALICE), ANNOUNCES(U1) } },
    { "a loser's hint is announced", THIS, .breaks = SR_DETAIL_ANNOUNCED_OTHER_HINT, .hint = U2,
      .records = { STARTS(ALICE), ACCEPTS(ALICE, U1), ESTABLISHES(ALICE, U1), ANNOUNCES(U2) } },
    { "the winner's hint is the accepted one, whatever the server notes", THIS, .breaks = SR_DETAIL_ANNOUNCED_OTHER_HINT,
      .hint = U2, .records = { STARTS(ALICE), ACCEPTS(ALICE, U1), ESTABLISHES(ALICE, U2), ANNOUNCES(U2) } },
    { "a promoted client's hint is the winner's", THIS,
      .records = { STARTS(ALICE), ACCEPTS(ALICE, U1), RELEASES(U1, OWNER_LOST), ACCEPTS(BOB, U2), ESTABLISHES(BOB, U2),
                   ANNOUNCES(U2) } },
    { "a session that was lost is announced", THIS, .breaks = SR_DETAIL_ANNOUNCED_EARLY, .hint = U1,
      .records = { STARTS(ALICE), ACCEPTS(ALICE, U1), ESTABLISHES(ALICE, U1), RELEASES(U1, SERVER_CRASH), ANNOUNCES(U1) } },
    { "a session that is outdated is announced", THIS, .breaks = SR_DETAIL_ANNOUNCED_EARLY, .hint = U1,
      .records = { STARTS(ALICE), ACCEPTS(ALICE, U1), ESTABLISHES(ALICE, U1), UPGRADES, ANNOUNCES(U1) } },
    { "another document's session is announced", THIS, .breaks = SR_DETAIL_ANNOUNCED_EARLY, .hint = U1,
      .records = { STARTS(ALICE), ACCEPTS(CAROL, U1, .document = 1), ESTABLISHES(CAROL, U1, .document = 1), ANNOUNCES(U1) } },
    { "in a log of messages the owner's upload establishes", THIS,
      .records = { ACCEPTS(ALICE, U1), UPLOADED(ALICE), ANNOUNCES(U1) } },
    { "in a log of messages nobody else's does", THIS, .breaks = SR_DETAIL_ANNOUNCED_EARLY, .hint = U1,
      .records = { ACCEPTS(ALICE, U1), UPLOADED(BOB), ANNOUNCES(U1) } },
    { "in a log of messages an upgrade shows by closed", THIS, .breaks = SR_DETAIL_ANNOUNCED_EARLY, .hint = U1,
      .records = { ACCEPTS(ALICE, U1), UPLOADED(ALICE), ANNOUNCES(U1),
                   SENDS(SERVER, CLOSED, BOB, .reason = SR_REASON_CLIENT_UPDATE_REQUIRED), ANNOUNCES(U1) } },
};
/* clang-format on */

FIXTURE_MAIN("announced-once-established")

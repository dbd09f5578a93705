/* key-kept: the winner's key is discarded too early, or had gone before it won. */
#include "check-fixture.h"

#define THIS .check = SR_CHECK_KEY_KEPT

/* clang-format off */
static const CheckRow rows[] = {
    { "the key goes while its creation stands", THIS, .breaks = SR_DETAIL_LIVE_KEY_DISCARDED, .node = PROVIDER, .hint = U1,
      .records = { MAKES(U1), ACCEPTS(ALICE, U1), DISCARDS(U1, ON_NEW_KEY) } },
    { "another key goes: an orphan", THIS, .records = { MAKES(U1), MAKES(U2), ACCEPTS(ALICE, U1), DISCARDS(U2, SETTLED) } },
    { "the key goes while its session is active", THIS, .breaks = SR_DETAIL_LIVE_KEY_DISCARDED, .node = PROVIDER, .hint = U1,
      .records = { MAKES(U1), ACCEPTS(ALICE, U1), ESTABLISHES(ALICE, U1), DISCARDS(U1, AGE) } },
    { "the key goes after the session was outdated", THIS,
      .records = { MAKES(U1), ACCEPTS(ALICE, U1), ESTABLISHES(ALICE, U1), UPGRADES, DISCARDS(U1, AGE) } },
    { "the key goes after the session was lost", THIS,
      .records = { MAKES(U1), ACCEPTS(ALICE, U1), ESTABLISHES(ALICE, U1), RELEASES(U1, SERVER_CRASH), DISCARDS(U1, AGE) } },
    { "the key goes after the creation was released", THIS,
      .records = { MAKES(U1), ACCEPTS(ALICE, U1), RELEASES(U1, OWNER_LOST), DISCARDS(U1, AGE) } },
    { "the key of the promoted creation goes", THIS, .breaks = SR_DETAIL_LIVE_KEY_DISCARDED, .node = PROVIDER, .hint = U2,
      .records = { MAKES(U1), MAKES(U2), ACCEPTS(ALICE, U1), RELEASES(U1, OWNER_LOST), ACCEPTS(BOB, U2), DISCARDS(U1, LAST),
                   DISCARDS(U2, LAST) } },
    { "the key had gone when its creation was accepted", THIS, .breaks = SR_DETAIL_WINNER_KEY_GONE, .hint = U1,
      .records = { MAKES(U1), DISCARDS(U1, ON_NEW_KEY), ACCEPTS(ALICE, U1) } },
    { "the key was made again before its creation was accepted", THIS,
      .records = { MAKES(U1), DISCARDS(U1, ON_NEW_KEY), MAKES(U1), ACCEPTS(ALICE, U1) } },
    { "the owner's return is no new creation", THIS, .breaks = SR_DETAIL_LIVE_KEY_DISCARDED, .node = PROVIDER, .hint = U1,
      .records = { MAKES(U1), ACCEPTS(ALICE, U1), ACCEPTS(ALICE, U1), DISCARDS(U1, AGE) } },
    { "a key that is overwritten leaves its hint answerable", THIS,
      .records = { MAKES(U1), ACCEPTS(ALICE, U1), DISCARDS(U1, OVERWRITTEN), MAKES(U1) } },
    { "a key that nobody saw made is kept", THIS, .records = { ACCEPTS(ALICE, U1), ESTABLISHES(ALICE, U1) } },
    { "a dropped master secret loses derived keys", THIS, .breaks = SR_DETAIL_LIVE_KEY_DISCARDED, .node = PROVIDER, .hint = U3, .document = 1,
      .records = { MAKES(U3, .document = 1), ACCEPTS(CAROL, U3, .document = 1), DISCARDS(U3, MASTER_DROPPED, .document = 1) } },
};
/* clang-format on */

FIXTURE_MAIN("key-kept")

/* previous-kept: the outdated session's key goes before a later session is established. */
#include "check-fixture.h"

#define THIS .check = SR_CHECK_PREVIOUS_KEPT
#define LIVES(number) MAKES(number), ACCEPTS(ALICE, number), ESTABLISHES(ALICE, number)

/* clang-format off */
static const CheckRow rows[] = {
    { "the outdated session's key goes", THIS, .breaks = SR_DETAIL_PREVIOUS_DISCARDED, .node = PROVIDER, .hint = U1,
      .records = { LIVES(U1), UPGRADES, DISCARDS(U1, ON_NEW_KEY) } },
    { "it goes after a later session is established", THIS,
      .records = { LIVES(U1), UPGRADES, LIVES(U2), DISCARDS(U1, ON_NEW_KEY) } },
    { "it goes after a later session is only accepted", THIS, .breaks = SR_DETAIL_PREVIOUS_DISCARDED, .node = PROVIDER, .hint = U1,
      .records = { LIVES(U1), UPGRADES, MAKES(U2), ACCEPTS(BOB, U2), DISCARDS(U1, SETTLED) } },
    { "the later session's own key is not the outdated one's", THIS,
      .records = { LIVES(U1), UPGRADES, MAKES(U2), DISCARDS(U2, SETTLED) } },
    { "without an active session the older outdated one stays", THIS, .breaks = SR_DETAIL_PREVIOUS_DISCARDED, .node = PROVIDER,
      .hint = U1, .records = { LIVES(U1), UPGRADES, UPGRADES, DISCARDS(U1, AGE) } },
    { "the key had gone before the upgrade", THIS, .breaks = SR_DETAIL_PREVIOUS_DISCARDED, .node = SERVER, .hint = U1,
      .records = { LIVES(U1), DISCARDS(U1, AGE), UPGRADES } },
    { "another document's key had gone before the upgrade", THIS, .breaks = SR_DETAIL_PREVIOUS_DISCARDED, .node = SERVER, .hint = U2, .document = 1,
      .records = { LIVES(U1), ESTABLISHES(CAROL, U2, .document = 1), DISCARDS(U2, AGE, .document = 1), UPGRADES } },
    { "it was made again before the upgrade", THIS, .records = { LIVES(U1), DISCARDS(U1, AGE), MAKES(U1), UPGRADES } },
    { "a session lost in a crash is not outdated by an upgrade", THIS,
      .records = { LIVES(U1), RELEASES(U1, SERVER_CRASH), UPGRADES, DISCARDS(U1, AGE) } },
    { "the key of a session from before the run goes", THIS, .previous = true, .breaks = SR_DETAIL_PREVIOUS_DISCARDED,
      .node = PROVIDER, .hint = PREVIOUS, .records = { MAKES(PREVIOUS), DISCARDS(PREVIOUS, LAST) } },
    { "it goes after a session is established", THIS, .previous = true,
      .records = { MAKES(PREVIOUS), LIVES(U1), DISCARDS(PREVIOUS, LAST) } },
    { "a run without an outdated session has none to keep", THIS, .records = { MAKES(PREVIOUS), DISCARDS(PREVIOUS, LAST) } },
    { "a key that is overwritten leaves its hint answerable", THIS, .previous = true,
      .records = { MAKES(PREVIOUS), DISCARDS(PREVIOUS, OVERWRITTEN), MAKES(PREVIOUS) } },
};
/* clang-format on */

FIXTURE_MAIN("previous-kept")

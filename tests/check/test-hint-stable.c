/* hint-stable: two keys for one hint. */
#include "check-fixture.h"

#define THIS .check = SR_CHECK_HINT_STABLE
#define GIVES(client, hint_number, key_number)                                                 \
    SENDS(PROVIDER, KEY, client, KEY(hint_number, key_number))

/* clang-format off */
static const CheckRow rows[] = {
    { "a second key for one hint", THIS, .breaks = SR_DETAIL_SECOND_KEY, .node = PROVIDER, .hint = U1,
      .records = { GIVES(ALICE, U1, 1), GIVES(BOB, U1, 2) } },
    { "the same key for one hint", THIS, .records = { GIVES(ALICE, U1, 1), GIVES(BOB, U1, 1), GIVES(ALICE, U1, 1) } },
    { "another key for another hint", THIS, .records = { GIVES(ALICE, U1, 1), GIVES(BOB, U2, 2) } },
    { "one static key for all hints", THIS, .records = { GIVES(ALICE, U1, 1), GIVES(CAROL, U2, 1) } },
    { "the same client is given another key", THIS, .breaks = SR_DETAIL_SECOND_KEY, .node = PROVIDER, .hint = U1,
      .records = { GIVES(ALICE, U1, 1), GIVES(ALICE, U2, 3), GIVES(ALICE, U1, 2) } },
    { "a key without a hint is no hint's key", THIS, .records = { GIVES(ALICE, SR_HINT_ABSENT, 1), GIVES(BOB, SR_HINT_ABSENT, 2) } },
    { "a key made but never given is nobody's second key", THIS,
      .records = { MAKES(U1), REC(KEY_MADE, .node = PROVIDER, KEY(U1, 9)), GIVES(ALICE, U1, 9) } },
};
/* clang-format on */

FIXTURE_MAIN("hint-stable")

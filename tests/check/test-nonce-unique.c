/* nonce-unique: a nonce is used twice under one key. */
#include "check-fixture.h"

#define THIS .check = SR_CHECK_NONCE_UNIQUE

/* clang-format off */
static const CheckRow rows[] = {
    { "a nonce is used twice", THIS, .breaks = SR_DETAIL_NONCE_REUSED, .node = BOB, .hint = U1,
      .records = { SEALS(BOB, 1, 1), SEALS(BOB, 1, 1) } },
    { "the counter rises", THIS, .records = { SEALS(BOB, 1, 1), SEALS(BOB, 1, 2), SEALS(BOB, 1, 9) } },
    { "the counter falls", THIS, .breaks = SR_DETAIL_NONCE_REUSED, .node = BOB, .hint = U1,
      .records = { SEALS(BOB, 1, 2), SEALS(BOB, 1, 1) } },
    { "the same counter under another key", THIS, .records = { SEALS(BOB, 1, 1), SEALS(BOB, 2, 1) } },
    { "the same counter of another sender under the same key", THIS, .records = { SEALS(BOB, 1, 1), SEALS(ALICE, 1, 1) } },
    { "the key before the last is remembered", THIS, .breaks = SR_DETAIL_NONCE_REUSED, .node = BOB, .hint = U1,
      .records = { SEALS(BOB, 1, 1), SEALS(BOB, 2, 2), SEALS(BOB, 1, 1) } },
    { "going back and forth between two keys", THIS,
      .records = { SEALS(BOB, 1, 1), SEALS(BOB, 2, 2), SEALS(BOB, 1, 3), SEALS(BOB, 2, 4), SEALS(BOB, 1, 5) } },
    { "and then using a nonce again", THIS, .breaks = SR_DETAIL_NONCE_REUSED, .node = BOB, .hint = U1,
      .records = { SEALS(BOB, 1, 1), SEALS(BOB, 2, 2), SEALS(BOB, 1, 3), SEALS(BOB, 2, 2) } },
    { "another node seals in the sender's name", THIS, .breaks = SR_DETAIL_NONCE_REUSED, .node = ALICE, .hint = U1,
      .records = { SEALS(BOB, 1, 1), SEALS_AS(ALICE, 1, 1, 1) } },
    { "sealings that name no key cannot clash", THIS, .records = { SEALS(BOB, SR_KEY_ABSENT, 1), SEALS(BOB, SR_KEY_ABSENT, 1) } },
    { "the largest counter that fits is seen", THIS, .breaks = SR_DETAIL_NONCE_REUSED, .node = BOB, .hint = U1,
      .records = { SEALS(BOB, 1, UINT32_MAX), SEALS(BOB, 1, UINT32_MAX) } },
    { "a counter that does not fit is out of sight", THIS,
      .records = { SEALS(BOB, 1, UINT64_C(1) << 32), SEALS(BOB, 1, UINT64_C(1) << 32) } },
    { "a sender that is no client cannot clash", THIS, .records = { SEALS_AS(BOB, 77, 1, 1), SEALS_AS(BOB, 77, 1, 1) } },
};
/* clang-format on */

FIXTURE_MAIN("nonce-unique")

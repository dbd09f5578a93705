/* provider-answers: a provider of the user's own leaves a request unanswered, breaks, or answers in
 * another shape. */
#include "check-fixture.h"

#define SIGNER SR_NODE_TOKEN_PROVIDER
#define THIS .check = SR_CHECK_PROVIDER_ANSWERS
#define REFUSES(why)                                                                           \
    REC(REFUSED, .node = PROVIDER, .peer = BOB, .reason = SR_REASON_##why, .has = SR_HAS_REASON)
#define BREAKS(why)                                                                            \
    REC(PROVIDER_BROKE, .node = PROVIDER, .peer = BOB, .reason = SR_REASON_##why,              \
        .has = SR_HAS_REASON)

/* clang-format off */
static const CheckRow rows[] = {
    { "a request is stuck", THIS, .breaks = SR_DETAIL_NEVER_ANSWERED, .node = PROVIDER,
      .records = { REC(STUCK, .node = PROVIDER, .peer = BOB, .id = 3) } },
    { "the program ends", THIS, .breaks = SR_DETAIL_PROVIDER_BROKE, .node = PROVIDER, .records = { BREAKS(CRASH) } },
    { "a rejection is not handled", THIS, .breaks = SR_DETAIL_REJECTION_UNHANDLED, .node = PROVIDER,
      .records = { BREAKS(UNHANDLED_REJECTION) } },
    { "an answer has another shape", THIS, .breaks = SR_DETAIL_BAD_SHAPE, .node = PROVIDER,
      .records = { REFUSES(BAD_SHAPE) } },
    { "a signer's request is stuck", THIS, .breaks = SR_DETAIL_TOKEN_NEVER_ANSWERED, .node = SIGNER,
      .records = { REC(STUCK, .node = SIGNER, .peer = BOB, .id = 3) } },
    { "the signer ends", THIS, .breaks = SR_DETAIL_SIGNER_BROKE, .node = SIGNER,
      .records = { REC(PROVIDER_BROKE, .node = SIGNER, .peer = BOB, .reason = SR_REASON_CRASH, .has = SR_HAS_REASON) } },
    { "the signer does not handle a rejection", THIS, .breaks = SR_DETAIL_SIGNER_REJECTION_UNHANDLED, .node = SIGNER,
      .records = { REC(PROVIDER_BROKE, .node = SIGNER, .peer = BOB, .reason = SR_REASON_UNHANDLED_REJECTION, .has = SR_HAS_REASON) } },
    { "a signer's answer has another shape", THIS, .breaks = SR_DETAIL_TOKEN_BAD_SHAPE, .node = SIGNER,
      .records = { REC(REFUSED, .node = SIGNER, .peer = BOB, .reason = SR_REASON_BAD_SHAPE, .has = SR_HAS_REASON) } },
    { "a signer's refusal is an answer", THIS,
      .records = { REC(REFUSED, .node = SIGNER, .peer = BOB, .reason = SR_REASON_UNAVAILABLE, .has = SR_HAS_REASON) } },
    { "a hint that is not known is an answer", THIS, .records = { REFUSES(UNKNOWN_HINT) } },
    { "so is an error", THIS, .records = { REFUSES(UNAVAILABLE) } },
    { "calls are none of its business", THIS,
      .records = { REC(WAITS, .node = PROVIDER, .call = { .wait = 1 }), REC(WAKES, .node = PROVIDER, .call = { .wait = 1 }) } },
};
/* clang-format on */

FIXTURE_MAIN("provider-answers")

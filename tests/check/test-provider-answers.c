/* provider-answers: a provider of the user's own leaves a request unanswered, breaks, or answers in
 * another shape. */
#include "check-fixture.h"

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
    { "a hint that is not known is an answer", THIS, .records = { REFUSES(UNKNOWN_HINT) } },
    { "so is an error", THIS, .records = { REFUSES(UNAVAILABLE) } },
    { "calls are none of its business", THIS,
      .records = { REC(WAITS, .node = PROVIDER, .call = { .wait = 1 }), REC(WAKES, .node = PROVIDER, .call = { .wait = 1 }) } },
};
/* clang-format on */

FIXTURE_MAIN("provider-answers")

/* token-time: the rule of section 5 at its edges. The judge's second is 1000, its leeway 5. */
#include "check-fixture.h"

#define THIS .check = SR_CHECK_TOKEN_TIME
#define ALL (SR_HAS_IAT | SR_HAS_EXP | SR_HAS_NBF)
#define JUDGES(result, claims, ...)                                                            \
    {                                                                                          \
        REC(TOKEN_JUDGED, .node = SERVER, .peer = BOB, .msg = SR_MSG_CONNECT, .has = claims,   \
            .reason = SR_REASON_##result, .token = { .now = 1000, .leeway = 5, __VA_ARGS__ })  \
    }

/* clang-format off */
static const CheckRow rows[] = {
    { "a good token is accepted", THIS, .records = JUDGES(NONE, ALL, .iat = 1000, .exp = 1100, .nbf = 1000) },
    { "issued at the edge of the leeway", THIS, .records = JUDGES(NONE, ALL, .iat = 1005, .exp = 1100) },
    { "issued beyond it, and refused", THIS, .records = JUDGES(ISSUED_IN_FUTURE, ALL, .iat = 1006, .exp = 1100) },
    { "issued beyond it, and accepted", THIS, .breaks = SR_DETAIL_ACCEPTED_BAD_TOKEN,
      .records = JUDGES(NONE, ALL, .iat = 1006, .exp = 1100) },
    { "issued at the edge, and refused", THIS, .breaks = SR_DETAIL_REFUSED_GOOD_TOKEN,
      .records = JUDGES(ISSUED_IN_FUTURE, ALL, .iat = 1005, .exp = 1100) },
    { "iat is not checked, and accepted", THIS, .no_iat = true, .records = JUDGES(NONE, ALL, .iat = 9000, .exp = 9100) },
    { "iat is not checked, and refused", THIS, .no_iat = true, .breaks = SR_DETAIL_REFUSED_GOOD_TOKEN,
      .records = JUDGES(ISSUED_IN_FUTURE, ALL, .iat = 9000, .exp = 9100) },
    { "a token without iat is not from the future", THIS, .records = JUDGES(NONE, SR_HAS_EXP, .iat = 9000, .exp = 1100) },
    { "valid at the edge of the leeway", THIS, .records = JUDGES(NONE, ALL, .exp = 1100, .nbf = 1005) },
    { "valid beyond it, and refused", THIS, .records = JUDGES(NOT_YET_VALID, ALL, .exp = 1100, .nbf = 1006) },
    { "valid beyond it, and accepted", THIS, .breaks = SR_DETAIL_ACCEPTED_BAD_TOKEN,
      .records = JUDGES(NONE, ALL, .exp = 1100, .nbf = 1006) },
    { "a token without nbf is valid", THIS, .records = JUDGES(NONE, SR_HAS_EXP, .exp = 1100, .nbf = 1006) },
    { "expiring a second within the leeway", THIS, .records = JUDGES(NONE, ALL, .exp = 996) },
    { "expired at its edge, and refused", THIS, .records = JUDGES(EXPIRED, ALL, .exp = 995) },
    { "expired at its edge, and accepted", THIS, .breaks = SR_DETAIL_ACCEPTED_BAD_TOKEN, .records = JUDGES(NONE, ALL, .exp = 995) },
    { "expiring a second within, and refused", THIS, .breaks = SR_DETAIL_REFUSED_GOOD_TOKEN,
      .records = JUDGES(EXPIRED, ALL, .exp = 996) },
    { "refused for another fault than its own", THIS, .breaks = SR_DETAIL_WRONG_REFUSAL,
      .records = JUDGES(NOT_YET_VALID, ALL, .exp = 995) },
    { "refused for either of two faults", THIS, .records = JUDGES(EXPIRED, ALL, .iat = 2000, .exp = 995) },
    { "refused for its signature", THIS, .records = JUDGES(BAD_SIGNATURE, ALL, .exp = 1100) },
    { "refused for a missing claim", THIS, .records = JUDGES(MISSING_CLAIM, 0, .exp = 0) },
    { "times at the ends of their range do not wrap", THIS,
      .records = { REC(TOKEN_JUDGED, .node = SERVER, .peer = BOB, .has = ALL,
                       .token = { .now = INT64_MAX - 1, .leeway = 100, .iat = INT64_MAX, .exp = INT64_MAX, .nbf = INT64_MAX }),
                   REC(TOKEN_JUDGED, .node = SERVER, .peer = BOB, .has = ALL,
                       .token = { .now = INT64_MIN + 1, .leeway = 100, .iat = INT64_MIN, .exp = 0, .nbf = INT64_MIN }) } },
};
/* clang-format on */

FIXTURE_MAIN("token-time")

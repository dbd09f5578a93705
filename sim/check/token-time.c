/* token-time: a token is refused for its times exactly when section 5 says so (tokens).
 *
 * The check applies the rule again to the values that the judgement records. A token with
 * several faults may be refused for any of them. The check ignores refusals for other reasons
 * than times, and claims that are missing. */
#include "check/check-private.h"

#define TOKEN_TIME_REASONS                                                                     \
    (SR_BIT(SR_REASON_ISSUED_IN_FUTURE) | SR_BIT(SR_REASON_NOT_YET_VALID) |                    \
     SR_BIT(SR_REASON_EXPIRED))

/* Returns: bits of the reasons for which the token must be refused */
static inline uint32_t
token_time_faults(const SrCheckContext *context, const SrRecord *record)
{
    __int128 now = record->token.now, leeway = record->token.leeway; /* wide enough for sums */
    uint32_t faults = 0;

    if (context->check_iat && (record->has & SR_HAS_IAT) && record->token.iat > now + leeway)
        faults |= SR_BIT(SR_REASON_ISSUED_IN_FUTURE);
    if ((record->has & SR_HAS_NBF) && record->token.nbf > now + leeway)
        faults |= SR_BIT(SR_REASON_NOT_YET_VALID);
    if ((record->has & SR_HAS_EXP) && record->token.exp <= now - leeway)
        faults |= SR_BIT(SR_REASON_EXPIRED);
    return faults;
}

SR_CHECK_STEP(token_time)
{
    uint32_t faults = token_time_faults(context, record);

    if (record->reason == SR_REASON_NONE)
        return faults == 0 ? SR_DETAIL_NONE : SR_DETAIL_ACCEPTED_BAD_TOKEN;
    if (!(TOKEN_TIME_REASONS >> record->reason & 1) || (faults >> record->reason & 1))
        return SR_DETAIL_NONE;
    return faults == 0 ? SR_DETAIL_REFUSED_GOOD_TOKEN : SR_DETAIL_WRONG_REFUSAL;
}

SR_CHECK_DESCRIBE(token_time)
{
    if (finding->detail == SR_DETAIL_ACCEPTED_BAD_TOKEN)
        finding->reason = (uint8_t) __builtin_ctz(token_time_faults(context, record));
}

const SrCheckOps sr_check_token_time = {
    .events = SR_EVENT_BIT(TOKEN_JUDGED),
    .describe = token_time_describe,
};

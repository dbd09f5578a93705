/* The time rules of tokens: section 5 of the protocol. The second in which a token was signed
 * names it; its claims follow from that. */
#include "protocol/protocol.h"

SrReason
sr_token_judge(const SrTokenRules *rules, int64_t token, int64_t now)
{
    if (rules->check_iat && rules->has_iat && token > now + rules->leeway)
        return SR_REASON_ISSUED_IN_FUTURE;
    if (rules->has_not_before && token + rules->not_before > now + rules->leeway)
        return SR_REASON_NOT_YET_VALID;
    if (sr_token_exp(rules, token) <= now - rules->leeway)
        return SR_REASON_EXPIRED;
    return SR_REASON_NONE;
}

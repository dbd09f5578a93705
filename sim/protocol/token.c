/* The time rules of tokens: section 5 of the protocol. The second in which a built-in token was
 * signed names it, and its claims follow from that. A token from outside has claims of its own,
 * of any size: nothing here may overflow. */
#include <glib.h>

#include "protocol/protocol.h"

/* Judges the times of a token, of which `exp` is always there. */
static inline SrReason
judge_times(const SrTokenRules *rules, int64_t now, bool has_iat, int64_t iat, bool has_nbf,
            int64_t nbf, int64_t exp)
{
    if (rules->check_iat && has_iat && iat > now + rules->leeway)
        return SR_REASON_ISSUED_IN_FUTURE;
    if (has_nbf && nbf > now + rules->leeway)
        return SR_REASON_NOT_YET_VALID;
    if (exp <= now - rules->leeway)
        return SR_REASON_EXPIRED;
    return SR_REASON_NONE;
}

static __attribute__((noinline)) SrReason
judge_foreign(const SrTokenRules *rules, int64_t token, int64_t now)
{
    const SrTokenClaims *claims = &(*rules->claims)[token];

    if (claims->fault != SR_REASON_NONE)
        return (SrReason) claims->fault;
    return judge_times(rules, now, claims->has & SR_HAS_IAT, claims->iat,
                       claims->has & SR_HAS_NBF, claims->nbf, claims->exp);
}

/* A run judges some tokens for each client, so those of ours take the short way. */
SrReason
sr_token_judge(const SrTokenRules *rules, int64_t token, int64_t now)
{
    if (rules->fault != SR_REASON_NONE)
        return (SrReason) rules->fault;
    if (token == SR_TOKEN_NONE)
        return SR_REASON_MISSING_CLAIM;
    if (rules->claims != NULL)
        return judge_foreign(rules, token, now);
    return judge_times(rules, now, rules->has_iat, token, rules->has_not_before,
                       token + rules->not_before, sr_token_exp(rules, token));
}

int64_t
sr_token_expiry_foreign(const SrTokenRules *rules, int64_t token)
{
    /* A span earlier or later still fits into 64 bits. */
    const int64_t most = (INT64_MAX - 2 * (int64_t) SR_SPAN_MAX) / (int64_t) SR_NS_PER_S;
    SrTokenClaims claims;

    if (token == SR_TOKEN_NONE)
        return INT64_MAX;
    claims = sr_token_claims(rules, token);
    if (!(claims.has & SR_HAS_EXP) || claims.exp > most)
        return INT64_MAX;
    return MAX(claims.exp, -most) * (int64_t) SR_NS_PER_S;
}

int64_t
sr_token_half_life(const SrTokenRules *rules, int64_t token, int64_t now)
{
    SrTokenClaims claims = sr_token_claims(rules, token);
    int64_t from =
        claims.has & SR_HAS_IAT ? claims.iat : sr_floor_div(now, (int64_t) SR_NS_PER_S);
    const int64_t most = (int64_t) (SR_SPAN_MAX / SR_NS_PER_S);

    /* A built-in token without `iat` still lives its lifetime. */
    if (rules->claims == NULL)
        return rules->lifetime * (int64_t) (SR_NS_PER_S / 2);
    return CLAMP(claims.exp - from, 1, most) * (int64_t) (SR_NS_PER_S / 2);
}

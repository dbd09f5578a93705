/* provider-answers: a provider of somebody else's answers every request, once, in the documented
 * shape (section 8 of the provider contract).
 *
 * Its run says so itself: `stuck` is a request that nothing can answer any more, `provider-broke`
 * a program that ended, broke a rule, did not come back or left a rejection unhandled, and `refused` with the reason
 * `bad-shape` an answer that the product would not take. Built-in kinds have none of these. */
#include "check/check-private.h"

SR_CHECK_STEP(provider_answers)
{
    bool signer = record->node == SR_NODE_TOKEN_PROVIDER;

    if (event == SR_EVENT_STUCK)
        return signer ? SR_DETAIL_TOKEN_NEVER_ANSWERED : SR_DETAIL_NEVER_ANSWERED;
    if (event == SR_EVENT_PROVIDER_BROKE && record->reason == SR_REASON_UNHANDLED_REJECTION)
        return signer ? SR_DETAIL_SIGNER_REJECTION_UNHANDLED : SR_DETAIL_REJECTION_UNHANDLED;
    if (event == SR_EVENT_PROVIDER_BROKE)
        return signer ? SR_DETAIL_SIGNER_BROKE : SR_DETAIL_PROVIDER_BROKE;
    if (record->reason != SR_REASON_BAD_SHAPE)
        return SR_DETAIL_NONE;
    return signer ? SR_DETAIL_TOKEN_BAD_SHAPE : SR_DETAIL_BAD_SHAPE;
}

const SrCheckOps sr_check_provider_answers = {
    .events =
        SR_BIT(SR_EVENT_STUCK) | SR_BIT(SR_EVENT_PROVIDER_BROKE) | SR_BIT(SR_EVENT_REFUSED),
};

/* Events with two outcomes that the instants decide: keys and hints that several clients may
 * get, by `reuse` or since hints name an instant; and tokens that may be refused.
 *
 * Whether the newest key is young enough to be handed out again is known from its age when a
 * request is taken up. Whether two keys get one hint is known from the time between them, but
 * for the phase of the clock: any phase is looked at, so that less than a tick apart both are
 * possible. So is a token's age, which clocks show in whole seconds: for some ages it may be
 * refused or not. Source: section 5 of the protocol. */
#include "timed/timed-private.h"

/* Returns: (nullable): the item of row @head */
static const Item *
item_of(const Search *search, unsigned head)
{
    const Var *var = &search->live.vars.list[head];
    const Items *items = &search->live.world.items[var->client];

    for (unsigned i = 0; var->kind == VAR_ITEM && i < items->n; i++)
        if (items->list[i].number == head + 1u)
            return &items->list[i];
    return NULL;
}

/* Whether @item is a request that the encryption provider takes up now. */
static bool
is_taken_up(const Rules *rules, const Item *item)
{
    return item->place == AT_QUEUE + SR_NODE_ENCRYPTION_PROVIDER ||
           (item->place == SR_DIRECTION_OUT(SR_NODE_ENCRYPTION_PROVIDER) &&
            !rules->queues[SR_NODE_ENCRYPTION_PROVIDER]);
}

static bool
may_be_reused(const Search *search, const Item *item)
{
    const Rules *rules = search->rules;

    return is_taken_up(rules, item) &&
           sr_key_may_be_reused(&rules->plan, &search->live.world, item->client, item);
}

static bool
may_repeat(const Search *search, const Item *item)
{
    const SrExplorePlan *plan = &search->rules->plan;

    return item->place == AT_GENERATE && item->key == SR_KEY_ABSENT &&
           sr_hint_may_repeat(plan, &search->live.world, plan->client_document[item->client]);
}

static bool
may_be_refused(const Search *search, const Item *item)
{
    const Rules *rules = search->rules;
    unsigned bit = item->type - (unsigned) SR_MSG_CONNECT;

    if (rules->judged == 0 || item->type < SR_MSG_CONNECT || item->type > SR_MSG_JOIN ||
        !(rules->judged >> bit & 1) || search->live.side.signed_at[item->client] == NO_VAR)
        return false;
    if (rules->judges_early && item->type != rules->first_judged)
        return false;
    return item->place == AT_QUEUE + SR_NODE_SERVER ||
           (item->place == SR_DIRECTION_OUT(SR_NODE_SERVER) && !rules->queues[SR_NODE_SERVER]);
}

/* Returns: (nullable): the item of row @head, if there is something to choose */
static const Item *
open_item(const Search *search, unsigned head)
{
    return search->rules->shares || search->rules->judged != 0 ? item_of(search, head) : NULL;
}

bool
sr_choice_has_other(const Search *search, unsigned head)
{
    const Item *item = open_item(search, head);

    return item != NULL && (may_be_reused(search, item) || may_repeat(search, item) ||
                            may_be_refused(search, item));
}

unsigned
sr_choice_outcome(const Search *search, Choice choice)
{
    const Item *item = open_item(search, choice.head);

    if (!choice.other || item == NULL)
        return 0;
    return !may_be_refused(search, item) ? 1
           : search->rules->judges_early ? JUDGED_EARLY
                                         : JUDGED_EXPIRED;
}

void
sr_choice_note(Search *search, Choice choice)
{
    const Item *item = open_item(search, choice.head);

    if (choice.other && item != NULL && may_be_refused(search, item))
        search->fired |=
            1u << (search->rules->judges_early ? SR_TIMED_TOKEN_EARLY : SR_TIMED_TOKEN_EXPIRED);
}

static bool
limit(Search *search, unsigned a, unsigned b, int32_t most)
{
    if (!sr_zone_allows(&search->next, a, b, most))
        return false;
    sr_zone_limit(&search->next, a, b, most);
    sr_search_record_difference(search, a, b, most);
    return true;
}

bool
sr_choice_limit(Search *search, Choice choice)
{
    const Rules *rules = search->rules;
    const Live *live = &search->live;
    const Item *item = open_item(search, choice.head);

    if (item == NULL)
        return true;
    if (may_be_refused(search, item)) {
        unsigned signed_at = live->side.signed_at[item->client];
        int32_t at = choice.other ? rules->refused_at : rules->accepted_at;

        /* A token is too early while it is young, and expired when it is old. */
        return choice.other == rules->judges_early ? limit(search, choice.head, signed_at, at)
                                                   : limit(search, signed_at, choice.head, -at);
    }
    if (may_be_reused(search, item)) {
        uint32_t document = rules->plan.client_document[item->client];
        unsigned made = live->side.made[live->world.live[document].last];

        return choice.other ? limit(search, made, choice.head, -rules->reuse)
                            : limit(search, choice.head, made, rules->reuse);
    }
    if (may_repeat(search, item) && choice.other)
        return limit(search, choice.head, live->side.tick, rules->resolution);
    return true;
}

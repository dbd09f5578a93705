/* Keys and hints that several clients may get: `reuse`, and hints that name an instant.
 *
 * Whether the newest key is young enough to be handed out again is known from its age when a request is taken up. Whether two keys get
 * one hint is known from the time between them, but for the phase of the clock: any phase is looked at, so that less than a tick apart
 * both are possible. */
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

bool
sr_choice_has_other(const Search *search, unsigned head)
{
    const Item *item = search->rules->shares ? item_of(search, head) : NULL;

    return item != NULL && (may_be_reused(search, item) || may_repeat(search, item));
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
    const Item *item = rules->shares ? item_of(search, choice.head) : NULL;

    if (item == NULL)
        return true;
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

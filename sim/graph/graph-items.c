/* What becomes pending in a step, and what no longer is. */
#include "graph/graph-record-private.h"

#include <xxhash.h>

/* ---- new items ---- */

/* The item comes after the draws that have been made for it; @lane: the register of what it may not
 * overtake. */
void
sr_graph_push_drawn(Recorder *recorder, uint32_t lane)
{
    bool in_order = lane != SR_GRAPH_NO_LANE;
    const PendingDraw *draws = recorder->draws;
    unsigned n = recorder->n_draws;
    bool spanned = recorder->spanned;
    Op op;

    recorder->n_draws = 0;
    recorder->spanned = false;
    if (n == 1 && !spanned && !in_order && draws[0].distribution->constant) {
        op = (Op){ .kind = OP_PUSH_CONSTANT, .c = draws[0].distribution->floor };
    } else if (n == 1 && !spanned) {
        op = sr_graph_draw_op(recorder, in_order ? OP_PUSH_IN_ORDER : OP_PUSH_DRAW, draws[0].id,
                              draws[0].client, draws[0].number, draws[0].distribution);
    } else {
        for (unsigned i = 0; i < n; i++)
            sr_graph_add(recorder,
                         sr_graph_draw_op(recorder, OP_DRAW, draws[i].id, draws[i].client,
                                          draws[i].number, draws[i].distribution));
        op = (Op){ .kind = in_order ? OP_PUSH_SPAN_IN_ORDER : OP_PUSH_SPAN };
    }
    op.a = in_order ? (uint16_t) lane : 0;
    sr_graph_add(recorder, op);
}

void
sr_graph_push_constant(Recorder *recorder, SrTime at)
{
    if (recorder->n_draws > 0 || recorder->spanned)
        recorder->lost = true;
    sr_graph_add(recorder, (Op){ .kind = OP_PUSH_CONSTANT, .c = at - sr_graph_now(recorder) });
}

static void
insert_item(Recorder *recorder, Item item)
{
    unsigned i = recorder->n_items++;

    for (; i > 0 && recorder->items[i - 1].low > item.low; i--)
        recorder->items[i] = recorder->items[i - 1];
    recorder->items[i] = item;
}

/* Returns: the place where an item with @payload mostly is */
static unsigned
wish_of(const Recorder *recorder, uint64_t payload)
{
    const SrRun *run = recorder->run;
    EventKind kind = (EventKind) (payload >> 56);
    uint32_t a = (uint32_t) (payload >> 32) & 0xffffff, b = (uint32_t) payload, client;

    if (kind == EV_ARRIVE || kind == EV_READY || kind == EV_SERVED)
        return sr_transit_client(&run->transit,
                                 kind == EV_SERVED ? run->services[a].current : b) *
                   SR_GRAPH_PLACES_OF_CLIENT +
               1;
    if (kind == EV_ALARM && b < sr_run_served_alarm(run) &&
        alarm_timer(run, b, &client) == SR_TIMER_MAIN)
        return client * SR_GRAPH_PLACES_OF_CLIENT;
    return run->model->n_clients * SR_GRAPH_PLACES_OF_CLIENT;
}

static Item
make_item(Recorder *recorder, uint64_t payload, bool background)
{
    XXH128_hash_t hash;

    recorder->packed.n = 0;
    sr_graph_pack_item(recorder->run, payload, background, &recorder->tokens,
                       &recorder->packed);
    hash = XXH3_128bits(recorder->packed.data, recorder->packed.n);
    return (Item){ .payload = payload,
                   .background = background,
                   .low = hash.low64,
                   .high = hash.high64,
                   .wish = (uint8_t) wish_of(recorder, payload) };
}

static bool
is_renewal(const Recorder *recorder, uint64_t payload)
{
    const SrRun *run = recorder->run;
    uint32_t alarm = (uint32_t) payload, client;

    return payload >> 56 == EV_ALARM && alarm < sr_run_served_alarm(run) &&
           alarm_timer(run, alarm, &client) == SR_TIMER_RENEW;
}

void
sr_graph_on_scheduled(void *data, SrTime at, uint64_t payload, uint64_t group,
                      G_GNUC_UNUSED uint32_t rank, bool background)
{
    Recorder *recorder = data;
    uint32_t b = (uint32_t) payload;
    const GraphEvent *event = sr_graph_event(payload);
    Item item;

    if (recorder->lost ||
        (background && recorder->graph->no_renewals && is_renewal(recorder, payload)))
        return;
    if (event->push == NULL || recorder->n_items == SR_GRAPH_ITEMS_MAX) {
        recorder->lost = true;
        return;
    }
    if (event->has_slot)
        sr_graph_name_token(recorder, b);
    item = make_item(recorder, payload, background);
    insert_item(recorder, item);
    recorder->item = item.low;
    recorder->group = (uint8_t) group;
    recorder->told = 0;
    event->push(recorder, b, at);
}

void
sr_graph_restore_item(Recorder *recorder, Item item)
{
    item.wish = (uint8_t) wish_of(recorder, item.payload);
    insert_item(recorder, item);
}

void
sr_graph_remove_item(Recorder *recorder, unsigned i)
{
    for (recorder->n_items--; i < recorder->n_items; i++)
        recorder->items[i] = recorder->items[i + 1];
}

void
sr_graph_on_stopped(void *data, uint64_t payload)
{
    Recorder *recorder = data;
    unsigned i = 0;

    if (recorder->lost)
        return;
    while (i < recorder->n_items && recorder->items[i].payload != payload)
        i++;
    if (i == recorder->n_items)
        return;
    recorder->item = recorder->items[i].low;
    sr_graph_add(recorder, (Op){ .kind = OP_REMOVE });
    sr_graph_remove_item(recorder, i);
}

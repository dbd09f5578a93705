/* A run's world as bytes: everything by which what is still to come can differ, but no instant.
 *
 * Nothing is renamed or left out, unlike in an exploration: the numbers of hints, keys, requests and
 * messages stay, since draws are named by them. What costs bytes here costs nothing later, as only a
 * hash of them is kept. Instants that are constants of the file (until when a client cannot connect)
 * are in; so are all that a run's end counts, but for what a walk sums up. */
#include "check/check-state.h"
#include "graph/graph-record-private.h"
#include "schema/wire.h"

/* A new member of one of these has to be packed here as well, or worlds would be taken for one that
 * differ in it. Those of SrClient are in state.def. */
G_STATIC_ASSERT(sizeof(SrServerDocument) == 64 && sizeof(SrServerClient) == 24 &&
                sizeof(SrServerRejected) == 16 && sizeof(SrKeySlot) == 24 &&
                sizeof(SrProviderDocument) == 16 && sizeof(SrCheckDocument) == 76 &&
                sizeof(SrCheckClient) == 20 && sizeof(SrCheckRest) == 12 &&
                sizeof(SrCheckHint) == 5 && sizeof(SrMessage) == 40 &&
                sizeof(RunClient) == 256 && sizeof(SrTallyClient) == 1 &&
                sizeof(SrTallyKey) == 12 && sizeof(SrTallyDocument) == 16 &&
                sizeof(Service) == 32);

typedef struct {
    const SrRun *run;
    const Tokens *tokens;
    bool by_lists;
    Bytes *out;
} Packer;

static __attribute__((noinline)) void
grow(Bytes *out, size_t n)
{
    out->n_max = (out->n + n) * 2;
    out->data = g_realloc(out->data, out->n_max);
}

/* Mostly @n is a constant. */
static inline void
put(const Packer *packer, const void *bytes, size_t n)
{
    Bytes *out = packer->out;

    if (G_UNLIKELY(out->n + n > out->n_max))
        grow(out, n);
    memcpy(out->data + out->n, bytes, n);
    out->n += n;
}

static inline void
put_number(const Packer *packer, uint64_t number)
{
    put(packer, &number, sizeof number);
}

/* ---- messages ---- */

static void
put_slot(const Packer *packer, uint32_t slot)
{
    SrMessage message = packer->run->transit.whole[slot].message;
    bool has_token = message.token != SR_TOKEN_NONE;
    /* Only services name draws by the number of what they receive. */
    uint32_t numbers[] = { sr_msg_schema((SrMsg) message.type).outward
                               ? packer->run->transit.whole[slot].number
                               : 0,
                           has_token ? packer->tokens->of_slot[slot] : 0 };

    message.token = has_token;
    put(packer, &message, sizeof message);
    put(packer, numbers, sizeof numbers);
}

static void
put_list(const Packer *packer, uint32_t first)
{
    for (uint32_t slot = first; slot != SR_NO_SLOT;
         slot = packer->run->transit.whole[slot].next)
        put_slot(packer, slot);
    put_number(packer, UINT64_MAX);
}

void
sr_graph_pack_item(const SrRun *run, uint64_t payload, bool background, const Tokens *tokens,
                   Bytes *out)
{
    const Packer packer = { run, tokens, false, out };
    bool has_slot = sr_graph_event(payload)->has_slot;

    /* The number of a slot depends on what was there before. */
    put_number(&packer,
               (uint64_t) background << 63 | (has_slot ? payload >> 56 << 56 : payload));
    if (has_slot)
        put_slot(&packer, (uint32_t) payload);
}

static void
put_services(const Packer *packer)
{
    const SrRun *run = packer->run;

    for (unsigned i = 0; i < SR_SERVICE_N; i++) {
        const Service *service = &run->services[i];

        put_list(packer, service->first);
        put_number(packer, service->current != SR_NO_SLOT);
        if (service->current != SR_NO_SLOT)
            put_slot(packer, service->current);
    }
    for (uint32_t i = 0; i < run->model->n_documents; i++)
        put_list(packer, run->attached[i]);
}

/* ---- clients ---- */

static void
put_client(const Packer *packer, uint32_t i)
{
    const RunClient *it = &packer->run->clients[i];
    SrClient client;

    memset(&client, 0, sizeof client);
#define FIELD(type, name, kind, bits, sign)                                                    \
    memcpy(&client.name, &it->core.name, sizeof client.name);
#include "protocol/state.def"
    client.token = it->core.has_token ? packer->tokens->of_client[i] : 0;
    put(packer, &client, sizeof client);
    put_number(packer, (uint64_t) it->derivations << 1 | it->open_crash);
    put(packer, &packer->run->tally.clients[i], sizeof(SrTallyClient));
    for (unsigned j = 0; j < SR_DIRECTION_N; j++)
        put(packer, &it->directions[j].number, sizeof it->directions[j].number);
    if (packer->run->blocked_until != NULL)
        put_number(packer, packer->run->blocked_until[i]);
}

/* ---- server and store ---- */

static void
put_server(const Packer *packer)
{
    const SrRun *run = packer->run;
    const SrServer *server = &run->world.server;

    for (uint32_t i = 0; i < server->n_documents; i++) {
        SrServerDocument document = server->documents[i];

        if (!packer->by_lists)
            document.first = document.last = 0;
        put(packer, &document, sizeof document);
    }
    for (uint32_t i = 0; i < server->n_clients; i++) {
        SrServerClient client = server->clients[i];

        if (!packer->by_lists)
            client.next = client.previous = 0;
        client.token = client.conn != 0 ? packer->tokens->of_server[i] : 0;
        put(packer, &client, sizeof client);
    }
    if (server->rejected != NULL)
        for (uint32_t i = 0; i < server->n_clients; i++) {
            const SrServerRejected *it = &server->rejected[i];
            uint32_t numbers[] = { it->listed, it->attempt, it->next, it->previous };

            put(packer, numbers, sizeof numbers);
        }
    put_number(packer, run->server_down);
    put_number(packer, run->server_down_until);
}

static void
put_store(const Packer *packer)
{
    const SrProvider *provider = &packer->run->world.provider;
    uint32_t numbers[] = { provider->n_slots, provider->n_keys, provider->n_previous,
                           provider->master };

    put(packer, numbers, sizeof numbers);
    put(packer, provider->documents, provider->n_documents * sizeof *provider->documents);
    for (uint32_t hint = 1; hint <= provider->n_slots; hint++) {
        const SrKeySlot *slot = &provider->slots[hint];
        uint32_t of_slot[] = {
            slot->key,
            slot->next,
            slot->previous,
            slot->document,
            (uint32_t) slot->text << 1 | slot->live,
            packer->run->model->provider.kind == SR_PROVIDER_DERIVED ? provider->masters[hint]
                                                                     : 0,
        };

        put(packer, of_slot, sizeof of_slot);
    }
}

/* ---- checks and counts ---- */

static void
put_checks(const Packer *packer)
{
    const SrRun *run = packer->run;
    const SrCheckState *state = sr_checks_state(run->world.checks);

    put_number(packer, sr_checks_failed(run->world.checks));
    put_number(packer, (uint64_t) state->key_found_missing << 1 | state->announced_notes);
    put(packer, state->documents, run->model->n_documents * sizeof *state->documents);
    put(packer, state->clients, run->model->n_clients * sizeof *state->clients);
    for (uint32_t i = 0; i < run->model->n_clients; i++)
        if (state->clients[i].has_rest)
            put(packer, &state->rests[i], sizeof state->rests[i]);
    put(packer, state->hints, (run->world.provider.n_slots + 1) * sizeof *state->hints);
}

static void
put_tally(const Packer *packer)
{
    const SrRun *run = packer->run;
    const SrTally *tally = &run->tally;
    uint32_t numbers[] = { tally->result->winner, tally->winner_hint, tally->winner_known,
                           tally->n_keys, tally->result->failed };

    put(packer, numbers, sizeof numbers);
    for (uint32_t i = 0; i < tally->n_documents; i++) {
        uint32_t of_document[] = { tally->documents[i].owner, tally->documents[i].n_raced,
                                   run->previous_hint[i], run->outdated_hint[i] };

        put(packer, of_document, sizeof of_document);
    }
    for (uint32_t i = 1; i <= tally->n_keys; i++) {
        const SrTallyKey *key = &tally->keys[i];
        uint8_t bits =
            (uint8_t) (key->made | key->won << 1 | key->previous << 2 | key->gone << 3);
        uint32_t of_key[] = { key->document, bits };

        put(packer, of_key, sizeof of_key);
    }
}

void
sr_graph_pack(const SrRun *run, const Item *items, unsigned n_items, const Tokens *tokens,
              bool by_lists, Bytes *out)
{
    const Packer packer = { run, tokens, by_lists, out };

    for (unsigned i = 0; i < n_items; i++) {
        put_number(&packer, items[i].low);
        put_number(&packer, items[i].high);
    }
    put_number(&packer, UINT64_MAX);
    put_services(&packer);
    for (uint32_t i = 0; i < run->model->n_clients; i++)
        put_client(&packer, i);
    put_server(&packer);
    put_store(&packer);
    put_checks(&packer);
    put_tally(&packer);
}

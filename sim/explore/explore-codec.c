/* A world as a few bytes, and back. Worlds that cannot be told apart get the same bytes.
 *
 * - Numbers that only name something (hints, keys, connections, requests) are given out anew,
 *   in the order in which the bytes are written. Connections keep their order, since a newer
 *   one replaces an older one. A hint that nobody can ask for any more gets no number and is
 *   left out, unless the store counts its keys.
 * - What nothing reads again is left out: the owner of a creation that has ended, the hint that
 *   was refused to a client that awaits no refusal, counters of sealings except for their
 *   order.
 * - The server keeps a list of connected clients, and broadcasts in its order. The order is
 *   left out: messages to different clients travel on different links, so it makes no
 *   difference.
 * - Clients of one class are sorted (explore-order.c).
 *
 * Each part of a world has one function here, which goes both ways: it writes bytes when
 * `codec->packing` is set, and otherwise reads the same bytes. What is left out comes back as
 * zero, or as what follows from the rest. state.def says which fields a client has.
 *
 * A move changes one client, and sometimes what others know of it. The bytes of an unpacked
 * world are still there when the next world is packed, and hints and keys have the same numbers
 * in them as in the world. So the bytes of an unchanged client are copied, and only the numbers
 * of its hints and keys are replaced.
 *
 * Half of the work of a search is done here. All functions that take a codec are inlined: then
 * `packing` is a constant, and the codec's members live in registers. */
#include "explore/explore-private.h"

#define NO_NAME 0

/* The numbers that hints and keys get in a packed world, their names. Numbers are given out in
 * the order in which they are needed. */
typedef struct {
    uint8_t of_hint[SLOTS_MAX + 2];
    uint8_t hints[SLOTS_MAX + 2]; /* by name */
    uint8_t of_key[KEYS_MAX + 2];
    uint8_t n_hints, n_keys;
} Names;

typedef struct {
    bool packing;
    const SrExplorePlan *plan;
    World *world;              /* only read when packing */
    unsigned bits, n_bits;     /* of a byte that is not complete */
    uint8_t *out;              /* packing: the next byte */
    Names *names;              /* packing */
    const Order *order;        /* packing */
    const uint8_t *in, *begin; /* unpacking: the next byte; the first one of the client */
    uint16_t *name_at;         /* unpacking: the next of the origin's names */
    bool in_client;            /* unpacking: names are entered there */
    unsigned most_key;         /* unpacking: the highest key so far */
} Codec;

/* A new member of one of these has to be coded here as well, or states would be taken for one
 * that differ in it. Those of SrClient are in state.def. */
G_STATIC_ASSERT(sizeof(SrServerDocument) == 64 && sizeof(SrServerClient) == 24 &&
                sizeof(SrServerRejected) == 16 && sizeof(SrKeySlot) == 24 &&
                sizeof(SrProviderDocument) == 16 && sizeof(SrCheckDocument) == 76 &&
                sizeof(SrCheckClient) == 20 && sizeof(SrCheckRest) == 12 &&
                sizeof(SrCheckHint) == 5);

/* ---- numbers ---- */

/* Codes @value in @width bits, at most 8; no number lies in two bytes. Returns: the value; when
 * unpacking, the one that was read */
INLINE unsigned
code_bits(Codec *codec, unsigned width, unsigned value)
{
    if (codec->packing) {
        codec->bits |= value << codec->n_bits;
        codec->n_bits += width;
        g_assert(codec->n_bits <= 8);
        if (codec->n_bits == 8) {
            *codec->out++ = (uint8_t) codec->bits;
            codec->bits = codec->n_bits = 0;
        }
        return value;
    }
    if (codec->n_bits == 0) {
        codec->bits = *codec->in++;
        codec->n_bits = 8;
    }
    value = codec->bits & ((1u << width) - 1);
    codec->bits >>= width;
    codec->n_bits -= width;
    return value;
}

/* The next number begins a byte. */
INLINE void
end_byte(Codec *codec)
{
    if (codec->packing && codec->n_bits > 0)
        *codec->out++ = (uint8_t) codec->bits;
    codec->bits = codec->n_bits = 0;
}

/* Codes @field in @width bits. It is packed as @value, where that is another number. */
#define CODE_AS(codec, width, field, value)                                                    \
    do {                                                                                       \
        unsigned coded = code_bits(codec, width, (unsigned) (value));                          \
                                                                                               \
        if (!(codec)->packing)                                                                 \
            (field) = coded & ((1u << (width)) - 1);                                           \
    } while (0)
#define CODE(codec, width, field) CODE_AS(codec, width, field, field)

static inline unsigned
name_hint(Names *names, uint32_t hint)
{
    unsigned name = names->of_hint[hint];

    if (name == NO_NAME && hint != SR_HINT_ABSENT) {
        name = ++names->n_hints;
        names->of_hint[hint] = (uint8_t) name;
        names->hints[name] = (uint8_t) hint;
    }
    return name;
}

static inline unsigned
name_key(Names *names, uint32_t key)
{
    unsigned name = names->of_key[key];

    if (name == NO_NAME && key != SR_KEY_ABSENT) {
        name = ++names->n_keys;
        names->of_key[key] = (uint8_t) name;
    }
    return name;
}

/* Returns: the next byte, the name of a hint or of a key; within a client its place is kept */
INLINE unsigned
read_name(Codec *codec, bool is_key)
{
    unsigned name;

    if (codec->in_client)
        *codec->name_at++ = (uint16_t) ((unsigned) (codec->in - codec->begin) << 1 | is_key);
    name = *codec->in++;
    if (is_key)
        codec->most_key = MAX(codec->most_key, name);
    return name;
}

INLINE unsigned
code_name(Codec *codec, bool is_key, uint32_t number)
{
    if (!codec->packing)
        return read_name(codec, is_key);
    *codec->out++ =
        (uint8_t) (is_key ? name_key(codec->names, number) : name_hint(codec->names, number));
    return number;
}

/* Codes @field, the number of a hint or of a key. It is packed as if it were @number. */
#define CODE_NAME(codec, is_key, field, number)                                                \
    do {                                                                                       \
        unsigned coded = code_name(codec, is_key, number);                                     \
                                                                                               \
        if (!(codec)->packing)                                                                 \
            (field) = coded & UINT8_MAX;                                                       \
    } while (0)
#define CODE_HINT(codec, field) CODE_NAME(codec, false, field, field)
#define CODE_KEY(codec, field) CODE_NAME(codec, true, field, field)

/* Codes a hint or a key that is often absent: if it is, only bit @bit of @mask says so. */
INLINE void
code_optional(Codec *codec, unsigned *mask, unsigned bit, bool is_key, uint32_t *number)
{
    unsigned name;
    bool has;

    if (!codec->packing) {
        *number = *mask >> bit & 1 ? read_name(codec, is_key) : 0;
        return;
    }
    name = is_key ? name_key(codec->names, *number) : name_hint(codec->names, *number);
    has = name != NO_NAME;
    *codec->out = (uint8_t) name;
    codec->out += has;
    *mask |= (unsigned) has << bit;
}

/* Codes client @client by its position in the packed world. Returns: the client */
INLINE unsigned
code_client_number(Codec *codec, unsigned width, bool has, uint32_t client)
{
    return code_bits(codec, width,
                     codec->packing && has ? codec->order->position_of[client] : 0);
}

/* ---- documents ---- */

/* What the checks know of @document when everything is as the server says. */
static void
expect_document(const SrServerDocument *document, SrCheckDocument *check)
{
    bool stands = document->phase == SR_PHASE_CREATING;
    bool active = document->phase == SR_PHASE_ESTABLISHED;
    SrStanding standing = {
        .owner = stands ? SR_NODE_FIRST_CLIENT + document->owner : 0,
        .creation = stands ? document->hint : 0,
        .session = active ? document->hint : 0,
        .stands = stands,
        .active = active,
    };

    *check = (SrCheckDocument){
        .one_winner = standing,
        .key_kept = standing,
        .announced_once_established = standing,
        .nobody_stuck = standing,
        .previous_kept = { .active = standing.session, .over = active },
    };
}

/* Returns: whether @standing equals @expected in all that has a meaning */
static bool
stands_as(const SrStanding *standing, const SrStanding *expected)
{
    return standing->stands == expected->stands && standing->active == expected->active &&
           (!standing->stands ||
            (standing->owner == expected->owner && standing->creation == expected->creation)) &&
           (!standing->active || standing->session == expected->session);
}

static bool
is_document_expected(const SrServerDocument *document, const SrCheckDocument *check)
{
    SrCheckDocument expected;

    expect_document(document, &expected);
    return stands_as(&check->one_winner, &expected.one_winner) &&
           stands_as(&check->key_kept, &expected.key_kept) &&
           stands_as(&check->announced_once_established,
                     &expected.announced_once_established) &&
           stands_as(&check->nobody_stuck, &expected.nobody_stuck) &&
           check->previous_kept.active == expected.previous_kept.active &&
           check->previous_kept.outdated == expected.previous_kept.outdated &&
           check->previous_kept.over == expected.previous_kept.over;
}

INLINE void
code_standing(Codec *codec, SrStanding *standing)
{
    unsigned owner;

    CODE(codec, 1, standing->stands);
    CODE(codec, 1, standing->active);
    owner =
        code_client_number(codec, 6, standing->stands, standing->owner - SR_NODE_FIRST_CLIENT);
    if (!codec->packing)
        standing->owner = standing->stands ? SR_NODE_FIRST_CLIENT + owner : 0;
    CODE_NAME(codec, false, standing->creation,
              standing->stands ? standing->creation : SR_HINT_ABSENT);
    CODE_NAME(codec, false, standing->session,
              standing->active ? standing->session : SR_HINT_ABSENT);
}

INLINE void
code_check_document(Codec *codec, SrCheckDocument *check)
{
    code_standing(codec, &check->one_winner);
    code_standing(codec, &check->key_kept);
    code_standing(codec, &check->announced_once_established);
    code_standing(codec, &check->nobody_stuck);
    CODE_HINT(codec, check->previous_kept.active);
    CODE_HINT(codec, check->previous_kept.outdated);
    CODE(codec, 8, check->previous_kept.over);
}

static unsigned
count_rejected(const World *world, const SrServerDocument *document)
{
    unsigned n = 0;

    for (uint32_t i = document->first_rejected; i != SR_NOBODY; i = world->rejected[i].next)
        n++;
    return n;
}

INLINE void
code_rejected(Codec *codec, SrServerDocument *document)
{
    World *world = codec->world;
    uint32_t client = document->first_rejected;
    unsigned n = code_bits(codec, 8, codec->packing ? count_rejected(world, document) : 0);

    for (; n > 0; n--) {
        unsigned coded = code_client_number(codec, 8, true, client);
        unsigned attempt =
            code_name(codec, false, codec->packing ? world->rejected[client].attempt : 0);

        if (codec->packing) {
            client = world->rejected[client].next;
            continue;
        }
        world->rejected[coded].attempt = attempt;
        sr_server_link_rejected(document, world->rejected, coded);
    }
}

INLINE void
code_content(Codec *codec, SrContent *content)
{
    CODE_HINT(codec, content->hint);
    CODE_KEY(codec, content->key);
}

INLINE void
code_document(Codec *codec, uint32_t index)
{
    World *world = codec->world;
    SrServerDocument *document = &world->documents[index];
    SrCheckDocument *check = &world->check_documents[index];
    unsigned runs, expected, owner;
    bool creating;

    if (!codec->packing)
        *document = (SrServerDocument){ .first = SR_NOBODY,
                                        .last = SR_NOBODY,
                                        .first_rejected = SR_NOBODY,
                                        .last_rejected = SR_NOBODY };
    CODE(codec, 2, document->phase);
    CODE(codec, 1, document->has_outdated);
    runs = code_bits(codec, 1, world->establish >> index & 1u);
    expected = code_bits(codec, 1, codec->packing && is_document_expected(document, check));
    creating = document->phase == SR_PHASE_CREATING;
    owner = code_client_number(codec, 3, creating, document->owner);
    if (!codec->packing) {
        document->owner = owner;
        world->establish |= (uint8_t) (runs << index);
    }
    if (creating)
        CODE_AS(codec, 8, document->owner_conn,
                codec->packing ? codec->order->ranks[document->owner].owned : 0);
    if (document->phase != SR_PHASE_NONE)
        CODE_HINT(codec, document->hint);
    if (document->phase == SR_PHASE_ESTABLISHED)
        code_content(codec, &document->content);
    if (document->has_outdated)
        code_content(codec, &document->outdated);
    if (codec->plan->promotes)
        code_rejected(codec, document);
    if (!expected)
        code_check_document(codec, check);
    else if (!codec->packing)
        expect_document(document, check);
}

/* ---- pending items ---- */

INLINE void
code_item(Codec *codec, uint32_t index, Item *item)
{
    const SrClient *client = &codec->world->clients[index];
    unsigned has_reason, has_hint, has_key;

    if (!codec->packing)
        *item = (Item){ .client = (uint8_t) index };
    CODE(codec, 5, item->type);
    has_reason = code_bits(codec, 1, item->reason != SR_REASON_NONE);
    has_hint = code_bits(codec, 1, item->hint != SR_HINT_ABSENT);
    has_key = code_bits(codec, 1, item->key != SR_KEY_ABSENT);
    CODE(codec, 4, item->place);
    /* An unpacked client has numbered its requests by role: see reset_client(). */
    CODE_AS(codec, 3, item->request, codec->packing ? sr_role_of(client, item->request) : 0);
    CODE(codec, 1, item->expired);
    CODE(codec, 8, item->flags);
    if (has_reason)
        CODE(codec, 8, item->reason);
    if (has_hint)
        CODE_HINT(codec, item->hint);
    if (has_key)
        CODE_KEY(codec, item->key);
    if (item->place == AT_DETECT)
        CODE_AS(codec, 8, item->conn,
                codec->packing ? sr_item_rank(codec->plan, codec->world, item) : 0);
    else if (!codec->packing && (item->place == SR_DIRECTION_OUT(SR_NODE_SERVER) ||
                                 item->place == SR_DIRECTION_IN(SR_NODE_SERVER) ||
                                 item->place == AT_QUEUE + SR_NODE_SERVER))
        item->conn = (uint16_t) client->conn;
}

/* Codes how many @items there are. */
INLINE void
code_n_items(Codec *codec, Items *items)
{
    CODE(codec, 8, items->n);
    if (!codec->packing)
        codec->world->n_items = (uint8_t) (codec->world->n_items + items->n);
}

INLINE void
code_items(Codec *codec, uint32_t index)
{
    World *world = codec->world;
    Items *items = &world->items[index];

    code_n_items(codec, items);
    for (unsigned i = 0; i < items->n; i++) {
        Item *item = &items->list[i];

        code_item(codec, index, item);
        if (!codec->packing && item->place == AT_GENERATE && item->key == SR_KEY_ABSENT &&
            codec->plan->model->provider.kind != SR_PROVIDER_STATIC)
            world->live[codec->plan->client_document[index]].making++;
    }
}

/* ---- clients ---- */

/* Numbers of connections have three bits. */
G_STATIC_ASSERT(SR_EXPLORE_CONNS_MAX < 8);

/* How many names a client has. */
enum {
    N_NAMES =
#define FIELD(type, name, kind, bits, sign)                                                    \
    (FIELD_##kind == FIELD_HINT || FIELD_##kind == FIELD_KEY) +
#include "protocol/state.def"
        0
};

/* Each name has a bit that says whether it is there. So do two hints that checks remember, and
 * the keys in the ring. */
enum {
    BIT_ANNOUNCED = N_NAMES,
    BIT_REFUSED,
    BIT_HELD,
    MASK_BYTES = (BIT_HELD + SR_CLIENT_KEYS_HELD + 7) / 8,
};

/* The functions below know by name 1 DERIVED field, 3 HELD, 3 NUMBERS, 1 CONNECTION and 1
 * TOKEN. A new field of these kinds has to be added there. */
enum {
    N_BY_NAME =
#define FIELD(type, name, kind, bits, sign)                                                    \
    (FIELD_##kind == FIELD_DERIVED) * 10000 + (FIELD_##kind == FIELD_HELD) * 1000 +            \
        (FIELD_##kind == FIELD_NUMBERS) * 100 + (FIELD_##kind == FIELD_CONNECTION) * 10 +      \
        (FIELD_##kind == FIELD_TOKEN) +
#include "protocol/state.def"
        0
};
G_STATIC_ASSERT(N_BY_NAME == 13311);
G_STATIC_ASSERT(SR_CLIENT_STATE_N <= 1 << 5);
#define FIELD(type, name, kind, bits, sign)                                                    \
    G_STATIC_ASSERT((FIELD_##kind != FIELD_HINT && FIELD_##kind != FIELD_KEY) ||               \
                    sizeof(type) == sizeof(uint32_t));
#include "protocol/state.def"

/* How many REQUEST fields there are: each is a role. */
enum {
    N_REQUESTS =
#define FIELD(type, name, kind, bits, sign) (FIELD_##kind == FIELD_REQUEST) +
#include "protocol/state.def"
        0
};
G_STATIC_ASSERT(ROLE_LATE + N_REQUESTS <= ROLE_LAST);

/* Codes a field of @bits bits. @role: what an answer to it is, if it is a request */
INLINE void
code_field(Codec *codec, FieldKind kind, void *field, size_t size, unsigned bits, Role role)
{
    bool is_presence = kind == FIELD_REQUEST || kind == FIELD_USED;
    uint64_t value = codec->packing ? sr_field_get(field, size) : 0;

    value = code_bits(codec, bits, is_presence ? value != 0 : (unsigned) value);
    if (!codec->packing)
        sr_field_set(field, size, kind == FIELD_REQUEST ? value * role : value);
}

/* Codes all fields of @client that are of one of @kinds. */
INLINE void
code_fields(Codec *codec, SrClient *client, unsigned kinds)
{
    unsigned role = ROLE_LATE;

#define FIELD(type, name, kind, bits, sign)                                                    \
    role += FIELD_##kind == FIELD_REQUEST;                                                     \
    if (kinds >> FIELD_##kind & 1)                                                             \
        code_field(codec, FIELD_##kind, &client->name, sizeof client->name, bits, role);
#include "protocol/state.def"
}

static bool
awaits_refusal(const World *world, uint32_t client)
{
    for (unsigned i = 0; i < world->items[client].n; i++)
        if (world->items[client].list[i].type == SR_MSG_KEY_REFUSED)
            return true;
    return false;
}

/* Codes the keys in the ring, the oldest one first. */
INLINE void
code_held(Codec *codec, SrClient *client, unsigned *mask)
{
    for (unsigned i = 0; i < SR_CLIENT_KEYS_HELD; i++) {
        unsigned first = codec->packing ? client->held_next : 0;
        SrHeldKey *held = &client->held[(first + i) % SR_CLIENT_KEYS_HELD];

        if (codec->packing ? held->key == SR_KEY_ABSENT : !(*mask >> (BIT_HELD + i) & 1))
            continue;
        code_optional(codec, mask, BIT_HELD + i, false, &held->hint);
        CODE_KEY(codec, held->key);
    }
}

INLINE void
code_names(Codec *codec, uint32_t index)
{
    World *world = codec->world;
    SrClient *client = &world->clients[index];
    SrCheckClient *check = &world->check_clients[index];
    uint32_t *refused = &world->check_rests[index].key_found_refused;
    uint32_t refused_kept = SR_HINT_ABSENT;
    uint8_t *mask_at = codec->out;
    unsigned mask = 0, bit = 0;

    for (unsigned i = 0; i < MASK_BYTES; i++)
        mask |= code_bits(codec, 8, 0) << 8 * i;
#define FIELD(type, name, kind, bits, sign)                                                    \
    if (FIELD_##kind == FIELD_HINT || FIELD_##kind == FIELD_KEY)                               \
        code_optional(codec, &mask, bit++, FIELD_##kind == FIELD_KEY, (void *) &client->name);
#include "protocol/state.def"
    code_optional(codec, &mask, BIT_ANNOUNCED, false, &check->key_found_announced);
    if (codec->packing && check->has_rest && awaits_refusal(world, index))
        refused_kept = *refused;
    code_optional(codec, &mask, BIT_REFUSED, false, codec->packing ? &refused_kept : refused);
    code_held(codec, client, &mask);
    for (unsigned i = 0; codec->packing && i < MASK_BYTES; i++)
        mask_at[i] = (uint8_t) (mask >> 8 * i);
}

/* What the checks know of @client when everything is as it and the server say. */
static inline void
expect_client(const SrClient *client, const SrServerClient *known, SrCheckClient *check)
{
    check->state = client->state;
    check->started = client->state != SR_CLIENT_IDLE;
    check->token_first = known->conn != 0 ? known->conn + 1 : 0;
}

static bool
is_client_expected(const World *world, uint32_t index)
{
    SrCheckClient expected = world->check_clients[index];

    expect_client(&world->clients[index], &world->server_clients[index], &expected);
    return memcmp(&expected, &world->check_clients[index], sizeof expected) == 0;
}

/* Codes which entries of the ring have a wrapping key that is derived; the oldest entry first.
 */
INLINE void
code_held_derived(Codec *codec, SrClient *client)
{
    unsigned next = client->held_next, derived = client->held_derived;

    derived = derived >> next | derived << (SR_CLIENT_KEYS_HELD - next);
    CODE_AS(codec, 4, client->held_derived, derived & ((1u << SR_CLIENT_KEYS_HELD) - 1));
}

/* Codes the client's token, and the one that the server knows. */
INLINE void
code_tokens(Codec *codec, SrClient *client, SrServerClient *known)
{
    const SrExploreClock *clock = &codec->plan->clock;
    unsigned expired =
        code_bits(codec, 1, client->has_token && client->token == clock->expired);
    unsigned known_expired =
        code_bits(codec, 1, known->conn != 0 && known->token == clock->expired);

    if (codec->packing)
        return;
    if (client->has_token)
        client->token = expired ? clock->expired : clock->good;
    known->token = known_expired ? clock->expired : clock->good;
    if (!codec->plan->model->server.tokens)
        known->token = SR_TOKEN_NONE;
}

INLINE void
code_tries(Codec *codec, SrClient *client, uint32_t index)
{
    const SrExplorePlan *plan = codec->plan;
    unsigned exhausted = codec->world->exhausted[index];

    if (plan->counts) {
        code_fields(codec, client, 1u << FIELD_TRIES);
    } else if (!codec->packing) {
        client->tries = exhausted & 1 ? plan->settings[index].key_retry.n : 0;
        client->tries_old = exhausted & 2 ? plan->settings[index].key_retry.n : 0;
    }
}

/* Makes a client what it is before its bytes are read. */
static inline void
reset_client(SrClient *client, SrCheckClient *check)
{
    /* Requests are numbered by what their answers are to the client: see sr_role_of(). */
    *client = (SrClient){ .first_request = ROLE_LATE, .requests = ROLE_LAST };
    *check = (SrCheckClient){ .has_rest = true };
}

/* Codes the small numbers of a client, and of what server and checks know of it. */
INLINE void
code_state(Codec *codec, uint32_t index, SrClient *client, SrServerClient *known,
           SrCheckClient *check)
{
    static const Ranks none = { 0 };
    const Ranks *ranks = codec->packing ? &codec->order->ranks[index] : &none;
    World *world = codec->world;
    unsigned expected;

    code_fields(codec, client, 1u << FIELD_ENUM | 1u << FIELD_FLAG);
    CODE(codec, 4, world->timers[index]);
    code_fields(codec, client, 1u << FIELD_REQUEST);
    code_fields(codec, client, 1u << FIELD_USED);
    CODE(codec, 2, world->exhausted[index]);
    code_held_derived(codec, client);
    code_tokens(codec, client, known);
    CODE_AS(codec, 3, client->conn, ranks->conn);
    CODE_AS(codec, 3, known->conn, ranks->known);
    CODE(codec, 1, check->all_collaborate);
    expected = code_bits(codec, 1, codec->packing && is_client_expected(world, index));
    CODE_AS(codec, 3, known->closed, ranks->closed);
    CODE(codec, 4, check->waits);
    CODE(codec, 1, check->key_found_unknown);
    code_tries(codec, client, index);
    if (!expected) {
        CODE(codec, 5, check->state);
        CODE(codec, 1, check->started);
        end_byte(codec);
        CODE_AS(codec, 8, check->token_first,
                check->token_first != 0 ? ranks->accepted + 1 : 0);
    } else if (!codec->packing) {
        expect_client(client, known, check);
    }
}

INLINE void
code_client(Codec *codec, uint32_t index)
{
    World *world = codec->world;
    SrClient *client = &world->clients[index];
    SrServerClient *known = &world->server_clients[index];
    SrCheckClient *check = &world->check_clients[index];

    if (!codec->packing)
        reset_client(client, check);
    code_state(codec, index, client, known, check);
    if (!codec->packing) {
        client->open =
            client->state >= SR_CLIENT_CONNECTING && client->state <= SR_CLIENT_COLLABORATING;
        if (known->conn != 0)
            sr_server_link_client(&world->documents[codec->plan->client_document[index]],
                                  world->server_clients, index);
    }
    code_names(codec, index);
    code_items(codec, index);
}

/* Copies the bytes of a client that has not changed since it was unpacked. */
static inline void
copy_client(Codec *codec, const Origin *from, uint32_t index)
{
    const PackedClient *client = &from->clients[index];
    uint8_t *out = codec->out;

    memcpy(out, &from->bytes[client->at], client->n);
    for (unsigned i = 0; i < client->n_names; i++) {
        unsigned name = from->names[client->first_name + i];
        uint8_t *byte = &out[name >> 1];

        *byte = (uint8_t) (name & 1 ? name_key(codec->names, *byte)
                                    : name_hint(codec->names, *byte));
    }
    codec->out = out + client->n;
}

INLINE void
pack_clients(Codec *codec, const Origin *from, uint32_t changed)
{
    for (uint32_t i = 0; i < codec->plan->n_clients; i++) {
        uint32_t client = codec->order->clients[i];

        if (changed >> client & 1)
            code_client(codec, client);
        else
            copy_client(codec, from, client);
    }
}

INLINE void
unpack_clients(Codec *codec, Origin *origin)
{
    codec->in_client = true;
    for (uint32_t i = 0; i < codec->plan->n_clients; i++) {
        const uint16_t *first = codec->name_at;

        codec->begin = codec->in;
        code_client(codec, i);
        origin->clients[i] = (PackedClient){
            .at = (uint16_t) (codec->begin - origin->bytes),
            .n = (uint16_t) (codec->in - codec->begin),
            .first_name = (uint16_t) (first - origin->names),
            .n_names = (uint16_t) (codec->name_at - first),
        };
    }
    codec->in_client = false;
}

/* ---- the store ---- */

/* Returns: whether the hint of @slot was made of the latest instant */
static bool
is_at_tick(const SrExplorePlan *plan, const World *world, const SrKeySlot *slot)
{
    return slot->text == SR_HINT_TEXT_TIMESTAMP &&
           sr_provider_tick(&plan->model->provider, slot) == world->tick;
}

/* Gives numbers to hints that matter although no client or message has them. */
static void
name_unused(const SrExplorePlan *plan, const World *world, Names *names)
{
    if (plan->keeps_unused)
        for (uint32_t i = 0; i < plan->n_documents; i++)
            for (uint32_t hint = world->live[i].first; hint != 0;
                 hint = world->slots[hint].next)
                name_hint(names, hint);
    if (plan->repeats)
        for (uint32_t hint = 1; hint <= world->n_slots; hint++)
            if (world->slots[hint].text == SR_HINT_TEXT_EMPTY ||
                is_at_tick(plan, world, &world->slots[hint]))
                name_hint(names, hint);
}

/* Codes which master secret and which replicas know the key under @hint. */
INLINE void
code_copies(Codec *codec, uint32_t hint)
{
    const SrProviderRules *rules = &codec->plan->model->provider;
    World *world = codec->world;
    uint32_t others = rules->replicas - 1, back = 0;

    if (codec->plan->rotates)
        back =
            code_bits(codec, 8, MIN(world->master - world->masters[hint], rules->keep_masters));
    if (!codec->packing && rules->kind == SR_PROVIDER_DERIVED)
        world->masters[hint] = world->master - back;
    for (uint32_t i = 0; i < others; i++)
        CODE_KEY(codec, world->replica_keys[hint * others + i]);
}

INLINE void
code_slot(Codec *codec, uint32_t hint)
{
    /* Which key was given first under the hint: none, the live one, another. */
    enum { STABLE_NONE, STABLE_LIVE, STABLE_OTHER };
    const SrExplorePlan *plan = codec->plan;
    World *world = codec->world;
    SrKeySlot *slot = &world->slots[hint];
    SrCheckHint *check = &world->check_hints[hint];
    bool over = codec->packing && sr_hint_is_over(plan, world, hint);
    bool at_tick = codec->packing && is_at_tick(plan, world, slot);
    unsigned stable;

    if (!codec->packing) {
        *slot = (SrKeySlot){ 0 };
        *check = (SrCheckHint){ 0 };
    }
    CODE(codec, 2, slot->text);
    CODE_AS(codec, 1, slot->live, slot->live && !over);
    CODE_AS(codec, 1, check->key_kept, check->key_kept && !over);
    CODE(codec, 1, world->aged[hint]);
    CODE(codec, 1, at_tick);
    stable = code_bits(codec, 2,
                       check->hint_stable == SR_KEY_ABSENT                      ? STABLE_NONE
                       : slot->live && !over && check->hint_stable == slot->key ? STABLE_LIVE
                                                                                : STABLE_OTHER);
    /* Of earlier instants it only matters that they differ. */
    if (!codec->packing && slot->text == SR_HINT_TEXT_TIMESTAMP && !at_tick)
        slot->made_at = -(int64_t) (hint * plan->model->provider.resolution);
    if (plan->n_documents > 1)
        CODE(codec, 8, slot->document);
    if (slot->live && !over)
        CODE_KEY(codec, slot->key);
    if (stable == STABLE_OTHER)
        CODE_KEY(codec, check->hint_stable);
    else if (!codec->packing && stable == STABLE_LIVE)
        check->hint_stable = slot->key;
    code_copies(codec, hint);
}

INLINE void
code_replications(Codec *codec)
{
    Items *items = &codec->world->items[CLIENTS_MAX];

    code_n_items(codec, items);
    for (unsigned i = 0; i < items->n; i++) {
        Item *item = &items->list[i];

        if (!codec->packing)
            *item = (Item){ .place = AT_REPLICA, .client = NOBODY };
        CODE(codec, 8, item->conn);
        CODE_HINT(codec, item->hint);
        CODE_KEY(codec, item->key);
    }
}

/* The live keys of a document in the order in which they were made, as far as they have
 * numbers. */
INLINE void
code_live(Codec *codec, uint32_t document)
{
    World *world = codec->world;
    uint8_t *count = codec->out;
    unsigned n = code_bits(codec, 8, 0);

    if (!codec->packing) {
        for (; n > 0; n--)
            sr_provider_link_live(world->slots, world->live, code_bits(codec, 8, 0));
        return;
    }
    for (uint32_t hint = world->live[document].first; hint != 0; hint = world->slots[hint].next)
        if (codec->names->of_hint[hint] != NO_NAME) {
            code_bits(codec, 8, codec->names->of_hint[hint]);
            ++*count;
        }
}

INLINE void
code_store(Codec *codec)
{
    const SrExplorePlan *plan = codec->plan;
    World *world = codec->world;
    unsigned n;

    if (plan->model->provider.replicas > 1)
        code_replications(codec);
    if (codec->packing)
        name_unused(plan, world, codec->names);
    n = code_bits(codec, 8, codec->packing ? codec->names->n_hints : 0);
    if (!codec->packing)
        world->n_slots = (uint8_t) n;
    for (unsigned i = 1; i <= n; i++) {
        uint32_t hint = codec->packing ? codec->names->hints[i] : i;

        code_slot(codec, hint);
        if (!codec->packing && !plan->keeps_order && world->slots[hint].live)
            sr_provider_link_live(world->slots, world->live, hint);
    }
    for (uint32_t i = 0; plan->keeps_order && i < plan->n_documents; i++)
        code_live(codec, i);
    if (!codec->packing)
        sr_world_clear_next_hint(plan, world);
}

/* ---- sealings ---- */

/* Returns: for each of the two keys with which client @index has sealed: bit 0, whether it
 * could still be given the key again; bit 1, whether its counter there is above all that come
 */
static unsigned
describe_nonces(const World *world, const Names *names, uint32_t index)
{
    const SrCheckClient *check = &world->check_clients[index];
    const SrCheckRest rest = sr_check_rest(check, &world->check_rests[index]);
    const SrNonceUsed used[2] = { check->nonce_unique, rest.nonce_unique };
    unsigned head = 0;

    for (unsigned i = 0; i < 2; i++) {
        bool again = used[i].counter > world->clients[index].seals;

        if (used[i].key != SR_KEY_ABSENT && names->of_key[used[i].key] != NO_NAME)
            head |= (1u | (unsigned) again << 1) << 2 * i;
    }
    return head;
}

/* Codes with which keys each client has sealed that it could still be given again. Counters
 * only rise, so that of each it is enough to know whether it is above all that come: an
 * unpacked client has sealed once, and a counter is 1, or 2 if it would be used again. */
INLINE void
code_nonces(Codec *codec)
{
    World *world = codec->world;
    uint8_t *mask_at = codec->out;
    unsigned mask = code_bits(codec, 8, 0);

    for (uint32_t i = 0; i < codec->plan->n_clients; i++) {
        uint32_t index = codec->packing ? codec->order->clients[i] : i;
        SrNonceUsed *const used[2] = { &world->check_clients[index].nonce_unique,
                                       &world->check_rests[index].nonce_unique };
        unsigned head = codec->packing ? describe_nonces(world, codec->names, index) : 0;

        if (codec->packing ? head != 0 : mask >> i & 1)
            head = code_bits(codec, 8, head);
        if (codec->packing)
            *mask_at |= (uint8_t) ((head != 0) << i);
        else
            world->clients[index].seals = head != 0 || world->clients[index].own_counter != 0;
        for (unsigned j = 0; j < 2; j++, head >>= 2) {
            if (!codec->packing)
                *used[j] = (SrNonceUsed){ .counter = head & 1 ? 1 + (head >> 1 & 1) : 0 };
            if (head & 1)
                CODE_AS(codec, 8, used[j]->key,
                        codec->packing ? codec->names->of_key[used[j]->key] : 0);
        }
    }
}

/* ---- worlds ---- */

/* Codes what comes before the clients. */
INLINE void
code_head(Codec *codec)
{
    World *world = codec->world;

    CODE(codec, 4, world->crashes);
    CODE(codec, 4, world->disconnects);
    CODE(codec, 8, world->expirations);
    for (uint32_t i = 0; i < codec->plan->n_documents; i++)
        code_document(codec, i);
}

/* Returns: whether checks know the same of client @index as before. What the server knows of a
 * client changes only with what is pending for it: a move that changes that touches the client. */
static bool
is_known_alike(const SrExplorePlan *plan, const World *world, const World *was, uint32_t index)
{
    return memcmp(&world->check_clients[index], &was->check_clients[index],
                  sizeof *was->check_clients) == 0 &&
           memcmp(&world->check_rests[index], &was->check_rests[index],
                  sizeof *was->check_rests) == 0 &&
           sr_client_aside(plan, world, index) == sr_client_aside(plan, was, index);
}

/* Returns: bits of the clients that have changed, or of which checks know something new */
static uint32_t
find_changed(const SrExplorePlan *plan, const World *world, const World *was, uint32_t touched)
{
    uint32_t changed = touched;

    for (uint32_t i = 0; i < plan->n_clients; i++)
        if (!(touched >> i & 1) && !is_known_alike(plan, world, was, i))
            changed |= 1u << i;
    return changed;
}

size_t
sr_world_pack(const SrExplorePlan *plan, const World *world, const Origin *from,
              uint32_t touched, uint8_t out[PACKED_MAX], Packed *packed)
{
    uint32_t changed = from != NULL ? find_changed(plan, world, &from->before, touched)
                                    : (1u << CLIENTS_MAX) - 1;
    Names names = { 0 };
    Order order;
    /* A codec that packs only reads the world. */
    Codec codec = { .packing = true,
                    .plan = plan,
                    .world = (World *) (uintptr_t) world,
                    .out = out,
                    .names = &names,
                    .order = &order };

    sr_order_find(plan, world, from, changed, &order);
    for (uint32_t i = 1; i <= plan->n_previous; i++)
        name_hint(&names, i);
    code_head(&codec);
    pack_clients(&codec, from, changed);
    code_store(&codec);
    code_nonces(&codec);
    g_assert(codec.out - out <= PACKED_MAX);
    packed->n_hints = names.n_hints;
    memcpy(packed->hints, names.hints, names.n_hints + 1u);
    for (uint32_t i = 0; i < plan->n_clients; i++) {
        packed->clients[i] = order.clients[i];
        if (plan->sorts)
            packed->signs[i] = order.settled[order.clients[i]];
    }
    return (size_t) (codec.out - out);
}

void
sr_world_unpack(const SrExplorePlan *plan, const uint8_t *bytes,
                const uint64_t signs[CLIENTS_MAX], World *world, Origin *origin)
{
    Codec codec = { .plan = plan, .world = world, .in = bytes, .name_at = origin->names };

    origin->bytes = bytes;
    if (plan->sorts)
        memcpy(origin->signs, signs, plan->n_clients * sizeof *signs);
    memset(world, 0, offsetof(World, documents));
    memset(world->live, 0, plan->n_documents * sizeof *world->live);
    memset(world->server_clients, 0, plan->n_clients * sizeof *world->server_clients);
    memset(world->rejected, 0, plan->n_clients * sizeof *world->rejected);
    world->master = plan->rotates ? plan->model->provider.keep_masters + 1 : 1;
    code_head(&codec);
    unpack_clients(&codec, origin);
    code_store(&codec);
    code_nonces(&codec);
    world->n_keys = (uint8_t) codec.most_key;
}

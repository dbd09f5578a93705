/* Packed worlds: what is copied from the world before is as if it were packed anew, what is unpacked is
 * what was packed, what is taken back is gone, and all of them take as many bytes as before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "explore/explore-fixture.h"
#include "explore/explore-search-private.h"

enum { WALKS = 60, STEPS = 120, CLIENTS = 4 };

/* Two groups, so that not all clients are interchangeable. */
#define CLIENTS_TEXT                                                                           \
    "[client a]\ncount = 3\ncache-keys = yes\n[client b]\nearly-available = adopt\n"

/* clang-format off */
static const struct row {
    const char *name, *lines;
    bool counts_retries;
    uint64_t bytes[2]; /* of all packed worlds of the walks, sorted and not */
} rows[] = {
    { "default settings", "", false, { 168354, 166081 } },
    { "a rejected client is promoted", "[server]\non-owner-lost = promote\n", false, { 171700, 169391 } },
    { "losses are seen late", "[server]\ndetect-loss = 1s\n", false, { 166283, 177061 } },
    { "keys are kept until they are settled", "[encryption-provider]\nretention = until-settled\n", false, { 184285, 189234 } },
    { "keys are kept for a time, and handed out again", "[encryption-provider]\nretention = for(1min)\nreuse = 1h\n", false, { 233786, 225593 } },
    { "the last key is kept, and there was a session before", "[document d]\nprevious = yes\n[encryption-provider]\nretention = last(1)\n", false, { 312570, 301907 } },
    { "hints are instants", "[encryption-provider]\nhint = timestamp(1ms)\non-collision = overwrite\n", false, { 166309, 166862 } },
    { "replicas take their time", "[encryption-provider]\nreplicas = 2\n", false, { 177854, 194227 } },
    { "masters rotate", "[encryption-provider]\nkind = derived\nrotate-master = 1h\n", false, { 223946, 228240 } },
    { "one key for all", "[encryption-provider]\nkind = static\n", false, { 156224, 154427 } },
    { "retries are counted", "[document d]\nprevious = yes\n[encryption-provider]\nreplicas = 2\n", true, { 302878, 320184 } },
    { "… of hints that are refused", "[encryption-provider]\nhint = none\n", true, { 223743, 223057 } },
};
/* clang-format on */

/* What a walk needs. */
typedef struct {
    SrExploration *exploration;
    Context *context;
    World world, again, kept;
    Origin origin, scratch;
    Moves moves;
    uint8_t bytes[PACKED_MAX], in_full[PACKED_MAX], changed[PACKED_MAX];
    Packed packed, packed_in_full;
    uint64_t n_bytes;
} Walk;

/* Numbers that go on from @state: which way a walk takes. */
static uint32_t
draw(uint64_t *state, uint32_t n)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t) (*state >> 33) % n;
}

static void
assert_packed_alike(const Walk *walk, size_t n, size_t n_in_full)
{
    const SrExplorePlan *plan = &walk->exploration->plan;

    assert_int_equal(n, n_in_full);
    assert_memory_equal(walk->bytes, walk->in_full, n);
    assert_memory_equal(walk->packed.clients, walk->packed_in_full.clients, plan->n_clients);
    if (plan->sorts)
        assert_memory_equal(walk->packed.signs, walk->packed_in_full.signs,
                            plan->n_clients * sizeof *walk->packed.signs);
}

/* ---- each field of a client ---- */

/* Gives @field another value that it could have. Returns: whether packed worlds show it */
static bool
change_field(const Walk *walk, FieldKind kind, void *field, size_t size)
{
    const SrExplorePlan *plan = &walk->exploration->plan;
    uint64_t value = sr_field_get(field, size);

    switch (kind) {
    case FIELD_ENUM:
        value = (value + 1) % SR_CLIENT_STATE_N;
        break;
    case FIELD_FLAG:
    case FIELD_USED:
    case FIELD_CONNECTION:
        value = value == 0;
        break;
    case FIELD_HINT:
        value = value == 0 && walk->world.n_slots > 0;
        break;
    case FIELD_KEY:
        value = value == 0 && walk->world.n_keys > 0;
        break;
    case FIELD_REQUEST:
        value = value == 0 ? UINT16_MAX : 0;
        break;
    case FIELD_TRIES:
        value = plan->counts ? value + 1 : value;
        break;
    case FIELD_TOKEN:
        if (value == (uint64_t) plan->clock.good)
            value = (uint64_t) plan->clock.expired;
        break;
    case FIELD_DERIVED:
    case FIELD_UNREAD:
    case FIELD_HELD:
    case FIELD_NUMBERS:
        break;
    }
    if (value == sr_field_get(field, size))
        return false;
    sr_field_set(field, size, value);
    return true;
}

/* The world is packed otherwise if one field of a client is another, and the field comes back.
 */
static void
check_field(Walk *walk, uint32_t index, FieldKind kind, size_t offset, size_t size)
{
    const SrExplorePlan *plan = &walk->exploration->plan;
    SrClient *client = &walk->world.clients[index], kept = *client;
    void *field = (char *) client + offset;
    const void *again = (char *) &walk->again.clients[index] + offset;
    size_t n = sr_world_pack(plan, &walk->world, NULL, 0, walk->in_full, &walk->packed_in_full);

    if (change_field(walk, kind, field, size)) {
        size_t n_changed =
            sr_world_pack(plan, &walk->world, NULL, 0, walk->changed, &walk->packed_in_full);

        assert_true(n_changed != n || memcmp(walk->changed, walk->in_full, n) != 0);
        sr_world_unpack(plan, walk->changed, walk->packed.signs, &walk->again, &walk->scratch);
        if (kind == FIELD_ENUM || kind == FIELD_FLAG || kind == FIELD_TRIES ||
            kind == FIELD_TOKEN)
            assert_true(sr_field_get(field, size) == sr_field_get(again, size));
        else
            assert_true((sr_field_get(field, size) != 0) == (sr_field_get(again, size) != 0));
    }
    *client = kept;
}

static void
check_fields(Walk *walk, uint32_t index)
{
#define FIELD(type, name, kind, bits, sign)                                                    \
    check_field(walk, index, FIELD_##kind, offsetof(SrClient, name), sizeof(type));
#include "protocol/state.def"
}

/* ---- what checks know of a document ---- */

/* Each field of what checks know comes back, though the server's document says otherwise. */
static void
check_standings(Walk *walk)
{
    const SrExplorePlan *plan = &walk->exploration->plan;
    SrCheckDocument *check = &walk->world.check_documents[0], kept = *check;
    SrStanding *const standings[] = { &check->one_winner, &check->key_kept,
                                      &check->announced_once_established,
                                      &check->nobody_stuck };

    if (walk->world.n_slots == 0)
        return;
    for (unsigned i = 0; i < 2 * G_N_ELEMENTS(standings); i++) {
        SrStanding *standing = standings[i / 2];
        bool stands = i % 2 == 0;

        *standing = stands ? (SrStanding){ .stands = true,
                                           .owner = SR_NODE_FIRST_CLIENT + 1,
                                           .creation = 1 }
                           : (SrStanding){ .active = true, .session = 1 };
        sr_world_pack(plan, &walk->world, NULL, 0, walk->changed, &walk->packed_in_full);
        sr_world_unpack(plan, walk->changed, walk->packed.signs, &walk->again, &walk->scratch);
        /* Hints have other numbers there, and there is one all the same. */
        for (unsigned j = 0; j < G_N_ELEMENTS(standings); j++) {
            const SrStanding *it = standings[j];
            const SrStanding *again =
                (const void *) ((const char *) &walk->again.check_documents[0] +
                                ((const char *) it - (const char *) check));

            assert_int_equal(again->stands, it->stands);
            assert_int_equal(again->active, it->active);
            assert_int_equal(again->owner, it->stands ? it->owner : 0);
            assert_int_equal(again->creation != 0, it->stands && it->creation != 0);
            assert_int_equal(again->session != 0, it->active && it->session != 0);
        }
        *check = kept;
    }
}

/* ---- what checks know of a client ---- */

/* So does what they know of client @index, though neither it nor the server says so. */
static void
check_check_client(Walk *walk, uint32_t index)
{
    const SrExplorePlan *plan = &walk->exploration->plan;
    SrCheckClient *check = &walk->world.check_clients[index], kept = *check;
    const SrCheckClient *again = &walk->again.check_clients[index];
    uint32_t conn = walk->world.clients[index].conn;

    for (unsigned i = 0; i < 8; i++) {
        if (i == 0)
            check->state = (uint8_t) ((check->state + 1) % SR_CLIENT_STATE_N);
        else if (i == 1)
            check->started = !check->started;
        else if (i == 2)
            check->all_collaborate = !check->all_collaborate;
        else if (i == 3)
            check->key_found_unknown = !check->key_found_unknown;
        else if (i == 4)
            check->waits ^= 1;
        else if (i == 5)
            check->nonce_unique.counter = walk->world.clients[index].seals + 1;
        else if (i == 6) /* an older connection */
            check->token_first = conn > 1 ? conn : 0;
        else
            check->token_first = check->token_first == 0 && conn != 0 ? conn + 1 : 0;
        sr_world_pack(plan, &walk->world, NULL, 0, walk->changed, &walk->packed_in_full);
        sr_world_unpack(plan, walk->changed, walk->packed.signs, &walk->again, &walk->scratch);
        assert_int_equal(again->state, check->state);
        assert_int_equal(again->started, check->started);
        assert_int_equal(again->all_collaborate, check->all_collaborate);
        assert_int_equal(again->key_found_unknown, check->key_found_unknown);
        assert_int_equal(again->waits, check->waits);
        assert_int_equal(again->token_first != 0, check->token_first != 0);
        assert_int_equal(again->token_first == walk->again.clients[index].conn + 1,
                         check->token_first == conn + 1);
        /* Of a key that nobody has any more nothing is kept. */
        if (again->nonce_unique.key != SR_KEY_ABSENT)
            assert_int_equal(again->nonce_unique.counter > walk->again.clients[index].seals,
                             i == 5);
        *check = kept;
    }
}

/* ---- walks ---- */

/* Packs what a move made, goes there, and packs it once more. */
static void
step(Walk *walk)
{
    const SrExplorePlan *plan = &walk->exploration->plan;
    size_t n = sr_world_pack(plan, &walk->world, &walk->origin, walk->context->touched,
                             walk->in_full, &walk->packed);

    /* The origin's bytes stay where they are until the world was packed. */
    memcpy(walk->bytes, walk->in_full, n);
    walk->n_bytes += n;
    assert_packed_alike(
        walk, n,
        sr_world_pack(plan, &walk->world, NULL, 0, walk->in_full, &walk->packed_in_full));
    sr_world_unpack(plan, walk->bytes, walk->packed.signs, &walk->again, &walk->scratch);
    for (uint32_t i = 0; i < plan->n_documents; i++)
        assert_int_equal(walk->again.live[i].making, walk->world.live[i].making);
    assert_int_equal(
        sr_world_pack(plan, &walk->again, NULL, 0, walk->in_full, &walk->packed_in_full), n);
    if (!plan->sorts) {
        assert_memory_equal(walk->bytes, walk->in_full, n);
        check_fields(walk, walk->moves.n % CLIENTS);
        check_standings(walk);
        check_check_client(walk, walk->moves.n % CLIENTS);
    } else
        for (uint32_t i = 0; i < plan->n_clients; i++)
            assert_true(walk->packed_in_full.signs[i] ==
                        walk->packed.signs[walk->packed_in_full.clients[i]]);
}

/* What a move made of the world that was kept is taken back. */
static void
assert_restored(const Walk *walk)
{
    const World *world = &walk->world, *kept = &walk->kept;

    assert_memory_equal(world, kept, offsetof(World, slots));
    assert_memory_equal(world->slots, kept->slots, (kept->n_slots + 1) * sizeof *kept->slots);
    assert_memory_equal(world->check_hints, kept->check_hints,
                        (kept->n_slots + 1) * sizeof *kept->check_hints);
    assert_memory_equal(world->aged, kept->aged, (kept->n_slots + 1) * sizeof *kept->aged);
    assert_memory_equal(world->clients, kept->clients, CLIENTS * sizeof *kept->clients);
    for (unsigned i = 0; i <= CLIENTS_MAX; i++) {
        assert_int_equal(world->items[i].n, kept->items[i].n);
        assert_memory_equal(world->items[i].list, kept->items[i].list,
                            kept->items[i].n * sizeof *kept->items[i].list);
    }
}

static void
go(Walk *walk, uint64_t *state)
{
    const SrExplorePlan *plan = &walk->exploration->plan;

    sr_world_begin(walk->context, &walk->world);
    sr_world_pack(plan, &walk->world, NULL, 0, walk->bytes, &walk->packed);
    for (unsigned i = 0; i < STEPS; i++) {
        sr_world_unpack(plan, walk->bytes, walk->packed.signs, &walk->world, &walk->origin);
        sr_world_keep(plan, &walk->world, &walk->origin.before);
        sr_moves_list(plan, &walk->world, &walk->moves);
        if (walk->moves.n == 0)
            return;
        walk->kept = walk->world;
        /* One that is taken back, then the one that is gone. */
        for (unsigned j = 0; j < 2; j++) {
            if (j > 0) {
                sr_world_restore(plan, &walk->world, &walk->origin.before,
                                 walk->context->touched);
                assert_restored(walk);
            }
            sr_world_move(walk->context, &walk->world, &walk->origin.before,
                          walk->moves.list[draw(state, walk->moves.n)]);
        }
        if (walk->context->out_of_room)
            return;
        step(walk);
    }
}

static void
walk_through(const struct row *row, bool symmetry)
{
    g_autofree char *lines = g_strconcat(row->lines, CLIENTS_TEXT, NULL);
    g_autoptr(SrScenario) scenario = fixture_scenario(lines, 0);
    SrExploreOptions options = SR_EXPLORE_OPTIONS;
    g_autofree Walk *walk = g_new0(Walk, 1);
    uint64_t numbers = 1;

    options.no_symmetry = !symmetry;
    options.clients = CLIENTS;
    options.count_retries = row->counts_retries;
    options.crashes = options.disconnects = options.expirations = 2;
    walk->exploration = sr_exploration_new(scenario, &options);
    walk->context = sr_context_new(&walk->exploration->plan);
    for (unsigned i = 0; i < WALKS; i++) {
        walk->context->out_of_room = false;
        go(walk, &numbers);
    }
    sr_context_free(walk->context);
    sr_exploration_free(walk->exploration);
    assert_int_equal(walk->n_bytes, row->bytes[symmetry ? 0 : 1]);
}

static void
packs_alike(void **state)
{
    walk_through(*state, true);
    walk_through(*state, false);
}

/* A world has room for SR_EXPLORE_PENDING_MAX items, and for no more. */
static void
is_out_of_room(void **state)
{
    g_autoptr(SrScenario) scenario = fixture_scenario("", 1);
    SrExploreOptions options = SR_EXPLORE_OPTIONS;
    g_autoptr(SrExploration) exploration = sr_exploration_new(scenario, &options);
    Context *context = sr_context_new(&exploration->plan);
    g_autofree World *world = g_new0(World, 1);
    const SrMessage message = { .type = SR_MSG_TOKEN_REQUEST };

    (void) state;
    sr_world_begin(context, world);
    for (unsigned i = 0; i < SR_EXPLORE_PENDING_MAX; i++)
        sr_item_add(context, AT_DIRECTION, &message);
    assert_false(context->out_of_room);
    sr_item_add(context, AT_DIRECTION, &message);
    assert_true(context->out_of_room);
    assert_int_equal(world->n_items, SR_EXPLORE_PENDING_MAX);
    sr_context_free(context);
}

int
main(void)
{
    struct CMUnitTest tests[G_N_ELEMENTS(rows) + 1] = {
        [G_N_ELEMENTS(rows)] = cmocka_unit_test(is_out_of_room),
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        tests[i] = (struct CMUnitTest){ .name = rows[i].name,
                                        .test_func = packs_alike,
                                        .initial_state = (void *) (uintptr_t) &rows[i] };
    return cmocka_run_group_tests_name("packed worlds", tests, NULL, NULL) != 0;
}

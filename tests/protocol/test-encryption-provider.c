/* The encryption provider, as conversations: every kind, every retention, every collision of
 * section 6. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "protocol/script.h"

#include "protocol/encryption-provider.h"

#define STEPS_MAX 20
#define CAPACITY 32

struct conversation {
    const char *name;
    SrProviderRules rules; /* unset fields: one replica, two masters */
    struct {
        const char *input; /* see step() */
        const char *want;
    } steps[STEPS_MAX];
};

#define MADE(n)                                                                                \
    { "none", "generate" },                                                                    \
    {                                                                                          \
        "made", "!key-made key h" n " k" n                                                     \
    }

static const struct conversation conversations[] = {
    { "a key is made under a fresh hint and looked up",
      { 0 },
      { MADE("1"),
        MADE("2"),
        { "ask h1", "lookup h1" },
        { "found h1", "!key-found key h1 k1" },
        { "text h2", "u2" } } },
    { "the empty hint of a derived key names one key",
      { .kind = SR_PROVIDER_DERIVED, .hints = SR_HINTS_NONE },
      { MADE("1"),
        { "none", "generate" },
        { "made", "!key-found key h1 k1" },
        { "found h1", "!key-found key h1 k1" } } },
    { "on-new-key discards the earlier ones",
      { .keep = SR_KEEP_ON_NEW_KEY },
      { MADE("1"),
        { "none", "generate" },
        { "made", "!key-made !key-discarded=on-new-key key h2 k2" },
        { "found h1", "!key-missing key-refused unknown-hint" },
        { "found h2", "!key-found key h2 k2" } } },
    { "… of that document only",
      { .keep = SR_KEEP_ON_NEW_KEY },
      { MADE("1"),
        { "made doc=1", "!key-made key h2 k2" },
        { "found h1", "!key-found key h1 k1" } } },
    { "last(2) keeps two",
      { .keep = SR_KEEP_LAST, .keep_last = 2 },
      { MADE("1"),
        MADE("2"),
        { "made", "!key-made !key-discarded=last key h3 k3" },
        { "found h2", "!key-found key h2 k2" } } },
    { "for(10s) goes by the provider's clock",
      { .keep = SR_KEEP_FOR, .keep_for = 10 * SR_NS_PER_S },
      { { "made now=5s", "!key-made expire h1@15s key h1 k1" },
        { "expire h1 now=14s", "expire h1@15s" },
        { "expire h1 now=15s", "!key-discarded=age" },
        { "expire h1 now=16s", "" },
        { "found h1", "!key-missing key-refused unknown-hint" } } },
    { "until-settled: the others go when one is settled",
      { .keep = SR_KEEP_UNTIL_SETTLED },
      { MADE("1"),
        MADE("2"),
        MADE("3"),
        { "settled h2", "!key-discarded=settled !key-discarded=settled" },
        { "settled h2", "" },
        { "found h2", "!key-found key h2 k2" },
        { "found h1", "!key-missing key-refused unknown-hint" } } },
    { "until-settled: a key that is made after the last one went is found by the next",
      { .keep = SR_KEEP_UNTIL_SETTLED },
      { MADE("1"),
        MADE("2"),
        { "settled h1", "!key-discarded=settled" },
        MADE("3"),
        { "settled h1", "!key-discarded=settled" },
        { "found h3", "!key-missing key-refused unknown-hint" } } },
    { "replicas hear that a key is discarded",
      { .keep = SR_KEEP_LAST, .keep_last = 1, .replicas = 2 },
      { { "made", "!key-made replicate h1 k1 key h1 k1" },
        { "made",
          "!key-made replicate h2 k2 !key-discarded=last replicate h1 k0 key h2 k2" } } },
    { "settled means nothing to other retentions",
      { 0 },
      { MADE("1"), MADE("2"), { "settled h2", "" } } },
    { "timestamps collide: refuse",
      { .hints = SR_HINTS_TIMESTAMP, .resolution = SR_NS_PER_S },
      { { "made now=5s", "!key-made key h1 k1" },
        { "made now=5s", "key-refused unavailable" },
        { "made now=6s", "!key-made key h2 k2" },
        { "text h1", "t5" },
        { "text h2", "t6" } } },
    { "timestamps collide: overwrite",
      { .hints = SR_HINTS_TIMESTAMP,
        .resolution = SR_NS_PER_S,
        .on_collision = SR_ON_COLLISION_OVERWRITE },
      { { "made now=5s", "!key-made key h1 k1" },
        { "made now=5s", "!key-discarded=overwritten !key-made key h1 k2" },
        { "found h1", "!key-found key h1 k2" } } },
    { "timestamps collide: keep-first",
      { .hints = SR_HINTS_TIMESTAMP,
        .resolution = SR_NS_PER_S,
        .on_collision = SR_ON_COLLISION_KEEP_FIRST },
      { { "made now=5s", "!key-made key h1 k1" }, { "made now=5s", "!key-found key h1 k1" } } },
    { "hints are found again after the buckets were filled anew",
      { .kind = SR_PROVIDER_DERIVED, .hints = SR_HINTS_TIMESTAMP, .resolution = SR_NS_PER_S },
      { { "made now=5.2s", "!key-made key h1 k1" },
        { "rotate", "" },
        { "made now=5.4s", "!key-made key h2 k2" },
        { "made now=5.4s doc=1", "!key-made key h3 k3" },
        { "rehash", "" },
        { "made now=5.9s", "!key-found key h2 k2" },
        { "made now=5.9s doc=1", "!key-found key h3 k3" },
        { "text h1", "m1-t5" },
        { "text h2", "m2-t5" } } },
    { "a timestamp shows the same when its key is made anew",
      { .hints = SR_HINTS_TIMESTAMP,
        .resolution = SR_NS_PER_S,
        .on_collision = SR_ON_COLLISION_OVERWRITE },
      { { "made now=5.2s", "!key-made key h1 k1" },
        { "made now=5.9s", "!key-discarded=overwritten !key-made key h1 k2" },
        { "made now=6s", "!key-made key h2 k3" },
        { "text h1", "t5" },
        { "text h2", "t6" } } },
    { "a clock before its zero gives a negative timestamp, rounded down",
      { .hints = SR_HINTS_TIMESTAMP, .resolution = SR_NS_PER_S },
      { { "made before=10.5s", "!key-made key h1 k1" },
        { "made before=0.5s", "!key-made key h2 k2" },
        { "text h1", "t-11" },
        { "text h2", "t-1" } } },
    { "two documents may share a timestamp",
      { .hints = SR_HINTS_TIMESTAMP, .resolution = SR_NS_PER_S },
      { { "made now=5s", "!key-made key h1 k1" },
        { "made now=5s doc=1", "!key-made key h2 k2" } } },
    { "a hint that was discarded can be made again",
      { .hints = SR_HINTS_TIMESTAMP,
        .resolution = SR_NS_PER_S,
        .keep = SR_KEEP_FOR,
        .keep_for = SR_NS_PER_MS },
      { { "made now=5s", "!key-made expire h1@5.001s key h1 k1" },
        { "expire h1 now=6s", "!key-discarded=age" },
        { "made now=5s", "!key-made expire h1@5.001s key h1 k2" } } },
    { "without hints all keys of a document share the empty one",
      { .hints = SR_HINTS_NONE },
      { { "made", "!key-made key h1 k1" },
        { "made", "key-refused unavailable" },
        { "found h1", "!key-found key h1 k1" },
        { "text h1", "" } } },
    { "static: one key for everything",
      { .kind = SR_PROVIDER_STATIC },
      { { "none", "generate" },
        { "made", "!key-found key h1 k1" },
        { "made doc=1", "!key-found key h2 k1" },
        { "found h1", "!key-found key h1 k1" } } },
    { "unstable: another key each time",
      { .kind = SR_PROVIDER_UNSTABLE },
      { MADE("1"),
        { "found h1", "!key-found key h1 k2" },
        { "found h1", "!key-found key h1 k3" } } },
    { "a rotation takes nothing from kinds without masters",
      { .keep_masters = 2 },
      { MADE("1"),
        { "rotate", "" },
        { "rotate", "" },
        { "rotate", "" },
        { "found h1", "!key-found key h1 k1" } } },
    { "derived: the hint names the master, which may be dropped",
      { .kind = SR_PROVIDER_DERIVED, .keep_masters = 2 },
      { MADE("1"),
        { "text h1", "m1-u1" },
        { "rotate", "" },
        { "found h1", "!key-found key h1 k1" },
        MADE("2"),
        { "text h2", "m2-u2" },
        { "rotate", "!key-discarded=master-dropped" },
        { "found h1", "!key-missing key-refused unknown-hint" },
        { "found h2", "!key-found key h2 k2" } } },
    { "derived: the same hint is the same key",
      { .kind = SR_PROVIDER_DERIVED, .hints = SR_HINTS_TIMESTAMP, .resolution = SR_NS_PER_S },
      { { "made now=5s", "!key-made key h1 k1" },
        { "made now=5s", "!key-found key h1 k1" },
        { "rotate", "" },
        { "made now=5s", "!key-made key h2 k2" },
        { "text h2", "m2-t5" } } },
    { "derived without hints: after a rotation the empty hint means another key",
      { .kind = SR_PROVIDER_DERIVED, .hints = SR_HINTS_NONE },
      { { "made", "!key-made key h1 k1" },
        { "found h1", "!key-found key h1 k1" },
        { "rotate", "" },
        { "found h1", "!key-discarded=overwritten !key-made !key-found key h1 k2" } } },
    { "reuse hands out a young key",
      { .reuse = true, .reuse_for = 10 * SR_NS_PER_S, .atomic = true },
      { { "none now=1s", "generate" },
        { "made now=1s", "!key-made key h1 k1 attached:key h1 k1" },
        { "none now=10s", "generate h1" },
        { "reused h1 k1", "!key-found key h1 k1" },
        { "none now=11s", "generate" } } },
    { "reuse, atomic: who asks meanwhile is answered together",
      { .reuse = true, .reuse_for = SR_NS_PER_S, .atomic = true },
      { { "none", "generate" },
        { "none", "attach" },
        { "made", "!key-made key h1 k1 attached:key h1 k1" } } },
    { "reuse, not atomic: two requests make two keys",
      { .reuse = true, .reuse_for = SR_NS_PER_S },
      { { "none", "generate" },
        { "none", "generate" },
        { "made", "!key-made key h1 k1" },
        { "made", "!key-made key h2 k2" },
        { "none", "generate h2" } } },
    { "replicas learn later, and are asked by number",
      { .replicas = 3 },
      { { "none", "generate" },
        { "made", "!key-made replicate h1 k1 key h1 k1" },
        { "found h1 replica=0", "!key-found key h1 k1" },
        { "found h1 replica=1", "!key-missing key-refused unknown-hint" },
        { "replicated h1 k1 replica=1", "" },
        { "found h1 replica=1", "!key-found key h1 k1" },
        { "found h1 replica=2", "!key-missing key-refused unknown-hint" } } },
    { "an overwritten key is replaced at the replicas in one go",
      { .replicas = 2, .hints = SR_HINTS_NONE, .on_collision = SR_ON_COLLISION_OVERWRITE },
      { { "made", "!key-made replicate h1 k1 key h1 k1" },
        { "made", "!key-discarded=overwritten !key-made replicate h1 k2 key h1 k2" } } },
    { "an older session's key counts like any other",
      { .keep = SR_KEEP_ON_NEW_KEY },
      { { "previous", "!key-made" },
        { "text h1", "previous" },
        { "found h1", "!key-found key h1 k1" },
        { "made", "!key-made !key-discarded=on-new-key key h2 k2" },
        { "text h2", "u1" } } },
};

struct world {
    SrProviderRules rules;
    SrProvider provider;
    SrKeySlot slots[CAPACITY + 1];
    uint32_t masters[CAPACITY + 1], chains[CAPACITY + 1], buckets[64];
    uint32_t replica_keys[(CAPACITY + 1) * 2];
    SrProviderDocument documents[2];
    SrAction list[32];
    SrActions actions;
};

static void
overflow(SrActions *actions, void *data)
{
    (void) data;
    fail_msg("more than %u actions in one step", actions->capacity);
}

static const char *
option(char **words, const char *key, const char *otherwise)
{
    for (unsigned i = 1; words[i] != NULL; i++)
        if (g_str_has_prefix(words[i], key))
            return words[i] + strlen(key);
    return otherwise;
}

/* `none`, `ask hN`, `settled hN`: a message is taken up; `made`, `reused hN kN`, `found hN`:
 * generate or lookup ends; `expire hN`, `rotate`, `replicated hN kN replica=N`, `previous`;
 * `rehash`; `text hN` gives the hint's text. now=SPAN, before=SPAN (the clock is before its zero),
 * doc=N. */
static void
step(struct world *world, const char *text, GString *got)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    const char *word = words[0], *before = option(words, "before=", NULL);
    const char *span = before != NULL ? before : option(words, "now=", "0s");
    uint32_t document = (uint32_t) g_ascii_strtoull(option(words, "doc=", "0"), NULL, 10);
    uint32_t replica = (uint32_t) g_ascii_strtoull(option(words, "replica=", "0"), NULL, 10);
    SrMessage message = { .type = SR_MSG_KEY_REQUEST,
                          .hint = script_number(words, 'h', 0),
                          .key = script_number(words, 'k', 0),
                          .token = SR_TOKEN_NONE };
    SrSpan parsed;

    assert_int_equal(sr_span_parse(span, strlen(span), &parsed), SR_NUMBER_OK);

    int64_t now = before != NULL ? -(int64_t) parsed : (int64_t) parsed;

    world->actions.n = 0;
    if (strcmp(word, "none") == 0) {
        sr_provider_message(&world->rules, &world->provider, &message, document, now,
                            &world->actions);
    } else if (strcmp(word, "ask") == 0 || strcmp(word, "settled") == 0) {
        message.type = strcmp(word, "ask") == 0 ? SR_MSG_KEY_REQUEST : SR_MSG_KEY_SETTLED;
        message.flags = SR_MESSAGE_HINT;
        sr_provider_message(&world->rules, &world->provider, &message, document, now,
                            &world->actions);
    } else if (strcmp(word, "made") == 0 || strcmp(word, "reused") == 0 ||
               strcmp(word, "found") == 0) {
        if (strcmp(word, "found") == 0)
            message.flags = SR_MESSAGE_HINT;
        sr_provider_ready(&world->rules, &world->provider, &message, document, now, replica,
                          &world->actions);
    } else if (strcmp(word, "expire") == 0) {
        sr_provider_expire(&world->rules, &world->provider, message.hint, now, &world->actions);
    } else if (strcmp(word, "rotate") == 0) {
        sr_provider_rotate(&world->rules, &world->provider, &world->actions);
    } else if (strcmp(word, "rehash") == 0) {
        sr_provider_rehash(&world->rules, &world->provider);
    } else if (strcmp(word, "replicated") == 0) {
        sr_provider_replicated(&world->rules, &world->provider, replica, message.hint,
                               message.key);
    } else if (strcmp(word, "previous") == 0) {
        sr_provider_add_previous(&world->rules, &world->provider, document, now,
                                 &world->actions);
    } else if (strcmp(word, "text") == 0) {
        char hint[64];

        g_string_append_len(got, hint,
                            (gssize) sr_provider_hint_text(&world->rules, &world->provider,
                                                           message.hint, hint));
    } else {
        fail_msg("no input '%s'", word);
    }
}

static void
converse(void **state)
{
    const struct conversation *conversation = *state;
    struct world world = { 0 };

    world.rules = conversation->rules;
    world.rules.replicas = MAX(world.rules.replicas, 1);
    world.rules.keep_masters = MAX(world.rules.keep_masters, 2);
    world.provider = (SrProvider){
        .slots = world.slots,
        .masters = world.masters,
        .chains = world.chains,
        .buckets = world.buckets,
        .replica_keys = world.rules.replicas > 1 ? world.replica_keys : NULL,
        .documents = world.documents,
        .capacity = CAPACITY,
        .n_buckets = G_N_ELEMENTS(world.buckets),
        .n_documents = 2,
    };
    world.actions = (SrActions){ world.list, 0, G_N_ELEMENTS(world.list), overflow, NULL };
    sr_provider_reset(&world.rules, &world.provider);
    for (unsigned i = 0; i < STEPS_MAX && conversation->steps[i].input != NULL; i++) {
        g_autoptr(GString) got = g_string_new(NULL);

        step(&world, conversation->steps[i].input, got);
        for (uint32_t j = 0; j < world.actions.n; j++)
            script_action(got, &world.list[j], false);
        if (strcmp(got->str, conversation->steps[i].want) != 0)
            fail_msg("step %u, '%s':\n  wanted %s\n  got    %s", i + 1,
                     conversation->steps[i].input, conversation->steps[i].want, got->str);
    }
}

int
main(void)
{
    struct CMUnitTest tests[G_N_ELEMENTS(conversations)];

    for (size_t i = 0; i < G_N_ELEMENTS(conversations); i++)
        tests[i] =
            (struct CMUnitTest){ .name = conversations[i].name,
                                 .test_func = converse,
                                 .initial_state = (void *) (uintptr_t) &conversations[i] };
    return cmocka_run_group_tests_name("encryption provider", tests, NULL, NULL) != 0;
}

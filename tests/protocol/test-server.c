/* The server's table, as conversations with up to four clients. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "protocol/script.h"

#include "protocol/server.h"

enum {
    PENDING = 1,
    PROMOTE = 2,
    WAIT = 4,
    VOLATILE = 8,
    TIMEOUT = 16,
    NO_TOKENS = 32,
    CHECK_ALL = 64,
    NO_CHECKS = 128
};

#define STEPS_MAX 24
#define CLIENTS 4

struct conversation {
    const char *name;
    unsigned rules;
    struct {
        const char *input; /* see step() */
        const char *want;
    } steps[STEPS_MAX];
};

#define IN(c)                                                                                  \
    {                                                                                          \
        c " connect", "!token-judged !connection-opened " c ":connected"                       \
    }
#define BOTH_IN IN("c0"), IN("c1")
#define WON                                                                                    \
    BOTH_IN,                                                                                   \
    {                                                                                          \
        "c0 create-session h1", "!token-judged c0:create-accepted h1"                          \
    }
#define REJECTED                                                                               \
    WON,                                                                                       \
    {                                                                                          \
        "c1 create-session h2", "!token-judged c1:create-rejected"                             \
    }
#define ESTABLISHED                                                                            \
    REJECTED,                                                                                  \
    {                                                                                          \
        "c0 upload h1 k1", "!established c0:session-available h1 c1:session-available h1"      \
    }

static const struct conversation conversations[] = {
    { "the first create-session wins, every other is rejected",
      0,
      { BOTH_IN,
        { "c0 session-request", "c0:session-none" },
        { "c1 session-request", "c1:session-none" },
        { "c1 create-session h2", "!token-judged c1:create-accepted h2" },
        { "c0 create-session h1", "!token-judged c0:create-rejected" } } },
    { "the upload establishes, and everybody connected is told",
      0,
      { ESTABLISHED,
        { "c1 join", "!token-judged c1:content h1 k1" },
        { "c1 session-request", "c1:session-available h1" } } },
    { "while a session is created others are told none",
      0,
      { WON, { "c1 session-request", "c1:session-none" } } },
    { "… or pending", PENDING, { WON, { "c1 session-request", "c1:session-pending" } } },
    { "a create-session after the session is established is rejected",
      0,
      { ESTABLISHED,
        IN("c2"),
        { "c2 create-session h3", "!token-judged c2:create-rejected" } } },
    { "an upload from a client that is not the owner is ignored",
      0,
      { REJECTED, { "c1 upload h2 k2", "" } } },
    { "a join without a session is not answered",
      0,
      { REJECTED, { "c1 join", "!token-judged" } } },
    { "a token issued in the future is refused",
      0,
      { { "c0 connect token=101",
          "!token-judged=issued-in-future c0:connect-refused issued-in-future" } } },
    { "a token at the very second is not",
      0,
      { { "c0 connect token=100", "!token-judged !connection-opened c0:connected" } } },
    { "an expired token is refused",
      0,
      { { "c0 connect token=-200", "!token-judged=expired c0:connect-refused expired" } } },
    { "a token in its last second is not",
      0,
      { { "c0 connect token=-199", "!token-judged !connection-opened c0:connected" } } },
    { "no token where one is checked is a missing claim",
      0,
      { { "c0 connect token=none",
          "!token-judged=missing-claim c0:connect-refused missing-claim" } } },
    { "without tokens every connect is accepted",
      NO_TOKENS,
      { { "c0 connect token=none", "!connection-opened c0:connected" },
        { "c0 create-session h1", "c0:create-accepted h1" } } },
    { "connect is accepted when it is not checked",
      NO_CHECKS,
      { { "c0 connect token=101", "!connection-opened c0:connected" },
        { "c0 create-session h1", "c0:create-accepted h1" } } },
    { "a token that fails later closes the connection, and the owner is lost",
      CHECK_ALL,
      { { "c0 connect token=-199", "!token-judged !connection-opened c0:connected" },
        IN("c1"),
        { "c0 create-session h1", "!token-judged c0:create-accepted h1" },
        { "c0 upload h1 k1 now=101s",
          "!token-judged=expired c0:closed jwt !connection-closed=jwt !released=owner-lost "
          "c1:session-released" },
        { "c0 session-request", "!lose=connection-closed" } } },
    { "a token update that is good is not answered",
      0,
      { WON, { "c0 token-update token=100", "!token-judged" } } },
    { "a token update that is bad closes",
      0,
      { BOTH_IN,
        { "c0 token-update token=101",
          "!token-judged=issued-in-future c0:closed jwt !connection-closed=jwt" } } },
    { "a message on a connection that is not accepted is not served",
      0,
      { { "c0 session-request", "!lose=connection-closed" } } },
    { "owner lost: release",
      0,
      { REJECTED,
        { "c0 lost", "!connection-closed=disconnect !released=owner-lost c1:session-released" },
        { "c1 create-session h4", "!token-judged c1:create-accepted h4" } } },
    { "owner lost: promote the first that was rejected and is still connected",
      PROMOTE,
      { REJECTED,
        IN("c2"),
        { "c2 create-session h3", "!token-judged c2:create-rejected" },
        { "c1 lost", "!connection-closed=disconnect" },
        { "c0 lost",
          "!connection-closed=disconnect !released=owner-lost c2:create-accepted h3" },
        { "c2 upload h3 k3", "!established c2:session-available h3" } } },
    { "owner lost: promote with nobody left releases",
      PROMOTE,
      { WON,
        { "c0 lost",
          "!connection-closed=disconnect !released=owner-lost c1:session-released" } } },
    { "promotion goes on down the list",
      PROMOTE,
      { REJECTED,
        IN("c2"),
        { "c2 create-session h3", "!token-judged c2:create-rejected" },
        { "c0 lost",
          "!connection-closed=disconnect !released=owner-lost c1:create-accepted h2" },
        { "c1 lost",
          "!connection-closed=disconnect !released=owner-lost c2:create-accepted h3" } } },
    { "a rejection on an earlier connection does not count for promotion",
      PROMOTE,
      { REJECTED,
        { "c1 lost", "!connection-closed=disconnect" },
        { "c1 connect conn=2", "!token-judged !connection-opened c1:connected" },
        { "c0 lost",
          "!connection-closed=disconnect !released=owner-lost c1:session-released" } } },
    { "owner lost: wait, and it returns",
      WAIT,
      { REJECTED,
        { "c0 lost", "!connection-closed=disconnect" },
        { "c1 session-request", "c1:session-none" },
        { "c0 connect conn=2", "!token-judged !connection-opened c0:connected" },
        { "c0 session-request conn=2", "c0:create-accepted h1" },
        { "c0 upload h1 k1 conn=2",
          "!established c1:session-available h1 c0:session-available h1" } } },
    { "wait with a time-out releases",
      WAIT | TIMEOUT,
      { BOTH_IN,
        { "c0 create-session h1", "!token-judged c0:create-accepted h1 ~main=5s" },
        { "c0 lost", "!connection-closed=disconnect" },
        { "timeout", "!released=timeout c1:session-released" },
        { "timeout", "" } } },
    { "a promoted client has a time-out of its own",
      PROMOTE | TIMEOUT,
      { BOTH_IN,
        { "c0 create-session h1", "!token-judged c0:create-accepted h1 ~main=5s" },
        { "c1 create-session h2", "!token-judged c1:create-rejected" },
        { "timeout", "!released=timeout c1:create-accepted h2 ~main=5s" },
        { "c0 upload h1 k1", "" } } },
    { "an upload that comes too late is ignored",
      TIMEOUT,
      { BOTH_IN,
        { "c0 create-session h1", "!token-judged c0:create-accepted h1 ~main=5s" },
        { "timeout", "!released=timeout c0:session-released c1:session-released" },
        { "c0 upload h1 k1", "" } } },
    { "a new connection replaces the old one, and the owner is lost",
      0,
      { REJECTED,
        { "c0 connect conn=2",
          "!connection-closed=replaced !released=owner-lost c1:session-released !token-judged "
          "!connection-opened c0:connected" },
        { "c0 upload h1 k1", "!lose=connection-closed" } } },
    { "a returning owner is not told of the release that its return causes",
      0,
      { REJECTED,
        { "c0 connect conn=2",
          "!connection-closed=replaced !released=owner-lost c1:session-released !token-judged "
          "!connection-opened c0:connected" } } },
    { "a connect that waited while its connection closed is not served",
      0,
      { IN("c1"),
        { "c0 lost", "" },
        { "c0 connect", "" },
        { "c0 connect conn=2", "!token-judged !connection-opened c0:connected" } } },
    /* With detect-loss a client may be closed for good, which is seen at once, before the loss of
     * its earlier connection is. */
    { "an open connection outlives a newer one that is seen to close",
      0,
      { WON,
        { "c0 lost conn=2", "" },
        { "c0 connect conn=2", "" },
        { "c1 create-session h2", "!token-judged c1:create-rejected" },
        { "c0 lost",
          "!connection-closed=disconnect !released=owner-lost c1:session-released" } } },
    { "a refused connect is not judged again when a link delivers it twice",
      0,
      { { "c0 connect token=101",
          "!token-judged=issued-in-future c0:connect-refused issued-in-future" },
        { "c0 connect token=101 now=102s", "" } } },
    { "a second copy of connect changes nothing", 0, { REJECTED, { "c0 connect", "" } } },
    { "a copy of connect that comes after its connection closed changes nothing",
      0,
      { REJECTED, { "c1 lost", "!connection-closed=disconnect" }, { "c1 connect", "" } } },
    { "a client that was promoted and lets its time run out is not promoted again",
      PROMOTE | TIMEOUT,
      { BOTH_IN,
        { "c0 create-session h1", "!token-judged c0:create-accepted h1 ~main=5s" },
        { "c1 create-session h2", "!token-judged c1:create-rejected" },
        { "timeout", "!released=timeout c1:create-accepted h2 ~main=5s" },
        { "timeout", "!released=timeout c0:session-released c1:session-released" } } },
    { "the server sees a close once",
      0,
      { REJECTED, { "c1 lost", "!connection-closed=disconnect" }, { "c1 lost", "" } } },
    { "an upgrade makes the session outdated and closes everybody",
      0,
      { ESTABLISHED,
        { "upgrade",
          "c0:closed client-update-required !connection-closed=client-update-required "
          "c1:closed client-update-required !connection-closed=client-update-required" },
        { "c1 connect conn=2", "!token-judged !connection-opened c1:connected" },
        { "c1 session-request conn=2", "c1:session-none h1 k1" },
        { "c1 create-session h5 conn=2", "!token-judged c1:create-accepted h5" },
        { "c1 upload h5 k5 conn=2", "!established c1:session-available h5" } } },
    { "an upgrade drops a standing creation",
      0,
      { WON,
        { "upgrade",
          "!released=upgrade c0:closed client-update-required "
          "!connection-closed=client-update-required "
          "c1:closed client-update-required !connection-closed=client-update-required" },
        { "c1 connect conn=2", "!token-judged !connection-opened c1:connected" },
        { "c1 session-request conn=2", "c1:session-none" } } },
    { "a crash loses a creation",
      0,
      { WON,
        { "crash", "!released=server-crash" },
        { "c1 connect conn=2", "!token-judged !connection-opened c1:connected" },
        { "c1 session-request conn=2", "c1:session-none" } } },
    { "an established session survives a crash",
      0,
      { ESTABLISHED,
        { "crash", "" },
        { "c1 connect conn=2", "!token-judged !connection-opened c1:connected" },
        { "c1 session-request conn=2", "c1:session-available h1" } } },
    { "… unless the server is not durable",
      VOLATILE,
      { ESTABLISHED,
        { "crash", "!released=server-crash" },
        { "c1 connect conn=2", "!token-judged !connection-opened c1:connected" },
        { "c1 session-request conn=2", "c1:session-none" } } },
    { "an outdated session survives a crash",
      0,
      { ESTABLISHED,
        { "upgrade",
          "c0:closed client-update-required !connection-closed=client-update-required "
          "c1:closed client-update-required !connection-closed=client-update-required" },
        { "crash", "" },
        { "c1 connect conn=2", "!token-judged !connection-opened c1:connected" },
        { "c1 session-request conn=2", "c1:session-none h1 k1" } } },
    { "an outdated session does not survive the crash of a server that is not durable",
      VOLATILE,
      { ESTABLISHED,
        { "upgrade",
          "c0:closed client-update-required !connection-closed=client-update-required "
          "c1:closed client-update-required !connection-closed=client-update-required" },
        { "crash", "" },
        { "c1 connect conn=2", "!token-judged !connection-opened c1:connected" },
        { "c1 session-request conn=2", "c1:session-none" } } },
};

struct world {
    SrServerRules rules;
    SrServer server;
    SrServerDocument documents[1];
    SrServerClient clients[CLIENTS];
    SrServerRejected rejected[CLIENTS];
    SrAction list[32];
    SrActions actions;
};

static const uint32_t client_document[CLIENTS] = { 0 };

static void
overflow(SrActions *actions, void *data)
{
    (void) data;
    fail_msg("more than %u actions in one step", actions->capacity);
}

static int64_t
number_option(char **words, const char *key, int64_t otherwise)
{
    for (unsigned i = 1; words[i] != NULL; i++)
        if (g_str_has_prefix(words[i], key))
            return g_ascii_strtoll(words[i] + strlen(key), NULL, 10);
    return otherwise;
}

/* `cN MESSAGE` with h, k, conn=N (default 1), token=SECOND or token=none (default 0), now=Ns
 * (default 100 s); `cN lost`; `timeout`, `upgrade`, `crash`. */
static void
step(struct world *world, const char *text)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    int64_t now = number_option(words, "now=", 100) * (int64_t) SR_NS_PER_S;
    uint32_t client = words[0][0] == 'c' && g_ascii_isdigit(words[0][1])
                          ? (uint32_t) (words[0][1] - '0')
                          : SR_NOBODY;
    uint32_t conn = (uint32_t) number_option(words, "conn=", 1);

    world->actions.n = 0;
    if (strcmp(words[0], "timeout") == 0) {
        sr_server_timeout(&world->rules, &world->server, 0, &world->actions);
    } else if (strcmp(words[0], "upgrade") == 0) {
        sr_server_upgrade(&world->rules, &world->server, &world->actions);
    } else if (strcmp(words[0], "crash") == 0) {
        sr_server_crash(&world->rules, &world->server, &world->actions);
    } else if (strcmp(words[1], "lost") == 0) {
        sr_server_closed(&world->rules, &world->server, client, conn, SR_REASON_DISCONNECT,
                         &world->actions);
    } else {
        SrMessage message = {
            .type = (uint8_t) script_msg(words[1]),
            .client = client,
            .conn = conn,
            .hint = script_number(words, 'h', 0),
            .key = script_number(words, 'k', 0),
            .token = number_option(words, "token=", 0),
        };

        if (g_strv_contains((const char *const *) words, "token=none"))
            message.token = SR_TOKEN_NONE;
        sr_server_message(&world->rules, &world->server, &message, now, &world->actions);
    }
}

static void
converse(void **state)
{
    const struct conversation *conversation = *state;
    unsigned rules = conversation->rules;
    struct world world = { 0 };

    world.rules = (SrServerRules){
        .tokens = !(rules & NO_TOKENS),
        .pending = rules & PENDING,
        .on_owner_lost = rules & PROMOTE ? SR_OWNER_LOST_PROMOTE
                         : rules & WAIT  ? SR_OWNER_LOST_WAIT
                                         : SR_OWNER_LOST_RELEASE,
        .durable = !(rules & VOLATILE),
        .check_token = rules & NO_CHECKS   ? 0
                       : rules & CHECK_ALL ? 0x1d
                                           : 0x15,
        .establish_timeout = rules & TIMEOUT ? 5 * SR_NS_PER_S : SR_TIME_NEVER,
        .token = { .lifetime = 300, .has_iat = true, .check_iat = true },
    };
    world.server = (SrServer){
        .documents = world.documents,
        .clients = world.clients,
        .rejected = rules & PROMOTE ? world.rejected : NULL,
        .client_document = client_document,
        .n_documents = 1,
        .n_clients = CLIENTS,
    };
    world.actions = (SrActions){ world.list, 0, G_N_ELEMENTS(world.list), overflow, NULL };
    sr_server_reset(&world.server);
    for (unsigned i = 0; i < STEPS_MAX && conversation->steps[i].input != NULL; i++) {
        g_autoptr(GString) got = g_string_new(NULL);

        step(&world, conversation->steps[i].input);
        for (uint32_t j = 0; j < world.actions.n; j++)
            script_action(got, &world.list[j], true);
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
    return cmocka_run_group_tests_name("server", tests, NULL, NULL) != 0;
}

/* key-secret: a key, or unsealed content, where the server can read it. */
#include "check-fixture.h"

#define THIS .check = SR_CHECK_KEY_SECRET

/* clang-format off */
static const CheckRow rows[] = {
    { "a key is sent to the server", THIS, .breaks = SR_DETAIL_KEY_TO_SERVER, .node = ALICE, .hint = U1,
      .records = { SENDS(ALICE, CREATE_SESSION, SERVER, KEY(U1, 1)) } },
    { "a hint is sent to the server", THIS, .records = { SENDS(ALICE, CREATE_SESSION, SERVER, HINT(U1)) } },
    { "a key is sent by the server", THIS, .breaks = SR_DETAIL_KEY_TO_SERVER, .node = SERVER, .hint = U1,
      .records = { SENDS(SERVER, SESSION_AVAILABLE, BOB, KEY(U1, 1)) } },
    { "a key message goes to the server", THIS, .breaks = SR_DETAIL_KEY_TO_SERVER, .node = PROVIDER, .hint = U1,
      .records = { SENDS(PROVIDER, KEY, SERVER, KEY(U1, 1)) } },
    { "a key is sent by the provider to a client", THIS, .records = { SENDS(PROVIDER, KEY, BOB, KEY(U1, 1)) } },
    { "content is uploaded unsealed", THIS, .breaks = SR_DETAIL_UNSEALED_CONTENT, .node = ALICE,
      .records = { SENDS(ALICE, UPLOAD, SERVER, .has = SR_HAS_CONTENT) } },
    { "content is uploaded sealed", THIS,
      .records = { SENDS(ALICE, UPLOAD, SERVER, .key = 1, .has = SR_HAS_CONTENT | SR_HAS_KEY),
                   SENDS(SERVER, CONTENT, BOB, .key = 1, .has = SR_HAS_CONTENT | SR_HAS_KEY),
                   SENDS(SERVER, SESSION_NONE, BOB, .key = 1, .hint = U1, .has = SR_HAS_CONTENT | SR_HAS_KEY | SR_HAS_HINT) } },
    { "content is served unsealed", THIS, .breaks = SR_DETAIL_UNSEALED_CONTENT, .node = SERVER,
      .records = { SENDS(SERVER, CONTENT, BOB, .has = SR_HAS_CONTENT) } },
};
/* clang-format on */

FIXTURE_MAIN("key-secret")

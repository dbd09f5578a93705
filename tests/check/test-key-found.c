/* key-found: a client gives up on an announced hint that the provider does not know. */
#include "check-fixture.h"

#define THIS .check = SR_CHECK_KEY_FOUND
#define HEARS(number) GETS(BOB, SESSION_AVAILABLE, SERVER, HINT(number))
#define MISSES(number) REC(KEY_MISSING, .node = PROVIDER, HINT(number))
#define REFUSES(why)                                                                           \
    SENDS(PROVIDER, KEY_REFUSED, BOB, .reason = SR_REASON_##why, .has = SR_HAS_REASON)
#define REFUSED(why)                                                                           \
    GETS(BOB, KEY_REFUSED, PROVIDER, .reason = SR_REASON_##why, .has = SR_HAS_REASON)
#define FAILS(why) REC(FAILED, .node = BOB, .reason = SR_REASON_##why, .has = SR_HAS_REASON)

/* clang-format off */
static const CheckRow rows[] = {
    { "a client gives up on an unknown hint", THIS, .breaks = SR_DETAIL_GAVE_UP, .node = BOB, .hint = U1,
      .records = { HEARS(U1), MISSES(U1), REFUSES(UNKNOWN_HINT), REFUSED(UNKNOWN_HINT), FAILS(ENCRYPTION) } },
    { "the refusal never arrived", THIS, .records = { HEARS(U1), MISSES(U1), REFUSES(UNKNOWN_HINT), FAILS(ENCRYPTION) } },
    { "the provider was unavailable", THIS,
      .records = { HEARS(U1), REFUSES(UNAVAILABLE), REFUSED(UNAVAILABLE), FAILS(ENCRYPTION) } },
    { "unknown once, then unavailable", THIS, .breaks = SR_DETAIL_GAVE_UP, .node = BOB, .hint = U1,
      .records = { HEARS(U1), MISSES(U1), REFUSES(UNKNOWN_HINT), REFUSED(UNKNOWN_HINT), REFUSES(UNAVAILABLE),
                   REFUSED(UNAVAILABLE), FAILS(ENCRYPTION) } },
    { "it fails for another reason", THIS,
      .records = { HEARS(U1), MISSES(U1), REFUSES(UNKNOWN_HINT), REFUSED(UNKNOWN_HINT), FAILS(GENERAL) } },
    { "a key came after all, and did not open the content", THIS,
      .records = { HEARS(U1), MISSES(U1), REFUSES(UNKNOWN_HINT), REFUSED(UNKNOWN_HINT), GETS(BOB, KEY, PROVIDER, KEY(U1, 1)),
                   FAILS(ENCRYPTION) } },
    { "the unknown hint was the outdated session's", THIS,
      .records = { HEARS(U1), GETS(BOB, CLOSED, SERVER, .reason = SR_REASON_CLIENT_UPDATE_REQUIRED),
                   GETS(BOB, CONNECTED, SERVER), GETS(BOB, SESSION_NONE, SERVER, HINT(U1)), MISSES(U1),
                   REFUSES(UNKNOWN_HINT), REFUSED(UNKNOWN_HINT), FAILS(ENCRYPTION) } },
    { "the refusal was for an earlier hint", THIS,
      .records = { MISSES(U2), REFUSES(UNKNOWN_HINT), HEARS(U1), REFUSED(UNKNOWN_HINT), FAILS(ENCRYPTION) } },
    { "another client gives up", THIS,
      .records = { HEARS(U1), MISSES(U1), REFUSES(UNKNOWN_HINT), REFUSED(UNKNOWN_HINT),
                   REC(FAILED, .node = ALICE, .reason = SR_REASON_ENCRYPTION) } },
    { "no client gives up", THIS,
      .records = { HEARS(U1), MISSES(U1), REFUSES(UNKNOWN_HINT), REFUSED(UNKNOWN_HINT),
                   REC(FAILED, .node = SERVER, .reason = SR_REASON_ENCRYPTION) } },
    { "another hint was announced since", THIS,
      .records = { HEARS(U1), MISSES(U1), REFUSES(UNKNOWN_HINT), REFUSED(UNKNOWN_HINT), HEARS(U2), FAILS(ENCRYPTION) } },
    { "the same hint announced twice changes nothing", THIS, .breaks = SR_DETAIL_GAVE_UP, .node = BOB, .hint = U1,
      .records = { HEARS(U1), MISSES(U1), REFUSES(UNKNOWN_HINT), REFUSED(UNKNOWN_HINT), HEARS(U1), FAILS(ENCRYPTION) } },
};
/* clang-format on */

FIXTURE_MAIN("key-found")

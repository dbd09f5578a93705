/* same-key: content that does not open. */
#include "check-fixture.h"

#define THIS .check = SR_CHECK_SAME_KEY

/* clang-format off */
static const CheckRow rows[] = {
    { "content does not open", THIS, .breaks = SR_DETAIL_OPEN_FAILED, .node = BOB, .hint = U1,
      .records = { REC(OPENED, .node = BOB, KEY(U1, 2)) } },
    { "content opens", THIS, .records = { REC(OPENED, .node = BOB, KEY(U1, 2), .ok = true) } },
};
/* clang-format on */

FIXTURE_MAIN("same-key")

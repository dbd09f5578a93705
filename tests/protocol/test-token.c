/* The time rules of tokens, at both ends of each boundary. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>

#include "protocol/protocol.h"

struct row {
    const char *name;
    SrTokenRules rules;
    int64_t token, now;
    SrReason want;
};

#define RULES .lifetime = 300, .has_iat = true, .check_iat = true

static const struct row rows[] = {
    { "a token of this second is good", { RULES }, 1000, 1000, SR_REASON_NONE },
    { "one second ahead is issued in the future",
      { RULES },
      1001,
      1000,
      SR_REASON_ISSUED_IN_FUTURE },
    { "leeway covers exactly its seconds", { RULES, .leeway = 2 }, 1002, 1000, SR_REASON_NONE },
    { "… and not one more", { RULES, .leeway = 2 }, 1003, 1000, SR_REASON_ISSUED_IN_FUTURE },
    { "check-iat = no lets the future in",
      { .lifetime = 300, .has_iat = true },
      5000,
      1000,
      SR_REASON_NONE },
    { "a token without iat cannot be issued in the future",
      { .lifetime = 300, .check_iat = true },
      5000,
      1000,
      SR_REASON_NONE },
    { "its last second is good", { RULES }, 701, 1000, SR_REASON_NONE },
    { "exp itself is expired", { RULES }, 700, 1000, SR_REASON_EXPIRED },
    { "leeway delays the expiry", { RULES, .leeway = 1 }, 700, 1000, SR_REASON_NONE },
    { "… by exactly its seconds", { RULES, .leeway = 1 }, 699, 1000, SR_REASON_EXPIRED },
    { "nbf itself is valid",
      { RULES, .has_not_before = true, .not_before = 5 },
      995,
      1000,
      SR_REASON_NONE },
    { "a second before nbf is not",
      { RULES, .has_not_before = true, .not_before = 5 },
      996,
      1000,
      SR_REASON_NOT_YET_VALID },
    { "leeway reaches nbf as well",
      { RULES, .has_not_before = true, .not_before = 5, .leeway = 1 },
      996,
      1000,
      SR_REASON_NONE },
    { "several faults at once: the future comes first",
      { RULES, .has_not_before = true, .not_before = 5 },
      1001,
      1000,
      SR_REASON_ISSUED_IN_FUTURE },
};

static void
check_row(void **state)
{
    const struct row *row = *state;

    assert_int_equal(sr_token_judge(&row->rules, row->token, row->now), row->want);
}

int
main(void)
{
    struct CMUnitTest tests[G_N_ELEMENTS(rows)];

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        tests[i] = (struct CMUnitTest){ .name = rows[i].name,
                                        .test_func = check_row,
                                        .initial_state = (void *) (uintptr_t) &rows[i] };
    return cmocka_run_group_tests_name("tokens", tests, NULL, NULL) != 0;
}

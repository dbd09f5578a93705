/* A hint must not show its key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "exec/leak.h"

/* "0123456789abcdefXYZ" in hex is 30313233…; in base64 MDEyMzQ1Njc4OWFiY2RlZlhZWg==. */
#define KEY "0123456789abcdefXYZ"
/* The bytes 00 01 … 13 in base64 and in hex. */
#define BYTES "AAECAwQFBgcICQoLDA0ODxAREhM="
#define BYTES_HEX "000102030405060708090a0b0c0d0e0f10111213"

/* clang-format off */
static const struct row { const char *name, *key, *hint; bool shows; } rows[] = {
    { "another text",             KEY, "u1", false },
    { "the empty hint",           KEY, "", false },
    { "the empty key",            "", "u1", false },
    { "the key",                  KEY, KEY, true },
    { "within more",              KEY, "v1:" KEY ":v1", true },
    { "16 bytes of it",          KEY, "v1-3456789abcdefXYZ", true },
    { "15 bytes of it",          KEY, "v1-456789abcdefXYZ", false },
    { "a short key",              "k7", "hint-k7", true },
    { "not in hex, by chance",    "k", "6b6b6b6b", false },
    { "a short key in hex",       "k7k7k7k7", "id6b376b376b376b37", true },
    { "in hex",                   KEY, "x30313233343536373839616263646566", true },
    { "in capitals",              KEY, "x30313233343536373839616263646566585A", true },
    { "15 bytes in hex",         KEY, "x303132333435363738396162636465", false },
    { "in base64",                KEY, "MDEyMzQ1Njc4OWFiY2RlZlhZWg==", true },
    { "another alignment",        KEY, "eDAxMjM0NTY3ODlhYmNkZWZYWVo=", true },
    { "base64 in hex",            BYTES, BYTES_HEX, true },
    { "hex in base64",            BYTES_HEX, BYTES, true },
    { "hex in other letters",     BYTES_HEX, "000102030405060708090A0B0C0D0E0F", true },
    { "base64 of the other alphabet", "+/+/+/+/+/+/+/+/+/+/+/+/", "-_-_-_-_-_-_-_-_-_-_-_-_", true },
};
/* clang-format on */

static void
a_hint_shows_its_key_or_not(void **state)
{
    const struct row *row = *state;
    const SrExecText hint = { row->hint, strlen(row->hint) };
    const SrExecText key = { row->key, strlen(row->key) };

    assert_int_equal(sr_exec_hint_shows_key(hint, key), row->shows);
}

int
main(void)
{
    struct CMUnitTest tests[G_N_ELEMENTS(rows)];

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        tests[i] = (struct CMUnitTest){ .name = rows[i].name,
                                        .test_func = a_hint_shows_its_key_or_not,
                                        .initial_state = (void *) (uintptr_t) &rows[i] };
    return cmocka_run_group_tests_name("hints and keys", tests, NULL, NULL) != 0;
}

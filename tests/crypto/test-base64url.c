/* Base64url: the vectors of RFC 4648 without their padding, and the texts that a strict reader
 * refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "crypto/crypto-private.h"

#include <string.h>

#include "crypto/bytes.h"

/* clang-format off */
static const struct row { const char *name, *text, *hex; } rows[] = {
    { "nothing is the empty text",                 "",         ""             },
    { "f",                                         "Zg",       "66"           },
    { "fo",                                        "Zm8",      "666f"         },
    { "foo",                                       "Zm9v",     "666f6f"       },
    { "foobar",                                    "Zm9vYmFy", "666f6f626172" },
    { "62 and 63 are - and _",                     "-_-_",     "fbffbf"       },
    { "zero bytes are kept",                      "AAAA",     "000000"       },
    { "the other alphabet's + is refused",         "+_-_",     NULL           },
    { "the other alphabet's / is refused",         "-/-_",     NULL           },
    { "padding is refused",                        "Zg==",     NULL           },
    { "padding of one is refused",                 "Zm8=",     NULL           },
    { "a lone last character is refused",          "Zm9vY",    NULL           },
    { "one character is refused",                  "A",        NULL           },
    { "unused bits that are set are refused, 4",   "Zh",       NULL           },
    { "unused bits that are set are refused, 2",   "Zm9",      NULL           },
    { "a space is refused",                        "Zm 8",     NULL           },
    { "a newline at the end is refused",           "Zm9v\n",   NULL           },
    { "bytes above 127 are refused",              "Zm\xc3\xbc", NULL         },
};
/* clang-format on */

static void
check_row(void **state)
{
    const struct row *row = *state;
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    g_autoptr(GString) text = g_string_new(NULL);
    bool good = sr_base64url_decode(row->text, strlen(row->text), bytes);

    assert_int_equal(good, row->hex != NULL);
    if (!good)
        return;
    assert_bytes(bytes->data, bytes->len, row->hex);
    sr_base64url_append(text, bytes->data, bytes->len);
    assert_string_equal(text->str, row->text);
}

/* A part of a token may hold a zero byte when a stranger wrote it into a longer buffer. */
static void
a_zero_byte_is_refused(void **state)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();

    (void) state;
    assert_false(sr_base64url_decode("Zm\0v", 4, bytes));
}

int
main(void)
{
    struct CMUnitTest tests[G_N_ELEMENTS(rows) + 1];

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        tests[i] = (struct CMUnitTest){ .name = rows[i].name,
                                        .test_func = check_row,
                                        .initial_state = (void *) (uintptr_t) &rows[i] };
    tests[G_N_ELEMENTS(rows)] = (struct CMUnitTest) cmocka_unit_test(a_zero_byte_is_refused);
    return cmocka_run_group_tests_name("base64url", tests, NULL, NULL) != 0;
}

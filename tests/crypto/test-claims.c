/* The reader of a token's JSON: what it takes from a stranger, and every way in which a text is
 * not quite JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "crypto/crypto-private.h"

#include <string.h>

/* In the table of claims: `exp` is 1 in each text that is good. */
/* clang-format off */
static const struct row { const char *name, *text; bool good; } claim_rows[] = {
    { "one claim",                                   "{\"exp\":1}", true },
    { "white space of all four kinds",               " {\t\"exp\"\r\n: 1 } \n", true },
    { "names are compared after escapes",            "{\"\\u0065x\\u0070\":1}", true },
    { "other claims of every type are skipped",      "{\"a\":null,\"b\":true,\"c\":false,\"d\":\"x\",\"e\":[1,[],{}],\"f\":{\"g\":[{}]},\"exp\":1}", true },
    { "other claims may hold any number",            "{\"a\":[-0,0.5,-1e9,1E+3,2e-7,123456789012345678901234567890],\"exp\":1}", true },
    { "strings with every escape",                   "{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u20ac\\ud83d\\ude00\\u0000\",\"exp\":1}", true },
    { "strings in UTF-8",                            "{\"a\":\"\xc3\xa4\xf0\x9f\x98\x80\",\"exp\":1}", true },
    { "a time claim inside another claim is not one", "{\"a\":{\"exp\":\"x\",\"iat\":0.5},\"exp\":1}", true },
    { "names differ by case",                        "{\"EXP\":2,\"exp\":1}", true },
    { "depth 16",                                    "{\"a\":[[[[[[[[[[[[[[[]]]]]]]]]]]]]]],\"exp\":1}", true },
    { "depth 17",                                    "{\"a\":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]],\"exp\":1}", false },
    { "depth 17 of objects",                         "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{}}}}}}}}}}}}}}}},\"exp\":1}", false },
    { "nothing",                                     "", false },
    { "white space only",                            " ", false },
    { "an array",                                    "[\"exp\",1]", false },
    { "a number",                                    "1", false },
    { "an object that does not end",                 "{\"exp\":1", false },
    { "a name that does not end",                    "{\"exp", false },
    { "a value that is missing",                     "{\"exp\":}", false },
    { "a colon that is missing",                     "{\"exp\" 1}", false },
    { "a comma at the end",                          "{\"exp\":1,}", false },
    { "a comma at the start",                        "{,\"exp\":1}", false },
    { "two commas",                                  "{\"a\":1,,\"exp\":1}", false },
    { "no comma",                                    "{\"a\":1 \"exp\":1}", false },
    { "trailing data",                               "{\"exp\":1}x", false },
    { "a second object",                             "{\"exp\":1}{}", false },
    { "a name without quotes",                       "{exp:1}", false },
    { "single quotes",                               "{'exp':1}", false },
    { "a comment",                                   "{/**/\"exp\":1}", false },
    { "a byte order mark",                           "\xef\xbb\xbf{\"exp\":1}", false },
    { "a duplicate claim",                           "{\"exp\":1,\"exp\":1}", false },
    { "a duplicate claim by escape",                 "{\"exp\":1,\"e\\u0078p\":1}", false },
    { "a duplicate of a claim that is skipped",      "{\"a\":1,\"exp\":1,\"a\":2}", false },
    { "a duplicate inside of another claim",         "{\"a\":{\"b\":1,\"b\":1},\"exp\":1}", false },
    { "a zero in a name",                            "{\"exp\\u0000\":2,\"exp\":1}", false },
    { "a fraction beside a number beyond 64 bits",   "{\"a\":18446744073709551616,\"exp\":1.5}", false },
    { "a number beyond all doubles",                 "{\"a\":1e999,\"exp\":1}", false },
    { "a time claim as a string",                    "{\"exp\":\"1\"}", false },
    { "a time claim that is null",                   "{\"exp\":null}", false },
    { "a time claim that is true",                   "{\"exp\":true}", false },
    { "a fraction",                                  "{\"exp\":1.5}", false },
    { "a fraction of zero",                          "{\"exp\":1.0}", false },
    { "an exponent",                                 "{\"exp\":1e0}", false },
    { "a leading zero",                              "{\"exp\":01}", false },
    { "a plus sign",                                 "{\"exp\":+1}", false },
    { "a minus sign alone",                          "{\"exp\":-}", false },
    { "2^53",                                        "{\"exp\":9007199254740992}", false },
    { "-2^53",                                       "{\"exp\":-9007199254740992}", false },
    { "2^64",                                        "{\"exp\":18446744073709551616}", false },
    { "2^64 + 1, which is 1 to who overflows",       "{\"exp\":18446744073709551617}", false },
    { "a hundred digits",                            "{\"exp\":1000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000}", false },
    { "a hex number",                                "{\"exp\":0x1}", false },
    { "a time claim that is an array",               "{\"exp\":[1]}", false },
    { "other claims: a leading zero",                "{\"a\":00,\"exp\":1}", false },
    { "other claims: a dot at the end",              "{\"a\":1.,\"exp\":1}", false },
    { "other claims: a dot at the start",            "{\"a\":.5,\"exp\":1}", false },
    { "other claims: an empty exponent",             "{\"a\":1e,\"exp\":1}", false },
    { "other claims: a double sign",                 "{\"a\":1e+-1,\"exp\":1}", false },
    { "other claims: NaN",                           "{\"a\":NaN,\"exp\":1}", false },
    { "other claims: half a word",                   "{\"a\":tru,\"exp\":1}", false },
    { "other claims: a longer word",                 "{\"a\":truer,\"exp\":1}", false },
    { "other claims: brackets crossed",              "{\"a\":[{]},\"exp\":1}", false },
    { "other claims: an array that ends in a comma", "{\"a\":[1,],\"exp\":1}", false },
    { "other claims: an object that ends in a comma", "{\"a\":{\"b\":1,},\"exp\":1}", false },
    { "other claims: a member without a value",      "{\"a\":{\"b\"},\"exp\":1}", false },
    { "other claims: an array that does not end",    "{\"a\":[1", false },
    { "a newline inside a string",                   "{\"a\":\"\n\",\"exp\":1}", false },
    { "an escape that does not exist",               "{\"a\":\"\\x41\",\"exp\":1}", false },
    { "an escape at the end of the text",            "{\"a\":\"\\", false },
    { "an escape of a quote at the end",             "{\"a\":\"\\\"", false },
    { "three hex digits",                            "{\"a\":\"\\u123\",\"exp\":1}", false },
    { "hex digits at the end of the text",           "{\"a\":\"\\u12", false },
    { "a first half of a pair alone",                "{\"a\":\"\\ud83d\",\"exp\":1}", false },
    { "a first half and no second",                  "{\"a\":\"\\ud83d\\u0041\",\"exp\":1}", false },
    { "a first half and another escape",             "{\"a\":\"\\ud83d\\n\",\"exp\":1}", false },
    { "a second half alone",                         "{\"a\":\"\\ude00\",\"exp\":1}", false },
    { "bytes that are not UTF-8",                   "{\"a\":\"\xff\",\"exp\":1}", false },
    { "an overlong form in UTF-8",                   "{\"a\":\"\xc0\xaf\",\"exp\":1}", false },
};

static const struct header_row { const char *name, *text, *algorithm; } header_rows[] = {
    { "the usual header",                            "{\"alg\":\"RS256\",\"typ\":\"JWT\"}", "RS256" },
    { "alg alone",                                   "{\"alg\":\"RS256\"}", "RS256" },
    { "alg last, others skipped",                    "{\"typ\":\"JWT\",\"kid\":{\"a\":[]},\"alg\":\"PS512\"}", "PS512" },
    { "alg by escape",                               "{\"alg\":\"\\u0052S256\"}", "RS256" },
    { "alg none is read as such",                    "{\"alg\":\"none\"}", "none" },
    { "no alg",                                      "{\"typ\":\"JWT\"}", NULL },
    { "an empty header",                             "{}", NULL },
    { "alg twice",                                   "{\"alg\":\"RS256\",\"alg\":\"RS256\"}", NULL },
    { "alg is no string",                            "{\"alg\":256}", NULL },
    { "alg is a list",                               "{\"alg\":[\"RS256\"]}", NULL },
    { "crit asks for what we do not have",           "{\"alg\":\"RS256\",\"crit\":[\"b64\"],\"b64\":false}", NULL },
    { "a header that is no object",                  "\"RS256\"", NULL },
    { "trailing data",                               "{\"alg\":\"RS256\"} ,", NULL },
};
/* clang-format on */

static void
check_claims(void **state)
{
    const struct row *row = *state;
    SrJwtClaims claims;

    assert_int_equal(sr_jwt_claims_read(row->text, strlen(row->text), &claims), row->good);
    if (!row->good)
        return;
    assert_true(claims.has_exp);
    assert_int_equal(claims.exp, 1);
    assert_false(claims.has_iat);
    assert_false(claims.has_nbf);
}

static void
check_header(void **state)
{
    const struct header_row *row = *state;
    g_autoptr(GString) algorithm = g_string_new(NULL);

    assert_int_equal(sr_jwt_header_read(row->text, strlen(row->text), algorithm),
                     row->algorithm != NULL);
    if (row->algorithm != NULL)
        assert_string_equal(algorithm->str, row->algorithm);
}

static void
claims_at_the_limits_are_exact(void **state)
{
    static const char text[] =
        "{\"iat\":-9007199254740991,\"nbf\":-0,\"exp\":9007199254740991}";
    SrJwtClaims claims;

    (void) state;
    assert_true(sr_jwt_claims_read(text, strlen(text), &claims));
    assert_true(claims.has_iat && claims.has_nbf && claims.has_exp);
    assert_true(claims.iat == -SR_JWT_SECONDS_MAX);
    assert_true(claims.nbf == 0);
    assert_true(claims.exp == SR_JWT_SECONDS_MAX);
}

static void
an_object_without_claims_is_well_formed(void **state)
{
    SrJwtClaims claims = { .has_exp = true };

    (void) state;
    assert_true(sr_jwt_claims_read("{}", 2, &claims));
    assert_false(claims.has_iat || claims.has_nbf || claims.has_exp);
}

static void
a_zero_byte_is_refused(void **state)
{
    SrJwtClaims claims;

    (void) state;
    assert_false(sr_jwt_claims_read("{\"exp\":1}\0", 10, &claims));
    assert_false(sr_jwt_claims_read("{\"e\0p\":1}", 9, &claims));
}

/* Cut anywhere, a text is refused, and nothing behind its end is read: the copy has no byte to
 * spare. */
static void
every_prefix_is_refused(void **state)
{
    static const char text[] =
        "{\"a\":[{\"b\":\"\\ud83d\\ude00\",\"c\":-1.5e+7},true,null],\"exp\":1}";
    SrJwtClaims claims;

    (void) state;
    for (size_t n = 0; n < strlen(text); n++) {
        g_autofree char *copy = g_memdup2(text, n);

        assert_false(sr_jwt_claims_read(copy != NULL ? copy : "", n, &claims));
    }
    assert_true(sr_jwt_claims_read(text, strlen(text), &claims));
}

/* Any byte at any place: no crash and no reading past the end; a sanitizer build watches. */
static void
every_changed_byte_is_survived(void **state)
{
    static const char text[] = "{\"a\":[\"\\u0041\",-1.5e7,true],\"exp\":1}";
    size_t n = strlen(text);
    SrJwtClaims claims;

    (void) state;
    for (size_t at = 0; at < n; at++)
        for (unsigned byte = 0; byte < 256; byte++) {
            g_autofree char *copy = g_memdup2(text, n);

            copy[at] = (char) byte;
            (void) sr_jwt_claims_read(copy, n, &claims);
        }
    assert_true(sr_jwt_claims_read(text, n, &claims));
}

int
main(void)
{
    const struct CMUnitTest single[] = {
        cmocka_unit_test(claims_at_the_limits_are_exact),
        cmocka_unit_test(an_object_without_claims_is_well_formed),
        cmocka_unit_test(a_zero_byte_is_refused),
        cmocka_unit_test(every_prefix_is_refused),
        cmocka_unit_test(every_changed_byte_is_survived),
    };
    struct CMUnitTest
        tests[G_N_ELEMENTS(claim_rows) + G_N_ELEMENTS(header_rows) + G_N_ELEMENTS(single)];
    size_t n = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(claim_rows); i++)
        tests[n++] =
            (struct CMUnitTest){ .name = claim_rows[i].name,
                                 .test_func = check_claims,
                                 .initial_state = (void *) (uintptr_t) &claim_rows[i] };
    for (size_t i = 0; i < G_N_ELEMENTS(header_rows); i++)
        tests[n++] =
            (struct CMUnitTest){ .name = header_rows[i].name,
                                 .test_func = check_header,
                                 .initial_state = (void *) (uintptr_t) &header_rows[i] };
    for (size_t i = 0; i < G_N_ELEMENTS(single); i++)
        tests[n++] = single[i];
    return cmocka_run_group_tests_name("a token's JSON", tests, NULL, NULL) != 0;
}

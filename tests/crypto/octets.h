/* Octets written as hex digits, for the tests of this room. */
#pragma once

#include <glib.h>
#include <string.h>

/** octets_of: @hex, pairs of hex digits, as octets. */
static inline GByteArray *
octets_of(const char *hex)
{
    GByteArray *octets = g_byte_array_new();

    for (const char *at = hex; at[0] != '\0'; at += 2) {
        uint8_t octet =
            (uint8_t) (g_ascii_xdigit_value(at[0]) << 4 | g_ascii_xdigit_value(at[1]));

        g_byte_array_append(octets, &octet, 1);
    }
    return octets;
}

/** assert_octets: fails unless the @n octets are those that @hex spells. */
static inline void
assert_octets(const uint8_t *octets, size_t n, const char *hex)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (size_t i = 0; i < n; i++)
        g_string_append_printf(text, "%02x", octets[i]);
    assert_string_equal(text->str, hex);
}

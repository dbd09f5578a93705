/* Bytes written as hex digits, for the tests of this room. */
#pragma once

#include <glib.h>
#include <string.h>

/** bytes_of: @hex, pairs of hex digits, as bytes. */
static inline GByteArray *
bytes_of(const char *hex)
{
    GByteArray *bytes = g_byte_array_new();

    for (const char *at = hex; at[0] != '\0'; at += 2) {
        uint8_t byte =
            (uint8_t) (g_ascii_xdigit_value(at[0]) << 4 | g_ascii_xdigit_value(at[1]));

        g_byte_array_append(bytes, &byte, 1);
    }
    return bytes;
}

/** assert_bytes: fails unless the @n bytes are those that @hex spells. */
static inline void
assert_bytes(const uint8_t *bytes, size_t n, const char *hex)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (size_t i = 0; i < n; i++)
        g_string_append_printf(text, "%02x", bytes[i]);
    assert_string_equal(text->str, hex);
}

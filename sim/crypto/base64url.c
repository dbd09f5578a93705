/* Base64url without padding (RFC 4648, section 5), read strictly: exactly what JOSE writes.
 * GLib's decoder takes the other alphabet and skips unknown characters, so one token could be
 * spelled in many ways. */
#include "crypto/crypto-private.h"

#include <string.h>

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void
sr_base64url_append(GString *text, const uint8_t *bytes, size_t n_bytes)
{
    uint32_t bits = 0;
    unsigned n_bits = 0;

    /* GLib's encoder would allocate, and a run signs tokens. */
    for (size_t i = 0; i < n_bytes; i++) {
        bits = (bits << 8 | bytes[i]) & 0xffff;
        n_bits += 8;
        while (n_bits >= 6) {
            n_bits -= 6;
            g_string_append_c(text, alphabet[bits >> n_bits & 63]);
        }
    }
    if (n_bits != 0)
        g_string_append_c(text, alphabet[bits << (6 - n_bits) & 63]);
}

/* Returns: 0 to 63, or 64 for what is not in the alphabet */
static uint32_t
value_of(char c)
{
    const char *at = memchr(alphabet, c, 64);

    return at == NULL ? 64 : (uint32_t) (at - alphabet);
}

bool
sr_base64url_decode(const char *text, size_t n_text, GByteArray *bytes)
{
    uint32_t bits = 0;
    unsigned n_bits = 0;

    for (size_t i = 0; i < n_text; i++) {
        uint32_t value = value_of(text[i]);

        if (value == 64)
            return false;
        bits = (bits << 6 | value) & 0xffff;
        n_bits += 6;
        if (n_bits >= 8) {
            uint8_t byte = (uint8_t) (bits >> (n_bits - 8));

            n_bits -= 8;
            g_byte_array_append(bytes, &byte, 1);
        }
    }
    /* Six bits left over mean a single last character, which is invalid. Fewer bits must be
     * zero, since otherwise several texts would stand for the same bytes. */
    return n_bits < 6 && (bits & ((1U << n_bits) - 1)) == 0;
}

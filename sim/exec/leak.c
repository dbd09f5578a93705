/* Looks for a key in a hint. */
#include "exec/leak.h"

#include <string.h>

/* So many bytes of a key are too many. */
#define PART 16u
/* Base64 writes three bytes in four characters, so it is searched in whole triples. */
#define TRIPLES 15u
/* The hex or base64 of a shorter key may be in a hint by chance. */
#define ENCODED_MIN 8u

/* A hint in the forms in which it is searched. */
typedef struct {
    SrExecText text;
    char *lower;    /* its ASCII letters in lower case, for hex */
    char *standard; /* with the standard alphabet of base64 */
} Hint;

static bool
has(const char *text, size_t length, const void *part, size_t n_part)
{
    return n_part > 0 && memmem(text, length, part, n_part) != NULL;
}

/* Returns: whether @hint has the @n bytes at @bytes in hex or base64 */
static bool
has_encoded(const Hint *hint, const uint8_t *bytes, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    char hex[2 * PART];
    size_t whole = MIN(n, TRIPLES) / 3 * 3;
    g_autofree char *base64 = g_base64_encode(bytes, whole);

    for (size_t i = 0; i < n; i++) {
        hex[2 * i] = digits[bytes[i] >> 4];
        hex[2 * i + 1] = digits[bytes[i] & 15];
    }
    return has(hint->lower, hint->text.length, hex, 2 * n) ||
           has(hint->standard, hint->text.length, base64, strlen(base64));
}

/* Returns: whether @hint shows the @n bytes at @bytes, all of them or PART in a row */
static bool
shows(const Hint *hint, const uint8_t *bytes, size_t n, bool as_text)
{
    size_t part = MIN(n, PART);

    /* The shortest form of a part, base64 of TRIPLES, does not fit into a short hint. */
    if (n == 0 || (n >= PART && hint->text.length < PART))
        return false;
    for (size_t i = 0; i + part <= n; i++) {
        if (as_text && has(hint->text.text, hint->text.length, bytes + i, part))
            return true;
        if (n >= ENCODED_MIN && has_encoded(hint, bytes + i, part))
            return true;
    }
    return false;
}

static char *
translate(const SrExecText *text, const char *from, const char *to)
{
    char *copy = g_memdup2(text->text, text->length + 1);

    for (size_t i = 0; i < text->length; i++) {
        const char *found = copy[i] != '\0' ? strchr(from, copy[i]) : NULL;

        if (found != NULL)
            copy[i] = to[found - from];
    }
    return copy;
}

/* Returns: (transfer full) (nullable): the bytes that @key stands for in hex */
static uint8_t *
from_hex(const SrExecText *key, size_t *n)
{
    uint8_t *bytes = g_malloc(key->length / 2 + 1);

    for (size_t i = 0; i < key->length; i++) {
        int digit = g_ascii_xdigit_value(key->text[i]);

        if (digit < 0 || key->length % 2 != 0) {
            g_free(bytes);
            return NULL;
        }
        bytes[i / 2] = (uint8_t) (i % 2 == 0 ? digit << 4 : bytes[i / 2] | digit);
    }
    *n = key->length / 2;
    return bytes;
}

/* Returns: (transfer full) (nullable): the bytes that @key stands for in base64 */
static uint8_t *
from_base64(const SrExecText *key, size_t *n)
{
    g_autofree char *standard = translate(key, "-_", "+/");
    size_t plain = strspn(standard, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "+/");

    if (plain + strspn(standard + plain, "=") != key->length)
        return NULL;
    standard[plain / 4 * 4] = '\0';
    return g_base64_decode(standard, n);
}

bool
sr_exec_hint_shows_key(SrExecText hint, SrExecText key)
{
    g_autofree char *lower = translate(&hint, G_CSET_A_2_Z, G_CSET_a_2_z);
    g_autofree char *standard = translate(&hint, "-_", "+/");
    const Hint searched = { hint, lower, standard };
    size_t n_hex = 0, n_base64 = 0;
    g_autofree uint8_t *hex = from_hex(&key, &n_hex);
    g_autofree uint8_t *base64 = from_base64(&key, &n_base64);
    bool found = shows(&searched, (const uint8_t *) key.text, key.length, true) ||
                 (n_hex >= PART && shows(&searched, hex, n_hex, false)) ||
                 (n_base64 >= PART && shows(&searched, base64, n_base64, false));

    if (hex != NULL)
        explicit_bzero(hex, n_hex);
    if (base64 != NULL)
        explicit_bzero(base64, n_base64);
    return found;
}

/* Digests as text: the canonical form of XXH3, two hex digits a byte. */
#include "base/digest.h"

void
sr_digest_text(XXH128_hash_t hash, char text[static 33])
{
    static const char digits[] = "0123456789abcdef";
    XXH128_canonical_t canonical;

    XXH128_canonicalFromHash(&canonical, hash);
    for (unsigned i = 0; i < sizeof canonical.digest; i++) {
        text[2 * i] = digits[canonical.digest[i] >> 4];
        text[2 * i + 1] = digits[canonical.digest[i] & 15];
    }
    text[32] = '\0';
}

/* Digests as text. */
#pragma once

#include <xxhash.h>

/** sr_digest_text: writes @hash, in its canonical form, as 32 hex digits and a closing zero. */
void sr_digest_text(XXH128_hash_t hash, char text[static 33]);

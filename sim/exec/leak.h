/* Whether a hint, which everybody may read, shows the key that it names. */
#pragma once

#include "exec/reply.h"

/**
 * sr_exec_hint_shows_key:
 *
 * Returns: whether @hint contains @key, or 16 bytes of it, as text, in hex or in base64 of either
 * alphabet. A key that is itself hex or base64 also counts by the bytes that it stands for.
 *
 * Source: section 8 of the provider contract, key-secret.
 */
bool sr_exec_hint_shows_key(SrExecText hint, SrExecText key);

/* What the files of the encryption provider share. encryption-provider.c has the rules.
 * key-slots.c has the store: which hints exist, which of them are live, and how they read. */
#pragma once

#include <glib.h>
#include <string.h>

#include "protocol/encryption-provider.h"

G_STATIC_ASSERT(sizeof(SrKeySlot) == 24);

/* The arguments of one step. */
typedef struct {
    const SrProviderRules *rules;
    SrProvider *provider;
    int64_t now; /* by the provider's clock */
    SrActions *actions;
} SrProviderStep;

/* ---- key-slots.c ---- */

/* Returns: the hint of @document that reads as @text at this instant; a new one unless the text
 * repeats */
uint32_t sr_provider_get_slot(const SrProviderStep *step, uint32_t document, SrHintText text);
void sr_provider_unlink_live(SrProvider *provider, uint32_t hint);

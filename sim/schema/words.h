/* Words with their lengths, and lists of them. The writer of traces copies the whole array and
 * then advances by the length. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "schema/events.h"

/** SrWord: a word of the trace, closed by a zero. */
typedef struct {
    char text[31];
    uint8_t length;
} SrWord;

extern const SrWord sr_event_words[SR_EVENT_N];
extern const SrWord sr_msg_words[SR_MSG_N];
extern const SrWord sr_reason_words[SR_REASON_N];
extern const SrWord sr_client_state_words[SR_CLIENT_STATE_N];
extern const SrWord sr_check_words[SR_CHECK_N];
extern const SrWord sr_fault_words[SR_FAULT_N];
extern const SrWord sr_call_words[SR_CALL_N];
extern const SrWord sr_leg_words[SR_LEG_N];

/** sr_text_checks: appends the names of the checks in @mask, bits 1 << SrCheckId, in the order of
 * the table, with @separator between them. */
void sr_text_checks(GString *out, uint32_t mask, const char *separator);
/** sr_text_verdict: appends "pass", or "fail(key-kept, …)" of the checks in @failed. */
void sr_text_verdict(GString *out, uint32_t failed);
/** sr_word_find: Returns: the index of @name among @words from @first on, or @n */
unsigned sr_word_find(const SrWord *words, unsigned first, unsigned n, const char *name,
                      size_t length);

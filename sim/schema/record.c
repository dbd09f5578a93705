/* The vocabulary of records: a word for each value of each enum, a statement for each check, a
 * sentence for each finding.
 *
 * The words are those of the trace ("The trace" of the command line's contract) and of sections
 * 2, 5, 8 and 9 of the protocol. Scenario files and reports use the same ones. The lists beside
 * record.h (*.def) spell them out, and no other place in the project does. */
#include "session-race/record.h"

#include <glib.h>
#include <string.h>

#include "schema/words.h"

/* clang-format off */
#define WORD(word) { word, sizeof word - 1 }

const SrWord sr_event_words[SR_EVENT_N] = {
#define EVENT(name, word, sentence, members) [SR_EVENT_##name] = WORD(word),
#include "session-race/events.def"
};

const SrWord sr_msg_words[SR_MSG_N] = {
    [SR_MSG_NONE] = WORD("none"),
#define MSG(name, word, ...) [SR_MSG_##name] = WORD(word),
#include "session-race/wire.def"
};

const SrWord sr_reason_words[SR_REASON_N] = {
#define REASON(name, word, ...) [SR_REASON_##name] = WORD(word),
#include "session-race/words.def"
};

const SrWord sr_client_state_words[SR_CLIENT_STATE_N] = {
#define STATE(name, word, ...) [SR_CLIENT_##name] = WORD(word),
#include "session-race/words.def"
};

/* Longer than a word of the trace may be. */
static const char *const ending_words[SR_ENDING_N] = {
#define ENDING(name, word) [SR_ENDING_##name] = word,
#include "session-race/words.def"
};

const SrWord sr_fault_words[SR_FAULT_N] = {
#define FAULT(name, word, ...) [SR_FAULT_##name] = WORD(word),
#include "session-race/words.def"
};

const SrWord sr_call_words[SR_CALL_N] = {
    [SR_CALL_IO] = WORD("io"),
    [SR_CALL_TIMER] = WORD("timer"),
};

const SrWord sr_leg_words[SR_LEG_N] = {
    [SR_LEG_NONE] = WORD("none"),
    [SR_LEG_REQUEST] = WORD("request"),
    [SR_LEG_RESPONSE] = WORD("response"),
};

const SrWord sr_check_words[SR_CHECK_N] = {
#define CHECK(name, file, word, ...) [SR_CHECK_##name] = WORD(word),
#include "session-race/checks.def"
};

static const char *const statements[SR_CHECK_N] = {
#define CHECK(name, file, word, document, statement) [SR_CHECK_##name] = statement,
#include "session-race/checks.def"
};

static const char *const templates[SR_DETAIL_N] = {
#define DETAIL(name, sentence) [SR_DETAIL_##name] = sentence,
#include "session-race/checks.def"
};
/* clang-format on */

/* ---- lookups ---- */

#define TEXT(function, type, n, text_of)                                                       \
    const char *function(type value)                                                           \
    {                                                                                          \
        g_assert((unsigned) value < (n));                                                      \
        return text_of;                                                                        \
    }

TEXT(sr_event_name, SrEvent, SR_EVENT_N, sr_event_words[value].text)
TEXT(sr_msg_name, SrMsg, SR_MSG_N, sr_msg_words[value].text)
TEXT(sr_reason_name, SrReason, SR_REASON_N, sr_reason_words[value].text)
TEXT(sr_ending_name, SrEnding, SR_ENDING_N, ending_words[value])
TEXT(sr_client_state_name, SrClientState, SR_CLIENT_STATE_N, sr_client_state_words[value].text)
TEXT(sr_check_name, SrCheckId, SR_CHECK_N, sr_check_words[value].text)
TEXT(sr_fault_name, SrFaultAction, SR_FAULT_N, sr_fault_words[value].text)
TEXT(sr_check_statement, SrCheckId, SR_CHECK_N, statements[value])
TEXT(sr_detail_template, SrDetail, SR_DETAIL_N, templates[value])

unsigned
sr_word_find(const SrWord *words, unsigned first, unsigned n, const char *name, size_t length)
{
    for (unsigned i = first; i < n; i++)
        if (words[i].length == length && memcmp(words[i].text, name, length) == 0)
            return i;
    return n;
}

SrCheckId
sr_check_lookup(const char *name, size_t length)
{
    return (SrCheckId) sr_word_find(sr_check_words, 0, SR_CHECK_N, name, length);
}

SrReason
sr_reason_lookup(const char *name, size_t length)
{
    return (SrReason) sr_word_find(sr_reason_words, SR_REASON_NONE + 1, SR_REASON_N, name,
                                   length);
}

/* ---- lists of checks ---- */

void
sr_text_checks(GString *out, uint32_t mask, const char *separator)
{
    const char *between = "";

    for (unsigned i = 0; i < SR_CHECK_N; i++) {
        if (!(mask & (1u << i)))
            continue;
        g_string_append(out, between);
        g_string_append(out, sr_check_name((SrCheckId) i));
        between = separator;
    }
}

void
sr_text_verdict(GString *out, uint32_t failed)
{
    if (failed == 0) {
        g_string_append(out, "pass");
        return;
    }
    g_string_append(out, "fail(");
    sr_text_checks(out, failed, ", ");
    g_string_append_c(out, ')');
}

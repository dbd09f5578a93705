/* What `explore --format json` and `verify --format json` said, read back for a report.
 *
 * The file may come from anybody. A whole answer has every member that a reader asks for, of the
 * type that the verbs write; sr_answer_load() makes sure of that. Members that nobody asks for are
 * not looked at. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "session-race/trace-reader.h"

/** SrAnswerKind: who said it. */
typedef enum {
    SR_ANSWER_EXPLORED, /* `explore`: a search over states */
    SR_ANSWER_ORDERS,   /* `explore --provider`: orders that were played */
    SR_ANSWER_TIMED,    /* `explore --timed`: a search with times */
    SR_ANSWER_VERIFIED, /* `verify`: any number of logs */
} SrAnswerKind;
#define SR_ANSWER_N (SR_ANSWER_VERIFIED + 1)

/** SrAnswer: a whole answer. */
typedef struct SrAnswer SrAnswer;

/** sr_answer_may_be: Returns: whether a file that begins with these bytes may be an answer, or
 * something else in JSON, and no scenario */
bool sr_answer_may_be(const char *bytes, size_t n);
/**
 * sr_answer_load:
 * @path: a regular file of at most 256 MiB
 * @fault: (out): set on failure only; to be cleared
 *
 * Returns: (transfer full) (nullable): the answer
 */
SrAnswer *sr_answer_load(const char *path, SrTraceFault *fault);
/** sr_answer_parse: the same from memory. */
SrAnswer *sr_answer_parse(const char *text, size_t length, SrTraceFault *fault);
void sr_answer_free(SrAnswer *answer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SrAnswer, sr_answer_free)

/** sr_answer_kind: Returns: who said @answer */
SrAnswerKind sr_answer_kind(const SrAnswer *answer);
/** sr_answer_scenario: Returns: (transfer none): the path of the scenario that was searched, as it was
 * given; "" of a verification */
const char *sr_answer_scenario(const SrAnswer *answer);

/**
 * sr_answer_way:
 * @check: (out) (nullable): which check fails so
 *
 * Returns: (transfer full) (nullable): the steps of the shortest way to a failure that is told, one
 * that was not expected before all others; closed by %NULL
 */
char **sr_answer_way(const SrAnswer *answer, const char **check);

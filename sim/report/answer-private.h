/* The members of an answer, for the page. */
#pragma once

#include <jansson.h>

#include "report/answer.h"

struct SrAnswer {
    SrAnswerKind kind;
    json_t *root;
};

/* Returns: (transfer none): the text of a member; "" if there is none */
const char *sr_answer_text(const json_t *object, const char *name);
/* Returns: the number of a member; 0 if there is none */
uint64_t sr_answer_number(const json_t *object, const char *name);
/* Returns: whether a member is that text; whether it is true */
bool sr_answer_is(const json_t *object, const char *name, const char *text);
bool sr_answer_truth(const json_t *object, const char *name);
/* Returns: (transfer none): step @i of a way in words */
const char *sr_answer_step(const json_t *steps, size_t i);

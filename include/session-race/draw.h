/* The draws of a run by name: what `[draws]` of a scenario fixes, and what a run tells of those
 * that it makes. draws.def lists them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(default)

/** SrDrawId: what is drawn. Of those with a number in the name only the first one is named in
 * the code; the direction of a link or the number of a service is added to it. */
typedef enum {
#define DRAW(name, ...) SR_DRAW_##name,
#include "session-race/draws.def"
} SrDrawId;
#define SR_DRAW_N (SR_DRAW_TIES + 1)

/** SrDrawSubject: whose a draw is. */
typedef enum {
    SR_DRAW_OF_CLIENT,
    SR_DRAW_OF_NODE,
    SR_DRAW_OF_CALLER,
    SR_DRAW_OF_COPY,
    SR_DRAW_OF_NOBODY
} SrDrawSubject;

/** SrDrawValue: what a draw comes out as. */
typedef enum {
    SR_DRAW_IS_SPAN,
    SR_DRAW_IS_SIGNED,
    SR_DRAW_IS_COUNT,
    SR_DRAW_IS_MAYBE,
    SR_DRAW_IS_NOTHING
} SrDrawValue;

/** SR_DRAW_NO: the value of a SR_DRAW_IS_MAYBE that does not happen. */
#define SR_DRAW_NO INT64_C(-1)

/** SrDrawInfo: one row of draws.def. */
typedef struct {
    const char *word, *meaning;
    SrDrawSubject subject;
    SrDrawValue value;
    bool pair; /* its number is two: SR_DRAW_PAIR() */
} SrDrawInfo;

/** SR_DRAW_PAIR: the number of a draw that has two. */
#define SR_DRAW_PAIR(first, second) ((uint64_t) (first) << 32 | (uint32_t) (second))

/** SrDraw: one draw and what it came out as, or has to. */
typedef struct {
    SrDrawId id;
    uint32_t subject; /* a node; of a copy of the store its number */
    uint64_t number;
    int64_t value; /* ns, or how many */
} SrDraw;

/** sr_draw_info: Returns: (transfer none): what is known of @id */
const SrDrawInfo *sr_draw_info(SrDrawId id);

/** sr_draw_compare: Returns: the order of two draws by name: less than, equal to or greater
 * than 0. Values are not looked at. */
int sr_draw_compare(const SrDraw *a, const SrDraw *b);

#pragma GCC visibility pop

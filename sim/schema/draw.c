/* The list of draws. */
#include "session-race/draw.h"

static const SrDrawInfo infos[SR_DRAW_N] = {
#define SINGLE false
#define PAIR true
#define DRAW(name, word, subject, number, value, meaning)                                      \
    { word, meaning, SR_DRAW_OF_##subject, SR_DRAW_IS_##value, number },
#include "session-race/draws.def"
#undef SINGLE
#undef PAIR
};

const SrDrawInfo *
sr_draw_info(SrDrawId id)
{
    return &infos[id];
}

int
sr_draw_compare(const SrDraw *a, const SrDraw *b)
{
    if (a->id != b->id)
        return a->id < b->id ? -1 : 1;
    if (a->subject != b->subject)
        return a->subject < b->subject ? -1 : 1;
    return a->number < b->number ? -1 : a->number > b->number;
}

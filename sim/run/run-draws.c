/* Draws by name: those that the scenario fixes, and those that somebody wants to know. */
#include "run/run-private.h"

#include <stdlib.h>

static int
compare_names(const void *a, const void *b)
{
    return sr_draw_compare(a, b);
}

const SrDraw *
sr_run_find_draw(const SrRun *run, unsigned id, uint32_t subject, uint64_t number)
{
    const GArray *draws = run->scenario->draws;
    const SrDraw wanted = { .id = (SrDrawId) id, .subject = subject, .number = number };

    if (draws->len == 0)
        return NULL;
    return bsearch(&wanted, draws->data, draws->len, sizeof wanted, compare_names);
}

int64_t
sr_run_settle_by_name(const SrRun *run, unsigned id, uint32_t subject, uint64_t number,
                      int64_t drawn)
{
    const SrDraw *fixed = sr_run_find_draw(run, id, subject, number);
    const SrDraw draw = { .id = (SrDrawId) id,
                          .subject = subject,
                          .number = number,
                          .value = fixed != NULL ? fixed->value : drawn };

    if (run->options->draw != NULL)
        run->options->draw(run->options->draw_data, &draw);
    return draw.value;
}

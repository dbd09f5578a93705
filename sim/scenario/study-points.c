/* The points of a study: each combination of the varied values, as overrides of its scenario.
 *
 * The number of a point is in mixed radix, with one digit for each varied key; the last key has
 * the lowest digit. Zipped keys share the digit of the first of them. */
#include "session-race/scenario.h"

/* Whether @varied has a digit of its own; *@zipped: an earlier key of the zip already has it.
 */
static bool
has_digit(const SrVariedKey *varied, bool *zipped)
{
    bool shares = varied->zipped && *zipped;

    *zipped |= varied->zipped;
    return !shares;
}

uint64_t
sr_study_n_points(const SrScenario *scenario)
{
    const GArray *varies = scenario->study.varies;
    uint64_t n = 1;
    bool zipped = false;

    for (unsigned i = 0; i < varies->len; i++) {
        const SrVariedKey *varied = &g_array_index(varies, SrVariedKey, i);

        if (has_digit(varied, &zipped))
            n *= varied->n_values;
    }
    return n;
}

GPtrArray *
sr_study_point(const SrScenario *scenario, uint64_t index)
{
    const GArray *varies = scenario->study.varies;
    GPtrArray *point = g_ptr_array_new_with_free_func(g_free);
    uint64_t below = sr_study_n_points(scenario), rest = index, zip_digit = 0;
    bool zipped = false;

    g_assert(index < below);
    for (unsigned i = 0; i < varies->len; i++) {
        const SrVariedKey *varied = &g_array_index(varies, SrVariedKey, i);
        uint64_t digit = zip_digit;

        if (has_digit(varied, &zipped)) {
            below /= varied->n_values;
            digit = rest / below;
            rest %= below;
            if (varied->zipped)
                zip_digit = digit;
        }
        g_ptr_array_add(point, g_strdup_printf("%s=%s", varied->key, varied->values[digit]));
    }
    return point;
}

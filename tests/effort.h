/* How many cases a test tries. SR_TEST_EFFORT multiplies the usual number: the slow suite tries more,
 * and CI tries fewer of those that a build without sanitizers plays in full. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Returns: how many cases to try where @usual are usual; never 0 */
static inline uint64_t
effort_cases(uint64_t usual)
{
    const char *text = g_getenv("SR_TEST_EFFORT");
    double effort = text != NULL ? g_ascii_strtod(text, NULL) : 1;

    return MAX((uint64_t) ((double) usual * effort + 0.5), 1);
}

/* Whether as many cases are tried as are usual: golden files hold what comes of these. */
static inline bool
effort_is_usual(void)
{
    return effort_cases(1000) == 1000;
}

/* Whether fewer are. What a golden file holds is never tried more often. */
static inline bool
effort_is_less(void)
{
    return effort_cases(1000) < 1000;
}

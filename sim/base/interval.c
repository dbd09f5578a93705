/* Exact confidence intervals of proportions, from the tails of the binomial distribution.
 *
 * The probability of one count is computed in its saddle-point form (Loader, "Fast and accurate
 * computation of binomial probabilities", 2000), whose terms do not cancel for any number of
 * runs. A tail is that probability times a sum of falling ratios, which are all positive, so
 * the sum can stop after some standard deviations. Where that would take thousands of terms,
 * the tail of the beta distribution is integrated instead. A bound is the root of ln(tail),
 * which is concave in p, so Newton's method finds it from either side; a bracket limits the
 * steps. */
#include "base/interval.h"

#include <glib.h>
#include <math.h>
#include <stdbool.h>

#define LN_2 0.69314718055994530942
#define LN_2PI_HALF 0.91893853320467274178
/* LN_2 in two parts. The first ends in zeros, so that multiples of it are exact. */
#define LN_2_HIGH 6.93147180369123816490e-01
#define LN_2_LOW 1.90821492927058770002e-10
/* If the standard deviation is more successes than this, the tail is integrated. */
#define DEVIATION_SUMMED_MAX 500.0

/* ---- what a mathematical library would have ---- */

/* 2 (s³/3 + s⁵/5 + …): ln((1 + s)/(1 - s)) less its first term, for |s| up to 0.35. */
static double
atanh_rest(double s)
{
    double square = s * s, power = 1.0, term = 1.0 / 3.0, sum = term;

    for (double i = 5.0; term > sum * 1e-17; i += 2.0) {
        power *= square;
        term = power / i;
        sum += term;
    }
    return 2.0 * s * square * sum;
}

static double
natural_log(double x)
{
    int exponent;
    double fraction = frexp(x, &exponent), s;

    if (fraction < 0.70710678118654752) {
        fraction *= 2.0;
        exponent--;
    }
    s = (fraction - 1.0) / (fraction + 1.0);
    return exponent * LN_2_HIGH + (exponent * LN_2_LOW + (2.0 * s + atanh_rest(s)));
}

/* exp(x) - 1, for |x| up to 0.35. */
static double
exponential_less_1(double x)
{
    double sum = 0.0;

    for (int i = 15; i >= 1; i--)
        sum = (sum + 1.0) * x / i;
    return sum;
}

static double
exponential(double x)
{
    double k;

    if (x < -700.0)
        return 0.0;
    k = (double) (int) (x / LN_2 + (x < 0.0 ? -0.5 : 0.5));
    return ldexp(1.0 + exponential_less_1((x - k * LN_2_HIGH) - k * LN_2_LOW), (int) k);
}

/* ---- one probability ---- */

/* ln n! less Stirling's (n + 1/2) ln n - n + ln √2π. */
static double
stirling_rest(double n)
{
    if (n < 16.0) {
        double factorial = 1.0;

        for (double i = 2.0; i <= n; i += 1.0)
            factorial *= i;
        return natural_log(factorial) - (n + 0.5) * natural_log(n) + n - LN_2PI_HALF;
    }
    double square = 1.0 / (n * n);

    return (1.0 / 12.0 - (1.0 / 360.0 -
                          (1.0 / 1260.0 - (1.0 / 1680.0 - square / 1188.0) * square) * square) *
                             square) /
           n;
}

/* x ln(x/m) + m - x: the deviance of @x where @m was expected. With u = (m - x)/x it is x (u -
 * ln(1 + u)), and with s = u/(2 + u) nothing cancels: u - ln(1 + u) = u s - 2 (s³/3 + …). */
static double
deviance(double x, double m)
{
    double u = (m - x) / x, s = u / (2.0 + u);

    if (s < -0.3 || s > 0.3)
        return x * natural_log(x / m) + (m - x);
    return x * (u * s - atanh_rest(s));
}

/* The probability of exactly @k successes, 0 < k < n and 0 < p < 1. @q is 1 - @p; it is passed
 * too, since for a p close to 1 the difference has no digits left. */
static double
probability(double k, double n, double p, double q)
{
    double rest = n - k;
    double exponent = stirling_rest(n) - stirling_rest(k) - stirling_rest(rest) -
                      deviance(k, n * p) - deviance(rest, n * q);

    /* … times √(n / (2π k rest)) */
    return exponential(exponent - LN_2PI_HALF - 0.5 * natural_log(k / n * rest));
}

/* p^n, also for p close to 1. */
static double
all_of(double n, double p, double q)
{
    double ln = q < 0.3 ? -(2.0 * q / (2.0 - q) + atanh_rest(q / (2.0 - q))) : natural_log(p);

    return exponential(n * ln);
}

static double
any_probability(double k, double n, double p, double q)
{
    if (k <= 0.0)
        return all_of(n, q, p);
    if (k >= n)
        return all_of(n, p, q);
    return probability(k, n, p, q);
}

/* ---- tails ---- */

/* The probability of at most @k, where @k is below the mean. The sum goes downwards from k;
 * each term is the previous one times k (1 - p) / ((n - k + 1) p). */
static double
sum_down(double k, double n, double p, double q)
{
    double term = 1.0, sum = 1.0, odds = q / p;

    for (double i = k; i > 0.0 && term > sum * 1e-17; i -= 1.0) {
        term *= i / (n - i + 1.0) * odds;
        sum += term;
    }
    return any_probability(k, n, p, q) * sum;
}

/* The same as the tail of the beta distribution above @p, with a = k + 1 and b = n - k.
 * Simpson's rule integrates over twelve standard deviations; the density is negligible after
 * about nine. */
static double
integrate_down(double k, double n, double p)
{
    const int n_steps = 300;
    double a = k + 1.0, b = n - k, sum = 0.0;
    double deviation = exponential(0.5 * natural_log(a / (n + 1.0) * (b / (n + 1.0)) / n));
    double step = MIN(12.0 * deviation, 1.0 - p) / n_steps;

    for (int i = 0; i <= n_steps; i++) {
        double x = p + step * i, weight = i == 0 || i == n_steps ? 1.0 : i % 2 == 1 ? 4.0 : 2.0;

        if (x < 1.0)
            sum += weight * probability(a, a + b, x, 1.0 - x) / (x * (1.0 - x));
    }
    return sum * (step / 3.0) * (a / (a + b)) * b;
}

static double
at_most(double k, double n, double p, double q)
{
    double deviation_square = k / n * (n - k);

    if (deviation_square > DEVIATION_SUMMED_MAX * DEVIATION_SUMMED_MAX)
        return integrate_down(k, n, p);
    return sum_down(k, n, p, q);
}

/* The probability of at most @k of @n, on either side of the mean. */
static double
at_most_anywhere(double k, double n, double p, double q)
{
    if (k >= n || p <= 0.0)
        return 1.0;
    if (q <= 0.0)
        return 0.0;
    if (k < n * p)
        return at_most(k, n, p, q);
    /* At least k + 1 successes are at most n - k - 1 failures. */
    return 1.0 - at_most(n - k - 1.0, n, q, p);
}

double
sr_binomial_at_most(uint64_t k, uint64_t n, double p)
{
    g_assert(k <= n && p >= 0.0 && p <= 1.0);
    return at_most_anywhere((double) k, (double) n, p, 1.0 - p);
}

double
sr_binomial_at_least(uint64_t k, uint64_t n, double p)
{
    g_assert(k <= n && p >= 0.0 && p <= 1.0);
    return at_most_anywhere((double) (n - k), (double) n, 1.0 - p, p);
}

/* ---- the interval ---- */

/* The p above k/n for which at most @k of @n have probability @tail; with @lower, the p below
 * k/n for which at least @k have. 0 < k < n. */
static double
find_bound(double k, double n, double tail, bool lower)
{
    double share = k / n, low = lower ? 0.0 : share, high = lower ? share : 1.0;
    double spread = exponential(0.5 * natural_log(share * ((n - k) / n) / n));
    double wanted = natural_log(tail);
    double p = lower ? MAX(share - 2.0 * spread, 0.5 * share)
                     : MIN(share + 2.0 * spread, 0.5 * (share + 1.0));

    for (int i = 0; i < 100; i++) {
        double q = 1.0 - p;
        double value = lower ? at_most_anywhere(n - k, n, q, p) : at_most_anywhere(k, n, p, q);
        /* How much the tail falls when p moves away from k/n. */
        double slope = (lower ? k / p : (n - k) / q) * any_probability(k, n, p, q);
        double off = value > 0.0 ? natural_log(value) - wanted : -1.0;
        double step = slope > 0.0 ? off * value / slope : 0.0,
               next = lower ? p - step : p + step;

        if ((off > 0.0) == lower)
            high = p;
        else
            low = p;
        /* A Newton step doubles the number of right digits: after a step this small, the rest
         * is rounding. */
        if (value > 0.0 && slope > 0.0 && step < 1e-9 * MIN(p, q) && -step < 1e-9 * MIN(p, q))
            return next;
        if (!(value > 0.0 && next > low && next < high))
            next = 0.5 * (low + high);
        p = next;
    }
    return p;
}

/* The p with (1 - p)^n = @tail. */
static double
none_bound(double n, double tail)
{
    double ln = natural_log(tail) / n;

    return ln > -0.35 ? -exponential_less_1(ln) : 1.0 - exponential(ln);
}

SrInterval
sr_clopper_pearson(uint64_t failures, uint64_t runs, double confidence)
{
    double n = (double) runs, tail = (1.0 - confidence) / 2.0;
    /* Close to 1 a double has no digits for the difference to 1, so the smaller share is
     * computed. */
    bool mirrored = failures > runs / 2;
    double k = (double) (mirrored ? runs - failures : failures), low = 0.0, high;

    g_assert(runs > 0 && failures <= runs && confidence > 0.0 && confidence < 1.0);
    if (k > 0.0) {
        low = find_bound(k, n, tail, true);
        high = find_bound(k, n, tail, false);
    } else {
        high = none_bound(n, tail);
    }
    return (SrInterval){
        .share = (double) failures / n,
        .low = mirrored ? 1.0 - high : low,
        .high = mirrored ? 1.0 - low : high,
    };
}

/* Decimals with a unit other than time: sizes, bandwidths, shares, drifts and rates. Each is
 * read exactly or refused. */
#include "scenario/values-private.h"

#include <string.h>

/* The most decimals of any such value: 10^9 times the largest unit still fits into 64 bits. */
#define DECIMALS_MAX 9

/* A decimal and its unit: mantissa / 10^decimals. */
typedef struct {
    uint64_t mantissa;
    unsigned decimals;
    SrSlice unit;
} Decimal;

static SrNumberFault
read_decimal(SrSlice value, Decimal *decimal)
{
    const char *p = value.at;
    bool point = false, digit = false;
    unsigned zeros = 0;

    *decimal = (Decimal){ 0 };
    for (; p < value.end && (g_ascii_isdigit(*p) || (*p == '.' && !point)); p++) {
        if (*p == '.') {
            point = true;
            if (!digit)
                return SR_NUMBER_MALFORMED;
            digit = false;
            continue;
        }
        digit = true;
        if (point && *p == '0') {
            /* Zeros count only if another digit follows: 1.50 is 1.5. */
            zeros++;
            continue;
        }
        if (point && decimal->decimals + zeros + 1 > DECIMALS_MAX)
            return SR_NUMBER_NOT_EXACT;
        for (unsigned k = 0; k < (point ? zeros + 1 : 1); k++)
            if (__builtin_mul_overflow(decimal->mantissa, UINT64_C(10), &decimal->mantissa))
                return SR_NUMBER_OUT_OF_RANGE;
        if (__builtin_add_overflow(decimal->mantissa, (uint64_t) (*p - '0'),
                                   &decimal->mantissa))
            return SR_NUMBER_OUT_OF_RANGE;
        if (point) {
            decimal->decimals += zeros + 1;
            zeros = 0;
        }
    }
    if (!digit)
        return SR_NUMBER_MALFORMED;
    decimal->unit = sr_slice_from(value, p);
    return sr_slice_empty(decimal->unit) ? SR_NUMBER_NO_UNIT : SR_NUMBER_OK;
}

static uint64_t
power_of_ten(unsigned n)
{
    uint64_t power = 1;

    while (n-- > 0)
        power *= 10;
    return power;
}

/* The value in the smallest unit, exactly. */
static SrNumberFault
read_exact(SrSlice value, const SrUnit *units, uint64_t *result)
{
    Decimal decimal;
    SrNumberFault fault = read_decimal(value, &decimal);

    if (fault != SR_NUMBER_OK)
        return fault;
    for (; units->word != NULL; units++) {
        if (!sr_slice_equals(decimal.unit, units->word))
            continue;
        unsigned __int128 product = (unsigned __int128) decimal.mantissa * units->size;
        uint64_t divisor = power_of_ten(decimal.decimals);

        if (product % divisor != 0)
            return SR_NUMBER_NOT_EXACT;
        if (product / divisor > UINT64_MAX)
            return SR_NUMBER_OUT_OF_RANGE;
        *result = (uint64_t) (product / divisor);
        return SR_NUMBER_OK;
    }
    return SR_NUMBER_BAD_UNIT;
}

void
sr_append_exact(GString *out, uint64_t value, const SrUnit *units)
{
    while (units->size > 1 && (value == 0 || value % units->size != 0))
        units++;
    g_string_append_printf(out, "%" G_GUINT64_FORMAT "%s", value / units->size, units->word);
}

static bool
parse_exact(SrReader *reader, const SrKey *key, SrSlice value, void *group, GString *canonical)
{
    uint64_t number = 0;
    SrNumberFault fault = read_exact(value, key->type->exact, &number);

    if (!sr_value_report_number(reader, value, fault, key->type) ||
        !sr_value_in_range(reader, key, value, number))
        return false;
    FIELD(group, key, uint64_t) = number;
    sr_append_exact(canonical, number, key->type->exact);
    return true;
}

/* A decimal without unnecessary zeros. */
static void
append_decimal(GString *out, uint64_t mantissa, unsigned decimals)
{
    while (decimals > 0 && mantissa % 10 == 0) {
        mantissa /= 10;
        decimals--;
    }
    uint64_t power = power_of_ten(decimals);

    g_string_append_printf(out, "%" G_GUINT64_FORMAT, mantissa / power);
    if (decimals > 0)
        g_string_append_printf(out, ".%0*" G_GUINT64_FORMAT, (int) decimals, mantissa % power);
}

#define PERCENT_DECIMALS_MAX 6

G_STATIC_ASSERT(SR_RATE_WHOLE == 100 * 1000000);

void
sr_append_percent(GString *out, uint64_t exact)
{
    append_decimal(out, exact, PERCENT_DECIMALS_MAX);
    g_string_append_c(out, '%');
}

bool
sr_value_percent_exact(SrReader *reader, SrSlice value, uint64_t *exact, GString *canonical)
{
    uint64_t number = 0;
    SrNumberFault fault = read_exact(value, sr_type_percent.exact, &number);

    if (!sr_value_report_number(reader, value, fault, &sr_type_percent))
        return false;
    if (number >= SR_RATE_WHOLE)
        return sr_reader_refuse(reader, value, NULL, "must be less than 100%%");
    *exact = number;
    sr_append_percent(canonical, number);
    return true;
}

static bool
parse_percent(SrReader *reader, const SrKey *key, SrSlice value, void *group,
              GString *canonical)
{
    uint64_t exact;

    if (!sr_value_percent_exact(reader, value, &exact, canonical))
        return false;
    /* Rounded to nearest. With six decimals the result is at least 43 parts below the whole, so
     * it stays below 2^32. */
    FIELD(group, key, uint32_t) =
        (uint32_t) (((exact << 32) + SR_RATE_WHOLE / 2) / SR_RATE_WHOLE);
    return true;
}

static bool
parse_share(SrReader *reader, const SrKey *key, SrSlice value, void *group, GString *canonical)
{
    uint64_t exact;

    if (!sr_value_percent_exact(reader, value, &exact, canonical))
        return false;
    if (exact == 0)
        return sr_reader_refuse(reader, value, "99.9% keeps all but one draw in a thousand",
                                "must be more than 0%%");
    FIELD(group, key, uint64_t) = exact;
    return true;
}

static bool
parse_ppm(SrReader *reader, const SrKey *key, SrSlice value, void *group, GString *canonical)
{
    bool negative = *value.at == '-';
    SrSlice magnitude = sr_slice_from(value, value.at + (*value.at == '-' || *value.at == '+'));
    uint64_t ppm = 0;
    SrNumberFault fault = read_exact(magnitude, key->type->exact, &ppm);

    if (!sr_value_report_number(reader, value, fault, key->type))
        return false;
    if (ppm > key->max)
        return sr_reader_error(reader, value, NULL,
                               "'%s' must be within \xc2\xb1%" G_GUINT64_FORMAT "ppm",
                               key->name, key->max);
    int32_t drift = negative ? -(int32_t) ppm : (int32_t) ppm;

    FIELD(group, key, int32_t) = drift;
    g_string_append_printf(canonical, "%dppm", drift);
    return true;
}

#define BILLION UINT64_C(1000000000)
/* More than any run can handle: a million per second. */
#define RATE_MAX (BILLION * 3600 * 1000000)

/* Rates are read in 10^-9 per hour, so that `0.2/s`, `12/min` and `720/h` are equal. The field
 * holds the mean interval. That of the rarest rate is limited: 585 years are longer than any
 * run. */
static SrSpan
mean_interval(uint64_t rate)
{
    unsigned __int128 hour = (unsigned __int128) 3600 * SR_NS_PER_S * BILLION;

    return rate == 0 ? SR_TIME_NEVER : (SrSpan) MIN(hour / rate, SR_TIME_NEVER - 1);
}

static void
append_rate(GString *out, uint64_t rate)
{
    const SrUnit *unit = sr_type_rate.exact;

    while (rate % (unit->size / BILLION) != 0)
        unit++;
    append_decimal(out, rate / (unit->size / BILLION), DECIMALS_MAX);
    g_string_append(out, unit->word);
}

static bool
parse_rate(SrReader *reader, const SrKey *key, SrSlice value, void *group, GString *canonical)
{
    uint64_t rate = 0;
    SrNumberFault fault = read_exact(value, key->type->exact, &rate);

    if (fault == SR_NUMBER_OK && rate > RATE_MAX)
        fault = SR_NUMBER_OUT_OF_RANGE;
    if (!sr_value_report_number(reader, value, fault, key->type))
        return false;
    FIELD(group, key, SrSpan) = mean_interval(rate);
    append_rate(canonical, rate);
    return true;
}

/* ---- any of them ---- */

SrNumberFault
sr_value_exact(SrSlice value, const SrValueType *type, uint64_t *exact)
{
    return read_exact(value, type->exact, exact);
}

void
sr_value_append_exact(GString *out, const SrValueType *type, uint64_t exact)
{
    if (type == &sr_type_percent || type == &sr_type_share)
        sr_append_percent(out, exact);
    else if (type == &sr_type_rate)
        append_rate(out, exact);
    else
        sr_append_exact(out, exact, type->exact);
}

/* clang-format off */
static const SrUnit size_units[] = { { "GiB", 1 << 30 }, { "MiB", 1 << 20 }, { "KiB", 1 << 10 }, { "B", 1 }, { NULL, 0 } };
static const SrUnit bandwidth_units[] = { { "Gbit/s", 1000000000 }, { "Mbit/s", 1000000 }, { "kbit/s", 1000 }, { "bit/s", 1 }, { NULL, 0 } };
static const SrUnit percent_units[] = { { "%", SR_RATE_WHOLE / 100 }, { NULL, 0 } };
static const SrUnit ppm_units[] = { { "ppm", 1 }, { NULL, 0 } };
static const SrUnit rate_units[] = { { "/s", 3600 * BILLION }, { "/min", 60 * BILLION }, { "/h", BILLION }, { NULL, 0 } };

const SrValueType sr_type_size = { "size", "B, KiB, MiB, GiB", .parse = parse_exact, .exact = size_units, .what = "size",
    .note = "a size is a number and a unit, such as 500B, 4KiB or 1MiB", .finest = "one byte", .most = "any size can be" };
const SrValueType sr_type_bandwidth = { "bandwidth", "bit/s, kbit/s, Mbit/s, Gbit/s", .parse = parse_exact, .exact = bandwidth_units,
    .what = "bandwidth", .note = "a bandwidth is a number and a unit, such as 64kbit/s or 10Mbit/s", .finest = "1bit/s",
    .most = "any bandwidth can be" };
const SrValueType sr_type_percent = { "percentage", "%", .parse = parse_percent, .exact = percent_units, .what = "percentage",
    .note = "a percentage is a number and '%', such as 1% or 0.01%", .finest = "0.000001%", .most = "100%" };
const SrValueType sr_type_share = { "percentage", "%", .parse = parse_share, .exact = percent_units, .what = "percentage",
    .note = "a percentage is a number and '%', such as 99.9% or 99.99%", .finest = "0.000001%", .most = "100%" };
const SrValueType sr_type_ppm = { "drift", "ppm", .parse = parse_ppm, .exact = ppm_units, .what = "drift",
    .note = "a drift is a whole number of parts per million, such as 20ppm or -78ppm", .finest = "1ppm", .most = "any drift can be" };
const SrValueType sr_type_rate = { "rate", "/s, /min, /h", .parse = parse_rate, .exact = rate_units, .what = "rate",
    .note = "a rate is a number and a unit, such as 0.2/s, 3/min or 1/h", .finest = "0.000000001", .most = "1000000/s" };
/* clang-format on */

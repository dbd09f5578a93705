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

/* A unit, in multiples of the smallest one. */
typedef struct {
    const char *word;
    uint64_t size;
} Unit;

/* The value in the smallest unit, exactly. */
static SrNumberFault
read_exact(SrSlice value, const Unit *units, unsigned n_units, uint64_t *result)
{
    Decimal decimal;
    SrNumberFault fault = read_decimal(value, &decimal);

    if (fault != SR_NUMBER_OK)
        return fault;
    for (unsigned i = 0; i < n_units; i++) {
        if (!sr_slice_equals(decimal.unit, units[i].word))
            continue;
        unsigned __int128 product = (unsigned __int128) decimal.mantissa * units[i].size;
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

/* Units are ordered from the largest. The canonical unit is the largest that gives a whole
 * number. */
static void
append_exact(GString *out, uint64_t value, const Unit *units, unsigned n_units)
{
    unsigned i = 0;

    while (i + 1 < n_units && (value == 0 || value % units[i].size != 0))
        i++;
    g_string_append_printf(out, "%" G_GUINT64_FORMAT "%s", value / units[i].size,
                           units[i].word);
}

static const Unit size_units[] = {
    { "GiB", UINT64_C(1) << 30 },
    { "MiB", UINT64_C(1) << 20 },
    { "KiB", UINT64_C(1) << 10 },
    { "B", 1 },
};
static const Unit bandwidth_units[] = {
    { "Gbit/s", 1000000000 },
    { "Mbit/s", 1000000 },
    { "kbit/s", 1000 },
    { "bit/s", 1 },
};

static bool
exact_in_range(SrReader *reader, const SrKey *key, SrSlice value, uint64_t number,
               const Unit *units, unsigned n_units)
{
    bool low = number<key->min, high = key->max> 0 && number > key->max;

    if (!low && !high)
        return true;
    g_autoptr(GString) limit = g_string_new(NULL);

    append_exact(limit, low ? key->min : key->max, units, n_units);
    return sr_reader_error(reader, value, NULL, "'%s' must be at %s %s", key->name,
                           low ? "least" : "most", limit->str);
}

static bool
parse_size(SrReader *reader, const SrKey *key, SrSlice value, void *group, GString *canonical)
{
    uint64_t bytes = 0;

    if (!sr_value_report_number(
            reader, value, read_exact(value, size_units, G_N_ELEMENTS(size_units), &bytes),
            "size", "a size is a number and a unit, such as 500B, 4KiB or 1MiB",
            "B, KiB, MiB, GiB", "one byte", "any size can be") ||
        !exact_in_range(reader, key, value, bytes, size_units, G_N_ELEMENTS(size_units)))
        return false;
    FIELD(group, key, uint64_t) = bytes;
    append_exact(canonical, bytes, size_units, G_N_ELEMENTS(size_units));
    return true;
}

static bool
parse_bandwidth(SrReader *reader, const SrKey *key, SrSlice value, void *group,
                GString *canonical)
{
    uint64_t bandwidth = 0;

    if (sr_value_is_none(key, value)) {
        FIELD(group, key, uint64_t) = key->none_value;
        g_string_append(canonical, key->none);
        return true;
    }
    if (sr_value_refuse_word(reader, key, value) ||
        !sr_value_report_number(
            reader, value,
            read_exact(value, bandwidth_units, G_N_ELEMENTS(bandwidth_units), &bandwidth),
            "bandwidth", "a bandwidth is a number and a unit, such as 64kbit/s or 10Mbit/s",
            "bit/s, kbit/s, Mbit/s, Gbit/s", "1bit/s", "any bandwidth can be") ||
        !exact_in_range(reader, key, value, bandwidth, bandwidth_units,
                        G_N_ELEMENTS(bandwidth_units)))
        return false;
    FIELD(group, key, uint64_t) = bandwidth;
    append_exact(canonical, bandwidth, bandwidth_units, G_N_ELEMENTS(bandwidth_units));
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

bool
sr_value_percent_exact(SrReader *reader, SrSlice value, uint64_t *exact, GString *canonical)
{
    Decimal decimal;
    SrNumberFault fault = read_decimal(value, &decimal);

    if (fault == SR_NUMBER_OK && !sr_slice_equals(decimal.unit, "%"))
        fault = SR_NUMBER_BAD_UNIT;
    if (fault == SR_NUMBER_OK && decimal.decimals > PERCENT_DECIMALS_MAX)
        fault = SR_NUMBER_NOT_EXACT;
    if (!sr_value_report_number(reader, value, fault, "percentage",
                                "a percentage is a number and '%', such as 1% or 0.01%", "%",
                                "0.000001%", "100%"))
        return false;
    uint64_t hundred = 100 * power_of_ten(decimal.decimals);

    if (decimal.mantissa >= hundred)
        return sr_reader_refuse(reader, value, NULL, "must be less than 100%%");
    *exact = decimal.mantissa * power_of_ten(PERCENT_DECIMALS_MAX - decimal.decimals);
    append_decimal(canonical, decimal.mantissa, decimal.decimals);
    g_string_append_c(canonical, '%');
    return true;
}

bool
sr_value_percent(SrReader *reader, SrSlice value, uint32_t *parts, GString *canonical)
{
    uint64_t exact;

    if (!sr_value_percent_exact(reader, value, &exact, canonical))
        return false;
    /* Rounded to nearest. With six decimals the result is at least 43 parts below the whole, so
     * it stays below 2^32. */
    *parts = (uint32_t) (((exact << 32) + SR_RATE_WHOLE / 2) / SR_RATE_WHOLE);
    return true;
}

static bool
parse_percent(SrReader *reader, const SrKey *key, SrSlice value, void *group,
              GString *canonical)
{
    return sr_value_percent(reader, value, &FIELD(group, key, uint32_t), canonical);
}

static bool
parse_ppm(SrReader *reader, const SrKey *key, SrSlice value, void *group, GString *canonical)
{
    bool negative = *value.at == '-';
    SrSlice magnitude = sr_slice_from(value, value.at + (*value.at == '-' || *value.at == '+'));
    static const Unit units[] = { { "ppm", 1 } };
    uint64_t ppm = 0;

    if (!sr_value_report_number(
            reader, value, read_exact(magnitude, units, 1, &ppm), "drift",
            "a drift is a whole number of parts per million, such as 20ppm or -78ppm", "ppm",
            "1ppm", "any drift can be"))
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

/* Rates are read in 10^-9 per hour, so that `0.2/s`, `12/min` and `720/h` are equal. The field
 * holds the mean interval. That of the rarest rate is limited: 585 years are longer than any
 * run. */
static SrSpan
mean_interval(uint64_t rate)
{
    unsigned __int128 hour =
        (unsigned __int128) 3600 * SR_NS_PER_S * power_of_ten(DECIMALS_MAX);

    return rate == 0 ? SR_TIME_NEVER : (SrSpan) MIN(hour / rate, SR_TIME_NEVER - 1);
}

static bool
parse_rate(SrReader *reader, const SrKey *key, SrSlice value, void *group, GString *canonical)
{
    static const Unit units[] = { { "/s", 3600 }, { "/min", 60 }, { "/h", 1 } };
    Decimal decimal;
    SrNumberFault fault;
    uint64_t rate = 0;

    if (sr_value_is_none(key, value)) {
        FIELD(group, key, SrSpan) = SR_TIME_NEVER;
        g_string_append(canonical, key->none);
        return true;
    }
    if (sr_value_refuse_word(reader, key, value))
        return false;
    fault = read_decimal(value, &decimal);
    if (fault == SR_NUMBER_OK)
        fault = SR_NUMBER_BAD_UNIT;
    for (unsigned i = 0; i < G_N_ELEMENTS(units) && fault == SR_NUMBER_BAD_UNIT; i++) {
        if (!sr_slice_equals(decimal.unit, units[i].word))
            continue;
        unsigned __int128 nano = (unsigned __int128) decimal.mantissa *
                                 power_of_ten(DECIMALS_MAX - decimal.decimals) * units[i].size;

        /* A million per second is more than any run can handle. */
        fault = nano > (unsigned __int128) 3600 * 1000000 * power_of_ten(DECIMALS_MAX)
                    ? SR_NUMBER_OUT_OF_RANGE
                    : SR_NUMBER_OK;
        rate = fault == SR_NUMBER_OK ? (uint64_t) nano : 0;
    }
    if (!sr_value_report_number(reader, value, fault, "rate",
                                "a rate is a number and a unit, such as 0.2/s, 3/min or 1/h",
                                "/s, /min, /h", "0.000000001", "1000000/s"))
        return false;
    FIELD(group, key, SrSpan) = mean_interval(rate);
    for (unsigned i = 0; i < G_N_ELEMENTS(units); i++)
        if (rate % units[i].size == 0) {
            append_decimal(canonical, rate / units[i].size, DECIMALS_MAX);
            g_string_append(canonical, units[i].word);
            break;
        }
    return true;
}

const SrValueType sr_type_size = { "size", "B, KiB, MiB, GiB", parse_size };
const SrValueType sr_type_bandwidth = { "bandwidth", "bit/s, kbit/s, Mbit/s, Gbit/s",
                                        parse_bandwidth };
const SrValueType sr_type_percent = { "percentage", "%", parse_percent };
const SrValueType sr_type_ppm = { "drift", "ppm", parse_ppm };
const SrValueType sr_type_rate = { "rate", "/s, /min, /h", parse_rate };

/* Writes the result of a sweep: the counted numbers, and the values that people and plots use.
 * report/sweep-file.h documents the members. */
#include "report/sweep-file.h"

#include <string.h>

#include "base/digest.h"
#include "base/escape.h"
#include "base/interval.h"
#include "report/report.h"
#include "report/sweep-private.h"

#define CONFIDENCE 0.95

/* ---- values ---- */

/* Appends the name of a member, after a comma if it is not the first of its object. */
static void
append_name(GString *out, const char *name)
{
    if (out->len > 0 && out->str[out->len - 1] != '{')
        g_string_append_c(out, ',');
    g_string_append_c(out, '"');
    g_string_append(out, name);
    g_string_append_len(out, "\":", 2);
}

/* Writes @number before @end. A result is mostly numbers, and printf() would be slow. Returns:
 * where the number begins */
static char *
put_number(char *end, uint64_t number)
{
    bool large = number > SR_SWEEP_NUMBER_MAX;

    *(end - 1) = '"';
    end -= large;
    do {
        *--end = (char) ('0' + (int) (number % 10));
        number /= 10;
    } while (number > 0);
    *(end - 1) = '"';
    return end - large;
}

static void
append_number(GString *out, uint64_t number)
{
    char digits[24], *at = put_number(digits + sizeof digits, number);

    g_string_append_len(out, at, digits + sizeof digits - at);
}

static void
append_member(GString *out, const char *name, uint64_t number)
{
    append_name(out, name);
    append_number(out, number);
}

/* Six significant digits. The arithmetic behind @value gives the same bits everywhere, and so
 * does the rounding to decimals. */
static void
append_real(GString *out, const char *name, double value)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];

    append_name(out, name);
    g_string_append(out, g_ascii_formatd(text, sizeof text, "%.6g", value));
}

static void
append_sum(GString *out, unsigned __int128 sum)
{
    char digits[48], *at = digits + sizeof digits;

    if (sum <= SR_SWEEP_NUMBER_MAX) {
        append_number(out, (uint64_t) sum);
        return;
    }
    for (*--at = '\0'; sum > 0; sum /= 10)
        *--at = (char) ('0' + (int) (sum % 10));
    g_string_append_printf(out, "\"%s\"", at);
}

/* ---- what people and plots read ---- */

static void
append_share(GString *out, const char *name, uint64_t n, uint64_t runs)
{
    SrInterval interval = sr_clopper_pearson(n, runs, CONFIDENCE);

    append_name(out, name);
    g_string_append_c(out, '{');
    append_member(out, "n", n);
    append_real(out, "share", interval.share);
    append_real(out, "low", interval.low);
    append_real(out, "high", interval.high);
    g_string_append_c(out, '}');
}

/* A share of clients has no interval: the clients of one run are not independent. */
static void
append_clients(GString *out, const SrSweepRow *row)
{
    uint64_t clients = row->counters[SR_COUNTER_CLIENTS];

    g_string_append(out, ",\"clients\":{");
    for (unsigned i = 0; i < SR_CLIENTS_N; i++) {
        uint64_t n = sr_sweep_row_clients(row, i);

        append_name(out, sr_sweep_clients_name(i));
        g_string_append_c(out, '{');
        append_member(out, "n", n);
        append_real(out, "share", clients > 0 ? (double) n / (double) clients : 0);
        g_string_append_c(out, '}');
    }
    g_string_append_c(out, '}');
}

static void
append_shares(GString *out, const SrSweepRow *row)
{
    uint64_t runs = row->counters[SR_COUNTER_RUNS];

    g_string_append(out, ",\"shares\":{");
    for (unsigned i = 0; i < SR_SHARE_N; i++) {
        if (i == SR_SHARE_CHECK)
            g_string_append(out, "},\"checks\":{");
        append_share(out, sr_sweep_share_name(i), row->shares[i], runs);
    }
    g_string_append_c(out, '}');
}

const SrSweepStatistic sr_sweep_statistics[SR_SWEEP_STATISTICS_N] = {
    { "n", 0 },        { "mean", 0 },     { "min", 0 },      { "p50", 500000 }, { "p90", 900000 },
    { "p95", 950000 }, { "p99", 990000 }, { "p999", 999000 }, { "max", 0 },
};

uint64_t
sr_sweep_statistic(const SrHistogram *histogram, unsigned i)
{
    static const unsigned n = 0, mean = 1, min = 2;

    if (sr_sweep_statistics[i].per_million > 0)
        return sr_histogram_quantile(histogram, sr_sweep_statistics[i].per_million);
    return i == n      ? histogram->n
           : i == mean ? sr_histogram_mean(histogram)
           : i == min  ? histogram->min
                       : histogram->max;
}

static void
append_measures(GString *out, const SrSweepRow *row)
{
    g_autofree SrHistogram *both = g_new0(SrHistogram, 1);

    g_string_append(out, ",\"measures\":{");
    for (unsigned i = 0; i <= SR_MEASURE_BOTH; i++) {
        const SrHistogram *values = sr_sweep_row_values(row, i, both);

        if (values->n == 0)
            continue;
        append_name(out, sr_sweep_measure_name(i));
        g_string_append_c(out, '{');
        for (unsigned j = 0; j < SR_SWEEP_STATISTICS_N; j++)
            append_member(out, sr_sweep_statistics[j].name, sr_sweep_statistic(values, j));
        g_string_append_c(out, '}');
    }
    g_string_append_c(out, '}');
}

/* ---- what it is worked out from ---- */

static void
append_counted(GString *out, const SrSweepRow *row)
{
    g_string_append(out, "},\"counted\":{");
    for (unsigned i = 0; i < SR_SHARE_N; i++)
        if (row->shares[i] > 0)
            append_member(out, sr_sweep_share_name(i), row->shares[i]);
    g_string_append(out, "},\"seeds\":{");
    for (unsigned i = 0; i < SR_SHARE_N; i++) {
        if (row->shares[i] == 0)
            continue;
        append_name(out, sr_sweep_share_name(i));
        for (unsigned j = 0; j < sr_sweep_row_n_seeds(row, i); j++) {
            g_string_append_c(out, j == 0 ? '[' : ',');
            append_number(out, row->seeds[i][j]);
        }
        g_string_append_c(out, ']');
    }
}

static void
append_histogram(GString *out, const SrHistogram *histogram)
{
    char pair[64], *const end = pair + sizeof pair;

    g_string_append_c(out, '{');
    append_member(out, "min", histogram->min);
    append_member(out, "max", histogram->max);
    append_name(out, "sum");
    append_sum(out, (unsigned __int128) histogram->sum_high << 64 | histogram->sum_low);
    append_name(out, "counts");
    for (uint32_t i = histogram->first; i <= histogram->last; i++) {
        if (histogram->counts[i] == 0)
            continue;
        char *at = put_number(end - 1, histogram->counts[i]);

        end[-1] = ']';
        *--at = ',';
        at = put_number(at, i);
        *--at = '[';
        *--at = i == histogram->first ? '[' : ',';
        g_string_append_len(out, at, end - at);
    }
    g_string_append(out, "]}");
}

void
sr_sweep_write_numbers(GString *out, const SrSweepRow *row)
{
    g_string_append(out, "\"counters\":{");
    for (unsigned i = 0; i < SR_COUNTER_N; i++)
        append_member(out, sr_sweep_counter_name(i), row->counters[i]);
    append_counted(out, row);
    g_string_append(out, "},\"histograms\":{");
    for (unsigned i = 0; i < SR_MEASURE_N; i++) {
        if (row->measures[i].n == 0)
            continue;
        append_name(out, sr_sweep_measure_name(i));
        append_histogram(out, &row->measures[i]);
    }
    g_string_append(out, "}}\n");
}

/* ---- lines ---- */

void
sr_sweep_write_head(GString *out, const SrSweepHead *head)
{
    sr_put_json(out,
                "{'type':'sweep','format':%u,'version':%s,'scenario':%s,'source':%s,"
                "'seeds':'%" PRIu64 "..%" PRIu64 "','points':%" PRIu64,
                SR_SWEEP_FORMAT, head->version, head->scenario, head->source, head->seeds.first,
                head->seeds.last, head->n_points);
    if (head->provider != NULL)
        sr_put_json(out, ",'provider':%s", head->provider);
    g_string_append(out, "}\n");
}

static void
append_at(GString *out, const GPtrArray *at)
{
    g_string_append(out, ",\"at\":{");
    for (guint i = 0; i < at->len; i++) {
        const char *assignment = g_ptr_array_index(at, i), *equals = strchr(assignment, '=');

        g_assert(equals != NULL);
        g_string_append(out, i > 0 ? "," : "");
        sr_escape_json(out, assignment, (size_t) (equals - assignment));
        g_string_append_c(out, ':');
        sr_escape_json(out, equals + 1, strlen(equals + 1));
    }
    g_string_append_c(out, '}');
}

void
sr_sweep_write_point(GString *out, uint64_t point, const GPtrArray *at, const GArray *parts,
                     const SrSweepRow *row)
{
    sr_put_json(out, "{'type':'point','point':%" PRIu64, point);
    append_at(out, at);
    g_string_append(out, ",\"parts\":[");
    for (guint i = 0; i < parts->len; i++) {
        const SrSeedRange *part = &g_array_index(parts, SrSeedRange, i);

        sr_put_json(out, ",'%" PRIu64 "..%" PRIu64 "'", part->first, part->last);
    }
    g_string_append_c(out, ']');
    append_member(out, "runs", row->counters[SR_COUNTER_RUNS]);
    append_clients(out, row);
    append_shares(out, row);
    append_measures(out, row);
    g_string_append_c(out, ',');
    sr_sweep_write_numbers(out, row);
}

void
sr_sweep_write_end(GString *out, uint64_t n_points, bool complete, const char *digest)
{
    sr_put_json(out, "{'type':'end','points':%" PRIu64 ",'complete':%-s,'digest':%s}\n",
                n_points, sr_text_bool(complete), digest);
}

bool
sr_sweep_parts_whole(const GArray *parts, SrSeedRange seeds)
{
    return parts->len == 1 && g_array_index(parts, SrSeedRange, 0).first == seeds.first &&
           g_array_index(parts, SrSeedRange, 0).last == seeds.last;
}

void
sr_sweep_parts_append(GArray *parts, SrSeedRange part)
{
    SrSeedRange *last =
        parts->len > 0 ? &g_array_index(parts, SrSeedRange, parts->len - 1) : NULL;

    g_assert(part.first <= part.last && (last == NULL || part.first > last->last));
    if (last != NULL && part.first - 1 == last->last)
        last->last = part.last;
    else
        g_array_append_val(parts, part);
}

void
sr_sweep_digest(const void *bytes, size_t n, char digest[33])
{
    sr_digest_text(XXH3_128bits(bytes, n), digest);
}

/* ---- the writer ---- */

struct SrSweepWriter {
    XXH3_state_t *digest;
    SrSeedRange seeds;
    uint64_t n_points, n_written;
    uint64_t next;    /* the smallest number that the next point may have */
    uint64_t n_whole; /* points with all their seeds run */
    GArray *parts;
};

SrSweepWriter *
sr_sweep_writer_new(const SrSweepHead *head, GString *out)
{
    SrSweepWriter *writer = g_new0(SrSweepWriter, 1);
    gsize start;

    g_assert(head->seeds.first <= head->seeds.last &&
             head->seeds.last - head->seeds.first < SR_SWEEP_RUNS_MAX);
    writer->digest = XXH3_createState();
    g_assert(writer->digest != NULL);
    XXH3_128bits_reset(writer->digest);
    writer->seeds = head->seeds;
    writer->n_points = head->n_points;
    writer->parts = g_array_new(FALSE, FALSE, sizeof(SrSeedRange));
    start = out->len;
    sr_sweep_write_head(out, head);
    XXH3_128bits_update(writer->digest, out->str + start, out->len - start);
    return writer;
}

void
sr_sweep_writer_add(SrSweepWriter *writer, uint64_t point, const GPtrArray *at,
                    const SrSeedRange *parts, size_t n_parts, const SrSweepRow *row,
                    GString *out)
{
    gsize start = out->len;
    uint64_t runs = 0;

    if (row->counters[SR_COUNTER_RUNS] == 0)
        return;
    g_assert(point >= writer->next && point < writer->n_points);
    g_array_set_size(writer->parts, 0);
    for (size_t i = 0; i < n_parts; i++) {
        g_assert(parts[i].first >= writer->seeds.first && parts[i].last <= writer->seeds.last);
        sr_sweep_parts_append(writer->parts, parts[i]);
        runs += parts[i].last - parts[i].first + 1;
    }
    g_assert(runs == row->counters[SR_COUNTER_RUNS]);
    sr_sweep_write_point(out, point, at, writer->parts, row);
    XXH3_128bits_update(writer->digest, out->str + start, out->len - start);
    writer->next = point + 1;
    writer->n_written++;
    writer->n_whole += sr_sweep_parts_whole(writer->parts, writer->seeds);
}

SrSweepWriter *
sr_sweep_writer_copy(const SrSweepWriter *writer)
{
    SrSweepWriter *copy = g_new(SrSweepWriter, 1);

    *copy = *writer;
    copy->digest = XXH3_createState();
    g_assert(copy->digest != NULL);
    XXH3_copyState(copy->digest, writer->digest);
    copy->parts = g_array_new(FALSE, FALSE, sizeof(SrSeedRange));
    return copy;
}

bool
sr_sweep_writer_end(SrSweepWriter *writer, GString *out)
{
    bool complete = writer->n_whole == writer->n_points;
    char digest[33];

    sr_digest_text(XXH3_128bits_digest(writer->digest), digest);
    sr_sweep_write_end(out, writer->n_written, complete, digest);
    sr_sweep_writer_free(writer);
    return complete;
}

void
sr_sweep_writer_free(SrSweepWriter *writer)
{
    if (writer == NULL)
        return;
    XXH3_freeState(writer->digest);
    g_array_unref(writer->parts);
    g_free(writer);
}

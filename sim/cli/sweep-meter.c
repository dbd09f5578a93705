/* The progress of a sweep: how much is done, the speed, the time left, and the failures so far.
 */
#include <stdio.h>

#include "sweep-private.h"

void
sr_sweep_meter_begin(SrSweepMeter *meter, bool wanted, uint64_t done)
{
    sr_meter_begin(&meter->line, wanted);
    meter->begun_us = g_get_monotonic_time();
    meter->begun_done = done;
}

static void
append_left(GString *line, gint64 us)
{
    gint64 s = us / G_USEC_PER_SEC;

    if (s < 60)
        g_string_append_printf(line, "%d s left", (int) s);
    else if (s < 3600)
        g_string_append_printf(line, "%d min %02d s left", (int) (s / 60), (int) (s % 60));
    else if (s < 100 * 3600)
        g_string_append_printf(line, "%d h %02d min left", (int) (s / 3600),
                               (int) (s / 60 % 60));
    else
        g_string_append_printf(line, "%d days left", (int) MIN(s / 86400, 999999));
}

/* Runs per second. */
static void
append_rate(GString *line, double rate)
{
    if (rate < 10000)
        g_string_append_printf(line, "%.0f runs/s", rate);
    else
        g_string_append_printf(line, "%.0f 000 runs/s", rate / 1000);
}

void
sr_sweep_meter_show(SrSweepMeter *meter, const SrSweepProgress *progress, gint64 now_us,
                    gint64 left_us)
{
    g_autoptr(GString) speed = g_string_new(NULL), rest = g_string_new(NULL);
    double elapsed = (double) (now_us - meter->begun_us) / G_USEC_PER_SEC, rate, left;

    if (!sr_meter_is_due(&meter->line, now_us))
        return;
    rate = (double) (progress->done - meter->begun_done) / MAX(elapsed, 1e-6);
    append_rate(speed, rate);
    left = (double) (progress->total - progress->done) / MAX(rate, 1e-6) * G_USEC_PER_SEC;
    append_left(rest, left < (double) left_us ? (gint64) left : left_us);
    sr_meter_draw(&meter->line, now_us,
                  "%" PRIu64 "/%" PRIu64 " runs (%.1f %%)  %s  %s  %" PRIu64 " not as expected",
                  progress->done, progress->total,
                  100 * (double) progress->done / (double) progress->total, speed->str,
                  rest->str, progress->unexpected);
}

void
sr_sweep_meter_erase(SrSweepMeter *meter)
{
    sr_meter_erase(&meter->line);
}

void
sr_sweep_meter_end(SrSweepMeter *meter, uint64_t done, gint64 now_us)
{
    g_autoptr(GString) speed = g_string_new(NULL), time = g_string_new(NULL);
    double elapsed = MAX((double) (now_us - meter->begun_us) / G_USEC_PER_SEC, 1e-6);

    sr_meter_erase(&meter->line);
    if (!meter->line.on || done == meter->begun_done)
        return;
    append_rate(speed, (double) (done - meter->begun_done) / elapsed);
    sr_span_show(time, (SrSpan) (now_us - meter->begun_us) * SR_NS_PER_US);
    (void) !fprintf(stderr, "%" PRIu64 " runs in %s: %s\n", done - meter->begun_done, time->str,
                    speed->str);
    fflush(stderr);
}

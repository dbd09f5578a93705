/* The line of progress of a sweep: how much is done, how fast, for how long still, and what failed so
 * far. It is drawn on a terminal only, on standard error, and leaves no trace. */
#include <stdio.h>
#include <unistd.h>

#include "sweep-private.h"

#define DRAW_EVERY_US (G_USEC_PER_SEC / 4)
/* A sweep that is over sooner shows nothing. */
#define FIRST_AFTER_US (G_USEC_PER_SEC / 2)

/* A carriage return, and the rest of the line blank. */
static const char erasing[] = "\r\033[K";

static void
put(const char *text)
{
    (void) !fputs(text, stderr);
    fflush(stderr);
}

void
sr_sweep_meter_begin(SrSweepMeter *meter, bool wanted, uint64_t done)
{
    const char *term = g_getenv("TERM");
    gint64 now = g_get_monotonic_time();

    *meter = (SrSweepMeter){
        .on = wanted && isatty(STDERR_FILENO) && term != NULL && g_strcmp0(term, "dumb") != 0,
        .begun_us = now,
        .drawn_us = now + FIRST_AFTER_US - DRAW_EVERY_US,
        .begun_done = done,
    };
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

/* Runs a second. */
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
    g_autoptr(GString) line = NULL;
    double elapsed = (double) (now_us - meter->begun_us) / G_USEC_PER_SEC, rate, left;

    if (!meter->on || now_us - meter->drawn_us < DRAW_EVERY_US)
        return;
    rate = (double) (progress->done - meter->begun_done) / MAX(elapsed, 1e-6);
    line = g_string_new(erasing);
    g_string_append_printf(line, "%" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT " runs (%.1f %%)  ",
                           progress->done, progress->total,
                           100 * (double) progress->done / (double) progress->total);
    append_rate(line, rate);
    left = (double) (progress->total - progress->done) / MAX(rate, 1e-6) * G_USEC_PER_SEC;
    g_string_append(line, "  ");
    append_left(line, left < (double) left_us ? (gint64) left : left_us);
    g_string_append_printf(line, "  %" G_GUINT64_FORMAT " failed", progress->failed);
    put(line->str);
    meter->drawn = true;
    meter->drawn_us = now_us;
}

void
sr_sweep_meter_erase(SrSweepMeter *meter)
{
    if (meter->drawn)
        put(erasing);
    meter->drawn = false;
}

void
sr_sweep_meter_end(SrSweepMeter *meter, uint64_t done, gint64 now_us)
{
    g_autoptr(GString) line = g_string_new(NULL);
    double elapsed = MAX((double) (now_us - meter->begun_us) / G_USEC_PER_SEC, 1e-6);

    sr_sweep_meter_erase(meter);
    if (!meter->on || done == meter->begun_done)
        return;
    g_string_append_printf(
        line, "%" G_GUINT64_FORMAT " runs in %.2f s: ", done - meter->begun_done, elapsed);
    append_rate(line, (double) (done - meter->begun_done) / elapsed);
    g_string_append_c(line, '\n');
    put(line->str);
}

/* A line of progress, drawn anew in its place a few times a second: on standard error, and only where
 * that is a terminal that can erase it. It is cut to the terminal's width, since a line that is
 * folded could not be erased, and leaves no trace. */
#include "cli-private.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define DRAW_EVERY_US (G_USEC_PER_SEC / 4)
/* What is over sooner shows nothing. */
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
sr_meter_begin(SrMeter *meter, bool wanted)
{
    const char *term = g_getenv("TERM");

    *meter = (SrMeter){
        .on = wanted && isatty(STDERR_FILENO) && term != NULL && strcmp(term, "dumb") != 0,
        .drawn_us = g_get_monotonic_time() + FIRST_AFTER_US - DRAW_EVERY_US,
    };
}

bool
sr_meter_is_due(const SrMeter *meter, gint64 now_us)
{
    return meter->on && now_us - meter->drawn_us >= DRAW_EVERY_US;
}

void
sr_meter_draw(SrMeter *meter, gint64 now_us, const char *format, ...)
{
    struct winsize size;
    g_autofree char *line = NULL;
    va_list arguments;

    va_start(arguments, format);
    line = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    /* Numbers and words of ours: a byte is a column. The last column is left free, since some
     * terminals go to the next line there. */
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 &&
        strlen(line) >= size.ws_col)
        line[size.ws_col - 1] = '\0';
    put(erasing);
    put(line);
    meter->drawn = true;
    meter->drawn_us = now_us;
}

void
sr_meter_erase(SrMeter *meter)
{
    if (meter->drawn)
        put(erasing);
    meter->drawn = false;
}

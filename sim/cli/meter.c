/* A line of progress, drawn again in its place a few times a second. It is drawn on standard
 * error, if that is a terminal that can erase it. It is cut to the terminal's width, since a
 * wrapped line could not be erased. At the end nothing of it is left. */
#include "cli-private.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define DRAW_EVERY_US (G_USEC_PER_SEC / 4)
/* Work that ends sooner than this shows no progress line. */
#define FIRST_AFTER_US (G_USEC_PER_SEC / 2)

/* A carriage return, and the code that clears the line. */
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
    /* The text is ASCII, so a byte is a column. The last column stays empty, since some
     * terminals wrap there. */
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

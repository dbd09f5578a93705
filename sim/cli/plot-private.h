/* Draws a figure with gnuplot from the data that jq extracts: shared by the verbs `plot` and
 * `report`. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/** SrPlotOptions: the kind and format of a figure. */
typedef struct {
    const char *kind;   /* "timeline", "heatmap", … */
    const char *format; /* "svg", "png" or "pdf" */
    bool dark;
    unsigned deadline_s;          /* for each external program */
    bool sweep;                   /* drawn from the result of a sweep, not from traces */
    const char *const *arguments; /* (nullable) for jq, closed by %NULL */
} SrPlotOptions;

/** SrPlotSource: what a kind of figure is drawn from. */
typedef enum { SR_PLOT_TRACE = 1, SR_PLOT_SWEEP = 2 } SrPlotSource;

/** sr_plot_sources: Returns: bits of SrPlotSource */
unsigned sr_plot_sources(const char *kind);

/** SrPlotSweep: what the command line says about a figure of a sweep; each is nullable. */
typedef struct {
    const char *of;                /* which share; sr_plot_sweep_has_share() */
    const char *x, *y;             /* keys for the axes */
    const char *advised, *transit; /* ns, as a number */
} SrPlotSweep;

/** sr_plot_sweep_has_share: Returns: whether the points of a sweep have a share of that name */
bool sr_plot_sweep_has_share(const char *name);

/**
 * sr_plot_sweep_arguments:
 * @arguments: (element-type utf8): the filter's arguments are appended
 *
 * Reads the result of a sweep at @path and chooses the axes. Complains on standard error where it
 * is malformed or does not vary what the figure needs.
 *
 * Returns: an exit status
 */
int sr_plot_sweep_arguments(const char *kind, const char *path, const SrPlotSweep *asked,
                            GPtrArray *arguments);

/** sr_plot_kinds: Returns: (transfer none): the kinds, closed by %NULL */
const char *const *sr_plot_kinds(void);

/**
 * sr_plot_draw:
 * @traces: (array length=n_traces): files
 * @picture: (out) (transfer full): the bytes of the picture
 * @message: (out) (transfer full): on failure one line that says what to install or what the program said
 *
 * Runs jq and gnuplot by argv, without a shell and without start-up files, in a temporary folder of its own, within the deadline.
 * An empty or blank picture is a failure.
 */
bool sr_plot_draw(const SrPlotOptions *options, const char *const *traces, size_t n_traces,
                  GBytes **picture, char **message);

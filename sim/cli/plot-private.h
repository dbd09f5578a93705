/* Drawing a figure with gnuplot from what jq takes out of traces: shared by the verbs `plot` and `report`. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/** SrPlotOptions: how a figure looks. */
typedef struct {
    const char *kind;   /* "timeline", "phases", "ecdf", "clocks", "window", "keys" */
    const char *format; /* "svg", "png" or "pdf" */
    bool dark;
    unsigned deadline_s; /* for each external program */
} SrPlotOptions;

/** sr_plot_kinds: Returns: (transfer none): the kinds, closed by %NULL */
const char *const *sr_plot_kinds(void);

/**
 * sr_plot_draw:
 * @traces: (array length=n_traces): files
 * @picture: (out) (transfer full): the octets of the picture
 * @message: (out) (transfer full): on failure one line that says what to install or what the program said
 *
 * Runs jq and gnuplot by argv, without a shell and without start-up files, in a temporary folder of its own, within the deadline.
 * An empty or blank picture is a failure.
 */
bool sr_plot_draw(const SrPlotOptions *options, const char *const *traces, size_t n_traces, GBytes **picture, char **message);

/* Draws a figure with gnuplot from the data that jq extracts: shared by the verbs `plot` and
 * `report`. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "report/sweep-file.h"

/** SrPlotSweep: what the command line says about a figure of a sweep; each is nullable. */
typedef struct {
    char *of;                /* a share or a measure; sr_plot_sweep_has() */
    char *x, *y;             /* keys for the axes */
    char *advised, *transit; /* ns, as a number */
    char *proved;            /* path of an exact advice; then its text */
} SrPlotSweep;

/** SrPlotVaried: a sweep and the keys that it varies. */
typedef struct {
    const SrSweepFile *file;
    GPtrArray *keys; /* utf8: those that take more than one value */
    /* for each key a GPtrArray of its different values, in order; owned */
    GPtrArray *values;
    bool quiet; /* what does not fit is not told */
} SrPlotVaried;

/** SrPlotAxes: chooses the keys for the axes of a figure of a sweep: @x and @y, which may be those
 * that were asked for. Returns: an exit status; the error was printed unless it is SR_EXIT_OK */
typedef int (*SrPlotAxes)(const SrPlotVaried *varied, const char **x, const char **y);
int sr_plot_axes_heatmap(const SrPlotVaried *varied, const char **x, const char **y);
int sr_plot_axes_retention(const SrPlotVaried *varied, const char **x, const char **y);
int sr_plot_axes_leeway(const SrPlotVaried *varied, const char **x, const char **y);
int sr_plot_axes_window(const SrPlotVaried *varied, const char **x, const char **y);
int sr_plot_axes_one(const SrPlotVaried *varied, const char **x, const char **y);

/** SR_PLOT_OF_SHARE, SR_PLOT_OF_MEASURE: what `--of` may name. */
#define SR_PLOT_OF_SHARE (1u << 0)
#define SR_PLOT_OF_MEASURE (1u << 1)

/** SrPlotKind: a kind of figure. */
typedef struct {
    const char *name;
    const char *of_traces; /* (nullable) its filter for traces */
    const char *of_sweep;  /* (nullable) its filter for a sweep */
    const char *script;    /* that draws it from a sweep */
    SrPlotAxes axes;       /* (nullable) */
    const char *options;   /* (nullable) those of a sweep that it takes, a letter each */
    unsigned of;           /* SR_PLOT_OF_ bits; without SHARE a name is needed */
    unsigned n_files;      /* how many it shows; 0: any number of traces, or one sweep */
} SrPlotKind;

/** sr_plot_kind: Returns: (transfer none) (nullable): the kind called @name */
const SrPlotKind *sr_plot_kind(const char *name);
/** sr_plot_kind_names: Returns: (transfer container): the names of all kinds, ended by %NULL */
const char **sr_plot_kind_names(void);

/** SrPlotOptions: the kind and format of a figure. */
typedef struct {
    const SrPlotKind *kind;
    const char *format; /* (nullable) "svg", "png" or "pdf" */
    gboolean dark;
    unsigned deadline_s;          /* for each external program */
    bool sweep;                   /* drawn from the result of a sweep, not from traces */
    const char *const *arguments; /* (nullable) for jq, closed by %NULL */
} SrPlotOptions;

/** sr_plot_sweep_has: Returns: SR_PLOT_OF_ bits: what the points of a sweep have of that name */
unsigned sr_plot_sweep_has(const char *name);

/** sr_plot_add_argument: Appends --arg @name @value of a filter to @arguments; @value: (nullable):
 * nothing is appended */
void sr_plot_add_argument(GPtrArray *arguments, const char *name, const char *value);

/**
 * sr_plot_sweep_arguments:
 * @paths: closed by %NULL
 * @arguments: (element-type utf8): the filter's arguments are appended
 *
 * Reads the results of sweeps at @paths and chooses the axes for the first. Complains on standard
 * error where one is malformed, does not vary what the figure needs, or cannot stand beside another.
 *
 * Returns: an exit status
 */
int sr_plot_sweep_arguments(const SrPlotKind *kind, char *const *paths,
                            const SrPlotSweep *asked, GPtrArray *arguments);

/**
 * sr_plot_sweep_choose:
 * @quiet: do not complain: the caller draws what fits
 *
 * The same of a result that was read. Returns: SR_EXIT_OK where @file varies what the figure needs
 */
int sr_plot_sweep_choose(const SrPlotKind *kind, const SrSweepFile *file,
                         const SrPlotSweep *asked, bool quiet, GPtrArray *arguments);

/** sr_plot_begins_trace: Returns: whether a file that begins with these bytes says that it is a
 * trace */
bool sr_plot_begins_trace(const char *bytes, size_t n);
/** sr_plot_begins_sweep: the same of the result of a sweep */
bool sr_plot_begins_sweep(const char *bytes, size_t n);

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

/**
 * sr_plot_dot:
 * @dot: a graph in the language DOT
 * @svg: (out) (transfer full): its picture
 * @message: (out) (transfer full): as for sr_plot_draw()
 *
 * Draws a graph with Graphviz, in the same way.
 */
bool sr_plot_dot(const GString *dot, unsigned deadline_s, GBytes **svg, char **message);

/* Sequence diagrams of a trace: our own SVG, Mermaid, text for 80 columns, and Chrome trace
 * JSON for Perfetto. */
#pragma once

#include <glib.h>

#include "session-race/trace-reader.h"

typedef enum {
    SR_DIAGRAM_SVG,
    SR_DIAGRAM_MERMAID,
    SR_DIAGRAM_TEXT,
    SR_DIAGRAM_PERFETTO
} SrDiagramFormat;
#define SR_DIAGRAM_FORMAT_N (SR_DIAGRAM_PERFETTO + 1)

/** SrDiagramOptions: which part to draw, and how. All zero draws everything in light colours.
 */
typedef struct {
    SrDiagramFormat format;
    bool dark;       /* SVG */
    SrTime from, to; /* `--between`: records with from <= t <= to; to 0 is the end */
    const uint32_t *
        nodes; /* `--node`: (array length=n_nodes): messages that begin or end at one of these */
    size_t n_nodes;
    uint32_t steps; /* `--step`: bits 1 << step (1 … 7, 0 is the preamble); 0: all */
} SrDiagramOptions;

/** sr_diagram_write: appends the diagram of @trace. The same input gives the same bytes.
 * From 12 clients on, those that do the same share one lifeline. */
void sr_diagram_write(const SrTrace *trace, const SrDiagramOptions *options, GString *out);

/**
 * sr_diagram_sheets:
 * @options: as for sr_diagram_write(); its format is SVG
 *
 * The same diagram in parts, each no higher than a sheet of paper if it is as wide as one. The parts below each
 * other are the whole; each names the lifelines.
 *
 * Returns: (transfer full) (element-type utf8): the parts, from the top down; at least one
 */
GPtrArray *sr_diagram_sheets(const SrTrace *trace, const SrDiagramOptions *options);

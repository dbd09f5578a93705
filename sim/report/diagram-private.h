/* What the forms of a sequence diagram share: the plan of what is drawn, in the order of the
 * events. */
#pragma once

#include "report/diagram.h"

/* From so many clients on, clients that do the same become one group, and at most
 * this many groups are drawn. */
#define SR_DIAGRAM_CLIENTS_MAX 12u

/* A message: an arrow. */
typedef struct {
    const SrRecord *record; /* of the sending, or of the receipt if the sending is unknown */
    SrTime sent, arrived;   /* SR_TIME_NEVER: not known */
    uint32_t from, to;      /* nodes */
    uint32_t order;         /* number of the sent message in the trace, from 0 */
    uint8_t lost;           /* SrReason; SR_REASON_NONE: it was not lost */
    uint8_t step;           /* 1 … 7; 0: the preamble */
    bool copy;              /* a further receipt of a message that was received before */
} SrDiagramMessage;

typedef enum {
    SR_DIAGRAM_SEND,
    SR_DIAGRAM_ARRIVE, /* or is lost */
    SR_DIAGRAM_NOTE,
    SR_DIAGRAM_CHECK, /* a note on all: a check that failed */
    SR_DIAGRAM_STATE, /* of a client */
} SrDiagramRowKind;

/* One row: an event at one node. */
typedef struct {
    SrDiagramRowKind kind;
    const SrRecord *record;
    uint32_t node;    /* where it happens */
    uint32_t message; /* of SEND and ARRIVE: index of the message */
    uint8_t step;     /* 1 … 7; 0: the preamble */
    bool copied;      /* of ARRIVE: the row of its sending was not drawn before */
} SrDiagramRow;

/* A lifeline. */
typedef struct {
    uint32_t node;
    char *name;      /* as a terminal may show it */
    uint32_t others; /* clients that are folded into this one */
} SrDiagramLine;

typedef struct {
    const SrTrace *trace;
    const SrDiagramOptions *options;
    GArray *messages; /* SrDiagramMessage */
    GArray *rows;     /* SrDiagramRow: what is drawn */
    GArray *lines;    /* SrDiagramLine: token provider, clients, server, encryption provider */
    uint32_t *column; /* of each node among @lines; UINT32_MAX: not drawn */
    uint32_t n_left_out; /* clients of the groups that are not drawn */
    char *title;         /* as a terminal may show it */
} SrDiagramPlan;

typedef enum { SR_TONE_PLAIN, SR_TONE_GOOD, SR_TONE_WARN, SR_TONE_BAD } SrTone;
#define SR_TONE_N (SR_TONE_BAD + 1)

#define SR_DIAGRAM_STEP_REACHED UINT8_MAX
/* What a note says of an event. */
typedef struct {
    const char
        *words; /* (nullable) NULL: there is no note; "": its words depend on the record */
    SrTone tone;
    bool shows_hint, shows_reason;
    uint8_t
        step; /* 0 … 7, or SR_DIAGRAM_STEP_REACHED: the one that its node, or the run, is at */
} SrDiagramNote;
extern const SrDiagramNote sr_diagram_notes[SR_EVENT_N];

static inline SrDiagramMessage *
message_at(const SrDiagramPlan *plan, uint32_t i)
{
    return &g_array_index(plan->messages, SrDiagramMessage, i);
}

static inline const SrDiagramRow *
row_at(const SrDiagramPlan *plan, guint i)
{
    return &g_array_index(plan->rows, SrDiagramRow, i);
}

static inline const SrDiagramLine *
line_at(const SrDiagramPlan *plan, guint i)
{
    return &g_array_index(plan->lines, SrDiagramLine, i);
}

/* @folds: whether many clients become groups */
SrDiagramPlan *sr_diagram_plan_new(const SrTrace *trace, const SrDiagramOptions *options,
                                   bool folds);
void sr_diagram_plan_free(SrDiagramPlan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SrDiagramPlan, sr_diagram_plan_free)

/* The functions below append text without hidden characters (sr_escape_terminal()). */

/* The message with its hint, key or reason, each shortened. */
void sr_diagram_label(const SrDiagramPlan *plan, const SrDiagramMessage *message, GString *out);
/* The same, and whether it was lost or is a further receipt. */
void sr_diagram_long_label(const SrDiagramPlan *plan, const SrDiagramMessage *message,
                           GString *out);
/* Appends the text of a row of kind NOTE or CHECK. Returns: its tone */
SrTone sr_diagram_note(const SrDiagramPlan *plan, const SrDiagramRow *row, GString *out);
/* Appends the name of @line; for a group also the number of other clients. */
void sr_diagram_line_name(const SrDiagramLine *line, GString *out);
/* Shortens the part of @out from @from on to @n_characters, the last of which is an ellipsis.
 */
void sr_diagram_shorten(GString *out, gsize from, glong n_characters);
/* Takes a line of at most @width columns from the start of *@text; *@text is then what comes after
 * it and its blank. Returns: the bytes of the line */
gsize sr_diagram_take_line(const char **text, unsigned width);

void sr_diagram_svg(const SrDiagramPlan *plan, GString *out);
void sr_diagram_mermaid(const SrDiagramPlan *plan, GString *out);
void sr_diagram_text(const SrDiagramPlan *plan, GString *out);
void sr_diagram_perfetto(const SrDiagramPlan *plan, GString *out);

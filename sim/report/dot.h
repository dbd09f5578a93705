/* Graphs of explorations for Graphviz, in its language DOT. Everything from a file is text in them. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/** SrDotMove: a move between two states. Borrowed. */
typedef struct {
    uint32_t from, to;
    const char *text;
    bool fails;  /* a check fails in it */
    bool on_way; /* it is part of the way that is shown */
} SrDotMove;

/** SrDotState: a state. */
typedef struct {
    bool end;   /* nothing is left to happen */
    bool fails; /* a check fails in the end */
    bool on_way;
} SrDotState;

/**
 * sr_dot_way:
 * @steps: closed by %NULL
 * @check: the check that fails at the end
 *
 * Appends the way to a failure, a box a step.
 */
void sr_dot_way(GString *out, const char *title, char *const *steps, const char *check);

/**
 * sr_dot_states:
 * @states: (array length=n_states): the first is the beginning
 * @moves: (array length=n_moves): between them, by index
 *
 * Appends a graph of states. Moves between the same two states share an edge.
 */
void sr_dot_states(GString *out, const char *title, const SrDotState *states, size_t n_states,
                   const SrDotMove *moves, size_t n_moves);

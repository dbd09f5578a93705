/* `explore --graph`: a small search as a graph, else the way to a failure, for Graphviz.
 *
 * A small search is made once more, on one thread and with every client told apart, so that each
 * move has the name of the client that makes it. */
#include <string.h>

#include "base/whole-file.h"
#include "explore-private.h"
#include "report/dot.h"

/* Nobody reads a graph of more states. */
#define STATES_MAX 400u
#define MOVES_MAX 2000u

typedef struct {
    const SrExploreSession *session;
    GHashTable *numbers;  /* of a state in the search: 1 + its index */
    GArray *states;       /* SrDotState */
    GArray *moves;        /* SrDotMove; their texts are owned */
    GHashTable *seen;     /* "FROM TO MOVE" */
    GArray *parents;      /* uint32_t: 1 + the move that first led to each state; 0: none */
    uint32_t failing;     /* 1 + the first move in which the shown check fails; 0: none */
    uint32_t failing_end; /* the same of an end state */
    bool too_many;
} Graph;

static uint32_t
index_of(Graph *graph, uint32_t number)
{
    gpointer key = GUINT_TO_POINTER(number);
    uint32_t index = GPOINTER_TO_UINT(g_hash_table_lookup(graph->numbers, key));
    const SrDotState state = { false, false, false };
    const uint32_t none = 0;

    if (index != 0)
        return index - 1;
    g_array_append_val(graph->states, state);
    g_array_append_val(graph->parents, none);
    g_hash_table_insert(graph->numbers, key, GUINT_TO_POINTER(graph->states->len));
    return graph->states->len - 1;
}

static void
add_end(Graph *graph, uint32_t at, bool shown, bool fails)
{
    SrDotState *state = &g_array_index(graph->states, SrDotState, at);

    state->end = true;
    state->fails = fails;
    if (shown && graph->failing_end == 0)
        graph->failing_end = at + 1;
}

static void
add_edge(void *data, const SrExploreEdge *edge)
{
    Graph *graph = data;
    uint32_t from = index_of(graph, edge->from), to = index_of(graph, edge->to);
    bool shown =
        graph->session->shown != SR_CHECK_N && edge->failed >> graph->session->shown & 1;
    uint32_t *parent;

    if (*edge->move == '\0') {
        add_end(graph, from, shown, edge->failed != 0);
        return;
    }
    char *name = g_strdup_printf("%u %u %s", from, to, edge->move);
    if (!g_hash_table_add(graph->seen, name))
        return;
    const SrDotMove move = { from, to, g_strdup(edge->move), edge->failed != 0, false };
    g_array_append_val(graph->moves, move);
    parent = &g_array_index(graph->parents, uint32_t, to);
    if (*parent == 0 && to != 0)
        *parent = graph->moves->len;
    if (shown && graph->failing == 0)
        graph->failing = graph->moves->len;
    graph->too_many |= graph->states->len > STATES_MAX || graph->moves->len > MOVES_MAX;
}

static bool
is_too_large(void *data)
{
    return ((const Graph *) data)->too_many || sr_stop_signal() != 0;
}

/* Marks the way to the failure that is shown. The search goes level by level, so the first move
 * that leads to a state is of a shortest way. */
static void
mark_way(Graph *graph)
{
    uint32_t move = graph->failing;

    if (move == 0 && graph->failing_end != 0) {
        move = g_array_index(graph->parents, uint32_t, graph->failing_end - 1);
        g_array_index(graph->states, SrDotState, graph->failing_end - 1).on_way = true;
    }
    while (move != 0) {
        SrDotMove *on_way = &g_array_index(graph->moves, SrDotMove, move - 1);

        on_way->on_way = true;
        g_array_index(graph->states, SrDotState, on_way->from).on_way = true;
        move = on_way->from != 0 ? g_array_index(graph->parents, uint32_t, on_way->from) : 0;
    }
}

static void
clear_move(void *move)
{
    g_free((char *) (uintptr_t) ((SrDotMove *) move)->text);
}

static char *
title_of(const SrExploreSession *session)
{
    const char *title = session->scenario->title;

    return g_strdup(*title != '\0' ? title : sr_whole_file_name(session->file->path));
}

/* Returns: whether the search is small enough, and @dot has its graph */
static bool
draw_all(const SrExploreSession *session, const SrExploreOptions *options, GString *dot)
{
    SrExploreOptions again = *options;
    Graph graph = {
        .session = session,
        .numbers = g_hash_table_new(NULL, NULL),
        .states = g_array_new(FALSE, FALSE, sizeof(SrDotState)),
        .moves = g_array_new(FALSE, FALSE, sizeof(SrDotMove)),
        .seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
        .parents = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
    };
    g_autofree char *title = title_of(session);
    SrExploreResult result;

    g_array_set_clear_func(graph.moves, clear_move);
    again.jobs = 1;
    again.no_symmetry = true;
    again.edge = add_edge;
    again.stop = is_too_large;
    again.progress = NULL;
    again.edge_data = again.stop_data = &graph;
    SrExploration *exploration = sr_exploration_new(session->scenario, &again);
    sr_exploration_search(exploration, &result);
    sr_exploration_free(exploration);
    graph.too_many |= result.states > STATES_MAX || sr_stop_signal() != 0;
    if (!graph.too_many) {
        mark_way(&graph);
        sr_dot_states(dot, title, (const SrDotState *) (void *) graph.states->data,
                      graph.states->len, (const SrDotMove *) (void *) graph.moves->data,
                      graph.moves->len);
    }
    g_hash_table_unref(graph.numbers);
    g_hash_table_unref(graph.seen);
    g_array_unref(graph.states);
    g_array_unref(graph.moves);
    g_array_unref(graph.parents);
    return !graph.too_many;
}

static void
take_step(void *data, uint32_t number, const char *what)
{
    (void) number;
    g_ptr_array_add(data, g_strdup(what));
}

int
sr_explore_graph(SrExploreSession *session, const SrExploreOptions *options, const char *path)
{
    g_autoptr(GString) dot = g_string_new(NULL);
    g_autoptr(GPtrArray) steps = g_ptr_array_new_with_free_func(g_free);
    const SrExploreTeller teller = { .step = take_step, .data = steps };
    g_autofree char *title = title_of(session);

    if (session->result.states > STATES_MAX || !draw_all(session, options, dot)) {
        if (session->shown == SR_CHECK_N || !(session->result.failed >> session->shown & 1)) {
            sr_message(
                "no graph is written: there are more than %u states, and no failure whose "
                "way could be drawn; --clients, --crashes or --depth make it smaller",
                STATES_MAX);
            return SR_EXIT_OK;
        }
        sr_exploration_tell(session->exploration, session->shown, &teller);
        g_ptr_array_add(steps, NULL);
        sr_dot_way(dot, title, (char *const *) steps->pdata, sr_check_name(session->shown));
        if (!session->options->quiet)
            sr_message("more than %u states: the graph shows the way to the failure of %s only",
                       STATES_MAX, sr_check_name(session->shown));
    }
    return sr_output_text(path, dot->str, dot->len);
}

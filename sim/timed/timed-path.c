/* From a class back to the start: the events of a run, the differences that hold between their
 * instants, and instants that satisfy all of them. */
#include "timed/timed-private.h"

void
sr_timed_path_free(TimedPath *path)
{
    if (path == NULL)
        return;
    g_array_unref(path->events);
    g_array_unref(path->differences);
    g_array_unref(path->critical);
    g_free(path);
}

/* ---- the events ---- */

static GArray *
list_choices(const Search *search, uint32_t class)
{
    GArray *choices = g_array_new(FALSE, FALSE, sizeof(Choice));

    while (class != NO_CLASS) {
        Choice choice;
        uint32_t parent = sr_class_store_parent(search->store, class, &choice);

        if (parent != NO_CLASS)
            g_array_prepend_val(choices, choice);
        class = parent;
    }
    return choices;
}

static TimedPath *
path_new(Recorder *recorder)
{
    TimedPath *path = g_new0(TimedPath, 1);

    path->events = recorder->events = g_array_new(FALSE, TRUE, sizeof(Event));
    path->differences = recorder->differences = g_array_new(FALSE, FALSE, sizeof(Difference));
    path->critical = g_array_new(FALSE, FALSE, sizeof(Hop));
    for (unsigned i = 0; i < CLIENTS_MAX; i++)
        recorder->who[i] = (uint8_t) i;
    return path;
}

/* Events of one client come in the order in which they were taken; so do those of a service, unless
 * they commute. */
static void
order_by_node(TimedPath *path, const GArray *taken)
{
    uint32_t latest[SR_SERVICE_N + CLIENTS_MAX];

    for (unsigned i = 0; i < G_N_ELEMENTS(latest); i++)
        latest[i] = 0;
    for (guint i = 0; i < taken->len; i++) {
        uint32_t number = g_array_index(taken, uint32_t, i);
        const Event *event = &g_array_index(path->events, Event, number);
        unsigned node = sr_event_node(event);

        if (event->ignored)
            continue;
        if (latest[node] != 0) {
            Difference difference = {
                .a = latest[node], .b = number, .soft = true, .wish = node < SR_SERVICE_N
            };

            g_array_append_val(path->differences, difference);
        }
        latest[node] = number;
    }
}

unsigned
sr_event_node(const Event *event)
{
    bool at_service = (event->kind == EVENT_ARRIVE && event->place % 2 == 0) ||
                      event->kind == EVENT_PROCESSED || event->kind == EVENT_READY;

    if (event->kind == EVENT_ESTABLISH || event->kind == EVENT_DETECT)
        return SR_NODE_SERVER;
    if (event->kind == EVENT_POINT && event->place != NO_POINT)
        return event->place;
    if (!at_service)
        return SR_SERVICE_N + event->client;
    return event->kind == EVENT_READY ? SR_NODE_ENCRYPTION_PROVIDER
           : event->place >= AT_QUEUE ? (unsigned) event->place - AT_QUEUE
                                      : event->place / 2u;
}

/* Follows the choices to @class, and then makes @last if it is not NULL. */
static TimedPath *
follow(Search *search, uint32_t class, const Choice *last, uint8_t *from, uint8_t *to)
{
    g_autoptr(GArray) choices = list_choices(search, class);
    g_autoptr(GArray) taken = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    Recorder recorder = { 0 };
    TimedPath *path = path_new(&recorder);
    bool possible = true;

    search->recorder = &recorder;
    sr_search_begin(search);
    sr_search_go_on(search, true);
    for (guint i = 0; i < choices->len + (last != NULL); i++) {
        const Choice *choice = i < choices->len ? &g_array_index(choices, Choice, i) : last;

        possible = sr_search_step(search, *choice);
        g_assert(possible);
        g_array_append_val(taken, recorder.last_taken);
        if (choice != last)
            sr_search_go_on(search, false);
    }
    if (from != NULL) {
        path->from = recorder.of_var[*from];
        path->to = recorder.of_var[*to];
    }
    search->recorder = NULL;
    path->n_taken = taken->len;
    path->unit = search->rules->unit;
    order_by_node(path, taken);
    return path;
}

/* ---- instants ---- */

/* x[a] - x[b] <= most, in ns. */
typedef struct {
    uint32_t a, b;
    int64_t most;
} Row;

static void
add_row(GArray *rows, uint32_t a, uint32_t b, int64_t most)
{
    Row row = { a, b, most };

    g_array_append_val(rows, row);
}

static GArray *
list_rows(const Rules *rules, const TimedPath *path)
{
    GArray *rows = g_array_new(FALSE, FALSE, sizeof(Row));
    int64_t unit = (int64_t) rules->unit;

    for (guint i = 1; i < path->events->len; i++) {
        const Event *event = &g_array_index(path->events, Event, i);

        add_row(rows, i, event->cause, event->bound.hi * unit);
        add_row(rows, event->cause, i, -(int64_t) event->bound.lo * unit);
    }
    for (guint i = 0; i < path->differences->len; i++) {
        const Difference *it = &g_array_index(path->differences, Difference, i);

        add_row(rows, it->a, it->b, it->wish ? INT64_MAX / 4 : it->most * unit);
    }
    return rows;
}

/* Finds the earliest instants that satisfy all @rows. Returns: whether there are any */
static bool
solve(const GArray *rows, guint n_events, int64_t *at)
{
    bool changed = true;

    for (guint i = 0; i < n_events; i++)
        at[i] = i == 0 ? 0 : INT64_MIN / 2;
    for (guint round = 0; changed; round++) {
        if (round > n_events + 1)
            return false;
        changed = false;
        for (guint i = 0; i < rows->len; i++) {
            const Row *row = &g_array_index(rows, Row, i);

            /* x[b] >= x[a] - most */
            if (row->most < INT64_MAX / 4 && at[row->a] > INT64_MIN / 2 &&
                at[row->b] < at[row->a] - row->most) {
                at[row->b] = at[row->a] - row->most;
                changed = true;
            }
        }
        if (at[0] > 0)
            return false;
    }
    return true;
}

/* Makes as many orders strict as there is time for, by 1 ns each: then it makes no difference how
 * a run orders events at one instant. */
static void
pull_apart(const TimedPath *path, GArray *rows, guint first, int64_t *at)
{
    guint n = path->events->len;
    g_autofree int64_t *tried = g_new(int64_t, n);

    for (guint i = 0; i < path->differences->len; i++) {
        const Difference *it = &g_array_index(path->differences, Difference, i);
        Row *row = &g_array_index(rows, Row, first + i);
        int64_t before;

        if (!it->soft || (at[it->a] < at[it->b] && !it->wish))
            continue;
        before = row->most;
        row->most = -1;
        if (at[it->a] < at[it->b])
            continue;
        if (solve(rows, n, tried))
            memcpy(at, tried, n * sizeof *at);
        else
            row->most = before;
    }
}

/* The bounds that add up to the greatest x[to] - x[from]. */
static void
find_critical(const Rules *rules, TimedPath *path, const GArray *rows, uint32_t from,
              uint32_t to)
{
    guint n = path->events->len;
    g_autofree int64_t *distance = g_new(int64_t, n);
    g_autofree guint *by = g_new0(guint, n);
    bool changed = true;

    for (guint i = 0; i < n; i++)
        distance[i] = i == from ? 0 : INT64_MAX / 2;
    for (guint round = 0; changed && round <= n; round++) {
        changed = false;
        for (guint i = 0; i < rows->len; i++) {
            const Row *row = &g_array_index(rows, Row, i);

            if (row->most < INT64_MAX / 4 && distance[row->b] < INT64_MAX / 2 &&
                distance[row->b] + row->most < distance[row->a]) {
                distance[row->a] = distance[row->b] + row->most;
                by[row->a] = i;
                changed = true;
            }
        }
    }
    for (guint at = to, steps = 0; at != from && steps <= n; steps++) {
        const Row *row = &g_array_index(rows, Row, by[at]);
        Hop hop = { .from = row->b,
                    .to = row->a,
                    .most = (int32_t) (row->most / (int64_t) rules->unit) };

        g_array_prepend_val(path->critical, hop);
        at = row->b;
    }
}

static bool
place(const Rules *rules, TimedPath *path, const Best *best, bool most)
{
    g_autoptr(GArray) rows = list_rows(rules, path);
    guint n = path->events->len, first = 2 * (n - 1);
    g_autofree int64_t *at = g_new(int64_t, n);

    if (best != NULL) {
        int64_t value = best->value * (int64_t) rules->unit;

        find_critical(rules, path, rows, most ? path->from : path->to,
                      most ? path->to : path->from);
        if (most)
            add_row(rows, path->from, path->to, -value);
        else
            add_row(rows, path->to, path->from, value);
    }
    if (!solve(rows, n, at))
        return false;
    pull_apart(path, rows, first, at);
    for (guint i = 0; i < n; i++)
        g_array_index(path->events, Event, i).at = at[i];
    return true;
}

TimedPath *
sr_timed_path_span(Search *search, const Best *best, bool most)
{
    uint8_t from = best->from, to = best->to;
    TimedPath *path;

    if (!best->found)
        return NULL;
    path = follow(search, best->class, &best->choice, &from, &to);
    path->value = best->value;
    if (!place(search->rules, path, best, most)) {
        sr_timed_path_free(path);
        return NULL;
    }
    return path;
}

TimedPath *
sr_timed_path_broken(Search *search, const Broken *broken)
{
    TimedPath *path;

    if (!broken->failed)
        return NULL;
    path = follow(search, broken->class, broken->at_end ? NULL : &broken->choice, NULL, NULL);
    if (!place(search->rules, path, NULL, true)) {
        sr_timed_path_free(path);
        return NULL;
    }
    return path;
}

/* ---- in words ---- */

char *
sr_timed_node_name(const Rules *rules, uint32_t node)
{
    char name[SR_NODE_NAME_MAX];
    size_t n = sr_scenario_node_name(rules->plan.scenario, node, name);

    return g_strndup(name, n);
}

static char *
words_of(const Rules *rules, const Event *event)
{
    g_autofree char *name = sr_timed_node_name(rules, SR_NODE_FIRST_CLIENT + event->client);
    const char *msg = event->type != 0 ? sr_msg_name((SrMsg) event->type) : "";

    switch ((PathEventKind) event->kind) {
    case EVENT_BEGIN:
        return g_strdup("the run begins");
    case EVENT_START:
        return g_strdup_printf("%s starts", name);
    case EVENT_ARRIVE:
        return g_strdup_printf(event->place % 2 == 1 ? "%s to %s" : "%s of %s", msg, name);
    case EVENT_PROCESSED:
        return g_strdup_printf("%s of %s processed", msg, name);
    case EVENT_READY:
        return g_strdup_printf(
            event->place == AT_GENERATE ? "key made for %s" : "key looked up for %s", name);
    case EVENT_DERIVED:
        return g_strdup_printf("derived by %s", name);
    case EVENT_RETRY:
        return g_strdup_printf("%s tries again", name);
    case EVENT_ESTABLISH:
        return g_strdup_printf("the server waits no longer for %s", name);
    case EVENT_DETECT:
        return g_strdup_printf("the server sees that %s is gone", name);
    case EVENT_POINT:
        return sr_point_words(rules, event->number);
    case EVENT_TIMEOUT:
        return event->type == 0 ? g_strdup_printf("%s waits no longer", name)
                                : g_strdup_printf("%s gives up its %s", name, msg);
    }
    g_assert_not_reached();
}

static bool
is_critical(const TimedPath *path, uint32_t number)
{
    for (guint i = 0; i < path->critical->len; i++)
        if (g_array_index(path->critical, Hop, i).to == number)
            return true;
    return false;
}

static int
by_instant(const void *a, const void *b)
{
    const SrTimedStep *x = *(const SrTimedStep *const *) a,
                      *y = *(const SrTimedStep *const *) b;

    return x->at < y->at ? -1 : x->at > y->at;
}

GPtrArray *
sr_timed_path_steps(const Rules *rules, const TimedPath *path)
{
    GPtrArray *steps = g_ptr_array_new_with_free_func((GDestroyNotify) sr_timed_step_free);

    for (guint i = 1; i < path->events->len; i++) {
        const Event *event = &g_array_index(path->events, Event, i);
        const Event *cause = &g_array_index(path->events, Event, event->cause);
        SrTimedStep *step;

        if (!event->taken)
            continue;
        step = g_new0(SrTimedStep, 1);
        step->what = words_of(rules, event);
        step->at = (SrTime) event->at;
        step->delay = (SrSpan) (event->at - cause->at);
        step->least = (SrSpan) event->bound.lo * path->unit;
        step->most = (SrSpan) event->bound.hi * path->unit;
        step->critical = is_critical(path, i);
        g_ptr_array_add(steps, step);
    }
    g_ptr_array_sort(steps, by_instant);
    return steps;
}

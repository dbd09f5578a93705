/* Chooses the keys of a sweep for the axes of a figure, and checks that the sweep varies them.
 * The arguments of the filters are checked here, so the filters need not check them. */
#include "plot-private.h"

#include <string.h>

#include "cli-private.h"
#include "report/sweep-file.h"
#include "session-race/record.h"
#include "session-race/time.h"

/* A figure with more columns or rows could not be read. */
#define VALUES_MAX 200u
/* Points of a comparison; each is looked for in the other result. */
#define COMPARED_MAX 1000u

#define RETENTION "encryption-provider.retention"
#define SKEW "token-provider.clock-offset"
#define LEEWAY "server.leeway"

/* ---- what is varied ---- */

/* Returns: (nullable): the value that an assignment of @at gives to @key */
static const char *
value_of(const GPtrArray *at, const char *key)
{
    size_t n = strlen(key);

    for (guint i = 0; i < at->len; i++) {
        const char *assignment = g_ptr_array_index(at, i);
        if (strncmp(assignment, key, n) == 0 && assignment[n] == '=')
            return assignment + n + 1;
    }
    return NULL;
}

static GPtrArray *
different_values(const SrSweepFile *file, const char *key)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    GPtrArray *values = g_ptr_array_new();

    for (guint i = 0; i < file->points->len; i++) {
        const SrSweepPoint *point = g_ptr_array_index(file->points, i);
        const char *value = value_of(point->at, key);
        if (value != NULL && g_hash_table_add(seen, (void *) (uintptr_t) value))
            g_ptr_array_add(values, (void *) (uintptr_t) value);
    }
    return values;
}

static void
varied_init(SrPlotVaried *varied, const SrSweepFile *file, bool quiet)
{
    *varied =
        (SrPlotVaried){ file, g_ptr_array_new_with_free_func(g_free),
                        g_ptr_array_new_with_free_func((GDestroyNotify) g_ptr_array_unref),
                        quiet };
    if (file->points->len == 0)
        return;
    const SrSweepPoint *first = g_ptr_array_index(file->points, 0);
    for (guint i = 0; i < first->at->len; i++) {
        const char *assignment = g_ptr_array_index(first->at, i);
        char *key = g_strndup(assignment, strcspn(assignment, "="));
        GPtrArray *values = different_values(file, key);
        if (values->len > 1) {
            g_ptr_array_add(varied->keys, key);
            g_ptr_array_add(varied->values, values);
        } else {
            g_free(key);
            g_ptr_array_unref(values);
        }
    }
}

static void
varied_clear(SrPlotVaried *varied)
{
    g_clear_pointer(&varied->keys, g_ptr_array_unref);
    g_clear_pointer(&varied->values, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SrPlotVaried, varied_clear)

/* Returns: (nullable): its different values, if there are several */
static const GPtrArray *
values_of(const SrPlotVaried *varied, const char *key)
{
    for (guint i = 0; i < varied->keys->len; i++)
        if (strcmp(g_ptr_array_index(varied->keys, i), key) == 0)
            return g_ptr_array_index(varied->values, i);
    return NULL;
}

/* ---- what is refused ---- */

/* Prints `FILE:1: error: MESSAGE`, with a note that lists what is there. */
static int G_GNUC_PRINTF(2, 3) refuse(const SrPlotVaried *varied, const char *format, ...)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GString) known = g_string_new(NULL);
    const char *path = varied->file->path;
    va_list arguments;

    if (varied->quiet)
        return SR_EXIT_MALFORMED;
    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    for (guint i = 0; i < MIN(varied->keys->len, 8); i++)
        g_string_append_printf(known, "%s%s", i > 0 ? ", " : "",
                               (char *) g_ptr_array_index(varied->keys, i));
    sr_text_plain(text, path);
    g_string_append(text, ":1: error: ");
    sr_text_plain(text, message);
    g_string_append_c(text, '\n');
    sr_text_plain(text, path);
    g_string_append(text, ":1: note: ");
    g_string_append(text, "this sweep varies ");
    sr_text_plain(text, known->len > 0 ? known->str : "nothing");
    g_string_append_c(text, '\n');
    sr_error_text(text);
    return SR_EXIT_MALFORMED;
}

static int
refuse_unvaried(const SrPlotVaried *varied, const char *key)
{
    return refuse(varied, "this sweep does not vary '%s'", key);
}

/* ---- the axes of each kind ---- */

int
sr_plot_axes_heatmap(const SrPlotVaried *varied, const char **x, const char **y)
{
    if (varied->keys->len < 2)
        return refuse(varied, "a heat map has two axes, and this sweep varies %s",
                      varied->keys->len == 0 ? "no key" : "one key only");
    if ((*x == NULL || *y == NULL) && varied->keys->len > 2)
        return refuse(
            varied, "a heat map has two axes: choose them with --x KEY and --y KEY; the other "
                    "keys are added up");
    for (guint i = 0; i < varied->keys->len && (*x == NULL || *y == NULL); i++) {
        const char *key = g_ptr_array_index(varied->keys, i);
        if (*x == NULL && (*y == NULL || strcmp(*y, key) != 0))
            *x = key;
        else if (*y == NULL && strcmp(*x, key) != 0)
            *y = key;
    }
    const char *const keys[] = { *x, *y };
    for (size_t i = 0; i < 2; i++) {
        const GPtrArray *values = keys[i] != NULL ? values_of(varied, keys[i]) : NULL;
        if (values == NULL)
            return refuse_unvaried(varied, keys[i] != NULL ? keys[i] : "");
        if (values->len > VALUES_MAX)
            return refuse(varied, "'%s' takes %u values, and a heat map has room for %u",
                          keys[i], values->len, VALUES_MAX);
    }
    if (strcmp(*x, *y) == 0)
        return refuse(varied, "'%s' cannot be on both axes", *x);
    return SR_EXIT_OK;
}

/* Figures with one axis: curves for all else that is varied. */
int
sr_plot_axes_one(const SrPlotVaried *varied, const char **x, const char **y)
{
    const GPtrArray *values;

    *y = NULL;
    if (varied->keys->len == 0)
        return refuse(varied, "a curve needs a key to the right, and this sweep varies none");
    if (*x == NULL)
        *x = g_ptr_array_index(varied->keys, 0);
    values = values_of(varied, *x);
    if (values == NULL)
        return refuse_unvaried(varied, *x);
    return values->len <= VALUES_MAX
               ? SR_EXIT_OK
               : refuse(varied, "'%s' takes %u values, and a curve has room for %u", *x,
                        values->len, VALUES_MAX);
}

/* for(D) */
static bool
is_kept_for(const char *value)
{
    size_t n = strlen(value);
    SrSpan span;

    return g_str_has_prefix(value, "for(") && value[n - 1] == ')' &&
           sr_span_parse(value + 4, n - 5, &span) == SR_NUMBER_OK;
}

int
sr_plot_axes_retention(const SrPlotVaried *varied, const char **x, const char **y)
{
    const GPtrArray *values = values_of(varied, RETENTION);

    *y = NULL;
    *x = RETENTION;
    if (values == NULL)
        return refuse_unvaried(varied, RETENTION);
    for (guint i = 0; i < values->len; i++)
        if (is_kept_for(g_ptr_array_index(values, i)))
            return SR_EXIT_OK;
    return refuse(varied, "no value of '%s' is for(D)", RETENTION);
}

int
sr_plot_axes_leeway(const SrPlotVaried *varied, const char **x, const char **y)
{
    *x = SKEW;
    *y = LEEWAY;
    if (values_of(varied, SKEW) == NULL)
        return refuse_unvaried(varied, SKEW);
    if (values_of(varied, LEEWAY) == NULL)
        return refuse_unvaried(varied, LEEWAY);
    return SR_EXIT_OK;
}

int
sr_plot_axes_window(const SrPlotVaried *varied, const char **x, const char **y)
{
    const char *start = NULL;
    unsigned n_starts = 0;

    *y = NULL;
    for (guint i = 0; *x == NULL && i < varied->keys->len; i++) {
        const char *key = g_ptr_array_index(varied->keys, i);
        if (g_str_has_prefix(key, "client ") && g_str_has_suffix(key, ".start")) {
            start = key;
            n_starts++;
        }
    }
    if (*x == NULL && n_starts != 1)
        return refuse(varied, n_starts == 0
                                  ? "this sweep does not vary the start of a client"
                                  : "several clients' starts are varied: choose one with "
                                    "--x KEY");
    *x = *x != NULL ? *x : start;
    const GPtrArray *values = values_of(varied, *x);
    if (values == NULL)
        return refuse_unvaried(varied, *x);
    for (guint i = 0; i < values->len; i++) {
        const char *value = g_ptr_array_index(values, i);
        int64_t span;
        if (sr_signed_span_parse(value, strlen(value), &span) != SR_NUMBER_OK)
            return refuse(varied, "the value '%s' of '%s' is no duration", value, *x);
    }
    return SR_EXIT_OK;
}

/* ---- arguments of a filter ---- */

void
sr_plot_add_argument(GPtrArray *arguments, const char *name, const char *value)
{
    if (value == NULL)
        return;
    g_ptr_array_add(arguments, g_strdup("--arg"));
    g_ptr_array_add(arguments, g_strdup(name));
    g_ptr_array_add(arguments, g_strdup(value));
}

unsigned
sr_plot_sweep_has(const char *name)
{
    size_t n = strlen(name);

    return (sr_sweep_share_lookup(name, n) < SR_SHARE_N ? SR_PLOT_OF_SHARE : 0) |
           (sr_sweep_measure_lookup(name, n) <= SR_MEASURE_BOTH ? SR_PLOT_OF_MEASURE : 0);
}

int
sr_plot_sweep_choose(const SrPlotKind *kind, const SrSweepFile *file, const SrPlotSweep *asked,
                     bool quiet, GPtrArray *arguments)
{
    g_auto(SrPlotVaried) varied = { 0 };
    const char *x = NULL, *y = NULL;
    int status = SR_EXIT_OK;

    varied_init(&varied, file, quiet);
    if (kind->axes != NULL) {
        x = asked->x;
        y = asked->y;
        status = kind->axes(&varied, &x, &y);
    }
    if (status != SR_EXIT_OK)
        return status;
    sr_plot_add_argument(arguments, "x", x);
    sr_plot_add_argument(arguments, "y", y);
    sr_plot_add_argument(arguments, "of", asked->of);
    if (asked->of != NULL && sr_plot_sweep_has(asked->of) & SR_PLOT_OF_MEASURE)
        sr_plot_add_argument(arguments, "measure", "1");
    sr_plot_add_argument(arguments, "advised", asked->advised);
    sr_plot_add_argument(arguments, "transit", asked->transit);
    sr_plot_add_argument(arguments, "proved", asked->proved);
    return SR_EXIT_OK;
}

/* Two results stand beside each other where a point of one is in the other. */
static int
refuse_strangers(const SrSweepFile *one, const SrSweepFile *other)
{
    g_auto(SrPlotVaried) varied = { 0 };

    if (one->points->len > COMPARED_MAX || other->points->len > COMPARED_MAX) {
        varied_init(&varied, other, false);
        return refuse(&varied, "a comparison has room for %u points", COMPARED_MAX);
    }
    for (guint i = 0; i < one->points->len; i++)
        for (guint j = 0; j < other->points->len; j++)
            if (sr_sweep_same_at(((SrSweepPoint *) g_ptr_array_index(one->points, i))->at,
                                 ((SrSweepPoint *) g_ptr_array_index(other->points, j))->at))
                return SR_EXIT_OK;
    varied_init(&varied, other, false);
    return refuse(&varied, "no point of this sweep is in the other, %s", one->path);
}

int
sr_plot_sweep_arguments(const SrPlotKind *kind, char *const *paths, const SrPlotSweep *asked,
                        GPtrArray *arguments)
{
    g_autoptr(SrSweepFile) first = NULL;
    int status = SR_EXIT_OK;

    for (size_t i = 0; paths[i] != NULL && status == SR_EXIT_OK; i++) {
        SrSweepFault fault = { 0 };
        g_autoptr(SrSweepFile) file = sr_sweep_file_load(paths[i], &fault);

        if (file == NULL) {
            status =
                sr_place_error(paths[i], fault.line, fault.column, fault.system, fault.message);
            sr_sweep_fault_clear(&fault);
        } else if (first != NULL) {
            status = refuse_strangers(first, file);
        } else {
            first = g_steal_pointer(&file);
            status = sr_plot_sweep_choose(kind, first, asked, false, arguments);
        }
    }
    return status;
}

/* Chooses the keys of a sweep for the axes of a figure, and checks that the sweep varies them.
 * The arguments of the filters are checked here, so the filters need not check them. */
#include "plot-private.h"

#include <string.h>

#include "base/escape.h"
#include "cli-private.h"
#include "report/sweep-file.h"
#include "session-race/record.h"
#include "session-race/time.h"

/* A heat map with more columns or rows could not be read. */
#define VALUES_MAX 200u

#define RETENTION "encryption-provider.retention"
#define SKEW "token-provider.clock-offset"
#define LEEWAY "server.leeway"

/* A sweep and the keys that it varies. */
typedef struct {
    const SrSweepFile *file;
    GPtrArray *keys; /* utf8: those that take more than one value */
    /* for each key a GPtrArray of its different values, in order; owned */
    GPtrArray *values;
} Varied;

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
varied_init(Varied *varied, const SrSweepFile *file)
{
    *varied = (Varied){ file, g_ptr_array_new_with_free_func(g_free),
                        g_ptr_array_new_with_free_func((GDestroyNotify) g_ptr_array_unref) };
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
varied_clear(Varied *varied)
{
    g_ptr_array_unref(varied->keys);
    g_ptr_array_unref(varied->values);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Varied, varied_clear)

/* Returns: (nullable): its different values, if there are several */
static const GPtrArray *
values_of(const Varied *varied, const char *key)
{
    for (guint i = 0; i < varied->keys->len; i++)
        if (strcmp(g_ptr_array_index(varied->keys, i), key) == 0)
            return g_ptr_array_index(varied->values, i);
    return NULL;
}

/* ---- what is refused ---- */

static int refuse(const Varied *varied, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Prints `FILE:1: error: MESSAGE`, with a note that lists what is there. */
static int
refuse(const Varied *varied, const char *format, ...)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GString) known = g_string_new(NULL);
    const char *path = varied->file->path;
    va_list arguments;

    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    for (guint i = 0; i < MIN(varied->keys->len, 8); i++)
        g_string_append_printf(known, "%s%s", i > 0 ? ", " : "",
                               (char *) g_ptr_array_index(varied->keys, i));
    sr_escape_terminal(text, path, strlen(path));
    g_string_append(text, ":1: error: ");
    sr_escape_terminal(text, message, strlen(message));
    g_string_append_c(text, '\n');
    sr_escape_terminal(text, path, strlen(path));
    g_string_append(text, ":1: note: ");
    if (known->len == 0)
        g_string_append(text, "this sweep varies nothing");
    else
        g_string_append(text, "this sweep varies ");
    sr_escape_terminal(text, known->str, known->len);
    g_string_append_c(text, '\n');
    sr_error_text(text);
    return SR_EXIT_MALFORMED;
}

static int
refuse_file(const char *path, SrSweepFault *fault)
{
    int status = fault->system ? SR_EXIT_SYSTEM : SR_EXIT_MALFORMED;
    g_autofree char *place =
        fault->line == 0 ? g_strdup(path)
                         : g_strdup_printf("%s:%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT, path,
                                           fault->line, fault->column);

    sr_file_error(place, fault->message);
    sr_sweep_fault_clear(fault);
    return status;
}

/* ---- the axes of each kind ---- */

static int
choose_heatmap(const Varied *varied, const SrPlotSweep *asked, const char **x, const char **y)
{
    *x = asked->x;
    *y = asked->y;
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
            return refuse(varied, "this sweep does not vary '%s'",
                          keys[i] != NULL ? keys[i] : "");
        if (values->len > VALUES_MAX)
            return refuse(varied, "'%s' takes %u values, and a heat map has room for %u",
                          keys[i], values->len, VALUES_MAX);
    }
    if (strcmp(*x, *y) == 0)
        return refuse(varied, "'%s' cannot be on both axes", *x);
    return SR_EXIT_OK;
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

static int
choose_retention(const Varied *varied, const SrPlotSweep *asked, const char **x, const char **y)
{
    const GPtrArray *values = values_of(varied, RETENTION);

    (void) asked;
    *y = NULL;
    *x = RETENTION;
    if (values == NULL)
        return refuse(varied, "this sweep does not vary '%s'", RETENTION);
    for (guint i = 0; i < values->len; i++)
        if (is_kept_for(g_ptr_array_index(values, i)))
            return SR_EXIT_OK;
    return refuse(varied, "no value of '%s' is for(D)", RETENTION);
}

static int
choose_leeway(const Varied *varied, const SrPlotSweep *asked, const char **x, const char **y)
{
    (void) asked;
    *x = SKEW;
    *y = LEEWAY;
    if (values_of(varied, SKEW) == NULL)
        return refuse(varied, "this sweep does not vary '%s'", SKEW);
    if (values_of(varied, LEEWAY) == NULL)
        return refuse(varied, "this sweep does not vary '%s'", LEEWAY);
    return SR_EXIT_OK;
}

static int
choose_window(const Varied *varied, const SrPlotSweep *asked, const char **x, const char **y)
{
    unsigned n_starts = 0;

    *y = NULL;
    *x = asked->x;
    for (guint i = 0; *x == NULL && i < varied->keys->len; i++) {
        const char *key = g_ptr_array_index(varied->keys, i);
        n_starts += g_str_has_prefix(key, "client ") && g_str_has_suffix(key, ".start");
    }
    if (*x == NULL && n_starts != 1)
        return refuse(varied, n_starts == 0
                                  ? "this sweep does not vary the start of a client"
                                  : "several clients' starts are varied: choose one with "
                                    "--x KEY");
    for (guint i = 0; *x == NULL && i < varied->keys->len; i++) {
        const char *key = g_ptr_array_index(varied->keys, i);
        if (g_str_has_prefix(key, "client ") && g_str_has_suffix(key, ".start"))
            *x = key;
    }
    const GPtrArray *values = values_of(varied, *x);
    if (values == NULL)
        return refuse(varied, "this sweep does not vary '%s'", *x);
    for (guint i = 0; i < values->len; i++) {
        const char *value = g_ptr_array_index(values, i);
        int64_t span;
        if (sr_signed_span_parse(value, strlen(value), &span) != SR_NUMBER_OK)
            return refuse(varied, "the value '%s' of '%s' is no duration", value, *x);
    }
    return SR_EXIT_OK;
}

/* ---- arguments of a filter ---- */

static void
add_argument(GPtrArray *arguments, const char *name, const char *value)
{
    if (value == NULL)
        return;
    g_ptr_array_add(arguments, g_strdup("--arg"));
    g_ptr_array_add(arguments, g_strdup(name));
    g_ptr_array_add(arguments, g_strdup(value));
}

bool
sr_plot_sweep_has_share(const char *name)
{
    static const SrSweepCounter shares[] = {
        SR_COUNTER_RACED,         SR_COUNTER_FAILED,       SR_COUNTER_FIRST_WON,
        SR_COUNTER_OTHER_WON,     SR_COUNTER_NOBODY_WON,   SR_COUNTER_AT_LIMIT,
        SR_COUNTER_RUNS_ORPHANED, SR_COUNTER_RUNS_REFUSED,
    };

    for (size_t i = 0; i < G_N_ELEMENTS(shares); i++)
        if (strcmp(sr_sweep_counter_name(shares[i]), name) == 0)
            return true;
    return sr_check_lookup(name, strlen(name)) != SR_CHECK_N;
}

int
sr_plot_sweep_arguments(const char *kind, const char *path, const SrPlotSweep *asked,
                        GPtrArray *arguments)
{
    /* clang-format off */
    static const struct {
        const char *kind;
        int (*choose)(const Varied *varied, const SrPlotSweep *asked, const char **x, const char **y);
    } kinds[] = {
        { "heatmap",   choose_heatmap },
        { "retention", choose_retention },
        { "leeway",    choose_leeway },
        { "window",    choose_window },
    };
    /* clang-format on */
    SrSweepFault fault = { 0 };
    g_autoptr(SrSweepFile) file = sr_sweep_file_load(path, &fault);
    const char *x = NULL, *y = NULL;

    if (file == NULL)
        return refuse_file(path, &fault);
    g_auto(Varied) varied = { 0 };
    varied_init(&varied, file);
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (strcmp(kinds[i].kind, kind) != 0)
            continue;
        int status = kinds[i].choose(&varied, asked, &x, &y);
        if (status != SR_EXIT_OK)
            return status;
    }
    add_argument(arguments, "x", x);
    add_argument(arguments, "y", y);
    add_argument(arguments, "of", asked->of);
    add_argument(arguments, "advised", asked->advised);
    add_argument(arguments, "transit", asked->transit);
    return SR_EXIT_OK;
}

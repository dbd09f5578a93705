/* The files of a command line: arguments that are files, folders or standard input become a
 * list in a fixed order. All files are read before anything runs. */
#include "cli-private.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/whole-file.h"

#define SUFFIX ".ini"

/* What is looked for in folders. */
typedef struct {
    const char *suffix, *what;
} Kind;

static const Kind scenario_kind = { SUFFIX, "scenario" }, result_kind = { ".ndjson", "result" };

void
sr_run_file_free(void *data)
{
    SrRunFile *file = data;

    g_free(file->path);
    g_free(file->below);
    sr_scenario_free(file->scenario);
    sr_diagnostics_free(file->diagnostics);
    g_free(file);
}

void
sr_run_files_clear(SrRunFiles *files)
{
    g_clear_pointer(&files->files, g_ptr_array_unref);
}

static char *
without_suffix(const char *path)
{
    return g_str_has_suffix(path, SUFFIX) ? g_strndup(path, strlen(path) - strlen(SUFFIX))
                                          : g_strdup(path);
}

static void
add_file(GPtrArray *files, const char *path, const char *below)
{
    SrRunFile *file = g_new0(SrRunFile, 1);

    file->path = g_strdup(path);
    file->below = without_suffix(below);
    sr_places_read(path);
    g_ptr_array_add(files, file);
}

/* ---- folders ---- */

/* Adds the contents of @folder: files of @kind to @found, folders to @folders. Links to folders
 * are not followed, since they may form a circle or lead outside. */
static int
list_folder(const Kind *kind, const char *folder, GPtrArray *folders, GPtrArray *found)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;

    if (dir == NULL)
        return sr_file_error(folder, sr_errno_text(errno));
    while ((entry = readdir(dir)) != NULL) {
        const char *name = entry->d_name;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
            continue;
        g_autofree char *path =
            g_strdup_printf("%s%s%s", folder, g_str_has_suffix(folder, "/") ? "" : "/", name);
        struct stat there;
        if (lstat(path, &there) == 0 && S_ISDIR(there.st_mode))
            g_ptr_array_add(folders, g_steal_pointer(&path));
        else if (g_str_has_suffix(name, kind->suffix))
            g_ptr_array_add(found, g_steal_pointer(&path));
    }
    closedir(dir);
    return SR_EXIT_OK;
}

/* Messages and pages show the contents of a file. A link must not make them show a file outside
 * of the folder. Returns: an exit status */
static int
refuse_leading_out(const char *folder, const char *path)
{
    bool leads_out;
    g_autofree char *real = sr_whole_file_real(folder, path, &leads_out);
    g_autofree char *message = g_strdup_printf("is a link that leads out of %s", folder);

    /* A missing file is reported when it is read. */
    if (real == NULL || !leads_out)
        return SR_EXIT_OK;
    (void) sr_file_error(path, message);
    return SR_EXIT_MALFORMED;
}

static gint
compare_bytes(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *) a, *(const char *const *) b);
}

static int
add_folder(const Kind *kind, const char *argument, GPtrArray *files)
{
    g_autoptr(GPtrArray) folders = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);

    g_ptr_array_add(folders, g_strdup(argument));
    while (folders->len > 0) {
        g_autofree char *folder = g_ptr_array_steal_index_fast(folders, folders->len - 1);
        int status = list_folder(kind, folder, folders, found);
        if (status != SR_EXIT_OK)
            return status;
    }
    if (found->len == 0)
        return sr_usage_error("there is no %s (*%s) in or below %s", kind->what, kind->suffix,
                              argument);
    g_ptr_array_sort(found, compare_bytes);
    for (guint i = 0; i < found->len; i++) {
        const char *path = g_ptr_array_index(found, i);
        const char *below = path + strlen(argument);
        int status = refuse_leading_out(argument, path);
        if (status != SR_EXIT_OK)
            return status;
        add_file(files, path, below + strspn(below, "/"));
    }
    return SR_EXIT_OK;
}

/* Returns: @path without parts that lead out of a folder: `/`, `.` and `..` */
static char *
inside(const char *path)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_auto(GStrv) parts = g_strsplit(path, "/", -1);

    for (size_t i = 0; parts[i] != NULL; i++) {
        if (*parts[i] == '\0' || strcmp(parts[i], ".") == 0 || strcmp(parts[i], "..") == 0)
            continue;
        g_string_append_printf(text, "%s%s", text->len > 0 ? "/" : "", parts[i]);
    }
    return without_suffix(text->str);
}

/* If two files would have the same name below their arguments, all keep their paths as given.
 */
static void
keep_apart(GPtrArray *files)
{
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
    bool apart = true;

    for (guint i = 0; i < files->len; i++)
        apart &= g_hash_table_add(names, ((SrRunFile *) g_ptr_array_index(files, i))->below);
    for (guint i = 0; i < files->len && !apart; i++) {
        SrRunFile *file = g_ptr_array_index(files, i);
        if (strcmp(file->path, "-") == 0)
            continue;
        g_free(file->below);
        file->below = inside(file->path);
    }
}

static int
collect(const Kind *kind, char *const *arguments, SrRunFiles *files)
{
    bool has_stdin = false;

    files->files = g_ptr_array_new_with_free_func(sr_run_file_free);
    if (sr_options_count(arguments) == 0)
        return sr_usage_error("a %s is needed: a file, a folder, or - for standard input",
                              kind->what);
    for (; *arguments != NULL; arguments++) {
        struct stat there;
        if (strcmp(*arguments, "-") == 0) {
            if (has_stdin)
                return sr_usage_error("standard input can be read only once");
            has_stdin = true;
            add_file(files->files, "-", "stdin");
        } else if (stat(*arguments, &there) == 0 && S_ISDIR(there.st_mode)) {
            int status = add_folder(kind, *arguments, files->files);
            if (status != SR_EXIT_OK)
                return status;
            files->folder = true;
        } else {
            g_autofree char *name = g_path_get_basename(*arguments);
            add_file(files->files, *arguments, name);
        }
    }
    keep_apart(files->files);
    return SR_EXIT_OK;
}

int
sr_run_files_collect(char *const *arguments, SrRunFiles *files)
{
    return collect(&scenario_kind, arguments, files);
}

int
sr_run_files_collect_one(char *const *arguments, SrRunFiles *files)
{
    /* The program is called by its name and the verb. */
    const char *verb = strrchr(g_get_prgname(), ' ') + 1;
    size_t n = sr_options_count(arguments);
    int status;

    if (n == 0)
        return sr_usage_error("a scenario is needed: a file, or - for standard input");
    if (n > 1)
        return sr_usage_error("%s takes one scenario, but %zu were given", verb, n);
    if (g_file_test(arguments[0], G_FILE_TEST_IS_DIR))
        return sr_usage_error("%s is a folder; %s takes one scenario", arguments[0], verb);
    status = collect(&scenario_kind, arguments, files);
    g_assert(status != SR_EXIT_OK || files->files->len == 1);
    return status;
}

int
sr_run_files_collect_results(char *const *arguments, SrRunFiles *files)
{
    return collect(&result_kind, arguments, files);
}

/* Returns: (transfer full): @text for a comparison that takes no notice of case */
static char *
folded(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);

    return g_utf8_casefold(valid, -1);
}

/* @text: folded. Returns: whether the path of @file or its title has it */
static bool
has_text(const SrRunFile *file, const char *text)
{
    g_autofree char *path = folded(file->path);
    g_autofree char *title = folded(file->scenario->title);

    return strstr(path, text) != NULL || strstr(title, text) != NULL;
}

int
sr_run_files_filter(SrRunFiles *files, const char *text)
{
    g_autofree char *wanted = folded(text);
    unsigned n = files->files->len;

    /* What the arguments are stays the same, whatever is left of them. */
    files->folder |= n > 1;
    for (guint i = n; i > 0; i--)
        if (!has_text(g_ptr_array_index(files->files, i - 1), wanted))
            g_ptr_array_remove_index(files->files, i - 1);
    return files->files->len > 0
               ? SR_EXIT_OK
               : sr_usage_error("--filter: '%s' is in no path and no title of %u scenario%s",
                                text, n, n == 1 ? "" : "s");
}

/* ---- reading ---- */

static int
status_of(unsigned n_malformed, unsigned n_unreadable)
{
    return n_malformed > 0 ? SR_EXIT_MALFORMED : n_unreadable > 0 ? SR_EXIT_SYSTEM : SR_EXIT_OK;
}

void
sr_run_file_say_meant(const char *path)
{
    g_autofree char *whole = g_strconcat(path, SUFFIX, NULL);
    g_autoptr(GString) note = g_string_new("note: did you mean '");

    if (g_file_test(path, G_FILE_TEST_EXISTS) || !g_file_test(whole, G_FILE_TEST_EXISTS))
        return;
    sr_text_plain(note, whole);
    g_string_append(note, "'?\n");
    sr_error_text(note);
}

int
sr_run_file_load(const char *path, const GPtrArray *overrides, SrScenario **scenario)
{
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
    SrLoadStatus status = sr_scenario_load(path, (const SrOverride *) overrides->pdata,
                                           overrides->len, scenario, diagnostics);

    sr_places_read(path);
    sr_places_read_samples(diagnostics);
    sr_error_diagnostics(diagnostics);
    if (status == SR_LOAD_SYSTEM)
        sr_run_file_say_meant(path);
    return status_of(status == SR_LOAD_MALFORMED, status == SR_LOAD_SYSTEM);
}

/* Of a folder of wrong files only the first errors are listed, as of one file. */
static void
say_further(unsigned n_further, unsigned n_files, unsigned n_all)
{
    g_autoptr(GString) text = g_string_new(NULL);

    if (n_further == 0)
        return;
    g_string_printf(text, "note: %u further %s not listed", n_further,
                    n_further == 1 ? "error is" : "errors are");
    if (n_all > 1)
        g_string_append_printf(text,
                               ", in %u file%s; 'session-race check FILE' lists those of one",
                               n_files, n_files == 1 ? "" : "s");
    g_string_append_c(text, '\n');
    sr_error_text(text);
}

int
sr_run_files_load(SrRunFiles *files, char *const *overrides)
{
    /* A wrong --set is wrong for every file, but is reported once. */
    g_autoptr(GHashTable) reported =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    unsigned left = SR_SCENARIO_ERRORS_MAX; /* how many errors may still be listed */
    unsigned n_further = 0, n_files = 0; /* errors that are not, and the files that have them */

    for (guint i = 0; i < files->files->len; i++) {
        SrRunFile *file = g_ptr_array_index(files->files, i);
        g_autoptr(GString) text = g_string_new(NULL);
        SrLoadStatus status;

        if (file->trace)
            continue;
        file->diagnostics = sr_diagnostics_new();
        status =
            sr_scenario_load(file->path, (const SrOverride *) overrides,
                             sr_options_count(overrides), &file->scenario, file->diagnostics);
        files->n_malformed += status == SR_LOAD_MALFORMED;
        files->n_unreadable += status == SR_LOAD_SYSTEM;
        sr_places_read_samples(file->diagnostics);
        sr_diagnostics_format(file->diagnostics, text);
        if (!g_hash_table_add(reported, g_strdup(text->str)))
            continue;
        g_string_truncate(text, 0);

        unsigned further = sr_diagnostics_format_first(file->diagnostics, left, text);

        left -= MIN(left, file->diagnostics->list->len);
        n_further += further;
        n_files += further > 0;
        sr_error_text(text);
        if (status == SR_LOAD_SYSTEM)
            sr_run_file_say_meant(file->path);
    }
    say_further(n_further, n_files, files->files->len);
    return status_of(files->n_malformed, files->n_unreadable);
}

SrTrace *
sr_load_trace_to_draw(const char *path, int *status)
{
    SrTraceFault fault = { 0 };
    g_autoptr(SrTrace) trace = sr_trace_load(path, &fault);

    *status = SR_EXIT_OK;
    if (trace != NULL && sr_trace_keeps_verdict(trace, &fault))
        return g_steal_pointer(&trace);
    *status = sr_refuse_trace(path, &fault);
    return NULL;
}

int
sr_refuse_trace(const char *path, SrTraceFault *fault)
{
    const char *file = fault->path != NULL ? fault->path : path;
    int status = sr_place_error(sr_whole_file_name(file), fault->line, fault->column,
                                fault->system, fault->message);

    if (fault->line == 1 && !fault->system && g_str_has_suffix(file, ".ini")) {
        g_autoptr(GString) note = g_string_new("note: a scenario? 'session-race run --trace "
                                               "FILE' plays it and writes its trace\n");

        sr_error_text(note);
    }
    sr_trace_fault_clear(fault);
    return status;
}

/* Makes sure that a command does not write over what it reads.
 *
 * All inputs are registered before anything runs, by device and inode, so that a link to an
 * input counts as that input. Then every output is registered, and checked once more when it is
 * opened (output.c). A process runs one command, so there is one list of each. The main thread
 * fills both before other threads open outputs. */
#include "cli-private.h"

#include <string.h>
#include <unistd.h>

static GHashTable *inputs; /* "DEVICE:INODE" of what is read */
static GHashTable
    *outputs; /* absolute paths, and "DEVICE:INODE" where the file exists, of what is
                               written; "-": standard output */

const char sr_places_replaced[] = "is an input, which is never replaced";

char *
sr_places_identity(const struct stat *there)
{
    return g_strdup_printf("%" PRIu64 ":%" PRIu64, (guint64) there->st_dev,
                           (guint64) there->st_ino);
}

void
sr_places_read(const char *path)
{
    bool standard_input = strcmp(path, "-") == 0;
    struct stat there;

    if (inputs == NULL)
        inputs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    if ((standard_input ? fstat(STDIN_FILENO, &there) : stat(path, &there)) == 0 &&
        S_ISREG(there.st_mode))
        g_hash_table_add(inputs, sr_places_identity(&there));
}

void
sr_places_read_all(char *const *paths)
{
    for (size_t i = 0; i < sr_options_count(paths); i++)
        sr_places_read(paths[i]);
}

void
sr_places_read_samples(const SrDiagnostics *diagnostics)
{
    GHashTableIter samples;
    gpointer path;

    g_hash_table_iter_init(&samples, diagnostics->samples);
    while (g_hash_table_iter_next(&samples, &path, NULL))
        sr_places_read(path);
}

void
sr_places_forget(void)
{
    g_clear_pointer(&inputs, g_hash_table_unref);
    g_clear_pointer(&outputs, g_hash_table_unref);
}

bool
sr_places_is_input(const struct stat *there)
{
    g_autofree char *identity = sr_places_identity(there);

    return inputs != NULL && g_hash_table_contains(inputs, identity);
}

/* Returns: (nullable): why @path cannot be written */
static const char *
take(const char *path)
{
    struct stat there;
    bool exists = stat(path, &there) == 0;

    if (outputs == NULL)
        outputs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    if (sr_output_is_stdout(path))
        return g_hash_table_add(outputs, g_strdup("-")) ? NULL
                                                        : "standard output is taken already";
    if (exists && S_ISDIR(there.st_mode))
        return "is a folder";
    if (exists && sr_places_is_input(&there))
        return sr_places_replaced;
    /* Several outputs may go to one device or pipe. */
    if (exists && !S_ISREG(there.st_mode))
        return NULL;
    if (!g_hash_table_add(outputs, g_canonicalize_filename(path, NULL)) ||
        (exists && !g_hash_table_add(outputs, sr_places_identity(&there))))
        return "is written twice";
    return NULL;
}

int
sr_places_take(const char *option, const char *path)
{
    g_autoptr(GError) error = NULL;
    const char *why = path != NULL ? take(path) : NULL;

    if (why != NULL)
        return sr_usage_error("--%s %s: %s", option, path, why);
    if (path != NULL && !sr_output_has_folder(path, &error))
        return sr_file_error(path, error->message);
    return SR_EXIT_OK;
}

int
sr_places_take_below(const char *option, const char *folder, const char *below)
{
    g_autofree char *path = g_build_filename(folder, below, NULL);
    const char *why;

    for (const char *end = below; end != NULL; end = strchr(end + 1, '/')) {
        const char *next = strchr(end + 1, '/');
        g_autofree char *part =
            g_strndup(below, next != NULL ? (gsize) (next - below) : strlen(below));
        g_autofree char *reached = g_build_filename(folder, part, NULL);
        struct stat there;

        if (lstat(reached, &there) == 0 && S_ISLNK(there.st_mode))
            return sr_usage_error("--%s %s: %s is a symbolic link, through which nothing is "
                                  "written",
                                  option, folder, reached);
    }
    why = take(path);
    return why == NULL ? SR_EXIT_OK : sr_usage_error("--%s %s: %s", option, path, why);
}

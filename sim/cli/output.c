/* Outputs that are written completely or not at all, and messages on standard error.
 *
 * A file is written under a temporary name in its folder (with O_EXCL, so that no planted link
 * is followed), synced to the disk, closed, and renamed; then its folder is synced. So a machine
 * that loses its power has the old file or the whole new one. Devices, pipes and standard output
 * are written directly. Every write, sync and close is checked: a full disk is never success. */
#include "cli-private.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct SrOutput {
    int fd;
    char *path;
    char *temporary; /* (nullable) */
    SrOutputMode mode;
    SrOutput *next; /* in the list of those that have a temporary file */
};

/* All outputs that have a temporary file, so that a process that cannot go on removes them. */
static pthread_mutex_t unfinished_lock = PTHREAD_MUTEX_INITIALIZER;
static SrOutput *unfinished;

static void
begin_unfinished(SrOutput *output)
{
    pthread_mutex_lock(&unfinished_lock);
    output->next = unfinished;
    unfinished = output;
    pthread_mutex_unlock(&unfinished_lock);
}

static void
end_unfinished(SrOutput *output)
{
    SrOutput **at = &unfinished;

    pthread_mutex_lock(&unfinished_lock);
    while (*at != NULL && *at != output)
        at = &(*at)->next;
    if (*at == output)
        *at = output->next;
    pthread_mutex_unlock(&unfinished_lock);
}

void
sr_output_abandon_all(void)
{
    /* The lock stays taken: no other thread puts a file in its place any more. */
    if (pthread_mutex_trylock(&unfinished_lock) != 0)
        return;
    for (const SrOutput *output = unfinished; output != NULL; output = output->next)
        unlink(output->temporary);
}

static void
set_error(GError **error, int number)
{
    g_set_error_literal(error, G_FILE_ERROR, (gint) g_file_error_from_errno(number),
                        g_strerror(number));
}

/* "No such file" would be confusing for a file that is to be created: its folder is missing. */
static void
set_open_error(GError **error, const char *path, int number)
{
    g_autofree char *folder = path != NULL ? g_path_get_dirname(path) : NULL;

    if (number == EISDIR)
        g_set_error_literal(error, G_FILE_ERROR, G_FILE_ERROR_ISDIR, "is a folder");
    else if (number == ENOENT && folder != NULL && !g_file_test(folder, G_FILE_TEST_EXISTS))
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "folder %s does not exist",
                    folder);
    else
        set_error(error, number);
}

bool
sr_output_has_folder(const char *path, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(path);

    if (sr_output_is_stdout(path) || g_file_test(folder, G_FILE_TEST_EXISTS))
        return true;
    set_open_error(error, path, ENOENT);
    return false;
}

/* Other names of the standard streams. If they were opened again, a file behind them would get
 * a second position. */
static int
stream_descriptor(const char *path)
{
    static const struct {
        const char *path;
        int fd;
    } streams[] = {
        { "-", STDOUT_FILENO },
        { "/dev/stdout", STDOUT_FILENO },
        { "/dev/fd/1", STDOUT_FILENO },
        { "/proc/self/fd/1", STDOUT_FILENO },
        { "/dev/stderr", STDERR_FILENO },
        { "/dev/fd/2", STDERR_FILENO },
        { "/proc/self/fd/2", STDERR_FILENO },
    };

    if (path == NULL)
        return STDOUT_FILENO;
    for (size_t i = 0; i < G_N_ELEMENTS(streams); i++) {
        if (strcmp(path, streams[i].path) == 0)
            return streams[i].fd;
    }
    return -1;
}

bool
sr_output_is_stdout(const char *path)
{
    return stream_descriptor(path) == STDOUT_FILENO;
}

static int
open_temporary(const char *path, char **temporary)
{
    static int counter;
    g_autofree char *folder = g_path_get_dirname(path);
    int fd = -1;

    for (int attempt = 0; attempt < 100 && fd < 0; attempt++) {
        g_autofree char *name = g_strdup_printf(".session-race-%ld-%d.tmp", (long) getpid(),
                                                g_atomic_int_add(&counter, 1));
        g_autofree char *candidate = g_build_filename(folder, name, NULL);
        fd = open(candidate, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
        if (fd >= 0)
            *temporary = g_steal_pointer(&candidate);
        else if (errno != EEXIST)
            return -1;
    }
    return fd;
}

SrOutput *
sr_output_open(const char *path, SrOutputMode mode, GError **error)
{
    g_autofree char *temporary = NULL;
    struct stat there;
    int stream = stream_descriptor(path), fd;

    if (stream >= 0) {
        fd = fcntl(stream, F_DUPFD_CLOEXEC, 3);
    } else if (stat(path, &there) == 0 && sr_places_is_input(&there)) {
        g_set_error_literal(error, G_FILE_ERROR, G_FILE_ERROR_EXIST, sr_places_replaced);
        return NULL;
    } else if (stat(path, &there) == 0 && !S_ISREG(there.st_mode)) {
        fd = S_ISDIR(there.st_mode) ? (errno = EISDIR, -1)
                                    : open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    } else if (mode == SR_OUTPUT_KEEP && lstat(path, &there) == 0) {
        fd = (errno = EEXIST, -1);
    } else {
        fd = open_temporary(path, &temporary);
    }
    if (fd < 0) {
        set_open_error(error, path, errno);
        return NULL;
    }
    SrOutput *output = g_new0(SrOutput, 1);
    output->fd = fd;
    output->path = g_strdup(path);
    output->temporary = g_steal_pointer(&temporary);
    output->mode = mode;
    if (output->temporary != NULL)
        begin_unfinished(output);
    return output;
}

gboolean
sr_output_write(SrOutput *output, const char *bytes, size_t n, GError **error)
{
    while (n > 0) {
        ssize_t written = write(output->fd, bytes, n);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0) {
            int number = errno;

            if (number == EPIPE && sr_output_is_stdout(output->path))
                sr_stop_unread();
            set_error(error, number);
            return FALSE;
        }
        bytes += written;
        n -= (size_t) written;
    }
    return TRUE;
}

/* Puts the temporary file in its place. A link fails if the place is taken, a rename does not.
 */
static int
put_in_place(SrOutput *output)
{
    if (output->mode != SR_OUTPUT_KEEP)
        return rename(output->temporary, output->path);
    if (link(output->temporary, output->path) == 0)
        return unlink(output->temporary);
    if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS)
        return -1;
    /* The file system has no links: tests for the file, then renames. */
    if (access(output->path, F_OK) == 0) {
        errno = EEXIST;
        return -1;
    }
    return rename(output->temporary, output->path);
}

/* Syncs a file or a folder. Some file systems cannot, and say so. */
static bool
sync_to_disk(int fd)
{
    while (fsync(fd) != 0)
        if (errno != EINTR)
            return errno == EINVAL || errno == ENOSYS || errno == ENOTSUP || errno == EROFS;
    return true;
}

/* Syncs the folder of @path, so that its new entry stays. The file itself is in its place then, and
 * whole, so that nothing is to be said where this fails. */
static void
sync_folder(const char *path)
{
    g_autofree char *folder = g_path_get_dirname(path);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return;
    (void) sync_to_disk(fd);
    close(fd);
}

gboolean
sr_output_close(SrOutput *output, GError **error)
{
    bool synced = output->temporary != NULL && output->mode != SR_OUTPUT_SCRATCH;
    bool good = !synced || sync_to_disk(output->fd);
    int number = errno, fd = output->fd;

    output->fd = -1;
    if (close(fd) != 0 && errno != EINTR && good) {
        good = false;
        number = errno;
    }
    if (good && output->temporary != NULL && put_in_place(output) != 0) {
        good = false;
        number = errno;
    }
    if (output->temporary != NULL)
        end_unfinished(output);
    if (good && synced)
        sync_folder(output->path);
    if (good)
        g_clear_pointer(&output->temporary, g_free);
    else
        set_error(error, number);
    sr_output_free(output);
    return good;
}

void
sr_output_free(SrOutput *output)
{
    if (output == NULL)
        return;
    if (output->fd >= 0)
        close(output->fd);
    if (output->temporary != NULL) {
        end_unfinished(output);
        unlink(output->temporary);
    }
    g_free(output->temporary);
    g_free(output->path);
    g_free(output);
}

gboolean
sr_output_finish(SrOutput *output, bool good, GError **error)
{
    if (good)
        return output == NULL || sr_output_close(output, error);
    sr_output_free(output);
    return FALSE;
}

const char *
sr_output_name(const char *path)
{
    return sr_output_is_stdout(path) ? "standard output" : path;
}

int
sr_output_text(const char *path, const char *text, size_t length)
{
    g_autoptr(GError) error = NULL;
    SrOutput *output = sr_output_open(path, SR_OUTPUT_REPLACE, &error);
    bool written = output != NULL && sr_output_write(output, text, length, &error);

    return sr_output_finish(output, written, &error)
               ? SR_EXIT_OK
               : sr_file_error(sr_output_name(path), error->message);
}

void
sr_output_guard(void)
{
    /* Opened for the wrong direction, so that using a closed stream stays an error. */
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
            open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
            _exit(SR_EXIT_SYSTEM);
    }
}

/* ---- messages ---- */

void
sr_error_text(const GString *text)
{
    /* If standard error itself is broken, the error cannot be reported. */
    (void) !fwrite(text->str, 1, text->len, stderr);
    fflush(stderr);
}

void
sr_error_diagnostics(const SrDiagnostics *diagnostics)
{
    g_autoptr(GString) text = g_string_new(NULL);

    sr_diagnostics_format(diagnostics, text);
    sr_error_text(text);
}

/* Prints the name of the verb, @between, the message and @after. */
static void G_GNUC_PRINTF(3, 0)
    print_message(const char *between, const char *after, const char *format, va_list arguments)
{
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    g_autoptr(GString) text = g_string_new(g_get_prgname());

    g_string_append(text, between);
    sr_text_plain(text, message);
    g_string_append(text, after);
    sr_error_text(text);
}

int
sr_usage_error(const char *format, ...)
{
    g_autofree char *after = g_strdup_printf("\nTry '%s --help'.\n", g_get_prgname());
    va_list arguments;

    va_start(arguments, format);
    print_message(": error: ", after, format, arguments);
    va_end(arguments);
    return SR_EXIT_MALFORMED;
}

void
sr_message(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    print_message(": ", "\n", format, arguments);
    va_end(arguments);
}

int
sr_file_error(const char *file, const char *message)
{
    g_autoptr(GString) text = g_string_new(NULL);

    sr_text_plain(text, file);
    g_string_append(text, ": error: ");
    sr_text_plain(text, message);
    g_string_append_c(text, '\n');
    sr_error_text(text);
    return SR_EXIT_SYSTEM;
}

int
sr_place_error(const char *file, uint64_t line, uint64_t column, bool system,
               const char *message)
{
    g_autofree char *place =
        line == 0 ? g_strdup(file)
                  : g_strdup_printf("%s:%" PRIu64 ":%" PRIu64, file, line, column);

    (void) sr_file_error(place, message);
    return system ? SR_EXIT_SYSTEM : SR_EXIT_MALFORMED;
}

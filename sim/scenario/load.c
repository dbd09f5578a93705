/* Loading: from a path to text, without ever waiting for anything or taking more memory than
 * the limit.
 *
 * A folder, a FIFO or a device is refused at once: opening is non-blocking and fstat decides
 * before the first read. */
#include "session-race/scenario.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "load-private.h"
#include "scenario-private.h"

const char *
sr_errno_text(int number)
{
    switch (number) {
    case ENOENT:
        return "no such file";
    case ENOTDIR:
        return "no such folder";
    case EACCES:
    case EPERM:
        return "permission denied";
    case ELOOP:
        return "too many symbolic links";
    case ENAMETOOLONG:
        return "the name is too long";
    case EISDIR:
        return "is a folder";
    case EMFILE:
    case ENFILE:
        return "too many open files";
    case EIO:
        return "input/output error";
    default:
        return "cannot be read";
    }
}

static const char *
refuse_kind(const struct stat *status, bool standard_input)
{
    if (S_ISREG(status->st_mode) || (standard_input && S_ISFIFO(status->st_mode)))
        return NULL;
    if (S_ISDIR(status->st_mode))
        return "is a folder";
    if (S_ISFIFO(status->st_mode))
        return "is a FIFO, not a file";
    return standard_input ? "is neither a file nor a pipe" : "is not a regular file";
}

/* One octet more than the limit is enough to know that there is more. */
static const char *
read_all(int fd, size_t expected, char **text, size_t *length)
{
    const size_t most = (size_t) SR_SCENARIO_OCTETS_MAX + 1;
    size_t capacity = MIN(MAX(expected, 4095) + 1, most), n = 0;
    char *buffer = g_malloc(capacity);

    for (;;) {
        if (n == capacity) {
            if (capacity == most)
                break;
            capacity = MIN(capacity * 2, most);
            buffer = g_realloc(buffer, capacity);
        }
        ssize_t got = read(fd, buffer + n, capacity - n);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            const char *why = sr_errno_text(errno);

            g_free(buffer);
            return why;
        }
        if (got == 0)
            break;
        n += (size_t) got;
    }
    *text = buffer;
    *length = n;
    return NULL;
}

const char *
sr_read_file(const char *path, bool standard_input, char **text, size_t *length)
{
    int fd = standard_input ? STDIN_FILENO
                            : open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    struct stat status;
    const char *why;

    if (fd < 0)
        return sr_errno_text(errno);
    if (fstat(fd, &status) != 0)
        why = sr_errno_text(errno);
    else
        why = refuse_kind(&status, standard_input);
    if (why == NULL && status.st_size > (off_t) SR_SCENARIO_OCTETS_MAX)
        why = "is larger than 16 MiB";
    if (why == NULL)
        why = read_all(fd, (size_t) status.st_size, text, length);
    if (why == NULL && *length > SR_SCENARIO_OCTETS_MAX) {
        g_free(*text);
        *text = NULL;
        why = "is larger than 16 MiB";
    }
    if (!standard_input)
        close(fd);
    return why;
}

SrLoadStatus
sr_scenario_load(const char *path, const SrOverride *overrides, size_t n_overrides,
                 SrScenario **scenario, SrDiagnostics *diagnostics)
{
    g_autofree char *text = NULL;
    size_t length = 0;
    const char *why = sr_read_file(path, strcmp(path, "-") == 0, &text, &length);

    if (why != NULL) {
        sr_diagnostics_add(diagnostics, path, why);
        /* A file that is too large is a malformed scenario; all else is the system's
         * refusal. */
        return strcmp(why, "is larger than 16 MiB") == 0 ? SR_LOAD_MALFORMED : SR_LOAD_SYSTEM;
    }
    SrScenario *read =
        sr_scenario_parse(path, text, length, overrides, n_overrides, diagnostics);

    if (read == NULL)
        return SR_LOAD_MALFORMED;
    *scenario = read;
    return SR_LOAD_OK;
}

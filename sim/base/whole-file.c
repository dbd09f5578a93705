/* Reads a whole file. A path may name anything, and the file may grow while it is read. */
#include "base/whole-file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char sr_whole_file_too_large[] = "is too large";

const char *
sr_whole_file_name(const char *path)
{
    return strcmp(path, "-") == 0 ? "standard input" : path;
}

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

/* Returns: (nullable): why the file cannot be read */
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

/* The bytes read so far. */
typedef struct {
    char *bytes;
    size_t length, capacity;
} Buffer;

/* Makes room for one more byte. A file may be larger than memory, so this does not abort. */
static bool
make_room(Buffer *buffer)
{
    size_t capacity = MAX(buffer->capacity * 2, 65536);
    char *bytes;

    if (buffer->length < buffer->capacity)
        return true;
    bytes = g_try_realloc(buffer->bytes, capacity);
    if (bytes == NULL)
        return false;
    buffer->bytes = bytes;
    buffer->capacity = capacity;
    return true;
}

/* Reads to the end, and adds a zero byte. Returns: (nullable): why it failed */
static const char *
read_on(int fd, uint64_t bytes_max, Buffer *buffer)
{
    for (;;) {
        ssize_t got;

        if (!make_room(buffer))
            return "not enough memory";
        got = read(fd, buffer->bytes + buffer->length, buffer->capacity - buffer->length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return sr_errno_text(errno);
        buffer->length += (size_t) got;
        if (buffer->length > bytes_max)
            return sr_whole_file_too_large;
        if (got == 0)
            break;
    }
    buffer->bytes[buffer->length] = '\0';
    return NULL;
}

static const char *
read_file(int fd, bool standard_input, uint64_t bytes_max, Buffer *buffer)
{
    struct stat status;
    const char *why;

    if (fd < 0 || fstat(fd, &status) != 0)
        return sr_errno_text(errno);
    why = refuse_kind(&status, standard_input);
    if (why != NULL)
        return why;
    if (status.st_size > 0 && (uint64_t) status.st_size > bytes_max)
        return sr_whole_file_too_large;
    /* Room for the whole file and one more byte, so that one read finds the end. */
    if (status.st_size > 0) {
        buffer->bytes = g_try_malloc((size_t) status.st_size + 1);
        buffer->capacity = buffer->bytes != NULL ? (size_t) status.st_size + 1 : 0;
    }
    return read_on(fd, bytes_max, buffer);
}

const char *
sr_whole_file_read(const char *path, uint64_t bytes_max, char **text, size_t *length)
{
    bool standard_input = strcmp(path, "-") == 0;
    int fd = standard_input ? STDIN_FILENO
                            : open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    Buffer buffer = { NULL, 0, 0 };
    const char *why = read_file(fd, standard_input, bytes_max, &buffer);

    if (fd >= 0 && !standard_input)
        close(fd);
    if (why != NULL) {
        g_free(buffer.bytes);
        return why;
    }
    *text = buffer.bytes;
    *length = buffer.length;
    return NULL;
}

char *
sr_whole_file_real(const char *folder, const char *path, bool *leads_out)
{
    char *real_folder = realpath(folder, NULL);
    char *real = real_folder != NULL ? realpath(path, NULL) : NULL;
    char *result = g_strdup(real);
    size_t n = real_folder != NULL ? strlen(real_folder) : 0;

    *leads_out = real != NULL && strcmp(real_folder, "/") != 0 &&
                 (strncmp(real, real_folder, n) != 0 || real[n] != '/');
    free(real_folder);
    free(real);
    return result;
}

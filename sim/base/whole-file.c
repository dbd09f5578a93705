/* Reading a file whole. What is at a path may be anything, and may grow while it is read. */
#include "session-race/whole-file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Returns: (nullable): why not */
static const char *
refuse_kind(const struct stat *status, bool standard_input)
{
    if (S_ISREG(status->st_mode) || (standard_input && S_ISFIFO(status->st_mode)))
        return NULL;
    if (S_ISDIR(status->st_mode))
        return "is a folder";
    return standard_input ? "is neither a file nor a pipe" : "is not a regular file";
}

/* Reads on into @buffer. Returns: (nullable): why not; @buffer is whoever's it was */
static const char *
read_on(int fd, uint64_t octets_max, GByteArray *buffer)
{
    guint8 piece[65536];

    for (;;) {
        ssize_t got = read(fd, piece, sizeof piece);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return g_strerror(errno);
        if (got == 0)
            return NULL;
        if ((uint64_t) got > octets_max - buffer->len)
            return "is too large";
        g_byte_array_append(buffer, piece, (guint) got);
    }
}

static const char *
read_file(int fd, bool standard_input, uint64_t octets_max, GByteArray *buffer)
{
    struct stat status;
    const char *why;

    if (fd < 0 || fstat(fd, &status) != 0)
        return g_strerror(errno);
    why = refuse_kind(&status, standard_input);
    if (why != NULL)
        return why;
    if (status.st_size > 0 && (uint64_t) status.st_size > octets_max)
        return "is too large";
    return read_on(fd, octets_max, buffer);
}

const char *
sr_whole_file_read(const char *path, uint64_t octets_max, char **text, size_t *length)
{
    bool standard_input = strcmp(path, "-") == 0;
    int fd = standard_input ? STDIN_FILENO
                            : open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    g_autoptr(GByteArray) buffer = g_byte_array_new();
    const char *why;

    /* What a GByteArray can hold, its closing zero included. */
    why = read_file(fd, standard_input, MIN(octets_max, (uint64_t) INT32_MAX - 1), buffer);
    if (fd >= 0 && !standard_input)
        close(fd);
    if (why != NULL)
        return why;
    *length = buffer->len;
    g_byte_array_append(buffer, (const guint8 *) "", 1);
    *text = (char *) g_byte_array_free(g_steal_pointer(&buffer), FALSE);
    return NULL;
}

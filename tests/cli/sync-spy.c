/* Preloaded into the program by test-damage-cli: writes on the file that SR_SPY names what is synced,
 * renamed and linked, in that order. With SR_SPY_FAILS every sync of a file fails, as on a bad disk. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void
note(const char *what, const char *of)
{
    const char *path = getenv("SR_SPY");
    char line[512];
    int fd = path != NULL ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666) : -1;
    int n = snprintf(line, sizeof line, "%s %s\n", what, of);

    if (fd < 0)
        return;
    (void) !write(fd, line, (size_t) n);
    close(fd);
}

__attribute__((visibility("default"))) int
fsync(int fd)
{
    struct stat there;

    if (fstat(fd, &there) != 0)
        return -1;
    note("sync", S_ISDIR(there.st_mode) ? "folder" : "file");
    if (getenv("SR_SPY_FAILS") == NULL || S_ISDIR(there.st_mode))
        return 0;
    errno = EIO;
    return -1;
}

__attribute__((visibility("default"))) int
rename(const char *from, const char *to)
{
    int (*real)(const char *, const char *);
    void *found = dlsym(RTLD_NEXT, "rename");

    memcpy(&real, &found, sizeof real);
    note("rename", to);
    return real(from, to);
}

__attribute__((visibility("default"))) int
link(const char *from, const char *to)
{
    int (*real)(const char *, const char *);
    void *found = dlsym(RTLD_NEXT, "link");

    memcpy(&real, &found, sizeof real);
    note("link", to);
    return real(from, to);
}

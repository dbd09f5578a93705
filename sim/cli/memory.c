/* What happens when memory is gone, under a tight `ulimit -v` or in a small container.
 *
 * GLib ends the process by SIGTRAP then. Its message needs memory itself: in a thread that has none
 * it calls itself until the stack is full, and the user sees SIGSEGV. OpenSSL and the C library give
 * NULL to whoever called them. So the program has malloc() of its own in front of that of the C
 * library, for itself and for all its libraries: when a small piece is refused nothing can go on, and
 * the process says so and ends with SR_EXIT_SYSTEM. A large piece may be refused, since that is what
 * a reader of a large file looks at; GLib reports the others, without a piece that it does not get.
 *
 * Temporary files are removed, and programs of the user's own are ended.
 *
 * Not under a sanitizer, which has malloc() of its own, and only with the C library of GNU, which
 * says what it calls the one behind (SR_MALLOC_BEHIND). */
#include "cli-private.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* From here on an allocation may be refused. */
#define LARGE ((size_t) 1 << 20)

static void G_GNUC_NORETURN
end_without_memory(void)
{
    static const char message[] =
        "session-race: error: not enough memory: a limit of this process (ulimit -v) or of the "
        "machine is met\n";
    static int ending;

    /* One thread ends the process; others wait for that. */
    while (!g_atomic_int_compare_and_exchange(&ending, 0, 1))
        pause();
    (void) !write(STDERR_FILENO, message, sizeof message - 1);
    sr_output_abandon_all();
    sr_exec_kill_all();
    _exit(SR_EXIT_SYSTEM);
}

/* The handler of GLib's fatal messages. Others are bugs, and end as they always did. */
static void
on_fatal(const char *domain, GLogLevelFlags level, const char *message, void *data)
{
    if (strstr(message, "allocate") != NULL)
        end_without_memory();
    g_log_default_handler(domain, level, message, data);
}

void
sr_stop_without_memory(void)
{
    g_log_set_handler("GLib", G_LOG_LEVEL_ERROR | G_LOG_FLAG_FATAL | G_LOG_FLAG_RECURSION,
                      on_fatal, NULL);
}

#ifdef SR_MALLOC_BEHIND
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *block, size_t size);

#define EXPORTED __attribute__((visibility("default")))

/* Returns: @block, unless it is a small piece that was refused */
static void *
pass(void *block, size_t size)
{
    if (G_UNLIKELY(block == NULL) && size > 0 && size < LARGE)
        end_without_memory();
    return block;
}

EXPORTED void *
malloc(size_t size)
{
    return pass(__libc_malloc(size), size);
}

EXPORTED void *
calloc(size_t n, size_t size)
{
    size_t bytes;

    return pass(__libc_calloc(n, size),
                __builtin_mul_overflow(n, size, &bytes) ? LARGE : bytes);
}

EXPORTED void *
realloc(void *block, size_t size)
{
    return pass(__libc_realloc(block, size), size);
}
#endif

/* `run --watch`: plays again when a file was saved, until it is stopped.
 *
 * Folders are watched, not files: most editors write a file anew under another name and rename it. What counts is a file that was
 * read, or, below a folder of the command line, any scenario. What the program writes itself has other names. */
#include "cli-private.h"

#include <gio/gio.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>

#include "base/escape.h"

typedef struct {
    GHashTable *folders; /* path: GFileMonitor */
    GHashTable *files;   /* a set of paths: what was read last */
    bool any_scenario;   /* a folder is on the command line, so a new file in it counts too */
    char *saved;         /* (nullable) the file that was saved since */
} Watch;

static void
watch_clear(Watch *watch)
{
    g_hash_table_unref(watch->folders);
    g_hash_table_unref(watch->files);
    g_free(watch->saved);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Watch, watch_clear)

/* ---- what is saved ---- */

static void
on_change(G_GNUC_UNUSED GFileMonitor *monitor, GFile *file, GFile *other,
          GFileMonitorEvent event, gpointer data)
{
    Watch *watch = data;
    GFile *there = event == G_FILE_MONITOR_EVENT_CHANGES_DONE_HINT ||
                           event == G_FILE_MONITOR_EVENT_MOVED_IN
                       ? file
                   : event == G_FILE_MONITOR_EVENT_RENAMED ? other
                                                           : NULL;
    g_autofree char *path = there != NULL ? g_file_get_path(there) : NULL;

    if (path != NULL && watch->saved == NULL &&
        (g_hash_table_contains(watch->files, path) ||
         (watch->any_scenario && g_str_has_suffix(path, ".ini"))))
        watch->saved = g_steal_pointer(&path);
}

static void
watch_folder(Watch *watch, const char *path)
{
    g_autoptr(GFile) folder = g_file_new_for_path(path);
    GFileMonitor *monitor;

    if (g_hash_table_contains(watch->folders, path))
        return;
    monitor = g_file_monitor_directory(folder, G_FILE_MONITOR_WATCH_MOVES, NULL, NULL);
    /* A folder that is not there, or that this system cannot watch, never changes. */
    if (monitor == NULL)
        return;
    g_signal_connect(monitor, "changed", G_CALLBACK(on_change), watch);
    g_hash_table_insert(watch->folders, g_strdup(path), monitor);
}

/* Watches the file at @path, and the one that it is a link to. */
static void
watch_file(Watch *watch, const char *path)
{
    char *paths[] = { g_canonicalize_filename(path, NULL), realpath(path, NULL) };

    for (unsigned i = 0; i < G_N_ELEMENTS(paths) && paths[i] != NULL; i++) {
        g_autofree char *folder = g_path_get_dirname(paths[i]);

        watch_folder(watch, folder);
        g_hash_table_add(watch->files, paths[i]);
    }
}

static void
watch_files(Watch *watch, const SrRunFiles *files)
{
    watch->any_scenario = files->folder;
    for (guint i = 0; i < files->files->len; i++) {
        const SrRunFile *file = g_ptr_array_index(files->files, i);
        GHashTableIter samples;
        gpointer path;

        watch_file(watch, file->path);
        if (file->diagnostics == NULL)
            continue;
        g_hash_table_iter_init(&samples, file->diagnostics->samples);
        while (g_hash_table_iter_next(&samples, &path, NULL))
            watch_file(watch, path);
    }
}

/* ---- waiting ---- */

/* The signals that stop, which come only while this thread waits. */
static sigset_t while_waiting;

/* poll() of the main loop, in which signals that stop can come. They are blocked before and behind, so none is missed between a look
 * at whether one came and the wait. */
static gint
poll_with_signals(GPollFD *descriptors, guint n, gint timeout_ms)
{
    G_STATIC_ASSERT(sizeof(GPollFD) == sizeof(struct pollfd));
    const struct timespec timeout = { timeout_ms / 1000, timeout_ms % 1000 * 1000000L };

    return ppoll((struct pollfd *) descriptors, n, timeout_ms < 0 ? NULL : &timeout,
                 &while_waiting);
}

static void
block_signals(int how)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(how, &set, how == SIG_BLOCK ? &while_waiting : NULL);
}

/* Waits until a file was saved, or a stop was asked for. */
static void
wait_for_change(Watch *watch)
{
    while (watch->saved == NULL && sr_stop_signal() == 0)
        g_main_context_iteration(NULL, TRUE);
    /* What else came with it. */
    while (g_main_context_iteration(NULL, FALSE))
        ;
}

/* ---- the whole ---- */

static void
say_watching(const SrRunFiles *files)
{
    guint n = files->files->len;

    sr_message("%u scenario%s watched; save %s to play again, press Ctrl-C to end", n,
               n == 1 ? " is" : "s are", n == 1 ? "it" : "one");
}

static void
say_saved(const char *path)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *name = g_path_get_basename(path);

    sr_text_plain(text, name);
    sr_message("%s was saved", text->str);
}

/* Plays the files of @arguments once. Returns: an exit status */
static int
play_once(Watch *watch, const SrOptions *options, SrRunPlay play)
{
    g_auto(SrRunFiles) files = { 0 };
    int status = sr_run_files_collect(options->arguments, &files);

    if (status != SR_EXIT_OK)
        return status;
    /* Before they are read: what is saved from here on is played once more. */
    watch_files(watch, &files);
    block_signals(SIG_UNBLOCK);
    status = play(options, &files);
    block_signals(SIG_BLOCK);
    watch_files(watch, &files);
    if (sr_stop_signal() == 0)
        say_watching(&files);
    return status;
}

int
sr_watch(const SrOptions *options, SrRunPlay play)
{
    g_auto(Watch) watch = {
        .folders = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_object_unref),
        .files = g_hash_table_new_full(g_str_hash, g_str_equal, free, NULL),
    };
    int status;

    if (options->arguments != NULL &&
        g_strv_contains((const char *const *) options->arguments, "-"))
        return sr_usage_error("--watch: standard input cannot be read again");
    /* The thread that looks at folders begins with them blocked and keeps them so. */
    block_signals(SIG_BLOCK);
    g_main_context_set_poll_func(NULL, poll_with_signals);
    status = play_once(&watch, options, play);
    while (g_hash_table_size(watch.folders) > 0 && sr_stop_signal() == 0) {
        wait_for_change(&watch);
        if (sr_stop_signal() != 0)
            break;
        say_saved(watch.saved);
        g_clear_pointer(&watch.saved, g_free);
        g_hash_table_remove_all(watch.files);
        sr_places_forget();
        status = play_once(&watch, options, play);
    }
    return sr_stop_signal() != 0 ? sr_stop_status() : status;
}

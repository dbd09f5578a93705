/* Takes the files of folders through a fuzz target, each once: a corpus as a test, without
 * libFuzzer. */
#include <glib.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

/* Nobody calls it: a mutator of a target would. */
size_t
LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size)
{
    (void) data;
    return MIN(size, max_size);
}

/* Returns: how many files were taken */
static unsigned
replay_folder(const char *path)
{
    GError *error = NULL;
    g_autoptr(GDir) folder = g_dir_open(path, 0, &error);
    unsigned n = 0;

    if (folder == NULL)
        g_error("%s", error->message);
    for (const char *name; (name = g_dir_read_name(folder)) != NULL; n++) {
        g_autofree char *file = g_build_filename(path, name, NULL), *bytes = NULL;
        g_autofree uint8_t *data = NULL;
        size_t size;

        if (!g_file_get_contents(file, &bytes, &size, &error))
            g_error("%s", error->message);
        /* Exactly as long as the input, so that a sanitizer sees what is read behind it. */
        data = g_memdup2(bytes, size);
        LLVMFuzzerTestOneInput(data, size);
    }
    return n;
}

int
main(int argc, char **argv)
{
    unsigned n = 0;

    for (int i = 1; i < argc; i++)
        n += replay_folder(argv[i]);
    g_print("%u inputs\n", n);
    return n > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* What the program says of many cases, against a golden file: a line for each sentence, with how often
 * it is said and a digest over all that is told with it each time.
 *
 * SR_GOLDEN_WRITE=1 makes the tests write their golden files anew; `tests/golden/update` does that. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <inttypes.h>
#include <string.h>
#include <xxhash.h>

/* Compares @text with tests/golden/@name. */
static inline void
golden_compare(const char *name, const GString *text)
{
    g_autofree char *path =
        g_build_filename(g_getenv("SR_SOURCE_ROOT"), "tests/golden", name, NULL);
    g_autofree char *golden = NULL;

    if (g_getenv("SR_GOLDEN_WRITE") != NULL)
        assert_true(g_file_set_contents(path, text->str, (gssize) text->len, NULL));
    assert_true(g_file_get_contents(path, &golden, NULL, NULL));
    if (strcmp(text->str, golden) == 0)
        return;
    g_auto(GStrv) now = g_strsplit(text->str, "\n", -1);
    g_auto(GStrv) then = g_strsplit(golden, "\n", -1);
    for (unsigned i = 0; then[i] != NULL; i++)
        if (!g_strv_contains((const char *const *) now, then[i]))
            print_error("-%s\n", then[i]);
    for (unsigned i = 0; now[i] != NULL; i++)
        if (!g_strv_contains((const char *const *) then, now[i]))
            print_error("+%s\n", now[i]);
    fail_msg("tests/golden/%s says otherwise", name);
}

typedef struct {
    GTree *sentences; /* char * → SaidOften */
} Said;

typedef struct {
    unsigned n;
    XXH3_state_t *all;
} SaidOften;

static inline void
said_often_free(void *data)
{
    SaidOften *often = data;

    XXH3_freeState(often->all);
    g_free(often);
}

static inline int
said_order(const void *a, const void *b, void *data)
{
    (void) data;
    return strcmp(a, b);
}

static inline Said
said_init(void)
{
    return (Said){ g_tree_new_full(said_order, NULL, g_free, said_often_free) };
}

/* Returns: (transfer full): @text with @instead for what @pattern fits */
static inline char *
said_replace(const char *text, const char *pattern, const char *instead)
{
    g_autoptr(GRegex) regex = g_regex_new(pattern, 0, 0, NULL);

    return g_regex_replace(regex, text, -1, 0, instead, 0, NULL);
}

/* Adds @kind, a sentence without its names and numbers; @all: everything that was told. */
static inline void
said_add(Said *said, const char *kind, const char *all)
{
    SaidOften *often = g_tree_lookup(said->sentences, kind);

    if (often == NULL) {
        often = g_new0(SaidOften, 1);
        often->all = XXH3_createState();
        XXH3_64bits_reset(often->all);
        g_tree_insert(said->sentences, g_strdup(kind), often);
    }
    often->n++;
    XXH3_64bits_update(often->all, all, strlen(all) + 1);
}

static inline gboolean
said_line(void *kind, void *data, void *out)
{
    SaidOften *often = data;

    g_string_append_printf(out, "%5u %016" PRIx64 " %s\n", often->n,
                           (uint64_t) XXH3_64bits_digest(often->all), (char *) kind);
    return FALSE;
}

/* Frees @said. Returns: (transfer full): its lines, in the order of their sentences */
static inline GString *
said_end(Said *said)
{
    GString *lines = g_string_new(NULL);

    g_tree_foreach(said->sentences, said_line, lines);
    g_clear_pointer(&said->sentences, g_tree_unref);
    return lines;
}

/* Files read whole: what is there, what is not, and what only looks like a file. */
#include "base/whole-file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <glib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
    char *folder, *path, *text;
    size_t length;
} Fixture;

static int
set_up(void **state)
{
    Fixture *fixture = g_new0(Fixture, 1);

    fixture->folder = g_dir_make_tmp("whole-file-XXXXXX", NULL);
    fixture->path = g_build_filename(fixture->folder, "file", NULL);
    *state = fixture;
    return fixture->folder != NULL ? 0 : -1;
}

static int
tear_down(void **state)
{
    Fixture *fixture = *state;

    unlink(fixture->path);
    rmdir(fixture->folder);
    g_free(fixture->folder);
    g_free(fixture->path);
    g_free(fixture->text);
    g_free(fixture);
    return 0;
}

static const char *
read_it(Fixture *fixture, uint64_t bytes_max)
{
    return sr_whole_file_read(fixture->path, bytes_max, &fixture->text, &fixture->length);
}

static void
every_byte_is_read(void **state)
{
    Fixture *fixture = *state;
    g_autofree char *bytes = g_malloc(200000);

    for (unsigned i = 0; i < 200000; i++)
        bytes[i] = (char) (i * i >> 3);
    assert_true(g_file_set_contents(fixture->path, bytes, 200000, NULL));
    assert_null(read_it(fixture, 200000));
    assert_int_equal(fixture->length, 200000);
    assert_memory_equal(fixture->text, bytes, 200000);
    assert_int_equal(fixture->text[200000], 0);
}

static void
nothing_is_a_text(void **state)
{
    Fixture *fixture = *state;

    assert_true(g_file_set_contents(fixture->path, "", 0, NULL));
    assert_null(read_it(fixture, 0));
    assert_int_equal(fixture->length, 0);
    assert_string_equal(fixture->text, "");
}

static void
one_byte_too_many_is_refused(void **state)
{
    Fixture *fixture = *state;

    assert_true(g_file_set_contents(fixture->path, "12345", 5, NULL));
    assert_string_equal(read_it(fixture, 4), "is too large");
    assert_null(fixture->text);
    assert_null(read_it(fixture, 5));
}

static void
what_is_no_file_is_refused(void **state)
{
    Fixture *fixture = *state;

    assert_string_equal(read_it(fixture, 10), "no such file");
    assert_string_equal(
        sr_whole_file_read(fixture->folder, 10, &fixture->text, &fixture->length),
        "is a folder");
    assert_int_equal(mkfifo(fixture->path, 0600), 0);
    assert_string_equal(read_it(fixture, 10), "is a FIFO, not a file");
    assert_string_equal(sr_whole_file_read("/dev/zero", 10, &fixture->text, &fixture->length),
                        "is not a regular file");
}

int
main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(every_byte_is_read),
        TEST(nothing_is_a_text),
        TEST(one_byte_too_many_is_refused),
        TEST(what_is_no_file_is_refused),
    };

    return cmocka_run_group_tests_name("whole files", tests, NULL, NULL) != 0;
}

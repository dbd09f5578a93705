/* Loading: what is read, what is refused at once, and the files of `empirical`. */
#include "scenario/reading.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* A folder of its own for each test, with a folder above it that is not the scenario's. */
typedef struct {
    char *top, *folder;
} Place;

static char *
in_folder(const Place *place, const char *name)
{
    return g_build_filename(place->folder, name, NULL);
}

static void
write_file(const Place *place, const char *name, const char *text, gssize length)
{
    g_autofree char *path = in_folder(place, name);

    assert_true(g_file_set_contents(path, text, length, NULL));
}

static int
make_place(void **state)
{
    Place *place = g_new0(Place, 1);

    place->top = g_dir_make_tmp("session-race-XXXXXX", NULL);
    place->folder = g_build_filename(place->top, "here", NULL);
    *state = place;
    return g_mkdir(place->folder, 0700);
}

static void
remove_tree(const char *path)
{
    GDir *dir = g_dir_open(path, 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *child = g_build_filename(path, name, NULL);

        if (g_file_test(child, G_FILE_TEST_IS_DIR) &&
            !g_file_test(child, G_FILE_TEST_IS_SYMLINK))
            remove_tree(child);
        else
            g_unlink(child);
    }
    if (dir != NULL)
        g_dir_close(dir);
    g_rmdir(path);
}

static int
drop_place(void **state)
{
    Place *place = *state;

    remove_tree(place->top);
    g_free(place->top);
    g_free(place->folder);
    g_free(place);
    return 0;
}

/* Loads @name and returns its errors; @status is asserted. */
static char *
load(const Place *place, const char *name, SrLoadStatus status)
{
    g_autofree char *path = in_folder(place, name);
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
    SrScenario *scenario = NULL;

    assert_int_equal(sr_scenario_load(path, NULL, 0, &scenario, diagnostics), status);
    assert_int_equal(scenario != NULL, status == SR_LOAD_OK);
    sr_scenario_free(scenario);
    return errors_text(diagnostics);
}

static void
a_good_file(void **state)
{
    write_file(*state, "a.ini", "[client a]\n", -1);
    g_autofree char *errors = load(*state, "a.ini", SR_LOAD_OK);

    assert_string_equal(errors, "");
}

static void
a_malformed_file(void **state)
{
    write_file(*state, "a.ini", "[client a]\nx = 1\n", -1);
    g_autofree char *errors = load(*state, "a.ini", SR_LOAD_MALFORMED);

    assert_string_equal(errors, "2:1: unknown key 'x' in [client a]");
}

static void
no_file(void **state)
{
    g_autofree char *errors = load(*state, "none.ini", SR_LOAD_SYSTEM);

    assert_string_equal(errors, "no such file");
}

static void
a_folder(void **state)
{
    g_autofree char *errors = load(*state, ".", SR_LOAD_SYSTEM);

    assert_string_equal(errors, "is a folder");
}

static void
a_fifo_is_refused_at_once(void **state)
{
    g_autofree char *path = in_folder(*state, "fifo.ini");

    assert_int_equal(mkfifo(path, 0600), 0);
    g_autofree char *errors = load(*state, "fifo.ini", SR_LOAD_SYSTEM);

    assert_string_equal(errors, "is a FIFO, not a file");
}

static void
a_device(void **state)
{
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
    SrScenario *scenario = NULL;

    (void) state;
    assert_int_equal(sr_scenario_load("/dev/zero", NULL, 0, &scenario, diagnostics),
                     SR_LOAD_SYSTEM);
    g_autofree char *errors = errors_text(diagnostics);

    assert_string_equal(errors, "is not a regular file");
}

static void
an_unreadable_file(void **state)
{
    g_autofree char *path = in_folder(*state, "secret.ini");

    write_file(*state, "secret.ini", "[client a]\n", -1);
    assert_int_equal(g_chmod(path, 0), 0);
    /* The superuser reads it all the same. */
    bool readable = access(path, R_OK) == 0;
    g_autofree char *errors =
        load(*state, "secret.ini", readable ? SR_LOAD_OK : SR_LOAD_SYSTEM);

    assert_string_equal(errors, readable ? "" : "permission denied");
}

static void
a_file_that_is_too_large(void **state)
{
    g_autofree char *path = in_folder(*state, "large.ini");

    write_file(*state, "large.ini", "[client a]\n", -1);
    assert_int_equal(truncate(path, (off_t) SR_SCENARIO_BYTES_MAX + 1), 0);
    g_autofree char *errors = load(*state, "large.ini", SR_LOAD_MALFORMED);

    assert_string_equal(errors, "is larger than 16 MiB");
}

/* Standard input, given as @fd. */
static char *
load_standard_input(int fd, SrLoadStatus status)
{
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
    SrScenario *scenario = NULL;
    int saved = dup(STDIN_FILENO);

    assert_true(saved >= 0 && fd >= 0);
    assert_int_equal(dup2(fd, STDIN_FILENO), STDIN_FILENO);
    SrLoadStatus got = sr_scenario_load("-", NULL, 0, &scenario, diagnostics);

    assert_int_equal(dup2(saved, STDIN_FILENO), STDIN_FILENO);
    close(saved);
    close(fd);
    assert_int_equal(got, status);
    if (scenario != NULL)
        assert_string_equal(scenario->path, "-");
    sr_scenario_free(scenario);
    return errors_text(diagnostics);
}

static void
standard_input_is_a_pipe(void **state)
{
    int ends[2];

    (void) state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "[client a]\n", 11), 11);
    close(ends[1]);
    g_autofree char *errors = load_standard_input(ends[0], SR_LOAD_OK);

    assert_string_equal(errors, "");
}

static void
standard_input_is_a_file(void **state)
{
    g_autofree char *path = in_folder(*state, "a.ini");

    write_file(*state, "a.ini", "[client a]\n", -1);
    g_autofree char *errors = load_standard_input(open(path, O_RDONLY | O_CLOEXEC), SR_LOAD_OK);

    assert_string_equal(errors, "");
}

static void
standard_input_is_a_device(void **state)
{
    (void) state;
    g_autofree char *errors =
        load_standard_input(open("/dev/null", O_RDONLY | O_CLOEXEC), SR_LOAD_SYSTEM);

    assert_string_equal(errors, "is neither a file nor a pipe");
}

/* ---- empirical ---- */

static char *
load_samples(const Place *place, const char *name, const char *samples, SrLoadStatus status)
{
    g_autofree char *text = g_strdup_printf("[client a]\nstart = empirical(\"%s\")\n", name);

    if (samples != NULL)
        write_file(place, name, samples, -1);
    write_file(place, "a.ini", text, -1);
    return load(place, "a.ini", status);
}

/* clang-format off */
static const struct samples_row {
    const char *name, *samples, *want;
} samples_rows[] = {
    { "durations, comments and blank lines", "# ping\n1ms\n\n 2.5ms # slow\n3us\n", "" },
    { "no durations", "# none\n\n", "2:19: 'p.csv' holds no durations" },
    { "a duration without unit", "1ms\n2\n",
      "2:19: p.csv:2:1: '2': needs a unit: ns, us, ms, s, min, h, d [a file of samples has one duration a line]" },
    { "something else", "1ms\n  x,y\n", "2:19: p.csv:2:3: 'x,y': not a duration [a file of samples has one duration a line]" },
    { "a duration that is too long", "31d\n", "2:19: p.csv:1:1: '31d': more than 30 days [a file of samples has one duration a line]" },
    { "a byte that is no text", "1ms\n\x01\n", "2:19: p.csv:2:1: '': not a line of text [a file of samples has one duration a line]" },
};
/* clang-format on */

static const struct samples_row *row_now;

static void
check_samples(void **state)
{
    g_autofree char *errors =
        load_samples(*state, "p.csv", row_now->samples,
                     *row_now->want == '\0' ? SR_LOAD_OK : SR_LOAD_MALFORMED);

    assert_string_equal(errors, row_now->want);
}

static void
samples_are_kept_in_order_and_shared(void **state)
{
    const Place *place = *state;
    g_autofree char *path = in_folder(place, "a.ini");
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
    SrScenario *scenario = NULL;

    write_file(place, "p.csv", "3ms\n1ms\n2ms\n", -1);
    write_file(place, "a.ini",
               "[client a]\nstart = empirical(\"p.csv\") + 1ms\n[client b]\nstart = "
               "empirical(\"p.csv\")\n",
               -1);
    assert_int_equal(sr_scenario_load(path, NULL, 0, &scenario, diagnostics), SR_LOAD_OK);
    const SrDistribution *a = &g_array_index(scenario->clients, SrClientGroup, 0).start,
                         *b = &g_array_index(scenario->clients, SrClientGroup, 1).start;

    assert_int_equal(a->terms[0].kind, SR_DISTRIBUTION_EMPIRICAL);
    assert_ptr_equal(a->terms[0].empirical, b->terms[0].empirical);
    assert_int_equal(a->terms[0].empirical->n, 3);
    assert_int_equal(a->terms[0].empirical->values[0], 3 * SR_NS_PER_MS);
    assert_int_equal(a->terms[0].empirical->values[2], 2 * SR_NS_PER_MS);
    g_autofree char *json = sr_scenario_resolved_json(scenario, false);

    assert_non_null(strstr(json, "\"start\":\"empirical(\\\"p.csv\\\") + 1ms\""));
    assert_non_null(strstr(json, "\"empirical\":{\"p.csv\":\""));
    sr_scenario_free(scenario);
}

/* The samples are part of the source: another file is another scenario. */
static void
samples_are_part_of_the_source(void **state)
{
    const Place *place = *state;
    g_autofree char *path = in_folder(place, "a.ini");
    static const char *const samples[] = { "1ms\n2ms\n", "# the same\n1000us\n0.002s\n",
                                           "2ms\n1ms\n" };
    char sources[3][33];

    write_file(place, "a.ini", "[client a]\nstart = empirical(\"p.csv\")\n", -1);
    for (unsigned i = 0; i < 3; i++) {
        g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
        SrScenario *scenario = NULL;

        write_file(place, "p.csv", samples[i], -1);
        assert_int_equal(sr_scenario_load(path, NULL, 0, &scenario, diagnostics), SR_LOAD_OK);
        sr_scenario_source(scenario, sources[i]);
        sr_scenario_free(scenario);
    }
    assert_string_equal(sources[0], sources[1]);
    assert_string_not_equal(sources[0], sources[2]);
}

static void
samples_below_the_folder(void **state)
{
    const Place *place = *state;
    g_autofree char *sub = in_folder(place, "data");

    assert_int_equal(g_mkdir(sub, 0700), 0);
    g_autofree char *errors = load_samples(place, "data/p.csv", "1ms\n", SR_LOAD_OK);

    assert_string_equal(errors, "");
}

static void
samples_through_a_link_that_leads_out(void **state)
{
    const Place *place = *state;
    g_autofree char *outside = g_build_filename(place->top, "outside.csv", NULL);
    g_autofree char *inside = in_folder(place, "p.csv");

    assert_true(g_file_set_contents(outside, "1ms\n", -1, NULL));
    assert_int_equal(symlink(outside, inside), 0);
    g_autofree char *errors = load_samples(place, "p.csv", NULL, SR_LOAD_MALFORMED);

    assert_string_equal(errors, "2:19: 'p.csv' leads out of the folder [samples are read in or "
                                "below the scenario's folder only]");
}

/* `here-too` begins like `here` and is another folder. */
static void
samples_in_a_folder_of_a_like_name(void **state)
{
    const Place *place = *state;
    g_autofree char *other = g_strconcat(place->folder, "-too", NULL);
    g_autofree char *outside = g_build_filename(other, "p.csv", NULL);
    g_autofree char *inside = in_folder(place, "p.csv");

    assert_int_equal(g_mkdir(other, 0700), 0);
    assert_true(g_file_set_contents(outside, "1ms\n", -1, NULL));
    assert_int_equal(symlink(outside, inside), 0);
    g_autofree char *errors = load_samples(place, "p.csv", NULL, SR_LOAD_MALFORMED);

    assert_string_equal(errors, "2:19: 'p.csv' leads out of the folder [samples are read in or "
                                "below the scenario's folder only]");
}

static void
samples_of_a_folder_and_of_a_fifo(void **state)
{
    const Place *place = *state;
    g_autofree char *sub = in_folder(place, "data"), *fifo = in_folder(place, "fifo");

    assert_int_equal(g_mkdir(sub, 0700), 0);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    g_autofree char *of_folder = load_samples(place, "data", NULL, SR_LOAD_MALFORMED);
    g_autofree char *of_fifo = load_samples(place, "fifo", NULL, SR_LOAD_MALFORMED);

    assert_string_equal(of_folder, "2:19: cannot read 'data': is a folder");
    assert_string_equal(of_fifo, "2:19: cannot read 'fifo': is a FIFO, not a file");
}

static void
a_million_samples_and_one_more(void **state)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (unsigned i = 0; i < 1000000; i++)
        g_string_append(text, "1ms\n");
    g_autofree char *most = load_samples(*state, "p.csv", text->str, SR_LOAD_OK);

    g_string_append(text, "1ms\n");
    g_autofree char *more = load_samples(*state, "p.csv", text->str, SR_LOAD_MALFORMED);

    assert_string_equal(most, "");
    assert_string_equal(more, "2:19: p.csv:1000001:1: '1ms': more than 1000000 durations [a "
                              "file of samples has one duration a line]");
}

#define PLACED(function) cmocka_unit_test_setup_teardown(function, make_place, drop_place)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        PLACED(a_good_file),
        PLACED(a_malformed_file),
        PLACED(no_file),
        PLACED(a_folder),
        PLACED(a_fifo_is_refused_at_once),
        PLACED(a_device),
        PLACED(an_unreadable_file),
        PLACED(a_file_that_is_too_large),
        PLACED(standard_input_is_a_pipe),
        PLACED(standard_input_is_a_file),
        PLACED(standard_input_is_a_device),
        PLACED(samples_are_kept_in_order_and_shared),
        PLACED(samples_are_part_of_the_source),
        PLACED(samples_below_the_folder),
        PLACED(samples_through_a_link_that_leads_out),
        PLACED(samples_in_a_folder_of_a_like_name),
        PLACED(samples_of_a_folder_and_of_a_fifo),
        PLACED(a_million_samples_and_one_more),
    };
    int failed = cmocka_run_group_tests_name("loading scenarios", tests, NULL, NULL);

    for (unsigned i = 0; i < G_N_ELEMENTS(samples_rows); i++) {
        const struct CMUnitTest one[] = { { samples_rows[i].name, check_samples, make_place,
                                            drop_place, NULL } };

        row_now = &samples_rows[i];
        failed += cmocka_run_group_tests_name("loading samples", one, NULL, NULL);
    }
    return failed != 0;
}

/* `shrink`: what is the smallest scenario that still fails this way? */
#include "cli-private.h"

#include <string.h>

#include "base/whole-file.h"
#include "sweep/shrink.h"

static char *check_text, *tries_text;

static const GOptionEntry own_options[] = {
    { "check", 0, 0, G_OPTION_ARG_STRING, &check_text,
      "The check that is to go on failing [the first that fails]", "CHECK" },
    { "tries", 0, 0, G_OPTION_ARG_STRING, &tries_text,
      "How many candidates are tried at most [20000]", "N" },
    G_OPTION_ENTRY_NULL,
};

/* ---- progress ---- */

static void
show(void *data, const SrShrinkProgress *progress)
{
    SrMeter *meter = data;
    gint64 now = g_get_monotonic_time();

    if (sr_meter_is_due(meter, now))
        sr_meter_draw(meter, now,
                      "%" PRIu64 "/%" PRIu64 " tries  %u clients, %u faults, %u lines",
                      progress->tries, progress->tries_max, progress->n_clients,
                      progress->n_faults, progress->n_lines);
}

/* ---- the verb ---- */

/* Says that the run fails no check, or not the requested one. */
static int
nothing_to_shrink(const SrRunFile *file, const SrShrinkOptions *asked)
{
    const char *path = sr_whole_file_name(file->path);

    if (asked->check == SR_CHECK_N)
        sr_message(
            "%s: no check fails under seed %" PRIu64
            "; 'session-race sweep' lists the seeds under which one does",
            path, asked->seed);
    else
        sr_message("%s: %s does not fail under seed %" PRIu64, path,
                   sr_check_name((SrCheckId) asked->check), asked->seed);
    return SR_EXIT_UNEXPECTED;
}

static int
finish(const SrOptions *options, const SrRunFile *file, const SrShrinkOptions *asked,
       const SrShrunk *shrunk)
{
    g_autofree char *comment =
        g_strdup_printf("The smallest scenario that was found to fail %s as %s does under seed "
                        "%" PRIu64 ";\n%" PRIu64 " candidates were tried%s.",
                        sr_check_name((SrCheckId) shrunk->check), file->below, asked->seed,
                        shrunk->at.tries, shrunk->complete ? "" : ", not all that there are");
    g_autofree char *text = sr_shrunk_text(shrunk, comment);
    int status = sr_output_text(options->output, text, strlen(text));

    if (status != SR_EXIT_OK)
        return status;
    if (!options->quiet)
        sr_message("%s: %u client%s, %u fault%s and %u setting%s left after %" PRIu64 " tries",
                   sr_check_name((SrCheckId) shrunk->check), shrunk->at.n_clients,
                   shrunk->at.n_clients == 1 ? "" : "s", shrunk->at.n_faults,
                   shrunk->at.n_faults == 1 ? "" : "s", shrunk->at.n_lines,
                   shrunk->at.n_lines == 1 ? "" : "s", shrunk->at.tries);
    if (sr_stop_signal() != 0)
        return sr_stop_status();
    return shrunk->complete ? SR_EXIT_OK : SR_EXIT_INCOMPLETE;
}

static int
shrink(const SrOptions *options)
{
    g_auto(SrRunFiles) files = { 0 };
    g_autoptr(SrShrunk) shrunk = NULL;
    g_auto(SrOwn) programs = { 0 };
    g_autoptr(GError) error = NULL;
    SrMeter meter;
    SrShrinkOptions asked = { .stop = sr_stop_asked, .progress = show, .data = &meter };
    const SrRunFile *file;
    int status = sr_run_files_collect_one(options->arguments, &files);

    if (status != SR_EXIT_OK)
        return status;
    if (!sr_options_check(check_text, &asked.check) ||
        !sr_options_number("tries", tries_text, 1, G_MAXUINT32, "a number, at least 1",
                           &asked.tries_max))
        return SR_EXIT_MALFORMED;
    status = sr_run_files_load(&files, options->overrides);
    if (status == SR_EXIT_OK)
        status = sr_places_take("output", options->output);
    if (status != SR_EXIT_OK)
        return status;
    status = sr_run_accept_all(options, &files);
    if (status != SR_EXIT_OK)
        return status;
    programs = sr_own_new_patient(options);
    asked.provider = programs.provider;
    asked.signer = programs.signer;

    file = g_ptr_array_index(files.files, 0);
    sr_stop_install();
    sr_meter_begin(&meter, !options->quiet);
    asked.seed = options->has_seed ? options->seed : file->scenario->seed;
    shrunk = sr_shrink(file->scenario, &asked, &error);
    sr_meter_erase(&meter);
    if (g_error_matches(error, SR_SHRINK_ERROR, SR_SHRINK_ERROR_TOO_LONG)) {
        sr_file_error(file->path, error->message);
        return SR_EXIT_INCOMPLETE;
    }
    if (error != NULL)
        return sr_file_error(file->path, error->message);
    if (shrunk == NULL)
        return nothing_to_shrink(file, &asked);
    return finish(options, file, &asked, shrunk);
}

/* clang-format off */
const SrCommand sr_command_shrink = {
    .name = "shrink",
    .question = "what is the smallest scenario that still fails this way?",
    .arguments = "SCENARIO",
    .summary =
        "Looks for the smallest scenario that fails the same check: fewer clients, faults,\n"
        "groups and keys, constants for distributions, rounder and smaller numbers.",
    .description =
        "Random faults of [chaos] become lines of the timeline first. What is found is printed\n"
        "as a scenario file, with verdict = fail(…) in it, ready for a regression suite.\n"
        "Candidates are tried in a fixed order: the same failure gives the same file.\n\n"
        "Exit status:\n"
        "  0  no known reduction is left\n"
        "  1  the run fails no such check: there is nothing to shrink\n"
        "  2  the command line or the scenario is malformed\n"
        "  3  the system failed: a file could not be read, the output not be written, or the\n"
        "     provider or signer not be started\n"
        "  4  --tries were used up; what was found so far is printed; or the run needs more\n"
        "     events than max-events\n"
        "  130, 143  stopped by SIGINT or SIGTERM; what was found so far is printed\n\n"
        "Example:\n"
        "  session-race shrink --seed 79 -o small.ini scenarios/chaos/rare-race.ini\n",
    .options = SR_OPTION_PROVIDER | SR_OPTION_SEED | SR_OPTION_SET | SR_OPTION_OUTPUT | SR_OPTION_QUIET,
    .own = own_options,
    .run = shrink,
};
/* clang-format on */

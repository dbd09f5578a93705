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

const SrCommand sr_command_shrink = {
    .name = "shrink",
    .arguments = "SCENARIO",
    .summary =
        "Looks for the smallest scenario that fails the same check: fewer clients, faults,\n"
        "groups and keys, constants for distributions, rounder and smaller numbers.",
    .description =
        "Random faults of [chaos] become lines of the timeline first. What is found is "
        "printed\n"
        "as a scenario file, with verdict = fail(…) in it, ready for a regression suite.\n"
        "Candidates are tried in a fixed order: the same failure gives the same file.\n\n"
        "Exit status:\n"
        "  0  no known reduction is left\n"
        "  1  the run fails no such check: there is nothing to shrink\n"
        "  2  the command line or the scenario is malformed\n"
        "  3  the system failed: a file could not be read, or the output not be written\n"
        "  4  --tries were used up; what was found so far is printed\n"
        "  130, 143  stopped by SIGINT or SIGTERM; what was found so far is printed\n\n"
        "Example:\n"
        "  session-race shrink --seed 79 -o small.ini scenarios/chaos/rare-race.ini\n",
    .options = SR_OPTION_SEED | SR_OPTION_SET | SR_OPTION_OUTPUT | SR_OPTION_QUIET,
    .own = own_options,
};

/* ---- progress ---- */

static bool
is_stopped(void *data)
{
    (void) data;
    return sr_stop_signal() != 0;
}

static void
show(void *data, const SrShrinkProgress *progress)
{
    SrMeter *meter = data;
    gint64 now = g_get_monotonic_time();

    if (sr_meter_is_due(meter, now))
        sr_meter_draw(meter, now,
                      "%" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT
                      " tries  %u clients, %u faults, %u lines",
                      progress->tries, progress->tries_max, progress->n_clients,
                      progress->n_faults, progress->n_lines);
}

/* ---- the verb ---- */

static bool
read_own(SrShrinkOptions *shrink)
{
    shrink->check = SR_CHECK_N;
    if (check_text != NULL &&
        !sr_options_check(sr_command_shrink.name, "--check", check_text, &shrink->check))
        return false;
    if (tries_text == NULL ||
        g_ascii_string_to_unsigned(tries_text, 10, 1, G_MAXUINT32, &shrink->tries_max, NULL))
        return true;
    sr_usage_error(sr_command_shrink.name, "--tries: '%s' is not a number, at least 1",
                   tries_text);
    return false;
}

/* Says that the run fails no check, or not the requested one. */
static int
nothing_to_shrink(const SrRunFile *file, const SrShrinkOptions *shrink)
{
    const char *path = sr_whole_file_name(file->path);

    if (shrink->check == SR_CHECK_N)
        sr_message(
            sr_command_shrink.name,
            "%s: no check fails under seed %" G_GUINT64_FORMAT
            "; 'session-race sweep --until-failure' looks for a seed under which one does",
            path, shrink->seed);
    else
        sr_message(sr_command_shrink.name, "%s: %s does not fail under seed %" G_GUINT64_FORMAT,
                   path, sr_check_name((SrCheckId) shrink->check), shrink->seed);
    return SR_EXIT_UNEXPECTED;
}

static int
finish(const SrOptions *options, const SrRunFile *file, const SrShrinkOptions *shrink,
       const SrShrunk *shrunk)
{
    g_autofree char *comment = g_strdup_printf(
        "The smallest scenario that was found to fail %s as %s does under seed "
        "%" G_GUINT64_FORMAT ";\n%" G_GUINT64_FORMAT " candidates were tried%s.",
        sr_check_name((SrCheckId) shrunk->check), file->below, shrink->seed, shrunk->at.tries,
        shrunk->complete ? "" : ", not all that there are");
    g_autofree char *text = sr_shrunk_text(shrunk, comment);
    int status = sr_output_text(options->output, text, strlen(text));

    if (status != SR_EXIT_OK)
        return status;
    if (!options->quiet)
        sr_message(sr_command_shrink.name,
                   "%s: %u client%s, %u fault%s and %u setting%s left after %" G_GUINT64_FORMAT
                   " tries",
                   sr_check_name((SrCheckId) shrunk->check), shrunk->at.n_clients,
                   shrunk->at.n_clients == 1 ? "" : "s", shrunk->at.n_faults,
                   shrunk->at.n_faults == 1 ? "" : "s", shrunk->at.n_lines,
                   shrunk->at.n_lines == 1 ? "" : "s", shrunk->at.tries);
    return sr_stop_signal() != 0 ? 128 + sr_stop_signal()
           : shrunk->complete    ? SR_EXIT_OK
                                 : SR_EXIT_INCOMPLETE;
}

int
sr_verb_shrink(int argc, char **argv)
{
    g_auto(SrOptions) options = { 0 };
    g_auto(SrRunFiles) files = { 0 };
    g_autoptr(GPtrArray) scenarios =
        g_ptr_array_new_with_free_func((GDestroyNotify) sr_scenario_free);
    g_autoptr(GPtrArray) diagnostics =
        g_ptr_array_new_with_free_func((GDestroyNotify) sr_diagnostics_free);
    g_autoptr(SrShrunk) shrunk = NULL;
    SrShrinkOptions shrink = { .stop = is_stopped, .progress = show };
    SrMeter meter;
    int status;

    if (!sr_options_parse(&sr_command_shrink, argc, argv, &options, &status))
        return status;
    status = sr_run_files_collect_one(sr_command_shrink.name, options.arguments, &files);
    if (status != SR_EXIT_OK)
        return status;
    if (!read_own(&shrink))
        return SR_EXIT_MALFORMED;
    status = sr_run_files_load(&files, options.overrides, scenarios, diagnostics);
    if (status == SR_EXIT_OK)
        status = sr_places_take(sr_command_shrink.name, "output", options.output);
    if (status != SR_EXIT_OK)
        return status;
    if (!sr_run_accept_all(scenarios))
        return SR_EXIT_MALFORMED;

    const SrScenario *scenario = g_ptr_array_index(scenarios, 0);
    const SrRunFile *file = g_ptr_array_index(files.files, 0);

    sr_stop_install();
    sr_meter_begin(&meter, !options.quiet);
    shrink.data = &meter;
    shrink.seed = options.has_seed ? options.seed : scenario->seed;
    shrunk = sr_shrink(scenario, &shrink);
    sr_meter_erase(&meter);
    if (shrunk == NULL)
        return nothing_to_shrink(file, &shrink);
    return finish(&options, file, &shrink, shrunk);
}

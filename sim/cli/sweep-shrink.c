/* `sweep --shrink FOLDER`: the first unexpected failure of each check becomes a small scenario of
 * its own. */
#include <errno.h>
#include <string.h>

#include "sweep-private.h"
#include "sweep/shrink.h"

void
sr_sweep_failures_note(SrSweepFailures *failures, uint64_t point, uint32_t expected,
                       const SrSweepRow *row)
{
    for (unsigned id = 0; id < SR_CHECK_N; id++) {
        if (row->shares[SR_SHARE_CHECK + id] == 0 || (failures->found | expected) >> id & 1)
            continue;
        failures->found |= 1u << id;
        failures->point[id] = point;
        failures->seed[id] = row->seeds[SR_SHARE_CHECK + id][0];
    }
}

char *
sr_sweep_shrink_name(SrCheckId id)
{
    return g_strdup_printf("%s.ini", sr_check_name(id));
}

/* Where the failure was found: "study.ini, network.loss=1%, seed 7". */
static char *
origin(const SrSweepPlan *plan, uint64_t point, uint64_t seed)
{
    g_autoptr(GPtrArray) at = sr_study_point(plan->base, point);
    g_autofree char *name =
        strcmp(plan->path, "-") == 0 ? g_strdup("a scenario") : g_path_get_basename(plan->path);
    GString *text = g_string_new(name);

    for (guint i = 0; i < at->len; i++)
        g_string_append_printf(text, ", %s", (const char *) g_ptr_array_index(at, i));
    g_string_append_printf(text, ", seed %" PRIu64, seed);
    return g_string_free(text, FALSE);
}

static int
shrink_one(const SrSweepPlan *plan, const SrSweepFailures *failures, SrCheckId id,
           const char *folder, const SrOwn *programs)
{
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
    g_autoptr(SrScenario) scenario =
        sr_sweep_plan_scenario(plan, failures->point[id], diagnostics);
    const SrShrinkOptions options = {
        .seed = failures->seed[id],
        .check = id,
        .provider = programs->provider,
        .signer = programs->signer,
        .stop = sr_stop_asked,
    };
    g_autoptr(GError) error = NULL;
    g_autofree char *name = sr_sweep_shrink_name(id);
    g_autofree char *path = g_build_filename(folder, name, NULL);

    if (scenario == NULL)
        return sr_file_error(plan->path, "its files have changed meanwhile");

    g_autoptr(SrShrunk) shrunk = sr_shrink(scenario, &options, &error);

    if (error != NULL)
        return sr_file_error(plan->path, error->message);
    /* Only a program of the user's own can do something else the second time. */
    g_assert(shrunk != NULL || sr_own_given(plan->options));
    if (shrunk == NULL) {
        sr_message("%s: seed %" PRIu64 " does not fail again; is the program the same each "
                   "time? See 'session-race run --twice'",
                   sr_check_name(id), failures->seed[id]);
        return SR_EXIT_OK;
    }
    g_autofree char *from = origin(plan, failures->point[id], failures->seed[id]);
    g_autofree char *comment =
        g_strdup_printf("The smallest scenario that was found to fail %s.\nFirst met in %s.",
                        sr_check_name(id), from);
    g_autofree char *text = sr_shrunk_text(shrunk, comment);

    return sr_output_text(path, text, strlen(text));
}

int
sr_sweep_shrink(const SrSweepPlan *plan, const SrSweepFailures *failures, const char *folder)
{
    g_auto(SrOwn) programs = sr_own_new_patient(plan->options);
    unsigned n = 0;

    if (failures->found == 0)
        return SR_EXIT_OK;
    if (g_mkdir_with_parents(folder, 0777) != 0)
        return sr_file_error(folder, g_strerror(errno));
    for (unsigned id = 0; id < SR_CHECK_N && sr_stop_signal() == 0; id++) {
        int status = failures->found >> id & 1
                         ? shrink_one(plan, failures, (SrCheckId) id, folder, &programs)
                         : SR_EXIT_OK;

        if (status != SR_EXIT_OK)
            return status;
        n += failures->found >> id & 1;
    }
    sr_message("%u small scenario%s in %s", n, n == 1 ? "" : "s", folder);
    return SR_EXIT_OK;
}

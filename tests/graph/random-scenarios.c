/* random-scenarios FOLDER N: writes N random scenarios of two or three clients that sweeps take
 * into their graph: FOLDER/0.ini and so on. The same N has the same files everywhere. */
#include "random-scenario.h"

#include <stdio.h>
#include <stdlib.h>

#include "graph/graph.h"

int
main(int argc, char **argv)
{
    const uint32_t all = RANDOM_ALL & ~(uint32_t) (RANDOM_CHAOS | RANDOM_DELAYS |
                                                   RANDOM_REPLICAS | RANDOM_CLOCKS);
    uint64_t wanted, written = 0;

    if (argc != 3)
        return EXIT_FAILURE;
    wanted = g_ascii_strtoull(argv[2], NULL, 10);
    for (uint64_t i = 0; written < wanted; i++) {
        SrStream stream = sr_stream_at(2, i);
        /* Half of the dimensions, so that many seeds take the same steps. */
        const RandomSpace space = { all & (uint32_t) sr_stream_next(&stream), 2, 3 };
        g_autoptr(GString) text = random_scenario(i, &space);
        g_autoptr(GError) error = NULL;
        g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
        g_autoptr(SrScenario) scenario =
            sr_scenario_parse("random.ini", text->str, text->len, NULL, 0, diagnostics);
        g_autofree char *path = g_strdup_printf("%s/%" G_GUINT64_FORMAT ".ini", argv[1], written);

        if (scenario == NULL) {
            g_autoptr(GString) said = g_string_new(NULL);

            sr_diagnostics_format(diagnostics, said);
            fputs(said->str, stderr);
            return EXIT_FAILURE;
        }
        if (sr_graph_refusal(scenario) != NULL)
            continue;
        if (!g_file_set_contents(path, text->str, (gssize) text->len, &error)) {
            fprintf(stderr, "random-scenarios: %s\n", error->message);
            return EXIT_FAILURE;
        }
        written++;
    }
    return EXIT_SUCCESS;
}

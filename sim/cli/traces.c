/* What the verbs that read traces share: why one cannot be read, and what must not be replaced. */
#include "cli-private.h"

#include <string.h>

#include "session-race/escape.h"
#include "session-race/whole-file.h"

int
sr_refuse_trace(const char *path, SrTraceFault *fault)
{
    const char *file = fault->path != NULL ? fault->path : path;
    const char *shown = sr_whole_file_name(file);
    int status = fault->system ? SR_EXIT_SYSTEM : SR_EXIT_MALFORMED;

    if (fault->line == 0) {
        sr_file_error(shown, fault->message);
    } else {
        g_autoptr(GString) text = g_string_new(NULL);

        sr_escape_terminal(text, shown, strlen(shown));
        g_string_append_printf(text, ":%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT ": error: ",
                               fault->line, fault->column);
        sr_escape_terminal(text, fault->message, strlen(fault->message));
        g_string_append_c(text, '\n');
        if (fault->line == 1 && !fault->system && g_str_has_suffix(file, ".ini"))
            g_string_append(text, "note: a scenario? 'session-race run --trace FILE' plays it "
                                  "and writes its trace\n");
        sr_error_text(text);
    }
    sr_trace_fault_clear(fault);
    return status;
}

char *
sr_refuse_output(char *const *traces, const char *output)
{
    g_autoptr(GPtrArray) inputs = g_ptr_array_new_with_free_func(g_free);
    const SrRunFiles files = { .files = inputs };

    if (output == NULL || sr_output_is_stdout(output))
        return NULL;
    for (size_t i = 0; i < sr_options_count(traces); i++) {
        SrRunFile *file = g_new0(SrRunFile, 1);

        file->path = traces[i];
        g_ptr_array_add(inputs, file);
    }
    g_autoptr(SrPlaces) places = sr_places_new(&files);
    return sr_places_take(places, output);
}

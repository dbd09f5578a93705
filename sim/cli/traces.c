/* What the verbs that read traces share: the message if one cannot be read. */
#include "cli-private.h"

#include <string.h>

#include "base/escape.h"
#include "base/whole-file.h"

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

/* What the reader of options does with their words. */
#pragma once

#include "cli-private.h"

/* An option that several verbs have. */
typedef struct {
    unsigned bit; /* SR_OPTION_ */
    bool repeats; /* it may be given again */
    size_t place; /* in SrOptions, of an option that is stored as it is; else its entry has a
                     callback */
    GOptionEntry entry;
} SrCommonOption;
#define SR_COMMON_OPTIONS_N 15
extern const SrCommonOption sr_common_options[SR_COMMON_OPTIONS_N];

/* Prepares the arguments for GLib. GLib reads `-j 1` but not `-j1`, so a letter is separated
 * from its value here. GLib also silently takes the last of two values, and accepts a value for
 * an option that has none, so both errors are found here.
 *
 * Returns: (transfer full): the arguments; @complaint: (out) (transfer full) (nullable): the
 * first error in them */
char **sr_options_part(const SrCommand *command, int argc, char **argv, char **complaint);
/* Prints that @command has no option @word ("--sede" or "-x"), and which verbs have it or what
 * was meant. Returns: SR_EXIT_MALFORMED */
int sr_options_refuse_unknown(const SrCommand *command, const char *word);

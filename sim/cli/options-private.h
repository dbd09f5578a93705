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

/* An option that a verb has. */
typedef struct {
    GOptionEntry entry; /* as the help of that verb has it */
    bool repeats;       /* it may be given again */
} SrOption;

/* --help, which each verb has. */
extern const GOptionEntry sr_option_help;

/* Returns: the entry of @option with its words for @command */
GOptionEntry sr_common_entry(const SrCommand *command, const SrCommonOption *option);
/* Returns: (transfer full) (element-type SrOption): the options of @command in the order of its
 * help, which comes last */
GArray *sr_options_list(const SrCommand *command);
/* @word: "--seed", "--seed=1" or "-s". Returns: (nullable): which of @options it is */
SrOption *sr_option_find(const GArray *options, const char *word);
/* Returns: (transfer container) (nullable): the words that @entry of @command takes, ended by NULL;
 * NULL if it takes others too */
const char **sr_option_choices(const SrCommand *command, const GOptionEntry *entry);
/* Returns: whether @entry takes a value */
bool sr_option_takes_value(const GOptionEntry *entry);

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

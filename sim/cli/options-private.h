/* What the reader of options has to do with their words. */
#pragma once

#include "cli-private.h"

/*
 * GLib reads `-j 1` but not `-j1`, so letters that take a value are parted from it here; and it
 * lets the last of two values win in silence, and a value where none belongs, so those are found
 * here.
 * Returns: (transfer full): the arguments; @complaint: (out) (transfer full) (nullable): what is
 * wrong with them
 */
char **sr_options_part(const SrCommand *command, int argc, char **argv, char **complaint);
/* Says that @command has no option @word ("--sede" or "-x"), and who has or what was meant.
 * Returns: SR_EXIT_MALFORMED */
int sr_options_refuse_unknown(const SrCommand *command, const char *word);

/* Reading a file that is not trusted: bounded, never blocking, regular files only. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Reads @path, or standard input with @standard_input (then a pipe will do as well), up to
 * the limit of a scenario. Returns NULL, or why not: "is a folder". */
const char *sr_read_file(const char *path, bool standard_input, char **text, size_t *length);
/* What an error number means, in words that no locale changes. */
const char *sr_errno_text(int number);

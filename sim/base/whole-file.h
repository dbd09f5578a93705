/* A file that is read whole, whatever it is made to be. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** sr_whole_file_too_large: what sr_whole_file_read() says of a file that is longer than it may be */
extern const char sr_whole_file_too_large[];

/** sr_whole_file_name: Returns: (transfer none): how @path is called to people, not escaped: itself,
 * or "standard input" for `-` */
const char *sr_whole_file_name(const char *path);

/** sr_errno_text: Returns: (transfer none): what an error number means of a file that is read, in
 * words that no locale changes */
const char *sr_errno_text(int number);

/**
 * sr_whole_file_read:
 * @path: a regular file; `-` for standard input, which may be a pipe
 * @bytes_max: a longer file is not read
 * @text: (out) (transfer full): what it holds, a zero behind it
 * @length: (out): without that zero
 *
 * A folder, FIFO, device or socket is refused without waiting for it.
 *
 * Returns: (transfer none) (nullable): why it cannot be read, in words; then @text and @length keep
 * what they had
 */
const char *sr_whole_file_read(const char *path, uint64_t bytes_max, char **text,
                               size_t *length);

/**
 * sr_whole_file_real:
 * @folder: a folder
 * @path: a file, which links may lead to
 * @leads_out: (out): whether the file is neither in @folder nor below it
 *
 * Returns: (transfer full) (nullable): the path of the file without any link; %NULL with `errno` set
 * when there is no such file or folder
 */
char *sr_whole_file_real(const char *folder, const char *path, bool *leads_out);

/* A file that is read whole, whatever it is made to be. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/**
 * sr_whole_file_read:
 * @path: a regular file; `-` for standard input, which may be a pipe
 * @octets_max: a longer file is not read
 * @text: (out) (transfer full): what it holds, a zero behind it
 * @length: (out): without that zero
 *
 * A folder, FIFO, device or socket is refused without waiting for it.
 *
 * Returns: (transfer none) (nullable): why it cannot be read, in words; then @text and @length keep
 * what they had
 */
const char *sr_whole_file_read(const char *path, uint64_t octets_max, char **text,
                               size_t *length);

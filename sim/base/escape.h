/* Text from files made harmless before it reaches a terminal, a shell, JSON, XML or a CI log.
 *
 * *Hidden* below are the characters that must not leave as they are: C0 controls, DEL, C1
 * controls, the separators U+2028 and U+2029, and the controls of bidirectional text (U+061C,
 * U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069). What each function appends is UTF-8
 * without hidden characters, whatever bytes @text holds (sr_escape_shell() has the one
 * exception). @text need not be closed by a zero and may hold zeros.
 *
 * @out decides with @text what is dangerous, since a text may continue what stands there: no
 * function completes `##[`, which runners of CI systems obey anywhere in a line, but
 * sr_escape_github(), to which what sr_escape_terminal() appended is given. */
#pragma once

#include <glib.h>

/**
 * sr_escape_json:
 *
 * Appends @text as a JSON string, quotes included: hidden characters as `\uNNNN`, `\n`, `\r` or
 * `\t`, each byte that is not UTF-8 as U+FFFD.
 */
void sr_escape_json(GString *out, const char *text, size_t length);

/**
 * sr_escape_terminal:
 *
 * Appends @text for a person to read: C0, DEL and bytes that are not UTF-8 as `\xNN`, other
 * hidden characters as `\u{NNNN}`, and the first colon of a `::` as `\x3a` where a line may
 * start: in the front of @out, or behind a blank, where lines are broken. A backslash stays one:
 * the form is for eyes, not for reading back.
 */
void sr_escape_terminal(GString *out, const char *text, size_t length);

/**
 * sr_escape_xml:
 *
 * Appends @text for XML content or an attribute in double quotes: hidden characters as
 * references by number; what XML 1.0 forbids, and each byte that is not UTF-8, as U+FFFD.
 */
void sr_escape_xml(GString *out, const char *text, size_t length);

/**
 * sr_escape_github:
 * @property: %FALSE for the message of a workflow command, %TRUE for a property such as `title`
 *
 * Appends @text for a GitHub workflow command: `%`, CR and LF, and in a property `:` and `,`,
 * as `%NN`; other hidden characters as sr_escape_terminal() has them.
 */
void sr_escape_github(GString *out, const char *text, size_t length, gboolean property);

/**
 * sr_escape_shell:
 *
 * Appends @text as one word for a POSIX shell. Plain words stay as they are; others stand in
 * single quotes; where a byte is hidden or not UTF-8 the word is written as `"$(printf
 * '\033')"`, and only line feeds at its very end stay line feeds, in single quotes. Ends at a
 * zero byte, which no argument can hold.
 */
void sr_escape_shell(GString *out, const char *text, size_t length);

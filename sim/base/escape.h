/* Makes text from files harmless before it reaches a terminal, a shell, JSON, XML or a CI log.
 *
 * *Hidden* characters must not be written as they are: C0 controls, DEL, C1 controls, the
 * separators U+2028 and U+2029, and the controls of bidirectional text (U+061C, U+200E, U+200F,
 * U+202A to U+202E, U+2066 to U+2069). Each function appends UTF-8 without hidden characters,
 * whatever bytes @text has (sr_escape_shell() has the one exception). @text need not end in a
 * zero and may contain zeros.
 *
 * Whether @text is dangerous also depends on @out, which it continues. CI runners execute `##[`
 * anywhere in a line, so no function completes one, except sr_escape_github(), whose input is
 * the output of sr_escape_terminal(). */
#pragma once

#include <glib.h>

/** sr_escape_is_hidden: Returns: whether @c is a hidden character */
gboolean sr_escape_is_hidden(gunichar c);

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
 * hidden characters as `\u{NNNN}`. The first colon of a `::` becomes `\x3a` where a line may
 * start: at the start of @out, or after a blank, since lines are broken there. A backslash is
 * not escaped: the form cannot be read back.
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
 * Appends @text as one word for a POSIX shell. Plain words stay as they are; others are put in
 * single quotes. If a byte is hidden or not UTF-8, the word is written as `"$(printf '\033')"`;
 * only line feeds at its very end stay line feeds, in single quotes. Ends at a zero byte, since
 * no argument can contain one.
 */
void sr_escape_shell(GString *out, const char *text, size_t length);

/* Text from files made harmless before it reaches a terminal, a shell, JSON, XML or a CI log. */
#pragma once

#include <glib.h>

/** sr_escape_json: appends @text as a JSON string, quotes included; invalid UTF-8 becomes U+FFFD. */
void sr_escape_json(GString *out, const char *text, size_t length);

/** sr_escape_terminal: appends @text with C0, C1, DEL, line separators and bidirectional controls as `\xNN` or `\u{NNNN}`; invalid UTF-8 octets as `\xNN`. */
void sr_escape_terminal(GString *out, const char *text, size_t length);

/** sr_escape_xml: appends @text for XML content or an attribute in double quotes; what XML 1.0 forbids becomes U+FFFD. */
void sr_escape_xml(GString *out, const char *text, size_t length);

/** sr_escape_github: appends @text for the message (@property FALSE) or a property (@property TRUE) of a GitHub workflow command. */
void sr_escape_github(GString *out, const char *text, size_t length, gboolean property);

/** sr_escape_shell: appends @text as one word for a POSIX shell; plain words stay as they are, all others are quoted. */
void sr_escape_shell(GString *out, const char *text, size_t length);

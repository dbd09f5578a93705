/* A run to step through, as data in a page: the state of everybody at each event, which the script of
 * the page (player.js) shows. The script knows no rule of the protocol; what it shows is written here. */
#pragma once

#include <glib.h>

#include "session-race/trace-reader.h"

/** SR_PLAYER_EVENTS_MAX: a trace with more events is not stepped through in a page. */
#define SR_PLAYER_EVENTS_MAX 250000u

/**
 * sr_player_write:
 * @trace: at most SR_PLAYER_EVENTS_MAX records
 * @title: of the run
 *
 * Appends two elements to a page that is HTML and XML: the run as JSON, whose members player.js names,
 * and the lines of the trace. Whatever a trace says, they hold neither a tag nor a hidden character.
 */
void sr_player_write(const SrTrace *trace, const char *title, GString *out);

/** sr_player_script: Returns: (transfer none): the text of the element that runs player.js */
const char *sr_player_script(void);
/** sr_player_policy: Returns: (transfer full): the hash of that text, as a Content-Security-Policy
 * names it: `sha256-…` */
char *sr_player_policy(void);

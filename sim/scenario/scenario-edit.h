/* A scenario as a list of lines that can be changed and printed: how a shrinker makes its
 * candidates, and how a counterexample becomes a file.
 *
 * The list is made from the resolved form: groups in the order of the reference, each a header
 * with its keys behind it, every key that has a value, defaults included, in canonical words. So
 * whoever looks for something to simplify also sees what the file leaves to a default. Printing
 * leaves out what is at its default. Nothing is checked here: a changed list is judged by reading
 * what it prints (sr_scenario_edit_parse()), and a change that makes no sense is an error there.
 *
 *     g_autoptr(SrScenarioEdit) edit = sr_scenario_edit_new(scenario);
 *
 *     sr_scenario_edit_set(edit, "network", "latency", "20ms");
 *     sr_scenario_edit_remove_client(edit, "bob");
 *     g_autofree char *text = sr_scenario_edit_text(edit, "Found by chance.");
 *
 * `count` and names: the streams of a run are named by its clients, so a client that keeps its
 * name keeps its draws. A group of n can be split into n groups of one (sr_scenario_edit_split()),
 * which play the same run, and of which any can be removed without moving what the others draw. */
#pragma once

#include <glib.h>

#include "session-race/scenario.h"

typedef struct SrScenarioEdit SrScenarioEdit;

/** SrEditLine: one line of the list. Good until the list changes. */
typedef struct {
    const char *group; /* what stands between the brackets: "client bob", "link bob server" */
    const char
        *key; /* "start"; an instant on the timeline; "vary network.loss"; NULL: the header */
    const char *value; /* in canonical words when the scenario gave it; NULL: the header */
    const char *default_text; /* (nullable) what the key is when the line is not there */
    const SrScenarioKey
        *about; /* (nullable) the key's row in the reference; NULL: the header */
} SrEditLine;

/** SR_EDIT_NONE: the number of no line. */
#define SR_EDIT_NONE UINT32_MAX

/** sr_scenario_edit_new: the list of @scenario, which need not outlive it. */
SrScenarioEdit *sr_scenario_edit_new(const SrScenario *scenario);
SrScenarioEdit *sr_scenario_edit_copy(const SrScenarioEdit *edit);
void sr_scenario_edit_free(SrScenarioEdit *edit);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SrScenarioEdit, sr_scenario_edit_free)

/* ---- looking ---- */

/** sr_scenario_edit_n_lines: Returns: headers and keys together. */
uint32_t sr_scenario_edit_n_lines(const SrScenarioEdit *edit);

/** sr_scenario_edit_line: @index: below sr_scenario_edit_n_lines() */
SrEditLine sr_scenario_edit_line(const SrScenarioEdit *edit, uint32_t index);

/** sr_scenario_edit_is_default: Returns: whether printing leaves line @index out, since the key
 * has this value without it; a header never is. */
bool sr_scenario_edit_is_default(const SrScenarioEdit *edit, uint32_t index);

/**
 * sr_scenario_edit_find:
 * @key: (nullable): %NULL: the header
 *
 * Returns: the number of the first such line, or SR_EDIT_NONE
 */
uint32_t sr_scenario_edit_find(const SrScenarioEdit *edit, const char *group, const char *key);

/* ---- changing lines ---- */

/**
 * sr_scenario_edit_set:
 * @group, @key: as SrEditLine says; [timeline] has no key of its own: see
 * sr_scenario_edit_add_action()
 *
 * Gives the key this value, in place when the line is there; else adds it, and the group too when
 * it is not there, in its place.
 */
void sr_scenario_edit_set(SrScenarioEdit *edit, const char *group, const char *key,
                          const char *value);

/** sr_scenario_edit_replace: line @index, not a header, gets another key and value: another
 * instant and action of the timeline. */
void sr_scenario_edit_replace(SrScenarioEdit *edit, uint32_t index, const char *key,
                              const char *value);

/** sr_scenario_edit_add_action: adds `AT = ACTION` behind the others of the timeline; such as
 * sr_timeline_entry_text() writes them. */
void sr_scenario_edit_add_action(SrScenarioEdit *edit, SrTime at, const char *action);

/**
 * sr_scenario_edit_remove:
 *
 * Takes line @index out; a header goes with its keys. A key that has a default then has that, and
 * its line leaves the list all the same. Later lines move up.
 */
void sr_scenario_edit_remove(SrScenarioEdit *edit, uint32_t index);

/** sr_scenario_edit_remove_group: Returns: whether there was such a group. */
bool sr_scenario_edit_remove_group(SrScenarioEdit *edit, const char *group);

/* ---- changing clients ---- */

/**
 * sr_scenario_edit_remove_client:
 * @name: of a group of clients
 *
 * Removes `[client NAME]` and all that speaks of it or of its members: links, actions,
 * expectations, varied keys.
 *
 * Returns: whether there was such a group
 */
bool sr_scenario_edit_remove_client(SrScenarioEdit *edit, const char *name);

/**
 * sr_scenario_edit_set_count:
 * @name: of a group of clients
 * @n: at least 1
 *
 * Keeps the first @n members, or adds some; what speaks of members that are gone is removed. A
 * group of which one is left gets that member's name, NAME-1, so that it draws what it drew.
 *
 * Returns: %FALSE when there is no such group, or when NAME-1 would be too long a name; then
 * nothing has changed
 */
bool sr_scenario_edit_set_count(SrScenarioEdit *edit, const char *name, uint32_t n);

/**
 * sr_scenario_edit_split:
 * @name: of a group of clients
 *
 * Makes each member a group of its own, under its name and in its place, and what speaks of all
 * members speak of each. The run stays as it is, event by event (with `ties = seeded` an action on
 * all members at once becomes several that are ranked by themselves).
 *
 * Returns: %FALSE when there is no such group, when members' names are too long or the groups too
 * many, or when [study] varies a key of all members; then nothing has changed. %TRUE also for a
 * group of one
 */
bool sr_scenario_edit_split(SrScenarioEdit *edit, const char *name);

/* ---- text ---- */

/**
 * sr_scenario_edit_text:
 * @comment: (nullable): lines for the head of the file, without `#`
 *
 * Returns: (transfer full): the file, as sr_scenario_text() writes it
 */
char *sr_scenario_edit_text(const SrScenarioEdit *edit, const char *comment);

/**
 * sr_scenario_edit_parse:
 * @path: as for sr_scenario_parse(): files of samples are looked for in its folder
 *
 * Returns: (transfer full) (nullable): the scenario that the list now is; %NULL exactly when
 * errors were appended to @diagnostics
 */
SrScenario *sr_scenario_edit_parse(const SrScenarioEdit *edit, const char *path,
                                   SrDiagnostics *diagnostics);

/* ---- simpler ---- */

/**
 * sr_scenario_edit_simpler:
 * @index: of a line; of a header, of [expect] and of the groups that a run does not look at there
 * is nothing simpler
 *
 * What a shrinker tries on one line, short of removing it: its default, a constant for a
 * distribution, a smaller and rounder duration or number; on the timeline a rounder instant, and
 * likewise what stands behind `for` and `by`; of a count fewer members, as
 * sr_scenario_edit_set_count() leaves them. The reader may refuse some. Taking one after another
 * comes to an end.
 *
 * Returns: (transfer full) (element-type SrScenarioEdit): changed copies of @edit, the simplest
 * first
 */
GPtrArray *sr_scenario_edit_simpler(const SrScenarioEdit *edit, uint32_t index);

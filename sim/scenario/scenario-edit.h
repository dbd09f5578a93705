/* A scenario as a list of lines that can be changed and printed: how a shrinker makes its
 * candidates, and how a counterexample becomes a file.
 *
 * The list is made from the resolved form. Groups are in the order of the reference; each
 * has a header and then its keys, every key that has a value, including defaults, in
 * canonical words. So a simplifier also sees the values that the file leaves to defaults.
 * Printing leaves out defaults. Nothing is checked here: a changed list is checked when its
 * text is read (sr_scenario_edit_parse()), and a change that makes no sense is an error
 * then.
 *
 *     g_autoptr(SrScenarioEdit) edit = sr_scenario_edit_new(scenario);
 *
 *     sr_scenario_edit_set(edit, "network", "latency", "20ms");
 *     sr_scenario_edit_remove_client(edit, "bob");
 *     g_autofree char *text = sr_scenario_edit_text(edit, "Found by chance.");
 *
 * `count` and names: the clients name the streams of a run, so a client that keeps its name
 * keeps its draws. A group of n can be split into n groups of one
 * (sr_scenario_edit_split()), which play the same run. Any of those can be removed without
 * changing the draws of the others. */
#pragma once

#include <glib.h>

#include "scenario/keys.h"
#include "session-race/scenario.h"

typedef struct SrScenarioEdit SrScenarioEdit;

/** SrEditLine: one line of the list. Valid until the list changes. */
typedef struct {
    const char *group; /* the text between the brackets: "client bob", "link bob server" */
    const char
        *key; /* "start"; an instant on the timeline; "vary network.loss"; NULL: the header */
    const char *value; /* in canonical words when the scenario gave it; NULL: the header */
    const char *default_text; /* (nullable) the value of the key without the line */
    const SrScenarioKey
        *about; /* (nullable) the key's row in the reference; NULL: the header */
} SrEditLine;

/** SR_EDIT_NONE: no line. */
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
 * has this value by default; always false for a header. */
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
 * Sets the value of the key. If the line is missing, it is added at its place, and so is the
 * group.
 */
void sr_scenario_edit_set(SrScenarioEdit *edit, const char *group, const char *key,
                          const char *value);

/** sr_scenario_edit_replace: sets key and value of line @index, which is no header: such as
 * another instant and action of the timeline. */
void sr_scenario_edit_replace(SrScenarioEdit *edit, uint32_t index, const char *key,
                              const char *value);

/** sr_scenario_edit_add_action: adds `AT = ACTION` after the other actions of the timeline, in
 * the form of sr_timeline_entry_text(). */
void sr_scenario_edit_add_action(SrScenarioEdit *edit, SrTime at, const char *action);

/**
 * sr_scenario_edit_remove:
 *
 * Removes line @index; a header is removed with its keys. A key with a default then has its
 * default, and its line is removed from the list too. Later lines move up.
 */
void sr_scenario_edit_remove(SrScenarioEdit *edit, uint32_t index);

/** sr_scenario_edit_remove_group: Returns: whether there was such a group. */
bool sr_scenario_edit_remove_group(SrScenarioEdit *edit, const char *group);

/* ---- changing clients ---- */

/**
 * sr_scenario_edit_remove_client:
 * @name: of a group of clients
 *
 * Removes `[client NAME]` and everything that names it or its members: links, actions,
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
 * Keeps the first @n members, or adds some. Lines that name removed members are removed. If
 * one member is left, the group gets its name, NAME-1, so that its draws stay the same.
 *
 * Returns: %FALSE, with nothing changed, if there is no such group, or if NAME-1 would be
 * too long
 */
bool sr_scenario_edit_set_count(SrScenarioEdit *edit, const char *name, uint32_t n);

/**
 * sr_scenario_edit_split:
 * @name: of a group of clients
 *
 * Makes each member a group of its own, under its name and at its place. Lines that name all
 * members are repeated for each. The run stays the same, event by event (except that with
 * `ties = seeded` an action on all members becomes several actions, each with its own rank).
 *
 * Returns: %FALSE, with nothing changed, if there is no such group, if the members' names
 * are too long or the groups too many, or if [study] varies a key of all members. %TRUE also
 * for a group of one
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
 * @path: as for sr_scenario_parse(): its folder has the files of samples
 *
 * Returns: (transfer full) (nullable): the scenario of the list; %NULL exactly if errors
 * were appended to @diagnostics
 */
SrScenario *sr_scenario_edit_parse(const SrScenarioEdit *edit, const char *path,
                                   SrDiagnostics *diagnostics);

/* ---- simpler ---- */

/**
 * sr_scenario_edit_simpler:
 * @index: of a line. There is nothing simpler for a header, for [expect], and for the groups
 * that a run ignores
 *
 * Makes the candidates for one line, besides removing it: its default, a constant instead of
 * a distribution, a smaller and rounder duration or number; on the timeline a rounder
 * instant, and likewise the values after `for` and `by`; for a count fewer members, as with
 * sr_scenario_edit_set_count(). The reader may refuse some of them. A sequence of such
 * changes always ends.
 *
 * Returns: (transfer full) (element-type SrScenarioEdit): changed copies of @edit, the simplest
 * first
 */
GPtrArray *sr_scenario_edit_simpler(const SrScenarioEdit *edit, uint32_t index);

/* What the files of SrScenarioEdit share. */
#pragma once

#include "scenario/scenario-edit.h"

#include "scenario-private.h"

/* A line; texts are GRefStrings, so that copying a list copies none. */
typedef struct {
    SrGroupKind kind;
    char *group;
    char *key, *value; /* NULL: the header */
} EditLine;

struct SrScenarioEdit {
    GArray *lines; /* EditLine: each header, then its keys */
};

static inline EditLine *
edit_line(const SrScenarioEdit *edit, uint32_t index)
{
    return &g_array_index(edit->lines, EditLine, index);
}

/* Inserts before line @index; @key and @value are nullable together. */
void sr_edit_insert(SrScenarioEdit *edit, uint32_t index, SrGroupKind kind, const char *group,
                    const char *key, const char *value);
/* Returns: the first line after the group whose header is line @header */
uint32_t sr_edit_group_end(const SrScenarioEdit *edit, uint32_t header);
/* Returns: the kind that the first word or words of @group name */
SrGroupKind sr_edit_kind(const char *group);
/* Replaces a text of a line. */
void sr_edit_assign(char **text, const char *new_text);
/* Returns: the row of a line's key, or NULL */
const SrKey *sr_edit_key(const EditLine *line);
/* Returns: the value of line @index's key without the line; NULL if there is no default */
const char *sr_edit_default(const SrScenarioEdit *edit, uint32_t index);

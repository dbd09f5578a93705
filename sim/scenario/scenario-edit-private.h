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
/* The first line behind the group whose header is line @header. */
uint32_t sr_edit_group_end(const SrScenarioEdit *edit, uint32_t header);
/* The kind that @group's first word, or words, names. */
SrGroupKind sr_edit_kind(const char *group);
/* Changes a text of a line. */
void sr_edit_assign(char **text, const char *new_text);
/* The row of a line's key; NULL: there is none. */
const SrKey *sr_edit_key(const EditLine *line);
/* What the key of line @index is without the line; NULL: there is no default. */
const char *sr_edit_default(const SrScenarioEdit *edit, uint32_t index);

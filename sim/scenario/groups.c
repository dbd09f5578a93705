/* Groups: the header between brackets, the lines that belong to it, and the overrides of the
 * command line.
 *
 * A group is identified by its canonical text: `link server alice` is `link alice server`,
 * since an undirected link has no order. A group that is unknown or repeated still ends the one
 * before it. Its keys are checked as those of the kind that was probably meant, so that one
 * pass reports all errors. */
#include "scenario-private.h"

#include <string.h>

void
sr_group_clear(SrGroup *group)
{
    g_free(group->canonical);
    group->canonical = NULL;
}

/* ---- headers ---- */

static bool
link_end(SrReader *reader, SrSlice word)
{
    if (sr_slice_equals(word, "*") || sr_slice_is_name(word))
        return true;
    return sr_reader_refuse(reader, word,
                            memmem(word.at, sr_slice_length(word), "->", 2) != NULL
                                ? "write blanks around '->'"
                                : NULL,
                            "is not a name");
}

static bool
is_service(SrSlice word)
{
    return sr_service_lookup(word.at, sr_slice_length(word)) != SR_NODE_NONE;
}

/* Puts the client first, since the ends of an undirected link may be in either order. */
static void
order_link(SrGroup *group)
{
    SrSlice a = group->words[0], b = group->words[1];
    bool swap = is_service(a) ? !is_service(b) : sr_slice_equals(a, "*") && !is_service(b);

    if (swap) {
        group->words[0] = b;
        group->words[1] = a;
    }
}

static bool
link_header(SrReader *reader, SrGroup *group)
{
    group->directed = group->n_words == 3 && sr_slice_equals(group->words[1], "->");
    if (group->n_words != 2 && !group->directed)
        return sr_reader_error(reader, group->header, NULL,
                               "[link] names its two ends: [link A B] or [link A -> B]");
    if (group->directed)
        group->words[1] = group->words[2];
    group->n_words = 2;
    if (!link_end(reader, group->words[0]) || !link_end(reader, group->words[1]))
        return false;
    if (!group->directed)
        order_link(group);
    group->canonical =
        g_strdup_printf("link %.*s%s %.*s", (int) sr_slice_length(group->words[0]),
                        group->words[0].at, group->directed ? " ->" : "",
                        (int) sr_slice_length(group->words[1]), group->words[1].at);
    return true;
}

/* A header with one name after its word. */
static bool
named_header(SrReader *reader, SrGroup *group)
{
    const SrGroupInfo *info = sr_group_info(group->kind);

    if (group->n_words != 1)
        return sr_reader_error(reader, group->header, NULL, "[%s] needs %s name: [%s]",
                               info->word, group->n_words == 0 ? "a" : "just one", info->label);
    if (!sr_slice_is_name(group->words[0]))
        return sr_reader_refuse(reader, group->words[0],
                                "a name has up to 64 letters, digits, '.', '_' and '-'",
                                "is not a name");
    group->canonical = g_strdup_printf(
        "%s %.*s", info->word, (int) sr_slice_length(group->words[0]), group->words[0].at);
    return true;
}

static bool
kind_of(SrSlice word, SrGroupKind *kind)
{
    for (unsigned k = 0; k < SR_GROUP_N; k++)
        if (k != SR_GROUP_EXPECT_CLIENT && sr_slice_equals(word, sr_group_info(k)->word)) {
            *kind = (SrGroupKind) k;
            return true;
        }
    return false;
}

/* Returns: TRUE if *@kind is what was meant */
static bool
unknown_group(SrReader *reader, SrSlice header, SrSlice word, SrGroupKind *kind)
{
    SrGuess guess = sr_guess_start(word);
    const char *words[SR_GROUP_N];
    unsigned n = 0;

    if (!sr_reader_listing(reader))
        return sr_reader_error(reader, header, NULL, "unknown group");
    for (unsigned k = 0; k < SR_GROUP_N; k++)
        if (k != SR_GROUP_EXPECT_CLIENT)
            words[n++] = sr_group_info(k)->word;
    words[n] = NULL;
    sr_guess_offer_words(&guess, words);
    g_autofree char *note = sr_guess_note(&guess);

    if (note == NULL) {
        g_autofree char *list = sr_join_words(words);

        note = g_strdup_printf("the groups are %s", list);
    }
    sr_reader_error(reader, header, note, "unknown group [%s]", sr_quote(reader, header));
    return kind_of(sr_slice_text(guess.best), kind);
}

bool
sr_group_header(SrReader *reader, SrSlice header, SrGroup *group)
{
    SrSlice rest = header, first = sr_slice_word(&rest);

    *group = (SrGroup){ .header = header, .line = header.line };
    if (!kind_of(first, &group->kind)) {
        group->meant = unknown_group(reader, header, first, &group->kind);
        if (group->meant && group->kind == SR_GROUP_EXPECT && !sr_slice_empty(rest))
            group->kind = SR_GROUP_EXPECT_CLIENT;
        return false;
    }
    group->meant = true;
    while (!sr_slice_empty(rest) && group->n_words < G_N_ELEMENTS(group->words))
        group->words[group->n_words++] = sr_slice_word(&rest);
    if (!sr_slice_empty(rest))
        return sr_reader_error(reader, rest, NULL, "more than [%s] takes",
                               sr_group_info(group->kind)->label);
    if (group->kind == SR_GROUP_LINK)
        return link_header(reader, group);
    if (group->kind == SR_GROUP_CLIENT || group->kind == SR_GROUP_DOCUMENT)
        return named_header(reader, group);
    if (group->kind == SR_GROUP_EXPECT && group->n_words > 0) {
        if (!sr_slice_equals(group->words[0], "client")) {
            /* It may be an expectation of a client, or have one name too many. */
            group->meant = false;
            return sr_reader_error(reader, group->words[0],
                                   "write [expect] or [expect client NAME]",
                                   "unknown group [%s]", sr_quote(reader, header));
        }
        group->kind = SR_GROUP_EXPECT_CLIENT;
        group->words[0] = group->words[1];
        group->words[1] = group->words[2];
        group->n_words--;
        return named_header(reader, group);
    }
    if (group->n_words > 0)
        return sr_reader_error(reader, group->words[0], NULL, "[%s] takes no name",
                               sr_group_info(group->kind)->word);
    group->canonical = g_strdup(sr_group_info(group->kind)->word);
    return true;
}

/* ---- the groups of a file ---- */

static void
report_fault(SrReader *reader, const SrLine *line)
{
    if (line->fault == SR_LINE_GOOD)
        return;
    SrSlice at = sr_slice_from(line->whole, line->fault_at);
    unsigned char c = (unsigned char) *at.at;

    switch (line->fault) {
    case SR_LINE_GOOD:
        break;
    case SR_LINE_TOO_LONG:
        sr_reader_error(reader, at, NULL, "the line is longer than 64 KiB");
        break;
    case SR_LINE_ZERO:
        sr_reader_error(reader, at, "a scenario is a text in UTF-8", "a zero byte");
        break;
    case SR_LINE_BAD_UTF8:
        sr_reader_error(reader, at, "a scenario is a text in UTF-8",
                        "byte 0x%02x is not valid UTF-8", c);
        break;
    case SR_LINE_CARRIAGE_RETURN:
        sr_reader_error(reader, at, "lines end with LF or CR LF",
                        "a carriage return without a line feed");
        break;
    case SR_LINE_CONTROL:
        sr_reader_error(reader, at, NULL, "control character U+%04X", g_utf8_get_char(at.at));
        break;
    }
}

/* The state of the loop over a file. */
typedef struct {
    SrReader *reader;
    bool seen_header, seen_stray;
} Walk;

static void
close_group(SrReader *reader, const char *end)
{
    if (reader->groups->len > 0)
        g_array_index(reader->groups, SrGroup, reader->groups->len - 1).body_end = end;
}

static void
note_duplicate(SrReader *reader, SrGroup *group)
{
    unsigned first =
        GPOINTER_TO_UINT(g_hash_table_lookup(reader->group_index, group->canonical));

    if (first == 0) {
        g_hash_table_insert(reader->group_index, group->canonical,
                            GUINT_TO_POINTER(reader->groups->len + 1));
        return;
    }
    const SrGroup *other = &g_array_index(reader->groups, SrGroup, first - 1);

    group->duplicate = true;
    if (sr_slice_same(group->header, other->header))
        sr_reader_error(reader, group->header, "put its keys into one group",
                        "[%s] comes twice: first on line %u", sr_quote(reader, group->header),
                        other->line);
    else
        sr_reader_error(reader, group->header, "put its keys into one group",
                        "[%s] is the same as [%s] on line %u", sr_quote(reader, group->header),
                        sr_quote(reader, other->header), other->line);
}

static void
header_line(Walk *walk, const SrLine *line, const char *body)
{
    SrReader *reader = walk->reader;
    SrGroup group = { .line = line->whole.line };

    close_group(reader, line->whole.at);
    walk->seen_header = true;
    if (line->fault == SR_LINE_GOOD) {
        if (line->content.end[-1] != ']' || sr_slice_length(line->content) < 2) {
            sr_reader_error(
                reader, line->content, NULL,
                "the group's closing ']' is missing, or something stands behind it");
        } else {
            SrSlice header = line->content;

            header.at++;
            header.end--;
            header = sr_slice_trim(header);
            if (sr_slice_empty(header))
                sr_reader_error(reader, line->content, NULL, "a group without a name");
            else
                group.known = sr_group_header(reader, header, &group);
        }
    }
    group.line = line->whole.line;
    group.body = body;
    if (group.known)
        note_duplicate(reader, &group);
    else
        reader->broken_headers = group.duplicate = true;
    g_array_append_val(reader->groups, group);
}

/* Returns: (transfer full): `key: value`, the syntax of some other formats, if it is used; else
 * NULL */
static char *
colon_note(SrReader *reader, SrSlice content)
{
    const char *colon = memchr(content.at, ':', sr_slice_length(content));

    if (colon == NULL)
        return NULL;
    SrSlice key = sr_slice_trim(sr_slice_to(content, colon)), rest = key,
            value = sr_slice_trim(sr_slice_from(content, colon + 1)),
            word = sr_slice_word(&rest);

    if (sr_slice_empty(key) || sr_slice_empty(value) ||
        (!sr_slice_empty(rest) && !sr_slice_equals(word, "vary")))
        return NULL;
    return g_strdup_printf("write %s = %s", sr_quote(reader, key), sr_quote(reader, value));
}

/* For a line before the first group: says how a file must begin, or which format this seems to
 * be. */
static const char *
stray_note(SrSlice content, const char *comment)
{
    static const struct {
        const char *begin, *note;
    } others[] = {
        { "{\"type\":\"trace\"",
          "this is a trace, which verify, diff, diagram, plot and report read" },
        { "{\"type\":\"sweep\"", "this is the result of a sweep, which merge and plot read" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
        if (sr_slice_length(content) >= strlen(others[i].begin) &&
            memcmp(content.at, others[i].begin, strlen(others[i].begin)) == 0)
            return others[i].note;
    return comment != NULL ? comment
                           : "begin with a group such as [scenario] or [client alice]";
}

static void
entry_line(Walk *walk, const SrLine *line)
{
    SrReader *reader = walk->reader;
    const char *comment = sr_comment_note(line->content);

    if (!walk->seen_header) {
        if (!walk->seen_stray)
            sr_reader_error(reader, line->content, stray_note(line->content, comment),
                            "this line stands before the first [group]");
        walk->seen_stray = true;
        return;
    }
    const char *equals = memchr(line->content.at, '=', sr_slice_length(line->content));

    if (equals == NULL) {
        g_autofree char *colon = colon_note(reader, line->content);

        sr_reader_refuse(reader, line->content, comment != NULL ? comment : colon,
                         "is neither a [group] nor 'key = value'");
    } else if (equals == line->content.at) {
        sr_reader_error(reader, line->content, NULL, "no key before '='");
    }
}

/* Counts the headers first, so that a file with too many gets one clear message. */
static bool
few_enough_groups(SrReader *reader)
{
    SrLines lines = { .source = &reader->source, .at = reader->source.begin };
    unsigned n = 0;

    while (lines.at < reader->source.end) {
        const char *feed = memchr(lines.at, '\n', (size_t) (reader->source.end - lines.at));
        SrSlice whole = { lines.at, feed == NULL ? reader->source.end : feed, &reader->source,
                          ++lines.line };
        SrSlice start = sr_slice_trim(whole);

        if (!sr_slice_empty(start) && *start.at == '[' && ++n > SR_SCENARIO_GROUPS_MAX)
            return sr_reader_error(reader, start, NULL, "more than %u groups",
                                   SR_SCENARIO_GROUPS_MAX);
        lines.at = feed == NULL ? reader->source.end : feed + 1;
    }
    return true;
}

bool
sr_groups_find(SrReader *reader)
{
    Walk walk = { .reader = reader };
    SrLines lines = { .source = &reader->source, .at = reader->source.begin };
    SrLine line;

    if (!few_enough_groups(reader))
        return false;
    while (sr_lines_next(&lines, reader->source.end, &line)) {
        report_fault(reader, &line);
        if (line.header)
            header_line(&walk, &line, lines.at);
        else if (!sr_slice_empty(line.content))
            entry_line(&walk, &line);
    }
    close_group(reader, reader->source.end);
    return true;
}

/* ---- GROUP.KEY ---- */

/* Whether a group of that kind can have @key; *@index is its row. Reports nothing. */
static bool
key_fits(SrGroupKind kind, SrSlice key, int *index)
{
    SrSlice rest = key, word = sr_slice_word(&rest);
    SrSpan instant;

    if (kind == SR_GROUP_TIMELINE) {
        *index = 0;
        return sr_span_parse(key.at, sr_slice_length(key), &instant) == SR_NUMBER_OK;
    }
    if (kind == SR_GROUP_DRAWS) {
        *index = 0;
        return !sr_slice_empty(key);
    }
    if (kind == SR_GROUP_STUDY && sr_slice_equals(word, "vary")) {
        *index = (int) sr_group_index(SR_GROUP_STUDY, "vary GROUP.KEY");
        return !sr_slice_empty(rest);
    }
    *index = sr_group_find(kind, key);
    return *index >= 0 && strchr(sr_group_key(kind, (unsigned) *index)->name, ' ') == NULL;
}

static bool
kind_of_header(SrSlice header, SrGroupKind *kind)
{
    SrSlice rest = header, word = sr_slice_word(&rest);

    if (!kind_of(word, kind))
        return false;
    if (*kind == SR_GROUP_EXPECT && !sr_slice_empty(rest))
        *kind = SR_GROUP_EXPECT_CLIENT;
    return true;
}

static void
unknown_key(SrReader *reader, SrGroupKind kind, SrSlice header, SrSlice key)
{
    g_autofree char *note = g_strdup(sr_comment_note(key));

    if (note == NULL && sr_reader_listing(reader)) {
        SrGuess guess = sr_guess_start(key);

        for (unsigned i = 0; i < sr_group_info(kind)->n; i++)
            if (strchr(sr_group_key(kind, i)->name, ' ') == NULL)
                sr_guess_offer(&guess, sr_group_key(kind, i)->name);
        note = sr_guess_note(&guess);
    }
    /* The other common mistake is a key of another group. */
    for (unsigned k = 0; k < SR_GROUP_N && note == NULL && sr_reader_listing(reader); k++)
        if (k != SR_GROUP_TIMELINE && sr_group_find(k, key) >= 0)
            note = g_strdup_printf("'%s' is a key of [%s]", sr_quote(reader, key),
                                   sr_group_info(k)->label);
    sr_reader_error(reader, key, note, "unknown key '%s' in [%s]", sr_quote(reader, key),
                    sr_quote(reader, header));
}

bool
sr_group_dot_key(SrReader *reader, SrSlice text, SrGroup *group, SrSlice *key, int *index)
{
    SrSlice known_header = { 0 }, known_key = { 0 };
    SrGroupKind kind, known_kind = SR_GROUP_SCENARIO;

    /* Twice 64 for names and the longest words, with room for blanks. To try every dot of a
     * longer text would take too long. */
    if (sr_slice_length(text) > 300)
        return sr_reader_refuse(reader, text, NULL, "names no group and key");
    /* Names may contain dots, so the search for the right dot goes from the right. */
    for (const char *dot = text.end; dot > text.at; dot--) {
        if (dot[-1] != '.')
            continue;
        SrSlice header = sr_slice_trim(sr_slice_to(text, dot - 1)),
                after = sr_slice_trim(sr_slice_from(text, dot));

        if (!kind_of_header(header, &kind))
            continue;
        if (key_fits(kind, after, index)) {
            *key = after;
            return sr_group_header(reader, header, group);
        }
        /* The longest text that may be a group explains best what is wrong with the key. */
        if (known_header.at == NULL) {
            known_header = header;
            known_key = after;
            known_kind = kind;
        }
    }
    if (known_header.at != NULL) {
        unknown_key(reader, known_kind, known_header, known_key);
        return false;
    }
    const char *dot = memrchr(text.at, '.', sr_slice_length(text));

    if (dot == NULL) {
        sr_reader_refuse(reader, text,
                         "write GROUP.KEY, such as server.leeway or 'client bob.start'",
                         "names no group and key");
    } else {
        SrSlice header = sr_slice_trim(sr_slice_to(text, dot)), rest = header;

        unknown_group(reader, header, sr_slice_word(&rest), &kind);
    }
    return false;
}

/* ---- overrides ---- */

/* Returns: the index of the group that an override names. A missing group is added, except a
 * client: a typo would otherwise add a client to the race. */
static bool
override_group(SrReader *reader, SrGroup *group, unsigned *index)
{
    *index = GPOINTER_TO_UINT(g_hash_table_lookup(reader->group_index, group->canonical));
    if (*index > 0) {
        --*index;
        return true;
    }
    if (group->kind == SR_GROUP_CLIENT) {
        g_autofree char *note = NULL;
        SrGuess guess = sr_guess_start(group->words[0]);

        for (const SrGroup *other = NULL;
             (other = sr_group_next(reader, SR_GROUP_CLIENT, other)) != NULL;)
            sr_guess_offer(&guess, sr_group_name(other));
        note = sr_guess_note(&guess);
        if (!reader->broken_headers)
            sr_reader_error(reader, group->words[0],
                            note != NULL ? note
                                         : "an override cannot add a client, but give one a "
                                           "'count'",
                            "the file has no [%s]", group->canonical);
        return false;
    }
    group->known = true;
    group->line = 0;
    group->body = group->body_end = reader->source.end;
    *index = reader->groups->len;
    g_array_append_vals(reader->groups, group, 1);
    g_hash_table_insert(reader->group_index, group->canonical, GUINT_TO_POINTER(*index + 1));
    group->canonical = NULL;
    return true;
}

static void
read_override(SrReader *reader, const SrSource *source)
{
    SrLine line = { .whole = sr_slice_source(source) };
    const char *equals = memchr(source->begin, '=', (size_t) (source->end - source->begin));
    SrOverrideEntry entry;
    SrGroup group = { 0 };
    int index;

    line.fault = sr_bytes_fault(line.whole, &line.fault_at);
    if (line.fault != SR_LINE_GOOD) {
        report_fault(reader, &line);
        return;
    }
    if (equals == NULL) {
        sr_reader_error(reader, line.whole, "write GROUP.KEY=VALUE, such as server.leeway=2s",
                        "no '=' in '%s'", sr_quote(reader, line.whole));
        return;
    }
    entry.value = sr_slice_trim(sr_slice_from(line.whole, equals + 1));
    if (sr_comment_start(entry.value) < entry.value.end) {
        sr_reader_error(reader, sr_slice_from(entry.value, sr_comment_start(entry.value)), NULL,
                        "'#' after a blank would begin a comment in a file");
        return;
    }
    if (sr_group_dot_key(reader, sr_slice_trim(sr_slice_to(line.whole, equals)), &group,
                         &entry.key, &index) &&
        override_group(reader, &group, &entry.group))
        g_array_append_val(reader->overrides, entry);
    sr_group_clear(&group);
}

void
sr_groups_override(SrReader *reader, const SrOverride *overrides, size_t n_overrides)
{
    reader->override_sources = g_new0(SrSource, n_overrides);
    for (size_t i = 0; i < n_overrides; i++) {
        SrSource *source = &reader->override_sources[i];
        const char *text = overrides[i], *option = "--set";
        const char *blank = strchr(text, ' ');

        /* No group begins with `--`. */
        if (g_str_has_prefix(text, "--") && blank != NULL) {
            g_autofree char *name = g_strndup(text, (size_t) (blank - text));

            option = sr_keep(reader, name);
            text = blank + 1;
        }
        *source = (SrSource){ option, text, text + strlen(text), false };
        read_override(reader, source);
    }
}

/* ---- the keys of a group ---- */

const SrGroup *
sr_group_next(const SrReader *reader, SrGroupKind kind, const SrGroup *last)
{
    unsigned i =
        last == NULL ? 0 : (unsigned) (last - &g_array_index(reader->groups, SrGroup, 0)) + 1;

    for (; i < reader->groups->len; i++) {
        const SrGroup *group = &g_array_index(reader->groups, SrGroup, i);

        if (group->known && group->kind == kind)
            return group;
    }
    return NULL;
}

const char *
sr_group_name(const SrGroup *group)
{
    return group->canonical + strlen(sr_group_info(group->kind)->word) + 1;
}

SrEntries
sr_entries(SrReader *reader, const SrGroup *group)
{
    return (SrEntries){ .reader = reader,
                        .group = group,
                        .lines = { &reader->source, group->body, group->line } };
}

/* The next entry of the command line. */
static bool
next_override(SrEntries *entries, SrSlice *key, SrSlice *value)
{
    const GArray *overrides = entries->reader->overrides;
    const SrGroup *first = &g_array_index(entries->reader->groups, SrGroup, 0);

    entries->overriding = true;
    while (entries->n_overrides < overrides->len) {
        const SrOverrideEntry *entry =
            &g_array_index(overrides, SrOverrideEntry, entries->n_overrides++);

        if (first + entry->group != entries->group)
            continue;
        *key = entry->key;
        *value = entry->value;
        return true;
    }
    return false;
}

bool
sr_entries_next(SrEntries *entries, SrSlice *key, SrSlice *value)
{
    SrLine line;

    while (sr_lines_next(&entries->lines, entries->group->body_end, &line)) {
        if (line.fault != SR_LINE_GOOD || sr_slice_empty(line.content))
            continue;
        const char *equals = memchr(line.content.at, '=', sr_slice_length(line.content));

        if (equals == NULL || equals == line.content.at)
            continue;
        *key = sr_slice_trim(sr_slice_to(line.content, equals));
        *value = sr_slice_trim(sr_slice_from(line.content, equals + 1));
        return true;
    }
    return next_override(entries, key, value);
}

static void
collect(SrReader *reader, const SrGroup *group, SrGiven *given)
{
    SrEntries entries = sr_entries(reader, group);
    SrSlice key, value;

    while (sr_entries_next(&entries, &key, &value)) {
        int index = sr_group_find(group->kind, key);

        if (index < 0)
            unknown_key(reader, group->kind, group->header, key);
        else if (given->value[index].at != NULL && !entries.overriding)
            sr_reader_refuse(reader, key, NULL, "comes twice in [%s]: first on line %u",
                             sr_quote(reader, group->header), given->key[index].line);
        else {
            given->key[index] = key;
            given->value[index] = value;
        }
    }
}

char *
sr_keep(SrReader *reader, const char *text)
{
    return g_string_chunk_insert(reader->resolved->texts, text);
}

const char **
sr_values_new(SrGroupKind kind)
{
    return g_new0(const char *, sr_group_info(kind)->n);
}

char *
sr_group_keep(SrReader *reader, SrGroupKind kind, const char *name, const char **values)
{
    SrNamedGroup *named = g_new(SrNamedGroup, 1);
    char *kept = sr_keep(reader, name);

    *named = (SrNamedGroup){ kept, values };
    g_ptr_array_add(reader->resolved->named[kind], named);
    return kept;
}

void
sr_group_read(SrReader *reader, const SrGroup *group, void *out, const char **values,
              SrGiven *given)
{
    memset(given, 0, sizeof *given);
    collect(reader, group, given);
    sr_group_values(reader, group->kind, out, values, given);
}

void
sr_group_values(SrReader *reader, SrGroupKind kind, void *out, const char **values,
                SrGiven *given)
{
    for (unsigned i = 0; i < sr_group_info(kind)->n; i++) {
        const SrKey *key = sr_group_key(kind, i);

        if (given->value[i].at == NULL)
            continue;
        if (sr_slice_empty(given->value[i]))
            sr_reader_error(reader, given->value[i], NULL, "'%s' has no value", key->name);
        else if (sr_value_read(reader, key, given->value[i], out, &values[i]))
            continue;
        given->value[i].at = NULL;
    }
}

void
sr_group_defaults(SrReader *reader, SrGroupKind kind, void *out, const char **values)
{
    for (unsigned i = 0; i < sr_group_info(kind)->n; i++) {
        const SrKey *key = sr_group_key(kind, i);

        if (*key->default_text != '\0')
            sr_value_set(reader, key, key->default_text, out, &values[i]);
    }
}

/* reference TEMPLATE [VERB]: prints a page of the manual as scdoc reads it. A template is the page
 * but for what tables of the program know: that stands where the template has @MARK@. The page of a
 * verb is made from what its --help says, so the two cannot differ. This program is built with the
 * manual only, and not installed. */
#include "options-private.h"

#include <stdio.h>
#include <string.h>

#include "scenario/keys.h"
#include "schema/events.h"

/* ---- text for scdoc ---- */

/* Appends @text so that scdoc takes no character of it for markup. */
static void
append_plain(GString *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (strchr("\\*_[]|#-.~`;<>+", *text) != NULL)
            g_string_append_c(out, '\\');
        g_string_append_c(out, *text);
    }
}

static void
append_bold(GString *out, const char *text)
{
    g_string_append_c(out, '*');
    append_plain(out, text);
    g_string_append_c(out, '*');
}

/* Appends @text, in which options of the command line are bold. */
static void
append_text(GString *out, const char *text)
{
    const char *start = text;

    for (const char *p = text; *p != '\0'; p++) {
        if (!g_str_has_prefix(p, "--") || !g_ascii_islower(p[2]) ||
            (p > text && strchr(" (\"", p[-1]) == NULL))
            continue;
        g_autofree char *before = g_strndup(start, (gsize) (p - start));
        g_autofree char *option = g_strndup(p, strspn(p, G_CSET_a_2_z "-"));

        append_plain(out, before);
        append_bold(out, option);
        start = p + strlen(option);
        p = start - 1;
    }
    append_plain(out, start);
}

/* Appends @text, bold from one backtick to the next. */
static void
append_sentence(GString *out, const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, "`", -1);

    for (unsigned i = 0; parts[i] != NULL; i++) {
        (i % 2 == 1 ? append_bold : append_text)(out, parts[i]);
    }
}

/* Appends the words of @text: underlined where they are in capitals and stand for something, bold
 * elsewhere; brackets and dots are plain. */
static void
append_placeholders(GString *out, const char *text)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);

    for (unsigned i = 0; words[i] != NULL; i++) {
        size_t length =
            strspn(words[i] + strspn(words[i], "["), G_CSET_A_2_Z ".") + strspn(words[i], "[");
        size_t before = strspn(words[i], "[");
        g_autofree char *open = g_strndup(words[i], before);
        g_autofree char *name = g_strndup(words[i] + before, length - before);

        g_string_append(out, i > 0 ? " " : "");
        append_plain(out, open);
        g_string_append_printf(out, "_%s_", name);
        append_plain(out, words[i] + length);
    }
}

/* ---- what help says ---- */

/* The sections of a help text. */
typedef struct {
    GString *description, *exits, *examples, *others;
} Sections;

static GString *
section_of(const Sections *sections, const char *heading)
{
    return g_str_equal(heading, "Exit status:")   ? sections->exits
           : g_str_has_prefix(heading, "Example") ? sections->examples
                                                  : NULL;
}

/* Returns: the number of blanks that @line begins with */
static size_t
indent_of(const char *line)
{
    return strspn(line, " ");
}

/* Appends an item of a list, "0  every outcome", or its further line. */
static void
append_item(GString *out, const char *line)
{
    const char *text = line + indent_of(line), *gap = strstr(text, "  ");

    if (indent_of(line) > 2 || gap == NULL) {
        g_string_append(out, "\t");
        append_sentence(out, text);
    } else {
        g_autofree char *term = g_strndup(text, (gsize) (gap - text));

        g_string_append_c(out, '\n');
        append_bold(out, term);
        g_string_append(out, "\n\t");
        append_sentence(out, gap + indent_of(gap));
    }
    g_string_append_c(out, '\n');
}

static void
append_line(Sections *sections, GString **into, const char *line, const char *next)
{
    GString *section = section_of(sections, line);

    if (section != NULL) {
        *into = section;
    } else if (*line == '\0') {
        g_string_append_c(*into, '\n');
    } else if (*into == sections->examples) {
        g_string_append_printf(*into, "%s\n", line + indent_of(line));
    } else if (indent_of(line) > 0) {
        append_item(*into, line);
    } else {
        /* A heading of a list, or text. */
        g_string_append(*into, g_str_has_suffix(line, ":") && indent_of(next) > 0 ? "\n" : "");
        append_sentence(*into, line);
        g_string_append_c(*into, '\n');
    }
}

/* Sorts the lines of @text into @sections. */
static void
read_help(Sections *sections, const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    GString *into = sections->description;

    for (unsigned i = 0; lines[i] != NULL; i++)
        append_line(sections, &into, lines[i], lines[i + 1] != NULL ? lines[i + 1] : "");
}

static Sections
sections_new(void)
{
    return (Sections){ g_string_new(NULL), g_string_new(NULL), g_string_new(NULL), NULL };
}

static void
sections_clear(Sections *sections)
{
    g_string_free(sections->description, TRUE);
    g_string_free(sections->exits, TRUE);
    g_string_free(sections->examples, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Sections, sections_clear)

/* Appends commands as they are typed. */
static void
append_examples(GString *out, const GString *examples)
{
    g_autofree char *text = g_strstrip(g_strdup(examples->str));

    g_string_append_printf(out, "```\n%s\n```\n", text);
}

/* ---- one verb ---- */

static void
append_options(GString *out, const SrCommand *command)
{
    g_autoptr(GArray) options = sr_options_list(command);

    for (guint i = 0; i < options->len; i++) {
        const GOptionEntry *entry = &g_array_index(options, SrOption, i).entry;

        if (entry->short_name != '\0')
            g_string_append_printf(out, "*-%c*, ", entry->short_name);
        g_string_append(out, "*--");
        append_plain(out, entry->long_name);
        g_string_append_c(out, '*');
        if (entry->arg_description != NULL) {
            g_string_append(out, "=_");
            append_plain(out, entry->arg_description);
            g_string_append_c(out, '_');
        }
        g_string_append(out, "\n\t");
        append_sentence(out, entry->description);
        g_string_append(out, ".\n\n");
    }
}

static bool
takes(const SrCommand *command, const char *what)
{
    return strstr(command->arguments, what) != NULL;
}

static void
append_see_also(GString *out, const SrCommand *command)
{
    g_string_append(out, "*session-race*(1)");
    if (takes(command, "SCENARIO") || takes(command, "GROUP") || takes(command, "NAME"))
        g_string_append(out, ", *session-race-scenario*(5)");
    if (takes(command, "TRACE") || takes(command, "FILE"))
        g_string_append(out, ", *session-race-trace*(5)");
    g_string_append_c(out, '\n');
}

/* Returns: whether @mark is one of the page of a verb; then it was appended */
static bool
append_of_verb(GString *out, const char *mark, const SrCommand *command)
{
    g_auto(Sections) sections = sections_new();
    g_autofree char *help = g_strdup_printf("%s\n\n%s", command->summary, command->description);

    read_help(&sections, help);
    g_assert(sections.exits->len > 0 && sections.examples->len > 0);
    if (g_str_equal(mark, "verb"))
        append_plain(out, command->name);
    else if (g_str_equal(mark, "question"))
        append_plain(out, command->question);
    else if (g_str_equal(mark, "arguments"))
        append_placeholders(out, command->arguments);
    else if (g_str_equal(mark, "description"))
        g_string_append(out, sections.description->str);
    else if (g_str_equal(mark, "options"))
        append_options(out, command);
    else if (g_str_equal(mark, "exits"))
        g_string_append(out, sections.exits->str);
    else if (g_str_equal(mark, "examples"))
        append_examples(out, sections.examples);
    else if (g_str_equal(mark, "see-also"))
        append_see_also(out, command);
    else
        return false;
    return true;
}

/* ---- the other pages ---- */

static void
append_verbs(GString *out)
{
    for (size_t i = 0; sr_commands[i] != NULL; i++) {
        g_string_append_printf(out, "*session-race-%s*(1)\n\t", sr_commands[i]->name);
        append_plain(out, sr_commands[i]->question);
        g_string_append(out, "\n\n");
    }
}

static void
append_all_exits(GString *out)
{
    g_autoptr(GString) usage = sr_verbs_usage();
    g_auto(Sections) sections = sections_new();

    read_help(&sections, usage->str);
    g_string_append(out, sections.exits->str);
}

static void
append_checks(GString *out)
{
    for (unsigned i = 0; i < SR_CHECK_N; i++) {
        append_bold(out, sr_check_name((SrCheckId) i));
        g_string_append(out, "\n\t");
        append_plain(out, sr_check_statement((SrCheckId) i));
        g_string_append(out, ".\n\n");
    }
}

/* Appends a line of the reference of keys: a group, a key, or what is said of one. */
static void
append_key_line(GString *out, const char *line)
{
    size_t indent = indent_of(line);
    const char *text = line + indent, *equals = strstr(text, " = "), *gap = strstr(text, "  ");
    g_autofree char *first = NULL;

    if (*text == '\0')
        return;
    if (indent == 0) {
        first = g_strndup(text, (gsize) (gap - text));
        /* scdoc takes a heading as it stands. */
        g_string_append_printf(out, "## %s\n\n", first);
        append_sentence(out, gap + 2);
        g_string_append(out, ".\n\n");
    } else if (indent == 2) {
        first = g_strndup(text, equals != NULL ? (gsize) (equals - text) : strlen(text));
        append_bold(out, first);
        append_plain(out, equals != NULL ? equals : "");
        g_string_append_c(out, '\n');
    } else if (gap != NULL) {
        first = g_strndup(text, (gsize) (gap - text));
        g_string_append_c(out, '\t');
        append_bold(out, first);
        g_string_append(out, ": ");
        append_sentence(out, gap + indent_of(gap));
        g_string_append(out, "\n\n");
    } else {
        g_string_append_c(out, '\t');
        append_sentence(out, text);
        g_string_append(out, "\n\n");
    }
}

static void
append_keys(GString *out)
{
    g_autoptr(GString) text = g_string_new(NULL);

    g_assert(sr_scenario_keys_text(text, NULL));
    g_auto(GStrv) lines = g_strsplit(text->str, "\n", -1);
    for (unsigned i = 0; lines[i] != NULL; i++)
        append_key_line(out, lines[i]);
}

static void
append_new_scenario(GString *out)
{
    g_autofree char *text = sr_scenario_new_text(SR_SCENARIO_START_RACE, "two");

    g_string_append_printf(out, "```\n%s```\n", text);
}

/* ---- traces ---- */

/* Appends the sentence of an event. What its braces stand for is underlined; what is said only
 * where it applies, "{reason}" right behind a word, is in brackets too. */
static void
append_event_sentence(GString *out, const char *sentence)
{
    for (const char *p = sentence; *p != '\0';) {
        size_t plain = strcspn(p, "{");
        g_autofree char *text = g_strndup(p, plain);

        append_plain(out, text);
        p += plain;
        if (*p == '\0')
            break;
        size_t length = strcspn(p + 1, "}");
        g_autofree char *part = g_strndup(p + 1, length);
        bool perhaps = p > sentence && p[-1] != ' ';

        if (strchr(part, '|') != NULL) {
            g_auto(GStrv) either = g_strsplit(part, "|", -1);
            g_autofree char *joined = g_strjoinv(" or ", either);
            g_autofree char *optional = g_strdup_printf("[%s]", part + 1);

            append_plain(out, *part == '|' ? optional : joined);
        } else {
            g_string_append_printf(out, perhaps ? " \\[_%s_\\]" : "_%s_", part);
        }
        p += length + 2;
    }
}

/* Each event with its members in their order, those in bold that every record of it has. */
static void
append_events(GString *out)
{
    enum { MAY, MUST };
    static const struct {
        const char *name;
        int need;
    } members[SR_MEMBER_N] = {
#define MEMBER(id, name, kind, field, need, has) [SR_MEMBER_##id] = { name, need },
#include "session-race/events.def"
    };
    static const struct {
        const char *word, *sentence;
        SrMember list[SR_MEMBER_N];
    } events[SR_EVENT_N] = {
#define M(member) SR_MEMBER_##member,
#define EVENT(name, word, sentence, members)                                                   \
    [SR_EVENT_##name] = { word, sentence, { members SR_MEMBER_NONE } },
#include "session-race/events.def"
    };

    for (unsigned i = 0; i < SR_EVENT_N; i++) {
        append_bold(out, events[i].word);
        for (const SrMember *m = events[i].list; *m != SR_MEMBER_NONE; m++) {
            g_string_append_c(out, ' ');
            if (members[*m].need == MUST)
                append_bold(out, members[*m].name);
            else
                append_plain(out, members[*m].name);
        }
        g_string_append(out, "\n\t");
        append_event_sentence(out, events[i].sentence);
        g_string_append(out, ".\n\n");
    }
}

static void
append_words(GString *out, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        g_string_append(out, i > 0 ? ", " : "");
        append_bold(out, words[i]);
    }
    g_string_append_c(out, '\n');
}

static void
append_messages(GString *out)
{
    static const char *const words[] = {
#define MSG(name, word, ...) word,
#include "session-race/wire.def"
    };

    append_words(out, words, G_N_ELEMENTS(words));
}

static void
append_states(GString *out)
{
    static const char *const words[] = {
#define STATE(name, word) word,
#include "session-race/words.def"
    };

    append_words(out, words, G_N_ELEMENTS(words));
}

static void
append_reasons(GString *out)
{
    static const char *const words[] = {
#define REASON(name, word) word,
#include "session-race/words.def"
    };

    append_words(out, words, G_N_ELEMENTS(words));
}

static void
append_faults(GString *out)
{
    static const char *const words[] = {
#define FAULT(name, word) word,
#include "session-race/words.def"
    };

    append_words(out, words, G_N_ELEMENTS(words));
}

/* ---- templates ---- */

static void
append_version(GString *out)
{
    g_string_append(out, SR_VERSION);
}

static const struct {
    const char *mark;
    void (*append)(GString *out);
} marks[] = {
    { "version", append_version }, { "verbs", append_verbs },
    { "exits", append_all_exits }, { "checks", append_checks },
    { "keys", append_keys },       { "new-scenario", append_new_scenario },
    { "events", append_events },   { "messages", append_messages },
    { "states", append_states },   { "reasons", append_reasons },
    { "faults", append_faults },
};

/* Returns: whether there is such a mark; then what it stands for was appended.
 * @verb: (nullable) */
static bool
append_mark(GString *out, const char *mark, const SrCommand *verb)
{
    if (verb != NULL && append_of_verb(out, mark, verb))
        return true;
    for (unsigned i = 0; i < G_N_ELEMENTS(marks); i++)
        if (g_str_equal(mark, marks[i].mark)) {
            marks[i].append(out);
            return true;
        }
    return false;
}

/* Returns: whether each mark of @template is one */
static bool
fill(GString *out, const char *template, const SrCommand *verb)
{
    g_auto(GStrv) parts = g_strsplit(template, "@", -1);

    for (unsigned i = 0; parts[i] != NULL; i++) {
        if (i % 2 == 0) {
            g_string_append(out, parts[i]);
        } else if (!append_mark(out, parts[i], verb)) {
            g_printerr("reference: there is no mark '%s'\n", parts[i]);
            return false;
        }
    }
    return true;
}

int
main(int argc, char **argv)
{
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    g_autofree char *template = NULL;
    const SrCommand *verb = argc == 3 ? sr_verb_find(argv[2]) : NULL;

    if (argc < 2 || argc > 3 || (argc == 3 && verb == NULL)) {
        g_printerr("usage: reference TEMPLATE [VERB]\n");
        return 2;
    }
    if (!g_file_get_contents(argv[1], &template, NULL, &error)) {
        g_printerr("reference: %s\n", error->message);
        return 3;
    }
    if (!fill(out, template, verb))
        return 2;
    return fputs(out->str, stdout) < 0 || fflush(stdout) != 0 ? 3 : 0;
}

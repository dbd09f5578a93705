/* Values of several words: retries, kinds of hints, retentions. */
#include "scenario/values-private.h"

#include <string.h>

/* `N times from D to D`, `unlimited from D to D`. */
static bool
parse_retry(SrReader *reader, const SrKey *key, SrSlice value, void *group, GString *canonical)
{
    static const char *const form =
        "write 'none', '5 times from 200ms to 5s' or 'unlimited from 500ms to 10s'";
    SrSlice rest = value, first = sr_slice_word(&rest), word, from, to;
    SrRetryPolicy policy = { .n = SR_RETRY_UNLIMITED };

    if (sr_slice_equals(value, "none")) {
        FIELD(group, key, SrRetryPolicy) = (SrRetryPolicy){ 0 };
        g_string_append(canonical, "none");
        return true;
    }
    if (!sr_slice_equals(first, "unlimited")) {
        SrKey range = {
            .name = key->name, .type = &sr_type_number32, .min = 1, .max = 1000000
        };
        uint64_t n;

        if (!g_ascii_isdigit(*first.at))
            return sr_reader_refuse(reader, value, form, "does not say when to try again");
        if (!sr_value_number(reader, &range, first, &n))
            return false;
        policy.n = (uint32_t) n;
        word = sr_slice_word(&rest);
        if (!sr_slice_equals(word, "times")) {
            /* The delays of the default, if it has any. */
            const char *from_default = strstr(key->default_text, " from ");
            g_autofree char *whole =
                g_strdup_printf("write '%s times%s'", sr_quote(reader, first),
                                from_default != NULL ? from_default : " from 200ms to 5s");

            return sr_reader_error(reader, sr_slice_empty(word) ? first : word,
                                   sr_slice_empty(word) ? whole : form,
                                   "'times' is missing behind the number");
        }
    }
    word = sr_slice_word(&rest);
    from = sr_slice_word(&rest);
    if (!sr_slice_equals(word, "from") || sr_slice_empty(from))
        return sr_reader_error(reader, sr_slice_empty(word) ? value : word, form,
                               "'from D' is missing");
    word = sr_slice_word(&rest);
    to = sr_slice_word(&rest);
    if (!sr_slice_equals(word, "to") || sr_slice_empty(to) || !sr_slice_empty(rest))
        return sr_reader_error(reader, sr_slice_empty(word) ? value : word, form,
                               "'to D' is missing, or something stands behind it");
    if (!sr_value_span(reader, from, &policy.first) || !sr_value_span(reader, to, &policy.max))
        return false;
    if (policy.first < SR_NS_PER_US)
        return sr_reader_error(reader, from,
                               "without a pause between attempts time would stand still",
                               "the first delay must be at least 1us");
    if (policy.first > policy.max)
        return sr_reader_error(reader, to, NULL,
                               "the longest delay '%s' is less than the first, '%s'",
                               sr_quote(reader, to), sr_quote(reader, from));
    FIELD(group, key, SrRetryPolicy) = policy;
    if (policy.n == SR_RETRY_UNLIMITED)
        g_string_append(canonical, "unlimited from ");
    else
        g_string_append_printf(canonical, "%u times from ", policy.n);
    sr_append_span(canonical, policy.first);
    g_string_append(canonical, " to ");
    sr_append_span(canonical, policy.max);
    return true;
}

/* Returns: the call that a value without parentheses was meant as: `1min` means for(1min), `2`
 * or `last 2` mean last(2); NULL if none. The text between the parentheses in @words says what
 * a call takes: N is a whole number, everything else a duration. */
static char *
meant_call(SrReader *reader, SrSlice value, const char *const *words)
{
    SrSlice rest = value, first = sr_slice_word(&rest);

    for (; *words != NULL; words++) {
        const char *open = strchr(*words, '(');
        bool overflow, fits;
        uint64_t number = 0;

        if (open == NULL)
            continue;
        SrSlice name = { .at = *words, .end = open };
        bool named = !sr_slice_empty(rest) && sr_slice_same(first, name);
        SrSlice argument = named ? rest : value;

        if (open[1] == 'N')
            fits = sr_slice_number(argument, &number, &overflow);
        else
            fits =
                sr_span_parse(argument.at, sr_slice_length(argument), &number) == SR_NUMBER_OK;
        if (fits && number > 0)
            return g_strdup_printf("did you mean '%.*s(%s)'?", (int) (open - *words), *words,
                                   sr_quote(reader, argument));
    }
    return NULL;
}

/* Reads a word of the key, or a call of one that takes an argument, as meant_call() says. Returns:
 * the index, or -1 after an error */
static int
word_or_call(SrReader *reader, const SrKey *key, SrSlice value, SrSlice *arguments)
{
    const char *const *words = key->words;
    SrSlice name = value;
    bool call = sr_slice_call(value, &name, arguments);

    for (int i = 0; words[i] != NULL; i++) {
        const char *open = strchr(words[i], '(');
        SrSlice word = sr_slice_text(words[i]);

        if (!sr_slice_same(name, open == NULL ? word : sr_slice_to(word, open)))
            continue;
        if (call == (open != NULL) && !(call && sr_slice_empty(*arguments)))
            return i;
        if (open != NULL)
            sr_reader_error(reader, value, NULL, "'%s' needs its value in parentheses: %s",
                            sr_quote(reader, name), words[i]);
        else
            sr_reader_error(reader, value, NULL, "'%s' takes nothing in parentheses",
                            sr_quote(reader, name));
        return -1;
    }
    g_autofree char *note = meant_call(reader, value, words);
    g_autofree char *list = sr_join_words(words);

    if (note == NULL)
        return sr_value_word(reader, value, words, NULL);
    sr_reader_refuse(reader, value, note, "is not one of %s", list);
    return -1;
}

/* The same with its argument: @at is where it stands, @argument what it is; 0 without one. */
static int
read_choice(SrReader *reader, const SrKey *key, SrSlice value, SrSlice *at, uint64_t *argument,
            GString *canonical)
{
    static const SrKey last = { .name = "last",
                                .type = &sr_type_number64,
                                .min = 1,
                                .max = 1000000 },
                       span = { .type = &sr_type_span };
    int choice = word_or_call(reader, key, value, at);

    *argument = 0;
    if (choice < 0)
        return -1;
    const char *word = key->words[choice], *open = strchr(word, '(');
    const SrKey *inner = open != NULL && open[1] == 'N' ? &last : &span;

    g_string_append_len(canonical, word, open == NULL ? -1 : open + 1 - word);
    if (open == NULL)
        return choice;
    if (!inner->type->parse(reader, inner, *at, argument, canonical))
        return -1;
    g_string_append_c(canonical, ')');
    return choice;
}

static bool
parse_hint(SrReader *reader, const SrKey *key, SrSlice value, void *group, GString *canonical)
{
    SrEncryptionProviderSettings *settings = group;
    SrSlice at = { 0 };
    SrSpan resolution;
    int kind = read_choice(reader, key, value, &at, &resolution, canonical);

    if (kind < 0)
        return false;
    if (kind == SR_HINT_TIMESTAMP && resolution == 0)
        return sr_reader_error(reader, at, NULL,
                               "the resolution of a timestamp must be at least 1ns");
    settings->hint = (SrHintKind) kind;
    settings->hint_resolution = resolution;
    return true;
}

static bool
parse_retention(SrReader *reader, const SrKey *key, SrSlice value, void *group,
                GString *canonical)
{
    SrEncryptionProviderSettings *settings = group;
    SrSlice at = { 0 };
    uint64_t argument;
    int kind = read_choice(reader, key, value, &at, &argument, canonical);

    if (kind < 0)
        return false;
    settings->retention = (SrRetentionKind) kind;
    settings->retention_n = kind == SR_RETENTION_LAST ? argument : 0;
    settings->retention_span = kind == SR_RETENTION_FOR ? argument : 0;
    return true;
}

const SrValueType sr_type_retry = { "none, N times from D to D or unlimited from D to D",
                                    SPAN_UNITS, .parse = parse_retry };
const SrValueType sr_type_hint = { "one of", SPAN_UNITS, .parse = parse_hint };
const SrValueType sr_type_retention = { "one of", SPAN_UNITS, .parse = parse_retention };

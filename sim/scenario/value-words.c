/* Values that are words, a text, or a date and time. */
#include "scenario/values-private.h"

#include <string.h>

/* ---- words ---- */

int
sr_value_word(SrReader *reader, SrSlice value, const char *const *words, const char *note)
{
    for (int i = 0; words[i] != NULL; i++)
        if (sr_slice_equals(value, words[i]))
            return i;
    g_autofree char *list = sr_join_words(words);
    g_autofree char *guessed = sr_guess_among(value, words);
    const char *comment = sr_comment_note(value);

    sr_reader_refuse(reader, value,
                     comment != NULL   ? comment
                     : guessed != NULL ? guessed
                                       : note,
                     "is not one of %s", list);
    return -1;
}

static bool
parse_word(SrReader *reader, const SrKey *key, SrSlice value, void *group, GString *canonical)
{
    int index = sr_value_word(reader, value, key->words, NULL);

    if (index < 0)
        return false;
    /* In gcc and clang an enum is as wide as unsigned. */
    FIELD(group, key, unsigned) = (unsigned) index;
    g_string_append(canonical, key->words[index]);
    return true;
}

static bool
parse_boolean(SrReader *reader, const SrKey *key, SrSlice value, void *group,
              GString *canonical)
{
    static const char *const words[] = { "no", "yes", NULL };
    bool yes = sr_slice_equals(value, "yes");

    if (!yes && !sr_slice_equals(value, "no")) {
        bool truth = sr_slice_equals(value, "true") || sr_slice_equals(value, "on") ||
                     sr_slice_equals(value, "1");
        bool lie = sr_slice_equals(value, "false") || sr_slice_equals(value, "off") ||
                   sr_slice_equals(value, "0");
        g_autofree char *note = truth || lie
                                    ? g_strdup_printf("did you mean '%s'?", words[truth])
                                    : sr_guess_among(value, words);
        const char *comment = sr_comment_note(value);

        return sr_reader_refuse(reader, value, comment != NULL ? comment : note,
                                "is neither 'yes' nor 'no'");
    }
    FIELD(group, key, bool) = yes;
    g_string_append(canonical, words[yes]);
    return true;
}

/* A list of words, as bits in the order of the key's words. */
static bool
parse_words(SrReader *reader, const SrKey *key, SrSlice value, void *group, GString *canonical)
{
    SrSlice rest = value, piece;
    bool done = false;
    uint32_t bits = 0;

    while (sr_slice_piece(&rest, ',', &done, &piece)) {
        if (sr_slice_empty(piece))
            return sr_reader_error(reader, piece, NULL, "a word is missing in the list");
        int index = sr_value_word(reader, piece, key->words, NULL);

        if (index < 0)
            return false;
        if ((bits & (1u << index)) != 0)
            return sr_reader_error(reader, piece, NULL, "'%s' comes twice", key->words[index]);
        bits |= 1u << index;
    }
    FIELD(group, key, uint32_t) = bits;
    for (unsigned i = 0; key->words[i] != NULL; i++)
        if ((bits & (1u << i)) != 0)
            g_string_append_printf(canonical, "%s%s", canonical->len > 0 ? ", " : "",
                                   key->words[i]);
    return true;
}

/* The reader's texts live as long as the scenario. */
static bool
parse_text(SrReader *reader, const SrKey *key, SrSlice value, void *group, GString *canonical)
{
    g_string_append_len(canonical, value.at, (gssize) sr_slice_length(value));
    FIELD(group, key, char *) = g_string_chunk_insert(reader->resolved->texts, canonical->str);
    return true;
}

const SrValueType sr_type_word = { "one of", "", .parse = parse_word };
const SrValueType sr_type_boolean = { "yes or no", "", .parse = parse_boolean };
const SrValueType sr_type_words = { "list of", "", .parse = parse_words };
const SrValueType sr_type_text = { "text", "", .parse = parse_text };

/* ---- a point in time ---- */

/* Epochs are in 1970 … 2099, so that ns since 1970 fit into 64 bits even with a clock that is
 * 100 years wrong. */
static bool
parse_epoch(SrReader *reader, const SrKey *key, SrSlice value, void *group, GString *canonical)
{
    static const char form[] = "0000-00-00T00:00:00Z";
    bool good = sr_slice_length(value) == strlen(form);
    int numbers[19]; /* the one that begins at each place */

    for (unsigned i = 0; good && i < strlen(form); i++)
        good = form[i] == '0' ? g_ascii_isdigit(value.at[i]) : value.at[i] == form[i];
    if (!good)
        return sr_reader_error(reader, value, "write it in UTC, such as 2023-06-01T00:00:00Z",
                               "'%s' is not an instant", sr_quote(reader, value));
    for (unsigned i = 0; i < G_N_ELEMENTS(numbers); i++)
        numbers[i] = (int) g_ascii_strtoull(value.at + i, NULL, 10);
    g_autoptr(GDateTime) instant = g_date_time_new_utc(numbers[0], numbers[5], numbers[8],
                                                       numbers[11], numbers[14], numbers[17]);

    if (instant == NULL || numbers[0] < 1970 || numbers[0] > 2099)
        return sr_reader_error(reader, value,
                               "from 1970-01-01T00:00:00Z to 2099-12-31T23:59:59Z",
                               "there is no instant '%s'", sr_quote(reader, value));
    FIELD(group, key, int64_t) = g_date_time_to_unix(instant);
    g_string_append_len(canonical, value.at, (gssize) strlen(form));
    return true;
}

const SrValueType sr_type_epoch = { "instant in UTC", "", .parse = parse_epoch };

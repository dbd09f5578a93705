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

/* `check-token`: a list of words, as bits in the order of the list. */
static bool
parse_token_checks(SrReader *reader, const SrKey *key, SrSlice value, void *group,
                   GString *canonical)
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
const SrValueType sr_type_token_checks = { "list of", "", .parse = parse_token_checks };
const SrValueType sr_type_text = { "text", "", .parse = parse_text };

/* ---- a point in time ---- */

static bool
two_digits(const char *p, unsigned *number)
{
    if (!g_ascii_isdigit(p[0]) || !g_ascii_isdigit(p[1]))
        return false;
    *number = (unsigned) (p[0] - '0') * 10 + (unsigned) (p[1] - '0');
    return true;
}

static bool
is_leap(unsigned year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static unsigned
days_in_month(unsigned year, unsigned month)
{
    static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

    return days[month - 1] + (month == 2 && is_leap(year) ? 1u : 0u);
}

/* Epochs are in 1970 … 2099, so that ns since 1970 fit into 64 bits even with a clock that is
 * 100 years wrong. */
static bool
parse_epoch(SrReader *reader, const SrKey *key, SrSlice value, void *group, GString *canonical)
{
    const char *p = value.at;
    unsigned century, year, month, day, hour, minute, second;
    bool good = sr_slice_length(value) == 20 && two_digits(p, &century) &&
                two_digits(p + 2, &year) && p[4] == '-' && two_digits(p + 5, &month) &&
                p[7] == '-' && two_digits(p + 8, &day) && p[10] == 'T' &&
                two_digits(p + 11, &hour) && p[13] == ':' && two_digits(p + 14, &minute) &&
                p[16] == ':' && two_digits(p + 17, &second) && p[19] == 'Z';

    if (!good)
        return sr_reader_refuse(reader, value, "write it in UTC, such as 2023-06-01T00:00:00Z",
                                "is not an instant");
    year += century * 100;
    if (year < 1970 || year > 2099 || month < 1 || month > 12 || day < 1 ||
        day > days_in_month(year, month) || hour > 23 || minute > 59 || second > 59)
        return sr_reader_error(reader, value,
                               "from 1970-01-01T00:00:00Z to 2099-12-31T23:59:59Z",
                               "there is no instant '%s'", sr_quote(reader, value));
    int64_t days = (int64_t) day - 1;

    for (unsigned y = 1970; y < year; y++)
        days += is_leap(y) ? 366 : 365;
    for (unsigned m = 1; m < month; m++)
        days += days_in_month(year, m);
    FIELD(group, key, int64_t) = ((days * 24 + hour) * 60 + minute) * 60 + second;
    g_string_append_len(canonical, value.at, 20);
    return true;
}

const SrValueType sr_type_epoch = { "instant in UTC", "", .parse = parse_epoch };

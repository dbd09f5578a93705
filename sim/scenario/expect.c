/* Expectations: how a run should end, as a whole and for single clients. */
#include "scenario-private.h"

#include <string.h>

/* ---- [expect] ---- */

bool
sr_value_check(SrReader *reader, SrSlice name, SrCheckId *check)
{
    const char *names[SR_CHECK_N + 1] = { NULL };

    *check = sr_check_lookup(name.at, sr_slice_length(name));
    if (*check != SR_CHECK_N)
        return true;
    for (unsigned i = 0; i < SR_CHECK_N; i++)
        names[i] = sr_check_name((SrCheckId) i);
    g_autofree char *note = sr_guess_among(name, names);

    return sr_reader_error(reader, name, note, "there is no check '%s'",
                           sr_quote(reader, name));
}

static bool
read_checks(SrReader *reader, SrSlice list, uint32_t *failed)
{
    SrSlice piece;
    bool done = false;

    while (sr_slice_piece(&list, ',', &done, &piece)) {
        SrCheckId check;

        if (sr_slice_empty(piece))
            return sr_reader_error(reader, piece, NULL,
                                   "fail(...) names at least one check, and nothing empty");
        if (!sr_value_check(reader, piece, &check))
            return false;
        if ((*failed & (1u << check)) != 0)
            return sr_reader_error(reader, piece, NULL, "'%s' comes twice",
                                   sr_check_name(check));
        *failed |= 1u << check;
    }
    return true;
}

/* Both [expect] and [explore] have this key. */
static void
set_verdict(const SrKey *key, void *group, SrVerdictKind verdict, uint32_t failed)
{
    SrExpect *expect = group;
    SrExploreSettings *explore = group;

    if (key->group == SR_GROUP_EXPLORE) {
        explore->verdict = verdict;
        explore->failed = failed;
    } else {
        expect->verdict = verdict;
        expect->failed = failed;
    }
}

static bool
parse_verdict(SrReader *reader, const SrKey *key, SrSlice value, void *group,
              GString *canonical)
{
    SrSlice name, list;
    uint32_t failed = 0;

    if (sr_slice_equals(value, "pass")) {
        set_verdict(key, group, SR_VERDICT_PASS, 0);
        g_string_append(canonical, "pass");
        return true;
    }
    if (!sr_slice_call(value, &name, &list) || !sr_slice_equals(name, "fail"))
        return sr_reader_refuse(
            reader, value,
            "write 'pass', or 'fail(key-kept, key-found)': exactly these checks fail",
            "is not a verdict");
    if (!read_checks(reader, list, &failed))
        return false;
    set_verdict(key, group, SR_VERDICT_FAIL, failed);
    for (unsigned i = 0, n = 0; i < SR_CHECK_N; i++)
        if ((failed & (1u << i)) != 0)
            g_string_append_printf(canonical, "%s%s", n++ == 0 ? "fail(" : ", ",
                                   sr_check_name((SrCheckId) i));
    g_string_append_c(canonical, ')');
    return true;
}

static bool
parse_winner(SrReader *reader, const SrKey *key, SrSlice value, void *group, GString *canonical)
{
    SrExpect *expect = group;
    SrNodeRange range;

    (void) key;
    if (!sr_value_node(reader, value, SR_NAME_CLIENT, &range))
        return false;
    if (range.n != 1)
        return sr_reader_refuse(reader, value, "name one of its members, such as NAME-1",
                                "is %u clients, and one wins", range.n);
    expect->winner = range.first;
    g_string_append(canonical, sr_quote(reader, value));
    return true;
}

/* Returns: where the word `within` begins, or the end */
static const char *
find_within(SrSlice value)
{
    SrSlice rest = value;

    for (unsigned n = 0; !sr_slice_empty(rest); n++) {
        SrSlice word = sr_slice_word(&rest);

        if (n > 0 && sr_slice_equals(word, "within"))
            return word.at;
    }
    return value.end;
}

static bool
read_names(SrReader *reader, SrSlice list, SrExpect *expect, GString *canonical)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    SrSlice piece;
    bool done = false, first = true;

    if (expect->names != NULL)
        g_array_set_size(expect->names, 0);
    while (sr_slice_piece(&list, ',', &done, &piece)) {
        SrNodeRange range;

        if (sr_slice_empty(piece))
            return sr_reader_error(reader, piece, NULL, "a name is missing in the list");
        if (!sr_value_node(reader, piece, SR_NAME_CLIENT, &range))
            return false;
        /* A group and its first member have the same first node, so the key includes the
         * length. */
        if (!g_hash_table_add(seen,
                              GSIZE_TO_POINTER(((gsize) range.first << 1) | (range.n > 1))))
            return sr_reader_refuse(reader, piece, NULL, "comes twice");
        if (expect->names != NULL)
            g_array_append_val(expect->names, range);
        g_string_append_printf(canonical, "%s%s", first ? "" : ", ", sr_quote(reader, piece));
        first = false;
    }
    return true;
}

/* `all`, a number or names; then optionally `within D`. */
static bool
parse_collaborating(SrReader *reader, const SrKey *key, SrSlice value, void *group,
                    GString *canonical)
{
    SrExpect *expect = group;
    const char *within = find_within(value);
    SrSlice who = sr_slice_trim(sr_slice_to(value, within));
    SrSlice span = sr_slice_trim(
        sr_slice_from(value, within == value.end ? within : within + strlen("within")));
    bool overflow;
    uint64_t n;

    (void) key;
    if (within != value.end && !sr_value_span(reader, span, &expect->within))
        return false;
    if (sr_slice_equals(who, "all")) {
        expect->collaborating = SR_COLLABORATING_ALL;
        g_string_append(canonical, "all");
    } else if (sr_slice_number(who, &n, &overflow) || overflow) {
        uint32_t n_clients = reader->scenario->n_clients;

        if (overflow || n > n_clients) {
            /* If a header could not be read, there may be some below it; if there are none at
             * all, that is an error of its own. */
            if (n_clients > 0 && !reader->broken_headers)
                sr_reader_error(reader, who, NULL,
                                n_clients == 1 ? "there is only %u client"
                                               : "there are only %u clients",
                                n_clients);
            return false;
        }
        expect->collaborating = SR_COLLABORATING_N;
        expect->collaborating_n = (uint32_t) n;
        g_string_append_printf(canonical, "%" G_GUINT64_FORMAT, n);
    } else {
        expect->collaborating = SR_COLLABORATING_NAMES;
        if (!read_names(reader, who, expect, canonical))
            return false;
    }
    return true;
}

const SrValueType sr_type_verdict = { "pass or fail(CHECK, ...)", "", .parse = parse_verdict };
const SrValueType sr_type_winner = { "client", "", .parse = parse_winner };
const SrValueType sr_type_collaborating = {
    "all, a number or names, with 'within D' or without", "", .parse = parse_collaborating
};

void
sr_expect_read(SrReader *reader, const SrGroup *group)
{
    SrExpect *expect = &reader->scenario->expect;
    const char **values = reader->resolved->single[SR_GROUP_EXPECT];
    unsigned within = sr_group_index(SR_GROUP_EXPECT, "within"),
             who = sr_group_index(SR_GROUP_EXPECT, "collaborating");
    SrGiven given = { 0 };
    char text[SR_SPAN_TEXT_MAX];

    if (group != NULL) {
        expect->line = sr_group_line(group);
        sr_group_read(reader, group, expect, values, &given);
        if (given.value[who].at != NULL && given.value[within].at != NULL &&
            find_within(given.value[who]) != given.value[who].end)
            sr_reader_error(reader, given.key[within], NULL,
                            "'within' is already said by 'collaborating'");
    }
    if (given.key[who].at == NULL) {
        expect->collaborating =
            expect->verdict == SR_VERDICT_PASS ? SR_COLLABORATING_ALL : SR_COLLABORATING_ANY;
        values[who] = expect->verdict == SR_VERDICT_PASS ? "all" : NULL;
        if (expect->collaborating == SR_COLLABORATING_ANY && given.value[within].at != NULL)
            sr_reader_error(reader, given.key[within],
                            "add 'collaborating', such as 'collaborating = all'",
                            "'within' does not say who");
    }
    if (expect->within != SR_TIME_NEVER) {
        sr_span_format(expect->within, text);
        values[within] = sr_keep(reader, text);
    }
}

/* ---- [expect client NAME] ---- */

/* In the order of SrOutcomeKind. */
static const char *const outcome_words[] = { "wins", "joins", "fails(REASON)", "waits", NULL };

G_STATIC_ASSERT(SR_OUTCOME_WAITS == SR_OUTCOME_WINS + 3);

/* The reasons for which a client can fail. */
static const char *
reason_list(void)
{
    return "encryption, jwt, content, client-update-required, general";
}

static bool
read_reason(SrReader *reader, SrSlice word, uint8_t *reason)
{
    SrReason found = sr_reason_lookup(word.at, sr_slice_length(word));
    SrGuess guess = sr_guess_start(word);

    if (found >= SR_REASON_ENCRYPTION && found <= SR_REASON_GENERAL) {
        *reason = (uint8_t) found;
        return true;
    }
    for (unsigned i = SR_REASON_ENCRYPTION; i <= SR_REASON_GENERAL; i++)
        sr_guess_offer(&guess, sr_reason_name((SrReason) i));
    g_autofree char *note = sr_guess_note(&guess);

    return sr_reader_refuse(reader, word, note, "is not a reason for a client to fail: %s",
                            reason_list());
}

static bool
parse_outcome(SrReader *reader, const SrKey *key, SrSlice value, void *group,
              GString *canonical)
{
    SrExpectClient *expect = group;
    SrSlice name, argument;
    uint8_t reason = 0;

    (void) key;
    if (sr_slice_call(value, &name, &argument) && sr_slice_equals(name, "fails")) {
        if (!read_reason(reader, argument, &reason))
            return false;
        expect->outcome = SR_OUTCOME_FAILS;
        expect->reason = reason;
        g_string_append_printf(canonical, "fails(%s)", sr_reason_name((SrReason) reason));
        return true;
    }
    if (sr_slice_equals(value, "fails"))
        return sr_reader_error(reader, value, NULL, "'fails' needs a reason in parentheses: %s",
                               reason_list());
    int word = sr_value_word(
        reader, value, outcome_words,
        "wins: it owns the session; joins: it collaborates in another's; fails(REASON): it "
        "has failed; waits: it waits for a session");

    if (word < 0)
        return false;
    expect->outcome = (SrOutcomeKind) (SR_OUTCOME_WINS + word);
    g_string_append(canonical, outcome_words[word]);
    return true;
}

const SrValueType sr_type_outcome = { "one of wins, joins, fails(REASON), waits", "",
                                      .parse = parse_outcome };

void
sr_expect_clients_read(SrReader *reader)
{
    for (const SrGroup *group = NULL;
         (group = sr_group_next(reader, SR_GROUP_EXPECT_CLIENT, group)) != NULL;) {
        SrExpectClient expect = { .at = SR_TIME_NEVER, .before = SR_TIME_NEVER };
        const char **values = sr_values_new(SR_GROUP_EXPECT_CLIENT);
        SrGiven given;
        bool good = sr_value_node(reader, group->words[0], SR_NAME_CLIENT, &expect.clients);

        sr_group_read(reader, group, &expect, values, &given);
        expect.line = sr_group_line(group);
        if (!good || group->duplicate) {
            g_free(values);
            continue;
        }
        g_array_append_val(reader->scenario->expect_clients, expect);
        sr_group_keep(reader, SR_GROUP_EXPECT_CLIENT, sr_group_name(group), values);
    }
}

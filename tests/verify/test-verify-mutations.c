/* A property: a trace in which one line is removed, doubled, swapped with the line before it of
 * the same node, or changed in one member, is refused or explained.
 *
 * The traces of all shipped scenarios are changed in many ways, which a fixed seed chooses. The
 * digest, or the numbers of the lines, show each change. So each is tried again with a repaired
 * digest and repaired numbers. The table below lists the changes that verification cannot see
 * then, with the reason: another run, or another setting, does write such a trace. Any other
 * change that is explained fails the test. With the scenario no change is explained. */
#include "verify/verify-changes.h"

/* ---- what cannot be seen ---- */

/* "kind event message member"; `*` fits anything. */
/* clang-format off */
static struct {
    const char *pattern, *reason;
    unsigned wanted; /* how many of the changes that are tried as usual */
    unsigned n;
} unseen[] = {
    { "removed receive * -", "the message is on its way when the run ends at its limit, or on a link that is not ordered", 8, 0 },
    { "removed lose * -", "likewise", 6, 0 },
    { "removed connection-closed - -", "the server has not noticed it when the run ends", 0, 0 },
    { "removed key-discarded - -", "the store keeps that key, and nobody asks for it again", 0, 0 },
    { "removed fault * -", "what it does takes time, or nothing", 1, 0 },
    { "removed clock - -", "clocks show in nothing but what tokens are judged by", 0, 0 },
    { "removed token-signed - -", "the provider hands out the token that it signed before", 13, 0 },
    { "removed token-judged * -", "the server does not check tokens on that message", 10, 0 },
    { "doubled receive * -", "a link that is not ordered delivers twice", 120, 0 },
    { "doubled lose * -", "likewise, and loses both", 3, 0 },
    { "doubled fault * -", "it happens twice", 1, 0 },
    { "doubled clock - -", "likewise", 0, 0 },
    { "swapped * * -", "both come in one instant, and neither leads to the other", 3, 0 },
    { "changed * * t", "how long anything takes is not known, only that time does not go back", 19, 0 },
    { "changed token-judged * now", "the server's clock may be wrong by any amount", 10, 0 },
    { "changed * * id", "one of two messages that say the same stands for the other", 0, 0 },
    { "changed fault * action", "another fault that takes time, or does nothing", 0, 0 },
    { "changed sealed - bytes", "how large content is, where it is sealed once", 1, 0 },
    { "tripled fault * -", "it happens three times", 2, 0 },
    { "tripled clock - -", "likewise", 1, 0 },
    { "removed-all send key-refused -", "a request for a key runs out unanswered, and the client asks again", 0, 0 },
    { "removed-all receive key-refused -", "likewise", 0, 0 },
    { "first - - source", "which scenario and which seed it is of, the scenario has to say", 164, 0 },
    { "first - - seed", "likewise", 175, 0 },
    { "last - - t", "a run may go on for a while without a line", 186, 0 },
};
/* clang-format on */

static bool
word_fits(const char *pattern, size_t length, const char *word)
{
    return (length == 1 && *pattern == '*') ||
           (length == strlen(word) && memcmp(pattern, word, length) == 0);
}

static bool
is_known_unseen(const char *kind, const char *event, const char *message, const char *member)
{
    const char *const words[] = { kind, event, message, member };

    for (size_t i = 0; i < G_N_ELEMENTS(unseen); i++) {
        const char *at = unseen[i].pattern;
        bool fits = true;

        for (size_t k = 0; k < G_N_ELEMENTS(words); k++) {
            size_t length = strcspn(at, " ");

            fits &= word_fits(at, length, words[k]);
            at += length + (at[length] == ' ');
        }
        if (fits) {
            unseen[i].n++;
            return true;
        }
    }
    return false;
}

/* ---- the property ---- */

typedef struct {
    unsigned n_traces, n[KIND_N], refused[KIND_N], damaged[KIND_N], n_bad;
    Said answers;
} Tally;

/* Whether line @at is not earlier than the line before it, nor later than the line after it. */
static bool
stays_in_order(const GPtrArray *lines, guint at)
{
    int64_t t[3] = { 0, 0, INT64_MAX };

    for (guint i = MAX(at, 2) - 1; i <= at + 1 && i < lines->len; i++) {
        g_autofree char *word = fixture_word(g_ptr_array_index(lines, i), "t");

        t[i + 1 - at] = g_ascii_strtoll(word, NULL, 10);
    }
    return t[0] <= t[1] && t[1] <= t[2];
}

static void
try_one(Changer *changer, Kind kind, const char *path, const SrScenario *scenario, Tally *tally)
{
    const SrVerifyOptions alone = { 0 }, compared = { .scenario = scenario };
    g_autoptr(GPtrArray) lines = fixture_copy(changer->lines);

    if (!change(changer, kind, lines))
        return;
    tally->n[kind]++;
    /* The digest catches everything between the first line and the last. */
    tally->damaged[kind] += kind == FIRST || kind == LAST || !passes(lines, &alone, NULL);
    fixture_repair(lines);

    g_autoptr(GString) same = fixture_join(lines), was = fixture_join(changer->lines);

    /* The change may have no effect: two equal lines were swapped. */
    if (strcmp(same->str, was->str) == 0 || !passes(lines, &alone, changer->answers)) {
        tally->refused[kind]++;
        return;
    }

    g_autofree char *event = fixture_word(changer->line, "event");
    g_autofree char *message =
        fixture_word(changer->line, strcmp(event, "fault") == 0 ? "action" : "msg");
    bool in_order = strcmp(changer->member, "t") != 0 || stays_in_order(lines, changer->at);

    if (!in_order || !is_known_unseen(kind_names[kind], event, message, changer->member)) {
        tally->n_bad++;
        print_error("%s: %s, %s: %s\n", strstr(path, "scenarios/"), kind_names[kind],
                    changer->member, changer->line);
    }
    /* A run that draws nothing and makes no key is the same for every seed. */
    if (strcmp(changer->member, "seed") != 0)
        assert_false(passes(lines, &compared, changer->answers));
}

static void
change_shipped(const char *path, void *data)
{
    Tally *tally = data;
    g_autoptr(SrScenario) scenario = fixture_load(path);
    g_autoptr(GString) text = fixture_trace(scenario, scenario->seed);
    g_autoptr(GPtrArray) lines = fixture_lines(text);
    Changer changer = {
        .lines = lines,
        .values = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
                                        (GDestroyNotify) g_ptr_array_unref),
        .stream = sr_stream_at(sr_name_hash(scenario->title, strlen(scenario->title)), 0),
        .answers = &tally->answers,
    };

    if (lines->len <= LINES_MAX) {
        tally->n_traces++;
        meet_values(&changer);
        for (unsigned kind = 0; kind < KIND_N; kind++)
            for (unsigned i = 0; i < effort_cases(n_each[kind]); i++)
                try_one(&changer, (Kind) kind, path, scenario, tally);
    }
    g_free(changer.line);
    g_hash_table_unref(changer.values);
}

static void
changes_are_refused_or_explained(void **state)
{
    Tally tally = { .answers = said_init() };

    (void) state;
    fixture_each_shipped(change_shipped, &tally);
    print_message("%u traces\n", tally.n_traces);
    for (unsigned kind = 0; kind < KIND_N; kind++) {
        print_message("%-11s %5u: damage named %5u; made to fit: refused %5u, explained %u\n",
                      kind_names[kind], tally.n[kind], tally.damaged[kind], tally.refused[kind],
                      tally.n[kind] - tally.refused[kind]);
        assert_in_range(tally.n[kind], effort_cases(100), UINT32_MAX);
        assert_int_equal(tally.damaged[kind], tally.n[kind]);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(unseen); i++)
        print_message("  explained %4u: %s: %s\n", unseen[i].n, unseen[i].pattern,
                      unseen[i].reason);
    for (size_t i = 0; i < G_N_ELEMENTS(unseen) && effort_is_usual(); i++)
        if (unseen[i].n != unseen[i].wanted)
            fail_msg("%s: %u are explained, not %u", unseen[i].pattern, unseen[i].n,
                     unseen[i].wanted);
    assert_int_equal(tally.n_bad, 0);
    g_autoptr(GString) said = said_end(&tally.answers);
    if (effort_is_usual())
        golden_compare("verify-changed-traces", said);
}

/* ---- logs ---- */

typedef struct {
    Said answers;
    unsigned n;
} Logs;

static void
change_logs_of_shipped(const char *path, void *data)
{
    Logs *logs = data;
    g_autoptr(SrScenario) scenario = fixture_load(path);

    change_logs(scenario, logs->n++, &logs->answers);
}

static void
changed_logs_are_answered_as_before(void **state)
{
    Logs logs = { .answers = said_init() };

    (void) state;
    fixture_each_shipped(change_logs_of_shipped, &logs);
    g_autoptr(GString) said = said_end(&logs.answers);
    if (!effort_is_less())
        golden_compare("verify-changed-logs", said);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changes_are_refused_or_explained),
        cmocka_unit_test(changed_logs_are_answered_as_before),
    };

    return cmocka_run_group_tests_name("changed traces", tests, NULL, NULL) != 0;
}

/* What the lines of an encryption provider show on their own: verdicts, the line of the failure,
 * and notes. */
#include "verify/verify-shorthand.h"

#define P "encryption-provider "
#define K1 " key=1111111111111111\n"
#define K2 " key=2222222222222222\n"
/* Requests of clients a and b for a new key and for hints, and answers. */
#define NEW(c) P "receive key-request from=" c " id=1\n"
#define ASKS(c, hint) P "receive key-request from=" c " id=1 hint=" hint "\n"
#define MADE(hint, key) P "key-made hint=" hint key
#define FOUND(hint, key) P "key-found hint=" hint key
#define MISSING(hint) P "key-missing hint=" hint "\n"
#define GONE(hint) P "key-discarded hint=" hint " reason=age\n"
#define KEY(c, hint, key) P "send key to=" c " id=2 hint=" hint key
#define REFUSED(c, reason) P "send key-refused to=" c " id=2 reason=" reason "\n"
#define MAKES(c, hint, key) NEW(c) MADE(hint, key) KEY(c, hint, key)
#define FINDS(c, hint, key) ASKS(c, hint) FOUND(hint, key) KEY(c, hint, key)
#define TWICE(lines) lines lines
#define EIGHT(lines) TWICE(TWICE(TWICE(lines)))

typedef struct {
    const char *name, *log;
    /* key-found, hint-stable, provider-answers: `h` holds, `-` not judged, or the line that fails,
     * counted from 0 */
    const char *verdicts;
    const char *note; /* (nullable): a part of the only note about keys */
} Row;

/* clang-format off */
static const Row rows[] = {
    { "a key is made and found", MAKES("a", "u1", K1) FINDS("b", "u1", K1), "h h h", NULL },
    { "keys by their messages alone", NEW("a") KEY("a", "u1", K1) ASKS("b", "u1") KEY("b", "u1", K1), "h h h", NULL },
    { "keys that nobody looks up", MAKES("a", "u1", K1), "- h h", NULL },
    { "look-ups of what was never given out", ASKS("a", "u1") MISSING("u1") REFUSED("a", "unknown-hint"), "- - h", NULL },
    { "a look-up before there is a key", ASKS("a", "u1") MISSING("u1") REFUSED("a", "unknown-hint") MAKES("b", "u1", K1), "h h h", NULL },
    { "a look-up in vain", MAKES("a", "u1", K1) ASKS("b", "u1") MISSING("u1") REFUSED("b", "unknown-hint"), "4 h h", NULL },
    { "two look-ups in vain: the first counts", MADE("u1", K1) MISSING("u1") MISSING("u1"), "1 h -", NULL },
    { "a look-up in vain, without its note", MAKES("a", "u1", K1) ASKS("b", "u1") REFUSED("b", "unknown-hint"), "3 h h", NULL },
    { "a key that is not available is no look-up in vain", MAKES("a", "u1", K1) ASKS("b", "u1") REFUSED("b", "unavailable"), "h h h", NULL },
    { "a new key that is refused is no look-up in vain", MAKES("a", "u1", K1) FINDS("b", "u1", K1) NEW("b") REFUSED("b", "unknown-hint"), "h h h", NULL },
    { "a refusal of what nobody asked for", MAKES("a", "u1", K1) FINDS("b", "u1", K1) REFUSED("b", "unknown-hint"), "h h h", NULL },
    { "a look-up in vain after one that was noted",
      MAKES("a", "u1", K1) ASKS("b", "u2") MISSING("u2") REFUSED("b", "unknown-hint") ASKS("b", "u1") REFUSED("b", "unknown-hint"), "6 h h", NULL },
    { "a look-up in vain by its note, not by the refusal too",
      MAKES("a", "u1", K1) ASKS("b", "u1") ASKS("b", "u2") MISSING("u2") REFUSED("b", "unknown-hint"), "h h 3", NULL },
    { "another hint is missing", MAKES("a", "u1", K1) ASKS("b", "u2") MISSING("u2") REFUSED("b", "unknown-hint"), "h h h", NULL },
    { "a discarded key that nobody asks for", MAKES("a", "u1", K1) FINDS("b", "u1", K1) GONE("u1"), "h h h", NULL },
    { "a discarded key that somebody asks for", MADE("u1", K1) GONE("u1") MISSING("u1"), "2 h -", "was discarded at line 3 (age)" },
    { "a discarded key that was made before the log begins", GONE("u1") MISSING("u1"), "1 - -", "was discarded at line 2 (age)" },
    { "the discard of another hint", MADE("u1", K1) GONE("u2") MISSING("u1"), "2 h -", NULL },
    { "a key that is discarded, made again and lost", MADE("u1", K1) GONE("u1") MADE("u1", K1) MISSING("u1"), "3 h -", NULL },
    { "a key that is discarded and found does not come back", MADE("u1", K1) GONE("u1") FOUND("u1", K1) MISSING("u1"), "3 h -", "was discarded at line 3 (age)" },
    { "a discarded key that two ask for is told once", MADE("u1", K1) GONE("u1") MISSING("u1") MISSING("u1"), "2 h -", "was discarded at line 3 (age)" },
    { "two keys under one hint", MADE("u1", K1) FOUND("u1", K2), "h 1 -", NULL },
    { "two keys under two hints", MADE("u1", K1) MADE("u2", K2) FOUND("u2", K2), "h h -", NULL },
    { "two keys under one hint, then the first again", MADE("u1", K1) FOUND("u1", K2) FOUND("u1", K1), "h 1 -", NULL },
    { "keys without fingerprints", P "key-made hint=u1\n" P "key-found hint=u1\n", "h - -", NULL },
    { "one key without its fingerprint", P "key-made hint=u1\n" FOUND("u1", K1) FOUND("u1", K2), "h 2 -", NULL },
    { "keys without hints", P "key-made" K1 P "key-found" K1, "- - -", NULL },
    { "a key without its hint", NEW("a") P "send key to=a id=2" K1 ASKS("b", "u1"), "- - h", NULL },
    { "a key for two documents", P "key-made hint=u1 document=d1" K1 P "key-made hint=u2 document=d2" K1, "- h -", "line 3 gives a document the key that another document has at line 2" },
    { "a key for three documents is told once", P "key-made hint=u1 document=d1" K1 P "key-made hint=u2 document=d2" K1 P "key-made hint=u3 document=d3" K1,
      "- h -", "line 3 gives a document the key that another document has at line 2" },
    { "a key twice for one document", P "key-made hint=u1 document=d1" K1 P "key-made hint=u2 document=d1" K1, "- h -", NULL },
    { "one hint of two documents", P "key-made hint=u1 document=d1" K1 P "key-made hint=u1 document=d2" K2, "- h -", NULL },
    { "requests without answers", NEW("a") ASKS("b", "u1"), "- - -", NULL },
    { "answers without requests", KEY("a", "u1", K1), "- h -", NULL },
    { "a refusal is an answer", NEW("a") REFUSED("a", "unavailable"), "- - h", NULL },
    { "the last request may be open", MAKES("a", "u1", K1) NEW("b"), "- h h", NULL },
    { "a client asks again and is answered: the first was not", NEW("a") ASKS("a", "u1") KEY("a", "u1", K1), "h h 0", NULL },
    { "a client is answered in its order", NEW("a") NEW("a") KEY("a", "u1", K1), "- h h", NULL },
    { "an answer with a hint that was asked for goes to that request", ASKS("a", "u2") ASKS("a", "u1") KEY("a", "u1", K1), "h h 0", NULL },
    { "an answer with another hint goes to the request for a new key", ASKS("a", "u1") NEW("a") KEY("a", "u2", K1), "h h 0", NULL },
    { "an answer with a hint that nobody asked for answers nothing", ASKS("a", "u1") KEY("a", "u2", K1), "h h h", NULL },
    { "an answer to another client", NEW("a") NEW("b") KEY("b", "u1", K1), "- h h", NULL },
    { "a refusal without a hint goes to the first request", ASKS("a", "u1") NEW("a") REFUSED("a", "unavailable"), "- - h", NULL },
    { "eight may overtake", NEW("a") EIGHT(NEW("b") KEY("b", "u1", K1)), "- h h", NULL },
    { "nine may not", NEW("a") EIGHT(NEW("b") KEY("b", "u1", K1)) NEW("b") KEY("b", "u1", K1), "- h 0", NULL },
    { "later requests are not overtaken", EIGHT(NEW("b")) NEW("b") NEW("a") EIGHT(KEY("b", "u1", K1)) KEY("b", "u1", K1), "- h h", NULL },
    { "the first of two unanswered requests", NEW("a") NEW("b") ASKS("a", "u1") ASKS("b", "u1") KEY("a", "u1", K1) KEY("b", "u1", K1), "h h 0", NULL },
    { "other messages are none of these", P "receive token-request from=a id=1\n" P "send token to=a id=2 exp=5\n", "- - -", NULL },
};
/* clang-format on */

/* Returns: (transfer full): what is found of the log of @shorthand, whose trace goes to @trace */
static SrVerified *
find(const char *shorthand, const SrVerifyOptions *options, SrTrace **trace)
{
    g_autoptr(GString) text = shorthand_log(shorthand);
    SrTraceFault fault;

    *trace = sr_trace_parse_log("log", text->str, text->len, &fault);
    if (*trace == NULL)
        fail_msg("line %u: %s", (unsigned) fault.line, fault.message);
    return sr_verify(*trace, options);
}

static const SrVerifyOptions partial = { .partial = true };

static void
shows(void **state)
{
    static const SrCheckId ids[] = { SR_CHECK_KEY_FOUND, SR_CHECK_HINT_STABLE,
                                     SR_CHECK_PROVIDER_ANSWERS };
    const Row *row = *state;
    g_autoptr(SrTrace) trace = NULL;
    g_autoptr(SrVerified) found = find(row->log, &partial, &trace);
    g_autoptr(GString) verdicts = g_string_new(NULL);
    unsigned n_notes = 0;

    assert_true(found->only_provider);
    for (size_t i = 0; i < G_N_ELEMENTS(ids); i++) {
        const SrVerifiedCheck *check = &found->checks[ids[i]];

        g_string_append(verdicts, i == 0 ? "" : " ");
        if (check->judgement == SR_JUDGEMENT_FAILS) {
            g_string_append_printf(verdicts, "%u", check->record);
            assert_int_equal(check->finding.event, SR_EVENT_CHECK_FAILED);
            assert_int_equal(check->finding.check, ids[i]);
            assert_int_equal(check->finding.hint, trace->records[check->record].hint);
            assert_int_equal(check->finding.peer, trace->records[check->record].peer);
        } else {
            g_string_append_c(verdicts, check->judgement == SR_JUDGEMENT_HOLDS ? 'h' : '-');
        }
        if (check->judgement == SR_JUDGEMENT_NOT_JUDGED)
            assert_non_null(check->lacking);
    }
    assert_string_equal(verdicts->str, row->verdicts);
    for (guint i = 0; i < found->notes->len; i++) {
        const char *note = g_ptr_array_index(found->notes, i);

        if (strstr(note, "discarded") == NULL && strstr(note, "another document") == NULL)
            continue;
        n_notes++;
        if (row->note == NULL || strstr(note, row->note) == NULL)
            fail_msg("%s", note);
    }
    assert_int_equal(n_notes, row->note != NULL);
}

/* Only a part of a log is judged so, and only one that has no line of another node of the race. */
static void
only_its_lines_are_judged_so(void **state)
{
    static const SrVerifyOptions whole = { 0 };
    static const struct {
        const char *log;
        const SrVerifyOptions *options;
        bool alone;
    } logs[] = {
        { MAKES("a", "u1", K1), &partial, true },
        { MAKES("a", "u1", K1), &whole, false },
        { MAKES("a", "u1", K1) "a send connect to=server id=10 conn=1\n", &partial, false },
        { MAKES("a", "u1", K1) "server receive connect from=a id=10 conn=1\n", &partial, false },
        { "a send connect to=server id=10 conn=1\n", &partial, false },
    };

    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(logs); i++) {
        g_autoptr(SrTrace) trace = NULL;
        g_autoptr(SrVerified) found = find(logs[i].log, logs[i].options, &trace);

        if (found->only_provider != logs[i].alone)
            fail_msg("%s", logs[i].log);
    }
}

int
main(void)
{
    struct CMUnitTest tests[G_N_ELEMENTS(rows) + 1] = {
        cmocka_unit_test(only_its_lines_are_judged_so),
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        tests[1 + i] = (struct CMUnitTest){ .name = rows[i].name,
                                            .test_func = shows,
                                            .initial_state = (void *) (uintptr_t) &rows[i] };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}

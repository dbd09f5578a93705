/* Every event of events.def is written and read back, with each of its members there and not there; a
 * member that is not its own is refused, and so is a line without one that it must have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <string.h>
#include <xxhash.h>

#include "schema/events.h"
#include "session-race/trace-reader.h"

#define ALICE SR_NODE_FIRST_CLIENT

enum { MUST, MAY };

/* A value of each kind, as it stands in a line. */
#define TEXT_NODE "\"server\""
#define TEXT_NUMBER "7"
#define TEXT_SIGNED "-7"
#define TEXT_CLAIM "-8"
#define TEXT_OK "true"
#define TEXT_NONCE "\"00000003000000000000000f\""
#define TEXT_DETAIL "\"as somebody else says it\""
#define TEXT_MSG "\"key-request\""
#define TEXT_STATE "\"waiting\""
#define TEXT_FAULT "\"crash\""
#define TEXT_CHECK "\"one-winner\""
#define TEXT_RESULT "\"expired\""
#define TEXT_CONN "9"
#define TEXT_HINT "\"u1\""
#define TEXT_KEY "\"00000000000000ab\""
#define TEXT_REASON "\"loss\""
#define TEXT_DOCUMENT "\"plan\""
#define TEXT_CALL "\"timer\""
#define TEXT_LEG "\"request\""
#define TEXT_COUNT "6"
#define TEXT_TEXT "\"put keys\""

static const struct {
    const char *name, *text;
    bool may;
    uint8_t has;
} members[SR_MEMBER_N] = {
#define MEMBER(id, name, kind, field, need, has)                                               \
    [SR_MEMBER_##id] = { name, TEXT_##kind, need == MAY, has },
#include "session-race/events.def"
};

static const SrMember *
members_of(SrEvent event)
{
    static const SrMember lists[SR_EVENT_N][SR_MEMBER_N] = {
#define M(member) SR_MEMBER_##member,
#define EVENT(name, word, told, members) [SR_EVENT_##name] = { members SR_MEMBER_NONE },
#include "session-race/events.def"
    };

    return lists[event];
}

/* ---- lines ---- */

#define HEADER                                                                                 \
    "{\"type\":\"trace\",\"version\":\"0.1.0\",\"scenario\":\"x\","                            \
    "\"source\":\"00112233445566778899aabbccddeeff\",\"seed\":\"1\","                          \
    "\"nodes\":[\"server\",\"token-provider\",\"encryption-provider\",\"alice\"]}\n"

/* Returns: the line of @event with those of its members whose bit is in @there, and with @more */
static char *
line_of(SrEvent event, uint64_t there, const char *more)
{
    GString *line = g_string_new(NULL);

    g_string_append_printf(
        line, "{\"type\":\"event\",\"seq\":1,\"t\":5,\"node\":\"alice\",\"event\":\"%s\"",
        sr_event_name(event));
    for (const SrMember *member = members_of(event); *member != SR_MEMBER_NONE; member++)
        if (there >> *member & 1)
            g_string_append_printf(line, ",\"%s\":%s", members[*member].name,
                                   members[*member].text);
    g_string_append_printf(line, "%s}\n", more);
    return g_string_free(line, FALSE);
}

/* Returns: (nullable): what a trace of @line alone holds */
static SrTrace *
read_line(const char *line, SrTraceFault *fault)
{
    g_autoptr(GString) text = g_string_new(HEADER);
    XXH128_canonical_t canonical;

    XXH128_canonicalFromHash(&canonical, XXH3_128bits(line, strlen(line)));
    g_string_append_printf(
        text,
        "%s{\"type\":\"end\",\"t\":5,\"events\":1,\"verdict\":\"pass\",\"failed\":[],"
        "\"digest\":\"",
        line);
    for (unsigned i = 0; i < sizeof canonical.digest; i++)
        g_string_append_printf(text, "%02x", canonical.digest[i]);
    g_string_append(text, "\"}\n");
    return sr_trace_parse("trace", text->str, text->len, fault);
}

static void
assert_refused(const char *line, const char *message)
{
    SrTraceFault fault;
    g_autoptr(SrTrace) trace = read_line(line, &fault);

    if (trace != NULL)
        fail_msg("accepted: %s", line);
    assert_int_equal(fault.line, 2);
    if (strstr(fault.message, message) == NULL)
        fail_msg("%s: '%s' where '%s' is expected", line, fault.message, message);
    sr_trace_fault_clear(&fault);
}

/* ---- tests ---- */

/* Each event is a test. */
static void
members_come_back_there_or_not(void **state)
{
    SrEvent event = (SrEvent) GPOINTER_TO_UINT(*state);
    uint64_t all = sr_event_members(event), may = 0, left;

    for (unsigned member = 1; member < SR_MEMBER_N; member++)
        if ((all >> member & 1) && members[member].may)
            may |= UINT64_C(1) << member;
    left = may;
    /* Every subset of the members that may be left out. */
    for (;; left = (left - 1) & may) {
        uint64_t there = all & ~left;
        uint8_t has = 0;
        SrTraceFault fault = { 0 };
        g_autofree char *line = line_of(event, there, "");
        g_autoptr(SrTrace) trace = read_line(line, &fault);
        g_autoptr(GString) again = g_string_new(NULL);

        if (trace == NULL)
            fail_msg("%s: %s", line, fault.message);
        for (unsigned member = 1; member < SR_MEMBER_N; member++)
            if (there >> member & 1)
                has |= members[member].has;
        assert_int_equal(trace->records[0].event, event);
        assert_int_equal(trace->records[0].has, has);
        /* Only a sentence of ours is taken apart, and so can be written again. */
        if (event != SR_EVENT_CHECK_FAILED) {
            sr_record_format(&trace->records[0], &trace->names, again);
            g_string_append_c(again, '\n');
            assert_string_equal(again->str, line);
        }
        if (left == 0)
            return;
    }
}

static void
what_must_be_there_is_missed(void **state)
{
    SrEvent event = (SrEvent) GPOINTER_TO_UINT(*state);
    uint64_t all = sr_event_members(event);

    for (unsigned member = 1; member < SR_MEMBER_N; member++) {
        if (!(all >> member & 1) || members[member].may)
            continue;
        g_autofree char *line = line_of(event, all & ~(UINT64_C(1) << member), "");
        g_autofree char *missing = g_strdup_printf("'%s' is", members[member].name);

        assert_refused(line, missing);
    }
}

static void
members_of_other_events_are_refused(void **state)
{
    SrEvent event = (SrEvent) GPOINTER_TO_UINT(*state);
    uint64_t all = sr_event_members(event);

    for (unsigned other = 1; other < SR_MEMBER_N; other++) {
        bool own = false;

        for (unsigned member = 1; member < SR_MEMBER_N; member++)
            own |=
                (all >> member & 1) && strcmp(members[member].name, members[other].name) == 0;
        g_autofree char *more =
            g_strdup_printf(",\"%s\":%s", members[other].name, members[other].text);
        g_autofree char *line = line_of(event, all, more);

        assert_refused(line, own ? "is there twice" : "a member");
    }
}

int
main(void)
{
    static const struct {
        const char *name;
        CMUnitTestFunction test;
    } kinds[] = {
        { "what it has comes back", members_come_back_there_or_not },
        { "what it must have is missed", what_must_be_there_is_missed },
        { "what it does not have is refused", members_of_other_events_are_refused },
    };
    struct CMUnitTest tests[SR_EVENT_N * G_N_ELEMENTS(kinds)];
    g_autoptr(GStringChunk) names = g_string_chunk_new(4096);
    size_t n = 0;

    for (unsigned event = 0; event < SR_EVENT_N; event++)
        for (size_t kind = 0; kind < G_N_ELEMENTS(kinds); kind++) {
            g_autofree char *name =
                g_strdup_printf("%s: %s", sr_event_name((SrEvent) event), kinds[kind].name);

            tests[n++] = (struct CMUnitTest){
                .name = g_string_chunk_insert(names, name),
                .test_func = kinds[kind].test,
                .initial_state = GUINT_TO_POINTER(event),
            };
        }
    return cmocka_run_group_tests_name("members of events", tests, NULL, NULL) != 0;
}

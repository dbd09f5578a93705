/* Hostile text on its way to a terminal, a shell, JSON, XML and a CI log: one row a threat and
 * destination, and for the shell, which alone can be asked, the word read back by a real one.
 */
#include "base/escape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "session-race/stream.h"

/* Text with its length, so that a zero byte can be in it. */
#define TEXT(literal) literal, sizeof literal - 1

#define RLO "\xe2\x80\xae"  /* U+202E, right-to-left override */
#define PDI "\xe2\x81\xa9"  /* U+2069, pop directional isolate */
#define LRM "\xe2\x80\x8e"  /* U+200E, left-to-right mark */
#define ALM "\xd8\x9c"      /* U+061C, Arabic letter mark */
#define LS "\xe2\x80\xa8"   /* U+2028, line separator */
#define CSI "\xc2\x9b"      /* U+009B, the C1 form of ESC [ */
#define FFFD "\xef\xbf\xbd" /* U+FFFD, replacement character */

typedef void (*Escape)(GString *out, const char *text, size_t length);

static void
github_message(GString *out, const char *text, size_t length)
{
    sr_escape_github(out, text, length, FALSE);
}

static void
github_property(GString *out, const char *text, size_t length)
{
    sr_escape_github(out, text, length, TRUE);
}

/* clang-format off */
static const struct row { const char *name; Escape escape; const char *text; size_t length; const char *want; } rows[] = {
    { "json: plain",             sr_escape_json, TEXT("alice"),              "\"alice\"" },
    { "json: empty",             sr_escape_json, TEXT(""),                   "\"\"" },
    { "json: quotes, backslash", sr_escape_json, TEXT("a\"b\\c/d"),          "\"a\\\"b\\\\c/d\"" },
    { "json: white space",       sr_escape_json, TEXT("a\nb\rc\td"),         "\"a\\nb\\rc\\td\"" },
    { "json: ESC, DEL, zero",    sr_escape_json, TEXT("\x1b[2J\x7f\0z"),     "\"\\u001b[2J\\u007f\\u0000z\"" },
    { "json: C1",                sr_escape_json, TEXT(CSI "2J"),             "\"\\u009b2J\"" },
    { "json: bidi, separators",  sr_escape_json, TEXT(RLO PDI LRM ALM LS),   "\"\\u202e\\u2069\\u200e\\u061c\\u2028\"" },
    { "json: text beyond ASCII", sr_escape_json, TEXT("Ren\xc3\xa9 \xf0\x9f\x98\x80"), "\"Ren\xc3\xa9 \xf0\x9f\x98\x80\"" },
    { "json: a lone byte",      sr_escape_json, TEXT("a\xff" "b"),          "\"a" FFFD "b\"" },
    { "json: overlong",          sr_escape_json, TEXT("\xc0\xaf"),           "\"" FFFD FFFD "\"" },
    { "json: a surrogate",       sr_escape_json, TEXT("\xed\xa0\x80"),       "\"" FFFD FFFD FFFD "\"" },
    { "json: cut in a character", sr_escape_json, TEXT("a\xe2\x80"),         "\"a" FFFD FFFD "\"" },
    { "json: beyond the last",   sr_escape_json, TEXT("\xf4\x90\x80\x80"),   "\"" FFFD FFFD FFFD FFFD "\"" },

    { "json: a command of old",  sr_escape_json, TEXT("##[x]"),              "\"##\\u005bx]\"" },

    { "terminal: plain",         sr_escape_terminal, TEXT("alice \\ \"'%"),  "alice \\ \"'%" },
    { "terminal: ESC",           sr_escape_terminal, TEXT("\x1b]0;x\x07"),   "\\x1b]0;x\\x07" },
    { "terminal: CR and LF",     sr_escape_terminal, TEXT("ok\r\nFAIL"),     "ok\\x0d\\x0aFAIL" },
    { "terminal: zero and DEL",  sr_escape_terminal, TEXT("a\0b\x7f"),       "a\\x00b\\x7f" },
    { "terminal: C1",            sr_escape_terminal, TEXT(CSI "31m"),        "\\u{009b}31m" },
    { "terminal: C1 as a byte", sr_escape_terminal, TEXT("\x9b" "31m"),    "\\x9b31m" },
    { "terminal: bidi",          sr_escape_terminal, TEXT(RLO "txt" PDI),    "\\u{202e}txt\\u{2069}" },
    { "terminal: separators",    sr_escape_terminal, TEXT(LS "\xe2\x80\xa9"), "\\u{2028}\\u{2029}" },
    { "terminal: beyond ASCII",  sr_escape_terminal, TEXT("\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d"), "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d" },
    { "terminal: not UTF-8",     sr_escape_terminal, TEXT("\xc3("),          "\\xc3(" },
    { "terminal: a surrogate",   sr_escape_terminal, TEXT("\xed\xbf\xbf"),   "\\xed\\xbf\\xbf" },
    { "terminal: a command",     sr_escape_terminal, TEXT("::error::x"),     "\\x3a:error::x" },
    { "terminal: a command behind a blank", sr_escape_terminal, TEXT("a ::b"), "a \\x3a:b" },
    { "terminal: no commands",   sr_escape_terminal, TEXT("a::b : ## [ #[ :c"), "a::b : ## [ #[ :c" },
    { "terminal: a command of old", sr_escape_terminal, TEXT("a##[error]"),  "a##\\x5berror]" },

    { "xml: plain",              sr_escape_xml, TEXT("alice"),               "alice" },
    { "xml: markup",             sr_escape_xml, TEXT("<a b=\"c\">&'</a>]]>"), "&lt;a b=&quot;c&quot;&gt;&amp;&apos;&lt;/a&gt;]]&gt;" },
    { "xml: line breaks",        sr_escape_xml, TEXT("a\tb\r\n"),            "a&#x9;b&#xd;&#xa;" },
    { "xml: forbidden",          sr_escape_xml, TEXT("\x1b\0\x0c\xef\xbf\xbe\xef\xbf\xbf"), FFFD FFFD FFFD FFFD FFFD },
    { "xml: DEL, C1, bidi",      sr_escape_xml, TEXT("\x7f" CSI RLO),        "&#x7f;&#x9b;&#x202e;" },
    { "xml: a command of old",   sr_escape_xml, TEXT("##[x]"),               "##&#x5b;x]" },
    { "xml: not UTF-8",          sr_escape_xml, TEXT("\x80x"),               FFFD "x" },

    { "github: a message",       github_message, TEXT("a: b, c"),            "a: b, c" },
    { "github: a new command",   github_message, TEXT("x\n::error::y"),      "x%0A::error::y" },
    { "github: CR",              github_message, TEXT("x\r##[error]"),       "x%0D##[error]" },
    { "github: encoded already", github_message, TEXT("x%0A::error::y"),     "x%250A::error::y" },
    { "github: ESC and bidi",    github_message, TEXT("\x1b[1m" RLO "\xff\0"), "\\x1b[1m\\u{202e}\\xff\\x00" },
    { "github: a property",      github_property, TEXT("a,line=1::b%\n"),    "a%2Cline=1%3A%3Ab%25%0A" },

    { "shell: plain",            sr_escape_shell, TEXT("scenarios/late-ack.ini"), "scenarios/late-ack.ini" },
    { "shell: an override",      sr_escape_shell, TEXT("network.latency=40ms"), "network.latency=40ms" },
    { "shell: empty",            sr_escape_shell, TEXT(""),                  "''" },
    { "shell: blank",            sr_escape_shell, TEXT("client a.start=1s"), "'client a.start=1s'" },
    { "shell: substitution",     sr_escape_shell, TEXT("$(id)`id`${x}"),     "'$(id)`id`${x}'" },
    { "shell: operators",        sr_escape_shell, TEXT("a;b|c&d>e#f*?[g]"),  "'a;b|c&d>e#f*?[g]'" },
    { "shell: home",             sr_escape_shell, TEXT("~root"),             "'~root'" },
    { "shell: single quote",     sr_escape_shell, TEXT("it's"),              "'it'\\''s'" },
    { "shell: beyond ASCII",     sr_escape_shell, TEXT("Ren\xc3\xa9"),       "'Ren\xc3\xa9'" },
    { "shell: ESC",              sr_escape_shell, TEXT("-a%s\\\x1b'"),       "\"$(printf '\\055a%%s\\\\\\033\\047')\"" },
    { "shell: a line feed",      sr_escape_shell, TEXT("a\n::error::b"),     "\"$(printf 'a\\012::error::b')\"" },
    { "shell: bidi",             sr_escape_shell, TEXT(RLO "x"),             "\"$(printf '\\342\\200\\256x')\"" },
    { "shell: last line feeds",  sr_escape_shell, TEXT("\x1b\n\n"),          "\"$(printf '\\033')\"'\n\n'" },
    { "shell: a command of old", sr_escape_shell, TEXT("a##[x]"),            "'a##'\\['x]'" },
    { "shell: the same with ESC", sr_escape_shell, TEXT("\x1b##[x]"),        "\"$(printf '\\033##\\133x]')\"" },
    { "shell: up to a zero",     sr_escape_shell, TEXT("ab\0cd"),            "ab" },
};
/* clang-format on */

static void
check_row(void **state)
{
    const struct row *row = *state;
    GString *out = g_string_new("before ");

    row->escape(out, row->text, row->length);
    g_string_erase(out, 0, (gssize) strlen("before "));
    assert_string_equal(out->str, row->want);
    assert_int_equal(out->len, strlen(row->want));
    g_string_free(out, TRUE);
}

/* What `sh` makes of @word as one argument. */
static char *
ask_shell(const char *word, size_t n_words)
{
    char *script = g_strdup_printf("set -- %s; [ $# -eq %" G_GSIZE_FORMAT
                                   " ] || exit 1; printf '%%s|' \"$@\"",
                                   word, n_words);
    char *argv[] = { (char[]){ "/bin/sh" }, (char[]){ "-c" }, script, NULL };
    char *out = NULL;
    int status = -1;
    gboolean ran =
        g_spawn_sync(NULL, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &out, NULL, &status, NULL);

    g_free(script);
    assert_true(ran);
    assert_true(g_spawn_check_wait_status(status, NULL));
    return out;
}

/* Each byte but zero in one word of its own, in front of, behind and between others. */
static void
a_shell_reads_every_byte_back(void **state)
{
    GString *script = g_string_new(NULL), *want = g_string_new(NULL);
    size_t n_words = 0;

    (void) state;
    for (unsigned byte = 1; byte < 256; byte++) {
        const char *forms[] = { "@", "@b", "a@", "a@b", "@@", "'@$(false)" };

        for (size_t i = 0; i < G_N_ELEMENTS(forms); i++, n_words++) {
            GString *word = g_string_new(NULL);

            for (const char *p = forms[i]; *p != '\0'; p++)
                g_string_append_c(word, *p == '@' ? (char) byte : *p);
            g_string_append_c(script, ' ');
            sr_escape_shell(script, word->str, word->len);
            g_string_append_len(want, word->str, (gssize) word->len);
            g_string_append_c(want, '|');
            g_string_free(word, TRUE);
        }
    }
    char *got = ask_shell(script->str, n_words);

    assert_string_equal(got, want->str);
    g_free(got);
    g_string_free(script, TRUE);
    g_string_free(want, TRUE);
}

/* Words of awkward bytes, drawn. */
static void
a_shell_reads_any_word_back(void **state)
{
    static const char *const bits[] = { "'",    "\"", "\\",       "$",  "`", "\n",  "\r",
                                        "\x1b", "%",  "-",        "a",  " ", "0",   "!",
                                        "\xff", "~",  "=",        "(",  ")", "\\n", "%s",
                                        RLO,    CSI,  "\xc3\xa9", "##", "[" };
    GString *script = g_string_new(NULL), *want = g_string_new(NULL);
    SrStream stream = { 1 };
    const size_t n_words = 500;

    (void) state;
    for (size_t i = 0; i < n_words; i++) {
        GString *word = g_string_new(NULL);

        for (uint64_t n = sr_stream_below(&stream, 8); n > 0; n--)
            g_string_append(word, bits[sr_stream_below(&stream, G_N_ELEMENTS(bits))]);
        g_string_append_c(script, ' ');
        sr_escape_shell(script, word->str, word->len);
        g_string_append(want, word->str);
        g_string_append_c(want, '|');
        g_string_free(word, TRUE);
    }
    char *got = ask_shell(script->str, n_words);

    assert_string_equal(got, want->str);
    assert_null(strstr(script->str, "##["));
    assert_non_null(strstr(want->str, "##["));
    g_free(got);
    g_string_free(script, TRUE);
    g_string_free(want, TRUE);
}

/* Whether @text is UTF-8 without a control or bidirectional character, but for line feeds that
 * end a shell word. */
static void
assert_harmless(const GString *text)
{
    assert_true(g_utf8_validate(text->str, (gssize) text->len, NULL));
    for (char *p = text->str; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        GUnicodeType type = g_unichar_type(c);

        assert_true(c == '\n' || type != G_UNICODE_CONTROL);
        assert_true(type != G_UNICODE_LINE_SEPARATOR && type != G_UNICODE_PARAGRAPH_SEPARATOR);
        assert_false((c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) ||
                     c == 0x61c);
        assert_false(c == 0x200e || c == 0x200f);
    }
}

/* Any bytes at all, most of them no text, through every destination. */
static void
nothing_harmful_comes_out(void **state)
{
    static const Escape escapes[] = { sr_escape_json, sr_escape_terminal, sr_escape_xml,
                                      github_message, github_property,    sr_escape_shell };
    static const unsigned char leads[] = { 0xc2, 0xd8, 0xe2, 0x80, 0x81, 0x9b, 0xa8,
                                           0xae, 0x1b, 0x0a, 0x0d, 0xf0, 0xed };
    SrStream stream = { 2 };

    (void) state;
    for (unsigned i = 0; i < 20000; i++) {
        char text[16];
        size_t length = sr_stream_below(&stream, sizeof text + 1);

        for (size_t k = 0; k < length; k++)
            text[k] = (char) (sr_stream_below(&stream, 2) == 0
                                  ? sr_stream_below(&stream, 256)
                                  : leads[sr_stream_below(&stream, sizeof leads)]);
        for (size_t e = 0; e < G_N_ELEMENTS(escapes); e++) {
            GString *out = g_string_new(NULL);

            escapes[e](out, text, length);
            assert_int_equal(out->len, strlen(out->str));
            assert_harmless(out);
            /* A line feed stands only where a shell's word ends in some, within single quotes.
             */
            const char *feed = strchr(out->str, '\n');

            if (feed != NULL) {
                assert_true(escapes[e] == sr_escape_shell);
                assert_true(feed[-1] == '\'');
                assert_int_equal(strspn(feed, "\n'"), strlen(feed));
            }
            g_string_free(out, TRUE);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest others[] = {
        cmocka_unit_test(a_shell_reads_every_byte_back),
        cmocka_unit_test(a_shell_reads_any_word_back),
        cmocka_unit_test(nothing_harmful_comes_out),
    };
    struct CMUnitTest tests[G_N_ELEMENTS(rows)];

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        tests[i] = (struct CMUnitTest){ .name = rows[i].name,
                                        .test_func = check_row,
                                        .initial_state = (void *) (uintptr_t) &rows[i] };
    int failures = cmocka_run_group_tests_name("escaping by rows", tests, NULL, NULL);

    failures += cmocka_run_group_tests_name("escaping", others, NULL, NULL);
    return failures != 0;
}

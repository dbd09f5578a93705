/* What every page is held to: it says this and not that, it is well-formed, and hostile text in it is
 * text. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

static inline void
wants(const char *page, const char *part)
{
    if (strstr(page, part) == NULL)
        fail_msg("'%s' is not in the page:\n%s", part, page);
}

static inline void
lacks(const char *page, const char *part)
{
    if (strstr(page, part) != NULL)
        fail_msg("'%s' is in the page", part);
}

/* Well-formed, by a parser that is stricter than a browser. */
static inline void
is_well_formed(const char *page)
{
    static const GMarkupParser parser = { NULL, NULL, NULL, NULL, NULL };
    g_autoptr(GMarkupParseContext) context =
        g_markup_parse_context_new(&parser, (GMarkupParseFlags) 0, NULL, NULL);
    g_autoptr(GError) error = NULL;

    if (!g_markup_parse_context_parse(context, page, -1, &error) ||
        !g_markup_parse_context_end_parse(context, &error))
        fail_msg("%s", error->message);
    if (g_file_test("/usr/bin/xmllint", G_FILE_TEST_IS_EXECUTABLE)) {
        g_autofree char *path = NULL, *said = NULL;
        int status, fd = g_file_open_tmp("session-race-html-XXXXXX", &path, NULL);

        assert_true(fd >= 0);
        assert_true(g_close(fd, NULL));
        assert_true(g_file_set_contents(path, page, -1, NULL));
        const char *argv[] = { "/usr/bin/xmllint", "--noout", "--nonet", path, NULL };
        assert_true(g_spawn_sync(NULL, (char **) (uintptr_t) argv, NULL, (GSpawnFlags) 0, NULL,
                                 NULL, NULL, &said, &status, NULL));
        g_remove(path);
        if (status != 0)
            fail_msg("%s", said);
    }
}

/* No byte that a terminal or a reader's eye would be led astray by. */
static inline void
has_nothing_hidden(const char *page)
{
    for (const char *p = page; *p != '\0'; p += g_utf8_skip[(unsigned char) *p]) {
        gunichar c = g_utf8_get_char_validated(p, -1);
        assert_true(c < 0x110000);
        assert_true(c >= 0x20 || c == '\n');
        assert_false((c >= 0x7f && c < 0xa0) || (c >= 0x202a && c <= 0x202e) ||
                     (c >= 0x2066 && c <= 0x2069) || c == 0x200e || c == 0x200f);
    }
    lacks(page, "&#x");
}

/* Names and titles as no file should have them. */
/* clang-format off */
static const char *const page_hostile[] = {
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onclick='x", "</title></style></svg>",
    "`$(touch pwned)`", "%%{init: {}}%%", "a\nb\r\nc", "\x1b[31mred", "\xe2\x80\xaetxt.exe", "\xff\xfe", "]]>", "&amp;&#60;", "<!-- ",
    "\xef\xbf\xbe",
};
/* clang-format on */

/* Graphs for Graphviz: what they have in them, and that hostile text is text. */
#include "report/dot.h"

#include "page.h"

/* ---- a way ---- */

static void
a_way_is_a_chain_to_the_failure(void **state)
{
    char one[] = "alice starts",
         two[] = "connect of alice arrives at the server, which is far away";
    char *steps[] = { one, two, NULL };
    g_autoptr(GString) out = g_string_new(NULL);

    (void) state;
    sr_dot_way(out, "Race", steps, "key-kept");
    wants(out->str, "label=\"Race\"];");
    wants(out->str, "  s1 [label=\"1  alice starts\"];\n");
    wants(out->str, "label=\"2  connect of alice arrives at the\\nserver, which is far away\"");
    wants(out->str, "  s1 -> s2;\n");
    wants(out->str, "  failure [label=\"key-kept fails\"");
    wants(out->str, "  s2 -> failure [");
    lacks(out->str, "s3");
}

/* ---- states ---- */

static void
states_and_moves_are_told_apart(void **state)
{
    const SrDotState states[] = { { false, false, true },
                                  { false, false, false },
                                  { true, false, false },
                                  { true, true, true } };
    const SrDotMove moves[] = { { 0, 1, "a", false, false },
                                { 0, 3, "b", true, true },
                                { 1, 2, "c", false, false },
                                { 0, 1, "d", false, false } };
    g_autoptr(GString) out = g_string_new(NULL);

    (void) state;
    sr_dot_states(out, "T", states, G_N_ELEMENTS(states), moves, G_N_ELEMENTS(moves));
    wants(out->str, "  s0 [label=\"0\", shape=square, penwidth=2.5];\n");
    wants(out->str, "  s1 [label=\"1\"];\n");
    wants(out->str, "  s2 [label=\"2\", shape=doublecircle, color=\"#009e73\"];\n");
    wants(out->str,
          "  s3 [label=\"3\", shape=doublecircle, color=\"#d55e00\", penwidth=2.5];\n");
    wants(out->str, "  s0 -> s1 [label=\"  a\\n  d\"];\n");
    wants(out->str, "  s0 -> s3 [label=\"  b\", color=\"#d55e00\", fontcolor=\"#d55e00\", "
                    "penwidth=2.5];\n");
    wants(out->str, "  s1 -> s2 [label=\"  c\"];\n");
}

/* ---- hostile text ---- */

/* Whether every string in double quotes is closed before its line ends, and nothing of @hostile is
 * outside of one. */
static void
is_quoted(const char *dot)
{
    bool inside = false;

    for (const char *p = dot; *p != '\0'; p++) {
        if (inside && *p == '\\')
            p++;
        else if (*p == '"')
            inside = !inside;
        else if (*p == '\n')
            assert_false(inside);
        else if (!inside)
            assert_null(strchr("<>&`$%'", *p == '>' && p[-1] == '-' ? '-' : *p));
    }
    assert_false(inside);
}

static void
hostile_names_are_text(void **state)
{
    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(page_hostile); i++) {
        g_autofree char *text =
            g_strconcat(page_hostile[i], "\\N \\\" ; x [URL=\"file:///etc\"]", NULL);
        char *steps[] = { text, NULL };
        const SrDotState states[] = { { false, false, false } };
        const SrDotMove moves[] = { { 0, 0, text, false, false } };
        g_autoptr(GString) way = g_string_new(NULL), all = g_string_new(NULL);

        sr_dot_way(way, text, steps, text);
        sr_dot_states(all, text, states, 1, moves, 1);
        is_quoted(way->str);
        is_quoted(all->str);
        lacks(way->str, "\x1b");
        lacks(way->str, "\xe2\x80\xae");
        lacks(way->str, "&#60;");
        wants(way->str, "\\\\N");
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_way_is_a_chain_to_the_failure),
        cmocka_unit_test(states_and_moves_are_told_apart),
        cmocka_unit_test(hostile_names_are_text),
    };

    return cmocka_run_group_tests_name("graphs for Graphviz", tests, NULL, NULL) != 0;
}

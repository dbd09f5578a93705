/* Puts an SVG document into a page.
 *
 * The document is read and written again, element by element. Only shapes and texts with their
 * positions and styles are copied, so nothing in a picture can run code, load a file or close
 * the element around it. Ids get a prefix, since all pictures of a page share one name space.
 * Colours of the figures' theme become classes, so that one picture serves light and dark. */
#include "report-private.h"

#include <string.h>

#define DEPTH_MAX 64u

/* The theme of the figures (plots/theme.gp; tests/ci/report-in-browser compares): what a colour on light paper is on dark paper. */
/* clang-format off */
static const struct {
    const char *name;
    guint light, dark;
} theme[] = {
    { "bg",    0xffffff, 0x14171c },
    { "ink",   0x24292f, 0xd7dce2 },
    { "muted", 0x59636e, 0x9aa4af },
    { "soft",  0xd0d7de, 0x3a424d },
    { "faint", 0xf3f5f7, 0x1d2229 },
    { "wait",  0xdde2e7, 0x4a535f },
    { "blue",  0x0072b2, 0x3d9bd9 },
    { "green", 0x009e73, 0x1fb58b },
    { "red",   0xd55e00, 0xf0783c },
    /* of plots/phases.gp */
    { "upload", 0x8f5600, 0xb36b00 },
    { "away",   0xf0bda5, 0x7a4630 },
    /* of plots/timeline.gp */
    { "down",   0xfadccb, 0x4a2a1a },
};

static const char *const elements[] = {
    "svg", "g", "defs", "use", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon",
    "text", "tspan", "filter", "feFlood", "feComposite", NULL,
};

static const char *const attributes[] = {
    "cx", "cy", "d", "dominant-baseline", "dx", "dy", "fill-opacity", "fill-rule", "filterUnits",
    "font-size", "font-style", "font-weight", "flood-opacity", "height", "in", "in2", "opacity",
    "operator", "paint-order", "points", "r", "result", "rx", "ry", "shape-rendering", "stroke-dasharray",
    "stroke-linecap", "stroke-linejoin", "stroke-opacity", "stroke-width", "text-anchor",
    "transform", "viewBox", "width", "x", "x1", "x2", "y", "y1", "y2", NULL,
};

/* Attributes that contain a colour, and the first letter of the class for it. */
static const struct {
    const char *name;
    char letter;
} colours[] = { { "fill", 'f' }, { "stroke", 's' }, { "color", 'c' }, { "flood-color", 'l' } };
/* clang-format on */

typedef struct {
    const char *prefix, *label;
    GString *out;
    GString *pending;            /* start tags of groups that are still empty */
    gsize pending_at[DEPTH_MAX]; /* where each begins */
    unsigned n_pending;
    unsigned depth, skipped; /* of elements; `skipped`: of those within a dropped element */
    bool seen;               /* there was a shape or a text */
} Inliner;

/* ---- values ---- */

static bool
read_rgb(const char *value, guint *colour)
{
    guint sum = 0;

    if (value[0] == '#' && strlen(value) == 7 &&
        strspn(value + 1, "0123456789abcdefABCDEF") == 6) {
        *colour = (guint) g_ascii_strtoull(value + 1, NULL, 16);
        return true;
    }
    if (!g_str_has_prefix(value, "rgb("))
        return false;
    value += strlen("rgb(");
    for (unsigned i = 0; i < 3; i++) {
        char *end;
        guint64 part = g_ascii_strtoull(value, &end, 10);
        if (end == value || part > 255 || *end != (i < 2 ? ',' : ')'))
            return false;
        sum = sum << 8 | (guint) part;
        value = end + 1;
    }
    *colour = sum;
    return *value == '\0';
}

static void
append_attribute(GString *out, const char *name, const char *value)
{
    sr_put_xml(out, " %-s=\"%s\"", name, value);
}

/* Adds the colour @value to @classes if it belongs to the theme, else writes it as the
 * attribute. */
static void
append_colour(GString *out, GString *classes, const char *name, char letter, const char *value)
{
    guint colour;

    if (!read_rgb(value, &colour)) {
        if (strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") ==
            strlen(value))
            append_attribute(out, name, value);
        return;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(theme); i++) {
        if (theme[i].light != colour)
            continue;
        g_string_append_printf(classes, "%s%c-%s", classes->len > 0 ? " " : "", letter,
                               theme[i].name);
        return;
    }
    g_string_append_printf(out, " %s=\"#%06x\"", name, colour);
}

/* Whether @id with a prefix is a valid id for a page. */
static bool
is_id(const char *id)
{
    return *id != '\0' && strlen(id) <= 64 &&
           strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") ==
               strlen(id);
}

/* `filter:url(#textbox)` */
static void
append_style(const Inliner *inliner, GString *out, const char *value)
{
    static const char before[] = "filter:url(#";
    size_t length = strlen(value);

    if (!g_str_has_prefix(value, before) || value[length - 1] != ')')
        return;
    g_autofree char *id = g_strndup(value + strlen(before), length - strlen(before) - 1);
    if (is_id(id))
        g_string_append_printf(out, " filter=\"url(#%s-%s)\"", inliner->prefix, id);
}

static void
append_one(const Inliner *inliner, GString *out, GString *classes, const char *name,
           const char *value)
{
    for (size_t i = 0; i < G_N_ELEMENTS(colours); i++) {
        if (strcmp(name, colours[i].name) == 0) {
            append_colour(out, classes, name, colours[i].letter, value);
            return;
        }
    }
    if (strcmp(name, "id") == 0 && is_id(value))
        g_string_append_printf(out, " id=\"%s-%s\"", inliner->prefix, value);
    else if ((strcmp(name, "xlink:href") == 0 || strcmp(name, "href") == 0) &&
             value[0] == '#' && is_id(value + 1))
        g_string_append_printf(out, " href=\"#%s-%s\"", inliner->prefix, value + 1);
    else if (strcmp(name, "style") == 0)
        append_style(inliner, out, value);
    else if (g_strv_contains(attributes, name) && strchr(value, '\n') == NULL)
        append_attribute(out, name, value);
    else if (g_strv_contains(attributes, name)) {
        /* Long paths are broken into lines; a blank is as good. */
        g_autofree char *flat = g_strdelimit(g_strdup(value), "\n\t", ' ');
        append_attribute(out, name, flat);
    }
}

/* ---- elements ---- */

static void
flush(Inliner *inliner)
{
    g_string_append_len(inliner->out, inliner->pending->str, (gssize) inliner->pending->len);
    g_string_truncate(inliner->pending, 0);
    inliner->n_pending = 0;
}

static void
on_start(GMarkupParseContext *context, const char *name, const char **names,
         const char **values, void *data, GError **error)
{
    Inliner *inliner = data;
    g_autoptr(GString) classes = g_string_new(NULL);

    (void) context;
    if (inliner->depth == 0 && strcmp(name, "svg") != 0) {
        g_set_error(error, G_MARKUP_ERROR, G_MARKUP_ERROR_INVALID_CONTENT,
                    "the document is not an SVG picture");
        return;
    }
    if (++inliner->depth > DEPTH_MAX) {
        g_set_error(error, G_MARKUP_ERROR, G_MARKUP_ERROR_INVALID_CONTENT,
                    "its elements are nested too deeply");
        return;
    }
    bool inner_root = inliner->depth > 1 && strcmp(name, "svg") == 0;
    if (inliner->skipped > 0 || inner_root || !g_strv_contains(elements, name)) {
        inliner->skipped++;
        return;
    }
    if (strcmp(name, "g") == 0) {
        inliner->pending_at[inliner->n_pending++] = inliner->pending->len;
    } else {
        flush(inliner);
        inliner->seen |= inliner->depth > 1 && strcmp(name, "defs") != 0;
    }
    GString *out = inliner->n_pending > 0 ? inliner->pending : inliner->out;
    g_string_append_printf(out, "<%s", name);
    if (inliner->depth == 1)
        sr_put_xml(out, " xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-label=\"%s\"",
                   inliner->label);
    for (size_t i = 0; names[i] != NULL; i++)
        append_one(inliner, out, classes, names[i], values[i]);
    if (classes->len > 0)
        append_attribute(out, "class", classes->str);
    g_string_append_c(out, '>');
    if (inliner->depth == 1)
        sr_put_xml(out, "<title>%s</title>", inliner->label);
}

static void
on_end(GMarkupParseContext *context, const char *name, void *data, GError **error)
{
    Inliner *inliner = data;

    (void) context;
    (void) error;
    inliner->depth--;
    if (inliner->skipped > 0) {
        inliner->skipped--;
        return;
    }
    if (inliner->n_pending > 0) {
        /* The group is empty. */
        g_string_truncate(inliner->pending, inliner->pending_at[--inliner->n_pending]);
        return;
    }
    g_string_append_printf(inliner->out, "</%s>", name);
    if (strcmp(name, "text") == 0 || strcmp(name, "path") == 0)
        g_string_append_c(inliner->out, '\n');
}

static void
on_text(GMarkupParseContext *context, const char *text, gsize length, void *data,
        GError **error)
{
    Inliner *inliner = data;
    const char *parent = g_markup_parse_context_get_element(context);

    (void) error;
    if (inliner->skipped > 0 || (strcmp(parent, "text") != 0 && strcmp(parent, "tspan") != 0))
        return;
    g_autofree char *copy = g_strndup(text, length);
    sr_put_html(inliner->out, "%s", copy);
}

bool
sr_svg_inline(const char *svg, size_t n_bytes, const char *prefix, const char *label,
              GString *out, char **message)
{
    static const GMarkupParser parser = { on_start, on_end, on_text, NULL, NULL };
    g_autoptr(GString) inlined = g_string_sized_new(n_bytes);
    g_autoptr(GString) pending = g_string_new(NULL);
    Inliner inliner = { .prefix = prefix, .label = label, .out = inlined, .pending = pending };
    g_autoptr(GMarkupParseContext) context =
        g_markup_parse_context_new(&parser, (GMarkupParseFlags) 0, &inliner, NULL);
    g_autoptr(GError) error = NULL;

    if (!g_markup_parse_context_parse(context, svg, (gssize) n_bytes, &error) ||
        !g_markup_parse_context_end_parse(context, &error)) {
        *message = g_strdup(error->message);
        return false;
    }
    if (!inliner.seen) {
        *message = g_strdup("the picture is empty");
        return false;
    }
    g_string_append_len(out, inlined->str, (gssize) inlined->len);
    return true;
}

/* ---- the style sheet ---- */

static void
append_variables(GString *out, bool dark)
{
    for (size_t i = 0; i < G_N_ELEMENTS(theme); i++)
        g_string_append_printf(out, "--%s:#%06x;", theme[i].name,
                               dark ? theme[i].dark : theme[i].light);
}

void
sr_svg_theme(GString *out)
{
    g_string_append(out, ":root{");
    append_variables(out, false);
    g_string_append(out, "}\n@media screen and (prefers-color-scheme:dark){:root{");
    append_variables(out, true);
    g_string_append(out, "}}\n");
    for (size_t i = 0; i < G_N_ELEMENTS(theme); i++)
        for (size_t j = 0; j < G_N_ELEMENTS(colours); j++)
            g_string_append_printf(out, ".%c-%s{%s:var(--%s)}", colours[j].letter,
                                   theme[i].name, colours[j].name, theme[i].name);
    g_string_append_c(out, '\n');
}

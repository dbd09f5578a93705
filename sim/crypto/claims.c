/* The two JSON objects of a token. A strict reader for RFC 8259 texts: no trailing data, no
 * duplicate members in the outermost object (compared after escapes, since "\u0065xp" is
 * "exp"), no lone surrogates, numbers by the grammar. A token comes from outside and may hold
 * any claims, so what is not asked for is checked for form and skipped, to a fixed depth. Time
 * claims are integers and are read as integers: no double ever stands between a text and a
 * verdict. */
#include "crypto/crypto-private.h"

#include <string.h>

typedef struct {
    const char *at, *end;
} Reader;

/* Reads the value of the member @name, or skips it. Returns: whether it is acceptable */
typedef bool (*ReadMember)(Reader *reader, const GString *name, void *into);

static bool skip_value(Reader *reader, unsigned depth);

static void
skip_space(Reader *reader)
{
    while (reader->at != reader->end && (*reader->at == ' ' || *reader->at == '\t' ||
                                         *reader->at == '\n' || *reader->at == '\r'))
        reader->at++;
}

/* Takes @c when it is next. */
static bool
take(Reader *reader, char c)
{
    if (reader->at == reader->end || *reader->at != c)
        return false;
    reader->at++;
    return true;
}

static bool
take_word(Reader *reader, const char *word)
{
    size_t n = strlen(word);

    if ((size_t) (reader->end - reader->at) < n || memcmp(reader->at, word, n) != 0)
        return false;
    reader->at += n;
    return true;
}

static bool
take_digits(Reader *reader)
{
    const char *from = reader->at;

    while (reader->at != reader->end && g_ascii_isdigit(*reader->at))
        reader->at++;
    return reader->at != from;
}

static bool
take_hex4(Reader *reader, gunichar *unit)
{
    *unit = 0;
    for (unsigned i = 0; i < 4; i++, reader->at++) {
        if (reader->at == reader->end || !g_ascii_isxdigit(*reader->at))
            return false;
        *unit = *unit << 4 | (gunichar) g_ascii_xdigit_value(*reader->at);
    }
    return true;
}

/* Behind `\u`. Half of a pair alone is no character (RFC 7493, section 2.1). */
static bool
read_unicode(Reader *reader, GString *out)
{
    gunichar unit, low;

    if (!take_hex4(reader, &unit))
        return false;
    if (unit >= 0xdc00 && unit <= 0xdfff)
        return false;
    if (unit >= 0xd800 && unit <= 0xdbff) {
        if (!take_word(reader, "\\u") || !take_hex4(reader, &low) || low < 0xdc00 ||
            low > 0xdfff)
            return false;
        unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
    }
    g_string_append_unichar(out, unit);
    return true;
}

static bool
read_escape(Reader *reader, GString *out)
{
    static const char names[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    const char *name;

    if (reader->at == reader->end)
        return false;
    if (take(reader, 'u'))
        return read_unicode(reader, out);
    name = memchr(names, *reader->at, strlen(names));
    if (name == NULL)
        return false;
    g_string_append_c(out, meanings[name - names]);
    reader->at++;
    return true;
}

/* Appends the string's meaning to @out. The whole text is known to be UTF-8. */
static bool
read_string(Reader *reader, GString *out)
{
    if (!take(reader, '"'))
        return false;
    while (reader->at != reader->end) {
        char c = *reader->at++;

        if (c == '"')
            return true;
        if ((unsigned char) c < 0x20)
            return false;
        if (c != '\\')
            g_string_append_c(out, c);
        else if (!read_escape(reader, out))
            return false;
    }
    return false;
}

static bool
skip_string(Reader *reader)
{
    g_autoptr(GString) unwanted = g_string_new(NULL);

    return read_string(reader, unwanted);
}

static bool
skip_number(Reader *reader)
{
    (void) take(reader, '-');
    if (!take(reader, '0') && !take_digits(reader))
        return false;
    if (take(reader, '.') && !take_digits(reader))
        return false;
    if (take(reader, 'e') || take(reader, 'E')) {
        if (!take(reader, '+'))
            (void) take(reader, '-');
        return take_digits(reader);
    }
    return true;
}

static bool
skip_array(Reader *reader, unsigned depth)
{
    skip_space(reader);
    if (take(reader, ']'))
        return true;
    for (;;) {
        if (!skip_value(reader, depth))
            return false;
        skip_space(reader);
        if (take(reader, ']'))
            return true;
        if (!take(reader, ','))
            return false;
    }
}

static bool
skip_object(Reader *reader, unsigned depth)
{
    skip_space(reader);
    if (take(reader, '}'))
        return true;
    for (;;) {
        skip_space(reader);
        if (!skip_string(reader))
            return false;
        skip_space(reader);
        if (!take(reader, ':') || !skip_value(reader, depth))
            return false;
        skip_space(reader);
        if (take(reader, '}'))
            return true;
        if (!take(reader, ','))
            return false;
    }
}

/* @depth: of what encloses the value; at most SR_JSON_DEPTH_MAX calls deep, whatever the text
 */
static bool
skip_value(Reader *reader, unsigned depth)
{
    skip_space(reader);
    if (reader->at == reader->end)
        return false;
    switch (*reader->at) {
    case '"':
        return skip_string(reader);
    case '[':
        reader->at++;
        return depth < SR_JSON_DEPTH_MAX && skip_array(reader, depth + 1);
    case '{':
        reader->at++;
        return depth < SR_JSON_DEPTH_MAX && skip_object(reader, depth + 1);
    case 't':
        return take_word(reader, "true");
    case 'f':
        return take_word(reader, "false");
    case 'n':
        return take_word(reader, "null");
    default:
        return skip_number(reader);
    }
}

/* One member: its name, which nobody may have had before, and its value. */
static bool
read_one_member(Reader *reader, GHashTable *names, ReadMember read, void *into)
{
    g_autoptr(GString) name = g_string_new(NULL);

    skip_space(reader);
    if (!read_string(reader, name))
        return false;
    /* As octets, since a name may hold a zero. The table is only asked, never walked. */
    if (!g_hash_table_add(names, g_bytes_new(name->str, name->len)))
        return false;
    skip_space(reader);
    if (!take(reader, ':'))
        return false;
    skip_space(reader);
    if (!read(reader, name, into))
        return false;
    skip_space(reader);
    return true;
}

static bool
read_members(Reader *reader, ReadMember read, void *into)
{
    g_autoptr(GHashTable) names = g_hash_table_new_full(g_bytes_hash, g_bytes_equal,
                                                        (GDestroyNotify) g_bytes_unref, NULL);

    if (!take(reader, '{'))
        return false;
    skip_space(reader);
    if (take(reader, '}'))
        return true;
    for (;;) {
        if (!read_one_member(reader, names, read, into))
            return false;
        if (take(reader, '}'))
            return true;
        if (!take(reader, ','))
            return false;
    }
}

static bool
read_object(const char *text, size_t n_text, ReadMember read, void *into)
{
    Reader reader = { text, text + n_text };

    if (!g_utf8_validate_len(text, n_text, NULL))
        return false;
    skip_space(&reader);
    if (!read_members(&reader, read, into))
        return false;
    skip_space(&reader);
    return reader.at == reader.end;
}

static bool
is_named(const GString *name, const char *wanted)
{
    return name->len == strlen(wanted) && memcmp(name->str, wanted, name->len) == 0;
}

typedef struct {
    GString *algorithm;
    bool has_algorithm;
} Header;

static bool
read_header_member(Reader *reader, const GString *name, void *into)
{
    Header *header = into;

    /* RFC 7515, section 4.1.11: who does not understand what is listed there must refuse. */
    if (is_named(name, "crit"))
        return false;
    if (!is_named(name, "alg"))
        return skip_value(reader, 1);
    header->has_algorithm = true;
    return read_string(reader, header->algorithm);
}

bool
sr_jwt_header_read(const char *text, size_t n_text, GString *algorithm)
{
    Header header = { algorithm, false };

    return read_object(text, n_text, read_header_member, &header) && header.has_algorithm;
}

/* -?(0|[1-9][0-9]*), and small; what follows is the caller's to judge, so `1.5` and `1e3` fail
 * there. */
static bool
read_seconds(Reader *reader, int64_t *seconds)
{
    bool negative = take(reader, '-');
    const char *from = reader->at;
    int64_t value = 0;

    while (reader->at != reader->end && g_ascii_isdigit(*reader->at)) {
        value = value * 10 + (*reader->at++ - '0');
        if (value > SR_JWT_SECONDS_MAX)
            return false;
    }
    if (reader->at == from || (*from == '0' && reader->at != from + 1))
        return false;
    *seconds = negative ? -value : value;
    return true;
}

static bool
read_claim(Reader *reader, const GString *name, void *into)
{
    SrJwtClaims *claims = into;

    if (is_named(name, "iat"))
        return claims->has_iat = read_seconds(reader, &claims->iat);
    if (is_named(name, "nbf"))
        return claims->has_nbf = read_seconds(reader, &claims->nbf);
    if (is_named(name, "exp"))
        return claims->has_exp = read_seconds(reader, &claims->exp);
    return skip_value(reader, 1);
}

bool
sr_jwt_claims_read(const char *text, size_t n_text, SrJwtClaims *claims)
{
    *claims = (SrJwtClaims){ 0 };
    return read_object(text, n_text, read_claim, claims);
}

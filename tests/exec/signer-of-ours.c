/* A signer for tests: `signer-of-ours MODE [ALG]`. It signs with libcrypto alone, at the second that
 * its clock shows. What it reads is ours and has one form, so its reading is simple. */
#include "../crypto/signer-of-tests.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static const char *mode, *alg;
static bool told; /* its keys, in this run */
static char *cached;

static bool
is(const char *name)
{
    return strcmp(mode, name) == 0;
}

/* Returns: (transfer full) (nullable): the text of member @name of @line, without quotes */
static char *
member(const char *line, const char *name)
{
    g_autofree char *quoted = g_strdup_printf("\"%s\":", name);
    const char *at = strstr(line, quoted);

    if (at == NULL)
        return NULL;
    at += strlen(quoted);
    at += *at == '"';
    return g_strndup(at, strcspn(at, "\",}"));
}

static char *
claims_of(int64_t now_ns)
{
    int64_t s = now_ns / 1000000000, ms = now_ns / 1000000;

    if (is("milliseconds"))
        return g_strdup_printf("{\"iat\":%" PRId64 ",\"exp\":%" PRId64 "}", ms, ms + 300000);
    if (is("fractions"))
        return g_strdup_printf("{\"iat\":%" PRId64 ".%03d,\"exp\":%" PRId64 ".5}", s,
                               (int) (ms % 1000), s + 300);
    if (is("no-exp"))
        return g_strdup_printf("{\"iat\":%" PRId64 "}", s);
    if (is("text-exp"))
        return g_strdup_printf("{\"iat\":%" PRId64 ",\"exp\":\"%" PRId64 "\"}", s, s + 300);
    if (is("expired"))
        return g_strdup_printf("{\"iat\":%" PRId64 ",\"exp\":%" PRId64 "}", s - 600, s - 300);
    if (is("not-before"))
        return g_strdup_printf("{\"iat\":%" PRId64 ",\"nbf\":%" PRId64 ",\"exp\":%" PRId64 "}",
                               s, s + 5, s + 300);
    if (is("short"))
        return g_strdup_printf("{\"iat\":%" PRId64 ",\"exp\":%" PRId64 "}", s, s + 20);
    if (is("huge"))
        return g_strdup("{\"iat\":-1e300,\"exp\":1e300}");
    return g_strdup_printf("{\"iat\":%" PRId64 ",\"exp\":%" PRId64 "}", s, s + 300);
}

static char *
token_of(int64_t now_ns)
{
    g_autofree char *claims = claims_of(now_ns);
    char *token, *at;

    if (is("none"))
        return g_strdup("eyJhbGciOiJub25lIn0.eyJleHAiOjk5OTk5OTk5OTl9.");
    if (is("garbage-token"))
        return g_strdup("\\u001b[2J not a token <script>");
    if (is("hmac"))
        return tests_signer_hmac_with_public_key();
    token = tests_signer_sign(alg, is("other-kid") ? "k2" : "k1", claims);
    if (is("changed")) {
        at = token + strlen(token) - 20;
        *at = *at == 'A' ? 'B' : 'A';
    }
    return token;
}

/* Its keys; `late` tells them after its first answer. */
static void
say_keys(void)
{
    g_autofree char *jwks = tests_signer_jwks(alg, "k1");

    if (!told && !is("no-keys"))
        printf(",\"jwks\":%s", jwks);
    told = true;
}

static void
answer(const char *id, const char *line)
{
    g_autofree char *now = member(line, "now");
    g_autofree char *token = token_of(g_ascii_strtoll(now, NULL, 10));

    if (is("cached") && cached != NULL) {
        g_free(token);
        token = g_strdup(cached);
    } else if (is("cached")) {
        cached = g_strdup(token);
    }
    printf("{\"type\":\"idle\",\"answers\":[{\"id\":%s,\"token\":\"%s\"}]", id, token);
    if (!is("late"))
        say_keys();
    puts("}");
}

static void
request(const char *line)
{
    g_autofree char *id = member(line, "id");

    if (is("refuses"))
        printf("{\"type\":\"idle\",\"answers\":[{\"id\":%s,\"error\":\"no session\"}]}\n", id);
    else if (is("bad-shape"))
        printf(
            "{\"type\":\"idle\",\"answers\":[{\"id\":%s,\"error\":\"Expected field 'token'\","
            "\"reason\":\"bad-shape\"}]}\n",
            id);
    else if (is("key"))
        printf("{\"type\":\"idle\",\"answers\":[{\"id\":%s,\"key\":\"k\"}]}\n", id);
    else if (is("twice"))
        printf(
            "{\"type\":\"idle\",\"answers\":[{\"id\":%s,\"token\":\"a\"},{\"id\":%s,\"token\":"
            "\"a\"}]}\n",
            id, id);
    else if (is("number"))
        printf("{\"type\":\"idle\",\"answers\":[{\"id\":%s,\"token\":7}]}\n", id);
    else if (is("waits"))
        /* The number of the wait is that of its request. */
        printf("{\"type\":\"idle\",\"waits\":[{\"wait\":%s,\"for\":\"io\",\"leg\":\"request\","
               "\"label\":\"ask the session store\",\"at\":\"sign.js:7\",\"request\":%s}]}\n",
               id, id);
    else
        answer(id, line);
}

int
main(int argc, char **argv)
{
    static char line[1 << 16];

    mode = argc > 1 ? argv[1] : "good";
    alg = argc > 2 ? argv[2] : "RS256";
    tests_signer_init();
    while (fgets(line, sizeof line, stdin) != NULL) {
        g_autofree char *type = member(line, "type");

        if (strcmp(type, "bye") == 0)
            break;
        if (strcmp(type, "hello") == 0) {
            puts(
                "{\"type\":\"hello\",\"protocol\":1,\"name\":\"signer\",\"asks\":[\"token\"]}");
        } else if (strcmp(type, "start") == 0) {
            told = false;
            g_clear_pointer(&cached, g_free);
            puts("{\"type\":\"idle\"}");
        } else if (strcmp(type, "request") == 0) {
            request(line);
        } else if (strcmp(type, "wake") == 0) {
            g_autofree char *wait = member(line, "wait");

            answer(wait, line);
        } else {
            printf("{\"type\":\"idle\"");
            if (is("late"))
                say_keys();
            puts("}");
        }
        fflush(stdout);
    }
    tests_signer_clear();
    return 0;
}

/* Fuzzes the reader of what a provider of somebody else's says: any bytes are a reply in the
 * documented shape, or refused with a sentence. What is read keeps its bounds. Its tokens go through
 * the server's verification, against the keys that it tells: no text signs a token by chance. */
#include <stdlib.h>

#include "fuzz.h"
#include "crypto/crypto-private.h"
#include "crypto/jwks.h"
#include "exec/reply.h"

static void
check_answer(const SrExecAnswer *answer)
{
    if ((answer->key.text != NULL) + (answer->token.text != NULL) +
            (answer->error.text != NULL) !=
        1)
        abort();
    if (answer->id < 1 || answer->id > UINT32_MAX)
        abort();
    if (answer->key.text != NULL &&
        strnlen(answer->key.text, answer->key.length + 1) > answer->key.length)
        abort();
}

/* A token that is not good is refused with a sentence, and its times are whole seconds within their
 * bounds. Only HMAC can be right by what the same line says: the secret is in it. */
static void
check_token(SrJwks *keys, SrExecText token)
{
    g_autoptr(GString) why = g_string_new(NULL);
    g_autoptr(GString) unread = g_string_new(NULL);
    SrJwtClaims claims;
    bool good = sr_jwks_verify(keys, token.text, token.length, UINT32_MAX, why);
    bool read = sr_jwt_read_times(token.text, token.length, &claims, unread);

    if (good != (why->len == 0) || read != (unread->len == 0))
        abort();
    if (!g_utf8_validate(why->str, (gssize) why->len, NULL))
        abort();
    if (claims.iat > SR_JWT_SECONDS_MAX || claims.exp > SR_JWT_SECONDS_MAX ||
        claims.nbf > SR_JWT_SECONDS_MAX || claims.exp < -SR_JWT_SECONDS_MAX)
        abort();
    if (read && !claims.has_exp)
        abort();
}

static void
check_tokens(const SrExecReply *reply)
{
    static SrCrypto *crypto; /* for good */
    g_autoptr(GString) notes = g_string_new(NULL);
    g_autoptr(SrJwks) keys = NULL;

    if (crypto == NULL)
        crypto = sr_crypto_new();
    keys = sr_jwks_new(crypto, reply->jwks, notes);
    for (guint i = 0; i < reply->answers->len; i++) {
        const SrExecAnswer *answer = &g_array_index(reply->answers, SrExecAnswer, i);

        if (answer->token.text != NULL)
            check_token(keys, answer->token);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static SrExecReply reply; /* kept, as in a run */
    g_autoptr(GString) why = g_string_new(NULL);

    if (!sr_exec_reply_read(&reply, (const char *) data, size, why)) {
        if (why->len == 0 || !g_utf8_validate(why->str, (gssize) why->len, NULL))
            abort();
        return 0;
    }
    for (guint i = 0; i < reply.answers->len; i++)
        check_answer(&g_array_index(reply.answers, SrExecAnswer, i));
    check_tokens(&reply);
    for (guint i = 0; i < reply.waits->len; i++)
        if (g_array_index(reply.waits, SrExecWait, i).ns > SR_SPAN_MAX + 1)
            abort();
    return 0;
}

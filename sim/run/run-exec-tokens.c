/* The token provider of a run that is somebody's own program: its tokens, which the server of the
 * run verifies for itself.
 *
 * What a token says is read when it is given out, whoever signed it: so do its clients, who renew
 * it. Whether its signature is good is found out when the server judges it, against the public
 * keys that the signer has told by then. */
#include "run/run-exec-parts-private.h"

#include "crypto/jwks.h"
#include "world/world-steps.h"

/* What is known of a token besides its claims. */
typedef struct {
    uint64_t keys;  /* version of the keys that it was verified against */
    bool verified;  /* it was, well or ill */
    bool has_times; /* its claims can be used */
} Held;

struct SrRunTokens {
    SrRunNumbers *texts; /* a token's number is its place in the lists below */
    GArray *claims;      /* SrTokenClaims; 0 is no token */
    GArray *held;        /* Held */
    SrCrypto *crypto;    /* (nullable) made for the first token that is judged */
    SrJwks *keys;        /* (nullable) */
    uint64_t version;    /* of the keys; 0: none were told */
};

struct SrRunTokens *
sr_run_tokens_new(void)
{
    struct SrRunTokens *tokens = g_new0(struct SrRunTokens, 1);

    tokens->texts = sr_run_numbers_new();
    tokens->claims = g_array_new(FALSE, TRUE, sizeof(SrTokenClaims));
    tokens->held = g_array_new(FALSE, TRUE, sizeof(Held));
    return tokens;
}

void
sr_run_tokens_free(struct SrRunTokens *tokens)
{
    if (tokens == NULL)
        return;
    sr_run_numbers_free(tokens->texts);
    g_array_unref(tokens->claims);
    g_array_unref(tokens->held);
    sr_jwks_free(tokens->keys);
    sr_crypto_free(tokens->crypto);
    g_free(tokens);
}

void
sr_run_tokens_reset(SrRun *run, struct SrRunTokens *tokens)
{
    sr_run_numbers_reset(tokens->texts);
    g_array_set_size(tokens->claims, 1);
    g_array_set_size(tokens->held, 1);
    run->model->token_claims = (const SrTokenClaims *) tokens->claims->data;
}

/* ---- answers ---- */

static void
note_signed(SrRun *run, uint32_t token)
{
    const SrAction note = {
        .kind = SR_ACTION_NOTE,
        .event = SR_EVENT_TOKEN_SIGNED,
        .message = { .token = token },
    };

    sr_world_drive_note(run->world.driver, &run->world, SR_NODE_TOKEN_PROVIDER, 0, &note);
}

/* Adds the token whose text is @text: it is new. */
static void
add_token(SrRun *run, struct SrRunTokens *tokens, SrExecText text)
{
    SrJwtClaims read;
    Held held = { .has_times = sr_jwt_read_times(text.text, text.length, &read, NULL) };
    SrTokenClaims claims = {
        .iat = read.iat,
        .exp = read.exp,
        .nbf = read.nbf,
        .has = (uint8_t) ((read.has_iat ? SR_HAS_IAT : 0) | (read.has_exp ? SR_HAS_EXP : 0) |
                          (read.has_nbf ? SR_HAS_NBF : 0)),
    };

    g_array_append_val(tokens->claims, claims);
    g_array_append_val(tokens->held, held);
    run->model->token_claims = (const SrTokenClaims *) tokens->claims->data;
}

static void
send_token(SrRun *run, const SrAsked *asked, SrMsg type, SrReason reason, int64_t token)
{
    const SrMessage message = {
        .type = (uint8_t) type,
        .reason = (uint8_t) reason,
        .client = asked->message.client,
        .request = asked->message.request,
        .token = token,
    };

    sr_world_send(&run->world, SR_NODE_TOKEN_PROVIDER, false, &message);
}

static void
refuse(SrRun *run, SrRunExec *exec, const SrExecAnswer *said)
{
    const SrAsked *asked = sr_asked_by_id(exec, said->id);
    SrRecord record = sr_run_exec_record(exec, SR_EVENT_REFUSED, said->id);
    /* A signer knows no hints. */
    SrReason reason =
        said->reason == SR_REASON_BAD_SHAPE ? SR_REASON_BAD_SHAPE : SR_REASON_UNAVAILABLE;

    sr_exec_note(exec->child, said->error);
    record.id = 0;
    record.reason = (uint8_t) reason;
    record.has = SR_HAS_REASON;
    sr_world_emit(&run->world, &record);
    send_token(run, asked, SR_MSG_TOKEN_REFUSED, reason, SR_TOKEN_NONE);
}

void
sr_run_exec_take_token(SrRun *run, SrRunExec *exec, const SrExecAnswer *said)
{
    SrAsked *asked = sr_asked_by_id(exec, said->id);
    uint32_t token;
    bool fresh;

    sr_run_exec_settle(exec, asked);
    asked->answered = true;
    if (said->token.text == NULL) {
        refuse(run, exec, said);
        return;
    }
    token = sr_run_number_of(exec->tokens->texts, said->token.text, said->token.length, &fresh);
    /* The same text is the same token, signed again or not: nobody can tell. */
    if (fresh)
        add_token(run, exec->tokens, said->token);
    note_signed(run, token);
    send_token(run, asked, SR_MSG_TOKEN, SR_REASON_NONE, token);
}

/* ---- the server ---- */

/* Says once for each line of @text what the server found. */
static void
remark(SrExec *child, const char *before, const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (guint i = 0; lines[i] != NULL; i++) {
        g_autofree char *line = g_strconcat(before, lines[i], NULL);

        sr_exec_remark(child, line);
    }
}

/* Reads the keys that the signer has told, unless they are those that are read already. */
static void
take_keys(SrRunExec *exec)
{
    struct SrRunTokens *tokens = exec->tokens;
    g_autoptr(GString) notes = g_string_new(NULL);
    uint64_t version;
    const json_t *set = sr_exec_jwks(exec->child, &version);

    if (set == NULL)
        version = 0;
    if (tokens->keys != NULL && tokens->version == version)
        return;
    if (tokens->crypto == NULL)
        tokens->crypto = sr_crypto_new();
    sr_jwks_free(tokens->keys);
    tokens->keys = sr_jwks_new(tokens->crypto, set, notes);
    tokens->version = version;
    if (notes->len > 0)
        remark(exec->child, "", notes->str);
}

/* Returns: why the server refuses @token whatever the time; NONE if it does not */
static SrReason
find_fault(const SrRun *run, SrRunExec *exec, uint32_t token)
{
    struct SrRunTokens *tokens = exec->tokens;
    g_autoptr(GString) why = g_string_new(NULL);
    SrReason fault = SR_REASON_NONE;
    SrJwtClaims claims;
    size_t n;
    const char *text = sr_run_number_text(tokens->texts, token, &n);

    if (!sr_jwks_verify(tokens->keys, text, n, run->scenario->server.accept, why))
        fault = SR_REASON_BAD_SIGNATURE;
    else if (!sr_jwt_read_times(text, n, &claims, why))
        fault = SR_REASON_MISSING_CLAIM;
    if (fault != SR_REASON_NONE) {
        g_autofree char *before =
            g_strdup_printf("a token is refused as %s: ", sr_reason_name(fault));

        remark(exec->child, before, why->str);
    }
    return fault;
}

void
sr_run_exec_verify(SrRun *run, const SrMessage *message)
{
    SrRunExec *exec = run->signer;
    int64_t token = sr_server_token(&run->model->server, &run->world.server, message);
    Held *held;

    if (token == SR_TOKEN_NONE)
        return;
    take_keys(exec);
    held = &g_array_index(exec->tokens->held, Held, token);
    if (held->verified && held->keys == exec->tokens->version)
        return;
    held->verified = true;
    held->keys = exec->tokens->version;
    g_array_index(exec->tokens->claims, SrTokenClaims, token).fault =
        (uint8_t) find_fault(run, exec, (uint32_t) token);
}

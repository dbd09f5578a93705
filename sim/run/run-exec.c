/* The children of a run: their life and their turns. */
#include "run/run-exec-parts-private.h"

SrRunExec *
sr_run_exec_of(const SrRun *run, uint32_t service)
{
    return service == SR_NODE_ENCRYPTION_PROVIDER ? run->exec
           : service == SR_NODE_TOKEN_PROVIDER    ? run->signer
                                                  : NULL;
}

bool
sr_run_exec_is(const SrRun *run, uint32_t service)
{
    return sr_run_exec_of(run, service) != NULL;
}

/* ---- life ---- */

SrRunExec *
sr_run_exec_new(SrExecRole role)
{
    SrRunExec *exec = g_new0(SrRunExec, 1);

    exec->role = role;
    exec->node = role == SR_EXEC_KEYS ? SR_NODE_ENCRYPTION_PROVIDER : SR_NODE_TOKEN_PROVIDER;
    exec->asked = g_array_new(FALSE, FALSE, sizeof(SrAsked));
    exec->waits = sr_run_waits_new();
    exec->wait_places = g_hash_table_new(NULL, NULL);
    if (role == SR_EXEC_TOKENS) {
        exec->tokens = sr_run_tokens_new();
        return exec;
    }
    exec->answers = sr_run_key_answers_new();
    exec->hints = sr_run_numbers_new();
    exec->keys = sr_run_numbers_new();
    return exec;
}

void
sr_run_exec_free(SrRunExec *exec)
{
    if (exec == NULL)
        return;
    g_array_unref(exec->asked);
    g_array_unref(exec->waits);
    g_hash_table_unref(exec->wait_places);
    g_clear_pointer(&exec->answers, g_array_unref);
    sr_run_numbers_free(exec->hints);
    sr_run_numbers_free(exec->keys);
    sr_run_tokens_free(exec->tokens);
    g_free(exec);
}

SrExecMoment
sr_run_exec_moment(const SrRun *run, const SrRunExec *exec)
{
    return (SrExecMoment){ .t = sr_engine_now(run->engine) + exec->later,
                           .now = sr_run_local(run, exec->node) + (int64_t) exec->later };
}

static void
reset(SrRun *run, SrRunExec *exec)
{
    g_array_set_size(exec->asked, 0);
    g_array_set_size(exec->waits, 0);
    g_hash_table_remove_all(exec->wait_places);
    exec->loose = exec->standing = exec->unsettled = 0;
    exec->later = 0;
    exec->turn = 0;
    if (exec->role == SR_EXEC_TOKENS) {
        sr_run_tokens_reset(run, exec->tokens);
        return;
    }
    g_array_set_size(exec->answers, 0);
    sr_run_numbers_reset(exec->hints);
    sr_run_numbers_reset(exec->keys);
}

/* @child: (nullable) */
static gboolean
begin(SrRun *run, SrRunExec *exec, SrExec *child, GError **error)
{
    if (exec == NULL)
        return TRUE;
    if (child == NULL) {
        g_set_error(error, SR_EXEC_ERROR, 0, "the scenario needs a %s",
                    exec->role == SR_EXEC_KEYS ? "provider" : "signer");
        return FALSE;
    }
    exec->child = child;
    reset(run, exec);
    return sr_exec_begin(child, run->seed, sr_run_exec_moment(run, exec), error);
}

gboolean
sr_run_exec_begin(SrRun *run, GError **error)
{
    if (run->call_texts != NULL)
        sr_run_numbers_reset(run->call_texts);
    return begin(run, run->signer, run->options->signer, error) &&
           begin(run, run->exec, run->options->provider, error);
}

bool
sr_run_exec_stopped(const SrRun *run)
{
    return run->call_texts != NULL &&
           ((run->options->signer != NULL && sr_exec_stopped(run->options->signer)) ||
            (run->options->provider != NULL && sr_exec_stopped(run->options->provider)));
}

/* ---- records ---- */

/* Returns: the node of the client of request @id; the child's own where there is none */
static uint32_t
node_of(const SrRunExec *exec, uint64_t id)
{
    return id == 0 || sr_asked_by_id(exec, id)->aside
               ? exec->node
               : SR_NODE_FIRST_CLIENT + sr_asked_by_id(exec, id)->message.client;
}

SrRecord
sr_run_exec_record(const SrRunExec *exec, SrEvent event, uint64_t id)
{
    return (SrRecord){
        .node = exec->node,
        .event = (uint8_t) event,
        .peer = node_of(exec, id),
        .id = id,
        .document = id != 0 ? sr_asked_by_id(exec, id)->document : 0,
    };
}

void
sr_run_exec_settle(SrRunExec *exec, SrAsked *asked)
{
    exec->unsettled -= !asked->settled;
    asked->settled = true;
}

/* ---- turns ---- */

static void
take_stuck(SrRun *run, SrRunExec *exec, uint64_t id)
{
    SrAsked *asked = sr_asked_by_id(exec, id);
    SrRecord record = sr_run_exec_record(exec, SR_EVENT_STUCK, id);

    if (asked->settled)
        return;
    sr_run_exec_settle(exec, asked);
    sr_world_emit(&run->world, &record);
}

/* A child that waits for nothing can answer nothing any more, whether it says so or not. */
static void
find_stuck(SrRun *run, SrRunExec *exec)
{
    for (uint64_t id = 1; exec->standing == 0 && exec->unsettled > 0 && id <= exec->asked->len;
         id++)
        take_stuck(run, exec, id);
}

static void
record_break(SrRun *run, const SrRunExec *exec, SrReason reason)
{
    SrRecord record = sr_run_exec_record(exec, SR_EVENT_PROVIDER_BROKE, exec->turn);

    record.id = 0;
    record.document = 0;
    record.reason = (uint8_t) reason;
    record.has = SR_HAS_REASON;
    sr_world_emit(&run->world, &record);
}

static void
take_answer(SrRun *run, SrRunExec *exec, const SrExecAnswer *said)
{
    (exec->role == SR_EXEC_KEYS ? sr_run_exec_take_key : sr_run_exec_take_token)(run, exec,
                                                                                 said);
}

void
sr_run_exec_take_reply(SrRun *run, SrRunExec *exec, const SrExecReply *reply, uint64_t id,
                       bool in_request, bool broken)
{
    exec->turn = id;
    exec->in_request = in_request;
    if (reply == NULL) {
        if (!broken)
            record_break(run, exec, sr_exec_kind(exec->child));
        return;
    }
    if (sr_exec_take_rejection(exec->child))
        record_break(run, exec, SR_REASON_UNHANDLED_REJECTION);
    for (guint i = 0; i < reply->waits->len; i++)
        sr_run_exec_take_wait(run, exec, &g_array_index(reply->waits, SrExecWait, i));
    for (guint i = 0; i < reply->answers->len; i++)
        take_answer(run, exec, &g_array_index(reply->answers, SrExecAnswer, i));
    for (guint i = 0; i < reply->stuck->len; i++)
        take_stuck(run, exec, g_array_index(reply->stuck, uint64_t, i));
    find_stuck(run, exec);
}

static const char *
document_name(const SrRun *run, uint32_t document)
{
    return g_array_index(run->scenario->documents, SrDocumentSettings, document).name;
}

static void
client_name(const SrRun *run, uint32_t client, char out[SR_NODE_NAME_MAX])
{
    size_t length = run->names.node(run->names.data, SR_NODE_FIRST_CLIENT + client, out);

    out[length] = '\0';
}

void
sr_run_exec_ask(SrRun *run, SrRunExec *exec, SrAsked asked, const char *client)
{
    char text[SR_HINT_TEXT_MAX];
    SrExecRequest request = { .client = client,
                              .document = document_name(run, asked.document),
                              .has_hint = asked.message.flags & SR_MESSAGE_HINT };
    bool broken = sr_run_exec_is_broken(exec);

    exec->unsettled++;
    g_array_append_val(exec->asked, asked);
    request.id = exec->asked->len;
    if (request.has_hint)
        request.hint =
            (SrExecText){ text, sr_run_exec_hint_text(exec, asked.message.hint, text) };
    sr_run_exec_take_reply(
        run, exec, sr_exec_request(exec->child, sr_run_exec_moment(run, exec), &request),
        request.id, true, broken);
}

void
sr_run_exec_request(SrRun *run, uint32_t service, const SrMessage *request, uint32_t number)
{
    char name[SR_NODE_NAME_MAX];

    if (request->type == SR_MSG_KEY_SETTLED)
        return;
    client_name(run, request->client, name);
    sr_run_exec_ask(run, sr_run_exec_of(run, service),
                    (SrAsked){ .message = *request,
                               .number = number,
                               .document = sr_run_client_document(run, request->client) },
                    name);
}

/* Its page is gone, with whatever the child kept there. */
static void
forget_page(SrRun *run, SrRunExec *exec, uint32_t client)
{
    char name[SR_NODE_NAME_MAX];

    if (exec == NULL || sr_run_exec_is_broken(exec))
        return;
    for (guint i = 0; i < exec->asked->len; i++) {
        SrAsked *asked = sr_asked_by_id(exec, i + 1);

        if (!asked->aside && asked->message.client == client)
            sr_run_exec_settle(exec, asked);
    }
    client_name(run, client, name);
    sr_run_exec_take_reply(run, exec,
                           sr_exec_gone(exec->child, sr_run_exec_moment(run, exec), name), 0,
                           false, false);
}

void
sr_run_exec_gone(SrRun *run, uint32_t client)
{
    forget_page(run, run->signer, client);
    forget_page(run, run->exec, client);
}

/* tell-moments TRACE NS…: the state at each instant as the library follows it, a JSON object a line, for
 * the gate that compares it with what a browser shows. */
#include <glib.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "result/moments.h"

static json_t *
text_of(const char *text, size_t length)
{
    return length > 0 ? json_stringn(text, length) : json_string("–");
}

static json_t *
node_of(const SrTrace *trace, uint32_t node)
{
    char text[SR_NODE_NAME_MAX];

    return text_of(text, trace->names.node(trace->names.data, node, text));
}

static char *
hint_of(const SrTrace *trace, uint32_t hint)
{
    char text[SR_HINT_TEXT_MAX];
    size_t length =
        hint != SR_HINT_ABSENT ? trace->names.hint(trace->names.data, hint, text) : 0;

    return length > 0 ? g_strndup(text, length) : g_strdup("\"\"");
}

static json_t *
span_of(SrSpan span)
{
    g_autoptr(GString) text = g_string_new(NULL);

    sr_span_show(text, span);
    return json_string(text->str);
}

static json_t *
clients_of(const SrMoments *moments)
{
    json_t *rows = json_array();

    for (uint32_t i = 0; i < moments->n_clients; i++) {
        const SrMomentClient *client = &moments->clients[i];
        g_autoptr(GString) keys = g_string_new(NULL);
        g_autofree char *conn = g_strdup_printf("%u", client->conn);
        g_autofree char *state =
            client->state == SR_CLIENT_FAILED
                ? g_strdup_printf("failed (%s)", sr_reason_name((SrReason) client->reason))
                : g_strdup(sr_client_state_name((SrClientState) client->state));

        for (unsigned k = 0; k < client->n_keys; k++) {
            g_autofree char *hint = hint_of(moments->trace, client->keys[k].hint);
            g_string_append_printf(keys, "%s%s", k > 0 ? ", " : "", hint);
        }
        json_array_append_new(rows, json_pack("[o, s, o, s]",
                                              node_of(moments->trace, SR_NODE_FIRST_CLIENT + i),
                                              state, text_of(keys->str, keys->len),
                                              client->conn > 0 ? conn : "–"));
    }
    return rows;
}

static json_t *
owned(const SrMoments *moments, bool is_there, uint32_t hint, uint32_t owner)
{
    g_autofree char *name = hint_of(moments->trace, hint);
    char node[SR_NODE_NAME_MAX];

    if (!is_there)
        return json_string("–");
    return json_sprintf(
        "%s, by %.*s", name,
        (int) moments->trace->names.node(moments->trace->names.data, owner, node), node);
}

static json_t *
documents_of(const SrMoments *moments)
{
    json_t *rows = json_array();

    for (uint32_t i = 0; i < moments->n_documents; i++) {
        const SrMomentDocument *document = &moments->documents[i];
        g_autofree char *outdated = hint_of(moments->trace, document->outdated);

        json_array_append_new(
            rows,
            json_pack("[o, o, s]",
                      owned(moments, document->stands, document->creation, document->owner),
                      owned(moments, document->active, document->session, document->owner),
                      document->outdated != SR_HINT_ABSENT ? outdated : "–"));
    }
    return rows;
}

static bool
is_here(const SrMoments *moments, uint32_t from, uint32_t to)
{
    return from < moments->n && to >= moments->n;
}

static json_t *
store_of(const SrMoments *moments, SrTime t)
{
    g_autoptr(GArray) keys = sr_moments_keys(moments->trace);
    json_t *rows = json_array();

    for (guint i = keys->len; i-- > 0;) {
        const SrStoredKey *key = &g_array_index(keys, SrStoredKey, i);
        g_autofree char *hint = hint_of(moments->trace, key->hint);
        char print[17];

        if (is_here(moments, key->made, key->gone))
            json_array_append_new(
                rows,
                json_pack("[s, o, o]", hint,
                          text_of(print, moments->trace->names.key(moments->trace->names.data,
                                                                   key->key, print)),
                          span_of(t - moments->trace->records[key->made].t)));
    }
    return rows;
}

static json_t *
messages_of(const SrMoments *moments, SrTime t)
{
    g_autoptr(GArray) messages = sr_moments_messages(moments->trace);
    json_t *rows = json_array();

    for (guint i = messages->len; i-- > 0;) {
        const SrSentMessage *message = &g_array_index(messages, SrSentMessage, i);
        const SrRecord *record = &moments->trace->records[message->sent];

        if (is_here(moments, message->sent, message->ended))
            json_array_append_new(
                rows, json_pack("[o, o, s, o]", node_of(moments->trace, record->node),
                                node_of(moments->trace, record->peer),
                                sr_msg_name((SrMsg) record->msg), span_of(t - record->t)));
    }
    return rows;
}

int
main(int n, char **arguments)
{
    SrTraceFault fault = { 0 };
    g_autoptr(SrTrace) trace = n > 1 ? sr_trace_load(arguments[1], &fault) : NULL;

    if (trace == NULL) {
        fprintf(stderr, "%s\n", fault.message != NULL ? fault.message : "no trace");
        return 1;
    }
    for (int i = 2; i < n; i++) {
        SrTime t = g_ascii_strtoull(arguments[i], NULL, 10);
        g_autoptr(SrMoments) moments = sr_moments_new(trace);

        while (moments->n < trace->n_records && trace->records[moments->n].t <= t)
            sr_moments_step(moments);
        json_t *told =
            json_pack("{s: I, s: o, s: o, s: o, s: o}", "event", (json_int_t) moments->n,
                      "clients", clients_of(moments), "documents", documents_of(moments),
                      "store", store_of(moments, t), "messages", messages_of(moments, t));
        g_autofree char *line = json_dumps(told, JSON_COMPACT);

        puts(line);
        json_decref(told);
    }
    return 0;
}

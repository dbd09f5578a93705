/* Writes a run into a page, for the script to show.
 *
 * The state is a table of cells, each with a word. The run is what changes in it, event by event, so it
 * can be stepped forward; the script remembers what was there before, so it can be stepped back. Words
 * are texts, each written once. */
#include "report/player.h"

#include <string.h>

#include "base/escape.h"
#include "player-script-private.h"
#include "report-private.h"
#include "result/moments.h"
#include "result/story.h"
#include "session-race/trace-writer.h"

/* How an event is drawn. */
enum { DRAWN_SEND, DRAWN_ARRIVE, DRAWN_LOSE, DRAWN_STEP };

typedef enum { GROUP_CLIENTS, GROUP_DOCUMENTS, GROUP_CLOCKS } Group;
#define GROUP_N (GROUP_CLOCKS + 1)
#define COLUMNS_MAX 3u

/* clang-format off */
static const struct {
    const char *heading, *rows;
    const char *columns[COLUMNS_MAX];
} groups[GROUP_N] = {
    [GROUP_CLIENTS]   = { "Clients",       "Client",   { "State", "Keys that it holds", "Connection" } },
    [GROUP_DOCUMENTS] = { "At the server", "Document", { "Creation", "Session", "Session before" } },
    [GROUP_CLOCKS]    = { "Clocks",        "Node",     { "Last read", "Known to be off by", NULL } },
};
/* clang-format on */

typedef struct {
    const SrTrace *trace;
    const SrNames *names;
    SrMoments *moments;
    uint32_t first[GROUP_N], n_rows[GROUP_N]; /* cells and rows of each group */
    uint32_t *clock_row; /* of each node; UINT32_MAX: nothing is known of its clock */
    uint32_t *cells;     /* the word of each */
    uint32_t n_cells;
    GHashTable *places; /* word → its number and 1 */
    GPtrArray *words;   /* the same, by number */
    GString *text;      /* scratch */
    GString *changes;   /* numbers: events since the last change, cell, word */
    uint32_t changed;   /* the event of the last one */
} Writer;

/* ---- text ---- */

/* Appends @json, which is JSON, in another way that JSON has for what would be a tag, is hidden, or is
 * no character of XML. */
static void
put_json(GString *out, const char *json)
{
    for (const char *at = json; *at != '\0'; at += g_utf8_skip[(guchar) *at]) {
        gunichar c = g_utf8_get_char(at);

        if (c == '<' || c == '>' || c == '&' || c == 0xfffe || c == 0xffff ||
            sr_escape_is_hidden(c))
            g_string_append_printf(out, "\\u%04x", c);
        else
            g_string_append_len(out, at, g_utf8_skip[(guchar) *at]);
    }
}

/* Returns: the number of the text in the scratch, as a person may see it */
static uint32_t
take_word(Writer *writer)
{
    g_autoptr(GString) plain = g_string_new(NULL);
    guint place;

    sr_text_plain(plain, writer->text->str);
    place = GPOINTER_TO_UINT(g_hash_table_lookup(writer->places, plain->str));
    if (place == 0) {
        char *word = g_string_free(g_steal_pointer(&plain), FALSE);

        g_ptr_array_add(writer->words, word);
        place = writer->words->len;
        g_hash_table_insert(writer->places, word, GUINT_TO_POINTER(place));
    }
    g_string_truncate(writer->text, 0);
    return place - 1;
}

static uint32_t
word_of(Writer *writer, const char *text)
{
    g_string_assign(writer->text, text);
    return take_word(writer);
}

static void
add_node(Writer *writer, uint32_t node)
{
    g_autofree char *name =
        node < writer->names->n_nodes ? sr_names_node(writer->names, node) : g_strdup("nobody");

    g_string_append(writer->text, name);
}

/* The empty hint is not the same as none. */
static void
add_hint(Writer *writer, uint32_t hint)
{
    char text[SR_HINT_TEXT_MAX];
    size_t length;

    if (hint == SR_HINT_ABSENT) {
        g_string_append(writer->text, "no hint");
        return;
    }
    length = writer->names->hint(writer->names->data, hint, text);
    g_string_append_len(writer->text, length > 0 ? text : "\"\"",
                        length > 0 ? (gssize) length : 2);
}

/* ---- cells ---- */

static void
set_cell(Writer *writer, Group group, uint32_t row, unsigned column)
{
    uint32_t cell = writer->first[group] + row * COLUMNS_MAX + column;
    uint32_t word = take_word(writer), event = writer->moments->n - 1;

    if (writer->cells[cell] == word)
        return;
    writer->cells[cell] = word;
    g_string_append_printf(writer->changes, "%s%u,%u,%u", writer->changes->len > 0 ? "," : "",
                           event - writer->changed, cell, word);
    writer->changed = event;
}

static void
set_client(Writer *writer, uint32_t i)
{
    const SrMomentClient *client = &writer->moments->clients[i];

    g_string_append(writer->text, sr_client_state_name((SrClientState) client->state));
    if (client->state == SR_CLIENT_FAILED && client->reason != SR_REASON_NONE)
        g_string_append_printf(writer->text, " (%s)",
                               sr_reason_name((SrReason) client->reason));
    set_cell(writer, GROUP_CLIENTS, i, 0);
    for (unsigned k = 0; k < client->n_keys; k++) {
        g_string_append(writer->text, k > 0 ? ", " : "");
        add_hint(writer, client->keys[k].hint);
    }
    set_cell(writer, GROUP_CLIENTS, i, 1);
    if (client->conn != 0)
        g_string_append_printf(writer->text, "%u", client->conn);
    set_cell(writer, GROUP_CLIENTS, i, 2);
}

static void
add_owned(Writer *writer, uint32_t hint, uint32_t owner)
{
    add_hint(writer, hint);
    g_string_append(writer->text, ", by ");
    add_node(writer, owner);
}

static void
set_document(Writer *writer, uint32_t i)
{
    const SrMomentDocument *document = &writer->moments->documents[i];

    if (document->stands)
        add_owned(writer, document->creation, document->owner);
    set_cell(writer, GROUP_DOCUMENTS, i, 0);
    if (document->active)
        add_owned(writer, document->session, document->owner);
    set_cell(writer, GROUP_DOCUMENTS, i, 1);
    if (document->outdated != SR_HINT_ABSENT)
        add_hint(writer, document->outdated);
    set_cell(writer, GROUP_DOCUMENTS, i, 2);
}

static void
add_reading(GString *text, const SrMomentClock *clock)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(clock->reading);
    g_autofree char *shown =
        time != NULL ? g_date_time_format(time, "%Y-%m-%d %H:%M:%S UTC") : NULL;

    if (shown != NULL)
        g_string_append(text, shown);
    else
        g_string_append_printf(text, "%" G_GINT64_FORMAT " s", clock->reading);
    g_string_append(text, ", at ");
    sr_span_show(text, clock->read_at);
}

static void
set_clock(Writer *writer, uint32_t node)
{
    const SrMomentClock *clock = &writer->moments->clocks[node];
    uint32_t row = writer->clock_row[node];

    if (row == UINT32_MAX)
        return;
    if (clock->was_read)
        add_reading(writer->text, clock);
    set_cell(writer, GROUP_CLOCKS, row, 0);
    if (clock->is_set)
        sr_signed_span_show(writer->text, clock->offset);
    set_cell(writer, GROUP_CLOCKS, row, 1);
}

/* Takes what the latest record changed. */
static void
set_changed(Writer *writer)
{
    const SrRecord *record = &writer->trace->records[writer->moments->n - 1];
    uint32_t client = record->node - SR_NODE_FIRST_CLIENT;

    if (client < writer->moments->n_clients)
        set_client(writer, client);
    if (record->event == SR_EVENT_FAULT)
        for (uint32_t i = 0; i < writer->moments->n_documents; i++)
            set_document(writer, i);
    else if (record->node < SR_NODE_FIRST_CLIENT)
        set_document(writer, record->document);
    if (record->node < writer->names->n_nodes)
        set_clock(writer, record->node);
}

/* ---- the table ---- */

static void
find_clocks(Writer *writer)
{
    uint32_t n_nodes = MAX(writer->names->n_nodes, SR_NODE_FIRST_CLIENT);
    uint32_t *row = writer->clock_row = g_new(uint32_t, n_nodes);

    memset(row, 0xff, n_nodes * sizeof *row);
    for (size_t i = 0; i < writer->trace->n_records; i++) {
        const SrRecord *record = &writer->trace->records[i];

        if (record->event == SR_EVENT_CLOCK || record->event == SR_EVENT_TOKEN_SIGNED ||
            record->event == SR_EVENT_TOKEN_JUDGED)
            row[record->node] = 0;
    }
    for (uint32_t node = 0; node < n_nodes; node++)
        if (row[node] == 0)
            row[node] = writer->n_rows[GROUP_CLOCKS]++;
}

static void
make_table(Writer *writer)
{
    writer->n_rows[GROUP_CLIENTS] = writer->moments->n_clients;
    writer->n_rows[GROUP_DOCUMENTS] = writer->moments->n_documents;
    find_clocks(writer);
    for (unsigned i = 0; i < GROUP_N; i++) {
        writer->first[i] = writer->n_cells;
        writer->n_cells += writer->n_rows[i] * COLUMNS_MAX;
    }
    writer->cells = g_new(uint32_t, writer->n_cells + 1);
    for (uint32_t i = 0; i < writer->n_cells; i++)
        writer->cells[i] = word_of(writer, "");
    for (uint32_t i = 0; i < writer->n_rows[GROUP_CLIENTS]; i++)
        writer->cells[i * COLUMNS_MAX] = word_of(writer, sr_client_state_name(SR_CLIENT_IDLE));
    for (uint32_t node = 0; node < writer->names->n_nodes; node++) {
        if (writer->clock_row[node] == UINT32_MAX || !writer->moments->clocks[node].is_set)
            continue;
        sr_signed_span_show(writer->text, writer->moments->clocks[node].offset);
        writer->cells[writer->first[GROUP_CLOCKS] + writer->clock_row[node] * COLUMNS_MAX + 1] =
            take_word(writer);
    }
}

/* The names of the rows of a group, as numbers of words. */
static void
put_rows(Writer *writer, Group group, GString *out)
{
    for (uint32_t i = 0; i < writer->n_rows[group]; i++) {
        char name[SR_NODE_NAME_MAX];
        uint32_t node = SR_NODE_FIRST_CLIENT + i;

        for (node = group == GROUP_CLOCKS ? 0 : node;
             group == GROUP_CLOCKS && writer->clock_row[node] != i;)
            node++;
        if (group != GROUP_DOCUMENTS)
            add_node(writer, node);
        else if (writer->names->n_documents > 1)
            g_string_append_len(writer->text, name,
                                (gssize) writer->names->document(writer->names->data, i, name));
        else
            g_string_append(writer->text, "the document");
        g_string_append_printf(out, "%s%u", i > 0 ? "," : "", take_word(writer));
    }
}

static void
put_groups(Writer *writer, GString *out)
{
    g_string_append(out, ",\n\"groups\":[");
    for (unsigned i = 0; i < GROUP_N; i++) {
        g_string_append_printf(out, "%s{\"heading\":\"%s\",\"first\":%u,\"columns\":[\"%s\"",
                               i > 0 ? ",\n" : "", groups[i].heading, writer->first[i],
                               groups[i].rows);
        for (unsigned c = 0; c < COLUMNS_MAX && groups[i].columns[c] != NULL; c++)
            g_string_append_printf(out, ",\"%s\"", groups[i].columns[c]);
        g_string_append(out, "],\"rows\":[");
        put_rows(writer, (Group) i, out);
        g_string_append(out, "]}");
    }
    g_string_append(out, "]");
}

/* ---- events ---- */

/* What stands at an arrow, or beside a step. */
static uint32_t
take_label(Writer *writer, uint32_t i)
{
    const SrRecord *record = &writer->trace->records[i];

    if (record->event != SR_EVENT_SEND && record->event != SR_EVENT_RECEIVE &&
        record->event != SR_EVENT_LOSE) {
        sr_record_sentence(record, writer->names, writer->text);
        return take_word(writer);
    }
    g_string_append(writer->text, sr_msg_name((SrMsg) record->msg));
    if (record->has & SR_HAS_HINT) {
        g_string_append_c(writer->text, ' ');
        add_hint(writer, record->hint);
    }
    if (record->reason != SR_REASON_NONE)
        g_string_append_printf(writer->text, " (%s)",
                               sr_reason_name((SrReason) record->reason));
    return take_word(writer);
}

/* The sentence of an event with its subject; of a check and of a fault the subject is in it. */
static uint32_t
take_sentence(Writer *writer, uint32_t i)
{
    const SrRecord *record = &writer->trace->records[i];

    if (record->event != SR_EVENT_CHECK_FAILED && record->event != SR_EVENT_FAULT) {
        add_node(writer, record->node);
        g_string_append_c(writer->text, ' ');
    }
    sr_record_sentence(record, writer->names, writer->text);
    if (writer->trace->details[i] != NULL)
        g_string_append_printf(writer->text, ": %s", writer->trace->details[i]);
    return take_word(writer);
}

static unsigned
drawn_as(const SrRecord *record)
{
    if (record->event == SR_EVENT_SEND)
        return DRAWN_SEND;
    if (record->event == SR_EVENT_RECEIVE)
        return DRAWN_ARRIVE;
    return record->event == SR_EVENT_LOSE ? DRAWN_LOSE : DRAWN_STEP;
}

/* A list of a number for each event. */
#define put_column(out, name, format, value)                                                   \
    do {                                                                                       \
        g_string_append(out, ",\n\"" name "\":[");                                             \
        for (uint32_t i = 0; i < trace->n_records; i++)                                        \
            g_string_append_printf(out, "%s" format, i > 0 ? "," : "", value);                 \
        g_string_append_c(out, ']');                                                           \
    } while (0)

static int64_t
number_of(const SrTrace *trace, uint32_t node)
{
    return node < trace->names.n_nodes ? (int64_t) node : -1;
}

/* The other end of a message; a lost one does not name it, but its sending does. */
static int64_t
peer_of(const SrTrace *trace, const uint32_t *causes, uint32_t i)
{
    const SrRecord *record = &trace->records[i];

    if (record->event == SR_EVENT_LOSE)
        return causes[i] != SR_MOMENT_NEVER && trace->records[causes[i]].event == SR_EVENT_SEND
                   ? number_of(trace, trace->records[causes[i]].node)
                   : -1;
    return drawn_as(record) != DRAWN_STEP ? number_of(trace, record->peer) : -1;
}

static void
put_events(Writer *writer, GString *out)
{
    const SrTrace *trace = writer->trace;
    g_autofree uint32_t *causes = sr_moments_causes(trace);

    put_column(out, "t", "%" G_GUINT64_FORMAT, trace->records[i].t);
    put_column(out, "node", "%" G_GINT64_FORMAT, number_of(trace, trace->records[i].node));
    put_column(out, "peer", "%" G_GINT64_FORMAT, peer_of(trace, causes, i));
    put_column(out, "drawn", "%u", drawn_as(&trace->records[i]));
    put_column(out, "label", "%u", take_label(writer, i));
    put_column(out, "says", "%u", take_sentence(writer, i));
    put_column(out, "why", "%" G_GINT64_FORMAT,
               causes[i] == SR_MOMENT_NEVER ? (int64_t) -1 : (int64_t) causes[i]);
}

/* The events to jump to. */
static void
put_marks(const SrTrace *trace, const char *name, bool findings, GString *out)
{
    bool any = false;

    g_string_append_printf(out, ",\n\"%s\":[", name);
    for (uint32_t i = 0; i < trace->n_records; i++) {
        const SrRecord *record = &trace->records[i];
        bool found = record->event == SR_EVENT_CHECK_FAILED;

        if (findings ? !found : !found && !sr_story_is_milestone(record))
            continue;
        g_string_append_printf(out, "%s%u", any ? "," : "", i);
        any = true;
    }
    g_string_append_c(out, ']');
}

/* ---- what comes and goes ---- */

static void
put_keys(Writer *writer, GString *out)
{
    g_autoptr(GArray) keys = sr_moments_keys(writer->trace);

    g_string_append(out, ",\n\"keys\":[");
    for (guint i = 0; i < keys->len; i++) {
        const SrStoredKey *key = &g_array_index(keys, SrStoredKey, i);
        const SrRecord *gone =
            key->gone != SR_MOMENT_NEVER ? &writer->trace->records[key->gone] : NULL;
        char print[17];

        add_hint(writer, key->hint);
        g_string_append_printf(out, "%s%u,%" G_GINT64_FORMAT ",%u", i > 0 ? "," : "", key->made,
                               gone != NULL ? (int64_t) key->gone : -1, take_word(writer));
        if (key->key != SR_KEY_ABSENT)
            g_string_append_len(
                writer->text, print,
                (gssize) writer->names->key(writer->names->data, key->key, print));
        g_string_append_printf(out, ",%u", take_word(writer));
        if (gone != NULL && gone->reason != SR_REASON_NONE)
            g_string_append(writer->text, sr_reason_name((SrReason) gone->reason));
        g_string_append_printf(out, ",%u", take_word(writer));
    }
    g_string_append_c(out, ']');
}

static void
put_messages(const SrTrace *trace, GString *out)
{
    g_autoptr(GArray) messages = sr_moments_messages(trace);

    g_string_append(out, ",\n\"messages\":[");
    for (guint i = 0; i < messages->len; i++) {
        const SrSentMessage *message = &g_array_index(messages, SrSentMessage, i);

        g_string_append_printf(out, "%s%u,%" G_GINT64_FORMAT, i > 0 ? "," : "", message->sent,
                               message->ended != SR_MOMENT_NEVER ? (int64_t) message->ended
                                                                 : -1);
    }
    g_string_append_c(out, ']');
}

static void
put_run(Writer *writer, const char *title, GString *out)
{
    const SrTrace *trace = writer->trace;
    g_autoptr(GString) start = g_string_new(NULL);
    g_autoptr(GString) json = g_string_new(NULL);

    make_table(writer);
    for (uint32_t i = 0; i < writer->n_cells; i++)
        g_string_append_printf(start, "%s%u", i > 0 ? "," : "", writer->cells[i]);
    while (writer->moments->n < trace->n_records) {
        sr_moments_step(writer->moments);
        set_changed(writer);
    }
    g_string_append(out, "{\"title\":");
    g_string_assign(writer->text, title);
    g_string_append_printf(out, "%u,\"end\":%" G_GUINT64_FORMAT ",\"nodes\":[",
                           take_word(writer), trace->end.t);
    for (uint32_t node = 0; node < trace->names.n_nodes; node++) {
        add_node(writer, node);
        g_string_append_printf(out, "%s%u", node > 0 ? "," : "", take_word(writer));
    }
    g_string_append(out, "]");
    put_events(writer, out);
    put_marks(trace, "findings", true, out);
    put_marks(trace, "milestones", false, out);
    put_groups(writer, out);
    g_string_append_printf(out, ",\n\"start\":[%s],\n\"changes\":[%s]", start->str,
                           writer->changes->str);
    put_keys(writer, out);
    put_messages(trace, out);
    g_string_append(out, ",\n\"words\":[");
    for (guint i = 0; i < writer->words->len; i++) {
        g_string_append(out, i > 0 ? "," : "");
        const char *word = g_ptr_array_index(writer->words, i);

        g_string_truncate(json, 0);
        sr_escape_json(json, word, strlen(word));
        put_json(out, json->str);
    }
    g_string_append(out, "]}");
}

/* The lines of the trace between its first and its last. */
static void
put_lines(const SrTrace *trace, GString *out)
{
    g_autoptr(GString) line = g_string_new(NULL);

    for (size_t i = 0; i < trace->n_records; i++) {
        g_string_truncate(line, 0);
        sr_record_format(&trace->records[i], &trace->names, line);
        put_json(out, line->str);
        g_string_append_c(out, '\n');
    }
}

void
sr_player_write(const SrTrace *trace, const char *title, GString *out)
{
    Writer writer = {
        .trace = trace,
        .names = &trace->names,
        .moments = sr_moments_new(trace),
        .places = g_hash_table_new(g_str_hash, g_str_equal),
        .words = g_ptr_array_new_with_free_func(g_free),
        .text = g_string_new(NULL),
        .changes = g_string_new(NULL),
    };

    g_string_append(out, "<script type=\"application/json\" class=\"run\">");
    put_run(&writer, title, out);
    g_string_append(out, "</script>\n<script type=\"text/plain\" class=\"lines\">");
    put_lines(trace, out);
    g_string_append(out, "</script>\n");
    sr_moments_free(writer.moments);
    g_hash_table_destroy(writer.places);
    g_ptr_array_unref(writer.words);
    g_string_free(writer.text, TRUE);
    g_string_free(writer.changes, TRUE);
    g_free(writer.clock_row);
    g_free(writer.cells);
}

/* ---- the script ---- */

const char *
sr_player_script(void)
{
    return sr_player_js;
}

char *
sr_player_policy(void)
{
    g_autoptr(GChecksum) hash = g_checksum_new(G_CHECKSUM_SHA256);
    guint8 digest[32];
    gsize n = sizeof digest;

    g_checksum_update(hash, (const guchar *) sr_player_js, (gssize) strlen(sr_player_js));
    g_checksum_get_digest(hash, digest, &n);
    g_autofree char *base64 = g_base64_encode(digest, n);
    return g_strconcat("sha256-", base64, NULL);
}

/* Reports the path to a failure: each step in words, and the records that it makes. */
#include "explore/explore-path-private.h"

#include "crypto/crypto.h"

typedef struct {
    const SrExplorePlan *plan;
    Context *context;
    World *world;
    SrNames names;
    const SrExploreTeller *teller;
    uint32_t reported; /* bits: checks whose failure was reported */
} Story;

/* ---- names ---- */

static size_t
name_node(const void *data, uint32_t node, char out[SR_NODE_NAME_MAX])
{
    const Story *story = data;

    return sr_scenario_node_name(story->plan->scenario, node, out);
}

static const char *
document(const Story *story, uint32_t index)
{
    return g_array_index(story->plan->scenario->documents, SrDocumentSettings, index).name;
}

static size_t
name_document(const void *data, uint32_t index, char out[SR_NODE_NAME_MAX])
{
    const char *name = document(data, index);
    size_t length = strlen(name);

    memcpy(out, name, length);
    return length;
}

static size_t
name_hint(const void *data, uint32_t hint, char out[SR_HINT_TEXT_MAX])
{
    const Story *story = data;

    return sr_provider_hint_text(&story->plan->model->provider, &story->context->steps.provider,
                                 hint, out);
}

static size_t
name_key(const void *data, uint32_t key, char out[SR_FINGERPRINT_TEXT])
{
    const Story *story = data;

    sr_key_fingerprint(story->plan->scenario->seed, document(story, 0), key, out);
    return SR_FINGERPRINT_TEXT - 1;
}

/* ---- reporting ---- */

static void
report_step(void *data, unsigned at, const Move *move)
{
    Story *story = data;
    g_autoptr(GString) text = g_string_new(NULL);

    sr_move_text(story->plan, story->world, move, text);
    if (story->teller->step != NULL)
        story->teller->step(story->teller->data, at + 1, text->str);
}

static void
report_record(void *data, const SrRecord *record)
{
    Story *story = data;

    /* A failure is reported once for each check. */
    if (record->event == SR_EVENT_CHECK_FAILED) {
        if (story->reported >> record->check & 1)
            return;
        story->reported |= 1u << record->check;
    }
    if (story->teller->record != NULL)
        story->teller->record(story->teller->data, record, &story->names);
}

uint32_t
sr_exploration_tell(SrExploration *exploration, SrCheckId check, const SrExploreTeller *teller)
{
    const SrExplorePlan *plan = sr_exploration_plan(exploration, check);
    g_autoptr(SrPath) path = sr_exploration_path(exploration, check);
    Story story = {
        .plan = plan,
        .teller = teller,
        .names = { .n_nodes = SR_NODE_FIRST_CLIENT + plan->n_clients,
                   .n_documents = plan->n_documents,
                   .node = name_node,
                   .document = name_document,
                   .hint = name_hint,
                   .key = name_key },
    };
    uint32_t n;

    g_assert(path != NULL);
    n = path->moves->len;
    if (teller == NULL)
        return n;
    story.names.data = &story;
    story.context = sr_context_new(plan);
    story.world = g_new0(World, 1);
    sr_context_listen(story.context, report_record, &story);
    sr_path_play(story.context, story.world, (const Move *) path->moves->data, n, check,
                 path->at_end, report_step, &story);
    sr_context_free(story.context);
    g_free(story.world);
    return n;
}

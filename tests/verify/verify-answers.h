/* What verification says of many traces, for a golden file. */
#pragma once

#include "said.h"
#include "verify/verify-fixture.h"

static inline void
answers_say(Said *said, const char *sentence, const GString *rest)
{
    g_autofree char *lineless = said_replace(sentence, "\\{\"type\".*", "LINE");
    g_autofree char *numberless = said_replace(lineless, "\\b[a-z-]*[0-9][0-9a-z]*", "#");
    /* The name of a client that does something. */
    g_autofree char *kind = said_replace(
        numberless, "(^|line # on )(?!nobody)[^ ]+ (?=does |has |is not judged)", "\\1CLIENT ");
    g_autofree char *all = g_strdup_printf("%s %s", sentence, rest->str);

    said_add(said, kind, all);
}

/* Adds what was found in @trace: the sentences, and with them the line, the node, what would have
 * been allowed and the verdicts of the checks. */
static inline void
answers_add(Said *said, const SrTrace *trace, const SrVerified *found)
{
    g_autoptr(GString) rest = g_string_new(NULL);

    for (unsigned i = 0; i < SR_CHECK_N; i++) {
        const SrVerifiedCheck *check = &found->checks[i];

        if (check->judgement == SR_JUDGEMENT_NONE)
            continue;
        g_string_append_printf(rest, "%u ", check->judgement);
        if (check->judgement == SR_JUDGEMENT_FAILS) {
            g_string_append_printf(rest, "at %u ", check->record);
            sr_record_format(&check->finding, &trace->names, rest);
        }
        if (check->judgement == SR_JUDGEMENT_NOT_JUDGED)
            g_string_append(rest, check->lacking);
    }
    if (!found->explained) {
        g_string_append_printf(rest, "%u %u %u %u", found->n_explained, found->record,
                               found->node, found->n_nodes_unexplained);
        for (unsigned i = 0; i < found->n_allowed; i++)
            sr_record_format(&found->allowed[i], &trace->names, rest);
    }
    answers_say(said, found->explained ? "explained" : found->why, rest);
    for (guint i = 0; i < found->notes->len; i++)
        answers_say(said, g_ptr_array_index(found->notes, i), rest);
}

/* What a note of the core means to a run: it is counted, and a record where somebody looks at it.
 *
 * Each note comes from one place of the core's steps, and these are compiled with this file: so the
 * event is known there, and with it what is counted, what the record holds and who judges it.
 * Everything here is inlined for that; what few notes need lies elsewhere and takes a copy, so that
 * the note itself need not lie in memory. */
#pragma once

#include "run/run-private.h"

#include "session-race/crypto.h"

#define SR_RUN_INLINE static inline __attribute__((always_inline))

/* ---- counts ---- */

SR_RUN_INLINE void
sr_run_count_note(SrRun *run, uint32_t document, const SrAction *note)
{
    const SrEvent event = (SrEvent) note->event;
    const SrMessage *message = &note->message;
    uint32_t key = message->key;

    if (event == SR_EVENT_KEY_MADE || event == SR_EVENT_KEY_FOUND)
        sr_run_learn_key(run, key, message->hint);
    if (event == SR_EVENT_ESTABLISHED)
        key = run->provider.slots[message->hint].key;
    sr_tally_event(&run->tally, event, sr_engine_now(run->engine), note->peer, document,
                   message->hint, key, (SrReason) message->reason);
    if (event == SR_EVENT_TOKEN_JUDGED && run->options->sample != NULL)
        sr_run_measure_token(run, note->when, message->token);
    else if (event == SR_EVENT_ESTABLISHED)
        sr_run_measure_established(run, document);
    else if (event == SR_EVENT_RELEASED)
        sr_run_measure_needed(run, message->hint);
}

/* ---- records ---- */

/* Checks know no time and no numbers: for them alone a record is not stamped. A judge is the
 * last thing that happens to a record, since what they find comes from there. */
SR_RUN_INLINE void
sr_run_emit(SrRun *run, SrRecord *record, unsigned kind)
{
    run->seq++;
    if (G_UNLIKELY(run->listening))
        sr_run_tell(run, record);
    sr_judges[kind](run->checks, record);
}

/* A note makes its record in one of four that are used again and again, by what it has: what no
 * note of that kind has stays zero there. */
SR_RUN_INLINE void
sr_run_record_note(SrRun *run, uint32_t node, uint32_t document, const SrAction *note)
{
    bool token = sr_event_is_about_token((SrEvent) note->event);
    SrRecord *record = note->event == SR_EVENT_STATE    ? &run->state_record
                       : note->event == SR_EVENT_SEALED ? &run->seal_record
                       : token                          ? &run->token_record
                                                        : &run->note_record;

    sr_record_set_note(record, node, document, note, &run->model->token);
    if (note->event == SR_EVENT_SEALED)
        record->seal.bytes =
            g_array_index(run->scenario->documents, SrDocumentSettings, document)
                .content_octets +
            SR_SEAL_OVERHEAD;
    sr_run_emit(run, record, note->event);
}

/* ---- both ---- */

/* @document: that @note, of @node, is about */
SR_RUN_INLINE void
sr_run_note(SrRun *run, uint32_t node, uint32_t document, const SrAction *note)
{
    uint32_t bit = UINT32_C(1) << note->event;

    sr_run_count_note(run, document, note);
    if ((SR_RUN_DONE_FOR_REAL & bit) != 0 && G_UNLIKELY(run->use_real)) {
        SrAction copy = *note;

        sr_run_do_for_real(run, document, &copy);
    }
    if (run->wanted.notes & bit)
        sr_run_record_note(run, node, document, note);
    else
        run->seq++; /* so that numbers do not depend on who looks */
}

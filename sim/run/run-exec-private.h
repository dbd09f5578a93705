/* The encryption provider of a run that is somebody's own program: `kind = exec`.
 *
 * The child decides what it answers. The run decides when: an answer in the turn of its request
 * takes `generate` or `lookup`, as a built-in one does; everything that the child waits for is
 * an event of the engine. Hints and keys of the child get numbers in the order of their first
 * appearance, and slots in the world's store, so that all others see one kind of provider. A key
 * is known by the SHA-256 of its bytes, and nothing else of it is kept.
 *
 * Source: sections 3 to 8 of the provider contract, in exec/README.md. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "protocol/protocol.h"
#include "session-race/record.h"

typedef struct SrRun SrRun;
typedef struct SrRunExec SrRunExec;

#define SR_RUN_SECRET_BYTES 32u

SrRunExec *sr_run_exec_new(void);
void sr_run_exec_free(SrRunExec *exec);

/* Begins a run with the child of the options. Returns: %FALSE with @error when it cannot */
gboolean sr_run_exec_begin(SrRun *run, GError **error);

/* Asks for the key of an older session of @document, as client `earlier`: what it waits for
 * takes no time.
 *
 * Returns: its hint, whose slot has the key; SR_HINT_ABSENT where it got none */
uint32_t sr_run_exec_earlier(SrRun *run, uint32_t document);
/* After the run: asks once more, as client `probe`, for every hint whose session is active or
 * outdated and still needed, and again as if a minute later. Nobody can look into the store of
 * such a provider, so this is how the checks learn whether it still has the keys. */
void sr_run_exec_probe(SrRun *run);
/* Returns: how many questions of clients had a hint, and whether the probe asked any */
uint32_t sr_run_exec_lookups(const SrRunExec *exec);
bool sr_run_exec_probed(const SrRunExec *exec);
/* @request has been processed; @number: of the message in its direction. */
void sr_run_exec_request(SrRun *run, const SrMessage *request, uint32_t number);
/* Events of the engine. */
void sr_run_exec_wake(SrRun *run, uint32_t wait);
void sr_run_exec_answer(SrRun *run, uint32_t answer);
/* The browser of @client crashed or was closed. */
void sr_run_exec_gone(SrRun *run, uint32_t client);

/* Returns: the text of @hint, without a closing zero; the number of bytes */
size_t sr_run_exec_hint_text(const SrRunExec *exec, uint32_t hint, char out[SR_HINT_TEXT_MAX]);
/* Returns: the text of a call */
size_t sr_run_exec_text(const SrRunExec *exec, uint32_t text, char out[SR_NOTE_TEXT_MAX]);
/* Returns: (transfer none): SR_RUN_SECRET_BYTES: what stands for key number @key when content is
 * sealed */
const uint8_t *sr_run_exec_secret(const SrRunExec *exec, uint32_t key);

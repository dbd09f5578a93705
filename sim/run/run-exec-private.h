/* The services of a run that are somebody's own programs: `kind = exec` of the encryption provider
 * and of the token provider, a child each.
 *
 * The child decides what it answers. The run decides when: an answer in the turn of its request
 * takes as long as one of a built-in kind does, and everything that the child waits for is an
 * event of the engine.
 *
 * - Of keys: hints and keys of the child get numbers in the order of their first appearance, and
 *   slots in the world's store, so that all others see one kind of provider. A key is known by the
 *   SHA-256 of its bytes, and nothing else of it is kept.
 * - Of tokens: each gets a place in a list of claims, which the rules of the core point to. The
 *   server verifies it for itself when it judges it.
 *
 * Source: sections 3 to 8 of the provider contract, in exec/README.md. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "protocol/protocol.h"
#include "session-race/exec.h"
#include "session-race/record.h"

typedef struct SrRun SrRun;
typedef struct SrRunExec SrRunExec;
typedef struct SrRunNumbers SrRunNumbers;

#define SR_RUN_SECRET_BYTES 32u

/* Texts and their numbers. */
SrRunNumbers *sr_run_numbers_new(void);
void sr_run_numbers_free(SrRunNumbers *numbers);

SrRunExec *sr_run_exec_new(SrExecRole role);
void sr_run_exec_free(SrRunExec *exec);

/* Begins a run with the children of the options, as far as the scenario needs them. Returns:
 * %FALSE with @error when it cannot */
gboolean sr_run_exec_begin(SrRun *run, GError **error);
/* Returns: whether a child of the options is waited for no longer */
bool sr_run_exec_stopped(const SrRun *run);

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
/* Whether @service of the run is a child. */
bool sr_run_exec_is(const SrRun *run, uint32_t service);
/* @request has been processed by @service; @number: of the message in its direction. */
void sr_run_exec_request(SrRun *run, uint32_t service, const SrMessage *request,
                         uint32_t number);
/* Events of the engine. */
void sr_run_exec_wake(SrRun *run, uint32_t service, uint32_t wait);
void sr_run_exec_answer(SrRun *run, uint32_t answer);
/* The browser of @client crashed or was closed. */
void sr_run_exec_gone(SrRun *run, uint32_t client);

/* The server is about to take @message, and may judge a token: verifies that. */
void sr_run_exec_verify(SrRun *run, const SrMessage *message);

/* Returns: the text of @hint, without a closing zero; the number of bytes */
size_t sr_run_exec_hint_text(const SrRunExec *exec, uint32_t hint, char out[SR_HINT_TEXT_MAX]);
/* Returns: the text of a call */
size_t sr_run_exec_text(const SrRun *run, uint32_t text, char out[SR_NOTE_TEXT_MAX]);
/* Returns: (transfer none): SR_RUN_SECRET_BYTES: what stands for key number @key when content is
 * sealed */
const uint8_t *sr_run_exec_secret(const SrRunExec *exec, uint32_t key);

/* Programs of the user's own: those that `--provider` and `--signer` name.
 *
 * Only these options name a program that is started, and no file, override or variable does. Keys
 * must not reach a core file, so from here on the process and its children write none. */
#include "cli-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/escape.h"
#include "session-race/run.h"

/* One for all children. */
static int log_file = -1;

bool
sr_own_given(const SrOptions *options)
{
    return options->provider != NULL || options->signer != NULL;
}

unsigned
sr_own_wanted(const SrScenario *scenario)
{
    unsigned wanted = 0;

    for (unsigned role = 0; role < SR_EXEC_ROLE_N; role++)
        wanted |= (unsigned) sr_run_needs(scenario, (SrExecRole) role) << role;
    return wanted;
}

static SrExec *
make_one(const SrOptions *options, SrExecRole role, uint32_t number, bool patient)
{
    const char *command = role == SR_EXEC_KEYS ? options->provider : options->signer;
    const SrExecOptions asked = {
        .patient = patient,
        .command = command,
        .role = role,
        .variables = (const char *const *) options->provider_env,
        .deadline = options->provider_deadline,
        .number = number,
        .log = log_file,
        .log_named = options->provider != NULL && options->signer != NULL,
        .stop = sr_stop_asked,
    };

    return command != NULL ? sr_exec_new(&asked) : NULL;
}

static SrOwn
make(const SrOptions *options, uint32_t number, bool patient)
{
    return (SrOwn){ .provider = make_one(options, SR_EXEC_KEYS, number, patient),
                    .signer = make_one(options, SR_EXEC_TOKENS, number, patient) };
}

SrOwn
sr_own_new(const SrOptions *options, uint32_t number)
{
    return make(options, number, false);
}

SrOwn
sr_own_new_patient(const SrOptions *options)
{
    return make(options, 0, true);
}

void
sr_own_clear(SrOwn *own)
{
    g_clear_pointer(&own->provider, sr_exec_free);
    g_clear_pointer(&own->signer, sr_exec_free);
}

static void
append_word(GString *words, const char *option, const char *value)
{
    if (value == NULL)
        return;
    g_string_append_printf(words, " --%s ", option);
    sr_escape_shell(words, value, strlen(value));
}

char *
sr_own_words(const SrOptions *options)
{
    g_autoptr(GString) words = g_string_new(NULL);
    char deadline[SR_SPAN_TEXT_MAX];

    append_word(words, "provider", options->provider);
    append_word(words, "signer", options->signer);
    for (size_t i = 0; i < sr_options_count(options->provider_env); i++)
        append_word(words, "provider-env", options->provider_env[i]);
    if (options->provider_deadline != 0) {
        sr_span_format(options->provider_deadline, deadline);
        append_word(words, "provider-deadline", deadline);
    }
    return g_strdup(words->str);
}

static int
open_log(const char *path)
{
    int status = sr_places_take("provider-log", path);

    if (path == NULL || status != SR_EXIT_OK)
        return status;
    if (log_file >= 0)
        close(log_file);
    log_file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
    return log_file >= 0 ? SR_EXIT_OK : sr_file_error(path, g_strerror(errno));
}

int
sr_own_begin(const SrOptions *options, unsigned wanted)
{
    static const struct rlimit none = { 0, 0 };

    if (!sr_own_given(options))
        return options->provider_env == NULL && options->provider_log == NULL &&
                       options->provider_deadline == 0
                   ? SR_EXIT_OK
                   : sr_usage_error("--provider-env, --provider-log and --provider-deadline "
                                    "need --provider or --signer");
    if (options->provider != NULL && !(wanted >> SR_EXEC_KEYS & 1))
        return sr_usage_error("--provider: no scenario has 'kind = exec' in "
                              "[encryption-provider], so it would not be asked; 'new --from "
                              "provider' writes one");
    if (options->signer != NULL && !(wanted >> SR_EXEC_TOKENS & 1))
        return sr_usage_error("--signer: no scenario has 'kind = exec' in [token-provider], so "
                              "it would not be asked");
    (void) setrlimit(RLIMIT_CORE, &none);
    (void) prctl(PR_SET_DUMPABLE, 0);
    return open_log(options->provider_log);
}

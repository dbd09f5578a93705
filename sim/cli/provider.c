/* The provider of the user's own: the program that `--provider` names.
 *
 * Only this option names a program that is started, and no file, override or variable does. Its
 * keys must not reach a core file, so from here on the process and its children write none. */
#include "cli-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/escape.h"
#include "session-race/run.h"

static int log_file = -1;

static SrExec *
make(const SrOptions *options, uint32_t number, bool patient)
{
    const SrExecOptions asked = {
        .patient = patient,
        .command = options->provider,
        .variables = (const char *const *) options->provider_env,
        .deadline = options->provider_deadline,
        .number = number,
        .log = log_file,
    };

    return options->provider != NULL ? sr_exec_new(&asked) : NULL;
}

SrExec *
sr_provider_new(const SrOptions *options, uint32_t number)
{
    return make(options, number, false);
}

SrExec *
sr_provider_new_patient(const SrOptions *options)
{
    return make(options, 0, true);
}

static void
append_word(GString *words, const char *option, const char *value)
{
    g_string_append_printf(words, " --%s ", option);
    sr_escape_shell(words, value, strlen(value));
}

char *
sr_provider_words(const SrOptions *options)
{
    g_autoptr(GString) words = g_string_new(NULL);
    char deadline[SR_SPAN_TEXT_MAX];

    if (options->provider != NULL)
        append_word(words, "provider", options->provider);
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
    log_file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
    return log_file >= 0 ? SR_EXIT_OK : sr_file_error(path, g_strerror(errno));
}

int
sr_provider_begin(const SrOptions *options, bool wanted)
{
    static const struct rlimit none = { 0, 0 };

    if (options->provider == NULL)
        return options->provider_env == NULL && options->provider_log == NULL &&
                       options->provider_deadline == 0
                   ? SR_EXIT_OK
                   : sr_usage_error("--provider-env, --provider-log and --provider-deadline "
                                    "need --provider");
    if (!wanted)
        return sr_usage_error("--provider: no scenario has 'kind = exec', so it would not be "
                              "asked");
    (void) setrlimit(RLIMIT_CORE, &none);
    (void) prctl(PR_SET_DUMPABLE, 0);
    return open_log(options->provider_log);
}

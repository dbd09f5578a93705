/* What the verbs share: exit statuses, the options of the command line, outputs that are
 * written completely or not at all, and requests to stop. Only this room prints and ends the
 * program. */
#pragma once

#include <glib.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "report/report.h"
#include "session-race/exec.h"
#include "session-race/scenario.h"
#include "session-race/trace-reader.h"

/* Exit statuses; a stop by a signal is 128 plus its number. Source: the command line's
 * contract, "Exit status". */
typedef enum {
    SR_EXIT_OK = 0,
    SR_EXIT_UNEXPECTED = 1,
    SR_EXIT_MALFORMED = 2,
    SR_EXIT_SYSTEM = 3,
    SR_EXIT_INCOMPLETE = 4,
} SrExit;

/* ---- options ---- */

/* Which of the options a verb has. */
#define SR_OPTION_SEED (1u << 0)
#define SR_OPTION_SET (1u << 1)
#define SR_OPTION_JOBS (1u << 2)
#define SR_OPTION_FORMAT (1u << 3)
#define SR_OPTION_OUTPUT (1u << 4)
#define SR_OPTION_TRACE (1u << 5)
#define SR_OPTION_QUIET (1u << 6)
#define SR_OPTION_COLOR (1u << 7)
#define SR_OPTION_JSON (1u << 8)
#define SR_OPTION_MARKDOWN (1u << 9)
/* --provider, --signer and what belongs to them */
#define SR_OPTION_PROVIDER (1u << 10)

typedef struct SrOptions SrOptions;

/* A verb. */
typedef struct {
    const char *name;
    const char *question;  /* the question that it answers, for the list of verbs */
    const char *arguments; /* "SCENARIO…" */
    const char *summary;
    const char *description; /* exit statuses and an example */
    unsigned options;        /* SR_OPTION_ bits */
    unsigned formats;        /* bits 1 << SrReportFormat */
    /* (nullable) of the own option whose callback is sr_option_on_word(): its values, ended by
     * NULL, and where the index of the one that was given goes */
    const char *const *words;
    int *word;
    const GOptionEntry *own; /* (nullable) options that only this verb has; they write to its
                                own variables, which a process needs once */
    int (*run)(const SrOptions *options); /* returns the exit status */
} SrCommand;

extern const SrCommand sr_command_run, sr_command_sweep, sr_command_advise, sr_command_explore,
    sr_command_shrink, sr_command_verify, sr_command_diff, sr_command_check, sr_command_keys,
    sr_command_new, sr_command_plot, sr_command_diagram, sr_command_report, sr_command_merge;
/* All verbs, in the order in which they are listed; closed by NULL. */
#define SR_VERBS_N 14
extern const SrCommand *const sr_commands[SR_VERBS_N + 1];
/* Returns: (nullable) */
const SrCommand *sr_verb_find(const char *name);
/* Prints what may stand at the end of the command line @argv. Returns: an exit status */
int sr_complete(int argc, char **argv);
/* Returns: (transfer full): the help of the whole program */
GString *sr_verbs_usage(void);

typedef enum { SR_COLOR_AUTO, SR_COLOR_ALWAYS, SR_COLOR_NEVER } SrColor;

/* The values of the command line. */
struct SrOptions {
    char **arguments; /* (nullable) what is not an option */
    bool has_seed;
    uint64_t seed;
    char **overrides; /* (nullable) */
    unsigned jobs;    /* at least 1 */
    bool has_format;
    SrReportFormat format;
    char *output; /* (nullable) NULL or "-": standard output */
    char *trace;  /* (nullable) */
    gboolean quiet;
    SrColor color;
    gboolean json;
    gboolean markdown;
    char *provider, *signer;  /* (nullable) */
    char **provider_env;      /* (nullable) */
    char *provider_log;       /* (nullable) */
    SrSpan provider_deadline; /* 0: not given */
};

/* Reads the options of @command. Returns: false if the verb is done: then @status is set, and
 * help or an error was printed. The caller must clear @options in both cases. */
bool sr_options_parse(const SrCommand *command, int argc, char **argv, SrOptions *options,
                      int *status);
void sr_options_clear(SrOptions *options);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SrOptions, sr_options_clear)
/* Returns: how many strings are in @list, which may be NULL */
size_t sr_options_count(char *const *list);
/* Returns: (transfer full) (element-type utf8): a copy of the overrides, to which others may be
 * added */
GPtrArray *sr_options_overrides(const SrOptions *options);
/* Finds the check @text, the value of --check; SR_CHECK_N if it is NULL. Returns: false if there
 * is none; then the error was printed */
bool sr_options_check(const char *text, SrCheckId *check);
/* Reads @text (nullable), the value of @option, unless it is NULL. Returns: false if it is not a
 * whole number from @min to @max; then the error was printed, that it is not @what */
bool sr_options_number(const char *option, const char *text, uint64_t min, uint64_t max,
                       const char *what, uint64_t *number);
/* Reads @text (nullable), the value of @option, unless it is NULL: a size such as 512MiB. Returns: false
 * if it is none; then the error was printed */
bool sr_options_bytes(const char *option, const char *text, uint64_t *bytes);
/* The width of the terminal that output to @path (nullable) goes to, and @otherwise if it is none.
 * The environment is not asked: a text that goes to a file is the same everywhere. */
unsigned sr_options_columns(const char *path, unsigned otherwise);
/* Returns: the style of text for people that goes to @path; NULL or "-" is standard output */
SrStyle sr_options_style(const SrOptions *options, const char *path);

/* What the callbacks of an option share. Sets @error: @value of @option is not @what. Returns:
 * FALSE */
gboolean sr_option_refuse(GError **error, const char *option, const char *value,
                          const char *what);
/* The callback of an option with one of the words of its command. */
gboolean sr_option_on_word(const char *option, const char *value, void *data, GError **error);
/* Finds @value among @words (ended by NULL). Returns: its index; -1 with @error (nullable) set if
 * there is none */
int sr_option_word(const char *const *words, const char *option, const char *value,
                   GError **error);

/* ---- messages, on standard error ---- */

/* Prints `session-race VERB: error: MESSAGE` and where to find help; before the verb is known,
 * without it. Returns: SR_EXIT_MALFORMED */
int sr_usage_error(const char *format, ...) G_GNUC_PRINTF(1, 2);
/* The same, where @word is none of @words (ended by NULL): the one that was probably meant comes
 * behind the message, or @otherwise. */
int sr_unknown_word_error(const char *word, const char *const *words, const char *otherwise,
                          const char *format, ...) G_GNUC_PRINTF(4, 5);
/* `FILE: error: MESSAGE`. Returns: SR_EXIT_SYSTEM */
int sr_file_error(const char *file, const char *message);
/* `FILE:LINE:COLUMN: error: MESSAGE`; without a place if @line is 0. Returns: SR_EXIT_SYSTEM if
 * @system, else SR_EXIT_MALFORMED */
int sr_place_error(const char *file, uint64_t line, uint64_t column, bool system,
                   const char *message);
/* `session-race VERB: MESSAGE`. */
void sr_message(const char *format, ...) G_GNUC_PRINTF(1, 2);
/* Prints text that is already escaped and has its line feeds. */
void sr_error_text(const GString *text);
void sr_error_diagnostics(const SrDiagnostics *diagnostics);

/* ---- outputs ---- */

/* An output: standard output, a device or a pipe, which are written directly, or a file. A file
 * is written under a temporary name in its folder and renamed when it is complete, so that
 * nobody ever sees a part of it. */
typedef struct SrOutput SrOutput;

typedef enum {
    SR_OUTPUT_REPLACE, /* an existing file is replaced */
    SR_OUTPUT_KEEP,    /* an existing file is an error (G_FILE_ERROR_EXIST) and is kept */
    SR_OUTPUT_SCRATCH, /* replaced, and not synced: this process removes it again */
} SrOutputMode;

/* Returns: whether the folder of @path exists, if @path is a file */
bool sr_output_has_folder(const char *path, GError **error);
/* @path: NULL or "-" for standard output */
SrOutput *sr_output_open(const char *path, SrOutputMode mode, GError **error);
gboolean sr_output_write(SrOutput *output, const char *bytes, size_t n, GError **error);
/* Puts the file in its place and frees @output. On failure the temporary file is removed. */
gboolean sr_output_close(SrOutput *output, GError **error);
/* Frees @output (nullable); a file that was not closed is removed. */
void sr_output_free(SrOutput *output);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SrOutput, sr_output_free)
/* Closes @output (nullable) if @good, else frees it. Returns: whether all went well */
gboolean sr_output_finish(SrOutput *output, bool good, GError **error);
/* Removes the temporary files of all outputs, for a process that ends at once. Does not allocate. */
void sr_output_abandon_all(void);
/* Returns: (transfer none): @path as messages have it */
const char *sr_output_name(const char *path);
/* Returns: whether @path is standard output */
bool sr_output_is_stdout(const char *path);
/* Writes all of @text to @path, or prints an error. Returns: an exit status */
int sr_output_text(const char *path, const char *text, size_t length);
/* Makes sure that descriptors 0, 1 and 2 are open. Otherwise the next file opened would become
 * standard output. */
void sr_output_guard(void);

/* ---- the files of a command line ---- */

/* A file to read. */
typedef struct {
    char *path;  /* to open and to show; `-` for standard input */
    char *below; /* its path below the argument that named it, without `.ini`; as it was given
                    where several would be the same; "stdin" for standard input */
    bool trace;  /* of `report`: a trace, which sr_run_files_load() leaves alone */
    SrScenario *scenario;       /* (nullable) once it was read without errors */
    SrDiagnostics *diagnostics; /* (nullable) once it was read */
} SrRunFile;
void sr_run_file_free(void *file);

typedef struct {
    GPtrArray *files;                   /* SrRunFile, in the order of the arguments */
    bool folder;                        /* an argument was a folder */
    unsigned n_malformed, n_unreadable; /* of those that sr_run_files_load() read */
} SrRunFiles;

/* Returns: an exit status; errors were printed unless it is SR_EXIT_OK. The caller must clear
 * @files in both cases. */
int sr_run_files_collect(char *const *arguments, SrRunFiles *files);
/* The same for a verb that takes one scenario, a file or standard input. */
int sr_run_files_collect_one(char *const *arguments, SrRunFiles *files);
/* The same for results of sweeps, *.ndjson in folders. */
int sr_run_files_collect_results(char *const *arguments, SrRunFiles *files);
void sr_run_files_clear(SrRunFiles *files);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SrRunFiles, sr_run_files_clear)

/* Reads all @files and prints every error of every file. Returns: an exit status */
int sr_run_files_load(SrRunFiles *files, char *const *overrides);

/* Keeps those of @files, which were read, that have @text in their path or title, in any case.
 * Returns: an exit status; the error was printed if none is left */
int sr_run_files_filter(SrRunFiles *files, const char *text);

/* Says that the name of @path with .ini behind it was meant, if only that is there. */
void sr_run_file_say_meant(const char *path);
/* Reads the scenario at @path and prints its errors. Returns: an exit status; @scenario is set
 * if it is SR_EXIT_OK */
int sr_run_file_load(const char *path, const GPtrArray *overrides, SrScenario **scenario);

/* ---- what is read, and what is written ---- */

/* Registers an input: a file, or `-`. */
void sr_places_read(const char *path);
/* @paths: (nullable): closed by NULL */
void sr_places_read_all(char *const *paths);
/* Registers the files that a scenario reads, whether it is well formed or not. */
void sr_places_read_samples(const SrDiagnostics *diagnostics);
/* Returns: whether the file is a registered input */
bool sr_places_is_input(const struct stat *there);
/* Forgets all inputs and outputs: what is played again has its own. */
void sr_places_forget(void);
/* Why an input cannot be an output. */
extern const char sr_places_replaced[];
/* Returns: (transfer full): a text that identifies the file */
char *sr_places_identity(const struct stat *there);
/* Registers @path (nullable) as the output of @option. All inputs must be registered before.
 * Returns: an exit status; the error was printed unless it is SR_EXIT_OK */
int sr_places_take(const char *option, const char *path);
/* The same for the file @below in @folder; no link within @below is followed. */
int sr_places_take_below(const char *option, const char *folder, const char *below);

/* ---- traces ---- */

/* Reads the trace at @path, to be drawn. It is refused as well if its last line has another verdict
 * than its records. Returns: (transfer full) (nullable): it; else the error was printed, and @status set */
SrTrace *sr_load_trace_to_draw(const char *path, int *status);

/* `FILE:LINE:COLUMN: error: MESSAGE`; clears @fault. Returns: an exit status */
int sr_refuse_trace(const char *path, SrTraceFault *fault);

/* ---- playing ---- */

/* Programs of the user's own, for one thread: --provider and --signer. */
typedef struct {
    SrExec *provider, *signer; /* (nullable) */
} SrOwn;

/* Returns: whether @scenario can be played with these options; else why not was printed */
bool sr_run_accept(const SrOptions *options, const SrScenario *scenario);
/* The same for the scenarios of @files, and makes ready for --provider and --signer. Returns: an
 * exit status */
int sr_run_accept_all(const SrOptions *options, const SrRunFiles *files);
/* The same where several scenarios, or those of a folder, are skipped if they need a program that
 * no option names. */
int sr_run_accept_some(const SrOptions *options, const SrRunFiles *files);
/* Returns: (transfer none) (nullable): why @scenario cannot be played: it needs --provider or
 * --signer, which are not given */
const char *sr_run_lacks(const SrOptions *options, const SrScenario *scenario);
/* Returns: (transfer full): the command that replays @scenario */
char *sr_run_replay(const SrOptions *options, const SrRunFile *file,
                    const SrScenario *scenario);
/* Plays @scenario, with @own where it needs them, and writes its trace to @trace (nullable).
 * Returns: (transfer full) (nullable): the case; %NULL if the trace could not be kept, or a
 * program could not be started */
SrReportCase *sr_run_play(const SrOptions *options, const SrOwn *own, const SrRunFile *file,
                          const SrScenario *scenario, SrOutput *trace, const char *replay,
                          GError **error);

/* Plays @files, which are collected but not read. Returns: an exit status */
typedef int (*SrRunPlay)(const SrOptions *options, SrRunFiles *files);
/* Plays the files of the command line, and again whenever one was saved, until it is stopped.
 * Returns: an exit status */
int sr_watch(const SrOptions *options, SrRunPlay play);

/* ---- programs of the user's own ---- */

/* Makes ready for --provider and --signer. @wanted: bits 1 << SrExecRole of what some scenario
 * needs. Returns: an exit status; the error was printed unless it is SR_EXIT_OK */
int sr_own_begin(const SrOptions *options, unsigned wanted);
/* Returns: bits 1 << SrExecRole of what @scenario needs */
unsigned sr_own_wanted(const SrScenario *scenario);
/* Children for one thread, which has @number; none for an option that is not given. */
SrOwn sr_own_new(const SrOptions *options, uint32_t number);
/* The same for runs that are to fail, of which many in a row may break them. */
SrOwn sr_own_new_patient(const SrOptions *options);
void sr_own_clear(SrOwn *own);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SrOwn, sr_own_clear)
/* Whether some option names a program. */
bool sr_own_given(const SrOptions *options);
/* Returns: (transfer full): the options that name them, for a command that replays a run: each
 * behind a blank and quoted for a shell; "" without any */
char *sr_own_words(const SrOptions *options);

/* ---- progress ---- */

/* A line of progress on standard error. */
typedef struct {
    bool on;    /* there is a terminal, and the line is wanted */
    bool drawn; /* it is on the terminal now */
    gint64 drawn_us;
} SrMeter;

void sr_meter_begin(SrMeter *meter, bool wanted);
/* Returns: whether it is time to draw it */
bool sr_meter_is_due(const SrMeter *meter, gint64 now_us);
/* Draws the line, in ASCII. */
void sr_meter_draw(SrMeter *meter, gint64 now_us, const char *format, ...) G_GNUC_PRINTF(3, 4);
/* Erases the line for other output. */
void sr_meter_erase(SrMeter *meter);

/* ---- [scenario] cut ---- */

/* How many seeds are played to say what a cut leaves out. */
#define SR_CUT_RUNS 1000u

/* Of `played` runs, `inside` lie wholly inside the cut. */
typedef struct {
    uint64_t played, inside;
} SrCutRuns;

/* Plays @scenario, which needs no program of the user's own; both are 0 without a cut. */
SrCutRuns sr_cut_play(const SrScenario *scenario);
/* Returns: (transfer full): "99.9%" */
char *sr_cut_text(uint64_t cut);
/* Returns: what a proof with times says of the timeline: "" if there is none */
const char *sr_faults_words(const SrScenario *scenario);
/* Appends the cut of @scenario, the bounds that came of it, and @runs, for people or for programs;
 * nothing without a cut. */
void sr_cut_human(GString *out, const SrScenario *scenario, const SrCutRuns *runs,
                  const SrStyle *style);
void sr_cut_json(GString *out, const SrScenario *scenario, const SrCutRuns *runs);

/* ---- chosen-clients.c ---- */

/* Makes a scenario of some of the clients of @scenario: as many as @text says, the first of each group
 * in turn, or those that it names, with commas between them. Returns: an exit status; the error was
 * printed unless it is SR_EXIT_OK */
int sr_clients_choose(const SrScenario *scenario, const char *text, SrScenario **few);

/* ---- requests to stop ---- */

/* The first SIGINT or SIGTERM asks for a stop, the second ends the program. SIGPIPE and SIGXFSZ
 * are ignored, since the write that caused them fails too. */
void sr_stop_install(void);
/* Nobody reads standard output any more: ends the process silently, by SIGPIPE, as other programs do.
 * Returns only where that signal was ignored when the program was started; then it is an error. */
void sr_stop_unread(void);
/* Ends the process with a message when an allocation fails that nobody handles. */
void sr_stop_without_memory(void);
/* Returns: the signal that asked for a stop; 0 if none */
int sr_stop_signal(void);
/* Returns: the exit status after a stop; SR_EXIT_OK if none was asked for */
int sr_stop_status(void);
/* Returns: whether a stop was asked for; for callbacks, @data is not used */
bool sr_stop_asked(void *data);
/* @notice: (nullable): printed on standard error at the first SIGINT, if that is a terminal;
 * borrowed until the next call */
void sr_stop_notice(const char *notice);

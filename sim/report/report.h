/* Reports: the findings of runs, for people and for other programs.
 *
 * A case is one scenario played once, as text and numbers, so that the run can be freed. A
 * report takes the cases in order and appends their text in one format. It does not print, and
 * knows nothing about terminals. Everything from a file is escaped for the format. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "report/style.h"
#include "schema/words.h"
#include "session-race/record.h"
#include "session-race/result.h"
#include "session-race/trace-reader.h"

/** SrReportFormat: the reader of the report. */
typedef enum {
    SR_REPORT_HUMAN,  /* a person at a terminal or in a log */
    SR_REPORT_TAP,    /* TAP 13, flat, with a YAML block a point */
    SR_REPORT_JUNIT,  /* JUnit XML; `time` is virtual time in seconds */
    SR_REPORT_JSON,   /* one object, `format` "session-race-run", `version` 1 */
    SR_REPORT_GITHUB, /* as for people, with `::error` commands for unexpected results */
} SrReportFormat;
#define SR_REPORT_FORMAT_N (SR_REPORT_GITHUB + 1)

/** sr_report_format_name: Returns: (transfer none): the word of the command line */
const char *sr_report_format_name(SrReportFormat format);

/** SrReportOwn: what is to be told of a program of the user's own. All (nullable) and untrusted. */
typedef struct {
    const char *broke;          /* what broke, a sentence */
    const char *errors;         /* the end of its standard error */
    const char *const *notes;   /* what it said for the report, closed by NULL */
    const char *const *remarks; /* what the server found wrong in its tokens, likewise */
} SrReportOwn;

/** SrReportFacts: the input for a case. Everything is borrowed during the call. */
typedef struct {
    const char *file;     /* as it was given, any bytes; `-` for standard input */
    const char *title;    /* "" when absent */
    uint32_t expected;    /* bits 1 << SrCheckId: the checks that the file expects to fail */
    uint32_t expect_line; /* of `[expect]`; 0: the file has none */
    const SrRunResult *result;
    const SrNames *names;
    SrOutcomes clients;      /* result->n_clients */
    const GPtrArray *misses; /* (nullable) SrMiss */
    const char *replay;      /* from sr_report_replay() */
    const char *sweep; /* (nullable) from sr_report_sweep(), if anything is drawn from the seed */
    /* (nullable) result->n_failures: the sentences from a trace (each nullable) */
    const char *const *details;
    /* of the encryption provider, then of the token provider, where it is a program of the
     * user's own */
    SrReportOwn own[2];
} SrReportFacts;

/** SrReportCase: one scenario played once. */
typedef struct SrReportCase SrReportCase;

/** sr_report_case_new: Returns: (transfer full): a case, which needs neither the run nor @facts
 * any more */
SrReportCase *sr_report_case_new(const SrReportFacts *facts);
/**
 * sr_report_case_new_error:
 * @message: why the system failed it: "out/a.ndjson: No space left on device"
 *
 * Returns: (transfer full): a case without an outcome, which always counts as unexpected
 */
SrReportCase *sr_report_case_new_error(const char *file, const char *title, const char *message,
                                       const char *replay);
/** sr_report_case_new_unfinished: the same of a run that met a limit before there was an answer:
 * @message says which. It counts as unfinished instead of as an error. */
SrReportCase *sr_report_case_new_unfinished(const char *file, const char *title,
                                            const char *message, const char *replay);
/**
 * sr_report_case_new_recorded:
 * @file: as it was given
 * @trace: a whole trace
 *
 * A trace has no expectations: it is as expected if no check failed. There is no command to
 * replay it, since only the digest of the scenario is known.
 *
 * Returns: (transfer full): a case that does not need @trace any more
 */
SrReportCase *sr_report_case_new_recorded(const char *file, const SrTrace *trace);
void sr_report_case_free(SrReportCase *report_case);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SrReportCase, sr_report_case_free)
/** sr_report_case_differs: the case was played twice and was not the same; @diff: how, lines. It
 * counts as unexpected. */
void sr_report_case_differs(SrReportCase *report_case, const char *diff);
/** sr_report_case_as_expected: Returns: whether exactly the expected checks failed and every
 * expectation was met */
bool sr_report_case_as_expected(const SrReportCase *report_case);
/** sr_report_case_ended: Returns: whether the run came to its end, and to its last checks; one that
 * met a limit of events has no trace that anybody could judge */
bool sr_report_case_ended(const SrReportCase *report_case);
/** sr_report_case_failed: Returns: bits 1 << SrCheckId of the checks that failed */
uint32_t sr_report_case_failed(const SrReportCase *report_case);

/**
 * sr_report_replay:
 * @overrides: (array length=n_overrides): the `--set` values, in order
 * @file: as it was given
 *
 * Returns: (transfer full): the command that replays this run, quoted for a POSIX shell;
 * safe to show and to paste. For standard input, which cannot be read again, a remark in
 * parentheses
 */
char *sr_report_replay(const char *const *overrides, size_t n_overrides, uint64_t seed,
                       const char *file);
/** sr_report_replay_with: the same; @options: further options, each behind a blank and quoted for
 * a shell; "" for none. */
char *sr_report_replay_with(const char *options, const char *const *overrides,
                            size_t n_overrides, uint64_t seed, const char *file);

/** sr_report_sweep: Returns: (transfer full): the command that plays other seeds of @file, quoted
 * for a shell; arguments as for sr_report_replay_with() */
char *sr_report_sweep(const char *options, const char *const *overrides, size_t n_overrides,
                      const char *file);

/** SrReportOptions: the format of a report and its details. */
typedef struct {
    SrReportFormat format;
    const char *program; /* "session-race 0.1.0"; outlives the report */
    bool quiet;          /* human and github: only unexpected results */
    SrStyle style;       /* human */
    uint32_t n_cases;    /* how many cases there will be; a single one is reported in full */
    /* (nullable) the command that plays many seeds of one of several cases; outlives the report */
    const char *sweep;
    unsigned file_width; /* columns of the longest file, for alignment: sr_report_width() */
} SrReportOptions;

/** SrReport: a report that is being written. */
typedef struct SrReport SrReport;

SrReport *sr_report_new(const SrReportOptions *options);
void sr_report_free(SrReport *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SrReport, sr_report_free)
/** sr_report_begin: appends the text before the first case. */
void sr_report_begin(SrReport *report, GString *out);
/** sr_report_add: takes the next case, which is not kept, and appends what can be said already.
 */
void sr_report_add(SrReport *report, const SrReportCase *report_case, GString *out);
/** sr_report_skip: takes a case that cannot be played, and @why, a phrase that outlives the report;
 * appends what is said of it. */
void sr_report_skip(SrReport *report, const char *file, const char *why, GString *out);
/** sr_report_stop: takes a case that was not played since the program was asked to stop, and
 * @why: "stopped by SIGINT". */
void sr_report_stop(SrReport *report, const char *file, const char *why);
/**
 * sr_report_end: appends the text after the last case.
 * @stopped: the program was asked to stop, so the missing cases were not played
 */
void sr_report_end(SrReport *report, bool stopped, GString *out);

/** SrReportCounts: counts of the cases added so far. */
typedef struct {
    uint32_t n_cases, n_as_expected, n_expected_failures,
        n_errors; /* expected failures count as expected */
    uint32_t n_unfinished;
} SrReportCounts;
SrReportCounts sr_report_counts(const SrReport *report);

/** sr_text_plain: appends @text escaped for a terminal. */
void sr_text_plain(GString *out, const char *text);

/**
 * sr_put_plain:
 *
 * Appends text for people, as printf() does. It takes these conversions: `%s` is text of any
 * origin, which is escaped for a terminal; `%-s` is text that is taken as it is; `%ju` is a span
 * of time, as people read it; `%u`, `%zu`, PRIu64 and PRId64 are numbers.
 */
void sr_put_plain(GString *out, const char *format, ...) G_GNUC_PRINTF(2, 3);

/** sr_put_line: the same, as a line: it is ended and, if it is too wide, broken; further lines are
 * indented by @hang columns (sr_style_end_line()). */
void sr_put_line(GString *out, const SrStyle *style, unsigned hang, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

/**
 * sr_put_json:
 *
 * Appends JSON in the same way. `%s` is a string, with its quotes; `%-s` is taken as it is;
 * `%ju` is a number of at most 2^53 - 1, so that every reader keeps it exact. A `'` of @format
 * stands for `"`. A comma at its start is left out directly behind `[` or `{`, so members and
 * elements can all begin with one.
 */
void sr_put_json(GString *out, const char *format, ...) G_GNUC_PRINTF(2, 3);
/**
 * sr_put_annotation:
 * @place: what stands behind the file: ",line=3"; if there is @title, ",title=" at its end
 * @title: (nullable)
 *
 * Appends the command for a GitHub runner that shows @message at a file.
 */
void sr_put_annotation(GString *out, const char *file, const char *place, const char *title,
                       const char *message);

/** sr_put_json_checks: appends the member @name, a list of the checks in @mask. */
void sr_put_json_checks(GString *out, const char *name, uint32_t mask);
/** sr_text_bool: Returns: (transfer none): "true" or "false" */
const char *sr_text_bool(bool value);

/** sr_report_width: Returns: the columns of @text on a terminal after it was escaped */
unsigned sr_report_width(const char *text);

/** sr_names_node: Returns: (transfer full): the name of @node */
char *sr_names_node(const SrNames *names, uint32_t node);
/** sr_record_sentence: appends @record in words, without its node and instant: "makes a key
 * under hint u1". */
void sr_record_sentence(const SrRecord *record, const SrNames *names, GString *out);

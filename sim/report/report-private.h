/* What the formats of the report room share: the contents of a case and of a report, and small
 * helpers for text. */
#pragma once

#include <inttypes.h>

#include "report/report.h"

/* A scenario with more clients is reported by counts; no list of them is kept. */
#define SR_CASE_CLIENTS_MAX 1000u
/* In the table of one scenario, at most this many clients have a line each; the others are
 * counted. */
#define SR_CASE_NAMED_MAX 10u
/* At most this many clients that suffer are named; the others are counted. */
#define SR_CASE_SUFFERERS_MAX 5u
/* With more clients than this, the report also says how long they took. */
#define SR_CASE_FEW_CLIENTS 12u

/* A check that failed, in words. */
typedef struct {
    SrTime t;
    uint64_t seq;
    SrCheckId check;
    bool expected;
    bool at_end;        /* liveness: it fails at the end, and no event caused it */
    const char *node;   /* the node that the sentence is mainly about */
    const char *detail; /* the sentence */
    SrTime cause_t;     /* the event that caused it */
    uint64_t cause_seq;
    const char *cause_node; /* (nullable) the node of that event */
    const char *cause;      /* (nullable) that event in words */
} SrCaseFailure;

/* A milestone. */
typedef struct {
    SrTime t;
    const char *node; /* (nullable) */
    const char *text;
    bool check_failed;
} SrCaseStep;

/* The outcome of one client. */
typedef struct {
    const char *name;
    /* "wins", "joins", "fails(encryption)", "waits", else its state at the end */
    const char *outcome;
    SrTime at;        /* the first collaborating, or the failure; SR_TIME_NEVER: none */
    const char *text; /* the outcome and its instant, for people: "wins at 231 ms" */
    bool suffers;     /* it started and neither collaborates nor left */
} SrCaseClient;

/* Clients with the same outcome. */
typedef struct {
    const char *outcome;
    uint32_t n;
} SrCaseTally;

/* A line of the story: a step, and either who else took it at the same instant, or how often
 * and until when the same node repeated it. */
typedef struct {
    const SrCaseStep *step;
    unsigned n_alike, n_again;
    SrTime until;
} SrCaseLine;

/* The nearest ranks that are shown of how long clients took: the smallest value that a percentage
 * of all values do not exceed. */
#define SR_CASE_RANKS_N 5
extern const struct SrCaseRank {
    const char *name;
    unsigned percent;
} sr_case_ranks[SR_CASE_RANKS_N];

/* What is said of programs of the user's own. */
typedef enum {
    SR_CASE_PROVIDER_ERRORS, /* the last lines of its standard error, when it broke */
    SR_CASE_PROVIDER_NOTES,
    SR_CASE_SIGNER_ERRORS,
    SR_CASE_SIGNER_NOTES,
    SR_CASE_SIGNER_REMARKS, /* what the server found wrong in its tokens */
} SrCaseSaid;
#define SR_CASE_SAID_N (SR_CASE_SIGNER_REMARKS + 1)
/* Their names in JSON and TAP, and what stands before a line of them for people. */
extern const struct SrCaseSaidWords {
    const char *name, *before;
} sr_case_said_words[SR_CASE_SAID_N];

struct SrReportCase {
    GStringChunk *text; /* all strings below */
    const char *file, *title;
    /* (nullable) why there is no outcome; then only @unfinished and @replay below are set */
    const char *error;
    bool unfinished; /* a limit was met, and nothing has failed */
    const char *replay;
    const char *sweep; /* (nullable) the command that plays other seeds, if any differs */
    /* (nullable) of a recorded trace: a sentence that says where it comes from */
    const char *origin;
    bool as_expected;
    uint32_t expected, expect_line;
    SrRunResult result;
    const char *winner; /* (nullable) */
    GArray *failures;   /* SrCaseFailure, in the order in which they failed */
    GArray *steps;      /* SrCaseStep */
    GArray *clients;    /* SrCaseClient: all, up to SR_CASE_CLIENTS_MAX; else empty */
    GArray *sufferers;  /* SrCaseClient: the first SR_CASE_SUFFERERS_MAX that suffer */
    uint32_t n_sufferers;
    GArray *tallies; /* SrCaseTally, in the order of first appearance */
    /* how long clients took from their start until they first collaborated: of how many, by rank */
    uint32_t n_spans;
    SrSpan spans[SR_CASE_RANKS_N];
    GArray *misses;    /* SrMiss */
    GPtrArray *advice; /* char *: sentences for a user, such as what to do about clocks */
    GPtrArray *said[SR_CASE_SAID_N]; /* char *: of programs of the user's own */
    GPtrArray *differs; /* char *: lines about how a second run of the same was not the same */
    const char *judged_by; /* (nullable) how its store was judged, a sentence */
};

/* A provider is missing, a signer, or both. */
#define SKIP_REASONS_MAX 4u

struct SrReport {
    SrReportOptions options;
    SrReportCounts counts;
    GString *kept; /* human: the lines to repeat at the end; JUnit: the test cases */
    SrTime t_sum;
    uint32_t n_failures; /* unexpected results, without errors */
    uint32_t n_drawn; /* as expected, under one seed of many */
    char *sweep;      /* (nullable) of the last of them */
    uint32_t n_skipped;
    /* why those were skipped that cannot be played: each reason once */
    const char *skipped[SKIP_REASONS_MAX];
    unsigned n_reasons;
};

void sr_report_human_add(SrReport *report, const SrReportCase *report_case, GString *out);
void sr_report_human_skip(SrReport *report, const char *file, const char *why, GString *out);
void sr_report_human_end(SrReport *report, bool stopped, GString *out);
/* Writes the body of a story, each line behind @indent: what failed, who suffers, what led to
 * it, what was expected, how to replay it. */
void sr_report_story(const SrReportCase *report_case, const char *indent, const SrStyle *style,
                     GString *out);
/* The lines about programs of the user's own: calls @line with each, without its line feed, and
 * with what stands before it. */
typedef void (*SrCaseTell)(void *data, const char *before, const char *line);
void sr_report_tell_provider(const SrReportCase *report_case, SrCaseTell tell, void *data);
/* Chooses what is reported of the story: all of a short one, else what is related to the
 * failures. Many clients that take one step at one instant share a line. Returns: (transfer
 * full): SrCaseLine; the steps belong to @report_case */
GArray *sr_report_story_lines(const SrReportCase *report_case);
void sr_report_github_add(SrReport *report, const SrReportCase *report_case, GString *out);
void sr_report_tap_begin(SrReport *report, GString *out);
void sr_report_tap_add(SrReport *report, const SrReportCase *report_case, GString *out);
void sr_report_tap_skip(SrReport *report, const char *file, const char *why, GString *out);
void sr_report_tap_end(SrReport *report, bool stopped, GString *out);
void sr_report_junit_add(SrReport *report, const SrReportCase *report_case, GString *out);
void sr_report_junit_skip(SrReport *report, const char *file, const char *why);
void sr_report_junit_end(SrReport *report, bool stopped, GString *out);
void sr_report_json_skip(SrReport *report, const char *file, const char *why, GString *out);
void sr_report_json_begin(SrReport *report, GString *out);
void sr_report_json_add(SrReport *report, const SrReportCase *report_case, GString *out);
void sr_report_json_end(SrReport *report, bool stopped, GString *out);

/* Puts the SVG document @svg into a page. Appends its element, with @prefix before each id, and
 * drops everything that is not a shape or a text, so that it can neither run code nor load
 * anything. Colours of the figures' theme become classes (sr_svg_theme()). Returns: false if
 * @svg is not a picture; then nothing is appended and @message is set. */
bool sr_svg_inline(const char *svg, size_t n_bytes, const char *prefix, const char *label,
                   GString *out, char **message);
/* Appends the style sheet for what sr_svg_inline() appends, light and dark. */
void sr_svg_theme(GString *out);

/* ---- text ---- */

/* As sr_put_plain(), for an XML report; and for the page, where text is first made as a terminal
 * would show it, so that no control can reverse the text beside it. */
void sr_put_xml(GString *out, const char *format, ...) G_GNUC_PRINTF(2, 3);
void sr_put_html(GString *out, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* Appends that the run ended at @limit, and what to do about it. */
void sr_text_limit(GString *out, SrTime limit);
/* Appends "2/2 collaborate, alice won". */
void sr_text_outcome(GString *out, const SrReportCase *report_case);
/* Appends @text escaped, and blanks behind it up to @width columns; or before it. */
void sr_text_left(GString *out, const char *text, unsigned width);
void sr_text_right(GString *out, const char *text, unsigned width);
/* Appends who else took the step of @line, or how often it was repeated. */
void sr_text_repeats(GString *out, const SrCaseLine *line);
/* Why a case has no outcome, a phrase. */
const char *sr_text_no_outcome(const SrReportCase *report_case);
/* Appends one line that says which results are unexpected. */
void sr_text_unexpected(GString *out, const SrReportCase *report_case);

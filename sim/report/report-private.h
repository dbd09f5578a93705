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
    bool at_end;    /* liveness: it fails at the end, and no event caused it */
    char *node;     /* the node that the sentence is mainly about */
    char *detail;   /* the sentence */
    SrTime cause_t; /* the event that caused it */
    uint64_t cause_seq;
    char *cause_node; /* (nullable) the node of that event */
    char *cause;      /* (nullable) that event in words */
} SrCaseFailure;

/* A milestone. */
typedef struct {
    SrTime t;
    uint64_t seq;
    char *node;
    char *text;
    bool check_failed;
} SrCaseStep;

/* The outcome of one client. */
typedef struct {
    char *name;
    char
        *outcome; /* "wins", "joins", "fails(encryption)", "waits", else its state at the end */
    SrTime at;    /* the first collaborating, or the failure; SR_TIME_NEVER: none */
    char *text;   /* the outcome and its instant, for people: "wins at 231 ms" */
    bool suffers; /* it started and neither collaborates nor left */
} SrCaseClient;

/* Clients with the same outcome. */
typedef struct {
    char *outcome;
    uint32_t n;
} SrCaseTally;

/* A line of the story: a step, and either who else took it at the same instant, or how often
 * and until when the same node repeated it. */
typedef struct {
    const SrCaseStep *step;
    unsigned n_alike, n_again;
    SrTime until;
} SrCaseLine;

/* How long clients took from their start until they first collaborated: nearest ranks. */
typedef struct {
    uint32_t n;
    SrSpan min, median, p90, p99, max;
} SrCaseSpread;

struct SrReportCase {
    char *file, *title;
    char *error; /* (nullable) why the system failed it; then only @replay below is set */
    char *replay;
    /* (nullable) of a recorded trace: a sentence that says where it comes from */
    char *origin;
    bool as_expected;
    uint32_t expected, expect_line;
    /* of SrRunResult */
    uint64_t seed;
    SrTime t;
    bool at_limit;
    uint64_t records, messages;
    uint32_t failed;
    uint32_t n_clients, n_collaborating, n_failed, n_waiting, n_raced;
    uint32_t keys_made, keys_discarded, keys_missing, orphans;
    SrSpan orphan_kept_max;
    char digest[33];
    char *winner;              /* (nullable) */
    GArray *failures;          /* SrCaseFailure, in the order in which they failed */
    GArray *steps;             /* SrCaseStep */
    uint32_t n_steps_left_out; /* milestones for which the result had no room */
    GArray *clients;           /* SrCaseClient: all, up to SR_CASE_CLIENTS_MAX; else empty */
    GArray *sufferers;         /* SrCaseClient: the first SR_CASE_SUFFERERS_MAX that suffer */
    uint32_t n_sufferers;
    GArray *tallies; /* SrCaseTally, in the order of first appearance */
    SrCaseSpread spread;
    GArray *misses;    /* SrMiss */
    GPtrArray *advice; /* char *: sentences for a user, such as what to do about clocks */
};

struct SrReport {
    SrReportOptions options;
    SrReportCounts counts;
    GString *kept; /* human: the lines to repeat at the end; JUnit: the test cases */
    SrTime t_sum;
    uint32_t n_failures; /* unexpected results, without errors */
    uint32_t n_skipped;
};

void sr_report_human_add(SrReport *report, const SrReportCase *report_case, GString *out);
/* @repeat: the lines about unexpected results are repeated after the counts */
void sr_report_human_end(SrReport *report, bool stopped, bool repeat, GString *out);
/* Writes the body of a story, each line behind @indent: what failed, who suffers, what led to
 * it, what was expected, how to replay it. */
void sr_report_story(const SrReportCase *report_case, const char *indent, const SrStyle *style,
                     GString *out);
/* Chooses what is reported of the story: all of a short one, else what is related to the
 * failures. Many clients that take one step at one instant share a line. Returns: (transfer
 * full): SrCaseLine; the steps belong to @report_case */
GArray *sr_report_story_lines(const SrReportCase *report_case);
void sr_report_github_add(SrReport *report, const SrReportCase *report_case, GString *out);
void sr_report_tap_begin(SrReport *report, GString *out);
void sr_report_tap_add(SrReport *report, const SrReportCase *report_case, GString *out);
void sr_report_tap_end(SrReport *report, bool stopped, GString *out);
void sr_report_junit_add(SrReport *report, const SrReportCase *report_case);
void sr_report_junit_skip(SrReport *report, const char *file, const char *why);
void sr_report_junit_end(SrReport *report, GString *out);
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

/* Appends @text as a JSON string. */
void sr_text_json(GString *out, const char *text);
/* Appends @text for XML content or an attribute. */
void sr_text_xml(GString *out, const char *text);
/* Appends that the run ended at @limit, and what to do about it. */
void sr_text_limit(GString *out, SrTime limit);
/* Appends seconds with nine decimals: "0.241000000". */
void sr_text_seconds(GString *out, SrSpan span);
/* Appends the names of the checks in @mask, in the order of the table, @separator between them.
 */
void sr_text_checks(GString *out, uint32_t mask, const char *separator);
/* Appends "pass" or "fail(key-kept, …)". */
void sr_text_verdict(GString *out, uint32_t failed);
/* Appends "2/2 collaborate, alice won". */
void sr_text_outcome(GString *out, const SrReportCase *report_case);
/* Appends the names of those that suffer: "alice, bob", then "… and 3 more". */
void sr_text_sufferers(GString *out, const SrReportCase *report_case);
/* Appends one line that says which results are unexpected. */
void sr_text_unexpected(GString *out, const SrReportCase *report_case);

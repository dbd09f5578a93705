/* What the formats of the report room share: the inside of a case and of a report, and small
 * helpers for text. */
#pragma once

#include "report/report.h"

/* A scenario of more clients is told by counts: no list of them is kept. */
#define SR_CASE_CLIENTS_MAX 1000u
/* So many clients have a line each in the table of one scenario; more are counted. */
#define SR_CASE_NAMED_MAX 10u
/* So many of those that suffer are named before the rest is counted. */
#define SR_CASE_SUFFERERS_MAX 5u
/* More clients than this are described by how long they took, too. */
#define SR_CASE_FEW_CLIENTS 12u

/* A check that failed, in words. */
typedef struct {
    SrTime t;
    uint64_t seq;
    SrCheckId check;
    bool expected;
    bool at_end;    /* liveness: no event broke it */
    char *node;     /* whom the sentence speaks of first */
    char *detail;   /* the sentence */
    SrTime cause_t; /* the event that broke it … */
    uint64_t cause_seq;
    char *cause_node; /* … (nullable) where … */
    char *cause;      /* … (nullable) and what */
} SrCaseFailure;

/* A milestone. */
typedef struct {
    SrTime t;
    uint64_t seq;
    char *node;
    char *text;
    bool check_failed;
} SrCaseStep;

/* How one client fared. */
typedef struct {
    char *name;
    char
        *outcome; /* "wins", "joins", "fails(encryption)", "waits", else its state at the end */
    SrTime at;    /* the first collaborating, or the failure; SR_TIME_NEVER: none */
    char *told;   /* the outcome and its instant, for people: "wins at 231 ms" */
    bool suffers; /* it started and neither collaborates nor left */
} SrCaseClient;

/* Clients that fared alike. */
typedef struct {
    char *outcome;
    uint32_t n;
} SrCaseTally;

/* A line of the story: a step, and who else took it at the same instant, or how often the same
 * node took it again, and until when. */
typedef struct {
    const SrCaseStep *step;
    unsigned n_alike, n_again;
    SrTime until;
} SrCaseLine;

/* How long the clients that ever collaborated took from their start: nearest ranks. */
typedef struct {
    uint32_t n;
    SrSpan min, median, p90, p99, max;
} SrCaseSpread;

struct SrReportCase {
    char *file, *title;
    char *error; /* (nullable) the system failed it; then nothing below but @replay is set */
    char *replay;
    char *origin; /* (nullable) of a recorded trace: where it comes from, a sentence */
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
    uint32_t n_steps_left_out; /* milestones that the result has no room for */
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
    GString *kept; /* human: the lines repeated at the end; JUnit: the test cases */
    SrTime t_sum;
    uint32_t n_failures; /* not as expected, errors not counted */
    uint32_t n_skipped;
};

void sr_report_human_add(SrReport *report, const SrReportCase *report_case, GString *out);
/* @repeat: the lines of what is not as expected come once more, below the count */
void sr_report_human_end(SrReport *report, bool stopped, bool repeat, GString *out);
/* The body of a story, each line behind @indent: what failed, who suffers, what led to it, what
 * was expected, the replay. */
void sr_report_story(const SrReportCase *report_case, const char *indent, const SrLook *look,
                     GString *out);
/* What of the story is told: all of a short one, else what is related to the failures. A crowd
 * that does one thing at one instant takes one line. Returns: (transfer full): SrCaseLine; the
 * steps are borrowed from @report_case */
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

/*
 * Takes the SVG document @svg into a page: appends its element @prefix-ed ids and all, and
 * leaves out whatever is not a shape or a text, so that it can neither run nor reach out.
 * Colours of the figures' theme become classes (sr_svg_theme()). Returns: false when @svg is
 * not a picture; then nothing is appended and @message is set.
 */
bool sr_svg_inline(const char *svg, size_t n_bytes, const char *prefix, const char *label,
                   GString *out, char **message);
/* Appends the style sheet of what sr_svg_inline() appends, light and dark. */
void sr_svg_theme(GString *out);

/* ---- text ---- */

/* Appends @text escaped for a terminal. */
void sr_text_plain(GString *out, const char *text);
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
/* Appends one line that says what is not as expected. */
void sr_text_unexpected(GString *out, const SrReportCase *report_case);

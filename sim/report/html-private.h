/* The fixed parts of the page, and what the sections of scenarios and of results share. */
#pragma once

#include "report/html.h"

/* The style sheet. The colours of the figures come before it. It is part of an XML document, so
 * it contains neither `<` nor `&`. */
extern const char sr_html_style[];

/* How a case compares with what was expected of it. */
typedef enum { GROUP_UNEXPECTED, GROUP_FAILS, GROUP_PASSES } Group;
#define GROUP_N (GROUP_PASSES + 1)

/* The head of a result that was made before: it is shown, and not played. */
typedef struct {
    const char *title; /* (nullable) "" or NULL when absent */
    const char *file;
    const char *told; /* for the overview: a phrase */
    Group group;
    bool unfinished; /* it says nothing yet of what was expected */
    uint32_t failed; /* bits 1 << SrCheckId */
} SrHtmlResult;

/* Counts @result, puts it into the overview and begins its section. Returns: its number */
uint32_t sr_html_begin_result(SrHtml *html, const SrHtmlResult *result);
/* Returns: (transfer none): where its section goes on */
GString *sr_html_section(SrHtml *html);
void sr_html_end_result(SrHtml *html);
/* Appends those of @figures that have their own size, or those that are as wide as the page. */
void sr_html_put_figures(GString *out, const char *file, uint32_t number,
                         const SrHtmlFigure *figures, size_t n_figures, bool own_size);

/* A fact: `NAME` and the text that @format makes. */
#define sr_html_put_fact(out, name, format, ...)                                               \
    sr_put_html(out, "<div><dt>" name "</dt><dd>" format "</dd></div>", __VA_ARGS__)

/* Which checks an answer speaks of. */
typedef struct {
    uint32_t judged, failed; /* bits 1 << SrCheckId */
    bool complete;           /* what did not fail holds */
} SrHtmlVerdict;

/* html-answer.c */
SrHtmlVerdict sr_html_verdict(const SrAnswer *answer);

/* html-sweep.c: what a sweep adds up to. */
typedef struct {
    uint64_t runs, clients, locked_out, n_unexpected; /* points, of the last */
    uint32_t failed;                                  /* bits 1 << SrCheckId */
} SrHtmlSum;
SrHtmlSum sr_html_sum(const SrSweepFile *sweep);

/* html-four.c: the table of @others beside the run; nothing if there are none. */
void sr_html_put_four(GString *out, const SrReportCase *report_case,
                      const SrHtmlOthers *others);

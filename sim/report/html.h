/* The report as one page: HTML5 that is well-formed XML too, without a script and without
 * anything from outside. Everything that came from a file stands in it as text. */
#pragma once

#include <glib.h>

#include "report/report.h"

/** SrHtmlFigure: a picture in the part of a scenario. Borrowed for the length of a call. */
typedef struct {
    const char *id;      /* letters and digits, another for each figure of a scenario */
    const char *heading; /* "Timeline" */
    const char *svg;     /* (nullable) (array length=n_bytes): an SVG document, any bytes */
    size_t n_bytes;
    const char *missing; /* (nullable) without @svg: why there is none, a sentence */
    bool own_size;       /* as large as it says, else as wide as the page */
    bool folded;         /* shown when it is asked for */
} SrHtmlFigure;

/** SrHtml: a page that is being written. */
typedef struct SrHtml SrHtml;

/**
 * sr_html_new:
 * @program: "session-race 0.1.0"
 * @n_cases: how many there will be: few are shown in full, many are folded
 */
SrHtml *sr_html_new(const char *program, uint32_t n_cases);
void sr_html_free(SrHtml *html);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SrHtml, sr_html_free)

/**
 * sr_html_add:
 * @report_case: the next one; not kept
 *
 * A figure that is not a picture, or not one that can stand in a page, is told in a sentence.
 * What in it is neither a shape nor a text is left out.
 */
void sr_html_add(SrHtml *html, const SrReportCase *report_case, const SrHtmlFigure *figures,
                 size_t n_figures);
/** sr_html_end: appends the whole page; the same cases and figures give the same bytes. */
void sr_html_end(const SrHtml *html, GString *out);

/** sr_html_counts: what the page has been given so far. */
SrReportCounts sr_html_counts(const SrHtml *html);

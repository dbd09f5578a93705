/* The report as one page: HTML5 that is also well-formed XML, without external resources. Its only
 * script steps through runs (player.h); without it the page has all the rest. Everything from a file
 * appears as text only. */
#pragma once

#include <glib.h>

#include "report/answer.h"
#include "report/report.h"
#include "report/sweep-file.h"

/** SrHtmlFigure: a picture for a scenario. Borrowed during the call. */
typedef struct {
    const char *id;      /* letters and digits, unique within a scenario */
    const char *heading; /* "Timeline" */
    const char *svg;     /* (nullable) (array length=n_bytes): an SVG document, any bytes */
    size_t n_bytes;
    const GPtrArray
        *sheets;         /* (nullable) (element-type utf8): instead of @svg: its parts, of which
                                each fits a sheet of paper */
    const char *missing; /* (nullable) without a picture: why there is none, a sentence */
    bool own_size;       /* as large as the picture says, else as wide as the page */
    bool folded;         /* hidden until the reader opens it */
} SrHtmlFigure;

/** SrHtml: a page that is being written. */
typedef struct SrHtml SrHtml;

/**
 * sr_html_new:
 * @program: "session-race 0.1.0"
 * @n_cases: how many there will be; few are shown open, many are folded
 */
SrHtml *sr_html_new(const char *program, uint32_t n_cases);
void sr_html_free(SrHtml *html);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SrHtml, sr_html_free)

/** SrHtmlOthers: what else is known of a scenario that was played. Borrowed during the call. */
typedef struct {
    const SrSweepFile *sweep; /* (nullable) */
    bool by_title; /* @sweep is of a scenario with the same title and other settings */
    const SrAnswer *explored; /* (nullable) of `explore`, which looks at all orders */
    const SrAnswer *timed;    /* (nullable) of `explore --timed` */
} SrHtmlOthers;

/**
 * sr_html_add:
 * @report_case: the next one; not kept
 * @others: (nullable): a table sets it beside these, and says where they differ and why
 * @player: (nullable): what sr_player_write() made of its trace
 *
 * If a figure is not a picture, or cannot be part of a page, a sentence says so instead.
 * Elements that are neither shapes nor texts are left out.
 */
void sr_html_add(SrHtml *html, const SrReportCase *report_case, const SrHtmlOthers *others,
                 const SrHtmlFigure *figures, size_t n_figures, const GString *player);
/** sr_html_add_sweep: takes the result of a sweep that is in @file. */
void sr_html_add_sweep(SrHtml *html, const char *file, const SrSweepFile *sweep,
                       const SrHtmlFigure *figures, size_t n_figures);
/** sr_html_add_answer: takes what `explore` or `verify` said, which is in @file. */
void sr_html_add_answer(SrHtml *html, const char *file, const SrAnswer *answer,
                        const SrHtmlFigure *figures, size_t n_figures);
/** sr_html_skip: takes a scenario that was not played, and @why, a phrase. */
void sr_html_skip(SrHtml *html, const char *file, const char *why);
/** sr_html_end: appends the whole page; the same cases and figures give the same bytes. */
void sr_html_end(const SrHtml *html, GString *out);

/** sr_html_counts: Returns: the counts of the cases added so far. */
SrReportCounts sr_html_counts(const SrHtml *html);

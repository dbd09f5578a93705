/* The fixed parts of the page. */
#pragma once

/* The style sheet; the colours are those of the figures and come before it. It stands in an XML
 * document, so it has neither `<` nor `&`. */
extern const char sr_html_style[];

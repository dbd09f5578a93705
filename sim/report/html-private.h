/* The fixed parts of the page. */
#pragma once

/* The style sheet. The colours of the figures come before it. It is part of an XML document, so
 * it contains neither `<` nor `&`. */
extern const char sr_html_style[];

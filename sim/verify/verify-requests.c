/* Requests for keys that are not answered yet, by client, in the order in which they came. */
#include "verify/verify-private.h"

#include <string.h>

void
sr_requests_init(SrRequests *requests, SrVerify *verify)
{
    requests->n_clients = verify->n_clients;
    requests->list = g_array_new(FALSE, FALSE, sizeof(SrRequest));
    requests->first = SR_VERIFY_NEW(verify, uint32_t, verify->n_clients);
    sr_requests_reset(requests);
}

void
sr_requests_reset(SrRequests *requests)
{
    g_array_set_size(requests->list, 0);
    memset(requests->first, 0xff, (size_t) requests->n_clients * sizeof *requests->first);
}

SrRequest *
sr_request_at(const SrRequests *requests, uint32_t index)
{
    return &g_array_index(requests->list, SrRequest, index);
}

void
sr_requests_add(SrRequests *requests, uint32_t client, SrRequest request)
{
    uint32_t *last = &requests->first[client];

    while (*last != SR_NO_REQUEST)
        last = &sr_request_at(requests, *last)->next;
    *last = requests->list->len;
    request.next = SR_NO_REQUEST;
    g_array_append_val(requests->list, request);
}

uint32_t *
sr_requests_find(const SrRequests *requests, uint32_t client, uint32_t hint, bool either)
{
    uint32_t *link = &requests->first[client];

    for (; *link != SR_NO_REQUEST; link = &sr_request_at(requests, *link)->next)
        if (sr_request_at(requests, *link)->hint == hint &&
            sr_request_at(requests, *link)->either == either)
            return link;
    return NULL;
}

bool
sr_requests_take(const SrRequests *requests, uint32_t client, uint32_t hint, bool either)
{
    uint32_t *link = sr_requests_find(requests, client, hint, either);

    if (link != NULL)
        *link = sr_request_at(requests, *link)->next;
    return link != NULL;
}

void
sr_requests_note_open(const SrRequests *requests, bool tokens, SrVerify *verify)
{
    unsigned n = 0;

    for (uint32_t client = 0; client < requests->n_clients; client++)
        for (uint32_t i = requests->first[client]; i != SR_NO_REQUEST;
             i = sr_request_at(requests, i)->next)
            n += !sr_request_at(requests, i)->either;
    if (tokens)
        sr_verify_note_rest(verify, n, "request for a token is not answered",
                            "requests for tokens are not answered");
    else
        sr_verify_note_rest(verify, n, "request for a key is not answered",
                            "requests for keys are not answered");
}

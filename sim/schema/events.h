/* What the list of events (session-race/events.def) says of each event: the members of its
 * records. */
#pragma once

#include "schema/wire.h"

/** SrMember: what the line of a record may contain. */
typedef enum {
    SR_MEMBER_NONE,
#define MEMBER(id, ...) SR_MEMBER_##id,
#include "session-race/events.def"
    SR_MEMBER_N
} SrMember;
G_STATIC_ASSERT(SR_MEMBER_N <= 64);

/** sr_event_members: Returns: bits 1 << SrMember: what records of @event may have */
static inline uint64_t
sr_event_members(SrEvent event)
{
    static const uint64_t members_of[SR_EVENT_N] = {
#define M(member) | UINT64_C(1) << SR_MEMBER_##member
#define EVENT(name, word, sentence, members) [SR_EVENT_##name] = 0 members,
#include "session-race/events.def"
    };

    return members_of[event];
}

/** sr_event_has_member: Returns: whether records of @event may have @member */
static inline bool
sr_event_has_member(SrEvent event, SrMember member)
{
    return sr_event_members(event) >> member & 1;
}

/** sr_event_has: Returns: SR_HAS_ bits of the members that records of @event may have */
static inline uint8_t
sr_event_has(SrEvent event)
{
    enum {
#define MEMBER(id, name, kind, field, need, has) HAS_##id = has,
#include "session-race/events.def"
    };
    static const uint8_t has_of[SR_EVENT_N] = {
#define M(member) | HAS_##member
#define EVENT(name, word, sentence, members) [SR_EVENT_##name] = 0 members,
#include "session-race/events.def"
    };

    return has_of[event];
}

/** sr_event_is_message: Returns: whether a message is sent or received. Such a record has only
 * the members that the message carries. */
static inline bool
sr_event_is_message(SrEvent event)
{
    return event == SR_EVENT_SEND || event == SR_EVENT_RECEIVE;
}

/* Checks whose findings concern one document: bits 1 << SrCheckId. */
enum {
    SR_DOCUMENT_CHECKS = 0
#define CHECK(name, file, word, document, statement) | document << SR_CHECK_##name
#include "session-race/checks.def"
};

/** sr_record_is_of_document: Returns: whether @record is about one document */
static inline bool
sr_record_is_of_document(const SrRecord *record)
{
    SrEvent event = (SrEvent) record->event;

    if (event == SR_EVENT_CHECK_FAILED)
        return SR_DOCUMENT_CHECKS >> record->check & 1;
    return sr_event_has_member(event, SR_MEMBER_DOCUMENT) &&
           (!sr_event_has_member(event, SR_MEMBER_MSG) ||
            sr_msg_schema((SrMsg) record->msg).document);
}

#include "rec/msg.h"

#include <string.h>

#define AT(m) offsetof(struct cn_msg, m)
#define P CN_F_PERSONAL
#define C CN_F_CSV
#define Q CN_F_FACET

/* Order is the order on the line.  A name, once used, keeps its meaning. */
const struct cn_field_def cn_fields[] = {
	{ "id", CN_F_STR, AT(id), 0, C,
	  "identifier", "service", "message.pub", 1 },
	{ "conversation", CN_F_STR, AT(conversation), 0, C,
	  "identifier", "service", "conversation.pub", 1 },
	{ "ticket", CN_F_INT, AT(ticket), 0, C,
	  "identifier", "service", "conversation.id", 1 },
	{ "channel", CN_F_STR, AT(channel), 0, C | Q,
	  "traffic", "service", "message.channel", 1 },
	{ "direction", CN_F_STR, AT(direction), 0, C | Q,
	  "traffic", "service", "message.direction", 1 },
	{ "status", CN_F_STR, AT(status), 0, C | Q,
	  "traffic", "service", "conversation.status", 1 },
	{ "from", CN_F_ADDR, AT(from), 0, P | C,
	  "contact", "service", "message.head", 1 },
	{ "claimed", CN_F_STR, AT(claimed), 0, P,
	  "contact", "service", "message.head", 1 },
	{ "to", CN_F_ADDRS, AT(to), 0, P | C,
	  "contact", "service", "message.head", 1 },
	{ "cc", CN_F_ADDRS, AT(cc), 0, P,
	  "contact", "service", "message.head", 1 },
	{ "subject", CN_F_STR, AT(subject), 0, P | C,
	  "communication", "service", "message.head", 1 },
	{ "date", CN_F_TIME, AT(date), AT(has_date), C,
	  "traffic", "service", "message.date", 1 },
	{ "received", CN_F_TIME, AT(received), AT(has_received), 0,
	  "traffic", "service", "message.received", 1 },
	{ "message_id", CN_F_STR, AT(message_id), 0, P,
	  "traffic", "service", "message.head", 1 },
	{ "in_reply_to", CN_F_STR, AT(in_reply_to), 0, P,
	  "traffic", "service", "message.head", 1 },
	{ "references", CN_F_STRS, AT(references), AT(nreferences), P,
	  "traffic", "service", "message.head", 1 },
	{ "text", CN_F_TEXT, AT(text), AT(text_len), P,
	  "communication", "service", "raw.cell", 1 },
	{ "attachments", CN_F_ATTACHMENTS, AT(attachments), AT(nattachments),
	  P, "communication", "service", "message.head", 1 },
	{ "account", CN_F_STR, AT(account), 0, P,
	  "traffic", "service", "account.cell", 1 },
	{ "folders", CN_F_STRS, AT(folders), AT(nfolders), P,
	  "traffic", "service", "folder.cell", 1 },
	{ "flags", CN_F_STRS, AT(flags), AT(nflags), 0,
	  "traffic", "service", "location.flags", 1 },
	{ "labels", CN_F_STRS, AT(labels), AT(nlabels), P,
	  "traffic", "service", "folder.cell", 1 },
	{ "device", CN_F_JSON, AT(device_json), 0, P,
	  "device and browser", "security", "message.device", 1 },
	{ "automatic", CN_F_STR, AT(automatic), 0, 0,
	  "traffic", "service", "message.head", 1 },
	{ "list", CN_F_BOOL, AT(list), 0, 0,
	  "traffic", "service", "message.head", 1 },
	{ "bounce", CN_F_BOOL, AT(bounce), 0, 0,
	  "traffic", "service", "message.head", 1 },
	{ "html_only", CN_F_BOOL, AT(html_only), 0, 0,
	  "traffic", "service", "message.head", 1 },
	{ "threaded", CN_F_STR, AT(threaded), 0, 0,
	  "traffic", "service", "message.threaded", 1 },
	{ "defects", CN_F_STRS, AT(defects), AT(ndefects), 0,
	  "traffic", "service", "message.head", 1 },
	{ "class", CN_F_JSON, AT(class_json), 0, P,
	  "AI output", "classification", "message.class", 1 },
	{ "replies", CN_F_JSON, AT(replies_json), 0, P,
	  "AI output", "reply suggestion", "message.replies", 1 },
	{ "withheld", CN_F_JSON, AT(withheld_json), 0, 0,
	  "AI output", "reply suggestion", NULL, 1 },
	{ "may", CN_F_STRS, AT(may), AT(nmay), 0,
	  "permission", "compliance", "person.may", 1 },
	{ "skipped", CN_F_STR, AT(skipped), 0, 0,
	  "permission", "compliance", NULL, 1 },
	{ "known", CN_F_BOOL, AT(known), 0, 0,
	  "traffic", "service", NULL, 1 },
	{ "stored", CN_F_BOOL, AT(stored), AT(has_stored), 0,
	  "traffic", "service", NULL, 1 },
};
const size_t cn_nfields = sizeof(cn_fields) / sizeof(cn_fields[0]);

_Static_assert(sizeof(cn_fields) / sizeof(cn_fields[0]) <= CN_FIELDS_MAX,
    "struct cn_line has room for every field");

const struct cn_field_def *cn_field_find(const char *name)
{
	size_t i;

	for (i = 0; i < cn_nfields; i++)
		if (strcmp(cn_fields[i].name, name) == 0)
			return &cn_fields[i];
	return NULL;
}

#include "desk/gate.h"

#include <string.h>

static const struct {
	const char *name;
	unsigned bit;
} purposes[] = {
	{ "classify", CN_MAY_CLASSIFY },
	{ "suggest", CN_MAY_SUGGEST },
	{ "report", CN_MAY_REPORT },
};
#define NPURPOSES (sizeof(purposes) / sizeof(purposes[0]))

const char *cn_gate(const struct cn_message_owner *o, const char *purpose)
{
	static const char *const states[] = { "erased", "erasing",
	    "restricted" };
	size_t i;

	for (i = 0; i < 3; i++)
		if (strcmp(o->state, states[i]) == 0)
			return states[i];
	for (i = 0; i < NPURPOSES; i++)
		if (strcmp(purposes[i].name, purpose) == 0 &&
		    (o->may & purposes[i].bit))
			return NULL;
	return "objected";
}

void cn_gate_may(struct cn_buf *b, const struct cn_message_owner *o)
{
	bool first = true;
	size_t i;

	cn_buf_ch(b, '[');
	for (i = 0; i < NPURPOSES; i++) {
		if (cn_gate(o, purposes[i].name) != NULL)
			continue;
		if (!first)
			cn_buf_ch(b, ',');
		first = false;
		cn_json_puts(b, purposes[i].name);
	}
	cn_buf_ch(b, ']');
}

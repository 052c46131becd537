#include "desk/intake/sender.h"

#include <string.h>

static const char unverified[] = "unverified-sender";

static bool says(struct cn_str value, const char *word)
{
	return memmem(value.p, value.n, word, strlen(word)) != NULL;
}

static bool vouched(const struct cn_mail *mail)
{
	struct cn_str results = cn_mail_field(mail, "Authentication-Results");

	if (cn_mail_field(mail, "Received").p == NULL)
		return true;
	return results.p != NULL && (says(results, "dkim=pass") ||
	    says(results, "dmarc=pass"));
}

void cn_sender(const struct cn_config *c, const struct cn_mail *mail,
    struct cn_msg *m, struct cn_arena *mem)
{
	bool desk = m->from.n > 0 && m->from.v[0].addr[0] != '\0' &&
	    cn_config_is_desk(c, m->from.v[0].addr);
	const char **v;

	m->direction = desk && vouched(mail) ? "out" : "in";
	if (!desk || m->direction[0] == 'o')
		return;
	v = cn_arena_alloc(mem, (m->ndefects + 1) * sizeof(*v));
	if (m->ndefects > 0)
		memcpy(v, m->defects, m->ndefects * sizeof(*v));
	v[m->ndefects++] = unverified;
	m->defects = v;
}

bool cn_sender_unverified(const struct cn_msg *m)
{
	return m->ndefects > 0 &&
	    strcmp(m->defects[m->ndefects - 1], unverified) == 0;
}
